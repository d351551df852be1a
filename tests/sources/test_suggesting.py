"""Suggesting a mapping: how often it is right, what it never shows, and that whatever it writes can be loaded."""

from __future__ import annotations

import datetime as dt
import gzip
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.config import MappedColumn, SourcesConfig, TableMapping
from sources.mapping.compiling import origin_of
from sources.plan import plan_extracts
from sources.stage import STAGE
from sources.suggestions import sampling, toml_text
from sources.suggestions.headers import fit, words
from sources.suggestions.profiling import date_formats, profile
from sources.suggestions.proposal import Suggestion
from sources.suggestions.rendering import as_lines, as_toml
from sources.suggestions.spellings import SPELLINGS, meaning
from sources.suggestions.suggesting import suggest
from sources.tables import TABLES
from sources.text import clean
from store.errors import EarlyHelpError, InputRejected, UsageError
from tests.sources.helpers import put
from tests.sources.invented_files import EXTRACT_DATE, FRESH, INVENTED, Invented
from tests.support import run_stage

Mapped = dict[str, dict[str, list[str]]]


def _mapped(tables: list[dict[str, Any]]) -> Mapped:
    """Table (numbered where mapped more than once) to column, ``key`` or ``group``, to the headers it rests on."""
    often = Counter(table["table"] for table in tables)
    seen: Counter[str] = Counter()
    found: Mapped = {}
    for table in tables:
        name = table["table"]
        seen[name] += 1
        origins = {column: _origin(origin).sources for column, origin in table.get("columns", {}).items()}
        columns = {column: sorted(set(headers)) for column, headers in origins.items() if headers}
        columns |= {part: sorted(table[part]) for part in ("key", "group") if part in table}
        found[name if often[name] == 1 else f"{name}:{seen[name]}"] = columns
    return found


def _origin(origin: Any) -> MappedColumn:
    return MappedColumn.model_validate(origin) if isinstance(origin, dict) else origin_of(origin)


def _tables(suggestion: Suggestion) -> list[dict[str, Any]]:
    """The tables of what was written, as the council's TOML would be read."""
    (extract,) = tomllib.loads(as_toml(suggestion)).get("extracts", [{}])
    tables: list[dict[str, Any]] = extract.get("tables", [])
    return tables


def _score(wanted: Mapped, got: Mapped) -> Counter[str]:
    """How many columns of tables are right, wrong, not there, or there without being wanted."""
    score: Counter[str] = Counter()
    for table, columns in wanted.items():
        for column, headers in columns.items():
            found = got.get(table, {}).get(column)
            score["none" if found is None else "right" if found == sorted(headers) else "wrong"] += 1
    for table, columns in got.items():
        score["extra"] += len(columns.keys() - wanted.get(table, {}).keys())
    return score


def _wanted(invented: Invented) -> Mapped:
    return {
        table: {column: [header] if isinstance(header, str) else header for column, header in columns.items()}
        for table, columns in invented.expected.items()
    }


def _measure(files: tuple[Invented, ...], folder: Path) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in files:
        path = one.write(folder)
        total += _score(_wanted(one), _mapped(_tables(suggest(path, folder, EXTRACT_DATE))))
    return total


# --- how often it is right -------------------------------------------------------------------------------


def test_the_files_the_vocabulary_was_tried_on(tmp_path: Path) -> None:
    score = _measure(INVENTED, tmp_path)
    wanted = score["right"] + score["wrong"] + score["none"]
    assert len(INVENTED) >= 25 and wanted >= 280
    assert score["right"] >= 0.95 * wanted
    assert score["wrong"] + score["extra"] <= 0.03 * wanted


def test_files_of_words_it_does_not_know_are_left_rather_than_guessed(tmp_path: Path) -> None:
    score = _measure(FRESH, tmp_path)
    wanted = score["right"] + score["wrong"] + score["none"]
    assert score["right"] >= 0.4 * wanted
    assert score["wrong"] + score["extra"] <= 0.05 * wanted


