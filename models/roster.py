"""Which candidates a target compares, made ready to fit."""

from __future__ import annotations

from models.boosted import Boosted
from models.candidates import Candidate, Chance, NeedsCount, SingleIndicator
from models.cases import Cases
from models.config import ModelsConfig
from models.logistic import Logistic
from models.of_need import OF_NEED, of_need
from models.target import CandidateName, Target
from models.taught import Taught
from models.unlabelled.bagged import BaggedUnlabelled
from models.unlabelled.caring import Caring
from models.unlabelled.signs import SignsAlike, SignsCount

_MOST = 100_000
"""About as many cases as the logistic regression learns from: more would take gigabytes, and change its list by less
than the families that happened to be drawn."""


def roster(target: Target, config: ModelsConfig, cases: Cases) -> tuple[Candidate, ...]:
    """The baselines, and every candidate that the target's file names, simplest first."""
    return tuple(candidate(name, target, config, cases) for name in target.compared)


def single_indicator(target: Target, cases: Cases) -> SingleIndicator:
    """The baseline that picks one of the target's indicators, or of all features with an expected direction."""
    named = target.single_indicators or tuple(f.name for f in cases.features if f.direction)
    return SingleIndicator(tuple(cases.column(name) for name in named))


def candidate(name: CandidateName, target: Target, config: ModelsConfig, cases: Cases) -> Candidate:  # noqa: PLR0911
    """One candidate by its name."""
    if name in OF_NEED:
        return of_need(name, target, cases)
    match name:
        case CandidateName.CHANCE:
            return Chance()
        case CandidateName.SINGLE_INDICATOR:
            return single_indicator(target, cases)
        case CandidateName.NEEDS_COUNT:
            return NeedsCount(cases.column(target.needs_count))
        case CandidateName.LOGISTIC:
            return Taught(name, Logistic(), most=_MOST)
        case CandidateName.ADDITIVE:
            return Boosted(config.bags, config.rounds, config.learning_rate, name, by_subject=True)
        case CandidateName.BOOSTED:
            return Boosted(config.bags, config.rounds, config.learning_rate)
        case _:
            return _for_unlabelled(name, target)


def _for_unlabelled(name: CandidateName, target: Target) -> Candidate:
    """Candidates that allow for the outcome among those without it; BaggedUnlabelled needs no more than others."""
    if name is CandidateName.BAGGED_UNLABELLED:
        return BaggedUnlabelled()
    if target.unlabelled is None:
        raise ValueError(f"{target.name} compares {name.value} and does not say what its signs are")
    if name is CandidateName.CARING:
        return Caring(target.unlabelled)
    if name is CandidateName.SIGNS_ALIKE:
        return SignsAlike(target.unlabelled.signs)
    return SignsCount(target.unlabelled.count)
