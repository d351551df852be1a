"""The access log and the report of who looked say what was done in words; what is kept stays in codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from fairness_audits.chain.decisions import Choice
from residents.lookup.access_log import account
from review.access_log import Action, record
from review.by_command import told_apart
from review.families.models import CorrectionState
from review.governance.models import LogLine
from review.governance.reading import Asked, asked_for, in_words
from review.governance.words import ACTION_WORDS, action_words, detail_words, resident_words
from review.panel.choices import OutcomeCode
from review.panel.exporting import export_decisions
from review.people import accounts
from review.people.models import Person
from review.permissions import PAGES
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.panels import serving
from tests.review.permission_table import TABLE
from tests.review.test_every_view import writes
from tests.review.walking import places, reported, visit
from tests.support import KEYS

CODE = re.compile(r"[A-Za-z]_[a-z]")
"""Words joined as codes and fields are, and as no sentence has them."""


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("family", "All that services hold of one family"),
        ("meeting_close (sent)", "Closing a meeting"),
        ("case: not for this role: /panel/1/x/", "One case, and deciding on it (not for this role: /panel/1/x/)"),
        ("opened meeting 3", "Opened meeting 3"),
        ("meeting 3, version 2: offer_early_help", "Meeting 3, own decision, version 2: offer early help"),
        ("meeting 3, agreed: no_action", "Meeting 3, what the panel agreed: no action"),
        ("meeting 3, outcome: not_reached", "Meeting 3, what became of the offer: not reached"),
        ("correction 7: passed_on", "Correction 7: with the data's owner"),
        ("account made: a_b, support_worker", "Account made: a_b, family support worker"),
        ("by words and dob: 3 found", "By name or address and date of birth: 3 found"),
        ("by dob: 0 found", "By date of birth: 0 found"),
        ("meeting 3, version 2: <script>", "Meeting 3, version 2: <script>"),
        ("no page: /a_b/", "No page: /a_b/"),
        ("", ""),
    ],
)
def test_a_detail_in_words(detail: str, words: str) -> None:
    assert detail_words(detail) == words


def test_sending_a_form_is_told_apart_from_looking() -> None:
    assert action_words(Action.viewed, "correction") == "Looked"
    assert action_words(Action.viewed, "correction (sent)") == "Sent a form"
    assert action_words(Action.refused, "correction (sent)") == "Was refused"


def test_every_code_has_words() -> None:
    assert set(ACTION_WORDS) == set(Action)
    details = [f"meeting 1, version 1: {one.value}" for one in Choice]
    details += [f"meeting 1, agreed: {one.value}" for one in Choice]
    details += [f"meeting 1, outcome: {one.value}" for one in OutcomeCode]
    details += [f"correction 1: {one.value}" for one in CorrectionState]
    details += [f"account made: somebody, {one.value}" for one in Role]
    details += [one.name for one in PAGES]
    said = [detail_words(detail) for detail in details]
    assert not [words for words in said if CODE.search(words)]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("choice", Choice)
@pytest.mark.parametrize("said", ["version 2", "agreed"])
def test_a_resident_is_told_that_somebody_decided_and_not_what_they_chose(choice: Choice, said: str) -> None:
    words = resident_words(Action.decided, f"meeting 3, {said}: {choice.value}")
    assert words == "Took part in a panel's decision on whether to offer help"


@pytest.fixture
def walked(
    app: ReviewContext,
    released: RunFolder,
    tmp_path: Path,
    client_as: Callable[..., Client],
    make_person: Callable[..., Person],
) -> Iterator[ReviewContext]:
    """The app after every page was visited by a worker and a governance lead, and everything written that can be."""
    with serving(reported(released, tmp_path)) as context:
        place = places(client_as, make_person)
        for role in (Role.support_worker, Role.governance):
            for line in TABLE:
                visit(client_as(role), line, place)
        for role, path, sent, _ in writes(place):
            client_as(role).post(path, sent)
        client_as(Role.support_worker).post("/families/search/", {"words": "Amina", "dob": "2012-03-04"})
        Client().post("/login/", {"username": "nobody", "password": "wrong"})
        accounts.add("new", "New", Role.support_worker, worker="social_care|W1023")
        accounts.change("new", Role.equalities_lead, None, None)
        export_decisions(context, tmp_path / "decisions.csv")
        yield context


def test_no_line_that_the_app_writes_is_shown_in_codes(walked: ReviewContext) -> None:
    shown = in_words(list(asked_for(Asked())), KEYS)
    # An address is shown as it was asked for; the staff's keys and user names are what people type.
    said = [re.sub(r"/\S*|\S+\|\S+", "", f"{line.role} {line.action} {line.detail}") for line in shown]
    assert len(said) == LogLine.objects.count() > 100
    assert not [words for words in said if CODE.search(words)]
    assert {line.action for line in shown} >= {ACTION_WORDS[one] for one in Action if one is not Action.logged_in}


def test_what_is_done_by_command_says_by_whose_account(walked: ReviewContext) -> None:
    who = {line.who for line in in_words(list(asked_for(Asked())), KEYS) if line.action in _BY_COMMAND}
    assert who - {"A governance (governance)"} == {f"By command, as {account()}"}


_BY_COMMAND = (ACTION_WORDS[Action.exported], ACTION_WORDS[Action.changed_account])


def test_an_address_that_claims_to_be_a_command_is_taken_for_none() -> None:
    detail = "no page: /x; by command as root"
    assert told_apart(Action.refused, "", detail) == (detail, "")
    assert told_apart(Action.changed_account, "wanda", detail) == (detail, "")
    assert told_apart(Action.exported, "", "decisions; by command as root") == ("decisions", "root")


def test_a_residents_report_has_no_codes_and_no_members_choice(
    walked: ReviewContext, client_as: Callable[..., Client]
) -> None:
    member = Person.objects.get(username="panel_member")
    record(member, Action.decided, family=made_up.OWN, detail="meeting 1, version 1: offer_early_help")
    sent = {"name": "Amina Hassan", "dob": "2012-03-04", "reason": "request 17"}
    page = client_as(Role.governance).post("/governance/who-looked/", sent).content.decode()
    table = re.sub(r"<[^>]*>", " ", page.partition("<tbody")[2].partition("</tbody>")[0])
    assert "decision on whether to offer help" in table
    assert "offer early help" not in table.lower()
    assert not CODE.search(re.sub(r"\((support_worker|panel_member|team_manager|governance)\)|/\S*", "", table))