def test_a_whole_council(council_extracts: Path) -> None:
    reference = tomllib.loads((Path(__file__).parents[2] / "examples" / "fenmarsh.toml").read_text("utf-8"))
    folder = council_extracts / "fenmarsh"
    tables: dict[Path, list[dict[str, Any]]] = {}
    for extract in reference["extracts"]:
        if extract.get("format", "csv") in ("csv", "parquet"):
            path = sorted(folder.glob(extract["files"][0]))[0]
            tables.setdefault(path, []).extend(t for t in extract.get("tables", []) if "unpivot" not in t)
    score: Counter[str] = Counter()
    for path, wanted in tables.items():
        score += _score(_mapped(wanted), _mapped(_tables(suggest(path, folder, reference["council"]["extract_date"]))))
    total = score["right"] + score["wrong"] + score["none"]
    assert score["right"] >= 0.8 * total
    assert score["wrong"] + score["extra"] <= 0.03 * total


@pytest.mark.parametrize("one", [*INVENTED, *FRESH], ids=lambda one: one.path)
def test_what_is_written_can_be_planned(one: Invented, tmp_path: Path) -> None:
    document = tomllib.loads(as_toml(suggest(one.write(tmp_path), tmp_path, EXTRACT_DATE)))
    if "extracts" in document:
        plans = plan_extracts(SourcesConfig.model_validate({"folder": str(tmp_path), **document}))
        assert len(plans) == 1


@pytest.mark.parametrize(
    "path",
    ["orchard/rent_ledger.csv", "libraries/borrowers.csv", "nec_housing/tenancies.csv", "education/marks_2025.txt"],
)
def test_a_suggestion_carried_out_reads_every_row(path: str, tmp_path: Path) -> None:
    (one,) = (one for one in INVENTED if one.path == path)
    document = tomllib.loads(as_toml(suggest(one.write(tmp_path), tmp_path, EXTRACT_DATE)))
    # Codes that nobody has mapped yet are not what is looked at here.
    config = SourcesConfig.model_validate({"folder": str(tmp_path), "max_bad_share": 1.0, **document})
    run = run_stage(STAGE, tmp_path / "run", config)
    rules = pq.read_table(run.root / "identifiable/sources/quarantine.parquet").column("rule").to_pylist()
    of_reading = {"malformed_line", "not_a_date", "not_an_amount", "not_a_whole_number", "missing", "required"}
    assert not of_reading & set(rules)


# --- how a file is laid out ------------------------------------------------------------------------------

_ROWS = [
    ["Tenancy Ref", "Start Date", "Weekly Rent"],
    *[[f"T{n}", f"{n % 27 + 1:02d}/05/2025", "90.10"] for n in range(40)],
]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t", "^", "~"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding(delimiter: str, encoding: str, tmp_path: Path) -> None:
    rows = [*_ROWS, ["Té", "01/05/2025", "90.10"]]
    text = "".join(delimiter.join(cells) + "\r\n" for cells in rows)
    put(tmp_path, "f.csv", text.encode(encoding))
    found = {name: value for name, value, _ in suggest(tmp_path / "f.csv", tmp_path).settings}
    assert found.get("delimiter", ",") == delimiter
    assert found.get("encoding", "utf-8") == encoding.removesuffix("-sig")
    assert found["dates"] == ["%d/%m/%Y"]


def test_titles_footer_and_missing_words(tmp_path: Path) -> None:
    body = "".join(",".join(cells) + "\n" for cells in [*_ROWS, ["T99", "NULL", "N/A"]])
    put(tmp_path, "f.csv", f"Tenancies\n\nRun by us\n{body}End of report\n")
    found = {name: value for name, value, _ in suggest(tmp_path / "f.csv", tmp_path).settings}
    assert (found["skip_lines"], found["footer_lines"], found["missing"]) == (3, 1, ["N/A", "NULL"])


