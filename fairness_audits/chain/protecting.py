"""What may be shown of the chain's counts: each block of steps about the same cases protected at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairness_audits.chain.census import Present
from fairness_audits.chain.comparing import Compared
from fairness_audits.chain.steps import Step
from fairness_audits.ethnicity import DETAILED_GROUPS, broad_group
from fairness_audits.policy import Grouping, SmallNumbers
from fairness_audits.small_numbers import Cell, Tables, protect_tables
from store.small_numbers import Hidden

N, EVENTS = "n", "events"
_COUNT, _OTHERS, _REST = "count", "others", "rest"
_KNOWN = "known"
_PRESENT = "children_now"
Row = tuple[str, str]
"""A grouping and one of its groups; both empty for everyone."""
Shown = Mapping[Cell, int | Hidden]


@dataclass(frozen=True)
class Told:
    """A step and what was found.

    Steps of one ``block`` are protected together. What is counted has a name, and counts of one name are one count
    in all steps that show it: ``cases_name`` (else the block's) of the cases, ``counted`` (else the step's) of those
    to whom it happened. The cases may be those to whom another step happened, which is named in ``after``, or with
    ``of_known`` those of known ethnicity among them; ``part_of`` names cases that these are some of.
    """

    step: Step
    block: str
    groups: Mapping[Grouping, Sequence[Compared]]
    source: str = ""
    cases_name: str = ""
    after: str = ""
    counted: str = ""
    of_known: bool = False
    part_of: str = ""

    def cases(self, grouping: str = "", group: str = "") -> Cell:
        """The number of cases of a group, or of everyone."""
        return named(self.after or self.cases_name or self.block, grouping, group or (_KNOWN if self.of_known else ""))

    def events(self, grouping: str = "", group: str = "") -> Cell:
        """How many of them had the event."""
        return named(self.counted or self.step.name, grouping, group)

    def totals(self) -> tuple[int, int]:
        """Cases and events of everyone."""
        broad = self.groups[Grouping.BROAD]
        return sum(one.n for one in broad), sum(one.events for one in broad)


@dataclass(frozen=True)
class Elsewhere:
    """Counts that another document shows, of some of the cases or events of that name; the rest anyone may subtract."""

    whole: str
    counts: Mapping[Row, int]
    shown: Mapping[Row, int | Hidden]

    def cell(self, grouping: str = "", group: str = "") -> Cell:
        """The cell of a group's count, or everyone's."""
        return named(f"{self.whole} audited", grouping, group)


def named(name: str, grouping: str = "", group: str = "") -> Cell:
    """The cell of what is counted under this name."""
    return (f"{name}/{grouping}", group), _COUNT


def protected(
    told: Sequence[Told],
    present: Mapping[Grouping, Sequence[Present]],
    rules: SmallNumbers,
    elsewhere: Sequence[Elsewhere] = (),
) -> Shown:
    """Every count of every step, and of the children now, as it may be shown.

    Steps that count the same, or of which one counts some of what the other does, are one block, so that none gives
    away what another hides; and with them what the audits show of the same cases. Elsewhere windows and times of
    following differ, and no count of one step is one of another's.
    """
    shown: dict[Cell, int | Hidden] = {}
    for block in dict.fromkeys(one.block for one in told):
        together = [one for one in told if one.block == block]
        names = {one.counted for one in together} | {block}
        shown |= protect_tables(_block(together, [one for one in elsewhere if one.whole in names]), rules)
    if present:
        shown |= protect_tables(_children(present), rules)
    return shown


def children_now(grouping: str, group: str) -> Cell:
    """The number of children of a group in families now."""
    return named(_PRESENT, grouping, group)


def _block(told: Sequence[Told], elsewhere: Sequence[Elsewhere]) -> Tables:
    counts: dict[Cell, int] = {}
    sums: list[Sequence[Cell]] = []
    implied: list[Cell] = []
    for one in told:
        for row, n, events in _rows(one):
            others = (one.events(*row)[0], _OTHERS)
            counts |= {one.cases(*row): n, one.events(*row): events, others: n - events}
            implied.append(others)
            sums.append((one.cases(*row), one.events(*row), others))
        for relation in of_ethnicity(row for row, *_ in _rows(one)):
            sums.append([one.cases(*row) for row in relation])
            sums.append([one.events(*row) for row in relation])
    fixed: dict[Cell, int | Hidden] = {}
    for other in elsewhere:
        counts |= {other.cell(*row): count for row, count in other.counts.items()}
        fixed |= {other.cell(*row): shown for row, shown in other.shown.items()}
        sums += [[other.cell(*row) for row in relation] for relation in of_ethnicity(other.counts)]
    parts = [(named(one.part_of, *row), one.cases(*row)) for one in told if one.part_of for row, *_ in _rows(one)]
    parts += [(named(other.whole, *row), other.cell(*row)) for other in elsewhere for row in other.counts]
    between: list[Cell] = []
    for whole, part in parts:
        if counts.get(whole, -1) >= counts[part]:
            rest = (part[0], _REST)
            counts[rest] = counts[whole] - counts[part]
            between.append(rest)
            sums.append((whole, part, rest))
    known = frozenset(other.cell() for other in elsewhere)
    # Steps that count the same say the same of how many there are.
    return Tables(counts, list(dict.fromkeys(map(tuple, sums))), frozenset(implied), frozenset(between), known, fixed)


def _rows(told: Told) -> Iterator[tuple[Row, int, int]]:
    yield ("", ""), *told.totals()
    for grouping, found in told.groups.items():
        yield from (((grouping.value, one.group), one.n, one.events) for one in found)


def _children(present: Mapping[Grouping, Sequence[Present]]) -> Tables:
    counts = {
        children_now(grouping.value, one.group): one.children for grouping, found in present.items() for one in found
    }
    counts[children_now("", "")] = sum(one.children for one in present[Grouping.BROAD])
    rows = [(grouping.value, one.group) for grouping, found in present.items() for one in found]
    return Tables(counts, [[children_now(*row) for row in relation] for relation in of_ethnicity(rows)], frozenset())


def of_ethnicity(rows: Iterable[Row]) -> list[list[Row]]:
    """Everyone is the sum of each grouping's groups, and a broad group of its detailed ones; the whole comes first."""
    groups: dict[str, list[str]] = {}
    for grouping, group in rows:
        if grouping:
            groups.setdefault(grouping, []).append(group)
    detailed = groups.get(Grouping.DETAILED.value, ())
    found = [[("", ""), *((grouping, group) for group in held)] for grouping, held in groups.items()]
    for wide in groups.get(Grouping.BROAD.value, ()):
        inside = [code for code in DETAILED_GROUPS if code in detailed and broad_group(code) == wide]
        found.append([(Grouping.BROAD.value, wide), *((Grouping.DETAILED.value, code) for code in inside)])
    return [relation for relation in found if len(relation) > 1]
