"""Opening a family outside the team: a manager says whom they look for and why, and both are logged."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from review.access_log import Action, record
from review.caseload import access
from review.caseload.forms import OutsideForm, ReasonForm
from review.permissions import page, visit_of


@page("outside")
@require_http_methods(["GET", "POST"])
def outside(request: HttpRequest) -> HttpResponse:
    """Look for families of other teams by a member's name. The log has whom it showed and why, not what was typed."""
    visit = visit_of(request)
    form = OutsideForm(request.POST or None)
    found = None
    if request.method == "POST" and form.is_valid():
        visit.reason = form.cleaned_data["reason"]
        found = access.outside(visit.person, access.today(), form.cleaned_data["words"])
        record(visit.person, Action.searched, detail=f"outside the team: {len(found)} found", reason=visit.reason)
        for family in found:
            record(
                visit.person, Action.searched, family=family.pk, detail="found outside the team", reason=visit.reason
            )
    facts = {
        "form": form,
        "found": found,
        "most": access.SHOWN_OUTSIDE,
        "too_old": access.too_old(visit.person, access.today()),
    }
    return render(request, "caseload/outside.html", facts)


@page("override")
@require_http_methods(["POST"])
def override(request: HttpRequest, key: str) -> HttpResponse:
    """Open one family until the day ends, and go to its page."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return redirect("outside")
    access.open_outside(request, key, form.cleaned_data["reason"])
    return redirect("family", key=key)
