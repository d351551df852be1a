"""The data-quality document: it tells what was planted, gives no small count away, and is the same every time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.checking import BLANK, NOT_IN_FORCE
from sources.config import SourcesConfig
from sources.contracts.definitions import CONTRACTS, SUPERSEDED, UNREADABLE
from sources.contracts.rule_words import RULE_WORDS, rule_words
from sources.quality.data_quality import Inputs, data_quality
from sources.readers.raw_rows import BLANK_ROW, FOOTER, MALFORMED_LINE, REPEATED_HEADER, TOTALS_ROW
from store.files import read_json
from store.run_folder import RunFolder
from store.small_numbers import Hidden
from tests.sources.helpers import RENT, RENT_HEADER, config, csv_text, put, sources
from tests.support import COUNCIL

HOSTILE = '=HYPERLINK("http://evil.example/","x") <script>alert(\'s\')</script> Robert\'); DROP TABLE'
PEOPLE: dict[str, Any] = {
    "name": "members",
    "source": "libraries",
    "files": ["members.csv"],
    "tables": [
        {
            "table": "person_records",
            "key": ["id"],
            "columns": {
                name: name for name in ("forename", "surname", "dob", "ethnicity", "email", "postcode", "recorded_on")
            },
        }
    ],
}
PEOPLE_HEADER = ["id", "forename", "surname", "dob", "ethnicity", "email", "postcode", "recorded_on"]


def document(run: RunFolder, settings_: SourcesConfig, threads: int = 2) -> dict[str, Any]:
    with duckdb.connect() as con:
        con.execute(f"SET threads = {threads}")
        summary = read_json(run.root / "sources" / "summary.json")
        return data_quality(con, Inputs(settings_, COUNCIL, summary, run.path))


def people_csv(rows: list[list[str]]) -> str:
    return csv_text(PEOPLE_HEADER, rows)


def person(number: int, **changes: str) -> list[str]:
    held = {
        "id": f"P{number}",
        "forename": "Ama",
        "surname": "Boateng",
        "dob": "1990-05-04",
        "ethnicity": "BAFR",
        "email": f"a{number}@example.org",
        "postcode": "ZZ1 1ZZ",
        "recorded_on": "2024-02-03",
    }
    return list((held | changes).values())


def made(tmp_path: Path, people: list[list[str]], rent: str = RENT_HEADER) -> tuple[RunFolder, SourcesConfig]:
    folder = tmp_path / "extracts"
    put(folder, "members.csv", people_csv(people))
    put(folder, "rent.csv", rent)
    run = sources(tmp_path / "run", PEOPLE, RENT, folder=folder, max_bad_share=1.0)
    return run, config(folder, PEOPLE, RENT, max_bad_share=1.0)


def test_what_was_planted_is_told(tmp_path: Path) -> None:
    people = [person(n) for n in range(100)]
    people += [person(100 + n, ethnicity="REFU") for n in range(20)]
    people += [person(200 + n, ethnicity="Martian", dob="1980-01-01", email="") for n in range(30)]
    people += [person(300 + n, ethnicity="", recorded_on="soon") for n in range(10)]
    people += [person(400 + n, ethnicity="", postcode="") for n in range(40)]
    found = document(*made(tmp_path, people))
    (extract,) = [one for one in found["extracts"] if one["extract"] == "members"]
    table = extract["tables"]["person_records"]
    assert (table["rows"], table["accepted"], table["set_aside"], table["replaced"]) == (200, 190, 10, 0)
    rules = {(rule["column"], rule["rule"]): (rule["leaves_out"], rule["count"]) for rule in table["rules"]}
    assert rules == {("ethnicity", "not_a_known_code"): ("cell", 30), ("recorded_on", "not_a_date"): ("row", 10)}
    blanks = {column["column"]: column["blank"] for column in table["columns"]}
    assert blanks == {"name": 0, "dob": 0, "ethnicity": 70, "email": 30, "postcode": 40}
    assert "nino" in table["not_sent"] and "dob" not in table["not_sent"]
    (people_of,) = found["people"]
    assert people_of["ethnicity"] == {
        "all": 190,
        "stated": 100,
        "refused": 20,
        "not_obtained": 0,
        "unusable": 30,
        "blank": 40,
    }
    assert people_of["identifiers"]["email"] == pytest.approx(160 / 190, abs=0.001)
    assert people_of["identifiers"]["nino"] is None
    assert people_of["first_of_january"] == pytest.approx(30 / 190, abs=0.001)


def test_a_person_is_stated_when_any_of_their_records_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    mapping = {**PEOPLE["tables"][0], "key": ["id", "recorded_on"], "subject": ["id"]}
    twice = [person(n, ethnicity="") for n in range(50)]
    twice += [person(n, recorded_on="2025-01-01", ethnicity="REFU") for n in range(50)]
    twice += [person(n, recorded_on="2026-01-01") for n in range(20)]
    put(folder, "members.csv", people_csv(twice))
    extract = {**PEOPLE, "tables": [mapping]}
    run = sources(tmp_path / "run", extract, folder=folder)
    (people_of,) = document(run, config(folder, extract))["people"]
    assert people_of["ethnicity_of_people"] == {"all": 50, "stated": 20, "refused": 30, "not_obtained": 0, "blank": 0}


def monthly_rent(leave_out: str = "") -> str:
    days = [dt.date(2022 + n // 12, n % 12 + 1, 1 + d) for n in range(8, 56) for d in range(28)]
    kept = [day for day in days if f"{day:%Y-%m}" != leave_out]
    return RENT_HEADER + "".join(f"T{n % 7},{day},Basic Rent,5\n" for day in kept for n in range(3))


@pytest.mark.parametrize("month", ["", "2024-05"])
def test_a_month_of_rent_that_did_not_come_is_a_gap(tmp_path: Path, month: str) -> None:
    found = document(*made(tmp_path, [person(1)], monthly_rent(month)))
    (coverage,) = found["coverage"]["tables"]
    told = [(gap["from"], gap["to"]) for gap in coverage["gaps"]]
    assert told == ([(month, month)] if month else [])
    place = found["coverage"]["months"].index("2024-05")
    assert coverage["rows"][place] == (0 if month else 85)
    (fresh,) = found["freshness"]
    assert fresh["stands_in"] is True and fresh["median_days"] == 0


COUNTS = ("rows", "accepted", "set_aside", "replaced", "blank", "count", "records", "all", "stated", "refused", "usual")


def counts_in(found: Any, key: str = "") -> Iterator[Any]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield from counts_in(value, name)
    elif isinstance(found, list):
        for value in found:
            yield from counts_in(value, key)
    elif key in (*COUNTS, "not_obtained", "unusable", "expected", "pupils"):
        yield found


ROWS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["BAFR", "WBRI", "REFU", "NOBT", "", "Martian"]),
        st.sampled_from(["1990-05-04", "1985-01-01", "1900-01-01", "", "soon", "2031-01-01"]),
        st.sampled_from(["2024-02-03", "2024-02-03", "2024-02-03", "", "never"]),
    ),
    max_size=60,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_no_small_count_is_in_the_document(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("small")
    people = [person(n, ethnicity=code, dob=dob, recorded_on=when) for n, code, dob, when in rows]
    rent = RENT_HEADER + "".join(f"T{n},2024-0{n % 9 + 1}-03,Basic Rent,{n}\n" for n, *_ in rows)
    run, _ = made(folder, people, rent)
    found = read_json(run.root / "sources" / "data_quality.json")
    counted = list(counts_in(found))
    assert counted
    for count in counted:
        assert count in (Hidden.SMALL.value, Hidden.SECOND.value) or (count % 5 == 0 and not 0 < count < 10)


@pytest.mark.parametrize("small", (1, 5, 9))
def test_levels_and_gaps_are_the_same_whatever_the_small_count_is(tmp_path: Path, small: int) -> None:
    """A level of .08 beside a usual month of 36 would say that the month had 3 rows."""
    kept = [line for line in monthly_rent("2024-05").splitlines(keepends=True) if line]
    one_day = [f"T1,2024-05-{n + 1:02d},Basic Rent,5\n" for n in range(small)]
    found = document(*made(tmp_path, [person(1)], "".join([*kept, *one_day])))
    (coverage,) = found["coverage"]["tables"]
    place = found["coverage"]["months"].index("2024-05")
    assert (coverage["rows"][place], coverage["level"][place], coverage["usual"]) == ("<10", 0.06, 85)
    assert [(gap["from"], gap["to"]) for gap in coverage["gaps"]] == [("2024-05", "2024-05")]


def test_no_name_or_value_of_an_extract_is_in_the_document(tmp_path: Path) -> None:
    people = [person(n, surname=HOSTILE, ethnicity=HOSTILE, email="someone@example.org") for n in range(30)]
    told = json.dumps(document(*made(tmp_path, people)))
    for held in ("HYPERLINK", "script", "Robert", "example.org", "Ama", "ZZ1"):
        assert held not in told


def test_the_document_is_the_same_with_one_thread_and_two(tmp_path: Path) -> None:
    people = [person(n, ethnicity="REFU" if n % 3 else "", dob="1985-01-01") for n in range(400)]
    run, settings_ = made(tmp_path, people, monthly_rent("2025-01"))
    first, second = (json.dumps(document(run, settings_, threads), sort_keys=True) for threads in (1, 2))
    assert first == second
    assert '"2025-01"' in first


def test_extracts_of_nothing_make_a_document(tmp_path: Path) -> None:
    found = document(*made(tmp_path, []))
    assert found["people"] == [] and found["coverage"]["tables"] == [] and found["freshness"] == []
    assert {one["extract"] for one in found["extracts"]} == {"members", "rent"}
    assert all(table["rows"] == 0 for one in found["extracts"] for table in one["tables"].values())


def test_every_rule_has_words_of_its_own() -> None:
    rules = {rule.name for contract in CONTRACTS.values() for rule in contract.rules}
    rules |= {*UNREADABLE.values(), BLANK, NOT_IN_FORCE, SUPERSEDED}
    rules |= {REPEATED_HEADER, TOTALS_ROW, BLANK_ROW, MALFORMED_LINE, FOOTER}
    assert sorted(rules - RULE_WORDS.keys()) == []
    assert "a rule of tomorrow" in rule_words("a_rule_of_tomorrow").meaning


def test_the_stage_writes_the_document(tmp_path: Path) -> None:
    run, settings_ = made(tmp_path, [person(n) for n in range(50)], monthly_rent("2024-05"))
    assert read_json(run.root / "sources" / "data_quality.json") == json.loads(json.dumps(document(run, settings_)))


def test_rows_that_name_nobody_are_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    contacts = {
        "name": "contacts",
        "source": "libraries",
        "files": ["contacts.csv"],
        "tables": [
            {
                "table": "contacts",
                "key": ["id"],
                "columns": {"event_date": "on", "recorded_on": "on", "contact_id": "no", "outcome": "outcome"},
            }
        ],
    }
    put(folder, "members.csv", people_csv([person(n) for n in range(60)]))
    rows = [[f"P{n}", "2024-05-01", f"C{n}", "referral"] for n in range(90)]
    put(folder, "contacts.csv", csv_text(["id", "on", "no", "outcome"], rows))
    run = sources(tmp_path / "run", PEOPLE, contacts, folder=folder)
    found = document(run, config(folder, PEOPLE, contacts))
    (table,) = [one["tables"]["contacts"] for one in found["extracts"] if one["extract"] == "contacts"]
    assert (table["rows"], table["accepted"], table["set_aside"]) == (90, 60, 30)
    assert [(rule["rule"], rule["leaves_out"], rule["count"]) for rule in table["rules"]] == [
        ("no_such_person", "row", 30)
    ]
