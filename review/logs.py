"""What the app tells its console: that something went wrong and where in the code, never whose page it was."""

from __future__ import annotations

import logging
import traceback
from typing import Any

_NOT_READ = "Invalid request"
"""How gunicorn begins when it could not read a request. It goes on with its first line: a form sent amiss, maybe."""


class Quiet(logging.Formatter):
    """One line a record without its arguments, which may be names, addresses or keys.

    Of an error it tells the type and the places in the code, not the message, which may quote what was on the page.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, logger and its message as it stands in the code."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {_message(record)}"
        status = getattr(record, "status_code", None)
        if status is not None:
            line = f"{line} ({status})"
        error = record.exc_info[1] if record.exc_info else None
        return line if error is None else f"{line}\n{_without_words(error)}"


def _message(record: logging.LogRecord) -> str:
    """The message as it stands in the code; of what quotes a request in the message itself, what is before that."""
    message = str(record.msg)
    if not record.args and record.name.startswith("django.security."):
        return "refused"
    return _NOT_READ if message.startswith(_NOT_READ) else message


def _without_words(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {frame.filename}, line {frame.lineno}, in {frame.name}" for frame in frames]
    return "\n".join([f"  {type(error).__name__}", *places])


def configure(_settings: dict[str, Any]) -> None:
    """Send warnings of the app and of what it rests on to the console, in quiet form."""
    handler = logging.StreamHandler()
    handler.setFormatter(Quiet())
    for name in ("django", "review", "axes", "mozilla_django_oidc"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.WARNING)
        logger.propagate = False
