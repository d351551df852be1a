"""The data-quality page: what the data can and cannot show, for the people who keep each system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairness_audits.intervals import wilson, z_of
from reports import text
from reports.charts import IntervalRow, interval_chart
from reports.data_points import Point, cards, good_news, points, ratio
from reports.data_words import (
    DASH,
    Document,
    after,
    cell,
    column_words,
    effect,
    span,
    system_words,
    table_words,
)
from reports.facts import FeatureFacts, Measure
from reports.figures import Chart
from reports.pages import render
from reports.strips import Fill, StripRow, strip_chart
from store.council import Council

_MOST_CARDS = 6
_MOST_SCHOOLS = 40
_CONFIDENCE = 0.95
_THIN = 0.5
_NOT_QUITE_ALL = 0.999
_ANSWERS = ("stated", "refused", "not_obtained", "unusable", "blank")
_IDENTIFIERS = ("dob", "postcode", "uprn", "upn", "nino", "email", "phone")


@dataclass(frozen=True)
class YearRow:
    """The twelve months of one year of one table, as shown; '' outside the period."""

    label: str
    source: str
    year: str
    cells: tuple[str, ...]
    first: bool
    span: int


@dataclass(frozen=True)
class SchoolRow:
    """One school: pupils expected in a usual month, the least that came, and when next to nothing did."""

    school: str
    pupils: str
    least: str
    gaps: str


@dataclass(frozen=True)
class SystemPart:
    """One system's section."""

    name: str
    title: str
    extracts: tuple[Any, ...]
    rules: tuple[Any, ...]
    blanks: tuple[Any, ...]
    unmapped: tuple[Any, ...]
    effect: str
    points: tuple[Point, ...]


def data_quality_page(council: Council, document: Document | None, features: Sequence[FeatureFacts]) -> str:
    """The page as HTML; with no document, a page that says so."""
    if not document:
        return render("data_quality.html", council=council, document=None)
    told = points(document, features)
    coverage = document["coverage"]
    return render(
        "data_quality.html",
        council=council,
        document=document,
        good=good_news(document),
        cards=cards(told)[:_MOST_CARDS],
        more_cards=max(0, len(cards(told)) - _MOST_CARDS),
        tables_chart=_tables_chart(coverage),
        years=_years(coverage),
        schools_chart=_schools_chart(coverage),
        schools=_school_rows(coverage),
        schools_all=len(coverage["schools"]),
        freshness_chart=_freshness_chart(document["freshness"]),
        freshness=[_fresh(flow) for flow in sorted(document["freshness"], key=_slowest)],
        ethnicity_chart=_ethnicity_chart(document["people"]),
        ethnicity=[_answers(people) for people in document["people"] if people["asks_ethnicity"]],
        not_asking=[system_words(people["source"]) for people in document["people"] if not people["asks_ethnicity"]],
        people=[_identifiers(people) for people in document["people"]],
        identifiers=[text.spaced(column_words(name)) for name in _IDENTIFIERS],
        systems=_systems(document, features, told),
    )


def top_points(document: Document, most: int) -> list[str]:
    """The weightiest points in a line each, for a terminal."""
    return [f"{system_words(point.system)}: {text.sentence(point.saw)}" for point in points(document, ())[:most]]


# --- over time -------------------------------------------------------------------------------------------


def _named(flow: Document) -> str:
    return f"{table_words(flow['table'])} ({system_words(flow['source'])})"


def _tables_chart(coverage: Document) -> Chart | None:
    places = range(len(coverage["months"]))
    rows = [
        StripRow(text.spaced(_named(flow)), tuple(_fill(flow, place, coverage) for place in places))
        for flow in _in_order(coverage["tables"])
    ]
    if not rows or not coverage["months"]:
        return None
    gaps = sum(bool(flow["gaps"]) for flow in coverage["tables"])
    said = f"Rows by month for {len(rows)} tables; {gaps} of them have gaps. The table below has the figures."
    svg = strip_chart(rows, coverage["months"], name="tables", description=said)
    return Chart("What came in each month", "", svg)


def _in_order(flows: Sequence[Document]) -> list[Document]:
    return sorted(flows, key=lambda flow: (not flow["judged"], flow["source"], flow["table"]))


def _fill(flow: Document, place: int, coverage: Document) -> Fill:
    level, name = flow["level"][place], coverage["months"][place]
    if level is None:
        return Fill.FEW
    if level < _THIN and any(gap["from"] <= name <= gap["to"] for gap in flow["gaps"]):
        return Fill.SHORT
    if level < _THIN:
        return Fill.QUIET if int(name[5:]) in flow["quiet"] else Fill.THIN
    return Fill.USUAL


