"""What pairs alone cannot show: links that the households on both sides speak for.

Comparing pairs leaves apart a record without a birth date at another address, and a woman under her married name at
another address. But where people moved, those who lived with the one before often live with the other after, and the
one left at about the time the other came; two who lived apart over the same time are hardly one.

How much that says is learnt from the council's own records, with no truth at hand: from pairs that are one person
beyond doubt (names, birth date and cluster agree) and pairs that are two beyond doubt (one name, two birth dates),
neither of which share an address. The likelihood ratio of the evidence (Fellegi and Sunter 1969) is added to the
match weight that the names have. A record without a birth date is one of the people of that name or none of them:
the chance of each is its odds over one and the sum of the odds of all who cannot be the same.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, TypeGuard

import duckdb
import pyarrow as pa

from residents.matching.scoring import NO_LINKS, score
from residents.matching.training import Model

Evidence = list[dict[str, Any]]
"""What each kind of evidence weighs: shared, moved, known pairs of one person and of two, and the weight in bits."""

_MOST_NAMESAKES = 50
"""People of one name above which a name says too little, whatever the household."""
_KNOWN_PAIRS = 20_000
_LEAST_KNOWN = 200
_DRAWN_PAIRS = 20
_BESIDE_DAYS = 91
"""Systems hear of one move at different times: a quarter of a year lets each of them hear."""
_APART_DAYS = 182
_ANY_PROBABILITY = 1e-12

_RATIO_SCHEMA = pa.schema(
    [
        ("shared", pa.string()),
        ("moved", pa.string()),
        ("matches", pa.int64()),
        ("others", pa.int64()),
        ("weight", pa.float64()),
    ]
)

_NAMES = """
CREATE OR REPLACE TEMP TABLE changed_clusters AS SELECT DISTINCT label FROM clusters ANTI JOIN settled USING (version);
CREATE OR REPLACE TEMP TABLE cluster_names AS
SELECT c.label, v.forename, v.surname, min(v.version) AS version
FROM versions AS v JOIN clusters AS c USING (version)
WHERE length(v.forename) > 1 AND v.surname IS NOT NULL
GROUP BY ALL
"""
# Two of one name, or of one forename and birth date under two surnames, where there is anything new of either.
_NAMESAKES = """
CREATE OR REPLACE TEMP TABLE namesakes AS
SELECT n.* FROM cluster_names AS n JOIN (
    SELECT forename, surname FROM cluster_names LEFT JOIN changed_clusters AS c USING (label)
    GROUP BY ALL HAVING count(*) BETWEEN 2 AND $most AND count(c.label) > 0
) USING (forename, surname)
"""
_RENAMED = """
CREATE OR REPLACE TEMP TABLE renamed AS
WITH
dated AS (
    SELECT v.version, c.label, v.forename, v.surname, v.dob FROM versions AS v JOIN clusters AS c USING (version)
    WHERE length(v.forename) > 1 AND v.surname IS NOT NULL AND NOT v.dob_weak
),
shared AS (
    SELECT forename, dob FROM dated LEFT JOIN changed_clusters AS c USING (label)
    GROUP BY ALL HAVING min(label) < max(label) AND count(c.label) > 0
),
held AS (SELECT d.* FROM dated AS d JOIN shared USING (forename, dob))
SELECT a.label AS one, b.label AS two, min(a.version) AS version_one, min(b.version) AS version_two
FROM held AS a JOIN held AS b ON a.forename = b.forename AND a.dob = b.dob AND a.label < b.label
WHERE a.surname <> b.surname
GROUP BY ALL
"""
_FACTS = """
CREATE OR REPLACE TEMP TABLE cluster_facts AS
SELECT c.label, max(v.dob) AS dob, list_distinct(flatten(list(v.homes))) AS homes
FROM versions AS v JOIN clusters AS c USING (version)
WHERE c.label IN (SELECT label FROM namesakes UNION SELECT one FROM renamed UNION SELECT two FROM renamed)
GROUP BY c.label
"""
# Of two of one name, one has no birth date.
_ASKED = """
CREATE OR REPLACE TEMP TABLE household_asked AS
WITH
named AS (SELECT n.*, f.dob, f.homes FROM namesakes AS n JOIN cluster_facts AS f USING (label)),
undated AS (
    SELECT a.label AS one, b.label AS two, a.version AS version_one, b.version AS version_two
    FROM named AS a JOIN named AS b ON a.forename = b.forename AND a.surname = b.surname AND a.label <> b.label
    WHERE a.dob IS NULL AND (b.dob IS NOT NULL OR a.label < b.label)
        AND NOT coalesce(list_has_any(a.homes, b.homes), false)
)
SELECT one, two, min(version_one) AS version_one, min(version_two) AS version_two
FROM (FROM undated UNION ALL FROM renamed)
WHERE one IN (FROM changed_clusters) OR two IN (FROM changed_clusters)
GROUP BY ALL ORDER BY ALL
"""
# Whoever ever lived where someone did of whom there is anything new, or who is asked about.
_ALL_SUBJECTS = "CREATE TABLE asked_subjects AS SELECT DISTINCT subject FROM versions"
_ASKED_SUBJECTS = """
CREATE TABLE asked_subjects AS
WITH
labels AS (FROM changed_clusters UNION SELECT one FROM household_asked UNION SELECT two FROM household_asked),
homes AS (
    SELECT DISTINCT unnest(v.homes) AS home
    FROM versions AS v JOIN clusters AS c USING (version) JOIN labels USING (label)
)
SELECT DISTINCT v.subject FROM (SELECT subject, unnest(homes) AS home FROM versions) AS v SEMI JOIN homes USING (home)
"""
_HOMES = """
CREATE OR REPLACE TEMP TABLE cluster_homes AS
SELECT c.label, s.address_key, min(s.from_date) AS from_date, max(s.to_date) AS to_date
FROM version_spells AS s JOIN clusters AS c USING (version)
WHERE NOT s.communal
GROUP BY ALL
"""
_PAIRS = """
CREATE OR REPLACE TABLE household_pairs AS
SELECT DISTINCT least(version_one, version_two) AS join_key_l, greatest(version_one, version_two) AS join_key_r,
    '0' AS match_key
