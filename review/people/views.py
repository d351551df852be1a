"""Logging in, in two steps, and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from review import access_log
from review.access_log import Action
from review.people import logging_in, second_factor
from review.people.forms import CodeForm, LoginForm, NewPasswordForm
from review.people.models import Person

_BOTH = ("GET", "POST")
_WRONG = "The user name or the password is not right, or the account is locked."
_LAPSED = "This one-time password is too old. Ask the person who looks after accounts for a new one."
_WRONG_CODE = "The code is not right, or was used before. Wait for the next one, then try again."


@sensitive_post_parameters()
@require_http_methods(_BOTH)
def login(request: HttpRequest) -> HttpResponse:
    """First step: the password; or the way to the council's identity provider, where there is one."""
    if second_factor.passed(request):
        return redirect("home")
    if second_factor.PROVIDER in settings.AUTHENTICATION_BACKENDS:
        wanted = logging_in.safe_place(request, request.GET.get("next", ""))
        return render(request, "people/provider.html", {"wanted": wanted, "refused": "refused" in request.GET})
    form = LoginForm(request.POST or None)
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        person = _known(request, form)
        if person is not None:
            logging_in.begin(request, person, logging_in.safe_place(request, wanted))
            return redirect(logging_in.next_step(person))
    safe = logging_in.safe_place(request, wanted)
    return render(request, "people/login.html", {"form": form, "wanted": safe})


def _known(request: HttpRequest, form: LoginForm) -> Person | None:
    """The person of the form's name and password; else the form says what is wrong, and the log that it was tried."""
    name = form.cleaned_data["username"]
    person = authenticate(request, username=name, password=form.cleaned_data["password"])
    if isinstance(person, Person) and not logging_in.lapsed(person):
        return person
    form.add_error(None, _WRONG if person is None else _LAPSED)
    access_log.record(Person.objects.filter(username=name).first(), Action.login_refused, detail="password")
    return None


@sensitive_post_parameters()
@require_http_methods(_BOTH)
def new_password(request: HttpRequest) -> HttpResponse:
    """After a one-time password: one of one's own."""
    person = logging_in.begun(request)
    # Who has another way on must take it: a password alone does not change the password.
    if person is None or logging_in.next_step(person) != "new_password":
        return redirect("login" if person is None else logging_in.next_step(person))
    form = NewPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not _settle(person, form.cleaned_data["password"]):
            return redirect("login")
        logging_in.go_on(request, person)
        return redirect(logging_in.next_step(person))
    return render(request, "people/new_password.html", {"form": form})


def _settle(person: Person, password: str) -> bool:
    """Put a password of one's own in place of the one-time password, unless that is another by now or shut."""
    was = Person.objects.filter(pk=person.pk, is_active=True, password=person.password)
    person.set_password(password)
    person.one_time_until = None
    with transaction.atomic():
        if not was.update(password=person.password, one_time_until=None):
            return False
        access_log.record(person, Action.changed_account, detail=f"password changed: {person.username}")
    return True


@require_http_methods(_BOTH)
def set_up(request: HttpRequest) -> HttpResponse:
    """Once: the second factor is put into an app on the phone."""
    person = logging_in.begun(request)
    if person is None or logging_in.next_step(person) != "set_up":
        return redirect("login" if person is None else logging_in.next_step(person))
    device = logging_in.being_set_up(request, person)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_factor.right_code(person, device, form.cleaned_data["code"]):
            second_factor.confirm(device)
            return HttpResponseRedirect(logging_in.finish(request, person, device))
        form.add_error("code", _WRONG_CODE)
        access_log.record(person, Action.login_refused, detail="code")
    return render(request, "people/set_up.html", {"form": form, "set_up": second_factor.set_up(device)})


@require_http_methods(_BOTH)
def code(request: HttpRequest) -> HttpResponse:
    """Second step: the code of the moment."""
    person = logging_in.begun(request)
    device = second_factor.device_of(person, confirmed=True) if person else None
    if person is None or device is None or person.one_time_until is not None:
        return redirect("login" if person is None else logging_in.next_step(person))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_factor.right_code(person, device, form.cleaned_data["code"]):
            return HttpResponseRedirect(logging_in.finish(request, person, device))
        form.add_error("code", _WRONG_CODE)
        access_log.record(person, Action.login_refused, detail="code")
    return render(request, "people/code.html", {"form": form})


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Log out, wherever one is in logging in."""
    logout(request)
    return redirect("login")
