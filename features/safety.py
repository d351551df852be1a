"""Domestic abuse notifications, and offences by young people."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Unit
from features.rows import Test, one_of, yes
from features.streams import DOMESTIC_INCIDENTS, OFFENCES
from features.values import days_since
from features.wording import period

HIGH = one_of("risk", "high")
ABOVE_STANDARD = one_of("risk", "medium", "high")
_NOTIFIED = "domestic abuse notification(s)"
_feature = partial(
    Feature,
    subject="safety",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats="Only what the police were told and passed on; places and people policed more are recorded more.",
)


def _incidents(name: str, words: str, days: int, where: Test | None = None) -> Feature:
    return _feature(
        name=f"{name}_{days}",
        label=f"{words[0].upper()}{words[1:]}, last {period(days)}".replace("(s)", "s"),
        value=DOMESTIC_INCIDENTS.count(where, days),
        sentence=f"{{value}} {words} in the last {period(days)}.",
        sentence_none=f"No {words} in the last {period(days)}.",
        why="Abuse at home harms children whether or not they are in the room.",
    )


FEATURES: tuple[Feature, ...] = (
    _incidents("domestic_incidents", _NOTIFIED, 182),
    _incidents("domestic_incidents", _NOTIFIED, 365),
    _incidents("domestic_above_standard", f"{_NOTIFIED} of medium or high risk", 365, ABOVE_STANDARD),
    _incidents("domestic_high", f"{_NOTIFIED} of high risk", 730, HIGH),
    _incidents("domestic_children_present", f"{_NOTIFIED} with children present", 365, yes("children_present")),
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
    _feature(
        name="offences_365",
        label="Offences by young people, last 12 months",
        value=OFFENCES.count(days=365),
        sentence="{value} offence(s) with an outcome in the last 12 months.",
        sentence_none="No offence in the last 12 months.",
        why="Trouble outside the home, or exploitation.",
    ),
    _feature(
        name="offence_gravity_730",
        label="Gravest offence, last 2 years, 1 to 8",
        value=OFFENCES.highest("gravity", days=730),
        sentence="The gravest offence of the last 2 years was of gravity {value} of 8.",
        sentence_none="No offence in the last 2 years.",
        why="One grave offence is not the same as several slight ones.",
    ),
)
