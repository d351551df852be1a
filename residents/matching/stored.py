"""The matching model of an earlier run, from the document that it kept (``residents/model.json``).

The document lies where it may be edited, and its conditions are SQL: only the chances are taken from it, and every
condition is this toolkit's own.
"""

from __future__ import annotations

from typing import Any

from residents.matching.model import COMPARISONS, settings

_CHANCES = ("m_probability", "u_probability")


def stored_settings(document: dict[str, Any]) -> dict[str, Any] | None:
    """The Splink settings of the model in ``document``, with this toolkit's conditions.

    None when the comparisons, levels or conditions are not those of this toolkit's in every way, there are none, or
    the document cannot be read as a model's: no weight can be worked out then.
    """
    try:
        return _settings(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _settings(document: dict[str, Any]) -> dict[str, Any] | None:
    kept = {one["output_column_name"]: one["comparison_levels"] for one in document["settings"]["comparisons"]}
    by_frequency = any(level.get("tf_adjustment_column") for levels in kept.values() for level in levels)
    comparisons = tuple(one for one in COMPARISONS if one.name in kept)
    made = settings(comparisons, _chance(document["prior"]), frequencies=by_frequency)
    for comparison in made["comparisons"]:
        levels, found = comparison["comparison_levels"], kept.pop(comparison["output_column_name"])
        if [_identity(level) for level in levels] != [_identity(level) for level in found]:
            return None
        for level, chances in zip(levels, found):
            if not level.get("is_null_level"):
                level |= {kind: _chance(chances[kind]) for kind in _CHANCES}
    return made if comparisons and not kept else None


def _identity(level: dict[str, Any]) -> tuple[str, str, bool]:
    return level["label_for_charts"], level["sql_condition"], bool(level.get("is_null_level"))


def _chance(value: object) -> float:
    if not isinstance(value, float | int) or not 0 < value < 1:
        raise ValueError("This is no chance between 0 and 1.")
    return float(value)
