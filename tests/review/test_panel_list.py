"""The list of a meeting: what stands first, what can be shown alone, and what the meeting is called."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from fairness_audits.gate import withdraw
from review.panel.choices import ReasonCode
from review.panel.decisions import Given, close, give
from review.panel.models import Meeting
from review.panel.pack import PackCase
from review.panel.refusals import Refused
from review.roles import Role
from review.settings import ReviewContext
from store.files import read_json
from tests.review.panels import (
    FAMILY_TARGET,
    TODAY,
    Browsers,
    People,
    decide,
    member,
    opened,
    references,
    text,
)
from tests.support import KEYS


def listed_in(browser: Client, number: int, show: str) -> list[str]:
    page = text(browser.get(f"/panel/{number}/?show={show}"))
    return re.findall(rf'href="/panel/{number}/([0-9a-f-]{{14}})/"', page.partition("<tbody")[2])


def test_what_is_still_to_be_done_stands_first_and_can_be_shown_alone(
    panel: ReviewContext, client_as: Browsers, make_person: People
) -> None:
    olive, peter = (member(client_as, make_person, name) for name in ("olive", "peter"))
    number = opened(olive)
    everything = references(olive, number)
    assert everything == sorted(everything)
    first, second, third = everything[:3]
    for browser, case in ((olive, first), (olive, second), (peter, second), (peter, third)):
        decide(browser, number, case, "unmet_need")
    left = [case for case in everything if case not in (first, second)]
    assert references(olive, number) == [*left, first, second]
    assert listed_in(olive, number, "left") == left
    assert set(listed_in(olive, number, "one")) == {first, third}
    page = text(olive.get(f"/panel/{number}/?show=left"))
    assert f"Not yet decided by you ({len(left)})" in page
    assert f"All ({len(everything)})" in page
    for nonsense in ("", "agreed", "<script>", "LEFT", "%00"):
        assert len(listed_in(olive, number, nonsense)) == len(everything)


def test_what_is_to_be_agreed_on_stands_first_once_a_meeting_is_closed(
    panel: ReviewContext, client_as: Browsers, make_person: People
) -> None:
    olive, peter = (member(client_as, make_person, name) for name in ("olive", "peter"))
    number = opened(olive)
    last = references(olive, number)[-1]
    decide(olive, number, last, "unmet_need")
    decide(peter, number, last, "being_helped")
    assert "Still to be agreed on" not in text(olive.get(f"/panel/{number}/"))
    olive.post(f"/panel/{number}/close/")
    assert references(peter, number)[0] == last
    assert listed_in(peter, number, "agree") == [last]
    peter.post(f"/panel/{number}/{last}/agreed/", {"reason": "unmet_need"})
    assert listed_in(peter, number, "agree") == []
    assert "None at the moment" in text(peter.get(f"/panel/{number}/?show=agree"))


def test_a_meeting_is_called_by_its_list_whether_that_is_open_or_shut(
    own_panel: ReviewContext, client_as: Browsers
) -> None:
    browser = client_as(Role.panel_member)
    number = opened(browser)
    title = read_json(own_panel.run.root / "models" / FAMILY_TARGET / "evaluation.json")["title"]
    before = text(browser.get("/panel/")).partition("Open a meeting")[0]
    withdraw(own_panel.run, KEYS, FAMILY_TARGET, "Ama Boateng", "data_scientist", "A fault was found.", TODAY)
    after = text(browser.get("/panel/")).partition("Open a meeting")[0]
    assert before.count(title) == after.count(title) > 0
    shut = browser.get(f"/panel/{number}/")
    assert (shut.status_code, title in text(shut)) == (403, True)


def test_a_case_that_is_no_more_in_the_pack_keeps_no_meeting_open(panel: ReviewContext, make_person: People) -> None:
    """Its page is gone, so nobody could ever be its second reader."""
    olive = make_person(Role.panel_member, "olive")
    meeting = Meeting.objects.create(
        panel="Panel A", target=FAMILY_TARGET, as_of=TODAY, held_on=TODAY, state="open", opened_by=olive
    )
    of_high_need = PackCase("ref", "", "unit", "family", "id", "", "", (), True, None)
    give(olive, meeting, of_high_need, Given(ReasonCode.EXPLAINED, 0))
    with pytest.raises(Refused, match="needs a second reader"):
        close(meeting, olive, ["unit", "another"])
    close(meeting, olive, ["another"])
    assert not Meeting.objects.get(pk=meeting.pk).is_open
