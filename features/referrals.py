"""Contacts with children's social care, and the services that followed.

Being referred is not the same as needing help: who is referred depends on who is watched.
"""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Unit
from features.patterns import in_windows
from features.rows import Test, one_of
from features.streams import ALLOCATIONS, CONTACTS, SERVICES
from features.values import Value, all_of, any_of, days_since, feature, given, sum_of
from sources.codes.social_care import REFERRAL_SOURCES

REFERRAL = one_of("outcome", "referral")
NO_FURTHER_ACTION = one_of("outcome", "no_further_action")
EARLY_HELP, CHILD_IN_NEED, CHILD_PROTECTION, LOOKED_AFTER = (
    one_of("service", service) for service in ("early_help", "cin", "cp", "lac")
)
SOCIAL_CARE = CHILD_IN_NEED | CHILD_PROTECTION | LOOKED_AFTER
_HANDOVER = 28  # a lower service that began up to four weeks before the higher one ended is what it was handed to

_SOURCES = {
    "police": ("the police", REFERRAL_SOURCES.counted_as("police")),
    "school": ("schools", REFERRAL_SOURCES.counted_as("education")),
    "health": ("health services", REFERRAL_SOURCES.counted_as("health")),
    "housing": ("the housing service", REFERRAL_SOURCES.counted_as("housing")),
    "family": ("the family or the child", ("1A", "1C")),
    "public": ("neighbours, strangers or someone unnamed", ("1B", "1D", *REFERRAL_SOURCES.counted_as("anonymous"))),
    "council": ("councils' own services", REFERRAL_SOURCES.counted_as("council")),
    "legal": ("courts, probation or immigration", REFERRAL_SOURCES.counted_as("legal")),
    "other": ("others such as charities", REFERRAL_SOURCES.counted_as("other")),
}
"""Who called, in words, by the census codes of the source; a source that is not known is in none."""

_WATCHED = (
    "Contact is not need: families in touch with more services are contacted about more. "
    "Contacts about several children on one day count once for the family."
)
_PLANS = "What a plan is opened for, and when it is closed, differs between teams and with how many workers there are."
_feature = partial(
    Feature,
    subject="referrals",
    owner="Children's social care: front door manager",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats=_WATCHED,
)
_contacts = partial(_feature, why="Somebody was worried enough to say so.")
_plan = partial(_feature, owner="Children's social care: performance team", unit=Unit.FLAG, caveats=_PLANS)
_days_since = partial(
    _feature,
    null_rule=NullRule.NOT_APPLICABLE,
    direction=Direction.FALLS,
    unit=Unit.DAYS,
    why="The longer ago, the less it says about now.",
)


def _from(name: str, *windows: int) -> tuple[Feature, ...]:
    who, codes = _SOURCES[name]
    return in_windows(
        _contacts,
        f"contacts_{name}_{{days}}",
        lambda days: CONTACTS.count(one_of("referral_source", *codes), days),
        *windows,
        label=f"Contacts from {who}, last {{period}}",
        sentence=f"Children's social care heard from {who} on {{value}} day(s) in the last {{period}}.",
        sentence_none=f"Children's social care heard nothing from {who} in the last {{period}}.",
    )


def _led_to(name: str, words: str, sentence: str, none: str, where: Test, *windows: int) -> tuple[Feature, ...]:
    return in_windows(
        _contacts,
        f"{name}_{{days}}",
        lambda days: CONTACTS.count(where, days),
        *windows,
        label=f"{words}, last {{period}}",
        sentence=sentence,
        sentence_none=none,
    )


def _service(name: str, words: str, where: Test) -> tuple[Feature, Feature]:
    began = _plan(
        name=f"{name}_open",
        label=f"{words} under way",
        value=SERVICES.open(where) > 0,
        sentence=f"{words} is under way.",
        sentence_none=f"{words} is not under way.",
        why="Help is already there; also says that somebody knows the family.",
        direction=Direction.FREE,
    )
    ended = _plan(
        name=f"{name}_ended_365",
        label=f"{words} ended, last 12 months",
        value=SERVICES.ended.count(where, 365) > 0,
        sentence=f"{words} ended in the last 12 months.",
        sentence_none=f"{words} did not end in the last 12 months.",
        why="Needs can come back when help stops.",
    )
    return began, ended


def _followed(higher: Test, lower: Test, days: int) -> Value:
    """Whether a service ended in the window, and another began no more than a handover before that."""
    return SERVICES.started.last_day(lower, days + _HANDOVER) + _HANDOVER >= SERVICES.ended.last_day(higher, days)


def _again_within_a_year() -> Value:
    """A referral in the last year, less than a year after another: both in it, or the other in the year before."""
    first, before = CONTACTS.first_day(REFERRAL, 365), CONTACTS.last_day(REFERRAL, 365, lag=365)
    return any_of(CONTACTS.count(REFERRAL, 365) >= 2, first - before <= 365)


