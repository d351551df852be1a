"""The append-only log of every attempt to approve, withdraw, open or export, refused ones too.

Each line holds the hash of the one before and a signature over both, so that a line changed, moved, added or taken out
shows, and only who holds the master key can write one. A signed note of the newest line lies beside the log, so that
lines cut off at its end show as well, unless the note is put back to an older one with them: against that only what
lies elsewhere helps, which is why ``early-help log verify`` shows the newest line's hash. A line names the approver and
the role, and never anyone the data is about.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any

from fairness_audits.signing import ROOM, Ring, sign
from store.chained_log import ChainedLog
from store.errors import InputRejected
from store.files import canonical, write_bytes
from store.keys import Keys
from store.run_folder import RunFolder

LOG = f"{ROOM}/release_log.jsonl"
NEWEST = f"{ROOM}/release_log.newest.json"
"""The signed note of the newest line."""
_LOCK = f"{ROOM}/.release.lock"
_FIX = "Restore the log from its backup and find out who changed it; nothing is released until then."
_UNSIGNED = ("number", "previous", "hash", "signature")

Line = dict[str, Any]


class Action(StrEnum):
    """What somebody tried to do."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"
    OPEN = "open"
    EXPORT = "export"


class Outcome(StrEnum):
    """What came of it."""

    ALLOWED = "allowed"
    REFUSED = "refused"


def locked(run: RunFolder) -> AbstractContextManager[None]:
    """Hold the run's release lock; waits until no other process or thread holds it."""
    return _log(run).locked()


def append(
    run: RunFolder, keys: Keys, today: dt.date, action: Action, target: str, outcome: Outcome, **facts: str
) -> str:
    """Add a line and return its hash. The caller holds the lock. Raises InputRejected when the log is broken."""
    ring = Ring.of(keys)
    before = entries(run, ring)
    line = {
        "date": today.isoformat(),
        "action": action.value,
        "target": target,
        "outcome": outcome.value,
        "key": ring.mark,
        **facts,
    }
    signature = sign(keys, "log", target, _signed(line, before[-1]["hash"] if before else ""))
    newest = _log(run).append({**line, "signature": signature})
    _note(run, keys, ring, len(before) + 1, newest)
    return newest


def entries(run: RunFolder, ring: Ring) -> list[Line]:
    """Every line of the log, oldest first.

    Raises InputRejected where the chain is broken, where the newest line under this key was not signed with it (its
    signature vouches for all before it), and where lines are missing at the end. A line under another key, from before
    the master key was exchanged, has the chain alone to vouch for it.
    """
    lines = _log(run).entries()
    _refuse_unreadable(lines)
    newest = next((place for place in reversed(range(len(lines))) if lines[place].get("key") == ring.mark), None)
    if newest is not None and not vouched(lines, newest, ring):
        raise InputRejected(
            "The release log was changed: a line was not signed with the council's key.",
            where=f"{LOG}, line {newest + 1}",
            fix=_FIX,
        )
    _refuse_cut_off(run, ring, lines)
    return lines


def _refuse_unreadable(lines: list[Line]) -> None:
    for number, line in enumerate(lines, start=1):
        try:
            dt.date.fromisoformat(line["date"])
        except (KeyError, TypeError, ValueError):
            raise InputRejected(
                "The release log was changed: a line has no date.", where=f"{LOG}, line {number}", fix=_FIX
            ) from None


def vouched(lines: list[Line], place: int, ring: Ring) -> bool:
    """Whether the line at ``place`` was signed with this key, after the lines that stand before it."""
    line = {name: value for name, value in lines[place].items() if name not in _UNSIGNED}
    before = lines[place - 1]["hash"] if place else ""
    target = str(line.get("target"))
    return ring.signed("log", target, _signed(line, before), lines[place].get("signature"))


def standing_line(lines: list[Line], target: str, ring: Ring) -> Line | None:
    """The newest line that approved or withdrew; None where none did.

    An approval counts under this key alone, a withdrawal under any.
    """
    for line in reversed(lines):
        if line.get("target") != target or line.get("outcome") != Outcome.ALLOWED.value:
            continue
        action = line.get("action")
        if action == Action.WITHDRAW.value or (action == Action.APPROVE.value and line.get("key") == ring.mark):
            return line
    return None


def latest_day(lines: list[Line]) -> dt.date | None:
    """The latest day on which anything was tried; a clock that shows an earlier one was set back."""
    return max((dt.date.fromisoformat(line["date"]) for line in lines), default=None)


def torn(run: RunFolder) -> int:
    """How many lines of the log were cut off as they were written (`store.chained_log.ChainedLog.torn`)."""
    return _log(run).torn


def _signed(line: Line, before: str) -> bytes:
    return canonical({**line, "after": before})


def _note(run: RunFolder, keys: Keys, ring: Ring, number: int, newest: str) -> None:
    note = {"number": number, "hash": newest, "key": ring.mark}
    write_bytes(run.root / NEWEST, canonical({**note, "signature": sign(keys, "newest", "", canonical(note))}))


def _refuse_cut_off(run: RunFolder, ring: Ring, lines: list[Line]) -> None:
    """Raise InputRejected where the note is not the toolkit's, or tells of a line that is not there.

    A writer that was killed in between leaves a note of the line before its own, and none at the very first line.
    """
    path = run.root / NEWEST
    if not path.exists():
        if len(lines) > 1:
            raise InputRejected("The note of the release log's newest line is missing.", where=NEWEST, fix=_FIX)
        return
    note = _read_note(path.read_bytes())
    signature = note.pop("signature", None)
    if note.get("key") != ring.mark and any(line.get("key") != ring.mark for line in lines):
        return
    if not ring.signed("newest", "", canonical(note), signature):
        raise InputRejected("The note of the release log's newest line was changed.", where=NEWEST, fix=_FIX)
    number = note["number"]
    if number > len(lines) or lines[number - 1]["hash"] != note["hash"]:
        raise InputRejected("Lines are missing at the end of the release log.", where=LOG, fix=_FIX)


def _read_note(content: bytes) -> Line:
    try:
        note = json.loads(content)
        return note if isinstance(note, dict) and canonical(note) == content else {}
    except (ValueError, RecursionError):
        return {}


def _log(run: RunFolder) -> ChainedLog:
    return ChainedLog(run.root / LOG, run.root / _LOCK, "release log", LOG, _FIX)
