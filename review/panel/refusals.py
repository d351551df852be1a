"""What the panel's rules refuse, in words for the person who asked."""

from __future__ import annotations


class Refused(Exception):
    """Something that the rules do not allow, or that another person did first. ``message`` may be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
