"""One table, written as CSV, Parquet, a workbook and a database, gives the same rows and the same quarantine."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.extracting import Extractor
from sources.parts import Parts
from sources.plan import columns_read, plan_extracts
from sources.readers.extract_files import matched_files
from sources.readers.sql_reading import copy_extract
from tests.sources.helpers import RENT, config
from tests.sources.test_excel_reading import workbook

COLUMNS = ["amount", "kind", "posted", "ref"]
HOSTILE = [
    *('=HYPERLINK("x")', "Robert'); DROP TABLE rows; --", "<script>&amp;</script>", 'a,"b";c', "007", "1e5", "true"),
    *("2024-01-01", "NULL", "Ünal", "多", "👪", " padded ", "\u00a0", "#N/A"),
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=8).filter(lambda text: "_x" not in text),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.none() | st.integers(-(10**9), 10**9).map(lambda pence: pence / 100) | st.just(0.005),
            "kind": st.sampled_from(["DD", "Basic Rent", "dd ", "unknown"]),
            "posted": st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31)),
            "ref": st.none() | TEXTS,
        }
    ),
    max_size=30,
)
Row = dict[str, Any]


def plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def as_csv(folder: Path, rows: list[Row]) -> dict[str, Any]:
    with (folder / "rent.csv").open("w", encoding="utf-8", newline="") as held:
        writer = csv.writer(held, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([[plain(row[name]) for name in COLUMNS] for row in rows])
    return RENT


def as_workbook(folder: Path, rows: list[Row]) -> dict[str, Any]:
    workbook(folder / "rent.xlsx", Rents=[COLUMNS, *[[row[name] for name in COLUMNS] for row in rows]])
    return {**RENT, "format": "excel", "files": ["rent.xlsx"]}


def as_parquet(folder: Path, rows: list[Row]) -> dict[str, Any]:
    types = {"amount": pa.float64(), "kind": pa.string(), "posted": pa.date32(), "ref": pa.string()}
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(list(types.items()))), folder / "rent.parquet")
    return {**RENT, "format": "parquet", "files": ["rent.parquet"]}


def as_database(folder: Path, rows: list[Row]) -> dict[str, Any]:
    types = {"amount": sa.Float, "kind": sa.Text, "posted": sa.Date, "ref": sa.Text}
    table = sa.Table("rent", sa.MetaData(), *[sa.Column(name, kind) for name, kind in types.items()])
    engine = sa.create_engine(f"sqlite:///{folder}/rent.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        table.create(connection)
        if rows:
            connection.execute(sa.insert(table), rows)
    return {**{key: held for key, held in RENT.items() if key != "files"}, "format": "sql", "table": "rent",
            "url_env": "HOUSING_DB_URL"}  # fmt: skip


def read(folder: Path, extract: dict[str, Any]) -> tuple[list[Row], list[Row]]:
    """The accepted rows and the quarantine, but for the name of the file."""
    made = config(folder, extract)
    (plan,) = plans = plan_extracts(made)
    (file,) = matched_files(folder, plan.extract, folder)
    with duckdb.connect() as con:
        if plan.extract.format == "sql":
            columns = tuple(sorted(columns_read(plan.extract, plans)))
            with pytest.MonkeyPatch.context() as environment:
                environment.setenv("HOUSING_DB_URL", f"sqlite:///{folder}/rent.db")
                copy_extract(con, plan.extract, columns, file.path)
        part = Extractor(con, made, dt.date(2026, 9, 7), Parts(folder / "parts"), folder).part(plan, file)
    found = [pq.read_table(part.files[name]) for name in ("rent_transactions", "quarantine")]
    accepted, quarantined = [table.drop_columns(["file"]).to_pylist() for table in found]
    return accepted, quarantined


def without_order(rows: list[Row]) -> list[str]:
    return sorted(repr({name: held for name, held in row.items() if name not in ("row", "part_row")}) for row in rows)


@settings(max_examples=12, deadline=None)
@given(ROWS)
@example([])
def test_one_table_in_four_formats(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        expected = read(folder, as_csv(folder, rows))
        assert sum(map(len, expected)) >= len(rows)
        for write in (as_workbook, as_parquet):
            assert read(folder, write(folder, rows)) == expected, write.__name__
        # A database has no order of rows, so its copy has one of its own.
        accepted, quarantined = read(folder, as_database(folder, rows))
        assert (without_order(accepted), without_order(quarantined)) == tuple(map(without_order, expected))
