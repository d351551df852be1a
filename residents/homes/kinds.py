"""What kind of place an address is: as the gazetteer classes it, else as its words say.

A gazetteer's classes often stop at 'residential institution', so words tell a hostel from a refuge there too. They
never overrule a dwelling: a flat in the Old Hotel is a flat.
"""

from __future__ import annotations

import duckdb

from residents.homes.forms import STREET_WORDS

# The first that fits counts. Street names are taken out before: nobody lives in Hospital Road's hospital.
_WORDS = (
    ("refuge", r"refuge"),
    ("childrens_home", r"child(ren)?s? home"),
    ("care_home", r"(care|nursing|residential|rest|retirement) home"),
    ("hostel", r"hostel|(night|homeless) shelter|foyer|ymca|ywca|supported (housing|living|accommodation|lodgings)"),
    (
        "temporary_accommodation",
        r"(temporary|emergency|interim) (accommodation|accomm?|housing)|hotel|guest house|lodging house|"
        r"bed breakfast|b b|travelodge|premier inn|holiday inn",
    ),
    ("institution", r"hospital|hospice|prison|hmp|yoi|barracks|halls? of residence|detention|convent|monastery"),
)
_SAID = " ".join(f"WHEN regexp_matches(places, '\\b({pattern})\\b') THEN '{kind}'" for kind, pattern in _WORDS)
_MACRO = f"""
CREATE OR REPLACE MACRO kind_of_place(places) AS CASE {_SAID} END;
CREATE OR REPLACE MACRO without_streets(words) AS
    regexp_replace(words, '\\b[a-z]+ ({STREET_WORDS})\\b', ' ', 'g');
"""
_ANY = "|".join(pattern for _, pattern in _WORDS)
# Few addresses have any of the words: the others need not be taken apart.
_WORDED = f"""
CREATE TEMP TABLE worded_kinds AS
SELECT words, kind_of_place(without_streets(words)) AS kind
FROM (SELECT DISTINCT words FROM (SELECT words FROM keyed UNION ALL SELECT words FROM gazetteer)
    WHERE regexp_matches(words, '\\b({_ANY})\\b'))
WHERE kind_of_place(without_streets(words)) IS NOT NULL
"""  # noqa: S608 (what is pasted in are constants of this module)


def read_kinds(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``worded_kinds``: the kind of place that the words of an address name, where they name one."""
    con.execute(_MACRO)
    con.execute(_WORDED)
