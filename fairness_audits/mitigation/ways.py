"""The ways that are compared: what each does, how strongly, and whether it needs ethnicity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fairness_audits.needing_ethnicity import NeedsEthnicity
from store.errors import UsageError


class Way(StrEnum):
    """A way of changing a list."""

    FEATURE_REMOVAL = "feature_removal"
    REWEIGHING = "reweighing"
    EXPONENTIATED_GRADIENT = "exponentiated_gradient"
    THRESHOLDS = "thresholds"
    CAPACITY_SHARES = "capacity_shares"


@dataclass(frozen=True)
class Described:
    """One way, in words. ``strengths`` are the points of its curve, weakest first; ``said`` is one in words."""

    title: str
    does: str
    needs: NeedsEthnicity
    strengths: tuple[float, ...]
    said: str


WAYS: dict[Way, Described] = {
    Way.FEATURE_REMOVAL: Described(
        "Without what stands in for ethnicity",
        "The model is trained again without the features that tell most about ethnicity, or without a subject.",
        NeedsEthnicity.NEVER,
        (5, 15, 40),
        "the strongest {:.0f} left out",
    ),
    Way.REWEIGHING: Described(
        "Reweighing",
        "Training cases count for more or less, so that in training the outcome is as frequent in every group.",
        NeedsEthnicity.IN_TRAINING,
        (0.5, 1.0),
        "{:.0%} of the weights",
    ),
    Way.EXPONENTIATED_GRADIENT: Described(
        "Exponentiated gradient",
        "The model is trained several times, harder each time on groups whose cases it missed; the list is by all.",
        NeedsEthnicity.IN_TRAINING,
        (0.05, 0.02),
        "found shares within {:.0%}",
    ),
    Way.THRESHOLDS: Described(
        "A threshold for each group",
        "Each group has a threshold of its own, so that as large a share of those with the outcome is found in each.",
        NeedsEthnicity.AT_DECISION,
        (0.25, 0.5, 0.75, 1.0),
        "{:.0%} of the way",
    ),
    Way.CAPACITY_SHARES: Described(
        "Places by group",
        "Places on the list are shared out by how many cases each group has.",
        NeedsEthnicity.AT_DECISION,
        (0.25, 0.5, 0.75, 1.0),
        "{:.0%} of the way",
    ),
}
"""Those that need least of anybody's ethnicity first."""


@dataclass(frozen=True)
class Asked:
    """One list that is made at every test date."""

    name: str
    title: str
    label: str
    needs: NeedsEthnicity
    way: Way | None = None
    """None for a list that stands beside."""
    strength: float = 0.0
    subject: str = ""
    """The subject that the model does without; empty for the strongest features."""

    @property
    def words(self) -> str:
        """The list for people: its way and how strongly."""
        return f"{self.title}: {self.label}" if self.label else self.title


AS_IT_IS = Asked("as_it_is", "As it is", "", NeedsEthnicity.NEVER)
NEEDS_COUNT = Asked("needs_count", "Count of needs", "", NeedsEthnicity.NEVER)


def asked_lists(ways: Sequence[Way], subjects: Iterable[str]) -> tuple[Asked, ...]:
    """Every list: the two that stand beside, then each point of each way."""
    found = [AS_IT_IS, NEEDS_COUNT]
    for way in ways:
        one = WAYS[way]
        for strength in one.strengths:
            label = one.said.format(strength)
            found.append(Asked(f"{way.value}_{strength:g}", one.title, label, one.needs, way, strength))
        if way is Way.FEATURE_REMOVAL:
            found += [
                Asked(f"{way.value}_{subject}", one.title, f"{_spaced(subject)} left out", one.needs, way, 0.0, subject)
                for subject in subjects
            ]
    return tuple(found)


def chosen_ways(ways: Iterable[Way | str] | None) -> tuple[Way, ...]:
    """The ways asked for in their settled order, all by default. Raises UsageError for one that is not known."""
    if ways is None:
        return tuple(WAYS)
    named = {str(way) for way in ways}
    unknown = sorted(named - {way.value for way in WAYS})
    if unknown:
        raise UsageError("There is no such way.", where="ways", fix="Known: " + ", ".join(WAYS) + ".")
    return tuple(way for way in WAYS if way.value in named)


def _spaced(subject: str) -> str:
    return subject.replace("_", " ")
