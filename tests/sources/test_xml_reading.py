"""The children in need census: every element that makes a row, by name, and no XML that does harm."""

from __future__ import annotations

import gzip
import resource
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sources.cin_census import ROW_ELEMENTS, columns
from sources.plan import plan_extracts
from sources.tables import ASSESSMENTS
from store.errors import InputRejected, UsageError
from tests.sources.helpers import config, put, read, sources
from tests.sources.readers import rows_of

HEADER = """<Header>
  <CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate>
  </CollectionDetails>
  <Source><SourceLevel>L</SourceLevel><LEA>299</LEA><DateTime>2026-07-01T10:15:00</DateTime></Source>
</Header>"""
CHILD = """<Child>
  <ChildIdentifiers><LAchildID>c1</LAchildID>stray<UPN> A1 </UPN><PersonBirthDate>2015-03-27</PersonBirthDate>
  </ChildIdentifiers>
  <ChildCharacteristics><Ethnicity>WBRI</Ethnicity>
    <Disabilities><Disability>HAND</Disability><Disability>HEAR</Disability></Disabilities></ChildCharacteristics>
  <CINdetails><CINreferralDate>2025-10-06</CINreferralDate><DateOfInitialCPC>2025-12-06</DateOfInitialCPC>
    <Assessments><AssessmentActualStartDate>2025-10-07</AssessmentActualStartDate>
      <FactorsIdentifiedAtAssessment><AssessmentFactors>3B</AssessmentFactors>
        <AssessmentFactors>17A</AssessmentFactors></FactorsIdentifiedAtAssessment></Assessments>
    <Assessments><AssessmentActualStartDate>2025-11-07</AssessmentActualStartDate></Assessments>
    <Section47><S47ActualStartDate>2025-11-20</S47ActualStartDate>
      <DateOfInitialCPC>2025-12-01</DateOfInitialCPC></Section47>
    <ReferralNFA>0</ReferralNFA>
    <ChildProtectionPlans><CPPstartDate>2025-12-06</CPPstartDate>
      <Reviews><CPPreviewDate>2026-01-01</CPPreviewDate></Reviews>
      <Reviews><CPPreviewDate>2026-02-01</CPPreviewDate></Reviews></ChildProtectionPlans>
  </CINdetails>
  <CINdetails><CINreferralDate>2026-02-02</CINreferralDate><ReferralNFA>1</ReferralNFA></CINdetails>
</Child>"""
OTHER = "<Child><ChildIdentifiers><LAchildID>c2</LAchildID></ChildIdentifiers></Child>"


def census(rows: str, **changes: Any) -> dict[str, Any]:
    made = {"name": "cin", "source": "care", "files": ["cin.xml"], "format": "cin_census", "rows": rows}
    return {**made, "tables": [], **changes}


def message(*children: str, header: str = HEADER) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Message>{header}<Children>{"".join(children)}</Children></Message>'
    )


