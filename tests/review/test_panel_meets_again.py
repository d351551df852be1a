"""A second meeting about the same list: whoever saw what others decided does not decide on those cases anew."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.test import Client

from review.panel.choices import ReasonCode
from review.panel.decisions import Given, close, give
from review.panel.models import Case, Decision, Meeting
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext
from tests.review.panels import Browsers, People, decide, member, opened, references, text
from tests.review.test_panel_at_once import ROUNDS, at_once, case, open_meeting

LATER = "2026-09-28"


@pytest.fixture
def two(panel: ReviewContext, client_as: Browsers, make_person: People) -> tuple[Client, Client]:
    return member(client_as, make_person, "olive"), member(client_as, make_person, "peter")


def test_who_saw_what_another_decided_does_not_decide_at_the_next_meeting(two: tuple[Client, Client]) -> None:
    """The newest decision is what counts, and two who then agreed would have counted as having agreed unseen."""
    olive, peter = two
    first = opened(olive)
    reference, other = references(olive, first)[:2]
    decide(olive, first, reference, "unmet_need")
    peter.post(f"/panel/{first}/close/")
    assert "Olive" in text(peter.get(f"/panel/{first}/{reference}/"))
    second = opened(peter, LATER)
    answer = decide(peter, second, reference, "unmet_need")
    assert answer.status_code == 409
    assert "decided on at the meeting of 21 September 2026" in text(answer)
    assert Decision.objects.count() == 1
    assert decide(peter, second, other, "unmet_need").status_code == 302


def test_of_two_meetings_that_are_open_one_alone_has_a_case(two: tuple[Client, Client]) -> None:
    """Closing the one would have shown what was decided to who had not decided at the other yet."""
    olive, peter = two
    first, second = opened(olive), opened(olive, LATER)
    reference = references(olive, first)[0]
    assert decide(olive, second, reference, "unmet_need").status_code == 302
    assert decide(peter, first, reference, "explained").status_code == 409
    assert decide(peter, second, reference, "explained").status_code == 302


def test_pages_say_at_which_meeting_it_is(two: tuple[Client, Client]) -> None:
    olive, peter = two
    first, second = opened(olive), opened(olive, LATER)
    reference, other = references(olive, first)[:2]
    decide(olive, first, reference, "unmet_need")
    page = text(peter.get(f"/panel/{second}/"))
    assert "1 is decided on at another meeting about this list." in page
    assert f"Read {other}" in page
    assert reference not in references_of(peter, second, "left") and other in references_of(peter, second, "left")
    case_page = text(peter.get(f"/panel/{second}/{reference}/"))
    assert f'href="/panel/{first}/{reference}/"' in case_page
    assert 'name="reason"' not in case_page


def references_of(browser: Client, number: int, which: str) -> str:
    return text(browser.get(f"/panel/{number}/?show={which}")).partition("<table")[2]


def test_another_panel_decides_for_itself(two: tuple[Client, Client], client_as: Browsers, make_person: People) -> None:
    olive, _ = two
    stranger = member(client_as, make_person, "rosa", panel="Panel B")
    first, theirs = opened(olive), opened(stranger, LATER)
    reference = references(olive, first)[0]
    decide(olive, first, reference, "unmet_need")
    assert decide(stranger, theirs, reference, "explained").status_code == 302


def test_at_the_same_moment_one_meeting_alone_gets_a_case(committed_app: ReviewContext, make_person: People) -> None:
    members = [make_person(Role.panel_member, name) for name in ("olive", "peter", "quinn", "rosa")]
    for number in range(ROUNDS):
        meetings = [second_of(members[0], number, nth) for nth in range(len(members))]
        given = Given(ReasonCode.UNMET_NEED, 0)
        said = at_once([partial(give, who, at, case(number), given) for who, at in zip(members, meetings, strict=True)])
        assert said.count("") == 1
        assert all("decided on at the meeting of" in words for words in said if words), said
        assert Case.objects.filter(unit_id=case(number).unit_id).count() == 1
        for meeting in meetings:
            close(meeting, members[0], [case(number).unit_id])


def second_of(person: Person, number: int, nth: int) -> Meeting:
    """The nth of several meetings about one list; each ``number`` is another list."""
    meeting = open_meeting(person, 10 * number + nth)
    Meeting.objects.filter(pk=meeting.pk).update(as_of=dt.date(2020, 1, 1) + dt.timedelta(days=number))
    meeting.refresh_from_db()
    return meeting
