"""Candidates that are taught need somebody found, or kept from contact history, made for a target's features."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.assessed import AmongAssessed
from models.candidates import Candidate
from models.cases import Cases
from models.catalogue import Feature
from models.logistic import Logistic
from models.target import CandidateName, Target
from models.taught import Taught
from models.weighted_needs import WeightedNeeds

_NEEDS = "needs"
"""The subject of the features that say of what need there is evidence."""

OF_NEED = (
    CandidateName.WEIGHTED_NEEDS,
    CandidateName.UNWATCHED,
    CandidateName.NEED_FOUND,
    CandidateName.NEED_FOUND_UNWATCHED,
    CandidateName.NEED_AMONG_ASSESSED,
)


def of_need(name: CandidateName, target: Target, cases: Cases) -> Candidate:
    """One of `OF_NEED`. What a label teaches is the target's first."""
    contact = _places(cases, lambda feature: is_contact_history(feature, target))
    if name is CandidateName.UNWATCHED:
        return Taught(name, Logistic(), blind_to=contact)
    label = target.labels[0].name
    match name:
        case CandidateName.NEED_FOUND:
            return Taught(name, Logistic(), label)
        case CandidateName.NEED_FOUND_UNWATCHED:
            return Taught(name, Logistic(), label, contact)
        case CandidateName.NEED_AMONG_ASSESSED:
            noticing = _places(cases, lambda f: f.subject == _NEEDS or is_contact_history(f, target))
            return AmongAssessed(name, Logistic(), label, noticing, contact)
    needs = evidenced_needs(cases.features, target)
    signs = _places(cases, lambda f: f.direction != 0 and f.subject != _NEEDS and not is_contact_history(f, target))
    return WeightedNeeds(needs, tuple(place for place in signs if place not in needs), label)


def evidenced_needs(features: Sequence[Feature], target: Target) -> tuple[int, ...]:
    """Places of what the target's count of needs counts; of the count itself where the catalogue does not say."""
    count = next(feature for feature in features if feature.name == target.needs_count)
    parts = tuple(place for place, feature in enumerate(features) if feature.name in count.made_of)
    return parts or (features.index(count),)


def is_contact_history(feature: Feature, target: Target) -> bool:
    """Whether a feature rests, in any part, on rows that are there because somebody was looking already."""
    return not set(target.contact_history).isdisjoint(feature.sources)


def _places(cases: Cases, wanted: Callable[[Feature], bool]) -> tuple[int, ...]:
    return tuple(place for place, feature in enumerate(cases.features) if wanted(feature))
