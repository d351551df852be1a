"""School attendance. Sessions that were not possible, or only administrative, are never in the denominator."""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.household import aged
from features.patterns import and_family, in_windows
from features.rows import Test, on_weekday, one_of, yes
from features.streams import ABSENT_DAYS, ATTENDANCE, MEMBERS
from features.values import Value, all_of, any_of, days_since, feature, given, no_less, share, sum_of

POSSIBLE = ~one_of("statistical_class", "not_possible", "administrative")
PRESENT = one_of("statistical_class", "present", "approved_educational_activity")
ABSENT = one_of("statistical_class", "authorised", "unauthorised")
AUTHORISED = one_of("statistical_class", "authorised")
UNAUTHORISED = one_of("statistical_class", "unauthorised")
UNABLE = one_of("code", "Q", "Y", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7")
UNEXPLAINED = one_of("code", "N", "O")
ILL = one_of("code", "I")
LATE = one_of("code", "L", "U")
PART_TIME = one_of("code", "C2")
MONDAY_OR_FRIDAY = on_weekday(0, 4)
SINGLE_DAY = yes("single_day")

PERSISTENT, SEVERE = 0.10, 0.50
"""The Department for Education's thresholds of persistent and severe absence."""
_TERM_SESSIONS = 20  # fewer possible sessions than two school weeks say little about a year
_SOME_ABSENCE = 10  # fewer missed sessions than a week say little about how absence is made up
_SOME_DAYS = 5  # as many days
_REACHES_BACK = 547  # as far as the year before last half year, so that it adds no boundary

_CULTURE = (
    "At equal need some groups (Black African, Indian and Chinese pupils among them) have lower absence, so a low "
    "value is weaker evidence of no need for them. Pupils of independent schools, schools elsewhere and home "
    "education have no marks."
)
_SINGLE_DAYS = (
    f"{_CULTURE} A day counts as one of absence whether one session of it was missed or both; Friday and Monday are "
    "neighbours, and days on either side of a holiday are not. A day is seen once a fortnight has passed since the "
    "next, so that the last two weeks are never in it; only marks that were recorded within a fortnight take part."
)

_feature = partial(
    Feature,
    subject="attendance",
    owner="Education: school attendance team",
    null_rule=NullRule.NOT_APPLICABLE,
    direction=Direction.RISES,
    caveats=_CULTURE,
)
_child = partial(_feature, level=Level.CHILD, unit=Unit.SHARE)


def _rate(sessions: Test, days: int, lag: int = 0) -> Value:
    """Sessions of a kind as a share of possible sessions."""
    return share(ATTENDANCE.count(sessions, days, lag), ATTENDANCE.count(POSSIBLE, days, lag))


def _change(days: int) -> Value:
    """Absence now less absence in the same window a year before, where both hold enough sessions to compare."""
    earlier = ATTENDANCE.count(POSSIBLE, days, 365) >= _TERM_SESSIONS
    return given(earlier, _rate(ABSENT, days) - _rate(ABSENT, days, 365))


def _part_of_absence(missed: Test, days: int) -> Value:
    """Missed sessions of a kind as a share of all that were missed, where there are enough of these."""
    return given(
        ATTENDANCE.count(ABSENT, days) >= _SOME_ABSENCE,
        share(ATTENDANCE.count(missed, days), ATTENDANCE.count(ABSENT, days)),
    )


def _unable(days: int) -> Value:
    """Sessions that the pupil was unable to attend, as a share of these and of the possible ones."""
    unable = ATTENDANCE.count(UNABLE, days)
    return share(unable, ATTENDANCE.count(POSSIBLE, days) + unable)


def _single_days(days: int) -> Value:
    """Days of absence with none before or after, of pupils; unknown where absence was recorded too late to tell."""
    told = any_of(ABSENT_DAYS.count(days=days) > 0, ATTENDANCE.count(ABSENT, days) <= 0)
    return given(all_of(ATTENDANCE.count(POSSIBLE, days) > 0, told), ABSENT_DAYS.count(SINGLE_DAY, days))


def _and_together(child: Feature) -> tuple[Feature, Feature]:
    """A child's count, and that of a family's children together."""
    return and_family(
        child,
        Roll.POOL,
        name=f"{child.name}_sum",
        label=f"{child.label}, the children together",
        sentence=f"The children {_lower(child.sentence)}",
        sentence_none=f"The children {_lower(child.sentence_none)}",
    )


def _pair(child: Feature, of_one_child: str = "", below: str = "", of_each_child: str = "") -> tuple[Feature, Feature]:
    """A child's measure, and for the family the highest of its children.

    ``of_one_child`` is the family's sentence where "One child" cannot be put before the child's, ``of_each_child``
    where "Each child at school" cannot be put before that of nothing, and ``below`` what is said of a family's
    negative value.
    """
    return and_family(
        child,
        label=f"{child.label}, highest of the children",
        sentence=of_one_child or f"One child {_lower(child.sentence)}",
        sentence_none=of_each_child or f"Each child at school {_lower(child.sentence_none)}",
        sentence_below=below,
    )


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _pairs(*children: Feature) -> tuple[Feature, ...]:
    return tuple(feature for child in children for feature in _pair(child))


FEATURES: tuple[Feature, ...] = (
    *_pairs(
        *in_windows(
            _child,
            "absence_rate_{days}",
            lambda days: _rate(ABSENT, days),
            *(28, 91, 182, 365),
            label="Absence, last {period}",
            sentence="Missed {value} of possible sessions in the last {period}.",
            sentence_none="Missed no possible session in the last {period}.",
            why="Absence is often the first visible sign that things are hard at home.",
        ),
        *in_windows(
            _child,
            "unauthorised_rate_{days}",
            lambda days: _rate(UNAUTHORISED, days),
            *(91, 182, 365),
            label="Unauthorised absence, last {period}",
            sentence="Missed {value} of possible sessions without leave in the last {period}.",
            sentence_none="Missed no session without leave in the last {period}.",
            why="Absence that nobody explained to the school may mean that nobody at home could.",
        ),
        *in_windows(
            _child,
            "authorised_rate_{days}",
            lambda days: _rate(AUTHORISED, days),
            182,
            label="Authorised absence, last {period}",
            sentence="Missed {value} of possible sessions with leave in the last {period}.",
            sentence_none="Missed no session with leave in the last {period}.",
            why="Illness, appointments, suspension and part-time timetables: absence for reasons the school knew.",
        ),
        *in_windows(
            _child,
            "unable_to_attend_rate_{days}",
            _unable,
            182,
            label="Unable to attend, last {period}",
            sentence="Could not attend {value} of sessions in the last {period} for a reason such as no transport or "
            "a closed school.",
            sentence_none="Was able to attend every session in the last {period}.",
            why="Sessions that count as neither attended nor missed: days without school all the same.",
            direction=Direction.FREE,
            caveats=f"{_CULTURE} Mostly closures, which say nothing about a family; register codes Q and Y.",
        ),
        *in_windows(
            _child,
            "unexplained_rate_{days}",
            lambda days: _rate(UNEXPLAINED, days),
            182,
            label="Absence without a reason given, last {period}",
            sentence="Missed {value} of possible sessions in the last {period} with no reason that the school could "
            "accept.",
            sentence_none="Missed no session without a reason in the last {period}.",
            why="Unlike a holiday taken without leave, nobody told the school why.",
        ),
        *in_windows(
            _child,
            "late_rate_{days}",
            lambda days: _rate(LATE, days),
            *(91, 182, 365),
            label="Lateness, last {period}",
            sentence="Was late for {value} of possible sessions in the last {period}.",
            sentence_none="Was never late in the last {period}.",
            why="Children who get others ready in the morning, or themselves alone, are often late.",
        ),
        *in_windows(
            _child,
            "illness_rate_{days}",
            lambda days: _rate(ILL, days),
            182,
            label="Absence for illness, last {period}",
            sentence="Missed {value} of possible sessions for illness in the last {period}.",
            sentence_none="Missed no session for illness in the last {period}.",
            why="Illness of the child, or illness at home put down as the child's.",
            direction=Direction.FREE,
        ),
        *in_windows(
            _child,
            "part_time_rate_{days}",
            lambda days: _rate(PART_TIME, days),
            182,
            label="Part-time timetable, last {period}",
            sentence="Was kept to a part-time timetable for {value} of possible sessions in the last {period}.",
            sentence_none="Was on no part-time timetable in the last {period}.",
            why="Fewer hours at school mean more hours at home, and often stand for a suspension.",
            caveats=f"{_CULTURE} Marked as such since August 2024 only; before that it reads as none.",
        ),
    ),
    *(
        feature
        for child in in_windows(
            _child,
            "absence_change_{days}",
            _change,
            *(91, 182),
            label="Change in absence on the year before, {period}",
            sentence="Missed {value} more of possible sessions than in the same {period} a year before.",
            sentence_none="Missed as much as in the same {period} a year before.",
            sentence_below="Missed less than in the same {period} a year before.",
            why="A change against the child's own past says more than a level does.",
        )
        for feature in _pair(child, below=f"Each child at school {_lower(child.sentence_below)}")
    ),
    *_pair(
        _child(
            name="unauthorised_share_182",
            label="Share of absence that was unauthorised, last 6 months",
            value=_part_of_absence(UNAUTHORISED, 182),
            sentence="{value} of absence in the last 6 months was without leave.",
            sentence_none="All of the absence in the last 6 months was with leave.",
            why="Tells a child who is often ill from one who does not come.",
        ),
        of_one_child="For one child, {value} of absence in the last 6 months was without leave.",
        of_each_child="All of the children's absence in the last 6 months was with leave.",
    ),
    *_pair(
        _child(
            name="monday_friday_share_182",
            label="Share of absence on Mondays and Fridays, last 6 months",
            value=_part_of_absence(ABSENT & MONDAY_OR_FRIDAY, 182),
            sentence="{value} of absence in the last 6 months fell on Mondays and Fridays.",
            sentence_none="Missed no Monday or Friday in the last 6 months.",
            why="Absence around weekends may follow a parent's shifts, contact arrangements or care at home.",
            direction=Direction.FREE,
        ),
        of_one_child="For one child, {value} of absence in the last 6 months fell on Mondays and Fridays.",
    ),
    *(
        feature
        for child in in_windows(
            _child,
            "single_day_absences_{days}",
            _single_days,
            *(91, 182, 365),
            label="Absences of a single day, last {period}",
            sentence="Missed {value} single day(s), with no absence the day before or after, in the last {period}.",
            sentence_none="Missed no single day in the last {period}.",
            why="Odd days off, again and again, may be days when a child was needed at home.",
            unit=Unit.NUMBER,
            caveats=_SINGLE_DAYS,
        )
        for feature in _and_together(child)
    ),
    *_pair(
        _child(
            name="single_day_share_182",
            label="Share of days of absence that were single, last 6 months",
            value=given(
                ABSENT_DAYS.count(days=182) >= _SOME_DAYS,
                share(ABSENT_DAYS.count(SINGLE_DAY, 182), ABSENT_DAYS.count(days=182)),
            ),
            sentence="{value} of days of absence in the last 6 months were single days.",
            sentence_none="Was absent for several days in a row each time in the last 6 months.",
            why="Tells odd days here and there from long illness or a holiday.",
            direction=Direction.FREE,
            caveats=_SINGLE_DAYS,
        ),
        of_one_child="For one child, {value} of days of absence in the last 6 months were single days.",
    ),
    *_pair(
        _child(
            name="days_since_at_school",
            label="Days since the child was last at school",
            value=given(ATTENDANCE.count(POSSIBLE, 91) > 0, days_since(ATTENDANCE.last_day(PRESENT, _REACHES_BACK))),
            sentence="Was last at school {value} ago.",
            sentence_none="Was at school on the day itself.",
            why="A child whom no school has seen for weeks is a child whom nobody may have seen.",
            unit=Unit.DAYS,
            caveats=f"{_CULTURE} Holidays count as days: compare with other children at the same date.",
        ),
    ),
    *and_family(
        _child(
            name="persistently_absent_182",
            label="Persistently absent, last 6 months",
            value=_rate(ABSENT, 182) >= PERSISTENT,
            sentence="Missed a tenth or more of sessions in the last 6 months.",
            sentence_none="Missed less than a tenth of sessions in the last 6 months.",
            why="The Department for Education's threshold of persistent absence.",
            unit=Unit.FLAG,
        ),
        Roll.SUM,
        name="persistently_absent_children_182",
        label="Children persistently absent, last 6 months",
        sentence="{value} of the children missed a tenth or more of sessions in the last 6 months.",
        sentence_none="No child missed a tenth of sessions in the last 6 months.",
        why="Several children absent at once points to the home rather than to one school.",
        unit=Unit.NUMBER,
    ),
    *and_family(
        _child(
            name="severely_absent_182",
            label="Severely absent, last 6 months",
            value=_rate(ABSENT, 182) >= SEVERE,
            sentence="Missed half or more of sessions in the last 6 months.",
            sentence_none="Missed less than half of sessions in the last 6 months.",
            why="A child seldom at school is seldom seen by anyone outside the home.",
            unit=Unit.FLAG,
        ),
        Roll.SUM,
        name="severely_absent_children_182",
        label="Children severely absent, last 6 months",
        sentence="{value} of the children missed half or more of sessions in the last 6 months.",
        sentence_none="No child missed half of sessions in the last 6 months.",
        unit=Unit.NUMBER,
    ),
    _feature(
        name="persistently_absent_children_365",
        label="Children persistently absent, last 12 months",
        value=_rate(ABSENT, 365) >= PERSISTENT,
        sentence="{value} of the children missed a tenth or more of sessions in the last 12 months.",
        sentence_none="No child missed a tenth of sessions in the last 12 months.",
        why="A year evens out a winter's illness.",
        roll=Roll.SUM,
        over=Over.CHILDREN,
    ),
    _feature(
        name="absence_rate_mean_182",
        label="Mean absence of the children, last 6 months",
        value=_rate(ABSENT, 182),
        sentence="The children missed {value} of possible sessions on average in the last 6 months.",
        sentence_none="The children missed no possible session in the last 6 months.",
        why="The whole family's attendance, less moved by one child.",
        unit=Unit.SHARE,
        roll=Roll.MEAN,
        over=Over.CHILDREN,
    ),
    _feature(
        name="children_in_registers_182",
        label="Children with marks in a school register, last 6 months",
        value=given(ATTENDANCE.count(POSSIBLE, 182) > 0, ATTENDANCE.count(POSSIBLE, 182) >= 1),
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} of the children had marks in a school register in the last 6 months.",
        sentence_none="No child had marks in a school register in the last 6 months.",
        why="Says of how many children the attendance features can say anything.",
        roll=Roll.SUM,
        over=Over.CHILDREN,
    ),
    _feature(
        name="children_in_no_register",
        label="Children aged 6 to 15 in no school register, at least",
        value=no_less(MEMBERS.count(aged(6, 15)) - sum_of(feature("children_in_registers_182")), 0),
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="At least {value} child(ren) aged 6 to 15 had no mark in any register in the last 6 months.",
        sentence_none="Every child aged 6 to 15 may be in a register.",
        why="Children whom no school of the borough sees: elsewhere at school, taught at home, or missing education.",
        caveats="Independent schools, schools elsewhere and special schools may not be in the extract; a pupil whom "
        "linkage did not find counts too. The least there can be: marks of a sister under 6 or over 15 hide one.",
    ),
    _child(
        name="in_no_register",
        label="Aged 6 to 15 and in no school register",
        value=given(
            all_of(MEMBERS.lowest("age_years") >= 6, MEMBERS.lowest("age_years") <= 15),
            ATTENDANCE.count(POSSIBLE, 182) <= 0,
        ),
        direction=Direction.FREE,
        sentence="Had no mark in any register in the last 6 months.",
        sentence_none="Had marks in a register in the last 6 months.",
        why="No school of the borough sees the child: elsewhere at school, taught at home, or missing education.",
        unit=Unit.FLAG,
        caveats="Independent schools, schools elsewhere and special schools may not be in the extract; a pupil whom "
        "linkage did not find counts too.",
    ),
)
