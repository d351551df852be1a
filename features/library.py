"""Every feature the toolkit knows, and what is left of them where a council sends less."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from features import (
    assessments,
    attendance,
    benefits,
    caring,
    early_help,
    education,
    health_and_disability,
    household,
    housing,
    needs,
    referrals,
    rent,
    safety,
)
from features.definitions import Feature, Level
from features.streams import Aggregate
from features.tables import FAMILY_PREFIX
from features.values import AnyOf, Binary, Given, Named, SumOf, Value, names_of

_SUBJECTS = (
    *(household, housing, attendance, education, rent, benefits, referrals, assessments, early_help, safety),
    *(health_and_disability, caring, needs),
)


def library() -> tuple[Feature, ...]:
    """Every definition, by subject."""
    return tuple(feature for subject in _SUBJECTS for feature in subject.FEATURES)


def available(features: Iterable[Feature], absent: Collection[str]) -> tuple[tuple[Feature, ...], tuple[str, ...]]:
    """The features that can be made without the ``absent`` tables, and the names of those that cannot.

    A feature made of a feature that cannot be made cannot either, except that `any_of` and `sum_of` go on with
    the parts they have left.
    """
    features = tuple(features)
    waiting = list(features)
    kept: list[Feature] = []
    left_out: list[str] = []
    missing: set[str] = set()
    while waiting:
        pending = {name for f in waiting for name in _known_as(f)}
        ready = [f for f in waiting if not pending & set(names_of(f.value))]
        if not ready:
            raise ValueError(f"{waiting[0].name} is made of itself")
        for feature in ready:
            value = _without(feature.value, set(absent), missing)
            if value is None:
                left_out.append(feature.name)
            else:
                kept.append(replace(feature, value=value))
        missing |= {name for f in ready if f.name in left_out for name in _known_as(f)}
        waiting = [f for f in waiting if f not in ready]
    order = {feature.name: place for place, feature in enumerate(features)}
    return tuple(sorted(kept, key=lambda f: order[f.name])), tuple(sorted(left_out, key=lambda name: order[name]))


def _known_as(feature: Feature) -> set[str]:
    """The columns by which other features may name it."""
    own = {name for name in (feature.name, feature.indicator) if name}
    return own if feature.level is Level.CHILD else own | {FAMILY_PREFIX + name for name in own}


def _without(value: Value, absent: Collection[str], missing: Collection[str]) -> Value | None:  # noqa: PLR0911
    match value:
        case Aggregate(stream=stream):
            return None if stream.table.name in absent else value
        case Named(name):
            return None if name in missing else value
        case AnyOf(parts):
            left = _left(parts, absent, missing)
            return AnyOf(left) if left else None
        case SumOf(parts):
            left = _left(parts, absent, missing)
            return SumOf(left) if left else None
        case Binary(op, one, other):
            one_left, other_left = _without(one, absent, missing), _without(other, absent, missing)
            return None if one_left is None or other_left is None else Binary(op, one_left, other_left)
        case Given(condition, inner):
            condition_left, inner_left = _without(condition, absent, missing), _without(inner, absent, missing)
            return None if condition_left is None or inner_left is None else Given(condition_left, inner_left)
        case _:
            return value


def _left(parts: Iterable[Value], absent: Collection[str], missing: Collection[str]) -> tuple[Value, ...]:
    return tuple(left for part in parts if (left := _without(part, absent, missing)) is not None)
