"""What the panel's pages show of meetings and cases, in the shapes that the templates read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairness_audits.chain.decisions import Choice
from reports.text import spaced
from review.panel.choices import CHOICE_WORDS, OUTCOME_WORDS, REASONS, OutcomeCode, ReasonCode
from review.panel.decisions import panel_decision
from review.panel.models import Agreement, Case, Decision, Meeting, NotSo, Outcome
from review.panel.pack import Pack, PackCase
from review.settings import ReviewContext

if TYPE_CHECKING:
    from review.people.models import Person


@dataclass(frozen=True)
class CaseLine:
    """One case in the list of a meeting."""

    case: PackCase
    name: str
    mine: bool
    """Whether whoever looks has decided on it."""
    readers: int
    decided: str
    """What the panel decided, once the meeting is closed; else empty."""
    unsettled: bool
    """Whether the panel has still to agree on it."""


@dataclass(frozen=True)
class Said:
    """One decision as a page shows it."""

    who: str
    choice: str
    reason: str
    text: str
    at: Any
    not_so: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Offer:
    """One case that the panel offered early help."""

    reference: str
    name: str
    outcome: str
    code: str
    told_on: Any


def case_lines(person: Person, meeting: Meeting, pack: Pack, names: Mapping[str, str]) -> list[CaseLine]:
    """Every case of the pack, in the order of references."""
    kept = {case.unit_id: case for case in Case.objects.filter(meeting=meeting)}
    readers: dict[int, set[int]] = {}
    for case, member in Decision.objects.filter(case__meeting=meeting).values_list("case_id", "member_id"):
        readers.setdefault(case, set()).add(member)
    lines = []
    for case in pack.cases.values():
        known = kept.get(case.unit_id)
        read = readers.get(known.pk, set()) if known else set()
        closed = known is not None and not meeting.is_open
        decided = panel_decision(known) if known is not None and closed else None
        lines.append(
            CaseLine(
                case,
                case.name or names.get(case.family, ""),
                person.pk in read,
                len(read),
                CHOICE_WORDS[decided] if decided else "",
                decided is Choice.DISCUSS,
            )
        )
    return lines


def said(decision: Decision | Agreement, sentences: Mapping[str, str]) -> Said:
    """A decision in words. ``sentences`` are those of the case's page, by feature."""
    not_so = NotSo.objects.filter(decision=decision) if isinstance(decision, Decision) else ()
    return Said(
        decision.member.name,
        CHOICE_WORDS[Choice(decision.choice)],
        REASONS[ReasonCode(decision.reason)][1],
        decision.text,
        decision.at,
        tuple((sentences.get(one.feature, spaced(one.feature)), one.text) for one in not_so),
    )


def offers_of(meeting: Meeting, names: Mapping[str, str]) -> list[Offer]:
    """The cases of a closed meeting that were offered early help, and what became of each so far."""
    found = []
    for case in Case.objects.filter(meeting=meeting).order_by("reference"):
        if panel_decision(case) is Choice.OFFER:
            latest = Outcome.objects.filter(case=case).order_by("-pk").first()
            words = OUTCOME_WORDS[OutcomeCode(latest.code)] if latest else ""
            name = names.get(case.unit_id, "")
            found.append(
                Offer(case.reference, name, words, latest.code if latest else "", latest.at if latest else None)
            )
    return found


def names_in(context: ReviewContext, person: Person, pack: Pack) -> dict[str, str]:
    """The names of the pack's families by id, where the council's TOML lets its panels see them; else none."""
    from review.caseload.access import today, visible_families  # noqa: PLC0415 - it asks this app for the pack

    if not context.config.panel_sees_names:
        return {}
    found = visible_families(person, today()).filter(pk__in=pack.families)
    return {
        family: f"{name} ({children})" if children else name
        for family, name, children in found.values_list("pk", "name", "children_named")
    }
