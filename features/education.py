"""Exclusions, school moves, special educational needs, free school meals, and not being in education or work."""

from __future__ import annotations

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.rows import one_of, yes
from features.streams import EXCLUSIONS, NEET, SCHOOL_STATUS, SCHOOLS
from features.values import Value, given
from features.wording import period

_CENSUS = "From the school census, three times a year; only state-funded schools of the borough."
_LATEST_CENSUS_DAYS = 365


def _on_roll() -> Value:
    """Whether a census of the last year names the child."""
    return SCHOOL_STATUS.count(days=_LATEST_CENSUS_DAYS) > 0


def _child_and_count(
    name: str, label: str, value: Value, sentence: str, none: str, why: str, caveats: str = "", direction: int = 1
) -> tuple[Feature, Feature]:
    """A yes-or-no of a child, and for the family how many of the children."""
    child = Feature(
        name=name,
        subject="education",
        label=label,
        value=value,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction(direction),
        sentence=sentence,
        sentence_none=none,
        why=why,
        unit=Unit.FLAG,
        caveats=caveats,
        level=Level.CHILD,
    )
    family = Feature(
        name=f"{name}_children",
        subject="education",
        label=f"Children: {label[0].lower()}{label[1:]}",
        value=value,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction(direction),
        sentence=f"{{value}} of the children {sentence[0].lower()}{sentence[1:]}".replace(" was ", " (was|were) "),
        sentence_none=f"No child {sentence[0].lower()}{sentence[1:]}",
        why=why,
        caveats=caveats,
        roll=Roll.SUM,
        over=Over.CHILDREN,
    )
    return child, family


def _suspensions(level: Level, days: int) -> Feature:
    who = "the child was" if level is Level.CHILD else "the children were"
    return Feature(
        name=f"suspensions_{days}" if level is Level.CHILD else f"children_suspensions_{days}",
        subject="education",
        label=f"Suspensions and exclusions, last {period(days)}",
        value=EXCLUSIONS.count(days=days),
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence=f"In the last {period(days)} {who} suspended or excluded {{value}} time(s).",
        sentence_none=f"No suspension in the last {period(days)}.",
        why="Suspension often follows trouble elsewhere, and leaves a child unsupervised.",
        caveats="Schools may report up to three weeks late. Black Caribbean and Gypsy/Roma pupils are suspended more.",
        level=level,
    )


def _sessions_lost(level: Level) -> Feature:
    return Feature(
        name="sessions_suspended_365" if level is Level.CHILD else "children_sessions_suspended_365",
        subject="education",
        label="Sessions lost to suspension, last 12 months",
        value=EXCLUSIONS.total("sessions", days=365),
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence="{value} school session(s) lost to suspension in the last 12 months.",
        sentence_none="No sessions lost to suspension in the last 12 months.",
        why="How long a child was out of school, not only how often.",
        level=level,
    )


_SCHOOL_MOVES = given(SCHOOLS.count(days=730) > 0, SCHOOLS.count(days=730) - 1)

FEATURES: tuple[Feature, ...] = (
    _suspensions(Level.CHILD, 365),
    _suspensions(Level.FAMILY, 182),
    _suspensions(Level.FAMILY, 365),
    _sessions_lost(Level.CHILD),
    _sessions_lost(Level.FAMILY),
    Feature(
        name="permanent_exclusions",
        subject="education",
        label="Permanent exclusions, ever",
        value=EXCLUSIONS.count(one_of("kind", "permanent")),
        null_rule=NullRule.ZERO,
        direction=Direction.RISES,
        sentence="{value} permanent exclusion(s) among the children.",
        sentence_none="No permanent exclusion on record.",
        why="A permanent exclusion marks a break that lasts.",
    ),
    *_child_and_count(
        "free_school_meals",
        "Eligible for free school meals",
        given(_on_roll(), SCHOOL_STATUS.latest(yes("fsm"), days=_LATEST_CENSUS_DAYS)),
        "Was eligible for free school meals at the last census.",
        "Was not eligible for free school meals at the last census.",
        "Low income at home.",
        f"{_CENSUS} Transitional protection keeps eligibility after income rises.",
    ),
    *_child_and_count(
        "sen_support",
        "SEN support",
        given(_on_roll(), SCHOOL_STATUS.latest(one_of("sen", "K"), days=_LATEST_CENSUS_DAYS)),
        "Had SEN support at the last census.",
        "Had no SEN support at the last census.",
        "Extra need at school, and extra work at home.",
        _CENSUS,
    ),
    *_child_and_count(
        "ehc_plan",
        "Education, health and care plan",
        given(_on_roll(), SCHOOL_STATUS.latest(one_of("sen", "E"), days=_LATEST_CENSUS_DAYS)),
        "Had an education, health and care plan at the last census.",
        "Had no education, health and care plan at the last census.",
        "A high level of need; a brother or sister may help with care.",
        _CENSUS,
        direction=0,
    ),
    Feature(
        name="school_moves_730",
        subject="education",
        label="School moves, last 2 years",
        value=_SCHOOL_MOVES,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="Changed school {value} time(s) in the last 2 years.",
        sentence_none="Stayed at one school for the last 2 years.",
        why="Moves break friendships, teaching and anyone's knowledge of the child.",
        caveats=f"{_CENSUS} The move from primary to secondary school counts as one.",
        level=Level.CHILD,
    ),
    Feature(
        name="school_moves_730_max",
        subject="education",
        label="School moves, last 2 years, most of the children",
        value=_SCHOOL_MOVES,
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="One of the children changed school {value} time(s) in the last 2 years.",
        sentence_none="No child changed school in the last 2 years.",
        why="Moves break friendships, teaching and anyone's knowledge of the child.",
        caveats=f"{_CENSUS} The move from primary to secondary school counts as one.",
        roll=Roll.MAX,
        over=Over.CHILDREN,
    ),
    Feature(
        name="not_in_education_or_work",
        subject="education",
        label="Young people not in education, employment or training",
        value=NEET.latest(one_of("activity", "neet"), days=182),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES,
        sentence="A young person was last known to be in no education, work or training.",
        sentence_none="The young people tracked were last known to be in education, work or training, or not known.",
        why="Leaving education early goes with care at home, illness or exclusion.",
        unit=Unit.FLAG,
        caveats="Tracked at 16 to 18 only; September is always poorly known.",
        roll=Roll.MAX,
    ),
)
