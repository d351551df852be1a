"""The log of every view, search, download, decision and refused attempt: who, when, which family, why.

A line holds the hash of the one before, so that a line changed, moved, added or taken out shows, and a seal that only
who holds the master key can make. The head, one row, is the number and the seal of the newest line: lines cut off at
the end show by it, unless an older head is put back with them; against that only a hash noted elsewhere helps, which
is why the page and the command show the newest one.

A line names who looked and the family's id, and nobody of the family.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from store.files import canonical
from store.keys import Keys, Purpose
from store.safe_text import plain

if TYPE_CHECKING:
    from review.people.models import Person

BEGINNING = "0" * 64
HEAD = 1
LONGEST = 500
"""Letters that a detail or a reason keeps."""
_CHUNK = 5_000
_HASH = re.compile(r"[0-9a-f]{64}")
_HASHED = ("number", "previous", "at", "username", "name", "role", "action", "family", "detail", "reason", "key")
_KEPT = (*_HASHED, "hash", "seal")

# Written as they stand, and not by models: while a line is added, nobody else can add one.
_ADD = (
    f"INSERT INTO governance_logline ({', '.join(_KEPT)}) "  # noqa: S608 - the columns are those named above
    f"VALUES ({', '.join(['%s'] * len(_KEPT))})"
)
_HEAD = "SELECT number, hash FROM governance_loghead WHERE id = %s"
_LOCKED_HEAD = {"sqlite": _HEAD, "postgresql": f"{_HEAD} FOR UPDATE"}
"""On SQLite a transaction holds the lock from its beginning."""
_MOVE_HEAD = "UPDATE governance_loghead SET number = %s, hash = %s, seal = %s, key = %s WHERE id = %s"
_BEGIN_HEAD = """
INSERT INTO governance_loghead (id, number, hash, seal, key) VALUES (%s, 0, %s, '', '') ON CONFLICT DO NOTHING
"""


class Action(StrEnum):
    """What somebody did, or tried to."""

    logged_in = "logged_in"
    login_refused = "login_refused"
    viewed = "viewed"
    searched = "searched"
    decided = "decided"
    downloaded = "downloaded"
    exported = "exported"
    refused = "refused"
    overrode = "overrode"
    changed_account = "changed_account"


@dataclass(frozen=True)
class Standing:
    """What there is of the log, and whether it is whole."""

    lines: int
    newest: str
    """The newest line's hash, to be noted elsewhere."""
    broken_at: int | None = None
    """The number of the first line that is not as it was written; one past the last where lines are missing."""
    other_keys: int = 0
    """Lines from before the master key was exchanged: the chain vouches for them, a seal no longer can."""

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def record(person: Person | None, action: Action, *, family: str = "", detail: str = "", reason: str = "") -> None:
    """Add a line, in one short transaction of its own or in the caller's.

    ``family`` is a family's id. Line breaks and signs that nobody sees are taken out of ``detail`` and ``reason``,
    which are cut off at `LONGEST` letters. Raises what the database raises: then nothing may be shown.
    """
    seal = _sealer()
    said = {
        "username": person.username if person else "",
        "name": plain(person.name)[:LONGEST] if person else "",
        "role": str(person.role) if person else "",
        "action": action.value,
        "family": family,
        "detail": plain(detail)[:LONGEST],
        "reason": plain(reason)[:LONGEST],
        "key": seal.mark,
    }
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # No two lines follow the same one.
        number, previous = _locked_head(cursor)
        at = timezone.now().astimezone(dt.UTC).isoformat(timespec="microseconds")
        line: dict[str, Any] = {"number": number + 1, "previous": previous, "at": at, **said}
        hashed = line_hash(line)
        cursor.execute(_ADD, [*(line[name] for name in _HASHED), hashed, seal.of(hashed)])
        sealed = seal.of(f"head {number + 1} {hashed}")
        cursor.execute(_MOVE_HEAD, [number + 1, hashed, sealed, seal.mark, HEAD])


