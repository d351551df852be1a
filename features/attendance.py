"""School attendance. Sessions that were not possible, or only administrative, are never in the denominator."""

from __future__ import annotations

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.rows import Test, on_weekday, one_of
from features.streams import ATTENDANCE
from features.values import Value, given, share
from features.wording import period

POSSIBLE = ~one_of("statistical_class", "not_possible", "administrative")
ABSENT = one_of("statistical_class", "authorised", "unauthorised")
UNAUTHORISED = one_of("statistical_class", "unauthorised")
ILL = one_of("code", "I")
LATE = one_of("code", "L", "U")
MONDAY_OR_FRIDAY = on_weekday(0, 4)

PERSISTENT, SEVERE = 0.10, 0.50
"""The Department for Education's thresholds of persistent and severe absence."""
_TERM_SESSIONS = 20  # fewer possible sessions than two school weeks say little about a year

_CULTURE = (
    "At equal need some groups (Black African, Indian and Chinese pupils among them) have lower absence, so a low "
    "value is weaker evidence of no need for them. Pupils of independent schools, schools elsewhere and home "
    "education have no marks."
)


def _rate(sessions: Test, days: int, lag: int = 0) -> Value:
    """Sessions of a kind as a share of possible sessions."""
    return share(ATTENDANCE.count(sessions, days, lag), ATTENDANCE.count(POSSIBLE, days, lag))


def _change(days: int) -> Value:
    """Absence now less absence in the same window a year before, where both hold enough sessions to compare."""
    earlier = ATTENDANCE.count(POSSIBLE, days, 365) >= _TERM_SESSIONS
    return given(earlier, _rate(ABSENT, days) - _rate(ABSENT, days, 365))


def _pair(
    name: str,
    label: str,
    value: Value,
    sentence: str,
    why: str,
    *,
    none: str,
    below: tuple[str, str] = ("", ""),
    of_one_child: str = "",
    direction: Direction = Direction.RISES,
) -> tuple[Feature, Feature]:
    """The same measure for a child, and for the family as the highest of its children.

    ``below`` is what is said of a negative value of a child and of a family; ``of_one_child`` is the family's
    sentence where "One child" cannot be put before the child's.
    """
    child = Feature(
        name=name,
        subject="attendance",
        label=label,
        value=value,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=direction,
        sentence=sentence,
        sentence_none=none,
        sentence_below=below[0],
        why=why,
        unit=Unit.SHARE,
        caveats=_CULTURE,
        level=Level.CHILD,
    )
    family = Feature(
        name=f"{name}_max",
        subject="attendance",
        label=f"{label}, highest of the children",
        value=value,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=direction,
        sentence=of_one_child or f"One child {sentence[0].lower()}{sentence[1:]}",
        sentence_none=f"Each child at school {none[0].lower()}{none[1:]}",
        sentence_below=below[1],
        why=why,
        unit=Unit.SHARE,
        caveats=_CULTURE,
        roll=Roll.MAX,
        over=Over.CHILDREN,
    )
    return child, family


def _absence(days: int) -> tuple[Feature, Feature]:
    return _pair(
        f"absence_rate_{days}",
        f"Absence, last {period(days)}",
        _rate(ABSENT, days),
        f"Missed {{value}} of possible sessions in the last {period(days)}.",
        "Absence is often the first visible sign that things are hard at home.",
        none=f"Missed no possible session in the last {period(days)}.",
    )


def _unauthorised(days: int) -> tuple[Feature, Feature]:
    return _pair(
        f"unauthorised_rate_{days}",
        f"Unauthorised absence, last {period(days)}",
        _rate(UNAUTHORISED, days),
        f"Missed {{value}} of possible sessions without leave in the last {period(days)}.",
        "Absence that nobody explained to the school may mean that nobody at home could.",
        none=f"Missed no session without leave in the last {period(days)}.",
    )


FEATURES: tuple[Feature, ...] = (
    *(feature for days in (28, 91, 182, 365) for feature in _absence(days)),
    *(feature for days in (91, 182, 365) for feature in _unauthorised(days)),
    *_pair(
        "late_rate_182",
        "Lateness, last 6 months",
        _rate(LATE, 182),
        "Was late for {value} of possible sessions in the last 6 months.",
        "Children who get others ready in the morning, or themselves alone, are often late.",
        none="Was never late in the last 6 months.",
    ),
    *_pair(
        "illness_rate_182",
        "Absence for illness, last 6 months",
        _rate(ILL, 182),
        "Missed {value} of possible sessions for illness in the last 6 months.",
        "Illness of the child, or illness at home put down as the child's.",
        none="Missed no session for illness in the last 6 months.",
        direction=Direction.FREE,
    ),
    *_pair(
        "absence_change_182",
        "Change in absence on the year before, 6 months",
        _change(182),
        "Missed {value} more of possible sessions than in the same six months a year before.",
        "A change against the child's own past says more than a level does.",
        none="Missed as much as in the same six months a year before.",
        below=(
            "Missed less than in the same six months a year before.",
            "Each child at school missed less than in the same six months a year before.",
        ),
    ),
    *_pair(
        "monday_friday_share_182",
        "Share of absence on Mondays and Fridays, last 6 months",
        given(
            ATTENDANCE.count(ABSENT, 182) >= 10,
            share(ATTENDANCE.count(ABSENT & MONDAY_OR_FRIDAY, 182), ATTENDANCE.count(ABSENT, 182)),
        ),
        "{value} of absence in the last 6 months fell on Mondays and Fridays.",
        "Absence around weekends may follow a parent's shifts, contact arrangements or care at home.",
        none="Missed no Monday or Friday in the last 6 months.",
        of_one_child="For one child, {value} of absence in the last 6 months fell on Mondays and Fridays.",
        direction=Direction.FREE,
    ),
    Feature(
        name="persistently_absent_children_182",
        subject="attendance",
        label="Children persistently absent, last 6 months",
        value=_rate(ABSENT, 182) >= PERSISTENT,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="{value} of the children missed a tenth or more of sessions in the last 6 months.",
        sentence_none="No child missed a tenth of sessions in the last 6 months.",
        why="Several children absent at once points to the home rather than to one school.",
        caveats=_CULTURE,
        roll=Roll.SUM,
        over=Over.CHILDREN,
    ),
    Feature(
        name="severely_absent_children_182",
        subject="attendance",
        label="Children severely absent, last 6 months",
        value=_rate(ABSENT, 182) >= SEVERE,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="{value} of the children missed half or more of sessions in the last 6 months.",
        sentence_none="No child missed half of sessions in the last 6 months.",
        why="A child seldom at school is seldom seen by anyone outside the home.",
        caveats=_CULTURE,
        roll=Roll.SUM,
        over=Over.CHILDREN,
    ),
    Feature(
        name="absence_rate_mean_182",
        subject="attendance",
        label="Mean absence of the children, last 6 months",
        value=_rate(ABSENT, 182),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="The children missed {value} of possible sessions on average in the last 6 months.",
        sentence_none="The children missed no possible session in the last 6 months.",
        why="The whole family's attendance, less moved by one child.",
        unit=Unit.SHARE,
        caveats=_CULTURE,
        roll=Roll.MEAN,
        over=Over.CHILDREN,
    ),
)