def test_a_header_with_a_name_twice_gets_names_of_our_own(tmp_path: Path) -> None:
    put(tmp_path, "f.csv", "Surname,Surname,Date of Birth\n" + "A,B,01/02/2003\n" * 9)
    found = {name: value for name, value, _ in suggest(tmp_path / "f.csv", tmp_path).settings}
    assert found["header"] == ["Surname", "Surname (2)", "Date of Birth"] and found["skip_lines"] == 1


def test_parquet_and_gzip(tmp_path: Path) -> None:
    columns = {name: [row[place] for row in _ROWS[1:]] for place, name in enumerate(_ROWS[0])}
    pq.write_table(pa.table(columns), tmp_path / "tenancies.parquet")
    put(tmp_path, "tenancies.csv.gz", gzip.compress("".join(",".join(cells) + "\n" for cells in _ROWS).encode()))
    for name in ("tenancies.parquet", "tenancies.csv.gz"):
        (table,) = _tables(suggest(tmp_path / name, tmp_path))
        assert table["group"] == ["Tenancy Ref"] and table["columns"]["weekly_rent_pence"] == "Weekly Rent"


@pytest.mark.parametrize(
    ("cells", "formats", "either_way"),
    [
        (["2025-01-31", "2025-02-28 10:11:12"], ("%Y-%m-%d",), False),
        (["31/01/2025", "01/02/2025"], ("%d/%m/%Y",), False),
        (["01/02/2025", "03/04/2025"], ("%d/%m/%Y",), True),
        (["01/31/2025", "02/01/2025"], ("%m/%d/%Y",), False),
        (["31/01/25", "01/02/25"], ("%d/%m/%y",), False),
        (["31.01.2025"], ("%d.%m.%Y",), False),
        (["01-Feb-25", "31-Mar-24"], ("%d-%b-%y",), False),
        (["1 May 2025", "31 December 2024", "2 June 2024"], ("%d %B %Y",), False),
        (["20250131", "20241231"], ("%Y%m%d",), False),
        (["31012025", "25122024"], ("%d%m%Y",), False),
        (["31/01/2025"] * 9 + ["45321"], ("%d/%m/%Y", "excel"), False),
        (["31/01/2025"] * 5 + ["2025-01-31"] * 5, ("%d/%m/%Y", "%Y-%m-%d"), False),
        (["12345", "54321"], (), False),
        (["31/02/2025", "99/99/9999"], (), False),
        (["Smith", "Jones"], (), False),
        ([], (), False),
    ],
)
def test_date_formats(cells: list[str], formats: tuple[str, ...], either_way: bool) -> None:
    found, doubt = date_formats(dict(Counter(cells)))
    assert (sorted(found), doubt) == (sorted(formats), either_way)


# --- what it refuses, and how much it reads --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n\n", "blank"),
        (bytes(range(256)) * 40, "not text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"PAR1 and then nothing", "Parquet"),
        (gzip.compress(b"a,b\n" * 99, mtime=0)[:-9], "gzip"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"SQLite format 3\0" + bytes(99), "SQLite database"),
    ],
)
def test_what_is_no_table_is_refused_in_our_words(content: bytes, said: str, tmp_path: Path) -> None:
    put(tmp_path, "f.csv", content)
    with pytest.raises(EarlyHelpError, match=said):
        suggest(tmp_path / "f.csv", tmp_path)


def test_a_file_that_is_not_there_or_not_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        suggest(tmp_path / "none.csv", tmp_path)
    (tmp_path / "schools").mkdir()
    with pytest.raises(UsageError, match="a folder, not a file"):
        suggest(tmp_path / "schools", tmp_path)
    put(tmp_path, "f.csv", "a,b\n")
    with pytest.raises(UsageError, match="not in the folder"):
        suggest(tmp_path / "f.csv", tmp_path / "other")


