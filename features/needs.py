"""A transparent count of needs evidenced at the as-of date, after the Supporting Families headline needs.

It is a baseline for every model, and a list in its own right. What counts as evidence is written out below, and
nothing else does: no weight, no threshold that was fitted.
"""

from __future__ import annotations

from features.definitions import Direction, Feature, NullRule, Unit
from features.values import Value, any_of, feature, sum_of


def _need(name: str, words: str, evidence: Value) -> Feature:
    return Feature(
        name=f"need_{name}",
        subject="needs",
        label=f"Need evidenced: {words}",
        value=evidence,
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence=f"There is evidence of need: {words}.",
        sentence_none=f"There is no evidence of need: {words}.",
        why="One of the headline needs by which Supporting Families counts.",
        unit=Unit.FLAG,
        caveats="No evidence is not no need: what no system records cannot be counted.",
    )


NEEDS: tuple[Feature, ...] = (
    _need(
        "education",
        "a tenth of school missed, suspension, or no education or work",
        any_of(
            feature("persistently_absent_children_182"),
            feature("children_suspensions_365"),
            feature("not_in_education_or_work"),
        ),
    ),
    _need(
        "health",
        "illness or disability at home",
        any_of(
            feature("ill_adult_at_home"),
            feature("ill_child_at_home"),
            feature("assessed_parent_learning_disability_730"),
        ),
    ),
    _need("mental_health", "a parent's mental health", any_of(feature("assessed_parent_mental_health_730"))),
    _need("substance_use", "alcohol or drugs", any_of(feature("assessed_parent_alcohol_drugs_730"))),
    _need(
        "domestic_abuse",
        "domestic abuse",
        any_of(feature("domestic_incidents_365"), feature("assessed_domestic_abuse_730")),
    ),
    _need("crime", "an offence by a young person", any_of(feature("offences_365"))),
    _need(
        "housing",
        "four weeks of rent owed, steps towards eviction, or unsettled housing",
        any_of(
            feature("rent_arrears_weeks_uc_adjusted") >= 4,
            feature("rent_arrears_weeks") >= 8,
            feature("arrears_notices_365"),
            feature("eviction_steps_365"),
            feature("temporary_accommodation"),
            feature("shared_housing"),
            feature("moves_365") >= 2,
        ),
    ),
    _need(
        "finance",
        "free school meals, or a benefit that started or ended",
        any_of(
            feature("free_school_meals_children"),
            feature("benefit_started_182"),
            feature("benefits_ended_182"),
            feature("returned_payments_182"),
        ),
    ),
    _need(
        "keeping_safe",
        "worry passed to children's social care",
        any_of(feature("contacts_no_action_repeated"), feature("referrals_365"), feature("child_protection_ended_365")),
    ),
    _need(
        "caring",
        "a child known as a young carer, or carer's allowance",
        any_of(feature("young_carers_known"), feature("carers_allowance"), feature("carer_markers")),
    ),
)

FEATURES: tuple[Feature, ...] = (
    *NEEDS,
    Feature(
        name="needs_count",
        subject="needs",
        label="Needs evidenced",
        value=sum_of(*(feature(need.name) for need in NEEDS)),
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence="There is evidence of {value} of ten needs.",
        sentence_none="There is evidence of none of ten needs.",
        why="Supporting Families asks for three or more; a simple count is the baseline that a model must beat.",
        caveats="No evidence is not no need: what no system records cannot be counted.",
    ),
)
