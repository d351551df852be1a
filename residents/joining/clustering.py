"""Joining versions into people: the strongest link first, and never two that cannot be one person.

Linear in the links: each is looked at once. A cluster keeps the few distinct names, birth dates, sexes, pupil
numbers and groups of its members, and two clusters join only if every name and date of the one could be every
name and date of the other. A chain of near misses therefore cannot grow into a crowd.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from residents.joining.likeness import Name, dates_could_be_one, names_could_be_one


@dataclass(frozen=True)
class Version:
    """What keeps one version apart from others. ``upn`` is a permanent one.

    ``groups`` are a service's groups that name this version's record beside others: one service does not
    usually list one person twice in one tenancy or claim. ``born_by``: a service dealt with an adult, so that the
    person was born by this day.
    """

    subject: int
    name: Name
    dob: dt.date | None = None
    sex: str | None = None
    upn: str | None = None
    nino: str | None = None
    groups: frozenset[int] = frozenset()
    born_by: dt.date | None = None


@dataclass
class _Cluster:
    names: set[Name] = field(default_factory=set)
    dobs: set[dt.date] = field(default_factory=set)
    sexes: set[str] = field(default_factory=set)
    upns: set[str] = field(default_factory=set)
    ninos: set[str] = field(default_factory=set)
    groups: dict[int, int] = field(default_factory=dict)
    born_by: dt.date | None = None
    aliased: bool = False
    """Whether an identifier has joined names or dates that would otherwise conflict: any of them may then agree."""
    size: int = 1

    @classmethod
    def of(cls, version: Version) -> _Cluster:
        return cls(
            {version.name},
            {version.dob} if version.dob else set(),
            {version.sex} if version.sex else set(),
            {version.upn} if version.upn else set(),
            {version.nino} if version.nino else set(),
            dict.fromkeys(version.groups, version.subject),
            version.born_by,
        )

    def absorb(self, other: _Cluster) -> None:
        self.names |= other.names
        self.dobs |= other.dobs
        self.sexes |= other.sexes
        self.upns |= other.upns
        self.ninos |= other.ninos
        self.groups |= other.groups
        self.born_by = min(filter(None, (self.born_by, other.born_by)), default=None)
        self.aliased |= other.aliased
        self.size += other.size


def _names_conflict(a: _Cluster, b: _Cluster) -> bool:
    agree = all if not (a.aliased or b.aliased) else any
    return not agree(names_could_be_one(x, y) for x in a.names for y in b.names)


def _dates_conflict(a: _Cluster, b: _Cluster) -> bool:
    if not a.dobs or not b.dobs:
        return False
    agree = all if not (a.aliased or b.aliased) else any
    return not agree(dates_could_be_one(x, y) for x in a.dobs for y in b.dobs)


def _too_young(a: _Cluster, b: _Cluster) -> bool:
    """Whether a service dealt with the one as an adult when the other was a child. Any birth date may be a slip."""
    return any(
        one.born_by is not None and bool(two.dobs) and min(two.dobs) > one.born_by for one, two in ((a, b), (b, a))
    )


def _named_together(a: _Cluster, b: _Cluster) -> bool:
    small, large = (a.groups, b.groups) if len(a.groups) <= len(b.groups) else (b.groups, a.groups)
    return any(group in large and large[group] != subject for group, subject in small.items())


def _disagree(a: set[str], b: set[str]) -> bool:
    return bool(a) and bool(b) and a.isdisjoint(b)


def _conflict(a: _Cluster, b: _Cluster, exact: bool) -> bool:
    """Whether two clusters cannot be one person. ``exact``: the link agrees on every name and the birth date.

    A shared permanent identifier outweighs either a name (people have several) or a birth date (clerks slip),
    but not both: then the identifier was typed on the wrong person.
    """
    if not (a.upns.isdisjoint(b.upns) and a.ninos.isdisjoint(b.ninos)):
        return _dates_conflict(a, b) and _names_conflict(a, b)
    if not exact and (
        _disagree(a.upns, b.upns) or _disagree(a.sexes, b.sexes) or _named_together(a, b) or _too_young(a, b)
    ):
        return True
    return _dates_conflict(a, b) or _names_conflict(a, b)


class _Forest:
    """Union-find over versions, with what each cluster holds."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.parent = list(range(len(versions)))
        self.clusters = [_Cluster.of(version) for version in versions]

    def root(self, place: int) -> int:
        parent = self.parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    def join(self, a: int, b: int) -> None:
        """Join two roots, the smaller into the larger."""
        if self.clusters[a].size < self.clusters[b].size:
            a, b = b, a
        self.parent[b] = a
        self.clusters[a].absorb(self.clusters[b])


