"""Suggesting a mapping for what is no plain text: workbooks, the children in need return, a zip archive of one CSV."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from sources.config import SourcesConfig
from sources.plan import plan_extracts
from sources.readers.xml_reading import open_cin_census
from sources.stage import STAGE
from sources.suggestions import workbooks
from sources.suggestions.proposal import Proposal, Suggestion
from sources.suggestions.rendering import as_lines, as_toml
from sources.suggestions.suggesting import suggest
from sources.tables import DISABILITY_MARKERS, PERSON_RECORDS, RENT_TRANSACTIONS
from store.errors import EarlyHelpError, InputRejected, UsageError
from store.run_folder import RunFolder
from tests.sources.helpers import put, read
from tests.sources.invented_files import EXTRACT_DATE, INVENTED
from tests.sources.test_excel_reading import compound_file, repacked, workbook
from tests.sources.test_xml_reading import CHILD, OTHER, message
from tests.support import run_stage

HEADER = ["Tenancy Ref", "Transaction Date", "Transaction Type", "Amount", "Posted On"]
ROWS: list[list[Any]] = [
    [f"T{n % 9}", dt.date(2025, 3, n % 28 + 1), "Basic Rent", 90.1 + n, dt.datetime(2025, 3, n % 28 + 1, 9, 30)]
    for n in range(60)
]


def found(suggestion: Suggestion) -> dict[str, Any]:
    return {name: value for name, value, _ in suggestion.settings}


def columns(proposal: Proposal) -> dict[str, tuple[str, ...]]:
    return {line.column: line.headers for line in proposal.lines}


def document(suggestion: Suggestion) -> dict[str, Any]:
    return tomllib.loads(as_toml(suggestion))


def carried_out(suggestion: Suggestion, folder: Path, root: Path) -> RunFolder:
    config = SourcesConfig.model_validate({"folder": str(folder), **document(suggestion)})
    return run_stage(STAGE, root, config)


def shown(suggestion: Suggestion) -> str:
    return as_toml(suggestion) + "\n".join(as_lines(suggestion))


# --- workbooks -------------------------------------------------------------------------------------------


def test_a_workbook_with_a_title_a_footer_and_typed_dates_is_read_whole(tmp_path: Path) -> None:
    titles: list[list[Any]] = [["Rent postings of March"], [], ["Run by", "Zebedee"]]
    ends: list[list[Any]] = [["Grand total:", None, None, 7176.0], [], ["End of report, Zebedee"]]
    path = workbook(tmp_path / "in" / "rent.xlsx", Rents=[*titles, HEADER, *ROWS[:30], [], *ROWS[30:], *ends])
    suggestion = suggest(path, tmp_path / "in")
    assert found(suggestion) == {"format": "excel", "skip_lines": 3, "footer_lines": 1}
    assert "Zebedee" not in shown(suggestion)
    run = carried_out(suggestion, tmp_path / "in", tmp_path / "run")
    written = read(run, RENT_TRANSACTIONS)
    assert len(written) == len(ROWS)
    assert sum(row["amount_pence"] for row in written) == sum(round(100 * row[3]) for row in ROWS)
    assert {row["event_date"] for row in written} == {row[1] for row in ROWS}
    rules = pq.read_table(run.root / "identifiable/sources/quarantine.parquet").column("rule").to_pylist()
    assert sorted(rules) == ["footer", "totals_row"]


def test_the_first_sheet_with_a_header_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    notes = [["About this workbook"], ["Made by", "Housing"], ["Ask", "the rents team"]]
    path = workbook(tmp_path / "rent.xlsx", Notes=notes, Blank=[], March=[HEADER, *ROWS], April=[HEADER, *ROWS[:9]])
    suggestion = suggest(path, tmp_path)
    assert found(suggestion)["sheet"] == "March"
    said = " ".join(suggestion.notes)
    assert 'look like tables too: "April"' in said and 'do not look like tables: "Notes", "Blank"' in said
    assert [table["table"] for table in document(suggestion)["extracts"][0]["tables"]] == ["rent_transactions"]


def test_a_hidden_sheet_is_taken_only_where_no_other_is_a_table(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "rent.xlsx", {"default_date_format": "dd/mm/yyyy"}) as book:
        first, second = book.add_worksheet("Lookup"), book.add_worksheet("Rents")
        for sheet in (first, second):
            for place, cells in enumerate([HEADER, *ROWS]):
                sheet.write_row(place, 0, cells)
        second.activate()
        first.hide()
    assert found(suggest(tmp_path / "rent.xlsx", tmp_path))["sheet"] == "Rents"


@pytest.mark.parametrize(
    "sheet", ['a"b', "# x = 1", "Robert'); DROP TABLE", "=HYPERLINK(1)", "<script>", "ключ", "{a}", "$(id)"]
)
def test_hostile_sheet_names_and_headers_stay_names(tmp_path: Path, sheet: str) -> None:
    strange = [
        '=HYPERLINK("http://x")',
        "<script>alert(1)</script>",
        "[extracts]",
        "Two\nlines",
        '"""',
        "# note",
        "a\\b",
    ]
    rows = [[*row, *["x"] * len(strange)] for row in ROWS]
    path = workbook(tmp_path / "rent.xlsx", Cover=[["Rents"]], **{sheet: [[*HEADER, *strange], *rows]})
    suggestion = suggest(path, tmp_path)
    made = document(suggestion)
    assert made.keys() == {"codes", "extracts"} and len(made["extracts"]) == 1
    assert made["extracts"][0]["sheet"] == sheet
    assert [one.name for one in suggestion.profiles] == [*HEADER, *strange]
    assert "\n" not in "".join(as_lines(suggestion))
    assert len(read(carried_out(suggestion, tmp_path, tmp_path / "run"), RENT_TRANSACTIONS)) == len(ROWS)