@pytest.mark.parametrize(
    "text", ["Name\nx\n", "Surname", "a,b,c\n", ",,,\n1,2,3,4\n", '"', "a\0b", "Surname,UPN\n" + "," * 9000]
)
def test_small_and_strange_files_give_a_suggestion_or_a_refusal(text: str, tmp_path: Path) -> None:
    put(tmp_path, "f.csv", text)
    try:
        made = as_toml(suggest(tmp_path / "f.csv", tmp_path))
    except InputRejected:
        return
    assert tomllib.loads(made).keys() <= {"extracts", "codes"}


def test_a_huge_file_is_read_in_part_only(tmp_path: Path) -> None:
    path = put(tmp_path, "rent.csv", "Tenancy Ref,Start Date\n" + "T1,01/02/2025\n" * 400_000)
    with path.open("r+b") as handle:
        handle.truncate(8 << 30)
    found = sampling.sample(path)
    assert isinstance(found, sampling.TextSample) and not found.whole
    read = len(found.head) + sum(map(len, found.pieces)) + len(found.tail)
    assert read <= sampling.HEAD_BYTES + sampling.CHUNKS * sampling.CHUNK_BYTES + sampling.TAIL_BYTES


def test_a_compressed_bomb_is_unpacked_in_part_only(tmp_path: Path) -> None:
    put(tmp_path, "f.csv.gz", gzip.compress(b"Tenancy Ref,Start Date\n" + b"T1,01/02/2025\n" * 2_000_000))
    found = sampling.sample(tmp_path / "f.csv.gz")
    assert isinstance(found, sampling.TextSample) and len(found.head) == sampling.HEAD_BYTES


def test_a_sample_reaches_the_middle_of_the_file(tmp_path: Path) -> None:
    early, late = "T1,01/02/2025\n" * 400_000, "T1,2025-02-01\n" * 400_000
    put(tmp_path, "f.csv", "Tenancy Ref,Start Date\n" + early + late)
    found = suggest(tmp_path / "f.csv", tmp_path)
    assert set(found.profiles[1].dates) == {"%d/%m/%Y", "%Y-%m-%d"}


# --- what it never shows ---------------------------------------------------------------------------------


def _shown(suggestion: Suggestion) -> str:
    return as_toml(suggestion) + "\n".join(as_lines(suggestion))


def test_values_of_code_lists_alone_are_written_and_only_what_many_rows_have(tmp_path: Path) -> None:
    names = ["Zebedee", "Quentin", "Ottoline"]
    sexes = ["Sekrit", *["Male", "Female"] * 6]
    rows = [f"{n},{names[n % 3]},Xanthippe,01/02/2003,{sexes[n % 13]},01/02/2025" for n in range(130)]
    rows.append("131,Quentin,Xanthippe,01/02/2003,Rarissima,01/02/2025")
    put(tmp_path, "f.csv", "Person ID,Forename,Surname,DOB,Gender,Created Date\n" + "\n".join(rows) + "\n")
    suggestion = suggest(tmp_path / "f.csv", tmp_path)
    text, lines = as_toml(suggestion), "\n".join(as_lines(suggestion))
    assert '# Sekrit = "?"' in text and 'Male = "M"' in text and "1 more values" in text
    assert not [word for word in (*names, "Xanthippe", "Rarissima") if word in text]
    assert not [word for word in (*names, "Xanthippe", "Rarissima", "Sekrit", "2003") if word in lines]


def test_the_first_row_of_a_file_without_a_header_is_not_shown(tmp_path: Path) -> None:
    put(tmp_path, "dated.csv", "Zebedee,Quill,01/02/2003\n" + "Otto,Quince,03/04/2005\n" * 20)
    put(tmp_path, "names.csv", "Zebedee,Quill\n" + "Otto,Quince\nIda,Quist\n" * 20)
    for name in ("dated.csv", "names.csv"):
        text = _shown(suggest(tmp_path / name, tmp_path))
        assert "Zebedee" not in text and "Quill" not in text


