"""Members who decide, close and agree at the same moment, each on a connection of their own."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import connection

from review.panel.choices import ReasonCode
from review.panel.decisions import Given, agree, close, give
from review.panel.models import Agreement, Case, Decision, Meeting
from review.panel.pack import PackCase
from review.panel.refusals import Refused
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext
from tests.review.panels import People

DAY = dt.date(2026, 6, 30)
ROUNDS = 6


def case(number: int) -> PackCase:
    return PackCase(f"ref-{number}", "", f"unit-{number}", f"fam-{number}", f"id-{number}", "", "", (), False, None)


def at_once(doings: Sequence[Callable[[], Any]]) -> list[str]:
    """What each said: '' where it was done, else why it was refused."""
    ready, said = threading.Barrier(len(doings)), [""] * len(doings)

    def run(place: int, doing: Callable[[], Any]) -> None:
        ready.wait()
        try:
            doing()
        except Refused as refused:
            said[place] = refused.message
        except Exception as broken:
            said[place] = f"broken: {type(broken).__name__}"
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.fixture
def members(committed_app: ReviewContext, make_person: People) -> list[Person]:
    return [make_person(Role.panel_member, name) for name in ("olive", "peter", "quinn", "rosa")]


def open_meeting(person: Person, number: int) -> Meeting:
    day = DAY + dt.timedelta(days=number)
    made: Meeting = Meeting.objects.create(
        panel="Panel A", target="t", as_of=DAY, held_on=day, state="open", opened_by=person
    )
    return made


def test_all_decide_on_one_case_while_one_closes(members: list[Person]) -> None:
    refused = []
    for number in range(ROUNDS):
        meeting = open_meeting(members[0], number)
        given = Given(ReasonCode.UNMET_NEED, 0)
        deciding = [partial(give, who, meeting, case(number), given) for who in members]
        closing = partial(close, Meeting.objects.get(pk=meeting.pk), members[0], [case(number).unit_id])
        said = at_once([*deciding, closing])
        kept = Decision.objects.filter(case__meeting=meeting)
        assert kept.count() == said[:-1].count("") == kept.values("member").distinct().count()
        assert Case.objects.filter(meeting=meeting).count() <= 1 and said[-1] == ""
        refused += [words for words in said if words]
    assert all("closed while you were reading" in words for words in refused), refused


def test_one_member_in_two_windows_is_kept_once(members: list[Person]) -> None:
    meeting = open_meeting(members[0], 0)
    for version in range(ROUNDS):
        given = [Given(code, version) for code in (ReasonCode.UNMET_NEED, ReasonCode.EXPLAINED, ReasonCode.UNSURE)]
        said = at_once([partial(give, members[0], meeting, case(0), one) for one in given])
        assert sorted(map(bool, said)) == [False, True, True]
        assert all("in another window" in words for words in said if words)
    assert list(Decision.objects.values_list("version", flat=True)) == list(range(1, ROUNDS + 1))


def test_of_two_who_record_an_agreement_at_once_one_is_told_of_the_other(members: list[Person]) -> None:
    for number in range(ROUNDS):
        meeting = open_meeting(members[0], number)
        for who, reason in zip(members, (ReasonCode.UNMET_NEED, ReasonCode.EXPLAINED)):
            give(who, meeting, case(number), Given(reason, 0))
        close(meeting, members[0], [case(number).unit_id])
        kept = Case.objects.get(meeting=meeting)
        said = at_once([partial(agree, who, kept, ReasonCode.UNMET_NEED) for who in members])
        assert said.count("") == 1 and Agreement.objects.filter(case=kept).count() == 1
        assert all("Somebody has just recorded" in words for words in said if words)
