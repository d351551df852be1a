"""Contacts with children's social care, assessments, and the services that followed.

Being referred is not the same as needing help: who is referred depends on who is watched.
"""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Unit
from features.rows import Test, holds, one_of
from features.streams import ASSESSMENTS, CONTACTS, SERVICES
from features.values import days_since, given
from features.wording import period

REFERRAL = one_of("outcome", "referral")
NO_FURTHER_ACTION = one_of("outcome", "no_further_action")
POLICE = one_of("referral_source", "6")
SCHOOLS = one_of("referral_source", "2A", "2B")
HEALTH = one_of("referral_source", "3A", "3B", "3C", "3D", "3E", "3F")
HOUSING = one_of("referral_source", "4")

_WATCHED = (
    "Contact is not need: families in touch with more services are contacted about more. "
    "Contacts about several children on one day count once for the family."
)
_feature = partial(Feature, subject="referrals", null_rule=NullRule.ZERO, direction=Direction.RISES, caveats=_WATCHED)


def _contacts(name: str, words: str, sentence: str, none: str, days: int, where: Test | None = None) -> Feature:
    """Days with a contact; ``{period}`` in a sentence stands for the window."""
    return _feature(
        name=f"{name}_{days}",
        label=f"{words}, last {period(days)}",
        value=CONTACTS.count(where, days),
        sentence=sentence.replace("{period}", period(days)),
        sentence_none=none.replace("{period}", period(days)),
        why="Somebody was worried enough to say so.",
    )


def _factor(name: str, words: str, *codes: str) -> Feature:
    return _feature(
        name=f"assessed_{name}_730",
        label=f"Assessment named {words}, last 2 years",
        value=ASSESSMENTS.ended.count(holds("factors", *codes), 730) > 0,
        sentence=f"An assessment in the last 2 years named {words}.",
        sentence_none=f"No assessment in the last 2 years named {words}.",
        why="A social worker looked, and wrote it down.",
        unit=Unit.FLAG,
        caveats="Only families that were assessed can have it. Known from the end of the assessment.",
    )


def _service(name: str, words: str, where: Test) -> tuple[Feature, Feature]:
    began = _feature(
        name=f"{name}_open",
        label=f"{words} under way",
        value=SERVICES.open(where) > 0,
        sentence=f"{words} is under way.",
        sentence_none=f"{words} is not under way.",
        why="Help is already there; also says that somebody knows the family.",
        unit=Unit.FLAG,
        direction=Direction.FREE,
    )
    ended = _feature(
        name=f"{name}_ended_365",
        label=f"{words} ended, last 12 months",
        value=SERVICES.ended.count(where, 365) > 0,
        sentence=f"{words} ended in the last 12 months.",
        sentence_none=f"{words} did not end in the last 12 months.",
        why="Needs can come back when help stops.",
        unit=Unit.FLAG,
    )
    return began, ended


