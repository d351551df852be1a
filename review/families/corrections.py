"""'This is not so': saying it, passing it on to whose data it is, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, IntegerField, Q, QuerySet, Subquery, Value, When
from django.http import Http404
from django.utils import timezone

from review.caseload.access import loaded_families, references
from review.caseload.models import Resident
from review.families import words
from review.families.forms import JOINING, SUBJECTS, UNSAFE
from review.families.models import STATE_WORDS, Correction, CorrectionState
from review.people.models import Person, Refresh

_SUBJECTS = dict(SUBJECTS)
_ORDER = (CorrectionState.said, CorrectionState.passed_on, CorrectionState.stands, CorrectionState.put_right)
_UNSETTLED = (CorrectionState.said, CorrectionState.passed_on)
_LOADED_OF = Refresh.objects.order_by("-pk").values("extract_date")[:1]
# Put right is put right in the data's own system: what is loaded is as it was, until extracts of a later day are.
_STILL_LOADED = Q(state=CorrectionState.put_right.value, changed_at__date__gte=Subquery(_LOADED_OF))
_UNSAFE = Q(subject=UNSAFE) & (Q(state__in=[state.value for state in _UNSETTLED]) | _STILL_LOADED)
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
    """The family's reference; empty where it is of none that is loaded, and on its own page."""
    owner: str
    subject: str
    text: str
    """For the family's own page alone."""
    by: str
    on: str
    state: str
    moves: tuple[Move, ...]

    @classmethod
    def of(cls, one: Correction, key: str = "") -> Shown:
        state = CorrectionState(one.state)
        return cls(
            number=one.pk,
            key=key,
            owner="How records are joined" if one.system == JOINING else words.system(one.system),
            subject=_SUBJECTS.get(one.subject, one.subject),
            text=one.words,
            by=one.said_by.name,
            on=words.day(timezone.localdate(one.said_at).isoformat()),
            state=STATE_WORDS[state],
            moves=tuple(Move(after.value, _MOVES[after]) for after in state.next),
        )


@dataclass(frozen=True)
class Said:
    """What was said of one family, the newest first, and whether its address is not shown until that is settled."""

    shown: Sequence[Shown] = ()
    address_held_back: bool = False


def say(person: Person, family: str, *, subject: str, system: str, words: str) -> None:
    """Put on the list what somebody says is not so of the family with this id.

    Raises Http404 where a refresh took the family away meanwhile: what is said of nobody would hold back nothing.
    """
    people = sorted(_ever_of(family))
    if not people:
        raise Http404
    about = {"family_id": family, "people": people, "near": sorted(_near(family, people))}
    Correction.objects.create(**about, subject=subject, system=system, words=words, said_by=person)


def of_family(family: str) -> Said:
    """What was said of the family with this id, and what is unsafe of any other: found at once, for every page asks."""
    unsafe = Case(When(_UNSAFE, then=Value(True)), default=Value(False), output_field=BooleanField())
    of_it = Correction.objects.annotate(unsafe=unsafe).filter(Q(family_id=family) | Q(unsafe=True))
    found: list[Any] = list(of_it.select_related("said_by"))
    return Said(
        [Shown.of(one) for one in found if one.family_id == family],
        any(one.unsafe and family in one.near for one in found),
    )


def shown(found: Iterable[Correction]) -> list[Shown]:
    """Corrections with the references that their families have now."""
    listed = list(found)
    keys = references({one.family_id for one in listed})
    return [Shown.of(one, keys.get(one.family_id, "")) for one in listed]


def follow() -> None:
    """After a refresh, move what was said of a family to where more than half of its people are now.

    Families are joined and parted as more becomes known of them, and the id of one that parted may stay with either
    part. Where no family has so many it is shown on no page, and `lost` has it: those who are left may be the ones who
    must not read what was said.
    """
    loaded = set(loaded_families().values_list("pk", flat=True))
    for one in Correction.objects.all():
        family, near = _whose(one, loaded), one.near
        if one.subject == UNSAFE and one.state != CorrectionState.stands:
            # Nothing that was held back is shown again before somebody settled it.
            near = sorted({*near, *_near(family, one.people)})
        if (family, near) != (one.family_id, one.near):
            Correction.objects.filter(pk=one.pk).update(family_id=family, near=near)


def _whose(one: Correction, loaded: set[str]) -> str:
    """The id of the family that something was said of, as families are now; '' where it would be shown to others."""
    theirs = _there(one) or set(one.people)
    now = Resident.objects.filter(person_id__in=theirs, to_date=None).values_list("family_id", "person_id").distinct()
    found = Counter(str(family) for family, _ in now if family in loaded)
    most = [family for family, people in found.items() if people > len(theirs) / 2]
    if one.family_id in most:
        return str(one.family_id)
    if len(most) == 1:
        return most[0]
    left_behind = theirs and Resident.objects.filter(family_id=one.family_id, to_date=None).exists()
    return "" if left_behind else str(one.family_id)


def _there(one: Correction) -> set[str]:
    """Who was of the family on the day on which it was said, as its id goes now."""
    on = timezone.localdate(one.said_at)
    begun = Q(from_date=None) | Q(from_date__lte=on)
    of = Resident.objects.filter(begun, Q(to_date=None) | Q(to_date__gte=on), family_id=one.family_id)
    return set(of.filter(person_id__in=one.people).values_list("person_id", flat=True))


def lost() -> QuerySet[Correction]:
    """What no family's page has: its family is in the extracts no more, or its people have parted."""
    return Correction.objects.exclude(family_id__in=loaded_families()).order_by("pk")


def _near(family: str, people: Iterable[str]) -> set[str]:
    """The family itself, and every one that any of the people, or of whoever else is of it by now, was ever of."""
    everybody = {*people, *_ever_of(family)}
    shared = Resident.objects.filter(person_id__in=everybody).values_list("family_id", flat=True)
    return {*([family] if family else ()), *shared}


def _ever_of(family: str) -> set[str]:
    return set(Resident.objects.filter(family_id=family).values_list("person_id", flat=True))


def listed() -> QuerySet[Correction]:
    """All, those still to be passed on first, of them what is about somebody's safety, then by system."""
    place = Case(
        *(When(state=state.value, then=Value(number)) for number, state in enumerate(_ORDER)),
        output_field=IntegerField(),
    )
    safety = Case(When(subject=UNSAFE, then=Value(0)), default=Value(1), output_field=IntegerField())
    return Correction.objects.select_related("said_by").order_by(place, safety, "system", "-said_at", "-id")


def held_back() -> set[str]:
    """The ids of families of which somebody said, and nobody settled, that something is not safe to be shown.

    Every family that shares anybody with one is among them, as where the tables themselves speak of a danger.
    """
    return {family for near in Correction.objects.filter(_UNSAFE).values_list("near", flat=True) for family in near}


def move(person: Person, number: int, state: str) -> bool:
    """Move one on, unless somebody else just did. Says whether it was moved."""
    before = [one.value for one in CorrectionState if CorrectionState(state) in one.next]
    changed = Correction.objects.filter(pk=number, state__in=before).update(
        state=state, changed_by=person, changed_at=timezone.now()
    )
    return changed == 1
