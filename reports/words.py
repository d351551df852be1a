"""Plain English for verdicts and for what follows from them.

Every sentence here is read by people who decide about families. Each says one thing, in short words, and
none promises more than the audit showed.
"""

from __future__ import annotations

from dataclasses import dataclass

TOO_FEW = "too few to show"


@dataclass(frozen=True)
class VerdictWords:
    """How one verdict is put to people."""

    short: str
    headline: str
    meaning: str
    consequence: str


_VERDICTS = {
    "pass": VerdictWords(
        "Passed",
        "This model passed its fairness checks",
        "There was enough evidence to judge every rule. By none of them is an ethnic group treated worse than allowed.",
        "A panel may read its list once two people have signed for it. Passing is not proof that the model is fair to "
        "each family. The panel still decides, family by family.",
    ),
    "fail": VerdictWords(
        "Did not pass",
        "This model did not pass its fairness checks",
        "There is good evidence that at least one ethnic group would be treated worse than the policy allows.",
        "Nobody will be shown this model's list. Families go on being found in the ways they are now. No family loses "
        "any help because of this.",
    ),
    "cannot_tell": VerdictWords(
        "Cannot tell",
        "We cannot yet tell whether this model is fair",
        "We found no clear unfairness. But some groups have too few cases for us to rule it out.",
        "This is not a pass. A panel may read the list only if two people sign a written plan for guarding against "
        "harm, with an end date.",
    ),
    "not_audited": VerdictWords(
        "Not audited",
        "There was nothing to audit",
        "No model was made for this question, or its audit has not been run.",
        "Nobody will be shown a list.",
    ),
}


def verdict_words(verdict: str) -> VerdictWords:
    """The words for a verdict; an unknown one counts as not audited, never as a pass."""
    return _VERDICTS.get(verdict, _VERDICTS["not_audited"])


def short(verdict: str) -> str:
    """The one or two words on a verdict's tag."""
    return verdict_words(verdict).short


GLOSSARY = (
    ("Flagged", "On the list for the panel to look at. Being flagged is a question, not a finding."),
    ("Capacity", "How many cases the panel has time to read. The model is judged on a list of exactly that length."),
    ("Outcome", "The recorded event that the model learned to expect. It stands in for need, and only partly."),
    ("Flag rate", "Of all the cases in a group, the share that is flagged."),
    (
        "Miss rate",
        "Of the cases in a group where the outcome did happen, the share that was not flagged. "
        "A higher miss rate means that families in that group are more often passed over.",
    ),
    (
        "Precision",
        "Of the flagged cases in a group, the share where the outcome did happen. "
        "A lower precision means that more families in that group are looked at without cause.",
    ),
    (
        "Interval",
        "The range the true figure probably lies in. The fewer the cases, the wider the range. "
        "Two ranges that overlap may hide a difference, or hide that there is none.",
    ),
    ("As-of date", "The day the model looks from. It may use nothing that the council came to know on or after it."),
    ("Baseline", "A much simpler way of choosing the list. A model that does no better is not worth having."),
    (
        "Cannot tell",
        "The evidence is too thin to say that a rule is met, or that it is broken. It is never a pass.",
    ),
    ("Unknown", "People whose ethnicity no system holds. They are a group of their own, and are never left out."),
    ("Suppressed", "Left out because it rests on so few people that someone might be recognised."),
)

CANDIDATE_WORDS = {
    "chance": "Drawn by lot",
    "best_single_indicator": "Best single sign",
    "needs_count": "Count of needs",
    "weighted_needs": "Needs, weighted",
    "logistic_regression": "Logistic regression",
    "logistic_without_contact_history": "Regression, no past contact",
    "additive_trees": "Trees that add up by subject",
    "boosted_trees": "Boosted trees",
    "need_found": "Need found",
    "need_found_without_contact_history": "Need found, no past contact",
    "need_among_assessed": "Need among those assessed",
    "signs_alike": "All signs, each counting alike",
    "signs_count": "Count of signs",
    "bagged_unlabelled": "Bagged, with those not identified as unknown",
    "caring_apart": "Caring apart from being noticed",
}
"""The ways of choosing a list, simplest first."""

GROUPING_WORDS = {
    "broad": "Broad ethnic group",
    "detailed": "Detailed ethnic group",
    "sex": "Sex",
    "age_band": "Age band",
    "disability": "Disability",
    "deprivation": "Deprivation of the neighbourhood",
    "broad | sex": "Broad ethnic group by sex",
    "broad | age_band": "Broad ethnic group by age band",
    "broad | disability": "Broad ethnic group by disability",
    "broad | deprivation": "Broad ethnic group by deprivation",
}

UNIT_WORDS = {"family": ("family", "families"), "child": ("child", "children")}

OUTCOME_WORDS = {
    "assessment_need": "an assessment that finds need",
    "cin": "a child in need plan",
    "cp": "a child protection plan",
    "lac": "a child coming into care",
    "domestic_high_risk": "a high-risk domestic abuse incident",
    "eviction_action": "eviction action",
    "young_carer_identified": "being identified as a young carer",
    "early_help": "early help",
    "referral": "an accepted referral",
    "contact": "a contact with children's services",
}
"""Dated steps that an outcome is made of."""


@dataclass(frozen=True)
class AdviceWords:
    """How one recommendation of the quarterly job is put to people. ``tone`` is the verdict whose looks it has."""

    short: str
    headline: str
    meaning: str
    tone: str


_ADVICE = {
    "promote": AdviceWords(
        "Promote",
        "The challenger may take the champion's place",
        "What was measured can be trusted, and speaks for it. Two people decide.",
        "pass",
    ),
    "keep": AdviceWords(
        "Keep",
        "The champion stays",
        "What was measured can be trusted, and does not speak for a change.",
        "not_audited",
    ),
    "investigate": AdviceWords(
        "Look into it",
        "Something must be looked into first",
        "The figures are not to be relied on yet, or say something that a person should understand.",
        "cannot_tell",
    ),
}


def advice_words(advice: str) -> AdviceWords:
    """The words for a recommendation; an unknown one counts as something to look into."""
    return _ADVICE.get(advice, _ADVICE["investigate"])
