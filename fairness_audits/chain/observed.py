"""What happened to children and families, step by step, as cases that can be compared.

Cases of a *window* are the children (or families) as known at an as-of date, and what happened to them until the next.
A window counts once it has closed with a reporting delay to spare, so that no group looks quiet because its records
come late. Cases *followed* are those who reached a step, and whether they reached the next within so many days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairness_audits.chain.comparing import Rows
from fairness_audits.chain.evidence import evidence
from fairness_audits.ethnicity import ETHNIC_CODES, UNKNOWN
from fairness_audits.grouping import ethnic_groups
from fairness_audits.policy import Grouping
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from residents.tables import PROTECTED
from store.table import Table

REPORTING_DELAY_DAYS = 42
STEPS = ("contact", "referral", "assessed", "early_help", "cin", "cp", "lac", "young_carer_identified")
MOST_NEEDS, MOST_CHILDREN, MOST_SIGNS = 5, 4, 3
"""So many and more are one stratum."""
_SIGNS = "caring_signs"

_WINDOWS = """
CREATE OR REPLACE TEMP TABLE windows AS
SELECT as_of, lead(as_of) OVER (ORDER BY as_of) AS ends FROM (SELECT DISTINCT as_of FROM members)
QUALIFY ends + $delay::INTEGER <= $covers_to
"""
_HAPPENED = (
    """
CREATE OR REPLACE TEMP TABLE happened AS
SELECT w.as_of, e.person_id, """
    + ", ".join(f"bool_or(e.kind = '{step}') AS {step}" for step in STEPS)
    + """
FROM milestones AS e ASOF JOIN windows AS w ON e.event_date >= w.as_of
WHERE e.event_date < w.ends
GROUP BY w.as_of, e.person_id
"""
)
_CHILDREN = """
CREATE OR REPLACE TEMP TABLE children AS
SELECT m.as_of, m.person_id, min(m.family_id) AS family_id, max(m.age_years) AS age,
    coalesce(any_value(c.code), $unknown) AS ethnicity
FROM members AS m
LEFT JOIN protected AS p ON p.analysis_id = m.person_id LEFT JOIN codes AS c ON c.code = p.ethnicity
WHERE m.age_years < 18
GROUP BY m.as_of, m.person_id
"""
_CHILD_CASES = (
    """
SELECT c.as_of, c.person_id, c.family_id, c.ethnicity, """
    + ", ".join(f"coalesce(h.{step}, false) AS {step}" for step in STEPS)
    + """
FROM children AS c SEMI JOIN windows USING (as_of) LEFT JOIN happened AS h USING (as_of, person_id)
ORDER BY c.as_of, c.person_id
"""
)
_FAMILY_CASES = (
    """
SELECT m.as_of, m.family_id, m.family_id AS unit_id, count(*) FILTER (m.age_years < 18) AS children,
    any_value(e.all_needs) AS all_needs, any_value(e.unprompted_needs) AS unprompted_needs, """
    + ", ".join(f"coalesce(bool_or(h.{step}), false) AS {step}" for step in STEPS)
    + """
FROM members AS m SEMI JOIN windows USING (as_of) JOIN evidence AS e USING (as_of, family_id)
LEFT JOIN happened AS h USING (as_of, person_id)
GROUP BY m.as_of, m.family_id HAVING children > 0
ORDER BY m.as_of, m.family_id
"""
)
_CARER_CASES = """
WITH known AS (
    SELECT person_id, min(event_date) AS known_from FROM milestones WHERE kind = 'young_carer_identified' GROUP BY ALL
)
SELECT c.as_of, c.family_id, c.ethnicity, c.age >= 11 AS older, coalesce(s.signs, 0) AS signs,
    coalesce(h.young_carer_identified, false) AS happened
