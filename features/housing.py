"""What kind of home it is, how settled the family is in it, and how long it has been there."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Over, Roll, Unit
from features.patterns import in_windows
from features.rows import one_of
from features.streams import ADDRESSES, RESIDENCE, TENANCIES
from features.values import Value, all_of, any_of, days_since, feature, given
from sources.codes.council import PROPERTY_KINDS

_OURS = "Council tenancies and temporary accommodation only; housing association and private homes are not seen."
_KINDS = (
    "By the gazetteer's kind of property, for any member: a parent who has moved out counts until the records say so. "
    "Where no record places a member at a known property the answer is unknown."
)
_NEW_ADDRESS = "An address new to any of the council's records counts; members with no address a year before do not."

# The many records of one address are one address; one that is in no gazetteer may be another spelling of it.
FOUND = ~one_of("kind", "unknown")
SIDE_BY_SIDE = one_of("kind", *PROPERTY_KINDS.counted_as("side by side"))
TEMPORARY = one_of("tenure", "temporary")

_feature = partial(
    Feature,
    subject="housing",
    owner="Housing: tenancy and homelessness team",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    unit=Unit.FLAG,
    caveats=_OURS,
)
_moved = partial(
    _feature,
    owner="Residents index: data steward",
    null_rule=NullRule.UNKNOWN,
    unit=Unit.NUMBER,
    roll=Roll.MAX,
    caveats=_NEW_ADDRESS,
    why="Moves cost money, schools and support.",
)


def _new_addresses(days: int) -> Value:
    """How many addresses a member has been found at that were not known at the window's beginning."""
    earlier = ADDRESSES.count(FOUND, lag=days)
    return given(earlier > 0, ADDRESSES.count(FOUND) - earlier)


