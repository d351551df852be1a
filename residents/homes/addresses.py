"""Addresses in one form, and the property each record names. Makes ``std_homes``.

A record's property is its UPRN where the gazetteer has it, else the one that its address names (``finding``). An
address in no gazetteer is still compared with others: its key is its numbers, words and postcode, and a rare
spelling in the same postcode with the same numbers is taken for the common one.
"""

from __future__ import annotations

import duckdb

from residents.homes.finding import MOST_FORMS, find_properties
from residents.homes.forms import read_forms
from residents.homes.kinds import read_kinds

# A UPRN under which several addresses are held that name other properties stands for none, such as a council's own.
_UNTRUSTED = """
CREATE TEMP TABLE untrusted AS
SELECT s.held_uprn
FROM (SELECT DISTINCT held_uprn, held_address, held_postcode FROM std WHERE held_uprn IS NOT NULL) AS s
LEFT JOIN found AS f
    ON s.held_address IS NOT DISTINCT FROM f.line AND s.held_postcode IS NOT DISTINCT FROM f.held_postcode
LEFT JOIN gazetteer AS g ON s.held_uprn = g.held_number
GROUP BY s.held_uprn
HAVING (count(DISTINCT f.uprn) FILTER (f.uprn <> g.uprn) > 2
        AND count(*) FILTER (f.uprn <> g.uprn) > count(*) FILTER (f.uprn = g.uprn))
    OR (count(g.uprn) = 0 AND count(DISTINCT (f.key, f.words)) > $most)
"""
# In the same postcode and with the same numbers, a form that is a slip away from a commoner one is that one, unless
# its words are names that other addresses have too.
_ALIKE = """
CREATE TEMP TABLE alike AS
WITH
own AS (
    SELECT f.key, f.words, coalesce(f.postcodes[1], f.mended[1], '') AS postcode, count(*) AS records
    FROM found AS f
    JOIN std AS s ON f.line IS NOT DISTINCT FROM s.held_address AND f.held_postcode IS NOT DISTINCT FROM s.held_postcode
    WHERE f.uprn IS NULL GROUP BY ALL
),
known AS (
    SELECT word FROM (SELECT key, postcode, unnest(string_split(words, ' ')) AS word FROM own)
    GROUP BY word HAVING count(DISTINCT (key, postcode)) > $most
),
judged AS (
    SELECT *, NOT list_has_all(coalesce((SELECT list(word) FROM known), []), string_split(words, ' ')) AS strange
    FROM own WHERE key <> '' AND postcode <> '' AND words <> ''
),
slipped AS (
    SELECT a.key, a.postcode, a.words, b.words AS becomes, b.records
    FROM judged AS a JOIN judged AS b USING (key, postcode)
    WHERE a.words <> b.words AND words_agree(a.words, b.words, a.strange) > 0.8
        AND (NOT b.strange, b.records, b.words) > (NOT a.strange, a.records, a.words)
)
SELECT key, postcode, words, arg_max(becomes, (records, becomes)) AS becomes
FROM slipped GROUP BY ALL HAVING count(DISTINCT becomes) = 1
"""
# The one postcode under which the same numbers and words are held stands for a missing one.
_PLACED = """
CREATE TEMP TABLE placed AS
SELECT key, words, min(postcode) AS postcode
FROM (SELECT DISTINCT key, words, coalesce(postcodes[1], mended[1]) AS postcode FROM found WHERE uprn IS NULL)
WHERE key <> '' AND words <> '' AND postcode IS NOT NULL
GROUP BY ALL HAVING count(*) = 1
"""
_KEYED = """
CREATE TEMP TABLE keyed AS
SELECT f.line, f.held_postcode, f.uprn, f.score, f.found_by, f.words, f.room,
    coalesce(f.postcodes[1], f.mended[1], p.postcode) AS postcode,
    CASE
        WHEN f.uprn IS NOT NULL OR f.ambiguous OR b.id IS NOT NULL THEN NULL
        WHEN f.key = '' AND (plain_street(f.words) OR coalesce(f.postcodes[1], f.mended[1]) IS NULL) THEN NULL
        WHEN f.words = '' AND f.number IS NULL THEN NULL
        ELSE concat_ws('|', nullif(f.key, ''), coalesce(a.becomes, f.words),
            coalesce(f.postcodes[1], f.mended[1], p.postcode, ''))
    END AS own_key
FROM found AS f
LEFT JOIN blocks AS b ON f.id = b.id
LEFT JOIN placed AS p ON f.key = p.key AND f.words = p.words
LEFT JOIN alike AS a ON f.key = a.key AND f.words = a.words
    AND coalesce(f.postcodes[1], f.mended[1], p.postcode) = a.postcode
"""
_HOMES = """
CREATE TABLE homes AS
WITH
held AS (
    SELECT DISTINCT s.held_address AS line, s.held_postcode, s.held_uprn,
        CASE WHEN u.held_uprn IS NULL AND h.uprn IS NULL THEN s.held_uprn END AS number
    FROM std AS s
    LEFT JOIN untrusted AS u ON s.held_uprn = u.held_uprn
    LEFT JOIN (FROM gazetteer JOIN shells USING (uprn)) AS h ON s.held_uprn = h.held_number
),
settled AS (
    SELECT h.line, h.held_postcode, h.held_uprn, coalesce(t.homeless, false) AS homeless, k.words, k.room,
        coalesce(g.uprn, k.uprn) AS uprn,
        CASE WHEN g.uprn IS NULL THEN k.score WHEN k.uprn <> g.uprn THEN 0.9 ELSE 1 END AS score,
        CASE WHEN g.uprn IS NOT NULL THEN 'held' ELSE k.found_by END AS found_by,
        coalesce(h.number, k.own_key) AS own_key, coalesce(k.postcode, t.postcodes[1], t.mended[1]) AS postcode
    FROM held AS h
    LEFT JOIN texts AS t
        ON h.line IS NOT DISTINCT FROM t.line AND h.held_postcode IS NOT DISTINCT FROM t.held_postcode
    LEFT JOIN keyed AS k ON h.line IS NOT DISTINCT FROM k.line AND h.held_postcode IS NOT DISTINCT FROM k.held_postcode
    LEFT JOIN gazetteer AS g ON h.number = g.held_number
)
SELECT DISTINCT ON (s.line, s.held_postcode, s.held_uprn) s.line, s.held_postcode, s.held_uprn, s.found_by, s.score,
    CASE WHEN x.uprn IS NULL AND g.listed THEN s.uprn END AS uprn,
    CASE WHEN x.uprn IS NULL AND (NOT s.homeless OR s.uprn IS NOT NULL) THEN coalesce(s.uprn, s.own_key)
        END AS address_key,
    CASE WHEN NOT s.homeless OR s.uprn IS NOT NULL THEN coalesce(g.postcode, s.postcode) END AS postcode,
    CASE WHEN g.kind NOT IN ('unknown', 'other', 'institution') THEN g.kind
        ELSE coalesce(w.kind, CASE WHEN s.room THEN 'hmo' END, g.kind, 'unknown') END AS kind
FROM settled AS s
LEFT JOIN gazetteer AS g ON s.uprn = g.uprn
LEFT JOIN shells AS x ON s.uprn = x.uprn
LEFT JOIN worded_kinds AS w ON coalesce(g.words, s.words) = w.words
ORDER BY s.line, s.held_postcode, s.held_uprn, s.uprn, g.kind
"""
_STD_HOMES = """
CREATE TABLE std_homes AS
SELECT s.row, h.uprn, h.address_key, h.postcode, h.kind, h.found_by, h.score
FROM std AS s
JOIN homes AS h
    ON s.held_address IS NOT DISTINCT FROM h.line AND s.held_postcode IS NOT DISTINCT FROM h.held_postcode
    AND s.held_uprn IS NOT DISTINCT FROM h.held_uprn
WHERE h.address_key IS NOT NULL OR h.postcode IS NOT NULL
ORDER BY s.row
"""


