"""Joining versions into people: the strongest link first, and never two clusters that cannot be one person.

Links are taken in order, each once: it joins the clusters of its two versions unless these conflict. This is done
for all links at once, in rounds. In a round a link is decided if it comes before every other undecided link of both
its clusters: nothing can change either of them before its turn, so that the outcome is the same as link by link.
(Preis 1999 uses such locally dominant edges for matchings.) Two clusters that were found in conflict stay so until
one of them changes; until then the later links between them wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Tie(IntEnum):
    """What kind of link it is, which says how much conflict it bears; `SCORED` bears least."""

    SUBJECT = 1
    """A system holds both under one key."""
    EXACT = 2
    """Every name and the birth date agree."""
    SCORED = 3
    """The matching model found them alike."""
    KNOWN_AS = 4
    """One person under two forenames, by all that their home and systems show."""
    VOUCHED = 5
    """Nobody but the person could account for what agrees, whatever disagrees."""


@dataclass(frozen=True)
class Links:
    """Links between versions, given by their places from 0, the first to be followed first; ``tie`` is a `Tie`."""

    left: Places
    right: Places
    tie: Places


@dataclass(frozen=True)
class Proposals:
    """Joins to be judged: for each the kind of its link, and whether either side is known by several names or dates.

    The members of both sides stand in one list: ``proposal`` is the join's number, ``second`` the side.
    """

    tie: Places
    aliased: Flags
    proposal: Places
    second: Flags
    version: Places


@dataclass(frozen=True)
class Verdicts:
    """For each proposal: whether it is refused, and whether the join has several names or dates that conflict."""

    refused: Flags
    aliased: Flags


Judge = Callable[[Proposals], Verdicts]


@dataclass(frozen=True)
class Clusters:
    """For each version its cluster, as the place of one of its versions, and whether the cluster is aliased.

    ``refused`` counts the links that were not followed.
    """

    label: Places
    aliased: Flags
    refused: int


def alone(size: int) -> Clusters:
    """Every one of ``size`` versions in a cluster of its own."""
    return Clusters(np.arange(size, dtype=np.int64), np.zeros(size, dtype=np.bool_), 0)


def cluster(start: Clusters, links: Links, judge: Judge) -> Clusters:
    """Join the clusters of ``start`` along ``links`` where ``judge`` finds no conflict."""
    size = len(start.label)
    label = start.label
    aliased = np.zeros(size, dtype=np.bool_)
    aliased[label] = start.aliased
    left, right, tie = label[links.left], label[links.right], links.tie
    apart = left != right
    left, right, tie = left[apart], right[apart], tie[apart]
    waiting = np.zeros(len(left), dtype=np.bool_)
    refused = start.refused
    while len(left):
        chosen = ~waiting & _first_of_both(size, left, right)
        proposals = _proposals(label, aliased, left[chosen], right[chosen], tie[chosen])
        verdicts = judge(proposals)
        joined = ~verdicts.refused
        into = _merged(size, left[chosen][joined], right[chosen][joined])
        changed = into != np.arange(size)
        changed[into[changed]] = True
        waiting |= _in_conflict(size, left, right, tie, chosen, verdicts.refused)
        waiting &= ~(changed[left] | changed[right])
        aliased[into[left[chosen][joined]]] = verdicts.aliased[joined]
        label, left, right = into[label], into[left], into[right]
        undecided = (left != right) & ~chosen
        left, right, tie, waiting = left[undecided], right[undecided], tie[undecided], waiting[undecided]
        kept = ~_never_to_change(size, left, right, waiting)
        refused += int(verdicts.refused.sum()) + int((~kept).sum())
        left, right, tie, waiting = left[kept], right[kept], tie[kept], waiting[kept]
    return Clusters(label, aliased[label], refused)


def _first_places(size: int, clusters: Places, places: Places) -> Places:
    """The first of ``places`` (which rise) at which each cluster stands in ``clusters``; beyond the last where none."""
    first = np.full(size, np.iinfo(np.int64).max)
    # Of several writes to one cell the last one stays.
    first[clusters[::-1]] = places[::-1]
    return first


def _first_links(size: int, left: Places, right: Places, places: Places) -> Places:
    return np.minimum(_first_places(size, left, places), _first_places(size, right, places))


def _first_of_both(size: int, left: Places, right: Places) -> Flags:
    """Which links come before every other link of both their clusters."""
    places = np.arange(len(left))
    first = _first_links(size, left, right, places)
    both: Flags = (first[left] == places) & (first[right] == places)
    return both


def _proposals(label: Places, aliased: Flags, left: Places, right: Places, tie: Places) -> Proposals:
    number = np.full(len(label), -1, dtype=np.int64)
    number[left] = number[right] = np.arange(len(left))
    second = np.zeros(len(label), dtype=np.bool_)
    second[right] = True
    members = np.flatnonzero(number[label] >= 0)
    home = label[members]
    return Proposals(tie, aliased[left] | aliased[right], number[home], second[home], members)


def _merged(size: int, left: Places, right: Places) -> Places:
    """Where each cluster's label goes when ``left`` and ``right`` join, each of which stands in one join at most."""
    into = np.arange(size, dtype=np.int64)
    into[np.maximum(left, right)] = np.minimum(left, right)
    return into


def _in_conflict(size: int, left: Places, right: Places, tie: Places, chosen: Flags, refused: Flags) -> Flags:
    """Which links would only repeat a refusal: between the same clusters, of the same kind or the one bearing least."""
    pair = np.minimum(left, right) * size + np.maximum(left, right)
    tried, kinds = pair[chosen][refused], tie[chosen][refused]
    if not len(tried):
        return np.zeros(len(left), dtype=np.bool_)
    order = np.argsort(tried)
    found = np.minimum(np.searchsorted(tried[order], pair), len(tried) - 1)
    repeated: Flags = (tried[order][found] == pair) & ((tie == kinds[order][found]) | (tie == Tie.SCORED))
    return repeated


def _never_to_change(size: int, left: Places, right: Places, waiting: Flags) -> Flags:
    """Which waiting links come before anything that could change one of their clusters: they are refused for good.

    A cluster can change at its first link that does not wait, and at a waiting one whose other cluster can change
    before that.
    """
    places = np.arange(len(left))
    change = _first_links(size, left[~waiting], right[~waiting], places[~waiting])
    l, r, at = left[waiting], right[waiting], places[waiting]  # noqa: E741
    while True:
        reopened = (change[l] < at) | (change[r] < at)
        again = np.minimum(change, _first_links(size, l[reopened], r[reopened], at[reopened]))
        if np.array_equal(again, change):
            break
        change = again
    gone = np.zeros(len(left), dtype=np.bool_)
    gone[at[(at < change[l]) & (at < change[r])]] = True
    return gone


def connected(size: int, links: list[tuple[int, int]]) -> list[int]:
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
