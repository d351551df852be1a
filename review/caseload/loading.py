"""Staff, teams and allocations to families, read from a run in place of what was there before.

A child's allocation opens the families that the child is a child of, for the days on which both hold. A case that names
a group of people opens the families of its grown members, and where it names none those of its children: a child who
lives in two homes does not open the one to who works with the other. A key that names two people opens nothing.

Workers are known by their system and its key. A system without a staff list of its own (early help's, say) may name
staff of another's: taken for the same worker where one other list alone has that key in the same team.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow.parquet as pq
from django.db import models, transaction
from django.utils import timezone

from residents.tables import FAMILIES, PEOPLE, RECORD_PERSON, SERVICE_GROUPS
from review.caseload import residents
from review.caseload.models import STAFF_LIST, Allocation, Feed, Resident, Team, Worker
from review.settings import current
from sources.tables import ALLOCATIONS, SERVICE_EPISODES, WORKERS
from store.run_folder import RunFolder, connect, own_scratch
from store.table import Table

_BATCH = 2_000
_READ = (FAMILIES, PEOPLE, RECORD_PERSON, SERVICE_GROUPS, ALLOCATIONS, SERVICE_EPISODES, WORKERS)

_MACROS = """
CREATE TEMP MACRO key_of(source, id) AS source || '|' || nullif(trim(id), '');
CREATE TEMP MACRO team_of(source, team) AS key_of(source, lower(regexp_replace(trim(team), '\\s+', ' ', 'g')));
"""
_POSTS = """
CREATE TEMP TABLE posts AS
SELECT DISTINCT source, key_of(source, worker_id) AS key, trim(worker_id) AS worker_id, coalesce(name, '') AS name,
    coalesce(role, '') AS role, coalesce(trim(team), '') AS team, coalesce(team_of(source, team), '') AS team_key,
    coalesce(key_of(source, manager_id), '') AS manager_key, from_date, to_date
FROM workers WHERE key_of(source, worker_id) IS NOT NULL
"""
_HELD = """
CREATE TEMP TABLE held AS
WITH
one_person AS (
    SELECT source, record_id, min(person_id) AS person_id FROM record_person
    GROUP BY ALL HAVING min(person_id) = max(person_id)
),
by_child AS (
    SELECT 'allocations' AS kind, source, record_id, worker_id, team, event_date AS from_date, to_date FROM allocations
    UNION ALL
    SELECT 'service_episodes', source, record_id, worker_id, team, event_date, to_date FROM service_episodes
    WHERE record_id IS NOT NULL
),
of_children AS (
    SELECT b.kind, b.source, b.worker_id, b.team, f.family_id, greatest(b.from_date, f.from_date) AS from_date,
        least(b.to_date, f.to_date) AS to_date
    FROM by_child AS b JOIN one_person USING (source, record_id) JOIN families AS f USING (person_id)
    WHERE f.role = 'child'
),
named AS (
    SELECT e.source, e.group_type, e.group_id, e.worker_id, e.team, f.family_id, f.role = 'adult' AS grown,
        greatest(e.event_date, g.from_date, f.from_date) AS from_date, least(e.to_date, g.to_date, f.to_date) AS to_date
    FROM service_episodes AS e JOIN service_groups AS g USING (source, group_type, group_id)
    JOIN families AS f USING (person_id)
    WHERE NOT g.too_large
),
with_grown AS (SELECT source, group_type, group_id, bool_or(grown) AS any_grown FROM named GROUP BY ALL),
of_groups AS (
    SELECT 'service_episodes' AS kind, source, worker_id, team, family_id, from_date, to_date
    FROM named JOIN with_grown USING (source, group_type, group_id) WHERE grown OR NOT any_grown
)
SELECT DISTINCT kind, source, nullif(trim(worker_id), '') AS worker_id, team_of(source, team) AS team_key,
    substr(team_of(source, team), length(source) + 2) AS team, family_id, from_date, to_date
FROM (SELECT * FROM of_children UNION ALL SELECT * FROM of_groups)
WHERE (nullif(trim(worker_id), '') IS NOT NULL OR nullif(trim(team), '') IS NOT NULL)
    AND (to_date IS NULL OR (from_date <= to_date AND to_date >= $today))
"""
# Whom a system without a staff list names: found by key and team in one other system's list, and in no second.
_ALLOCATIONS = """
CREATE TEMP TABLE placed AS
WITH
newest AS (
    SELECT key, arg_max(team_key, coalesce(from_date, DATE '1900-01-01')) AS team_key FROM posts GROUP BY key
),
lent AS (
    SELECT h.source, h.worker_id, h.team, min(p.key) AS key, min(p.team_key) AS team_key
    FROM (SELECT DISTINCT source, worker_id, team FROM held ANTI JOIN posts USING (source)) AS h
    JOIN posts AS p ON h.worker_id = p.worker_id AND h.team = substr(p.team_key, length(p.source) + 2)
    GROUP BY ALL HAVING min(p.key) = max(p.key)
)
SELECT DISTINCT h.source || '|' || h.kind AS feed_key, coalesce(o.key, l.key, '') AS worker_key,
    coalesce(l.team_key, h.team_key, o.team_key, '') AS team_key, h.family_id, h.from_date, h.to_date,
    h.worker_id IS NOT NULL AND coalesce(o.key, l.key) IS NULL AS unknown
