"""Loading what the family pages show from a run: one document a family, made for all families at once in the engine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import duckdb
from django.db import transaction

from review.families import money_parts, people_parts, school_parts, service_parts
from review.families.folding import folded
from review.families.membership import make_membership
from review.families.models import Family, Loaded, Named
from review.families.reading import open_tables
from review.families.timeframes import DUE, make_calendar
from sources.tables import TABLES
from store.keys import Keys, Purpose
from store.run_folder import RunFolder

_BATCH = 2000
_PARTS = (*people_parts.PARTS, *school_parts.PARTS, *money_parts.PARTS, *service_parts.PARTS, DUE)

_SUMMARIES = """
CREATE TEMP TABLE summary AS
WITH
surnames AS (
    SELECT family_id, surname, count(*) AS bearers, bool_or(role = 'child') AS of_child,
        bool_and(to_date IS NOT NULL) AS gone
    FROM member WHERE surname IS NOT NULL GROUP BY ALL
),
named AS (
    SELECT family_id, arg_min(surname, (gone, -bearers, NOT of_child, surname)) AS surname FROM surnames GROUP BY ALL
),
counted AS (
    SELECT family_id, count(*) FILTER (to_date IS NULL) AS members,
        count(*) FILTER (to_date IS NULL AND role = 'child' AND coalesce(age, 0) < 18) AS children,
        coalesce(string_agg(concat_ws(' ', coalesce(forename, '?'), age), ', ' ORDER BY who)
            FILTER (to_date IS NULL AND role = 'child' AND coalesce(age, 0) < 18), '') AS children_named
    FROM member GROUP BY ALL
),
seen AS (
    SELECT family_id, max(day) AS last_recorded FROM (
        SELECT m.family_id, c.event_date AS day FROM contacts_named AS c JOIN member AS m USING (person_id)
        WHERE c.event_date BETWEEN m.shown_from AND m.shown_to
        UNION ALL
        SELECT m.family_id, unnest([a.event_date, a.to_date]) FROM assessments_named AS a
        JOIN member AS m USING (person_id) WHERE a.event_date BETWEEN m.shown_from AND m.shown_to
        UNION ALL
        SELECT g.family_id, o.event_date FROM outcome_scores AS o
        JOIN family_group AS g USING (source, group_type, group_id)
        WHERE o.event_date BETWEEN g.from_date AND g.to_date
        UNION ALL
        SELECT family_id, unnest([event_date, to_date]) FROM family_work WHERE what <> 'adult_care'
    ) WHERE day <= data_day() GROUP BY ALL
)
SELECT c.family_id, coalesce(n.surname, 'Name not known') AS name, c.members, c.children, c.children_named,
    s.last_recorded
FROM counted AS c LEFT JOIN named AS n USING (family_id) LEFT JOIN seen AS s USING (family_id)
"""
_DOCUMENTS = """
SELECT s.family_id, s.name, s.members, s.children, s.children_named, s.last_recorded, to_json({
    'day': data_day(), 'address': h.address, 'members': p0.items, 'records': p1.items, 'elsewhere': p2.items,
    'attendance': p3.items, 'exclusions': p4.items, 'schooling': p5.items, 'rent': p6.items, 'benefits': p7.items,
    'involved': p8.items, 'history': p9.items, 'scores': p10.items, 'due': p11.items
})::VARCHAR AS document
FROM summary AS s LEFT JOIN home AS h USING (family_id)
LEFT JOIN part_members AS p0 USING (family_id) LEFT JOIN part_records AS p1 USING (family_id)
LEFT JOIN part_elsewhere AS p2 USING (family_id) LEFT JOIN part_attendance AS p3 USING (family_id)
LEFT JOIN part_exclusions AS p4 USING (family_id) LEFT JOIN part_schooling AS p5 USING (family_id)
LEFT JOIN part_rent AS p6 USING (family_id) LEFT JOIN part_benefits AS p7 USING (family_id)
LEFT JOIN part_involved AS p8 USING (family_id) LEFT JOIN part_history AS p9 USING (family_id)
LEFT JOIN part_scores AS p10 USING (family_id) LEFT JOIN part_due AS p11 USING (family_id)
ORDER BY s.family_id
"""
_NAMED = """
SELECT m.family_id, m.name, m.dob, CASE WHEN m.to_date IS NULL THEN h.address END AS address
FROM member AS m LEFT JOIN home AS h USING (family_id) ORDER BY m.family_id, m.who
"""
_LEFT_OUT = """
SELECT source, count(DISTINCT (file, row)) FILTER (action = 'row') AS rows,
    count(*) FILTER (action = 'cell') AS cells
FROM quarantine GROUP BY source ORDER BY source
"""


def load(run: RunFolder, keys: Keys, con: duckdb.DuckDBPyConnection) -> None:
    """Put every family of the run in place of those that are there. Corrections that people asked for stay.

    ``con`` is an engine connection of this load's own. Documents are as `review.families.document` reads them.
    """
    day = make_documents(con, run)
    with transaction.atomic():
        Named.objects.all().delete()
        Family.objects.all()._raw_delete(Family.objects.db)
        Loaded.objects.all().delete()
        for rows in _batches(con, _DOCUMENTS):
            Family.objects.bulk_create(_families(rows, keys, day))
        for rows in _batches(con, _NAMED):
            Named.objects.bulk_create(_names(rows))
        Loaded.objects.create(day=day, notes=_notes(con))


def make_documents(con: duckdb.DuckDBPyConnection, run: RunFolder) -> dt.date | None:
    """Work the documents out in the engine, and return the last day that the run knows of."""
    day = open_tables(con, run)
    make_membership(con)
    make_calendar(con, day or dt.date(2000, 1, 1))
    con.execute(service_parts.WORK)
    con.execute(service_parts.LISTED_WORDS)
    for part in _PARTS:
        part.make(con)
    con.execute(_SUMMARIES)
    return day


def _families(rows: list[dict[str, Any]], keys: Keys, day: dt.date | None) -> list[Family]:
    pseudonyms = keys.pseudonyms(Purpose.REVIEW, [row["family_id"] for row in rows])
    return [_family(row, key, day) for row, key in zip(rows, pseudonyms, strict=True)]


def _family(row: dict[str, Any], key: str, day: dt.date | None) -> Family:
    document = json.loads(row.pop("document"))
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
