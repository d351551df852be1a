"""From evidence to a verdict: one for each rule and group, one for each rule, one overall.

Pass is an intersection-union test (Berger 1982, Technometrics 24): every group must be shown to lie within the
margin, each at the rule's own confidence, so no adjustment is needed. Fail is a union: any group shown to lie
beyond the margin fails the target, so Holm's adjustment runs over all questions the gate asks at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fairness_audits.intervals import holm
from fairness_audits.measure import Evidence, Measures
from fairness_audits.metrics import Harm, Scale, harm
from fairness_audits.policy import Policy, Rule


class Verdict(StrEnum):
    """What an audit may say."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    CANNOT_TELL = "cannot_tell"
    NOT_AUDITED = "not_audited"


class Ground(StrEnum):
    """Why a verdict is what it is."""

    WITHIN = "within the margin"
    BEYOND = "beyond the margin"
    STRADDLES = "the interval straddles the margin"
    TOO_LITTLE = "too little evidence"
    NO_COMPARISON = "nothing to compare"


@dataclass(frozen=True)
class Question:
    """A rule, and the grouping whose groups it is asked of."""

    rule: Rule
    grouping: str


@dataclass(frozen=True)
class Finding:
    """What one rule says of one group."""

    question: Question
    group: str
    verdict: Verdict
    ground: Ground
    evidence: Evidence | None
    """None when the group has no test case at all."""
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Two-sided, of 'the harm is exactly the margin'."""
    p_holm: float | None = None

    @property
    def rule(self) -> Rule:
        return self.question.rule

    @property
    def better_off(self) -> bool:
        """Whether the whole interval is on the side that does the group no harm."""
        if self.low is None or self.high is None:
            return False
        alike = 1.0 if self.rule.scale is Scale.RATIO else 0.0
        side = harm(self.rule.metric)
        return (side is Harm.HIGHER and self.high < alike) or (side is Harm.LOWER and self.low > alike)


@dataclass(frozen=True)
class Answer:
    """What a question found in each group."""

    question: Question
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return combine([finding.verdict for finding in self.findings])


def questions(policy: Policy) -> list[Question]:
    """Each rule of the policy, asked of the ethnic groups it names."""
    return [Question(rule, rule.grouping.value) for rule in policy.rules]


def judge(
    asked: Sequence[Question], measures: dict[str, Measures], expected_groups: dict[str, tuple[str, ...]]
) -> list[Answer]:
    """Judge every question for every group, in the questions' order and then the groups'.

    ``expected_groups`` has, for each grouping, the groups with a test or a current case: a group that is on
    today's list but was never tested gets 'cannot tell'.
    """
    weighed: list[Finding] = []
    for one in asked:
        evidence = measures[one.grouping].evidence
        for group in expected_groups[one.grouping]:
            weighed.append(_weigh(one, group, evidence.get((one.rule.metric, group))))
    settled = iter(_settle(weighed))
    return [Answer(one, tuple(next(settled) for _ in expected_groups[one.grouping])) for one in asked]


def all_findings(answers: Sequence[Answer]) -> list[Finding]:
    """The findings of all questions, in their order."""
    return [finding for answer in answers for finding in answer.findings]


def overall_verdict(answers: Sequence[Answer], not_asked: Sequence[object]) -> Verdict:
    """The verdict of all questions together; without an answer to each rule an audit never passes."""
    verdict = combine([answer.verdict for answer in answers])
    return Verdict.CANNOT_TELL if not_asked and verdict is Verdict.PASS else verdict


def combine(verdicts: list[Verdict]) -> Verdict:
    """Fail if any fails; pass only if all pass and there is at least one; else cannot tell."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts and set(verdicts) == {Verdict.PASS} else Verdict.CANNOT_TELL


def harm_limits(rule: Rule) -> tuple[float | None, float | None]:
    """The lowest and highest comparison the rule accepts; None where it sets no limit."""
    least = 1 / rule.margin if rule.scale is Scale.RATIO else -rule.margin
    side = harm(rule.metric)
    return None if side is Harm.HIGHER else least, None if side is Harm.LOWER else rule.margin


def _weigh(question: Question, group: str, evidence: Evidence | None) -> Finding:
    """A finding before Holm's adjustment: 'fail' is not yet given."""
    rule = question.rule
    if evidence is None or evidence.effective < rule.minimum:
        return Finding(question, group, Verdict.CANNOT_TELL, Ground.TOO_LITTLE, evidence)
    comparison = evidence.comparison(rule.scale)
    interval = evidence.comparison_interval(rule.scale, rule.confidence)
    if comparison is None or interval is None:
        return Finding(question, group, Verdict.CANNOT_TELL, Ground.NO_COMPARISON, evidence)
    low, high = interval
    least, most = harm_limits(rule)
    if (least is None or low >= least) and (most is None or high <= most):
        return Finding(question, group, Verdict.PASS, Ground.WITHIN, evidence, low, high, 1.0)
    limit = _limit_passed(comparison, least, most)
    p_value = 1.0 if limit is None else evidence.p_value(rule.scale, limit) or 0.0
    return Finding(question, group, Verdict.CANNOT_TELL, Ground.STRADDLES, evidence, low, high, p_value)


def _limit_passed(comparison: float, least: float | None, most: float | None) -> float | None:
    """The limit that the estimate itself is beyond; None when it is within both."""
    if most is not None and comparison > most:
        return most
    return least if least is not None and comparison < least else None


def _settle(findings: list[Finding]) -> list[Finding]:
    """Give 'fail' where Holm's adjustment over all questions that could be asked allows it."""
    asked = [finding for finding in findings if finding.p_value is not None]
    adjusted = {id(f): float(p) for f, p in zip(asked, holm([f.p_value for f in asked if f.p_value is not None]))}
    return [_settled(finding, adjusted.get(id(finding))) for finding in findings]


def _settled(finding: Finding, p_holm: float | None) -> Finding:
    failed = p_holm is not None and p_holm <= 1 - finding.rule.confidence
    return Finding(
        finding.question,
        finding.group,
        Verdict.FAIL if failed else finding.verdict,
        Ground.BEYOND if failed else finding.ground,
        finding.evidence,
        finding.low,
        finding.high,
        finding.p_value,
        p_holm,
    )
