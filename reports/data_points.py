"""The few things about the data that matter most, and what is good: sentences for the owners of the systems.

Each point says what was seen, what it means for families and what would help. The limits here decide only what is told
first; every figure is on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports import text
from reports.data_words import Document, cell, column_words, effect, month, span, system_words, table_words
from reports.facts import FeatureFacts
from store.small_numbers import Hidden

_FEW_STATED = 0.7
_MANY_LATE = 0.2
_MANY_SET_ASIDE = 0.01
_MANY_UNMAPPED = 0.01
_FEW_FILLED = 0.8
_MANY_DEFAULTS = 0.02
_ENOUGH_ROWS = 50
_OLD_DAYS = 62
_SELDOM_MONTHS = 6
_NAMED_SCHOOLS = 4
_MATCHED_BY = ("dob", "postcode")


@dataclass(frozen=True)
class Point:
    """One thing worth knowing about one system's data."""

    system: str
    weight: float
    """The share of the data or of the time that it touches, so that the most comes first."""
    saw: str
    means: str
    helps: str


@dataclass(frozen=True)
class Card:
    """Points of one kind, told once: what each system's owner would see, and the meaning and the help they share."""

    systems: tuple[str, ...]
    saw: tuple[str, ...]
    means: str
    helps: str


def cards(told: Sequence[Point]) -> list[Card]:
    """Points with the same meaning and help put together, in the order of the weightiest of each."""
    by_kind: dict[tuple[str, str], list[Point]] = {}
    for point in told:
        by_kind.setdefault((point.means, point.helps), []).append(point)
    return [
        Card(tuple(dict.fromkeys(one.system for one in same)), _seen(same), *kind) for kind, same in by_kind.items()
    ]


def _seen(same: Sequence[Point]) -> tuple[str, ...]:
    """What was seen, with the system's name where there are several."""
    several = len({point.system for point in same}) > 1
    return tuple(f"{system_words(one.system)}: {one.saw}" if several else one.saw for one in same)


def points(document: Document, features: Sequence[FeatureFacts]) -> list[Point]:
    """Every point, the weightiest first."""
    found = [
        *_schools(document, features),
        *_gaps(document, features),
        *_without_register(document),
        *_known_too_late(document),
        *_ethnicity(document),
        *_set_aside(document),
        *_unmapped(document),
        *_late(document),
        *_old(document),
        *_unmatched(document),
        *_defaults(document),
    ]
    return sorted(found, key=lambda point: (-point.weight, point.system, point.saw))


def _schools(document: Document, features: Sequence[FeatureFacts]) -> Iterable[Point]:
    schools = document["coverage"]["schools"]
    for source in sorted({school["source"] for school in schools}):
        short = [school for school in schools if school["source"] == source and school["gaps"]]
        if not short:
            continue
        said = [_of_school(school) for school in short[:_NAMED_SCHOOLS]]
        more = len(short) - len(said)
        others = f". {text.sentence(text.counted(more, 'more school is', 'more schools are'))[:-1]} listed below"
        yield Point(
            source,
            2.0,
            "; ".join(said) + (others if more else ""),
            "We do not know whether these pupils were in school. " + effect(["attendance"], features),
            "Ask the school, or the supplier of its register, to send these months again. If it has closed or joined "
            "another, say so, and it will not be expected",
        )


def _of_school(school: Document) -> str:
    pupils = cell(pupils_of(school))
    when = text.listed([span(gap) for gap in school["gaps"]])
    if not school["ever_sent"]:
        return f"School {school['school']} sent no register marks at all (about {pupils} pupils)"
    return f"School {school['school']} sent next to no register marks {when} (about {pupils} pupils)"


