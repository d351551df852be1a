"""What people said of a family, when its people part and its id stays with some of them.

An index gives a family's id on to the family that shares the most people with it, those who have left counted in: so
the id often stays with whoever was left behind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from residents.tables import FAMILIES
from review.caseload.models import Resident
from review.families import corrections
from review.families.models import Correction, Family
from review.governance.models import LogLine
from review.refreshing import Feed, refresh
from review.roles import Role
from review.settings import ReviewContext
from tests.review import made_up
from tests.support import put_table

if TYPE_CHECKING:
    from django.test import Client

Browsers = Callable[..., "Client"]
Row = dict[str, Any]

WORDS = "She is safe now, and lives with her sister"
MOTHER, CHILD, FATHER, GROWN = "P1", "P2", "P7", "P8"
BEFORE = dt.date(2019, 5, 6)
LEFT_ON = made_up.LONG_AGO - dt.timedelta(days=7)
"""Within what the made-up tables tell of."""
ELSEWHERE = "F9"


@pytest.fixture
def load(app: ReviewContext, tmp_path: Path) -> Callable[[list[Row]], None]:
    """Loads the made-up council with these memberships in place of the own and nobody's family."""
    made = iter(range(100))

    def loaded(rows: list[Row]) -> None:
        run = made_up.make_run(tmp_path / f"run{next(made)}")
        others = [
            row
            for row in pq.read_table(run.path(FAMILIES)).to_pylist()
            if row["family_id"] not in (made_up.OWN, made_up.NOBODYS)
        ]
        put_table(
            run, FAMILIES, sorted([*others, *rows], key=lambda row: [str(row.get(name)) for name in FAMILIES.sort])
        )
        refresh(app, Feed(run, app.council.extract_date))

    return loaded


def of(family: str, person: str, until: dt.date | None = None, since: dt.date = BEFORE) -> Row:
    return {
        **{"family_id": family, "person_id": person, "role": "child" if person == CHILD else "adult"},
        **{"from_date": since, "to_date": until, "recorded_on": since, "confidence": 0.99, "basis": "case_family"},
    }


def together(*people: str) -> list[Row]:
    return [of(made_up.OWN, person) for person in people]


def left_behind(staying: tuple[str, ...], leaving: tuple[str, ...]) -> list[Row]:
    return [
        *(of(made_up.OWN, person) for person in staying),
        *(of(made_up.OWN, person, LEFT_ON) for person in leaving),
        *(of(ELSEWHERE, person, since=LEFT_ON) for person in leaving),
    ]


def say(client_as: Browsers, subject: str = "detail") -> Correction:
    key = Family.objects.get(pk=made_up.OWN).key
    sent = {"subject": subject, "system": "joining", "words": WORDS}
    assert client_as(Role.support_worker).post(f"/families/{key}/correction/", sent).status_code == 302
    # It was said while all of them lived together.
    Correction.objects.update(said_at=dt.datetime.combine(LEFT_ON - dt.timedelta(days=30), dt.time(12), dt.UTC))
    return Correction.objects.get()


def pages_with_it() -> set[str]:
    return {family.pk for family in Family.objects.all() if corrections.of_family(family.pk).shown}


def test_it_goes_with_most_of_them_though_the_id_stays_with_who_was_left(
    load: Callable[[list[Row]], None], client_as: Browsers
) -> None:
    """Whoever works with the one who was left would have read it, and whoever works with the others would not."""
    load(together(MOTHER, CHILD, FATHER))
    say(client_as)
    load(left_behind((FATHER,), (MOTHER, CHILD)))
    assert pages_with_it() == {ELSEWHERE}


def test_it_stays_with_most_of_them(load: Callable[[list[Row]], None], client_as: Browsers) -> None:
    load(together(MOTHER, CHILD, FATHER))
    say(client_as)
    load(left_behind((MOTHER, CHILD), (FATHER,)))
    assert pages_with_it() == {made_up.OWN}


@pytest.mark.parametrize("staying", [(FATHER,), (FATHER, GROWN)])
def test_of_people_who_parted_in_halves_none_is_shown_it(
    load: Callable[[list[Row]], None], client_as: Browsers, staying: tuple[str, ...]
) -> None:
    """It stays on the list of those who pass it on."""
    leaving = (CHILD, MOTHER)[: len(staying)]
    load(together(*staying, *leaving))
    said = say(client_as)
    load(left_behind(staying, leaving))
    assert pages_with_it() == set()
    assert list(corrections.lost()) == [said]
    assert "On no family's page any more" in client_as(Role.governance).get("/families/corrections/").content.decode()


def test_who_had_left_long_before_it_was_said_counts_for_nothing(
    load: Callable[[list[Row]], None], client_as: Browsers
) -> None:
    gone = [of(made_up.OWN, person, dt.date(2020, 1, 1)) for person in (FATHER, GROWN)]
    elsewhere = [of(ELSEWHERE, person, since=dt.date(2020, 1, 2)) for person in (FATHER, GROWN)]
    rows = [*together(MOTHER, CHILD), *gone, *elsewhere]
    load(rows)
    say(client_as)
    load(rows)
    assert pages_with_it() == {made_up.OWN}


