"""Council rent accounts. Balances are those known at the as-of date, in weeks of the rent charged of late."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Unit
from features.rows import one_of
from features.streams import ARREARS_ACTIONS, BENEFITS, RENT, TENANCIES
from features.values import Value, at_most, days_since, given, no_less, share
from features.wording import period

CHARGE = one_of("kind", "rent")
PAID = one_of("kind", "payment", "housing_benefit", "universal_credit")
OWN_PAYMENT = one_of("kind", "payment", "universal_credit")
UC_START = one_of("benefit", "universal_credit") & one_of("row_kind", "spell", "start")
_RENT_DAYS = 91
_UC_DAYS, _UC_WEEKS = 182, 2.0

_OURS = "Council tenancies and temporary accommodation only; housing association and private rent is not seen."
_UC_TIMING = (
    f"{_OURS} A claim for Universal Credit adds about two weeks of rent for some months, because the first payment "
    "comes after five weeks: that is timing, not distress."
)

BALANCE = RENT.total("amount_pence")
"""Pence owed: the opening balance and every posting since, as known."""


def _weekly_rent() -> Value:
    """Pence a week from the charges of the last 91 days, weekly or monthly: their sum over the days they cover.

    Evenly spaced charges cover the days from first to last and one spacing more; a single one, a week.
    """
    charges = RENT.count(CHARGE, _RENT_DAYS)
    apart = RENT.last_day(CHARGE, _RENT_DAYS) - RENT.first_day(CHARGE, _RENT_DAYS)
    covered = no_less(apart * charges / no_less(charges - 1, 1), 7)
    return RENT.total("amount_pence", CHARGE, _RENT_DAYS) * 7 / covered


def _weeks(pence: Value) -> Value:
    """Pence as weeks of rent; unknown where no rent was charged of late."""
    return given(_weekly_rent() > 0, pence / _weekly_rent())


ARREARS_WEEKS = _weeks(BALANCE)
UC_STARTED = BENEFITS.started.count(UC_START, _UC_DAYS) > 0

_feature = partial(Feature, subject="rent", caveats=_OURS)


def _actions(name: str, words: str, days: int, *actions: str) -> Feature:
    return _feature(
        name=f"{name}_{days}",
        label=f"Rent arrears: {words.replace('(s)', 's')}, last {period(days)}",
        value=ARREARS_ACTIONS.count(one_of("action", *actions), days),
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence=f"{{value}} {words} over rent arrears in the last {period(days)}.",
        sentence_none=f"No {words} over rent arrears in the last {period(days)}.",
        why="Each step of recovery says how far arrears have gone.",
    )


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="rent_arrears_weeks",
        label="Rent arrears in weeks of rent",
        value=ARREARS_WEEKS,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="Owes {value} week(s) of rent.",
        sentence_none="Owes no rent.",
        sentence_below="The rent account is in credit.",
        why="Arrears put the home at risk, and are often the first sign of money running out.",
        caveats=_UC_TIMING,
    ),
    _feature(
        name="rent_arrears_weeks_uc_adjusted",
        label="Rent arrears in weeks of rent, less Universal Credit timing",
        value=no_less(ARREARS_WEEKS - UC_STARTED * _UC_WEEKS, at_most(ARREARS_WEEKS, 0)),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="Owes {value} week(s) of rent beyond what the wait for Universal Credit explains.",
        sentence_none="Owes no rent beyond what the wait for Universal Credit explains.",
        sentence_below="The rent account is in credit.",
        why="Tells a payment that is on its way from one that is not.",
        caveats=_UC_TIMING,
    ),
    *(
        _feature(
            name=f"rent_arrears_growth_{days}_weeks",
            label=f"Growth of rent arrears, last {period(days)}, in weeks of rent",
            value=_weeks(RENT.total("amount_pence", ~one_of("kind", "opening_balance"), days)),
            null_rule=NullRule.NOT_APPLICABLE,
            direction=Direction.RISES,
            sentence=f"Rent arrears grew by {{value}} week(s) of rent in the last {period(days)}.",
            sentence_none=f"Rent arrears did not change in the last {period(days)}.",
            sentence_below=f"Rent arrears fell in the last {period(days)}.",
            why="Arrears that grow are a different thing from an old debt being paid off.",
            caveats=_UC_TIMING,
        )
        for days in (91, 182)
    ),
    _feature(
        name="rent_paid_share_91",
        label="Share of rent paid, last 3 months",
        value=given(
            RENT.total("amount_pence", CHARGE, 91) > 0,
            share(RENT.total("amount_pence", PAID, 91) * -1, RENT.total("amount_pence", CHARGE, 91)),
        ),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="Payments and benefit covered {value} of the rent of the last 3 months.",
        sentence_none="Nothing was paid towards the rent of the last 3 months.",
        why="Shows who keeps up whatever the balance says.",
        unit=Unit.SHARE,
        caveats=_UC_TIMING,
    ),
    _feature(
        name="days_since_rent_payment",
        label="Days since the last payment of rent",
        value=given(RENT.count(CHARGE, _RENT_DAYS) > 0, days_since(RENT.last_day(PAID))),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="The last payment towards the rent was {value} ago.",
        sentence_none="A payment towards the rent came on the day itself.",
        why="A missed payment shows here before it shows in the balance.",
        unit=Unit.DAYS,
    ),
    _feature(
        name="own_rent_payments_91",
        label="Payments of rent by the household, last 3 months",
        value=given(RENT.count(CHARGE, _RENT_DAYS) > 0, RENT.count(OWN_PAYMENT, 91)),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FREE,
        sentence="{value} payment(s) of rent came from the household in the last 3 months.",
        sentence_none="No payment of rent came from the household itself in the last 3 months.",
        why="Where benefit pays the landlord directly there may be none, and no trouble either.",
    ),
    _feature(
        name="returned_payments_182",
        label="Returned rent payments, last 6 months",
        value=RENT.count(one_of("kind", "returned_payment"), 182),
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence="{value} rent payment(s) came back unpaid in the last 6 months.",
        sentence_none="No rent payment came back unpaid in the last 6 months.",
        why="The bank refused because the money was not there.",
    ),
    _actions("arrears_letters", "letter(s)", 182, "letter"),
    _actions("arrears_agreements", "repayment agreement(s)", 365, "agreement"),
    _actions("arrears_notices", "notice(s) or court step(s)", 365, "notice", "court_date", "suspended_possession"),
    _actions("eviction_steps", "eviction step(s)", 365, "eviction_date", "eviction"),
    _feature(
        name="council_tenancy",
        label="Council tenancy or licence",
        value=TENANCIES.open() > 0,
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="Rents from the council.",
        sentence_none="Does not rent from the council.",
        why="Says whether the rent features can say anything at all.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="temporary_accommodation",
        label="Temporary accommodation",
        value=TENANCIES.open(one_of("tenure", "temporary")) > 0,
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence="Lives in temporary accommodation.",
        sentence_none="Does not live in the council's temporary accommodation.",
        why="Homeless families move, wait, and lose touch with school and health.",
        unit=Unit.FLAG,
    ),
)
