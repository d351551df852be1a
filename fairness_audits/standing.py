"""Where a target stands: what the audit, the log, the release record and the council's own facts say together.

Nothing is opened or written here. Each question leads to one state, in this order: is there an audit that counts, did
it fail, can the log be trusted, is the model still the one to use, was the release withdrawn, and by whom is it signed
and until when.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fairness_audits.below_the_line import in_words
from fairness_audits.binding import read_object
from fairness_audits.in_force import Champion, champion
from fairness_audits.log import Action, Line, entries, latest_day, newest_hash, standing_line
from fairness_audits.record import AuditRecord, ReleaseRecord, read_audit, read_release
from fairness_audits.release import AFTER_AUDIT, Approval, GateState, Verdict, expiry, in_force
from fairness_audits.signing import Ring, evaluation_path
from store.errors import EarlyHelpError
from store.run_folder import RunFolder

_COMMAND = 'early-help release RUN --target {target} --approve --as "NAME" --role ROLE --note "TEXT"'
_MITIGATED = ' --mitigation "TEXT" --expires YYYY-MM-DD'
_MODEL_AGAIN = "Read the fairness report; change the model or the data, and run the job again."
_NEWER_MODEL = "Use the list of the champion's own run, or run the job again and have its model promoted."
_BOTH_MITIGATE = " Each gives a mitigation and an expiry date, because the audit cannot tell."


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
    """First day on which the release no longer holds; None when nobody has approved."""
    drawn: int = 0
    """Cases of a released pack that were drawn from below the line."""


@dataclass(frozen=True)
class Standing:
    """A status, and what it rests on."""

    status: GateStatus
    audit: AuditRecord
    champion: Champion
    record: ReleaseRecord | None = None
    """The record, where one counts; it may be that of a withdrawal."""
    release: str = ""
    """SHA-256 of the record's file, as the log tells it."""
    newest: str = ""
    """Hash of the log's newest line; empty where there is none, or none was looked at."""


def stand(run: RunFolder, ring: Ring, target: str, today: dt.date) -> Standing:
    """Where ``target`` stands on the day ``today``. Raises OSError alone; what is broken is a state."""
    audit = read_audit(run, ring.keys, target)
    state = AFTER_AUDIT[audit.verdict]
    if state is not GateState.AWAITING_APPROVAL:
        fix = _MODEL_AGAIN if state is GateState.FAILED else audit.fix
        return Standing(_closed(audit, state, audit_reason(audit), fix), audit, Champion())
    try:
        lines = entries(run, ring)
    except EarlyHelpError as broken:
        return Standing(_closed(audit, GateState.LOG_BROKEN, broken.message, broken.fix), audit, Champion())
    try:
        best = champion(run, ring.keys, target, read_object(run.root / evaluation_path(target))) if ring.keys else None
    except EarlyHelpError as broken:
        return Standing(_closed(audit, GateState.SUPERSEDED, broken.message, broken.fix), audit, Champion())
    if best is not None and best.replaced:
        why = "Another model of this target was promoted to champion since this one was registered."
        return Standing(_closed(audit, GateState.SUPERSEDED, why, _NEWER_MODEL), audit, best)
    told = standing_line(lines, target)
    record, void = read_release(run, ring, audit, told, best)
    status = _signed_status(audit, record, void, told, lines, today)
    release = str(told["release"]) if told and record else ""
    return Standing(status, audit, best or Champion(), record, release, newest_hash(lines))


def audit_reason(audit: AuditRecord) -> str:
    """The verdict and its reason in words."""
    said = {
        Verdict.PASS: "The audit passed.",
        Verdict.FAIL: "The audit failed.",
        Verdict.CANNOT_TELL: "The audit cannot tell.",
        Verdict.NOT_AUDITED: "Not audited.",
    }
    return f"{said[audit.verdict]} {audit.why}"


def clock_problem(lines: list[Line], today: dt.date) -> str:
    """That the clock was set back, where the log shows it; else empty."""
    latest = latest_day(lines)
    if latest is None or latest <= today:
        return ""
    return f"The clock says {today.isoformat()}, but the log's latest line is of {latest.isoformat()}."


def _signed_status(
    audit: AuditRecord,
    record: ReleaseRecord | None,
    void: str,
    told: Line | None,
    lines: list[Line],
    today: dt.date,
) -> GateStatus:
    sign = _how_to_sign(audit)
    if told is not None and told["action"] == Action.WITHDRAW.value:
        return _closed(audit, GateState.WITHDRAWN, _withdrawn(told, record), sign)
    approvals = record.approvals if record and not record.withdrawn else ()
    if not approvals:
        reason = f"{void or 'Nobody has approved the release.'} {audit_reason(audit)}"
        return _closed(audit, GateState.AWAITING_APPROVAL, reason, sign)
    behind = clock_problem(lines, today)
    ends = expiry(approvals)
    if behind or not in_force(approvals, today):
        reason = f"The approvals are not in force on {_day(today)}: " + (
            f"{behind}" if behind else "they have expired."
        )
        fix = "Set the machine's clock right." if behind else sign
        return GateStatus(audit.target, GateState.EXPIRED, audit.verdict, reason, fix, approvals, ends)
    signed = " and ".join(f"{approval.name} ({approval.role.words})" for approval in approvals)
    if len(approvals) < 2:
        mitigated = _BOTH_MITIGATE if audit.verdict is Verdict.CANNOT_TELL else ""
        fix = f"A second person of another role must approve as well.{mitigated}{in_words(audit.drawn)}"
        reason = f"Approved so far by {signed}."
        return GateStatus(audit.target, GateState.ONE_APPROVAL, audit.verdict, reason, fix, approvals, ends)
    reason = f"Released until {_day(ends)}, approved by {signed}."
    return GateStatus(audit.target, GateState.RELEASED, audit.verdict, reason, "", approvals, ends, audit.drawn)


def _how_to_sign(audit: AuditRecord) -> str:
    mitigated = audit.verdict is Verdict.CANNOT_TELL
    return (
        "Two people of different roles, one of them not of the data team, must approve the release."
        f"{_BOTH_MITIGATE if mitigated else ''}{in_words(audit.drawn)} "
        f"Each runs: {_COMMAND.format(target=audit.target)}{_MITIGATED if mitigated else ''}"
    )


def _withdrawn(told: Line, record: ReleaseRecord | None) -> str:
    """Who withdrew it, by the log; and the note, where the record is there that has it."""
    note = f" Their note: {' '.join(record.withdrawn.note.split())}" if record and record.withdrawn else ""
    when = _day(dt.date.fromisoformat(told["date"]))
    return f"Withdrawn on {when} by {told['name']} ({told['role'].replace('_', ' ')}).{note}"


def _day(day: dt.date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _closed(audit: AuditRecord, state: GateState, reason: str, fix: str) -> GateStatus:
    return GateStatus(audit.target, state, audit.verdict, reason, fix)