FROM household_asked ORDER BY ALL
"""
# Pairs of which the answer is known, drawn by an order that hangs on nothing else.
_KNOWN = """
CREATE OR REPLACE TEMP TABLE known_pairs AS
WITH
dated AS (
    SELECT v.version, c.label, v.forename, v.surname, v.dob, v.homes
    FROM versions AS v JOIN clusters AS c USING (version)
    WHERE length(v.forename) > 1 AND v.surname IS NOT NULL AND NOT v.dob_weak AND len(v.homes) > 0
),
matches AS (
    SELECT a.version AS one, b.version AS two, a.label AS label_one, b.label AS label_two, true AS matched
    FROM dated AS a JOIN dated AS b USING (forename, surname, dob, label)
    WHERE a.version < b.version AND NOT list_has_any(a.homes, b.homes)
    ORDER BY hash(a.version, b.version, $seed), one, two LIMIT $pairs
),
namesakes AS (
    SELECT forename, surname
    FROM (SELECT forename, surname FROM dated GROUP BY ALL HAVING count(DISTINCT dob) BETWEEN 2 AND $most)
    ORDER BY hash(forename, surname, $seed), forename, surname LIMIT $pairs
),
others AS (
    SELECT a.version AS one, b.version AS two, a.label AS label_one, b.label AS label_two, false AS matched
    FROM namesakes JOIN dated AS a USING (forename, surname) JOIN dated AS b USING (forename, surname)
    WHERE a.version < b.version AND a.label <> b.label AND abs(a.dob - b.dob) > 1000
        AND NOT list_has_any(a.homes, b.homes)
    ORDER BY hash(a.version, b.version, $seed), one, two LIMIT $pairs
)
FROM matches UNION ALL FROM others
"""
# The sides of every pair: a known pair's are two versions, an asked pair's two clusters.
_SIDES = """
CREATE OR REPLACE TEMP TABLE evidence_pairs AS
SELECT row_number() OVER (ORDER BY matched, one, two) AS pair, * FROM (
    SELECT matched, one, two, label_one, label_two FROM known_pairs
    UNION ALL SELECT NULL, one, two, one, two FROM household_asked
);
CREATE OR REPLACE TEMP TABLE pair_homes AS
WITH sides AS (
    SELECT pair, 1 AS side, one AS holder, matched IS NULL AS whole FROM evidence_pairs
    UNION ALL SELECT pair, 2, two, matched IS NULL FROM evidence_pairs
)
SELECT s.pair, s.side, h.address_key, h.from_date, h.to_date FROM sides AS s
JOIN cluster_homes AS h ON s.holder = h.label WHERE s.whole
UNION ALL
SELECT s.pair, s.side, v.address_key, v.from_date, v.to_date FROM sides AS s
JOIN version_spells AS v ON s.holder = v.version WHERE NOT s.whole AND NOT v.communal
"""
_EVIDENCE = """
CREATE OR REPLACE TEMP TABLE household_evidence AS
WITH
near AS (
    SELECT DISTINCT h.pair, h.side, r.label
    FROM pair_homes AS h
    JOIN cluster_homes AS r ON h.address_key = r.address_key
        AND h.from_date <= r.to_date + $beside::INTEGER AND r.from_date <= h.to_date + $beside::INTEGER
    JOIN evidence_pairs AS p ON h.pair = p.pair
    WHERE r.label <> p.label_one AND r.label <> p.label_two
),
same_people AS (
    SELECT DISTINCT a.pair FROM near AS a JOIN near AS b ON a.pair = b.pair AND a.label = b.label
    WHERE a.side = 1 AND b.side = 2
),
near_names AS (
    SELECT DISTINCT n.pair, n.side, m.forename, m.surname
    FROM near AS n JOIN cluster_names AS m USING (label) JOIN evidence_pairs AS p USING (pair)
    WHERE NOT EXISTS (FROM cluster_names AS o
        WHERE o.label = p.label_one AND o.forename = m.forename AND o.surname = m.surname)
),
same_names AS (
    SELECT DISTINCT a.pair FROM near_names AS a JOIN near_names AS b
        ON a.pair = b.pair AND a.forename = b.forename AND a.surname = b.surname
    WHERE a.side = 1 AND b.side = 2
),
moves AS (
    SELECT a.pair,
        bool_or(abs(a.to_date - b.from_date) <= $beside OR abs(b.to_date - a.from_date) <= $beside) AS beside,
        bool_or(least(a.to_date, b.to_date) - greatest(a.from_date, b.from_date) >= $apart) AS apart
    FROM pair_homes AS a JOIN pair_homes AS b ON a.pair = b.pair
    WHERE a.side = 1 AND b.side = 2
    GROUP BY a.pair
)
SELECT p.*, CASE WHEN s.pair IS NOT NULL THEN 'people' WHEN n.pair IS NOT NULL THEN 'names' ELSE 'none' END AS shared,
    CASE WHEN m.beside THEN 'beside' WHEN m.apart THEN 'apart' WHEN m.pair IS NULL THEN 'unknown' ELSE 'neither' END
        AS moved
