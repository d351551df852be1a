"""All that the index holds of one person: names, identifiers and what joined them, homes, families. No ethnicity."""

from __future__ import annotations

import dataclasses
from typing import Any

import duckdb

from residents.lookup.links import Link, links_of

_MOST_SHOWN = 15
"""People at one address at one time above which they are counted and not named: it is no household."""

_PERSON = "FROM people WHERE person_id = $person"
_IDENTIFIERS = """
WITH
mine AS (SELECT source, file, record_id, match_probability FROM record_person WHERE person_id = $person),
records_of AS (
    SELECT r.source, r.subject_id, count(DISTINCT r.record_id) AS records, min(r.recorded_on) AS first_recorded,
        max(r.recorded_on) AS last_recorded, max(m.match_probability) AS match_probability,
        arg_max(coalesce(r.full_name, concat_ws(' ', r.forename, r.surname)), (r.recorded_on, r.record_id)) AS name,
        max(r.dob) AS dob, max(r.upn) AS upn, max(r.nino) AS nino
    FROM records AS r JOIN mine AS m USING (source, file, record_id) GROUP BY ALL
)
SELECT source AS system, subject_id AS key, records, name, dob, upn, nino, first_recorded, last_recorded,
    match_probability
FROM records_of ORDER BY source, subject_id
"""
_HOMES = """
WITH
gazetteer AS (SELECT uprn, min(address) AS address, min(postcode) AS postcode FROM addresses GROUP BY uprn)
SELECT s.uprn, coalesce(concat_ws(', ', g.address, g.postcode), replace(s.address_key, '|', ', ')) AS address,
    s.address_key, s.kind, s.from_date, s.to_date, s.recorded_on
FROM residence_spells AS s LEFT JOIN gazetteer AS g USING (uprn)
WHERE s.person_id = $person ORDER BY s.from_date DESC, s.address_key
"""
_WITH = """
WITH together AS (
    SELECT m.address_key, m.from_date AS spell, o.person_id, greatest(m.from_date, o.from_date) AS from_date,
        least(coalesce(m.to_date, DATE '9999-12-31'), coalesce(o.to_date, DATE '9999-12-31')) AS to_date
    FROM residence_spells AS m
    JOIN residence_spells AS o ON m.address_key = o.address_key AND o.person_id <> m.person_id
    WHERE m.person_id = $person
)
SELECT t.address_key, t.spell, t.person_id, p.forename, p.surname, p.dob, min(t.from_date) AS from_date,
    nullif(max(t.to_date), DATE '9999-12-31') AS to_date
FROM together AS t JOIN people AS p USING (person_id)
WHERE t.from_date <= t.to_date
GROUP BY ALL ORDER BY t.address_key, t.spell, p.dob, t.person_id
"""
_FAMILIES = """
SELECT f.family_id, f.person_id, p.forename, p.surname, p.dob, f.role, f.from_date, f.to_date, f.recorded_on,
    f.confidence, f.basis
FROM families AS f JOIN people AS p USING (person_id)
WHERE f.family_id IN (SELECT family_id FROM families WHERE person_id = $person)
ORDER BY f.family_id, f.role, p.dob, f.person_id, f.from_date
"""


def person_document(con: duckdb.DuckDBPyConnection, model: dict[str, Any] | None, person: str) -> dict[str, Any]:
    """The person as one document: ``person``, ``identifiers``, ``links``, ``homes`` and ``families``.

    ``model`` is what `stored_settings` gives; without it ``links`` is None. Weights are in bits.
    """
    asked = {"person": person}
    homes = _rows(con, _HOMES, asked)
    links = None if model is None else links_of(con, model, person)
    return {
        "person": _rows(con, _PERSON, asked)[0],
        "identifiers": [_weighed(row, links or []) for row in _rows(con, _IDENTIFIERS, asked)],
        "links": None if links is None else [dataclasses.asdict(link) for link in links],
        "homes": [_with_others(home, company) for home, company in zip(homes, _company(con, homes, asked))],
        "families": _by_family(_rows(con, _FAMILIES, asked)),
    }


def _weighed(identifier: dict[str, Any], links: list[Link]) -> dict[str, Any]:
    """The identifier with the weight of its strongest link; None where it stands alone or weights are not known."""
    key = identifier["system"], identifier["key"]
    return {**identifier, "weight": max((link.weight for link in links if key in (link.one, link.other)), default=None)}


def _company(
    con: duckdb.DuckDBPyConnection, homes: list[dict[str, Any]], asked: dict[str, Any]
) -> list[list[dict[str, Any]]]:
    others: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in _rows(con, _WITH, asked):
        others.setdefault((row.pop("address_key"), row.pop("spell")), []).append(row)
    return [others.get((home["address_key"], home["from_date"]), []) for home in homes]


def _with_others(home: dict[str, Any], company: list[dict[str, Any]]) -> dict[str, Any]:
    shown = company if len(company) <= _MOST_SHOWN else []
    return {**home, "others": len(company), "with": shown}


def _by_family(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        families.setdefault(row.pop("family_id"), []).append(row)
    return [{"family_id": family, "members": members} for family, members in families.items()]


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = con.sql(sql, params=values).to_arrow_table().to_pylist()
    return found
