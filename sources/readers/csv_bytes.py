"""The bytes of a CSV file as the reader takes them: unpacked, known to be text, with one plain mark between cells.

The reader takes a delimiter of one plain character. A file with another (``||`` or ``¬``) is read through a stream that
puts a control character in its place, a block at a time; the delimiters that a quoted cell holds are put back after.
"""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from sources.readers.extract_files import ExtractFile, opened
from store.errors import InputRejected

UNIT = "\x1f"
"""The control character that separates units: what stands for a delimiter that is not one plain character."""
_BLOCK_BYTES = 1 << 20
_LOOKED_AT = 4096
_MOST_TIMES_SMALLER = 200
"""Text packs to a tenth or a fiftieth; what packs further is made to fill a disk."""
_ONE_IN = 50
"""A stray zero byte may stand in a text; a text has no more of them than one byte in so many."""
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a workbook or a zip archive", "Set format = 'excel', or end its name in .zip if it holds a CSV."),
    (b"PAR1", "a Parquet file", "Set format = 'parquet'."),
    (b"\xd0\xcf\x11\xe0", "an older Excel workbook", "Set format = 'excel'."),
    (b"\x1f\x8b", "packed with gzip", "End its name in .gz."),
    (b"%PDF", "a PDF", "Ask for the extract as a CSV."),
    (b"SQLite format 3", "a database file", "Set format = 'sql', or ask for the extract as a CSV."),
)


def plain_delimiter(file: ExtractFile) -> str:
    """The one character that stands between cells in what ``csv_bytes`` gives."""
    extract = file.extract
    return UNIT if extract.widths is not None or is_replaced(file) else extract.delimiter


def is_replaced(file: ExtractFile) -> bool:
    """Whether the file's own delimiter is another than the reader takes."""
    delimiter = file.extract.delimiter
    return file.extract.widths is None and (len(delimiter) > 1 or not delimiter.isascii())


@contextmanager
def csv_bytes(file: ExtractFile) -> Iterator[tuple[IO[bytes], str]]:
    """The bytes of a CSV file for the reader, and their encoding.

    Raises InputRejected for a file that is no text, and for an archive that is not one CSV or unpacks too far.
    """
    encoding = _encoding(file)
    with _unpacked(file) as raw:
        if is_replaced(file):
            yield io.BufferedReader(_Redelimited(raw, encoding, file.extract.delimiter)), "utf-8"
        else:
            yield raw, encoding


def _unpacked(file: ExtractFile) -> IO[bytes]:
    return _only_member(file) if file.path.suffix.lower() == ".zip" else opened(file.path)


def _only_member(file: ExtractFile) -> IO[bytes]:
    """The one file that a zip archive holds."""
    archive = zipfile.ZipFile(file.path)
    members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise InputRejected(
            f"The zip archive holds {len(members)} files, not one.",
            where=file.where,
            fix="Unpack it into the folder, and name the files in files.",
        )
    (member,) = members
    if member.flag_bits & 1:
        raise InputRejected("The zip archive has a password.", where=file.where, fix="Unpack it into the folder.")
    if member.file_size > _MOST_TIMES_SMALLER * max(member.compress_size, _LOOKED_AT):
        raise InputRejected(
            "The zip archive unpacks to far more than an extract would.",
            where=file.where,
            fix="See what it holds; if it is right, unpack it into the folder.",
        )
    return archive.open(member)


def _encoding(file: ExtractFile) -> str:
    """The file's encoding: its byte order mark has the last word. Raises InputRejected for what is no text."""
    with _unpacked(file) as raw:
        head = raw.read(_LOOKED_AT)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    encoding = file.extract.encoding
    for mark, kind, fix in _KINDS:
        if head.startswith(mark):
            raise InputRejected(f"This is {kind}, not a CSV.", where=file.where, fix=fix)
    if head.count(b"\0") * _ONE_IN > len(head) and not encoding.startswith(("utf-16", "utf-32")):
        raise InputRejected(
            "This is not a text file.",
            where=file.where,
            fix="Set format to what it is, or encoding = 'utf-16' if a Windows tool wrote it.",
        )
    return encoding


class _Redelimited(io.RawIOBase):
    """The text of a file as UTF-8, with the control character in place of its delimiter."""

    def __init__(self, raw: IO[bytes], encoding: str, delimiter: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._delimiter = delimiter
        self._kept = ""
        """The end of the last block, where it may be the beginning of a delimiter."""
        self._ready = b""
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._ready and not self._done:
            block = self._raw.read(_BLOCK_BYTES)
            self._done = not block
            self._ready = self._replaced(self._decoder.decode(block, final=self._done)).encode("utf-8")
        number = min(len(buffer), len(self._ready))
        buffer[:number] = self._ready[:number]
        self._ready = self._ready[number:]
        return number

    def _replaced(self, text: str) -> str:
        # The character's own occurrences would pass for delimiters.
        whole = (self._kept + text.replace(UNIT, " ")).replace(self._delimiter, UNIT)
        kept = 0 if self._done else self._begun(whole)
        self._kept = whole[len(whole) - kept :]
        return whole[: len(whole) - kept]

    def _begun(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a delimiter."""
        lengths = range(len(self._delimiter) - 1, 0, -1)
        return next((length for length in lengths if text.endswith(self._delimiter[:length])), 0)
