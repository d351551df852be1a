"""The forms by which a manager says which family, and why."""

from __future__ import annotations

from django import forms

from review.access_log import LONGEST
from review.families.folding import folded
from review.reasons import ReasonField

_SHORTEST_WORDS, _SHORTEST_REASON = 3, 10


class ReasonForm(forms.Form):
    """Why somebody needs to see a family that is not of their team."""

    reason = ReasonField(
        label="Why you need to see it",
        help_text="It is kept in the access log, with your name. Name nobody in it.",
        min_length=_SHORTEST_REASON,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": "50"}),
    )


class OutsideForm(ReasonForm):
    """Whom to look for, and why."""

    field_order = ("words", "reason")
    words = forms.CharField(
        label="Name of somebody in the family",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": "30"}),
    )

    def clean_words(self) -> str:
        """At least three letters or figures: fewer would list half the borough."""
        words = str(self.cleaned_data["words"])
        if len(folded(words).replace(" ", "")) < _SHORTEST_WORDS:
            raise forms.ValidationError("Give at least three letters.")
        return words
