"""The access log: whole while nobody meddles, telling when somebody does, and nothing lost when many write at once."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from review.access_log import BEGINNING, LONGEST, Action, record, verify
from review.governance.models import LogHead, LogLine
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext, current
from store.keys import Keys
from tests.review import made_up

OTHER_KEYS = Keys(bytes(range(1, 33)))


@pytest.fixture
def worker(app: ReviewContext, make_person: Callable[..., Person]) -> Person:
    return make_person(Role.support_worker)


def execute(sql: str, *values: object) -> None:
    """Meddle with the database, as somebody may who can write to it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def lines() -> list[Any]:
    return list(LogLine.objects.order_by("number"))


def test_an_empty_log_is_whole(app: ReviewContext) -> None:
    standing = verify()
    assert standing.whole
    assert (standing.lines, standing.newest) == (0, BEGINNING)


def test_a_line_says_who_what_which_and_why(worker: Person) -> None:
    before = dt.datetime.now(dt.UTC)
    record(worker, Action.overrode, family="F1", detail="family", reason="the school rang")
    (line,) = lines()
    said = (line.username, line.name, line.role, line.action, line.family, line.detail, line.reason)
    assert said == (
        *("support_worker", "A support worker", "support_worker"),
        *("overrode", "F1", "family", "the school rang"),
    )
    assert before <= dt.datetime.fromisoformat(line.at) <= dt.datetime.now(dt.UTC)
    assert verify().whole


def test_nobody_logged_in_is_a_line_too(app: ReviewContext) -> None:
    record(None, Action.login_refused, detail="password")
    assert [(line.username, line.action) for line in lines()] == [("", "login_refused")]


@given(text=st.text(max_size=700))
@example(text="\u1680\u3000\xa0")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_is_one_line_and_leaves_the_log_whole(worker: Person, text: str) -> None:
    record(worker, Action.searched, detail=text, reason=text)
    newest = lines()[-1]
    assert len(newest.reason) <= LONGEST
    # A space of another width than the plain one is one line all the same, though Python prints it as a code.
    assert all(one.isprintable() or unicodedata.category(one) == "Zs" for one in newest.reason)
    assert not set(newest.reason) & set("\n\r\0\u202e")
    assert verify().whole


# --- only added ------------------------------------------------------------------------------------------


def test_a_line_cannot_be_changed_or_taken_out_by_the_app(worker: Person) -> None:
    record(worker, Action.viewed, family="F1")
    (line,) = lines()
    line.family = "F2"
    for meddle in (
        line.save,
        line.delete,
        LogLine.objects.all().delete,
        lambda: LogLine.objects.update(family="F2"),
        lambda: LogLine.objects.bulk_update([line], ["family"]),
        lambda: LogLine.objects.bulk_create([line]),
        lambda: LogLine.objects.filter(pk=1).update_or_create(number=1, defaults={"family": "F2"}),
    ):
        with pytest.raises(PermissionError, match="only added"):
            meddle()
    assert [one.family for one in lines()] == ["F1"]


# --- meddling shows --------------------------------------------------------------------------------------

COLUMNS = ("previous", "at", "username", "name", "role", "action", "family", "detail", "reason", "key", "hash", "seal")


