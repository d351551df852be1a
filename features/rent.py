"""Council rent accounts. Balances are those known at the as-of date, in weeks of the rent charged of late."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from features.definitions import Direction, Feature, NullRule, Unit
from features.patterns import in_windows
from features.rows import one_of
from features.streams import ARREARS_ACTIONS, BENEFITS, RENT
from features.values import Number, Value, any_of, at_most, days_since, feature, given, no_less, share
from sources.codes.council import ARREARS_STEPS

CHARGE = one_of("kind", "rent")
PAID = one_of("kind", "payment", "housing_benefit", "universal_credit")
OWN_PAYMENT = one_of("kind", "payment", "universal_credit")
UC_START = one_of("benefit", "universal_credit") & one_of("row_kind", "spell", "start")
AGREEMENT = one_of("action", "agreement")
PURSUED = one_of("action", *ARREARS_STEPS.counted_as("informal"), *ARREARS_STEPS.counted_as("legal"))
_RENT_DAYS = 91
_UC_DAYS, _UC_WEEKS = 182, 2.0
_CHECKS = (28, 91, 182, 365)
_STEPS = (
    (1, ("letter",)),
    (2, ("financial_inclusion_call", "agreement")),
    (3, ("notice",)),
    (4, ("court_date", "suspended_possession")),
    (5, ("eviction_date", "eviction")),
)
"""How far recovery went, from the mildest step to the last."""

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


def _paid_share(days: int, lag: int = 0) -> Value:
    """Payments and benefit as a share of the rent charged; unknown where none was."""
    charged = RENT.total("amount_pence", CHARGE, days, lag)
    return given(charged > 0, share(RENT.total("amount_pence", PAID, days, lag) * -1, charged))


def _owed(days_ago: int) -> Value:
    """1 where a week's rent or more was owed some days before the as-of date, as it is known now."""
    return RENT.total("amount_pence", lag=days_ago) / 100 >= feature("weekly_rent")


def _days_owing() -> Value:
    """The longest of the checks before the as-of date up to which a week's rent was owed at every one."""
    owing: Value = _owed(0)
    owed_for: Value = Number(0)
    for since, days in pairwise((0, *_CHECKS)):
        owing = owing * _owed(days)
        owed_for = owed_for + owing * (days - since)
    return owed_for


def _furthest_step(days: int) -> Value:
    """The number of the furthest step taken, 0 for none."""
    first, *rest = (
        (ARREARS_ACTIONS.count(one_of("action", *actions), days) > 0) * number for number, actions in _STEPS
    )
    for step in rest:
        first = no_less(first, step)
    return first


UC_STARTED = BENEFITS.started.count(UC_START, _UC_DAYS) > 0
ARREARS_WEEKS = feature("rent_arrears_weeks")

_feature = partial(
    Feature,
    subject="rent",
    owner="Housing: rent income team",
    null_rule=NullRule.NOT_APPLICABLE,
    direction=Direction.RISES,
    caveats=_OURS,
)
_step = partial(_feature, null_rule=NullRule.ZERO, why="Each step of recovery says how far arrears have gone.")