def _locked_head(cursor: CursorWrapper) -> tuple[int, str]:
    """The newest line's number and hash, which nobody else can follow on until the transaction ends."""
    cursor.execute(_LOCKED_HEAD[connection.vendor], [HEAD])
    found = cursor.fetchone()
    if found is None:
        # Another writer may have made it meanwhile.
        cursor.execute(_BEGIN_HEAD, [HEAD, BEGINNING])
        cursor.execute(_LOCKED_HEAD[connection.vendor], [HEAD])
        found = cursor.fetchone()
    number, newest = found
    return int(number), str(newest)


def line_hash(line: dict[str, Any]) -> str:
    """SHA-256 over all that a line says and the hash of the one before, as hex."""
    return hashlib.sha256(canonical({name: line[name] for name in _HASHED})).hexdigest()


@dataclass(frozen=True)
class Sealer:
    """Seals hashes under the key that is the log's own."""

    mark: str
    _key: bytes

    @classmethod
    def by(cls, keys: Keys) -> Sealer:
        return cls(keys.mark, keys.derive(Purpose.REVIEW, context="access log"))

    def __repr__(self) -> str:
        return "Sealer(...)"

    def of(self, text: str) -> str:
        """HMAC-SHA256, as hex."""
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()

    def made(self, text: str, seal: str) -> bool:
        """Whether ``seal`` is what `of` gave for this text, in constant time."""
        return hmac.compare_digest(self.of(text), seal)


def is_hash(text: str) -> bool:
    """Whether a text can be a line's hash at all, and was not cut short or mistyped."""
    return _HASH.fullmatch(text) is not None


def verify(noted: str = "") -> Standing:
    """Read the log whole and say whether it is. ``noted`` is a hash that some line must have, noted elsewhere."""
    heads, lines = _models()
    # Lines go on being written meanwhile: those before the head that is read here are judged, and none is after it.
    latest = lines.order_by("-number").values_list("number", flat=True).first() or 0
    head = heads.filter(pk=HEAD).first()
    until = head.number if head else 0
    found = _standing(_rows(lines, until), head, _sealer(), noted)
    return replace(found, broken_at=until + 1) if found.whole and latest > until else found


def _standing(rows: Iterator[dict[str, Any]], head: Any, seal: Sealer, noted: str) -> Standing:
    previous, number, other_keys, ours = BEGINNING, 0, 0, False
    noted_found = not noted
    for row in rows:
        of_this_key = row["key"] == seal.mark
        sound = (
            row["number"] == number + 1
            and row["previous"] == previous
            and row["hash"] == line_hash(row)
            and (seal.made(row["hash"], row["seal"]) if of_this_key else not ours)
        )
        if not sound:
            return Standing(number, previous, number + 1, other_keys)
        ours = ours or of_this_key
        other_keys += not of_this_key
        previous, number = row["hash"], row["number"]
        noted_found = noted_found or previous == noted
    whole = noted_found and _head_stands(head, number, previous, seal, ours)
    return Standing(number, previous, None if whole else number + 1, other_keys)


def _head_stands(head: Any, number: int, newest: str, seal: Sealer, ours: bool) -> bool:
    """Whether the head tells of the newest line. One under an earlier key stands until a line is written under this."""
    if head is None:
        return number == 0
    if (head.number, head.hash) != (number, newest):
        return False
    if number == 0:
        return True
    return seal.made(f"head {number} {newest}", head.seal) if head.key == seal.mark else not ours


def _rows(lines: Any, until: int) -> Iterator[dict[str, Any]]:
    yield from lines.filter(number__lte=until).order_by("number").values(*_KEPT).iterator(chunk_size=_CHUNK)


def _models() -> tuple[Any, Any]:
    """The head's and the lines' managers, found by name: this module is read before the models are."""
    return (
        apps.get_model("governance", "LogHead")._default_manager,
        apps.get_model("governance", "LogLine")._default_manager,
    )


def _sealer() -> Sealer:
    from review.settings import current  # noqa: PLC0415 - the settings read the roles, which stand above this

    return _sealer_of(current().keys)


@lru_cache(maxsize=8)
def _sealer_of(keys: Keys) -> Sealer:
    """The sealer under a master key, derived once."""
    return Sealer.by(keys)
