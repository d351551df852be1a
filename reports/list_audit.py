"""The page of an audited list from elsewhere, made from its protected document alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports import text
from reports.facts import AuditFacts, Group, Measure, Panel, Rule
from reports.fairness import KeyFigure, RowView, Unsettled, matrix_groups
from reports.figures import CHARTED, Chart, ChartedRate, group_charts
from reports.pages import render
from reports.reading import audit_facts
from reports.words import GLOSSARY, VerdictWords

Document = Mapping[str, Any]

_MOST_CHARTED = 24
_MOST_GROUPS = 60
_SUMMARY_ITEMS = 6
_MANY = 4
_NOT_OF_LISTS = ("Baseline", "Capacity", "Unknown")

_VERDICTS = {
    "pass": VerdictWords(
        "Passed",
        "This list passed its fairness checks",
        "For every rule, there was enough evidence to say that no group is treated worse than allowed.",
        "Passing is not proof that the list is fair to each person. People still decide, case by case.",
    ),
    "fail": VerdictWords(
        "Did not pass",
        "This list did not pass its fairness checks",
        "There is good evidence that at least one group is treated worse than the policy allows.",
        "Do not use the list as it is. Ask whoever made it what they will change, and have it audited again.",
    ),
    "cannot_tell": VerdictWords(
        "Cannot tell",
        "We cannot yet tell whether this list is fair",
        "We found no clear unfairness. But the evidence does not rule it out.",
        "This is not a pass. If the list is used all the same, write down how harm is guarded against, who agreed to "
        "that, and until when.",
    ),
}


@dataclass(frozen=True)
class Matrix:
    """What each rule says of the groups of one column."""

    title: str
    rules: tuple[Rule, ...]
    rows: Sequence[tuple[str, Sequence[Any]]]


@dataclass(frozen=True)
class GroupingView:
    """One column, or two together, as the page shows it."""

    title: str
    rates: tuple[ChartedRate, ...]
    rows: tuple[RowView, ...]
    charts: tuple[Chart, ...]


def list_audit_page(document: Document) -> str:
    """The page as HTML, from ``published/audit.json`` of an audited list (`fairness_audits.table_audit`)."""
    shown, left_out = _shortened(document)
    audit = audit_facts({"bound": {}, **shown})
    rules = _rules(shown, audit.rules)
    unsettled = _unsettled(document)
    columns = document["list"]["columns"]["group"]
    views = [(name, _view(panel, place, name in columns)) for place, (name, panel) in enumerate(_panels(shown, audit))]
    return render(
        "list_audit.html",
        name=document["list"]["file"],
        verdict=_VERDICTS[audit.verdict],
        audit=audit,
        whys=why_lines(document),
        figures=key_figures(document),
        unsettled=unsettled[:_SUMMARY_ITEMS],
        more_unsettled=max(len(unsettled) - _SUMMARY_ITEMS, 0),
        about=about_the_list(document),
        matrices=_matrices(shown, rules),
        rules=rules,
        demands=dict.fromkeys((rule.name, rule.demand) for rule in rules),
        not_asked=document["not_asked"],
        single=[view for name, view in views if name in columns],
        together=[view for name, view in views if name not in columns],
        left_out=left_out,
        policy=document["policy"]["name"],
        method=document["method"],
        glossary=[(term, meaning) for term, meaning in GLOSSARY if term not in _NOT_OF_LISTS],
        spaced=text.spaced,
    )


def key_figures(document: Document) -> list[KeyFigure]:
    """How long the list is and, where outcomes are known, how often it is right and what it misses."""
    overall = document["overall"]
    figures = [
        KeyFigure("Cases on the list", _about(overall["flagged"]), f"Out of {_about(overall['n'])} cases in the file.")
    ]
    rates = overall["rates"]
    precision, missed = rates.get("precision"), rates.get("fnr")
    if precision:
        base = rates.get("base_rate")
        among = f" Among all cases it was {text.one_in(base['value'])}." if base else ""
        said = f"Of those on the list, this many had the outcome: {text.between(precision['low'], precision['high'])}."
        figures.append(
            KeyFigure("How often the list is right", text.one_in(precision["value"]).capitalize(), f"{said}{among}")
        )
    if missed:
        said = (
            f"Of those with the outcome, this many were not on the list: {text.between(missed['low'], missed['high'])}."
        )
        figures.append(KeyFigure("What the list misses", text.one_in(missed["value"]).capitalize(), said))
    return figures


def about_the_list(document: Document) -> list[tuple[str, str]]:
    """What was audited: the file, the columns, and where the list ends."""
    given = document["list"]
    columns = given["columns"]
    facts = [("File", given["file"]), ("Compared by", text.listed([_column(name) for name in columns["group"]]))]
    if given["threshold"] is not None:
        facts.append(("On the list", f"cases with {given['threshold']:g} or more under {_column(columns['score'])}"))
    elif given["capacity"] is not None:
        places = text.count(given["capacity"])
        facts.append(("On the list", f"the {places} cases with the highest {_column(columns['score'])}"))
    else:
        facts.append(("On the list", f"cases with 1 under {_column(columns['flag'])}"))
    outcome, unit = columns["label"], columns["unit"]
    facts.append(("Outcome", _column(outcome) if outcome else "not given: only who is on the list could be compared"))
    facts.append(("One person or family", _column(unit) if unit else "each row counts as one of its own"))
    facts.append(("Policy", document["policy"]["name"]))
    return facts


def why_lines(document: Document) -> list[str]:
    """Why the verdict is what it is: the groups by what became of them, the broken rules by name."""
    by_group = _by_group(document)
    lines = [
        f"{named}: beyond the margin of {text.listed(_titles(rules, 'fail'))}"
        for named, rules in by_group.items()
        if "fail" in rules.values()
    ]
    unsettled = [named for named, rules in by_group.items() if set(rules.values()) & {"cannot_tell"}]
    met = [named for named, rules in by_group.items() if set(rules.values()) == {"pass"}]
    if unsettled:
        lines.append(f"Some rule could not be settled for {text.listed(unsettled)}")
    if met:
        everyone = "every group" if len(met) == len(by_group) else text.listed(met)
        lines.append(f"Every rule that was asked was met for {everyone}")
    return lines or [document["why"]]


def _by_group(document: Document) -> dict[str, dict[str, str]]:
    """For each group each rule's verdict by title."""
    named, found = _names(document), dict[str, dict[str, str]]()
    for rule in document["rules"]:
        for entry in rule["groups"]:
            group = named[rule["grouping"], entry["group"]]
            found.setdefault(group, {})[text.spaced(rule["name"])] = entry["verdict"]
    return found


