"""Excel workbooks: the cells a CSV of the sheet would have, and nothing that is no plain workbook."""

from __future__ import annotations

import datetime as dt
import random
import re
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sources.tables import RENT_TRANSACTIONS
from store.errors import InputRejected
from tests.sources.helpers import config, put, quarantine, read, rent_with, sources
from tests.sources.readers import rows_of

HEADER = ["ref", "posted", "kind", "amount"]
ROWS = [["a/1", dt.date(2024, 1, 31), "Basic Rent", 100.0], ["b/1", dt.date(2024, 2, 1), "DD", -20.5]]
EXCEL = rent_with(files=["rent.xlsx"], format="excel")


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    """A workbook with the cells as given: a date is a number in a date's format, None no cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write(number, column, cell)
    return path


def repacked(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one part of it changed."""
    with zipfile.ZipFile(path) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def test_the_first_sheet_or_the_one_that_is_named(tmp_path: Path) -> None:
    workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS], Other=[HEADER, ROWS[1]])
    first = [(1, "a/1", "2024-01-31", "100", None), (2, "b/1", "2024-02-01", "-20.5", None)]
    assert rows_of(tmp_path, EXCEL, "ref", "posted", "amount") == first
    assert rows_of(tmp_path, {**EXCEL, "sheet": "Rents"}, "ref", "posted", "amount") == first
    assert [row[1] for row in rows_of(tmp_path, {**EXCEL, "sheet": "Other"}, "ref")] == ["b/1"]


@pytest.mark.parametrize(
    ("rows", "settings"),
    [
        ([["Rents, run 01/01/2024"], [], HEADER, *ROWS], {"skip_lines": 1}),
        ([["Rents"], ["ref", "what"], *ROWS], {"skip_lines": 2, "header": HEADER}),
        ([[], HEADER, [], ROWS[0], [], [], ROWS[1], ["", " "]], {}),
        ([[*HEADER, None, None], [*ROWS[0], None, "a note"], ROWS[1]], {}),
        ([[None, *HEADER], *[[None, *row] for row in ROWS]], {}),
        ([[f" {name} " for name in HEADER], *ROWS], {}),
        ([HEADER, *ROWS, [], ["Run by housing"], [], ["Page 1"]], {"footer_lines": 2}),
    ],
    ids=["title", "own header", "blank rows", "notes at the side", "blank column", "spaces", "footer"],
)
def test_the_same_rows_in_many_shapes(tmp_path: Path, rows: list[list[Any]], settings: dict[str, Any]) -> None:
    workbook(tmp_path / "rent.xlsx", Rents=rows)
    found = rows_of(tmp_path, {**EXCEL, **settings}, "ref", "posted", "kind", "amount")
    assert [row[:-1] for row in found if row[-1] is None] == [
        (1, "a/1", "2024-01-31", "Basic Rent", "100"),
        (2, "b/1", "2024-02-01", "DD", "-20.5"),
    ]
    assert [row[-1] for row in found if row[-1]] == ["footer"] * settings.get("footer_lines", 0) + (
        ["blank_row"] if ["", " "] in rows else []
    )


def test_rows_that_are_no_data_are_named(tmp_path: Path) -> None:
    workbook(tmp_path / "rent.xlsx", Rents=[HEADER, ROWS[0], HEADER, ["Grand total:", None, None, 79.5]])
    kinds = [row[-1] for row in rows_of(tmp_path, EXCEL, "ref", "posted", "kind", "amount")]
    assert kinds == [None, "repeated_header", "totals_row"]


