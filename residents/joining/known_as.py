"""A second forename at one home: known-as names, told from twins.

Two records of one birth date, home and surname with two forenames are twins, or one child whom some systems know by
another name. Brothers and sisters meet in the same systems: how often two of about one age do not is counted, and so
is how many pairs of one birth date do. Hence the number of twins to be expected among the pairs that share no
system; the rest of those pairs are one person under two names.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from residents.matching.scoring import NO_LINKS

_LEAST_SIBLINGS = 30
"""Pairs of brothers and sisters that meet in a system, below which nothing can be told."""

# Brothers and sisters born within three years or so go to much the same systems.
_PAIRS = """
CREATE OR REPLACE TEMP TABLE same_home_pairs AS
WITH
-- A stay within a longer one at the same home shows nobody else.
longest AS (
    SELECT c.label, s.home, s.from_date, max(s.to_date) AS to_date
    FROM version_spells AS s JOIN clusters AS c USING (version) WHERE NOT s.communal
    GROUP BY c.label, s.home, s.from_date
),
dated AS (
    SELECT c.label, v.dob, list_distinct(flatten(list(v.surname_words))) AS words,
        list_distinct(list(v.source)) AS systems, min(v.sex) AS least_sex, max(v.sex) AS most_sex,
        min(v.version) AS version
    FROM versions AS v JOIN clusters AS c USING (version)
    WHERE v.dob IS NOT NULL AND NOT v.dob_weak AND length(v.forename) > 1 AND c.label IN (SELECT label FROM longest)
    GROUP BY ALL
),
stays AS (
    SELECT h.label, d.dob, h.home, min(h.from_date) AS from_date, h.to_date
    FROM longest AS h JOIN dated AS d USING (label) GROUP BY h.label, d.dob, h.home, h.to_date
),
near AS (
    SELECT DISTINCT x.label AS one, x.dob AS dob_one, y.label AS two, y.dob AS dob_two
    FROM stays AS x JOIN stays AS y ON x.home = y.home AND x.from_date <= y.to_date AND y.from_date <= x.to_date
        AND y.dob - x.dob BETWEEN 0 AND 1200
    WHERE x.label <> y.label AND (x.dob < y.dob OR x.label < y.label)
)
SELECT n.one, n.two, a.version AS version_one, b.version AS version_two,
    a.dob = b.dob AS one_birth_date, list_has_any(a.systems, b.systems) AS share_a_system
FROM near AS n
JOIN dated AS a ON n.one = a.label AND n.dob_one = a.dob
JOIN dated AS b ON n.two = b.label AND n.dob_two = b.dob
WHERE list_has_any(a.words, b.words)
    AND coalesce(greatest(a.most_sex, b.most_sex) = least(a.least_sex, b.least_sex), true)
"""
# Twins are at least a thirtieth of brothers and sisters so near in age (one and a half in a hundred maternities, ONS),
# also where none is seen to meet.
_CHANCE = """
WITH
counted AS (
    SELECT count(*) FILTER (one_birth_date AND NOT share_a_system) AS apart,
        count(*) FILTER (one_birth_date AND share_a_system) + 0.5 AS twins_met,
        count(*) FILTER (NOT one_birth_date AND NOT share_a_system) + 0.5 AS siblings_apart,
        count(*) FILTER (NOT one_birth_date AND share_a_system) + 0.5 AS siblings_met
    FROM same_home_pairs
),
expected AS (
    SELECT greatest(twins_met * siblings_apart / siblings_met, siblings_apart / 30) AS twins_apart FROM counted
)
SELECT CASE WHEN siblings_met >= $enough AND apart > 0
    THEN greatest(least(round(1 - twins_apart / apart, 6), 0.999999), 0.0) ELSE 0.0 END
FROM counted CROSS JOIN expected
"""
# What was so before is joined, or was refused.
_LINKS = """
WITH changed AS (SELECT DISTINCT label FROM clusters ANTI JOIN settled USING (version))
SELECT least(version_one, version_two) AS version_l, greatest(version_one, version_two) AS version_r,
    round(log2($chance / (1 - $chance)), 4) AS weight, $chance::DOUBLE AS probability
FROM same_home_pairs AS p
LEFT JOIN changed AS c ON p.one = c.label LEFT JOIN changed AS d ON p.two = d.label
WHERE one_birth_date AND NOT share_a_system AND (c.label IS NOT NULL OR d.label IS NOT NULL)
ORDER BY version_l, version_r
"""


def known_as_links(
    con: duckdb.DuckDBPyConnection, least_probability: float, known: float | None
) -> tuple[pa.Table, float]:
    """Links between people who are probably one under two forenames, and the chance that such a pair is.

    From ``versions``, ``clusters``, ``settled`` and ``version_spells``. ``known`` is the chance in an earlier index;
    None to count it; 0 where there are too few brothers and sisters to count.
    """
    con.execute(_PAIRS)
    if known is None:
        known = float(con.execute(_CHANCE, {"enough": _LEAST_SIBLINGS}).fetchall()[0][0])
    links = NO_LINKS
    if known > 0 and known >= least_probability:
        links = con.sql(_LINKS, params={"chance": known}).to_arrow_table()
    con.execute("DROP TABLE same_home_pairs")
    return links, known
