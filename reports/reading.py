"""From the documents of the rooms above to the facts the pages are made of. The only place that knows their shape."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fairness_audits.below_the_line import told_by
from reports import text
from reports.data_words import cell, column_words
from reports.facts import (
    AuditFacts,
    Candidate,
    ExtractFacts,
    FeatureFacts,
    Finding,
    Group,
    Measure,
    Panel,
    Rule,
    RunFacts,
    SystemFacts,
    TargetFacts,
)
from reports.words import CANDIDATE_WORDS, GROUPING_WORDS, OUTCOME_WORDS, UNIT_WORDS
from store.small_numbers import ROUND_TO, THRESHOLD, Hidden, Shown, protect_parts, rounded, share_of, shown_count

Document = Mapping[str, Any]
_LEAST_NEARLY_ALL = 0.99
_NEARLY_ALL = 0.999
"""Reads as over 99%."""


def target_facts(name: str, evaluation: Document) -> TargetFacts:
    """A target from ``models/<target>/evaluation.json``."""
    one, many = UNIT_WORDS[evaluation["unit"]]
    modelled = evaluation["state"] == "modelled"
    splits = evaluation["splits"] if modelled else []
    cases = sum(split["cases"] for split in splits)
    outcomes = sum(split["test_outcomes"] for split in splits)
    kinds = [OUTCOME_WORDS.get(kind, kind.replace("_", " ")) for kind in evaluation["outcome"]["kinds"]]
    return TargetFacts(
        name=name,
        title=evaluation["title"],
        question=evaluation["question"],
        level=evaluation["unit"],
        unit_one=one,
        unit_many=many,
        modelled=modelled,
        why_not=evaluation.get("why") or "",
        capacity=evaluation["capacity"],
        outcome=text.listed(kinds, last="or"),
        horizon_days=evaluation["outcome"]["horizon_days"],
        test_as_ofs=tuple(dt.date.fromisoformat(split["as_of"]) for split in splits),
        base_rate=_rate(outcomes, cases),
        candidates=_candidates(evaluation, outcomes) if modelled else (),
        caveats=tuple(evaluation["label_caveats"]),
        retire_when=evaluation["retirement"],
        features=tuple(evaluation["features"]) if modelled else (),
        warning=evaluation["choice"]["why"] if modelled and evaluation["choice"]["no_better_than_chance"] else "",
        chosen_why=_chosen_why(evaluation["choice"]) if modelled else "",
    )


def _chosen_why(choice: Document) -> str:
    """Why a way of choosing was chosen. Judged by something else than the outcome, it need not look best by that."""
    if choice.get("judged_on", "outcome") == "outcome" or choice["no_better_than_chance"]:
        return str(choice["why"])
    by = text.spaced(choice["judged_on"]).lower()
    return (
        f"{choice['why']} That was judged by another measure, “{by}”: by the outcome here another way may look better."
    )


def _candidates(evaluation: Document, outcomes: int) -> tuple[Candidate, ...]:
    places = evaluation["capacity"] * len(evaluation["splits"])
    chosen = evaluation["choice"]["chosen"]
    return tuple(
        _candidate(name, evaluation["candidates"][name]["pooled"], places, outcomes, chosen == name)
        for name in [known for known in CANDIDATE_WORDS if known in evaluation["candidates"]]
    )


def _candidate(name: str, pooled: Document, places: int, outcomes: int, chosen: bool) -> Candidate:
    """A candidate's figures, none of which may give away a count too small to show."""
    found = outcomes - pooled["missed_cases"]["value"]
    missed = pooled["missed_cases"]["value"]
    # Chance is an expectation over all lists and counts nobody.
    small = name != "chance" and found < THRESHOLD
    few_missed = name != "chance" and missed < THRESHOLD
    flags = pooled["flags_per_true_case"]["value"]
    return Candidate(
        name=name,
        title=CANDIDATE_WORDS[name],
        precision=Measure(None, below=THRESHOLD / places) if small else _measure(pooled["precision"]),
        recall=_recall(pooled["recall"], small or few_missed, outcomes),
        flags_per_case=f"over {places // THRESHOLD}" if small else text.number(flags),
        missed=f"fewer than {THRESHOLD}" if few_missed else f"about {text.count(rounded(round(missed)))}",
        chosen=chosen,
    )


def _recall(recall: Document, hidden: bool, outcomes: int) -> Measure:
    if not hidden:
        return _measure(recall)
    below = THRESHOLD / outcomes if outcomes >= THRESHOLD and recall["value"] * outcomes < THRESHOLD else None
    return Measure(None, below=below)