def test_typed_cells_become_the_text_a_mapping_expects(tmp_path: Path) -> None:
    path = tmp_path / "rent.xlsx"
    cells: dict[str, tuple[Callable[[Any, Any, int], None], str | None]] = {}

    def cell(name: str, text: str | None, write: Callable[[Any, Any, int], None]) -> None:
        cells[name] = (write, text)

    cell("day", "2024-01-05", lambda b, s, c: s.write_datetime(1, c, dt.datetime(2024, 1, 5), b.date))
    cell("moment", "2024-01-05 13:04:05", lambda b, s, c: s.write(1, c, dt.datetime(2024, 1, 5, 13, 4, 5), b.moment))
    cell("month", "2024-05-01", lambda b, s, c: s.write(1, c, dt.datetime(2024, 5, 1), b.month))
    cell("hour", "03:04:05", lambda b, s, c: s.write(1, c, dt.time(3, 4, 5), b.hour))
    cell("whole", "5107554", lambda b, s, c: s.write(1, c, 5107554.0))
    cell("noise", "33.3", lambda b, s, c: s.write(1, c, 33.300000000000004))
    cell("small", "0.0000001", lambda b, s, c: s.write(1, c, 1e-7))
    cell("yes", "true", lambda b, s, c: s.write_boolean(1, c, True))
    cell("no", "false", lambda b, s, c: s.write_boolean(1, c, False))
    cell("zero", "0", lambda b, s, c: s.write(1, c, 0))
    cell("formula", "42", lambda b, s, c: s.write_formula(1, c, "=6*7", None, 42))
    cell("not there", None, lambda b, s, c: s.write_formula(1, c, "=NA()", None, "#N/A"))
    cell("divided", None, lambda b, s, c: s.write_formula(1, c, "=1/0", None, "#DIV/0!"))
    cell("padded", "007", lambda b, s, c: s.write_string(1, c, "007"))
    cell("hostile", '=HYPERLINK("http://x","y")', lambda b, s, c: s.write_string(1, c, '=HYPERLINK("http://x","y")'))
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for name, form in {
            "date": "dd/mm/yy",
            "moment": "dd/mm/yyyy hh:mm",
            "month": "mmm-yy",
            "hour": "hh:mm",
        }.items():
            setattr(book, name, book.add_format({"num_format": form}))
        for column, (name, (write, _)) in enumerate(cells.items()):
            sheet.write(0, column, name)
            write(book, sheet, column)
    (row,) = rows_of(tmp_path, EXCEL, *cells)
    assert dict(zip(cells, row[1:-1])) == {name: text for name, (_, text) in cells.items()}


@pytest.mark.parametrize("dates", [["%Y-%m-%d"], ["%d/%m/%Y"], ["%d-%b-%y", "excel"], ["excel"], ["%m/%d/%y"]])
def test_real_dates_are_read_under_any_date_setting(tmp_path: Path, dates: list[str]) -> None:
    workbook(tmp_path / "in" / "rent.xlsx", Rents=[HEADER, *ROWS])
    run = sources(tmp_path / "run", {**EXCEL, "dates": dates}, folder=tmp_path / "in")
    assert [row["event_date"] for row in read(run, RENT_TRANSACTIONS)] == [dt.date(2024, 1, 31), dt.date(2024, 2, 1)]


def test_numbers_and_texts_are_read_by_one_decimal_mark(tmp_path: Path) -> None:
    rows = [["a/1", ROWS[0][1], "DD", 1234.5], ["b/1", ROWS[0][1], "DD", "1.234,56"], ["c/1", ROWS[0][1], "DD", 2000]]
    workbook(tmp_path / "in" / "rent.xlsx", Rents=[HEADER, *rows])
    run = sources(tmp_path / "run", {**EXCEL, "decimal": ","}, folder=tmp_path / "in")
    assert [row["amount_pence"] for row in read(run, RENT_TRANSACTIONS)] == [123_450, 123_456, 200_000]


def test_the_other_calendar_of_older_workbooks(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "rent.xlsx", {"date_1904": True, "default_date_format": "dd/mm/yy"}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "posted")
        sheet.write_datetime(1, 0, dt.datetime(2024, 1, 31))
    assert rows_of(tmp_path, EXCEL, "posted") == [(1, "2024-01-31", None)]


def test_an_error_value_is_never_an_amount(tmp_path: Path) -> None:
    workbook(tmp_path / "in" / "rent.xlsx", Rents=[HEADER, *ROWS, ["c/1", dt.date(2024, 2, 1), "DD", "#REF!"]])
    run = sources(tmp_path / "run", {**EXCEL}, folder=tmp_path / "in", max_bad_share=1.0)
    assert [row["amount_pence"] for row in read(run, RENT_TRANSACTIONS)] == [10_000, -2_050]
    assert quarantine(run) == [(3, "amount_pence", "not_an_amount", "row")]


