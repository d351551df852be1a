"""A manager who opens a family outside the team: with a reason, for a day, and logged."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client

from review.caseload.access import visible_families
from review.caseload.models import Override, Worker
from review.families.models import Family, Named
from review.governance.models import LogLine
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext
from tests.review import made_up
from tests.review.made_up import key_of

REASON = "The school rang about her brother"


@pytest.fixture
def manager(app: ReviewContext, client_as: Callable[..., Client]) -> Client:
    return client_as(Role.team_manager)


def log() -> list[tuple[str, str, str]]:
    return [(line.action, line.family, line.reason) for line in LogLine.objects.order_by("number")]


def test_a_manager_finds_and_opens_a_family_outside_with_a_reason(
    manager: Client, client_as: Callable[..., Client], make_person: Callable[..., Person]
) -> None:
    found = manager.post("/outside/", {"words": "zofia", "reason": REASON}).content.decode()
    assert f"/outside/{key_of(made_up.OTHER_TEAMS)}/" in found
    assert ("searched", "", REASON) in log()
    assert ("searched", made_up.OTHER_TEAMS, REASON) in log()
    person = make_person(Role.team_manager, "asked", worker_key=made_up.worker_key(made_up.MANAGER))
    browser = client_as(Role.team_manager, person)
    assert not visible_families(person, made_up.TODAY).filter(pk=made_up.OTHER_TEAMS).exists()
    assert browser.post(f"/outside/{key_of(made_up.OTHER_TEAMS)}/", {"reason": REASON}).status_code == 302
    assert visible_families(person, made_up.TODAY).filter(pk=made_up.OTHER_TEAMS).exists()
    assert ("overrode", made_up.OTHER_TEAMS, REASON) in log()


def test_what_was_opened_is_shut_the_next_day_and_to_others(
    app: ReviewContext, make_person: Callable[..., Person]
) -> None:
    opener, other = make_person(Role.team_manager), make_person(Role.team_manager, "other")
    Override.objects.create(person=opener, family_id=made_up.NOBODYS, on_day=made_up.TODAY, reason=REASON)
    for person, on, opens in (
        (opener, made_up.TODAY, True),
        (opener, made_up.TODAY + dt.timedelta(days=1), False),
        (other, made_up.TODAY, False),
    ):
        assert visible_families(person, on).filter(pk=made_up.NOBODYS).exists() is opens


@pytest.mark.parametrize("words", ["zo", "", "  ", "'-.", "<script>"])
def test_few_letters_find_nobody(manager: Client, words: str) -> None:
    page = manager.post("/outside/", {"words": words, "reason": REASON}).content.decode()
    assert key_of(made_up.OTHER_TEAMS) not in page
    assert "<script>" not in page


@pytest.mark.parametrize("reason", ["", "   ", "because"])
def test_without_a_reason_nothing_opens(manager: Client, reason: str) -> None:
    manager.post("/outside/", {"words": "zofia", "reason": reason})
    manager.post(f"/outside/{key_of(made_up.OTHER_TEAMS)}/", {"reason": reason})
    assert not [line for line in log() if line[0] == "overrode"]
    assert manager.get(f"/families/{key_of(made_up.OTHER_TEAMS)}/").status_code == 404


def test_a_manager_who_left_opens_nothing(manager: Client) -> None:
    Worker.objects.filter(key=made_up.worker_key(made_up.MANAGER)).update(to_date=made_up.TODAY - dt.timedelta(days=1))
    found = manager.post("/outside/", {"words": "zofia", "reason": REASON}).content.decode()
    assert key_of(made_up.OTHER_TEAMS) not in found
    assert manager.post(f"/outside/{key_of(made_up.OTHER_TEAMS)}/", {"reason": REASON}).status_code == 404
    assert log()[-1][0] == "refused"


@pytest.mark.parametrize("words", ["a e", "e   a", "a-e", "'a e'"])
def test_two_letters_are_too_few_however_far_apart(
    app: ReviewContext, client_as: Callable[..., Client], words: str
) -> None:
    """Each would have been in nearly every name."""
    page = client_as(Role.team_manager).post("/outside/", {"words": words, "reason": "The school rang about it"})
    assert "Give at least three letters." in page.content.decode()
    assert not LogLine.objects.filter(action="searched").exists()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.team_manager])
def test_nobody_else_opens_a_family_outside(app: ReviewContext, client_as: Callable[..., Client], role: Role) -> None:
    answer = client_as(role).post(f"/outside/{key_of(made_up.OTHER_TEAMS)}/", {"reason": REASON})
    assert answer.status_code == 404
    assert not [line for line in log() if line[0] == "overrode"]


def test_the_reason_is_in_the_log_that_governance_reads_and_in_a_residents_report(
    manager: Client, client_as: Callable[..., Client]
) -> None:
    """Why a family was found, why it was opened, and why its page was looked at."""
    manager.post("/outside/", {"words": "zofia", "reason": REASON})
    manager.post(f"/outside/{key_of(made_up.OTHER_TEAMS)}/", {"reason": REASON})
    assert manager.get(f"/families/{key_of(made_up.OTHER_TEAMS)}/").status_code == 200
    governance = client_as(Role.governance)
    shown = governance.get(f"/governance/log/?family={key_of(made_up.OTHER_TEAMS)}").content.decode()
    file = b"".join(governance.get("/governance/log.csv").streaming_content).decode()
    asked = {"family": key_of(made_up.OTHER_TEAMS), "reason": "Request 7"}
    report = governance.post("/governance/who-looked/", asked).content.decode()
    for text in (shown, file, report):
        assert text.count(REASON) >= 3


def test_families_that_go_by_the_name_come_before_those_with_one_member_of_it(manager: Client) -> None:
    """Of a common name there are more than are shown."""
    Family.objects.filter(pk=made_up.OTHER_TEAMS).update(name="Aaron")
    Family.objects.filter(pk=made_up.NOBODYS).update(name="MARSH")
    Named.objects.filter(family_id__in=(made_up.OTHER_TEAMS, made_up.NOBODYS)).update(words="ann marsh")
    page = manager.post("/outside/", {"words": "Ann Marsh", "reason": REASON}).content.decode()
    first, second = (page.index(f"/outside/{key_of(one)}/") for one in (made_up.NOBODYS, made_up.OTHER_TEAMS))
    assert first < second


def test_families_of_one_name_are_told_apart_before_one_is_opened(manager: Client) -> None:
    Family.objects.filter(pk__in=(made_up.OTHER_TEAMS, made_up.NOBODYS)).update(name="Same")
    Named.objects.filter(family_id=made_up.NOBODYS).update(words="same")
    Named.objects.filter(family_id=made_up.OTHER_TEAMS).update(words="same")
    page = manager.post("/outside/", {"words": "same", "reason": REASON}).content.decode()
    for adults, child in (("Mary-Jane", "Zofia"), ("Ann", "Bo")):
        assert re.search(rf"<bdi>{adults}</bdi>.*?<bdi>{child} \d+</bdi>", page, re.DOTALL)
