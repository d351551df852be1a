"""The parts of the council's TOML that say how its models are audited, and who lives there."""

from __future__ import annotations

from pydantic import Field, field_validator

from sources.codes.ethnicity import BROAD_GROUPS, ETHNIC_CODES, ONS_GROUPS, UNKNOWN
from store.council import Section


class AuditConfig(Section):
    """``[audit]``."""

    policy: str | None = Field(
        None, description="Path of the audit policy (TOML); the policy that comes with the toolkit when left out."
    )
    ethnicity_informs_identification: bool = Field(
        False,
        description="Whether ethnicity may inform who would be identified as a young carer, by one weight a child that "
        "the audits hand to the models. It never takes part in the order of a list.",
    )


class PanelConfig(Section):
    """``[panel]``: what review panels decided of earlier lists, so that the audits can follow it."""

    decisions: list[str] = Field(
        default_factory=list,
        description="Files that `early-help review export-decisions` wrote, of this quarter's panels and earlier ones. "
        "A case that is in several goes by its newest decision.",
    )


class CensusConfig(Section):
    """``[census]``: who lives in the area by a census, so that audits can say who is absent from the data."""

    source: str = Field("", description="Which table of which census the numbers are from, as reports name it.")
    children: dict[str, int] = Field(
        default_factory=dict,
        description="Children under 18 by ethnic group. The groups go by school census codes (`BAFR`), by the 19 names "
        "of the 2021 census, or by the audits' broad groups, which leaves the detailed ones without a comparison.",
    )

    @field_validator("children")
    @classmethod
    def _groups_known(cls, children: dict[str, int]) -> dict[str, int]:
        codes = [entry.code for entry in ETHNIC_CODES]
        broad = [group for group in BROAD_GROUPS if group != UNKNOWN]
        known = {*codes, *broad, *(name for names in ONS_GROUPS.values() for name in names)}
        if not set(children) <= known:
            raise ValueError(
                f"a group is neither a school census code, nor of the 2021 census, nor one of {', '.join(broad)}"
            )
        if any(number < 0 for number in children.values()) or (children and not sum(children.values())):
            raise ValueError("the numbers of children must not be negative, nor all nought")
        return children
