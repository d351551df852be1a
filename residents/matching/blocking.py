"""The pairs of versions worth comparing: those that share a blocking key. Makes ``block_keys`` and ``pairs``.

What blocking loses no model can find, so that its recall is the ceiling of the whole index. It is told without a
truth by pairs that an identifier proves (``blocking_recall``).
"""

from __future__ import annotations

from typing import Any

import duckdb

from store.intervals import wilson, z_of

# Without a birth date a name brings strangers together, unless few people have it: namesakes grow with the square.
_RARE_NAMES = """
CREATE OR REPLACE TEMP TABLE rare_names AS
SELECT forename, surname FROM versions WHERE forename IS NOT NULL AND surname IS NOT NULL
GROUP BY forename, surname HAVING count(DISTINCT dob) <= 3 AND count(DISTINCT subject) <= 50
"""
# One line for each way two versions of one person can be brought together. Several must fail before a pair is lost.
# ``held`` names the table of versions.
_KEYS_OF = """
CREATE OR REPLACE TEMP MACRO blocking_keys(held) AS TABLE
WITH
each_home AS (SELECT version, unnest(homes) AS home FROM query_table(held)),
each_postcode AS (SELECT version, unnest(postcodes) AS postcode FROM query_table(held)),
each_group AS (SELECT version, unnest(name_groups) AS name_group FROM query_table(held)),
keyed AS (
    SELECT 'initial and birth date' AS rule, version, hash('id', left(forename, 1), dob) AS key
    FROM query_table(held) WHERE forename IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'initial and birth date', version, hash('id', left(surname, 1), dob)
    FROM query_table(held) WHERE surname IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'birth date and postcode', version, hash('dp', e.postcode, dob)
    FROM each_postcode AS e JOIN query_table(held) USING (version) WHERE dob IS NOT NULL
    UNION ALL SELECT 'names and birth year', version, hash('ny', least(forename, surname), greatest(forename, surname),
        year(dob)) FROM query_table(held) WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'names and birthday', version, hash('nd', least(forename, surname), greatest(forename, surname),
        month(dob), day(dob)) FROM query_table(held)
    WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'a name few have', version, hash('n', v.forename, v.surname)
    FROM query_table(held) AS v JOIN rare_names AS n ON v.forename = n.forename AND v.surname = n.surname
    UNION ALL SELECT 'home and initial', version, hash('hi', e.home, left(forename, 1))
    FROM each_home AS e JOIN query_table(held) USING (version) WHERE forename IS NOT NULL
    UNION ALL SELECT 'home and a name spelling', version, hash('hg', e.home, g.name_group)
    FROM each_home AS e JOIN each_group AS g USING (version)
    UNION ALL SELECT 'home and birth year', version, hash('hy', e.home, year(dob))
    FROM each_home AS e JOIN query_table(held) USING (version) WHERE dob IS NOT NULL
    UNION ALL SELECT 'postcode and forename', version, hash('pf', e.postcode, forename)
    FROM each_postcode AS e JOIN query_table(held) USING (version) WHERE forename IS NOT NULL
    UNION ALL SELECT 'postcode, surname start and initial', version,
        hash('ps', e.postcode, left(surname, 3), left(forename, 1))
    FROM each_postcode AS e JOIN query_table(held) USING (version) WHERE forename IS NOT NULL AND surname IS NOT NULL
    UNION ALL SELECT 'name starts and birth month', version,
        hash('ym', left(forename, 3), left(surname, 3), left(dob_text, 6))
    FROM query_table(held) WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'day and month swapped', version, hash('dm', left(forename, 2), least(dob, dob_swapped))
    FROM query_table(held) WHERE forename IS NOT NULL AND dob_swapped IS NOT NULL
    UNION ALL SELECT 'street and initial', version, hash('si', house, left(street, 5), left(forename, 1))
    FROM query_table(held) WHERE street IS NOT NULL AND forename IS NOT NULL
    UNION ALL SELECT 'street and surname start', version, hash('ss', house, left(street, 5), left(surname, 3))
    FROM query_table(held) WHERE street IS NOT NULL AND surname IS NOT NULL
    UNION ALL SELECT 'half of a NINO and surname start', version, hash('h1', left(nino, 4), left(surname, 2))
    FROM query_table(held) WHERE nino IS NOT NULL AND surname IS NOT NULL
    UNION ALL SELECT 'half of a NINO and surname start', version, hash('h2', right(nino, 4), left(surname, 2))
    FROM query_table(held) WHERE nino IS NOT NULL AND surname IS NOT NULL
    UNION ALL SELECT 'UPN', version, hash('u', upn) FROM query_table(held) WHERE upn IS NOT NULL
    UNION ALL SELECT 'NINO', version, hash('i', nino) FROM query_table(held) WHERE nino IS NOT NULL
    UNION ALL SELECT 'email', version, hash('e', email) FROM query_table(held) WHERE email IS NOT NULL
    UNION ALL SELECT 'telephone', version, hash('t', phone) FROM query_table(held) WHERE phone IS NOT NULL
)
FROM keyed
"""
_BLOCK_KEYS = """
CREATE TABLE block_keys AS
SELECT *, count(*) OVER (PARTITION BY key) AS members FROM (SELECT DISTINCT * FROM blocking_keys('versions'))
"""
# Where versions are settled, only keys that a new one has can bring anything new together.
_FRESH = "CREATE OR REPLACE TEMP TABLE fresh_versions AS FROM versions ANTI JOIN settled USING (version)"
_FRESH_BLOCK_KEYS = """
CREATE TABLE block_keys AS
SELECT *, count(*) OVER (PARTITION BY key) AS members
FROM (
    SELECT DISTINCT * FROM blocking_keys('versions') WHERE key IN (SELECT key FROM blocking_keys('fresh_versions'))
)
"""
# Versions of one key of one system are linked by that key, so only pairs of different keys are compared; two that are
# settled were compared before.
_PAIRS = """
CREATE TABLE pairs AS
SELECT DISTINCT l.version AS join_key_l, r.version AS join_key_r, '0' AS match_key
FROM block_keys AS l
JOIN block_keys AS r ON l.key = r.key AND l.version < r.version
JOIN versions AS a ON l.version = a.version
JOIN versions AS b ON r.version = b.version
LEFT JOIN settled AS s ON l.version = s.version
LEFT JOIN settled AS t ON r.version = t.version
WHERE (s.version IS NULL OR t.version IS NULL)
    AND l.members BETWEEN 2 AND $largest AND r.members BETWEEN 2 AND $largest AND a.subject <> b.subject
"""