@pytest.mark.parametrize(
    ("rows", "wanted", "expected"),
    [
        ("Child", ("LAchildID", "UPN", "Disability"), [("c1", "A1", "HAND;HEAR"), ("c2", None, None)]),
        ("Child", ("LAchildID", "ReferenceDate", "Year", "LEA", "DateTime"),
            [(child, "2026-03-31", "2026", "299", "2026-07-01T10:15:00") for child in ("c1", "c2")]),
        ("Disability", ("LAchildID", "Disability"), [("c1", "HAND"), ("c1", "HEAR")]),
        ("CINdetails", ("UPN", "CINreferralDate", "ReferralNFA", "DateOfInitialCPC"),
            [("A1", "2025-10-06", "0", "2025-12-06"), ("A1", "2026-02-02", "1", None)]),
        # What stands below a row's element in the file, but above it in the return, is there too.
        ("Assessments", ("LAchildID", "AssessmentActualStartDate", "AssessmentFactors", "ReferralNFA"),
            [("c1", "2025-10-07", "3B;17A", "0"), ("c1", "2025-11-07", None, "0")]),
        ("AssessmentFactors", ("AssessmentFactors", "AssessmentActualStartDate", "CINreferralDate"),
            [("3B", "2025-10-07", "2025-10-06"), ("17A", "2025-10-07", "2025-10-06")]),
        ("Section47", ("DateOfInitialCPC", "CINdetails/DateOfInitialCPC", "Section47/DateOfInitialCPC"),
            [("2025-12-01", "2025-12-06", "2025-12-01")]),
        ("ChildProtectionPlans", ("CPPstartDate", "CPPreviewDate"), [("2025-12-06", "2026-01-01;2026-02-01")]),
        ("CPPreviewDate", ("CPPstartDate", "CPPreviewDate"),
            [("2025-12-06", "2026-01-01"), ("2025-12-06", "2026-02-01")]),
        ("CINPlanDates", ("CINPlanStartDate",), []),
    ],
)  # fmt: skip
def test_rows_of_an_element(
    tmp_path: Path, rows: str, wanted: tuple[str, ...], expected: list[tuple[str | None, ...]]
) -> None:
    put(tmp_path, "cin.xml", message(CHILD, OTHER))
    found = rows_of(tmp_path, census(rows), *wanted)
    assert [row[1:-1] for row in found] == expected
    assert [row[0] for row in found] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize(
    "text",
    [
        message(CHILD, OTHER).replace("<Message>", '<Message xmlns="urn:a">'),
        message(CHILD, OTHER).replace("<Message>", '<m:Message xmlns:m="urn:a">').replace("</Message>", "</m:Message>"),
        message(CHILD, OTHER).replace("<Child>", "<Child><Novelty><LAchildID>no</LAchildID></Novelty>"),
        message(CHILD, OTHER).replace("c1", "<![CDATA[c1]]>"),
        message(CHILD, OTHER).replace("c1", "&#99;<!-- no -->1"),
    ],
    ids=["namespace", "prefix", "unknown element", "cdata", "reference and comment"],
)
def test_what_makes_no_difference(tmp_path: Path, text: str) -> None:
    put(tmp_path, "cin.xml", text)
    assert [row[1] for row in rows_of(tmp_path, census("Child"), "LAchildID")] == ["c1", "c2"]


def test_encodings_and_gzip(tmp_path: Path) -> None:
    text = message(CHILD, OTHER).replace("c1", "Zoë")
    for name, held in {
        "a.xml": text.encode(),
        "b.xml": text.replace("UTF-8", "UTF-16").encode("utf-16"),
        "c.xml": text.replace("UTF-8", "windows-1252").encode("cp1252"),
        "d.xml.gz": gzip.compress(text.encode()),
    }.items():
        put(tmp_path, name, held)
        assert rows_of(tmp_path, census("Child", files=[name]), "LAchildID")[0][1] == "Zoë", name


def test_many_children_in_several_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.xml_reading._BATCH_ROWS", 7)
    monkeypatch.setattr("sources.readers.xml_reading._CHUNK_BYTES", 300)
    put(tmp_path, "cin.xml", message(*[OTHER.replace("c2", f"k{n}") for n in range(100)]))
    assert rows_of(tmp_path, census("Child"), "LAchildID") == [(n + 1, f"k{n}", None) for n in range(100)]


def test_every_row_element_has_its_columns_by_tag_and_by_path() -> None:
    for rows in ROW_ELEMENTS:
        known = columns(rows)
        assert {"LAchildID", "ChildIdentifiers/LAchildID", "ReferenceDate", "LEA"} <= set(known)
        assert any(path[-1] == rows or rows in path for path in known.values())
    # A group that may be there several times gives the row above it nothing.
    assert "AssessmentActualStartDate" not in columns("CINdetails")
    assert "CPPstartDate" not in columns("Assessments")


# --- through a mapping -------------------------------------------------------------------------------------

PERSON = {
    "table": "person_records",
    "key": ["LAchildID"],
    "columns": {"dob": "PersonBirthDate", "upn": "UPN", "recorded_on": "ReferenceDate"},
}
ASSESSMENT = {
    "table": "assessments",
    "key": ["LAchildID"],
    "columns": {
        "assessment_id": ["LAchildID", "AssessmentActualStartDate"],
        "event_date": "AssessmentActualStartDate",
        "recorded_on": "ReferenceDate",
        "factors": {"column": "AssessmentFactors", "split": ";"},
    },
}


