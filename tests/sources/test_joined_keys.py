"""Keys of several columns: other cells give another key, whatever stands in them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from duckdb import ColumnExpression
from hypothesis import given
from hypothesis import strategies as st

from sources.tables import PERSON_RECORDS
from sources.text import joined_key
from tests.sources.helpers import csv_text, put, read, sources

PIECES = ["a", "b", "|", "\\", "|a", "a|", "a\\", "\\a", "\\|", "a|b", "a\\|", "\\\\", "||", "a\\|\\"]


def keys_of(rows: list[tuple[str, ...]], separator: str) -> list[str]:
    names = [f"part_{place}" for place in range(len(rows[0]))]
    held = pa.table({"place": list(range(len(rows)))} | {name: list(cells) for name, cells in zip(names, zip(*rows))})
    with duckdb.connect() as con:
        key = joined_key([ColumnExpression(name) for name in names], separator).alias("key")
        return [key for _, key in con.from_arrow(held).project("place", key).order("place").fetchall()]


@pytest.mark.parametrize("separator", ["|", "\x1f"])
@pytest.mark.parametrize("parts", [2, 3])
def test_other_parts_give_another_key(parts: int, separator: str) -> None:
    rows = [tuple(part.replace("|", separator) for part in row) for row in product(PIECES, repeat=parts)]
    assert len(set(keys_of(rows, separator))) == len(rows)


@given(st.lists(st.tuples(*[st.text("a|\\", min_size=1, max_size=6)] * 2), min_size=2, max_size=20, unique=True))
def test_other_cells_give_another_key(rows: list[tuple[str, str]]) -> None:
    assert len(set(keys_of(list(rows), "|"))) == len(rows)


def test_usual_keys_are_only_joined() -> None:
    assert keys_of([("2024-3", "A\\B"), ("7.0", "x/y")], "|") == ["2024-3|A\\B", "7|x/y"]
    # A single column is no composite: what stands in it may be the key that another file makes of two.
    assert keys_of([("a|b",)], "|") == ["a|b"]


def test_two_people_whose_keys_look_alike_stay_two(tmp_path: Path) -> None:
    header = ["term", "ref", "name", "seen"]
    rows = [["a|b", "c", "Ann", "2024-01-01"], ["a", "b|c", "Ben", "2024-01-01"]]
    put(tmp_path / "in", "people.csv", csv_text(header, rows))
    table = {
        "table": "person_records",
        "key": ["term", "ref"],
        "columns": {"full_name": "name", "recorded_on": "seen"},
    }
    extract = {"name": "people", "source": "schools", "files": ["people.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    people = {row["record_id"]: row["full_name"] for row in read(run, PERSON_RECORDS)}
    assert people == {"a\\|b|c": "Ann", "a|b\\|c": "Ben"}
