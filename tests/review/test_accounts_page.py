"""Who may log in, as what: shown to those who look after accounts, and to nobody's families' cost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from review.caseload.models import Worker
from review.people import accounts
from review.people.models import Person
from review.people.second_factor import PROVIDER
from review.roles import Role
from tests.review import made_up

pytestmark = pytest.mark.usefixtures("app")
HOSTILE = '=HYPERLINK("x") <script>alert(1)</script>'


def words(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", cell).split())


def rows(client: Client, page: int = 1) -> dict[str, list[str]]:
    """What the page says of each account, by user name."""
    told = client.get(f"/accounts/?page={page}").content.decode()
    lines = re.findall(r'<tr role="row">\s*(<th role="rowheader".*?)</tr>', told, re.DOTALL)
    cells = [[words(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL)] for line in lines]
    return {name: [shown, *more] for shown, name, *more in cells}


def test_each_account_is_told_with_its_role_its_place_and_how_it_stands(client_as: Callable[..., Client]) -> None:
    client = client_as(Role.administrator)
    accounts.add("new", HOSTILE, Role.support_worker, worker=made_up.worker_key(made_up.WORKER))
    accounts.add("late", "Late", Role.governance)
    accounts.add("gone", "Gone", Role.panel_member, panel="North")
    accounts.lock("gone")
    Person.objects.filter(username="late").update(one_time_until=timezone.now() - dt.timedelta(days=1))
    found = rows(client)
    place = f"Support, {made_up.WORKER}"
    assert found["new"][1:] == ["Family support worker", place, "Never", "Waits for its first login"]
    assert found["late"][-1] == "Its one-time password was not used in time"
    assert found["gone"][1:] == ["Panel member", "North", "Never", "Shut"]
    assert found["administrator"][1:3] == ["Administrator", "\N{EN DASH}"]
    assert "<script>" not in client.get("/accounts/").content.decode()


def test_who_left_the_staff_list_is_told_of(client_as: Callable[..., Client]) -> None:
    client_as(Role.support_worker)
    client = client_as(Role.governance)
    assert rows(client)["support_worker"][-1] == "Open"
    Worker.objects.filter(key=made_up.worker_key(made_up.WORKER)).update(to_date=made_up.TODAY - dt.timedelta(days=1))
    assert rows(client)["support_worker"][-1] == "Open; not in post by the staff list, and so shown no family"


def test_with_an_identity_provider_no_one_time_password_is_waited_for(client_as: Callable[..., Client]) -> None:
    accounts.add("new", "New", Role.governance)
    client = client_as(Role.administrator)
    with override_settings(AUTHENTICATION_BACKENDS=[PROVIDER, "review.people.backend.PasswordBackend"]):
        assert rows(client)["new"][-1] == "Open"


def test_many_accounts_come_a_page_at_a_time_and_ask_the_database_no_more(client_as: Callable[..., Client]) -> None:
    client = client_as(Role.administrator)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/accounts/")
        return len(queries)

    few = asked()
    Person.objects.bulk_create(
        Person(username=f"p{number}", name=f"P {number:03}", role=Role.governance.value, worker_key=f"x|{number}")
        for number in range(150)
    )
    assert asked() <= few + 1
    first, second = rows(client), rows(client, 2)
    assert (len(first), len(second)) == (100, 51)
    assert not set(first) & set(second)
