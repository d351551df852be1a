"""Hidden young carers: children who may be caring for someone at home, and whom no service has identified."""

from models.target import (
    Ages,
    CandidateName,
    ChoiceRule,
    Cohort,
    FeatureChoice,
    NoneKnown,
    Outcome,
    Target,
    Unit,
    Unlabelled,
)

HIDDEN_YOUNG_CARERS = Target(
    name="hidden_young_carers",
    title="Hidden young carers",
    question=(
        "Which children aged 5 to 17, whom no service has identified as young carers, may be caring for someone at "
        "home? What can be counted is who of them is identified in the next 12 months, which most who care are not."
    ),
    cohort=Cohort(
        unit=Unit.CHILD,
        ages=Ages(5, 17),
        conditions=(NoneKnown(("young_carer_identified",)),),
    ),
    outcome=Outcome(("young_carer_identified",)),
    features=FeatureChoice(levels=("child", "family")),
    # What the label can and cannot judge. It counts who was identified, never who cares, so that a way of ranking that
    # learns who is noticed would win by it: those stand beside, and never make the list. The three that rank by signs
    # alone see nothing of who is noticed, and every child identified is a carer: between them it is a fair judge, if a
    # weak one, for a handful of those listed are ever identified. So the first, which learns nothing and looks at every
    # sign, makes the list unless another is clearly better by it, and is stable.
    choice=ChoiceRule(simplest_first=(CandidateName.SIGNS_ALIKE, CandidateName.SIGNS_COUNT, CandidateName.CARING)),
    beside=(CandidateName.LOGISTIC, CandidateName.BOOSTED, CandidateName.BAGGED_UNLABELLED),
    unlabelled=Unlabelled(
        # Home and absence. What a service did or decided is not among them, but for marks of illness.
        signs=(
            *("age", "absence_rate_365", "late_rate_365", "illness_rate_182"),
            *("ill_adult_at_home", "lone_ill_adult", "disabled_adult_markers", "adult_blue_badge", "adult_care_open"),
            *("adult_disability_benefit", "carers_allowance", "carer_markers", "caring_load", "young_carers_known"),
            *("sibling_ehc_plan", "sibling_sen_support", "sibling_disabled", "own_disability_markers"),
            *("eldest_with_ill_adult", "absent_with_ill_adult", "lone_adult", "brothers_and_sisters"),
        ),
        noticing=("contacts_365", "assessments_ended_730", "service_open"),
        count="caring_signs",
        share=(0.014, 0.07),
        share_source=(
            "1.4% of children of 5 to 17 by their household's answer to the 2021 census of England (ONS); about 7% in "
            "a survey of pupils themselves (BBC and University of Nottingham, 2018)"
        ),
    ),
    label_caveats=(
        "The label is being identified, not caring. Most young carers are never identified, so most true carers "
        "here count as 'no outcome'.",
        "Two schools in three record no young carer at all: a child's chance of being identified depends on the "
        "school and on which services already know the family.",
        "Children of some ethnic groups are identified about half as often at equal caring. Ranking by this "
        "label repeats that; the list is by signs of caring alone.",
        "How much each sign is worth nobody knows. The score beside a place is how often children placed like this one "
        "are identified within 12 months, because only that can be checked: most who care score low.",
    ),
    retirement=(
        "Withdraw when schools and services identify young carers themselves (fewer than one in ten children on the "
        "list confirmed on two consecutive quarters), or when the fairness audit fails twice running."
    ),
)
