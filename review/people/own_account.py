"""One's own account: what one is logged in as, and another password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from review.access_log import Action, record
from review.people import second_factor
from review.people.forms import OwnPasswordForm
from review.people.models import Person
from review.permissions import page, visit_of

_BAD = 400


@page("account")
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """What the account is, and changing its password, unless passwords are the identity provider's."""
    person = visit_of(request).person
    if second_factor.PROVIDER in settings.AUTHENTICATION_BACKENDS:
        if request.method == "POST":
            raise Http404
        return render(request, "people/account.html", {"form": None})
    form = OwnPasswordForm(request, person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if _change(request, person, form.cleaned_data["password"]):
            messages.success(request, "Your password is changed. Wherever else you were logged in, you are no longer.")
        return redirect("account")
    if form.was_refused:
        record(person, Action.login_refused, detail="password to be changed")
    return render(request, "people/account.html", {"form": form}, status=_BAD if form.is_bound else 200)


def _change(request: HttpRequest, person: Person, password: str) -> bool:
    """Set the password, unless the account was reset or shut meanwhile. Says whether it was set.

    Sessions are bound to the password before: all end but this, which goes on under another key. Hashing takes long by
    intent, and nobody waits for it.
    """
    person.set_password(password)
    with transaction.atomic():
        open_still = Person.objects.filter(pk=person.pk, is_active=True, one_time_until=None)
        if not open_still.update(password=person.password):
            return False
        record(person, Action.changed_account, detail=f"password changed: {person.username}")
    update_session_auth_hash(request, person)
    return True
