"""Identity versions and the pairs of them worth comparing.

A version is one way a system writes one of its keys: the same names, birth date and sex. Twelve termly rows
that say the same are one version. Every address the system ever held for the key is evidence for each of its
versions. Makes ``versions``, ``row_version`` and ``pairs``.
"""

from __future__ import annotations

import duckdb

_VERSIONED = """
CREATE TABLE row_version AS
SELECT row, dense_rank() OVER (
    ORDER BY source, subject_id, forename_all, surname, surname_last, forename, middle, dob, sex) AS version
FROM std ORDER BY row
"""
_SHARED = """
CREATE TABLE shared_identifiers AS
WITH
identifiers AS (
    SELECT 'upn' AS field, upn AS value, forename, surname, dob FROM std WHERE upn IS NOT NULL
    UNION SELECT 'nino', nino, forename, surname, dob FROM std WHERE nino IS NOT NULL
    UNION SELECT 'email', email, forename, surname, dob FROM std WHERE email IS NOT NULL
    UNION SELECT 'phone', phone, forename, surname, dob FROM std WHERE phone IS NOT NULL
)
SELECT field, value FROM identifiers GROUP BY ALL HAVING count(DISTINCT forename) > $most
"""
_SUBJECT_HOMES = """
CREATE TABLE subject_homes AS
SELECT source, subject_id,
    list_sort(list(DISTINCT address_key) FILTER (address_key IS NOT NULL)) AS homes,
    list_sort(list(DISTINCT postcode) FILTER (postcode IS NOT NULL)) AS postcodes
FROM std JOIN std_homes USING (row) GROUP BY ALL
"""
_VERSIONS = """
CREATE TABLE versions AS
WITH
subject_ids AS (
    SELECT s.source, s.subject_id, max(s.upn) AS upn, max(s.nino) AS nino, max(s.email) AS email,
        max(s.phone) AS phone
    FROM std AS s GROUP BY ALL
),
known AS (
    SELECT v.version, s.source, s.subject_id, any_value(s.forename) AS forename, any_value(s.middle) AS middle,
        any_value(s.forename_all) AS forename_all, any_value(s.surname) AS surname,
        any_value(s.surname_last) AS surname_last, any_value(s.surname_words) AS surname_words,
        any_value(s.dob) AS dob, any_value(s.sex) AS sex,
        max(s.upn) AS upn, max(s.nino) AS nino, max(s.email) AS email, max(s.phone) AS phone,
        arg_max(h.postcode, (s.recorded_on, s.row)) FILTER (h.postcode IS NOT NULL) AS postcode,
        arg_max(h.address_key, (s.recorded_on, s.row)) FILTER (h.address_key IS NOT NULL) AS home,
        min(s.row) AS first_row
    FROM std AS s JOIN row_version AS v USING (row) LEFT JOIN std_homes AS h USING (row)
    GROUP BY ALL
)
SELECT k.version::BIGINT AS version, dense_rank() OVER (ORDER BY k.source, k.subject_id)::BIGINT AS subject,
    k.source, k.subject_id, k.forename, k.middle, k.forename_all, k.surname, k.surname_last, k.surname_words,
    (SELECT list_sort(list(name_group)) FROM spellings AS n WHERE n.name = k.forename) AS name_groups,
    k.dob, strftime(k.dob, '%Y%m%d') AS dob_text, month(k.dob) = 1 AND day(k.dob) = 1 AS dob_weak,
    CASE WHEN day(k.dob) <= 12 THEN make_date(year(k.dob), day(k.dob), month(k.dob)) END AS dob_swapped,
    k.sex,
    CASE WHEN NOT EXISTS (FROM shared_identifiers AS x WHERE x.field = 'upn' AND x.value = coalesce(k.upn, i.upn))
        THEN coalesce(k.upn, i.upn) END AS upn,
    CASE WHEN NOT EXISTS (FROM shared_identifiers AS x WHERE x.field = 'nino' AND x.value = coalesce(k.nino, i.nino))
        THEN coalesce(k.nino, i.nino) END AS nino,
    CASE WHEN NOT EXISTS (
        FROM shared_identifiers AS x WHERE x.field = 'email' AND x.value = coalesce(k.email, i.email))
        THEN coalesce(k.email, i.email) END AS email,
    CASE WHEN NOT EXISTS (
        FROM shared_identifiers AS x WHERE x.field = 'phone' AND x.value = coalesce(k.phone, i.phone))
        THEN coalesce(k.phone, i.phone) END AS phone,
    k.postcode, k.home, a.homes, a.postcodes, k.first_row
FROM known AS k
JOIN subject_ids AS i ON k.source = i.source AND k.subject_id = i.subject_id
LEFT JOIN subject_homes AS a ON k.source = a.source AND k.subject_id = a.subject_id
ORDER BY k.version
"""

