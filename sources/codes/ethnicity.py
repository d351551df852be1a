"""Ethnicity: the school census codes that councils hold, the census groups they fall in, and broad groups.

A table, never a rule about letters. Sources: Department for Education, *Complete the school census* (main codes);
Office for National Statistics, *Census 2021: ethnic group* (19 groups in five, Chinese within Asian).

Gypsy/Roma and Traveller of Irish heritage stand in the White five of the census, but are small and very different from
White British, so their broad group here is their own. Where one school code covers two census groups, both are
given and neither is chosen: Gypsy/Roma is either Gypsy or Roma, and Arab has no main code but lies within 'any other'.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "Unknown"
GYPSY_ROMA_TRAVELLER = "Gypsy/Roma or Irish Traveller"

ONS_GROUPS: dict[str, tuple[str, ...]] = {
    "Asian, Asian British or Asian Welsh": ("Bangladeshi", "Chinese", "Indian", "Pakistani", "Other Asian"),
    "Black, Black British, Black Welsh, Caribbean or African": ("African", "Caribbean", "Other Black"),
    "Mixed or multiple ethnic groups": (
        *("White and Asian", "White and Black African", "White and Black Caribbean"),
        "Other mixed or multiple",
    ),
    "White": (
        *("English, Welsh, Scottish, Northern Irish or British", "Irish", "Gypsy or Irish Traveller", "Roma"),
        "Other White",
    ),
    "Other ethnic group": ("Arab", "Any other ethnic group"),
}
"""The 19 groups of the 2021 census under its five."""


@dataclass(frozen=True)
class EthnicCode:
    """One school census code: its meaning, its broad group and the group or groups of the 2021 census it covers."""

    code: str
    label: str
    broad: str
    ons: tuple[str, ...]

    @property
    def ons_group(self) -> str | None:
        """The one group of the 2021 census it must be; None where the code alone does not settle it."""
        return self.ons[0] if len(self.ons) == 1 else None


ETHNIC_CODES: tuple[EthnicCode, ...] = (
    EthnicCode("WBRI", "White British", "White", ("English, Welsh, Scottish, Northern Irish or British",)),
    EthnicCode("WIRI", "White Irish", "White", ("Irish",)),
    EthnicCode("WOTH", "Any other White background", "White", ("Other White",)),
    EthnicCode("WIRT", "Traveller of Irish heritage", GYPSY_ROMA_TRAVELLER, ("Gypsy or Irish Traveller",)),
    EthnicCode("WROM", "Gypsy/Roma", GYPSY_ROMA_TRAVELLER, ("Gypsy or Irish Traveller", "Roma")),
    EthnicCode("MWBC", "White and Black Caribbean", "Mixed", ("White and Black Caribbean",)),
    EthnicCode("MWBA", "White and Black African", "Mixed", ("White and Black African",)),
    EthnicCode("MWAS", "White and Asian", "Mixed", ("White and Asian",)),
    EthnicCode("MOTH", "Any other mixed background", "Mixed", ("Other mixed or multiple",)),
    EthnicCode("AIND", "Indian", "Asian", ("Indian",)),
    EthnicCode("APKN", "Pakistani", "Asian", ("Pakistani",)),
    EthnicCode("ABAN", "Bangladeshi", "Asian", ("Bangladeshi",)),
    EthnicCode("CHNE", "Chinese", "Asian", ("Chinese",)),
    EthnicCode("AOTH", "Any other Asian background", "Asian", ("Other Asian",)),
    EthnicCode("BAFR", "Black African", "Black", ("African",)),
    EthnicCode("BCRB", "Black Caribbean", "Black", ("Caribbean",)),
    EthnicCode("BOTH", "Any other Black background", "Black", ("Other Black",)),
    EthnicCode("OOTH", "Any other ethnic group", "Other", ("Arab", "Any other ethnic group")),
)

NOT_GIVEN: dict[str, str] = {"REFU": "Refused", "NOBT": "Not yet obtained"}
"""Codes that say the ethnicity is not known, and why."""

ETHNICITY_CODES: tuple[str, ...] = (*(entry.code for entry in ETHNIC_CODES), *NOT_GIVEN)
"""Every code a record may hold."""

BROAD_GROUPS: tuple[str, ...] = ("White", GYPSY_ROMA_TRAVELLER, "Mixed", "Asian", "Black", "Other", UNKNOWN)
