"""What the commands for accounts say back to whoever sets one up."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from early_help.cli import app as app_of_commands
from review.governance.models import LogLine
from review.people.models import Person
from review.settings import ReviewContext
from store.errors import UsageError
from tests.review import made_up


@pytest.fixture
def run(app: ReviewContext, monkeypatch: pytest.MonkeyPatch) -> str:
    """The run that the tests' app serves, as the commands open it."""
    monkeypatch.setattr("early_help.review_commands.opened", lambda _: app)
    return str(app.run.root)


def person(command: str, run: str, *more: str) -> Result:
    return CliRunner().invoke(app_of_commands, ["review", "person", command, run, "--username", "wanda", *more])


def test_a_new_account_is_told_by_the_name_that_the_staff_list_has(run: str) -> None:
    """A key with one figure mistyped is a colleague's, and opens the colleague's families."""
    key = made_up.worker_key(made_up.WORKER)
    made = person("add", run, "--name", "Wanda", "--role", "support_worker", "--worker", key)
    assert f"On the staff list {key} is Wanda Ward:" in made.output
    other = made_up.worker_key(made_up.MANAGER)
    assert f"On the staff list {other} is Mo Marsh:" in person("change", run, "--worker", other).output
    unknown = person("change", run, "--worker", "support|W404")
    assert "The staff list knows no support|W404 now" in unknown.output


def test_who_is_no_worker_is_not_looked_for_on_the_staff_list(run: str) -> None:
    assert "staff list" not in person("add", run, "--name", "Gove", "--role", "governance").output


def test_an_account_that_nothing_is_given_for_is_not_said_to_be_changed(run: str) -> None:
    person("add", run, "--name", "Gove", "--role", "governance")
    before = LogLine.objects.count()
    refused = person("change", run)
    assert isinstance(refused.exception, UsageError)
    assert "Nothing was given to change." in str(refused.exception)
    assert (LogLine.objects.count(), Person.objects.get(username="wanda").role) == (before, "governance")
