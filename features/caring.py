"""Signs that somebody at home needs care, and that a child may be the one who gives it."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Unit
from features.household import ADULTS, CHILDREN, SCHOOL_AGE
from features.rows import one_of
from features.streams import DISABILITY, MEMBERS, YOUNG_CARERS
from features.values import Value, all_of, at_most, feature, given, no_less, sum_of

_CARE = "A sign, not a finding: most children in such homes are not carers, and many carers live where no sign shows."
_feature = partial(
    Feature,
    subject="caring",
    owner="Early help: young carers' lead",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats=_CARE,
)
_sign = partial(_feature, unit=Unit.FLAG)
_own_sign = partial(_sign, level=Level.CHILD)


def _another_child(of_family: str, own: Value) -> Value:
    """Whether the family's count is more than the child's own part; unknown where the family's is."""
    return given(feature(f"family_{of_family}") >= 0, no_less(feature(f"family_{of_family}") - own, 0) > 0)


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="carer_markers",
        label="Members marked as carers",
        value=DISABILITY.open(one_of("kind", "carer")),
        sentence="{value} current record(s) that somebody in the family is a carer.",
        sentence_none="Nobody in the family is marked as a carer.",
        why="Somebody at home needs care.",
    ),
    _sign(
        name="young_carers_known",
        label="Children of the family known as young carers",
        value=YOUNG_CARERS.count() > 0,
        sentence="A child of the family has been identified as a young carer.",
        sentence_none="No child of the family has been identified as a young carer.",
        why="Where one child cares, another often does too.",
    ),
    _sign(
        name="ill_adult_and_school_age_child",
        label="Ill or disabled adult at home, and a child of school age",
        value=all_of(feature("ill_adult_at_home"), SCHOOL_AGE >= 1),
        sentence="Records show an ill or disabled adult at home, and there are school-age children.",
        sentence_none="No record shows an ill or disabled adult in a home with school-age children.",
        why="A child old enough to help, and somebody who needs it.",
    ),
    _sign(
        name="lone_ill_adult",
        label="One adult, ill or disabled, with school-age children",
        value=all_of(ADULTS >= 1, ADULTS <= 1, SCHOOL_AGE >= 1, feature("ill_adult_at_home")),
        sentence="The only adult is ill or disabled, and there are school-age children.",
        sentence_none="Not a household of one ill adult with school-age children.",
        why="Nobody else at home to give care but the children.",
    ),
    _sign(
        name="only_child_of_lone_ill_adult",
        label="Only child of one ill or disabled adult",
        value=all_of(feature("lone_ill_adult"), CHILDREN >= 1, CHILDREN <= 1),
        sentence="One school-age child lives with one adult, who is ill or disabled.",
        sentence_none="Not the only child of one ill adult.",
        why="There is nobody to share the care with.",
    ),
    _sign(
        name="care_without_help",
        label="Somebody ill at home, and no carer or care service known",
        value=all_of(
            feature("ill_adult_and_school_age_child"),
            sum_of(
                feature("adult_care_open"),
                feature("carers_allowance"),
                feature("carer_markers"),
                feature("young_carers_known"),
            )
            <= 0,
        ),
        sentence="Records show an ill or disabled adult and school-age children, but no care service and no carer.",
        sentence_none="Not a home where an ill adult is known and nobody is known to care.",
        why="If care is needed, somebody gives it whom nobody has noticed.",
    ),
    _feature(
        name="caring_load",
        label="Members who may need care",
        value=sum_of(
            at_most(feature("disabled_adult_markers"), ADULTS), at_most(feature("disabled_child_markers"), CHILDREN)
        ),
        sentence="Up to {value} member(s) of the family may need care, going by current records of disability.",
        sentence_none="No current record shows a member who may need care.",
        why="The more who need care, the more falls on those who can give it.",
        caveats=f"{_CARE} Several systems may mark one person, so it is the most there can be.",
    ),
    _own_sign(
        name="sibling_ehc_plan",
        label="Brother or sister with an education, health and care plan",
        value=_another_child("ehc_plan_children", sum_of(feature("ehc_plan"))),
        sentence="A brother or sister has an education, health and care plan.",
        sentence_none="No brother or sister is known to have an education, health and care plan.",
        why="Brothers and sisters of a child with high needs often help with care.",
    ),
    _own_sign(
        name="sibling_sen_support",
        label="Brother or sister with SEN support",
        value=_another_child("sen_support_children", sum_of(feature("sen_support"))),
        sentence="A brother or sister has SEN support at school.",
        sentence_none="No brother or sister is known to have SEN support at school.",
        why="More work at home, some of which a brother or sister may take on.",
    ),
    _own_sign(
        name="sibling_disabled",
        label="Brother or sister marked as disabled",
        value=_another_child("disabled_child_markers", sum_of(feature("own_disability_markers"))),
        sentence="A brother or sister is marked as disabled.",
        sentence_none="No brother or sister is marked as disabled.",
        why="Brothers and sisters of a disabled child often help with care.",
    ),
    _own_sign(
        name="eldest_with_ill_adult",
        label="Eldest or only child, aged 8 or over, with an ill adult at home",
        value=all_of(
            MEMBERS.lowest("age_years") >= 8,
            MEMBERS.lowest("age_years") >= feature("family_eldest_age"),
            feature("family_ill_adult_at_home"),
        ),
        sentence="The eldest or only child, with an ill or disabled adult at home.",
        sentence_none="Not the eldest child of a home with an ill or disabled adult.",
        why="The eldest is the one who is asked to help.",
    ),
    _own_sign(
        name="absent_with_ill_adult",
        label="A tenth of sessions missed, with an ill adult at home",
        value=all_of(feature("persistently_absent_182"), feature("family_ill_adult_at_home")),
        sentence="Missed a tenth or more of sessions in the last 6 months, with an ill or disabled adult at home.",
        sentence_none="Not both a tenth of sessions missed and an ill or disabled adult at home.",
        why="Staying at home to look after somebody is a common reason for young carers' absence.",
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
