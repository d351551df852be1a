"""Which feeds stop the quarterly job, and which are only told of."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from early_help.feeds import broken_feeds
from models.thresholds import RetrainingConfig

AS_OF = dt.date(2026, 6, 30)


def quality(*, gap: tuple[str, str] | None = None, quiet: tuple[int, ...] = (), **rows: Any) -> dict[str, Any]:
    """A document with one judged table, and one extract of attendance with ``rows``."""
    counts = {"rows": 1000, "accepted": 1000, "set_aside": 0, **rows}
    gaps = [{"from": gap[0], "to": gap[1]}] if gap else []
    return {
        "coverage": {"tables": [{"table": "rent_transactions", "source": "rents", "quiet": list(quiet), "gaps": gaps}]},
        "extracts": [{"extract": "marks", "source": "schools", "tables": {"attendance": counts}}],
    }


@pytest.mark.parametrize(
    ("gap", "quiet", "stops"),
    [
        (None, (), False),
        (("2026-04", "2026-06"), (), True),
        (("2026-05", "2026-08"), (), True),
        (("2026-01", "2026-05"), (), True),
        # One month of three may come late; one that is all there is of a termly return may not be missing.
        (("2026-06", "2026-08"), (), False),
        (("2026-05", "2026-05"), (4, 6), True),
        (("2026-08", "2026-08"), (), False),
        (("2025-10", "2025-12"), (), False),
        (("2025-05", "2026-08"), (), False),
    ],
)
def test_a_quarter_that_hardly_came_stops_the_job(
    gap: tuple[str, str] | None, quiet: tuple[int, ...], stops: bool
) -> None:
    broken, _ = broken_feeds(quality(gap=gap, quiet=quiet), None, AS_OF)
    assert bool(broken) is stops
    if stops:
        assert broken[0].startswith("rents: next to nothing of rent transactions from ")


def test_what_stopped_over_a_year_ago_is_told_and_taken_for_known() -> None:
    broken, told = broken_feeds(quality(gap=("2025-05", "2026-08")), None, AS_OF)
    assert broken == []
    assert "for 12 months or more" in told[0]


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ({"accepted": 1000}, {"accepted": 1000}, None),
        ({"accepted": 760}, {"accepted": 1000}, None),
        ({"accepted": 740}, {"accepted": 1000}, "740 rows of attendance, where a quarter ago there were 1,000"),
        ({"accepted": "<10"}, {"accepted": 1000}, "nothing of attendance any more"),
        ({"accepted": 5}, {"accepted": "withheld"}, None),
        ({"set_aside": 300}, {"set_aside": 20}, "30% of the rows for attendance broke a rule"),
        ({"set_aside": 300}, {"set_aside": 150}, None),
        ({"set_aside": 300}, {"set_aside": "<10"}, None),
    ],
)
def test_a_table_that_fell_or_broke_its_rules_stops_the_job(
    now: dict[str, Any], before: dict[str, Any], said: str | None
) -> None:
    broken, _ = broken_feeds(quality(**now), quality(**before), AS_OF)
    assert len(broken) == (said is not None)
    if said:
        assert said in broken[0]


@pytest.mark.parametrize(
    ("thresholds", "now", "stops"),
    [
        ({"rows_fell_to": 0.5}, {"accepted": 740}, False),
        ({"rows_fell_to": 0.9}, {"accepted": 850}, True),
        ({"set_aside": 0.4}, {"set_aside": 300}, False),
        ({"set_aside_before": 0.01}, {"set_aside": 300}, False),
        ({"set_aside": 0.1}, {"set_aside": 150}, True),
    ],
)
def test_a_council_may_set_other_thresholds(thresholds: dict[str, float], now: dict[str, Any], stops: bool) -> None:
    asked = RetrainingConfig(**thresholds)
    before = quality(set_aside=20)
    assert bool(broken_feeds(quality(**now), before, AS_OF, asked)[0]) is stops
    assert bool(broken_feeds(quality(**now), before, AS_OF)[0]) is not stops


def test_a_gap_is_known_after_as_many_months_as_the_council_says() -> None:
    gap = quality(gap=("2025-12", "2026-08"))
    assert broken_feeds(gap, None, AS_OF)[0]
    assert broken_feeds(gap, None, AS_OF, RetrainingConfig(known_gap_months=6))[0] == []


def test_a_system_that_sends_nothing_any_more_stops_the_job_and_a_new_one_does_not() -> None:
    other = quality()
    other["extracts"][0]["source"] = "new_schools"
    assert broken_feeds(other, quality(), AS_OF)[0] == [
        "schools: there is nothing of attendance any more; a quarter ago there were 1,000 rows."
    ]
    two = quality()
    two["extracts"].append({"extract": "more", "source": "nurseries", "tables": two["extracts"][0]["tables"]})
    assert broken_feeds(two, quality(), AS_OF) == ([], [])
