"""Signs that somebody at home needs care, and that a child may be the one who gives it."""

from __future__ import annotations

from functools import partial

from features.benefits import ADULT_DISABILITY, CARERS_ALLOWANCE, CHILD_DISABILITY
from features.definitions import Direction, Feature, Level, NullRule, Over, Unit
from features.household import ADULTS, CHILDREN, SCHOOL_AGE
from features.rows import holds, one_of
from features.streams import ADULT_CARE, ASSESSMENTS, DISABILITY, YOUNG_CARERS
from features.values import all_of, any_of, feature, given, no_less, sum_of

DISABLED = one_of("kind", "disability", "mobility")
_CARE = "A sign, not a finding: most children in such homes are not carers, and many carers live where no sign shows."
_feature = partial(Feature, subject="caring", null_rule=NullRule.ZERO, direction=Direction.RISES, caveats=_CARE)

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
    _feature(
        name="disabled_child_markers",
        label="Children marked as disabled",
        value=DISABILITY.open(DISABLED),
        over=Over.CHILDREN,
        sentence="{value} current record(s) of a child's disability or reduced mobility.",
        sentence_none="No current record of a child's disability or reduced mobility.",
        why="A disabled child; brothers and sisters may help with care.",
    ),
    _feature(
        name="carer_markers",
        label="Members marked as carers",
        value=DISABILITY.open(one_of("kind", "carer")),
        sentence="{value} current record(s) that somebody in the family is a carer.",
        sentence_none="Nobody in the family is marked as a carer.",
        why="Somebody at home needs care.",
    ),
    _feature(
        name="adult_care_open",
        label="Adult social care services under way",
        value=ADULT_CARE.open() > 0,
        over=Over.ADULTS,
        sentence="An adult of the family receives adult social care.",
        sentence_none="No adult of the family receives adult social care.",
        why="An adult at home needs care that services know of.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="young_carers_known",
        label="Children of the family known as young carers",
        value=YOUNG_CARERS.count() > 0,
        sentence="A child of the family has been identified as a young carer.",
        sentence_none="No child of the family has been identified as a young carer.",
        why="Where one child cares, another often does too.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="assessed_parent_ill_730",
        label="Assessment named a parent's mental or physical illness, last 2 years",
        value=ASSESSMENTS.ended.count(holds("factors", "4B", "6B"), 730) > 0,
        sentence="An assessment in the last 2 years named a parent's mental or physical illness.",
        sentence_none="No assessment in the last 2 years named a parent's mental or physical illness.",
        why="A parent may need care.",
        unit=Unit.FLAG,
    ),
    _feature(
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
        unit=Unit.FLAG,
    ),
    _feature(
        name="ill_child_at_home",
        label="Disabled child at home",
        value=any_of(feature("disabled_child_markers"), feature("ehc_plan_children"), CHILD_DISABILITY),
        sentence="Records show a disabled child at home.",
        sentence_none="No record shows a disabled child at home.",
        why="Brothers and sisters of a disabled child often help with care.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="lone_ill_adult",
        label="One adult, ill or disabled, with school-age children",
        value=all_of(ADULTS >= 1, ADULTS <= 1, SCHOOL_AGE >= 1, feature("ill_adult_at_home")),
        sentence="The only adult is ill or disabled, and there are school-age children.",
        sentence_none="Not a household of one ill adult with school-age children.",
        why="Nobody else at home to give care but the children.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="only_child_of_lone_ill_adult",
        label="Only child of one ill or disabled adult",
        value=all_of(feature("lone_ill_adult"), CHILDREN >= 1, CHILDREN <= 1),
        sentence="One school-age child lives with one adult, who is ill or disabled.",
        sentence_none="Not the only child of one ill adult.",
        why="There is nobody to share the care with.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="sibling_ehc_plan",
        label="Brother or sister with an education, health and care plan",
        value=given(
            feature("family_ehc_plan_children") >= 0,
            no_less(feature("family_ehc_plan_children") - sum_of(feature("ehc_plan")), 0) > 0,
        ),
        level=Level.CHILD,
        sentence="A brother or sister has an education, health and care plan.",
        sentence_none="No brother or sister is known to have an education, health and care plan.",
        why="Brothers and sisters of a child with high needs often help with care.",
        unit=Unit.FLAG,
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
    _feature(
        name="caring_signs",
        label="Signs of caring",
        value=sum_of(
            feature("family_ill_adult_at_home"),
            feature("family_carers_allowance"),
            feature("family_lone_ill_adult"),
            feature("sibling_ehc_plan"),
            feature("absence_rate_182") >= 0.10,
            feature("late_rate_182") >= 0.05,
        ),
        level=Level.CHILD,
        sentence="{value} of six signs of caring: somebody ill at home, carer's allowance, one ill adult, a "
        "brother or sister with high needs, a tenth of sessions missed, often late.",
        sentence_none="None of six signs of caring.",
        why="No one sign says much; several together are worth a conversation.",
    ),
)

SOMEBODY_NEEDS_CARE = any_of(feature("ill_adult_at_home"), feature("ill_child_at_home"), CARERS_ALLOWANCE)