def _years(coverage: Document) -> list[YearRow]:
    """A row for each table and year."""
    years = sorted({name[:4] for name in coverage["months"]})
    rows = []
    for flow in _in_order(coverage["tables"]):
        shown = dict(zip(coverage["months"], flow["rows"]))
        for year in years:
            cells = tuple(_month_cell(shown.get(f"{year}-{place:02d}", "")) for place in range(1, 13))
            rows.append(
                YearRow(
                    _titled(flow),
                    system_words(flow["source"]),
                    year,
                    cells,
                    year == years[0],
                    len(years),
                )
            )
    return rows


def _month_cell(count: int | str) -> str:
    if count == "":
        return ""
    if isinstance(count, int):
        return text.count(count)
    return count if count.startswith("<") else DASH


def _shown_schools(coverage: Document) -> list[Document]:
    """The schools worth drawing: those with a gap or a thin month, the widest gaps first."""

    def short(school: Document) -> int:
        return sum(level is not None and level < _THIN for level in school["came"])

    found = [school for school in coverage["schools"] if school["gaps"] or short(school)]
    return sorted(found, key=lambda school: (-short(school), school["school"]))[:_MOST_SCHOOLS]


def _schools_chart(coverage: Document) -> Chart | None:
    shown = _shown_schools(coverage)
    if not shown:
        return None
    rows = [StripRow(f"School {school['school']}", _school_fills(school, coverage)) for school in shown]
    said = f"Register marks by month for {len(rows)} schools. The table below has the figures."
    svg = strip_chart(rows, coverage["months"], name="schools", description=said)
    return Chart("Schools with a month that did not come whole", "", svg)


def _school_fills(school: Document, coverage: Document) -> tuple[Fill, ...]:
    fills = []
    for name, level in zip(coverage["months"], school["came"]):
        if level is None:
            fills.append(Fill.QUIET)
        elif level < _THIN:
            gap = any(gap["from"] <= name <= gap["to"] for gap in school["gaps"])
            fills.append(Fill.SHORT if gap else Fill.THIN)
        else:
            fills.append(Fill.USUAL)
    return tuple(fills)


