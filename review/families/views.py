"""Pages for those who work with families: the own families, one family, the team's, a search, and what is not so."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from review.access_log import Action, record
from review.caseload.access import allocations_of, family_or_404, today, too_old, visible_families
from review.caseload.models import Worker
from review.families import corrections as said
from review.families import words
from review.families.charts import bars_chart
from review.families.forms import CorrectionForm, SearchForm, StateForm
from review.families.models import Loaded
from review.families.page import family_page, systems_of
from review.families.rows import rows
from review.families.searching import SHOWN, search
from review.families.team import QUIET_WEEKS, Held, caseloads
from review.people.models import Person
from review.permissions import page, visit_of
from review.prepared import Prepared
from review.roles import Role

_LOADED: Prepared[Loaded] = Prepared(lambda: Loaded.objects.order_by("pk")[:1])
_ON_A_PAGE = 50
_QUIETEST = 15
_BOTH = ["GET", "POST"]


@page("families")
@require_GET
def families(request: HttpRequest) -> HttpResponse:
    """The families that somebody works with, those whose dates come first at the top; a manager's of one worker."""
    person = visit_of(request).person
    found = visible_families(person, today()).defer("document")
    worker = request.GET.get("worker", "")
    of_worker = _names(person).get(worker, "") if worker and person.role == Role.team_manager else ""
    if of_worker:
        held = allocations_of(person, today()).filter(worker_key=worker)
        found = found.filter(pk__in=held.values("family_id"))
    ordered = found.order_by(F("next_due").asc(nulls_last=True), F("last_recorded").asc(nulls_first=True), "key")
    pages = Paginator(ordered, _ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    day = _data_day()
    facts = {
        "rows": rows(person, shown, day, today()),
        "shown": shown,
        "total": pages.count,
        "of_worker": of_worker,
        "asked": urlencode({"worker": worker}) if of_worker else "",
        "day": day,
        "too_old": too_old(person, today()),
    }
    return render(request, "families/families.html", facts)


@page("family")
@require_GET
def family(request: HttpRequest, key: str) -> HttpResponse:
    """All that services hold of one family, and what people said is not so."""
    found = family_or_404(request, key)
    shown = family_page(found, _LOADED.first(), said.of_family(found.pk))
    return render(request, "families/family.html", {"family": found, "shown": shown})


@page("correction")
@require_http_methods(_BOTH)
def correction(request: HttpRequest, key: str) -> HttpResponse:
    """'This is not so.'"""
    found = family_or_404(request, key)
    form = CorrectionForm(systems_of(found), _sent(request))
    if request.method == "POST" and form.is_valid():
        person = visit_of(request).person
        with transaction.atomic():
            said.say(person, found.pk, **form.cleaned_data)
            record(person, Action.decided, family=found.pk, detail="said that something is not so")
        messages.success(request, "Thank you. It is on the list for those whose data it is, and on this page.")
        return redirect("family", key=key)
    return render(request, "families/correction.html", {"family": found, "form": form})


@page("corrections")
@require_http_methods(_BOTH)
def corrections(request: HttpRequest) -> HttpResponse:
    """All that was said to be wrong, by system, without the words and without the family."""
    form, moved = StateForm(_sent(request)), False
    if request.method == "POST":
        if form.is_valid():
            person, about, state = visit_of(request).person, form.cleaned_data["correction"], form.cleaned_data["state"]
            with transaction.atomic():
                moved = said.move(person, about.pk, state)
                if moved:
                    record(person, Action.decided, family=about.family_id, detail=f"correction {about.pk}: {state}")
        if moved:
            messages.success(request, "Noted.")
        else:
            messages.error(request, "Somebody else has changed this meanwhile, or it is not on the list. Look again.")
        return redirect("corrections")
    pages = Paginator(said.listed(), _ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    return render(
        request,
        "families/corrections.html",
        {"rows": said.shown(shown), "shown": shown, "total": pages.count},
    )


@page("search")
@require_http_methods(_BOTH)
def find(request: HttpRequest) -> HttpResponse:
    """Look among the families that whoever asks may see. What is asked is sent, so that it stands in no address."""
    visit = visit_of(request)
    form = SearchForm(_sent(request))
    listed = None
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        found = search(visible_families(visit.person, today()), asked["words"], asked["dob"])
        by = words.joined([name for name in ("words", "dob") if asked[name]])
        record(visit.person, Action.searched, detail=f"by {by}: {len(found)} found")
        listed = rows(visit.person, found, _data_day(), today())
    facts = {"form": form, "rows": listed, "most": SHOWN, "too_old": too_old(visit.person, today())}
    return render(request, "families/search.html", facts)


@page("team")
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """The team's caseloads, and the families of which nothing was recorded for longest."""
    person = visit_of(request).person
    day = _data_day()
    loads = caseloads(_held(person), _names(person), day) if day else []
    quiet = visible_families(person, today()).defer("document")
    quietest = quiet.order_by(F("last_recorded").asc(nulls_first=True), "key")[:_QUIETEST]
    facts: dict[str, Any] = {
        "loads": loads,
        "charts": _team_charts([(one.name, one.families, one.children) for one in loads]),
        "quiet_weeks": QUIET_WEEKS,
        "quietest": rows(person, quietest, day, today()),
        "day": day,
        "too_old": too_old(person, today()),
    }
    return render(request, "families/team.html", facts)


def _team_charts(loads: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    if not loads:
        return []
    families_of = bars_chart([(name, number) for name, number, _ in loads], "families", "Families of each worker")
    children_of = bars_chart([(name, number) for name, _, number in loads], "children", "Children of each worker")
    return [{"heading": "Families", "picture": families_of}, {"heading": "Children in them", "picture": children_of}]


def _held(person: Person) -> list[Held]:
    """The team's open allocations, one a worker and family."""
    pairs = set(allocations_of(person, today()).values_list("worker_key", "family_id"))
    by_id = visible_families(person, today()).defer("document").in_bulk()
    return [
        Held(worker, family_id, one.children, one.last_recorded, one.next_due)
        for worker, family_id in sorted(pairs)
        if (one := by_id.get(family_id)) is not None
    ]


def _names(person: Person) -> dict[str, str]:
    """The names of all who hold one of the team's families now, and of the rest of the team."""
    posts = Worker.objects.on(today())
    teams = posts.filter(key=person.worker_key).exclude(team_key="").values("team_key")
    keys = set(allocations_of(person, today()).exclude(worker_key="").values_list("worker_key", flat=True))
    of_team = posts.filter(team_key__in=teams).exclude(key=person.worker_key)
    return {**dict(posts.filter(key__in=keys).values_list("key", "name")), **dict(of_team.values_list("key", "name"))}


def _sent(request: HttpRequest) -> QueryDict | None:
    """What was sent; None where a page is only asked for, so that its form is not found wanting."""
    return request.POST if request.method == "POST" else None


def _data_day() -> dt.date | None:
    """The last day that the systems tell of."""
    loaded = _LOADED.first()
    return loaded.day if loaded else None
