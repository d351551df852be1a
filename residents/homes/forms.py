"""Address lines in one form: the unit, the number, the words and the postcode that each of them gives.

'Flat 3, 40 High Street', '3/40 High St' and '40 HIGH STREET FLAT 3' are unit 3 of number 40, words 'high st'. Makes
``texts`` (a row for each distinct line and postcode as held) and ``forms`` (a row for each distinct reading).
"""

from __future__ import annotations

import duckdb

_FLOORS = "lowerground|ground|first|second|third|fourth|fifth|top|upper|lower|basement|garden|rear|front"

# Applied in turn to a folded line in which only letters, digits, spaces, '-' and '/' are left.
_UNITS = (
    # An abbreviation of 'flat', and of 'number' before a number.
    (r"\b(apt|apartment|appartment|apmt|unit|flt|flats|maisonette|studio|fl)\b( (number|no)\b)?", "flat"),
    (r"\b(number|no) ?(\d)", r"\2"),
    (r"\b0+(\d)", r"\1"),
    # 'f29 ', '118fb' and 'fa 99' as some systems shorten them.
    (r"\bf(lat|lt)?(\d+[a-z]?)\b", r"flat \2"),
    (r"\bflat([a-z])\b", r"flat \1"),
    (r"\b(\d+)f([a-z])\b", r"flat \2 \1"),
    (r"^f([a-z]) (\d)", r"flat \1 \2"),
    # Floors, with and without 'floor' and 'flat'.
    (r"\bgff\b", "ground floor"),
    (r"\bfff\b", "first floor"),
    (r"\bsff\b", "second floor"),
    (r"\blgf\b|\blower (ground|gnd) (floor|flr)\b", "lowerground floor"),
    (r"\b(gnd|grd) (floor|flr)\b", "ground floor"),
    (r"\b1st (floor|flr)\b", "first floor"),
    (r"\b2nd (floor|flr)\b", "second floor"),
    (r"\b3rd (floor|flr)\b", "third floor"),
    (r"\b(bsmt|bmt)\b", "basement"),
    (r"\brear of\b", "rear flat"),
    (
        r"\b(flat )?(lowerground|ground|first|second|third|fourth|fifth|top|upper|lower) (floor|flr)( flat)?\b",
        r"flat \2",
    ),
    (rf"\b({_FLOORS}) flat\b", r"flat \1"),
    (r"\b(flat )?basement\b", "flat basement"),
    (rf"\bflat ({_FLOORS}) (left|right|front|rear)\b", r"flat \1\2"),
    # A numbered flat says more than its floor.
    (rf"\bflat (\d+[a-z]?|[a-z]) flat ({_FLOORS})(left|right|front|rear)?\b", r"flat \1"),
    (rf"\bflat ({_FLOORS})(left|right|front|rear)? flat (\d+[a-z]?|[a-z])\b", r"flat \3"),
    # '3/40' is flat 3 of 40; '12 - 14' is one property; a number may be stuck to the street.
    (r"^(flat )?(\d+[a-z]?|[a-z]) ?[/] ?(\d)", r"flat \2 \3"),
    (r"\bflat (\d+[a-z]?|[a-z]) ?- ?(\d)", r"flat \1 \2"),
    (r"(\d) ?- ?(\d)", r"\1_\2"),
    (r"[-/]+", " "),
    (r"\b(\d+)([a-z]{3,})", r"\1 \2"),
    # A lone letter before a number is a flat, and so is one after it.
    (r"^([a-z]) (\d)", r"flat \1 \2"),
)

