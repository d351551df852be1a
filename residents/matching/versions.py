"""Identity versions: one way in which a system writes one of its keys.

A version is one way a system writes one of its keys: the same names, birth date and sex. Twelve termly rows
that say the same are one version. Every address the system ever held for the key is evidence for each of its
versions. Makes ``versions`` and ``row_version``.
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
        any_value(s.surname_last) AS surname_last, min(s.surname_words) AS surname_words,
        min(s.surname_key) AS surname_key, bool_or(s.surname_part) AS surname_part,
        any_value(s.dob) AS dob, bool_or(s.dob_weak) AS dob_weak, any_value(s.sex) AS sex,
        max(s.upn) AS upn, max(s.nino) AS nino, max(s.email) AS email, max(s.phone) AS phone,
        arg_max(h.postcode, (s.recorded_on, s.row)) FILTER (h.postcode IS NOT NULL) AS postcode,
        arg_max(h.address_key, (s.recorded_on, s.row)) FILTER (h.address_key IS NOT NULL) AS home,
        min(s.row) AS first_row
    FROM std AS s JOIN row_version AS v USING (row) LEFT JOIN std_homes AS h USING (row)
    GROUP BY ALL
)
SELECT k.version::BIGINT AS version, dense_rank() OVER (ORDER BY k.source, k.subject_id)::BIGINT AS subject,
    k.source, k.subject_id, k.forename, k.middle, k.forename_all, k.surname, k.surname_last, k.surname_words,
    k.surname_key, k.surname_part,
    (SELECT list_sort(list(name_group)) FROM spellings AS n WHERE n.name = k.forename) AS name_groups,
    k.dob, strftime(k.dob, '%Y%m%d') AS dob_text, CASE WHEN k.dob IS NOT NULL THEN k.dob_weak END AS dob_weak,
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
    k.postcode, k.home, a.homes, a.postcodes, k.first_row,
    -- The words and the numbers of an address that is in no gazetteer, which may be written in many ways.
    CASE WHEN contains(k.home, '|') THEN nullif(replace(split_part(k.home, '|', 2), ' ', ''), '') END AS street,
    CASE WHEN contains(k.home, '|') THEN nullif(split_part(k.home, '|', 1), '') END AS house
FROM known AS k
JOIN subject_ids AS i ON k.source = i.source AND k.subject_id = i.subject_id
LEFT JOIN subject_homes AS a ON k.source = a.source AND k.subject_id = a.subject_id
ORDER BY k.version
"""


def make_versions(con: duckdb.DuckDBPyConnection, shared_identifier: int) -> None:
    """Make ``row_version`` and ``versions`` from ``std`` and ``std_homes``."""
    con.execute(_VERSIONED)
    con.execute(_SHARED, {"most": shared_identifier})
    con.execute(_SUBJECT_HOMES)
    con.execute(_VERSIONS)
    con.execute("DROP TABLE subject_homes; DROP TABLE shared_identifiers")
