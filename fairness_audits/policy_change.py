"""In which direction one audit policy differs from another: looser, stricter, or merely another."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

_TOLD = 3


_NESTED = ("small_numbers",)
"""Tables of policy that are told key by key."""
_SAMPLE = "sample_below_the_line"
_NO_SAMPLE = {"cases": 0}
"""What a policy says that leaves the table out."""


class Direction(StrEnum):
    """What a change does to the ease of a 'pass', or to what is shown of small groups."""

    LOOSER = "looser than"
    STRICTER = "stricter than"
    ANOTHER = "another than"


_EASIER_WHEN_HIGHER = {
    "margin": True,
    "confidence": False,
    "minimum": False,
    "suppress_below": False,
    "round_to": False,
    "cases": True,
}
"""Whether a higher value asks for less: a wider margin does, and more cases that may be drawn from below the line; more
confidence, more evidence, or small counts that are hidden further up or shown more coarsely do not."""


def policy_change(audited: Mapping[str, Any], in_force: Mapping[str, Any]) -> str:
    """How the policy in force differs from the audited one, in a sentence: the direction and the first few changes.

    Both are what `policy.Policy.model_dump` gives. One change that makes it looser is enough for 'looser', whatever
    the others are.
    """
    changes = _changes(audited, in_force)
    directions = {direction for direction, _ in changes}
    if Direction.LOOSER in directions:
        whole = Direction.LOOSER
    elif directions == {Direction.STRICTER}:
        whole = Direction.STRICTER
    else:
        whole = Direction.ANOTHER
    # What decides the direction comes first.
    told = [said for direction, said in sorted(changes, key=lambda change: change[0] is not whole)]
    more = f", and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    why = f" ({'; '.join(told[:_TOLD])}{more})" if told else ""
    return f"The audit policy in force is {whole.value} the one that was audited by{why}."


def _changes(audited: Mapping[str, Any], in_force: Mapping[str, Any]) -> list[tuple[Direction, str]]:
    before, now = _rules(audited), _rules(in_force)
    changes = [(Direction.LOOSER, f"rule {name} was taken out") for name in before if name not in now]
    changes += [(Direction.STRICTER, f"rule {name} was added") for name in now if name not in before]
    for name in before:
        if name in now:
            changes += _changes_of(f"rule {name}", before[name], now[name])
    for key in _NESTED:
        if key in audited:
            changes += _changes_of(key.replace("_", " "), audited[key], in_force.get(key, {}))
    sample = (audited.get(_SAMPLE, _NO_SAMPLE), in_force.get(_SAMPLE, _NO_SAMPLE))
    changes += _changes_of(_SAMPLE.replace("_", " "), *sample)
    others = (set(audited) | set(in_force)) - {"rules", "sha256", _SAMPLE, *_NESTED}
    changes += [
        (Direction.ANOTHER, f"{key.replace('_', ' ')} was changed")
        for key in sorted(others)
        if key in audited and audited[key] != in_force.get(key)
    ]
    return changes


def _changes_of(whose: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[Direction, str]]:
    """What differs between two tables of policy: a rule's, that of small numbers, or that of the sample."""
    keys = sorted(key for key in set(before) | set(now) if before.get(key) != now.get(key))
    return [(_direction(key, before.get(key), now.get(key)), _said(whose, key, before, now)) for key in keys]


def _direction(key: str, before: Any, now: Any) -> Direction:
    if key not in _EASIER_WHEN_HIGHER or not isinstance(before, int | float) or not isinstance(now, int | float):
        return Direction.ANOTHER
    return Direction.LOOSER if (now > before) is _EASIER_WHEN_HIGHER[key] else Direction.STRICTER


def _said(whose: str, key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if key in _EASIER_WHEN_HIGHER:
        return f"{whose}: {key} {now.get(key)}, was {before.get(key)}"
    return f"{whose}: another {key}"


def _rules(policy: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {rule["name"]: rule for rule in policy.get("rules", ())}