# In full, so that a slip in them is still a slip. Both 'saint' and 'street' are 'st': one never stands for the other.
_WORDS = (
    (r"\b(street|saint|str)\b", "st"),
    (r"\brd\b", "road"),
    (r"\b(ave|av)\b", "avenue"),
    (r"\bln\b", "lane"),
    (r"\b(gdns|gdn|gardns|gds|garden)\b", "gardens"),
    (r"\b(cl|cls)\b", "close"),
    (r"\b(ct|crt)\b", "court"),
    (r"\bsq\b", "square"),
    (r"\bpl\b", "place"),
    (r"\b(terr|ter|tce)\b", "terrace"),
    (r"\b(cres|cresc|crs)\b", "crescent"),
    (r"\b(gr|grv|gro)\b", "grove"),
    (r"\bhse\b", "house"),
    (r"\b(wlk|wk)\b", "walk"),
    (r"\bwy\b", "way"),
    (r"\b(dr|drv)\b", "drive"),
    (r"\b(hts|hgts)\b", "heights"),
    (r"\b(ldg|lge)\b", "lodge"),
    (r"\b(bldgs?|building)\b", "buildings"),
    (r"\b(mans|mnsns|mansion)\b", "mansions"),
    (r"\bpnt\b", "point"),
    (r"\btwr\b", "tower"),
    (r"\best\b", "estate"),
    (r"\b(pde|par)\b", "parade"),
    (r"\bmt\b", "mount"),
    (r"\bgrn\b", "green"),
    (r"\b(nth)\b", "north"),
    (r"\b(sth)\b", "south"),
    (r"\b(the|and|flat)\b", ""),
)

STREET_WORDS = (
    "st|street|road|avenue|lane|gardens|close|square|place|terrace|crescent|grove|walk|way|drive|hill|row|mews|vale|"
    "parade|green|rise|yard|path|broadway"
)
"""What a thoroughfare's name ends in."""

TYPE_WORDS = {
    **{word: word for word in STREET_WORDS.split("|") if len(word) > 3},
    **{form: form for _, form in _WORDS if len(form) > 3},
    "street": "st",
}
"""Words that any borough's addresses have, as they are spelt, and the form they take."""

# What people type where an address is not known, or must not be used. The first kind has no home at all.
_HOMELESS = (
    r"\b(no fixed (abode|address|addr|add)|nfa|n f a|homeless|sofa surf\w*|rough sleep\w*|of no (fixed )?abode|"
    r"no abode)\b"
)
_NOTES = (
    r"\b(do not (contact|disclose|use|send|visit|write|share)( (address|details|to|here|this|at))*|"
    r"(address )?(withheld|protected|confidential|restricted)( address)?|"
    r"(address )?(is )?(not|un) ?(known|given|stated|disclosed|provided|recorded|applicable|available|confirmed)"
    r"( address)?|no (known )?address( known| given| held)?|refused( to (say|give))?|"
    r"left (the )?(area|country|uk|borough)|"
    r"moved (away|abroad)|gone away|(same )?as above|see (notes?|file|above|case notes?)|previous address|"
    r"address to be (confirmed|advised)|to be (confirmed|advised))\b"
)
_EMPTY = r"(n a|na|none|nil|null|tba|tbc|x+|z+|test|test address|same|unknown|abroad|overseas|various|address|uk|0+|9+)"


def _nested(start: str, rules: tuple[tuple[str, str], ...]) -> str:
    """SQL that applies each rule of this module to what the one before made of ``start``."""
    sql = start
    for pattern, form in rules:
        sql = f"regexp_replace({sql}, '{pattern}', '{form}', 'g')"
    return sql


