"""Which code is at work: one hash for a room and all that it can import."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

ROOMS = ("store", "sources", "residents", "features", "models", "fairness_audits", "reports")
"""The rooms that stages live in, top to bottom."""

_PROJECT = Path(__file__).resolve().parent.parent
_CODE_SUFFIXES = {".py", ".toml", ".csv", ".html", ".css", ".j2"}


@functools.cache
def code_hash(room: str) -> str:
    """SHA-256 of the code of a room and of every room above it, which are all it can import."""
    digest = hashlib.sha256()
    for name in ROOMS[: ROOMS.index(room) + 1]:
        for path in sorted((_PROJECT / name).rglob("*")):
            if path.suffix in _CODE_SUFFIXES and path.is_file():
                digest.update(path.relative_to(_PROJECT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