@pytest.mark.parametrize("header", ["", "TENANCY POSTED    TYPE\n"])
def test_a_file_of_fixed_widths_is_not_shown_and_is_told_how_it_is_mapped(header: str, tmp_path: Path) -> None:
    put(tmp_path, "rent.txt", header + "ZEBEDEE MILL ROAD RENT\nOTTO    HIGH ROAD RENT\n" * 20)
    suggestion = suggest(tmp_path / "rent.txt", tmp_path)
    text = _shown(suggestion)
    assert "fixed widths" in text and "ZEBEDEE" not in text and _tables(suggestion) == []


def test_a_file_that_cannot_be_read_says_nothing_of_what_it_holds(tmp_path: Path) -> None:
    put(tmp_path, "f.csv", b"Zebedee,\0\x01\x02\x03" * 99)
    with pytest.raises(EarlyHelpError) as refused:
        suggest(tmp_path / "f.csv", tmp_path)
    assert "Zebedee" not in str(refused.value)


# --- what it writes is TOML whatever the headers are -----------------------------------------------------

_HOSTILE = (
    *(
        '=HYPERLINK("http://x")',
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE rows;--",
        'a"b',
        "a\\b",
        "[extracts]",
    ),
    *(
        "]]",
        "# note",
        "x = 1",
        '"""',
        "'''",
        "\u202edob",
        "{Surname}",
        "case.address",
        "a\tb",
        "ключ",
        "\U0001f600",
        "%s%n",
    ),
)


def test_hostile_headers_stay_names_of_columns(tmp_path: Path) -> None:
    header = ["Person ID", "Forename", "Surname", "Date of Birth", *_HOSTILE, "Two\nlines"]
    quoted = ['"' + name.replace('"', '""') + '"' for name in header]
    rows = [",".join([str(n), "Ada", "Byrne", "01/02/2003", *["x"] * len(_HOSTILE), "y"]) for n in range(30)]
    put(tmp_path, "f.csv", ",".join(quoted) + "\n" + "\n".join(rows) + "\n")
    suggestion = suggest(tmp_path / "f.csv", tmp_path, EXTRACT_DATE)
    assert [one.name for one in suggestion.profiles] == [clean(name) for name in header]
    document = tomllib.loads(as_toml(suggestion))
    assert document.keys() == {"extracts"} and len(document["extracts"]) == 1
    assert document["extracts"][0].keys() <= {"name", "source", "files", "dates", "tables"}
    assert "\n" not in "".join(as_lines(suggestion))


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(_TEXT, st.lists(_TEXT, min_size=1, max_size=4), _TEXT)
def test_any_text_comes_back_from_what_is_written(name: str, texts: list[str], note: str) -> None:
    line = toml_text.entry(name, {"columns": texts, "dates": texts}, note)
    assert "\n" not in line
    assert tomllib.loads(line) == {name: {"columns": texts, "dates": texts}}
    assert tomllib.loads("\n".join(toml_text.comment(note))) == {}


@settings(max_examples=40, deadline=None)
@given(st.lists(_TEXT.filter(lambda text: clean(text) != ""), min_size=1, max_size=4, unique_by=clean))
def test_any_headers_give_toml_that_names_them(tmp_path_factory: pytest.TempPathFactory, strange: list[str]) -> None:
    folder = tmp_path_factory.mktemp("headers")
    header = ["Person ID", "Forename", "Surname", "Created Date", *strange]
    quoted = ['"' + name.replace('"', '""').replace("\r", " ") + '"' for name in header]
    rows = [",".join([str(n), "Ada", "Byrne", "01/02/2025", *["x"] * len(strange)]) for n in range(12)]
    put(folder, "f.csv", ",".join(quoted) + "\n" + "\n".join(rows) + "\n")
    try:
        suggestion = suggest(folder / "f.csv", folder, EXTRACT_DATE)
    except InputRejected:
        # A header that no text has, such as one with a zero byte.
        assert any(not mark.isprintable() for name in strange for mark in name)
        return
    document = tomllib.loads(as_toml(suggestion))
    known = {one.name for one in suggestion.profiles}
    for extract in document.get("extracts", []):
        for table in extract["tables"]:
            mapping = TableMapping.model_validate(table)
            named = {header for origin in mapping.columns.values() for header in origin_of(origin).sources}
            assert named | set(mapping.key or []) <= known


