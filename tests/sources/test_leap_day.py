"""A birth on 29 February 2000, written with two figures for the year."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from duckdb import ColumnExpression

from sources.mapping.values import date_value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("29/02/00", dt.date(2000, 2, 29)),
        ("28/02/00", dt.date(2000, 2, 28)),
        ("29/02/28", dt.date(1928, 2, 29)),
        ("01/09/26", dt.date(2026, 9, 1)),
        ("02/09/26", dt.date(1926, 9, 2)),
    ],
)
def test_the_century_of_a_leap_day(text: str, day: dt.date) -> None:
    latest = dt.date(2026, 9, 1)
    with duckdb.connect() as con:
        cells = con.sql("SELECT ? AS cell", params=[text])
        value = date_value(ColumnExpression("cell"), ["%d/%m/%y"], latest, filler=dt.date(1900, 1, 1))
        found = cells.project(value).fetchall()
        assert found == [(day,)]
