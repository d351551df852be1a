"""The log of every look-up in a run's index: who looked, why, when, and at whom. Nothing is shown that is not in it.

A line holds no name, date, address or key that was asked for, only which of these were asked; of those found it holds
the person ids, by which it can be told who has looked at a person. It lies in the identifiable zone.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import unicodedata
from dataclasses import dataclass
from typing import Any

from store.chained_log import ChainedLog
from store.errors import UsageError
from store.run_folder import RunFolder

ACCESS_LOG = "identifiable/residents/access_log.jsonl"
_LOCK = "identifiable/residents/.access.lock"
LONGEST_NAME = 120
LONGEST_REASON = 500


@dataclass(frozen=True)
class Reader:
    """Who looks, as they say themselves, and why."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        """Raise UsageError unless both say something on one line."""
        for value, where, longest in ((self.name, "--as", LONGEST_NAME), (self.reason, "--reason", LONGEST_REASON)):
            if len(value) > longest or not any(map(str.isalpha, value)) or any(map(_unprintable, value)):
                raise UsageError(
                    "A look-up is logged with who asks and why, each in words on one line.",
                    where=where,
                    fix=f"Give your full name and the reason, in at most {longest} letters, and name nobody else.",
                )


def log_access(run: RunFolder, reader: Reader, kind: str, asked: list[str], **shown: Any) -> None:
    """Add a line before anything is shown.

    ``kind`` is the kind of look-up, ``asked`` the names of the things asked, ``shown`` what will be shown, in counts
    and ids. Raises InputRejected when the log was changed, UsageError when it cannot be written.
    """
    log = access_log(run)
    entry = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "user": account(),
        "as": reader.name,
        "reason": reader.reason,
        "kind": kind,
        "asked": asked,
        **shown,
    }
    try:
        with log.locked():
            log.append(entry)
    except OSError as error:
        raise UsageError(
            f"The look-up was not done, because it cannot be logged: {error.strerror}.",
            where=ACCESS_LOG,
            fix="See that the run folder can be written by you and that the disk has room; then ask again.",
        ) from error


def access_log(run: RunFolder) -> ChainedLog:
    """The run's access log."""
    return ChainedLog(
        run.root / ACCESS_LOG,
        run.root / _LOCK,
        "log of look-ups",
        ACCESS_LOG,
        "Restore the log from its backup and find out who changed it; nothing is looked up until then.",
    )


def account() -> str:
    """The account at work. Not its name in the environment, which anyone can set."""
    if os.name == "nt":
        return getpass.getuser()
    import pwd  # noqa: PLC0415 - not there on Windows

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
