"""Needs evidenced at the as-of date: ten Supporting Families headline needs, six Troubled Families criteria.

A transparent count is a baseline for every model, and a list in its own right: three needs, and no service open. What
counts as evidence is written out below and in ``docs/features/needs.md``, each piece a feature of its own, and nothing
else does: no weight, no threshold that was fitted.

The needs are those of the Supporting Families outcomes framework (2022), whose claims asked for three or more; the
criteria those of the Troubled Families programme (2015 to 2020), which asked for two.
"""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Unit
from features.values import Value, all_of, any_of, feature, given, sum_of

ASKED_FOR = 3
"""Needs of a family that Supporting Families worked with."""

_SILENT = "No evidence is not no need: what no system records cannot be counted."
_feature = partial(
    Feature,
    subject="needs",
    owner="Early help: Supporting Families coordinator",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats=_SILENT,
)


def evidence(*names: str) -> Value:
    """1 where any of the features named is above 0; one that is unknown, or cannot be made here, is no evidence."""
    return any_of(*(feature(name) for name in names))


def _need(name: str, words: str, *names: str, caveats: str = "") -> Feature:
    return _feature(
        name=f"need_{name}",
        label=f"Need evidenced: {words}",
        value=evidence(*names),
        sentence=f"There is evidence of need: {words}.",
        sentence_none=f"There is no evidence of need: {words}.",
        why="One of the headline needs by which Supporting Families counts.",
        unit=Unit.FLAG,
        caveats=f"{_SILENT} {caveats}".strip(),
    )


def _criterion(name: str, words: str, *names: str, caveats: str = "") -> Feature:
    return _feature(
        name=f"criterion_{name}",
        label=f"Criterion met: {words}",
        value=evidence(*names),
        sentence=f"Records meet a Troubled Families criterion: {words}.",
        sentence_none=f"Records do not meet the Troubled Families criterion: {words}.",
        why="One of the six criteria by which families were counted before Supporting Families.",
        unit=Unit.FLAG,
        caveats=f"{_SILENT} {caveats}".strip(),
    )


NEEDS: tuple[Feature, ...] = (
    _need(
        "education",
        "a tenth of school missed, or suspension",
        "persistently_absent_children_182",
        "children_suspensions_365",
    ),
    _need(
        "early_years",
        "a worry about a child under five, or an unsettled home for one",
        "contacts_health_visitor_365",
        "under_five_disabled",
        "under_five_in_unsettled_home",
        caveats="Thin: health and early-years systems hand on no check of a child's development.",
    ),
    _need(
        "health",
        "illness, disability or poor mental health at home",
        "ill_adult_at_home",
        "ill_child_at_home",
        "assessed_parent_mental_health_730",
        "assessed_child_mental_health_730",
        "assessed_parent_learning_disability_730",
        "assessed_child_disability_730",
        caveats="No health record is seen.",
    ),
    _need(
        "substance_use",
        "alcohol or drugs",
        "assessed_parent_alcohol_drugs_730",
        "assessed_child_alcohol_drugs_730",
        "assessed_other_alcohol_drugs_730",
        "suspended_drugs_730",
        caveats="Treatment services hand on nothing.",
    ),
    _need(
        "family_relationships",
        "a young carer, a family member who asked for help, or a child home from care",
        "young_carers_known",
        "assessed_young_carer_730",
        "contacts_family_365",
        "looked_after_ended_365",
        caveats="Conflict between parents, and support with parenting, are in no coded record.",
    ),
    _need(
        "keeping_safe",
        "worry about a child's safety passed to children's social care",
        "referrals_365",
        "contacts_no_action_repeated",
        "child_protection_open",
        "child_protection_ended_365",
        "looked_after_open",
        "assessed_neglect_730",
        "assessed_abuse_730",
        "assessed_exploitation_730",
        "assessed_missing_730",
        caveats="Being referred is not the same as being unsafe: it depends on who is watched.",
    ),
    _need(
        "crime",
        "an offence by a young person, or behaviour that an assessment named",
        "offences_365",
        "assessed_behaviour_730",
        caveats="Offences of adults are not seen.",
    ),
    _need(
        "domestic_abuse",
        "domestic abuse",
        "domestic_incidents_365",
        "assessed_domestic_abuse_730",
        "assessed_domestic_abuse_other_730",
        "refuge",
    ),
    _need(
        "housing",
        "four weeks of rent owed, steps towards eviction, or unsettled housing",
        "rent_arrears_serious",
        "arrears_notices_365",
        "eviction_steps_365",
        "temporary_accommodation",
        "shared_housing",
        "moved_often_365",
        caveats="Rent is known of the council's own tenants only.",
    ),
    _need(
        "finance",
        "free school meals, a change of benefit, a payment that failed, or a young person without work",
        "free_school_meals_children",
        "benefit_started_182",
        "benefits_ended_182",
        "returned_payments_182",
        "arrears_agreement_broken_365",
        "not_in_education_or_work",
        caveats="Work, wages and debts to others are not seen.",
    ),
)

