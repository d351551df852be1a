"""Files appear whole or not at all, and Parquet bytes depend on the rows alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.files import file_hash, read_json, replacing, write_json, write_text
from store.parquet import ROW_GROUP_ROWS, write_parquet


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("stop")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_json_is_the_same_bytes_whatever_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    write_json(tmp_path / "b.json", {"a": "é", "b": 1})
    assert file_hash(tmp_path / "a.json") == file_hash(tmp_path / "b.json")
    assert read_json(tmp_path / "a.json") == {"a": "é", "b": 1}


def test_json_refuses_a_number_that_is_not_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"rate": float("nan")})
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(-(2**40), 2**40), st.text(max_size=5) | st.none()), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_parquet_bytes_do_not_depend_on_batches(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[int, str | None]], cuts: list[int]
) -> None:
    schema = pa.schema([("n", pa.int64()), ("t", pa.string())])
    whole = pa.RecordBatch.from_pydict({"n": [v[0] for v in values], "t": [v[1] for v in values]}, schema=schema)
    edges = sorted({0, len(values), *[c for c in cuts if c <= len(values)]})
    pieces = [whole.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    folder = tmp_path_factory.mktemp("parquet")
    assert write_parquet(folder / "one.parquet", [whole], schema) == len(values)
    assert write_parquet(folder / "many.parquet", pieces, schema) == len(values)
    assert file_hash(folder / "one.parquet") == file_hash(folder / "many.parquet")


def test_parquet_bytes_do_not_depend_on_batches_across_row_groups(tmp_path: Path) -> None:
    rows = ROW_GROUP_ROWS * 2 + 17
    schema = pa.schema([("n", pa.int64())])
    whole = pa.RecordBatch.from_pydict({"n": pa.array(range(rows))}, schema=schema)
    pieces = [whole.slice(start, 100_003) for start in range(0, rows, 100_003)]
    write_parquet(tmp_path / "one.parquet", [whole], schema)
    write_parquet(tmp_path / "many.parquet", pieces, schema)
    assert file_hash(tmp_path / "one.parquet") == file_hash(tmp_path / "many.parquet")