FROM evidence_pairs AS p LEFT JOIN same_people AS s USING (pair) LEFT JOIN same_names AS n USING (pair)
LEFT JOIN moves AS m USING (pair)
"""
# The chance of each kind of evidence among known pairs, drawn towards its chance among all of them by a number of
# pairs, so that a kind seldom met says little.
_RATIOS = """
WITH
counted AS (
    SELECT shared, moved, count(*) FILTER (matched) AS matches, count(*) FILTER (NOT matched) AS others
    FROM household_evidence WHERE matched IS NOT NULL GROUP BY ALL
),
pooled AS (
    SELECT *, sum(matches) OVER () AS all_matches, sum(others) OVER () AS all_others,
        (matches + others) / sum(matches + others) OVER () AS share
    FROM counted
)
SELECT shared, moved, matches, others, round(log2(
        (matches + $drawn * share) / (all_matches + $drawn) * (all_others + $drawn) / (others + $drawn * share)
    ), 4) AS weight
FROM pooled WHERE all_matches >= $enough AND all_others >= $enough ORDER BY shared, moved
"""
_LINKS = """
WITH
weighed AS (
    SELECT e.one, e.two, l.version_l, l.version_r, round(l.weight + coalesce(r.weight, 0), 4) AS weight,
        a.dob AS dob_one, b.dob AS dob_two
    FROM household_evidence AS e
    JOIN household_asked AS q ON e.one = q.one AND e.two = q.two
    JOIN name_links AS l
        ON l.version_l = least(q.version_one, q.version_two) AND l.version_r = greatest(q.version_one, q.version_two)
    LEFT JOIN evidence_ratios AS r ON e.shared = r.shared AND e.moved = r.moved
    JOIN cluster_facts AS a ON e.one = a.label JOIN cluster_facts AS b ON e.two = b.label
    WHERE e.matched IS NULL
),
-- Everyone with a birth date whom an undated one could be, each at the odds of the best of its names.
could_be AS (
    SELECT undated, dated, max(pow(2, weight)) AS odds FROM (
        SELECT one AS undated, two AS dated, weight FROM weighed WHERE dob_one IS NULL AND dob_two IS NOT NULL
        UNION ALL SELECT two, one, weight FROM weighed WHERE dob_two IS NULL AND dob_one IS NOT NULL
    ) GROUP BY ALL
),
rivals AS (
    SELECT one, two, sum(odds) AS odds FROM (
        SELECT w.one, w.two, c.odds FROM weighed AS w JOIN could_be AS c ON c.undated = w.one AND c.dated <> w.two
        UNION ALL
        SELECT w.one, w.two, c.odds FROM weighed AS w JOIN could_be AS c ON c.undated = w.two AND c.dated <> w.one
    ) GROUP BY ALL
),
chances AS (
    SELECT w.*, pow(2, w.weight) / (1 + pow(2, w.weight) + coalesce(r.odds, 0)) AS probability
    FROM weighed AS w LEFT JOIN rivals AS r USING (one, two)
)
SELECT version_l, version_r, weight, round(probability, 6) AS probability FROM chances
WHERE probability >= $least
ORDER BY weight DESC, version_l, version_r
"""
_DONE = """
DROP TABLE changed_clusters; DROP TABLE cluster_names; DROP TABLE namesakes; DROP TABLE renamed;
DROP TABLE cluster_facts; DROP TABLE household_asked; DROP TABLE cluster_homes; DROP TABLE household_pairs;
DROP TABLE known_pairs; DROP TABLE evidence_pairs; DROP TABLE pair_homes; DROP TABLE household_evidence
"""


def is_evidence(document: object) -> TypeGuard[Evidence]:
    """Whether a document is what `household_links` learnt."""
    return isinstance(document, list) and all(
        isinstance(row, dict)
        and set(row) == set(_RATIO_SCHEMA.names)
        and all(isinstance(row[name], str) for name in ("shared", "moved"))
        and all(isinstance(row[name], int) for name in ("matches", "others"))
        and isinstance(row["weight"], float)
        and isfinite(row["weight"])
        for row in document
    )


def ask_households(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``household_asked``, the pairs of clusters on which households may have a say, and ``asked_subjects``.

    ``asked_subjects`` (subject) are the keys whose homes say it: all of them, or, where versions are settled, whoever
    ever lived where someone did of whom there is anything new, or whom a pair is about.
    """
    con.execute(_NAMES)
    con.execute(_NAMESAKES, {"most": _MOST_NAMESAKES})
    con.execute(_RENAMED)
    con.execute(_FACTS)
    con.execute(_ASKED)
    settled = con.sql("FROM settled LIMIT 1").fetchall()
    con.execute(_ASKED_SUBJECTS if settled else _ALL_SUBJECTS)


