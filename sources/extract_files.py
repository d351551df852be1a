"""The files of an extract: where they are, what their paths say, and how an unreadable one is told of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sources.config import Extract, path_values
from store.errors import InputRejected, UsageError


@dataclass(frozen=True)
class ExtractFile:
    """One file of an extract: where it is, and its path within the extracts."""

    path: Path
    relative: str
    extract: Extract

    @property
    def where(self) -> str:
        """The file and the TOML entry that names it, for an error message."""
        return f"{self.relative} (in the TOML: [[extracts]] name = {self.extract.name!r})"


def matched_files(folder: Path, extract: Extract) -> list[ExtractFile]:
    """The files of an extract, in the order of their paths.

    Raises UsageError when a pattern leads out of the folder or matches nothing, InputRejected when a link does.
    """
    if not folder.is_dir():
        raise UsageError(
            "The folder of the extracts is not there.",
            where=f"[sources] folder = {str(folder)!r}",
            fix="Correct the folder, which is taken relative to the TOML file.",
        )
    where = f"[[extracts]] name = {extract.name!r}, files"
    found: dict[str, ExtractFile] = {}
    inside = folder.resolve()
    for pattern in extract.files:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern.strip():
            raise UsageError(
                f"The path {pattern!r} leads out of the folder of the extracts.",
                where=where,
                fix="Give a path within [sources] folder.",
            )
        try:
            paths = sorted(path for path in folder.glob(pattern) if path.is_file())
        except (ValueError, NotImplementedError):
            raise UsageError(
                f"The pattern {pattern!r} is not one for files.", where=where, fix="Write it as in folder/marks_*.csv."
            ) from None
        if not paths:
            raise UsageError(
                f"No file matches {pattern!r}.",
                where=f"{where}; folder {folder}",
                fix="Put the file in the folder, correct the path, or take the extract out of the TOML.",
            )
        for path in paths:
            if not path.resolve().is_relative_to(inside):
                raise InputRejected(
                    f"The file {path.name!r} is a link that leads out of the folder of the extracts.",
                    where=where,
                    fix="Put the file itself in the folder.",
                )
            relative = path.relative_to(folder).as_posix()
            found[relative] = ExtractFile(path, relative, extract)
    return [found[relative] for relative in sorted(found)]


def said_by_path(file: ExtractFile) -> dict[str, str]:
    """The columns that the file's path gives."""
    if file.extract.path is None:
        return {}
    values = path_values(file.extract.path, file.relative)
    if values is None:
        raise UsageError(
            f"The path {file.relative!r} does not fit the pattern {file.extract.path!r}.",
            where=f"[[extracts]] name = {file.extract.name!r}, path",
            fix="Correct the pattern, or let files name only those that fit it.",
        )
    return values


def unreadable(file: ExtractFile) -> InputRejected:
    """The error of a file that is not what the TOML says, with none of its content."""
    return InputRejected(
        "The file cannot be read in the way the TOML says.",
        where=file.where,
        fix="Check format, delimiter, encoding and skip_lines of this extract.",
    )
