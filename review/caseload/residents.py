"""Finding the families somebody was of by the name and birth date that they give, without a list of names."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from review.caseload.models import Resident
from review.families.folding import folded
from store.keys import Keys, Purpose

# Spells of one family are one, from its first day to its last: who was of it in between is not told apart.
_MEMBERSHIPS = """
SELECT f.family_id, f.person_id, min(f.from_date) AS from_date,
    CASE WHEN bool_or(f.to_date IS NULL) THEN NULL ELSE max(f.to_date) END AS to_date,
    any_value(concat_ws(' ', p.forename, p.surname)) AS name, any_value(p.dob) AS dob
FROM families AS f LEFT JOIN people AS p USING (person_id)
GROUP BY ALL ORDER BY family_id, person_id
"""
_BATCH = 10_000


@dataclass(frozen=True)
class Membership:
    """Somebody was of a family between two days; an empty end is open."""

    person_id: str
    family_id: str
    from_date: dt.date | None
    to_date: dt.date | None


def memberships_of(keys: Keys, name: str, dob: dt.date) -> list[Membership]:
    """Of everybody with this name, in full and however accented, and birth date: the families they were ever of."""
    found = Resident.objects.filter(token=_token(_key(keys), name, dob)).order_by("family_id", "person_id")
    return [Membership(**row) for row in found.values("person_id", "family_id", "from_date", "to_date")]


def rows(con: duckdb.DuckDBPyConnection, keys: Keys) -> Iterator[dict[str, Any]]:
    """Everybody who ever was of a family, as `Resident` keeps it."""
    key = _key(keys)
    for batch in con.sql(_MEMBERSHIPS).to_arrow_reader(_BATCH):
        for row in batch.to_pylist():
            name, dob = row.pop("name"), row.pop("dob")
            yield {**row, "token": _token(key, name, dob) if name and dob else ""}


def _key(keys: Keys) -> bytes:
    return keys.derive(Purpose.REVIEW, context="residents")


def _token(key: bytes, name: str, dob: dt.date) -> str:
    return hmac.digest(key, f"{folded(name)}|{dob.isoformat()}".encode(), hashlib.sha256).hex()
