"""What a target is: whose case it is, which outcome, over which time, and how a candidate is chosen.

A target file holds one `Target` built from these definitions and nothing else; `models.cohort` turns it into
rows. Milestones are those of ``features.milestones``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Whose case it is."""

    FAMILY = "family"
    CHILD = "child"


class CandidateName(StrEnum):
    """The ways of ranking a cohort that are compared."""

    CHANCE = "chance"
    SINGLE_INDICATOR = "best_single_indicator"
    NEEDS_COUNT = "needs_count"
    LOGISTIC = "logistic_regression"
    ADDITIVE = "additive_trees"
    BOOSTED = "boosted_trees"
    WEIGHTED_NEEDS = "weighted_needs"
    UNWATCHED = "logistic_without_contact_history"
    NEED_FOUND = "need_found"
    NEED_FOUND_UNWATCHED = "need_found_without_contact_history"
    NEED_AMONG_ASSESSED = "need_among_assessed"
    SIGNS_ALIKE = "signs_alike"
    SIGNS_COUNT = "signs_count"
    BAGGED_UNLABELLED = "bagged_unlabelled"
    CARING = "caring_apart"


BASELINES = (CandidateName.CHANCE, CandidateName.SINGLE_INDICATOR, CandidateName.NEEDS_COUNT)


@dataclass(frozen=True)
class Ages:
    """Completed years at the as-of date, both ends included.

    A family is in the cohort when one of its members is; a child when the child is.
    """

    youngest: int
    oldest: int
    unknown_child: bool = False
    """Whether someone with the role of a child and no known birth date counts."""


@dataclass(frozen=True)
class NoOpenSpell:
    """No spell of these kinds was open, as known at the as-of date.

    A spell is open from the day it is known until its end is known: one that ended but whose end was not yet
    recorded is still open, because nobody could have known otherwise.
    """

    kinds: tuple[str, ...]


@dataclass(frozen=True)
class NoneKnown:
    """No milestone of these kinds was known at the as-of date, ever or within so many days before it."""

    kinds: tuple[str, ...]
    within_days: int | None = None


Condition = NoOpenSpell | NoneKnown


@dataclass(frozen=True)
class Cohort:
    """Who the question is about. Conditions concern every member of a family, or the child alone."""

    unit: Unit
    ages: Ages
    conditions: tuple[Condition, ...]
    known: tuple[str, ...] = ()
    """Features that must be known of a case, where the question makes no sense of others."""


@dataclass(frozen=True)
class Outcome:
    """The first milestone of these kinds with ``as_of <= event_date < as_of + horizon_days``.

    It is labelled only when ``as_of + horizon_days + reporting_delay_days`` lies within what the extracts cover.
    """

    kinds: tuple[str, ...]
    horizon_days: int = 365
    reporting_delay_days: int = 42

    @property
    def closing_days(self) -> int:
        """Days from an as-of date until its outcomes are settled."""
        return self.horizon_days + self.reporting_delay_days


