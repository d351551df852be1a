"""Hidden young carers: children who may be caring for someone at home, and whom no service has identified."""

from models.target import Ages, Cohort, FeatureChoice, NoneKnown, Outcome, Target, Unit

HIDDEN_YOUNG_CARERS = Target(
    name="hidden_young_carers",
    title="Hidden young carers",
    question=(
        "Which children aged 5 to 17, not identified as young carers, will be identified as one in the next 12 months?"
    ),
    cohort=Cohort(
        unit=Unit.CHILD,
        ages=Ages(5, 17),
        conditions=(NoneKnown(("young_carer_identified",)),),
    ),
    outcome=Outcome(("young_carer_identified",)),
    features=FeatureChoice(levels=("child", "family")),
    label_caveats=(
        "The label is being identified, not caring. Most young carers are never identified, so most true carers "
        "here count as 'no outcome'.",
        "Two schools in three record no young carer at all: a child's chance of being identified depends on the "
        "school and on which services already know the family.",
        "Children of some ethnic groups are identified about half as often at equal caring. A model of this label "
        "learns that too, and its list repeats it.",
    ),
    retirement=(
        "Withdraw when schools and services identify young carers themselves (fewer than one in ten children on the "
        "list confirmed on two consecutive quarters), or when the fairness audit fails twice running."
    ),
)
