"""A whole run set back to an as-of date gives the same features at that date, and the plain engine gives them too.

The negative controls, one for each table, take what the table holds for known all along, and must be caught.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from features import streams
from features.definitions import Direction, Feature, NullRule
from features.library import available, library
from features.stage import EVENT_TABLES, STAGE
from features.streams import MEMBERS, Spells, Stream
from features.values import Value
from store.run_folder import RunFolder
from store.table import Table
from tests.features.real_runs import (
    DATED,
    PROJECT,
    Careless,
    answers,
    backend,
    families_of,
    indexed,
    set_back,
    synthetic,
    with_delays,
)
from tests.features.reference import Reference

D = dt.date
AS_OFS = (D(2024, 12, 31), D(2025, 6, 30), D(2025, 12, 31))
AS_OF = AS_OFS[1]
TABLES = {table.name: table for table in DATED}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return synthetic(tmp_path_factory.mktemp("borough"), 150)


@pytest.fixture(scope="module")
def slow_borough(borough: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A borough whose systems record late, so that every table has rows to be caught by."""
    return with_delays(borough, tmp_path_factory.mktemp("slow_borough"))


@pytest.fixture(scope="module")
def slow_past(slow_borough: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return set_back(slow_borough, tmp_path_factory.mktemp("slow_past"), AS_OF)


@pytest.fixture(scope="module")
def fenmarsh(council_extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return indexed(PROJECT / "examples" / "fenmarsh.toml", tmp_path_factory.mktemp("fenmarsh") / "run")


def features_for(run: RunFolder) -> tuple[Feature, ...]:
    absent = [table.name for table in EVENT_TABLES if pq.read_metadata(run.path(table)).num_rows == 0]
    return available(library(), absent)[0]


def probe(name: str, value: Value) -> Feature:
    rule, direction = NullRule.NOT_APPLICABLE, Direction.FREE
    return Feature(name, "probe", name, value, rule, direction, "{value}", "A probe.", owner="Nobody")


def counts(table: Table) -> tuple[Feature, ...]:
    """How many rows of each of the table's streams reach a family; of a table of members, what they bring."""
    every = [item for item in vars(streams).values() if isinstance(item, (Stream, Spells))]
    each = [s for item in every for s in ((item.started, item.ended) if isinstance(item, Spells) else (item,))]
    if table.name == "group_members":
        each = [s for s in each if s.carrier in (streams.Carrier.GROUP, streams.Carrier.EITHER)]
    elif table.name == "families":
        each = [MEMBERS]
    else:
        each = [s for s in each if s.table == table]
    plain = dict.fromkeys(replace(s, once_per=None) for s in each)
    return tuple(probe(f"count_{place}", stream.count()) for place, stream in enumerate(plain))


def same(one: Sequence[pl.DataFrame], other: Sequence[pl.DataFrame]) -> bool:
    return all(mine.equals(theirs) for mine, theirs in zip(one, other, strict=True))


def check_set_back(run: RunFolder, past: RunFolder, engine: str) -> None:
    rows = {r: sum(pq.read_metadata(r.path(t)).num_rows for t in STAGE.reads) for r in (run, past)}
    assert rows[past] < rows[run]
    made = features_for(run)
    now, then = (answers(backend(engine, r), made, AS_OFS, AS_OF) for r in (run, past))
    assert now[0].height > 50 and now[0].width == then[0].width > 60
    assert same(now, then)


def check_sample(run: RunFolder, families: int) -> None:
    """The plain engine on the rows of every n-th family gives what the real one gives on all rows."""
    made = features_for(run)
    found, found_children, _ = answers(backend("duckdb", run), made, AS_OFS, AS_OF)
    names = found["family_id"].to_list()
    sample = names[:: max(1, len(names) // families)][:families]
    by_family = {row.pop("family_id"): row for row in found.filter(pl.col("family_id").is_in(sample)).to_dicts()}
    by_child = {(row.pop("person_id"), row.pop("family_id")): row for row in found_children.to_dicts()}
    wrong: list[tuple[Any, ...]] = []
    for family, tables in families_of(run, sample).items():
        plain = Reference(tables, AS_OF)
        of_family = plain.families(made)
        wrong += [(family, *cell) for cell in _unlike(of_family[family], by_family[family])]
        for key, row in plain.children(made, of_family).items():
            wrong += [(key, *cell) for cell in _unlike(row, by_child[key])]
    assert wrong[:20] == []
    assert len(by_family) == len(sample) >= min(families, 5)


def _unlike(expected: dict[str, Any], found: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, value, found[name]) for name, value in expected.items() if found[name] != value]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_setting_a_borough_back_changes_nothing(slow_borough: RunFolder, slow_past: RunFolder, engine: str) -> None:
    check_set_back(slow_borough, slow_past, engine)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_engine_that_takes_a_table_for_known_all_along_is_caught(
    slow_borough: RunFolder, slow_past: RunFolder, name: str
) -> None:
    probes = counts(TABLES[name])
    careless = Careless(backend("polars", slow_borough), TABLES[name])
    past = answers(backend("polars", slow_past), probes, AS_OFS, AS_OF)
    assert same(answers(backend("polars", slow_borough), probes, AS_OFS, AS_OF), past)
    assert not same(answers(careless, probes, AS_OFS, AS_OF), past)


def test_the_plain_engine_gives_the_same_for_a_sample_of_families(slow_borough: RunFolder) -> None:
    check_sample(slow_borough, 8)


@pytest.mark.councils
def test_setting_a_council_back_changes_nothing(fenmarsh: RunFolder, tmp_path: Path) -> None:
    check_set_back(fenmarsh, set_back(fenmarsh, tmp_path, AS_OF), "duckdb")


@pytest.mark.councils
def test_a_council_read_carelessly_is_caught_wherever_it_records_late(fenmarsh: RunFolder, tmp_path: Path) -> None:
    past = set_back(fenmarsh, tmp_path, AS_OF)
    caught = set()
    for name, table in TABLES.items():
        probes = counts(table)
        careless = answers(Careless(backend("duckdb", fenmarsh), table), probes, AS_OFS, AS_OF)
        if not same(careless, answers(backend("duckdb", past), probes, AS_OFS, AS_OF)):
            caught.add(name)
    assert len(caught) >= 5
    assert {"families", "attendance"} <= caught


@pytest.mark.councils
def test_the_plain_engine_gives_the_same_for_families_of_a_council(fenmarsh: RunFolder) -> None:
    check_sample(fenmarsh, 60)
