"""Dated steps of each person, by which cohorts and outcomes are defined. No window and no as-of date here.

``assessed`` says that somebody looked, whatever was found: a single assessment ended, or early help opened with
scores. ``need_assessed`` says that need was found by looking: the assessment led to help and did not say that there
was no concern, or several subjects were scored high when early help opened. Who is looked at is not who is in need,
so that the second is learnt among those who have the first.
"""

from __future__ import annotations

import narwhals as nw

from features.compile import CARRIER, EVENT, KNOWN, test_expr
from features.early_help import HIGH_SCORE, OPENING
from features.rows import Test, at_least, columns_of, holds, one_of
from features.streams import (
    ARREARS_ACTIONS,
    ASSESSMENTS,
    CONTACTS,
    DOMESTIC_INCIDENTS,
    OUTCOME_SCORES,
    SERVICES,
    YOUNG_CARERS,
    Stream,
)
from features.world import FOREVER, PERSON, Frame, World, distinct

_NEED_FOUND = one_of("outcome", "cin", "cp", "lac")
_HELP_DUE = one_of("outcome", "cin", "cp", "lac", "early_help")
_NO_CONCERN = holds("factors", "21")
_SEVERAL = 2
"""Subjects scored high when early help opened, from which need has been found: one alone is common."""
_TOWARDS_EVICTION = one_of("action", "court_date", "suspended_possession", "eviction_date", "eviction")
_END, _END_KNOWN = "to_date", "end_recorded_on"


def milestones(world: World) -> Frame:
    """One row for each person and step: person, kind, event_date, recorded_on, to_date, end_recorded_on as days.

    A group's step (an early help case, an eviction step) is a step of each person who was in the group then.
    """
    steps = [
        _steps(world, DOMESTIC_INCIDENTS, "domestic_high_risk", one_of("risk", "high")),
        _steps(world, CONTACTS, "contact"),
        _steps(world, CONTACTS, "referral", one_of("outcome", "referral")),
        _steps(world, ASSESSMENTS.ended, "assessment_need", _NEED_FOUND),
        _steps(world, ASSESSMENTS.ended, "assessed"),
        _steps(world, ASSESSMENTS.ended, "need_assessed", _HELP_DUE & ~_NO_CONCERN),
        _scored(world, "assessed", 0),
        _scored(world, "need_assessed", _SEVERAL),
        _steps(world, ASSESSMENTS.ended, "young_carer_identified", holds("factors", "7A")),
        _steps(world, YOUNG_CARERS, "young_carer_identified"),
        _steps(world, ARREARS_ACTIONS, "eviction_action", _TOWARDS_EVICTION),
        *(_spells(world, service) for service in ("early_help", "cin", "cp", "lac")),
    ]
    return distinct(nw.concat(steps))


def _steps(world: World, stream: Stream, kind: str, where: Test | None = None) -> Frame:
    rows = world.events(stream, tuple(dict.fromkeys(columns_of(where))))
    if where is not None:
        rows = rows.filter(test_expr(where))
    nothing = nw.lit(None, nw.Int64)
    return _of_persons(world, rows.with_columns(nothing.alias(_END), nothing.alias(_END_KNOWN)), kind, nw.col(EVENT))


def _scored(world: World, kind: str, at_least_so_many: int) -> Frame:
    """Early help opened with scores, so many subjects of which were high. It is known once all are."""
    rows = world.events(OUTCOME_SCORES, ("stage", "score")).filter(test_expr(OPENING))
    high = test_expr(at_least("score", HIGH_SCORE)).cast(nw.Int64)
    openings = (
        rows.with_columns(high.alias("high"))
        .group_by(CARRIER, EVENT)
        .agg(nw.col(KNOWN).max(), nw.col("high").sum().cast(nw.Int64))
        .filter(nw.col("high") >= at_least_so_many)
    )
    nothing = nw.lit(None, nw.Int64)
    steps = openings.select(CARRIER, EVENT, KNOWN, nothing.alias(_END), nothing.alias(_END_KNOWN))
    return _of_persons(world, steps, kind, nw.col(EVENT))


def _spells(world: World, service: str) -> Frame:
    rows = world.events(SERVICES.started, ("service", _END, _END_KNOWN)).filter(test_expr(one_of("service", service)))
    end_known = nw.coalesce(_END_KNOWN, nw.max_horizontal(_END, KNOWN))
    ended = ~nw.col(_END).is_null()
    rows = rows.with_columns(nw.when(ended).then(end_known).alias(_END_KNOWN))
    return _of_persons(world, rows, service, nw.col(_END).fill_null(FOREVER))


def _of_persons(world: World, rows: Frame, kind: str, joined_by: nw.Expr) -> Frame:
    """Rows of persons as they are; rows of groups once for each member who had joined by a day and not yet left."""
    columns = (nw.col(EVENT), nw.col(KNOWN), nw.col(_END), nw.col(_END_KNOWN))
    own = rows.filter(nw.col(CARRIER) >= 0).select(nw.col(CARRIER).alias(PERSON), *columns)
    through = (
        rows.filter(nw.col(CARRIER) < 0)
        .join(world.group_members, left_on=CARRIER, right_on="group")
        .filter(
            nw.col("left").is_null() | (nw.col("left") >= nw.col(EVENT)),
            nw.col("joined").is_null() | (nw.col("joined") <= joined_by),
        )
        .select(PERSON, nw.col(EVENT), nw.max_horizontal(KNOWN, "listed").alias(KNOWN), _END, _END_KNOWN)
    )
    return nw.concat([own, through]).select(
        PERSON,
        nw.lit(kind).alias("kind"),
        nw.col(EVENT).alias("event_date"),
        nw.col(KNOWN).alias("recorded_on"),
        _END,
        _END_KNOWN,
    )
