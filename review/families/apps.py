"""The app of families: what services hold of each, for those who work with it."""

from __future__ import annotations

from django.apps import AppConfig


class FamiliesConfig(AppConfig):
    """Tables are named after the app's last name."""

    name = "review.families"
