"""How sure the index is of records and families, by pseudonym: bands alone, and no way back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq

from residents.certainty import FAMILY_CERTAINTY, MATCH_CERTAINTY, STAGE
from residents.tables import FAMILIES, PSEUDONYMS, RECORD_PERSON
from store.run_folder import RunFolder
from store.table import Zone
from tests.support import put_table, run_stage

DAY = dt.date(2025, 1, 1)
RECORDS = (
    # source, person, probability
    ("schools", "P1", 1.0),
    ("schools", "P1", 0.95),
    ("rent", "P1", 0.99),
    ("rent", "P2", 0.989999),
    ("rent", "P3", 0.899999),
    ("rent", "P4", 0.9),
)
TIES = (
    # person, confidence, basis
    ("P1", 0.6, "home"),
    ("P1", 0.999, "home+relationship"),
    ("P2", 0.7, "home"),
    ("P3", 0.95, "relationship"),
)


def put_index(root: Path) -> RunFolder:
    run = RunFolder(root)
    records = [
        {"source": source, "file": "f", "record_id": str(place), "person_id": person, "match_probability": probability}
        for place, (source, person, probability) in enumerate(RECORDS)
    ]
    put_table(run, RECORD_PERSON, records)
    ties = [
        {"family_id": "F", "person_id": person, "role": "adult", "from_date": DAY, "recorded_on": DAY}
        | {"confidence": confidence, "basis": basis}
        for person, confidence, basis in TIES
    ]
    put_table(run, FAMILIES, ties)
    people = [{"kind": "person", "id": f"P{n}", "pseudonym": f"pseudo{9 - n}"} for n in range(1, 5)]
    put_table(run, PSEUDONYMS, [{"kind": "family", "id": "F", "pseudonym": "house"}, *people])
    return run_stage(STAGE, root)


def test_the_least_sure_record_of_a_system_counts_for_a_person(tmp_path: Path) -> None:
    rows = pq.read_table(put_index(tmp_path).path(MATCH_CERTAINTY)).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("pseudo5", "rent", "fairly_sure"),
        ("pseudo6", "rent", "less_sure"),
        ("pseudo7", "rent", "fairly_sure"),
        ("pseudo8", "rent", "sure"),
        ("pseudo8", "schools", "fairly_sure"),
    ]


def test_the_surest_time_counts_for_a_family_and_an_address_alone_is_told(tmp_path: Path) -> None:
    rows = pq.read_table(put_index(tmp_path).path(FAMILY_CERTAINTY)).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("house", "pseudo6", "fairly_sure", False),
        ("house", "pseudo7", "less_sure", True),
        ("house", "pseudo8", "sure", False),
    ]


def test_what_is_handed_on_has_no_id_of_the_index_and_no_figure(tmp_path: Path) -> None:
    run = put_index(tmp_path)
    for table in (MATCH_CERTAINTY, FAMILY_CERTAINTY):
        assert table.zone is Zone.ANALYSIS
        for row in pq.read_table(run.path(table)).to_pylist():
            assert not {"P1", "P2", "P3", "P4", "F"} & set(map(str, row.values()))
            assert not any(isinstance(value, float) for value in row.values())
