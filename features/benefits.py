"""Housing Benefit, Council Tax Reduction and Universal Credit, as far as the council sees them.

No extract says why a benefit stopped, so that a sanction, the benefit cap and a new job look alike.
"""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Unit
from features.patterns import in_windows
from features.rows import Test, one_of, yes
from features.streams import BENEFITS
from features.values import Value, all_of, days_since, feature

SPELL = one_of("row_kind", "spell")
BEGUN = one_of("row_kind", "spell", "start")
STOPPED = one_of("row_kind", "stop")
COUNCIL_BENEFIT = one_of("benefit", "housing_benefit", "council_tax_reduction")
UNIVERSAL_CREDIT = one_of("benefit", "universal_credit")

_SEEN = (
    "The council sees its own claims and the notices it is sent; other benefits are not seen. "
    "Decisions may be backdated: a claim counts from when it was decided."
)
_feature = partial(
    Feature,
    subject="benefits",
    owner="Revenues and benefits: assessment team",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    unit=Unit.FLAG,
    caveats=_SEEN,
)
_ended = partial(
    _feature,
    why="Better income, a move, or money stopped: worth asking which.",
    caveats=f"{_SEEN} A sanction, the benefit cap and a new job are not told apart.",
)


def _open(which: Test) -> Value:
    """1 where a claim or an award of a kind is running, as known at the as-of date."""
    running = BENEFITS.started.count(BEGUN & which) - BENEFITS.ended.count(SPELL & which)
    return running - BENEFITS.started.count(STOPPED & which) > 0


def _new(which: Test, days: int) -> Value:
    """1 where a kind of claim is running, and every one on record began within the window."""
    ever, lately = BENEFITS.started.count(BEGUN & which), BENEFITS.started.count(BEGUN & which, days)
    return all_of(_open(which), ever <= lately)


def _ends(days: int, which: Test | None = None) -> Value:
    """Spells known to have ended, and notices that a benefit stopped."""
    spells, stops = (SPELL, STOPPED) if which is None else (SPELL & which, STOPPED & which)
    return BENEFITS.ended.count(spells, days) + BENEFITS.started.count(stops, days)


CARERS_ALLOWANCE = _open(yes("carers_allowance"))
ADULT_DISABILITY = _open(yes("adult_disability"))
CHILD_DISABILITY = _open(yes("child_disability"))


def _seen_on_claim(name: str, flag: str, label: str, sentence: str, none: str, why: str) -> tuple[Feature, Feature]:
    """A flag on a running claim, and the same where no claim before the last year had it."""
    running = _feature(name=name, label=label, value=_open(yes(flag)), sentence=sentence, sentence_none=none, why=why)
    new = _feature(
        name=f"{name}_new_365",
        label=f"{label}, first seen in the last 12 months",
        value=_new(yes(flag), 365),
        sentence=f"{sentence.removesuffix('.')}; no claim that began before the last 12 months did.",
        sentence_none=f"{label}: not new in the last 12 months.",
        why=f"{why.removesuffix('.')}, and that is new.",
        caveats=f"{_SEEN} A first claim with the council reads as new though the need may be old.",
    )
    return running, new


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="council_benefit_open",
        label="Housing Benefit or Council Tax Reduction",
        value=_open(COUNCIL_BENEFIT),
        direction=Direction.FREE,
        sentence="Receives Housing Benefit or Council Tax Reduction.",
        sentence_none="Receives no Housing Benefit or Council Tax Reduction.",
        why="Low income.",
    ),
    _feature(
        name="universal_credit_open",
        label="Universal Credit",
        value=_open(UNIVERSAL_CREDIT),
        direction=Direction.FREE,
        sentence="Receives Universal Credit, going by the notices sent to the council.",
        sentence_none="No running award of Universal Credit that the council was told of.",
        why="Low income; the council is not told of every award.",
    ),
    *in_windows(
        _feature,
        "universal_credit_started_{days}",
        lambda days: BENEFITS.started.count(UNIVERSAL_CREDIT & BEGUN, days) > 0,
        *(91, 182),
        label="Universal Credit started, last {period}",
        direction=Direction.FREE,
        sentence="Universal Credit started in the last {period}.",
        sentence_none="Universal Credit did not start in the last {period}.",
        why="A change of income, and a wait of five weeks for the first payment.",
    ),
    *in_windows(
        _ended,
        "universal_credit_stopped_{days}",
        lambda days: _ends(days, UNIVERSAL_CREDIT) > 0,
        *(91, 365),
        label="Universal Credit stopped, last {period}",
        sentence="Universal Credit stopped in the last {period}.",
        sentence_none="Universal Credit is not known to have stopped in the last {period}.",
    ),
    *in_windows(
        _feature,
        "benefit_started_{days}",
        lambda days: BENEFITS.started.count(BEGUN, days) > 0,
        *(91, 182, 365),
        label="A benefit started, last {period}",
        sentence="A benefit claim started in the last {period}.",
        sentence_none="No benefit claim started in the last {period}.",
        why="Income fell, or the household changed.",
    ),
    *in_windows(
        _ended,
        "benefits_ended_{days}",
        _ends,
        *(91, 182, 365),
        label="Benefits that ended, last {period}",
        sentence="{value} benefit claim(s) ended in the last {period}.",
        sentence_none="No benefit claim ended in the last {period}.",
        unit=Unit.NUMBER,
    ),
    _ended(
        name="benefit_changes_365",
        label="Starts and ends of benefits, last 12 months",
        value=BENEFITS.started.count(BEGUN, 365) + _ends(365),
        sentence="Benefit claims started or ended {value} time(s) in the last 12 months.",
        sentence_none="No benefit claim started or ended in the last 12 months.",
        why="Income that comes and goes is harder to live on than a low one that is steady.",
        unit=Unit.NUMBER,
    ),
    _ended(
        name="benefit_lost_182",
        label="Benefit ended in the last 6 months, and none seen now",
        value=all_of(
            feature("benefits_ended_182") > 0,
            feature("council_benefit_open") <= 0,
            feature("universal_credit_open") <= 0,
        ),
        sentence="A benefit ended in the last 6 months, and the council sees none running now.",
        sentence_none="No benefit ended without another that the council sees running.",
    ),
    _feature(
        name="days_since_benefit_started",
        label="Days since a benefit last started",
        value=days_since(BENEFITS.started.last_day(BEGUN)),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="A benefit claim last started {value} ago.",
        why="The longer ago, the steadier the income.",
        unit=Unit.DAYS,
    ),
    *_seen_on_claim(
        "carers_allowance",
        "carers_allowance",
        "Carer's allowance in the household",
        "Somebody on a benefit claim of the household receives carer's allowance.",
        "No carer's allowance seen on the household's claims.",
        "Somebody at home needs care for 35 hours a week or more.",
    ),
    *_seen_on_claim(
        "child_disability_benefit",
        "child_disability",
        "Child disability benefit in the household",
        "A claim of the household shows a child's disability benefit.",
        "No child's disability benefit seen on the household's claims.",
        "A child at home is disabled; brothers and sisters may help with care.",
    ),
    *_seen_on_claim(
        "adult_disability_benefit",
        "adult_disability",
        "Adult disability premium in the household",
        "A claim of the household shows an adult's disability premium.",
        "No adult's disability premium seen on the household's claims.",
        "An adult at home is disabled or long ill.",
    ),
)
