"""The made-up borough's people: families, who belongs to them when, and the keys by which systems name them.

Everything is drawn by hash from a row's number and the seed, so that one size and seed always give the same rows, and
any part of them can be made without the rest.
"""

from __future__ import annotations

import duckdb

ATTENDANCE_SOURCE, RENT_SOURCE = "schools", "housing"

# An even draw from 0 up to 1, by a row's number and what is drawn for it.
_DRAW = """
CREATE MACRO draw(n, what) AS
    (hash(n, what, getvariable('seed')) >> 11)::DOUBLE / 9007199254740992.0
"""
_PICK = "CREATE MACRO pick(n, what, items) AS items[1 + floor(draw(n, what) * len(items))::BIGINT]"
_BETWEEN = "CREATE MACRO day_between(n, what, low, high) AS low + floor(draw(n, what) * (high - low))::INTEGER"
# Most is recorded at once or within days, some within weeks, a little months late.
_LATENESS = """
CREATE MACRO lateness(n, what) AS floor(CASE
    WHEN draw(n, what) < 0.6 THEN draw(n, what || 'a') * 3
    WHEN draw(n, what) < 0.93 THEN draw(n, what || 'a') * 15
    ELSE draw(n, what || 'a') * 200 END)::INTEGER
"""
# Distinct for distinct numbers below the prime, and in no order that goes with theirs.
_SCRAMBLE = "CREATE MACRO scramble(n, prime) AS (n * 7919 + 104729) % prime"
_HEX = "CREATE MACRO hex_id(letter, n) AS letter || substr(md5(letter || n::VARCHAR), 1, 20)"
MACROS = (_DRAW, _PICK, _BETWEEN, _LATENESS, _SCRAMBLE, _HEX)

_PERSON = """
CREATE TABLE person AS
WITH sizes AS (
    SELECT f, CASE WHEN draw(f, 'lone') < 0.28 THEN 1 ELSE 2 END AS adults,
           pick(f, 'children', [1, 1, 1, 2, 2, 2, 2, 3, 3, 4]) AS children
    FROM range($families) AS t(f)
),
members AS (
    SELECT f, adults, unnest(range(adults + children)) AS place FROM sizes
),
numbered AS (SELECT row_number() OVER (ORDER BY f, place) - 1 AS n, f, place >= adults AS is_child FROM members)
SELECT n, f AS family, is_child, hex_id('P', n) AS person_id,
       CASE WHEN draw(n, 'no birth date') < 0.01 THEN NULL
            WHEN is_child THEN day_between(n, 'born', DATE '2007-09-01', DATE '2025-09-01')
            ELSE day_between(n, 'born', DATE '1965-01-01', DATE '2000-01-01') END AS dob
FROM numbered ORDER BY n
"""

# Everyone's own family; for a quarter another one after it; for a tenth of children a second one beside it.
_SPELLS = """
CREATE TABLE spell AS
WITH first_spell AS (
    SELECT n, is_child, family,
           greatest(coalesce(dob, DATE '2019-01-01'), day_between(n, 'seen', DATE '2018-01-01', DATE '2023-06-01'))
               AS from_date,
           CASE WHEN draw(n, 'leaves') < 0.25
                THEN day_between(n, 'left', DATE '2023-06-01', DATE '2026-08-01') END AS left_on
    FROM person
),
every_spell AS (
    SELECT n, is_child, family, from_date,
           CASE WHEN left_on > from_date THEN left_on END AS to_date, 'own' AS what FROM first_spell
    UNION ALL
    SELECT n, is_child, floor(draw(n, 'next family') * $families)::BIGINT, left_on + 1, NULL, 'next'
    FROM first_spell WHERE left_on > from_date
    UNION ALL
    SELECT n, is_child, floor(draw(n, 'second family') * $families)::BIGINT,
           day_between(n, 'second home', from_date, DATE '2026-06-01'), NULL, 'second'
    FROM first_spell WHERE is_child AND draw(n, 'two homes') < 0.1 AND from_date < DATE '2026-06-01'
)
SELECT *, from_date + lateness(n, what || ' known') AS recorded_on,
       to_date + lateness(n, what || ' end known') AS end_recorded_on
FROM every_spell
"""

