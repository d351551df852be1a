"""Which schools note young carers: of each pupil's schoolmates, how many there are and how many were noticed.

Not a feature. It says who would have been noticed, never who cares, so it stands in a table of its own: no model that
ranks children can take it up by mistake. Only counts are kept, not which school it is.
"""

from __future__ import annotations

import narwhals as nw

from features.compile import AS_OF, AS_OF_DAY, CARRIER, EVENT, KNOWN, test_expr
from features.rows import holds, one_of
from features.streams import ASSESSMENTS, SCHOOL_STATUS, YOUNG_CARERS
from features.world import PERSON, Frame, World, distinct

_CENSUS_DAYS = 365
_IN_A_CENSUS = one_of("identified_by", "parent", "school")
_IN_AN_ASSESSMENT = holds("factors", "7A")
_SCHOOL = "school_id"


def schoolmates(world: World) -> Frame:
    """One row for each pupil and as-of date: as_of, person, schoolmates, identified, marked.

    A pupil's school is that of the latest census of the year before, as known then; of two in one census the first by
    its code. ``identified`` of the schoolmates were known to some service as young carers; ``marked`` pupils, present
    or past, were entered as such in a census of this very school. The pupil is in none of the three.
    """
    enrolled = world.backend.keep(_enrolled(world))
    pupils = world.backend.keep(_pupils(world, enrolled))
    identified = _as_known(world, _identified(world)).with_columns(nw.lit(1, nw.Int64).alias("identified"))
    marked = world.backend.keep(_as_known(world, _marked(world, enrolled), _SCHOOL))
    marks = marked.group_by(AS_OF, _SCHOOL).agg(nw.len().cast(nw.Int64).alias("marks"))
    own = marked.with_columns(nw.lit(1, nw.Int64).alias("own_mark"))
    there = world.backend.keep(pupils.join(identified, on=[AS_OF, PERSON], how="left"))
    schools = there.group_by(AS_OF, _SCHOOL).agg(
        nw.len().cast(nw.Int64).alias("pupils"), nw.col("identified").sum().cast(nw.Int64).alias("known")
    )
    return (
        there.join(schools, on=[AS_OF, _SCHOOL])
        .join(marks, on=[AS_OF, _SCHOOL], how="left")
        .join(own, on=[AS_OF, _SCHOOL, PERSON], how="left")
        .select(
            AS_OF,
            PERSON,
            (nw.col("pupils") - 1).alias("schoolmates"),
            (nw.col("known").fill_null(0) - nw.col("identified").fill_null(0)).alias("identified"),
            (nw.col("marks").fill_null(0) - nw.col("own_mark").fill_null(0)).alias("marked"),
        )
    )


def _enrolled(world: World) -> Frame:
    """person, school, event, known: each pupil of each census."""
    rows = world.events(SCHOOL_STATUS, (_SCHOOL,)).filter(~nw.col(_SCHOOL).is_null())
    return distinct(rows.select(nw.col(CARRIER).alias(PERSON), _SCHOOL, EVENT, KNOWN))


def _pupils(world: World, enrolled: Frame) -> Frame:
    """as_of, person, school_id: each pupil once."""
    recent = nw.col(EVENT) >= nw.col(AS_OF_DAY) - _CENSUS_DAYS
    seen = _visible(world, enrolled).filter(recent).select(AS_OF, PERSON, EVENT, _SCHOOL)
    latest = seen.group_by(AS_OF, PERSON).agg(nw.col(EVENT).max())
    return seen.join(latest, on=[AS_OF, PERSON, EVENT]).group_by(AS_OF, PERSON).agg(nw.col(_SCHOOL).min())


def _identified(world: World) -> Frame:
    """person, event, known: each time that anybody found a child to be a young carer."""
    told = world.events(YOUNG_CARERS, ())
    assessed = world.events(ASSESSMENTS.ended, ("factors",)).filter(test_expr(_IN_AN_ASSESSMENT))
    rows = nw.concat([frame.select(nw.col(CARRIER).alias(PERSON), EVENT, KNOWN) for frame in (told, assessed)])
    return distinct(rows)


def _marked(world: World, enrolled: Frame) -> Frame:
    """person, school, event, known: who was entered as a young carer in a census of which school."""
    entered = world.events(YOUNG_CARERS, ("identified_by",)).filter(test_expr(_IN_A_CENSUS))
    entered = entered.select(nw.col(CARRIER).alias(PERSON), EVENT, nw.col(KNOWN).alias("entered"))
    both = entered.join(enrolled, on=[PERSON, EVENT])
    return both.select(PERSON, _SCHOOL, EVENT, nw.max_horizontal(KNOWN, "entered").alias(KNOWN))


def _as_known(world: World, rows: Frame, *keys: str) -> Frame:
    """as_of, person and ``keys``: each once, of rows that had happened and were known."""
    return distinct(_visible(world, rows).select(AS_OF, *keys, PERSON))


def _visible(world: World, rows: Frame) -> Frame:
    before = (nw.col(EVENT) < nw.col(AS_OF_DAY)) & (nw.col(KNOWN) < nw.col(AS_OF_DAY))
    return rows.join(world.dates, how="cross").filter(before)
