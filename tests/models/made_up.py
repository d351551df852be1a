"""A made-up table of features, members and milestones with a known signal, for the tests of the models room."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from store.files import replacing, write_json
from store.parquet import write_parquet
from store.run_folder import RunFolder
from store.table import Table

QUARTERS = tuple(
    dt.date(year, month, day)
    for year in (2023, 2024, 2025, 2026)
    for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))
    if dt.date(2023, 3, 31) <= dt.date(year, month, day) <= dt.date(2026, 6, 30)
)
_START = dt.date(2023, 1, 1).toordinal()
_DAYS = dt.date(2026, 8, 31).toordinal() - _START


@dataclass(frozen=True)
class Size:
    """How large and how strong."""

    families: int = 500
    family_features: int = 8
    child_features: int = 4
    yearly_step_ups: float = 0.12
    yearly_identifications: float = 0.06


def catalogue(size: Size) -> list[dict[str, Any]]:
    """Entries as the features room writes them: the first three of each level carry the signal."""
    entries = [
        _entry("needs_count", "family", 1, "{value} needs are evidenced."),
    ]
    for level, number in (("family", size.family_features), ("child", size.child_features)):
        for place in range(number):
            entries.append(_entry(f"{level}_signal_{place}", level, 1 if place < 3 else place % 2, "It was {value}."))
    return entries


def _entry(name: str, level: str, direction: int, sentence: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " "),
        "level": level,
        "subject": "attendance" if level == "child" else "rent",
        "null_rule": "unknown",
        "direction": direction,
        "columns": {"children": name} if level == "child" else {"families": name, "children": f"family_{name}"},
        "indicator_of": None,
        "unit": "number",
        "sentences": {"above": sentence, "none": sentence, "below": sentence},
        "source": "made up",
    }


def write_borough(run: RunFolder, size: Size = Size(), seed: int = 1) -> None:
    """Write the four feature tables and the catalogue to the run folder.

    Need drifts slowly; the outcome's hazard rises with need twice over, so that a curved model has something to
    gain; the first three features of each level are noisy readings of need, the others are noise.
    """
    generator = np.random.default_rng(seed)
    families = np.array([f"f{n:05d}" for n in range(size.families)], dtype=object)
    need = generator.normal(size=(size.families, len(QUARTERS))) * 0.3 + generator.normal(size=(size.families, 1))
    children = np.array([f"c{n:05d}" for n in range(2 * size.families)], dtype=object)
    first_family = np.repeat(np.arange(size.families), 2)
    # One child in twenty lives in two homes.
    second_family = np.where(generator.random(len(children)) < 0.05, (first_family + 1) % size.families, -1)
    age = generator.integers(3, 16, len(children))
    members = _members(families, children, first_family, second_family, age)
    _put(run, MEMBERS, members)
    _put(run, MILESTONES, _milestones(generator, need, children, first_family, size))
    family_columns = {"needs_count": np.clip(np.round(need + generator.normal(size=need.shape)), 0, 6)}
    for place in range(size.family_features):
        family_columns[f"family_signal_{place}"] = _reading(generator, need, place)
    _put(run, FAMILY_FEATURES, _long(families, "family_id", family_columns))
    child_need = need[first_family]
    child_columns = {
        f"child_signal_{place}": _reading(generator, child_need, place) for place in range(size.child_features)
    }
    _put(run, CHILD_FEATURES, _child_table(children, families, first_family, second_family, child_columns))
    write_json(run.root / "features" / "catalogue.json", catalogue(size))


def _reading(generator: np.random.Generator, need: np.ndarray, place: int) -> np.ndarray:
    noise = generator.normal(size=need.shape)
    values = np.maximum(need, -0.5) + noise if place < 3 else noise
    values[generator.random(need.shape) < 0.1] = np.nan
    return np.round(values, 4)


def _members(
    families: np.ndarray, children: np.ndarray, first: np.ndarray, second: np.ndarray, age: np.ndarray
) -> pa.Table:
    adults = np.array([f"a{name[1:]}" for name in families], dtype=object)
    both = np.flatnonzero(second >= 0)
    parts = []
    for place, as_of in enumerate(QUARTERS):
        family = np.concatenate([families, families[first], families[second[both]]])
        person = np.concatenate([adults, children, children[both]])
        role = ["adult"] * len(adults) + ["child"] * (len(children) + len(both))
        years = np.concatenate([np.full(len(adults), 35), age + place // 4, age[both] + place // 4])
        part = pa.table(
            {"as_of": [as_of] * len(family), "family_id": family, "person_id": person, "role": role, "age_years": years}
        )
        parts.append(part.sort_by([("family_id", "ascending"), ("person_id", "ascending")]))
    return pa.concat_tables(parts)


def _milestones(
    generator: np.random.Generator, need: np.ndarray, children: np.ndarray, first: np.ndarray, size: Size
) -> pa.Table:
    rows: list[dict[str, Any]] = []
    kinds = (("assessment_need", size.yearly_step_ups), ("young_carer_identified", size.yearly_identifications))
    quarter_need = need[first]
    for kind, yearly in kinds:
        hazard = yearly / 4 * np.exp(1.1 * np.clip(quarter_need, -1.5, 2.5)) / 1.6
        happened = generator.random(hazard.shape) < hazard
        for child, quarter in zip(*np.nonzero(happened)):
            day = _START + int((quarter + generator.random()) * _DAYS / len(QUARTERS))
            rows.append(_step(children[child], kind, day, day + int(generator.integers(0, 30))))
    for child in np.flatnonzero(generator.random(len(children)) < 0.05):
        start = _START + int(generator.integers(0, _DAYS - 100))
        rows.append(_step(children[child], "early_help", start, start + 3, start + 90, start + 95))
    rows.sort(key=lambda row: (row["person_id"], row["kind"], row["event_date"], row["recorded_on"]))
    return pa.Table.from_pylist(rows, schema=MILESTONES.arrow_schema())


def _step(
    person: str, kind: str, event: int, recorded: int, end: int | None = None, end_recorded: int | None = None
) -> dict[str, Any]:
    return {
        "person_id": person,
        "kind": kind,
        "event_date": dt.date.fromordinal(event),
        "recorded_on": dt.date.fromordinal(recorded),
        "to_date": dt.date.fromordinal(end) if end else None,
        "end_recorded_on": dt.date.fromordinal(end_recorded) if end_recorded else None,
    }


def _long(ids: np.ndarray, key: str, columns: dict[str, np.ndarray]) -> pa.Table:
    table = {key: np.tile(ids, len(QUARTERS)), "as_of": np.repeat(np.array(QUARTERS, dtype="datetime64[D]"), len(ids))}
    # A reading is one row a unit and a column a quarter; the table goes quarter by quarter.
    return pa.table({**table, **{name: pa.array(v.T.ravel(), from_pandas=True) for name, v in columns.items()}})


def _child_table(
    children: np.ndarray, families: np.ndarray, first: np.ndarray, second: np.ndarray, columns: dict[str, np.ndarray]
) -> pa.Table:
    both = np.flatnonzero(second >= 0)
    which = np.concatenate([np.arange(len(children)), both])
    home = np.concatenate([first, second[both]])
    long = _long(children[which], "person_id", {name: values[which] for name, values in columns.items()})
    long = long.append_column("family_id", pa.array(np.tile(families[home], len(QUARTERS)), pa.string()))
    return long.sort_by([("as_of", "ascending"), ("person_id", "ascending"), ("family_id", "ascending")])


def _put(run: RunFolder, table: Table, data: pa.Table) -> None:
    declared = table.arrow_schema()
    further = [field for field in data.schema if field.name not in declared.names]
    schema = pa.schema([*declared, *further])
    ordered = data.select(schema.names).cast(schema)
    with replacing(run.path(table)) as temporary:
        write_parquet(temporary, ordered.to_batches(), schema)


def read_bytes(root: Path) -> dict[str, bytes]:
    """Every file under a folder, by its relative path."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
