"""The files of an extract: where they are, what their paths say, and how an unreadable one is told of."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

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


def matched_files(folder: Path, extract: Extract, copies: Path | None = None) -> list[ExtractFile]:
    """The files of an extract, in the order of their paths; of one that is a database, its copy among ``copies``.

    Raises UsageError when a pattern leads out of the folder or matches nothing, InputRejected when a link does.
    """
    if extract.format == "sql":
        assert copies is not None
        return [ExtractFile(copies / f"{extract.name}.parquet", f"database/{extract.name}", extract)]
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
            if not _is_text(relative):
                raise InputRejected(
                    f"The name of a file that matches {pattern!r} is not text in UTF-8.",
                    where=f"{where}; folder {folder}",
                    fix="Rename the file, with plain letters.",
                )
            found[relative] = ExtractFile(path, relative, extract)
    return [found[relative] for relative in sorted(found)]


def _is_text(name: str) -> bool:
    """Whether a name can be written down: names from older systems may be bytes that are no text."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def file_within(folder: Path, relative: str, where: str) -> Path:
    """A file that the TOML names, by its path in the TOML's folder.

    Raises UsageError when it is not there or its path leads out of the folder, InputRejected when a link does.
    """
    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        raise UsageError(
            f"The path {relative!r} leads out of the TOML's folder.", where=where, fix="Put the file beside the TOML."
        )
    path = folder / relative
    if not path.is_file():
        raise UsageError(f"There is no file {relative!r}.", where=where, fix="Give its path from the TOML's folder.")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputRejected(
            f"The file {relative!r} is a link that leads out of the TOML's folder.",
            where=where,
            fix="Put the file itself in the folder.",
        )
    return path.resolve()


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


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked as they are read when its name ends in .gz."""
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def not_opened(file: ExtractFile, error: Exception) -> InputRejected:
    """The error of a file that cannot be opened or unpacked."""
    if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
        return InputRejected(
            "The gzip file is cut short or damaged.", where=file.where, fix="Copy it again from the system."
        )
    return InputRejected("The file cannot be opened.", where=file.where, fix="Check that you may read it.")


def unreadable(file: ExtractFile) -> InputRejected:
    """The error of a file that is not what the TOML says, with none of its content."""
    return InputRejected(
        "The file cannot be read in the way the TOML says.",
        where=file.where,
        fix="Check format, delimiter, encoding and skip_lines of this extract.",
    )