def test_merged_cells_count_in_their_first_place(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "rent.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["ref", "amount"])
        sheet.merge_range(1, 0, 2, 0, "a/1")
        sheet.write(1, 1, 1)
        sheet.write(2, 1, 2)
    assert rows_of(tmp_path, EXCEL, "ref", "amount") == [(1, "a/1", "1", None), (2, None, "2", None)]


def compound_file(stream: str, content: bytes) -> bytes:
    """A file of the older Office format with one stream of at least 4,096 bytes in it."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    content += bytes(-len(content) % 512)
    sectors = len(content) // 512
    header = struct.pack("<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
                         0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)  # fmt: skip
    chain = [table, end, *range(3, 2 + sectors), end]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        held = name.encode("utf-16-le").ljust(64, b"\0")
        return held + struct.pack("<HBBIII16sIQQIQ", len(name) * 2 + 2, kind, 1, free, free, child, b"", 0, 0, 0,
                                  start, size)  # fmt: skip

    directory = entry("Root Entry", 5, 1, end, 0) + entry(stream, 2, free, 2, len(content))
    places = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    return header.ljust(512, b"\xff") + places + directory.ljust(512, b"\0") + content


def older_workbook(rows: list[list[Any]]) -> bytes:
    """A workbook as Excel 97 to 2003 saved it, of texts, numbers, dates, yes or no, and errors (as an int)."""

    def record(kind: int, form: str, *held: Any) -> bytes:
        made = struct.pack(f"<{form}", *held)
        return struct.pack("<HH", kind, len(made)) + made

    def text(held: str) -> bytes:
        return held.encode("utf-16-le")

    def cell(row: int, column: int, held: Any) -> bytes:
        if isinstance(held, str):
            return record(0x204, f"HHHHB{len(held) * 2}s", row, column, 0, len(held), 1, text(held))
        if isinstance(held, bool | int):
            return record(0x205, "HHHBB", row, column, 0, held, 0 if isinstance(held, bool) else 1)
        if isinstance(held, dt.date):
            return record(0x203, "HHHd", row, column, 1, float((held - dt.date(1899, 12, 30)).days))
        return record(0x203, "HHHd", row, column, 0, held)

    formats = record(0xE0, "HH16x", 0, 0) + record(0xE0, "HH16x", 0, 14)
    before = record(0x809, "HHHHII", 0x600, 5, 0, 1997, 0, 0) + record(0x42, "H", 1200) + formats
    name = record(0x85, "IBBBB10s", 0, 0, 0, 5, 1, text("Rents"))
    after = record(0x0A, "")
    name = name[:4] + struct.pack("<I", len(before) + len(name) + len(after)) + name[8:]
    cells = [cell(row, column, held) for row, line in enumerate(rows) for column, held in enumerate(line)]
    size = record(0x200, "IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    sheet = record(0x809, "HHHHII", 0x600, 0x10, 0, 1997, 0, 0) + size + b"".join(cells) + record(0x0A, "")
    return compound_file("Workbook", (before + name + after + sheet).ljust(4_096, b"\0"))


def test_an_older_workbook_is_read(tmp_path: Path) -> None:
    not_available = 0x2A
    rows = [[*HEADER, "open"], [*ROWS[0], True], [*ROWS[1][:3], not_available, False]]
    put(tmp_path, "rent.xls", older_workbook(rows))
    settings = {**EXCEL, "files": ["rent.xls"], "sheet": "Rents"}
    assert [row[1:-1] for row in rows_of(tmp_path, settings, *HEADER, "open")] == [
        ("a/1", "2024-01-31", "Basic Rent", "100", "true"),
        ("b/1", "2024-02-01", "DD", None, "false"),
    ]


# --- what is refused ---------------------------------------------------------------------------------------

SECRET = "Zebedee"


def refused(folder: Path, name: str = "rent.xlsx", **settings: Any) -> InputRejected:
    with pytest.raises(InputRejected) as found:
        rows_of(folder, {**EXCEL, "files": [name], **settings}, "ref", "amount")
    assert name in found.value.where and "'rent'" in found.value.where
    assert SECRET not in str(found.value)
    assert found.value.__suppress_context__ or found.value.__context__ is None
    return found.value


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS], Other=[HEADER])
    error = refused(tmp_path, sheet="rents")
    assert "no sheet 'rents'" in error.message and "'Rents', 'Other'" in error.fix


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no Excel workbook"),
        (f"ref,amount\n{SECRET},1\n".encode(), "no Excel workbook"),
        (b"PK\x03\x04" + SECRET.encode() * 100, "no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "no Excel workbook"),
        (compound_file("EncryptedPackage", bytes(4_096)), "has a password"),
    ],
    ids=["empty", "csv", "no zip", "no compound file", "password"],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    put(tmp_path, "rent.xlsx", content)
    assert told in refused(tmp_path).message


def test_damaged_workbooks_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, [SECRET, *ROWS[0][1:]]])
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-30], whole[:200] + bytes(60) + whole[260:]):
        path.write_bytes(content)
        assert "no Excel workbook" in refused(tmp_path).message
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("letter.txt", SECRET)
    assert "no Excel workbook" in refused(tmp_path).message
    path.write_bytes(whole)
    repacked(path, SHEET, lambda xml: xml[: len(xml) // 2])
    assert "no Excel workbook" in refused(tmp_path).message


def test_however_a_workbook_is_damaged_it_is_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, [SECRET, *ROWS[0][1:]], ROWS[1]]).read_bytes()
    parts = [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"]

    def damaged(xml: bytes) -> bytes:
        place = chance.randrange(len(xml))
        middle = chance.choice([b"", b"9999999999", b"-1", b'"', b"<c r='ZZZ9'/>", bytes([chance.randrange(32, 127)])])
        return xml[:place] + middle + xml[place + chance.randrange(12) :]

    outcomes = set()
    for _ in range(30):
        (tmp_path / "rent.xlsx").write_bytes(whole)
        repacked(tmp_path / "rent.xlsx", chance.choice(parts), damaged)
        try:
            rows_of(tmp_path, EXCEL, "ref", "amount")
            outcomes.add("read")
        except InputRejected as error:
            assert SECRET not in str(error)
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_a_document_type_in_a_sheet_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    bomb = b"<!DOCTYPE worksheet [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><worksheet"
    repacked(path, SHEET, lambda xml: xml.replace(b"<worksheet", bomb, 1))
    assert "no Excel workbook" in refused(tmp_path).message


@pytest.mark.parametrize("rows", [[], [[]], [[None]], [["", " "]]], ids=["none", "blank", "no cell", "spaces"])
def test_an_empty_sheet_has_no_header(tmp_path: Path, rows: list[list[Any]]) -> None:
    workbook(tmp_path / "rent.xlsx", Rents=rows)
    assert "no header" in refused(tmp_path).message


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    workbook(tmp_path / "rent.xlsx", Rents=[HEADER])
    assert rows_of(tmp_path, EXCEL, "ref") == []


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as held,
        held.open("xl/x.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(1_030):
            part.write(bytes(1 << 20))
    assert path.stat().st_size < 10_000_000
    began = time.process_time()
    assert "unpacks to more than" in refused(tmp_path).message
    assert time.process_time() - began < 0.5


def test_a_zip_bomb_that_understates_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.workbook_size.MOST_UNPACKED", 1 << 20)
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as held:
        held.writestr("xl/x.xml", bytes(2 << 20))
    size = struct.pack("<I", 2 << 20)
    assert path.read_bytes().count(size) == 2
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<I", 100)))
    assert "unpacks to more than" in refused(tmp_path).message


FAR = {
    "far": b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "prefix": b'<x:row r="9000000"><x:c/><x:c/><x:c/></x:row>',
    "without places": b"<row>" + b"<c/>" * 16_384 + b"</row>" + b'<row r="1048576"><c><v>1</v></c></row>',
}


@pytest.mark.parametrize("cell", FAR.values(), ids=FAR)
def test_a_stray_cell_far_away_is_refused(tmp_path: Path, cell: bytes) -> None:
    def strayed(xml: bytes) -> bytes:
        named = xml.replace(b"<worksheet", b'<worksheet xmlns:x="urn:x"', 1)
        return named.replace(b"</sheetData>", cell + b"</sheetData>")

    repacked(workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS]), SHEET, strayed)
    assert "cells in a sheet" in refused(tmp_path).message


SHEET_IN_DISGUISE: dict[str, Callable[[bytes], bytes]] = {
    "root far down": lambda xml: xml.replace(b"<worksheet", b" " * 300_000 + b"<worksheet", 1),
    "another root": lambda xml: xml.replace(b"worksheet", b"anything"),
    "an entity nobody knows": lambda xml: xml.replace(b"<sheetData", b"&nobody;<sheetData", 1),
    "an attribute twice": lambda xml: xml.replace(b"<worksheet", b"<worksheet a='1' a='2'", 1),
    "no root": lambda xml: xml[xml.index(b"<sheetData") : xml.index(b"</sheetData>") + 12] + b"<more/>",
}


@pytest.mark.parametrize("disguise", SHEET_IN_DISGUISE.values(), ids=SHEET_IN_DISGUISE)
def test_a_sheet_is_measured_however_it_is_dressed(disguise: Callable[[bytes], bytes], tmp_path: Path) -> None:
    far = FAR["far"] + b"</sheetData>"
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    repacked(path, SHEET, lambda xml: disguise(xml.replace(b"</sheetData>", far)))
    assert refused(tmp_path).message.startswith(("The workbook unpacks", "The file is no Excel workbook"))


def test_a_column_of_very_many_letters_is_refused_at_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    far = b'<row r="9"><c r="' + b"A" * 900_000 + b'9"/></row></sheetData>'
    repacked(path, SHEET, lambda xml: xml.replace(b"</sheetData>", far))
    began = time.process_time()
    assert "no Excel workbook" in refused(tmp_path).message
    assert time.process_time() - began < 2


def long_texts(path: Path, texts: int) -> Path:
    """A workbook of 30 cells of a shared text, the same in ``texts`` of them, which has 10,000 letters."""
    note = ["n" * 10_000 if number < texts else f"note {number}" for number in range(30)]
    return workbook(path, Rents=[[*HEADER, "note"], *[[*ROWS[0], one] for one in note]])


def test_a_long_text_shared_by_many_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.workbook_size.MOST_SHARED_TEXT", 100_000)
    long_texts(tmp_path / "rent.xlsx", 11)
    assert (tmp_path / "rent.xlsx").stat().st_size < 20_000
    assert "MB of text in its cells" in refused(tmp_path).message


def test_shared_texts_behind_what_is_no_xml_are_refused(tmp_path: Path) -> None:
    path = long_texts(tmp_path / "rent.xlsx", 11)
    repacked(path, "xl/sharedStrings.xml", lambda xml: xml.replace(b"<si>", b"&nobody;<si>", 1))
    assert "no Excel workbook" in refused(tmp_path).message


def test_a_long_text_in_few_of_many_cells_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.workbook_size.MOST_SHARED_TEXT", 100_000)
    long_texts(tmp_path / "rent.xlsx", 9)
    assert len(rows_of(tmp_path, EXCEL, "ref")) == 30


@pytest.mark.parametrize("part", ["content.xml", "mimetype", "xl/workbook.bin"])
def test_workbooks_of_other_kinds_are_refused(part: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    with zipfile.ZipFile(path, "a") as held:
        held.writestr(part, "application/vnd.oasis.opendocument.spreadsheet")
    assert "no Excel workbook" in refused(tmp_path).message


def test_cells_without_places_are_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    repacked(path, SHEET, lambda xml: re.sub(rb' r="[A-Z]*\d+"', b"", xml))
    assert [row[1:3] for row in rows_of(tmp_path, EXCEL, "ref", "amount")] == [("a/1", "100"), ("b/1", "-20.5")]


@pytest.mark.parametrize("settings", [{"format": "csv", "sheet": "x"}, {"sheet": ""}, {"dates": ["%Y-%d-%m"]}])
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sheet|real date"):
        config(tmp_path, {**EXCEL, **settings})
