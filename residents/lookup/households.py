"""Who lives at a list of addresses, and who already supports them: what a council needs in a fire or a flood."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sources.codes.social_care import SERVICES
from store.errors import UsageError

_UPRN = re.compile(r"[0-9]{1,12}(\.0*)?", re.ASCII)
_SEPARATORS = re.compile(r"[,;\t]")
_MOST_TOLD = 5

# An event names a person by a key that its system uses in any of its files.
_KEYS = """
CREATE OR REPLACE TEMP TABLE person_keys AS
SELECT source, record_id, min(person_id) AS person_id FROM record_person
GROUP BY ALL HAVING count(DISTINCT person_id) = 1
"""
_LIVING = """
CREATE OR REPLACE TEMP TABLE living AS
SELECT a.place, s.person_id, min(s.from_date) AS since
FROM asked_uprns AS a JOIN residence_spells AS s ON uprn_form(s.uprn) = a.uprn
WHERE s.from_date <= $today AND (s.to_date IS NULL OR s.to_date >= $today)
GROUP BY ALL
"""
_SUPPORT = """
CREATE OR REPLACE TEMP TABLE support AS
WITH
staff AS (
    SELECT source, worker_id, arg_max(name, (recorded_on, name)) AS worker FROM workers GROUP BY ALL
),
served AS (
    SELECT k.person_id, n.words AS what, e.source, e.event_date AS since, e.team, e.worker_id
    FROM service_episodes AS e JOIN service_words AS n ON e.service = n.code
    JOIN person_keys AS k USING (source, record_id)
    WHERE e.to_date IS NULL OR e.to_date >= $today
    UNION
    SELECT k.person_id, n.words, e.source, e.event_date, e.team, e.worker_id
    FROM service_episodes AS e JOIN service_words AS n ON e.service = n.code
    JOIN group_members AS g USING (source, group_type, group_id)
    JOIN person_keys AS k ON g.source = k.source AND g.record_id = k.record_id
    WHERE (e.to_date IS NULL OR e.to_date >= $today) AND (g.to_date IS NULL OR g.to_date >= $today)
    UNION
    SELECT k.person_id, 'Allocated worker', a.source, a.event_date, a.team, a.worker_id
    FROM allocations AS a JOIN person_keys AS k USING (source, record_id)
    WHERE a.to_date IS NULL OR a.to_date >= $today
    UNION
    SELECT k.person_id, c.kind, c.source, c.event_date, NULL, NULL
    FROM adult_care_services AS c JOIN person_keys AS k USING (source, record_id)
    WHERE c.to_date IS NULL OR c.to_date >= $today
),
said AS (
    SELECT v.person_id, concat_ws(', ', v.what, v.source, 'since ' || strftime(v.since, '%Y-%m-%d'),
        'team ' || v.team, 'worker ' || coalesce(w.worker, v.worker_id)) AS words
    FROM served AS v LEFT JOIN staff AS w USING (source, worker_id)
    WHERE v.person_id IN (SELECT person_id FROM living)
)
SELECT person_id, string_agg(words, '; ' ORDER BY words) AS words FROM said GROUP BY person_id
"""
_ANSWER = """
WITH
gazetteer AS (
    SELECT uprn_form(uprn) AS uprn, min(address) AS address, min(postcode) AS postcode, min(kind) AS kind
    FROM addresses GROUP BY ALL
),
belonging AS (
    SELECT person_id, string_agg(DISTINCT family_id, ' ' ORDER BY family_id) AS families,
        string_agg(DISTINCT role, ' ' ORDER BY role) AS roles
    FROM families
    WHERE person_id IN (SELECT person_id FROM living)
        AND from_date <= $today AND (to_date IS NULL OR to_date >= $today)
    GROUP BY person_id
)
SELECT a.uprn, g.address, g.postcode, g.kind, l.person_id, p.forename, p.surname, p.dob, p.sex,
    l.since AS lives_here_since, f.families, f.roles AS role, s.words AS supported_by,
    CASE WHEN g.uprn IS NULL AND l.person_id IS NULL THEN 'not in the gazetteer, and nobody known to live here now'
        WHEN g.uprn IS NULL THEN 'not in the gazetteer'
        WHEN l.person_id IS NULL THEN 'nobody known to live here now' END AS note