FROM held AS h
LEFT JOIN newest AS o ON o.key = key_of(h.source, h.worker_id)
LEFT JOIN lent AS l ON h.source = l.source AND h.worker_id = l.worker_id AND h.team = l.team
ORDER BY ALL
"""
# A system is never silent for long: until its newest row's day, and as long again as it was ever silent in the year
# before, there is no sign that its feed has stopped. The day of an end is no such sign: it may have been planned long
# before. A staff list has no such rows: it is of the day of the extracts.
_FEEDS = """
WITH
days AS (
    SELECT DISTINCT source || '|allocations' AS key, unnest([event_date, recorded_on, end_recorded_on]) AS day
    FROM allocations
    UNION
    SELECT source || '|service_episodes', unnest([event_date, recorded_on, end_recorded_on])
    FROM service_episodes WHERE worker_id IS NOT NULL OR team IS NOT NULL
),
known AS (SELECT key, day FROM days WHERE day <= $extracted),
silences AS (
    SELECT key, day, day - lag(day) OVER (PARTITION BY key ORDER BY day) AS silent,
        max(day) OVER (PARTITION BY key) AS newest
    FROM known
),
until AS (
    SELECT key, any_value(newest)
        + coalesce(least(max(silent) FILTER (day > newest - 365), $longest), 0)::INTEGER AS covers_until
    FROM silences GROUP BY key
),
counted AS (
    SELECT feed_key AS key, count(*) AS open_allocations, count(*) FILTER (unknown) AS unknown FROM placed GROUP BY ALL
)
SELECT key, least(covers_until, $extracted) AS covers_until, coalesce(open_allocations, 0) AS open_allocations,
    coalesce(unknown, 0) AS not_on_staff_list
FROM until LEFT JOIN counted USING (key)
UNION ALL
SELECT DISTINCT source || '|' || $staff_list, $extracted, 0, 0 FROM posts
ORDER BY key
"""
_LONGEST_SILENCE_DAYS = 14


def load(run: RunFolder, extract_date: dt.date) -> None:
    """Replace staff, teams, allocations and feeds by the run's, all at once or not at all.

    ``extract_date`` is the day the council says its extracts were taken. Allocations that had ended by then are not
    kept. Tables that the run does not have count as empty: then nobody sees a family by caseload.
    """
    with own_scratch(run, "caseload") as scratch, connect(current().machine, scratch) as con, transaction.atomic():
        for table in _READ:
            _open(con, run, table)
        con.execute(_MACROS)
        con.execute(_POSTS)
        con.execute(_HELD, {"today": extract_date})
        con.execute(_ALLOCATIONS)
        _replace(Worker, _rows(con, "SELECT * EXCLUDE (worker_id, team) FROM posts ORDER BY ALL"))
        teams = (
            "SELECT team_key AS key, min(team) AS name, source FROM posts WHERE team <> '' GROUP BY ALL ORDER BY key"
        )
        _replace(Team, _rows(con, teams))
        _replace(Allocation, _rows(con, "SELECT * EXCLUDE (unknown) FROM placed ORDER BY ALL"))
        feeds = {"extracted": extract_date, "longest": _LONGEST_SILENCE_DAYS, "staff_list": STAFF_LIST}
        loaded_at = timezone.now()
        _replace(Resident, residents.rows(con, current().keys))
        _replace(Feed, ({**row, "loaded_at": loaded_at} for row in _rows(con, _FEEDS, feeds)))


def _open(con: duckdb.DuckDBPyConnection, run: RunFolder, table: Table) -> None:
    """The table under its name; an empty one where the run has none."""
    path = run.path(table)
    if path.is_file() and pq.read_metadata(path).num_columns:
        con.read_parquet(str(path)).create_view(table.name)
    else:
        con.from_arrow(table.arrow_schema().empty_table()).create(table.name)


def _rows(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    for batch in con.sql(sql, params=parameters).to_arrow_reader(_BATCH):
        yield from batch.to_pylist()


def _replace(model: type[models.Model], rows: Iterator[dict[str, Any]]) -> None:
    everything = model._default_manager.all()
    everything.delete()
    longest = {one.name: one.max_length for one in model._meta.get_fields() if isinstance(one, models.CharField)}
    fitting = ({name: _fitting(value, longest.get(name)) for name, value in row.items()} for row in rows)
    model._default_manager.bulk_create((model(**row) for row in fitting), batch_size=_BATCH)


def _fitting(value: Any, longest: int | None) -> Any:
    """The value as PostgreSQL takes it, so that one odd row of a system does not keep all others from being loaded.

    A text that is too long ends in its hash, and NUL is another sign: no two keys become one by it.
    """
    if longest is None or not isinstance(value, str):
        return value
    text = value.replace("\0", "\ufffd")
    if len(text) <= longest:
        return text
    mark = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: longest - len(mark)]}{mark}"