def _rate(numerator: int, denominator: int) -> Measure:
    """A rate from protected counts; hidden where they are."""
    if denominator < THRESHOLD:
        return Measure(None)
    if numerator < THRESHOLD:
        return Measure(None, below=THRESHOLD / rounded(denominator))
    return Measure(rounded(numerator) / rounded(denominator))


def audit_facts(published: Document) -> AuditFacts:
    """An audit from ``fairness_audits/<target>/published/audit.json``."""
    hashes = tuple(sorted((_file_named(key), str(digest)) for key, digest in published["bound"].items()))
    return AuditFacts(
        verdict=published["verdict"],
        why=published["why"],
        rules=tuple(_rule(rule) for rule in published["rules"]),
        panels=_panels(published),
        suppress_below=published["suppressed_below"],
        rounded_to=published["rounded_to"],
        hashes=hashes,
        drawn=told_by(published),
        may_be_drawn=published["policy"].get("sample_below_the_line", {}).get("cases", 0),
    )


def no_audit(why: str) -> AuditFacts:
    """What stands where there is no audit to trust."""
    return AuditFacts("not_audited", why, (), (), THRESHOLD, ROUND_TO, ())


def _rule(rule: Document) -> Rule:
    findings = tuple(
        Finding(found["label"], found["verdict"], found["why"], found["what_would_settle_it"])
        for found in rule["groups"]
    )
    return Rule(rule["name"], text.spaced(rule["name"]), rule["reason"] or rule["title"], rule["verdict"], findings)


def _panels(published: Document) -> tuple[Panel, ...]:
    """Groupings in the order of their words, ethnicity first; others, which a policy may name, by name after them."""
    settled = list(GROUPING_WORDS)
    groupings = published["groupings"]
    order = [*(name for name in settled if name in groupings), *sorted(set(groupings) - set(settled))]
    return tuple(_panel(name, groupings[name], published["overall"]) for name in order)


def _panel(name: str, groups: list[Document], overall: Document) -> Panel:
    return Panel(
        name, GROUPING_WORDS.get(name, text.spaced(name)), tuple(_group(group) for group in groups), _rates(overall)
    )


def _group(group: Document) -> Group:
    return Group(group["group"], group["label"], _cell(group["n"]), _cell(group["flagged"]), _rates(group))


def _rates(group: Document) -> dict[str, Measure]:
    return {name: Measure(None) if rate is None else _measure(rate) for name, rate in group["rates"].items()}


def _cell(value: int | str) -> str:
    """A published count, or what stands where it is not shown."""
    if isinstance(value, int):
        return text.count(value)
    return f"under {value.removeprefix('<')}" if value.startswith("<") else value


def _measure(figure: Document) -> Measure:
    return Measure(figure["value"], figure.get("low"), figure.get("high"))


def _file_named(key: str) -> str:
    return text.spaced(key.removesuffix("_sha256"))


def feature_facts(catalogue: list[Document]) -> tuple[FeatureFacts, ...]:
    """The features from ``features/catalogue.json``; the columns that only say 'not known' are left out."""
    return tuple(_feature(entry) for entry in catalogue if entry["indicator_of"] is None)


def column_labels(catalogue: list[Document]) -> dict[str, str]:
    """The label of every column of the feature tables, by its name and by the feature's."""
    columns = {column: entry["label"] for entry in catalogue for column in entry["columns"].values()}
    return columns | {entry["name"]: entry["label"] for entry in catalogue}


def _feature(entry: Document) -> FeatureFacts:
    return FeatureFacts(
        name=entry["name"],
        subject=entry["subject"],
        label=entry["label"],
        sources=tuple(entry["sources"]),
        windows=tuple(entry["windows"]),
        null_rule=entry["null_rule"],
        direction=entry["direction"],
        made_of=tuple(entry["made_of"]),
        columns=dict(entry["columns"]),
    )


def run_facts(summary: Document, quality: Document, features: tuple[FeatureFacts, ...]) -> RunFacts:
    """The run from ``sources/summary.json``, ``residents/quality.json`` and the features."""
    files = summary.get("files", [])
    return RunFacts(
        rows_read=cell(shown_count(sum(file["rows"] for file in files))),
        files_read=len(files),
        set_aside=cell(shown_count(sum(_set_aside(found) for file in files for found in file["tables"].values()))),
        extracts=_extracts(files),
        matching=_matching(quality),
        systems=_systems(quality),
        features=features,
    )


