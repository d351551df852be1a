"""What the panel's pages show of meetings and cases, in the shapes that the templates read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fairness_audits.chain.decisions import Choice
from reports.text import spaced
from review.panel.choices import CHOICE_WORDS, OUTCOME_WORDS, REASONS, OutcomeCode, ReasonCode
from review.panel.decisions import decided_at, panel_decision
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
    elsewhere: Meeting | None
    """The other meeting at which it is decided on."""

    @property
    def left(self) -> bool:
        """Whether whoever looks may still decide on it here."""
        return not self.mine and self.elsewhere is None


class Which(StrEnum):
    """Which cases of a meeting are listed."""

    ALL = "all"
    LEFT = "left"
    """Those on which whoever looks has not decided, and may here."""
    BY_ONE = "one"
    """Those that one member alone has read so far."""
    TO_AGREE = "agree"
    """Those on which the panel has still to agree."""

    @classmethod
    def of(cls, text: str) -> Which:
        """What an address asks for; all where it asks for nothing that there is."""
        return next((one for one in cls if one.value == text), cls.ALL)


@dataclass(frozen=True)
class Choosing:
    """One way of listing the cases: how many they are, and whether it is the one that is shown."""

    which: str
    words: str
    number: int
    here: bool


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
    """Every case of the pack: first those that are still to be done, then by references, which are random.

    To be done is what whoever looks has not decided on; once the meeting is closed, what the panel has to agree on.
    Children of one family stand together.
    """
    kept = {case.unit_id: case for case in Case.objects.filter(meeting=meeting)}
    elsewhere = decided_at(meeting)
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
                elsewhere.get(case.unit_id),
            )
        )
    return sorted(lines, key=lambda line: _place(line, meeting.is_open))


def _place(line: CaseLine, is_open: bool) -> tuple[bool, str, str]:
    done = not line.left if is_open else not line.unsettled
    return done, line.case.family_reference, line.case.reference


def listed(lines: Sequence[CaseLine], which: Which) -> list[CaseLine]:
    """The cases among those of a meeting that were asked for."""
    if which is Which.LEFT:
        return [line for line in lines if line.left]
    if which is Which.BY_ONE:
        return [line for line in lines if line.readers == 1]
    return [line for line in lines if line.unsettled] if which is Which.TO_AGREE else list(lines)


def choosing(lines: Sequence[CaseLine], is_open: bool, here: Which) -> list[Choosing]:
    """The ways of listing them that the meeting's state has."""
    words = {Which.ALL: "All"}
    if is_open:
        words |= {Which.LEFT: "Not yet decided by you", Which.BY_ONE: "Read by one member"}
    else:
        words |= {Which.TO_AGREE: "Still to be agreed on"}
    return [Choosing(one.value, said, len(listed(lines, one)), one is here) for one, said in words.items()]


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