FROM asked_uprns AS a
LEFT JOIN living AS l USING (place)
LEFT JOIN people AS p USING (person_id)
LEFT JOIN belonging AS f USING (person_id)
LEFT JOIN support AS s USING (person_id)
LEFT JOIN gazetteer AS g ON a.uprn = g.uprn
ORDER BY a.place, f.families, p.dob, l.person_id
"""


@dataclass(frozen=True)
class UprnList:
    """The UPRNs of a file in their order, without leading zeros, each once; ``unreadable`` are lines without one."""

    uprns: tuple[str, ...]
    unreadable: tuple[int, ...]

    @property
    def mark(self) -> str:
        """A mark by which the log can show which list it was."""
        return hashlib.sha256("\n".join(self.uprns).encode()).hexdigest()


@dataclass(frozen=True)
class Households:
    """One row for each person living at an address asked for, and one for each address where nobody does.

    ``today`` is the last day on which any system recorded a person: nothing later is known.
    """

    rows: list[dict[str, Any]]
    today: dt.date

    @property
    def people(self) -> int:
        return len({row["person_id"] for row in self.rows} - {None})

    @property
    def supported(self) -> int:
        return len({row["person_id"] for row in self.rows if row["supported_by"]})

    @property
    def empty(self) -> int:
        """Addresses where nobody is known to live."""
        return sum(row["person_id"] is None for row in self.rows)


def read_uprns(path: Path) -> UprnList:
    """The UPRNs of a text file: one a line, or the column called ``uprn`` of a CSV file.

    Raises UsageError when the file cannot be read or has none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The list of UPRNs cannot be read.", where=str(path), fix="Give a text or CSV file in UTF-8."
        ) from error
    cells = [[cell.strip().strip('"').strip() for cell in _SEPARATORS.split(line)] for line in lines]
    headings = [cell.lower() for cell in cells[0]] if cells else []
    column, first = (headings.index("uprn"), 1) if "uprn" in headings else (0, 0)
    found: dict[str, None] = {}
    unreadable = []
    for number, row in enumerate(cells[first:], start=first + 1):
        cell = row[column] if column < len(row) else ""
        if _UPRN.fullmatch(cell) and int(cell.split(".")[0]):
            found[str(int(cell.split(".")[0]))] = None
        elif any(row):
            unreadable.append(number)
    if not found:
        raise UsageError(
            "The list holds no UPRN.",
            where=str(path),
            fix="Write one UPRN a line, all its digits, or a column headed uprn.",
        )
    return UprnList(tuple(found), tuple(unreadable))


def unreadable_lines(asked: UprnList) -> str:
    """A sentence on the lines that hold no UPRN, by their numbers; empty when there are none."""
    if not asked.unreadable:
        return ""
    told = ", ".join(map(str, asked.unreadable[:_MOST_TOLD]))
    more = len(asked.unreadable) - _MOST_TOLD
    return f"Left out, as they hold no UPRN: line {told}" + (f" and {more:,} more." if more > 0 else ".")


def households(con: duckdb.DuckDBPyConnection, asked: UprnList) -> Households:
    """Who lives at each address now, with their families and whoever supports them."""
    con.register("asked_uprns", pa.table({"place": range(len(asked.uprns)), "uprn": list(asked.uprns)}))
    words = pa.table({"code": [one.code for one in SERVICES.codes], "words": [one.label for one in SERVICES.codes]})
    con.register("service_words", words)
    today = con.sql("SELECT max(recorded_on) FROM records").fetchall()[0][0]
    con.execute(_KEYS)
    con.execute(_LIVING, {"today": today})
    con.execute(_SUPPORT, {"today": today})
    return Households(con.sql(_ANSWER, params={"today": today}).to_arrow_table().to_pylist(), today)
