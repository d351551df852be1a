"""One job at a time in a run folder. The lock goes with the process, however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import UsageError


@contextmanager
def run_lock(root: Path) -> Iterator[None]:
    """Hold the run folder's lock; raises UsageError when another process holds it."""
    root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _take(handle)
        except OSError:
            raise UsageError(
                "Another job is at work in this run folder.",
                where=str(root),
                fix="Wait for it to finish, or give another --out.",
            ) from None
        yield
    finally:
        os.close(handle)


if os.name == "nt":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
