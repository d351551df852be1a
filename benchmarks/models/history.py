"""A made-up borough as the features stage hands it on: the whole library's features, with signal and unknowns.

Each family has a need that drifts from quarter to quarter. Steps towards services happen the more often the greater it
is; three features in ten are readings of it, strong or weak, and the others are noise of their own. A family's figures
stay much alike from quarter to quarter. Features of one source are unknown together, as where a family has no tenancy.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import entries
from features.library import library
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES
from store.council import Council
from store.files import replacing, write_json
from store.parquet import write_parquet
from store.run_folder import RunFolder
from store.table import Table

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

AS_OFS = (
    *(dt.date(2023, 9, 30), dt.date(2023, 12, 31)),
    *(dt.date(2024, 3, 31), dt.date(2024, 6, 30), dt.date(2024, 9, 30), dt.date(2024, 12, 31)),
    *(dt.date(2025, 3, 31), dt.date(2025, 6, 30), dt.date(2025, 9, 30), dt.date(2025, 12, 31)),
    *(dt.date(2026, 3, 31), dt.date(2026, 6, 30)),
)
COUNCIL = Council(
    name="Benchmark",
    extract_date=dt.date(2026, 9, 7),
    covers_from=dt.date(2022, 9, 1),
    covers_to=dt.date(2026, 8, 31),
)
_FIRST = COUNCIL.covers_from
_DAYS = (COUNCIL.covers_to - _FIRST).days
_QUARTERS = 16
_CHILDREN_A_FAMILY = (0.45, 0.33, 0.15, 0.07)
_STEPS = {
    "contact": 0.35,
    "referral": 0.08,
    "early_help": 0.06,
    "assessed": 0.06,
    "need_assessed": 0.03,
    "assessment_need": 0.03,
    "cin": 0.02,
    "cp": 0.004,
    "lac": 0.003,
    "domestic_high_risk": 0.005,
    "eviction_action": 0.02,
    "young_carer_identified": 0.012,
}
"""How often a child of middling need has each step in a year."""
_SPELLS = {"early_help": 150, "cin": 200, "cp": 250, "lac": 400}
"""Days that a spell lasts on average."""
_TOLD = 0.3
"""Share of features that tell something of need."""


@dataclass(frozen=True)
class _Place:
    """Who there is. Ids are in order, so that a number is a place in the order too."""

    need: Floats
    """Shape (families, quarters)."""
    families: npt.NDArray[np.str_]
    children: npt.NDArray[np.str_]
    adults: npt.NDArray[np.str_]
    home: Integers
    """Family of each child."""
    second_home: Integers
    """Family of each child that lives in two; -1 where there is none."""
    adult_home: Integers
    born: Integers
    """Year of each child's birth."""
    school: Integers


def make_history(folder: Path, families: int, seed: int = 1) -> dict[str, int]:
    """Write every table the models stage reads, and the catalogue; returns the rows of each."""
    run = RunFolder(folder)
    generator = np.random.default_rng(seed)
    place = _people(generator, families)
    catalogue = entries(library())
    write_json(folder / "features" / "catalogue.json", catalogue)
    parts = {
        FAMILY_FEATURES: _family_features(generator, place, catalogue),
        CHILD_FEATURES: _child_features(generator, place, catalogue),
        MEMBERS: _members(place),
        MILESTONES: iter([_milestones(generator, place)]),
        SCHOOLMATES: _schoolmates(generator, place),
    }
    return {table.name: _put(run, table, tables) for table, tables in parts.items()}


