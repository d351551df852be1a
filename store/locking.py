"""A lock on a file that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of the file ``path``, made where it is not; waits until no process or thread holds it.

    The file has the rights that the account gives to new files, so that those who share a folder share its lock. One
    that is deleted while its lock is held keeps nobody out any more: who has something to lose by that looks again
    before acting.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _taken(path) as handle:
        try:
            yield
        finally:
            _unlock(handle)


def _taken(path: Path) -> IO[bytes]:
    """The lock's open file, with its lock.

    A file that was deleted while this waited for it, or that has another in its place, is one that later comers do not
    see: then the lock of the one that they see is taken.
    """
    while True:
        handle = path.open("a+b")
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            handle.close()
            raise
        handle.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: IO[bytes]) -> None:
        while True:
            try:
                handle.seek(0)
                msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                return
            except OSError:
                continue

    def _unlock(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: IO[bytes]) -> None:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX)

    def _unlock(handle: IO[bytes]) -> None:
        fcntl.flock(handle.fileno(), fcntl.LOCK_UN)