# --- the words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("TCY_REFNO", ("tenancy", "reference")),
        ("DateOfBirth", ("birth", "date")),
        ("D.O.B.", ("birth", "date")),
        ("postCode", ("postcode",)),
        ("Client's First Name", ("client", "forename")),
        ("Family Name", ("surname",)),
        ("NI No", ("nino",)),
        ("", ()),
        ("!!!", ()),
    ],
)
def test_words_of_a_header(header: str, said: tuple[str, ...]) -> None:
    assert words(header) == said


@pytest.mark.parametrize(
    ("header", "name", "fits"),
    [
        ("Forename", "forename", True),
        ("Child First Name", "forename", True),
        ("DATE_CREATED", "created date", True),
        ("School Name", "full name", False),
        ("Team Name", "name", False),
        ("last_login", "last updated", False),
        ("Effective To", "effective from", False),
    ],
)
def test_fit(header: str, name: str, fits: bool) -> None:
    assert (fit(header, name) >= 0.7) == fits


def test_known_spellings_mean_codes_the_tables_have_and_one_code_each() -> None:
    codes = {(table.name, column.name): column.codes for table in TABLES for column in table.columns}
    for (table, column), spelt in SPELLINGS.items():
        assert set(spelt) <= set(codes[table, column])
        spellings = [spelling for each in spelt.values() for spelling in each]
        assert len(spellings) == len(set(spellings))
    for (table, column), spelt in SPELLINGS.items():
        known = [meaning(table, column, code, codes[table, column]) for code in spelt]
        assert known == list(spelt)


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        ("person_records", "ethnicity", "White - Gypsy/Roma", "WROM"),
        ("person_records", "ethnicity", "Gypsy/Roma", "WROM"),
        ("person_records", "ethnicity", "ANY OTHER WHITE BACKGROUND", "WOTH"),
        ("person_records", "ethnicity", "British", None),
        ("person_records", "sex", "Male", "M"),
        ("person_records", "sex", "2", "F"),
        ("contacts", "referral_source", "Police", "6"),
        ("contacts", "referral_source", "Other", None),
        ("service_episodes", "category", "Emotional abuse", "EMO"),
        ("exclusions", "reason", "Bullying", "BU"),
        ("rent_transactions", "kind", "Housing_Benefit", "housing_benefit"),
        ("school_status", "sen", "Education, Health and Care Plan", "E"),
        ("person_records", "surname", "Male", None),
        ("tenancies", "tenure", "!!!", None),
    ],
)
def test_what_a_value_means_by_its_code_its_label_or_another_spelling(
    table: str, column: str, value: str, code: str | None
) -> None:
    codes = {(table.name, column.name): column.codes for table in TABLES for column in table.columns}
    assert meaning(table, column, value, codes[table, column]) == code


def test_a_column_of_few_rows_is_no_code_list() -> None:
    (one,) = profile(["Gender"], [["a"], ["b"], ["c"]])
    assert one.values == ()


def test_recorded_on_that_nothing_tells_is_a_stand_in_and_says_so(tmp_path: Path) -> None:
    put(tmp_path, "t.csv", "Tenancy Ref,Start Date,Tenure\n" + "".join(f"T{n},01/02/2025,Secure\n" for n in range(30)))
    assert "STAND-IN" in as_toml(suggest(tmp_path / "t.csv", tmp_path))
    put(
        tmp_path,
        "p.csv",
        "Person ID,Forename,Surname,Postcode\n" + "".join(f"{n},Ada,Byrne,EX1 1AB\n" for n in range(30)),
    )
    without = suggest(tmp_path / "p.csv", tmp_path)
    assert without.proposals[0].lacking == ("recorded_on",) and _tables(without) == []
    (table,) = _tables(suggest(tmp_path / "p.csv", tmp_path, dt.date(2026, 9, 7)))
    assert table["columns"]["recorded_on"] == {"constant": "2026-09-07"}


