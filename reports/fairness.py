"""The fairness report of one target."""

from __future__ import annotations

from dataclasses import dataclass

from reports import text
from reports.chain import LABELS, Overview, noticed, of_target, overview, shown_sentences
from reports.chain_reading import ChainTold
from reports.facts import AuditFacts, Finding, Measure, ReleaseFacts, Rule, TargetFacts
from reports.figures import CHARTED, Chart, group_charts, worth_chart
from reports.pages import render
from reports.stand_ins import StandIns
from reports.words import verdict_words
from store.council import Council

_SUMMARY_ITEMS = 4


@dataclass(frozen=True)
class KeyFigure:
    """One figure of the summary: its name, the figure, and what it says in words."""

    name: str
    big: str
    small: str


@dataclass(frozen=True)
class Unsettled:
    """A rule that could not be judged for some groups, with one reason and one remedy."""

    title: str
    why: str
    settle: str


@dataclass(frozen=True)
class PanelView:
    """One grouping as the page shows it."""

    title: str
    measures: tuple[str, ...]
    rows: tuple[RowView, ...]
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class RowView:
    """One group's row of a table."""

    label: str
    size: str
    flagged: str
    rates: tuple[Measure, ...]


@dataclass(frozen=True)
class ChainView:
    """The chain as a target's report tells it."""

    overview: Overview
    noticed: list[tuple[str, tuple[str, ...]]]
    links: int
    """Links of which something is told."""
    label: tuple[tuple[str, tuple[str, ...]], ...]
    """What is shown of the label that the model learns from, by comparison."""


def fairness_page(
    council: Council,
    target: TargetFacts,
    audit: AuditFacts,
    release: ReleaseFacts,
    chain: ChainTold | None = None,
    stand_ins: StandIns | None = None,
) -> str:
    """The page as HTML; without a ``chain``, or what stands in for ethnicity, those parts say so or are left out."""
    panels = panel_views(audit)
    unsettled = unsettled_rules(audit.rules)
    return render(
        "fairness.html",
        council=council,
        target=target,
        audit=audit,
        release=release,
        verdict=verdict_words(audit.verdict),
        figures=key_figures(target),
        whys=_whys(audit.rules),
        unsettled=unsettled[:_SUMMARY_ITEMS],
        more_unsettled=max(len(unsettled) - _SUMMARY_ITEMS, 0),
        matrix_groups=matrix_groups(audit.rules),
        panels=panels,
        other_ways=[panel.title.lower() for panel in panels[1:]],
        worth=worth_in_words(target),
        worth_chart=worth_chart(target),
        method=method_lines(target, audit),
        chain=None if chain is None else chain_view(chain, target.name, audit),
        stand_ins=stand_ins,
    )


def chain_view(chain: ChainTold, target: str, audit: AuditFacts) -> ChainView:
    """The links that lead to this target's list, its own audit the last of them."""
    links = of_target(chain, target)
    label = next((shown_sentences(link) for link in links if link.name == LABELS), ())
    told = sum(bool(link.steps) for link in links)
    return ChainView(overview(links, audit.rules), noticed(links), told, label)


def key_figures(target: TargetFacts) -> list[KeyFigure]:
    """What a reader should know before anything else: how long the list is, how often right, how much it misses."""
    chosen = target.chosen
    if chosen is None:
        return []
    figures = [
        KeyFigure(
            "Length of the list",
            f"{text.count(target.capacity)} {target.unit_many}",
            "The number the panel has time to read at one date.",
        )
    ]
    how_often = _how_often_right(target, chosen.precision)
    if how_often is not None:
        figures.append(how_often)
    if chosen.recall.value is not None:
        figures.append(
            KeyFigure(
                "What the list misses",
                text.others(chosen.recall.value).capitalize(),
                "Of those with the outcome, this many were not on the list. "
                f"It found {text.share(chosen.recall.value)}.",
            )
        )
    return figures


def _how_often_right(target: TargetFacts, precision: Measure) -> KeyFigure | None:
    name, among = "How often the list is right", f"Among all {target.unit_many} it was"
    if precision.value is None:
        if precision.below is None:
            return None
        few = text.fewer_than(precision.below).capitalize()
        return KeyFigure(name, few, "On test lists, so few went on to have the outcome that the number is not shown.")
    base = "" if target.base_rate.value is None else f" {among} {text.one_in(target.base_rate.value)}."
    interval = _interval(precision)
    small = f"On test lists, this many went on to have the outcome: {interval}.{base}"
    return KeyFigure(name, text.one_in(precision.value).capitalize(), small)