# One line for each way two versions of one person can be brought together. Several must fail before a pair is lost.
_KEYS = """
CREATE TABLE block_keys AS
WITH
each_home AS (SELECT version, unnest(homes) AS home FROM versions),
each_postcode AS (SELECT version, unnest(postcodes) AS postcode FROM versions),
each_word AS (SELECT version, unnest(surname_words) AS word FROM versions),
each_group AS (SELECT version, unnest(name_groups) AS name_group FROM versions),
keyed AS (
    SELECT 'forename and birth date' AS rule, version, hash('fd', forename, dob) AS key
    FROM versions WHERE forename IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'a surname word and birth date', version, hash('sd', word, dob)
    FROM each_word JOIN versions USING (version) WHERE dob IS NOT NULL
    UNION ALL SELECT 'a name spelling and birth date', version, hash('gd', name_group, dob)
    FROM each_group JOIN versions USING (version) WHERE dob IS NOT NULL
    UNION ALL SELECT 'birth date and postcode', version, hash('dp', e.postcode, dob)
    FROM each_postcode AS e JOIN versions USING (version) WHERE dob IS NOT NULL
    UNION ALL SELECT 'swapped names', version, hash('n', forename, surname)
    FROM versions WHERE forename IS NOT NULL AND surname IS NOT NULL
    UNION ALL SELECT 'swapped names', version, hash('n', surname, forename)
    FROM versions WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'home and initial', version, hash('hi', e.home, left(forename, 1))
    FROM each_home AS e JOIN versions USING (version) WHERE forename IS NOT NULL
    UNION ALL SELECT 'home and surname word', version, hash('hs', e.home, w.word)
    FROM each_home AS e JOIN each_word AS w USING (version)
    UNION ALL SELECT 'postcode and forename', version, hash('pf', e.postcode, forename)
    FROM each_postcode AS e JOIN versions USING (version) WHERE forename IS NOT NULL
    UNION ALL SELECT 'postcode, surname start and initial', version,
        hash('ps', e.postcode, left(surname, 3), left(forename, 1))
    FROM each_postcode AS e JOIN versions USING (version) WHERE forename IS NOT NULL AND surname IS NOT NULL
    UNION ALL SELECT 'name starts and birth month', version,
        hash('ym', left(forename, 3), left(surname, 3), left(dob_text, 6))
    FROM versions WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL
    UNION ALL SELECT 'day and month swapped', version, hash('dm', left(forename, 2), least(dob, dob_swapped))
    FROM versions WHERE forename IS NOT NULL AND dob_swapped IS NOT NULL
    UNION ALL SELECT 'UPN', version, hash('u', upn) FROM versions WHERE upn IS NOT NULL
    UNION ALL SELECT 'NINO', version, hash('i', nino) FROM versions WHERE nino IS NOT NULL
    UNION ALL SELECT 'email', version, hash('e', email) FROM versions WHERE email IS NOT NULL
    UNION ALL SELECT 'telephone', version, hash('t', phone) FROM versions WHERE phone IS NOT NULL
),
sized AS (SELECT *, count(*) OVER (PARTITION BY key) AS members FROM (SELECT DISTINCT * FROM keyed))
SELECT rule, version, key, members FROM sized
"""
# Versions of one key of one system are linked by that key, so only pairs of different keys are compared.
_PAIRS = """
CREATE TABLE pairs AS
SELECT DISTINCT l.version AS join_key_l, r.version AS join_key_r, '0' AS match_key
FROM block_keys AS l
JOIN block_keys AS r ON l.key = r.key AND l.version < r.version
JOIN versions AS a ON l.version = a.version
JOIN versions AS b ON r.version = b.version
WHERE l.members BETWEEN 2 AND $largest AND r.members BETWEEN 2 AND $largest AND a.subject <> b.subject
"""


def make_versions(con: duckdb.DuckDBPyConnection, shared_identifier: int) -> None:
    """Make ``row_version`` and ``versions`` from ``std`` and ``std_homes``."""
    con.execute(_VERSIONED)
    con.execute(_SHARED, {"most": shared_identifier})
    con.execute(_SUBJECT_HOMES)
    con.execute(_VERSIONS)


def make_pairs(con: duckdb.DuckDBPyConnection, largest_block: int) -> None:
    """Make ``pairs``: every two versions that share a blocking key no more than ``largest_block`` versions hold."""
    con.execute(_KEYS)
    con.execute(_PAIRS, {"largest": largest_block})