def _extracts(files: list[Document]) -> tuple[ExtractFacts, ...]:
    """One entry for each extract and table it feeds, over all its files; no count is small enough to tell of anyone."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    rules: dict[tuple[str, str, str], Counter[str]] = {}
    for file in files:
        for table, found in file["tables"].items():
            place = file["extract"], file["source"], table
            counts.setdefault(place, Counter()).update(_became(found))
            rules.setdefault(place, Counter()).update(_broken(found))
    return tuple(_extract(place, counts[place], rules[place]) for place in sorted(counts))


def _extract(place: tuple[str, str, str], counts: Counter[str], rules: Counter[str]) -> ExtractFacts:
    shown = protect_parts({name: counts[name] for name in ("accepted", "set_aside", "superseded")})
    return ExtractFacts(
        *place,
        rows_in=cell(shown.total),
        accepted=cell(shown.parts["accepted"]),
        set_aside=cell(shown.parts["set_aside"]),
        replaced=cell(shown.parts["superseded"]),
        share_set_aside=share_of(shown.parts["set_aside"], shown.total) or None,
        blanked=cell(shown_count(counts["blanked"])),
        reason=_rule_words(min(rules, key=lambda rule: (-rules[rule], rule), default="")),
    )


def feeds_of(summary: Document) -> dict[str, tuple[str, ...]]:
    """The systems that feed each table, from ``sources/summary.json``."""
    found: dict[str, set[str]] = {}
    for file in summary.get("files", []):
        for table in file["tables"]:
            found.setdefault(table, set()).add(file["source"])
    return {table: tuple(sorted(systems)) for table, systems in sorted(found.items())}


def _broken(found: Document) -> Counter[str]:
    """How often each rule was broken, those across tables (a row that names nobody) among them."""
    return Counter(found["rules"]) + Counter(found["unlinked"])


def _rule_words(rule: str) -> str:
    """``group_id: no_such_group`` with the column as people say it."""
    column, _, broken = rule.partition(": ")
    return text.spaced(f"{column_words(column)}: {broken}") if broken else text.spaced(rule)


def _became(found: Document) -> dict[str, int]:
    return {
        "accepted": found["accepted"],
        "set_aside": _set_aside(found),
        "superseded": found["superseded"],
        "blanked": found["blanked"],
    }


def _set_aside(found: Document) -> int:
    """Rows that broke a rule of their own or across tables."""
    unlinked: Mapping[str, int] = found["unlinked"]
    rejected: int = found["rejected"]
    return rejected + sum(unlinked.values())


def _matching(quality: Document) -> tuple[tuple[str, str], ...]:
    """Figures of the residents index that a reader of the index page should see, protected as everywhere."""
    if not quality:
        return ()
    keys = quality["keys_per_person"]
    people = protect_parts(
        {
            "one_key": sum(row["people"] for row in keys if row["keys"] <= 1),
            "more": sum(row["people"] for row in keys if row["keys"] > 1),
        }
    )
    counts = quality["families"]
    children = counts["now_with_a_child"]
    families = protect_parts({"with_a_child": children, "without": counts["now"] - children})
    return (
        ("Records of people", cell(_records(quality).total)),
        ("People they turned out to be", cell(people.total)),
        ("People found under more than one key", cell(people.parts["more"])),
        (
            "Matches refused because the records contradict each other",
            cell(shown_count(quality["links_refused_by_conflict"])),
        ),
        ("Families now", cell(families.total)),
        ("Families now with a child", cell(families.parts["with_a_child"])),
        ("Children who belong to two families now", cell(shown_count(counts["children_in_two_families_now"]))),
    )


def _records(quality: Document) -> Shown:
    """Records of people by system, which add up to all of them."""
    return protect_parts({row["source"]: row["rows"] for row in quality["by_source"]})


def _systems(quality: Document) -> tuple[SystemFacts, ...]:
    if not quality:
        return ()
    records = _records(quality).parts
    return tuple(
        SystemFacts(
            source=row["source"],
            records=cell(records[row["source"]]),
            people=cell(shown_count(row["people"])),
            elsewhere=share_with(row["people_in_other_systems"], row["people"]),
            with_dob=share_with(round(row["share_with_dob"] * row["rows"]), row["rows"]),
            with_address=share_with(round(row["share_with_address"] * row["rows"]), row["rows"]),
        )
        for row in quality["by_source"]
    )


def share_with(count: int, whole: int) -> Measure:
    """The share that has something; hidden where it would say of fewer than ten that they have it, or have it not."""
    shown = protect_parts({"with": count, "without": whole - count})
    held, total = shown.parts["with"], shown.total
    if isinstance(total, Hidden):
        return Measure(None)
    if held is Hidden.SMALL:
        return Measure(None, below=THRESHOLD / total)
    if shown.parts["without"] is Hidden.SMALL:
        # Of many records the few without tell only that nearly all have it; of few they would tell how many.
        return Measure(_NEARLY_ALL if THRESHOLD / total < 1 - _LEAST_NEARLY_ALL else None)
    return Measure(share_of(held, total))
