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
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import duckdb

from residents.quality.groups import Count, age_band, detailed, sex_group, shares, whole
from residents.quality.weights import MOST_WEIGHED, weigh


@dataclass(frozen=True)
class Fact:
    """A fact to hold out: its comparison in the model, the words by which its blocking rules are known, its name.

    ``pairs`` are those that it proves, with other facts or alone.
    """

    comparison: str
    rule_words: tuple[str, ...]
    pairs: str
    title: str


_SAME_HOME = """
CREATE OR REPLACE TABLE certain_pairs AS
WITH
lived AS (
    SELECT version, subject, source, forename, dob, sex, unnest(homes) AS home FROM versions
    WHERE dob IS NOT NULL AND NOT dob_weak AND sex IS NOT NULL
),
listed AS (
    SELECT source, home, dob FROM lived GROUP BY source, home, dob, sex HAVING count(DISTINCT forename) > 1
),
alone AS (FROM lived AS l WHERE NOT EXISTS (FROM listed AS t WHERE t.home = l.home AND t.dob = l.dob))
SELECT a.version AS join_key_l, b.version AS join_key_r, '0' AS match_key, min(hash(a.home, a.dob, a.sex)) AS who
FROM alone AS a JOIN alone AS b ON a.home = b.home AND a.dob = b.dob AND a.sex = b.sex AND a.version < b.version
WHERE a.subject <> b.subject
GROUP BY a.version, b.version
"""
_SAME_UPN = """
CREATE OR REPLACE TABLE certain_pairs AS
SELECT a.version AS join_key_l, b.version AS join_key_r, '0' AS match_key, hash(c.label) AS who
FROM versions AS a JOIN versions AS b ON a.upn = b.upn AND a.version < b.version AND a.subject <> b.subject
JOIN clusters AS c ON a.version = c.version JOIN clusters AS d ON b.version = d.version AND c.label = d.label
WHERE a.upn SIMILAR TO '.*[0-9]'
"""
_SAME_NINO = """
CREATE OR REPLACE TABLE certain_pairs AS
SELECT a.version AS join_key_l, b.version AS join_key_r, '0' AS match_key, hash(c.label) AS who
FROM versions AS a JOIN versions AS b ON a.nino = b.nino AND a.version < b.version AND a.subject <> b.subject
JOIN clusters AS c ON a.version = c.version JOIN clusters AS d ON b.version = d.version AND c.label = d.label
"""
FACTS = (
    Fact("dob", ("birth", "day and month"), _SAME_HOME, "One address and birth date, judged without the birth date"),
    Fact("home", ("home", "postcode", "street"), _SAME_HOME, "One address and birth date, judged without the address"),
    Fact("upn", ("upn",), _SAME_UPN, "One pupil number, judged without it"),
    Fact("nino", ("nino",), _SAME_NINO, "One National Insurance number, judged without it"),
)
# Two that an earlier index settled are not brought together anew, which says nothing of how they would have been.
_NOT_SETTLED = """
DELETE FROM certain_pairs
WHERE join_key_l IN (SELECT version FROM settled) AND join_key_r IN (SELECT version FROM settled)
"""
_SOME = "DELETE FROM certain_pairs WHERE hash(who, 'some') % $each <> 0"
# A pair of the systems' keys is found when any of their versions are. Several versions of a pair have one 'who'.
_JUDGED = """
CREATE OR REPLACE TABLE judged AS
WITH
other_keys AS (
    FROM block_keys AS k
    WHERE k.members BETWEEN 2 AND $largest AND len(list_filter($words, lambda w: contains(lower(k.rule), w))) = 0
),
brought AS (
    SELECT DISTINCT p.join_key_l, p.join_key_r
    FROM certain_pairs AS p
    JOIN other_keys AS l ON p.join_key_l = l.version JOIN other_keys AS r ON p.join_key_r = r.version AND l.key = r.key
),
by_key AS (
    SELECT min(p.who) AS who, a.source AS source_l, b.source AS source_r, a.subject AS one, b.subject AS two,
        min(w.version_l) AS version_l, min(w.version_r) AS version_r,
        bool_or(w.weight >= $threshold AND g.join_key_l IS NOT NULL) AS found
    FROM weighed AS w
    JOIN certain_pairs AS p ON w.version_l = p.join_key_l AND w.version_r = p.join_key_r
    JOIN versions AS a ON w.version_l = a.version JOIN versions AS b ON w.version_r = b.version
    LEFT JOIN brought AS g ON w.version_l = g.join_key_l AND w.version_r = g.join_key_r
    GROUP BY a.source, b.source, a.subject, b.subject
),
people_of AS (
    SELECT c.version, o.sex, o.dob, e.ethnicity
    FROM clusters AS c JOIN persons AS p USING (label) JOIN people AS o USING (person_id)
    LEFT JOIN ethnicity AS e USING (person_id)
)
SELECT k.*, coalesce(l.ethnicity, r.ethnicity) AS ethnicity, coalesce(l.sex, r.sex) AS sex,
    date_sub('year', coalesce(l.dob, r.dob), $today) AS age
FROM by_key AS k JOIN people_of AS l ON k.version_l = l.version JOIN people_of AS r ON k.version_r = r.version
"""
_COUNTS = """
SELECT ethnicity, sex, age, count(*), count(*) FILTER (found)
FROM (FROM judged QUALIFY row_number() OVER (PARTITION BY who ORDER BY hash(one, two), one, two) = 1)
GROUP BY ALL ORDER BY ALL
"""
_BY_SYSTEM = """
SELECT source, count(*), count(*) FILTER (found)
FROM (
    FROM (SELECT *, source_l AS source FROM judged UNION ALL SELECT *, source_r FROM judged WHERE source_r <> source_l)
    QUALIFY row_number() OVER (PARTITION BY source, who ORDER BY hash(one, two), one, two) = 1
)
GROUP BY ALL ORDER BY ALL
"""


def held_out(
    con: duckdb.DuckDBPyConnection, settings: dict[str, Any], threshold: float, largest_block: int, today: dt.date
) -> list[dict[str, Any]]:
    """For each fact the share of certain pairs found without it, overall and by group; protected.

    Needs ``versions``, ``clusters``, ``block_keys``, ``people`` and ``ethnicity``.
    """
    found = []
    for fact in FACTS:
        con.execute(fact.pairs)
        con.execute(_NOT_SETTLED)
        _keep_some(con)
        weigh(con, _without(settings, fact.comparison), "certain_pairs")
        values = {
            "words": list(fact.rule_words),
            "largest": largest_block,
            "threshold": threshold,
            "today": today,
        }
        con.execute(_JUDGED, values)
        found.append(_answer(con, fact))
    return found


def _keep_some(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the pairs of as many people, drawn by lot, as can be weighed in a few seconds."""
    pairs = con.sql("SELECT count(*) FROM certain_pairs").fetchall()[0][0]
    con.execute(_SOME, {"each": max(1, math.ceil(pairs / MOST_WEIGHED))})


def _without(settings: dict[str, Any], comparison: str) -> dict[str, Any]:
    kept = [one for one in settings["comparisons"] if one["output_column_name"] != comparison]
    return {**settings, "comparisons": kept}


def _answer(con: duckdb.DuckDBPyConnection, fact: Fact) -> dict[str, Any]:
    everyone = Count(0, 0)
    groups: dict[str, dict[str, Count]] = defaultdict(dict)
    for ethnicity, sex, age, n, linked in con.sql(_COUNTS).fetchall():
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
        "systems": [{"source": source, **whole(Count(n, k))} for source, n, k in con.sql(_BY_SYSTEM).fetchall()],
    }
