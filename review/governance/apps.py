"""The app of those who see to it that looking is right."""

from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """The access log."""

    name = "review.governance"