def test_only_code_lists_of_a_workbook_are_written_and_only_what_many_rows_have(tmp_path: Path) -> None:
    names = ["Zebedee", "Quentin", "Ottoline"]
    sexes = ["Sekrit", *["Male", "Female"] * 6]
    rows = [[n, names[n % 3], "Xanthippe", dt.date(2003, 2, 1), sexes[n % 13], ROWS[0][1]] for n in range(60)]
    rows.append([99, "Quentin", "Xanthippe", dt.date(2003, 2, 1), "Rarissima", ROWS[0][1]])
    header = ["Person ID", "Forename", "Surname", "DOB", "Gender", "Created Date"]
    suggestion = suggest(workbook(tmp_path / "p.xlsx", P=[header, *rows]), tmp_path)
    text, lines = as_toml(suggestion), "\n".join(as_lines(suggestion))
    assert '# Sekrit = "?"' in text and 'Male = "M"' in text
    assert not [word for word in (*names, "Xanthippe", "Rarissima", "2003") if word in text + lines]
    assert "Sekrit" not in lines


def test_the_first_row_of_a_sheet_without_a_header_is_not_shown(tmp_path: Path) -> None:
    dated = [["Zebedee", "Quill", dt.date(2003, 2, 1)], *[["Otto", "Quince", dt.date(2004, 2, 1)]] * 20]
    named = [["Zebedee", "Quill"], *[["Otto", "Quince"], ["Ida", "Quist"]] * 20]
    for name, rows in (("dated.xlsx", dated), ("named.xlsx", named)):
        text = shown(suggest(workbook(tmp_path / name, People=rows), tmp_path))
        assert "Zebedee" not in text and "Quill" not in text


def test_a_long_sheet_is_looked_at_in_part_and_its_footer_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "SHEET_ROWS", 20)
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS, ["End of report"]])
    suggestion = suggest(path, tmp_path)
    assert found(suggestion)["footer_lines"] == 1
    assert {one.rows for one in suggestion.profiles} == {19}


def test_an_older_table_of_two_header_rows_begins_at_the_second(tmp_path: Path) -> None:
    above = ["Account", None, None, "Money", None]
    path = workbook(tmp_path / "rent.xlsx", Rents=[above, HEADER, *ROWS])
    suggestion = suggest(path, tmp_path)
    assert found(suggestion)["skip_lines"] == 1 and [one.name for one in suggestion.profiles] == HEADER