def pupils_of(school: Document) -> int | str:
    """The pupils on a school's roll: in its gap, the one with most pupils, or else in the middle month."""
    found = [gap["pupils"] for gap in school["gaps"]] or [count for count in school["expected"] if count != 0]
    counts = sorted(count for count in found if isinstance(count, int))
    if not counts:
        return Hidden.SMALL
    return counts[-1] if school["gaps"] else counts[len(counts) // 2]


def _gaps(document: Document, features: Sequence[FeatureFacts]) -> Iterable[Point]:
    flows = [flow for flow in document["coverage"]["tables"] if flow["gaps"]]
    for source in sorted({flow["source"] for flow in flows}):
        mine = [flow for flow in flows if flow["source"] == source]
        early = [(flow, gap) for flow in mine for gap in flow["gaps"] if gap["from_the_start"]]
        later = [(flow, gap) for flow in mine for gap in flow["gaps"] if not gap["from_the_start"]]
        if later:
            yield Point(
                source,
                1.5,
                f"Next to no rows came {_each(later)}",
                _rests(later, features),
                "See whether the extract left these months out, and send them again; or say that nothing happened",
            )
        if early:
            yield Point(
                source,
                0.75,
                f"At the beginning of the period few rows came {_each(early)}",
                _rests(early, features),
                "Say since when the system has been in use. If for longer, see whether the extract holds only what is "
                "open or current, and leaves older rows out",
            )


def _each(gaps: Sequence[tuple[Document, Document]]) -> str:
    """``of rent accounts in May 2024 (usually about 13,790 a month)``, for each table."""
    tables = {flow["table"]: flow for flow, _ in gaps}
    said = []
    for table, flow in tables.items():
        when = text.listed([span(gap) for one, gap in gaps if one is flow])
        said.append(f"of {table_words(table)} {when} (usually about {cell(flow['usual'])} a month)")
    return text.listed(said)


def _rests(gaps: Sequence[tuple[Document, Document]], features: Sequence[FeatureFacts]) -> str:
    return effect([flow["table"] for flow, _ in gaps], features) or "No feature rests on these rows"


def _without_register(document: Document) -> Iterable[Point]:
    found = document["without_register"]
    for source in sorted({one["source"] for one in found}):
        tables = [table_words(one["table"]) for one in found if one["source"] == source]
        yield Point(
            source,
            1.5,
            f"No file of this system says who the people are in {text.listed(tables)}",
            "What these rows say reaches no family yet, so a family may look better off than it is",
            "Send the file of this system that names its people, or tell the analytics team which file does",
        )


def _known_too_late(document: Document) -> Iterable[Point]:
    for flow in document["freshness"]:
        if flow["known_from_the_extract"]:
            yield Point(
                flow["source"],
                1.4,
                f"Every row of {table_words(flow['table'])} is dated as known only from the day of the extract",
                "No list counts what was not known when it would have been made, so these rows are never used",
                "Find the day on which the system learnt of each row, or one that is sure to be no earlier",
            )


def _ethnicity(document: Document) -> Iterable[Point]:
    for people in document["people"]:
        stated = share(people["ethnicity"], "stated")
        if people["asks_ethnicity"] and stated is not None and stated < _FEW_STATED:
            yield Point(
                people["source"],
                1 - stated,
                f"{text.share(stated) if stated else 'None'} of the records of people have an ethnicity",
                "People whose ethnicity no system holds are a group of their own in the fairness checks. The larger it "
                "is, the less those checks can see of how each community is treated",
                "Ask at the next contact, with the reason for asking, and record a refusal as a refusal",
            )


def _set_aside(document: Document) -> Iterable[Point]:
    for extract in document["extracts"]:
        for name, table in extract["tables"].items():
            part = ratio(table["set_aside"], table["rows"])
            if part is not None and part >= _MANY_SET_ASIDE:
                rule = next(rule for rule in table["rules"] if rule["leaves_out"] == "row")
                yield Point(
                    extract["source"],
                    0.5 + part,
                    f"{cell(table['set_aside'])} rows of {text.spaced(extract['extract']).lower()} "
                    f"({text.share(part)}) were set aside, most often for this: {_lower(rule['meaning'])}",
                    f"What they say of families, in {table_words(name)}, is not used",
                    rule["help"],
                )


def _unmapped(document: Document) -> Iterable[Point]:
    for extract in document["extracts"]:
        for table in extract["tables"].values():
            for found in table["unmapped"]:
                if found["share"] is not None and found["share"] >= _MANY_UNMAPPED:
                    yield Point(
                        extract["source"],
                        0.4 + found["share"],
                        f"{cell(found['count'])} values of {column_words(found['column'])} in "
                        f"{text.spaced(extract['extract']).lower()} ({text.share(found['share'])}) have no meaning yet",
                        "They were left out, never guessed",
                        "Tell the analytics team what each value means, so that it can be mapped",
                    )


def _late(document: Document) -> Iterable[Point]:
    for flow in document["freshness"]:
        enough = isinstance(flow["rows"], int) and flow["rows"] >= _ENOUGH_ROWS
        if enough and not flow["stands_in"] and (flow["over_30"] or 0) >= _MANY_LATE:
            yield Point(
                flow["source"],
                flow["over_30"],
                f"{text.share(flow['over_30'])} of {table_words(flow['table'])} were recorded more than 30 days after "
                "the event",
                "A list made on any day does not know yet what is recorded later, so help may come later to these "
                "families",
                "See which step takes the time, and whether the date of the event could be entered before the rest",
            )


def _old(document: Document) -> Iterable[Point]:
    quiet = {(flow["table"], flow["source"]): len(flow["quiet"]) for flow in document["coverage"]["tables"]}
    judged = {(flow["table"], flow["source"]) for flow in document["coverage"]["tables"] if flow["judged"]}
    for flow in document["freshness"]:
        place = flow["table"], flow["source"]
        old = flow["newest_days"] is not None and flow["newest_days"] > _OLD_DAYS
        if old and place in judged and quiet[place] <= _SELDOM_MONTHS:
            yield Point(
                flow["source"],
                0.6,
                f"The newest {table_words(flow['table'])} were recorded {flow['newest_days']} days before the extract",
                "What has happened since is not known",
                "See whether the extract was cut short, or an older file was sent",
            )


def _unmatched(document: Document) -> Iterable[Point]:
    for people in document["people"]:
        low = {
            name: held
            for name in _MATCHED_BY
            if (held := people["identifiers"][name]) is not None and held < _FEW_FILLED
        }
        if low:
            names = text.listed([f"{text.share(held)} have a {column_words(name)}" for name, held in low.items()])
            yield Point(
                people["source"],
                0.3 + (1 - min(low.values())) / 2,
                f"Of the records of people, {names}",
                "Without it a record is harder to join to the right person, and a family may look smaller, or less in "
                "need, than it is",
                "Make it part of what is asked when a record is made",
            )


def _defaults(document: Document) -> Iterable[Point]:
    for people in document["people"]:
        january, of_1900 = people["first_of_january"] or 0, people["first_of_1900"] or 0
        if january + of_1900 >= _MANY_DEFAULTS:
            yield Point(
                people["source"],
                january + of_1900,
                f"{text.share(january + of_1900)} of birth dates are 1 January, where by chance it would be 0.3%",
                "Many of them stand for 'not known', and do not help to tell two people apart",
                "Leave a birth date empty when it is not known",
            )


def good_news(document: Document) -> list[str]:
    """What can be relied on, in a sentence each."""
    return [
        line
        for line in (_accepted(document), _every_school(document), _every_month(document), _prompt(document))
        if line
    ]


def _accepted(document: Document) -> str:
    tables = [table for extract in document["extracts"] for table in extract["tables"].values()]
    rows = sum(table["rows"] for table in tables if isinstance(table["rows"], int))
    if not rows:
        return ""
    # A count that is not shown is under 10; 5 stands for it.
    aside = sum(table["set_aside"] if isinstance(table["set_aside"], int) else 5 for table in tables)
    clean = sum(table["set_aside"] == 0 for table in tables)
    kept = text.share(max(0.0, 1 - aside / rows))
    return (
        f"{kept} of {text.count(rows)} rows, each counted once for every table it feeds, kept every rule. From {clean} "
        f"of {len(tables)} tables no row at all had to be set aside"
    )


def _every_school(document: Document) -> str:
    schools = document["coverage"]["schools"]
    whole = sum(not school["gaps"] for school in schools)
    if not whole:
        return ""
    if whole < len(schools):
        which = f"{text.count(whole)} of {text.count(len(schools))} schools"
    else:
        which = "The one school" if whole == 1 else f"All {text.count(whole)} schools"
    return f"{which} sent register marks in every month in which schools were open and any marks came"


def _every_month(document: Document) -> str:
    judged = [flow for flow in document["coverage"]["tables"] if flow["judged"]]
    whole = [flow for flow in judged if not flow["gaps"]]
    if not whole:
        return ""
    first, last = document["coverage"]["months"][0], document["coverage"]["months"][-1]
    if len(judged) == 1:
        which = "The one table"
    else:
        which = f"All {len(judged)} tables" if len(whole) == len(judged) else f"{len(whole)} of {len(judged)} tables"
    return f"{which} that could be judged came without a gap from {month(first)} to {month(last)}"


def _prompt(document: Document) -> str:
    own = [flow for flow in document["freshness"] if not flow["stands_in"] and flow["p90_days"] is not None]
    prompt = [flow for flow in own if flow["p90_days"] <= 7]
    if not prompt:
        return ""
    named = text.listed(sorted({f"{table_words(f['table'])} ({system_words(f['source'])})" for f in prompt}))
    return f"Nine in ten of these are on record within a week: {named}"


def share(answers: Document, name: str) -> float | None:
    """The share of one answer among all, of the counts as shown."""
    return ratio(answers[name], answers["all"])


def ratio(part: Any, whole: Any) -> float | None:
    """The rate of two counts as shown; None where one is hidden or there are none."""
    if not isinstance(part, int) or not isinstance(whole, int) or not whole:
        return None
    return float(min(part / whole, 1.0))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
