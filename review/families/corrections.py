"""'This is not so': saying it, passing it on to whose data it is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils import timezone

from review.families import words
from review.families.forms import JOINING, SUBJECTS, UNSAFE
from review.families.models import STATE_WORDS, Correction, CorrectionState
from review.people.models import Person

_SUBJECTS = dict(SUBJECTS)
_ORDER = (CorrectionState.said, CorrectionState.passed_on, CorrectionState.stands, CorrectionState.put_right)
_MOVES = {
    CorrectionState.passed_on: "Passed on",
    CorrectionState.put_right: "Put right",
    CorrectionState.stands: "It stands as it was",
}


@dataclass(frozen=True)
class Move:
    """A state that may follow, and the words on its button."""

    state: str
    words: str


@dataclass(frozen=True)
class Shown:
    """One correction as pages show it."""

    number: int
    key: str
    owner: str
    subject: str
    text: str
    """For the family's own page alone."""
    by: str
    at: object
    state: str
    moves: tuple[Move, ...]

    @classmethod
    def of(cls, one: Correction) -> Shown:
        state = CorrectionState(one.state)
        return cls(
            number=one.pk,
            key=one.family_key,
            owner="How records are joined" if one.system == JOINING else words.system(one.system),
            subject=_SUBJECTS.get(one.subject, one.subject),
            text=one.words,
            by=one.said_by.name,
            at=one.said_at,
            state=STATE_WORDS[state],
            moves=tuple(Move(after.value, _MOVES[after]) for after in state.next),
        )


def say(person: Person, family_key: str, *, subject: str, system: str, words: str) -> None:
    """Put on the list what somebody says is not so."""
    Correction.objects.create(family_key=family_key, subject=subject, system=system, words=words, said_by=person)


def of_family(family_key: str) -> list[Shown]:
    """What was said of one family, the newest first."""
    return [Shown.of(one) for one in Correction.objects.filter(family_key=family_key).select_related("said_by")]


def listed() -> QuerySet[Correction]:
    """All, those still to be passed on first, of them what is about somebody's safety, then by system."""
    place = Case(
        *(When(state=state.value, then=Value(number)) for number, state in enumerate(_ORDER)),
        output_field=IntegerField(),
    )
    safety = Case(When(subject=UNSAFE, then=Value(0)), default=Value(1), output_field=IntegerField())
    return Correction.objects.select_related("said_by").order_by(place, safety, "system", "-said_at", "-id")


def held_back() -> set[str]:
    """The keys of families of which somebody said, and nobody settled, that something is not safe to be shown."""
    unsettled = (CorrectionState.said.value, CorrectionState.passed_on.value)
    said = Correction.objects.filter(subject=UNSAFE, state__in=unsettled)
    return set(said.values_list("family_key", flat=True))


def move(person: Person, number: int, state: str) -> bool:
    """Move one on, unless somebody else just did. Says whether it was moved."""
    before = [one.value for one in CorrectionState if CorrectionState(state) in one.next]
    changed = Correction.objects.filter(pk=number, state__in=before).update(
        state=state, changed_by=person, changed_at=timezone.now()
    )
    return changed == 1