def _school_rows(coverage: Document) -> list[SchoolRow]:
    rows = []
    for school in sorted(coverage["schools"], key=lambda school: (not school["gaps"], school["school"])):
        levels = [level for level in school["came"] if level is not None]
        counts = sorted(count for count in school["expected"] if isinstance(count, int) and count)
        pupils = text.count(counts[len(counts) // 2]) if counts else cell("<")
        least = text.share(min(levels)) if levels else DASH
        gaps = text.listed([span(gap) for gap in school["gaps"]])
        rows.append(SchoolRow(school["school"], pupils, least, gaps))
    return rows


# --- how soon --------------------------------------------------------------------------------------------


def _slowest(flow: Document) -> tuple[bool, int, str, str]:
    return flow["stands_in"], -(flow["p90_days"] or flow["median_days"] or 0), flow["table"], flow["source"]


def _freshness_chart(flows: Sequence[Document]) -> Chart | None:
    own = [flow for flow in flows if not flow["stands_in"] and flow["median_days"] is not None]
    tables = [flow["table"] for flow in own]
    rows = [
        IntervalRow(
            _short_name(flow, twice=tables.count(flow["table"]) > 1),
            max(flow["median_days"], 0),
            max(flow["median_days"], 0),
            None if flow["p90_days"] is None else max(flow["p90_days"], 0),
            after(flow["median_days"]),
            strong=True,
        )
        for flow in sorted(own, key=_slowest)
    ]
    if not rows:
        return None
    said = "Days from event to recording: the middle row of each table, and how far nine in ten reach."
    svg = interval_chart(rows, name="freshness", description=f"{said} The table has the figures.", percent=False)
    note = "The dot is the middle row: half are on record by then. The bar reaches to where nine in ten are."
    return Chart("Days from event to recording", note, svg)


def _short_name(flow: Document, *, twice: bool) -> str:
    """The table; where several systems have one, the system first, because a long name is cut at its end."""
    return f"{system_words(flow['source'])}: {table_words(flow['table'])}" if twice else _titled(flow)


def _titled(flow: Document) -> str:
    return text.spaced(table_words(flow["table"]))


def _fresh(flow: Document) -> dict[str, Any]:
    return {
        "table": _titled(flow),
        "source": system_words(flow["source"]),
        "rows": cell(flow["rows"]),
        "median": after(flow["median_days"]),
        "p90": after(flow["p90_days"]),
        "over_30": flow["over_30"],
        "over_90": flow["over_90"],
        "newest": after(flow["newest_days"]),
        "stands_in": flow["stands_in"],
    }


# --- people ----------------------------------------------------------------------------------------------


def _stated(people: Document) -> Measure:
    """The share of records with a stated ethnicity, with Wilson's interval, from the counts as shown."""
    answers = people["ethnicity"]
    value = ratio(answers["stated"], answers["all"])
    if value is None:
        return Measure(None)
    low, high = wilson(min(answers["stated"], answers["all"]), answers["all"], z_of(_CONFIDENCE))
    return Measure(value, round(float(low), 4), round(float(high), 4))


def _ethnicity_chart(people: Sequence[Document]) -> Chart | None:
    measured = [(one, _stated(one)) for one in people if one["asks_ethnicity"]]
    rows = [
        IntervalRow(
            system_words(one["source"]),
            measure.value,
            measure.low,
            measure.high,
            text.share(measure.value) if measure.value is not None else "too few to show",
            strong=True,
        )
        for one, measure in sorted(measured, key=lambda pair: (-(pair[1].value or 0), pair[0]["source"]))
    ]
    if not any(row.value is not None for row in rows):
        return None
    said = (
        "Share of each system's records of people that state an ethnicity, with intervals. The table has the figures."
    )
    return Chart(
        "Records with a stated ethnicity",
        "The dot is the share, the bar its 95% interval.",
        interval_chart(rows, name="ethnicity", description=f"{said} The table has the figures."),
    )


def _answers(people: Document) -> dict[str, Any]:
    of_people = people["ethnicity_of_people"]
    return {
        "source": system_words(people["source"]),
        "records": cell(people["ethnicity"]["all"]),
        "measure": _stated(people),
        "cells": [cell(people["ethnicity"][name]) for name in _ANSWERS],
        "of_people": ratio(of_people["stated"], of_people["all"]),
    }


def _identifiers(people: Document) -> dict[str, Any]:
    return {
        "source": system_words(people["source"]),
        "records": cell(people["records"]),
        "held": [people["identifiers"][name] for name in _IDENTIFIERS],
        "january": people["first_of_january"],
        "of_1900": people["first_of_1900"],
    }


# --- system by system ------------------------------------------------------------------------------------


def _systems(document: Document, features: Sequence[FeatureFacts], told: Sequence[Point]) -> list[SystemPart]:
    sources = sorted({*(extract["source"] for extract in document["extracts"]), *(point.system for point in told)})
    return [_system(source, document, features, told) for source in sources]


def _system(source: str, document: Document, features: Sequence[FeatureFacts], told: Sequence[Point]) -> SystemPart:
    extracts, rules, blanks, unmapped, tables = [], [], [], [], set()
    for extract in document["extracts"]:
        if extract["source"] != source:
            continue
        for name, table in extract["tables"].items():
            tables.add(name)
            place = {"extract": text.spaced(extract["extract"]), "table": table_words(name)}
            extracts.append({**place, **_counts(table)})
            rules += [{**place, **_rule(rule)} for rule in table["rules"]]
            blanks += [
                {
                    **place,
                    "column": column_words(column["column"]),
                    "blank": cell(column["blank"]),
                    "share": column["share"],
                }
                for column in table["columns"]
                if column["blank"] != 0
            ]
            unmapped += [
                {**place, "column": column_words(one["column"]), "count": cell(one["count"]), "share": one["share"]}
                for one in table["unmapped"]
            ]
    return SystemPart(
        source,
        system_words(source),
        tuple(extracts),
        tuple(rules),
        tuple(sorted(blanks, key=lambda one: (-(one["share"] or 0), one["extract"], one["table"], one["column"]))),
        tuple(unmapped),
        effect(tables, features),
        tuple(point for point in told if point.system == source),
    )


def _counts(table: Document) -> dict[str, Any]:
    return {
        "rows": cell(table["rows"]),
        "kept": _kept(table),
        "set_aside": cell(table["set_aside"]),
        "replaced": cell(table["replaced"]),
    }


def _kept(table: Document) -> float | None:
    """The share of rows used: not all of them where some were not, though rounding says so."""
    kept = ratio(table["accepted"], table["rows"])
    every = table["set_aside"] == 0 and table["replaced"] == 0
    return kept if kept is None or every else min(kept, _NOT_QUITE_ALL)


def _rule(rule: Document) -> dict[str, Any]:
    return {
        "column": column_words(rule["column"]),
        "count": cell(rule["count"]),
        "leaves_out": "Row set aside" if rule["leaves_out"] == "row" else "Cell emptied",
        "meaning": rule["meaning"],
        "help": rule["help"],
    }


def _blank(column: Document) -> dict[str, Any]:
    return {"column": column_words(column["column"]), "blank": cell(column["blank"]), "share": column["share"]}
