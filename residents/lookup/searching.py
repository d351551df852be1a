"""Finding people by what is known of them, however it is spelt.

Each thing asked gives every person a likeness from 0 to 1, people below a least likeness are left out, and who is
left for everything asked is put in order of the sum. Names are compared as the matching compares them: in one form,
with the spellings that stand for one name, and with a slip or two.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, fields
from typing import Any

import duckdb
import pyarrow as pa

from residents.matching.names import SURNAME_PARTICLES, TITLES
from store.errors import UsageError

_ALIKE = 0.85
"""Jaro-Winkler likeness from which two words could be one, as where clusters are kept apart."""
_LONGEST = 300
_POSTCODE_AT_END = re.compile(r"[\s,]*\b([A-Za-z]{1,2}[0-9][A-Za-z0-9]?\s*[0-9][A-Za-z]{2})\s*$")
IDENTIFIERS = ("upn", "nino")
"""What may stand for a system in ``SYSTEM:KEY``, because several systems hold it."""

# A person is looked for by all names that any system holds, so that one known under two surnames is found by either.
_NAME = """
WITH
held AS (
    SELECT person_id, unnest(list_distinct(list_filter(
        [forename, middle, forename_all, surname, surname_last] || coalesce(surname_words, []),
        lambda w: w IS NOT NULL))) AS word
    FROM versions
),
known AS (SELECT DISTINCT word FROM held),
alike AS (
    SELECT a.place, a.telling, k.word, CASE
            WHEN k.word = a.word THEN 1.0
            WHEN EXISTS (FROM spellings AS s JOIN spellings AS t USING (name_group)
                WHERE s.name = a.word AND t.name = k.word) THEN 0.97
            WHEN length(a.word) > 2 AND starts_with(k.word, a.word) THEN 0.9
            WHEN least(length(a.word), length(k.word)) = 1 AND left(a.word, 1) = left(k.word, 1) THEN 0.7
            ELSE jaro_winkler_similarity(a.word, k.word) END AS likeness
    FROM asked_words AS a CROSS JOIN known AS k
),
best AS (
    SELECT h.person_id, a.place, a.telling, max(a.likeness) AS likeness
    FROM held AS h JOIN (FROM alike WHERE likeness >= $alike OR likeness = 0.7) AS a USING (word)
    GROUP BY ALL
)
SELECT person_id, sum(likeness) / $words AS likeness FROM best
GROUP BY person_id HAVING count(*) FILTER (telling) >= $needed AND bool_or(place = 0)
"""
_DOB = """
SELECT person_id, max(CASE
        WHEN dob = $dob THEN 1.0
        WHEN dob_swapped = $dob THEN 0.9
        WHEN damerau_levenshtein(dob_text, $text) = 1 THEN 0.8
        WHEN dob_weak AND year(dob) = year($dob) THEN 0.7 END) AS likeness
