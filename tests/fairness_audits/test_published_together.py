"""Whoever has all that a run publishes: the audits, the chain and the lists without stand-ins, held against each other.

An integer solver has every count as shown, how it is rounded, how counts add up within each document (written here
anew), and what those of one document are of another's. It may pin down no suppressed count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from fairness_audits.chain.comparing import Rows, compare
from fairness_audits.chain.document import Chain
from fairness_audits.chain.document import published as published_chain
from fairness_audits.chain.elsewhere import audited_counts, by_row, labelled_cases, labelled_outcomes, read_cell
from fairness_audits.chain.protecting import Told
from fairness_audits.chain.recording import CONFLICT, HELD, IN_A_FAMILY, SURE_FAMILY
from fairness_audits.chain.steps import EVIDENCE, FAMILY_STEPS, FROM_POPULATION, label_step, recorded_step
from fairness_audits.ethnicity import broad_group
from fairness_audits.policy import SmallNumbers
from fairness_audits.proxies.document import Found, Listed
from fairness_audits.proxies.document import published as published_proxies
from fairness_audits.proxies.lists import Difference
from fairness_audits.proxies.protecting import Audited
from tests.fairness_audits.test_small_numbers import draw_cases, known, publish, some, sums

RULES = SmallNumbers(suppress_below=10, round_to=5)
TARGET = "under_the_radar"
LEAST = 3
"""Numbers that each suppressed count may still be."""
FAMILIES, DATES = 420, 4
Cell = tuple[str, tuple[str, str]]
"""What is counted, and of which row."""
EVERYONE = ("", "")
Documents = dict[str, dict[str, Any]]


@dataclass
class Known:
    """What an attacker has: the exact counts are kept for checking alone."""

    exact: dict[Cell, int] = field(default_factory=dict)
    bounds: dict[Cell, tuple[float, float]] = field(default_factory=dict)
    sums: list[tuple[Cell, Sequence[Cell]]] = field(default_factory=list)
    shown: set[Cell] = field(default_factory=set)

    def add(self, name: str, row: tuple[str, str], exact: int, shown: int | str | None) -> None:
        low, high = known(shown)
        before = self.bounds.get((name, row), (0, np.inf))
        self.exact[name, row] = exact
        if isinstance(shown, int):
            self.shown.add((name, row))
        self.bounds[name, row] = max(low, before[0]), min(high, before[1])

    def add_to(self, whole: Cell, parts: Sequence[Cell]) -> None:
        """The whole is the sum of the parts."""
        if whole in self.exact and all(part in self.exact for part in parts):
            assert self.exact[whole] == sum(self.exact[part] for part in parts), whole
            self.sums.append((whole, parts))

    def more(self, whole: Cell, part: Cell) -> None:
        """Of these the others are some."""
        if whole in self.exact and part in self.exact:
            rest = (f"{whole[0]} less {part[0]}", part[1])
            self.add(*rest, self.exact[whole] - self.exact[part], None)
            self.add_to(whole, [part, rest])

    def by_ethnicity(self, name: str) -> None:
        rows = [row for kind, row in self.exact if kind == name]
        for grouping in ("broad", "detailed"):
            self.add_to((name, EVERYONE), [(name, row) for row in rows if row[0] == grouping])
        for row in rows:
            inside = [(name, one) for one in rows if one[0] == "detailed" and broad_group(one[1]) == row[1]]
            if row[0] == "broad" and inside:
                self.add_to((name, row), inside)

    def following(self) -> list[Cell]:
        """Small counts of one document that follow from those shown in any, were these known to the last case."""
        unknown = {cell: number for number, cell in enumerate(cell for cell in self.exact if cell not in self.shown)}
        equal = np.zeros((len(self.sums), len(unknown)))
        for line, (whole, parts) in enumerate(self.sums):
            for cell, factor in ((whole, -1.0), *((part, 1.0) for part in parts)):
                if cell in unknown:
                    equal[line, unknown[cell]] += factor
        _, spread, directions = np.linalg.svd(equal)
        free = np.square(directions[int((spread > 1e-9).sum()) :]).sum(axis=0)
        return [
            cell
            for cell, number in unknown.items()
            if free[number] < 1e-9 and self.exact[cell] < RULES.suppress_below and "less audited" not in cell[0]
        ]

    def possible(self) -> Iterator[tuple[Cell, int, int]]:
        """The least and the greatest number that each small count may be, shown nowhere or suppressed."""
        place = {cell: number for number, cell in enumerate(self.exact)}
        equal = np.zeros((len(self.sums), len(place)))
        for line, (whole, parts) in enumerate(self.sums):
            equal[line, place[whole]] = -1
            for part in parts:
                equal[line, place[part]] += 1
        low, high = np.array([self.bounds[cell] for cell in place]).T
        for cell, count in self.exact.items():
            if cell[1][0] not in ("", "broad", "detailed") or count >= RULES.suppress_below:
                continue
            ends = []
            for sign in (1, -1):
                weights = np.zeros(len(place))
                weights[place[cell]] = sign
                found = milp(
                    weights,
                    constraints=LinearConstraint(equal, 0, 0),
                    bounds=Bounds(low, np.minimum(high, 5000)),
                    integrality=np.ones(len(place)),
                    options={"mip_rel_gap": 0},
                )
                assert found.x is not None, "what is published contradicts itself"
                ends.append(round(found.x[place[cell]]))
            yield cell, ends[0], ends[1]


def a_run(seed: int, tests: int) -> Known:
    """Everything about one target's cases: the label of all dates, the audit of the newest, the list of the last."""
    drawn = draw_cases(seed, FAMILIES * DATES)
    date = np.arange(FAMILIES * DATES) // FAMILIES
    audit, exact_audit = publish(some(drawn, date >= DATES - tests), RULES)
    restricted, shown = (
        {
            "target": TARGET,
            "overall": entry_of(("whole", "")),
            "groupings": {
                name: [{"group": group, **entry_of((kind, group))} for kind, group in audit if kind == name]
                for name in ("broad", "detailed")
            },
        }
        for entry_of in (
            lambda row: {of: exact_audit[row, of] for of in ("n", "positives", "flagged")},
            lambda row: {of: audit[row][of] for of in ("n", "positives", "flagged")},
        )
    )
    has = Known()
    the_audit(has, audit, exact_audit)
    the_label(has, drawn, restricted, shown)
    the_lists(has, some(drawn, date == DATES - 1), restricted, shown, tests)
    return has