def _census(day: str = "") -> str:
    header = "UPN,Forename,Surname,DOB,Gender,DfE Number,NCYear,FSM,SEN,Entry Date"
    rows = (
        f"A8200000{n:05d},Ada,Byrne,{n % 28 + 1:02d}/02/2015,{('Male', 'Female')[n % 2]},2021234,4,Y,K,01/09/2019"
        for n in range(40)
    )
    return f"{header}{',Census Date' if day else ''}\n" + "".join(f"{row}{f',{day}' if day else ''}\n" for row in rows)


def test_a_school_census_without_its_day_waits_for_it(tmp_path: Path) -> None:
    put(tmp_path, "schools/census.csv", _census())
    made = suggest(tmp_path / "schools" / "census.csv", tmp_path, dt.date(2026, 9, 7))
    text = as_toml(made)
    assert {one.table: one.lacking for one in made.proposals} == {
        "person_records": ("recorded_on",),
        "school_status": ("event_date", "recorded_on"),
    }
    assert "2026" not in text and "no day at all" not in text and tomllib.loads(text) == {}
    assert text.count('# recorded_on = "?"   # check: no column says when it was recorded; best is census day') == 2
    assert '# event_date = "?"   # check: census day, as { constant = "YYYY-MM-DD" }' in text
    # With the marks taken away and the day filled in, it is a council's mapping, code maps and all.
    begins = text.index("# # person_records.sex")
    bare = "\n".join(
        line[2:] for line in text[begins:].splitlines() if line.startswith(("# [", "# #")) or " = " in line
    )
    filled = tomllib.loads(bare.replace('= "?"', '= { constant = "2026-01-15" }'))
    config = SourcesConfig.model_validate({"folder": ".", **filled})
    assert [one.table for one in config.extracts[0].tables] == ["person_records", "school_status"]
    plan_extracts(config)


def test_a_school_census_with_its_day_is_proposed(tmp_path: Path) -> None:
    put(tmp_path, "schools/census.csv", _census("15/01/2026"))
    tables = _tables(suggest(tmp_path / "schools" / "census.csv", tmp_path, dt.date(2026, 9, 7)))
    assert {table["table"]: table["columns"]["recorded_on"] for table in tables} == {
        "person_records": "Census Date",
        "school_status": "Census Date",
    }


@pytest.mark.parametrize("column", ["", ",Extract Date"])
def test_the_day_of_the_extract_is_said_to_be_seen_by_no_as_of_date(column: str, tmp_path: Path) -> None:
    rows = "".join(f"{n},Ada,Byrne,EX1 1AB{column and ',07/09/2026'}\n" for n in range(30))
    put(tmp_path, "p.csv", f"Barcode,Forename,Surname,Postcode{column}\n{rows}")
    (line,) = [
        line for line in as_toml(suggest(tmp_path / "p.csv", tmp_path, dt.date(2026, 9, 7))).splitlines()
        if line.startswith("recorded_on")
    ]  # fmt: skip
    assert "no column says when it was recorded" in line and "none ever sees these rows" in line


