"""The field in which somebody says why."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from store.safe_text import plain

_WORD = re.compile(r"\w{3}")


class ReasonField(forms.CharField):
    """A reason as the log will keep it: signs that nobody sees count for nothing, and without a word it is none."""

    def to_python(self, value: Any) -> str:
        """The text on one line, as `plain` has it."""
        return plain(str(super().to_python(value) or "")).strip()

    def validate(self, value: Any) -> None:
        """Raise ValidationError where nothing was said, or nothing that could be read."""
        super().validate(value)
        if value and not _WORD.search(value):
            raise forms.ValidationError("Say why, in words.")
