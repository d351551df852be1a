"""The pages of information governance: the log, its file, whether it is whole, who looked at a resident's record."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client, override_settings

from early_help import review_log_command
from residents.lookup.access_log import ACCESS_LOG, Reader, log_access
from review.access_log import Action, record, verify
from review.caseload.models import Feed, Resident
from review.governance.models import LogLine
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext, current
from store.errors import InputRejected, UsageError
from store.keys import Keys
from tests.review import made_up

HOSTILE = '=HYPERLINK("http://x") <script>alert(1)</script>'


@pytest.fixture
def governance(app: ReviewContext, client_as: Callable[..., Client]) -> Client:
    return client_as(Role.governance)


def test_the_log_shows_who_looked_at_which_family_and_why(
    governance: Client, make_person: Callable[..., Person]
) -> None:
    worker = make_person(Role.support_worker)
    record(worker, Action.viewed, family=made_up.OWN, detail="family", reason=HOSTILE)
    page = governance.get("/governance/log/").content.decode()
    assert "A support worker (support_worker)" in page
    assert made_up.key_of(made_up.OWN) in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"who": "support_worker"}, {"one", "two"}),
        ({"who": "manager"}, {"three"}),
        ({"family": "OWN"}, {"one", "three"}),
        ({"action": "searched"}, {"two"}),
        ({"since": "2999-01-01"}, set()),
        ({"until": "2000-01-01"}, set()),
        ({"who": "support_worker", "family": "OWN"}, {"one"}),
        ({"family": "no-such-reference"}, set()),
        ({"since": "not a day"}, set()),
        ({}, {"one", "two", "three"}),
    ],
)
def test_lines_are_those_asked_for(
    governance: Client, make_person: Callable[..., Person], query: dict[str, str], shown: set[str]
) -> None:
    worker, manager = make_person(Role.support_worker), make_person(Role.team_manager)
    record(worker, Action.viewed, family=made_up.OWN, reason="why one")
    record(worker, Action.searched, reason="why two")
    record(manager, Action.viewed, family=made_up.OWN, reason="why three")
    asked = {name: made_up.key_of(made_up.OWN) if value == "OWN" else value for name, value in query.items()}
    for address in ("/governance/log/", "/governance/log.csv"):
        answer = governance.get(address, asked)
        text = b"".join(answer).decode()
        assert {one for one in ("one", "two", "three") if f"why {one}" in text} == shown, address


def test_a_file_has_no_formula_and_taking_it_is_logged(governance: Client, make_person: Callable[..., Person]) -> None:
    record(make_person(Role.support_worker, name=HOSTILE), Action.viewed, reason=HOSTILE)
    rows = list(csv.DictReader(io.StringIO(b"".join(governance.get("/governance/log.csv")).decode())))
    told = [row for row in rows if row["username"] == "support_worker"]
    assert [row["reason"] for row in told] == [f"'{HOSTILE}"]
    assert [row["name"] for row in told] == [f"'{HOSTILE}"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert [line.action for line in LogLine.objects.order_by("number")][-2:] == ["downloaded", "viewed"]


def test_older_lines_follow_on_newer_ones(governance: Client, make_person: Callable[..., Person]) -> None:
    worker = make_person(Role.support_worker)
    for number in range(120):
        record(worker, Action.viewed, reason=f"look {number:03}.")
    seen: list[str] = []
    address = "/governance/log/?who=support_worker"
    while address:
        page = governance.get(address).content.decode()
        found = [f"look {number:03}." for number in range(120) if f"look {number:03}." in page]
        assert len(found) <= 50
        seen += reversed(found)
        before = page.partition("before=")[2].partition('"')[0]
        address = f"/governance/log/?who=support_worker&before={before}" if before else ""
    assert seen == [f"look {number:03}." for number in reversed(range(120))]


@pytest.mark.parametrize("before", ["-1", "x", "1e9", "9" * 40, "٣", ""])
def test_no_number_in_the_address_breaks_the_page(governance: Client, before: str) -> None:
    assert governance.get("/governance/log/", {"before": before}).status_code == 200


def test_the_page_says_whether_the_log_is_whole(governance: Client, make_person: Callable[..., Person]) -> None:
    record(make_person(Role.support_worker), Action.viewed, family=made_up.OWN)
    assert "The log is whole" in governance.post("/governance/log/verify/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE governance_logline SET family = 'F9' WHERE family = %s", [made_up.OWN])
    assert "The log was changed" in governance.post("/governance/log/verify/").content.decode()


def test_a_hash_that_is_mistyped_says_nothing_of_the_log(governance: Client) -> None:
    """Else whoever left out a letter would be told that the log was changed."""
    answer = governance.post("/governance/log/verify/", {"noted": "a" * 63})
    page = answer.content.decode()
    assert (answer.status_code, "That is no hash" in page, "changed" in page) == (400, True, False)


# --- who looked at my record -----------------------------------------------------------------------------


def looked(make_person: Callable[..., Person]) -> None:
    """A worker looked at a page of the own family."""
    record(make_person(Role.support_worker), Action.viewed, family=made_up.OWN, detail="family")


def ask(governance: Client, **given: str) -> str:
    return governance.post("/governance/who-looked/", {"reason": "request 17", **given}).content.decode()


def test_a_resident_is_told_who_looked(governance: Client, make_person: Callable[..., Person]) -> None:
    looked(make_person)
    page = ask(governance, name="AMINA  hassan", dob="2012-03-04")
    assert "A support worker (support_worker)" in page
    assert "Nobody has looked" in ask(governance, name="Bo Other", dob="2011-08-09")


@pytest.mark.parametrize(
    ("name", "dob"), [("Amina Hassan", "2012-03-05"), ("Amina", "2012-03-04"), ("<script>", "2012-03-04")]
)
def test_nobody_is_found_by_half_a_name(
    governance: Client, make_person: Callable[..., Person], name: str, dob: str
) -> None:
    looked(make_person)
    page = ask(governance, name=name, dob=dob)
    assert "There is no record here" in page
    assert "support_worker" not in page
    assert "<script>" not in page


def test_a_familys_reference_does_as_well(governance: Client, make_person: Callable[..., Person]) -> None:
    looked(make_person)
    assert "A support worker (support_worker)" in ask(governance, family=made_up.key_of(made_up.OWN))
    assert "There is no record here" in ask(governance, family="nonesuch")


@pytest.mark.parametrize(
    "given",
    [
        {"name": "Amina Hassan"},
        {"dob": "2012-03-04"},
        {},
        {"name": "Amina Hassan", "dob": "2012-03-04", "reason": ""},
        {"name": "Amina Hassan", "dob": "4 March"},
        {"name": "Amina Hassan", "dob": "2012-03-04", "family": "KEY"},
    ],
)
def test_what_is_missing_is_asked_for_again(governance: Client, given: dict[str, str]) -> None:
    page = ask(governance, **{name: value.replace("KEY", made_up.key_of(made_up.OWN)) for name, value in given.items()})
    assert "Make the report" in page
    assert "Before you hand it on" not in page


def test_who_left_a_family_is_not_told_of_it_afterwards(governance: Client, make_person: Callable[..., Person]) -> None:
    record(make_person(Role.support_worker), Action.viewed, family=made_up.OWN)
    spells = Resident.objects.filter(person_id="P1")
    assert "support_worker" in ask(governance, name="Fatma Hassan", dob="1985-06-07")
    spells.update(to_date=made_up.TODAY - dt.timedelta(days=2))
    assert "Nobody has looked" in ask(governance, name="Fatma Hassan", dob="1985-06-07")
    spells.update(to_date=None, from_date=made_up.TODAY + dt.timedelta(days=2))
    assert "Nobody has looked" in ask(governance, name="Fatma Hassan", dob="1985-06-07")


def test_look_ups_by_command_are_in_the_report(governance: Client, app: ReviewContext) -> None:
    try:
        log_access(app.run, Reader("Dora Desk", "request 3"), "person", ["name"], people=1, shown=["P2"])
        assert "Dora Desk" in ask(governance, name="Amina Hassan", dob="2012-03-04")
        assert "Dora Desk" not in ask(governance, name="Fatma Hassan", dob="1985-06-07")
    finally:
        (app.run.root / ACCESS_LOG).unlink()


def test_the_name_asked_for_is_in_no_line_and_no_table(governance: Client) -> None:
    ask(governance, name="Amina Hassan", dob="2012-03-04")
    lines = list(LogLine.objects.values())
    assert [line["family"] for line in lines if line["action"] == "searched"] == [made_up.OWN]
    assert [line["reason"] for line in lines if line["action"] == "searched"] == ["request 17"]
    for row in (*lines, *Resident.objects.values()):
        assert "hassan" not in str(row).lower()


def test_feeds_say_until_when_they_tell(governance: Client) -> None:
    assert "No, too old" not in governance.get("/governance/feeds/").content.decode()
    Feed.objects.filter(key__endswith="allocations").update(covers_until=made_up.TODAY - dt.timedelta(days=40))
    assert "No, too old" in governance.get("/governance/feeds/").content.decode()


def test_lines_under_another_key_are_told_of(app: ReviewContext, client_as: Callable[..., Client]) -> None:
    """Whoever rebuilds the log without the key must say that it was made under another."""
    with override_settings(REVIEW=replace(current(), keys=Keys(bytes(range(1, 33))))):
        record(None, Action.refused)
    page = client_as(Role.governance).post("/governance/log/verify/").content.decode()
    assert "1 line from before the master key was exchanged" in page
    assert "If it never was exchanged, the log was changed" in page


# --- by command ------------------------------------------------------------------------------------------


def test_the_command_says_whether_the_log_is_whole(
    app: ReviewContext,
    make_person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(review_log_command, "opened", lambda run: app)
    run, worker = str(app.run.root), make_person(Role.support_worker)
    record(worker, Action.viewed, family=made_up.OWN)
    review_log_command.verify_log(run)
    noted = verify().newest
    assert noted in capsys.readouterr().out
    record(worker, Action.viewed, family=made_up.OWN)
    review_log_command.verify_log(run, noted.upper())
    with pytest.raises(UsageError, match="no hash of a line"):
        review_log_command.verify_log(run, noted[:-1])
    with pytest.raises(InputRejected, match="none has the hash"):
        review_log_command.verify_log(run, "0" * 63 + "1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE governance_logline SET reason = 'x' WHERE number = 1")
    with pytest.raises(InputRejected, match="was changed") as raised:
        review_log_command.verify_log(run)
    assert (raised.value.exit_code, raised.value.where) == (3, "line 1")
