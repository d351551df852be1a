"""The append-only log of every attempt to approve, withdraw, open or export, refused ones too.

Each line holds the hash of the one before and a signature over both, so that a line changed, moved, added or taken out
shows, and only who holds the master key can write one. The newest line must be signed with the key that is asked under:
its signature vouches for all before it. A signed note of the newest line lies beside the log, so that lines cut off at
its end show as well, unless the note is put back to an older one with them: against that only what lies elsewhere
helps, which is why ``early-help log verify`` shows the newest line's hash. A line names the approver and the role, and
never anyone the data is about.

A log has one key at a time. When the master key was exchanged, who holds both has the log handed over: it is looked
through under the old key, and a line under the new one begins a new time, in which nothing is approved yet. Nobody else
can write a line that counts, and what a stranger writes, under whatever key, breaks the log.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from typing import Any

from fairness_audits.signing import ROOM, Ring, sign
from store.chained_log import ChainedLog
from store.errors import InputRejected, UsageError, Withheld
from store.files import canonical, write_bytes
from store.keys import Keys
from store.run_folder import RunFolder

LOG = f"{ROOM}/release_log.jsonl"
NEWEST = f"{ROOM}/release_log.newest.json"
"""The signed note of the newest line."""
_LOCK = f"{ROOM}/.release.lock"
_FIX = "Restore the log from its backup and find out who changed it; nothing is released until then."
_ANOTHERS = (
    "If the master key was exchanged, hand the log over: early-help log hand-over RUN --from OLD_KEY_FILE. If not, use "
    "the key that this run was made with. Else somebody changed the log: restore it from its backup."
)
_UNSIGNED = ("number", "previous", "hash", "signature")

Line = dict[str, Any]


class Action(StrEnum):
    """What somebody tried to do."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"
    OPEN = "open"
    EXPORT = "export"
    HAND_OVER = "hand_over"
    """The log goes on under another master key."""


class Outcome(StrEnum):
    """What came of it."""

    ALLOWED = "allowed"
    REFUSED = "refused"


def locked(run: RunFolder) -> AbstractContextManager[None]:
    """Hold the run's release lock; waits until no other process or thread holds it."""
    return _log(run).locked()


def append(
    run: RunFolder,
    keys: Keys,
    today: dt.date,
    action: Action,
    target: str,
    outcome: Outcome,
    *,
    after: str | None = None,
    **facts: str,
) -> str:
    """Add a line and return its hash. The caller holds the lock.

    ``after`` is the hash of the newest line that the caller went by (empty for none); Withheld is raised where it is
    the newest no more, because a lock that was deleted kept nobody out. Raises InputRejected when the log is broken.
    """
    ring = Ring.of(keys)
    before = entries(run, ring)
    if after is not None and after != newest_hash(before):
        raise Withheld("Somebody else was at the gate at the same moment.", where=target, fix="Ask again.")
    line = {"date": today.isoformat(), "action": action.value, "target": target, "outcome": outcome.value}
    return _write(run, keys, before, line | facts)


def hand_over(run: RunFolder, old: Keys, new: Keys, today: dt.date) -> str:
    """Have the log go on under another master key, and return the hash of the line that says so.

    Whoever does it holds both keys. Nothing that was approved under the old one counts under the new one. What was
    stopped on the way is ended by doing it again.

    Raises UsageError where both keys are one or there is no log, InputRejected when it is broken under the old key.
    """
    before, after = Ring.of(old), Ring.of(new)
    if before.mark == after.mark:
        raise UsageError("Both are the same key.", where="--from", fix="Name the file in which the old key is kept.")
    with locked(run):
        lines = _log(run).entries()
        if not lines:
            raise UsageError("There is no release log yet: nothing to hand over.", where=LOG)
        if _hands_over(lines, before, after):
            with suppress(InputRejected):
                return newest_hash(entries(run, after))
            # The line is there, and the note is still the one from before it.
            _refuse_cut_off(run, before, lines[:-1])
            _note(run, new, len(lines), newest_hash(lines))
            return newest_hash(lines)
        line = {"date": today.isoformat(), "action": Action.HAND_OVER.value, "target": "", "from": before.mark}
        return _write(run, new, entries(run, before), line | {"outcome": Outcome.ALLOWED.value})


