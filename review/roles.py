"""What somebody does here. Which pages that opens is told by `review.permissions`."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody does here. One person has one role."""

    support_worker = "support_worker"
    """Works with families: sees those of the own open allocations."""

    team_manager = "team_manager"
    """Sees the team's families; any other one only with a reason, which is logged."""

    panel_member = "panel_member"
    """Decides on the released pack of the own panel."""

    equalities_lead = "equalities_lead"
    """Reads how fair the lists are; sees no name."""

    data_scientist = "data_scientist"
    """Sees pseudonymous aggregates alone."""

    governance = "governance"
    """Sees who looked at what; sees no family."""

    administrator = "administrator"
    """Looks after accounts and feeds; sees no family."""
