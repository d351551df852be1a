"""Errors a user can act on, each with the exit code that the command line returns.

A message says what is wrong; ``where`` names the file, line, column or TOML key; ``fix`` says what to do.
None of the three may hold a cell's content: messages reach logs and screens, cells are personal data.
"""

from __future__ import annotations


class EarlyHelpError(Exception):
    """Base of every expected failure. ``exit_code`` 1 is never used by a subclass."""

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        parts = [self.message]
        if self.where:
            parts.append(f"Where: {self.where}")
        if self.fix:
            parts.append(f"What to do: {self.fix}")
        return "\n".join(parts)


class UsageError(EarlyHelpError):
    """The command or the configuration is wrong (exit 2)."""

    exit_code = 2


class InputRejected(EarlyHelpError):
    """An extract, or a table built from it, is not fit to go on with (exit 3)."""

    exit_code = 3


class Withheld(EarlyHelpError):
    """The output exists but may not be seen: no passed audit, or no approved release (exit 4)."""

    exit_code = 4
