"""Which file of the run a page's figures are from, and its hash, so that every figure can be traced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from store.files import file_hash
from store.workspace import Workspace


@dataclass(frozen=True)
class Source:
    """One document of the run. ``path`` is relative to the run folder."""

    path: str
    sha256: str


def sources(work: Workspace, documents: Iterable[str]) -> tuple[Source, ...]:
    """The documents that there are, with their hashes."""
    found = ((relative, work.document(relative)) for relative in documents)
    return tuple(Source(relative, file_hash(path)) for relative, path in found if path.exists())