FROM children AS c SEMI JOIN windows USING (as_of)
LEFT JOIN known AS k USING (person_id)
LEFT JOIN (SELECT as_of, person_id, max(signs) AS signs FROM signs GROUP BY ALL) AS s USING (as_of, person_id)
LEFT JOIN happened AS h USING (as_of, person_id)
WHERE c.age BETWEEN 5 AND 17 AND NOT coalesce(k.known_from < c.as_of, false)
ORDER BY c.as_of, c.person_id
"""
_FOLLOWED = """
WITH reached AS (
    SELECT DISTINCT person_id, event_date AS day FROM milestones
    WHERE list_contains($reached::VARCHAR[], kind) AND event_date >= $from
        AND event_date + $within::INTEGER + $delay::INTEGER <= $covers_to
), went_on AS (
    SELECT DISTINCT r.person_id, r.day FROM reached AS r JOIN milestones AS e USING (person_id)
    WHERE e.kind = $next AND e.event_date >= r.day AND e.event_date <= r.day + $within::INTEGER
), child AS (
    SELECT person_id, min(family_id) AS family_id, any_value(ethnicity) AS ethnicity FROM children GROUP BY person_id
)
SELECT c.family_id, c.ethnicity, w.person_id IS NOT NULL AS happened
FROM reached AS r JOIN child AS c USING (person_id) LEFT JOIN went_on AS w USING (person_id, day)
ORDER BY r.day, r.person_id
"""
_LATEST = """
SELECT ethnicity, count(*) AS children, count(DISTINCT family_id) AS families FROM children
WHERE as_of = (SELECT max(as_of) FROM children) GROUP BY ethnicity ORDER BY ethnicity
"""
_LABELLED = """
SELECT c.as_of, c.unit_id, c.family_id, coalesce(c.family_group, -1) AS family_group, c.outcome,
    coalesce(e.all_needs, 0) AS all_needs, coalesce(e.unprompted_needs, 0) AS unprompted_needs
