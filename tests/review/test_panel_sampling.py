"""Drawing a few cases from below the line, and that nothing shows which they are."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pyarrow as pa
import pytest

from models.tables import REASONS, SCORES
from review.panel.sampling import drawn_by_lot, with_sample
from store.errors import UsageError
from store.keys import Keys
from tests.support import KEYS

NOW, BEFORE = dt.date(2026, 6, 30), dt.date(2025, 6, 30)


def tables(explained: int) -> tuple[pa.Table, pa.Table]:
    """A list of 5 of 60, and reasons for it and for so many below the line; u07 is of two families."""
    rows = [
        {
            **{"unit_id": f"u{place:02}", "family_id": f"f{place:02}", "as_of": as_of, "part": part},
            **{"position": place + 1, "score": 1 - place / 100, "flagged": place < 5},
        }
        for part, as_of in (("test", BEFORE), ("current", NOW))
        for place in range(60)
    ]
    rows.append({**rows[67], "family_id": "f99", "position": 61})
    rows.append({**rows[60], "family_id": "f98", "position": 62, "flagged": False})
    reasons = [
        {"unit_id": f"u{place:02}", "family_id": f"f{place:02}", "as_of": NOW, "position": 1, "kind": "for"}
        for place in range(5 + explained)
    ]
    return (
        pa.Table.from_pylist(rows, schema=SCORES.arrow_schema()),
        pa.Table.from_pylist(reasons, schema=REASONS.arrow_schema()),
    )


def test_nothing_is_drawn_unless_it_is_asked_for() -> None:
    scores, reasons = tables(40)
    found, drawn = with_sample(scores, reasons, 0, KEYS, "t")
    assert found is scores and drawn == {}


def test_cases_below_the_line_of_the_current_date_are_drawn_and_only_those_with_reasons() -> None:
    scores, reasons = tables(40)
    found, drawn = with_sample(scores, reasons, 10, KEYS, "t")
    assert len(drawn) == 10 and {one.drawn_from for one in drawn.values()} == {55}
    assert set(drawn) <= {f"u{place:02}" for place in range(5, 45)}
    flagged = {row["unit_id"] for row in found.to_pylist() if row["flagged"] and row["part"] == "current"}
    assert flagged == set(drawn) | {f"u{place:02}" for place in range(5)}
    past = [row["flagged"] for row in found.to_pylist() if row["part"] == "test"]
    assert sum(past) == 5, "what past lists were is left alone"
    assert found.drop(["flagged"]).equals(scores.drop(["flagged"]))


def test_the_draw_is_the_same_each_time_and_another_for_another_key_or_target() -> None:
    scores, reasons = tables(40)
    first, again, target, key = (
        set(with_sample(scores, reasons, 10, keys, name)[1])
        for keys, name in ((KEYS, "t"), (KEYS, "t"), (KEYS, "other"), (Keys(bytes(32)), "t"))
    )
    assert first == again and first != target and first != key


def test_everybody_is_as_likely_to_be_drawn() -> None:
    units = {f"u{n}" for n in range(30)}
    times = Counter(unit for seed in range(3000) for unit in drawn_by_lot(units, 6, seed.to_bytes(16, "big")))
    # Of 3,000 draws of 6 in 30 each is expected in 600, with a standard deviation of 21.9.
    assert set(times) == units and all(abs(count - 600) < 5 * 21.9 for count in times.values())


def test_a_sample_of_those_who_happen_to_have_reasons_is_refused() -> None:
    scores, reasons = tables(4)
    with pytest.raises(UsageError, match="Too few cases below the line"):
        with_sample(scores, reasons, 5, KEYS, "t")
