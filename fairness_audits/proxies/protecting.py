"""What may be shown of a target's lists with and without some features: counts, and figures made of them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairness_audits.chain.as_shown import Pair, expected_as_shown, rate_as_shown, ratio_as_shown, rest_as_shown
from fairness_audits.chain.comparing import Compared, Range
from fairness_audits.chain.protecting import Row, of_ethnicity
from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.ordering import auc_interval
from fairness_audits.policy import Grouping, SmallNumbers
from fairness_audits.proxies.lists import Difference
from fairness_audits.proxies.telling import Told
from fairness_audits.small_numbers import Cell, Tables, protect_tables, rounded_to
from store.small_numbers import Hidden

EVERYONE: Row = ("", "")
Groups = Mapping[Grouping, Sequence[Compared]]


@dataclass(frozen=True)
class Audited:
    """What the target's audit counted and shows of its cases, by row; and at how many dates."""

    dates: int
    cases: Mapping[Row, int]
    flagged: Mapping[Row, int]
    cases_shown: Mapping[Row, int | Hidden]
    flagged_shown: Mapping[Row, int | Hidden]


@dataclass(frozen=True)
class Lists:
    """The counts of a target's lists as they may be shown together."""

    counts: Mapping[Cell, int | Hidden]
    rules: SmallNumbers
    broad: tuple[str, ...]
    everyone: int
    """Exact: how many cases there are, which tells whether a list has all its places."""

    def cell(self, count: int | Hidden) -> int | str:
        """What stands for a count."""
        return f"<{self.rules.suppress_below}" if count is Hidden.SMALL else count

    def both(self, row: Row, place: int) -> tuple[int | Hidden, int | Hidden]:
        """A group's cases, and those of them on one of the lists."""
        cases, on, _ = _cells(row, place)
        return self.counts[cases], self.counts[on]

    def figures(self, row: Row, one: Compared, place: int) -> tuple[Range | None, Range | None]:
        """The group's rate of being listed and its ratio to the others', of counts as shown."""
        own = self._pair(row, place)
        if own is None or one.n - one.events < self.rules.suppress_below:
            return None, None
        broad = {group: self.both((Grouping.BROAD.value, group), place) for group in self.broad}
        rest = rest_as_shown(own, one.group, self.both(EVERYONE, place), broad, self.rules)
        expected = expected_as_shown(own, rest, one, False, self.rules)
        rate = rate_as_shown(own, one)
        return rate, None if rate is None else ratio_as_shown(own, rest, expected, one)

    def beside(self, one: Difference, whole: Difference) -> Beside:
        """One list beside the whole one. How many true cases each has is rounded as every count is."""
        base, below = self.rules.round_to, self.rules.suppress_below
        places = one.places if one.places < self.everyone else rounded_to(one.places, base)
        both = round(one.overlap * one.places)
        overlap = rounded_to(both, base) / places if places and both >= below else None
        lists = (one, whole)
        if not places or any(min(each.caught, each.places - each.caught) < below for each in lists):
            return Beside(places, _share(overlap), None, None)
        caught, before = (rounded_to(each.caught, base) for each in lists)
        reach = max(rounded_to(round((one.high - one.low) / 2 * one.places), base), base)
        change = caught - before
        ends = Range(*((change + by) / places for by in (0, -reach, reach)))
        return Beside(places, _share(overlap), _share(caught / places), ends)

    def area(self, one: Told) -> tuple[int | Hidden, int, Range | None]:
        """A group's cases, the others it was told from, and the area under the curve with an interval of these.

        Of others that are not shown half of what is small is counted.
        """
        cases, *among = (self.both((Grouping.BROAD.value, group), 0)[0] for group in (one.group, *one.told_from))
        others = sum(self.rules.suppress_below // 2 if isinstance(count, Hidden) else count for count in among)
        if isinstance(cases, Hidden) or not others:
            return cases, others, None
        ours, theirs = (size * max(round(worth, 1), 0.1) for size, worth in zip((cases, others), one.worth))
        auc = round(one.auc, 2)
        return cases, others, Range(auc, *auc_interval(auc, ours, theirs, REPORTED_CONFIDENCE))

    def _pair(self, row: Row, place: int) -> Pair | None:
        cases, on = self.both(row, place)
        return None if isinstance(cases, Hidden) or isinstance(on, Hidden) else (cases, on)


@dataclass(frozen=True)
class Beside:
    """One list beside the whole one, of rounded counts."""

    places: int
    overlap: float | None
    precision: float | None
    change: Range | None


def protected(lists: Sequence[Groups], rules: SmallNumbers, audited: Audited | None) -> Lists:
    """The cases of each group and how many of them are on each list, as they may be shown together.

    How long a list is is told elsewhere, and how many cases there are. The audit shows counts of the same cases, at
    this test date and those before it: they stay as they are, and none here may give away what is hidden there.
    """
    counts: dict[Cell, int] = {}
    sums: list[Sequence[Cell]] = []
    implied: list[Cell] = []
    known: list[Cell] = []
    for place, groups in enumerate(lists):
        rows = _rows(groups)
        for row, (n, events) in rows.items():
            cases, on, off = _cells(row, place)
            counts |= {cases: n, on: events, off: n - events}
            implied.append(off)
            sums.append((cases, on, off))
        known += _cells(EVERYONE, place)[:2]
        for relation in of_ethnicity(row for row in rows if row != EVERYONE):
            sums += [[_cells(row, place)[part] for row in relation] for part in (0, 1)]
    between: list[Cell] = []
    fixed: dict[Cell, int | Hidden] = {}
    if audited is not None:
        fixed = _beside_the_audit(audited, counts, sums, between)
        known += [_audited(EVERYONE, name) for name in ("n", "on 0")]
    tables = Tables(
        counts, list(dict.fromkeys(map(tuple, sums))), frozenset(implied), frozenset(between), frozenset(known), fixed
    )
    broad = tuple(one.group for one in lists[0][Grouping.BROAD])
    return Lists(protect_tables(tables, rules), rules, broad, counts[_cells(EVERYONE, 0)[0]])


def _beside_the_audit(
    audited: Audited, counts: dict[Cell, int], sums: list[Sequence[Cell]], between: list[Cell]
) -> dict[Cell, int | Hidden]:
    """Add the audit's counts, and give what it shows of them. A list that has more of a group is another list."""
    fixed: dict[Cell, int | Hidden] = {}
    for name, exact, shown in (
        ("n", audited.cases, audited.cases_shown),
        ("on 0", audited.flagged, audited.flagged_shown),
    ):
        here = {row: (row, name) for row in exact if (row, name) in counts}
        if any(exact[row] < counts[cell] for row, cell in here.items()):
            continue
        same = audited.dates == 1 and all(exact[row] == counts[cell] for row, cell in here.items())
        for row in exact:
            counts[_audited(row, name)] = exact[row]
            fixed[_audited(row, name)] = shown[row]
        sums += [[_audited(row, name) for row in relation] for relation in of_ethnicity(exact)]
        for row, cell in here.items():
            whole, earlier = _audited(row, name), (row, f"{name} earlier")
            if same:
                sums.append((whole, cell))
            else:
                counts[earlier] = counts[whole] - counts[cell]
                between.append(earlier)
                sums.append((whole, cell, earlier))
    return fixed


def _rows(groups: Groups) -> dict[Row, Pair]:
    """Cases and those listed, of everyone and of each group."""
    rows = {(grouping.value, one.group): (one.n, one.events) for grouping, found in groups.items() for one in found}
    broad = groups[Grouping.BROAD]
    return {EVERYONE: (sum(one.n for one in broad), sum(one.events for one in broad)), **rows}


def _cells(row: Row, place: int) -> tuple[Cell, Cell, Cell]:
    """A group's cases, and those on and off one of the lists."""
    return (row, "n"), (row, f"on {place}"), (row, f"off {place}")


def _audited(row: Row, name: str) -> Cell:
    return row, f"{name} audited"


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 2)