def _lives_in(name: str, words: str, why: str, *kinds: str) -> Feature:
    """Whether somebody of the family is known to live in a kind of property."""
    return _feature(
        name=name,
        label=words[0].upper() + words[1:],
        value=given(RESIDENCE.started.count() > 0, RESIDENCE.open(one_of("kind", *kinds)) > 0),
        null_rule=NullRule.UNKNOWN,
        sentence=f"Somebody of the family is known at {words}.",
        sentence_none=f"Nobody of the family is known at {words}.",
        why=why,
        caveats=_KINDS,
    )


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="council_tenancy",
        label="Council tenancy or licence",
        value=TENANCIES.open() > 0,
        direction=Direction.FREE,
        sentence="Rents from the council.",
        sentence_none="Does not rent from the council.",
        why="Says whether the rent features can say anything at all.",
    ),
    _feature(
        name="temporary_accommodation",
        label="Temporary accommodation",
        value=TENANCIES.open(TEMPORARY) > 0,
        sentence="Lives in temporary accommodation.",
        sentence_none="Does not live in the council's temporary accommodation.",
        why="Homeless families move, wait, and lose touch with school and health.",
    ),
    _feature(
        name="days_in_temporary_accommodation",
        label="Days since temporary accommodation began",
        value=given(TENANCIES.open(TEMPORARY) > 0, days_since(TENANCIES.started.last_day(TEMPORARY))),
        null_rule=NullRule.NOT_APPLICABLE,
        sentence="The present temporary accommodation began {value} ago.",
        sentence_none="Temporary accommodation began on the day itself.",
        why="A stay that was meant to be short wears on everybody.",
        unit=Unit.DAYS,
        caveats=f"{_OURS} A move from one temporary home to another begins again.",
    ),
    _feature(
        name="temporary_accommodation_ended_365",
        label="Temporary accommodation ended, last 12 months",
        value=TENANCIES.ended.count(TEMPORARY, 365) > 0,
        direction=Direction.FREE,
        sentence="Temporary accommodation ended in the last 12 months.",
        sentence_none="No temporary accommodation ended in the last 12 months.",
        why="A settled home at last, or a placement lost.",
    ),
    *in_windows(
        _feature,
        "tenancy_started_{days}",
        lambda days: TENANCIES.started.count(days=days) > 0,
        365,
        label="Council tenancy started, last {period}",
        direction=Direction.FREE,
        sentence="A council tenancy or licence started in the last {period}.",
        sentence_none="No council tenancy or licence started in the last {period}.",
        why="A new home costs money to set up, and neighbours and school are new.",
    ),
    *in_windows(
        _feature,
        "tenancy_ended_{days}",
        lambda days: TENANCIES.ended.count(days=days) > 0,
        365,
        label="Council tenancy ended, last {period}",
        direction=Direction.FREE,
        sentence="A council tenancy or licence ended in the last {period}.",
        sentence_none="No council tenancy or licence ended in the last {period}.",
        why="A move, a separation or a home lost: worth asking which.",
    ),
    _feature(
        name="shared_housing",
        label="Hostel, shared house or institution",
        value=given(RESIDENCE.started.count() > 0, RESIDENCE.open(SIDE_BY_SIDE) > 0),
        null_rule=NullRule.UNKNOWN,
        sentence="Somebody of the family is known at a hostel, a shared house or an institution.",
        sentence_none="Nobody of the family is known at a hostel, a shared house or an institution.",
        why="Housing that is not settled.",
        caveats=_KINDS,
    ),
    _lives_in("hostel", "a hostel or supported housing", "A home that is meant to be for a while only.", "hostel"),
    _lives_in(
        "shared_house",
        "a house in multiple occupation",
        "Little room, strangers on the stairs, and seldom a long lease.",
        "hmo",
    ),
    _lives_in(
        "hotel_or_guest_house",
        "a hotel, a guest house or other temporary accommodation",
        "Often one room for a family, far from school.",
        "temporary_accommodation",
    ),
    _feature(
        name="refuge",
        label="Refuge from domestic abuse",
        value=given(RESIDENCE.started.count() > 0, RESIDENCE.open(one_of("kind", "refuge")) > 0),
        null_rule=NullRule.UNKNOWN,
        sentence="Somebody of the family is known at a refuge from domestic abuse.",
        sentence_none="Nobody of the family is known at a refuge from domestic abuse.",
        why="Left home to be safe.",
        caveats=f"{_KINDS} Where a refuge is must not be told to anybody who does not know already.",
    ),
    *in_windows(
        _moved,
        "moves_{days}",
        _new_addresses,
        *(365, 730),
        label="Moves, last {period}",
        sentence="A member of the family appeared at {value} new address(es) in the last {period}.",
        sentence_none="No member of the family appeared at a new address in the last {period}.",
    ),
    _feature(
        name="moved_often_365",
        owner="Residents index: data steward",
        label="Two or more moves, last 12 months",
        value=feature("moves_365") >= 2,
        sentence="A member of the family appeared at two or more new addresses in the last 12 months.",
        sentence_none="No member of the family is known to have moved twice in the last 12 months.",
        why="Two moves in a year are seldom by choice.",
        caveats=_NEW_ADDRESS,
    ),
    _feature(
        name="under_five_in_unsettled_home",
        label="A child under 5 in temporary, shared or hostel housing",
        value=all_of(
            feature("children_under_5") >= 1, any_of(feature("temporary_accommodation"), feature("shared_housing"))
        ),
        sentence="There is a child under 5, and the home is temporary, shared or a hostel.",
        sentence_none="No child under 5 is known in temporary, shared or hostel housing.",
        why="Room to crawl, to play and to sleep is what the youngest need.",
        caveats=f"{_OURS} {_KINDS}",
    ),
    _feature(
        name="days_at_address",
        label="Days since an adult was first known at the newest address",
        owner="Residents index: data steward",
        value=days_since(RESIDENCE.started.last_day(FOUND)),
        null_rule=NullRule.UNKNOWN,
        direction=Direction.FALLS,
        roll=Roll.MIN,
        over=Over.ADULTS,
        sentence="An adult of the family was first known at the newest address {value} ago.",
        sentence_none="An adult of the family was first known at a new address on the day itself.",
        why="The newer the home, the fewer the people who know the family there.",
        unit=Unit.DAYS,
        caveats="The first record of an address may come long after the move; new to the borough counts as new.",
    ),
)
