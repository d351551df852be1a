"""Early help: earlier cases, and the scores that families and workers agreed on in them.

Why a case closed is held in each council's own words, so that no feature tells a success from a family that left.
"""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, NullRule, Unit
from features.referrals import EARLY_HELP
from features.rows import at_least, one_of
from features.streams import OUTCOME_SCORES, SERVICES
from features.values import Value, days_since, given, share

HIGH_SCORE = 6
"""Scores go from 0, no concern, to 10, severe."""

_CONSENT = (
    "Early help is by consent: a family that declined, or was never asked, has none. Why a case closed is held in "
    "words that differ between councils, so a success and a family that left look alike."
)
_SCORED = "Scored by the worker with the family, so workers differ; families without early help have no scores."
_feature = partial(
    Feature,
    subject="early_help",
    owner="Early help: service manager",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    caveats=_CONSENT,
)
_score = partial(_feature, null_rule=NullRule.NOT_APPLICABLE, caveats=_SCORED)

OPENING, REVIEW = one_of("stage", "opening"), one_of("stage", "review")


def _mean_score(stage_days: int, opening: bool) -> Value:
    stage = OPENING if opening else REVIEW
    return share(OUTCOME_SCORES.total("score", stage, stage_days), OUTCOME_SCORES.count(stage, stage_days))


FEATURES: tuple[Feature, ...] = (
    _feature(
        name="early_help_cases_ever",
        label="Early help cases, ever",
        value=SERVICES.started.count(EARLY_HELP),
        sentence="{value} early help case(s) on record.",
        sentence_none="No early help case on record.",
        why="Help was needed before, and was taken.",
        caveats=f"{_CONSENT} Reaches back only as far as the extract.",
    ),
    _feature(
        name="early_help_started_365",
        label="Early help started, last 12 months",
        value=SERVICES.started.count(EARLY_HELP, 365) > 0,
        direction=Direction.FREE,
        sentence="Early help started in the last 12 months.",
        sentence_none="No early help started in the last 12 months.",
        why="Need was seen, and help began.",
        unit=Unit.FLAG,
    ),
    _feature(
        name="days_since_early_help_ended",
        label="Days since early help last ended",
        value=days_since(SERVICES.ended.last_day(EARLY_HELP)),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="Early help last ended {value} ago.",
        why="Needs come back soonest soon after help stops.",
        unit=Unit.DAYS,
    ),
    _score(
        name="early_help_highest_score_730",
        label="Highest score of an early help case, last 2 years, 0 to 10",
        value=OUTCOME_SCORES.highest("score", days=730),
        sentence="The highest score given in early help in the last 2 years was {value} of 10, where 10 is severe.",
        sentence_none="Every score given in early help in the last 2 years was 0, no concern.",
        why="What the family and the worker thought worst, whatever it was about.",
    ),
    _score(
        name="early_help_high_scores_at_opening_730",
        label="Subjects scored 6 or more when early help opened, last 2 years",
        value=given(
            OUTCOME_SCORES.count(OPENING, 730) > 0,
            OUTCOME_SCORES.count(OPENING & at_least("score", HIGH_SCORE), 730),
        ),
        sentence="{value} subject(s) (was|were) scored 6 of 10 or more when early help opened in the last 2 years.",
        sentence_none="No subject was scored as high as 6 of 10 when early help opened in the last 2 years.",
        why="Several troubles at once wear a family out faster than one.",
    ),
    _score(
        name="early_help_high_scores_left_730",
        label="Subjects still scored 6 or more at review, last 2 years",
        value=given(
            OUTCOME_SCORES.count(REVIEW, 730) > 0,
            OUTCOME_SCORES.count(REVIEW & at_least("score", HIGH_SCORE), 730),
        ),
        sentence="{value} subject(s) (was|were) still scored 6 of 10 or more at a review of early help in the last 2 "
        "years.",
        sentence_none="No subject was scored as high as 6 of 10 at a review of early help in the last 2 years.",
        why="What help had not settled.",
    ),
    _score(
        name="early_help_score_change_730",
        label="Mean score at review less mean score at opening, last 2 years",
        value=_mean_score(730, opening=False) - _mean_score(730, opening=True),
        sentence="Scores in early help rose by {value} of 10 on average between opening and review.",
        sentence_none="Scores in early help were the same at review as at opening.",
        sentence_below="Scores in early help fell between opening and review.",
        why="Whether things got better while somebody helped.",
    ),
)
