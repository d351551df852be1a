"""Names, dates, identifiers and postcodes brought to one form, so that like can be compared with like.

Makes ``std``: one row for each row of ``person_records``, with ``row`` as its number in the table's order.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa

from residents.matching.names import (
    CARE_OF,
    COMPANY,
    COMPANY_LAST,
    COMPANY_PLACE,
    DEATH_BEFORE,
    DEATH_MARK,
    NO_NAME,
    NOBODY,
    NOBODY_WHOLE,
    SURNAME_PARTICLES,
    TITLES,
    parts_after,
    parts_before,
    spellings,
    surname_spellings,
)

_WIDE = "".join(chr(code + 0xFEE0) for code in range(0x21, 0x7F))
_NARROW = "".join(chr(code) for code in range(0x21, 0x7F))
# The letters that Unicode does not take apart into a base letter and an accent. Marks that show nothing, such as a
# zero-width joiner, go; the vowel signs of scripts that write vowels as marks stay with their letters.
_MACROS = f"""
CREATE MACRO fold(t) AS lower(strip_accents(replace(replace(replace(replace(
    translate(translate(trim(regexp_replace(t, '\\p{{Cf}}', '', 'g')),
        '{_WIDE}', '{_NARROW.replace("'", "''")}'), 'ıİłŁøØđĐ', 'iIlLoOdD'),
    'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe')));
CREATE MACRO letters(t) AS trim(regexp_replace(
    regexp_replace(fold(t), '[''\u2019\u2018`\u00b4?.]', '', 'g'), '[^\\p{{L}}\\p{{M}}]+', ' ', 'g'));
CREATE MACRO words(t) AS list_filter(string_split(letters(t), ' '), lambda w: w <> '');
CREATE MACRO unmarked(t) AS trim(regexp_replace(regexp_replace(regexp_replace(
    t, '{DEATH_MARK}', ' ', 'gi'), '{DEATH_BEFORE}', '', 'i'), '{CARE_OF}', '', 'i'));
CREATE MACRO held(t) AS nullif(trim(t), '');
CREATE MACRO compact(t) AS nullif(regexp_replace(upper(strip_accents(t)), '[^A-Z0-9]', '', 'g'), '');
CREATE MACRO postcode_form(t) AS CASE
    WHEN regexp_full_match(compact(t), '[A-Z]{{1,2}}[0-9][A-Z0-9]?[0-9][A-Z]{{2}}') THEN compact(t)
    WHEN regexp_full_match(compact(t), '[0-9]{{4,6}}') THEN compact(t) END;
CREATE MACRO uprn_form(t) AS nullif(ltrim(regexp_replace(regexp_replace(trim(t), '\\.0*$', ''), '[^0-9]', '', 'g'),
    '0'), '');
"""

# 'SURNAME, Forename' is split at the comma; otherwise the last word is the surname, with the particles before it.
_NAMES = """
CREATE TABLE names AS
WITH
distinct_names AS (
    SELECT forename AS raw_forename, surname AS raw_surname, full_name AS raw_full_name,
        unmarked(forename) AS forename, unmarked(surname) AS surname, unmarked(full_name) AS full_name
    FROM (SELECT DISTINCT forename, surname, full_name FROM person_records)
),
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
    SELECT raw_forename, raw_surname, raw_full_name, forename, surname,
        CASE WHEN len(forename_words) > 1 AND list_contains(titles, forename_words[1])
            THEN forename_words[2:] ELSE forename_words END AS f,
        CASE WHEN len(surname_words) > 1 AND list_contains(titles, surname_words[1])
            THEN surname_words[2:] ELSE surname_words END AS s
    FROM parted
),
shorter AS (
    SELECT b.* EXCLUDE (f),
        CASE WHEN length(f[2]) > 1 AND list_contains(v.parts_before, f[1]) THEN f[2:] ELSE f END AS f
    FROM bare AS b CROSS JOIN vocabulary AS v
),
named AS (
    SELECT b.* EXCLUDE (f),
        CASE WHEN length(f[2]) > 1 AND list_contains(v.parts_before, f[1]) THEN f[2:] ELSE f END AS f
    FROM shorter AS b CROSS JOIN vocabulary AS v
),
-- Initials such as N A are no filler beside a surname.
judged AS (
    SELECT n.*, v.nobody, v.nobody_whole, v.company, v.company_last, v.company_place, v.no_name,
        coalesce(f || s, f, s) AS whole
    FROM named AS n CROSS JOIN vocabulary AS v
),
owned AS (
    SELECT *, list_has_all(list_concat(nobody, no_name), whole)
        OR list_contains(nobody_whole, array_to_string(whole, ' '))
        OR len(whole) > 1 AND list_has_any(whole, company)
        OR list_contains(company_last, whole[-1]) AND (len(whole) > 3 OR list_contains(company_place, whole[-2]))
        AS nobodys
    FROM judged
)
SELECT row_number() OVER () AS name, raw_forename, raw_surname, raw_full_name, forename, surname,
    CASE WHEN nobodys OR list_has_all(no_name, f)
        OR length(f[1]) > 1 AND list_contains(nobody_whole, array_to_string(f, ' ')) THEN [] ELSE f END AS f,
    CASE WHEN nobodys OR list_has_all(no_name, s)
        OR length(s[1]) > 1 AND list_contains(nobody_whole, array_to_string(s, ' ')) THEN [] ELSE s END AS s
FROM owned
"""
# The words of a surname, each in the spelling that stands for all its spellings. Mac and Mc are one.
_SURNAMES = """
CREATE TABLE surname_forms AS
WITH
spelt AS (SELECT name, s, unnest(s) AS word, generate_subscripts(s, 1) AS place FROM names),
one_way AS (
    SELECT p.name, p.s, p.word, p.place, regexp_replace(coalesce(w.stands_for, p.word), '^mac', 'mc') AS form
    FROM spelt AS p LEFT JOIN surname_spellings AS w USING (word)
),
gathered AS (
    SELECT o.name, any_value(o.s) AS s, list(o.form ORDER BY o.place) AS forms,
        bool_and(list_contains(v.parts_after, o.word)) AS only_parts,
        list(DISTINCT o.form) FILTER (length(o.word) > 1 AND NOT list_contains(v.particles, o.word)) AS telling,
        list(DISTINCT o.form) FILTER (length(o.word) > 1 AND NOT list_contains(v.particles, o.word)
            AND NOT list_contains(v.parts_after, o.word)) AS own
    FROM one_way AS o CROSS JOIN vocabulary AS v GROUP BY o.name
)
SELECT g.name, regexp_replace(coalesce(w.stands_for, array_to_string(g.forms, '')), '^mac', 'mc') AS surname_key,
    g.only_parts AS surname_part, list_sort(coalesce(g.own, g.telling, [])) AS surname_words
FROM gathered AS g LEFT JOIN surname_spellings AS w ON array_to_string(g.s, '') = w.word
"""

# A birth date that is out of range, that a tenth of the system hold or that far more people hold than chance allows
# is a filler; one of 1 January, if fewer than a tenth hold it, only where others of 1 January are far fewer. A day of
# the year held by far more than its share stands in for days that nobody knows, as 1 January does everywhere: the
# year may be right.
_STD = """
CREATE TABLE std AS
WITH
numbered AS (
    SELECT row_number() OVER (ORDER BY source, file, record_id, subject_id, recorded_on, forename, surname, full_name,
        dob, sex, ethnicity, upn, nino, email, phone, address, postcode, uprn, address_from, address_to) AS row, *
    FROM person_records
),
common_dates AS (
    SELECT source, dob, month(dob) = 1 AND day(dob) = 1 AS new_year, count(DISTINCT subject_id) AS holders
    FROM numbered WHERE dob IS NOT NULL GROUP BY source, dob
),
compared AS (
    SELECT *, avg(holders) OVER (PARTITION BY source) AS usual, sum(holders) OVER (PARTITION BY source) AS everyone,
        (sum(holders) OVER (PARTITION BY source, new_year) - holders)
            / nullif(count(*) OVER (PARTITION BY source, new_year) - 1, 0) AS usual_alike
    FROM common_dates
),
fillers AS (
    SELECT source, dob FROM compared
    WHERE holders > 10 AND (holders > 20 AND holders > 0.1 * everyone
        OR holders > 20 * usual AND (NOT new_year OR holders > 5 * coalesce(usual_alike, 0)))
),
stand_ins AS (
    SELECT source, month(dob) AS month, day(dob) AS day FROM common_dates
    GROUP BY source, month(dob), day(dob)
    QUALIFY sum(holders) > 10 AND sum(holders) > 5 * sum(sum(holders)) OVER (PARTITION BY source) / 366
)
SELECT n.row, n.source, n.file, n.record_id, n.subject_id, n.recorded_on, n.address_from, n.address_to, n.ethnicity,
    held(m.forename) AS held_forename, held(m.surname) AS held_surname,
    m.f[1] AS forename, m.f[2] AS middle, nullif(array_to_string(m.f, ''), '') AS forename_all,
    nullif(array_to_string(m.s, ''), '') AS surname, m.s[-1] AS surname_last, u.surname_key,
    coalesce(u.surname_part, false) AS surname_part, coalesce(u.surname_words, []) AS surname_words,
    CASE WHEN n.dob > $earliest AND n.dob <= least($latest, n.recorded_on + INTERVAL 1 YEAR)::DATE AND f.dob IS NULL
        THEN n.dob END AS dob,
    coalesce(month(n.dob) = 1 AND day(n.dob) = 1 OR t.day IS NOT NULL, false) AS dob_weak,
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
LEFT JOIN surname_forms AS u ON m.name = u.name
LEFT JOIN fillers AS f ON n.source = f.source AND n.dob = f.dob
LEFT JOIN stand_ins AS t ON n.source = t.source AND month(n.dob) = t.month AND day(n.dob) = t.day
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
    vocabulary = {
        "titles": TITLES,
        "particles": SURNAME_PARTICLES,
        "no_name": NO_NAME,
        "nobody": NOBODY,
        "nobody_whole": NOBODY_WHOLE,
        "company": COMPANY,
        "company_last": COMPANY_LAST,
        "company_place": COMPANY_PLACE,
        "parts_before": parts_before(),
        "parts_after": parts_after(),
    }
    rows = pa.table({name: [list(words)] for name, words in vocabulary.items()})
    for name, data in (("vocabulary", rows), ("spellings", spellings()), ("surname_spellings", surname_spellings())):
        con.register(f"{name}_rows", data)
        con.table(f"{name}_rows").create(name)
    con.execute(_NAMES)
    con.execute(_SURNAMES)
    con.execute(_STD, {"earliest": EARLIEST_BIRTH, "latest": extract_date})
