"""Which features a notebook asks for: names of the library and definitions of its own, and what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from features.catalogue import all_leaks
from features.definitions import Feature, Level
from features.library import available, library
from features.rows import nearest
from features.tables import FAMILY_PREFIX
from features.values import names_of
from store.errors import UsageError

Asked = str | Feature
_IN_FEATURES = "features="


@dataclass(frozen=True)
class Chosen:
    """What is asked for, all of one level, and every feature that has to be computed for it.

    ``columns`` are those asked for, each with its indicator; ``family_<name>`` beside children's is their family's.
    """

    level: Level
    columns: tuple[str, ...]
    features: tuple[Feature, ...]
    left_out: tuple[str, ...]
    leaks: Mapping[str, tuple[str, ...]]
    """Of the columns asked for, those that see rows nobody knew of at the as-of date, with why they do."""

    def without(self, absent: Iterable[str]) -> Chosen:
        """What is left of it where some tables are absent or empty. Raises UsageError when nothing is."""
        features, gone = available(self.features, tuple(absent))
        there = {name: feature for feature in features for name in _known_as(feature)}
        columns = tuple(name for name in self.columns if name in there)
        if not columns:
            raise UsageError(
                "None of these features can be made: their sources were not among the extracts.",
                where=", ".join(self.columns),
                fix=f"Sources that are absent or empty: {', '.join(sorted(absent))}.",
            )
        asked = {self.behind(name).name for name in self.columns}
        leaks = {name: why for name, why in self.leaks.items() if name in columns}
        return Chosen(self.level, columns, features, tuple(name for name in gone if name in asked), leaks)

    def behind(self, column: str) -> Feature:
        """The feature that a column is of: its own, its family's, or whether that is unknown."""
        return _behind(column, {feature.name: feature for feature in self.features})


def chosen(asked: Asked | Iterable[Asked], others: Iterable[Feature] = ()) -> Chosen:
    """What is asked for, and what it is made of. ``others`` are definitions that it may be made of besides.

    A definition given as an object goes before the library's of the same name. Raises UsageError for a name that
    nothing has, two definitions of one name, a feature made of itself, or families' and children's features together.
    """
    items = [asked] if isinstance(asked, (str, Feature)) else list(asked)
    if not items:
        raise UsageError("No feature is asked for.", where=_IN_FEATURES, fix="Give names of the library or `Feature`s.")
    for item in items:
        if not isinstance(item, (str, Feature)):
            raise UsageError(
                f"A feature is its name or a `Feature`, not a {type(item).__name__}.",
                where=_IN_FEATURES,
                fix="What gives several, such as in_windows(...), is written with a star before it.",
            )
    own = _own([*others, *(item for item in items if isinstance(item, Feature))])
    by_name = {feature.name: feature for feature in library()} | own
    names = list(dict.fromkeys(item if isinstance(item, str) else item.name for item in items))
    level = _level(names, by_name)
    needed: dict[str, Feature] = {}
    for name in names:
        _bring(_behind(name, by_name), by_name, needed, ())
    columns = [column for name in names for column in _with_indicator(name, by_name)]
    every = tuple(needed.values())
    leaks = {name: all_leaks(_behind(name, by_name), every) for name in columns}
    return Chosen(level, tuple(dict.fromkeys(columns)), every, (), {name: why for name, why in leaks.items() if why})


def _own(features: Sequence[Feature]) -> dict[str, Feature]:
    found: dict[str, Feature] = {}
    for feature in features:
        if found.setdefault(feature.name, feature) != feature:
            raise UsageError("Two definitions have one name.", where=feature.name, fix="Give one of them another name.")
    return found


def _level(names: Sequence[str], by_name: Mapping[str, Feature]) -> Level:
    of_family = [name for name in names if _behind(name, by_name).level is Level.FAMILY]
    bare = [name for name in of_family if not name.startswith(FAMILY_PREFIX) or name in by_name]
    if len(of_family) == len(names) == len(bare):
        return Level.FAMILY
    if bare:
        children = next(name for name in names if name not in bare)
        raise UsageError(
            f"{bare[0]} is a feature of families and {children} one of children: a table has rows of one of the two.",
            where=_IN_FEATURES,
            fix=f"Ask for {FAMILY_PREFIX}{bare[0]} beside the children's, or build two tables.",
        )
    return Level.CHILD


def _behind(name: str, by_name: Mapping[str, Feature]) -> Feature:
    """The feature behind a column: its own, its family's, or the column that says it is unknown."""
    own = name.removeprefix(FAMILY_PREFIX)
    for known in (name, own):
        feature = by_name.get(known) or by_name.get(known.removesuffix("_unknown"))
        fits = feature is not None and known in (feature.name, feature.indicator)
        if feature is not None and fits and (known == name or feature.level is Level.FAMILY):
            return feature
    raise UsageError(
        f"There is no feature {name}; {nearest(own, by_name)}",
        where=_IN_FEATURES,
        fix="features.library() lists them all; a definition of your own is given as the object.",
    )


def _bring(
    feature: Feature, by_name: Mapping[str, Feature], needed: dict[str, Feature], on_the_way: Sequence[str]
) -> None:
    """Put a feature after all those it is made of."""
    if feature.name in needed:
        return
    if feature.name in on_the_way:
        raise UsageError(
            "A feature is made of itself, by way of other features.",
            where=" -> ".join([*on_the_way, feature.name]),
            fix="Make one of them of rows, not of the next.",
        )
    for name in names_of(feature.value):
        try:
            below = _behind(name, by_name)
        except UsageError as unknown:
            raise UsageError(
                f"{feature.name} is made of {name}, which nothing has the name of.",
                where=feature.name,
                fix=unknown.message,
            ) from None
        _bring(below, by_name, needed, [*on_the_way, feature.name])
    needed[feature.name] = feature


def _with_indicator(name: str, by_name: Mapping[str, Feature]) -> tuple[str, ...]:
    feature = _behind(name, by_name)
    prefix = "" if name in (feature.name, feature.indicator) else FAMILY_PREFIX
    if feature.indicator is None or name == f"{prefix}{feature.indicator}":
        return (name,)
    return (name, f"{prefix}{feature.indicator}")


def _known_as(feature: Feature) -> tuple[str, ...]:
    own = tuple(name for name in (feature.name, feature.indicator) if name)
    return own if feature.level is Level.CHILD else (*own, *(FAMILY_PREFIX + name for name in own))
