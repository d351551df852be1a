"""The rules of release: who may sign, what they must write, and which state follows which. No files here."""

from __future__ import annotations

import datetime as dt
import difflib
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum

from fairness_audits.signers_names import plainly_written, same_alphabet, same_person
from fairness_audits.verdict import Verdict as Verdict  # noqa: PLC0414 - whoever asks the gate needs it
from store.errors import UsageError, Withheld

LONGEST_VALID_DAYS = 366
SHORTEST_MITIGATION = 40
"""Letters of a mitigation, blanks apart: enough for a sentence that says who does what."""
LONGEST_TEXT = 4000
LONGEST_NAME = 120
_IN_TEXT = frozenset("\n\t\u00ad\u200c\u200d")
"""What a text may have beside what is printed: ends of lines, tabs, and what parts or joins letters."""


class GateState(StrEnum):
    """Where a target stands."""

    NOT_AUDITED = "not_audited"
    """Not audited as it is now, by the policy in force: something changed since, or there never was an audit."""
    FAILED = "failed"
    SUPERSEDED = "superseded"
    """Another model was promoted since this one was registered, or the history that tells which cannot be trusted."""
    LOG_BROKEN = "log_broken"
    """The log does not hang together, so that nobody can tell what was approved or withdrawn."""
    AWAITING_APPROVAL = "awaiting_approval"
    ONE_APPROVAL = "one_approval"
    RELEASED = "released"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


AFTER_APPROVAL: dict[GateState, GateState] = {
    GateState.AWAITING_APPROVAL: GateState.ONE_APPROVAL,
    GateState.EXPIRED: GateState.ONE_APPROVAL,
    GateState.WITHDRAWN: GateState.ONE_APPROVAL,
    GateState.ONE_APPROVAL: GateState.RELEASED,
}
"""The only way forward. From any other state an approval is refused; any change of what was approved, or a new
audit, leads back to the state that the audit alone gives."""

AFTER_WITHDRAWAL: dict[GateState, GateState] = {
    GateState.AWAITING_APPROVAL: GateState.WITHDRAWN,
    GateState.ONE_APPROVAL: GateState.WITHDRAWN,
    GateState.RELEASED: GateState.WITHDRAWN,
    GateState.EXPIRED: GateState.WITHDRAWN,
    GateState.NOT_AUDITED: GateState.NOT_AUDITED,
    GateState.FAILED: GateState.FAILED,
    GateState.SUPERSEDED: GateState.SUPERSEDED,
}
"""One person stops what anybody approved, wherever the target stands by now: where something else already keeps it
shut it stays shut for that, and is withdrawn as soon as that no longer does. From 'awaiting approval' there is
something to withdraw where approvals are void for a change that may be undone."""

AFTER_AUDIT: dict[Verdict, GateState] = {
    Verdict.NOT_AUDITED: GateState.NOT_AUDITED,
    Verdict.FAIL: GateState.FAILED,
    Verdict.CANNOT_TELL: GateState.AWAITING_APPROVAL,
    Verdict.PASS: GateState.AWAITING_APPROVAL,
}


class Role(StrEnum):
    """Who may sign."""

    DATA_SCIENTIST = "data_scientist"
    DATA_ENGINEER = "data_engineer"
    PERFORMANCE_ANALYST = "performance_analyst"
    EARLY_HELP_MANAGER = "early_help_manager"
    SOCIAL_WORKER = "social_worker"
    EQUALITIES_LEAD = "equalities_lead"
    INFORMATION_GOVERNANCE = "information_governance"
    HEAD_OF_SERVICE = "head_of_service"
    DIRECTOR = "director"

    @property
    def words(self) -> str:
        """For people."""
        return self.value.replace("_", " ")


DATA_TEAM = frozenset({Role.DATA_SCIENTIST, Role.DATA_ENGINEER, Role.PERFORMANCE_ANALYST})


@dataclass(frozen=True)
class Approval:
    """One signature. ``mitigation`` is None only when the audit passed, and ``expires`` before it is settled."""

    name: str
    role: Role
    note: str
    on: dt.date
    mitigation: str | None = None
    expires: dt.date | None = None