def household_links(
    con: duckdb.DuckDBPyConnection, model: Model, least_probability: float, seed: int, known: Evidence | None
) -> tuple[pa.Table, Evidence]:
    """Links as `score` gives them, and what each kind of evidence weighs (shared, moved, matches, others, weight).

    From ``household_asked`` and ``version_spells``. ``known`` is what it weighed in an earlier
    index; None to learn it. Where there is too little to learn from, households say nothing.
    """
    con.execute(_HOMES)
    drawn = {"most": _MOST_NAMESAKES, "seed": seed, "pairs": _KNOWN_PAIRS if known is None else 0}
    con.execute(_KNOWN, drawn)
    con.execute(_SIDES)
    con.execute(_EVIDENCE, {"beside": _BESIDE_DAYS, "apart": _APART_DAYS})
    if known is None:
        known = con.sql(_RATIOS, params={"drawn": _DRAWN_PAIRS, "enough": _LEAST_KNOWN}).to_arrow_table().to_pylist()
    con.execute(_PAIRS)
    con.register("evidence_ratios", pa.Table.from_pylist(known, schema=_RATIO_SCHEMA))
    con.register("name_links", score(con, model, _ANY_PROBABILITY, "household_pairs"))
    found = con.sql(_LINKS, params={"least": least_probability}).to_arrow_table() if known else NO_LINKS
    con.execute(_DONE)
    return found, known
