"""Domestic abuse notifications, and offences by young people."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.patterns import in_windows
from features.rows import Test, one_of, yes
from features.streams import DOMESTIC_INCIDENTS, OFFENCES
from features.values import days_since, given

STANDARD, MEDIUM, HIGH = (one_of("risk", grade) for grade in ("standard", "medium", "high"))
ABOVE_STANDARD = one_of("risk", "medium", "high")
_REPEATED = 3
_NOTIFIED = "domestic abuse notification(s)"

_POLICED = "Only what the police were told and passed on; places and people policed more are recorded more."
_feature = partial(
    Feature,
    subject="safety",
    owner="Community safety: domestic abuse coordinator",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats=_POLICED,
    why="Abuse at home harms children whether or not they are in the room.",
)
_offence = partial(
    _feature,
    owner="Youth justice service: information officer",
    why="Trouble outside the home, or exploitation.",
    caveats=f"{_POLICED} Offences with an outcome, by 10 to 17 year olds.",
)


def _incidents(name: str, words: str, *windows: int, where: Test | None = None) -> tuple[Feature, ...]:
    return in_windows(
        _feature,
        f"{name}_{{days}}",
        lambda days: DOMESTIC_INCIDENTS.count(where, days),
        *windows,
        label=f"{words[0].upper()}{words[1:]}, last {{period}}".replace("(s)", "s"),
        sentence=f"{{value}} {words} in the last {{period}}.",
        sentence_none=f"No {words} in the last {{period}}.",
    )


FEATURES: tuple[Feature, ...] = (
    *_incidents("domestic_incidents", _NOTIFIED, 91, 182, 365),
    *_incidents("domestic_standard", f"{_NOTIFIED} of standard risk", 365, where=STANDARD),
    *_incidents("domestic_medium", f"{_NOTIFIED} of medium risk", 365, where=MEDIUM),
    *_incidents("domestic_above_standard", f"{_NOTIFIED} of medium or high risk", 365, where=ABOVE_STANDARD),
    *_incidents("domestic_high", f"{_NOTIFIED} of high risk", 365, 730, where=HIGH),
    *_incidents("domestic_children_present", f"{_NOTIFIED} with children present", 365, where=yes("children_present")),
    _feature(
        name="domestic_repeated_365",
        label="Three or more domestic abuse notifications, last 12 months",
        value=DOMESTIC_INCIDENTS.count(days=365) >= _REPEATED,
        sentence="Three or more domestic abuse notifications in the last 12 months.",
        sentence_none="Fewer than three domestic abuse notifications in the last 12 months.",
        why="A pattern, not one bad night.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="domestic_incidents_change_182",
        label="Change in domestic abuse notifications, last 6 months on the 6 before",
        value=DOMESTIC_INCIDENTS.count(days=182) - DOMESTIC_INCIDENTS.count(days=182, lag=182),
        sentence="There (was|were) {value} more domestic abuse notification(s) than in the six months before.",
        sentence_none="Domestic abuse notifications were as many as in the six months before.",
        sentence_below="There were fewer domestic abuse notifications than in the six months before.",
        why="Abuse that grows more frequent is more dangerous.",
    ),
    _feature(
        name="days_since_domestic_incident",
        label="Days since the last domestic abuse notification",
        value=days_since(DOMESTIC_INCIDENTS.last_day()),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="The last domestic abuse notification was {value} ago.",
        why="The more recent, the more it says about now.",
        unit=Unit.DAYS,
    ),
    *in_windows(
        _offence,
        "offences_{days}",
        lambda days: OFFENCES.count(days=days),
        *(365, 730),
        label="Offences by young people, last {period}",
        sentence="{value} offence(s) with an outcome in the last {period}.",
        sentence_none="No offence in the last {period}.",
    ),
    _offence(
        name="offence_gravity_730",
        label="Gravest offence, last 2 years, 1 to 8",
        value=OFFENCES.highest("gravity", days=730),
        sentence="The gravest offence of the last 2 years was of gravity {value} of 8.",
        sentence_none="No offence in the last 2 years.",
        why="One grave offence is not the same as several slight ones.",
    ),
    _offence(
        name="children_offending_730",
        label="Children with an offence, last 2 years",
        value=given(OFFENCES.count(days=730) > 0, OFFENCES.count(days=730) > 0),
        sentence="{value} of the children had an offence with an outcome in the last 2 years.",
        sentence_none="No child had an offence with an outcome in the last 2 years.",
        why="Brothers and sisters may be drawn in, or may be left to themselves.",
        roll=Roll.SUM,
        over=Over.CHILDREN,
    ),
    _offence(
        name="days_since_offence",
        label="Days since the last offence by a young person",
        value=days_since(OFFENCES.last_day()),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="The last offence with an outcome was {value} ago.",
        why="The longer ago, the less it says about now.",
        unit=Unit.DAYS,
    ),
    _offence(
        name="own_offences_730",
        label="Offences by the child, last 2 years",
        value=OFFENCES.count(days=730),
        level=Level.CHILD,
        sentence="{value} offence(s) of the child with an outcome in the last 2 years.",
        sentence_none="No offence of the child in the last 2 years.",
    ),
)
