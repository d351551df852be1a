"""Which families somebody may see: the one place where families are asked for.

A support worker sees those of the own open allocations, a team manager those of the team and those opened with a reason
that day, a panel member those of the released pack; nobody else sees any. Who has left, and whoever a feed is too old
for, sees none.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, Q, QuerySet, When
from django.http import Http404, HttpRequest

from review.access_log import Action, record
from review.caseload.models import STAFF_LIST, Allocation, Feed, Override, Worker
from review.families.folding import folded
from review.families.models import Family, Named
from review.permissions import visit_of
from review.prepared import Prepared, Slot
from review.roles import Role
from review.settings import current

if TYPE_CHECKING:
    from review.people.models import Person

SHOWN_OUTSIDE = 20
_KEY = re.compile(r"[0-9a-f]{1,40}")
_OF_KEY: Prepared[Family] = Prepared(lambda: Family.objects.filter(key=Slot("key")).only("pk"))
_COVERING: Prepared[Feed] = Prepared(
    lambda: Feed.objects.filter(covers_until__gte=Slot("oldest")).order_by("key").only("key")
)


def visible_families(person: Person, on: dt.date) -> QuerySet[Family]:
    """The families that ``person`` may see on the day ``on``."""
    of_role = _OF_ROLE.get(Role(person.role))
    return of_role(person, on) if of_role and person.is_active else Family.objects.none()


def family_or_404(request: HttpRequest, key: str) -> Family:
    """The family of this key, if whoever asks may see it; the visit is logged with it, refused or not.

    Raises Http404 where there is none such and where it is not theirs, after the same queries.
    """
    visit = visit_of(request)
    visit.family = family_of_reference(key)
    family = _seen(visit.person, today(), _shaped(key))
    if family is None:
        raise Http404
    if visit.person.role == Role.team_manager:
        opened = Override.objects.filter(person=visit.person, family_id=family.pk, on_day=today()).first()
        visit.reason = opened.reason if opened else ""
    return family


def _seen(person: Person, on: dt.date, key: str) -> Family | None:
    """The family of this key, if it is one of those of `visible_families`.

    Of a support worker it is asked by the same query, worked out once: nothing is asked as often.
    """
    if not (person.is_active and person.role == Role.support_worker):
        return visible_families(person, on).filter(key=key).first()
    fresh = fresh_feeds(on)
    if staff_list_of(person) not in fresh:
        return None
    feeds = {f"feed{number}": feed for number, feed in enumerate(fresh)}
    return _own_family(tuple(feeds)).first(key=key, worker=person.worker_key, on=on, **feeds)


@lru_cache(maxsize=32)
def _own_family(feeds: tuple[str, ...]) -> Prepared[Family]:
    """The family of a key, if it is of a support worker's own; for as many feeds as there are slots named."""

    def asked() -> QuerySet[Family]:
        held = _held(Role.support_worker, Slot("worker"), Slot("on"), [Slot(name) for name in feeds])
        return _of(held).filter(key=Slot("key"))

    return Prepared(asked)


def outside(person: Person, on: dt.date, words: str) -> list[Family]:
    """At most `SHOWN_OUTSIDE` families with a member whose name has all of ``words``, that ``person`` may not see.

    Only a team manager in post is given any; the caller logs who asked and why. Of a common name there are more than
    are shown: families that go by it come before those with one member of it.
    """
    asked = folded(words).split()
    if Role(person.role) is not Role.team_manager or not _in_post(person, on) or not asked:
        return []
    found = Family.objects.exclude(pk__in=visible_families(person, on).values("pk"))
    named = Named.objects.all()
    for word in asked:
        named = named.filter(words__contains=word)
    goes_by, in_part = Q(), Q()
    for word in asked:
        goes_by, in_part = goes_by | Q(name__iexact=word), in_part | Q(name__icontains=word)
    near = Case(When(goes_by, then=0), When(in_part, then=1), default=2)
    return list(found.filter(pk__in=named.values("family_id")).order_by(near, "name", "key")[:SHOWN_OUTSIDE])


def open_outside(request: HttpRequest, key: str, reason: str) -> None:
    """Open a family outside the team's caseload to the manager who asks, until the day ends, and log why.

    Raises Http404 where there is none such, or who asks is no manager in post.
    """
    visit = visit_of(request)
    visit.family = family_of_reference(key)
    visit.reason = reason
    manager = Role(visit.person.role) is Role.team_manager and _in_post(visit.person, today())
    if not visit.family or not manager:
        raise Http404
    with transaction.atomic():
        Override.objects.update_or_create(
            person=visit.person, family_id=visit.family, on_day=today(), defaults={"reason": reason}
        )
        record(visit.person, Action.overrode, family=visit.family, detail=visit.page.name, reason=reason)


