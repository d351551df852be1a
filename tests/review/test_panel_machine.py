"""Meetings, decisions, agreements, outcomes and withdrawals in any order, through the pages, beside a plain account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from review.settings import ReviewContext
from store.errors import Withheld
from tests.review.panels import Browsers, People, member, text

if TYPE_CHECKING:
    from django.test import Client

MEMBERS = ("olive", "peter", "quinn")
CASES = ("aaaa-aaaa-aaaa", "bbbb-bbbb-bbbb")
HIGH_NEED = {CASES[0]: True, CASES[1]: False}
CHOICES = {
    "unmet_need": "offer_early_help",
    "being_helped": "already_known",
    "explained": "no_action",
    "unsure": "needs_discussion",
}
REASONS = st.sampled_from(sorted(CHOICES))
WHO, WHICH = st.sampled_from(MEMBERS), st.sampled_from(CASES)
AS_OF = dt.date(2026, 6, 30)
SHUT = 403


class Gate:
    """Stands in for the gate: open or shut as a test says."""

    def __init__(self, pack: Any) -> None:
        self.pack, self.released = pack, True

    def __call__(self, context: ReviewContext, target: str) -> Any:
        if not self.released:
            raise Withheld("Somebody withdrew it.")
        return self.pack


def made_up_pack() -> Any:
    from reports.facts import ReleaseFacts  # noqa: PLC0415
    from reports.reading import target_facts  # noqa: PLC0415
    from review.panel.pack import Pack, PackCase  # noqa: PLC0415 - Django is configured by the fixtures
    from tests.reports.samples import FAMILY_TARGET, evaluation  # noqa: PLC0415

    cases = {
        one: PackCase(one, "", one.replace("-", ""), one.replace("-", ""), f"id-{one}", "", "Content", (), need, None)
        for one, need in HIGH_NEED.items()
    }
    return Pack(target_facts(FAMILY_TARGET, evaluation(FAMILY_TARGET)), AS_OF, cases, "", ReleaseFacts(open=True))


@pytest.fixture
def gate(app: ReviewContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    from review.panel import cases, views  # noqa: PLC0415

    made = Gate(made_up_pack())
    monkeypatch.setattr(views, "open_pack", made)
    monkeypatch.setattr(cases, "open_pack", made)
    monkeypatch.setattr(cases, "released_targets", lambda run: ["under_the_radar"])
    yield made


def test_whatever_is_done_in_whatever_order(gate: Gate, client_as: Browsers, make_person: People) -> None:
    browsers = {name: member(client_as, make_person, name) for name in MEMBERS}
    days = iter(range(100_000))

    class Machine(Meetings):
        def __init__(self) -> None:
            super().__init__(gate, browsers, next(days))

    calm = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25, stateful_step_count=12, deadline=None, database=None, suppress_health_check=calm
        ),
    )


class Meetings(RuleBasedStateMachine):
    """One meeting. What it should come to is kept beside it in plain dictionaries."""

    def __init__(self, gate: Gate, browsers: dict[str, Client], number: int) -> None:
        super().__init__()
        from review.panel.models import Meeting  # noqa: PLC0415
        from review.people.models import Person  # noqa: PLC0415

        # A list of its own: a case is decided on at one meeting about a list.
        as_of = AS_OF + dt.timedelta(days=number)
        gate.released, gate.pack = True, replace(gate.pack, as_of=as_of)
        self.gate, self.browsers, self.open = gate, browsers, True
        self.given: dict[tuple[str, str], list[str]] = {}
        self.agreed: dict[str, str] = {}
        self.outcomes: dict[str, list[str]] = {}
        self.meeting = Meeting.objects.create(
            panel="Panel A",
            target="under_the_radar",
            as_of=as_of,
            held_on=dt.date(1900, 1, 1) + dt.timedelta(days=number),
            state="open",
            opened_by=Person.objects.get(username=MEMBERS[0]),
        )

    def at(self, *parts: str) -> str:
        return "/".join(["/panel", str(self.meeting.pk), *parts, ""])

    def read(self, case: str) -> list[str]:
        return [CHOICES[versions[-1]] for (_, one), versions in self.given.items() if one == case]

    def settled(self, case: str) -> str:
        if case in self.agreed:
            return CHOICES[self.agreed[case]]
        return self.read(case)[0] if len(set(self.read(case))) == 1 else "needs_discussion"

    @initialize(begun=st.lists(st.tuples(WHO, WHICH, REASONS), max_size=4))
    def begin(self, begun: list[tuple[str, str, str]]) -> None:
        """So that a meeting is seldom closed before anybody decided."""
        for who, case, reason in begun:
            self.decide(who, case, reason, stale=False)

    @rule(who=WHO, case=WHICH, reason=REASONS, stale=st.booleans())
    def decide(self, who: str, case: str, reason: str, stale: bool) -> None:
        before = self.given.get((who, case), [])
        stale = stale and bool(before)
        sent = {"reason": reason, "version": len(before) - stale}
        answer = self.browsers[who].post(self.at(case), sent)
        if not self.gate.released:
            assert answer.status_code == SHUT
        elif not self.open or stale:
            assert answer.status_code == 409
        else:
            assert answer.status_code == 302
            self.given[who, case] = [*before, reason]

    @rule(who=WHO)
    def close(self, who: str) -> None:
        answer = self.browsers[who].post(self.at("close"))
        assert answer.status_code == (302 if self.gate.released else SHUT)
        waiting = any(HIGH_NEED[case] and self.read(case) == ["no_action"] for case in CASES)
        if self.gate.released and not waiting:
            self.open = False

    @rule(who=WHO, case=WHICH, reason=REASONS)
    def agree(self, who: str, case: str, reason: str) -> None:
        answer = self.browsers[who].post(self.at(case, "agreed"), {"reason": reason})
        if not self.gate.released:
            assert answer.status_code == SHUT
        elif not self.read(case):
            assert answer.status_code == 404
        elif self.open or reason == "unsure" or case in self.agreed or self.settled(case) != "needs_discussion":
            assert answer.status_code == 409
        else:
            assert answer.status_code == 302
            self.agreed[case] = reason

    @rule(who=WHO, case=WHICH, outcome=st.sampled_from(["accepted", "declined", "helped", "not_reached"]))
    def tell_outcome(self, who: str, case: str, outcome: str) -> None:
        answer = self.browsers[who].post(self.at(case, "outcome"), {"outcome": outcome})
        if not self.read(case) or (self.open and answer.status_code == 404):
            assert answer.status_code == 404
        elif self.open or self.settled(case) != "offer_early_help":
            assert answer.status_code == 409
        else:
            assert answer.status_code == 302
            self.outcomes.setdefault(case, []).append(outcome)

    @rule(who=WHO, case=WHICH)
    def look(self, who: str, case: str) -> None:
        answer = self.browsers[who].get(self.at(case))
        page = text(answer)
        others = [one.title() for one in MEMBERS if one != who and (one, case) in self.given]
        if not self.gate.released:
            assert answer.status_code == SHUT and "Content" not in page and case not in page
            assert not any(f"<bdi>{one}</bdi>" in page for one in others)
        else:
            assert answer.status_code == 200
            assert [f"<bdi>{one}</bdi>" in page for one in others] == [not self.open] * len(others)

    @precondition(lambda self: self.gate.released)
    @rule()
    def withdraw(self) -> None:
        self.gate.released = False

    @precondition(lambda self: not self.gate.released)
    @rule()
    def release_again(self) -> None:
        self.gate.released = True

    @invariant()
    def the_database_says_what_was_done(self) -> None:
        from review.panel.models import Agreement, Decision, Outcome  # noqa: PLC0415

        kept: dict[tuple[str, str], list[str]] = {}
        rows = Decision.objects.filter(case__meeting=self.meeting).order_by("version")
        for who, case, reason in rows.values_list("member__username", "case__reference", "reason"):
            kept.setdefault((who, case), []).append(reason)
        assert kept == self.given
        found = Agreement.objects.filter(case__meeting=self.meeting).values_list("case__reference", "reason")
        assert dict(found) == self.agreed
        told: dict[str, list[str]] = {}
        for case, code in (
            Outcome.objects.filter(case__meeting=self.meeting).order_by("pk").values_list("case__reference", "code")
        ):
            told.setdefault(case, []).append(code)
        assert told == self.outcomes
        self.meeting.refresh_from_db()
        assert self.meeting.is_open == self.open
