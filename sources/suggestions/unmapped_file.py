"""A file that no mapping names yet, as the readers want it: they then look into it with all their safeguards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sources.config import Extract
from sources.readers.extract_files import ExtractFile


@dataclass(frozen=True)
class UnmappedFile(ExtractFile):
    """A file with the least that a reader must know of it."""

    @property
    def where(self) -> str:
        return self.relative


def unmapped_file(path: Path, **settings: str) -> UnmappedFile:
    """The file at ``path``, read by these settings of an extract."""
    extract = Extract.model_validate({"name": "unmapped", "source": "unmapped", "files": [path.name], **settings})
    return UnmappedFile(path, path.name, extract)