def role_named(text: str) -> Role:
    """The role of that name; raises UsageError with the nearest one."""
    wanted = text.strip().casefold().replace(" ", "_").replace("-", "_")
    roles = [role.value for role in Role]
    if wanted in roles:
        return Role(wanted)
    close = difflib.get_close_matches(wanted, roles, 1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UsageError("There is no such role.", where="role", fix=f"{hint}Roles: {', '.join(roles)}.")


def check_words(name: str, note: str) -> None:
    """Raise UsageError unless the name and the note say something, can be printed and are what they look like."""
    if not _letters(name) or len(name) > LONGEST_NAME:
        raise UsageError("The name of whoever signs is needed, on one line.", where="name", fix="Give the full name.")
    if not plainly_written(name):
        raise UsageError(
            "The name has letters that cannot be seen, or letters of two alphabets in one name.",
            where="name",
            fix="Type the full name anew, on one line, in the letters of one alphabet.",
        )
    if not _letters(note) or len(note) > LONGEST_TEXT or _unprintable(note):
        raise UsageError(
            "A note that says why is needed, in letters that can be printed.",
            where="note",
            fix="Write what was read and what was decided.",
        )


def check_approval(approval: Approval, verdict: Verdict, earlier: Approval | None) -> None:
    """Raise Withheld unless this approval may be given, ``earlier`` being the first one where there is one.

    When the audit cannot tell, each of the two approvers writes a mitigation and an expiry date of their own:
    neither may lean on the other's, and the earlier date holds.
    """
    if verdict is Verdict.CANNOT_TELL:
        _check_mitigated(approval)
    if approval.expires is not None and not _valid_expiry(approval):
        raise Withheld(
            f"The expiry date must be after today and within {LONGEST_VALID_DAYS} days.",
            where="expires",
            fix="Give a later, or an earlier, expiry date.",
        )
    if earlier is None:
        return
    if same_person(approval.name, earlier.name):
        raise Withheld(
            "The same person has signed already.", where="name", fix="Ask a second person, of another role, to sign."
        )
    if not same_alphabet(approval.name, earlier.name):
        raise Withheld(
            "The name is in another alphabet than the first signature's, so that nobody can compare the two.",
            where="name",
            fix="Write both names in one alphabet.",
        )
    if approval.role is earlier.role:
        raise Withheld("Someone of that role has signed already.", where="role", fix="Ask a person of another role.")
    if {approval.role, earlier.role} <= DATA_TEAM:
        others = ", ".join(role.value for role in Role if role not in DATA_TEAM)
        raise Withheld(
            "Both approvers would be of the data team.", where="role", fix=f"Ask one of these to sign: {others}."
        )


def says_enough(text: str) -> bool:
    """Whether a mitigation, or another reason that is asked for in writing, is a sentence that can be printed."""
    return (
        not _unprintable(text)
        and len("".join(text.split())) >= SHORTEST_MITIGATION
        and len(text) <= LONGEST_TEXT
        and len(set(text.split())) >= 5
    )


@dataclass(frozen=True)
class Withdrawal:
    """Who stopped a release, and why."""

    name: str
    role: Role
    note: str
    on: dt.date


def with_an_end(approval: Approval) -> Approval:
    """The approval with a day on which it ends: the one given, or the latest that may be."""
    return replace(approval, expires=approval.expires or approval.on + dt.timedelta(days=LONGEST_VALID_DAYS))


def expiry(approvals: tuple[Approval, ...]) -> dt.date | None:
    """The first day on which the release no longer holds: the earliest of its approvals' ends; None without any."""
    return min((approval.expires for approval in approvals if approval.expires is not None), default=None)


def in_force(approvals: tuple[Approval, ...], today: dt.date) -> bool:
    """Whether no approval has expired and none is dated after ``today`` (a clock set back revives nothing)."""
    ends = expiry(approvals)
    return (ends is None or today < ends) and all(approval.on <= today for approval in approvals)


def valid_pair(approvals: tuple[Approval, ...], verdict: Verdict) -> bool:
    """Whether these approvals, as they stand in a record, could have been given in this order."""
    if len(approvals) > 2 or any(approval.expires is None for approval in approvals):
        return False
    try:
        for place, approval in enumerate(approvals):
            check_words(approval.name, approval.note)
            check_approval(approval, verdict, approvals[0] if place else None)
    except (UsageError, Withheld):
        return False
    return True


def _check_mitigated(approval: Approval) -> None:
    text = approval.mitigation or ""
    if not says_enough(text):
        raise Withheld(
            "The audit cannot tell whether the model is fair: each approver must write a mitigation."
            if not text.strip()
            else "The mitigation does not say enough.",
            where="--mitigation",
            fix="Write in a sentence or more who will guard against which harm, and how: at least "
            f"{SHORTEST_MITIGATION} letters and five different words.",
        )
    if approval.expires is None:
        raise Withheld(
            "The audit cannot tell whether the model is fair: each approver must give an expiry date.",
            where="--expires",
            fix="Give as YYYY-MM-DD the day on which the release ends and the audit is looked at again.",
        )


def _valid_expiry(approval: Approval) -> bool:
    return approval.expires is not None and (
        approval.on < approval.expires <= approval.on + dt.timedelta(days=LONGEST_VALID_DAYS)
    )


def _letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _unprintable(text: str) -> bool:
    """Whether it has what moves a screen's cursor, turns the direction of writing, hides, or was no text."""
    return any(not (one.isprintable() or one in _IN_TEXT or unicodedata.category(one) == "Zs") for one in text)
