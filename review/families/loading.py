"""Loading what the family pages show from a run: one document a family, made for all families at once in the engine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import duckdb
from django.db import transaction

from review.families.documents import DOCUMENTS, make_documents
from review.families.folding import folded
from review.families.models import Family, Loaded, Named
from sources.tables import TABLES
from store.keys import Keys, Purpose
from store.run_folder import RunFolder

_BATCH = 2000
_NUL = "\\u0000"

_NAMED = """
SELECT m.family_id, m.name, m.dob, CASE WHEN m.to_date IS NULL THEN h.address END AS address
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

    Working them out takes most of the time and locks nothing: a refresh does it before it begins to write.
    """
    with transaction.atomic():
        Named.objects.all().delete()
        Family.objects.all()._raw_delete(Family.objects.db)
        Loaded.objects.all().delete()
        for rows in _batches(con, DOCUMENTS):
            Family.objects.bulk_create(_families(rows, keys, day))
        for rows in _batches(con, _NAMED):
            Named.objects.bulk_create(_names(rows))
        Loaded.objects.create(day=day, notes=_notes(con))


def _families(rows: list[dict[str, Any]], keys: Keys, day: dt.date | None) -> list[Family]:
    pseudonyms = keys.pseudonyms(Purpose.REVIEW, [row["family_id"] for row in rows])
    return [_family(row, key, day) for row, key in zip(rows, pseudonyms, strict=True)]


def _family(row: dict[str, Any], key: str, day: dt.date | None) -> Family:
    # PostgreSQL takes no NUL, which a system's field may hold.
    document = json.loads(row.pop("document").replace(_NUL, ""))
    row["name"] = row["name"].replace("\0", "")
    row["children_named"] = row["children_named"].replace("\0", "")
    coming = [one for one in document["due"] or () if one["kind"] != "turns_18"]
    return Family(
        key=key,
        document=document,
        next_due=dt.date.fromisoformat(coming[0]["due"]) if coming else None,
        next_due_kind=coming[0]["kind"] if coming else "",
        loaded_from=str(day or ""),
        **row,
    )


def _names(rows: list[dict[str, Any]]) -> list[Named]:
    return [
        Named(
            family_id=row["family_id"],
            words=folded(row["name"]),
            dob=row["dob"],
            address=folded(row["address"] or ""),
        )
        for row in rows
    ]


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