def the_audit(has: Known, audit: Mapping[Any, Any], exact: Mapping[Any, int]) -> None:
    def cell(row: tuple[str, str], column: str) -> Cell:
        return f"audited {column}", EVERYONE if row[0] == "whole" else row

    for (row, column), count in exact.items():
        has.add(*cell(row, column), count, audit[row].get(column))
        if row[0] == "whole" and count >= RULES.suppress_below:
            # How long a list is, how many cases there are and how many true ones it caught is told on other pages.
            has.bounds[cell(row, column)] = (count, count)
    for (row, column), parts in sums(audit):
        if parts:
            has.add_to(cell(row, column), [cell(*part) for part in parts])


def the_label(has: Known, drawn: Any, restricted: dict[str, Any], shown: dict[str, Any]) -> None:
    cases, groups = drawn
    strata = np.arange(len(cases)) % 3
    found = compare(Rows(cases.outcome, groups["detailed"], cases.family, strata))
    told = [
        Told(
            *(label_step(TARGET, "A target", "families", needs, words), labelled_cases(TARGET), found),
            counted=labelled_outcomes(TARGET),
        )
        for needs, words, _ in EVIDENCE
    ]
    document = published_chain(Chain(told, elsewhere=audited_counts(restricted, shown)), {}, RULES)
    for step in the_steps(document):
        the_step(has, step, found, "labelled", "outcomes")
    for _, row in list(has.exact):
        has.more(("labelled", row), ("audited n", row))
        has.more(("outcomes", row), ("audited positives", row))
        # And of those without the outcome some are the audit's.
        has.more(("labelled less outcomes", row), ("audited fp", row))


