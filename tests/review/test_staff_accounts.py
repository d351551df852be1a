"""Accounts from the council's staff list: who has none, and all of a file made at once or none of it."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from review.caseload.models import Worker
from review.governance.models import LogLine
from review.people import accounts
from review.people.models import Person
from review.people.staff import COLUMNS, make_all, read_lines, write_staff
from review.roles import Role
from review.settings import ReviewContext
from store.errors import UsageError
from tests.review import made_up

pytestmark = pytest.mark.usefixtures("app")
HOSTILE = '=HYPERLINK("x") <script>alert(1)</script>'


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(folder: Path, *rows: dict[str, str], name: str = "people.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def one(username: str, role: str = "governance", **more: str) -> dict[str, str]:
    return {"username": username, "name": username.title(), "role": role, **more}


def test_those_in_post_without_an_account_are_written_with_the_role_that_they_seem_to_have(
    make_person: Callable[..., Person], tmp_path: Path
) -> None:
    make_person(Role.support_worker)
    out = tmp_path / "staff.csv"
    posts = Worker.objects.on(made_up.TODAY)
    without = set(posts.values_list("key", flat=True)) - {made_up.worker_key(made_up.WORKER)}
    assert write_staff(out) == len(without)
    found = {row["worker"]: row for row in read(out)}
    assert set(found) == without
    assert found[made_up.worker_key(made_up.MANAGER)]["role"] == "team_manager"
    other = found[made_up.worker_key(made_up.OTHER_WORKER)]
    assert (other["username"], other["name"], other["role"], other["team"]) == (
        *("w2", "Will Wood", "support_worker", "North"),
    )
    assert made_up.worker_key(made_up.LEFT) not in found
    assert out.stat().st_mode & 0o077 == 0


def test_what_is_written_can_be_made_as_it_is_and_each_password_opens_the_first_step(tmp_path: Path) -> None:
    Worker.objects.filter(key=made_up.worker_key(made_up.SOUTH_WORKER)).update(name=HOSTILE)
    staff, passwords = tmp_path / "staff.csv", tmp_path / "passwords.csv"
    found = write_staff(staff)
    assert make_all(read_lines(staff), passwords) == found
    handed = read(passwords)
    assert len(handed) == found
    assert passwords.stat().st_mode & 0o077 == 0
    assert Person.objects.get(username="w3").name == HOSTILE
    assert Person.objects.get(username="m1").role == "team_manager"
    for row in handed:
        given = {"username": row["username"], "password": row["one_time_password"]}
        assert Client().post("/login/", given).headers["Location"] == "/login/new-password/"
    assert LogLine.objects.filter(action="changed_account").count() == found
    assert write_staff(tmp_path / "again.csv") == 0


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (one("x"), "line 3, username"),
        (one("first"), "line 3, username"),
        (one("second", "chief"), "line 3, role"),
        (one("second", "support_worker"), "line 3, worker"),
        (one("second", "panel_member"), "line 3, panel"),
        (one("second") | {"name": ""}, "line 3, name"),
        (one("<script>"), "line 3, username"),
    ],
)
def test_one_that_cannot_be_made_makes_none(tmp_path: Path, wrong: dict[str, str], where: str) -> None:
    out = tmp_path / "passwords.csv"
    with pytest.raises(UsageError) as raised:
        make_all(read_lines(written(tmp_path, one("first"), wrong)), out)
    assert raised.value.where == where
    assert "<script>" not in str(raised.value)
    assert not out.exists()
    assert not Person.objects.exists()
    assert not LogLine.objects.exists()


def test_a_name_that_somebody_has_makes_none(make_person: Callable[..., Person], tmp_path: Path) -> None:
    make_person(Role.governance, "taken")
    out = tmp_path / "passwords.csv"
    with pytest.raises(UsageError, match="already") as raised:
        make_all(read_lines(written(tmp_path, one("first"), one("Taken"))), out)
    assert raised.value.where == "line 3, username"
    assert not out.exists()
    assert not Person.objects.filter(username="first").exists()


def test_no_file_is_written_over_and_none_into_the_run(app: ReviewContext, tmp_path: Path) -> None:
    lines = read_lines(written(tmp_path, one("first")))
    there = tmp_path / "there.csv"
    there.write_text("kept")
    for out in (there, app.run.root / "passwords.csv", tmp_path / "nowhere" / "passwords.csv"):
        with pytest.raises(UsageError):
            make_all(lines, out)
        with pytest.raises(UsageError):
            write_staff(out)
    assert there.read_text() == "kept"
    assert not Person.objects.exists()


@pytest.mark.parametrize("text", ["", "username,name\n", "username,name,role,worker,panel\n", "\xff\xfe"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError):
        read_lines(path)


def test_who_left_and_came_back_is_written_once(tmp_path: Path) -> None:
    key = made_up.worker_key(made_up.OTHER_WORKER)
    post = Worker.objects.get(key=key)
    Worker.objects.create(key=key, source=post.source, name="Will Wood", from_date=made_up.TODAY - dt.timedelta(days=1))
    out = tmp_path / "staff.csv"
    write_staff(out)
    assert [row["worker"] for row in read(out)].count(key) == 1


@pytest.mark.parametrize(("role", "worker", "panel"), [
    (Role.panel_member, "", "x" * 101), (Role.panel_member, "", "\u200b \u2060"),
    (Role.support_worker, "s|" + "x" * 199, ""), (Role.team_manager, "s|\0", ""),
])  # fmt: skip
def test_a_place_that_no_database_takes_is_refused_in_words(
    app: ReviewContext, role: Role, worker: str, panel: str
) -> None:
    """On PostgreSQL it broke in the middle of the file."""
    with pytest.raises(UsageError):
        accounts.add("somebody", "Some Body", role, worker, panel)
    assert not Person.objects.exists()
