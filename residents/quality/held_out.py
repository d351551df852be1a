"""Recall without a truth: pairs that one fact proves to be one person, judged without that fact.

- Two records with one pupil number, or one National Insurance number, and which the index joined, are one person
  whatever else they say. Those typed on the wrong person are left out as far as the index saw through them.
- So are two of one address, one birth date and one sex, unless a system lists two people there who were born that day
  (twins). Judged without the birth date they are like the records of systems that ask for none; judged without the
  address, like those of someone who moved. What is left to go by is how the systems spell the name.

How many of the pairs would have been brought together by another blocking rule, and would still have reached the
threshold, tells how well records are linked that lack the fact, group by group. Each person counts once, by one pair
chosen by lot, so that intervals hold; where there are very many, a sample of them serves. It is a pair's chance
before clustering: a third record may still join what these two do not. Records that hold such a fact are better kept
than others, so that the truth is likely to be worse.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import duckdb
import pyarrow as pa

from residents.quality.groups import Count, age_band, detailed, sex_group, shares, whole
from residents.quality.weights import one_in


class Proof(StrEnum):
    """What proves a pair to be one person."""

    HOME = "home"
    UPN = "upn"
    NINO = "nino"


@dataclass(frozen=True)
class Fact:
    """A fact to hold out: its comparison in the model, the words by which its blocking rules are known, its name.

    ``proof`` says which pairs it proves, with other facts or alone.
    """

    comparison: str
    rule_words: tuple[str, ...]
    proof: Proof
    title: str


FACTS = (
    Fact("dob", ("birth", "day and month"), Proof.HOME, "One address and birth date, judged without the birth date"),
    Fact("home", ("home", "postcode", "street"), Proof.HOME, "One address and birth date, judged without the address"),
    Fact("upn", ("upn",), Proof.UPN, "One pupil number, judged without it"),
    Fact("nino", ("nino",), Proof.NINO, "One National Insurance number, judged without it"),
)

_SAME_HOME = """
CREATE OR REPLACE TABLE proven_pairs AS
WITH
lived AS (
    SELECT version, subject, source, forename, dob, sex, unnest(homes) AS home FROM versions
    WHERE dob IS NOT NULL AND NOT dob_weak AND sex IS NOT NULL
),
listed AS (
    SELECT source, home, dob FROM lived GROUP BY source, home, dob, sex HAVING count(DISTINCT forename) > 1
),
alone AS (FROM lived AS l WHERE NOT EXISTS (FROM listed AS t WHERE t.home = l.home AND t.dob = l.dob))
SELECT a.version AS join_key_l, b.version AS join_key_r, min(hash(a.home, a.dob, a.sex)) AS who
FROM alone AS a JOIN alone AS b ON a.home = b.home AND a.dob = b.dob AND a.sex = b.sex AND a.version < b.version
WHERE a.subject <> b.subject
GROUP BY a.version, b.version
"""
_SAME_UPN = """
CREATE OR REPLACE TABLE proven_pairs AS
SELECT a.version AS join_key_l, b.version AS join_key_r, hash(c.label) AS who
FROM versions AS a JOIN versions AS b ON a.upn = b.upn AND a.version < b.version AND a.subject <> b.subject
JOIN clusters AS c ON a.version = c.version JOIN clusters AS d ON b.version = d.version AND c.label = d.label
WHERE a.upn SIMILAR TO '.*[0-9]'
"""
_SAME_NINO = """
CREATE OR REPLACE TABLE proven_pairs AS
SELECT a.version AS join_key_l, b.version AS join_key_r, hash(c.label) AS who
FROM versions AS a JOIN versions AS b ON a.nino = b.nino AND a.version < b.version AND a.subject <> b.subject
JOIN clusters AS c ON a.version = c.version JOIN clusters AS d ON b.version = d.version AND c.label = d.label
"""
_PROVEN = {Proof.HOME: _SAME_HOME, Proof.UPN: _SAME_UPN, Proof.NINO: _SAME_NINO}
# Two that an earlier index settled are not brought together anew, which says nothing of how they would have been.
_NOT_SETTLED = """
DELETE FROM proven_pairs
WHERE join_key_l IN (SELECT version FROM settled) AND join_key_r IN (SELECT version FROM settled)
"""
_CERTAIN = """
CREATE OR REPLACE TABLE certain_pairs (proof VARCHAR, join_key_l BIGINT, join_key_r BIGINT, who UBIGINT)
"""
# Of as many people, drawn by lot, as can be weighed in a few seconds.
_SOME = """
INSERT INTO certain_pairs
SELECT $proof, join_key_l, join_key_r, who FROM proven_pairs WHERE hash(who, 'some') % $each::UBIGINT = 0
"""
# By which rules the two of a pair are brought together, each rule a bit.
_BROUGHT = """
CREATE OR REPLACE TABLE brought AS
WITH
ends AS (SELECT join_key_l AS version FROM certain_pairs UNION SELECT join_key_r FROM certain_pairs),
held AS (
    SELECT version, key, rule FROM block_keys SEMI JOIN ends USING (version) WHERE members BETWEEN 2 AND $largest
),
numbered AS (
    SELECT rule, 1::BIGINT << (row_number() OVER (ORDER BY rule) - 1) AS bit FROM (SELECT DISTINCT rule FROM held)
),
together AS (
    SELECT p.join_key_l, p.join_key_r, bit_or(n.bit) AS rules
    FROM (SELECT DISTINCT join_key_l, join_key_r FROM certain_pairs) AS p
    JOIN held AS l ON p.join_key_l = l.version JOIN held AS r ON p.join_key_r = r.version AND l.key = r.key
    JOIN numbered AS n ON l.rule = n.rule
    GROUP BY ALL
),
others AS (
    SELECT f.fact, coalesce(bit_or(n.bit), 0) AS rules FROM held_out_facts AS f LEFT JOIN numbered AS n
        ON len(list_filter(f.words, lambda w: contains(lower(n.rule), w))) = 0
    GROUP BY f.fact
)
SELECT o.fact, t.join_key_l, t.join_key_r FROM together AS t JOIN others AS o ON t.rules & o.rules <> 0
"""
# A pair of the systems' keys is found when any of their versions are. Several versions of a pair have one 'who'.
_JUDGED = """
CREATE OR REPLACE TABLE judged AS
WITH
by_key AS (
    SELECT f.fact, min(p.who) AS who, a.source AS source_l, b.source AS source_r, a.subject AS one, b.subject AS two,
        min(w.version_l) AS version_l, min(w.version_r) AS version_r,
        bool_or(w.without[f.place] >= $threshold AND g.join_key_l IS NOT NULL) AS found
    FROM held_out_facts AS f JOIN certain_pairs AS p USING (proof)
    JOIN weighed AS w ON w.version_l = p.join_key_l AND w.version_r = p.join_key_r
    JOIN versions AS a ON w.version_l = a.version JOIN versions AS b ON w.version_r = b.version
    LEFT JOIN brought AS g ON f.fact = g.fact AND w.version_l = g.join_key_l AND w.version_r = g.join_key_r
    GROUP BY f.fact, a.source, b.source, a.subject, b.subject
),
people_of AS (
    SELECT c.version, o.sex, o.dob, e.ethnicity
    FROM clusters AS c JOIN persons AS p USING (label) JOIN people AS o USING (person_id)
    LEFT JOIN ethnicity AS e USING (person_id)
    WHERE c.version IN (SELECT version_l FROM by_key UNION SELECT version_r FROM by_key)
)
SELECT k.*, coalesce(l.ethnicity, r.ethnicity) AS ethnicity, coalesce(l.sex, r.sex) AS sex,
    date_sub('year', coalesce(l.dob, r.dob), $today) AS age
