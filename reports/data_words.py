"""What the data's owner reads about a gap: what was seen, what it means for families, what would help."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from features.wording import SOURCE_WORDS
from reports import text
from reports.facts import FeatureFacts

Document = Mapping[str, Any]

TABLE_WORDS = SOURCE_WORDS | {
    "addresses": "the gazetteer",
    "allocations": "workers' allocations",
    "outcome_scores": "outcome scores",
    "person_records": "records of people",
    "relationships": "family links",
}
COLUMN_WORDS = {
    "dob": "birth date",
    "upn": "pupil number",
    "uprn": "property number",
    "nino": "National Insurance number",
    "name": "name",
    "email": "email",
    "phone": "telephone",
    "postcode": "postcode",
    "sex": "sex",
    "ethnicity": "ethnicity",
    "event_date": "date of the event",
    "recorded_on": "date of recording",
    "to_date": "end date",
    "from_date": "start date",
    "address_from": "first day at the address",
    "address_to": "last day at the address",
    "end_recorded_on": "date the end was recorded",
    "fsm": "free school meals",
    "sen": "special educational needs",
    "weekly_pence": "weekly award",
    "weekly_rent_pence": "weekly rent",
    "amount_pence": "amount",
    "balance_pence": "balance",
    "imd_decile": "deprivation decile",
    "record_id": "person's key",
    "group_id": "group's key",
}
FEW = "fewer than 10"
WITHHELD = "not shown"
DASH = "\u2013"
"""What stands where there is nothing to show."""


def table_words(table: str) -> str:
    """What a table holds, as people say it."""
    return TABLE_WORDS.get(table, table.replace("_", " "))


def column_words(column: str) -> str:
    """A column, as people say it; '' is the whole row."""
    return COLUMN_WORDS.get(column, column.replace("_", " ")) if column else "the whole row"


def system_words(source: str) -> str:
    """A system's name for a heading."""
    return text.spaced(source)


def cell(count: int | str | None) -> str:
    """A count as the document shows it."""
    if count is None:
        return DASH
    if isinstance(count, int):
        return text.count(count)
    return FEW if count.startswith("<") else WITHHELD


def month(name: str) -> str:
    """``2025-03`` as ``March 2025``."""
    return f"{dt.date.fromisoformat(name + '-01'):%B %Y}"


def span(gap: Document) -> str:
    """The months of a gap: ``in May 2024``, ``from March to July 2025``, ``from the start to May 2024``."""
    first, last = month(gap["from"]), month(gap["to"])
    if gap["from"] == gap["to"]:
        return f"in {first}"
    if gap["to_the_end"] and not gap["from_the_start"]:
        return f"from {first} to the end of the extract ({last})"
    if gap["from"][:4] == gap["to"][:4]:
        first = first.split()[0]
    return f"from {first} to {last}"


def after(days: int | None) -> str:
    """A time after the event: ``same day``, ``1 day``, ``12 days``; a dash where it may not be shown."""
    if days is None:
        return DASH
    return "same day" if days <= 0 else f"{text.count(days)} day{'s' if days > 1 else ''}"


def effect(tables: Iterable[str], features: Iterable[FeatureFacts]) -> str:
    """What a gap in these tables makes of the features that rest on them, by what a blank means to each."""
    wanted = set(tables)
    resting = [feature for feature in features if wanted & set(feature.sources)]
    if not resting:
        return ""
    counting = [feature for feature in resting if feature.null_rule == "zero"]
    blank = [feature for feature in resting if feature.null_rule != "zero"]
    said = []
    if blank:
        stay = "stays" if len(blank) == 1 else "stay"
        said.append(
            f"{_number_of(blank)} {stay} unknown where nothing came. Unknown is never read as nothing, or as all well"
        )
    if counting:
        counts = "counts" if len(counting) == 1 else "count"
        said.append(
            f"{_number_of(counting)} {counts} what is on record. Where rows are missing the count is too low, and a "
            "family may look better off than it is"
        )
    return text.sentence(". ".join(said))


def _number_of(features: list[FeatureFacts]) -> str:
    subjects = text.listed(sorted({feature.subject.replace("_", " ") for feature in features}))
    return text.sentence(f"{text.counted(len(features), 'feature', 'features')} about {subjects}").rstrip(".")
