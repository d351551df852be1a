"""Every contract as compiled for the engine does what the plain reading of it does, on random tables."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sources.contracts.definitions import CONTRACTS
from sources.contracts.rules import Between
from sources.uniting import unite
from store.table import Column, ColumnType
from tests.sources import contract_reference as reference
from tests.sources.helpers import csv_text, one_part, put
from tests.sources.reference import MISSING

HOSTILE = [
    '=HYPERLINK("x")',
    "<script>",
    "Robert'); DROP TABLE rows",
    "two\nlines",
    'say "no"',
    "n/a",
    "\u0130",
    "\u0131",
]
HOSTILE += ["\u212a", "soft\u00adly", "\u202eabc", "0" * 300, "x" * 5_000, "\U0001f9d2", "|", ";", "1;;2"]
NEAR = ["2024-01-05", "2024-02-29", "2024-08-18", "2024-08-19", "2025-06-30", "2026-09-06"]
EDGES = ["1900-01-01", "1899-12-31", "1990-01-01", "1989-12-31", "2026-09-07", "2026-09-08"]
EDGES += ["2076-12-31", "2077-01-01"]
EXTREMES = ["0001-01-01", "0999-12-31", "1000-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", "5881580-07-11"]
NO_DAYS = [
    "2023-02-29",
    "2024-13-01",
    "2024-00-10",
    "0000-00-00",
    "2024-1-5",
    "2024-01-05T09:30:00",
    "2024-01-05 24:61",
]
NUMBERS = ["0", "1", "-1", "5", "10", "11", "14", "15", "380", "381", "8", "9", "+3", "7.0", "7.5", "1,000", "1,00"]
NUMBERS += ["9223372036854775807", "-9223372036854775808", "99999999999999999999", "999999999999999", "1e3", "\u0663"]
AMOUNTS = [
    "0",
    "-0.01",
    "12.30",
    "(12.30)",
    "1,234.50",
    "10000",
    "10000.01",
    "-10000",
    "1000000",
    "1000000.01",
    "\u00a35",
]
AMOUNTS += ["-1000000", "(1000000.01)", "9223372036854775807", "99999999999999.99", "0.005", "-0.005", "1.23456"]
AMOUNTS += ["NaN", "1" * 40, "12.30CR", "5DR", "--5", ".", "inf"]
KEYS = ["1", "2", "2", "3.0", "3", "007", "a", "A", "a|b", "1|2"]
SHAPED = {
    "upn": ["A123456789012", "a12345678901B", "A12345678901", "A1234567890123", "1234567890123", "A12345678901\u0661"],
    "nino": [
        "QQ123456C",
        "qq 12 34 56 c",
        "QQ123456",
        "QQ12345",
        "TN010180M",
        "Q1123456C",
        "QQ123456CC",
        "QQ-12-34-56-C",
    ],
    "email": ["a@b", "@b", "a@", "a@b@c", "ab", "a\n@b", "a@b\nc"],
    "phone": ["020 7946 0018", "12345", "123456", "+44 (0)1", "ext 1-2-3-4-5-6 x", "1\n23456"],
    "uprn": ["1", "000005101793", "10002380000.0", "123456789012", "1234567890123", "0", "12a", "1.5"],
}

blank = st.sampled_from(["", "", " ", "\u00a0"])
hostile = st.sampled_from(HOSTILE)
near = st.sampled_from(NEAR)
any_day = st.one_of(
    st.sampled_from([*EDGES, *EXTREMES, *NO_DAYS]),
    st.dates(dt.date(1000, 1, 1)).map(lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}"),
    hostile,
)


def _mostly(usual: st.SearchStrategy[str], *others: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Nine of ten cells as they should be."""
    which = st.sampled_from([True] * 9 + [False])
    return st.tuples(which, usual, st.one_of(*others)).map(lambda drawn: drawn[1] if drawn[0] else drawn[2])


def _edges(table: str, column: Column) -> list[str]:
    """The limits of a number's range and what lies next to them, as they are written."""
    limits = [rule for rule in CONTRACTS[table].rules if isinstance(rule, Between) and rule.column == column.name]
    numbers = [number + step for rule in limits for number in (rule.low, rule.high) for step in (-1, 0, 1)]
    return [f"{n / 100:.2f}" if column.type is ColumnType.PENCE else str(n) for n in numbers]


def _spelt(word: str) -> list[str]:
    return [word, word.upper(), word.lower(), word.title(), f" {word} "]


def cells(table: str, column: Column) -> st.SearchStrategy[str]:
    """What may stand in a cell of a column."""
    missing = blank if not column.required else st.sampled_from([" ", "2024-01-05", "1"])
    if column.type is ColumnType.DATE:
        return _mostly(near, any_day) if column.required else _mostly(st.one_of(near, blank), any_day)
    if column.type is ColumnType.TEXTS:
        listed = st.lists(st.sampled_from([*column.codes, "3b", "?"]), max_size=3).map("; ".join)
        return st.one_of(listed, listed, blank, hostile)
    if column.codes:
        known = st.sampled_from([spelt for code in column.codes for spelt in _spelt(code)])
        return _mostly(known, st.one_of(hostile, missing, st.just("zz")))
    if column.type in (ColumnType.INTEGER, ColumnType.PENCE):
        numbers = st.sampled_from(NUMBERS if column.type is ColumnType.INTEGER else AMOUNTS)
        edges = _edges(table, column)
        return _mostly(st.sampled_from(edges) if edges else numbers, st.one_of(numbers, hostile, missing))
    if column.type is ColumnType.FLAG:
        return st.one_of(st.sampled_from(["Y", "no", "TRUE", "0", "1.0", "maybe"]), hostile, blank)
    if column.name in SHAPED:
        return _mostly(st.sampled_from(SHAPED[column.name]), st.one_of(hostile, blank))
    return _mostly(st.sampled_from(KEYS), st.one_of(hostile, missing))


