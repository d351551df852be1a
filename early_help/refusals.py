"""What a refusal says to do, with the run that was asked about in its commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import EarlyHelpError

_RUN = re.compile(r"(?<=early-help )([a-z-]+) RUN\b")
"""Where the rooms below, which know no folder that anybody typed, leave a place for it."""


def with_run(text: str, run: str) -> str:
    """The text with ``run``, as it would be typed, in each command of this toolkit that has a place for it."""
    return _RUN.sub(lambda found: f"{found[1]} {shlex.quote(run)}", text)


@contextmanager
def about_run(run: str) -> Iterator[None]:
    """Have an expected error from within name the run in the commands that it says to give."""
    try:
        yield
    except EarlyHelpError as error:
        error.fix = with_run(error.fix, run)
        raise