@dataclass(frozen=True)
class Label:
    """A further outcome to learn from, known only of the cases that were observed.

    A case is observed when one of its persons has a milestone of ``observed_kinds`` within the target's horizon,
    and has the outcome when one has a milestone of ``kinds`` there, which is always an observation too. Both count
    from the day they were recorded.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    observed_kinds: tuple[str, ...]

    @property
    def observed(self) -> tuple[str, ...]:
        """Every kind by which a case is observed."""
        return tuple(dict.fromkeys((*self.observed_kinds, *self.kinds)))


@dataclass(frozen=True)
class Unlabelled:
    """For an outcome that is noticed in few of those who have it: what may show it, and what makes it noticed.

    ``signs`` are features by which cases are ranked. ``noticing`` are features that say who would be noticed; with
    the school's own count of known young carers and the year they never take part in the ranking. ``share`` are two
    published figures for the share who have it, noticed or not: the truth is held to lie between them with 80%.
    """

    signs: tuple[str, ...]
    noticing: tuple[str, ...]
    count: str
    """The feature that counts signs: the simplest way to rank by them."""
    share: tuple[float, float]
    share_source: str


@dataclass(frozen=True)
class FeatureChoice:
    """Which features of the catalogue a model may use: those of these levels that are not left out."""

    levels: tuple[str, ...]
    without_subjects: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChoiceRule:
    """Which candidate makes the panel's list.

    The simplest whose precision at capacity is within so many standard errors of the best one's, where the
    standard error is that of the paired difference under a bootstrap of families; of those shown to beat chance,
    where any is, and of these of those whose list and reasons are stable, where any are. It is applied to predictions
    for families held out of training, at training as-of dates that all precede every test as-of date. Stability is
    measured on the cohort of the newest test date, without its outcomes (`models.stability`).

    Where an outcome says less about need than about who is watched, ``label`` names another of the target's labels
    that precision is of, and ``no_worse_than`` a candidate than which none may be shown to find fewer outcomes. Where
    the extracts have too little of the label, the outcome is all there is to judge by.
    """

    simplest_first: tuple[CandidateName, ...] = (
        CandidateName.NEEDS_COUNT,
        CandidateName.SINGLE_INDICATOR,
        CandidateName.LOGISTIC,
        CandidateName.ADDITIVE,
        CandidateName.BOOSTED,
    )
    within_standard_errors: float = 1.0
    label: str = ""
    no_worse_than: CandidateName | None = None
    least_list_overlap: float = 0.75
    """Mean share in common of two lists by models trained on families drawn anew."""
    least_reasons_overlap: float = 0.85
    """Mean share in common of the strongest reasons of the cases on both lists."""

    def in_words(self) -> str:
        """The rule as a sentence for the evaluation."""
        of = f" ({self.label.replace('_', ' ')}; the outcome where too little of that is known)" if self.label else ""
        floor = (
            f", of those not shown to find fewer outcomes than {self.no_worse_than.value}" if self.no_worse_than else ""
        )
        names = ", ".join(name.value for name in self.simplest_first)
        return (
            f"The simplest of {names} (simplest first) whose precision at capacity{of} is within "
            f"{self.within_standard_errors:g} standard error of the best one's{floor}, and which is shown to beat "
            "a list drawn by lot where any is; judged on families held out of training at training as-of dates, all "
            "before the first test as-of date. Of those, where any is, a stable one: trained again on families drawn "
            f"anew, on average {self.least_list_overlap:.0%} of its list and {self.least_reasons_overlap:.0%} of the "
            f"strongest reasons of the cases on both lists stay the same."
        )


@dataclass(frozen=True)
class Target:
    """One question put to the data."""

    name: str
    title: str
    question: str
    cohort: Cohort
    outcome: Outcome
    features: FeatureChoice
    label_caveats: tuple[str, ...]
    retirement: str
    """When the model is to be withdrawn for good."""
    labels: tuple[Label, ...] = ()
    """Further outcomes that candidates may learn from; everything is measured on ``outcome``. The first is the one
    that the candidates of need are taught."""
    contact_history: tuple[str, ...] = ()
    """Source tables that have rows because somebody was looking already: what rests on any is contact history."""
    needs_count: str = "needs_count"
    """The feature that counts evidenced needs: a baseline."""
    single_indicators: tuple[str, ...] = ()
    """Features that may be the best single indicator; empty for every one with an expected direction."""
    choice: ChoiceRule = ChoiceRule()
    by_default: bool = True
    """Whether it is modelled where the council's TOML names no targets."""
    beside: tuple[CandidateName, ...] = ()
    """Candidates that are compared and never chosen."""
    unlabelled: Unlabelled | None = None
    """Where those without the outcome may well have what it stands for."""

    @property
    def compared(self) -> tuple[CandidateName, ...]:
        """The baselines, then the candidates that its rule chooses from, then those beside, each once."""
        return tuple(dict.fromkeys((*BASELINES, *self.choice.simplest_first, *self.beside)))

    @property
    def only_compared(self) -> frozenset[CandidateName]:
        """Candidates that can never make the list."""
        return frozenset(self.beside)
