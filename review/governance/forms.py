"""What the log is asked for."""

from __future__ import annotations

from typing import Any

from django import forms

from review.access_log import LONGEST, Action
from review.governance.reading import Asked
from review.governance.words import ACTION_WORDS
from review.reasons import ReasonField


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class LogForm(forms.Form):
    """Which lines of the log."""

    who = forms.CharField(label="Who", help_text="A user name, or part of a name.", max_length=150, required=False)
    family = forms.CharField(
        label="Family", help_text="The reference in the address of its page.", max_length=40, required=False
    )
    action = forms.ChoiceField(
        label="What", choices=[("", "Anything"), *((a.value, ACTION_WORDS[a]) for a in Action)], required=False
    )
    since = _day("From")
    until = _day("To")

    def asked(self) -> Asked:
        """What was asked for; nothing at all where the form is not filled in rightly."""
        given = self.cleaned_data if self.is_valid() else {}
        action = given.get("action")
        return Asked(
            given.get("who", ""),
            given.get("family", ""),
            Action(action) if action else None,
            given.get("since"),
            given.get("until"),
        )


class WhoLookedForm(forms.Form):
    """A resident who asks, or a family, and on what ground it is answered."""

    name = forms.CharField(
        label="The resident's full name",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": "40"}),
    )
    dob = _day("Date of birth")
    family = forms.CharField(
        label="Or a family's reference",
        help_text="Instead of a name and date of birth: the reference in the address of its page.",
        max_length=40,
        required=False,
    )
    reason = ReasonField(
        label="Why you look",
        help_text="For example the number of the request. It is kept in the access log. Name nobody in it.",
        min_length=3,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": "50"}),
    )
    field_order = ("name", "dob", "family", "reason")

    def clean(self) -> dict[str, Any]:
        """A name with a birth date, or a reference, and not both."""
        given = self.cleaned_data
        person = bool(given.get("name")) and bool(given.get("dob"))
        if not self.errors and person == bool(given.get("family")):
            raise forms.ValidationError("Give a full name and a date of birth, or a family's reference.")
        return given
