"""Checking a release, its log and an exported list, each thing by itself, with or without the master key.

Whoever has the council's public key alone can check signatures, hashes, rules and days. What needs the master key, or
lies with the council (the policy in force, the champion), is then said to be not checked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairness_audits.binding import NAMES, POLICY_IN_FORCE, WITH_THE_COUNCIL
from fairness_audits.log import LOG, Action, Line, Outcome, entries, newest_hash, standing_line, vouched
from fairness_audits.record import ReleaseRecord, authentic
from fairness_audits.release import GateState, Verdict, expiry, in_force, valid_pair
from fairness_audits.signing import Ring, release_path
from fairness_audits.standing import Standing, clock_problem, stand
from store.errors import EarlyHelpError
from store.files import file_hash
from store.run_folder import RunFolder


@dataclass(frozen=True)
class Check:
    """One thing that was checked. ``holds`` is None where it could not be."""

    what: str
    holds: bool | None
    said: str = ""

    def __str__(self) -> str:
        mark = {True: "holds", False: "DOES NOT HOLD", None: "not checked"}[self.holds]
        return f"{mark:<15}{self.what}" + (f": {self.said}" if self.said else "")


def verify_log(run: RunFolder, ring: Ring, noted: str | None = None) -> Check:
    """Whether the log is whole. ``noted`` is the hash, or how it begins, of a line that somebody wrote down."""
    what = "log of every attempt"
    try:
        lines = entries(run, ring)
    except EarlyHelpError as broken:
        return Check(what, False, f"{broken.message} {broken.where}")
    for place, line in enumerate(lines):
        if line.get("key") == ring.mark and not vouched(lines, place, ring):
            return Check(what, False, f"a line was not signed with this key. {LOG}, line {place + 1}")
    if noted is not None and not any(noted and line["hash"].startswith(noted.strip().lower()) for line in lines):
        return Check(what, False, "the line that was noted is not there: lines were cut off, or the log is another.")
    if not lines:
        return Check(what, True, "there is none yet")
    others = sum(line.get("key") != ring.mark for line in lines)
    under = f"; {others} under an earlier key, before the log was handed over to this one" if others else ""
    return Check(what, True, f"{len(lines)} lines, signed and in their places{under}. Newest: {newest_hash(lines)}")


def verify_release(run: RunFolder, ring: Ring, target: str, today: dt.date) -> list[Check]:
    """Everything that the target's release rests on, in words, and last whether it stands open on ``today``."""
    found = stand(run, ring, target, today)
    checks = [Check(f"{target}, {check.what}", check.holds, check.said) for check in _checks(run, ring, found, today)]
    is_open = found.status.state is GateState.RELEASED
    return [*checks, Check(f"{target}, as a whole", is_open, found.status.reason)]


def verify_exported(run: RunFolder, ring: Ring, target: str, path: Path) -> Check:
    """Whether a file is, to the byte, a list that was exported of this target under the release that stands now."""
    what = f"{target}, exported list"
    try:
        lines = entries(run, ring)
    except EarlyHelpError as broken:
        return Check(what, False, broken.message)
    sha256 = file_hash(path)
    left = [line for line in lines if _is_export(line, target) and line.get("list") == sha256]
    if not left:
        return Check(what, False, "no such list was exported from this run: it was changed, or made elsewhere")
    told = standing_line(lines, target)
    days = ", ".join(sorted({line["date"] for line in left}))
    if told is None or told["action"] == Action.WITHDRAW.value:
        return Check(what, False, f"exported on {days}, and withdrawn since")
    if told.get("release") not in {line.get("release") for line in left}:
        return Check(what, False, f"exported on {days} under an earlier release, which another took the place of")
    return Check(what, True, f"exported on {days}, unchanged since")


def _checks(run: RunFolder, ring: Ring, found: Standing, today: dt.date) -> Iterator[Check]:
    target, audit = found.audit.target, found.audit
    yield Check("audit", audit.verdict in (Verdict.PASS, Verdict.CANNOT_TELL), audit.why)
    if ring.keys is None:
        yield Check("audit's own code", None, "it takes the master key; the release binds the audit's hash")
    path = release_path(run.root, target)
    content = path.read_bytes() if path.is_file() else b""
    record = authentic(content, ring, target)
    said = f"by the key {ring.mark}" if record else "none, or not signed with this key, or changed since"
    yield Check("release record's signature", record is not None, said)
    if record is None:
        return
    yield _place_in_log(run, ring, target, hashlib.sha256(content).hexdigest())
    yield from _bound(record, found)
    yield Check(
        "approvals", valid_pair(record.approvals, audit.verdict) and len(record.approvals) == 2, _signers(record)
    )
    yield _days(run, ring, record, today)
    yield _champion(ring, record, found)


def _place_in_log(run: RunFolder, ring: Ring, target: str, sha256: str) -> Check:
    what = "release record in the log"
    try:
        lines = entries(run, ring)
    except EarlyHelpError as broken:
        return Check(what, False, broken.message)
    told = standing_line(lines, target)
    if told is None or told.get("release") != sha256:
        return Check(what, False, "the log tells last of another record, or of none")
    withdrawn = told["action"] == Action.WITHDRAW.value
    return Check(what, not withdrawn, f"line {told['number']}" + (", which withdrew it" if withdrawn else ""))


def _bound(record: ReleaseRecord, found: Standing) -> Iterator[Check]:
    """Each thing that was approved, as it is now. Where the audit does not count, what is there now was not hashed."""
    now = found.audit.binding
    for name, words in NAMES.items():
        signed = record.binding.get(name)
        if not now:
            yield Check(words, None, "the audit does not count, for the reason above")
        elif name in WITH_THE_COUNCIL and name not in now:
            yield Check(words, None, "with the council alone")
        elif name == POLICY_IN_FORCE and not signed:
            yield Check(words, None, "no job made this run, so that none is on record")
        else:
            yield Check(words, signed == now.get(name), (signed or "")[:16])


def _signers(record: ReleaseRecord) -> str:
    return ", ".join(f"{one.name} ({one.role.value}) on {one.on.isoformat()}" for one in record.approvals) or "none"


def _days(run: RunFolder, ring: Ring, record: ReleaseRecord, today: dt.date) -> Check:
    ends = expiry(record.approvals)
    try:
        behind = clock_problem(entries(run, ring), today)
    except EarlyHelpError as broken:
        behind = broken.message
    until = f"until {ends.isoformat()}" if ends else "no end is given"
    return Check("days", ends is not None and in_force(record.approvals, today) and not behind, behind or until)


def _champion(ring: Ring, record: ReleaseRecord, found: Standing) -> Check:
    if ring.keys is None:
        return Check("champion", None, "the history of models is the council's own")
    if found.status.state is GateState.SUPERSEDED:
        return Check("champion", False, found.status.reason)
    if found.status.state in (GateState.NOT_AUDITED, GateState.FAILED, GateState.LOG_BROKEN):
        return Check("champion", None, "not looked at, for what is said above")
    return Check("champion", not found.champion.changed_since(record.champion), "as at the approvals, or this model")


def _is_export(line: Line, target: str) -> bool:
    return (line["target"], line["action"], line["outcome"]) == (target, Action.EXPORT.value, Outcome.ALLOWED.value)
