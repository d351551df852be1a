"""From data to decision by ethnic group: the page of the whole chain, and what a fairness report says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports import text
from reports.chain_reading import (
    ALIKE,
    CANNOT_TELL,
    HIGHER,
    LOWER,
    ChainTold,
    GroupTold,
    LinkTold,
    MissedTold,
    StepTold,
)
from reports.chain_words import LINK_WORDS, TALLY_WORDS
from reports.charts import IntervalRow, interval_chart
from reports.facts import Rule
from reports.figures import Chart
from reports.pages import render
from reports.provenance import Source
from store.council import Council

POPULATION, RECORDING, LINKAGE, LABELS, MODEL = "population", "recording", "linkage", "labels", "model"
_UNCHARTED = (RECORDING, LINKAGE)
"""Links of many small questions, whose tables say more than as many pictures."""
_LEAST_CHARTED = 3
"""Groups with a ratio that make a picture worth looking at."""
_AXIS_END = 3.0
_MOST_LINES = 3
"""Of more groups in one link a summary says only which, and how often."""
_VERDICT_READINGS = {"fail": "fail", "pass": "pass", "cannot_tell": CANNOT_TELL}
_TALLIED = (HIGHER, LOWER, "fail", "pass", ALIKE, CANNOT_TELL)


@dataclass(frozen=True)
class Tally:
    """How many comparisons of a group say one thing."""

    reading: str
    number: int


@dataclass(frozen=True)
class OverviewRow:
    """One link: for each group, what its comparisons say."""

    name: str
    title: str
    cells: tuple[tuple[Tally, ...], ...]
    """One for each group of the overview; empty where nothing is told."""


@dataclass(frozen=True)
class Overview:
    """All links by broad group at a glance."""

    groups: tuple[str, ...]
    rows: tuple[OverviewRow, ...]


@dataclass(frozen=True)
class StepView:
    """One step with its picture, and the detailed groups of which something is shown."""

    step: StepTold
    chart: Chart | None
    detailed: tuple[GroupTold, ...]
    untold: int
    """Detailed groups of which no difference is shown."""


@dataclass(frozen=True)
class LinkView:
    """One link as the page shows it."""

    name: str
    title: str
    short: str
    why: str
    groups: tuple[str, ...]
    matrix: tuple[tuple[StepTold, tuple[GroupTold | None, ...]], ...]
    shown: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each step with a difference shown of a broad group: its title and its sentences."""
    steps: tuple[StepView, ...]
    """Those whose figures can be opened."""
    not_told: str
    missed: tuple[MissedTold, ...]


def chain_page(
    council: Council, chain: ChainTold | None, targets: Sequence[tuple[str, str]], sources: Sequence[Source]
) -> str:
    """The page as HTML; without the audits' chain, a page that says so. ``targets`` are names and titles."""
    if chain is None:
        return render("chain.html", council=council, chain=None, links=())
    table = overview(chain.links)
    return render(
        "chain.html",
        council=council,
        chain=chain,
        overview=table,
        links=[_view(link, table.groups) for link in chain.links],
        noticed=noticed(chain.links),
        targets=targets,
        sources=sources,
    )


def of_target(chain: ChainTold, target: str) -> tuple[LinkTold, ...]:
    """The links, with the label of this target alone and without the model's, whose audit says it better."""
    links = []
    for link in chain.links:
        steps = link.steps
        if link.name == LABELS:
            steps = tuple(step for step in steps if step.name.startswith(f"{target}_label"))
        if link.name != MODEL:
            links.append(LinkTold(link.name, link.title, steps, link.not_told))
    return tuple(links)


def overview(links: Iterable[LinkTold], rules: Sequence[Rule] = ()) -> Overview:
    """What each link says of each broad group; a target's own ``rules`` are the row of its model."""
    told = list(links)
    groups = tuple(dict.fromkeys(group.label for link in told for step in link.steps for group in step.broad))
    rows = [
        OverviewRow(link.name, LINK_WORDS.get(link.name, (link.title, ""))[0], _cells(groups, _readings(link)))
        for link in told
        if link.steps
    ]
    if rules:
        verdicts = [(one.group, _VERDICT_READINGS[one.verdict]) for rule in rules for one in rule.findings]
        named = [(_known_as(group, groups), reading) for group, reading in verdicts]
        rows.append(OverviewRow(MODEL, LINK_WORDS[MODEL][0], _cells(groups, named)))
    return Overview(groups, tuple(rows))