CRITERIA: tuple[Feature, ...] = (
    _criterion(
        "crime",
        "crime or anti-social behaviour",
        "offences_365",
        "assessed_behaviour_730",
        caveats="Offences of adults, and anti-social behaviour that led to no assessment, are not seen.",
    ),
    _criterion(
        "school",
        "children who do not attend school regularly",
        "persistently_absent_children_182",
        "children_suspensions_365",
        "permanent_exclusions",
    ),
    _criterion(
        "children_need_help",
        "children who need help",
        "service_open",
        "early_help_ended_365",
        "child_in_need_ended_365",
        "child_protection_ended_365",
        "looked_after_ended_365",
        "referrals_365",
        "contacts_early_help_365",
        "young_carers_known",
    ),
    _criterion(
        "work_and_money",
        "out of work, or at risk of financial exclusion",
        "universal_credit_open",
        "council_benefit_open",
        "free_school_meals_children",
        "rent_arrears_serious",
        "not_in_education_or_work",
        caveats="Work is not seen: a benefit stands for it, and many who receive one work.",
    ),
    _criterion(
        "domestic_abuse",
        "domestic abuse",
        "domestic_incidents_365",
        "assessed_domestic_abuse_730",
        "assessed_domestic_abuse_other_730",
        "refuge",
    ),
    _criterion(
        "health",
        "parents or children with health problems",
        "ill_adult_at_home",
        "ill_child_at_home",
        "assessed_child_mental_health_730",
        "assessed_parent_learning_disability_730",
        "assessed_parent_alcohol_drugs_730",
        "assessed_child_alcohol_drugs_730",
        caveats="No health record is seen.",
    ),
)

FEATURES: tuple[Feature, ...] = (
    *NEEDS,
    _feature(
        name="needs_count",
        label="Needs evidenced",
        value=sum_of(*(feature(need.name) for need in NEEDS)),
        sentence="There is evidence of {value} of ten needs.",
        sentence_none="There is evidence of none of ten needs.",
        why="Supporting Families asks for three or more; a simple count is the baseline that a model must beat.",
    ),
    _feature(
        name="needs_without_service",
        label="Needs evidenced where no service is open",
        value=given(feature("service_open") <= 0, feature("needs_count")),
        null_rule=NullRule.NOT_APPLICABLE,
        sentence="There is evidence of {value} of ten needs, and neither early help nor social care is under way.",
        sentence_none="No need is evidenced, and neither early help nor social care is under way.",
        why="Need that shows in the records, and nobody working with the family.",
        caveats=f"{_SILENT} Help from schools, health and charities is not seen.",
    ),
    _feature(
        name="three_needs_no_service",
        label="Three or more needs evidenced, and no service open",
        value=all_of(feature("needs_count") >= ASKED_FOR, feature("service_open") <= 0),
        sentence="Three or more of ten needs are evidenced, and neither early help nor social care is under way.",
        sentence_none="Not both three needs evidenced and no service open.",
        why="By Supporting Families' own count these families qualify for help and have none.",
        unit=Unit.FLAG,
        caveats=f"{_SILENT} Help from schools, health and charities is not seen.",
    ),
    *CRITERIA,
    _feature(
        name="criteria_count",
        label="Troubled Families criteria met",
        value=sum_of(*(feature(criterion.name) for criterion in CRITERIA)),
        sentence="Records meet {value} of the six Troubled Families criteria.",
        sentence_none="Records meet none of the six Troubled Families criteria.",
        why="The older programme asked for two; kept so that lists may be compared with those of earlier years.",
    ),
)
