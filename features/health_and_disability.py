"""Illness, disability and care at home, as far as a council's systems mark it. No health record is among them."""

from __future__ import annotations

from functools import partial

from features.benefits import ADULT_DISABILITY, CHILD_DISABILITY
from features.definitions import Direction, Feature, Level, NullRule, Over, Unit
from features.patterns import in_windows
from features.rows import holds, one_of
from features.streams import ADULT_CARE, ASSESSMENTS, DISABILITY
from features.values import all_of, any_of, days_since, feature

DISABLED = one_of("kind", "disability", "mobility")
BLUE_BADGE = one_of("kind", "mobility")

_MARKED = (
    "A mark is made where somebody applied for something or was assessed; most illness leaves none. Several systems "
    "may mark one person, and each mark counts."
)
_OF_ADULTS = "Kinds of service are held in each council's own words: equipment and a carer's assessment count too."
_feature = partial(
    Feature,
    subject="health_and_disability",
    owner="Adult social care: information team",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats=_MARKED,
)
_adult_care = partial(_feature, over=Over.ADULTS, unit=Unit.FLAG, caveats=_OF_ADULTS)
_sign = partial(_feature, unit=Unit.FLAG)

FEATURES: tuple[Feature, ...] = (
    _feature(
        name="disabled_adult_markers",
        label="Adults marked as disabled or with a blue badge",
        value=DISABILITY.open(DISABLED),
        over=Over.ADULTS,
        sentence="{value} current record(s) of an adult's disability or reduced mobility.",
        sentence_none="No current record of an adult's disability or reduced mobility.",
        why="An adult at home may need care.",
    ),
    *in_windows(
        _sign,
        "adult_disability_marked_{days}",
        lambda days: DISABILITY.started.count(DISABLED, days) > 0,
        365,
        over=Over.ADULTS,
        label="An adult's disability marked, last {period}",
        sentence="An adult's disability or reduced mobility was first marked, or marked again, in the last {period}.",
        sentence_none="No adult's disability was marked in the last {period}.",
        why="A need that is new, and a home that has not yet found its way with it.",
    ),
    _sign(
        name="adult_blue_badge",
        label="An adult with a blue badge",
        value=DISABILITY.open(BLUE_BADGE) > 0,
        over=Over.ADULTS,
        sentence="An adult of the family has a blue badge.",
        sentence_none="No adult of the family has a blue badge.",
        why="An adult who cannot walk far may need care.",
        caveats="A badge is for those who apply, and lasts three years: it may outlast the need.",
    ),
    _feature(
        name="disabled_child_markers",
        label="Children marked as disabled",
        value=DISABILITY.open(DISABLED),
        over=Over.CHILDREN,
        sentence="{value} current record(s) of a child's disability or reduced mobility.",
        sentence_none="No current record of a child's disability or reduced mobility.",
        why="A disabled child; brothers and sisters may help with care.",
    ),
    _sign(
        name="under_five_disabled",
        label="A child under 5, and a disabled child",
        value=all_of(feature("children_under_5") >= 1, feature("disabled_child_markers") >= 1),
        sentence="There is a child under 5 at home, and a child marked as disabled, who may be another.",
        sentence_none="Not a home with a child under 5 and a child marked as disabled.",
        why="Early help with a child's development counts for most.",
    ),
    _adult_care(
        name="adult_care_open",
        label="Adult social care services under way",
        value=ADULT_CARE.open() > 0,
        sentence="An adult of the family receives adult social care.",
        sentence_none="No adult of the family receives adult social care.",
        why="An adult at home needs care that services know of.",
    ),
    *in_windows(
        _adult_care,
        "adult_care_started_{days}",
        lambda days: ADULT_CARE.started.count(days=days) > 0,
        365,
        label="Adult social care started, last {period}",
        sentence="Adult social care for an adult of the family started in the last {period}.",
        sentence_none="No adult social care started in the last {period}.",
        why="A need for care that is new or has grown.",
    ),
    *in_windows(
        _adult_care,
        "adult_care_ended_{days}",
        lambda days: ADULT_CARE.ended.count(days=days) > 0,
        365,
        direction=Direction.FREE,
        label="Adult social care ended, last {period}",
        sentence="Adult social care for an adult of the family ended in the last {period}.",
        sentence_none="No adult social care ended in the last {period}.",
        why="Got better, moved on, or left to the family.",
    ),
    _adult_care(
        name="days_since_adult_care_started",
        label="Days since adult social care last started",
        value=days_since(ADULT_CARE.started.last_day()),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FREE,
        sentence="Adult social care for an adult of the family last started {value} ago.",
        why="New care, or care that a home has long lived with.",
        unit=Unit.DAYS,
    ),
    _sign(
        name="assessed_parent_ill_730",
        owner="Children's social care: assessment team manager",
        label="Assessment named a parent's mental or physical illness, last 2 years",
        value=ASSESSMENTS.ended.count(holds("factors", "4B", "6B"), 730) > 0,
        sentence="An assessment in the last 2 years named a parent's mental or physical illness.",
        sentence_none="No assessment in the last 2 years named a parent's mental or physical illness.",
        why="A parent may need care.",
        caveats="Only families that were assessed can have it. Known from the end of the assessment.",
    ),
    _sign(
        name="ill_adult_at_home",
        label="Ill or disabled adult at home",
        value=any_of(
            feature("disabled_adult_markers"),
            feature("adult_care_open"),
            feature("assessed_parent_ill_730"),
            ADULT_DISABILITY,
        ),
        sentence="Records show an ill or disabled adult at home.",
        sentence_none="No record shows an ill or disabled adult at home.",
        why="An adult at home may need care.",
    ),
    _sign(
        name="ill_child_at_home",
        label="Disabled child at home",
        value=any_of(feature("disabled_child_markers"), feature("ehc_plan_children"), CHILD_DISABILITY),
        sentence="Records show a disabled child at home.",
        sentence_none="No record shows a disabled child at home.",
        why="Brothers and sisters of a disabled child often help with care.",
    ),
    _feature(
        name="own_disability_markers",
        label="The child's own disability markers",
        value=DISABILITY.open(DISABLED),
        level=Level.CHILD,
        direction=Direction.FREE,
        sentence="{value} current record(s) of the child's own disability.",
        sentence_none="No current record of a disability of the child.",
        why="A disabled child is likelier to be cared for than to care.",
    ),
)