def test_factors_become_a_list(tmp_path: Path) -> None:
    put(tmp_path / "in", "cin.xml", message(CHILD, OTHER))
    run = sources(tmp_path / "run", census("Assessments", tables=[ASSESSMENT]), folder=tmp_path / "in")
    assert [row["factors"] for row in read(run, ASSESSMENTS)] == [["3B", "17A"], None]


@pytest.mark.parametrize(
    ("rows", "column", "told"),
    [
        ("Child", "LAChildID", "Did you mean 'LAchildID'?"),
        ("CINdetails", "AssessmentActualStartDate", "The return has no 'AssessmentActualStartDate'"),
        ("Child", "zzzzzz", "The columns are: "),
    ],
)
def test_a_column_the_return_cannot_have_is_refused_before_any_file_is_opened(
    tmp_path: Path, rows: str, column: str, told: str
) -> None:
    table = {**PERSON, "key": [column]}
    with pytest.raises(UsageError) as refused:
        plan_extracts(config(tmp_path / "nowhere", census(rows, tables=[table])))
    assert told in str(refused.value) and "'cin'" in refused.value.where


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rows": "Kinder"}, "rows says which element"),
        ({"rows": None}, "rows says which element"),
        ({"format": "csv"}, "rows is for format cin_census only"),
        ({"header": ["a"]}, "no header, skip_lines, footer_lines"),
        ({"files": []}, "files is missing"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        config(tmp_path, {**census("Child"), **changes})


# --- harm --------------------------------------------------------------------------------------------------

SECRET = "Zebedee"
BOMB = "<!DOCTYPE Message [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 13))

ENDLESS = "<ChildIdentifiers><LAchildID/></ChildIdentifiers>" * 100_001


def refused(folder: Path, content: str | bytes, name: str = "cin.xml") -> InputRejected:
    put(folder, name, content)
    with pytest.raises(InputRejected) as found:
        rows_of(folder, census("Child", files=[name]), "LAchildID")
    assert name in found.value.where and "'cin'" in found.value.where
    assert SECRET not in str(found.value)
    assert found.value.__suppress_context__ or found.value.__context__ is None
    return found.value


def test_a_bomb_of_entities_is_refused_at_once(tmp_path: Path) -> None:
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = refused(tmp_path, BOMB + "]>" + message(CHILD).split("?>")[1].replace("c1", "&a12;"))
    assert "document type" in told.message
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_quadratic_bomb_is_refused(tmp_path: Path) -> None:
    long = f"<!DOCTYPE Message [<!ENTITY a '{'x' * 100_000}'>]>"
    assert (
        "document type" in refused(tmp_path, long + message(CHILD.replace("c1", "&a;" * 10_000)).split("?>")[1]).message
    )


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE Message [<!ENTITY secret SYSTEM 'file://{path}'>]>",
        "<!DOCTYPE Message [<!ENTITY % all SYSTEM 'file://{path}'>%all;]>",
        "<!DOCTYPE Message SYSTEM 'file://{path}'>",
        "<!DOCTYPE Message PUBLIC 'x' 'http://127.0.0.1:9/x.dtd'>",
        "<!DOCTYPE Message>",
    ],
)
def test_an_external_entity_is_refused(tmp_path: Path, declared: str) -> None:
    secret = put(tmp_path, "secret.txt", SECRET)
    body = message(CHILD.replace("c1", "&secret;")).split("?>")[1]
    assert "document type" in refused(tmp_path, declared.format(path=secret) + body).message


@pytest.mark.parametrize(
    ("content", "told", "line"),
    [
        (message(CHILD).replace("</UPN>", "</UPM>"), "mismatched tag", 7),
        (message(CHILD.replace("c1", "&nothing;")), "undefined entity", 7),
        (message(CHILD.replace("c1", SECRET))[:900], "damaged", None),
        ("", "damaged", 1),
        (f"{SECRET};{SECRET}\n", "damaged", 1),
        ("<html><body>x</body></html>", "does not begin with Message", 1),
        (message("<Child>" * 100), "nested deeper", 6),
        (message(*["<Novelty>"] * 100_000), "nested deeper", 6),
        (message(CHILD.replace("c1", SECRET * 2_000)), "longer than can be", 7),
        (message(f"<Child {SECRET}='{'y' * 2_000_000}'/>"), "longer than can be", None),
        (message(f"<Child><!-- {SECRET * 300_000}"), "longer than can be", None),
        (message(f"<Child>{ENDLESS}</Child>"), "more in the XML than can be", 6),
        (message(CHILD).replace("UTF-8", "klingon"), "encoding", None),
        (message(CHILD).replace("c1", SECRET).encode() + b"\xff", "damaged", None),
    ],
    ids=["mismatch", "undefined entity", "cut short", "empty", "csv", "html", "deep", "deep and unknown", "long text",
         "long attribute", "long comment", "endless child", "encoding", "not utf-8"],
)  # fmt: skip
def test_damaged_and_hostile_xml_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, told: str, line: int | None
) -> None:
    error = refused(tmp_path, content)
    assert told in error.message
    assert line is None or error.where.endswith(f"line {line}")