FROM versions WHERE dob IS NOT NULL
GROUP BY person_id HAVING likeness IS NOT NULL
"""
_POSTCODE = """
SELECT DISTINCT person_id, 1.0 AS likeness FROM versions WHERE list_contains(postcodes, postcode_form($postcode))
"""
_UPRN = """
SELECT DISTINCT person_id, CASE WHEN to_date IS NULL THEN 1.0 ELSE 0.9 END AS likeness
FROM residence_spells WHERE uprn_form(uprn) = uprn_form($uprn)
"""
# Every number of an address counts, and all but one of its other words.
_ADDRESS = """
WITH
lines AS (
    SELECT DISTINCT address AS line, postcode FROM records WHERE address IS NOT NULL
    UNION SELECT address, postcode FROM addresses WHERE address IS NOT NULL
),
worded AS (
    SELECT line, postcode, unnest(list_distinct(list_filter(
        regexp_split_to_array(fold(replace(line, '''', '')), '[^a-z0-9]+'), lambda w: w <> ''))) AS word
    FROM lines
),
known AS (SELECT DISTINCT word FROM worded),
alike AS (
    SELECT a.place, a.telling AS number, k.word, CASE
            WHEN k.word = a.word THEN 1.0
            WHEN a.telling THEN 0.0
            WHEN length(a.word) > 1 AND starts_with(k.word, a.word) THEN 0.95
            WHEN length(k.word) > 1 AND starts_with(a.word, k.word) THEN 0.95
            ELSE jaro_winkler_similarity(a.word, k.word) END AS likeness
    FROM asked_words AS a CROSS JOIN known AS k
),
best AS (
    SELECT w.line, w.postcode, a.place, a.number, max(a.likeness) AS likeness
    FROM worded AS w JOIN (FROM alike WHERE likeness >= $alike) AS a USING (word)
    GROUP BY ALL
),
found AS (
    SELECT line, postcode, sum(likeness) / $words AS likeness FROM best
    GROUP BY ALL HAVING count(*) FILTER (number) = $numbers AND count(*) FILTER (NOT number) >= $needed
),
residents AS (
    SELECT p.person_id, f.likeness
    FROM found AS f
    JOIN records AS r ON r.address = f.line AND r.postcode IS NOT DISTINCT FROM f.postcode
    JOIN record_person AS p ON r.source = p.source AND r.file = p.file AND r.record_id = p.record_id
    UNION ALL
    SELECT s.person_id, f.likeness
    FROM found AS f
    JOIN addresses AS g ON g.address = f.line AND g.postcode IS NOT DISTINCT FROM f.postcode
    JOIN residence_spells AS s ON uprn_form(s.uprn) = uprn_form(g.uprn)
)
SELECT person_id, max(likeness) AS likeness FROM residents GROUP BY person_id
"""
_KEY = """
SELECT DISTINCT person_id, 1.0 AS likeness FROM record_person WHERE source = $system AND record_id = $key
UNION
SELECT p.person_id, 1.0 FROM group_members AS g
JOIN record_person AS p ON g.source = p.source AND g.file = p.file AND g.record_id = p.record_id
WHERE g.source = $system AND g.group_id = $key
"""
_UPN = "SELECT DISTINCT person_id, 1.0 AS likeness FROM versions WHERE upn = compact($key)"
_NINO = "SELECT DISTINCT person_id, 1.0 AS likeness FROM versions WHERE nino = left(compact($key), 8)"
# An id that this run merged into another is still on papers and in earlier logs.
_PERSON = """
SELECT person_id, 1.0 AS likeness FROM people WHERE person_id = $person
UNION
SELECT to_person, 1.0 FROM person_changes WHERE kind = 'merge' AND from_person = $person
"""
_LISTED = """
WITH
listed AS (
    SELECT f.person_id, p.forename, p.surname, p.dob, p.sex, round(f.likeness, 3) AS likeness
    FROM found_people AS f JOIN people AS p USING (person_id)
    ORDER BY likeness DESC, p.surname, p.forename, p.dob, f.person_id LIMIT $limit
),
systems AS (
    SELECT person_id, count(DISTINCT source) AS systems FROM versions
    WHERE person_id IN (SELECT person_id FROM listed) GROUP BY person_id
),
homes AS (
    SELECT person_id, arg_max(address_key, (to_date IS NULL, from_date, address_key)) AS address_key,
        arg_max(uprn, (to_date IS NULL, from_date, address_key)) AS uprn
    FROM residence_spells WHERE person_id IN (SELECT person_id FROM listed) GROUP BY person_id
),
gazetteer AS (
    SELECT uprn, min(concat_ws(', ', address, postcode)) AS address FROM addresses
    WHERE uprn IN (SELECT uprn FROM homes) GROUP BY uprn
)
SELECT l.*, s.systems, coalesce(g.address, replace(h.address_key, '|', ', ')) AS last_address
FROM listed AS l LEFT JOIN systems AS s USING (person_id) LEFT JOIN homes AS h USING (person_id)
LEFT JOIN gazetteer AS g USING (uprn)
ORDER BY l.likeness DESC, l.surname, l.forename, l.dob, l.person_id
"""


@dataclass(frozen=True)
class Question:
    """What is known of the person looked for; None is not asked. ``key`` is a system's name and its key."""

    name: str | None = None
    dob: dt.date | None = None
    address: str | None = None
    postcode: str | None = None
    uprn: str | None = None
    key: tuple[str, str] | None = None
    person: str | None = None

    @property
    def asked(self) -> list[str]:
        """The names of the things asked, for the log: never what was asked."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


@dataclass(frozen=True)
class Answer:
    """Who was found, the likeliest first: at most the limit, of ``total``."""

    people: list[dict[str, Any]]
    total: int


def search(con: duckdb.DuckDBPyConnection, question: Question, limit: int) -> Answer:
    """The people whom everything in the question fits.

    Raises UsageError when nothing is asked, or when what is asked cannot be read or names no system of the run.
    """
    if not question.asked:
        raise UsageError(
            "Nothing was asked.",
            where="resident find",
            fix="Give at least one of --name, --dob, --address, --postcode, --uprn, --id and --person.",
        )
    _check_texts(question)
    address, postcode = _apart(question.address, question.postcode)
    found = [
        *([_by_name(con, question.name)] if question.name is not None else []),
        *([_by_dob(con, question.dob)] if question.dob is not None else []),
        *([_by_address(con, address)] if address is not None else []),
        *([_by_postcode(con, postcode)] if postcode is not None else []),
        *([_by_uprn(con, question.uprn)] if question.uprn is not None else []),
        *([_by_key(con, *question.key)] if question.key is not None else []),
        *([_rows(con, _PERSON, {"person": question.person})] if question.person is not None else []),
    ]
    con.register("found_rows", pa.concat_tables(found))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE found_people AS SELECT person_id, sum(likeness) / $n AS likeness "
        "FROM found_rows GROUP BY person_id HAVING count(*) = $n",
        {"n": len(found)},
    )
    total = con.sql("SELECT count(*) FROM found_people JOIN people USING (person_id)").fetchall()[0][0]
    listed = con.sql(_LISTED, params={"limit": limit}).to_arrow_table().to_pylist()
    return Answer(listed, total)


def _check_texts(question: Question) -> None:
    texts = [question.name, question.address, question.postcode, question.uprn, question.person, *(question.key or ())]
    for text in filter(None, texts):
        if len(text) > _LONGEST or any("\ud800" <= character <= "\udfff" for character in text):
            raise _unreadable("resident find", f"Give text, at most {_LONGEST} letters of it.")


def _by_name(con: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    surname, comma, forename = name.partition(",")
    words = _words(con, "SELECT words($text)", f"{forename} {surname}" if comma else name)
    named = [word for word in words if word not in TITLES and word not in SURNAME_PARTICLES] or words
    if not named:
        raise _unreadable("--name", "Give at least one word of the name.")
    whole = [len(word) > 1 for word in named]
    _ask(con, named, whole)
    # Of three names or more, one may be a second name that no system holds. Initials only help to put in order.
    needed = sum(whole) - (sum(whole) > 2)
    return _rows(con, _NAME, {"alike": _ALIKE, "words": len(named), "needed": needed})


def _by_dob(con: duckdb.DuckDBPyConnection, dob: dt.date) -> pa.Table:
    return _rows(con, _DOB, {"dob": dob, "text": dob.strftime("%Y%m%d")})


def _by_address(con: duckdb.DuckDBPyConnection, address: str) -> pa.Table:
    words = _words(con, "SELECT regexp_split_to_array(fold(replace($text, '''', '')), '[^a-z0-9]+')", address)
    if not words:
        raise _unreadable("--address", "Give at least one word or number of the address.")
    numbered = [any(character.isdigit() for character in word) for word in words]
    _ask(con, words, numbered)
    numbers = sum(numbered)
    others = len(words) - numbers
    return _rows(
        con,
        _ADDRESS,
        {"alike": _ALIKE, "words": len(words), "numbers": numbers, "needed": max(others - (others > 1), 0)},
    )


def _by_postcode(con: duckdb.DuckDBPyConnection, postcode: str) -> pa.Table:
    if con.execute("SELECT postcode_form($postcode)", {"postcode": postcode}).fetchall()[0][0] is None:
        raise _unreadable("--postcode", "Give a whole postcode.")
    return _rows(con, _POSTCODE, {"postcode": postcode})


def _by_uprn(con: duckdb.DuckDBPyConnection, uprn: str) -> pa.Table:
    if not re.fullmatch(r"\s*[0-9]{1,12}\s*", uprn, re.ASCII):
        raise _unreadable("--uprn", "A UPRN has up to twelve digits.")
    return _rows(con, _UPRN, {"uprn": uprn})


def _by_key(con: duckdb.DuckDBPyConnection, system: str, key: str) -> pa.Table:
    known = [row[0] for row in con.sql("SELECT DISTINCT source FROM record_person ORDER BY source").fetchall()]
    if system in known:
        return _rows(con, _KEY, {"system": system, "key": key})
    if system.lower() in IDENTIFIERS:
        return _rows(con, _UPN if system.lower() == "upn" else _NINO, {"key": key})
    raise UsageError(
        "There is no such system in this run.", where="--id", fix=f"Systems: {', '.join([*known, *IDENTIFIERS])}."
    )


def _apart(address: str | None, postcode: str | None) -> tuple[str | None, str | None]:
    """The address without the postcode at its end, and that postcode unless one is given by itself."""
    found = _POSTCODE_AT_END.search(address) if address is not None else None
    if address is None or found is None:
        return address, postcode
    rest = address[: found.start()]
    return (rest if rest.strip() else None), postcode or found.group(1)


def _words(con: duckdb.DuckDBPyConnection, sql: str, text: str) -> list[str]:
    found = con.execute(sql, {"text": text}).fetchall()[0][0] or []
    return list(dict.fromkeys(word for word in found if word))


def _ask(con: duckdb.DuckDBPyConnection, words: list[str], telling: list[bool]) -> None:
    """Put the words asked for where the engine finds them, with whether each is of the kind that must fit."""
    con.register("asked_words", pa.table({"place": range(len(words)), "word": words, "telling": telling}))


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> pa.Table:
    found = con.sql(sql, params=values).to_arrow_table()
    return found.cast(pa.schema([("person_id", pa.string()), ("likeness", pa.float64())]))


def _unreadable(where: str, fix: str) -> UsageError:
    return UsageError("What was asked cannot be read.", where=where, fix=fix)