def family_of_reference(key: str) -> str:
    """The id of the family that a page's address names; '' where none is loaded. It shows nothing of the family."""
    found = _OF_KEY.first(key=_shaped(key))
    return found.pk if found else ""


def references(families: Iterable[str]) -> dict[str, str]:
    """What pages' addresses name the families with these ids by; those that are not loaded are left out."""
    return dict(Family.objects.filter(pk__in=set(families)).values_list("pk", "key"))


def loaded_families() -> QuerySet[Family, dict[str, str]]:
    """The ids of the families that the extracts have now, to be compared with in a query."""
    return Family.objects.values("pk")


def _shaped(key: str) -> str:
    """The key, or one that no family has where it cannot be one: not every database takes whatever is typed."""
    return key if _KEY.fullmatch(key) else ""


def today() -> dt.date:
    """The day it is where the council is."""
    return current().today()


def fresh_feeds(on: dt.date) -> list[str]:
    """The keys of the staff lists and allocations that are not too old to go by."""
    oldest = on - dt.timedelta(days=current().config.allocations_max_age_days)
    return [feed.pk for feed in _COVERING.all(oldest=oldest)]


def too_old(person: Person, on: dt.date) -> bool:
    """Whether somebody sees no family by caseload because the council's staff list or allocations are too old."""
    if Role(person.role) not in (Role.support_worker, Role.team_manager):
        return False
    fresh = fresh_feeds(on)
    return staff_list_of(person) not in fresh or all(key.endswith(f"|{STAFF_LIST}") for key in fresh)


def _in_post(person: Person, on: dt.date) -> bool:
    """Whether the staff list names the person on that day, and is new enough to go by."""
    return staff_list_of(person) in fresh_feeds(on) and Worker.objects.on(on).filter(key=person.worker_key).exists()


def staff_list_of(person: Person) -> str:
    """The key of the feed that names the person among the council's staff."""
    return f"{person.worker_key.partition('|')[0]}|{STAFF_LIST}"


def allocations_of(person: Person, on: dt.date) -> QuerySet[Allocation]:
    """The open allocations that show somebody families: the own, or the team's."""
    fresh = fresh_feeds(on)
    if staff_list_of(person) not in fresh:
        none: QuerySet[Allocation] = Allocation.objects.none()
        return none
    return _held(Role(person.role), person.worker_key, on, fresh)


def _held(role: Role, worker: str | Slot, on: dt.date | Slot, feeds: Sequence[str | Slot]) -> QuerySet[Allocation]:
    """The allocations of these feeds that show a worker of this role families."""
    held: QuerySet[Allocation] = Allocation.objects.on(on).filter(feed_key__in=feeds)
    keys = Worker.objects.on(on).filter(key=worker).values("key")
    if role is Role.support_worker:
        return held.filter(worker_key__in=keys)
    if role is Role.team_manager:
        teams = Worker.objects.on(on).filter(key=worker).exclude(team_key="").values("team_key")
        managed = Worker.objects.on(on).filter(manager_key__in=keys).values("key")
        return held.filter(Q(team_key__in=teams) | Q(worker_key__in=managed) | Q(worker_key__in=keys))
    return held.none()


def _by_caseload(person: Person, on: dt.date) -> QuerySet[Family]:
    return _of(allocations_of(person, on))


def _of(held: QuerySet[Allocation]) -> QuerySet[Family]:
    return Family.objects.filter(pk__in=held.values("family_id"))


def _of_manager(person: Person, on: dt.date) -> QuerySet[Family]:
    if not _in_post(person, on):
        return Family.objects.none()
    opened = Override.objects.filter(person=person, on_day=on).values("family_id")
    return Family.objects.filter(Q(pk__in=allocations_of(person, on).values("family_id")) | Q(pk__in=opened))


def _of_panel(person: Person, on: dt.date) -> QuerySet[Family]:
    from review.panel.cases import families_of_pack  # noqa: PLC0415 - the panel's pages rest on this module

    return Family.objects.filter(pk__in=families_of_pack(person))


_OF_ROLE: dict[Role, Callable[[Person, dt.date], QuerySet[Family]]] = {
    Role.support_worker: _by_caseload,
    Role.team_manager: _of_manager,
    Role.panel_member: _of_panel,
}
