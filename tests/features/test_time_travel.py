"""Nothing recorded on or after an as-of date reaches a feature: shown by deleting it.

The negative controls ignore recorded dates, of events or of membership's ends, and must be caught by the very same
comparison.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest

from features import world as world_module
from features.compile import AS_OF_DAY, KNOWN
from features.library import library
from tests.features.dense import AS_OFS, SEEDS, dense
from tests.features.engines import computed, rows_of, world_of
from tests.features.test_engine_against_reference import HISTORIES, drawn, side_by_side

Tables = dict[str, list[dict[str, Any]]]
AS_OF = AS_OFS[1]


def borough() -> Tables:
    return side_by_side([*(dense(seed) for seed in SEEDS), *drawn(HISTORIES)])


def without_the_future(tables: Tables, as_of: dt.date) -> Tables:
    """The tables as they stood at the start of ``as_of``: rows and ends not yet recorded are not there."""
    return {
        name: [_as_known(row, as_of) for row in rows if row.get("recorded_on", dt.date.min) < as_of]
        for name, rows in tables.items()
    }


def _as_known(row: dict[str, Any], as_of: dt.date) -> dict[str, Any]:
    ended = row.get("to_date")
    if ended is None:
        return row
    recorded = row.get("end_recorded_on") or max(ended, row["recorded_on"])
    if max(ended, recorded) < as_of:
        return row
    return {**row, "to_date": None, "end_recorded_on": None}


def answers(backend: str, folder: Path, tables: Tables) -> tuple[dict[Any, Any], dict[Any, Any]]:
    families, children = computed(backend, folder, tables, library(), AS_OFS)
    return tuple({key: row for key, row in rows.items() if key[0] == AS_OF} for rows in (families, children))  # type: ignore[return-value]


def test_deleting_the_future_changes_nothing(tmp_path: Path) -> None:
    tables = borough()
    past = without_the_future(tables, AS_OF)
    assert sum(map(len, past.values())) < 0.8 * sum(map(len, tables.values()))
    before, after = answers("polars", tmp_path / "all", tables), answers("polars", tmp_path / "past", past)
    assert before == after
    assert len(before[0]) > 20


def test_an_engine_that_ignores_recorded_dates_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = world_module.World.events

    def careless(self: world_module.World, *given: Any) -> world_module.Frame:
        return honest(self, *given).with_columns(nw.lit(0, nw.Int64).alias(KNOWN))

    monkeypatch.setattr(world_module.World, "events", careless)
    tables = borough()
    with_future = answers("polars", tmp_path / "all", tables)
    without = answers("polars", tmp_path / "past", without_the_future(tables, AS_OF))
    changed = {
        name
        for rows, others in zip(with_future, without)
        for key in rows.keys() & others.keys()
        for name, value in rows[key].items()
        if others[key][name] != value
    }
    assert len(changed) > len(library()) / 4


def members(folder: Path, tables: Tables) -> set[tuple[Any, ...]]:
    world = world_of("polars", folder, tables, AS_OFS)
    rows = rows_of(world.members.join(world.families, on="family").join(world.people, on="person"))
    at_as_of = [row for row in rows if world.as_ofs[row["as_of"]] == AS_OF]
    return {(row["family_id"], row["person_id"], row["role"]) for row in at_as_of}


def known_late(tables: Tables) -> set[tuple[str, str]]:
    """Memberships that had ended by the as-of date, which the council heard of only later."""
    late = [
        row
        for row in tables["families"]
        if row["recorded_on"] < AS_OF and row["to_date"] and row["to_date"] < AS_OF <= (row["end_recorded_on"] or AS_OF)
    ]
    return {(row["family_id"], row["person_id"]) for row in late if row["end_recorded_on"]}


def test_deleting_ends_not_yet_known_changes_no_membership(tmp_path: Path) -> None:
    tables = borough()
    assert len(known_late(tables)) > 10
    past = members(tmp_path / "past", without_the_future(tables, AS_OF))
    assert members(tmp_path / "all", tables) == past


def test_an_engine_that_ends_membership_before_it_is_known_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless() -> nw.Expr:
        return ~nw.col("to_date").is_null() & (nw.col("to_date") < nw.col(AS_OF_DAY)).fill_null(False)

    monkeypatch.setattr(world_module, "known_to_have_ended", careless)
    tables = borough()
    with_future = members(tmp_path / "all", tables)
    missed = members(tmp_path / "past", without_the_future(tables, AS_OF)) - with_future
    assert len(missed) > 5
    assert {(family, person) for family, person, _ in missed} <= known_late(tables)
