"""Labels known only of those who were observed: who counts, what was found, and what was known by when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables import MEMBERS, MILESTONES
from models.cohort import build_cohort
from models.labels import LabelDays, label_days
from models.target import Ages, Cohort, Label, Outcome, Unit

AS_OF = dt.date(2025, 3, 31)
HORIZON = 100
COHORT = Cohort(Unit.FAMILY, Ages(0, 17), ())
LABEL = Label("assessed_need", "Need that somebody found", ("need_assessed",), ("assessed",))


def day(offset: int) -> dt.date:
    return AS_OF + dt.timedelta(offset)


def step(kind: str, event: int, recorded: int, person: str = "kid") -> dict[str, Any]:
    when = {"event_date": day(event), "recorded_on": day(recorded)}
    return {"person_id": person, "kind": kind, **when, "to_date": None, "end_recorded_on": None}


def labels_of(milestones: list[dict[str, Any]], people: tuple[str, ...] = ("kid",)) -> LabelDays:
    """The label of one family at one as-of date."""
    member = {"as_of": AS_OF, "family_id": "fam", "role": "child", "age_years": 9}
    with duckdb.connect() as connection:
        members = [{**member, "person_id": person} for person in people]
        connection.register("members", pa.Table.from_pylist(members, schema=MEMBERS.arrow_schema()))
        connection.register("milestones", pa.Table.from_pylist(milestones, schema=MILESTONES.arrow_schema()))
        table = build_cohort(connection, COHORT, Outcome(("cp",), HORIZON), [AS_OF], "salt", (LABEL,))
    (name,) = label_days(table, np.array([0]))
    assert name == LABEL.name
    return label_days(table, np.array([0]))[name]


def known(milestones: list[dict[str, Any]], by: int | None = None) -> tuple[float, float]:
    """Outcome and weight of the family."""
    learnt = labels_of(milestones).learnt(np.array([0]), None if by is None else day(by))
    return float(learnt.outcome[0]), float(learnt.weight[0])


SITUATIONS = [
    ("nobody looked", [], None, (0, 0)),
    ("looked, and found nothing", [step("assessed", 5, 6)], None, (0, 1)),
    ("looked, and found need", [step("assessed", 5, 6), step("need_assessed", 5, 6)], None, (1, 1)),
    ("found need is looking too", [step("need_assessed", 5, 6)], None, (1, 1)),
    ("on the as-of date", [step("assessed", 0, 0)], None, (0, 1)),
    ("the day before the as-of date, recorded after", [step("need_assessed", -1, 3)], None, (0, 0)),
    ("last day of the horizon", [step("assessed", HORIZON - 1, HORIZON)], None, (0, 1)),
    ("the day after the horizon", [step("assessed", HORIZON, HORIZON)], None, (0, 0)),
    ("recorded the day before it is learnt", [step("need_assessed", 5, 149)], 150, (1, 1)),
    ("recorded on the day it would be learnt", [step("need_assessed", 5, 150)], 150, (0, 0)),
    ("looking known, finding not yet", [step("assessed", 5, 6), step("need_assessed", 5, 150)], 150, (0, 1)),
    ("looked twice, the first one known", [step("assessed", 5, 160), step("assessed", 40, 41)], 150, (0, 1)),
    ("somebody else", [step("need_assessed", 5, 6, person="neighbour")], None, (0, 0)),
    ("the main outcome is no observation", [step("cp", 5, 6)], None, (0, 0)),
]


@pytest.mark.parametrize(("situation", "milestones", "by", "expected"), SITUATIONS, ids=[row[0] for row in SITUATIONS])
def test_label(situation: str, milestones: list[dict[str, Any]], by: int | None, expected: tuple[float, float]) -> None:
    assert known(milestones, by) == expected


STEPS = st.builds(
    lambda kind, event, delay, person: step(kind, event, event + delay, person),
    st.sampled_from(("assessed", "need_assessed", "cp")),
    st.integers(-20, HORIZON + 20),
    st.integers(0, 60),
    st.sampled_from(("kid", "mum", "neighbour")),
)


@settings(max_examples=60, deadline=None)
@given(milestones=st.lists(STEPS, max_size=6), by=st.integers(-10, HORIZON + 90))
def test_agrees_with_a_plain_reading(milestones: list[dict[str, Any]], by: int) -> None:
    learnt = labels_of(milestones, ("kid", "mum")).learnt(np.array([0]), day(by))
    within = [
        one["kind"]
        for one in milestones
        if one["person_id"] != "neighbour"
        and AS_OF <= one["event_date"] < day(HORIZON)
        and one["recorded_on"] < day(by)
    ]
    assert bool(learnt.weight[0]) is bool({"assessed", "need_assessed"} & set(within))
    assert bool(learnt.outcome[0]) is ("need_assessed" in within)
