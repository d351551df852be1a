"""Words that several subjects share, and how the sentences of the catalogue are filled in."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

NAMED_SOURCES = 3
"""More than these in one breath tell a reader nothing."""

SOURCE_WORDS = {
    "adult_care_services": "adult social care",
    "allocations": "allocations of workers",
    "arrears_actions": "rent arrears actions",
    "assessments": "social care assessments",
    "attendance": "school registers",
    "benefit_spells": "benefit claims",
    "contacts": "contacts with children's services",
    "disability_markers": "disability records",
    "domestic_incidents": "domestic abuse notifications",
    "exclusions": "school suspensions",
    "families": "who lives with whom",
    "group_members": "services' own family groups",
    "members": "who lives with whom",
    "neet": "records of school leavers",
    "offences": "youth justice records",
    "outcome_scores": "scores of early help cases",
    "people": "birth dates",
    "rent_transactions": "rent accounts",
    "residence_spells": "addresses",
    "school_status": "the school census",
    "service_episodes": "children's services cases",
    "tenancies": "council tenancies",
    "young_carer_identifications": "the young carers' register",
}
"""What the tables hold, in words a panel uses."""

_ROW_WORDS = {
    "absent_days": "days of absence",
    "adult_care_services": "adult care services",
    "allocations": "allocations of workers",
    "arrears_actions": "steps over rent arrears",
    "assessments": "assessments",
    "attendance": "school sessions",
    "benefit_spells": "benefit claims and awards",
    "contacts": "contacts",
    "disability_markers": "disability markers",
    "domestic_incidents": "domestic abuse notifications",
    "exclusions": "suspensions and exclusions",
    "members": "members",
    "neet": "trackings of school leavers",
    "offences": "offences",
    "outcome_scores": "scores of early help cases",
    "rent_transactions": "postings to the rent account",
    "residence_spells": "known addresses",
    "school_status": "school census rows",
    "service_episodes": "service episodes",
    "tenancies": "tenancies",
    "young_carer_identifications": "identifications as a young carer",
}
"""What one row of each table is, in the plural; of a table that is not here, a row."""

_PERIODS = {28: "4 weeks", 91: "3 months", 182: "6 months", 365: "12 months", 730: "2 years"}


def period(days: int) -> str:
    """A window in words: 182 is '6 months'."""
    return _PERIODS.get(days, f"{days} days")


def plural_rows(table: str, ended: bool = False) -> str:
    """What the rows of a table are: 'assessments', or 'assessments that ended'."""
    rows = _ROW_WORDS.get(table, f"rows of {table.replace('_', ' ')}")
    return f"{rows} that ended" if ended else rows


def sources_in_words(tables: Sequence[str]) -> str:
    """At most three sources by name: 'rent accounts, council tenancies and others'."""
    words = list(dict.fromkeys(SOURCE_WORDS.get(table, table.replace("_", " ")) for table in tables))
    if len(words) > NAMED_SOURCES:
        return f"{', '.join(words[:NAMED_SOURCES])} and others"
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def filled(template: str, figure: str) -> str:
    """A sentence with its ``{value}``, its words agreeing with the figure.

    ``day(s)``, ``address(es)``, ``child(ren)`` and ``(was|were)`` are singular beside '1', else plural; one time is
    once, and two are twice.
    """
    one = figure == "1"
    often = {"1": "once", "2": "twice"}.get(figure)
    if often:
        template = template.replace("{value} time(s)", often)
    agreed = re.sub(r"\((\w+)\|(\w+)\)", r"\1" if one else r"\2", template)
    agreed = re.sub(r"\((s|es|ren)\)", "" if one else r"\1", agreed)
    return agreed.replace("{value}", figure)


def span(days: float) -> str:
    """A length of time in the unit people would use: '1 day', '7 weeks', '14 months', '4 years'."""
    for unit, length, below in (("day", 1.0, 28), ("week", 7.0, 91), ("month", 365.25 / 12, 3 * 365)):
        if days < below:
            return filled(f"{{value}} {unit}(s)", f"{days / length:.0f}")
    return filled("{value} year(s)", f"{days / 365.25:.0f}")


def written(value: float, unit: str) -> str:
    """A figure for a sentence: a share as a percentage, a flag as yes or no, days as a span, a whole number whole.

    What is more than nothing is never written as 0.
    """
    match unit:
        case "days":
            return span(value)
        case "flag":
            return "yes" if value > 0 else "no"
        case "pounds":
            return f"£{value:,.0f}"
        case "share":
            return f"{_to_a_tenth(value * 100, whole_from=10)}%"
        case _:
            return _to_a_tenth(value)


def _to_a_tenth(value: float, whole_from: float = math.inf) -> str:
    """One place, none where it is 0 or the figure is ``whole_from`` or more; what would read as nothing by a limit."""
    rounded = round(value, 1) + 0.0
    if value > 0 and rounded == 0:
        return "under 0.1"
    whole = rounded.is_integer() or abs(rounded) >= whole_from
    return f"{rounded:,.0f}" if whole else f"{rounded:,.1f}"


def in_context(said: str, fraction: tuple[int, int] | None, median: str | None, whose: str = "borough") -> str:
    """A sentence with the counts of its share, and the median of all who have a value: the borough's, or a sample's."""
    words = said.removesuffix(".")
    if fraction is not None:
        words += f" ({fraction[0]:,} of {fraction[1]:,})"
    return f"{words}; {whose} median {median}." if median is not None else f"{words}."
