"""What members may send: each form takes its own fields, and no other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms

from fairness_audits.chain.decisions import Choice
from reports.explanation import Noticed
from review.panel.choices import CHOICE_WORDS, OUTCOME_WORDS, REASONS, ReasonCode
from review.panel.decisions import Given
from review.panel.models import LONGEST_TEXT
from review.settings import current

_SAY_WHY = "Please choose what you would do, and why."
_LONGEST_LINE = 300
_DAYS_AWAY = 366


class OpenForm(forms.Form):
    """Opening a meeting about a released list."""

    target = forms.CharField(max_length=100, widget=forms.HiddenInput)
    held_on = forms.DateField(label="Day of the meeting", widget=forms.DateInput(attrs={"type": "date"}))

    def clean_held_on(self) -> dt.date:
        """The day, if a meeting could be about that time."""
        day: dt.date = self.cleaned_data["held_on"]
        if abs((day - current().today()).days) > _DAYS_AWAY:
            raise forms.ValidationError("Please give a day within a year of today.")
        return day


class ReasonForm(forms.Form):
    """What is decided, by its reason, and anything to add."""

    reason = forms.ChoiceField(
        choices=[(code.value, words) for code, (_, words) in REASONS.items()],
        error_messages={"required": _SAY_WHY, "invalid_choice": _SAY_WHY},
    )
    text = forms.CharField(
        required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4}), label="Anything to add"
    )


class DecisionForm(ReasonForm):
    """A member's own decision on one case, and what is not so of what was noticed."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, noticed: Sequence[Noticed], *args: Any, **kwargs: Any) -> None:
        """``noticed`` are the things of which it may be said that they are not so, each fact of them once."""
        super().__init__(*args, **kwargs)
        self._facts = facts_of(noticed)
        self.fields["not_so"] = forms.MultipleChoiceField(
            required=False, choices=[(feature, feature) for feature in self._facts]
        )
        for feature in self._facts:
            self.fields[_said(feature)] = forms.CharField(required=False, max_length=_LONGEST_LINE)

    def given(self) -> Given:
        """What the member said, once the form is valid."""
        told = self.cleaned_data
        not_so = {feature: told[_said(feature)] for feature in self._facts if feature in told["not_so"]}
        return Given(ReasonCode(told["reason"]), told["version"], told["text"], not_so)

    def things(self) -> list[dict[str, Any]]:
        """Each fact noticed, with its field's names and what was sent of it."""
        told: Any = self.data if self.is_bound else self.initial
        sent = told.getlist("not_so") if self.is_bound else told.get("not_so", ())
        return [
            {
                "feature": feature,
                "sentence": sentence,
                "ticked": feature in sent,
                "said": _said(feature),
                "text": told.get(_said(feature), ""),
            }
            for feature, sentence in self._facts.items()
        ]


class OutcomeForm(forms.Form):
    """What became of an offer."""

    outcome = forms.ChoiceField(choices=[(code.value, words) for code, words in OUTCOME_WORDS.items()])


def grouped(without: Choice | None = None) -> list[dict[str, Any]]:
    """The reasons under what each decides, in the order in which pages show them."""
    return [
        {
            "choice": choice.value,
            "words": words,
            "reasons": [{"code": code.value, "words": said} for code, (of, said) in REASONS.items() if of is choice],
        }
        for choice, words in CHOICE_WORDS.items()
        if choice is not without
    ]


def said_before(not_so: dict[str, str]) -> dict[str, Any]:
    """How a form shows what was said not to be so."""
    return {"not_so": list(not_so), **{_said(feature): text for feature, text in not_so.items()}}


def facts_of(noticed: Sequence[Noticed]) -> dict[str, str]:
    """What is on record of the things noticed, by feature: what several of them rest on stands once."""
    return {feature: sentence for one in noticed for feature, sentence in one.facts}


def _said(feature: str) -> str:
    return f"said_{feature}"