def mapped_columns(table: str) -> list[Column]:
    """The columns that a file gives: all but those the toolkit sets."""
    unset = ("source", "file", "group_type", "statistical_class")
    return [column for column in CONTRACTS[table].table.columns if column.name not in unset]


def rows_of(table: str) -> st.SearchStrategy[list[tuple[str, ...]]]:
    """Rows, some of which come again, recorded on another day."""
    columns = mapped_columns(table)
    one = st.tuples(st.sampled_from(["person", "group"]), *[cells(table, column) for column in columns])
    again = st.lists(st.tuples(st.integers(0, 99), near), max_size=15)
    rows = st.one_of(st.lists(one, max_size=2), st.lists(one, min_size=40, max_size=50))
    names = ["about", *[column.name for column in columns]]
    place = names.index("recorded_on") if "recorded_on" in names else None
    return st.tuples(rows, again).map(lambda drawn: [*drawn[0], *_repeated(drawn[0], drawn[1], place)])


def _repeated(rows: list[tuple[str, ...]], again: list[tuple[int, str]], place: int | None) -> list[tuple[str, ...]]:
    chosen = [(rows[number % len(rows)], day) for number, day in again if rows]
    return [row if place is None else (*row[:place], day, *row[place + 1 :]) for row, day in chosen]


def extract_of(table: str) -> dict[str, Any]:
    """The straightforward mapping: each column from the one of the same name."""
    names = [column.name for column in mapped_columns(table)]
    columns: dict[str, Any] = {name: name for name in names if name not in reference.BY_KEY}
    if "factors" in columns:
        columns["factors"] = {"column": "factors", "split": ";"}
    mapping = {"table": table, "columns": columns}
    person = {"key": ["record_id"], **({"subject": ["subject_id"]} if "subject_id" in names else {})}
    group = {"group": ["group_id"], "group_type": "tenancy"}
    if {"record_id", "group_id", "role"} <= set(names):
        keys: list[dict[str, Any]] = [{**person, **group}]
    elif {"record_id", "group_id"} <= set(names):
        keys = [{**person, "where": {"about": ["person"]}}, {**group, "where": {"about": ["group"]}}]
    else:
        keys = [person if "record_id" in names else group if "group_id" in names else {}]
    tables = [{**mapping, **one} for one in keys]
    return {"name": "all", "source": "system", "files": ["all.csv"], "missing": list(MISSING), "tables": tables}


def expected(table: str, drawn: list[tuple[str, ...]]) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    names = [column.name for column in mapped_columns(table)]
    either = {"record_id", "group_id"} <= set(names) and "role" not in names
    accepted: list[tuple[int, dict[str, Any]]] = []
    noted: list[tuple[Any, ...]] = []
    for number, (about, *texts) in enumerate(drawn, start=1):
        raw = dict(zip(names, texts))
        group = "group_id" in names and (not either or about == "group")
        if group:
            raw["group_type"] = "tenancy"
        if either:
            raw.pop("record_id" if group else "group_id")
        row, issues = reference.read(table, raw, group)
        if row is not None:
            accepted.append((number, {**row, **{n: v for n, v in PLACE.items() if n in row}}))
        noted += [(number, *issue) for issue in issues]
    kept, replaced = reference.settled(table, accepted)
    return kept, noted + [(number, None, "superseded", "row", None) for number in replaced]


PLACE = {"source": "system", "file": "all.csv"}


def found(table: str, drawn: list[tuple[str, ...]]) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    header = ["about", *[column.name for column in mapped_columns(table)]]
    with tempfile.TemporaryDirectory() as name, duckdb.connect() as con:
        folder = Path(name)
        put(folder, "all.csv", csv_text(header, [list(row) for row in drawn]))
        part = one_part(folder, extract_of(table), reference.EXTRACT_DATE)
        con.execute(
            "CREATE TABLE superseded_rows "
            "(source VARCHAR, file VARCHAR, part_row BIGINT, part_mapping VARCHAR, tbl VARCHAR)"
        )
        con.read_parquet(str(part.files[table])).create_view("accepted")
        kept = unite(con, CONTRACTS[table].table, "accepted").to_arrow_table().to_pylist()
        replaced = con.execute("SELECT part_row FROM superseded_rows").fetchall()
        noticed = pq.read_table(part.files["quarantine"]).to_pylist()
    noted: list[tuple[Any, ...]] = [(q["row"], q["column"], q["rule"], q["action"], q["value"]) for q in noticed]
    return kept, noted + [(number, None, "superseded", "row", None) for (number,) in replaced]


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_engine_agrees_with_reference(table: str) -> None:
    @settings(
        max_examples=3,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Making a failing case small would take minutes, as each example reads and writes files.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    @given(rows_of(table))
    def agrees(drawn: list[tuple[str, ...]]) -> None:
        accepted, noted = expected(table, drawn)
        kept, noticed = found(table, drawn)
        assert sorted(noticed, key=str) == sorted(noted, key=str)
        assert sorted(kept, key=str) == sorted(accepted, key=str)

    agrees()