def noticed(links: Iterable[LinkTold]) -> list[tuple[str, tuple[str, ...]]]:
    """Each link in which a broad group is shown to differ, with a line for each such group."""
    found = []
    for link in links:
        groups = dict.fromkeys(group.label for step in link.steps for group in step.broad if group.told)
        lines = tuple(line for label in groups for line in _lines(link, label))
        if len(lines) > _MOST_LINES:
            lines = tuple(_all_at_once(link))
        if lines:
            found.append((LINK_WORDS.get(link.name, (link.title, ""))[0], lines))
    return found


def _all_at_once(link: LinkTold) -> Iterator[str]:
    """Who differs in which way, and in how many comparisons where in more than one."""
    for reading in (HIGHER, LOWER):
        labels = [group.label for step in link.steps for group in step.broad if group.reading == reading]
        named = [f"{one} ({labels.count(one)})" if labels.count(one) > 1 else one for one in dict.fromkeys(labels)]
        if named:
            yield f"{TALLY_WORDS[reading]}: {text.listed(named)}"


def _lines(link: LinkTold, label: str) -> Iterator[str]:
    """How one group differs: by the one comparison in which it does, or by how many."""
    for reading in (HIGHER, LOWER):
        where = [
            step.title
            for step in link.steps
            if any((group.label, group.reading) == (label, reading) for group in step.broad)
        ]
        if where:
            often = TALLY_WORDS[reading]
            of = f"{len(where)} of {len(link.steps)} comparisons"
            one = f"{where[0][:1].lower()}{where[0][1:]}"
            yield f"{label}: {often} ({one})" if len(where) == 1 else f"{label}: {often} in {of}"


def shown_sentences(link: LinkTold) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The sentences of the broad groups that are shown to differ, by step."""
    told = ((step.title, tuple(group.sentence for group in step.broad if group.told)) for step in link.steps)
    return tuple((title, sentences) for title, sentences in told if sentences)


def _readings(link: LinkTold) -> list[tuple[str, str]]:
    return [(group.label, group.reading) for step in link.steps for group in step.broad]


def _cells(groups: Sequence[str], readings: Sequence[tuple[str, str]]) -> tuple[tuple[Tally, ...], ...]:
    return tuple(
        tuple(
            Tally(reading, number)
            for reading in _TALLIED
            if (number := sum(one == (group, reading) for one in readings))
        )
        for group in groups
    )


def _known_as(group: str, groups: Sequence[str]) -> str:
    """The chain's name of a group of the audit, which calls 'Unknown' by a longer one."""
    return group if group in groups else next((name for name in groups if name.lower() in group.lower()), group)


def _view(link: LinkTold, order: Sequence[str]) -> LinkView:
    """The link with its groups in the ``order`` of the overview."""
    short, why = LINK_WORDS.get(link.name, (link.title, ""))
    there = {group.label for step in link.steps for group in step.broad}
    groups = tuple(label for label in order if label in there)
    matrix = tuple(
        (step, tuple(next((one for one in step.broad if one.label == label), None) for label in groups))
        for step in link.steps
    )
    charted = link.name not in _UNCHARTED
    steps = tuple(_step(step, charted) for step in link.steps if _is_worth_opening(step, charted))
    shown = shown_sentences(link)
    return LinkView(link.name, link.title, short, why, groups, matrix, shown, steps, link.not_told, link.missed)


def _is_worth_opening(step: StepTold, charted: bool) -> bool:
    """Whether a step's figures are on the page.

    A link with some for each system has too many: there they are of what is shown to differ alone.
    """
    if charted:
        return any(group.rate.value is not None for group in step.groups)
    return any(group.told for group in step.groups)


def _step(step: StepTold, charted: bool) -> StepView:
    detailed = [group for group in step.groups if not group.broad]
    told = tuple(group for group in detailed if group.told)
    return StepView(step, _chart(step) if charted else None, told, len(detailed) - len(told))


def _chart(step: StepTold) -> Chart | None:
    rows = [
        IntervalRow(
            group.label,
            group.ratio.value,
            group.ratio.low,
            group.ratio.high,
            "withheld" if group.ratio.value is None else f"{group.ratio.value:.2f}",
            group.told,
        )
        for group in step.broad
    ]
    values = [row.value for row in rows if row.value is not None]
    if len(values) < _LEAST_CHARTED:
        return None
    svg = interval_chart(
        rows,
        name=f"step-{step.name}".replace("_", "-"),
        description=f"{step.title}: times as often as the others, by broad ethnic group. The table below has the "
        "figures.",
        reference=1.0,
        percent=False,
        end=max(_AXIS_END, *values) * 1.04,
    )
    return Chart("Times as often as the others", "1, the dashed line, is as often. A broad bar is thin evidence.", svg)