def test_a_workbook_is_suggested_like_the_csv_of_its_sheet(tmp_path: Path) -> None:
    for one in INVENTED:
        path = one.write(tmp_path)
        packed = path.read_bytes()
        text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode(one.encoding)
        rows = [[cell or None for cell in cells] for cells in csv.reader(io.StringIO(text), delimiter=one.delimiter)]
        sheet = workbook((tmp_path / "sheets" / one.path).with_suffix(".xlsx"), Data=rows)
        of_text, of_sheet = suggest(path, tmp_path, EXTRACT_DATE), suggest(sheet, tmp_path / "sheets", EXTRACT_DATE)
        of_format = {"format", "encoding", "delimiter", "quote"}
        assert {k: v for k, v in found(of_sheet).items() if k not in of_format} == {
            k: v for k, v in found(of_text).items() if k not in of_format
        }
        wanted = [(one.table, one.key, one.group, one.lacking, columns(one)) for one in of_text.proposals]
        assert [(one.table, one.key, one.group, one.lacking, columns(one)) for one in of_sheet.proposals] == wanted


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (compound_file("EncryptedPackage", bytes(4_096)), "has a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "no Excel workbook"),
        (b"PK\x03\x04Zebedee", "workbook or zip archive is cut short or damaged"),
    ],
    ids=["password", "damaged old one", "damaged new one"],
)
def test_a_workbook_that_cannot_be_read_is_told_in_our_words(tmp_path: Path, content: bytes, told: str) -> None:
    put(tmp_path, "rent.xlsx", content)
    with pytest.raises(InputRejected, match=told) as refused:
        suggest(tmp_path / "rent.xlsx", tmp_path)
    assert "Zebedee" not in str(refused.value) and "[[extracts]]" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_damaged_sheet_a_blank_workbook_and_one_cut_short(tmp_path: Path) -> None:
    path = workbook(tmp_path / "rent.xlsx", Rents=[HEADER, *ROWS])
    whole = path.read_bytes()
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    with pytest.raises(InputRejected, match="no Excel workbook"):
        suggest(path, tmp_path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputRejected, match="cut short or damaged"):
        suggest(path, tmp_path)
    with pytest.raises(InputRejected, match="blank"):
        suggest(workbook(tmp_path / "blank.xlsx", A=[], B=[["", " "]]), tmp_path)


# --- a zip archive ---------------------------------------------------------------------------------------


def zipped(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_csv", ".csv"), content)
    return path


RENT_CSV = (
    ";".join(HEADER) + "\n" + "".join(f"T{n % 9};{n % 28 + 1:02d}/03/2025;Rent;{n}.50;01/04/2025\n" for n in range(60))
)


def test_a_zip_of_one_csv_is_read_like_the_csv(tmp_path: Path) -> None:
    path = zipped(tmp_path / "rent.zip", rent_csv=RENT_CSV)
    suggestion = suggest(path, tmp_path)
    assert found(suggestion) == {"delimiter": ";", "dates": ["%d/%m/%Y"]}
    assert len(read(carried_out(suggestion, tmp_path, tmp_path / "run"), RENT_TRANSACTIONS)) == 60


def test_archives_that_are_not_one_csv_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="zip"):
        suggest(zipped(tmp_path / "two.zip", a_csv=RENT_CSV, b_csv=RENT_CSV), tmp_path)
    with pytest.raises(InputRejected, match="empty"):
        suggest(zipped(tmp_path / "none.zip", a_csv=""), tmp_path)
    with pytest.raises(InputRejected, match="far more"):
        suggest(zipped(tmp_path / "bomb.zip", a_csv=bytes(30_000_000)), tmp_path)
    with pytest.raises(InputRejected, match="XML"):
        suggest(zipped(tmp_path / "xml.zip", a_csv=message(CHILD)), tmp_path)
    with pytest.raises(UsageError, match=r"does not end in \.zip"):
        suggest(zipped(tmp_path / "rent.csv", a_csv=RENT_CSV), tmp_path)


# --- the children in need return -------------------------------------------------------------------------


RETURN = message(CHILD.replace(" A1 ", "A123456789123"), OTHER)


def uncommented(text: str) -> str:
    """The part with the marks taken away from what looks like TOML."""
    return re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text)


def test_the_mapping_of_the_return_is_that_of_a_council_that_was_mapped_by_hand(tmp_path: Path) -> None:
    by_hand = tomllib.loads((Path(__file__).parents[2] / "examples" / "fenmarsh.toml").read_text("utf-8"))
    wanted = [extract for extract in by_hand["extracts"] if extract.get("format") == "cin_census"]
    put(tmp_path, "mosaic/cin.xml", RETURN)
    made = document(suggest(tmp_path / "mosaic" / "cin.xml", tmp_path))["extracts"]
    of_council = ("name", "files")
    assert [{key: one[key] for key in one if key not in of_council} for one in made] == [
        {key: one[key] for key in one if key not in of_council} for one in wanted
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cin.xml", RETURN.encode()),
        ("cin.xml.gz", gzip.compress(RETURN.encode(), mtime=0)),
        ("cin.xml", RETURN.replace("UTF-8", "UTF-16").encode("utf-16")),
        (
            "cin.xml",
            RETURN.replace("<Message>", '<m:Message xmlns:m="u">').replace("</M", "</m:M").encode(),
        ),
    ],
    ids=["plain", "gzip", "utf-16", "prefix"],
)
def test_what_is_written_for_a_return_loads_and_so_do_the_commented_parts(
    tmp_path: Path, name: str, content: bytes
) -> None:
    put(tmp_path, f"care/{name}", content)
    text = as_toml(suggest(tmp_path / "care" / name, tmp_path))
    assert text.count("COUNTED TWICE") == 4
    for part, rows in ((text, 2), (uncommented(text), 6)):
        plans = plan_extracts(SourcesConfig.model_validate({"folder": str(tmp_path), **tomllib.loads(part)}))
        assert len(plans) == rows
    run = run_stage(
        STAGE, tmp_path / "run", SourcesConfig.model_validate({"folder": str(tmp_path), **tomllib.loads(text)})
    )
    people = {row["record_id"]: (row["subject_id"], row["upn"], row["ethnicity"]) for row in read(run, PERSON_RECORDS)}
    assert people == {"c1|cin": ("c1", "A123456789123", "WBRI"), "c2|cin": ("c2", None, None)}
    assert {row["record_id"] for row in read(run, DISABILITY_MARKERS)} == {"c1"}