FEATURES: tuple[Feature, ...] = (
    *(
        _contacts(
            "contacts",
            "Contacts with children's social care",
            "Children's social care was contacted on {value} day(s) in the last {period}.",
            "Nobody contacted children's social care in the last {period}.",
            days,
        )
        for days in (91, 182, 365)
    ),
    *(
        _contacts(
            f"contacts_{name}",
            f"Contacts from {who}",
            f"Children's social care heard from {who} on {{value}} day(s) in the last {{period}}.",
            f"Children's social care heard nothing from {who} in the last {{period}}.",
            365,
            where,
        )
        for name, who, where in (
            ("police", "the police", POLICE),
            ("school", "schools", SCHOOLS),
            ("health", "health services", HEALTH),
            ("housing", "the housing service", HOUSING),
        )
    ),
    _contacts(
        "contacts_no_action",
        "Contacts that led to no further action",
        "Contacts on {value} day(s) in the last {period} led to no further action.",
        "No contact in the last {period} ended without action.",
        365,
        NO_FURTHER_ACTION,
    ),
    _contacts(
        "contacts_early_help",
        "Contacts passed to early help",
        "Contacts on {value} day(s) in the last {period} were passed to early help.",
        "No contact in the last {period} was passed to early help.",
        365,
        one_of("outcome", "early_help"),
    ),
    _contacts(
        "referrals",
        "Accepted referrals",
        "{value} referral(s) to children's social care accepted in the last {period}.",
        "No referral to children's social care accepted in the last {period}.",
        365,
        REFERRAL,
    ),
    _feature(
        name="contacts_no_action_repeated",
        label="Repeated contacts without action, last 12 months",
        value=CONTACTS.count(NO_FURTHER_ACTION, 365) >= 2,
        sentence="Two or more contacts in the last 12 months led to no further action.",
        sentence_none="No repeated contact without action in the last 12 months.",
        why="Worry that keeps coming back and meets no answer.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="days_since_contact",
        label="Days since the last contact with children's social care",
        value=days_since(CONTACTS.last_day()),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="The last contact with children's social care was {value} ago.",
        why="The longer ago, the less it says about now.",
        unit=Unit.DAYS,
    ),
    _feature(
        name="referrals_ever",
        label="Accepted referrals, ever",
        value=CONTACTS.count(REFERRAL),
        sentence="{value} accepted referral(s) to children's social care on record.",
        sentence_none="No accepted referral on record.",
        why="A past referral makes another likelier.",
        caveats=f"{_WATCHED} Reaches back only as far as the extract.",
    ),
    _feature(
        name="assessments_ended_365",
        label="Assessments finished, last 12 months",
        value=ASSESSMENTS.ended.count(days=365),
        sentence="{value} assessment(s) of the children finished in the last 12 months.",
        sentence_none="No assessment finished in the last 12 months.",
        why="Worry went far enough for a social worker to look.",
        caveats="One for each child assessed.",
    ),
    _feature(
        name="assessed_no_action_365",
        label="Assessed without further action, last 12 months",
        value=ASSESSMENTS.ended.count(one_of("outcome", "no_further_action"), 365) > 0,
        sentence="An assessment in the last 12 months ended with no further action.",
        sentence_none="No assessment in the last 12 months ended with no further action.",
        why="Known, looked at, and left without help.",
        unit=Unit.FLAG,
    ),
    _factor("parent_alcohol_drugs", "a parent's alcohol or drug use", "1B", "2B"),
    _factor("domestic_abuse", "domestic abuse of a parent", "3B"),
    _factor("parent_mental_health", "a parent's mental health", "4B"),
    _factor("parent_learning_disability", "a parent's learning disability", "5B"),
    _factor("parent_physical_illness", "a parent's physical illness or disability", "6B"),
    *_service("early_help", "Early help", one_of("service", "early_help")),
    *_service("child_in_need", "A child in need plan", one_of("service", "cin")),
    *_service("child_protection", "A child protection plan", one_of("service", "cp")),
    _feature(
        name="looked_after_ever",
        label="A child looked after, ever",
        value=SERVICES.started.count(one_of("service", "lac")) > 0,
        sentence="A child of the family has been looked after by the council.",
        sentence_none="No child of the family has been looked after by the council.",
        why="The strongest step there is; coming home is hard too.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="days_since_service_ended",
        label="Days since early help or social care last ended",
        value=days_since(SERVICES.ended.last_day()),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="Early help or social care last ended {value} ago.",
        why="Needs come back soonest soon after help stops.",
        unit=Unit.DAYS,
    ),
    _feature(
        name="own_contacts_365",
        label="Contacts about the child, last 12 months",
        value=CONTACTS.count(days=365),
        level=Level.CHILD,
        sentence="Children's social care was contacted about the child on {value} day(s) in the last 12 months.",
        sentence_none="Nobody contacted children's social care about the child in the last 12 months.",
        why="Somebody was worried about this child.",
    ),
    _feature(
        name="own_assessed_parent_ill_730",
        label="Child's assessment named a parent's illness, last 2 years",
        value=given(
            ASSESSMENTS.ended.count(days=730) > 0, ASSESSMENTS.ended.count(holds("factors", "4B", "6B"), 730) > 0
        ),
        null_rule=NullRule.ZERO,
        level=Level.CHILD,
        sentence="An assessment of the child in the last 2 years named a parent's mental or physical illness.",
        sentence_none="No assessment of the child in the last 2 years named a parent's illness.",
        why="The parent may need care that the child gives.",
        unit=Unit.FLAG,
    ),
)
