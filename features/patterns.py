"""Short forms for what many definitions repeat, so that a new feature is one expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from features.definitions import Feature, Level, Over, Roll
from features.values import Value
from features.wording import period


def in_windows(
    make: Callable[..., Feature], name: str, measure: Callable[[int], Value], *windows: int, **fields: Any
) -> tuple[Feature, ...]:
    """The same measure over several windows, in days: ``contacts_{days}`` becomes ``contacts_91``, ``contacts_182``.

    ``make`` is the subject's own partial of `Feature`, ``measure`` gives the value for a window, and ``{period}`` in
    any text of ``fields`` becomes the window in words.
    """
    return tuple(
        make(
            name=name.replace("{days}", str(days)),
            value=measure(days),
            **{k: _dated(text, days) for k, text in fields.items()},
        )
        for days in windows
    )


def _dated(field: Any, days: int) -> Any:
    """Text with its period; anything else, members of enums that are strings too among them, as it is."""
    return field.replace("{period}", period(days)) if type(field) is str else field


def and_family(child: Feature, roll: Roll = Roll.MAX, **changed: Any) -> tuple[Feature, Feature]:
    """A child's feature, and the family's made of all its children; ``changed`` says how the family's differs.

    The family's name is the child's with ``_max`` after it, unless ``changed`` names it.
    """
    changed.setdefault("name", f"{child.name}_{roll.value}")
    return child, replace(child, level=Level.FAMILY, roll=roll, over=Over.CHILDREN, **changed)
