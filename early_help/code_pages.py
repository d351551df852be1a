"""The page ``docs/codes.md``: every list of codes with its labels, made from the definitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sources.codes.attendance import REGISTER_CODES, STATISTICAL_CLASSES, RegisterCode
from sources.codes.council import CODE_LISTS as COUNCIL_LISTS
from sources.codes.ethnicity import ETHNIC_CODES, NOT_GIVEN
from sources.codes.lists import CodeList
from sources.codes.social_care import CODE_LISTS as SOCIAL_CARE_LISTS

_INTRODUCTION = (
    "Made by `make docs` from the definitions. A council's own spellings become these codes by the maps of its TOML; "
    "capitals do not matter. A value that no map turns into one of them is never guessed: it is left out, kept in the "
    "quarantine, and counted by `early-help check`, the run's summary and the table `unmapped_values`."
)


def codes_page() -> str:
    """Every list of codes, with what each code means: Markdown."""
    lines = ["# Codes", "", _INTRODUCTION, *_register(), *_ethnicity()]
    for room in (SOCIAL_CARE_LISTS, COUNCIL_LISTS):
        for codes in room:
            lines += _plain(codes)
    return "\n".join(lines) + "\n"


def _register() -> list[str]:
    lines = [
        *("", "## Register codes", ""),
        "What a mark counts as is looked up for the day of the session: a code outside its days is a keying error.",
        "",
        *(f"- `{name}`: {meaning}." for name, meaning in STATISTICAL_CLASSES.items()),
    ]
    rows = [(f"`{code.code}`", code.label, f"`{code.statistical_class}`", _days(code)) for code in REGISTER_CODES]
    return lines + _table(("code", "meaning", "statistical class", "in force"), rows)


def _days(code: RegisterCode) -> str:
    if code.first is None and code.last is None:
        return "always"
    return f"from {_day(code.first)}" if code.first else f"until {_day(code.last)}"


def _day(day: dt.date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""


def _ethnicity() -> list[str]:
    lines = [
        *("", "## Ethnicity", ""),
        "Codes of the school census. Two groups under census 2021 mean that the code alone does not settle which: "
        "neither is chosen. Gypsy/Roma and Traveller of Irish heritage are a broad group of their own, though the "
        "census counts them under White. Records without an ethnicity are the group Unknown.",
    ]
    rows = [(f"`{one.code}`", one.label, one.broad, " or ".join(one.ons)) for one in ETHNIC_CODES]
    rows += [(f"`{code}`", meaning, "Unknown", "") for code, meaning in NOT_GIVEN.items()]
    return lines + _table(("code", "meaning", "broad group", "census 2021"), rows)


def _plain(codes: CodeList) -> list[str]:
    lines = ["", f"## {codes.name}", "", codes.meaning]
    if codes.counts_as:
        rows = [(f"`{code.code}`", code.label, code.counts_as) for code in codes.codes]
        return lines + _table(("code", "meaning", codes.counts_as), rows)
    return lines + _table(("code", "meaning"), [(f"`{code.code}`", code.label) for code in codes.codes])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["", "| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]
