"""CSV files of unusual make: long or foreign delimiters, fixed widths, archives, and what is no CSV at all."""

from __future__ import annotations

import gzip
import io
import itertools
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sources.readers import csv_bytes
from sources.readers.csv_reading import BLOCK_BYTES
from sources.tables import QUARANTINE, RENT_TRANSACTIONS
from store.errors import InputRejected
from tests.sources.helpers import put, read, rent_with, sources

LINES = ["ref,posted,kind,amount", "a,2024-01-01,DD,-1", "b,2024-01-02,DD,-2"]
EXPECTED = [("a", -100), ("b", -200)]


def rows_of(root: Path, **changes: Any) -> list[tuple[str, int]]:
    run = sources(root / "run", rent_with(**changes), folder=root / "in", max_bad_share=1)
    return [(row["group_id"], row["amount_pence"]) for row in read(run, RENT_TRANSACTIONS)]


@pytest.mark.parametrize("delimiter", ["||", "¬", "~|~", "::", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_delimiter_may_be_any_mark(delimiter: str, encoding: str, tmp_path: Path) -> None:
    text = "\n".join(line.replace(",", delimiter) for line in LINES) + "\n"
    put(tmp_path / "in", "rent.csv", text.encode(encoding))
    assert rows_of(tmp_path, delimiter=delimiter, encoding=encoding) == EXPECTED


def test_a_quoted_cell_keeps_the_delimiter_it_holds(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", 'ref||posted||kind||amount\n"a||b|"||2024-01-01||DD||-1\nc||d\n')
    assert rows_of(tmp_path, delimiter="||") == [("a||b|", -100)]
    quarantined = read_quarantine(tmp_path)
    assert quarantined == [(2, "malformed_line", "c||d")]


def read_quarantine(root: Path) -> list[tuple[int, str, str]]:
    run = sources(root / "again", rent_with(delimiter="||"), folder=root / "in", max_bad_share=1)
    return [(row["row"], row["rule"], row["value"]) for row in read(run, QUARANTINE)]


def test_a_delimiter_across_two_blocks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against replacing in the whole text, at every size of block."""
    drawn = random.Random(2)
    for delimiter, size in itertools.product(["||", "|~|", "¬", "aab"], range(1, 9)):
        monkeypatch.setattr(csv_bytes, "_BLOCK_BYTES", size)
        text = "".join(drawn.choice("a|~b¬\n") for _ in range(200))
        stream = csv_bytes._Redelimited(io.BytesIO(text.encode()), "utf-8", delimiter)
        found = io.BufferedReader(stream).read().decode()
        assert found == text.replace(delimiter, csv_bytes.UNIT)


def test_a_file_of_fixed_widths_is_cut_up(tmp_path: Path) -> None:
    report = 'RENT REPORT\nREF   POSTED    KINDAMOUNT\na     2024-01-01DD  -1\né;"   2024-01-02DD  -2.5   \nb\n'
    put(tmp_path / "in", "rent.csv", report)
    widths = {"ref": 6, "posted": 10, "kind": 4, "amount": 8}
    assert rows_of(tmp_path, widths=widths, skip_lines=2) == [("a", -100), ('é;"', -250)]


def test_a_line_that_goes_on_past_the_widths_is_set_aside_and_its_figures_are_not_cut_off(tmp_path: Path) -> None:
    lines = [
        "a     2024-01-01DD     -10.00",
        "a     2024-01-02DD     -1000.00",
        "a     2024-01-03DD  -7   ",
        "TOTAL OF ALL LINES",
    ]
    put(tmp_path / "in", "rent.csv", "\n".join([*lines, "and of its pages, here again: 3"]) + "\n")
    widths = {"ref": 6, "posted": 10, "kind": 4, "amount": 9}
    extract = rent_with(widths=widths, footer_lines=2)
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in", max_bad_share=0.5)
    assert [row["amount_pence"] for row in read(run, RENT_TRANSACTIONS)] == [-1000, -700]
    assert {(q["row"], q["rule"]) for q in read(run, QUARANTINE) if q["table"] == "rent_transactions"} >= {
        (2, "malformed_line")
    }


def test_widths_that_no_line_keeps_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.csv_reading._MOST_MALFORMED", 3)
    put(tmp_path / "in", "rent.csv", "a     2024-01-01DD   -10.00\n" * 4)
    extract = rent_with(widths={"ref": 6, "posted": 10, "kind": 4, "amount": 5})
    with pytest.raises(InputRejected, match="go on past the last column") as told:
        sources(tmp_path / "run", extract, folder=tmp_path / "in")
    assert "-10" not in str(told.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04rest", "workbook or a zip archive"),
        (b"PAR1rest", "Parquet file"),
        (b"\xd0\xcf\x11\xe0rest", "older Excel workbook"),
        (gzip.compress(b"a,b\n", mtime=0), "packed with gzip"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"SQLite format 3\0", "database file"),
        (b"\0\1\2\3" * 100, "not a text file"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not a text file"),
    ],
)
def test_what_is_no_csv_is_said_to_be_none(content: bytes, told: str, tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", content)
    with pytest.raises(InputRejected) as refused:
        rows_of(tmp_path)
    assert told in refused.value.message
    assert "rent.csv" in refused.value.where and refused.value.fix


def test_a_zip_archive_of_one_csv_is_unpacked(tmp_path: Path) -> None:
    archive(tmp_path, {"folder/": "", "folder/rent.csv": "\n".join(LINES) + "\n", "__MACOSX/rent.csv": "x"})
    assert rows_of(tmp_path, files=["rent.zip"]) == EXPECTED


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.csv": "a", "b.csv": "b"}, "holds 2 files"),
        ({}, "holds 0 files"),
        ({"a.csv": "\n".join([*LINES, " " * 50_000_000])}, "far more than an extract would"),
    ],
)
def test_any_other_zip_archive_is_refused(files: dict[str, str], told: str, tmp_path: Path) -> None:
    archive(tmp_path, files)
    with pytest.raises(InputRejected, match=told):
        rows_of(tmp_path, files=["rent.zip"])


def test_a_damaged_zip_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, {"rent.csv": "\n".join(LINES) + "\n"})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputRejected, match="zip archive is cut short"):
        rows_of(tmp_path, files=["rent.zip"])


def archive(root: Path, files: dict[str, str]) -> Path:
    folder = root / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "rent.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return folder / "rent.zip"


class EndlessLine(io.RawIOBase):
    """A file whose only data row is two gigabytes long, made as it is read, which counts what was taken of it."""

    taken = 0

    def __init__(self, start: bytes) -> None:
        self._start, self._left = start, 2 << 30

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        number = min(len(buffer), len(self._start) or self._left)
        buffer[:number] = self._start[:number] or b"x" * number
        self._left -= 0 if self._start else number
        self._start = self._start[number:]
        EndlessLine.taken += number
        return number


@pytest.mark.parametrize(
    "start", ["ref,posted,kind,amount\n", "", 'ref,posted,kind,amount\n"', "ref||posted||kind||amount\n"]
)
def test_a_line_of_two_gigabytes_is_refused_without_reading_it(
    start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "in", "rent.csv", "small on disk\n")
    monkeypatch.setattr(EndlessLine, "taken", 0)
    monkeypatch.setattr(csv_bytes, "opened", lambda path: io.BufferedReader(EndlessLine(start.encode())))
    with pytest.raises(InputRejected) as refused:
        rows_of(tmp_path, delimiter="||" if "||" in start else ",")
    assert "rent.csv" in refused.value.where
    assert "xxx" not in str(refused.value)
    # The reader takes up to 32 blocks ahead.
    assert EndlessLine.taken < 40 * BLOCK_BYTES < 2 << 30


def test_a_header_with_sql_in_it_is_a_name_like_any_other(tmp_path: Path) -> None:
    hostile = "ref'); DROP TABLE rows; --"
    put(tmp_path / "in", "rent.csv", "\n".join([LINES[0].replace("ref", hostile), *LINES[1:]]) + "\n")
    table = {**rent_with()["tables"][0], "group": [hostile]}
    assert rows_of(tmp_path, tables=[table]) == EXPECTED


def test_several_missing_columns_are_told_together(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", "ref,posted\na,2024-01-01\n")
    with pytest.raises(InputRejected, match=r"The header lacks the columns 'amount', 'kind'\."):
        rows_of(tmp_path)