def _names(document: Document) -> dict[tuple[str, str], str]:
    """Each column's groups by a name that no other has: with the column where two columns have the same one."""
    columns = document["list"]["columns"]["group"]
    labels = {(column, entry["group"]): entry["label"] for column in columns for entry in document["groupings"][column]}
    times = Counter(labels.values())
    return {key: label if times[label] == 1 else f"{label} ({key[0]})" for key, label in labels.items()}


def _titles(rules: Mapping[str, str], verdict: str) -> list[str]:
    return [f"“{title}”" for title, one in rules.items() if one == verdict]


def _rules(document: Document, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, each with the column whose groups it was asked of where there are several."""
    columns = document["list"]["columns"]["group"]
    if len(columns) < 2:
        return tuple(rules)
    found = zip(rules, document["rules"])
    return tuple(replace(rule, title=f"{rule.title}, by {entry['grouping']}") for rule, entry in found)


def _unsettled(document: Document) -> list[Unsettled]:
    """What could not be told: rules that were not asked, then the groups for which some could not be judged."""
    unasked: dict[str, list[str]] = {}
    for entry in document["not_asked"]:
        unasked.setdefault(entry["why"], []).append(text.spaced(entry["rule"]))
    found = [Unsettled(f"Not asked: {text.listed(names)}", reason, "") for reason, names in unasked.items()]
    remedies: dict[str, dict[str, None]] = {}
    named = _names(document)
    for rule in document["rules"]:
        for entry in rule["groups"]:
            if entry["verdict"] == "cannot_tell":
                group = named[rule["grouping"], entry["group"]]
                remedies.setdefault(group, {})[entry["what_would_settle_it"] or entry["why"]] = None
    by_group = _by_group(document)
    for group, said in remedies.items():
        rules = _titles(by_group[group], "cannot_tell")
        title = f"{group}: {text.listed(rules) if len(rules) < _MANY else f'{len(rules)} rules'}"
        found.append(Unsettled(title, next(iter(said)), ""))
    return found


def _matrices(document: Document, rules: Sequence[Rule]) -> list[Matrix]:
    asked = list(zip(rules, document["rules"]))
    found = []
    for column in dict.fromkeys(entry["grouping"] for _, entry in asked):
        own = tuple(replace(rule, title=text.spaced(rule.name)) for rule, entry in asked if entry["grouping"] == column)
        found.append(Matrix(text.spaced(column), own, matrix_groups(own)))
    return found


def _shortened(document: Document) -> tuple[dict[str, Any], list[str]]:
    """The document with at most so many groups a column, those that break a rule first; and what is left out."""
    broken = {
        (rule["grouping"], entry["group"])
        for rule in document["rules"]
        for entry in rule["groups"]
        if entry["verdict"] == "fail"
    }
    kept: dict[str, set[str]] = {}
    left_out = [
        f"{text.listed([_column(name) for name in entry['by']])} together, {entry['groups']} groups"
        for entry in document["not_described"]
    ]
    for name, entries in document["groupings"].items():
        groups = sorted((entry["group"] for entry in entries), key=lambda group: (name, group) not in broken)
        kept[name] = set(groups[:_MOST_GROUPS])
        if len(groups) > _MOST_GROUPS:
            left_out.append(f"{_column(name)}, {len(groups) - _MOST_GROUPS} of {len(groups)} groups")
    return {
        **document,
        "groupings": {
            name: [entry for entry in entries if entry["group"] in kept[name]]
            for name, entries in document["groupings"].items()
        },
        "rules": [
            {**rule, "groups": [entry for entry in rule["groups"] if entry["group"] in kept[rule["grouping"]]]}
            for rule in document["rules"]
        ],
    }, left_out


def _panels(document: Document, audit: AuditFacts) -> list[tuple[str, Panel]]:
    return list(zip(document["groupings"], audit.panels))


def _view(panel: Panel, place: int, alone: bool) -> GroupingView:
    """A grouping of one column with charts, unless it has very many groups; of columns together a table only."""
    rates = tuple(rate for rate in CHARTED if rate.key in panel.everyone)
    charted = alone and len(panel.groups) <= _MOST_CHARTED
    rows = tuple(_row(group, rates) for group in panel.groups)
    # The name makes ids in the page, for which the column's own may not be fit.
    charts = tuple(group_charts(replace(panel, name=f"grouping-{place}"))) if charted else ()
    return GroupingView(panel.title, rates, rows, charts)


def _row(group: Group, rates: Sequence[ChartedRate]) -> RowView:
    return RowView(
        group.label, group.size, group.flagged, tuple(group.rates.get(rate.key, Measure(None)) for rate in rates)
    )


def _column(name: str) -> str:
    return f"“{name}”"


def _about(count: int | str) -> str:
    """A published count in words."""
    if isinstance(count, int):
        return f"about {text.count(count)}"
    return f"fewer than {count.removeprefix('<')}" if count.startswith("<") else "a number that is withheld"
