"""Families under the radar: in need, and nobody working with them."""

from models.target import (
    Ages,
    CandidateName,
    ChoiceRule,
    Cohort,
    FeatureChoice,
    Label,
    NoneKnown,
    NoOpenSpell,
    Outcome,
    Target,
    Unit,
)

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
    labels=(
        Label(
            "need_found",
            "Need that an assessment or the opening of early help found",
            kinds=("need_assessed",),
            observed_kinds=("assessed",),
        ),
    ),
    contact_history=("contacts", "assessments", "service_episodes", "allocations", "outcome_scores"),
    # Being stepped up says much about arrears that are far gone already and about who is watched. What somebody who
    # looked found is nearer to need. But no list may be shown to find fewer families before a step-up than a plain
    # count of needs does.
    choice=ChoiceRule(
        simplest_first=(
            CandidateName.NEEDS_COUNT,
            CandidateName.SINGLE_INDICATOR,
            CandidateName.WEIGHTED_NEEDS,
            CandidateName.LOGISTIC,
            CandidateName.ADDITIVE,
            CandidateName.BOOSTED,
        ),
        label="need_found",
        no_worse_than=CandidateName.NEEDS_COUNT,
    ),
    # Need is found where somebody looks. Taught that, a model that sees contact history learns where they look, and
    # the label by which the rule judges cannot tell the difference. One that does not see it goes by absence, which
    # some groups have less of at equal need, and neither that label nor the audit can tell how many of theirs it
    # misses. Of what is taught need, only that makes the list which begins at the count and moves nobody down for a
    # sign of need; the others are compared.
    beside=(
        *(CandidateName.NEED_FOUND_UNWATCHED, CandidateName.NEED_FOUND),
        *(CandidateName.UNWATCHED, CandidateName.NEED_AMONG_ASSESSED),
    ),
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
