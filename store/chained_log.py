"""An append-only log of which each line holds the hash of the one before.

The chain shows a line changed, moved, added or taken out; lines cut off at the end it cannot show. Lines are written
under a lock, so that two writers at once lose neither. A line is whole once its end is there: what a writer that was
killed left of one is no line, and is set aside before the next is written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import InputRejected
from store.files import add_line, canonical
from store.locking import exclusive

_BEGINNING = "0" * 64


@dataclass(frozen=True)
class ChainedLog:
    """One log. ``name`` and ``shown`` are what messages call it and its file; ``lock`` is the lock's file."""

    path: Path
    lock: Path
    name: str
    shown: str
    fix: str

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the log's lock; waits until no other process or thread holds it."""
        with exclusive(self.lock):
            yield

    def append(self, facts: dict[str, Any]) -> str:
        """Add a line and return its hash. The caller holds the lock. Raises InputRejected when the log is broken."""
        last = self.entries()[-1:]
        entry = {
            "number": last[0]["number"] + 1 if last else 1,
            "previous": last[0]["hash"] if last else _BEGINNING,
            **facts,
        }
        entry["hash"] = hashlib.sha256(canonical(entry)).hexdigest()
        self._set_torn_aside()
        add_line(self.path, canonical(entry))
        return str(entry["hash"])

    def entries(self) -> list[dict[str, Any]]:
        """Every line, oldest first. Raises InputRejected, naming the line, where the chain is broken."""
        entries: list[dict[str, Any]] = []
        previous = _BEGINNING
        for place, line in enumerate(self._parts()[0].split(b"\n")[:-1], start=1):
            entry = _entry(line)
            if entry is None or entry["number"] != place or entry["previous"] != previous:
                raise self._broken(place)
            previous = entry["hash"]
            entries.append(entry)
        return entries

    @property
    def torn(self) -> int:
        """How many lines were cut off as they were written; whoever wrote them died, and was told of no success."""
        aside = self._aside.read_bytes().count(b"\n") if self._aside.exists() else 0
        return aside + bool(self._parts()[1])

    @property
    def _aside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.torn")

    def _parts(self) -> tuple[bytes, bytes]:
        """The whole lines, and what there is of one more."""
        content = self.path.read_bytes() if self.path.exists() else b""
        whole = content.rfind(b"\n") + 1
        return content[:whole], content[whole:]

    def _set_torn_aside(self) -> None:
        whole, torn = self._parts()
        if torn:
            add_line(self._aside, torn)
            os.truncate(self.path, len(whole))

    def _broken(self, line: int) -> InputRejected:
        return InputRejected(f"The {self.name} was changed.", where=f"{self.shown}, line {line}", fix=self.fix)


def _entry(line: bytes) -> dict[str, Any] | None:
    """The entry of a line, if its bytes are what its hash says."""
    try:
        entry = json.loads(line)
        unhashed = {name: value for name, value in entry.items() if name != "hash"}
        whole = hashlib.sha256(canonical(unhashed)).hexdigest() == entry["hash"] and canonical(entry) == line
        return entry if whole and {"number", "previous"} <= set(entry) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
