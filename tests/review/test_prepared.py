"""Queries worked out once: they find what Django's own find, whatever is asked, and one family as all families are."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from review.caseload.access import _seen, visible_families
from review.caseload.models import Allocation, Feed, Worker
from review.families.models import Family
from review.people.models import Person
from review.prepared import Prepared, Slot
from review.roles import Role
from review.settings import ReviewContext

TODAY = dt.date(2026, 9, 7)
_KEYS = ("a1", "b2", "c3")
_WORKERS = ("care|1", "care|2", "housing|1", "")


@pytest.fixture
def rows(app: ReviewContext) -> None:
    """Three families, two systems' workers, and allocations that began, ended, or are of a feed grown old."""
    for model in (Allocation, Worker, Feed, Family):
        model.objects.all().delete()
    for number, key in enumerate(_KEYS):
        Family.objects.create(
            family_id=f"F{number}", key=key, name="O'Neil; DROP", members=1, children=0, document={"of": key}
        )
    for feed, days in (("care|workers", 0), ("care|allocations", 0), ("housing|workers", 0), ("housing|cases", 90)):
        Feed.objects.create(key=feed, covers_until=TODAY - dt.timedelta(days=days), loaded_at=timezone.now())
    for worker, until in (("care|1", None), ("care|2", TODAY - dt.timedelta(days=1)), ("housing|1", None)):
        Worker.objects.create(key=worker, source=worker.split("|")[0], name="W", to_date=until)
    before, after = TODAY - dt.timedelta(days=9), TODAY + dt.timedelta(days=1)
    for feed, worker, family, since, until in (
        ("care|allocations", "care|1", "F0", before, None),
        ("care|allocations", "care|1", "F1", before, TODAY - dt.timedelta(days=1)),
        ("care|allocations", "care|1", "F1", after, None),
        ("care|allocations", "care|2", "F1", before, None),
        ("care|allocations", "housing|1", "F2", None, TODAY),
        ("housing|cases", "housing|1", "F0", None, None),
        ("care|allocations", "", "F2", None, None),
    ):
        Allocation.objects.create(feed_key=feed, worker_key=worker, family_id=family, from_date=since, to_date=until)


def _person(role: Role, worker: str, *, active: bool = True) -> Person:
    return Person.objects.create(
        username=f"p{Person.objects.count()}", role=role.value, worker_key=worker, is_active=active
    )


def test_one_family_is_seen_by_whom_it_is_among_all_they_see(rows: None) -> None:
    found = []
    for role in Role:
        for worker in _WORKERS:
            for active in (True, False):
                person = _person(role, worker, active=active)
                for day in (TODAY, TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=60)):
                    all_of_them = set(visible_families(person, day).values_list("key", flat=True))
                    for key in (*_KEYS, "", "d4", "a1' OR '1'='1"):
                        one = _seen(person, day, key)
                        assert (one.key if one else None) == (key if key in all_of_them else None)
                        found += [(role, worker, key, one.document)] if one else []
    assert (Role.support_worker, "care|1", "a1", {"of": "a1"}) in found
    assert (Role.support_worker, "housing|1", "c3", {"of": "c3"}) in found
    assert {worker for role, worker, _, _ in found if role is Role.support_worker} == {"care|1", "housing|1"}


def test_what_changed_shows_at_the_next_asking(rows: None) -> None:
    person = _person(Role.support_worker, "care|1")
    Family.objects.filter(key="a1").update(document={"address": "elsewhere"})
    seen = _seen(person, TODAY, "a1")
    assert seen is not None
    assert seen.document == {"address": "elsewhere"}
    for model, change, back in (
        (Allocation, {"to_date": TODAY - dt.timedelta(days=1)}, {"to_date": None}),
        (Worker, {"to_date": TODAY - dt.timedelta(days=1)}, {"to_date": None}),
        (Feed, {"covers_until": TODAY - dt.timedelta(days=90)}, {"covers_until": TODAY}),
    ):
        model.objects.update(**change)
        assert _seen(person, TODAY, "a1") is None
        model.objects.update(**back)
        assert _seen(person, TODAY, "a1") is not None


@pytest.mark.parametrize("asked", ["a1", "", "a1' OR '1'='1", "%s", '"; DROP TABLE families_family; --', "\u202ea1"])
def test_a_prepared_query_finds_what_djangos_own_does(rows: None, asked: str) -> None:
    made = []

    def make() -> QuerySet[Family]:
        made.append(1)
        return Family.objects.filter(key=Slot("key"), members__gte=Slot("members")).order_by("-pk")

    prepared = Prepared(make)
    for members in (0, 1, 2):
        expected = list(Family.objects.filter(key=asked, members__gte=members).order_by("-pk"))
        assert prepared.all(key=asked, members=members) == expected
    assert made == [1]
    assert Family.objects.count() == len(_KEYS)


def test_a_slot_left_open_is_an_error(rows: None) -> None:
    with pytest.raises(KeyError, match="key"):
        Prepared(lambda: Family.objects.filter(key=Slot("key"))).all(other="a1")