_POSTCODE = r"\b([a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2})\b"
# A postcode that fits no pattern may have letters and figures mixed up: 'FMI 4YL', 'FM1 4Y1', 'EO1 2AB'.
_MACROS = """
CREATE OR REPLACE MACRO as_figures(t) AS translate(t, 'OILSBZQ', '0115820');
CREATE OR REPLACE MACRO as_letters(t) AS translate(t, '01582', 'OISBZ');
CREATE OR REPLACE MACRO postcode_mended(t) AS CASE WHEN length(compact(t)) BETWEEN 5 AND 7 THEN
    list_filter(
        [
            as_letters(left(compact(t), 1)) || as_figures(substr(compact(t), 2, length(compact(t)) - 4))
                || as_figures(substr(compact(t), length(compact(t)) - 2, 1)) || as_letters(right(compact(t), 2)),
            as_letters(left(compact(t), 2)) || as_figures(substr(compact(t), 3, length(compact(t)) - 5))
                || as_figures(substr(compact(t), length(compact(t)) - 2, 1)) || as_letters(right(compact(t), 2))
        ],
        lambda p: postcode_form(p) = p AND p <> compact(t)
    ) END;
"""
# Folding leaves plain letters as they are, and few lines have a postcode in them: most are spared the dear steps.
_LINES = f"""
CREATE TEMP TABLE lines AS
WITH
held_lines AS (
    SELECT DISTINCT held_address AS line, held_postcode FROM std
    WHERE held_address IS NOT NULL OR held_postcode IS NOT NULL
    UNION SELECT DISTINCT held(address), postcode FROM addresses
),
held_postcodes AS (
    SELECT held_postcode, form, CASE WHEN form IS NULL THEN postcode_mended(held_postcode) END AS mended
    FROM (
        SELECT held_postcode, postcode_form(held_postcode) AS form FROM (SELECT DISTINCT held_postcode FROM held_lines)
    )
),
plain AS (
    SELECT *, regexp_replace(regexp_replace(translate(
        CASE WHEN strlen(line) = length(line) THEN lower(trim(line)) ELSE fold(line) END,
        chr(10) || chr(13) || chr(9) || ';|&', ',, ,,+'),
        '[''\u2019\u2018`.]', '', 'g'), '[^a-z0-9,/-]+', ' ', 'g') AS folded
    FROM held_lines
),
parted AS (
    SELECT p.*, h.form AS held_form, h.mended,
        CASE WHEN regexp_matches(folded, '{_POSTCODE}') THEN regexp_extract(folded, '.*{_POSTCODE}', 1) END
            AS inner_postcode
    FROM plain AS p LEFT JOIN held_postcodes AS h USING (held_postcode)
)
SELECT line, held_postcode,
    list_distinct(list_filter([held_form, postcode_form(inner_postcode)], lambda p: p IS NOT NULL)) AS postcodes,
    mended,
    trim(regexp_replace(regexp_replace(
        CASE WHEN inner_postcode IS NULL THEN folded ELSE replace(folded, inner_postcode, ',') END,
        '[ ,]*,[ ,]*', ',', 'g'), '^,|,$', '', 'g')) AS rest
FROM parted
"""  # noqa: S608 (what is pasted in are constants of this module)

# A last part without a number that stands under many postcodes is a town, a district or a county, and says nothing.
_LOCALITIES = f"""
CREATE TEMP TABLE localities AS
SELECT locality FROM (
    SELECT regexp_extract(rest, ',([^,]*)$', 1) AS locality, coalesce(postcodes[1], mended[1]) AS postcode FROM lines
    WHERE contains(rest, ',')
)
WHERE NOT regexp_matches(locality, '[0-9]') AND locality <> '' AND postcode IS NOT NULL
    AND NOT regexp_matches(locality, ' ({STREET_WORDS}|rd|ave?|ln|gdns|cl|sq|pl|terr?|cres|wlk|dr)$')
GROUP BY locality
HAVING count(DISTINCT postcode) > greatest(10, 0.02 * (SELECT count(DISTINCT postcodes[1]) FROM lines))
"""  # noqa: S608
# A town, then a county: the longest known end goes, and once more.
_CUT = """
CREATE OR REPLACE TEMP TABLE lines AS
WITH ends AS (
    SELECT l.rest, max(length(t.locality)) AS cut
    FROM (SELECT DISTINCT rest FROM lines) AS l
    JOIN localities AS t ON ends_with(l.rest, ' ' || t.locality) OR ends_with(l.rest, ',' || t.locality)
        OR l.rest = t.locality
    GROUP BY l.rest
)
SELECT l.* REPLACE (rtrim(left(l.rest, (length(l.rest) - coalesce(cut, 0))::INTEGER), ' ,') AS rest)
FROM lines AS l LEFT JOIN ends USING (rest)
"""
_CUTS = 2

