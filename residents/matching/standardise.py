"""Names, dates, identifiers and postcodes brought to one form, so that like can be compared with like.

Makes ``std``: one row for each row of ``person_records``, with ``row`` as its number in the table's order.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa

from residents.matching.names import SURNAME_PARTICLES, TITLES, spellings

# The letters that Unicode does not take apart into a base letter and an accent.
_MACROS = """
CREATE MACRO fold(t) AS lower(strip_accents(replace(replace(replace(replace(
    translate(trim(t), 'ıİłŁøØđĐ', 'iIlLoOdD'), 'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe')));
CREATE MACRO letters(t) AS trim(regexp_replace(
    regexp_replace(fold(t), '[''\u2019\u2018`\u00b4?.]', '', 'g'), '[^\\p{L}]+', ' ', 'g'));
CREATE MACRO words(t) AS list_filter(string_split(letters(t), ' '), lambda w: w <> '');
CREATE MACRO held(t) AS nullif(trim(t), '');
CREATE MACRO compact(t) AS nullif(regexp_replace(upper(strip_accents(t)), '[^A-Z0-9]', '', 'g'), '');
CREATE MACRO postcode_form(t) AS CASE
    WHEN regexp_full_match(compact(t), '[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}') THEN compact(t)
    WHEN regexp_full_match(compact(t), '[0-9]{4,6}') THEN compact(t) END;
CREATE MACRO uprn_form(t) AS nullif(ltrim(regexp_replace(regexp_replace(trim(t), '\\.0*$', ''), '[^0-9]', '', 'g'),
    '0'), '');
"""

# 'SURNAME, Forename' is split at the comma; otherwise the last word is the surname, with the particles before it.
_NAMES = """
CREATE TABLE names AS
WITH
distinct_names AS (SELECT DISTINCT forename, surname, full_name FROM person_records),
origin AS (
    SELECT *,
        held(forename) IS NULL AND held(surname) IS NULL AND held(full_name) IS NOT NULL AS single,
        list_filter(
            list_transform(regexp_split_to_array(trim(replace(full_name, ',', ' , ')), '\\s+'), lambda w: letters(w)),
            lambda w: w <> ''
        ) AS pieces,
        contains(full_name, ',') AS comma
    FROM distinct_names
),
untitled AS (
    SELECT o.* EXCLUDE (pieces), v.titles, v.particles,
        CASE WHEN len(pieces) > 1 AND list_contains(v.titles, pieces[1]) THEN pieces[2:] ELSE pieces END AS pieces
    FROM origin AS o CROSS JOIN vocabulary AS v
),
measured AS (
    SELECT *,
        CASE
            WHEN len(pieces) >= 4 AND list_contains(particles, pieces[-2]) AND list_contains(particles, pieces[-3])
                THEN 3
            WHEN len(pieces) >= 3 AND list_contains(particles, pieces[-2]) THEN 2
            ELSE 1
        END AS surname_pieces
    FROM untitled
),
parted AS (
    SELECT *,
        CASE
            WHEN NOT single THEN words(forename)
            WHEN comma THEN words(split_part(full_name, ',', 2))
            ELSE words(array_to_string(pieces[:len(pieces) - surname_pieces], ' '))
        END AS forename_words,
        CASE
            WHEN NOT single THEN words(surname)
            WHEN comma THEN words(split_part(full_name, ',', 1))
            ELSE words(array_to_string(pieces[greatest(len(pieces) - surname_pieces + 1, 1):], ' '))
        END AS surname_words
    FROM measured
),
bare AS (
    SELECT forename, surname, full_name, particles,
        CASE WHEN len(forename_words) > 1 AND list_contains(titles, forename_words[1])
            THEN forename_words[2:] ELSE forename_words END AS f,
        CASE WHEN len(surname_words) > 1 AND list_contains(titles, surname_words[1])
            THEN surname_words[2:] ELSE surname_words END AS s
    FROM parted
)
SELECT forename AS raw_forename, surname AS raw_surname, full_name AS raw_full_name,
    f[1] AS forename,
    f[2] AS middle,
    nullif(array_to_string(f, ''), '') AS forename_all,
    nullif(array_to_string(s, ''), '') AS surname,
    s[-1] AS surname_last,
    list_sort(list_distinct(list_filter(s, lambda w: length(w) > 1 AND NOT list_contains(particles, w))))
        AS surname_words
FROM bare
"""

# A birth date that is out of range or held by far more people of a system than chance allows is a filler.
_STD = """
CREATE TABLE std AS
WITH
numbered AS (
    SELECT row_number() OVER (ORDER BY source, file, record_id, subject_id, recorded_on, forename, surname, full_name,
        dob, sex, ethnicity, upn, nino, email, phone, address, postcode, uprn, address_from, address_to) AS row, *
    FROM person_records
),
common_dates AS (
    SELECT source, dob, count(DISTINCT subject_id) AS holders FROM numbered WHERE dob IS NOT NULL GROUP BY source, dob
),
fillers AS (
    SELECT source, dob FROM common_dates
    QUALIFY holders > 10 AND holders > 20 * avg(holders) OVER (PARTITION BY source)
)
SELECT n.row, n.source, n.file, n.record_id, n.subject_id, n.recorded_on, n.address_from, n.address_to, n.ethnicity,
    held(n.forename) AS held_forename, held(n.surname) AS held_surname,
    m.forename, m.middle, m.forename_all, m.surname, m.surname_last, m.surname_words,
    CASE WHEN n.dob > $earliest AND n.dob <= least($latest, n.recorded_on + INTERVAL 1 YEAR)::DATE AND f.dob IS NULL
        THEN n.dob END AS dob,
    nullif(n.sex, 'U') AS sex,
    CASE WHEN regexp_full_match(compact(n.upn), '[A-Z][0-9]{11}[A-Z0-9]') THEN compact(n.upn) END AS upn,
    CASE WHEN regexp_full_match(compact(n.nino), '[A-Z]{2}[0-9]{6}[A-D]?') THEN left(compact(n.nino), 8) END AS nino,
    CASE WHEN contains(n.email, '@') THEN lower(trim(n.email)) END AS email,
    CASE WHEN length(regexp_replace(n.phone, '[^0-9]', '', 'g')) >= 10
        THEN right(regexp_replace(n.phone, '[^0-9]', '', 'g'), 10) END AS phone,
    held(n.address) AS held_address, n.postcode AS held_postcode, uprn_form(n.uprn) AS held_uprn
FROM numbered AS n
LEFT JOIN names AS m
    ON n.forename IS NOT DISTINCT FROM m.raw_forename
    AND n.surname IS NOT DISTINCT FROM m.raw_surname
    AND n.full_name IS NOT DISTINCT FROM m.raw_full_name
LEFT JOIN fillers AS f ON n.source = f.source AND n.dob = f.dob
ORDER BY n.row
"""

EARLIEST_BIRTH = dt.date(1901, 1, 1)
"""A birth date up to this day is a filler: 1900-01-01 and its like."""


def define_forms(con: duckdb.DuckDBPyConnection) -> None:
    """Define the macros that bring names, postcodes and property numbers to one form."""
    con.execute(_MACROS)


def standardise(con: duckdb.DuckDBPyConnection, extract_date: dt.date) -> None:
    """Make the table ``std`` from ``person_records``; ``extract_date`` is the last day a person can be born."""
    define_forms(con)
    vocabulary = pa.table({"titles": [list(TITLES)], "particles": [list(SURNAME_PARTICLES)]})
    con.register("vocabulary_rows", vocabulary)
    con.execute("CREATE TABLE vocabulary AS FROM vocabulary_rows")
    con.register("spelling_rows", spellings())
    con.execute("CREATE TABLE spellings AS FROM spelling_rows")
    con.execute(_NAMES)
    con.execute(_STD, {"earliest": EARLIEST_BIRTH, "latest": extract_date})
