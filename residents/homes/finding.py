"""The property of the gazetteer that an address names: found exactly, or by what is left of it, with a score.

Candidates come from blocks: the postcode and the numbers, or the numbers and the words. The numbers (flat and
house) must agree; only words and postcodes may slip. The score, 0 to 1, is the share of the address that agrees:
1 where words, numbers and postcode all do, times less for each thing put aside. It is not a probability. Below
``FLOOR``, or where two properties fit about as well, nothing is found.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from residents.homes.forms import STREET_WORDS, TYPE_WORDS

FLOOR = 0.7
"""Least score at which a property counts as found: about a word and the postcode may be put aside, not more."""

_MARGIN = 0.03
"""How much better the best property must fit than the next."""

# What agreement is worth. Each factor says what was put aside.
_SAME_WORDS_ELSEWHERE = 0.98  # the same words in another order
_PART_OF_WORDS = 0.9  # the building or the street left out, or an estate or a town put in
_NO_WORDS = 0.8  # the postcode and the numbers only
_SPACING = 0.9  # a space in the wrong place
_RANGE = 0.85  # '12' of '12-14'
_BUILDING_NUMBER = 0.9  # the building's number given by one side only
_MENDED = 0.97  # a postcode with letters and figures mixed up
_NO_POSTCODE = 0.9
_NEAR_POSTCODE = 0.85  # one slip away, or of the same sector
_OTHER_POSTCODE = 0.75  # another one of the council's
_ROOM = 0.85  # a room of a house that has no address of its own
_CARE_OF = 0.9

_MACROS = f"""
CREATE OR REPLACE MACRO plain_street(words) AS regexp_full_match(words, '(st )?[a-z]+( [a-z]+)? ({STREET_WORDS})');
CREATE OR REPLACE MACRO slips(a, b) AS damerau_levenshtein(a, b);
-- One slip in six letters, and none where every word is one that other addresses have: Hill Road is not Mill Road.
CREATE OR REPLACE MACRO words_agree(a, b, strange) AS CASE
    WHEN a = b THEN 1.0
    WHEN a = '' OR b = '' THEN 0
    WHEN list_sort(string_split(a, ' ')) = list_sort(string_split(b, ' ')) THEN {_SAME_WORDS_ELSEWHERE}
    WHEN list_has_all(string_split(a, ' '), string_split(b, ' '))
        OR list_has_all(string_split(b, ' '), string_split(a, ' ')) THEN {_PART_OF_WORDS}
    WHEN strange AND abs(length(a) - length(b)) <= 3
        AND slips(replace(a, ' ', ''), replace(b, ' ', '')) <= greatest(1, least(length(a), length(b)) // 6)
        THEN 1 - slips(replace(a, ' ', ''), replace(b, ' ', '')) / least(length(a), length(b))
    ELSE 0 END;
CREATE OR REPLACE MACRO near_postcode(a, b) AS left(a, length(a) - 2) = left(b, length(b) - 2) OR slips(a, b) <= 1;
"""
# A UPRN that systems hold and the gazetteer lacks: the address most held with it, if it is held with no more than a
# few, stands for it, so that the same address without the number is found too.
_GAZETTEER = """
CREATE TEMP TABLE gazetteer AS
WITH
held_texts AS (
    SELECT s.held_uprn, t.postcodes[1] AS postcode, t.unit, t.number, t.key, t.words, t.flat,
        min(t.form) AS form, count(*) AS records
    FROM std AS s
    JOIN texts AS t
        ON s.held_address IS NOT DISTINCT FROM t.line AND s.held_postcode IS NOT DISTINCT FROM t.held_postcode
    WHERE s.held_uprn IS NOT NULL AND NOT EXISTS (FROM addresses AS g WHERE uprn_form(g.uprn) = s.held_uprn)
        AND t.key <> '' AND t.words <> '' AND len(t.postcodes) > 0 AND NOT t.homeless AND NOT t.care_of
    GROUP BY ALL
),
learnt AS (
    SELECT * FROM held_texts
    QUALIFY row_number() OVER (PARTITION BY held_uprn ORDER BY records DESC, form, postcode, flat) = 1
        AND count(*) OVER (PARTITION BY held_uprn) <= $most
)
SELECT g.uprn, uprn_form(g.uprn) AS held_number, true AS listed, coalesce(g.kind, 'unknown') AS kind,
    t.postcodes[1] AS postcode, t.unit, t.number, t.key, t.words, t.flat, t.form
FROM addresses AS g
LEFT JOIN texts AS t ON held(g.address) IS NOT DISTINCT FROM t.line AND g.postcode IS NOT DISTINCT FROM t.held_postcode
UNION ALL
SELECT held_uprn, held_uprn, false, 'unknown', postcode, unit, number, key, words, flat, form FROM learnt
QUALIFY count(*) OVER (PARTITION BY postcode, key, words) = 1
"""
MOST_FORMS = 3
"""Addresses that may be held with a UPRN which no gazetteer vouches for."""

_WANTED = """
CREATE TEMP TABLE wanted AS
SELECT row_number() OVER () AS id, * FROM texts
WHERE NOT homeless AND (words <> '' OR (key <> '' AND len(postcodes) > 0))
"""
# 'Flat 8, High Street' is not 8 High Street; 'Flat 8, Ferry Lodge' is 8 Ferry Lodge.
_EXACT = """
CREATE TEMP TABLE candidates AS
SELECT t.id, g.uprn, 1.0::DOUBLE AS score, 'address_and_postcode' AS found_by
FROM (SELECT id, unnest(postcodes) AS postcode, key, words, unit FROM wanted) AS t
JOIN gazetteer AS g USING (postcode, key, words)
WHERE (t.unit IS NULL) = (g.unit IS NULL) OR NOT plain_street(t.words)
"""
_LEFT = """
CREATE TEMP TABLE unfound AS SELECT * FROM wanted AS w WHERE NOT EXISTS (FROM candidates AS c WHERE c.id = w.id)
"""
# A word that the gazetteer does not have becomes the one word of the gazetteer that is a slip away. Two words are a
# slip apart where a letter left out of each, or of one, leaves the same; longer words may hide a swap of neighbours.
_MENDED_WORDS = """
CREATE TEMP TABLE mended_words AS
WITH
known AS (
    SELECT DISTINCT word, word AS becomes FROM (SELECT unnest(string_split(words, ' ')) AS word FROM gazetteer)
    WHERE length(word) > 3
    UNION SELECT word, becomes FROM type_words
),
strange AS (
    SELECT DISTINCT word FROM (SELECT unnest(string_split(words, ' ')) AS word FROM unfound)
    WHERE length(word) > 3 AND NOT regexp_matches(word, '[0-9]') AND word NOT IN (SELECT word FROM known)
),
shortened AS (
    SELECT word, becomes, substr(word, 1, place - 1) || substr(word, place + 1) AS rest
    FROM (SELECT *, unnest(range(1, length(word) + 2)) AS place FROM known)
),
strange_shortened AS (
    SELECT word, substr(word, 1, place - 1) || substr(word, place + 1) AS rest
    FROM (SELECT *, unnest(range(1, length(word) + 2)) AS place FROM strange)
)
SELECT s.word, min(k.becomes) AS becomes
FROM strange_shortened AS s JOIN shortened AS k USING (rest)
WHERE slips(s.word, k.word) = 1
GROUP BY s.word HAVING count(DISTINCT k.becomes) = 1
"""
_MENDED_TEXTS = """
CREATE TEMP TABLE looked_for AS
WITH
each_word AS (
    SELECT words, unnest(string_split(words, ' ')) AS word, generate_subscripts(string_split(words, ' '), 1) AS place
    FROM (SELECT DISTINCT words FROM unfound)
),
known AS (SELECT DISTINCT unnest(string_split(words, ' ')) AS word FROM gazetteer),
mended AS (
    SELECT e.words, string_agg(coalesce(m.becomes, e.word), ' ' ORDER BY e.place) AS becomes, count(m.word) AS slips,
        bool_or(m.word IS NULL AND k.word IS NULL) AS strange
    FROM each_word AS e LEFT JOIN mended_words AS m USING (word) LEFT JOIN known AS k ON e.word = k.word
    GROUP BY e.words
)
SELECT u.* EXCLUDE (words, mended), u.mended AS other_postcodes, m.becomes AS words, m.strange,
    1 - m.slips / greatest(length(u.words), 1) AS unslipped
FROM unfound AS u JOIN mended AS m USING (words)
"""
_IN_POSTCODE = f"""
INSERT INTO candidates
WITH
placed AS (
    SELECT *, unnest(postcodes) AS postcode, 1.0 AS postcode_agrees FROM looked_for
    UNION ALL SELECT *, unnest(other_postcodes), {_MENDED} FROM looked_for
),
-- Houses with a name and no number: the name must be there, not only the street.
paired AS (
    SELECT t.id, g.uprn, t.postcode_agrees * t.unslipped AS agrees, t.strange, t.words AS one, g.words AS two,
        (t.unit IS NULL) = (g.unit IS NULL) AS alike, 1.0 AS numbers_agree, t.unslipped < 1 AS slipped,
        t.postcode_agrees < 1 AS mended
    FROM placed AS t JOIN gazetteer AS g USING (postcode, key)
    WHERE t.key <> '' OR (string_split(t.words, ' ')[1] = string_split(g.words, ' ')[1] AND t.words <> '')
    UNION ALL
    SELECT t.id, g.uprn, t.postcode_agrees * t.unslipped, t.strange, t.words, g.words, true, {_BUILDING_NUMBER}, false,
        false
    FROM placed AS t JOIN gazetteer AS g USING (postcode, unit)
    WHERE t.flat AND g.flat AND (t.number IS NULL) <> (g.number IS NULL) AND NOT plain_street(t.words)
    UNION ALL
    SELECT t.id, g.uprn, t.postcode_agrees * t.unslipped, t.strange, t.words, g.words, true, {_RANGE}, false, false
    FROM placed AS t JOIN (FROM gazetteer WHERE contains(number, '_')) AS g
        ON t.postcode = g.postcode AND t.unit IS NOT DISTINCT FROM g.unit
        AND TRY_CAST(t.number AS INTEGER) BETWEEN TRY_CAST(split_part(g.number, '_', 1) AS INTEGER)
            AND TRY_CAST(split_part(g.number, '_', 2) AS INTEGER)
        AND (TRY_CAST(t.number AS INTEGER) - TRY_CAST(split_part(g.number, '_', 1) AS INTEGER)) % 2 = 0
),
judged AS (SELECT *, CASE WHEN one = '' THEN {_NO_WORDS} ELSE words_agree(one, two, strange) END AS said FROM paired)
SELECT id, uprn, agrees * said * numbers_agree,
    CASE WHEN numbers_agree < 1 THEN 'numbers_in_part' WHEN one = '' THEN 'numbers_and_postcode'
        WHEN said < 1 AND said = {_PART_OF_WORDS} THEN 'part_of_address' WHEN one <> two OR slipped THEN 'misspelt'
        ELSE 'mended_postcode' END
FROM judged WHERE said > 0 AND (alike OR NOT plain_street(two))
"""  # noqa: S608
# A space in the wrong place: '6 1Kestrel Walk'.
_SPACED = f"""
INSERT INTO candidates
WITH
written AS (
    SELECT id, unnest(postcodes) AS postcode, flat, replace(words_form(form), ' ', '') AS squeezed FROM looked_for
),
properties AS (
    SELECT uprn, postcode, flat, replace(words_form(form), ' ', '') AS squeezed
    FROM gazetteer WHERE postcode IN (SELECT postcode FROM written)
)
SELECT w.id, g.uprn, {_SPACING}, 'spacing' FROM written AS w JOIN properties AS g USING (postcode, flat, squeezed)
"""  # noqa: S608
# Where the postcode has the street without the number, the gazetteer lacks the property: a namesake afar is another.
_ELSEWHERE = f"""
INSERT INTO candidates
WITH
known AS (SELECT DISTINCT postcode FROM gazetteer),
streets AS (SELECT DISTINCT postcode, words FROM gazetteer),
paired AS (
    SELECT t.id, g.uprn, g.postcode, t.postcodes[1] AS given, t.unslipped,
        CASE
            WHEN len(t.postcodes) = 0 THEN {_NO_POSTCODE}
            WHEN near_postcode(t.postcodes[1], g.postcode) THEN {_NEAR_POSTCODE}
            WHEN EXISTS (FROM known AS k WHERE k.postcode = t.postcodes[1])
                AND NOT EXISTS (FROM streets AS k WHERE k.postcode = t.postcodes[1] AND k.words = t.words)
                THEN {_OTHER_POSTCODE}
            ELSE 0
        END AS postcode_agrees
    FROM looked_for AS t JOIN gazetteer AS g USING (key, words)
    WHERE (t.key <> '' OR (len(string_split(t.words, ' ')) > 2 AND NOT plain_street(t.words)))
        AND ((t.unit IS NULL) = (g.unit IS NULL) OR NOT plain_street(t.words))
)
SELECT id, uprn, postcode_agrees * unslipped,
    CASE WHEN unslipped < 1 THEN 'misspelt_' ELSE '' END
        || CASE WHEN given IS NULL THEN 'without_postcode' ELSE 'other_postcode' END
FROM paired
"""  # noqa: S608
_FOUND = f"""
CREATE TEMP TABLE found AS
WITH
best AS (
    SELECT id, uprn, max(score) AS score, arg_max(found_by, (score, found_by)) AS found_by
    FROM candidates WHERE score > 0 AND id NOT IN (FROM known_blocks) GROUP BY id, uprn
),
ranked AS (
    SELECT *, row_number() OVER better AS place, lead(score) OVER better AS next_score
    FROM best WINDOW better AS (PARTITION BY id ORDER BY score DESC, uprn)
),
settled AS (
    SELECT w.*, r.uprn AS best_uprn, r.found_by AS best_found_by,
        r.score * CASE WHEN w.room THEN {_ROOM} ELSE 1 END * CASE WHEN w.care_of THEN {_CARE_OF} ELSE 1 END AS fit,
        coalesce(r.next_score > r.score - {_MARGIN}, false) AS ambiguous
    FROM wanted AS w LEFT JOIN ranked AS r ON w.id = r.id AND r.place = 1
)
SELECT * EXCLUDE (best_uprn, best_found_by, fit),
    CASE WHEN fit >= {FLOOR} AND NOT ambiguous THEN best_uprn END AS uprn,
    CASE WHEN fit >= {FLOOR} AND NOT ambiguous THEN round(fit, 3) END AS score,
    CASE WHEN fit >= {FLOOR} AND NOT ambiguous THEN best_found_by END AS found_by
FROM settled
"""  # noqa: S608
# A line that gives less than two properties have in common names the building or the street, and nobody's home.
_BLOCKS = """
CREATE TEMP TABLE {blocks} AS
WITH
lines AS (
    SELECT id, number, words, unnest(CASE WHEN len(postcodes) = 0 THEN [NULL] ELSE postcodes END) AS postcode
    FROM {lines} WHERE unit IS NULL AND words <> ''
),
shared AS (
    SELECT l.id, e.key FROM lines AS l JOIN {entries} AS e USING (number, words)
    WHERE e.unit IS NOT NULL AND coalesce(l.postcode = e.postcode, true)
    UNION ALL
    SELECT l.id, e.key FROM lines AS l JOIN {entries} AS e USING (postcode)
    WHERE l.number IS NULL AND e.key <> '' AND list_has_all(string_split(e.words, ' '), string_split(l.words, ' '))
    UNION ALL
    SELECT l.id, e.key FROM lines AS l JOIN {entries} AS e USING (words)
    WHERE l.number IS NULL AND e.key <> ''
)
SELECT id FROM shared GROUP BY id HAVING count(DISTINCT key) > 1
"""
_KNOWN_BLOCKS = _BLOCKS.format(blocks="known_blocks", lines="looked_for", entries="gazetteer")
_OWN_BLOCKS = _BLOCKS.format(blocks="own_blocks", lines="own_lines", entries="own_entries")
_OWN_LINES = """
CREATE TEMP TABLE own_lines AS
SELECT id, key, unit, number, words, postcodes, postcodes[1] AS postcode FROM found WHERE uprn IS NULL
"""
_OWN_ENTRIES = """
CREATE TEMP TABLE own_entries AS
SELECT key, unit, number, words, postcode FROM own_lines UNION SELECT key, unit, number, words, postcode FROM gazetteer
"""
_NO_HOMES = "CREATE TEMP TABLE blocks AS FROM known_blocks UNION FROM own_blocks"
# The gazetteer's own entry for a building that it divides into flats is no home either, unless it says that it is one.
_SHELLS = """
CREATE TEMP TABLE shells AS
SELECT p.uprn
FROM gazetteer AS p
JOIN gazetteer AS c ON p.postcode = c.postcode AND p.words = c.words AND p.number IS NOT DISTINCT FROM c.number
WHERE p.unit IS NULL AND c.unit IS NOT NULL AND p.kind IN ('unknown', 'other')
GROUP BY p.uprn HAVING count(DISTINCT c.unit) > 1
"""


def find_properties(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``found`` from ``texts`` and ``addresses``: a row of ``texts`` that says anything, with what it names.

    ``uprn``, ``score`` and ``found_by`` are empty where nothing fits, or where ``ambiguous``. Also makes
    ``gazetteer`` (each property as it is read), ``blocks`` (the ids of those that name no more than a building or a
    street) and ``shells`` (properties that are only the building around others).
    """
    con.execute(_MACROS)
    con.register("type_word_rows", pa.table({"word": [*TYPE_WORDS], "becomes": [*TYPE_WORDS.values()]}))
    con.execute("CREATE TEMP TABLE type_words AS FROM type_word_rows")
    con.execute(_GAZETTEER, {"most": MOST_FORMS})
    for statement in (_WANTED, _EXACT, _LEFT, _MENDED_WORDS, _MENDED_TEXTS, _KNOWN_BLOCKS, _IN_POSTCODE, _SPACED):
        con.execute(statement)
    for statement in (_ELSEWHERE, _FOUND, _OWN_LINES, _OWN_ENTRIES, _OWN_BLOCKS, _NO_HOMES, _SHELLS):
        con.execute(statement)