@dataclass(frozen=True)
class Clusters:
    """``label`` is each version's cluster (the place of its first version); ``support`` the best link inside it."""

    label: npt.NDArray[np.int64]
    support: npt.NDArray[np.float64]
    refused: int


def cluster(
    versions: Sequence[Version],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    probability: npt.NDArray[np.float64],
) -> Clusters:
    """Join versions along the links ``left``-``right``, which come strongest first.

    Versions of one subject are joined beforehand, unless they conflict in name and birth date both: then the
    system has used its key for two people. ``support`` is 1 for a version alone or held by its subject.
    """
    forest = _Forest(versions)
    first: dict[int, list[int]] = {}
    for place, version in enumerate(versions):
        first.setdefault(version.subject, []).append(place)
    held = np.zeros(len(versions))
    for places in first.values():
        _join_subject(forest, places, held)
    refused = 0
    exact = _exact_links(versions, left, right)
    for a, b, agrees in zip(left.tolist(), right.tolist(), exact):
        root_a, root_b = forest.root(a), forest.root(b)
        if root_a == root_b:
            continue
        if _conflict(forest.clusters[root_a], forest.clusters[root_b], agrees):
            refused += 1
        else:
            one, two = forest.clusters[root_a], forest.clusters[root_b]
            aliased = _dates_conflict(one, two) or _names_conflict(one, two)
            forest.join(root_a, root_b)
            forest.clusters[forest.root(root_a)].aliased |= aliased
    roots = np.array([forest.root(place) for place in range(len(versions))], dtype=np.int64)
    return Clusters(_first_of(roots), _support(roots, held, left, right, probability), refused)


def _join_subject(forest: _Forest, places: list[int], held: npt.NDArray[np.float64]) -> None:
    for position, place in enumerate(places):
        for other in places[:position]:
            a, b = forest.root(place), forest.root(other)
            if a == b:
                break
            one, two = forest.clusters[a], forest.clusters[b]
            if not (_names_conflict(one, two) and _dates_conflict(one, two)):
                aliased = _names_conflict(one, two) or _dates_conflict(one, two)
                forest.join(a, b)
                forest.clusters[forest.root(a)].aliased |= aliased
                held[[place, other]] = 1.0
                break


def _exact_links(versions: Sequence[Version], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> list[bool]:
    """Which links agree on forename, surname and a birth date that is not 1 January."""
    numbers: dict[tuple[str, str, dt.date], int] = {}
    whole = np.full(len(versions), -1, dtype=np.int64)
    for place, version in enumerate(versions):
        name, dob = version.name, version.dob
        if name.forename and name.surname and dob and len(name.forename) > 1 and (dob.month, dob.day) != (1, 1):
            whole[place] = numbers.setdefault((name.forename, name.surname, dob), len(numbers))
    agrees: list[bool] = ((whole[left] == whole[right]) & (whole[left] >= 0)).tolist()
    return agrees


def _first_of(roots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    _, first, which = np.unique(roots, return_index=True, return_inverse=True)
    return first[which].astype(np.int64)


def _support(
    roots: npt.NDArray[np.int64],
    held: npt.NDArray[np.float64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    probability: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    inside = roots[left] == roots[right]
    support = held.copy()
    np.maximum.at(support, left[inside], probability[inside])
    np.maximum.at(support, right[inside], probability[inside])
    alone = np.bincount(roots, minlength=len(roots))[roots] == 1
    support[alone] = 1.0
    return support


def connected(size: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The smallest place in each place's connected part, for ``size`` places."""
    parent = list(range(size))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, two in links:
        a, b = root(one), root(two)
        parent[max(a, b)] = min(a, b)
    return [root(place) for place in range(size)]