def entries(run: RunFolder, ring: Ring) -> list[Line]:
    """Every line of the log, oldest first.

    Raises InputRejected where the chain is broken, where the newest line was not signed with this key (its signature
    vouches for all before it, those under an earlier key too), and where lines are missing at the end.
    """
    lines = _log(run).entries()
    _refuse_unreadable(lines)
    if lines and not vouched(lines, len(lines) - 1, ring):
        others = lines[-1].get("key") != ring.mark
        raise InputRejected(
            "The release log's newest line is under another master key."
            if others
            else "The release log was changed: a line was not signed with the council's key.",
            where=f"{LOG}, line {len(lines)}",
            fix=_ANOTHERS if others else _FIX,
        )
    _refuse_cut_off(run, ring, lines)
    return lines


def newest_hash(lines: list[Line]) -> str:
    """Hash of the newest line; empty where there is none."""
    return str(lines[-1]["hash"]) if lines else ""


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


def standing_line(lines: list[Line], target: str) -> Line | None:
    """The newest line that approved or withdrew since the log has its present key; None where none did."""
    for line in reversed(lines):
        action = line.get("action")
        if action == Action.HAND_OVER.value:
            return None
        done = line.get("target") == target and line.get("outcome") == Outcome.ALLOWED.value
        if done and action in (Action.APPROVE.value, Action.WITHDRAW.value):
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


def _write(run: RunFolder, keys: Keys, before: list[Line], line: Line) -> str:
    """Sign and add a line to those of ``before``, and note it."""
    line = {**line, "key": Ring.of(keys).mark}
    signature = sign(keys, "log", str(line["target"]), _signed(line, newest_hash(before)))
    if not before:
        # Killed before its own note, the first line has this one: no line is ever without any.
        _note(run, keys, 0, "")
    newest = _log(run).append({**line, "signature": signature})
    _note(run, keys, len(before) + 1, newest)
    return newest


def _hands_over(lines: list[Line], before: Ring, after: Ring) -> bool:
    """Whether the newest line hands the log over from the one key to the other."""
    newest = lines[-1]
    handed = newest.get("action") == Action.HAND_OVER.value and newest.get("from") == before.mark
    return handed and vouched(lines, len(lines) - 1, after)


def _note(run: RunFolder, keys: Keys, number: int, newest: str) -> None:
    note = {"number": number, "hash": newest, "key": Ring.of(keys).mark}
    write_bytes(run.root / NEWEST, canonical({**note, "signature": sign(keys, "newest", "", canonical(note))}))


def _refuse_cut_off(run: RunFolder, ring: Ring, lines: list[Line]) -> None:
    """Raise InputRejected where the note is not the toolkit's, or tells of a line that is not there.

    A writer that was killed in between leaves a note of the line before its own.
    """
    path = run.root / NEWEST
    if not path.exists():
        if lines:
            raise InputRejected("The note of the release log's newest line is missing.", where=NEWEST, fix=_FIX)
        return
    note = _read_note(path.read_bytes())
    signature = note.pop("signature", None)
    if not ring.signed("newest", "", canonical(note), signature):
        raise InputRejected("The note of the release log's newest line was changed.", where=NEWEST, fix=_FIX)
    number = note["number"]
    if number > len(lines) or newest_hash(lines[:number]) != note["hash"]:
        raise InputRejected("Lines are missing at the end of the release log.", where=LOG, fix=_FIX)


def _read_note(content: bytes) -> Line:
    try:
        note = json.loads(content)
        return note if isinstance(note, dict) and canonical(note) == content else {}
    except (ValueError, RecursionError):
        return {}


def _log(run: RunFolder) -> ChainedLog:
    return ChainedLog(run.root / LOG, run.root / _LOCK, "release log", LOG, _FIX)
