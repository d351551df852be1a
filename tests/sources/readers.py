"""What a reader makes of one file, for the tests of the readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from sources.readers.extract_files import matched_files
from sources.readers.reading import open_rows
from tests.sources.helpers import config


def rows_of(folder: Path, extract: dict[str, Any], *wanted: str) -> list[tuple[Any, ...]]:
    """What reading the extract's only file gives: row number, the wanted columns, kind."""
    made = config(folder, extract).extracts[0]
    (file,) = matched_files(folder, made)
    rows = open_rows(file, wanted)
    names = ["row", *[rows.columns[name] for name in wanted], "kind"]
    found: list[tuple[Any, ...]] = []
    with duckdb.connect() as con:
        for _ in rows.chunks(con):
            found += con.table("rows").order("row").project(*map(duckdb.ColumnExpression, names)).fetchall()
    return found
