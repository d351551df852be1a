"""The part of the council's TOML that says how its models are audited."""

from __future__ import annotations

from pydantic import Field

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
