"""Addresses in one form, and the property each record names.

A record's property is its UPRN where it holds one, else the one property of the gazetteer with the same
address and postcode, else the only one with that address, else the only one of the postcode with the same
numbers and much the same words. Makes ``homes``: one row for each distinct address as held.
"""

from __future__ import annotations

import duckdb

# Every pattern is applied in turn to a folded, comma-free line. "9c bexhill terrace" is flat c of number 9.
_FORMS = (
    (r"\b(apt|apartment|appartment|unit|flt|flats)\b", "flat"),
    (r"\bflat(\d)", r"flat \1"),
    (r"\b(number|no) (\d)", r"\2"),
    (r"^(\d+) ?([a-z]) ", r"flat \2 \1 "),
    (r"\brd\b", "road"),
    (r"\b(ave|av)\b", "avenue"),
    (r"\bln\b", "lane"),
    (r"\b(gdns|gdn|gardns)\b", "gardens"),
    (r"\bcl\b", "close"),
    (r"\b(ct|crt)\b", "court"),
    (r"\bsq\b", "square"),
    (r"\bpl\b", "place"),
    (r"\b(terr|ter|tce)\b", "terrace"),
    (r"\b(cres|cresc)\b", "crescent"),
    (r"\b(gr|grv|gro)\b", "grove"),
    (r"\bhse\b", "house"),
    (r"\bwlk\b", "walk"),
    (r"\bwy\b", "way"),
    (r"\b(dr|drv)\b", "drive"),
    (r"\bhts\b", "heights"),
    (r"\bldg\b", "lodge"),
    (r"\bbldgs?\b", "buildings"),
    (r" st$", " street"),
)

# A last part without a number that stands under many postcodes is a town or a district, and says nothing.
_SPLIT = """
CREATE TABLE lines AS
WITH held_lines AS (
    SELECT DISTINCT held_address AS line, held_postcode, held_uprn FROM std
    WHERE held_address IS NOT NULL OR held_postcode IS NOT NULL OR held_uprn IS NOT NULL
    UNION
    SELECT DISTINCT address, postcode, uprn_form(uprn) FROM addresses
),
parted AS (
    SELECT *,
        nullif(regexp_extract(upper(line), '\\b([A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})\\W*$', 1), '')
            AS inner_postcode
    FROM held_lines
)
SELECT line, held_postcode, held_uprn,
    coalesce(postcode_form(held_postcode), postcode_form(inner_postcode)) AS postcode,
    trim(regexp_replace(regexp_replace(regexp_replace(fold(
        CASE WHEN inner_postcode IS NULL THEN line
            ELSE regexp_replace(line, '(?i)\\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\\W*$', '') END),
        '[''\u2019.]', '', 'g'), '\\s+', ' ', 'g'), '[\\s,]+$', '')) AS folded
FROM parted
"""
_LOCALITIES = """
CREATE TABLE localities AS
SELECT locality FROM (
    SELECT trim(regexp_extract(folded, ',([^,]*)$', 1)) AS locality, postcode FROM lines
    WHERE contains(folded, ',') AND postcode IS NOT NULL
)
WHERE NOT regexp_matches(locality, '[0-9]') AND locality <> ''
GROUP BY locality
HAVING count(DISTINCT postcode) > greatest(10, 0.02 * (SELECT count(DISTINCT postcode) FROM lines))
"""
_CUT = """
CREATE TABLE cut_lines AS
WITH ends AS (
    SELECT l.folded, max(length(t.locality)) AS locality_length
    FROM (SELECT DISTINCT folded FROM lines) AS l
    JOIN localities AS t ON ends_with(l.folded, ' ' || t.locality) OR ends_with(l.folded, ',' || t.locality)
    GROUP BY l.folded
)
SELECT l.* EXCLUDE (folded),
    trim(regexp_replace(
        left(folded, (length(folded) - coalesce(locality_length, 0))::INTEGER), '[^a-z0-9]+', ' ', 'g')) AS form
FROM lines AS l LEFT JOIN ends USING (folded)
"""
_NUMBERS = "list_sort(regexp_extract_all(form, '\\b([0-9]+[a-z]?|[a-z])\\b', 1))"
_FORMED = f"""
CREATE TABLE formed AS
SELECT line, held_postcode, held_uprn, postcode, nullif(form, '') AS form,
    {_NUMBERS} AS numbers,
    array_to_string({_NUMBERS}, ' ') AS number_key,
    regexp_replace(regexp_replace(form, '\\b([0-9]+[a-z]?|[a-z]|flat)\\b', '', 'g'), ' +', '', 'g') AS street
FROM cut_lines
"""  # noqa: S608 (the pasted text is a constant of this module)

