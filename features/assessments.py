"""What social workers found when they looked: assessments, and the factors they wrote down.

Codes of factors are those of the children in need census, compared whole: 7A is not found in 17A. Codes not used
are private fostering (8B to 8F), unaccompanied children (9A), female genital mutilation and abuse linked to belief
(22A, 23A), which are too rare and too telling of who is meant, and 'other' and 'none' (20, 21).
"""

from __future__ import annotations

from functools import partial

from features.definitions import Direction, Feature, Level, NullRule, Unit
from features.patterns import in_windows
from features.rows import holds, one_of
from features.streams import ASSESSMENTS
from features.values import days_since, feature, given, sum_of

_ASSESSED = "Only families that were assessed can have it. Known from the end of the assessment."
_feature = partial(
    Feature,
    subject="assessments",
    owner="Children's social care: assessment team manager",
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    unit=Unit.FLAG,
    caveats=_ASSESSED,
)

_FACTORS = {
    "parent_alcohol_drugs": ("a parent's alcohol or drug use", ("1B", "2B")),
    "child_alcohol_drugs": ("a child's alcohol or drug use", ("1A", "2A")),
    "other_alcohol_drugs": ("alcohol or drug use of another in the household", ("1C", "2C")),
    "domestic_abuse": ("domestic abuse of a parent", ("3B",)),
    "domestic_abuse_other": ("domestic abuse of a child or of another in the household", ("3A", "3C")),
    "parent_mental_health": ("a parent's mental health", ("4B",)),
    "child_mental_health": ("a child's mental health or self-harm", ("4A", "15A")),
    "parent_learning_disability": ("a parent's learning disability", ("5B",)),
    "parent_physical_illness": ("a parent's physical illness or disability", ("6B",)),
    "child_disability": ("a child's disability or illness", ("5A", "6A")),
    "other_ill": ("illness or disability of another in the household", ("4C", "5C", "6C")),
    "young_carer": ("a child who cares for somebody", ("7A",)),
    "missing": ("a child going missing", ("10A",)),
    "exploitation": ("exploitation, trafficking or gangs", ("11A", "12A", "13A", "24A")),
    "behaviour": ("a child's behaviour towards others", ("14A",)),
    "neglect": ("neglect", ("16A",)),
    "abuse": ("emotional, physical or sexual abuse", ("17A", "18A", "18B", "18C", "19A", "19B", "19C")),
}
"""What an assessment may have named, in words and by codes."""

_KNOWN_FAMILIES = {
    "young_carer": " The child may be identified as a young carer by it, which a list of hidden ones leaves out.",
}


def _named(name: str) -> Feature:
    words, codes = _FACTORS[name]
    return _feature(
        name=f"assessed_{name}_730",
        label=f"Assessment named {words}, last 2 years",
        value=ASSESSMENTS.ended.count(holds("factors", *codes), 730) > 0,
        sentence=f"An assessment in the last 2 years named {words}.",
        sentence_none=f"No assessment in the last 2 years named {words}.",
        why="A social worker looked, and wrote it down.",
        caveats=_ASSESSED + _KNOWN_FAMILIES.get(name, ""),
    )


FEATURES: tuple[Feature, ...] = (
    *in_windows(
        _feature,
        "assessments_ended_{days}",
        lambda days: ASSESSMENTS.ended.count(days=days),
        *(365, 730),
        label="Assessments finished, last {period}",
        sentence="{value} assessment(s) of the children finished in the last {period}.",
        sentence_none="No assessment finished in the last {period}.",
        why="Worry went far enough for a social worker to look.",
        unit=Unit.NUMBER,
        caveats="One for each child assessed.",
    ),
    _feature(
        name="assessment_under_way",
        label="Assessment under way",
        value=ASSESSMENTS.open() > 0,
        direction=Direction.FREE,
        sentence="An assessment of a child is under way.",
        sentence_none="No assessment is under way.",
        why="A social worker is looking now; what was found is not known yet.",
        caveats="An end that nobody entered leaves an assessment under way for ever.",
    ),
    *in_windows(
        _feature,
        "assessed_no_action_{days}",
        lambda days: ASSESSMENTS.ended.count(one_of("outcome", "no_further_action"), days) > 0,
        365,
        label="Assessed without further action, last {period}",
        sentence="An assessment in the last {period} ended with no further action.",
        sentence_none="No assessment in the last {period} ended with no further action.",
        why="Known, looked at, and left without help.",
    ),
    *in_windows(
        _feature,
        "assessed_to_early_help_{days}",
        lambda days: ASSESSMENTS.ended.count(one_of("outcome", "early_help"), days) > 0,
        365,
        label="Assessed and passed to early help, last {period}",
        sentence="An assessment in the last {period} passed the family to early help.",
        sentence_none="No assessment in the last {period} passed the family to early help.",
        why="Need was found, below what social care takes on.",
    ),
    _feature(
        name="days_since_assessment",
        label="Days since the last assessment finished",
        value=days_since(ASSESSMENTS.ended.last_day()),
        null_rule=NullRule.NOT_APPLICABLE,
        direction=Direction.FALLS,
        sentence="The last assessment of a child finished {value} ago.",
        why="The longer ago, the less it says about now.",
        unit=Unit.DAYS,
    ),
    *(_named(name) for name in _FACTORS),
    _feature(
        name="assessed_concerns_730",
        label="Kinds of concern that assessments named, last 2 years",
        value=sum_of(*(feature(f"assessed_{name}_730") for name in _FACTORS)),
        sentence="Assessments in the last 2 years named {value} kind(s) of concern.",
        sentence_none="No assessment in the last 2 years named a concern.",
        why="Several troubles at once wear a family out faster than one.",
        unit=Unit.NUMBER,
    ),
    _feature(
        name="own_assessed_parent_ill_730",
        label="Child's assessment named a parent's illness, last 2 years",
        value=given(
            ASSESSMENTS.ended.count(days=730) > 0, ASSESSMENTS.ended.count(holds("factors", "4B", "6B"), 730) > 0
        ),
        level=Level.CHILD,
        sentence="An assessment of the child in the last 2 years named a parent's mental or physical illness.",
        sentence_none="No assessment of the child in the last 2 years named a parent's illness.",
        why="The parent may need care that the child gives.",
    ),
)
