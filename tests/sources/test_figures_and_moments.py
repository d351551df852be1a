"""Amounts, numbers and stamped moments as systems write them, against Python's own decimals and time zones."""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from duckdb import ColumnExpression, Expression
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.mapping.amounts import Figures, integer_value, net_pence, pence_value
from sources.mapping.moments import british_day, is_zoned
from sources.tables import PERSON_RECORDS, QUARANTINE, RENT_TRANSACTIONS
from tests.sources.helpers import RENT, RENT_HEADER, put, read, rent_with, sources

COMMA = Figures(decimal=",")
PENCE = Figures(pence_each=1)


def computed(texts: list[str | None], make: Callable[[Expression], Expression]) -> list[Any]:
    """What an expression makes of texts, in their order."""
    table = pa.table({"n": range(len(texts)), "x": pa.array(texts, pa.string())})
    with duckdb.connect() as con:
        made = con.from_arrow(table).project(ColumnExpression("n"), make(ColumnExpression("x")).alias("made"))
        return [value for _, value in made.order("n").fetchall()]


@pytest.mark.parametrize(
    ("written", "text", "pence"),
    [
        (COMMA, "1.234,50", 123450),
        (COMMA, "1 234,50", 123450),
        (COMMA, "1'234,50", 123450),
        (COMMA, "1\u2019234,5", 123450),
        (COMMA, "(12,30)", -1230),
        (COMMA, "12,30CR", -1230),
        (COMMA, "\u22127,00", -700),
        (COMMA, "1.234", 123400),
        # Neither thousands nor pence: not guessed at.
        (COMMA, "1.23", None),
        (Figures(), "1,23", None),
        (Figures(), "1,234", 123400),
        (Figures(), "1'234.5", 123450),
        (Figures(), "\u22123.5", -350),
        (PENCE, "1,234", 1234),
        (PENCE, "(1234)", -1234),
        (PENCE, "12.50 CR", -13),
        (PENCE, "=1+1", None),
        (PENCE, None, None),
    ],
)
def test_an_amount_is_read_as_it_is_written(written: Figures, text: str | None, pence: int | None) -> None:
    assert computed([text], lambda cell: pence_value(cell, written)) == [pence]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.decimals(-99_999_999, 99_999_999, places=3), max_size=20),
    st.sampled_from([".", ","]),
    st.sampled_from(["", "mark", " ", "'"]),
    st.sampled_from([1, 100]),
)
def test_amounts_agree_with_decimals(numbers: list[Decimal], decimal: str, apart: str, pence_each: int) -> None:
    between = {"mark": "," if decimal == "." else "."}.get(apart, apart)
    plain = [f"{number:,.3f}" for number in numbers]
    texts = [text.translate(str.maketrans({",": between, ".": decimal})) for text in plain]
    expected = [int((number * pence_each).quantize(Decimal(1), ROUND_HALF_UP)) for number in numbers]
    written = Figures(decimal, pence_each)
    assert computed(list(texts), lambda cell: pence_value(cell, written)) == expected
    assert computed(list(texts), lambda cell: net_pence(None, cell, written)) == [-pence for pence in expected]


@pytest.mark.parametrize(
    ("written", "text", "number"),
    [
        (Figures(), "12 345 678", 12345678),
        (Figures(), "1,200", 1200),
        (Figures(), "1,2", None),
        (Figures(), "1 2", None),
        (Figures(), "5.0", 5),
        (COMMA, "1.200", 1200),
        (COMMA, "5,0", 5),
        (COMMA, "5.0", None),
    ],
)
def test_a_whole_number_is_read_as_it_is_written(written: Figures, text: str, number: int | None) -> None:
    assert computed([text], lambda cell: integer_value(cell, written)) == [number]


def test_the_day_of_a_stamp_is_the_day_in_britain() -> None:
    """Against the time zone database: late on every day of forty years, and at random moments and offsets."""
    drawn = random.Random(1)
    london, start = zoneinfo.ZoneInfo("Europe/London"), dt.datetime(1996, 1, 1, tzinfo=dt.UTC)
    moments = [start + dt.timedelta(days=day, hours=23, minutes=30) for day in range(0, 365 * 40, 3)]
    texts = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in moments]
    for _ in range(2000):
        zone = dt.timezone(dt.timedelta(minutes=drawn.choice([0, 60, -300, 330, 720])))
        moments.append((start + dt.timedelta(minutes=drawn.randrange(365 * 40 * 1440))).astimezone(zone))
        texts.append(moments[-1].strftime(drawn.choice(["%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%dT%H:%M%z"])))
    assert computed(list(texts), british_day) == [moment.astimezone(london).date() for moment in moments]
    assert all(computed(list(texts), is_zoned))


def test_only_a_whole_stamp_with_a_zone_is_moved() -> None:
    others = ["2024-06-30T23:30:00", "30/06/2024 23:30Z", "2024-06-30", "23:30Z", "2024-06-30T23:30:00Z; DROP", None]
    assert computed(list(others), is_zoned) == [False] * 5 + [None]
    assert computed(["2024-02-31T23:30:00Z", "2024-06-30T29:30:00Z"], british_day) == [None, None]


def test_the_mapping_says_how_figures_are_written(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "rent.csv",
        "ref;posted;kind;amount\na;2024-06-30T23:30:00Z;DD;1.234,50\nb;2024-01-02T23:30:00+00:00;DD;(5,00)\n"
        "c;2024-01-03;DD;1.2345,00\n",
    )
    extract = rent_with(delimiter=";", decimal=",")
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in", max_bad_share=1)
    found = [
        (row["group_id"], row["event_date"].isoformat(), row["amount_pence"]) for row in read(run, RENT_TRANSACTIONS)
    ]
    assert found == [("a", "2024-07-01", 123450), ("b", "2024-01-02", -500)]
    assert [(q["row"], q["rule"]) for q in read(run, QUARANTINE)] == [(3, "not_an_amount")]


def test_an_amount_may_be_in_pence(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "a,2024-01-01,DD,-1250\n")
    columns = {**RENT["tables"][0]["columns"], "amount_pence": {"column": "amount", "unit": "pence"}}
    run = sources(
        tmp_path / "run", rent_with(tables=[{**RENT["tables"][0], "columns": columns}]), folder=tmp_path / "in"
    )
    assert [row["amount_pence"] for row in read(run, RENT_TRANSACTIONS)] == [-1250]


def test_a_birth_date_of_two_noughts_is_the_filler_it_stands_for(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "p.csv",
        "no,born,day\n1,01/01/00,01/01/00\n2,02/01/00,01/02/00\n3,01/01/27,01/01/26\n4,29/02/00,29/02/00\n",
    )
    table = {"table": "person_records", "key": ["no"], "columns": {"dob": "born", "recorded_on": "day"}}
    extract = {"name": "p", "source": "s", "files": ["p.csv"], "dates": ["%d/%m/%y"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    found = [(row["dob"].isoformat(), row["recorded_on"].isoformat()) for row in read(run, PERSON_RECORDS)]
    assert found == [
        ("1900-01-01", "2000-01-01"),
        ("2000-01-02", "2000-02-01"),
        ("1927-01-01", "2026-01-01"),
        ("2000-02-29", "2000-02-29"),
    ]
