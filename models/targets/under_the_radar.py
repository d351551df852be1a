"""Families under the radar: in need, and nobody working with them."""

from models.target import Ages, Cohort, FeatureChoice, NoneKnown, NoOpenSpell, Outcome, Target, Unit

UNDER_THE_RADAR = Target(
    name="under_the_radar",
    title="Families under the radar",
    question=(
        "Which families with a child under 18, with no early help or social care open and no accepted referral in "
        "the last 12 months, will have a first statutory step-up in the next 12 months?"
    ),
    cohort=Cohort(
        unit=Unit.FAMILY,
        ages=Ages(0, 17, unknown_child=True),
        conditions=(
            NoOpenSpell(("early_help", "cin", "cp", "lac")),
            NoneKnown(("referral",), within_days=365),
        ),
    ),
    outcome=Outcome(("assessment_need", "cin", "cp", "lac", "domestic_high_risk", "eviction_action")),
    # Where no service is open the needs without a service are the needs themselves.
    features=FeatureChoice(levels=("family",), without=("needs_without_service",)),
    label_caveats=(
        "Being stepped up is not the same as needing help: it depends on who is watched, referred and assessed. "
        "Families whom services see less often are under-counted.",
        "A family that got help without any of these steps counts as 'no outcome', however great its need was.",
        "An eviction action is known only for the council's own tenants, and a high-risk domestic abuse incident "
        "only where somebody reported it.",
    ),
    retirement=(
        "Withdraw when, on two consecutive closed quarters, precision at capacity is not above that of the count of "
        "needs, or when families found through it are no more often offered help than families found at random, or "
        "when the fairness audit fails twice running."
    ),
)
