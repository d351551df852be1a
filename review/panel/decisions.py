"""Deciding: each member for themself and unseen by the others while the meeting is open, together once it is closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from fairness_audits.chain.decisions import Choice
from reports.text import day
from review.panel.choices import OutcomeCode, ReasonCode, choice_of, settled
from review.panel.meetings import hold_open, move
from review.panel.models import Agreement, Case, Decision, Meeting, MeetingState, NotSo, Outcome
from review.panel.pack import PackCase
from review.panel.refusals import Refused
from review.panel.second_reading import waits

if TYPE_CHECKING:
    from review.people.models import Person

_CLOSED = "This meeting was closed while you were reading, so that decisions can no longer be given or changed."
_ELSEWHERE = "You decided on this case in another window since this page was opened. What you said there stands below."
_AT_ANOTHER = (
    "This is decided on at the meeting of {}, where somebody of the panel has read it. A case is decided on at one "
    "meeting, so that nobody decides who has seen what others did."
)


@dataclass(frozen=True)
class Given:
    """What a member says of a case."""

    reason: ReasonCode
    version: int
    """The version of the member's own decision that they had before them; 0 where there was none."""
    text: str = ""
    not_so: Mapping[str, str] = field(default_factory=dict)
    """Features of things noticed that are not so, and what is said of each."""


def give(person: Person, meeting: Meeting, case: PackCase, given: Given) -> Decision:
    """Record a member's decision as the next version of it.

    Raises Refused where the meeting was closed, the member decided elsewhere since, or the case is another meeting's.
    """
    with transaction.atomic():
        # Held together, so that of two meetings one alone gets a case.
        list(_about_the_same_list(meeting).select_for_update().order_by("pk"))
        if not hold_open(meeting):
            raise Refused(_CLOSED)
        other = decided_at(meeting).get(case.unit_id)
        if other is not None:
            raise Refused(_AT_ANOTHER.format(day(other.held_on)))
        kept = _kept(meeting, case)
        before = own(person, kept)
        if (before[-1].version if before else 0) != given.version:
            raise Refused(_ELSEWHERE)
        decision: Decision
        try:
            with transaction.atomic():
                decision = Decision.objects.create(
                    case=kept,
                    member=person,
                    version=given.version + 1,
                    choice=choice_of(given.reason).value,
                    reason=given.reason.value,
                    text=given.text,
                )
        except IntegrityError:
            raise Refused(_ELSEWHERE) from None
        for feature, text in sorted(given.not_so.items()):
            NotSo.objects.create(decision=decision, feature=feature, text=text)
    return decision


def decided_at(meeting: Meeting) -> dict[str, Meeting]:
    """The other meeting at which each case of the list is decided on, by the case's pseudonym.

    A panel decides on a case of a list at one meeting, the first at which any member did. Else whoever saw what others
    had decided there could decide anew at the next one, and the newest is what counts.
    """
    cases = Case.objects.filter(meeting__in=_about_the_same_list(meeting)).select_related("meeting").order_by("-pk")
    first = {case.unit_id: case.meeting for case in cases}
    return {unit: at for unit, at in first.items() if at.pk != meeting.pk}


def _about_the_same_list(meeting: Meeting) -> QuerySet[Meeting]:
    return Meeting.objects.filter(panel=meeting.panel, target=meeting.target, as_of=meeting.as_of)


def _kept(meeting: Meeting, case: PackCase) -> Case:
    kept: Case
    kept, _ = Case.objects.get_or_create(
        meeting=meeting,
        unit_id=case.unit_id,
        defaults={
            "reference": case.reference,
            "family_id": case.family_id,
            "family": case.family,
            "high_need": case.high_need,
            "in_sample": case.drawn_from is not None,
            "drawn_from": case.drawn_from,
        },
    )
    return kept


def own(person: Person, case: Case | None) -> list[Decision]:
    """Every version of a member's own decision, oldest first."""
    return [] if case is None else list(Decision.objects.filter(case=case, member=person).order_by("version"))


def standing(case: Case) -> list[Decision]:
    """The decision that counts of each member who gave one, in the order in which members first did."""
    latest: dict[int, Decision] = {}
    for decision in Decision.objects.filter(case=case).select_related("member").order_by("pk"):
        latest[decision.member_id] = decision
    return list(latest.values())


def seen_by(person: Person, case: Case | None) -> list[Decision]:
    """The decisions on a case that a member may see now: all once the meeting is closed, till then their own."""
    if case is None:
        return []
    if case.meeting.is_open:
        return own(person, case)[-1:]
    return standing(case)


def close(meeting: Meeting, person: Person, units: Collection[str]) -> None:
    """Close a meeting. Raises Refused where a case still waits for its second reader, or it is closed already.

    ``units`` are those of the pack as it is now: a case that is no more in it nobody can read a second time.
    """
    with transaction.atomic():
        if not hold_open(meeting):
            raise Refused("This meeting is closed already.")
        read = Case.objects.filter(meeting=meeting, unit_id__in=units)
        if any(waits(case.high_need, _choices(case)) for case in read):
            raise Refused(
                "A case that one member alone has read needs a second reader. Please share those that one member read "
                "between you, and close the meeting then."
            )
        move(meeting, person, MeetingState.CLOSED)


def panel_decision(case: Case) -> Choice:
    """What the panel decided of a case, as things stand."""
    agreement = Agreement.objects.filter(case=case).first()
    return settled(_choices(case), Choice(agreement.choice) if agreement else None)


def agree(person: Person, case: Case, reason: ReasonCode, text: str = "") -> Agreement:
    """Record what the panel agreed on of a case on which its members had differed, or that needed discussion.

    Raises Refused where the meeting is open, nothing is left to agree on, or another member did so just before.
    """
    if case.meeting.is_open:
        raise Refused("The panel agrees on a case once the meeting is closed and all have seen what each decided.")
    if choice_of(reason) is Choice.DISCUSS:
        raise Refused("Please say what the panel agreed on.")
    if settled(_choices(case), None) is not Choice.DISCUSS:
        raise Refused("All who read this case decided alike: there is nothing left to agree on.")
    try:
        with transaction.atomic():
            made: Agreement = Agreement.objects.create(
                case=case, member=person, choice=choice_of(reason).value, reason=reason.value, text=text
            )
    except IntegrityError:
        raise Refused("Somebody has just recorded what the panel agreed on. It stands below.") from None
    return made


def tell_outcome(person: Person, case: Case, code: OutcomeCode) -> Outcome:
    """Record what became of an offer. Raises Refused where the panel offered nothing, or the meeting is open."""
    if case.meeting.is_open or panel_decision(case) is not Choice.OFFER:
        raise Refused("The panel has not offered early help here.")
    made: Outcome = Outcome.objects.create(case=case, member=person, code=code.value)
    return made


def _choices(case: Case) -> list[Choice]:
    return [Choice(decision.choice) for decision in standing(case)]