def unsettled_rules(rules: tuple[Rule, ...]) -> list[Unsettled]:
    """What could not be told, in the policy's order: groups and rules with the same remedy taken together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        for finding in rule.findings:
            if finding.verdict == "cannot_tell":
                groups.setdefault((rule.title, finding.settle or finding.why), []).append(finding.group)
    together: dict[tuple[str, str], list[str]] = {}
    for (title, how), found in groups.items():
        together.setdefault((text.listed(found), how), []).append(title)
    return [
        Unsettled(f"{found}: {text.listed([f'“{title}”' for title in titles])}", how, how)
        for (found, how), titles in together.items()
    ]


def matrix_groups(rules: tuple[Rule, ...]) -> list[tuple[str, list[Finding | None]]]:
    """Each group with its finding under each rule, groups in the order first met; None where a rule has none."""
    groups = dict.fromkeys(finding.group for rule in rules for finding in rule.findings)
    by_rule = [{finding.group: finding for finding in rule.findings} for rule in rules]
    return [(group, [findings.get(group) for findings in by_rule]) for group in groups]


def panel_views(audit: AuditFacts) -> list[PanelView]:
    """The groupings, the first one charted: charts of twenty tiny groups would show noise."""
    views = []
    for place, panel in enumerate(audit.panels):
        rows = tuple(
            RowView(group.label, group.size, group.flagged, tuple(group.rates[rate.key] for rate in CHARTED))
            for group in panel.groups
        )
        charted = place == 0
        charts = tuple(group_charts(panel)) if charted else ()
        views.append(PanelView(panel.title, tuple(rate.title for rate in CHARTED), rows, charts))
    return views


def worth_in_words(target: TargetFacts) -> str:
    """The chosen way of choosing against a lottery and the best of the others."""
    chosen = target.chosen
    if chosen is None or chosen.precision.value is None:
        return (
            "Too few of those on the test lists had the outcome to show how many. So there is little to compare with "
            "simpler ways of choosing."
        )
    said = (
        f"With the chosen way, {text.one_in(chosen.precision.value)} {target.unit_many} on the list had the outcome, "
        f"{_interval(chosen.precision)}. A list drawn by lot would have {text.one_in(target.base_rate.value)}."
    )
    others = [c for c in target.candidates if not c.chosen and c.precision.value is not None]
    if not others:
        return said
    best = max(others, key=lambda candidate: candidate.precision.value or 0.0)
    figure = f"{text.share(best.precision.value)}, {_interval(best.precision)}"
    return f"{said} The best of the other ways, {best.title.lower()}, comes to {figure}."


def method_lines(target: TargetFacts, audit: AuditFacts) -> list[str]:
    """How the figures came about."""
    tested = [
        f"The model was tested on dates it had not seen: {text.days(target.test_as_ofs)}. On each it could use only "
        "what the council knew before that date",
        f"The outcome was then looked for in the {target.horizon_days} days that followed. No family was judged by a "
        "model that had learned from it",
        "Which way of choosing makes the list was decided on earlier dates than any of the test",
    ]
    return [
        *(tested if target.modelled else []),
        "Each group is compared with everyone else, not with one group taken as the norm. People of unknown ethnicity "
        "are a group of their own",
        "A family that is there on several test dates counts for less than as many different families would",
        "The model never sees ethnicity. Only the audit does",
        f"Counts under {audit.suppress_below} are left out, and others are rounded to the nearest {audit.rounded_to}. "
        "Rates by group are worked out from the rounded counts. The rules were judged on exact ones",
    ]


def _whys(rules: tuple[Rule, ...]) -> list[str]:
    """What each rule says of whom, rules that say the same taken together."""
    said: dict[str, list[str]] = {}
    for rule in rules:
        said.setdefault(_why(rule), []).append(rule.title)
    return [f"{text.listed([f'“{title}”' for title in titles])}: {why}" for why, titles in said.items()]


def _why(rule: Rule) -> str:
    verdicts: dict[str, list[str]] = {}
    for finding in rule.findings:
        verdicts.setdefault(finding.verdict, []).append(finding.group)
    parts = []
    for verdict, phrase in (("fail", "broken for"), ("cannot_tell", "cannot tell for"), ("pass", "met for")):
        groups = verdicts.get(verdict, [])
        if groups:
            parts.append(f"{phrase} {'every group' if len(verdicts) == 1 else text.listed(groups)}")
    return "; ".join(parts) or "could not be applied"


def _interval(measure: Measure) -> str:
    return text.between(measure.low, measure.high)
