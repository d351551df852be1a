"""The forms of logging in. They take what they name and nothing else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest

from review.people.models import Person

_LONGEST_NAME, _LONGEST_PASSWORD = 150, 256


class _Form(forms.Form):
    """A form whose labels stand without a colon."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.label_suffix = ""


class LoginForm(_Form):
    """Name and password."""

    username = forms.CharField(
        label="User name",
        max_length=_LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=_LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_username(self) -> str:
        """The name as it is kept."""
        return str(self.cleaned_data["username"]).strip().lower()


class CodeForm(_Form):
    """The six figures of the second factor; blanks between them do not matter."""

    code = forms.RegexField(
        label="Code",
        regex=r"^[0-9 ]{6,9}$",
        error_messages={"invalid": "The code has six figures."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "size": "9"}),
    )

    def clean_code(self) -> str:
        """The figures alone."""
        return str(self.cleaned_data["code"]).replace(" ", "")


class NewPasswordForm(_Form):
    """A password of one's own, twice."""

    password = forms.CharField(
        label="New password",
        max_length=_LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "aria-describedby": "rules"}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=_LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, person: Person, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.person = person
        self.rules = password_validators_help_texts()

    def clean(self) -> dict[str, Any]:
        """Both the same, good enough, and another than the one before."""
        given = self.cleaned_data
        password = given.get("password")
        if not password or "again" not in given:
            return given
        if password != given["again"]:
            self.add_error("again", "The two are not the same.")
        elif self.person.check_password(password):
            self.add_error("password", "Choose another than the one you have.")
        else:
            try:
                validate_password(password, self.person)
            except forms.ValidationError as weak:
                self.add_error("password", weak)
        return given


class OwnPasswordForm(NewPasswordForm):
    """Another password, by whoever knows the one that there is."""

    old = forms.CharField(
        label="The password you have",
        max_length=_LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "password", "again")

    def __init__(self, request: HttpRequest, person: Person, *given: Any, **more: Any) -> None:
        super().__init__(person, *given, **more)
        self.request = request
        self.was_refused = False

    def clean(self) -> dict[str, Any]:
        """The old one first: nothing is said of the new one to somebody who does not know it.

        A wrong one counts against the name like one at the login page.
        """
        old = self.cleaned_data.get("old")
        if not old:
            return self.cleaned_data
        if authenticate(self.request, username=self.person.username, password=old) is None:
            self.was_refused = True
            self.add_error("old", "This is not the password you have.")
            return self.cleaned_data
        return super().clean()
