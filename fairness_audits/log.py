"""The append-only log of every attempt to approve, open or export: each line holds the hash of the one before.

A line names the approver and the role and never anyone the data is about. Lines are written under a lock that
the system lets go of when a process dies, so that two attempts at once lose neither.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from fairness_audits.signing import ROOM, canonical
from store.errors import InputRejected
from store.files import write_bytes
from store.run_folder import RunFolder

LOG = f"{ROOM}/release_log.jsonl"
_LOCK = f"{ROOM}/.release.lock"
_BEGINNING = "0" * 64


@contextmanager
def locked(run: RunFolder) -> Iterator[None]:
    """Hold the run's release lock; waits until no other process or thread holds it."""
    path = run.root / _LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as handle:
        _lock(handle)
        try:
            yield
        finally:
            _unlock(handle)


def append(run: RunFolder, today: dt.date, action: str, target: str, outcome: str, **facts: str | int) -> str:
    """Add a line and return its hash. The caller holds the lock. Raises InputRejected when the log is broken."""
    last = verify_log(run)[-1:]
    entry: dict[str, Any] = {
        "number": last[0]["number"] + 1 if last else 1,
        "date": today.isoformat(),
        "action": action,
        "target": target,
        "outcome": outcome,
        "previous": last[0]["hash"] if last else _BEGINNING,
        **facts,
    }
    entry["hash"] = hashlib.sha256(canonical(entry)).hexdigest()
    path = run.root / LOG
    # The whole file again, because half a line, left by a full disk, would count as a changed log for ever.
    write_bytes(path, (path.read_bytes() if path.exists() else b"") + canonical(entry) + b"\n")
    return str(entry["hash"])


def verify_log(run: RunFolder) -> list[dict[str, Any]]:
    """Every line of the log, oldest first. Raises InputRejected, naming the line, where the chain is broken.

    The chain shows a line changed, moved, added or taken out; lines cut off at the end it cannot show.
    """
    path = run.root / LOG
    if not path.exists():
        return []
    entries: list[dict[str, Any]] = []
    previous = _BEGINNING
    content = path.read_bytes()
    lines = content.split(b"\n")
    if lines.pop() != b"":
        raise _broken(len(lines) + 1)
    for place, line in enumerate(lines, start=1):
        entry = _entry(line)
        if entry is None or entry["number"] != place or entry["previous"] != previous:
            raise _broken(place)
        previous = entry["hash"]
        entries.append(entry)
    return entries


def _entry(line: bytes) -> dict[str, Any] | None:
    """The entry of a line, if its bytes are what its hash says."""
    try:
        entry = json.loads(line)
        unhashed = {name: value for name, value in entry.items() if name != "hash"}
        whole = hashlib.sha256(canonical(unhashed)).hexdigest() == entry["hash"] and canonical(entry) == line
        return entry if whole and {"number", "previous"} <= set(entry) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _broken(line: int) -> InputRejected:
    return InputRejected(
        "The release log was changed.",
        where=f"{LOG}, line {line}",
        fix="Restore the log from its backup and find out who changed it; nothing is released until then.",
    )


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
