"""A slow plain-Python reading of one mapping and its contract, to hold the engine's against.

Written from the rules alone: one row at a time, with Python's own dates and decimals.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

EXTRACT_DATE = dt.date(2026, 9, 7)
BLANKS = " \t\r\n\v\f"
INVISIBLE = "\u00ad\u200b\u200f\u202c\u202e\ufeff"
MISSING = ("n/a", "-")
BENEFITS = {"hb/ctr": "housing_benefit", "ctr": "council_tax_reduction"}
TABLE_BENEFITS = ("housing_benefit", "council_tax_reduction", "universal_credit")

Issue = tuple[str | None, str, str, str | None]
"""Column (None for the whole row), rule, action, value as held."""


def cell(text: str) -> str | None:
    seen = "".join(letter for letter in text if letter not in INVISIBLE).replace("\u00a0", " ").strip(BLANKS)
    return None if seen in ("", *MISSING) else seen


def unpadded(text: str | None) -> str | None:
    """Every run of figures without the zeros before it; a lone zero stays."""
    return "".join(str(int(run)) if run.isdigit() else run for run in re.split("([0-9]+)", text)) if text else text


def identifier(text: str | None) -> str | None:
    return re.sub(r"^(\d+)\.0+$", r"\1", text) if text else text


def day(text: str | None, formats: list[str], latest: dt.date = EXTRACT_DATE) -> dt.date | None:
    if text is None:
        return None
    bare = re.sub(r"[ T]+\d{1,2}:\d{2}(:\d{2})?$", "", text)
    for form in [*formats, "%Y-%m-%d"]:
        if form == "excel":
            if re.fullmatch(r"\d{1,5}(\.\d+)?", text) and 1 <= int(float(text)) <= 73050:
                return dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
            continue
        try:
            found = dt.datetime.strptime(identifier(bare) or "", form).date()
        except ValueError:
            continue
        if "%y" in form and found > latest:
            return found.replace(year=found.year - 100)
        return found
    return None


def pence(text: str | None) -> int | None:
    if text is None:
        return None
    bare = re.sub(r"[£\s]", "", text.upper())
    shape = re.fullmatch(r"(\()?([+-])?((?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d{1,4})?)(\))?(CR|DR|-)?", bare)
    if not shape or not re.search(r"\d", shape[3]) or bool(shape[1]) != bool(shape[4]):
        return None
    if shape[1] and (shape[2] or shape[5]):
        return None
    number = Decimal(shape[3].replace(",", "")) * 100
    whole = int(number.quantize(Decimal(1), ROUND_HALF_UP))
    return -whole if (shape[1] or shape[5] in ("CR", "-")) != (shape[2] == "-") else whole


def flag(text: str | None) -> bool | None:
    if text is None:
        return None
    if text.lower() in ("y", "yes", "true", "t", "1"):
        return True
    return False if text.lower() in ("n", "no", "false", "f", "0") else None


def benefit(text: str | None) -> str | None:
    if text is None:
        return None
    mapped = BENEFITS.get(text.lower(), text)
    return next((code for code in TABLE_BENEFITS if code == mapped.lower()), None)


def claim(raw: dict[str, str]) -> tuple[dict[str, Any] | None, list[Issue]]:
    """One benefit claim: the accepted row or None, and what was noted."""
    held = {name: cell(text) for name, text in raw.items()}
    held["part"] = unpadded(held["part"])
    issues: list[Issue] = []
    far = dt.date(EXTRACT_DATE.year + 50, 12, 31)
    values: dict[str, Any] = {
        "group_id": f"{identifier(held['claim'])}|{identifier(held['part'])}"
        if held["claim"] and held["part"]
        else None,
        "event_date": day(held["from"], ["%d/%m/%Y", "%d-%b-%y"]),
        "recorded_on": day(held["known"], ["%d/%m/%Y", "excel"]),
        "to_date": day(held["to"], ["%d/%m/%Y"]),
        "benefit": benefit(held["kind"]),
        "weekly_pence": pence(held["award"]),
        "carers_allowance": flag(held["carer"]),
    }
    origin = {"event_date": "from", "recorded_on": "known", "to_date": "to", "benefit": "kind", "weekly_pence": "award"}
    origin["carers_allowance"] = "carer"

    def first_broken(column: str, *rules: tuple[bool, str]) -> str | None:
        return next((rule for broken, rule in rules if broken), None)

    for column in ("group_id", "event_date", "recorded_on", "benefit"):
        text = held[origin[column]] if column in origin else values["group_id"]
        value = values[column]
        early_or_late = isinstance(value, dt.date) and value > EXTRACT_DATE, "after_extract_date"
        too_early = isinstance(value, dt.date) and value < dt.date(1900, 1, 1), "too_early"
        kind = "not_a_known_code" if column == "benefit" else "not_a_date"
        rule = first_broken(column, (text is None, "blank"), (value is None, kind), early_or_late, too_early)
        if rule:
            issues.append((column, rule, "row", text))
    if held["to"] is not None and values["to_date"] is None:
        issues.append(("to_date", "not_a_date", "row", held["to"]))
    if values["to_date"] and values["event_date"] and values["to_date"] < values["event_date"]:
        issues.append((None, "ends_before_it_begins", "row", None))
    if issues:
        return None, issues
    if values["to_date"] and values["to_date"] > far:
        issues.append(("to_date", "too_late", "cell", held["to"]))
        values["to_date"] = None
    if held["award"] is not None and (values["weekly_pence"] is None or not 0 <= values["weekly_pence"] <= 1_000_000):
        rule = "not_an_amount" if values["weekly_pence"] is None else "out_of_range"
        issues.append(("weekly_pence", rule, "cell", held["award"]))
        values["weekly_pence"] = None
    if held["carer"] is not None and values["carers_allowance"] is None:
        issues.append(("carers_allowance", "not_yes_or_no", "cell", held["carer"]))
    return values, issues