_DONE = """
DROP TABLE homes; DROP TABLE keyed; DROP TABLE found; DROP TABLE wanted; DROP TABLE looked_for; DROP TABLE candidates;
DROP TABLE texts; DROP TABLE read_lines; DROP TABLE lines; DROP TABLE gazetteer
"""


def find_homes(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``std_homes`` from ``std`` and ``addresses``: a row for each row of ``std`` that says where it is.

    ``uprn`` is the property in the gazetteer, ``found_by`` how it was found and ``score`` how well it fits, 0 to 1
    (see ``finding``; 1 for a UPRN held, 0.9 where the address beside it names another property). ``address_key`` is
    the UPRN, else one the system holds that the gazetteer lacks, else the numbers, words and postcode; empty where
    the record names no one home: no fixed abode, a block without the flat, a street without the number, or two
    properties that fit as well. ``postcode`` is the property's, else the record's; ``kind`` the kind of property.
    """
    read_forms(con)
    find_properties(con)
    con.execute(_UNTRUSTED, {"most": MOST_FORMS})
    con.execute(_ALIKE, {"most": MOST_FORMS})
    con.execute(_PLACED)
    con.execute(_KEYED)
    read_kinds(con)
    con.execute(_HOMES)
    con.execute(_STD_HOMES)
    con.execute(_DONE)
