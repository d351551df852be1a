"""Links refused because relatives could look the same, in a register that holds no families.

The rules that keep people apart are there for relatives at one address: twins share all but a forename, father and son
a name, and a mother's number is typed on her child. In a register of single people the same disagreements are slips of
the pen. A register counts as one only if no system states any group, relationship or pupil number, nobody in it is a
child, most of its records hold an address, and it is large enough to be learnt from; a council's systems together are
never one. Even then the relatives who share an address are counted: at most one in ten such pairs can look as a refused
pair does, so that where the refused pairs outnumber them, nine in ten or more of those are one person twice. Only pairs
of one birth date, address or number are looked at: namesakes elsewhere are no relatives.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa

from residents.matching.scoring import NO_LINKS

_REGISTER_OF_SINGLE_PEOPLE = """
SELECT (SELECT count(*) FROM group_members) = 0 AND (SELECT count(*) FROM relationships) = 0
    AND count(*) >= $enough AND count(upn) = 0 AND count(homes) > 0.5 * count(*)
    AND coalesce(max(dob) < $today - INTERVAL 18 YEAR, false)
FROM versions
"""
# Of children of one mother born within three years or so a thirtieth are twins (one and a half in a hundred
# maternities, ONS, and two children in five with a brother or sister so near); fewer bear a relative's name or number.
_AT_MOST = 0.1
_LEAST_PROBABILITY = 0.9
_LEAST_VERSIONS = 1_000
_LEAST_PAIRS = 30
"""Refused pairs below which nothing can be told of them."""

_RELATIVES = """
CREATE OR REPLACE TEMP TABLE relatives AS
WITH
dated AS (
    SELECT c.label, max(v.dob) AS dob, list_distinct(flatten(list(v.surname_words))) AS words,
        flatten(list(v.homes)) AS homes
    FROM versions AS v JOIN clusters AS c USING (version) WHERE v.dob IS NOT NULL GROUP BY c.label
),
homes AS (SELECT DISTINCT label, unnest(homes) AS home FROM dated),
few AS (FROM homes QUALIFY count(*) OVER (PARTITION BY home) <= $communal)
SELECT DISTINCT a.label AS one, b.label AS two, abs(a.dob - b.dob) AS apart
FROM few AS x JOIN few AS y ON x.home = y.home AND x.label < y.label
JOIN dated AS a ON x.label = a.label JOIN dated AS b ON y.label = b.label
WHERE list_has_any(a.words, b.words)
"""
_LINKS = """
WITH
apart AS (
    SELECT k.version_l, k.version_r, k.weight, a.label AS one, b.label AS two,
        CASE WHEN l.dob = r.dob THEN 'twins' ELSE 'relatives' END AS could_be
    FROM links AS k
    JOIN versions AS l ON k.version_l = l.version JOIN versions AS r ON k.version_r = r.version
    JOIN clusters AS a ON l.version = a.version JOIN clusters AS b ON r.version = b.version
    WHERE a.label <> b.label AND (
        l.dob = r.dob OR l.upn = r.upn OR damerau_levenshtein(l.nino, r.nino) <= 1
        OR (l.dob <> r.dob AND (list_has_any(l.homes, r.homes) OR list_has_any(l.postcodes, r.postcodes)
            OR (l.house = r.house AND jaro_winkler_similarity(l.street, r.street) >= 0.88))))
),
counted AS (SELECT could_be, count(DISTINCT (one, two)) AS pairs FROM apart GROUP BY ALL),
expected AS (
    SELECT 'twins' AS could_be, count(*) FILTER (apart BETWEEN 1 AND 1200) + 0.5 AS most FROM relatives
    UNION ALL SELECT 'relatives', count(*) FILTER (apart > 0) + 0.5 FROM relatives
),
chance AS (
    SELECT could_be, round(1 - $at_most * most / pairs, 6) AS probability FROM counted JOIN expected USING (could_be)
    WHERE (SELECT sum(pairs) FROM counted) >= $enough
)
SELECT version_l, version_r, weight, probability FROM apart JOIN chance USING (could_be)
WHERE probability >= $least
ORDER BY weight DESC, version_l, version_r
"""


def vouched_links(con: duckdb.DuckDBPyConnection, today: dt.date, communal_people: int) -> pa.Table:
    """Links among ``links`` that were refused and that relatives cannot account for, the strongest first.

    From ``versions``, ``clusters`` and ``links``; ``probability`` is the chance that such a pair is one person.
    """
    if not con.sql(_REGISTER_OF_SINGLE_PEOPLE, params={"today": today, "enough": _LEAST_VERSIONS}).fetchall()[0][0]:
        return NO_LINKS
    con.execute(_RELATIVES, {"communal": communal_people})
    return con.sql(
        _LINKS, params={"least": _LEAST_PROBABILITY, "at_most": _AT_MOST, "enough": _LEAST_PAIRS}
    ).to_arrow_table()