def _people(generator: np.random.Generator, families: int) -> _Place:
    lasting = generator.standard_normal((families, 1), dtype=np.float32)
    passing = np.cumsum(generator.standard_normal((families, _QUARTERS), dtype=np.float32), axis=1) * 0.15
    brood = generator.choice(np.arange(1, 5), families, p=_CHILDREN_A_FAMILY)
    home = generator.permutation(np.repeat(np.arange(families), brood))
    grown = generator.choice(np.arange(1, 3), families, p=(0.4, 0.6))
    adult_home = generator.permutation(np.repeat(np.arange(families), grown))
    second = (home + 1 + generator.integers(0, families - 1, len(home))) % families
    return _Place(
        need=lasting + passing,
        families=_ids("f", families),
        children=_ids("c", len(home)),
        adults=_ids("a", len(adult_home)),
        home=home,
        second_home=np.where(generator.random(len(home)) < 0.03, second, -1),
        adult_home=adult_home,
        born=generator.integers(2006, 2024, len(home)),
        school=generator.integers(0, max(2, len(home) // 400), len(home)),
    )


def _ids(kind: str, number: int) -> npt.NDArray[np.str_]:
    return np.array([f"{kind}{place:015d}" for place in range(number)])


def _quarter(day: dt.date) -> int:
    return min((day - _FIRST).days * _QUARTERS // _DAYS, _QUARTERS - 1)


# --- features --------------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """One feature: how much of it is need, how much is lasting, and for whom it is unknown."""

    column: str
    unit: str
    weight: float
    lasting: Floats
    unknown: npt.NDArray[np.bool_] | None

    def at(self, generator: np.random.Generator, need: Floats) -> pa.Array:
        noise = generator.standard_normal(len(need), dtype=np.float32)
        values = _as_unit(0.85 * self.lasting + 0.5 * noise + self.weight * need, self.unit)
        return pa.array(values.astype(np.float64), mask=self.unknown)


def _as_unit(felt: Floats, unit: str) -> Floats:
    match unit:
        case "flag":
            return np.asarray(felt > 1.3, dtype=np.float32)
        case "share":
            return np.asarray(np.round(1 / (1 + np.exp(2 - felt)), 4), dtype=np.float32)
        case "days":
            return np.asarray(np.floor(np.exp(4.5 - felt)), dtype=np.float32)
        case _:
            return np.asarray(np.floor(np.exp(0.8 * felt) * 0.8), dtype=np.float32)


def _readings(generator: np.random.Generator, catalogue: list[dict[str, Any]], table: str, rows: int) -> list[_Reading]:
    readings = []
    for entry in catalogue:
        if table == "children" and entry["level"] != "child":
            continue
        if table not in entry["columns"]:
            continue
        told = generator.random() < _TOLD
        weight = (entry["direction"] or 1) * generator.uniform(0.1, 0.6) if told else 0.0
        if entry["name"] == "needs_count":
            weight = 0.6
        lasting = generator.standard_normal(rows, dtype=np.float32)
        unknown = None
        if entry["null_rule"] != "zero":
            # The same families for every feature of one source.
            by_source = np.random.default_rng(zlib.crc32(f"{entry['subject']}|{entry['sources'][:1]}".encode()))
            unknown = by_source.random(rows) < by_source.uniform(0.1, 0.7)
        readings.append(_Reading(entry["columns"][table], entry["unit"], weight, lasting, unknown))
    return readings


def _family_features(
    generator: np.random.Generator, place: _Place, catalogue: list[dict[str, Any]]
) -> Iterator[pa.Table]:
    readings = _readings(generator, catalogue, "families", len(place.families))
    for as_of in AS_OFS:
        need = place.need[:, _quarter(as_of)]
        columns = {reading.column: reading.at(generator, need) for reading in readings}
        yield pa.table({"family_id": place.families, "as_of": _dates(as_of, len(need)), **columns})


def _child_features(
    generator: np.random.Generator, place: _Place, catalogue: list[dict[str, Any]]
) -> Iterator[pa.Table]:
    child, home = _homes(place)
    readings = _readings(generator, catalogue, "children", len(child))
    for as_of in AS_OFS:
        need = place.need[place.home[child], _quarter(as_of)]
        columns = {reading.column: reading.at(generator, need) for reading in readings}
        keys = {"person_id": place.children[child], "family_id": place.families[home]}
        yield pa.table({**keys, "as_of": _dates(as_of, len(need)), **columns})


def _homes(place: _Place) -> tuple[Integers, Integers]:
    """Each child with each family of it, in the order of their ids."""
    both = np.flatnonzero(place.second_home >= 0)
    child = np.concatenate([np.arange(len(place.children)), both])
    home = np.concatenate([place.home, place.second_home[both]])
    order = np.lexsort((home, child))
    return child[order], home[order]


# --- people and steps ------------------------------------------------------------------------------------


def _members(place: _Place) -> Iterator[pa.Table]:
    child, home = _homes(place)
    family = np.concatenate([place.adult_home, home])
    person = np.concatenate([place.adults, place.children[child]])
    role = np.concatenate([np.full(len(place.adults), "adult"), np.full(len(child), "child")])
    order = np.lexsort((person, family))
    for as_of in AS_OFS:
        years = np.concatenate([np.full(len(place.adults), 35), as_of.year - place.born[child]])
        yield pa.table(
            {
                "as_of": _dates(as_of, len(order)),
                "family_id": place.families[family[order]],
                "person_id": person[order],
                "role": role[order],
                "age_years": np.maximum(years[order], 0),
            }
        )


def _milestones(generator: np.random.Generator, place: _Place) -> pa.Table:
    need = np.clip(place.need[place.home], -2.5, 2.5)
    parts = []
    for kind, yearly in _STEPS.items():
        chance = yearly * (_DAYS / 365.25 / _QUARTERS) * np.exp(0.8 * need - 0.4)
        child, quarter = np.nonzero(generator.random(chance.shape, dtype=np.float32) < chance)
        began = ((quarter + generator.random(len(child))) * _DAYS / _QUARTERS).astype(np.int64)
        recorded = began + generator.integers(0, 15, len(child))
        ended = began + generator.exponential(_SPELLS.get(kind, 1), len(child)).astype(np.int64) + 1
        open_still = ended >= _DAYS if kind in _SPELLS else np.ones(len(child), dtype=bool)
        parts.append(
            pa.table(
                {
                    "person_id": place.children[child],
                    "kind": np.full(len(child), kind),
                    "event_date": _days(began),
                    "recorded_on": _days(recorded),
                    "to_date": _days(ended, open_still),
                    "end_recorded_on": _days(ended + 3, open_still),
                }
            )
        )
    return pa.concat_tables(parts).sort_by([(name, "ascending") for name in MILESTONES.sort])


def _schoolmates(generator: np.random.Generator, place: _Place) -> Iterator[pa.Table]:
    size = np.bincount(place.school)
    known = generator.poisson(size * 0.004)
    marked = generator.poisson(size * 0.01)
    for as_of in AS_OFS:
        age = as_of.year - place.born
        pupils = np.flatnonzero((age >= 5) & (age <= 16))
        school = place.school[pupils]
        yield pa.table(
            {
                "as_of": _dates(as_of, len(pupils)),
                "person_id": place.children[pupils],
                "schoolmates": size[school] - 1,
                "identified": known[school],
                "marked": marked[school],
            }
        )


def _dates(day: dt.date, rows: int) -> pa.Array:
    return pa.array(np.full(rows, np.datetime64(day, "D")))


def _days(after: Integers, unknown: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(np.datetime64(_FIRST, "D") + after, mask=unknown)


def _put(run: RunFolder, table: Table, tables: Iterator[pa.Table]) -> int:
    first = next(tables)
    declared = table.arrow_schema()
    further = [name for name in first.column_names if name not in declared.names]
    schema = pa.schema([*declared, *(first.schema.field(name) for name in further)])

    def batches() -> Iterator[pa.RecordBatch]:
        for one in (first, *tables):
            yield from one.select(schema.names).cast(schema).to_batches()

    with replacing(run.path(table)) as temporary:
        return write_parquet(temporary, batches(), schema)
