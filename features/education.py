"""Exclusions, school moves, special educational needs, free school meals, and not being in education or work."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.patterns import and_family, in_windows
from features.rows import one_of, yes
from features.streams import EXCLUSIONS, NEET, SCHOOL_STATUS, SCHOOLS
from features.values import Value, days_since, given

_CENSUS = "From the school census, three times a year; only state-funded schools of the borough."
_LATEST_CENSUS_DAYS = 365
_SUSPENDED = "Schools may report up to three weeks late. Black Caribbean and Gypsy/Roma pupils are suspended more."
_TRACKED = "Tracked at 16 to 18 only; September is always poorly known."

_feature = partial(
    Feature, subject="education", owner="Education: school data team", direction=Direction.RISES, caveats=_CENSUS
)
_suspended = partial(
    _feature,
    owner="Education: inclusion team",
    null_rule=NullRule.ZERO,
    caveats=_SUSPENDED,
    why="Suspension often follows trouble elsewhere, and leaves a child unsupervised.",
)
_tracked = partial(
    _feature,
    owner="Education: post-16 participation team",
    null_rule=NullRule.NOT_APPLICABLE,
    caveats=_TRACKED,
    why="Leaving education early goes with care at home, illness or exclusion.",
)


def _on_roll() -> Value:
    """Whether a census of the last year names the child."""
    return SCHOOL_STATUS.count(days=_LATEST_CENSUS_DAYS) > 0


def _at_last_census(
    name: str, label: str, value: Value, has: str, why: str, caveats: str = _CENSUS, rises: bool = True
) -> tuple[Feature, Feature]:
    """A yes-or-no of a child at the last census, and for the family of how many children; ``has`` as in 'had X'."""
    child = _feature(
        name=name,
        label=label,
        value=given(_on_roll(), value),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.RISES if rises else Direction.FREE,
        sentence=f"{_first_up(has)} at the last census.",
        sentence_none=f"{_first_up(_denied(has))} at the last census.",
        why=why,
        unit=Unit.FLAG,
        caveats=caveats,
        level=Level.CHILD,
    )
    return and_family(
        child,
        Roll.SUM,
        name=f"{name}_children",
        label=f"Children: {label[0].lower()}{label[1:]}",
        sentence=f"{{value}} of the children {has} at the last census.".replace(" was ", " (was|were) "),
        sentence_none=f"No child {has} at the last census.",
        unit=Unit.NUMBER,
    )


def _first_up(words: str) -> str:
    return words[0].upper() + words[1:]


def _denied(words: str) -> str:
    """'was eligible' to 'was not eligible', 'had a plan' to 'had no plan'."""
    if words.startswith("was "):
        return f"was not {words.removeprefix('was ')}"
    return f"had no {words.removeprefix('had ').removeprefix('an ')}"


_SCHOOL_MOVES = given(SCHOOLS.count(days=730) > 0, SCHOOLS.count(days=730) - 1)
_MOVES_CAVEAT = f"{_CENSUS} The move from primary to secondary school counts as one."

FEATURES: tuple[Feature, ...] = (
    *in_windows(
        _suspended,
        "suspensions_{days}",
        lambda days: EXCLUSIONS.count(days=days),
        365,
        label="Suspensions and exclusions, last {period}",
        sentence="In the last {period} the child was suspended or excluded {value} time(s).",
        sentence_none="No suspension in the last {period}.",
        level=Level.CHILD,
    ),
    *in_windows(
        _suspended,
        "children_suspensions_{days}",
        lambda days: EXCLUSIONS.count(days=days),
        *(91, 182, 365),
        label="Suspensions and exclusions, last {period}",
        sentence="In the last {period} the children were suspended or excluded {value} time(s).",
        sentence_none="No suspension in the last {period}.",
    ),
    _suspended(
        name="sessions_suspended_365",
        label="Sessions lost to suspension, last 12 months",
        value=EXCLUSIONS.total("sessions", days=365),
        sentence="{value} school session(s) lost to suspension in the last 12 months.",
        sentence_none="No sessions lost to suspension in the last 12 months.",
        why="How long a child was out of school, not only how often.",
        level=Level.CHILD,
    ),
    _suspended(
        name="children_sessions_suspended_365",
        label="Sessions lost to suspension, last 12 months",
        value=EXCLUSIONS.total("sessions", days=365),
        sentence="{value} school session(s) lost to suspension in the last 12 months.",
        sentence_none="No sessions lost to suspension in the last 12 months.",
        why="How long the children were out of school, not only how often.",
    ),
    _suspended(
        name="suspended_violence_730",
        label="Suspended for violence or a weapon, last 2 years",
        value=EXCLUSIONS.count(one_of("reason", "PP", "PA", "OW"), 730) > 0,
        sentence="A child was suspended for an assault or a weapon in the last 2 years.",
        sentence_none="No child was suspended for an assault or a weapon in the last 2 years.",
        why="Violence at school may follow violence seen elsewhere.",
        unit=Unit.FLAG,
    ),
    _suspended(
        name="suspended_drugs_730",
        label="Suspended over drugs or alcohol, last 2 years",
        value=EXCLUSIONS.count(one_of("reason", "DA"), 730) > 0,
        sentence="A child was suspended over drugs or alcohol in the last 2 years.",
        sentence_none="No child was suspended over drugs or alcohol in the last 2 years.",
        why="A young person's use of drugs or alcohol, or others using the young person.",
        unit=Unit.FLAG,
    ),
    _suspended(
        name="permanent_exclusions",
        label="Permanent exclusions, ever",
        value=EXCLUSIONS.count(one_of("kind", "permanent")),
        sentence="{value} permanent exclusion(s) among the children.",
        sentence_none="No permanent exclusion on record.",
        why="A permanent exclusion marks a break that lasts.",
        caveats=f"{_SUSPENDED} Reaches back only as far as the extract.",
    ),
    *_at_last_census(
        "free_school_meals",
        "Eligible for free school meals",
        SCHOOL_STATUS.latest(yes("fsm"), days=_LATEST_CENSUS_DAYS),
        "was eligible for free school meals",
        "Low income at home.",
        f"{_CENSUS} Transitional protection keeps eligibility after income rises.",
    ),
    *_at_last_census(
        "sen_support",
        "SEN support",
        SCHOOL_STATUS.latest(one_of("sen", "K"), days=_LATEST_CENSUS_DAYS),
        "had SEN support",
        "Extra need at school, and extra work at home.",
    ),
    *_at_last_census(
        "ehc_plan",
        "Education, health and care plan",
        SCHOOL_STATUS.latest(one_of("sen", "E"), days=_LATEST_CENSUS_DAYS),
        "had an education, health and care plan",
        "A high level of need; a brother or sister may help with care.",
        rises=False,
    ),
    _feature(
        name="free_school_meals_ever_children",
        label="Children: ever eligible for free school meals",
        value=given(SCHOOL_STATUS.count() > 0, SCHOOL_STATUS.count(yes("fsm")) > 0),
        null_rule=NullRule.NOT_APPLICABLE,
        sentence="{value} of the children (was|were) eligible for free school meals at some census.",
        sentence_none="No child was eligible for free school meals at any census.",
        why="Low income at some time, which a single census may miss.",
        roll=Roll.SUM,
        over=Over.CHILDREN,
        caveats=f"{_CENSUS} Reaches back only as far as the extract.",
    ),
    *and_family(
        _feature(
            name="school_moves_730",
            label="School moves, last 2 years",
            value=_SCHOOL_MOVES,
            null_rule=NullRule.NOT_APPLICABLE,
            sentence="Changed school {value} time(s) in the last 2 years.",
            sentence_none="Stayed at one school for the last 2 years.",
            why="Moves break friendships, teaching and anyone's knowledge of the child.",
            caveats=_MOVES_CAVEAT,
            level=Level.CHILD,
        ),
        label="School moves, last 2 years, most of the children",
        sentence="One of the children changed school {value} time(s) in the last 2 years.",
        sentence_none="No child changed school in the last 2 years.",
    ),
    *and_family(
        _feature(
            name="days_at_school",
            label="Days since joining the present school",
            value=given(_on_roll(), days_since(SCHOOL_STATUS.highest("entry_date", days=_LATEST_CENSUS_DAYS))),
            null_rule=NullRule.NOT_APPLICABLE,
            direction=Direction.FREE,
            sentence="Joined the present school {value} ago.",
            sentence_none="Joined the present school on the day itself.",
            why="A new school does not know the child yet, and a move may follow trouble.",
            unit=Unit.DAYS,
            caveats=f"{_CENSUS} Starting school, and secondary school, count as joining.",
            level=Level.CHILD,
        ),
        Roll.MIN,
        label="Days since joining the present school, newest of the children",
        sentence="The newest at a school of the children joined {value} ago.",
        sentence_none="A child joined a school on the day itself.",
    ),
    *and_family(
        _tracked(
            name="own_not_in_education_or_work",
            label="The young person in no education, employment or training",
            value=NEET.latest(one_of("activity", "neet"), days=182),
            sentence="Was last known to be in no education, work or training.",
            sentence_none="Was last known to be in education, work or training, or not known.",
            unit=Unit.FLAG,
            level=Level.CHILD,
        ),
        name="not_in_education_or_work",
        label="Young people not in education, employment or training",
        sentence="A young person was last known to be in no education, work or training.",
        sentence_none="The young people tracked were last known to be in education, work or training, or not known.",
    ),
    _tracked(
        name="months_not_in_education_or_work_365",
        label="Months in no education, employment or training, last 12 months, most of the young people",
        value=given(NEET.count(days=365) > 0, NEET.count(one_of("activity", "neet"), 365)),
        sentence="A young person was in no education, work or training at {value} of the monthly checks of the last "
        "12 months.",
        sentence_none="No young person tracked was in no education, work or training in the last 12 months.",
        why="A long spell is another thing than a gap between two courses.",
        roll=Roll.MAX,
    ),
    _tracked(
        name="activity_not_known",
        label="Young people whose activity is not known",
        value=NEET.latest(one_of("activity", "unknown"), days=182),
        direction=Direction.FREE,
        sentence="Nobody knows whether a young person is in education, work or training.",
        sentence_none="It was last known what the young people tracked do.",
        why="A young person whom nobody can reach may be the one who needs it.",
        unit=Unit.FLAG,
        roll=Roll.MAX,
    ),
)
