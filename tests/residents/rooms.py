"""Small made-up boroughs for the residents' tests, and what the stage makes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from residents.stage import STAGE
from residents.tables import TABLES
from sources.tables import ADDRESSES, GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS
from store.council import RunSettings, Section
from store.files import read_json
from store.keys import Keys
from store.run_folder import RunFolder
from tests.support import KEYS, put_table, run_stage

Row = dict[str, Any]
DAY = dt.date


def record(source: str, record_id: str, forename: str | None, surname: str | None, **known: Any) -> Row:
    """One person record; the file is named after the system."""
    return {
        "source": source,
        "file": f"{source}.csv",
        "record_id": record_id,
        "subject_id": record_id,
        "forename": forename,
        "surname": surname,
        "recorded_on": DAY(2024, 1, 10),
        **known,
    }


def member(source: str, group_type: str, group_id: str, record_id: str, role: str, **known: Any) -> Row:
    return {
        "source": source,
        "file": f"{source}.csv",
        "group_type": group_type,
        "group_id": group_id,
        "record_id": record_id,
        "role": role,
        "from_date": DAY(2024, 1, 1),
        "recorded_on": DAY(2024, 1, 10),
        **known,
    }


def relation(source: str, one: str, two: str, relationship: str) -> Row:
    return {
        "source": source,
        "file": f"{source}.csv",
        "record_id_a": one,
        "record_id_b": two,
        "relationship": relationship,
        "from_date": DAY(2023, 1, 1),
        "recorded_on": DAY(2023, 1, 5),
    }


@dataclass(frozen=True)
class Index:
    """What the stage wrote."""

    run: RunFolder

    def rows(self, name: str) -> list[Row]:
        table = next(table for table in TABLES if table.name == name)
        found: list[Row] = pq.read_table(self.run.path(table), partitioning=None).to_pylist()
        return found

    def person(self, source: str, record_id: str) -> str:
        found = {
            row["person_id"]
            for row in self.rows("record_person")
            if row["source"] == source and row["record_id"] == record_id
        }
        assert len(found) == 1, f"{source} {record_id} is {len(found)} people"
        return str(found.pop())

    def families_of(self, person_id: str) -> set[str]:
        return {row["family_id"] for row in self.rows("families") if row["person_id"] == person_id}

    def quality(self) -> Row:
        document: Row = read_json(self.run.root / "residents" / "quality.json")
        return document


def index(
    folder: Path,
    people: Iterable[Row] = (),
    *sections: Section,
    addresses: Iterable[Row] = (),
    groups: Iterable[Row] = (),
    relations: Iterable[Row] = (),
    settings: RunSettings | None = None,
    keys: Keys = KEYS,
    previous: RunFolder | None = None,
) -> Index:
    """Run the residents stage on made-up tables."""
    run = RunFolder(folder)
    for table, rows in (
        (PERSON_RECORDS, people),
        (ADDRESSES, addresses),
        (GROUP_MEMBERS, groups),
        (RELATIONSHIPS, relations),
    ):
        put_table(run, table, list(rows))
    return Index(run_stage(STAGE, folder, *sections, settings=settings, keys=keys, previous=previous))
