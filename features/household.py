"""Who is in the family at the as-of date."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Unit
from features.rows import Test, at_least, one_of
from features.streams import MEMBERS
from features.values import Value, at_most, feature, given, no_less

CHILD = one_of("role", "child")
ADULT = one_of("role", "adult")
_PENSION_AGE = 66
_GROWN_UP = 25

_GROUPED = "The family is as grouped from the council's own records; grouping errors differ between groups of people."
_feature = partial(
    Feature,
    subject="household",
    owner="Residents index: data steward",
    null_rule=NullRule.ZERO,
    direction=Direction.FREE,
    caveats=_GROUPED,
)
_own = partial(_feature, level=Level.CHILD)


def aged(low: int, high: int) -> Test:
    """Children from ``low`` to ``high`` years, both included."""
    return CHILD & at_least("age_years", low) & ~at_least("age_years", high + 1)


CHILDREN = MEMBERS.count(CHILD)
ADULTS = MEMBERS.count(ADULT)
SCHOOL_AGE = MEMBERS.count(aged(5, 17))


def _children(name: str, low: int, high: int, words: str, why: str) -> Feature:
    """How many children of an age there are; ``words`` as in 'aged 5 to 10'."""
    return _feature(
        name=name,
        label=f"Children {words}",
        value=MEMBERS.count(aged(low, high)),
        sentence=f"{{value}} child(ren) {words} in the family.",
        sentence_none=f"No child {words} in the family.",
        why=why,
    )


def _others(count: str, own: Value) -> Value:
    """The family's count without the child's own part: one, in however many homes the child lives."""
    return no_less(feature(f"family_{count}") - at_most(own, 1), 0)


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="household_size",
        label="Members of the family",
        value=MEMBERS.count(),
        sentence="{value} member(s) of the family (is|are) known.",
        sentence_none="No member of the family is known.",
        why="More people, more to look after, and more to lend a hand. How many rooms they share is not known.",
        caveats=f"{_GROUPED} No extract holds bedrooms, so that overcrowding cannot be told.",
    ),
    _children(
        "children", 0, 17, "under 18", "More children, more to look after, and more chances that a service sees one."
    ),
    _children("babies", 0, 0, "under 1", "Sleepless nights, and money and work that change."),
    _children("children_under_5", 0, 4, "under 5", "The youngest are the most work, and seen least by schools."),
    _children("children_5_to_10", 5, 10, "aged 5 to 10", "Needs change with age."),
    _children("teenagers", 13, 17, "aged 13 to 17", "Needs change with age."),
    _feature(
        name="adults",
        label="Adults in the family",
        value=ADULTS,
        sentence="{value} adult(s) in the family.",
        sentence_none="No adult of the family is known.",
        why="How many can share the load.",
    ),
    _feature(
        name="young_adults",
        label="Adults aged 18 to 24 in the family",
        value=MEMBERS.count(ADULT & at_least("age_years", 18) & ~at_least("age_years", _GROWN_UP)),
        sentence="{value} adult(s) aged 18 to 24 in the family.",
        sentence_none="No adult aged 18 to 24 is known in the family.",
        why="Young parents, or grown children still at home.",
        caveats=f"{_GROUPED} An adult whose birth date no system holds is not counted.",
    ),
    _feature(
        name="adults_of_pension_age",
        label="Adults aged 66 or over in the family",
        value=MEMBERS.count(ADULT & at_least("age_years", _PENSION_AGE)),
        sentence="{value} adult(s) aged 66 or over in the family.",
        sentence_none="No adult aged 66 or over is known in the family.",
        why="A grandparent who helps, brings the children up, or needs care.",
        caveats=f"{_GROUPED} An adult whose birth date no system holds is not counted.",
    ),
    _feature(
        name="lone_adult",
        label="One adult in the family",
        value=given(ADULTS >= 1, ADULTS <= 1),
        null_rule=NullRule.UNKNOWN,
        sentence="One adult in the family, as far as records show.",
        sentence_none="More than one adult in the family.",
        why="One adult carries it all.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="children_per_adult",
        label="Children for each adult",
        value=given(ADULTS >= 1, CHILDREN / ADULTS),
        null_rule=NullRule.UNKNOWN,
        sentence="{value} child(ren) for each adult in the family.",
        sentence_none="No child under 18 in the family.",
        why="How much falls on each adult.",
    ),
    _feature(
        name="youngest_age",
        label="Age of the youngest child",
        value=MEMBERS.lowest("age_years", CHILD),
        null_rule=NullRule.UNKNOWN,
        sentence="The youngest child is aged {value}.",
        sentence_none="The youngest child is under 1.",
        why="Needs change with age.",
    ),
    _feature(
        name="eldest_age",
        label="Age of the eldest child",
        value=MEMBERS.highest("age_years", CHILD),
        null_rule=NullRule.UNKNOWN,
        sentence="The eldest child is aged {value}.",
        sentence_none="The eldest child is under 1.",
        why="Needs change with age; an elder child may look after younger ones.",
    ),
    _own(
        name="age",
        label="Age of the child",
        value=MEMBERS.lowest("age_years"),
        null_rule=NullRule.UNKNOWN,
        sentence="Aged {value}.",
        sentence_none="Under 1.",
        why="Needs change with age.",
        caveats="",
    ),
    _own(
        name="brothers_and_sisters",
        label="Other children in the family",
        value=_others("children", CHILDREN),
        sentence="{value} other child(ren) in the family.",
        sentence_none="No other child in the family.",
        why="Company, or more to look after.",
    ),
    _own(
        name="younger_children_under_5",
        label="Other children under 5 in the family",
        value=_others("children_under_5", MEMBERS.count(aged(0, 4))),
        sentence="{value} other child(ren) under 5 in the family.",
        sentence_none="No other child under 5 in the family.",
        why="An elder child often looks after the little ones.",
    ),
    _own(
        name="eldest_child",
        label="The eldest of several children",
        value=given(feature("family_children") >= 2, MEMBERS.lowest("age_years") >= feature("family_eldest_age")),
        sentence="The eldest of several children.",
        sentence_none="Not the eldest of several children.",
        why="The eldest is the one who is asked to help.",
        unit=Unit.FLAG,
    ),
)