def test_council_tax_in_its_short_words(tmp_path: Path) -> None:
    people = [f"BYRNE ADA,{'OKEKE IDA' if n % 2 else ''},{n} HIGH ST,EX1 1AB,13/02/2015,1000{n:05d}" for n in range(40)]
    header = "LIAB PTY 1,LIAB PTY 2,PROP ADDR,PROP P/CODE,LIAB FROM DT,UPRN"
    put(tmp_path, "tax/keyed.csv", f"A/C NO,{header}\n" + "".join(f"77{n:06d},{row}\n" for n, row in enumerate(people)))
    first, second = (
        table
        for table in _tables(suggest(tmp_path / "tax" / "keyed.csv", tmp_path))
        if table["table"] == "person_records"
    )
    assert first["key"] == second["key"] == ["A/C NO"]
    assert (first["columns"]["full_name"], second["columns"]["full_name"]) == ("LIAB PTY 1", "LIAB PTY 2")
    shared = {"address": "PROP ADDR", "postcode": "PROP P/CODE", "address_from": "LIAB FROM DT", "uprn": "UPRN"}
    assert shared.items() <= first["columns"].items() and shared.items() <= second["columns"].items()
    put(tmp_path, "tax/bare.csv", f"{header}\n" + "".join(f"{row}\n" for row in people))
    assert all(one.lacking == ("key",) for one in suggest(tmp_path / "tax" / "bare.csv", tmp_path).proposals)


@pytest.mark.parametrize(
    ("path", "source"),
    [("housing/2026/july/rents.csv", "housing"), ("housing/rents.csv", "housing"), ("rents.csv.gz", "rents")],
)
def test_the_source_is_the_first_folder(path: str, source: str, tmp_path: Path) -> None:
    text = "Tenancy Ref,Start Date\n" + "T1,01/02/2025\n" * 9
    put(tmp_path, path, gzip.compress(text.encode(), mtime=0) if path.endswith(".gz") else text)
    assert suggest(tmp_path / path, tmp_path).source == source


def test_a_header_without_rows_is_said_to_have_none(tmp_path: Path) -> None:
    put(tmp_path, "p.csv", "Barcode,Forename,Surname,DOB,Postcode\n")
    suggestion = suggest(tmp_path / "p.csv", tmp_path, dt.date(2026, 9, 7))
    text = _shown(suggestion)
    assert "The file has no rows" in text and "nothing was found" not in text and "nothing found" not in text
    assert tomllib.loads(as_toml(suggestion)) == {} and '"Barcode"' in text


@pytest.mark.parametrize(("members", "told"), [(False, True), (True, False)])
def test_rows_about_a_group_say_that_its_people_are_needed(members: bool, told: bool, tmp_path: Path) -> None:
    if members:
        header = "Tenancy Ref,Person No,Forename,Surname,DOB,Relationship,Date Added"
        row = "T{0},{1},Ada,Byrne,13/02/2003,Tenant,13/02/2025"
    else:
        header, row = "Tenancy Ref,Transaction Date,Transaction Type,Amount", "T{0},13/02/2025,RENT,{1}.50"
    put(tmp_path, "housing/f.csv", f"{header}\n" + "".join(row.format(n // 2, n) + "\n" for n in range(40)))
    suggestion = suggest(tmp_path / "housing" / "f.csv", tmp_path)
    assert any("group_members" in note for note in suggestion.notes) is told


def test_a_dash_in_a_register_is_a_mark_and_elsewhere_a_word_for_nothing(tmp_path: Path) -> None:
    rows = [f"A8200000{n:05d},13/02/2025,AM,{('/', 'L', '-', '?')[n % 4]},13/02/2025" for n in range(40)]
    put(tmp_path, "marks.csv", "UPN,Mark Date,Session,Mark,Amended\n" + "\n".join(rows) + "\n")
    assert "missing" not in {name for name, _, _ in suggest(tmp_path / "marks.csv", tmp_path).settings}
    people = [f"{n},Ada,Byrne,{('EX1 1AB', '-')[n % 2]},13/02/2025" for n in range(40)]
    put(tmp_path, "people.csv", "Barcode,Forename,Surname,Postcode,Joined\n" + "\n".join(people) + "\n")
    assert ("missing", ["-"], "check: words for nothing") in suggest(tmp_path / "people.csv", tmp_path).settings
