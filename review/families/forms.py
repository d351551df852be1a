"""The forms of the family pages."""

from __future__ import annotations

from typing import Any

from django import forms

from review.families.models import Correction, CorrectionState
from review.families.words import system

LONGEST = 2000
UNSAFE = "not_to_be_shown"
"""Until it is settled, the family's address is held back."""
SUBJECTS = (
    ("member", "Who is in the family, or who is not"),
    ("other_person", "A record is of somebody else"),
    ("detail", "A name, a date or a figure is wrong"),
    ("late", "It was so, and is no longer"),
    ("missing", "Something is missing"),
    (UNSAFE, "Something should not be shown, for somebody's safety"),
)
JOINING = "joining"
"""In place of a system: how records were put together, which is for whoever looks after this app."""


class SearchForm(forms.Form):
    """Whom to look for."""

    words = forms.CharField(
        label="Name or address",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": "30"}),
    )
    dob = forms.DateField(
        label="Date of birth",
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        help_text="For example 27/3/2015.",
        widget=forms.DateInput(attrs={"autocomplete": "off", "size": "12"}),
    )

    def clean(self) -> dict[str, Any]:
        """At least one of the two."""
        found = super().clean() or {}
        if not self.errors and not found.get("words") and not found.get("dob"):
            raise forms.ValidationError("Give a name, an address or a date of birth.")
        return found


class CorrectionForm(forms.Form):
    """What is not so, and whose data it is."""

    subject = forms.ChoiceField(label="What is not so?", choices=SUBJECTS)
    system = forms.ChoiceField(label="Whose data is it, as far as you can tell?")
    words = forms.CharField(
        label="What is right, and how do you know?",
        help_text="It is shown on this family's page alone. Say no more of anybody than is needed.",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": "5", "autocomplete": "off"}),
    )

    def __init__(self, systems: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["system"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (JOINING, "I cannot tell, or how records were joined"),
            *((one, system(one)) for one in systems),
        ]


class StateForm(forms.Form):
    """How far one correction has come."""

    correction = forms.ModelChoiceField(Correction.objects.all(), widget=forms.HiddenInput)
    state = forms.ChoiceField(choices=[(state.value, state.value) for state in CorrectionState])

    def clean(self) -> dict[str, Any]:
        """Only a state that may follow the one it is in."""
        found = super().clean() or {}
        if not self.errors and CorrectionState(found["state"]) not in CorrectionState(found["correction"].state).next:
            raise forms.ValidationError("Somebody else has changed this meanwhile. Look again.")
        return found
