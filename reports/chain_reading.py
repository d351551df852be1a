"""The chain by ethnic group as the run publishes it (``published/chain.json``), in the one shape its pages need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import text
from reports.chain_words import POPULATION_STEP, missed_sentence
from reports.facts import Measure

Document = Mapping[str, Any]
BROAD, DETAILED = "broad", "detailed"
HIGHER, LOWER, ALIKE, CANNOT_TELL = "higher", "lower", "alike", "cannot_tell"
_FLIPPED = {HIGHER: LOWER, LOWER: HIGHER}
_NONE = Measure(None)


@dataclass(frozen=True)
class GroupTold:
    """One group at one step, as published: what is withheld has no value."""

    label: str
    broad: bool
    cases: str
    rate: Measure
    rest: Measure
    ratio: Measure
    """How many times as often as the others."""
    reading: str
    sentence: str

    @property
    def told(self) -> bool:
        """Whether a difference is shown."""
        return self.reading in (HIGHER, LOWER)


@dataclass(frozen=True)
class StepTold:
    """One thing that is counted and compared between groups, the broad ones first."""

    name: str
    title: str
    of: str
    did: str
    held_equal: str
    caution: str
    groups: tuple[GroupTold, ...]

    @property
    def broad(self) -> tuple[GroupTold, ...]:
        """The broad groups."""
        return tuple(group for group in self.groups if group.broad)


@dataclass(frozen=True)
class MissedGroup:
    """What is told of one group below the line; ``missed`` is a number of a list."""

    label: str
    read: str
    would: str
    """How many of those read would be offered help."""
    share: Measure
    missed: str
    sentence: str


@dataclass(frozen=True)
class MissedTold:
    """How many below the line of one target's lists the panel would offer help to, by cases drawn by lot from there."""

    title: str
    lists: int
    below: str
    """Cases below the line of a list, on average."""
    groups: tuple[MissedGroup, ...]
    """Everyone first."""


@dataclass(frozen=True)
class LinkTold:
    """One link of the chain."""

    name: str
    title: str
    steps: tuple[StepTold, ...]
    not_told: str
    """Why there is nothing of it; else empty."""
    missed: tuple[MissedTold, ...] = ()


@dataclass(frozen=True)
class ChainTold:
    """The whole chain."""

    links: tuple[LinkTold, ...]
    census: str
    method: str
    suppressed_below: int
    rounded_to: int


def chain_told(published: Document) -> ChainTold:
    """The chain of ``fairness_audits/published/chain.json``."""
    return ChainTold(
        links=tuple(_link(link) for link in published["links"]),
        census=published.get("census") or "",
        method=published["method"],
        suppressed_below=published["suppressed_below"],
        rounded_to=published["rounded_to"],
    )


def _link(link: Document) -> LinkTold:
    steps: list[StepTold] = []
    if "groupings" in link:
        steps.append(_step(POPULATION_STEP, link["groupings"], _present))
    steps += [_step(step, step["groupings"], _compared) for step in link.get("steps", ())]
    steps += [_step(_asked(asked), asked["groupings"], _found) for asked in link.get("completeness", ())]
    missed = tuple(_missed(one) for one in link.get("missed_below_the_line", {}).get("targets", ()))
    return LinkTold(link["link"], link["title"], tuple(steps), link.get("not_told") or "", missed)


def _missed(target: Document) -> MissedTold:
    groups = tuple(
        MissedGroup(
            label=entry["label"],
            read=_count(entry["read"]),
            would=_count(entry["found"]),
            share=_measure(entry["share"]),
            missed=_number_missed(entry),
            sentence=entry["sentence"],
        )
        for entry in target["groups"]
    )
    return MissedTold(target["title"], target["lists"], text.count(target["below_the_line"]), groups)


def _number_missed(entry: Document) -> str:
    """About how many of a list, or at most how many; empty where neither may be told."""
    told = entry["missed"]
    if told is not None:
        value, low, high = (text.count(round(told[end])) for end in ("value", "low", "high"))
        return f"about {value} ({low} to {high})"
    return "" if entry["at_most"] is None else f"probably no more than {text.count(entry['at_most'])}"


def _step(step: Document, groupings: Mapping[str, Sequence[Document]], group: Any) -> StepTold:
    return StepTold(
        name=step["step"],
        title=_named(step),
        of=step["case"],
        did=step["did"],
        held_equal=step.get("held_equal") or "",
        caution=step.get("caution") or "",
        groups=tuple(_groups(groupings, group)),
    )


def _groups(groupings: Mapping[str, Sequence[Document]], group: Any) -> Iterator[GroupTold]:
    for name in (BROAD, DETAILED):
        yield from (group(entry, name == BROAD) for entry in groupings.get(name, ()))


def _named(step: Document) -> str:
    """The title, with a system's name as words: ``Ethnicity held: adult services``."""
    source = step.get("source") or ""
    title: str = step["title"]
    return title.replace(source, source.replace("_", " ")) if source else title


def _compared(entry: Document, broad: bool) -> GroupTold:
    return GroupTold(
        label=entry["label"],
        broad=broad,
        cases=_count(entry["n"]),
        rate=_measure(entry["rate"]),
        rest=_measure(entry["rest_rate"]),
        ratio=_measure(entry["ratio"]),
        reading=entry["reading"],
        sentence=entry["sentence"],
    )


def _present(entry: Document, broad: bool) -> GroupTold:
    return GroupTold(
        label=entry["label"],
        broad=broad,
        cases=_count(entry["children"]),
        rate=_measure(entry["share"]),
        rest=_measure(entry["census_share"]),
        ratio=_measure(entry["ratio"]),
        reading=entry["reading"],
        sentence=entry["sentence"],
    )


def _asked(asked: Document) -> Document:
    """A question of the residents' report as a step: who is *not* found where expected."""
    return {
        "step": asked["name"],
        "title": asked["title"],
        "case": "people of that kind",
        "did": "are found in no other system",
        "caution": asked["expected"],
    }


def _found(entry: Document, broad: bool) -> GroupTold:
    """One group of such a question; who is found less often is missed more often."""
    found, gap = _measure(entry["share"]), _measure(entry["difference"])
    missed = _NONE if found.value is None else Measure(1 - found.value, _less(found.high), _less(found.low))
    found_so: str = entry["reading"]
    reading = _FLIPPED.get(found_so, found_so)
    more = None if gap.value is None else -gap.value
    said = missed_sentence(entry["label"], missed.value, more, reading)
    return GroupTold(entry["label"], broad, _count(entry["n"]), missed, _NONE, _NONE, reading, said)


def _less(share: float | None) -> float | None:
    return None if share is None else 1 - share


def _count(value: Any) -> str:
    """A published count, or what stands where it is not shown."""
    if isinstance(value, int):
        return text.count(value)
    return f"under {value.removeprefix('<')}" if str(value).startswith("<") else str(value)


def _measure(figure: Any) -> Measure:
    """A figure with its interval, one without, or none where it is withheld."""
    if isinstance(figure, Mapping):
        return Measure(figure.get("value"), figure.get("low"), figure.get("high"))
    return Measure(figure if isinstance(figure, int | float) else None)