FROM by_key AS k JOIN people_of AS l ON k.version_l = l.version JOIN people_of AS r ON k.version_r = r.version
"""
_COUNTS = """
SELECT fact, ethnicity, sex, age, count(*), count(*) FILTER (found)
FROM (FROM judged QUALIFY row_number() OVER (PARTITION BY fact, who ORDER BY hash(one, two), one, two) = 1)
GROUP BY ALL ORDER BY ALL
"""
_BY_SYSTEM = """
SELECT fact, source, count(*), count(*) FILTER (found)
FROM (
    FROM (SELECT *, source_l AS source FROM judged UNION ALL SELECT *, source_r FROM judged WHERE source_r <> source_l)
    QUALIFY row_number() OVER (PARTITION BY fact, source, who ORDER BY hash(one, two), one, two) = 1
)
GROUP BY ALL ORDER BY ALL
"""
_DONE = "DROP TABLE certain_pairs; DROP TABLE brought"


def make_certain_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``certain_pairs`` (proof, join_key_l, join_key_r, who) from ``versions``, ``clusters`` and ``settled``."""
    con.execute(_CERTAIN)
    for proof, pairs in _PROVEN.items():
        con.execute(pairs)
        con.execute(_NOT_SETTLED)
        con.execute(_SOME, {"proof": proof.value, "each": one_in(con, "proven_pairs")})
    con.execute("DROP TABLE proven_pairs")


def make_judged(con: duckdb.DuckDBPyConnection, threshold: float, largest_block: int, today: dt.date) -> None:
    """Make ``judged``: the pairs of the systems' keys that each fact proves, and whether they are found without it.

    Needs ``certain_pairs``, ``weighed`` (its ``without`` in the order of `FACTS`), ``versions``, ``clusters``,
    ``block_keys``, ``persons``, ``people`` and ``ethnicity``.
    """
    facts = {
        "fact": [fact.comparison for fact in FACTS],
        "place": range(1, len(FACTS) + 1),
        "proof": [fact.proof.value for fact in FACTS],
        "words": [list(fact.rule_words) for fact in FACTS],
    }
    con.register("held_out_facts", pa.table(facts))
    con.execute(_BROUGHT, {"largest": largest_block})
    con.execute(_JUDGED, {"threshold": threshold, "today": today})
    con.unregister("held_out_facts")
    con.execute(_DONE)


def held_out(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """For each fact the share of certain pairs found without it, overall and by group; protected."""
    counts, by_system = con.sql(_COUNTS).fetchall(), con.sql(_BY_SYSTEM).fetchall()
    return [
        _answer(
            fact,
            [row[1:] for row in counts if row[0] == fact.comparison],
            [row[1:] for row in by_system if row[0] == fact.comparison],
        )
        for fact in FACTS
    ]


def _answer(fact: Fact, counts: Sequence[tuple[Any, ...]], by_system: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    everyone = Count(0, 0)
    groups: dict[str, dict[str, Count]] = defaultdict(dict)
    for ethnicity, sex, age, n, linked in counts:
        count = Count(n, linked)
        everyone += count
        for grouping, group in (
            ("detailed", detailed(ethnicity)),
            ("sex", sex_group(sex)),
            ("age", age_band(age)),
        ):
            groups[grouping][group] = groups[grouping].get(group, Count(0, 0)) + count
    return {
        "name": fact.comparison,
        "title": fact.title,
        "everyone": whole(everyone),
        "groupings": shares(groups),
        "systems": [{"source": source, **whole(Count(n, k))} for source, n, k in by_system],
    }