FROM cohort AS c LEFT JOIN evidence AS e USING (as_of, family_id)
WHERE c.outcome IS NOT NULL
ORDER BY c.as_of, c.unit_id, c.family_id
"""


@dataclass(frozen=True)
class ChildrenNow:
    """Children in families, by detailed ethnic group."""

    by_group: dict[str, int]
    families: int
    """Families, each counted once for each ethnic group that its children have."""

    @property
    def children(self) -> int:
        return sum(self.by_group.values())


class Observed:
    """The run's tables opened on one connection; each method gives the cases of one kind of step."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        paths: Mapping[Table, Path],
        catalogue: Sequence[Mapping[str, Any]],
        covers: tuple[dt.date, dt.date],
    ) -> None:
        """``covers`` are the first and the last day that the extracts cover."""
        self._connection, self._paths = connection, paths
        self._from, self._to = covers
        for table in (MEMBERS, MILESTONES, PROTECTED):
            self._open(table).create_view(table.name, replace=True)
        evidence(self._open(FAMILY_FEATURES), catalogue).create_view("evidence", replace=True)
        signs = self._open(CHILD_FEATURES)
        count = duckdb.ColumnExpression(_SIGNS) if _SIGNS in signs.columns else duckdb.ConstantExpression(0)
        keys = [duckdb.ColumnExpression(name) for name in ("as_of", "person_id")]
        signs.select(*keys, count.alias("signs")).create_view("signs", replace=True)
        connection.register("codes", pa.table({"code": [entry.code for entry in ETHNIC_CODES]}))
        connection.execute(_WINDOWS, {"delay": REPORTING_DELAY_DAYS, "covers_to": self._to})
        connection.execute(_HAPPENED)
        connection.execute(_CHILDREN, {"unknown": UNKNOWN})
        self.child_cases = connection.sql(_CHILD_CASES).to_arrow_table()
        self.family_cases = connection.sql(_FAMILY_CASES).to_arrow_table()
        self._family_ethnicity = self._detailed(self.family_cases)
        self._child_ethnicity = _objects(self.child_cases["ethnicity"])
        self._child_family, self._family = (
            _codes(cases["family_id"]) for cases in (self.child_cases, self.family_cases)
        )

    def windows(self) -> list[tuple[dt.date, dt.date]]:
        """The windows that have closed, oldest first."""
        return self._connection.execute("SELECT as_of, ends FROM windows ORDER BY as_of").fetchall()

    def children_now(self) -> ChildrenNow:
        """Children in families at the latest as-of date."""
        rows = self._connection.execute(_LATEST).fetchall()
        return ChildrenNow({group: children for group, children, _ in rows}, sum(families for *_, families in rows))

    def children(self, step: str) -> Rows:
        """Children in each window, and whether the step happened."""
        return Rows(_flags(self.child_cases[step]), self._child_ethnicity, self._child_family)

    def families(self, step: str, needs: str) -> Rows:
        """Families in each window, whether the step happened to a member, held equal by date, needs and children."""
        found = self.family_cases
        stratum = _stratum(found["as_of"], _capped(found[needs], MOST_NEEDS), _capped(found["children"], MOST_CHILDREN))
        return Rows(_flags(found[step]), self._family_ethnicity, self._family, stratum)

    def carers(self) -> Rows:
        """Children of 5 to 17 not known as carers, whether they are identified, held equal by date, age and signs."""
        found = self._connection.sql(_CARER_CASES).to_arrow_table()
        stratum = _stratum(found["as_of"], _capped(found["older"], 1), _capped(found["signs"], MOST_SIGNS))
        return Rows(_flags(found["happened"]), _objects(found["ethnicity"]), _codes(found["family_id"]), stratum)

    def followed(self, reached: Sequence[str], step: str, within_days: int) -> Rows:
        """Children who reached one of some steps, and whether they went on to the next within so many days."""
        bound = {
            **{"reached": list(reached), "next": step, "within": within_days},
            **{"delay": REPORTING_DELAY_DAYS, "from": self._from, "covers_to": self._to},
        }
        found = self._connection.sql(_FOLLOWED, params=bound).to_arrow_table()
        return Rows(_flags(found["happened"]), _objects(found["ethnicity"]), _codes(found["family_id"]))

    def labelled(self, cohort: Path, needs: str) -> Rows:
        """A target's cases with a known outcome, held equal by date and the family's needs."""
        self._connection.read_parquet(str(cohort), hive_partitioning=False).create_view("cohort", replace=True)
        found = self._connection.sql(_LABELLED).to_arrow_table()
        family = np.asarray(found["family_group"].to_numpy(), dtype=np.int64)
        if len(family) and family.min() < 0:
            family = _codes(found["family_id"])
        stratum = _stratum(found["as_of"], _capped(found[needs], MOST_NEEDS))
        return Rows(_flags(found["outcome"]), self._detailed(found), family, stratum)

    def _detailed(self, cases: pa.Table) -> NDArray[Any]:
        groups = ethnic_groups(self._connection, cases, self._paths[MEMBERS], self._paths[PROTECTED])
        return groups[Grouping.DETAILED.value]

    def _open(self, table: Table) -> duckdb.DuckDBPyRelation:
        return self._connection.read_parquet(str(self._paths[table]), hive_partitioning=False)


def _flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(), dtype=bool)


def _objects(column: pa.ChunkedArray) -> NDArray[Any]:
    return np.array(column.to_pylist(), dtype=object)


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Each value as a whole number from 0."""
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _capped(column: pa.ChunkedArray, most: int) -> NDArray[np.int64]:
    return np.minimum(np.asarray(column.to_numpy(), dtype=np.int64), most)


def _stratum(as_of: pa.ChunkedArray, *parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for each date and each combination of the parts."""
    stratum = _codes(as_of)
    for part in parts:
        stratum = stratum * (int(part.max(initial=0)) + 1) + part
    return stratum
