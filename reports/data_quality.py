"""The data-quality page: what the data can and cannot show, for the people who keep each system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports import text
from reports.data_charts import (
    ethnicity_chart,
    freshness_chart,
    in_order,
    schools_chart,
    slowest,
    stated,
    tables_chart,
    titled,
)
from reports.data_points import Point, cards, good_news, points, pupils_of, ratio
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
from reports.facts import FeatureFacts
from reports.pages import render
from store.council import Council

_MOST_CARDS = 6
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
    """One school: pupils on its roll, the least that came, and when next to nothing did."""

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


def data_quality_page(
    council: Council, document: Document | None, features: Sequence[FeatureFacts], index: str = "index.html"
) -> str:
    """The page as HTML; with no document, a page that says so. ``index`` is the run's index, '' where there is none."""
    if not document:
        return render("data_quality.html", council=council, document=None, index=index)
    told = points(document, features)
    coverage = document["coverage"]
    return render(
        "data_quality.html",
        council=council,
        document=document,
        index=index,
        good=good_news(document),
        cards=cards(told)[:_MOST_CARDS],
        more_cards=max(0, len(cards(told)) - _MOST_CARDS),
        tables_chart=tables_chart(coverage),
        years=_years(coverage),
        schools_chart=schools_chart(coverage),
        schools=_school_rows(coverage),
        schools_all=len(coverage["schools"]),
        freshness_chart=freshness_chart(document["freshness"]),
        freshness=[_fresh(flow) for flow in sorted(document["freshness"], key=slowest)],
        ethnicity_chart=ethnicity_chart(document["people"]),
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


def _years(coverage: Document) -> list[YearRow]:
    """A row for each table and year."""
    years = sorted({name[:4] for name in coverage["months"]})
    rows = []
    for flow in in_order(coverage["tables"]):
        shown = dict(zip(coverage["months"], flow["rows"]))
        for year in years:
            cells = tuple(_month_cell(shown.get(f"{year}-{place:02d}", "")) for place in range(1, 13))
            rows.append(
                YearRow(
                    titled(flow),
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


def _school_rows(coverage: Document) -> list[SchoolRow]:
    rows = []
    for school in sorted(coverage["schools"], key=lambda school: (not school["gaps"], school["school"])):
        levels = [level for level in school["came"] if level is not None]
        least = text.share(min(levels)) if levels else DASH
        gaps = text.listed([span(gap) for gap in school["gaps"]])
        rows.append(SchoolRow(school["school"], cell(pupils_of(school)), least, gaps))
    return rows


# --- how soon --------------------------------------------------------------------------------------------


def _fresh(flow: Document) -> dict[str, Any]:
    return {
        "table": titled(flow),
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


def _answers(people: Document) -> dict[str, Any]:
    of_people = people["ethnicity_of_people"]
    return {
        "source": system_words(people["source"]),
        "records": cell(people["ethnicity"]["all"]),
        "measure": stated(people),
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