def test_every_part_of_the_return_can_be_carried_out(tmp_path: Path) -> None:
    put(tmp_path, "care/cin.xml", RETURN)
    text = uncommented(as_toml(suggest(tmp_path / "care" / "cin.xml", tmp_path)))
    config = SourcesConfig.model_validate({"folder": str(tmp_path), "max_bad_share": 1.0, **tomllib.loads(text)})
    run = run_stage(STAGE, tmp_path / "run", config)
    rows = {
        name: pq.read_table(run.root / f"identifiable/sources/{name}.parquet").num_rows
        for name in ("contacts", "assessments", "service_episodes")
    }
    assert rows == {"contacts": 2, "assessments": 2, "service_episodes": 1}


def test_a_return_made_before_its_own_day_is_not_believed(tmp_path: Path) -> None:
    put(tmp_path, "cin.xml", message(CHILD).replace("2026-07-01T", "2025-07-01T"))
    first, _ = document(suggest(tmp_path / "cin.xml", tmp_path))["extracts"]
    assert first["tables"][0]["columns"]["recorded_on"] == {"latest": ["ReferenceDate", "DateTime"]}


def test_no_child_of_a_return_is_in_what_is_written(tmp_path: Path) -> None:
    children = [CHILD.replace("c1", f"Zebedee{n}").replace("WBRI", "Sekrit") for n in range(12)]
    rare = CHILD.replace("c1", "c9").replace("WBRI", "Rarissima")
    put(tmp_path, "cin.xml", message(*children, rare))
    suggestion = suggest(tmp_path / "cin.xml", tmp_path)
    text, lines = as_toml(suggestion), "\n".join(as_lines(suggestion))
    assert '# Sekrit = "?"' in text and "Sekrit" not in lines
    assert not [word for word in ("Zebedee", "Rarissima", "2015-03", " A1") if word in text + lines]


def test_only_the_beginning_of_a_long_return_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.xml_reading._BATCH_ROWS", 10)
    monkeypatch.setattr("sources.readers.xml_reading._CHUNK_BYTES", 2_000)
    drawn: list[int] = []

    def counting(*arguments: Any) -> Any:
        opened = open_cin_census(*arguments)
        whole = opened.batches

        def batches() -> Any:
            for batch in whole:
                drawn.append(batch.num_rows)
                yield batch

        opened.batches = batches()
        return opened

    monkeypatch.setattr("sources.suggestions.care_return.open_cin_census", counting)
    put(tmp_path, "cin.xml", message(*[CHILD] * 500))
    suggest(tmp_path / "cin.xml", tmp_path)
    assert len(drawn) == 1 and drawn[0] < 50


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (message(CHILD).replace(">CIN<", ">SC<"), "no children in need census"),
        (message(), "no children in need census"),
        (message(CHILD)[:-200] + "<", "damaged"),
        (message(CHILD).replace("<Message>", "<!DOCTYPE Message [<!ENTITY a 'b'>]><Message>"), "document type"),
        ("<html><Message>Zebedee</Message></html>", "web page"),
        ("<?xml version='1.0'?><Workbook/>", "XML"),
    ],
    ids=["school census", "no child", "damaged", "document type", "web page", "other"],
)
def test_other_xml_is_refused_in_our_words(tmp_path: Path, text: str, told: str) -> None:
    put(tmp_path, "cin.xml", text)
    with pytest.raises(EarlyHelpError, match=told) as refused:
        suggest(tmp_path / "cin.xml", tmp_path)
    assert "Zebedee" not in str(refused.value) and "[[extracts]]" not in str(refused.value)