# A key names a person in a system, or one of a system's groups of people; ``place`` numbers the keys of a kind.
_KEYS = """
CREATE TABLE key AS
WITH
named AS (
    SELECT 'pupil' AS kind, 'schools' AS source, 'education/pupils_termly_census.csv' AS file, n,
           'A' || printf('%012d', scramble(n, 999999999989)) AS record_id, NULL AS group_id
    FROM person WHERE is_child AND dob < DATE '2021-09-01' AND draw(n, 'state school') < 0.845
    UNION ALL
    SELECT 'leaver', 'neet_tracking', 'education/neet_monthly.csv', n,
           'CC' || printf('%08d', scramble(n, 99999989)), NULL
    FROM person WHERE is_child AND dob < DATE '2010-01-01'
    UNION ALL
    SELECT 'client', 'social_care', 'social_care/people.csv', n, printf('%08d', scramble(n, 99999971)), NULL
    FROM person WHERE draw(family, 'known to care') < 0.4
    UNION ALL
    SELECT 'named adult', 'community_safety', 'community_safety/incidents.csv', n,
           'D' || printf('%08d', scramble(n, 99999959)), NULL
    FROM person WHERE NOT is_child AND draw(family, 'police') < 0.3
    UNION ALL
    SELECT 'young person', 'youth_justice', 'youth_justice/offences.csv', n,
           'YJ' || printf('%08d', scramble(n, 99999941)), NULL
    FROM person WHERE is_child AND dob < DATE '2014-01-01' AND draw(n, 'offends') < 0.05
    UNION ALL
    SELECT 'adult', 'adult_care', 'adult_care/services.csv', n, 'A' || printf('%08d', scramble(n, 99999931)), NULL
    FROM person WHERE NOT is_child AND draw(n, 'adult care') < 0.2
    UNION ALL
    SELECT 'tenancy', 'housing', 'housing/tenancies.csv', n,
           printf('%08d/01|', scramble(family, 99999989)) || n, printf('%08d/01', scramble(family, 99999989))
    FROM person WHERE draw(family, 'council tenant') < 0.35
    UNION ALL
    SELECT 'benefit_claim', 'benefits', 'benefits/claims.csv', n,
           printf('%08d|', scramble(family, 99999971)) || n, printf('%08d', scramble(family, 99999971))
    FROM person WHERE draw(family, 'claims') < 0.5
    UNION ALL
    SELECT 'case_family', 'early_help', 'early_help/cases.csv', n,
           printf('EH%08d|', scramble(family, 99999959)) || n, printf('EH%08d', scramble(family, 99999959))
    FROM person WHERE draw(family, 'early help') < 0.2
    UNION ALL
    SELECT 'council_tax_account', 'council_tax', 'council_tax/accounts.csv', n,
           printf('%08d|', scramble(family, 99999941)) || n, printf('%08d', scramble(family, 99999941))
    FROM person WHERE NOT is_child
)
SELECT *, dense_rank() OVER (PARTITION BY kind ORDER BY coalesce(group_id, record_id)) - 1 AS place
FROM named
"""


def make_population(con: duckdb.DuckDBPyConnection, families: int, seed: int) -> None:
    """``person``, ``spell`` and ``key`` on the connection, with the macros that the other tables are drawn by."""
    con.execute("SET VARIABLE seed = $seed", {"seed": seed})
    for macro in MACROS:
        con.execute(macro)
    con.execute(_PERSON, {"families": families})
    con.execute(_SPELLS, {"families": families})
    con.execute(_KEYS)


RESIDENTS = {
    "people": """
        SELECT person_id, 'Sam' AS forename, 'Jones' AS surname, dob, pick(n, 'sex', ['F', 'M']) AS sex
        FROM person ORDER BY person_id
    """,
    "families": """
        SELECT hex_id('F', s.family) AS family_id, p.person_id, CASE WHEN s.is_child THEN 'child' ELSE 'adult' END
               AS role, s.from_date, s.to_date, s.recorded_on, s.end_recorded_on, 0.9 AS confidence, 'home' AS basis
        FROM spell AS s JOIN person AS p USING (n) ORDER BY ALL
    """,
    "pseudonyms": """
        SELECT 'person' AS kind, person_id AS id, substr(md5('s' || person_id), 1, 20) AS pseudonym FROM person
        UNION ALL
        SELECT 'family', family_id, substr(md5('s' || family_id), 1, 20)
        FROM (SELECT DISTINCT hex_id('F', family) AS family_id FROM spell)
        ORDER BY kind, id
    """,
    # The census names a pupil each term by a row's key; two names a hundred are somebody else's, less surely.
    "record_person": """
        WITH records AS (
            SELECT source, file, record_id, n FROM key
            UNION ALL
            SELECT source, file, record_id || '|' || term, n FROM key, range(12) AS t(term) WHERE kind = 'pupil'
            UNION ALL
            SELECT source, 'social_care/contacts.csv', record_id, n FROM key
            WHERE kind = 'client' AND draw(n, 'contact file') < 0.5
        )
        SELECT source, file, record_id, person_id, round(0.9 + draw(r.n, file) * 0.1, 6) AS match_probability
        FROM records AS r JOIN person USING (n) ORDER BY source, file, record_id
    """,
    "group_members": """
        SELECT source, file, kind AS group_type, group_id, record_id,
               CASE WHEN is_child THEN 'dependant' ELSE 'lead' END AS role, joined AS from_date,
               CASE WHEN draw(n, kind || 'left') < 0.15
                    THEN day_between(n, kind || 'gone', DATE '2023-06-01', DATE '2026-08-01') END AS to_date,
               joined + lateness(n, kind || 'listed') AS recorded_on
        FROM (
            SELECT k.*, p.is_child, greatest(coalesce(dob, DATE '2019-01-01'),
                   day_between(n, kind, DATE '2016-01-01', DATE '2024-01-01')) AS joined
            FROM key AS k JOIN person AS p USING (n) WHERE group_id IS NOT NULL
        ) ORDER BY source, group_type, group_id, record_id
    """,
}
"""The residents room's tables and the services' groups, in the order in which they are written."""
