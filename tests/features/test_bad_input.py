"""What comes of input that is not as it should be: empty tables, dates given twice, tables and names that are not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from features.definitions import Feature
from features.streams import ATTENDANCE, CONTACTS, EXCLUSIONS, MEMBERS
from features.values import any_of, feature
from features.world import World
from residents.tables import FAMILIES, PEOPLE
from sources.mapping.moments import british_day
from sources.tables import ATTENDANCE as ATTENDANCE_TABLE
from store.errors import UsageError
from tests.features.dense import AS_OFS as DENSE_AS_OFS
from tests.features.dense import SEEDS, dense
from tests.features.engines import BACKENDS, backend, computed, put_tables
from tests.features.histories import AS_OFS
from tests.features.reference import Reference
from tests.features.test_engine_against_reference import PROBES, differences, drawn, probe

SMALL = drawn(3)


@pytest.mark.parametrize("name", BACKENDS)
def test_dates_given_twice_and_out_of_order_are_the_dates(name: str, tmp_path: Path) -> None:
    some = PROBES[:12]
    once = computed(name, tmp_path / "once", SMALL[0], some, AS_OFS)
    twice = computed(name, tmp_path / "twice", SMALL[0], some, (AS_OFS[2], *AS_OFS, AS_OFS[0]))
    assert once == twice
    assert {key[0] for key in once[0]} <= set(AS_OFS)


@pytest.mark.parametrize(
    ("name", "emptied"),
    [
        *((name, emptied) for name in BACKENDS for emptied in ("attendance", "all")),
        *(("polars", emptied) for emptied in ("rent_transactions", "group_members", "record_person", "people")),
    ],
)
def test_an_empty_table_is_no_rows_and_no_fault(name: str, emptied: str, tmp_path: Path) -> None:
    tables = {table: [] if emptied in (table, "all") else rows for table, rows in SMALL[1].items()}
    if emptied == "people":
        tables |= {"families": [], "record_person": []}
    families, children = computed(name, tmp_path, tables, PROBES, AS_OFS)
    plain = {as_of: Reference(tables, as_of) for as_of in AS_OFS}
    found = {as_of: plain[as_of].families(PROBES) for as_of in AS_OFS}
    of_families = {(as_of, key): row for as_of in AS_OFS for key, row in found[as_of].items()}
    of_children = {
        (as_of, *key): row for as_of in AS_OFS for key, row in plain[as_of].children(PROBES, found[as_of]).items()
    }
    assert differences(families, of_families) == []
    assert differences(children, of_children) == []
    assert bool(families) is (emptied not in ("people", "all"))


@pytest.mark.parametrize("name", BACKENDS)
def test_a_row_without_the_day_it_was_recorded_is_known_at_no_date(name: str, tmp_path: Path) -> None:
    counted = (probe("contacts_seen", CONTACTS.count()),)
    tables = dense(SEEDS[0])
    undated = {**tables, "contacts": [{**row, "recorded_on": None} for row in tables["contacts"]]}
    families, _ = computed(name, tmp_path / "undated", undated, counted, DENSE_AS_OFS)
    dated, _ = computed(name, tmp_path / "dated", tables, counted, DENSE_AS_OFS)
    assert any(row["contacts_seen"] for row in dated.values())
    assert not any(row["contacts_seen"] for row in families.values())


@pytest.mark.parametrize("name", BACKENDS)
def test_one_as_of_date_and_one_feature_are_enough(name: str, tmp_path: Path) -> None:
    one = tuple(f for f in PROBES if f.name == "size")
    families, children = computed(name, tmp_path, SMALL[2], one, AS_OFS[1:2])
    assert families == {(AS_OFS[1], k): row for k, row in Reference(SMALL[2], AS_OFS[1]).families(one).items()}
    assert set(children) == {(AS_OFS[1], *key) for key in Reference(SMALL[2], AS_OFS[1]).children(one)}


@pytest.mark.parametrize("name", BACKENDS)
def test_a_table_that_the_run_has_not_is_named(name: str, tmp_path: Path) -> None:
    run = put_tables(tmp_path, SMALL[0])
    run.path(ATTENDANCE_TABLE).unlink()
    with pytest.raises(UsageError, match="no table attendance") as refused:
        backend(name, run).scan(ATTENDANCE_TABLE, ("code",))
    assert str(tmp_path) not in str(refused.value)
    run.path(FAMILIES).unlink()
    with pytest.raises(UsageError, match="no table families"):
        World(backend(name, run), AS_OFS)


@pytest.mark.parametrize("name", BACKENDS)
def test_a_column_that_the_runs_table_lacks_is_named(name: str, tmp_path: Path) -> None:
    run = put_tables(tmp_path, SMALL[0])
    pl.read_parquet(run.path(PEOPLE)).drop("dob").write_parquet(run.path(PEOPLE))
    with pytest.raises(UsageError, match="people has no column dob"):
        backend(name, run).scan(PEOPLE, ("person_id", "dob"))


_STAMPS = {
    "2026-03-28T23:59:59Z": dt.date(2026, 3, 28),
    "2026-03-29T22:59:00Z": dt.date(2026, 3, 29),
    "2026-03-29T23:00:00Z": dt.date(2026, 3, 30),
    "2026-10-24T22:59:00Z": dt.date(2026, 10, 24),
    "2026-10-24T23:00:00Z": dt.date(2026, 10, 25),
    "2026-10-25T00:30:00Z": dt.date(2026, 10, 25),
    "2026-10-25T23:30:00Z": dt.date(2026, 10, 25),
    "2026-10-26T00:00:00Z": dt.date(2026, 10, 26),
}
"""Stamps about the nights on which the clocks change, and the day it was in Britain."""


def test_stamps_about_a_change_of_clocks_are_of_their_day_in_britain(tmp_path: Path) -> None:
    """Reading an extract makes days of stamps, so that an as-of date on such a day has one meaning."""
    stamps = duckdb.connect().from_arrow(pa.table({"at": list(_STAMPS)}))
    found = [day for (day,) in stamps.select(british_day(duckdb.ColumnExpression("at"))).fetchall()]
    assert found == list(_STAMPS.values())
    rows = [{"source": "s", "file": "f", "record_id": "k0", "event_date": d, "recorded_on": d} for d in found]
    member = {"family_id": "f0", "person_id": "p0", "role": "child", "from_date": dt.date(2020, 1, 1)}
    tables = {
        "people": [{"person_id": "p0", "dob": dt.date(2015, 1, 1)}],
        "families": [{**member, "recorded_on": dt.date(2020, 1, 1)}],
        "record_person": [{"source": "s", "file": "f", "record_id": "k0", "person_id": "p0", "match_probability": 1.0}],
        "exclusions": rows,
    }
    as_ofs = [dt.date(2026, 3, 29), dt.date(2026, 3, 30), dt.date(2026, 10, 25), dt.date(2026, 10, 26)]
    families, _ = computed("duckdb", tmp_path, tables, (probe("rows", EXCLUSIONS.count()),), as_ofs)
    assert {as_of: row["rows"] for (as_of, _), row in families.items()} == dict(zip(as_ofs, (1, 2, 4, 7)))


def engine_refuses(made: tuple[Feature, ...], folder: Path) -> str:
    with pytest.raises(ValueError) as refused:
        computed("polars", folder, SMALL[0], made, AS_OFS[:1])
    return str(refused.value)


def test_a_feature_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    size = probe("size_of_family", MEMBERS.count())
    said = engine_refuses((size, probe("double", feature("size_of_famly") * 2)), tmp_path / "one")
    assert said == "double is made of size_of_famly, which is not computed here; did you mean size_of_family?"
    circle = (probe("one", any_of(feature("two"))), probe("two", any_of(feature("one"))))
    assert engine_refuses(circle, tmp_path / "two") == "one is made of itself, by way of other features"


def test_columns_of_a_kind_that_makes_no_sense_are_refused() -> None:
    for wrong, words in (
        (lambda: ATTENDANCE.total("code"), "attendance.code is text; a measure needs a column of"),
        (lambda: ATTENDANCE.median("code"), "attendance.code is text"),
        (lambda: CONTACTS.median("event_date"), "rows that count once cannot"),
        (MEMBERS.last_day, "membership is not dated"),
        (lambda: MEMBERS.leaks("why"), "nothing to leak"),
        (lambda: CONTACTS.leaks("  "), "say why"),
        (lambda: CONTACTS.count(days=91, lag=-91), "a lag looks back"),
        (lambda: replace(ATTENDANCE, once_per="sesion"), "no column sesion; did you mean session"),
    ):
        with pytest.raises(ValueError, match=words):
            wrong()


def test_a_far_as_of_date_and_none_behind_it(tmp_path: Path) -> None:
    """Long before anything happened nobody is known; long after, what is still open is."""
    early, late = dt.date(1990, 1, 1), dt.date(2190, 1, 1)
    made = tuple(f for f in PROBES if not f.name.startswith("to_come"))
    families, children = computed("polars", tmp_path, SMALL[0], made, (early, late))
    plain = {as_of: Reference(SMALL[0], as_of).families(made) for as_of in (early, late)}
    assert families == {(as_of, key): row for as_of, found in plain.items() for key, row in found.items()}
    assert {as_of for as_of, *_ in children} <= {late}