def the_lists(has: Known, newest: Any, restricted: dict[str, Any], shown: dict[str, Any], tests: int) -> None:
    cases, groups = newest
    other = np.roll(cases.flagged, 7)
    whole, without = (compare(Rows(on, groups["detailed"], cases.family)) for on in (cases.flagged, other))
    beside = Difference(0.8, 25, int(cases.flagged.sum()), 0.5, 0.0, -0.1, 0.1)
    exact, seen = by_row(restricted), by_row(shown)
    audited = Audited(
        tests,
        *({row: exact[row][name] for row in seen} for name in ("n", "flagged")),
        *({row: read_cell(entry[name]) for row, entry in seen.items()} for name in ("n", "flagged")),
    )
    listed = [Listed((), beside, whole), Listed(("a",), beside, without)]
    found = Found(TARGET, "boosted", "2025-06-30", 5, [], [], False, listed, audited=audited)
    (target,) = published_proxies([found], {}, {}, RULES)["targets"]
    for number, (document, compared) in enumerate(zip(target["lists"], (whole, without), strict=True)):
        step = {
            "everyone": {"n": len(cases), "events": int(cases.flagged.sum())},
            "groupings": {
                name: [{**entry, "events": entry["flagged"]} for entry in entries]
                for name, entries in document["groupings"].items()
            },
        }
        the_step(has, step, compared, "listed from", f"on list {number}")
        for name in ("listed from", f"on list {number}"):
            has.bounds[name, EVERYONE] = (has.exact[name, EVERYONE],) * 2
    for _, row in list(has.exact):
        for name, part in (("audited n", "listed from"), ("audited flagged", "on list 0")):
            if tests == 1:
                has.add_to((name, row), [(part, row)])
            else:
                has.more((name, row), (part, row))


def the_steps(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for link in document["links"] for step in link.get("steps", ())]


def the_step(has: Known, step: dict[str, Any], compared: Any, cases: str, events: str) -> None:
    """A table of cases and events by ethnicity, whatever else shows the same counts."""
    exact = {(grouping.value, one.group): one for grouping, found in compared.items() for one in found}
    broad = [one for row, one in exact.items() if row[0] == "broad"]
    entries = {(grouping, entry["group"]): entry for grouping, found in step["groupings"].items() for entry in found}
    totals = {EVERYONE: (sum(one.n for one in broad), sum(one.events for one in broad))}
    for row, (n, happened) in (totals | {row: (one.n, one.events) for row, one in exact.items()}).items():
        shown = step["everyone"] if row == EVERYONE else entries.get(row, {"n": "<10", "events": None})
        has.add(cases, row, n, shown["n"])
        has.add(events, row, happened, shown["events"])
        has.more((cases, row), (events, row))
    for name in (cases, events):
        has.by_ethnicity(name)


@pytest.mark.parametrize(("seed", "tests"), [(1, 2), (2, 1)], ids=["two test dates", "one test date"])
def test_no_suppressed_count_is_told_by_all_documents_together(seed: int, tests: int) -> None:
    has = a_run(seed, tests)
    asked = dict.fromkeys(("audited positives", "audited flagged", "outcomes", "on list"), 0)
    for cell, least, most in has.possible():
        assert least <= has.exact[cell] <= most
        assert most - least + 1 >= LEAST, cell
        for name in asked:
            asked[name] += cell[0].startswith(name)
    assert tests > 1 or not has.following()
    assert min(asked.values()) > 1, "there must be something to hide in each document"


