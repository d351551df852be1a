"""The door: nothing sealed is read outside the audit unless a valid release of that target stands open.

A release holds for exactly what was audited. It is bound to the hashes of the audit, the sealed scores and
reasons, the model's evaluation, the cohort and the policy; when one of them differs, the approvals are void.
Audit and release are authenticated under the release key, and every attempt is logged before it takes effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairness_audits.log import append, locked
from fairness_audits.panel_list import panel_list
from fairness_audits.record import AuditRecord, ReleaseRecord, read_audit, read_release, write_release
from fairness_audits.release import (
    AFTER_APPROVAL,
    AFTER_AUDIT,
    LONGEST_NAME,
    Approval,
    GateState,
    Verdict,
    check_approval,
    check_words,
    expiry,
    in_force,
    role_named,
)
from models.tables import REASONS, SCORES
from residents.tables import PSEUDONYMS
from store.errors import UsageError, Withheld
from store.files import replacing
from store.keys import Keys
from store.run_folder import RunFolder
from store.workspace import open_sealed

_ALLOWED = "allowed"
_REFUSED = "refused"
_COMMAND = 'early-help release RUN --target TARGET --approve --as "NAME" --role ROLE --note "TEXT"'
_MITIGATED = ' --mitigation "TEXT" --expires YYYY-MM-DD'
_MODEL_AGAIN = "Read the fairness report; change the model or the data, and run the job again."


@dataclass(frozen=True)
class GateStatus:
    """Where a target stands, why, and what would move it on. ``approvals`` are those that count."""

    target: str
    state: GateState
    verdict: Verdict
    reason: str
    fix: str
    approvals: tuple[Approval, ...] = ()
    expires: dt.date | None = None
    """First day on which the release no longer holds; None when it has no end."""


def status(run: RunFolder, keys: Keys, target: str, today: dt.date) -> GateStatus:
    """Where ``target`` stands on the day ``today``. Reads hashes and records only; opens nothing sealed."""
    return _status(run, keys, read_audit(run, keys, target), today)


def approve(
    run: RunFolder,
    keys: Keys,
    target: str,
    name: str,
    role: str,
    note: str,
    today: dt.date,
    mitigation: str | None = None,
    expires: dt.date | None = None,
) -> GateStatus:
    """Record one person's approval and return where the target then stands.

    Raises UsageError for a name, role or note that is none, Withheld when the audit or the rules of release
    (`release.check_approval`) do not allow it; a refusal is logged as well.
    """
    with locked(run):
        with _refusals_logged(run, today, "approve", target, **_who(name, role)):
            check_words(name, note)
            approval = Approval(" ".join(name.split()), role_named(role), note.strip(), today, mitigation, expires)
            audit = read_audit(run, keys, target)
            before = _status(run, keys, audit, today)
            if before.state not in AFTER_APPROVAL:
                raise Withheld(_refusal(before), where=target, fix=before.fix)
            standing = before.approvals if before.state is GateState.ONE_APPROVAL else ()
            check_approval(approval, before.verdict, standing[0] if standing else None)
        append(run, today, "approve", target, _ALLOWED, **_who(name, role))
        write_release(run, keys, target, ReleaseRecord(audit.hashes, (*standing, approval)))
        after = status(run, keys, target, today)
    assert after.state is AFTER_APPROVAL[before.state]
    return after


def open_released(run: RunFolder, keys: Keys, target: str, today: dt.date) -> tuple[pa.Table, pa.Table]:
    """The scores and reasons of a released target, decrypted in memory.

    The only way to sealed tables outside the audits stage. Raises Withheld, with the reason and what to do,
    unless the release stands open on the day ``today``; the attempt is logged either way.
    """
    with locked(run):
        _pass(run, keys, target, today, "open")
        return _unsealed(run, keys, target)


def export_list(run: RunFolder, keys: Keys, target: str, out: Path, today: dt.date) -> int:
    """Write a released target's list for the panel as CSV, replacing ``out`` whole, and return its cases.

    Refused as `open_released` is, and, as a UsageError, where ``out`` is a folder or in the run folder. The file is
    for its owner alone where the system knows such a thing.
    """
    _check_place(run, out)
    with locked(run):
        _pass(run, keys, target, today, "export")
        scores, reasons = _unsealed(run, keys, target)
    content = panel_list(target, scores, reasons, pq.read_table(run.path(PSEUDONYMS), partitioning=None))
    with replacing(out) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(content.encode("utf-8"))
    return int(pc.sum(pc.and_(pc.equal(scores["part"], "current"), scores["flagged"])).as_py() or 0)


def _check_place(run: RunFolder, out: Path) -> None:
    if out.is_dir():
        raise UsageError("This is a folder, not a file.", where=str(out), fix="Name the CSV file to write in it.")
    if out.resolve().is_relative_to(run.root.resolve()):
        raise UsageError(
            "The list would be written into the run folder, among the run's own files.",
            where=str(out),
            fix="Name a file elsewhere, where only those who may see the list can read it.",
        )


def _status(run: RunFolder, keys: Keys, audit: AuditRecord, today: dt.date) -> GateStatus:
    state = AFTER_AUDIT[audit.verdict]
    if state is not GateState.AWAITING_APPROVAL:
        fix = _MODEL_AGAIN if state is GateState.FAILED else audit.fix
        return GateStatus(audit.target, state, audit.verdict, _audit_reason(audit), fix)
    record, void = read_release(run, keys, audit)
    approvals = record.approvals if record else ()
    return GateStatus(
        audit.target,
        _state(approvals, today),
        audit.verdict,
        *_reason_and_fix(audit, approvals, void, today),
        approvals,
        expiry(approvals),
    )


def _state(approvals: tuple[Approval, ...], today: dt.date) -> GateState:
    if not approvals:
        return GateState.AWAITING_APPROVAL
    if not in_force(approvals, today):
        return GateState.EXPIRED
    return GateState.RELEASED if len(approvals) == 2 else GateState.ONE_APPROVAL


def _reason_and_fix(audit: AuditRecord, approvals: tuple[Approval, ...], void: str, today: dt.date) -> tuple[str, str]:
    mitigated = (
        " Each gives a mitigation and an expiry date, because the audit cannot tell."
        if audit.verdict is Verdict.CANNOT_TELL
        else ""
    )
    sign = (
        f"Two people of different roles, one of them not of the data team, must approve the release.{mitigated}"
        f" Each runs: {_COMMAND}{_MITIGATED if mitigated else ''}"
    )
    state = _state(approvals, today)
    if state is GateState.AWAITING_APPROVAL:
        return f"{void or 'Nobody has approved the release.'} {_audit_reason(audit)}", sign
    if state is GateState.EXPIRED:
        return f"The approvals are not in force on {today.isoformat()}: they have expired.", sign
    ends = expiry(approvals)
    until = f" until {ends.isoformat()}" if ends else ""
    signed = " and ".join(f"{approval.name} ({approval.role.value})" for approval in approvals)
    if state is GateState.ONE_APPROVAL:
        return f"Approved so far by {signed}.", f"A second person of another role must approve as well.{mitigated}"
    return f"Released{until}, approved by {signed}.", ""


def _audit_reason(audit: AuditRecord) -> str:
    said = {
        Verdict.PASS: "The audit passed.",
        Verdict.FAIL: "The audit failed.",
        Verdict.CANNOT_TELL: "The audit cannot tell.",
        Verdict.NOT_AUDITED: "Not audited.",
    }
    return f"{said[audit.verdict]} {audit.why}"


def _refusal(found: GateStatus) -> str:
    if found.state is GateState.RELEASED:
        return f"The target needs no further approval. {found.reason}"
    return f"The target may not be released. {found.reason}"


def _pass(run: RunFolder, keys: Keys, target: str, today: dt.date, action: str) -> None:
    """Log the attempt, and raise Withheld unless the release stands open. The caller holds the lock."""
    with _refusals_logged(run, today, action, target):
        found = status(run, keys, target, today)
        if found.state is not GateState.RELEASED:
            raise Withheld(f"The target is withheld. {found.reason}", where=target, fix=found.fix)
    append(run, today, action, target, _ALLOWED)


def _unsealed(run: RunFolder, keys: Keys, target: str) -> tuple[pa.Table, pa.Table]:
    return open_sealed(run, keys, SCORES, target), open_sealed(run, keys, REASONS, target)


@contextmanager
def _refusals_logged(run: RunFolder, today: dt.date, action: str, target: str, **who: str) -> Iterator[None]:
    try:
        yield
    except (UsageError, Withheld) as refusal:
        append(run, today, action, target, _REFUSED, why=refusal.message, **who)
        raise


def _who(name: str, role: str) -> dict[str, str]:
    """The approver as the log names them: as given, cut to a line, with a mark for what is no text."""
    given = {"name": name, "role": role}
    return {key: " ".join(_text(value).split())[:LONGEST_NAME] for key, value in given.items()}


def _text(given: str) -> str:
    return given.encode("utf-8", "replace").decode("utf-8")