def make_pairs(con: duckdb.DuckDBPyConnection, largest_block: int) -> None:
    """Make ``pairs``: every two versions that share a blocking key no more than ``largest_block`` versions hold.

    Of two versions in ``settled`` no pair is made.
    """
    con.execute(_RARE_NAMES)
    con.execute(_KEYS_OF)
    if con.sql("FROM settled LIMIT 1").fetchall():
        con.execute(_FRESH)
        con.execute(_FRESH_BLOCK_KEYS)
        con.execute("DROP TABLE fresh_versions")
    else:
        con.execute(_BLOCK_KEYS)
    con.execute(_PAIRS, {"largest": largest_block})


# Two keys of the systems with one UPN or NINO, whose names or birth dates fit, are one person; so are those with one
# email address or telephone whose forenames and birth dates fit, as families share those. Each identifier counts once.
_PROVEN = """
WITH
held AS (
    SELECT 'UPN' AS identifier, upn AS value, version, subject FROM versions WHERE upn IS NOT NULL
    UNION ALL SELECT 'NINO', nino, version, subject FROM versions WHERE nino IS NOT NULL
    UNION ALL SELECT 'email', email, version, subject FROM versions WHERE email IS NOT NULL
    UNION ALL SELECT 'telephone', phone, version, subject FROM versions WHERE phone IS NOT NULL
),
shared AS (
    SELECT identifier, value, row_number() OVER () AS number FROM held
    GROUP BY identifier, value HAVING min(subject) <> max(subject)
),
holders AS (
    SELECT s.number, s.identifier, v.version, v.subject, v.forename, v.name_groups, v.dob, v.dob_swapped, v.dob_text
    FROM shared AS s JOIN held AS h USING (identifier, value) JOIN versions AS v USING (version)
),
compared AS (
    SELECT l.identifier, l.number, l.version AS version_l, r.version AS version_r, l.subject AS one, r.subject AS two,
        coalesce(l.forename = r.forename OR list_has_any(l.name_groups, r.name_groups)
            OR jaro_winkler_similarity(l.forename, r.forename) >= 0.85, false) AS names_fit,
        coalesce(l.dob = r.dob OR l.dob = r.dob_swapped OR damerau_levenshtein(l.dob_text, r.dob_text) = 1, false)
            AS dates_fit,
        l.dob IS NULL OR r.dob IS NULL AS undated
    FROM holders AS l JOIN holders AS r ON l.number = r.number AND l.version < r.version AND l.subject <> r.subject
),
proven AS (
    FROM compared WHERE CASE WHEN identifier IN ('UPN', 'NINO') THEN names_fit OR dates_fit
        ELSE names_fit AND (dates_fit OR undated) END
),
ends AS (SELECT version_l AS version FROM proven UNION SELECT version_r FROM proven),
other_rules AS (
    SELECT rule FROM (SELECT DISTINCT rule FROM block_keys) WHERE NOT regexp_matches(rule, 'UPN|NINO|email|telephone')
),
other_keys AS (
    SELECT version, key FROM block_keys SEMI JOIN other_rules USING (rule) SEMI JOIN ends USING (version)
    WHERE members BETWEEN 2 AND $largest
),
brought AS (
    SELECT DISTINCT p.version_l, p.version_r FROM (SELECT DISTINCT version_l, version_r FROM proven) AS p
    JOIN other_keys AS l ON p.version_l = l.version JOIN other_keys AS r ON p.version_r = r.version AND l.key = r.key
),
by_key AS (
    SELECT p.identifier, p.number, p.one, p.two, bool_or(b.version_l IS NOT NULL) AS found
    FROM proven AS p LEFT JOIN brought AS b USING (version_l, version_r) GROUP BY ALL
)
SELECT identifier, count(*) AS pairs, count(*) FILTER (found) AS found
FROM (FROM by_key QUALIFY row_number() OVER (PARTITION BY number ORDER BY hash(one, two), one, two) = 1)
GROUP BY identifier ORDER BY identifier
"""
_LEAST_PROVEN = 30
"""Fewer proven pairs tell nothing worth saying."""


def blocking_recall(con: duckdb.DuckDBPyConnection, largest_block: int) -> dict[str, Any] | None:
    """The share of pairs that an identifier proves which blocking brings together by other means; None where too few.

    ``value`` with its 95% Wilson interval ``low`` to ``high``, and the counts by identifier. Records that hold an
    identifier are better kept than others, so that the truth may be lower. Needs ``versions`` and ``block_keys``.
    """
    counts = con.execute(_PROVEN, {"largest": largest_block}).fetchall()
    pairs, found = sum(row[1] for row in counts), sum(row[2] for row in counts)
    if pairs < _LEAST_PROVEN:
        return None
    low, high = wilson(found, pairs, z_of(0.95))
    return {
        "value": round(found / pairs, 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "proven_by": [{"identifier": name, "pairs": n, "found": k} for name, n, k in counts],
    }
