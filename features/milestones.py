"""Dated steps of each person, by which cohorts and outcomes are defined. No window and no as-of date here."""

from __future__ import annotations

import narwhals as nw

from features.compile import CARRIER, EVENT, KNOWN, test_expr
from features.rows import Test, columns_of, holds, one_of
from features.streams import (
    ARREARS_ACTIONS,
    ASSESSMENTS,
    CONTACTS,
    DOMESTIC_INCIDENTS,
    SERVICES,
    YOUNG_CARERS,
    Stream,
)
from features.world import FOREVER, PERSON, Frame, World, distinct

_NEED_FOUND = one_of("outcome", "cin", "cp", "lac")
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