def _actions(name: str, words: str, days: int, *actions: str) -> tuple[Feature, ...]:
    return in_windows(
        _step,
        f"{name}_{{days}}",
        lambda days: ARREARS_ACTIONS.count(one_of("action", *actions), days),
        days,
        label=f"Rent arrears: {words.replace('(s)', 's')}, last {{period}}",
        sentence=f"{{value}} {words} over rent arrears in the last {{period}}.",
        sentence_none=f"No {words} over rent arrears in the last {{period}}.",
    )


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="weekly_rent",
        label="Rent charged a week, in pounds",
        value=given(_weekly_rent() > 0, _weekly_rent() / 100),
        unit=Unit.POUNDS,
        direction=Direction.FREE,
        sentence="About {value} of rent was charged a week in the last 3 months.",
        sentence_none="No rent was charged in the last 3 months.",
        why="What the arrears are measured by.",
    ),
    _feature(
        name="rent_arrears_weeks",
        label="Rent arrears in weeks of rent",
        value=_weeks(BALANCE),
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
        sentence="Owes {value} week(s) of rent beyond what the wait for Universal Credit explains.",
        sentence_none="Owes no rent beyond what the wait for Universal Credit explains.",
        sentence_below="The rent account is in credit.",
        why="Tells a payment that is on its way from one that is not.",
        caveats=_UC_TIMING,
    ),
    _feature(
        name="rent_arrears_serious",
        label="Four weeks of rent owed, or eight with a new Universal Credit claim",
        value=any_of(feature("rent_arrears_weeks_uc_adjusted") >= 4, ARREARS_WEEKS >= 8),
        null_rule=NullRule.ZERO,
        sentence="Four weeks of rent or more is owed, beyond what the wait for Universal Credit explains.",
        sentence_none="Less than four weeks of rent is owed, as far as the council's accounts show.",
        why="A landlord may ask a court for possession at eight weeks; at four there is time to help.",
        unit=Unit.FLAG,
        caveats=_UC_TIMING,
    ),
    _feature(
        name="rent_days_in_arrears",
        label="Days for which a week's rent or more has been owed, at least",
        value=_days_owing(),
        sentence="Has owed a week's rent or more for at least {value}, going by checks at 4 weeks, 3, 6 and 12 months.",
        sentence_none="Has not owed a week's rent for as long as four weeks.",
        why="An old debt, paid off or not, is another thing than one late payment.",
        unit=Unit.DAYS,
        caveats=f"{_UC_TIMING} Looked at on five dates, not every day: a debt paid off and run up between two is not "
        "seen. Past balances are as they are known now, in weeks of the rent of today.",
    ),
    *in_windows(
        _feature,
        "rent_arrears_growth_{days}_weeks",
        lambda days: _weeks(RENT.total("amount_pence", ~one_of("kind", "opening_balance"), days)),
        *(91, 182, 365),
        label="Growth of rent arrears, last {period}, in weeks of rent",
        sentence="Rent arrears grew by {value} week(s) of rent in the last {period}.",
        sentence_none="Rent arrears did not change in the last {period}.",
        sentence_below="Rent arrears fell in the last {period}.",
        why="Arrears that grow are a different thing from an old debt being paid off.",
        caveats=_UC_TIMING,
    ),
    *in_windows(
        _feature,
        "rent_paid_share_{days}",
        _paid_share,
        *(91, 182),
        label="Share of rent paid, last {period}",
        direction=Direction.FALLS,
        sentence="Payments and benefit covered {value} of the rent of the last {period}.",
        sentence_none="Nothing was paid towards the rent of the last {period}.",
        sentence_below="More was taken back than paid towards the rent of the last {period}.",
        why="Shows who keeps up whatever the balance says.",
        unit=Unit.SHARE,
        caveats=_UC_TIMING,
    ),
    _feature(
        name="rent_paid_share_change_91",
        label="Change in the share of rent paid, last 3 months on the 3 before",
        value=_paid_share(91) - _paid_share(91, 91),
        direction=Direction.FALLS,
        sentence="Payments covered {value} more of the rent than in the three months before.",
        sentence_none="Payments covered as much of the rent as in the three months before.",
        sentence_below="Payments covered less of the rent than in the three months before.",
        why="Payments that fall off show here before the balance does.",
        unit=Unit.SHARE,
        caveats=_UC_TIMING,
    ),
    _feature(
        name="days_since_rent_payment",
        label="Days since the last payment of rent",
        value=given(RENT.count(CHARGE, _RENT_DAYS) > 0, days_since(RENT.last_day(PAID))),
        sentence="The last payment towards the rent was {value} ago.",
        sentence_none="A payment towards the rent came on the day itself.",
        why="A missed payment shows here before it shows in the balance.",
        unit=Unit.DAYS,
    ),
    _feature(
        name="own_rent_payments_91",
        label="Payments of rent by the household, last 3 months",
        value=given(RENT.count(CHARGE, _RENT_DAYS) > 0, RENT.count(OWN_PAYMENT, 91)),
        direction=Direction.FREE,
        sentence="{value} payment(s) of rent came from the household in the last 3 months.",
        sentence_none="No payment of rent came from the household itself in the last 3 months.",
        why="Where benefit pays the landlord directly there may be none, and no trouble either.",
    ),
    _feature(
        name="universal_credit_pays_rent_91",
        label="Universal Credit paid straight to the rent account, last 3 months",
        value=RENT.count(one_of("kind", "universal_credit"), 91) > 0,
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="Universal Credit paid rent straight to the council in the last 3 months.",
        sentence_none="No rent came straight from Universal Credit in the last 3 months.",
        why="Arranged where somebody finds it hard to manage money or owes two months: help, and a sign at once.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="returned_payments_182",
        label="Returned rent payments, last 6 months",
        value=RENT.count(one_of("kind", "returned_payment"), 182),
        null_rule=NullRule.ZERO,
        sentence="{value} rent payment(s) came back unpaid in the last 6 months.",
        sentence_none="No rent payment came back unpaid in the last 6 months.",
        why="The bank refused because the money was not there.",
    ),
    _feature(
        name="court_costs_365",
        label="Court costs put on the rent account, last 12 months",
        value=RENT.count(one_of("kind", "costs"), 365) > 0,
        null_rule=NullRule.ZERO,
        sentence="Court costs were put on the rent account in the last 12 months.",
        sentence_none="No court costs were put on the rent account in the last 12 months.",
        why="Arrears went as far as a court, and the debt grew by it.",
        unit=Unit.FLAG,
    ),
    *_actions("arrears_letters", "letter(s)", 182, "letter"),
    *_actions("arrears_agreements", "repayment agreement(s)", 365, "agreement"),
    *_actions("arrears_calls", "call(s) by the financial inclusion team", 365, "financial_inclusion_call"),
    *_actions("arrears_notices", "notice(s) or court step(s)", 365, "notice", "court_date", "suspended_possession"),
    *_actions("arrears_court_steps", "court step(s)", 365, "court_date", "suspended_possession"),
    *_actions("eviction_steps", "eviction step(s)", 365, "eviction_date", "eviction"),
    _step(
        name="arrears_furthest_step_365",
        label="Furthest step over rent arrears, last 12 months, 0 to 5",
        value=_furthest_step(365),
        sentence="Recovery of rent arrears reached step {value} of 5 in the last 12 months (1 letter, 2 call or "
        "agreement, 3 notice, 4 court, 5 eviction).",
        sentence_none="No step was taken over rent arrears in the last 12 months.",
    ),
    _step(
        name="arrears_agreement_broken_365",
        label="Repayment agreement followed by further steps, last 12 months",
        value=any_of(
            ARREARS_ACTIONS.last_day(PURSUED, 365) > ARREARS_ACTIONS.first_day(AGREEMENT, 365),
            ARREARS_ACTIONS.count(AGREEMENT, 365) >= 2,
        ),
        sentence="An agreement to repay arrears in the last 12 months was followed by a further step or a new "
        "agreement.",
        sentence_none="No agreement to repay arrears is known to have broken down in the last 12 months.",
        why="Somebody tried to put it right and could not keep it up.",
        unit=Unit.FLAG,
        caveats=f"{_OURS} No system says that an agreement was broken: a letter, a notice or a court step after it, "
        "or a second agreement, stands for that.",
    ),
    _feature(
        name="days_since_arrears_step",
        label="Days since the last step over rent arrears",
        value=days_since(ARREARS_ACTIONS.last_day()),
        direction=Direction.FALLS,
        sentence="The last step over rent arrears was {value} ago.",
        why="The longer ago, the less it says about now.",
        unit=Unit.DAYS,
    ),
)
