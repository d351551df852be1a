"""Ethnic groups: the codes councils hold, what they mean, and the broad group each belongs to.

The mapping is a table, never a rule about letters. Chinese is inside Asian, as in the 2021 census. Gypsy/Roma
and Traveller of Irish heritage are small and very different from White British: they are never folded into
White. 'Unknown' (refused, not yet obtained, empty, or a code nobody knows) is a group of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "Unknown"
GYPSY_ROMA_TRAVELLER = "Gypsy/Roma or Irish Traveller"


@dataclass(frozen=True)
class EthnicCode:
    """One detailed code of the school census, its meaning and its broad group."""

    code: str
    label: str
    broad: str


ETHNIC_CODES: tuple[EthnicCode, ...] = (
    EthnicCode("WBRI", "White British", "White"),
    EthnicCode("WIRI", "White Irish", "White"),
    EthnicCode("WOTH", "Any other White background", "White"),
    EthnicCode("WIRT", "Traveller of Irish heritage", GYPSY_ROMA_TRAVELLER),
    EthnicCode("WROM", "Gypsy/Roma", GYPSY_ROMA_TRAVELLER),
    EthnicCode("MWBC", "White and Black Caribbean", "Mixed"),
    EthnicCode("MWBA", "White and Black African", "Mixed"),
    EthnicCode("MWAS", "White and Asian", "Mixed"),
    EthnicCode("MOTH", "Any other mixed background", "Mixed"),
    EthnicCode("AIND", "Indian", "Asian"),
    EthnicCode("APKN", "Pakistani", "Asian"),
    EthnicCode("ABAN", "Bangladeshi", "Asian"),
    EthnicCode("CHNE", "Chinese", "Asian"),
    EthnicCode("AOTH", "Any other Asian background", "Asian"),
    EthnicCode("BAFR", "Black African", "Black"),
    EthnicCode("BCRB", "Black Caribbean", "Black"),
    EthnicCode("BOTH", "Any other Black background", "Black"),
    EthnicCode("OOTH", "Any other ethnic group", "Other"),
)

BROAD_GROUPS: tuple[str, ...] = ("White", GYPSY_ROMA_TRAVELLER, "Mixed", "Asian", "Black", "Other", UNKNOWN)

DETAILED_GROUPS: tuple[str, ...] = (*(entry.code for entry in ETHNIC_CODES), UNKNOWN)

NOT_GIVEN = frozenset({"REFU", "NOBT", ""})
"""Codes a council may hold that say the ethnicity is not known."""

_BROAD_OF = {entry.code: entry.broad for entry in ETHNIC_CODES} | {UNKNOWN: UNKNOWN}
_LABEL_OF = {entry.code: entry.label for entry in ETHNIC_CODES}


def broad_group(detailed: str) -> str:
    """The broad group of a detailed group. Raises KeyError for anything that is not a detailed group."""
    return _BROAD_OF[detailed]


def label(group: str) -> str:
    """The name of a detailed or broad group for people."""
    return _LABEL_OF.get(group, group)
