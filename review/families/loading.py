"""Loading what the family pages show from a run: one document a family, made for all families at once in the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
from django.db import connection, transaction

from review.families.documents import DOCUMENTS, make_documents
from review.families.folding import folded
from review.families.models import Family, Loaded, Named
from sources.tables import TABLES
from store.keys import Keys, Purpose
from store.run_folder import RunFolder

_BATCH = 2000
_NUL = "\\u0000"

# The columns in the order of `_family` and `_named`.
_FAMILY_COLUMNS = """
INSERT INTO families_family (
    family_id, key, name, members, children, children_named, adults_named, last_recorded, next_due, next_due_kind,
    document, loaded_from
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, """
_FAMILY_ROW = {"sqlite": f"{_FAMILY_COLUMNS}%s, %s)", "postgresql": f"{_FAMILY_COLUMNS}%s::jsonb, %s)"}
_NAMED_ROW = "INSERT INTO families_named (family_id, words, dob, address) VALUES (%s, %s, %s, %s)"
_NAMED = """
SELECT m.family_id, m.name, m.dob::VARCHAR AS dob, CASE WHEN m.to_date IS NULL THEN h.address END AS address
FROM member AS m LEFT JOIN home AS h USING (family_id) WHERE NOT m.unnamed ORDER BY m.family_id, m.who
"""
_LEFT_OUT = """
SELECT source, count(DISTINCT (file, row)) FILTER (action = 'row') AS rows,
    count(*) FILTER (action = 'cell') AS cells
FROM quarantine GROUP BY source ORDER BY source
"""


def load(run: RunFolder, keys: Keys, con: duckdb.DuckDBPyConnection) -> None:
    """Put every family of the run in place of those that are there. Corrections that people asked for stay.

    ``con`` is an engine connection of this load's own, which is left with the tables that were made on it.
    """
    put(con, keys, make_documents(con, run))


def put(con: duckdb.DuckDBPyConnection, keys: Keys, day: dt.date | None) -> None:
    """Replace what is loaded by the documents that `make_documents` made on ``con``, all or nothing.

    Working them out takes most of the time and locks nothing: a refresh does it before it begins to write. They are
    written as the text that the engine made, which takes a quarter of the time that making models of them does.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for model in (Named, Family, Loaded):
            model.objects.all()._raw_delete(model.objects.db)
        for rows in _batches(con, DOCUMENTS):
            pseudonyms = keys.pseudonyms(Purpose.REVIEW, [row["family_id"] for row in rows])
            cursor.executemany(
                _FAMILY_ROW[connection.vendor],
                [_family(row, key, str(day or "")) for row, key in zip(rows, pseudonyms, strict=True)],
            )
        for rows in _batches(con, _NAMED):
            cursor.executemany(_NAMED_ROW, [_named(row) for row in rows])
        Loaded.objects.create(day=day, notes=_notes(con))


def _family(row: dict[str, Any], key: str, loaded_from: str) -> tuple[Any, ...]:
    """A row of `Family`. PostgreSQL takes no NUL, which a system's field may hold."""
    return (
        row["family_id"],
        key,
        row["name"].replace("\0", ""),
        row["members"],
        row["children"],
        row["children_named"].replace("\0", ""),
        row["adults_named"].replace("\0", ""),
        row["last_recorded"],
        row["next_due"],
        row["next_due_kind"],
        row["document"].replace(_NUL, ""),
        loaded_from,
    )


def _named(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row of `Named`."""
    return row["family_id"], folded(row["name"]), row["dob"], folded(row["address"] or "")


def _notes(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Which tables the council's extracts feed, and what each system's rows lost: what no family's page can show."""
    known = {
        name
        for (name,) in con.sql(
            "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views()"
        ).fetchall()
    }
    fed = {table.name: bool(con.table(table.name).limit(1).fetchall()) for table in TABLES if table.name in known}
    return {"fed": fed, "left_out": _rows(con, _LEFT_OUT)}


def _batches(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[list[dict[str, Any]]]:
    for batch in con.sql(sql).to_arrow_reader(_BATCH):
        yield batch.to_pylist()


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = con.sql(sql).to_arrow_table().to_pylist()
    return found