@given(
    size=st.integers(1, 6),
    data=st.data(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_meddling_shows(worker: Person, size: int, data: st.DataObject) -> None:
    """Lines changed, taken out, put in another order, copied, or cut off at the end, with the head as it was."""
    with transaction.atomic():
        for number in range(size):
            record(worker, Action.viewed, family=f"F{number}", detail="family")
        assert verify().whole
        place = data.draw(st.integers(1, size))
        match data.draw(st.sampled_from(["change", "take out", "swap", "cut off", "head"])):
            case "change":
                column = data.draw(st.sampled_from(COLUMNS))
                execute(f"UPDATE governance_logline SET {column} = 'x' || substr({column}, 2) WHERE number = %s", place)
            case "take out":
                execute("DELETE FROM governance_logline WHERE number = %s", place)
                execute("UPDATE governance_logline SET number = number - 1 WHERE number > %s", place)
            case "swap" if size > 1:
                other = data.draw(st.integers(1, size).filter(lambda number: number != place))
                execute("UPDATE governance_logline SET number = 1000 WHERE number = %s", place)
                execute("UPDATE governance_logline SET number = %s WHERE number = %s", place, other)
                execute("UPDATE governance_logline SET number = %s WHERE number = 1000", other)
            case "cut off" | "swap":
                execute("DELETE FROM governance_logline WHERE number >= %s", place)
            case "head":
                execute("UPDATE governance_loghead SET number = number - 1")
                execute("DELETE FROM governance_logline WHERE number = %s", size)
        assert not verify().whole
        transaction.set_rollback(True)


def test_a_line_made_up_without_the_key_shows(worker: Person) -> None:
    """Whoever can write to the database but has no master key cannot make the seal, whatever key they say it is."""
    record(worker, Action.viewed, family="F1")
    context = current()
    with override_settings(REVIEW=replace(context, keys=OTHER_KEYS)):
        record(worker, Action.viewed, family="F2")
    assert verify().broken_at == 2
    execute("UPDATE governance_logline SET key = %s", context.keys.mark)
    execute("UPDATE governance_loghead SET key = %s", context.keys.mark)
    assert verify().broken_at == 2


def test_the_whole_log_swapped_for_another_shows(worker: Person) -> None:
    """A log under another key has its chain alone to speak for it, and is said to."""
    context = current()
    with override_settings(REVIEW=replace(context, keys=OTHER_KEYS)):
        record(worker, Action.viewed, family="F2")
    standing = verify()
    assert (standing.whole, standing.other_keys) == (True, 1)
    record(worker, Action.viewed, family="F3")
    assert (verify().whole, verify().other_keys) == (True, 1)
    execute("DELETE FROM governance_logline WHERE number = 2")
    assert not verify().whole


def test_lines_cut_off_with_the_head_put_back_show_by_a_noted_hash(worker: Person) -> None:
    record(worker, Action.viewed, family="F1")
    before = LogHead.objects.values("number", "hash", "seal", "key").get()
    record(worker, Action.viewed, family="F2")
    noted = verify().newest
    assert verify(noted).whole
    execute("DELETE FROM governance_logline WHERE number = 2")
    LogHead.objects.update(**before)
    assert verify().whole
    assert not verify(noted).whole


def test_a_log_without_its_head_shows(worker: Person) -> None:
    record(worker, Action.viewed, family="F1")
    execute("DELETE FROM governance_loghead")
    assert not verify().whole


# --- many at once ----------------------------------------------------------------------------------------

_WRITERS, _EACH = 20, 10
_PROCESSES, _EACH_PROCESS = 4, 50


def write(person: Person, times: int) -> None:
    connections.close_all()
    for number in range(times):
        record(person, Action.viewed, family=f"F{number}", detail="family")
    connections.close_all()


def test_threads_that_write_at_once_lose_no_line(
    committed_app: ReviewContext, make_person: Callable[..., Person]
) -> None:
    people = [make_person(Role.support_worker, f"worker{number}") for number in range(_WRITERS)]
    threads = [threading.Thread(target=write, args=(person, _EACH)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines()) == _WRITERS * _EACH
    assert verify().whole


def test_processes_that_write_at_once_lose_no_line(
    committed_app: ReviewContext, make_person: Callable[..., Person]
) -> None:
    person = make_person(Role.support_worker)
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=write, args=(person, _EACH_PROCESS)) for _ in range(_PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * _PROCESSES
    assert len(lines()) == _PROCESSES * _EACH_PROCESS
    assert verify().whole


def test_a_line_costs_little(committed_app: ReviewContext, make_person: Callable[..., Person]) -> None:
    """In processor time, five milliseconds a line are two hundred a second on one core; ours is a fraction of it."""
    person = make_person(Role.support_worker)
    record(person, Action.viewed)
    began = time.process_time()
    for _ in range(200):
        record(person, Action.viewed, family=made_up.OWN, detail="family")
    assert time.process_time() - began < 1
