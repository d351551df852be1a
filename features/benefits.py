"""Housing Benefit, Council Tax Reduction and Universal Credit, as far as the council sees them."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Unit
from features.rows import Test, one_of, yes
from features.streams import BENEFITS
from features.values import Value

SPELL = one_of("row_kind", "spell")
BEGUN = one_of("row_kind", "spell", "start")
STOPPED = one_of("row_kind", "stop")
COUNCIL_BENEFIT = one_of("benefit", "housing_benefit", "council_tax_reduction")
UNIVERSAL_CREDIT = one_of("benefit", "universal_credit")

_feature = partial(
    Feature,
    subject="benefits",
    null_rule=NullRule.ZERO,
    unit=Unit.FLAG,
    caveats="The council sees its own claims and the notices it is sent; other benefits are not seen. "
    "Decisions may be backdated: a claim counts from when it was decided.",
)


def _open(which: Test) -> Value:
    """1 where a claim or an award of a kind is running, as known at the as-of date."""
    running = BENEFITS.started.count(BEGUN & which) - BENEFITS.ended.count(SPELL & which)
    return running - BENEFITS.started.count(STOPPED & which) > 0


CARERS_ALLOWANCE = _open(yes("carers_allowance"))
ADULT_DISABILITY = _open(yes("adult_disability"))
CHILD_DISABILITY = _open(yes("child_disability"))

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
    _feature(
        name="universal_credit_started_182",
        label="Universal Credit started, last 6 months",
        value=BENEFITS.started.count(UNIVERSAL_CREDIT & BEGUN, 182) > 0,
        direction=Direction.FREE,
        sentence="Universal Credit started in the last 6 months.",
        sentence_none="Universal Credit did not start in the last 6 months.",
        why="A change of income, and a wait of five weeks for the first payment.",
    ),
    _feature(
        name="benefit_started_182",
        label="A benefit started, last 6 months",
        value=BENEFITS.started.count(BEGUN, 182) > 0,
        direction=Direction.RISES,
        sentence="A benefit claim started in the last 6 months.",
        sentence_none="No benefit claim started in the last 6 months.",
        why="Income fell, or the household changed.",
    ),
    _feature(
        name="benefits_ended_182",
        label="Benefits that ended, last 6 months",
        value=BENEFITS.ended.count(SPELL, 182) + BENEFITS.started.count(STOPPED, 182),
        direction=Direction.RISES,
        sentence="{value} benefit claim(s) ended in the last 6 months.",
        sentence_none="No benefit claim ended in the last 6 months.",
        why="Better income, a move, or money stopped: worth asking which.",
        unit=Unit.NUMBER,
    ),
    _feature(
        name="carers_allowance",
        label="Carer's allowance in the household",
        value=CARERS_ALLOWANCE,
        direction=Direction.RISES,
        sentence="Somebody on a benefit claim of the household receives carer's allowance.",
        sentence_none="No carer's allowance seen on the household's claims.",
        why="Somebody at home needs care for 35 hours a week or more.",
    ),
    _feature(
        name="child_disability_benefit",
        label="Child disability benefit in the household",
        value=CHILD_DISABILITY,
        direction=Direction.RISES,
        sentence="A claim of the household shows a child's disability benefit.",
        sentence_none="No child's disability benefit seen on the household's claims.",
        why="A child at home is disabled; brothers and sisters may help with care.",
    ),
    _feature(
        name="adult_disability_benefit",
        label="Adult disability premium in the household",
        value=ADULT_DISABILITY,
        direction=Direction.RISES,
        sentence="A claim of the household shows an adult's disability premium.",
        sentence_none="No adult's disability premium seen on the household's claims.",
        why="An adult at home is disabled or long ill.",
    ),
)