FEATURES: tuple[Feature, ...] = (
    *in_windows(
        _contacts,
        "contacts_{days}",
        lambda days: CONTACTS.count(days=days),
        *(28, 91, 182, 365),
        label="Contacts with children's social care, last {period}",
        sentence="Children's social care was contacted on {value} day(s) in the last {period}.",
        sentence_none="Nobody contacted children's social care in the last {period}.",
    ),
    *(feature for name in _SOURCES for feature in _from(name, 365)),
    _contacts(
        name="contacts_health_visitor_365",
        label="Contacts from health visitors, last 12 months",
        value=CONTACTS.count(one_of("referral_source", "3B"), 365),
        sentence="Children's social care heard from a health visitor on {value} day(s) in the last 12 months.",
        sentence_none="Children's social care heard nothing from a health visitor in the last 12 months.",
        why="Health visitors see under-fives at home: their worry is mostly about the youngest.",
    ),
    _contacts(
        name="contact_sources_365",
        label="Kinds of people who made contact, last 12 months",
        value=sum_of(*(feature(f"contacts_{name}_365") > 0 for name in _SOURCES)),
        sentence="{value} kind(s) of people or services contacted children's social care in the last 12 months.",
        sentence_none="Nobody made contact with children's social care in the last 12 months.",
        why="Several who do not know of each other say the same thing.",
    ),
    _contacts(
        name="contacts_change_182",
        label="Change in contacts, last 6 months on the 6 before",
        value=CONTACTS.count(days=182) - CONTACTS.count(days=182, lag=182),
        sentence="There (was|were) {value} more day(s) with a contact than in the six months before.",
        sentence_none="Contacts were as many as in the six months before.",
        sentence_below="There were fewer contacts than in the six months before.",
        why="Worry that grows says more than worry that has always been there.",
    ),
    *_led_to(
        "contacts_no_action",
        "Contacts that led to no further action",
        "Contacts on {value} day(s) in the last {period} led to no further action.",
        "No contact in the last {period} ended without action.",
        NO_FURTHER_ACTION,
        *(182, 365),
    ),
    *_led_to(
        "contacts_early_help",
        "Contacts passed to early help",
        "Contacts on {value} day(s) in the last {period} were passed to early help.",
        "No contact in the last {period} was passed to early help.",
        one_of("outcome", "early_help"),
        365,
    ),
    *_led_to(
        "referrals",
        "Accepted referrals",
        "{value} referral(s) to children's social care accepted in the last {period}.",
        "No referral to children's social care accepted in the last {period}.",
        REFERRAL,
        *(182, 365),
    ),
    _contacts(
        name="contacts_no_action_repeated",
        label="Repeated contacts without action, last 12 months",
        value=CONTACTS.count(NO_FURTHER_ACTION, 365) >= 2,
        sentence="Two or more contacts in the last 12 months led to no further action.",
        sentence_none="No repeated contact without action in the last 12 months.",
        why="Worry that keeps coming back and meets no answer.",
        unit=Unit.FLAG,
    ),
    _contacts(
        name="rereferred_365",
        label="Referred again within a year, last 12 months",
        value=_again_within_a_year(),
        sentence="A referral in the last 12 months came within a year of another.",
        sentence_none="No referral in the last 12 months came within a year of another.",
        why="What was done the first time was not enough, or was not what was needed.",
        unit=Unit.FLAG,
    ),
    _contacts(
        name="referrals_ever",
        label="Accepted referrals, ever",
        value=CONTACTS.count(REFERRAL),
        sentence="{value} accepted referral(s) to children's social care on record.",
        sentence_none="No accepted referral on record.",
        why="A past referral makes another likelier.",
        caveats=f"{_WATCHED} Reaches back only as far as the extract.",
    ),
    _days_since(
        name="days_since_contact",
        label="Days since the last contact with children's social care",
        value=days_since(CONTACTS.last_day()),
        sentence="The last contact with children's social care was {value} ago.",
    ),
    _days_since(
        name="days_since_referral",
        label="Days since the last accepted referral",
        value=days_since(CONTACTS.last_day(REFERRAL)),
        sentence="The last accepted referral to children's social care was {value} ago.",
    ),
    *_service("early_help", "Early help", EARLY_HELP),
    *_service("child_in_need", "A child in need plan", CHILD_IN_NEED),
    *_service("child_protection", "A child protection plan", CHILD_PROTECTION),
    *_service("looked_after", "A child's time in care", LOOKED_AFTER),
    _plan(
        name="service_open",
        label="Early help or social care under way",
        value=SERVICES.open() > 0,
        direction=Direction.FREE,
        sentence="Early help or social care is under way.",
        sentence_none="Neither early help nor social care is under way.",
        why="Somebody is working with the family.",
    ),
    _plan(
        name="looked_after_ever",
        label="A child looked after, ever",
        value=SERVICES.started.count(LOOKED_AFTER) > 0,
        sentence="A child of the family has been looked after by the council.",
        sentence_none="No child of the family has been looked after by the council.",
        why="The strongest step there is; coming home is hard too.",
    ),
    _plan(
        name="child_protection_ever",
        label="A child protection plan, ever",
        value=SERVICES.started.count(CHILD_PROTECTION) > 0,
        sentence="A child of the family has had a child protection plan.",
        sentence_none="No child of the family is on record with a child protection plan.",
        why="The worry was serious once; a second plan is not rare.",
        caveats=f"{_PLANS} Reaches back only as far as the extract.",
    ),
    _plan(
        name="social_care_plans_ever",
        label="Plans of social care, ever",
        value=SERVICES.started.count(SOCIAL_CARE),
        sentence="{value} plan(s) or period(s) of social care (is|are) on record for the children.",
        sentence_none="No plan of social care is on record for the children.",
        why="A family that has needed help often may need it again.",
        unit=Unit.NUMBER,
        caveats=f"{_PLANS} One for each child. Reaches back only as far as the extract.",
    ),
    _plan(
        name="stepped_down_from_protection_365",
        label="Stepped down from child protection, last 12 months",
        value=any_of(
            _followed(CHILD_PROTECTION, CHILD_IN_NEED, 365), _followed(CHILD_PROTECTION | LOOKED_AFTER, EARLY_HELP, 365)
        ),
        sentence="Child protection ended in the last 12 months and lesser help took over.",
        sentence_none="No step down from child protection to lesser help in the last 12 months.",
        why="The worry was serious not long ago, and support is less than it was.",
        caveats=f"{_PLANS} A plan that began up to four weeks before the end, or at any time after it, counts as "
        "taking over; it may be of a brother or sister.",
    ),
    _plan(
        name="stepped_down_to_early_help_365",
        label="Stepped down from social care to early help, last 12 months",
        value=any_of(_followed(SOCIAL_CARE, EARLY_HELP, 365)),
        sentence="Social care ended in the last 12 months and early help took over.",
        sentence_none="No step down from social care to early help in the last 12 months.",
        why="Support is less than it was, and voluntary now.",
        caveats=f"{_PLANS} Early help that began up to four weeks before the end, or at any time after it, counts.",
    ),
    _plan(
        name="stepped_up_from_early_help_365",
        label="Stepped up from early help to social care, last 12 months",
        value=any_of(_followed(EARLY_HELP, SOCIAL_CARE, 365)),
        sentence="Early help ended in the last 12 months and social care took over.",
        sentence_none="No step up from early help to social care in the last 12 months.",
        why="What early help could offer was not enough.",
        caveats=f"{_PLANS} A plan that began up to four weeks before the end, or at any time after it, counts.",
    ),
    _plan(
        name="help_ended_and_none_now_365",
        label="Help ended in the last 12 months, and none is under way",
        value=all_of(SERVICES.ended.count(days=365) > 0, SERVICES.open() <= 0),
        sentence="Early help or social care ended in the last 12 months, and nobody works with the family now.",
        sentence_none="No help ended in the last 12 months without other help under way now.",
        why="Needs come back soonest soon after help stops.",
    ),
    _days_since(
        name="days_since_service_ended",
        owner="Children's social care: performance team",
        label="Days since early help or social care last ended",
        value=days_since(SERVICES.ended.last_day()),
        sentence="Early help or social care last ended {value} ago.",
        why="Needs come back soonest soon after help stops.",
        caveats=_PLANS,
    ),
    _plan(
        name="social_workers_730",
        label="Different workers allocated, last 2 years",
        value=given(ALLOCATIONS.count() > 0, ALLOCATIONS.count(days=730)),
        null_rule=NullRule.NOT_APPLICABLE,
        sentence="{value} worker(s) of children's social care (was|were) allocated in the last 2 years.",
        sentence_none="No worker was newly allocated in the last 2 years.",
        why="Each new worker is somebody to tell it all to again.",
        unit=Unit.NUMBER,
        caveats=f"{_PLANS} A change of worker is the council's doing, not the family's.",
    ),
    _contacts(
        name="own_contacts_365",
        label="Contacts about the child, last 12 months",
        value=CONTACTS.count(days=365),
        level=Level.CHILD,
        sentence="Children's social care was contacted about the child on {value} day(s) in the last 12 months.",
        sentence_none="Nobody contacted children's social care about the child in the last 12 months.",
        why="Somebody was worried about this child.",
    ),
    _contacts(
        name="own_referrals_ever",
        label="Accepted referrals of the child, ever",
        value=CONTACTS.count(REFERRAL),
        level=Level.CHILD,
        sentence="{value} accepted referral(s) of the child on record.",
        sentence_none="No accepted referral of the child on record.",
        why="Somebody was worried about this child, and social care agreed.",
        caveats=f"{_WATCHED} Reaches back only as far as the extract.",
    ),
    _plan(
        name="own_social_care_open",
        label="Social care for the child under way",
        value=SERVICES.open(SOCIAL_CARE) > 0,
        level=Level.CHILD,
        direction=Direction.FREE,
        sentence="A plan of social care for the child is under way.",
        sentence_none="No plan of social care for the child is under way.",
        why="A social worker knows this child.",
    ),
)
