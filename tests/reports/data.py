"""A data-quality document of the shape the sources stage writes, with gaps planted and hostile names."""

from __future__ import annotations

from typing import Any

HOSTILE_SCHOOL = "=HYPERLINK(\"http://evil.example/\") <script>alert('school')</script> Robert'); DROP TABLE"
MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
STOPPED = MONTHS.index("2025-03")


def _gap(first: str, last: str, **more: Any) -> dict[str, Any]:
    return {"from": first, "to": last, "from_the_start": False, "to_the_end": last == MONTHS[-1], **more}


def _flow(table: str, source: str, rows: int, **changes: Any) -> dict[str, Any]:
    judged = rows >= 5
    return {
        "table": table,
        "source": source,
        "usual": rows if rows >= 10 else "<10",
        "judged": judged,
        "rows": [rows if rows >= 10 else "<10" for _ in MONTHS],
        "level": [1.0 if judged else None for _ in MONTHS],
        "quiet": [],
        "gaps": [],
    } | changes


def _school(school: str, stopped: int | None = None) -> dict[str, Any]:
    came = [None if name.endswith("-08") else 0.98 for name in MONTHS]
    gaps = []
    if stopped is not None:
        came = [level if level is None or place < stopped else 0.0 for place, level in enumerate(came)]
        gaps = [_gap(MONTHS[stopped], MONTHS[-1], pupils=85)]
    return {
        "source": "schools",
        "school": school,
        "ever_sent": True,
        "expected": [85 for _ in MONTHS],
        "came": came,
        "gaps": gaps,
    }


def _fresh(table: str, source: str, **changes: Any) -> dict[str, Any]:
    return {
        "table": table,
        "source": source,
        "rows": 20000,
        "median_days": 1,
        "p90_days": 5,
        "over_30": 0.0,
        "over_90": 0.0,
        "newest_days": 6,
        "stands_in": False,
        "known_from_the_extract": False,
    } | changes


def _people(source: str, stated: int, blank: int | str) -> dict[str, Any]:
    answers = {"all": 1000, "stated": stated, "refused": 0, "not_obtained": "<10", "blank": blank}
    return {
        "source": source,
        "records": 1000,
        "asks_ethnicity": True,
        "ethnicity": {**answers, "unusable": 0},
        "ethnicity_of_people": answers,
        "identifiers": {
            "dob": 0.4,
            "postcode": 0.98,
            "uprn": None,
            "upn": None,
            "nino": None,
            "email": None,
            "phone": None,
        },
        "first_of_january": 0.05,
        "first_of_1900": 0.0,
    }


def data_quality() -> dict[str, Any]:
    """One school stops in March 2025, a month of rent is missing, one system holds no ethnicity."""
    hole = MONTHS.index("2025-05")
    rent = _flow("rent_transactions", "housing", 13800, gaps=[_gap("2025-05", "2025-05")])
    rent["rows"][hole], rent["level"][hole] = 0, 0.0
    table = {
        "rows": 20000,
        "accepted": 19700,
        "set_aside": 300,
        "replaced": "<10",
        "rules": [
            {
                "column": "event_date",
                "rule": "not_a_date",
                "leaves_out": "row",
                "count": 300,
                "share": 0.015,
                "meaning": "The date could not be read.",
                "help": "Choose dates from a calendar.",
            }
        ],
        "columns": [{"column": "reason", "blank": 1200, "share": 0.06}, {"column": "sex", "blank": 0, "share": 0.0}],
        "unmapped": [{"column": "kind", "count": 600, "share": 0.03}],
        "not_sent": ["end_recorded_on"],
    }
    return {
        "protection": {"suppressed_below": 10, "rounded_to": 5},
        "extract_date": "2026-01-10",
        "covers_from": "2024-01-01",
        "covers_to": "2025-12-31",
        "extracts": [
            {
                "extract": "rent",
                "source": "housing",
                "files": 1,
                "rows": 20000,
                "not_data": {},
                "tables": {"rent_transactions": table},
            },
        ],
        "without_register": [],
        "coverage": {
            "months": MONTHS,
            "gap_below": 0.25,
            "least_usual": 5,
            "least_expected": 40,
            "tables": [rent, _flow("attendance", "schools", 160000, quiet=[8]), _flow("offences", "youth_justice", 3)],
            "schools": [_school("2992000"), _school(HOSTILE_SCHOOL, STOPPED)],
        },
        "freshness": [
            _fresh("rent_transactions", "housing", stands_in=True, median_days=0, p90_days=0),
            _fresh("benefit_spells", "benefits", median_days=10, p90_days=72, over_30=0.31, over_90=0.05),
            _fresh("offences", "youth_justice", rows=15, median_days=None, p90_days=None, over_30=None, over_90=None),
        ],
        "people": [_people("benefits", 250, 745), _people("schools", 980, 15)],
    }