_GAZETTEER = """
CREATE TABLE gazetteer AS
SELECT g.uprn, uprn_form(g.uprn) AS number, coalesce(g.kind, 'unknown') AS kind, f.form, f.postcode, f.number_key,
    f.street
FROM addresses AS g
LEFT JOIN formed AS f
    ON g.address IS NOT DISTINCT FROM f.line AND g.postcode IS NOT DISTINCT FROM f.held_postcode
    AND uprn_form(g.uprn) IS NOT DISTINCT FROM f.held_uprn
"""
_HOMES = """
CREATE TABLE homes AS
WITH
by_both AS (
    SELECT form, postcode, min(uprn) AS uprn FROM gazetteer WHERE form IS NOT NULL AND postcode IS NOT NULL
    GROUP BY ALL HAVING count(DISTINCT uprn) = 1
),
by_form AS (
    SELECT form, min(uprn) AS uprn FROM gazetteer WHERE form IS NOT NULL GROUP BY form HAVING count(DISTINCT uprn) = 1
),
by_numbers AS (
    SELECT postcode, number_key, min(uprn) AS uprn, min(street) AS street
    FROM gazetteer WHERE postcode IS NOT NULL AND number_key <> ''
    GROUP BY ALL HAVING count(DISTINCT uprn) = 1
),
found AS (
    SELECT f.*,
        coalesce(g.uprn, b.uprn, o.uprn, n.uprn) AS uprn,
        CASE WHEN g.uprn IS NOT NULL THEN 'held' WHEN b.uprn IS NOT NULL THEN 'address_and_postcode'
            WHEN o.uprn IS NOT NULL THEN 'address_alone' WHEN n.uprn IS NOT NULL THEN 'numbers_in_postcode'
        END AS found_by
    FROM formed AS f
    LEFT JOIN gazetteer AS g ON f.held_uprn = g.number
    LEFT JOIN by_both AS b ON f.form = b.form AND f.postcode = b.postcode
    LEFT JOIN by_form AS o ON f.form = o.form
    LEFT JOIN by_numbers AS n ON f.postcode = n.postcode AND f.number_key = n.number_key
        AND jaro_winkler_similarity(f.street, n.street) >= 0.85
)
SELECT DISTINCT ON (f.line, f.held_postcode, f.held_uprn) f.line, f.held_postcode, f.held_uprn, f.found_by,
    f.uprn,
    coalesce(f.uprn, f.held_uprn, f.form || '|' || coalesce(f.postcode, '')) AS address_key,
    coalesce(f.postcode, g.postcode) AS postcode,
    CASE WHEN g.kind IS NOT NULL AND g.kind <> 'unknown' THEN g.kind
        WHEN regexp_matches(f.form, '\\b(hostel|refuge|care home|childrens home|nursing home|hotel)\\b')
            THEN 'institution'
        ELSE 'unknown' END AS kind
FROM found AS f
LEFT JOIN gazetteer AS g ON f.uprn = g.uprn
ORDER BY f.line, f.held_postcode, f.held_uprn, f.uprn, g.kind
"""
_STD_HOMES = """
CREATE TABLE std_homes AS
SELECT s.row, h.uprn, h.address_key, h.postcode, h.kind, h.found_by
FROM std AS s
JOIN homes AS h
    ON s.held_address IS NOT DISTINCT FROM h.line AND s.held_postcode IS NOT DISTINCT FROM h.held_postcode
    AND s.held_uprn IS NOT DISTINCT FROM h.held_uprn
WHERE h.address_key IS NOT NULL OR h.postcode IS NOT NULL
ORDER BY s.row
"""


def find_homes(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``std_homes`` (row, uprn, address_key, postcode, kind, found_by) from ``std`` and ``addresses``."""
    con.execute(_SPLIT)
    con.execute(_LOCALITIES)
    con.execute(_CUT)
    for pattern, form in _FORMS:
        con.execute("UPDATE cut_lines SET form = regexp_replace(form, $1, $2, 'g')", [pattern, form])
    for statement in (_FORMED, _GAZETTEER, _HOMES, _STD_HOMES):
        con.execute(statement)
