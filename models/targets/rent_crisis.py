"""Rent crisis: families whom no service knows, before a step towards losing their home. An example of a target."""

from models.target import (
    Ages,
    CandidateName,
    ChoiceRule,
    Cohort,
    FeatureChoice,
    NoneKnown,
    NoOpenSpell,
    Outcome,
    Target,
    Unit,
)

RENT_CRISIS = Target(
    name="rent_crisis",
    title="Rent crisis",
    question=(
        "Which of the council's tenants with a child under 18, with no early help or social care open, no contact with "
        "children's social care and no step towards eviction in the last 12 months, will have a step towards eviction "
        "in the next 6 months?"
    ),
    cohort=Cohort(
        unit=Unit.FAMILY,
        ages=Ages(0, 17, unknown_child=True),
        conditions=(
            NoOpenSpell(("early_help", "cin", "cp", "lac")),
            NoneKnown(("contact",), within_days=365),
            NoneKnown(("eviction_action",), within_days=365),
        ),
        # Of others no step would be known, and a model would learn who the council's tenants are.
        known=("weekly_rent",),
    ),
    outcome=Outcome(("eviction_action",), horizon_days=183),
    features=FeatureChoice(levels=("family",)),
    choice=ChoiceRule(
        simplest_first=(CandidateName.SINGLE_INDICATOR, CandidateName.LOGISTIC, CandidateName.BOOSTED),
    ),
    label_caveats=(
        "A step towards eviction is what the landlord did, not how a family fares: it depends on the officer, on the "
        "time of year and on which arrears are pursued.",
        "It is known for the council's own tenants only, so that nobody else is asked about, however near they are to "
        "losing their home.",
    ),
    retirement=(
        "Withdraw when income officers find families by their own list of arrears as well (precision at capacity not "
        "above that of the best single indicator on two consecutive closed quarters), when a list was used to recover "
        "rent rather than to offer help, or when the fairness audit fails twice running."
    ),
    by_default=False,
)
