"""Who lives in the family at the as-of date, and how settled they are."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Roll, Unit
from features.rows import Test, at_least, one_of
from features.streams import ADDRESSES, MEMBERS, RESIDENCE
from features.values import given
from sources.codes.council import PROPERTY_KINDS

CHILD = one_of("role", "child")
ADULT = one_of("role", "adult")
_YEAR = 365

_GROUPED = "The family is as grouped from the council's own records; grouping errors differ between groups of people."
_feature = partial(Feature, subject="household", caveats=_GROUPED)


def _aged(low: int, high: int) -> Test:
    """Children from ``low`` to ``high`` years, both included."""
    return CHILD & at_least("age_years", low) & ~at_least("age_years", high + 1)


CHILDREN = MEMBERS.count(CHILD)
ADULTS = MEMBERS.count(ADULT)
SCHOOL_AGE = MEMBERS.count(_aged(5, 17))

# The many records of one address are one address; one that is in no gazetteer may be another spelling of it.
_FOUND = ~one_of("kind", "unknown")
_EARLIER = ADDRESSES.count(_FOUND, lag=_YEAR)
_MOVES = given(_EARLIER > 0, ADDRESSES.count(_FOUND) - _EARLIER)
_SHARED = one_of("kind", *PROPERTY_KINDS.counted_as("side by side"))

FEATURES: tuple[Feature, ...] = (
    _feature(
        name="children",
        label="Children under 18",
        value=CHILDREN,
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} child(ren) under 18 in the family.",
        sentence_none="No child under 18 in the family.",
        why="More children, more to look after, and more chances that a service sees one.",
    ),
    _feature(
        name="children_under_5",
        label="Children under 5",
        value=MEMBERS.count(_aged(0, 4)),
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} child(ren) under 5 in the family.",
        sentence_none="No child under 5 in the family.",
        why="The youngest are the most work, and seen least by schools.",
    ),
    _feature(
        name="teenagers",
        label="Children aged 13 to 17",
        value=MEMBERS.count(_aged(13, 17)),
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} child(ren) aged 13 to 17 in the family.",
        sentence_none="No child aged 13 to 17 in the family.",
        why="Needs change with age.",
    ),
    _feature(
        name="adults",
        label="Adults in the family",
        value=ADULTS,
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} adult(s) in the family.",
        sentence_none="No adult of the family is known.",
        why="How many can share the load.",
    ),
    _feature(
        name="lone_adult",
        label="One adult in the family",
        value=given(ADULTS >= 1, ADULTS <= 1),
        null_rule=NullRule.UNKNOWN,
        direction=Direction.FREE,
        sentence="One adult in the family, as far as records show.",
        sentence_none="More than one adult in the family.",
        why="One adult carries it all.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="youngest_age",
        label="Age of the youngest child",
        value=MEMBERS.lowest("age_years", CHILD),
        null_rule=NullRule.UNKNOWN,
        direction=Direction.FREE,
        sentence="The youngest child is aged {value}.",
        sentence_none="The youngest child is under 1.",
        why="Needs change with age.",
    ),
    _feature(
        name="eldest_age",
        label="Age of the eldest child",
        value=MEMBERS.highest("age_years", CHILD),
        null_rule=NullRule.UNKNOWN,
        direction=Direction.FREE,
        sentence="The eldest child is aged {value}.",
        sentence_none="The eldest child is under 1.",
        why="Needs change with age; an elder child may look after younger ones.",
    ),
    _feature(
        name="moves_365",
        label="Moves, last 12 months",
        value=_MOVES,
        null_rule=NullRule.UNKNOWN,
        direction=Direction.RISES,
        roll=Roll.MAX,
        sentence="A member of the family appeared at {value} new address(es) in the last 12 months.",
        sentence_none="No member of the family appeared at a new address in the last 12 months.",
        why="Moves cost money, schools and support.",
        caveats="An address new to any of the council's records counts; members with no address a year before do not.",
    ),
    _feature(
        name="shared_housing",
        label="Hostel, shared house or institution",
        value=given(RESIDENCE.started.count() > 0, RESIDENCE.open(_SHARED) > 0),
        null_rule=NullRule.UNKNOWN,
        direction=Direction.RISES,
        sentence="Somebody of the family is known at a hostel, a shared house or an institution.",
        sentence_none="Nobody of the family is known at a hostel, a shared house or an institution.",
        why="Housing that is not settled.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="age",
        label="Age of the child",
        value=MEMBERS.lowest("age_years"),
        null_rule=NullRule.UNKNOWN,
        direction=Direction.FREE,
        level=Level.CHILD,
        sentence="Aged {value}.",
        sentence_none="Under 1.",
        why="Needs change with age.",
        caveats="",
    ),
)
