"""Bringing the app up to date: when it is needed, from which run, all or nothing."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from residents.index import INDEX_DOCUMENT
from residents.tables import FAMILIES
from review.caseload.models import Allocation
from review.caseload.models import Feed as CaseloadFeed
from review.families.models import Family
from review.people.models import Refresh
from review.refreshing import Feed, refresh, run_mark, up_to_date
from review.settings import ReviewContext
from store.errors import UsageError
from store.files import write_json
from store.run_folder import RunFolder
from tests.review import made_up

LATER = made_up.TODAY + dt.timedelta(days=1)


@pytest.fixture
def another(tmp_path: Path) -> RunFolder:
    """A run of later extracts."""
    run = made_up.make_run(tmp_path / "nightly")
    write_json(run.root / "state" / "sources.json", {"stage": "sources", "outputs": "others"})
    return run


def test_what_is_loaded_is_up_to_date_until_the_run_is_another(app: ReviewContext) -> None:
    assert up_to_date(app)
    state = app.run.root / "state" / "residents.json"
    write_json(state, {"stage": "residents"})
    try:
        assert not up_to_date(app)
        refresh(app)
        assert up_to_date(app)
    finally:
        state.unlink()
    assert not up_to_date(app)


def test_an_empty_database_is_not_up_to_date(app: ReviewContext) -> None:
    Refresh.objects.all().delete()
    assert not up_to_date(app)


def test_a_later_feed_takes_the_place_and_serving_again_leaves_it(app: ReviewContext, another: RunFolder) -> None:
    """The served run's own, older allocations must not come back when the service is started again."""
    refresh(replace(app, day=LATER), Feed(another, LATER))
    assert up_to_date(app)
    newest = Refresh.objects.latest("pk")
    assert (newest.extract_date, newest.run_mark) == (LATER, run_mark(another))


def test_older_extracts_than_are_loaded_are_refused(app: ReviewContext, another: RunFolder) -> None:
    """By them a worker would see families again whose allocation has ended since."""
    refresh(replace(app, day=LATER), Feed(another, LATER))
    before = documents()
    with pytest.raises(UsageError, match="Extracts of a later day"):
        refresh(replace(app, day=LATER))
    assert (Refresh.objects.latest("pk").extract_date, documents()) == (LATER, before)


def test_a_run_of_later_extracts_than_were_loaded_is_loaded(app: ReviewContext) -> None:
    assert not up_to_date(replace(app, council=app.council.model_copy(update={"extract_date": LATER}), day=LATER))


def test_a_run_is_of_its_own_extracts_whatever_day_the_toml_says_by_now(app: ReviewContext, another: RunFolder) -> None:
    """The day was moved on for tonight's run, which failed: yesterday's staff list and allocations are no newer."""
    taken, moved_on = made_up.TODAY, made_up.TODAY + dt.timedelta(days=9)
    write_json(another.root / INDEX_DOCUMENT, {"extract_date": taken.isoformat()})
    later = replace(app, day=moved_on)
    refresh(later, Feed(another, moved_on))
    assert Refresh.objects.latest("pk").extract_date == taken
    assert CaseloadFeed.objects.latest("covers_until").covers_until == taken
    assert up_to_date(replace(later, run=another))


def test_no_extracts_are_of_a_day_to_come(app: ReviewContext, another: RunFolder) -> None:
    """A year that was mistyped would have kept a staff list new for ever."""
    mistyped = made_up.TODAY.replace(year=made_up.TODAY.year + 36, day=1)
    refresh(app, Feed(another, mistyped))
    assert CaseloadFeed.objects.latest("covers_until").covers_until <= made_up.TODAY
    assert up_to_date(replace(app, run=another, council=app.council.model_copy(update={"extract_date": mistyped})))


def test_a_refresh_that_fails_leaves_everything_as_it_was(app: ReviewContext, another: RunFolder) -> None:
    before = sorted(Family.objects.values_list("family_id", flat=True)), Allocation.objects.count()
    another.path(FAMILIES).write_bytes(b"not a table at all")
    with pytest.raises(Exception):  # noqa: B017 - whatever the engine says of it
        refresh(app, Feed(another, LATER))
    assert (sorted(Family.objects.values_list("family_id", flat=True)), Allocation.objects.count()) == before
    assert up_to_date(app)


def test_the_same_run_gives_the_same_addresses_again(app: ReviewContext) -> None:
    before = dict(Family.objects.values_list("family_id", "key"))
    refresh(app)
    assert dict(Family.objects.values_list("family_id", "key")) == before
    assert len(set(before.values())) == len(before)
    assert not [family for family, key in before.items() if family in key]


def documents() -> list[str]:
    found = Family.objects.order_by("pk").values_list("document", flat=True)
    return [json.dumps(one, sort_keys=True) for one in found]


def test_documents_are_the_same_whenever_they_are_made(app: ReviewContext) -> None:
    before = documents()
    refresh(app)
    assert before
    assert documents() == before
