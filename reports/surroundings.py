"""What stands around a case: services that work with the family or did, and how sure the matching behind it is.

All of it is as known at the as-of date and by pseudonym: no name, no key of a system, no day but by its month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from features.tables import MEMBERS, MILESTONES
from reports import text
from reports.case_facts import Case, Fed, Matched, Services
from residents.certainty import CERTAINTIES, FAMILY_CERTAINTY, MATCH_CERTAINTY
from store.table import Table
from store.workspace import Workspace

READS: tuple[Table, ...] = (MEMBERS, MILESTONES, MATCH_CERTAINTY, FAMILY_CERTAINTY)
"""The tables it is made from."""

_SPELLS = {
    "early_help": "early help",
    "cin": "a child in need plan",
    "cp": "a child protection plan",
    "lac": "care by the council",
}
_DAYS = {"contact": "contact with children's services", "referral": "referral", "assessed": "assessment that ended"}

_PEOPLE = """
    CREATE OR REPLACE TEMP TABLE people AS
    SELECT l.unit_id, l.family_id, l.as_of, b.person_id
    FROM members AS b JOIN listed AS l ON b.family_id = l.family_id AND b.as_of = l.as_of
"""
# An end counts once it is known; until then the service is open. One without a day of recording is known on its day.
_SERVED = """
    WITH known AS (
        SELECT l.unit_id, m.kind, m.event_date, m.to_date,
            m.to_date IS NULL OR greatest(m.to_date, coalesce(m.end_recorded_on, m.to_date)) >= l.as_of AS is_open
        FROM people AS l JOIN milestones AS m
            ON m.person_id = l.person_id AND m.event_date < l.as_of AND m.recorded_on < l.as_of
    )
    SELECT unit_id, kind, bool_or(is_open) AS is_open, min(event_date) FILTER (is_open) AS since,
        max(event_date) AS last_begun, max(to_date) FILTER (NOT is_open) AS last_ended
    FROM known GROUP BY ALL ORDER BY unit_id, kind
"""
_MATCHED = """
    SELECT l.unit_id, c.source, list(c.certainty ORDER BY c.certainty) AS certainties
    FROM people AS l JOIN match_certainty AS c ON c.person_id = l.person_id
    GROUP BY ALL ORDER BY l.unit_id, c.source
"""
_TIED = """
    SELECT l.unit_id, count(*) AS people, count(*) FILTER (coalesce(c.by_home_alone, false)) AS by_home_alone
    FROM people AS l LEFT JOIN family_certainty AS c ON c.family_id = l.family_id AND c.person_id = l.person_id
    GROUP BY ALL ORDER BY l.unit_id
"""


@dataclass(frozen=True)
class _Row:
    """One kind of step of one case's family."""

    kind: str
    is_open: bool
    since: dt.date | None
    last_begun: dt.date
    last_ended: dt.date | None


def surrounded(
    work: Workspace, cases: Sequence[Case], as_of: dt.date, feeds: Mapping[str, Sequence[str]]
) -> list[Case]:
    """The cases with the services around them and how sure their matching is. ``feeds``: the systems of each table."""
    if not cases:
        return []
    with work.connect() as connection:
        for table in READS:
            read = connection.read_parquet(str(work.path(table)), hive_partitioning=False)
            read.create_view(table.name, replace=True)
        units = [(case.unit_id, case.family_id, as_of) for case in cases]
        names = ("unit_id", "family_id", "as_of")
        connection.register("listed", pa.table(dict(zip(names, zip(*units)))))
        connection.execute(_PEOPLE)
        served, matched = _served(connection), _matched(connection, feeds)
    return [
        replace(case, services=_services(served.get(case.unit_id, [])), matched=matched.get(case.unit_id))
        for case in cases
    ]


def _served(connection: duckdb.DuckDBPyConnection) -> Mapping[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for unit, *row in connection.execute(_SERVED).fetchall():
        found.setdefault(unit, []).append(_Row(*row))
    return found


def _services(rows: Sequence[_Row]) -> Services:
    by_kind = {row.kind: row for row in rows}
    spells = [(words, by_kind[kind]) for kind, words in _SPELLS.items() if kind in by_kind]
    now = tuple(f"{words}, since {text.month(row.since or row.last_begun)}" for words, row in spells if row.is_open)
    before = [f"{words}, until {text.month(row.last_ended)}" for words, row in spells if not row.is_open]
    before += [
        f"the last {words}, in {text.month(by_kind[kind].last_begun)}"
        for kind, words in _DAYS.items()
        if kind in by_kind
    ]
    return Services(now, tuple(before))


def _matched(connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Sequence[str]]) -> Mapping[str, Matched]:
    systems: dict[str, dict[str, str]] = {}
    for unit, source, certainties in connection.execute(_MATCHED).fetchall():
        systems.setdefault(unit, {})[source] = _least(certainties)
    return {
        unit: Matched(_fed(systems.get(unit, {}), feeds), people, by_home_alone)
        for unit, people, by_home_alone in connection.execute(_TIED).fetchall()
    }


def _fed(systems: Mapping[str, str], feeds: Mapping[str, Sequence[str]]) -> dict[str, Fed]:
    """For each table, the systems that feed it and know the family, and the least sure of their matches."""
    found = {table: tuple(source for source in sources if source in systems) for table, sources in feeds.items()}
    return {table: Fed(known, _least([systems[one] for one in known])) for table, known in found.items() if known}


def _least(certainties: Sequence[str]) -> str:
    return max(certainties, key=CERTAINTIES.index)