# Most lines are such that no rule changes anything in them.
_ANY_UNIT = "|".join(f"({pattern})" for pattern, _ in _UNITS)
_UNIT = f"\\bflat (\\d+[a-z]?|[a-z]\\d*|({_FLOORS})(left|right|front|rear)?)\\b"
_ROOM = r"\b(room|rm|bedroom|bedsit|bed|bedspace)( no)? ?(\d+[a-z]?|[a-z])\b"
_NUMBER = r"\b(\d+[a-z]?(_\d+[a-z]?)?)\b"
_LETTERED = r"\b(\d+)([a-z]| [a-mo-rt-vx-z])\b"
_READ = f"""
CREATE TEMP TABLE read_lines AS
WITH
noted AS (
    SELECT *, regexp_matches(rest, '{_HOMELESS}') AS homeless,
        regexp_matches(rest, '\\b(c/o|care of)\\b') AS care_of,
        trim(regexp_replace(regexp_replace(
            regexp_replace(rest, '{_HOMELESS}|{_NOTES}', ' ', 'g'), '\\b(c/o|care of)\\b[^,0-9]*,?', ' ', 'g'),
            '\\bst(,|$)', 'street\\1', 'g')) AS kept
    FROM lines
),
spaced AS (SELECT * EXCLUDE (kept), {_nested("translate(kept, ',', ' ')", ((r" +", " "),))} AS spaced FROM noted),
plain AS (
    SELECT * EXCLUDE (spaced),
        CASE WHEN regexp_matches(spaced, '{_ANY_UNIT}') THEN {_nested("spaced", _UNITS)} ELSE spaced END AS form
    FROM spaced
),
without_unit AS (
    SELECT *, nullif(regexp_extract(form, '{_UNIT}', 1), '') AS said_unit,
        regexp_replace(form, '{_UNIT}', ' ') AS unitless
    FROM plain
),
without_room AS (
    SELECT *, regexp_matches(unitless, '{_ROOM}') AS room,
        CASE WHEN said_unit IS NULL THEN nullif(trim(regexp_extract(unitless, '{_LETTERED}', 2)), '') END AS letter,
        regexp_replace(unitless, '{_ROOM}', ' ') AS roomless
    FROM without_unit
),
numbered AS (
    SELECT *, CASE WHEN letter IS NULL THEN roomless ELSE regexp_replace(roomless, '{_LETTERED}', '\\1') END AS named
    FROM without_room
),
counted AS (SELECT *, regexp_extract_all(named, '{_NUMBER}', 1) AS numbers FROM numbered)
SELECT line, held_postcode, postcodes, coalesce(mended, []) AS mended, homeless, care_of, room, form,
    coalesce(said_unit, letter, CASE WHEN len(numbers) > 1 THEN numbers[1] END) AS unit,
    said_unit IS NOT NULL AS flat,
    nullif(array_to_string(
        CASE WHEN said_unit IS NULL AND letter IS NULL AND len(numbers) > 1 THEN numbers[2:] ELSE numbers END, ' '), '')
        AS number,
    trim(regexp_replace(regexp_replace(named, '{_NUMBER}', ' ', 'g'), ' +', ' ', 'g')) AS named
FROM counted
"""  # noqa: S608
_FORMS = f"""
CREATE TEMP TABLE wordings AS
SELECT named, CASE WHEN regexp_full_match(words, '{_EMPTY}') THEN '' ELSE words END AS words
FROM (
    SELECT named, trim(regexp_replace({_nested("named", _WORDS)}, ' +', ' ', 'g')) AS words
    FROM (SELECT DISTINCT named FROM read_lines WHERE named IS NOT NULL)
)
"""  # noqa: S608
_WORDS_FORM = f"CREATE OR REPLACE MACRO words_form(t) AS {_nested('t', _WORDS)}"
_TEXTS = """
CREATE TEMP TABLE texts AS
SELECT r.* EXCLUDE (named), coalesce(w.words, '') AS words, concat_ws(' ', r.unit, r.number) AS key
FROM read_lines AS r LEFT JOIN wordings AS w USING (named)
"""


def read_forms(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``texts``: how each distinct ``line`` and ``held_postcode`` of ``std`` and ``addresses`` is read.

    ``postcodes`` are those it gives and ``mended`` what it may have meant; ``unit`` is the flat in a building,
    ``number`` the building's in its street, ``key`` both; ``words`` the names; ``flat`` says that it has the word,
    ``room``, ``care_of`` and ``homeless`` likewise; ``form`` is the line before it was taken apart.
    """
    con.execute(_MACROS)
    con.execute(_WORDS_FORM)
    con.execute(_LINES)
    con.execute(_LOCALITIES)
    for _ in range(_CUTS):
        con.execute(_CUT)
    for statement in (_READ, _FORMS, _TEXTS):
        con.execute(statement)
