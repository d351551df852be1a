"""The lists of codes, held to the published lists where the project has them beside it, and to one another."""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest
from duckdb import ColumnExpression

from sources.codes import council as council_codes
from sources.codes import social_care as social_care_codes
from sources.codes.attendance import LIST_OF_2024, MARKS, REGISTER_CODES, STATISTICAL_CLASSES
from sources.codes.ethnicity import ETHNIC_CODES, ETHNICITY_CODES, GYPSY_ROMA_TRAVELLER, ONS_GROUPS
from sources.codes.social_care import (
    ABUSE_CATEGORIES,
    ASSESSMENT_FACTORS,
    CLOSURE_REASONS,
    DISABILITIES,
    PRIMARY_NEEDS,
    REFERRAL_SOURCES,
)
from sources.mapping.values import statistical_class
from sources.tables import ASSESSMENTS, QUARANTINE
from tests.sources.helpers import put, read, sources

LISTS = (*social_care_codes.CODE_LISTS, *council_codes.CODE_LISTS)


@pytest.fixture(scope="module")
def published(council_extracts: Path) -> Path:
    return council_extracts.parent / "reference"


def test_the_register_codes_are_the_published_ones(published: Path) -> None:
    with (published / "attendance_codes_2024.csv").open(encoding="utf-8") as lines:
        expected = {row["code"]: (row["statistical_class"], row["possible_session"]) for row in csv.DictReader(lines)}
    possible = ("present", "approved_educational_activity", "authorised", "unauthorised")
    found = {
        code.code: (code.statistical_class, str(int(code.statistical_class in possible)))
        for code in REGISTER_CODES
        if code.in_force(LIST_OF_2024)
    }
    assert found == expected
    assert {code.code for code in REGISTER_CODES if not code.in_force(LIST_OF_2024)} == {"H", "J", "Y"}


def test_the_engine_gives_every_mark_the_class_of_its_day() -> None:
    """Against each code's own dates, on both sides of the change and where mark or day is missing."""
    days = [LIST_OF_2024 + dt.timedelta(days=shift) for shift in (-700, -1, 0, 1, 700)]
    drawn = [(mark, day) for mark in (*MARKS, "ZZ", None) for day in (*days, None)]
    by_mark = {code.code: code for code in REGISTER_CODES}
    with duckdb.connect() as con:
        con.execute("CREATE TABLE marks (number BIGINT, mark VARCHAR, day DATE)")
        con.executemany("INSERT INTO marks VALUES (?, ?, ?)", [(n, *pair) for n, pair in enumerate(drawn)])
        found = (
            con.table("marks")
            .project(ColumnExpression("number"), statistical_class(ColumnExpression("mark"), ColumnExpression("day")))
            .order("number")
            .fetchall()
        )
    for (_, got), (mark, day) in zip(found, drawn, strict=True):
        known = by_mark.get(mark or "")
        assert got == (known.statistical_class if known and day and known.in_force(day) else None), (mark, day)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("referralsourcetype", REFERRAL_SOURCES.values),
        ("primaryneedcodetype", PRIMARY_NEEDS.values),
        ("reasonforclosuretype", CLOSURE_REASONS.values),
        ("categoryofabusetype", ABUSE_CATEGORIES.values),
        ("disabilitytype", DISABILITIES.values),
        ("assessmentfactorstype", ASSESSMENT_FACTORS.values),
        ("ethnicitytype", ETHNICITY_CODES),
    ],
)
def test_the_codes_of_the_children_in_need_census_are_those_of_its_schema(
    kind: str, codes: tuple[str, ...], published: Path
) -> None:
    schema = (published / "cin_census" / "CIN_schema_2026.xsd").read_text(encoding="utf-8")
    declared = re.search(rf'<xs:simpleType name="{kind}">(.*?)</xs:simpleType>', schema, re.DOTALL)
    assert declared
    assert sorted(codes) == sorted(re.findall(r'enumeration value="([^"]+)"', declared[1]))


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: codes.name)
def test_a_list_has_each_code_once_with_a_meaning(codes: object) -> None:
    assert isinstance(codes, type(REFERRAL_SOURCES))
    lowered = [value.lower() for value in codes.values]
    assert len(set(lowered)) == len(lowered) > 1
    assert all(code.label for code in codes.codes) and codes.meaning
    assert any(code.counts_as for code in codes.codes) == bool(codes.counts_as)
    assert codes.label(codes.values[-1]) == codes.codes[-1].label


def test_a_register_code_has_one_class_of_those_there_are() -> None:
    assert len(set(MARKS)) == len(MARKS)
    assert {code.statistical_class for code in REGISTER_CODES} == set(STATISTICAL_CLASSES)


def test_every_census_group_is_reached_and_none_is_guessed() -> None:
    groups = [group for five in ONS_GROUPS.values() for group in five]
    assert len(groups) == len(set(groups)) == 19
    assert {group for code in ETHNIC_CODES for group in code.ons} == set(groups)
    assert {code.code for code in ETHNIC_CODES if code.ons_group is None} == {"WROM", "OOTH"}
    chinese = next(code for code in ETHNIC_CODES if code.code == "CHNE")
    assert chinese.broad == "Asian" and chinese.ons[0] in ONS_GROUPS["Asian, Asian British or Asian Welsh"]
    assert {code.code for code in ETHNIC_CODES if code.broad == GYPSY_ROMA_TRAVELLER} == {"WIRT", "WROM"}


def test_what_a_posting_does_to_the_balance_is_known_for_each() -> None:
    postings = council_codes.RENT_POSTINGS
    assert set(postings.counted_as("credit")) == {"payment", "housing_benefit", "universal_credit"}
    assert set(postings.counted_as("debit")) == {"rent", "costs", "returned_payment"}


def test_an_unknown_factor_is_set_aside_and_the_known_ones_stay(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "a.csv",
        "id,start,end,factors\n1,2024-01-01,2024-02-01,17A; 7a\n2,2024-01-01,2024-02-01,3B;99Z;20.0\n"
        "3,2024-01-01,,\n4,2024-01-01,2024-02-01,=HYPERLINK(1)\n5,2024-01-01,2024-02-01,DV;3B\n",
    )
    table = {
        "table": "assessments",
        "key": ["id"],
        "columns": {
            "event_date": "start",
            "recorded_on": "start",
            "to_date": "end",
            "factors": {"column": "factors", "split": ";", "codes": {"DV": "3A"}},
        },
    }
    extract = {"name": "a", "source": "care", "files": ["a.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    held = {row["record_id"]: row["factors"] for row in read(run, ASSESSMENTS)}
    assert held == {"1": ["17A", "7A"], "2": ["3B", "20"], "3": None, "4": [], "5": ["3A", "3B"]}
    noted = [(q["row"], q["column"], q["rule"], q["action"], q["value"]) for q in read(run, QUARANTINE)]
    assert noted == [
        (2, "factors", "not_a_known_code", "cell", "3B;99Z;20.0"),
        (4, "factors", "not_a_known_code", "cell", "=HYPERLINK(1)"),
    ]