def test_no_suppressed_count_is_told_by_tables_of_the_chain_that_follow_on_each_other() -> None:
    """Who is asked further are those of whom the first was so: the same counts, in two tables."""
    draw = np.random.default_rng(6)
    codes = np.array(["WBRI", "WIRI", "BAFR", "BCRB", "CHNE", "OOTH", "WROM", "Unknown"], dtype=object)
    codes = draw.choice(codes, 1500, p=[0.5, 0.03, 0.15, 0.15, 0.05, 0.05, 0.02, 0.05])
    everybody, known_to_others = np.arange(1500), codes != "Unknown"
    held, sure = draw.random(1500) < 0.93, draw.random(1500) < 0.9
    has = Known()
    for second, asked in ((SURE_FAMILY, held), (CONFLICT, held & known_to_others)):
        first = IN_A_FAMILY if second == SURE_FAMILY else HELD
        named = [FAMILY_STEPS[one] if first == IN_A_FAMILY else recorded_step(one, "x") for one in (first, second)]
        before, after = (
            compare(Rows(held, codes, everybody)),
            compare(Rows(sure[asked], codes[asked], everybody[asked])),
        )
        told = [
            Told(named[0], "block", before),
            Told(named[1], "block", after, after=named[0].name, of_known=second == CONFLICT),
        ]
        one, other = the_steps(published_chain(Chain(told), {}, RULES))
        the_step(has, one, before, f"{first} of", first)
        the_step(has, other, after, f"{second} of", second)
        for _, row in list(has.exact):
            if row != EVERYONE or second == SURE_FAMILY:
                has.add_to((first, row), [(f"{second} of", row)])
    found = list(has.possible())
    assert len(found) > 20
    assert not has.following()
    for cell, least, most in found:
        assert least <= has.exact[cell] <= most
        assert most - least + 1 >= LEAST, cell


@pytest.mark.parametrize(("gone", "new"), [(300, 300), (0, 300)], ids=["slides", "grows"])
def test_two_runs_chains_tell_no_suppressed_count_of_either_nor_of_the_quarter_between(gone: int, new: int) -> None:
    """Windows of two quarters' chains are mostly the same, and what happened in them is counted alike in both."""
    drawn, groups = draw_cases(11, 2400)
    detailed = groups["detailed"]

    def of(rows: slice) -> Rows:
        return Rows(drawn.outcome[rows], detailed[rows], drawn.family[rows])

    has = Known()
    pools = {"first": slice(0, 2400 - new), "second": slice(gone, 2400)}
    for name, rows in pools.items():
        found = compare(of(rows))
        (step,) = the_steps(published_chain(Chain([Told(FROM_POPULATION[0][0], "children", found)]), {}, RULES))
        the_step(has, step, found, f"{name} n", f"{name} events")
    parts = {"old": slice(0, gone), "shared": slice(gone, 2400 - new), "new": slice(2400 - new, 2400)}
    seen = {row for _, row in has.exact}
    for name, rows in parts.items():
        inside = detailed[rows]
        for row in sorted(seen):
            mine = np.array([row in (EVERYONE, ("detailed", one), ("broad", broad_group(one))) for one in inside], bool)
            for kind, count in (("n", mine.sum()), ("events", (mine & drawn.outcome[rows]).sum())):
                has.add(f"{name} {kind}", row, int(count), None)
            has.more((f"{name} n", row), (f"{name} events", row))
        for kind in ("n", "events"):
            has.by_ethnicity(f"{name} {kind}")
    for row in sorted(seen):
        for kind in ("n", "events"):
            has.add_to((f"first {kind}", row), [(f"old {kind}", row), (f"shared {kind}", row)])
            has.add_to((f"second {kind}", row), [(f"shared {kind}", row), (f"new {kind}", row)])
    asked = 0
    for cell, least, most in has.possible():
        if cell[0].split()[0] in ("first", "second", "new") and "less" not in cell[0]:
            assert least <= has.exact[cell] <= most
            assert most - least + 1 >= LEAST, cell
            asked += 1
    assert asked > 10