def test_a_header_that_grows_through_the_file_is_refused(tmp_path: Path) -> None:
    body = message(CHILD)
    header = f"<Header><CollectionDetails><Year>{SECRET * 100}</Year></CollectionDetails></Header>"
    put(tmp_path, "cin.xml", body.replace("<Children>", f"{header}<Children>", 1))
    assert len(rows_of(tmp_path, census("Child", files=["cin.xml"]), "LAchildID", "Year")) == 1
    put(tmp_path, "cin.xml", body.replace("<Children>", f"{header * 100}<Children>", 1))
    with pytest.raises(InputRejected, match="over and over") as found:
        rows_of(tmp_path, census("Child", files=["cin.xml"]), "LAchildID", "Year")
    assert SECRET not in str(found.value)


def test_what_stands_above_very_many_rows_is_refused(tmp_path: Path) -> None:
    long = f"<ChildIdentifiers><LAchildID>{SECRET * 1_000}</LAchildID></ChildIdentifiers>"
    put(tmp_path, "cin.xml", message(f"<Child>{long}{'<CINdetails/>' * 5_000}</Child>"))
    with pytest.raises(InputRejected, match="more in the XML than can be") as found:
        rows_of(tmp_path, census("CINdetails", files=["cin.xml"]), "LAchildID")
    assert SECRET not in str(found.value)


def test_gzip_cut_short_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(message(*[OTHER.replace("c2", f"{n:09}") for n in range(5_000)]).encode())
    assert "cut short" in refused(tmp_path, whole[: len(whole) // 2], "cin.xml.gz").message


# --- real returns ------------------------------------------------------------------------------------------


def test_the_fictional_return_reads_whole(council_extracts: Path) -> None:
    """Its two children, with stray text, a group no schema has, and dates out of order, all as they stand."""
    folder = council_extracts.parent / "reference" / "cin_census"
    settings = {"files": ["CIN_Census_2026.xml"]}
    children = rows_of(folder, census("Child", **settings), "LAchildID", "UPN", "FormerUPN", "Sex", "Disability")
    assert [row[1:-1] for row in children] == [
        ("DfEX0000001", "A123456789123", "X98765432123B", "1", "HAND;HEAR"),
        ("child_fails_assessments", None, None, "M", "NONE"),
    ]
    counts = {rows: len(rows_of(folder, census(rows, **settings), "LAchildID")) for rows in ROW_ELEMENTS}
    assert counts == {
        "Child": 2,
        "Disability": 3,
        "CINdetails": 2,
        "Assessments": 2,
        "AssessmentFactors": 3,
        "CINPlanDates": 1,
        "Section47": 1,
        "ChildProtectionPlans": 1,
        "CPPreviewDate": 1,
        "PreProceedingsandFGDM": 1,
    }


@pytest.mark.parametrize("rows", ["Child", "CINdetails", "Assessments", "AssessmentFactors", "CINPlanDates"])
def test_a_whole_return_against_another_parser(council_extracts: Path, rows: str) -> None:
    folder = council_extracts / "fenmarsh" / "mosaic"
    held = ElementTree.parse(folder / "cin_census_2025_26.xml")
    expected = [
        (child.findtext("ChildIdentifiers/LAchildID"), child.findtext("ChildIdentifiers/UPN"))
        for child in held.iter("Child")
        for _ in child.iter(rows)
    ]
    found = rows_of(folder, census(rows, files=["cin_census_2025_26.xml"]), "LAchildID", "UPN")
    assert [row[1:-1] for row in found] == expected
