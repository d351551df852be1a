"""The part of the council's TOML that says how its models are audited."""

from __future__ import annotations

from pydantic import Field

from store.council import Section


class AuditConfig(Section):
    """``[audit]``."""

    policy: str | None = Field(
        None, description="Path of the audit policy (TOML); the policy that comes with the toolkit when left out."
    )
