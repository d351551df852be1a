"""The app of review panels."""

from __future__ import annotations

from django.apps import AppConfig


class PanelConfig(AppConfig):
    """Meetings of review panels, and what their members decide."""

    name = "review.panel"
