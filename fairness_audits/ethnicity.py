"""Ethnic groups as audits compare them: the detailed codes, and the broad group of each.

The facts are those of `sources.codes.ethnicity`. 'Unknown' (refused, not yet obtained, empty, or a code nobody knows)
is a group of its own.
"""

from __future__ import annotations

from sources.codes.ethnicity import BROAD_GROUPS, ETHNIC_CODES, GYPSY_ROMA_TRAVELLER, UNKNOWN, EthnicCode

__all__ = [
    "BROAD_GROUPS",
    "DETAILED_GROUPS",
    "ETHNIC_CODES",
    "GYPSY_ROMA_TRAVELLER",
    "UNKNOWN",
    "EthnicCode",
    "broad_group",
    "label",
]

DETAILED_GROUPS: tuple[str, ...] = (*(entry.code for entry in ETHNIC_CODES), UNKNOWN)

_BROAD_OF = {entry.code: entry.broad for entry in ETHNIC_CODES} | {UNKNOWN: UNKNOWN}
_LABEL_OF = {entry.code: entry.label for entry in ETHNIC_CODES}


def broad_group(detailed: str) -> str:
    """The broad group of a detailed group. Raises KeyError for anything that is not a detailed group."""
    return _BROAD_OF[detailed]


def label(group: str) -> str:
    """The name of a detailed or broad group for people."""
    return _LABEL_OF.get(group, group)
