"""What may be shown of the chain's counts: each block of steps about the same cases protected at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairness_audits.chain.census import Present
from fairness_audits.chain.comparing import Compared
from fairness_audits.chain.steps import Step
from fairness_audits.ethnicity import DETAILED_GROUPS, broad_group
from fairness_audits.policy import Grouping, SmallNumbers
from fairness_audits.small_numbers import Cell, Tables, protect_tables
from store.small_numbers import Hidden

N, EVENTS = "n", "events"
_OTHERS = "others"
PRESENT = "children_now"
Groups = Mapping[str, Sequence[str]]
"""The groups of each grouping."""
Shown = Mapping[Cell, int | Hidden]


@dataclass(frozen=True)
class Told:
    """A step and what was found; ``base`` names the cases, which several steps may be about."""

    step: Step
    base: str
    groups: Mapping[Grouping, Sequence[Compared]]
    source: str = ""

    def cases(self, grouping: str = "", group: str = "") -> Cell:
        """The number of cases of a group, or of everyone."""
        return (_table(self.base, grouping), group), N

    def events(self, grouping: str = "", group: str = "") -> Cell:
        """How many of them had the event."""
        return (_table(self.step.name, grouping), group), EVENTS

    def totals(self) -> tuple[int, int]:
        """Cases and events of everyone."""
        broad = self.groups[Grouping.BROAD]
        return sum(one.n for one in broad), sum(one.events for one in broad)


def protected(told: Sequence[Told], present: Mapping[Grouping, Sequence[Present]], rules: SmallNumbers) -> Shown:
    """Every count of every step, and of the children now, as it may be shown.

    Steps about the same cases are one block, so that none gives away what another hides. That the events of one are
    the cases of the next is so in no block: windows and times of following differ.
    """
    shown: dict[Cell, int | Hidden] = {}
    for base in dict.fromkeys(one.base for one in told):
        shown |= protect_tables(_block([one for one in told if one.base == base]), rules)
    if present:
        shown |= protect_tables(_children(present), rules)
    return shown


def children_now(grouping: str, group: str) -> Cell:
    """The number of children of a group in families now."""
    return (_table(PRESENT, grouping), group), N


def _block(told: Sequence[Told]) -> Tables:
    counts: dict[Cell, int] = {}
    sums: list[Sequence[Cell]] = []
    implied: list[Cell] = []
    for one in told:
        groups = {grouping.value: [entry.group for entry in found] for grouping, found in one.groups.items()}
        for grouping, group, n, events in _rows(one):
            others = (one.events(grouping, group)[0], _OTHERS)
            counts |= {one.cases(grouping, group): n, one.events(grouping, group): events, others: n - events}
            implied.append(others)
            sums.append((one.cases(grouping, group), one.events(grouping, group), others))
        for relation in _relations(groups):
            sums.append([one.cases(*row) for row in relation])
            sums.append([one.events(*row) for row in relation])
    # Steps about the same cases say the same of how many there are.
    return Tables(counts, list(dict.fromkeys(map(tuple, sums))), frozenset(implied))


def _rows(told: Told) -> Iterator[tuple[str, str, int, int]]:
    yield ("", "", *told.totals())
    for grouping, found in told.groups.items():
        yield from ((grouping.value, one.group, one.n, one.events) for one in found)


def _children(present: Mapping[Grouping, Sequence[Present]]) -> Tables:
    counts = {
        children_now(grouping.value, one.group): one.children for grouping, found in present.items() for one in found
    }
    counts[children_now("", "")] = sum(one.children for one in present[Grouping.BROAD])
    groups = {grouping.value: [one.group for one in found] for grouping, found in present.items()}
    return Tables(counts, [[children_now(*row) for row in relation] for relation in _relations(groups)], frozenset())


def _relations(groups: Groups) -> list[list[tuple[str, str]]]:
    """Everyone is the sum of each grouping's groups, and a broad group of its detailed ones; the whole comes first."""
    detailed = groups.get(Grouping.DETAILED.value, ())
    found = [[("", ""), *((grouping, group) for group in held)] for grouping, held in groups.items()]
    for wide in groups.get(Grouping.BROAD.value, ()):
        inside = [code for code in DETAILED_GROUPS if code in detailed and broad_group(code) == wide]
        found.append([(Grouping.BROAD.value, wide), *((Grouping.DETAILED.value, code) for code in inside)])
    return [relation for relation in found if len(relation) > 1]


def _table(name: str, grouping: str) -> str:
    return f"{name}/{grouping}"