def test_it_comes_back_to_them_when_they_are_found_together_again(
    load: Callable[[list[Row]], None], client_as: Browsers
) -> None:
    load(together(CHILD, FATHER))
    say(client_as)
    load(left_behind((FATHER,), (CHILD,)))
    assert pages_with_it() == set()
    load(together(CHILD, FATHER))
    assert pages_with_it() == {made_up.OWN}


# --- what is not safe to be shown ------------------------------------------------------------------------


def test_the_address_is_held_back_of_families_of_whoever_joined_since(
    load: Callable[[list[Row]], None], client_as: Browsers
) -> None:
    """A child who joined them may have another home too, and the page of that one would tell where they live."""
    load([*together(MOTHER, CHILD), of(made_up.NOBODYS, FATHER)])
    say(client_as, "not_to_be_shown")
    assert corrections.held_back() == {made_up.OWN}
    load([*together(MOTHER, CHILD), of(made_up.OWN, GROWN), of(made_up.NOBODYS, GROWN), of(made_up.NOBODYS, FATHER)])
    assert corrections.held_back() == {made_up.OWN, made_up.NOBODYS}


def test_what_was_held_back_stays_so_until_it_is_settled(
    load: Callable[[list[Row]], None], client_as: Browsers
) -> None:
    """Also where nobody of them is known by the same id any more; and to whoever began to read before the refresh."""
    load([*together(MOTHER, CHILD), of(made_up.NOBODYS, CHILD, LEFT_ON), of(made_up.NOBODYS, FATHER)])
    say(client_as, "not_to_be_shown")
    assert corrections.held_back() == {made_up.OWN, made_up.NOBODYS}
    load([of(made_up.OWN, GROWN), of(made_up.NOBODYS, FATHER)])
    assert corrections.held_back() == {made_up.OWN, made_up.NOBODYS}
    Correction.objects.update(state="stands")
    assert corrections.held_back() == set()


def test_what_was_put_right_elsewhere_is_held_back_until_it_is_so_in_what_is_loaded(
    load: Callable[[list[Row]], None], client_as: Browsers, app: ReviewContext, tmp_path: Path
) -> None:
    """The address that was not safe to be shown stood on the page again as soon as somebody had said 'put right'."""
    load(together(MOTHER, CHILD))
    said = say(client_as, "not_to_be_shown")
    governance = client_as(Role.governance)
    for state in ("passed_on", "put_right"):
        governance.post("/families/corrections/", {"correction": said.pk, "state": state})
    assert Correction.objects.get().state == "put_right"
    assert corrections.held_back() == {made_up.OWN}
    assert corrections.of_family(made_up.OWN).address_held_back
    load(together(MOTHER, CHILD))
    assert corrections.held_back() == {made_up.OWN}, "these are extracts of the same day"
    tomorrow = made_up.TODAY + dt.timedelta(days=1)
    refresh(replace(app, day=tomorrow), Feed(made_up.make_run(tmp_path / "tomorrow"), tomorrow))
    assert corrections.held_back() == set()
    assert not corrections.of_family(made_up.OWN).address_held_back


def test_nothing_is_said_of_a_family_that_went_while_it_was_being_said(
    load: Callable[[list[Row]], None], client_as: Browsers, app: ReviewContext
) -> None:
    """It would have held back nothing, for nobody, and be on no page."""
    load(together(MOTHER, CHILD))
    Resident.objects.filter(family_id=made_up.OWN).delete()
    key = Family.objects.get(pk=made_up.OWN).key
    sent = {"subject": "not_to_be_shown", "system": "joining", "words": WORDS}
    assert client_as(Role.support_worker).post(f"/families/{key}/correction/", sent).status_code == 404
    assert not Correction.objects.exists()


# --- two at once -----------------------------------------------------------------------------------------


def test_what_somebody_else_settled_first_is_not_logged_as_done(
    load: Callable[[list[Row]], None], client_as: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(together(MOTHER, CHILD))
    said = say(client_as)
    monkeypatch.setattr("review.families.corrections.move", lambda *_: False)
    governance = client_as(Role.governance)
    answer = governance.post("/families/corrections/", {"correction": said.pk, "state": "passed_on"}, follow=True)
    assert "Somebody else has changed this meanwhile" in answer.content.decode()
    assert not LogLine.objects.filter(action="decided", username="governance").exists()


def test_a_search_during_a_refresh_finds_what_is_left(
    app: ReviewContext, client_as: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refreshed_meanwhile() -> set[str]:
        Family.objects.all().delete()
        return set()

    monkeypatch.setattr("review.families.searching.held_back", refreshed_meanwhile)
    answer = client_as(Role.support_worker).post("/families/search/", {"words": "hassan"})
    assert answer.status_code == 200
