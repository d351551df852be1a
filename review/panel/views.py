"""The panel's pages. Each asks the gate anew: what is not released at that moment is shown to nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fairness_audits.chain.decisions import Choice
from review.access_log import Action, record
from review.panel import forms
from review.panel.cases import packs_of, targets_of, title_of
from review.panel.choices import CHOICE_WORDS, OUTCOME_WORDS, OutcomeCode, ReasonCode, choice_of
from review.panel.decisions import agree, close, decided_at, give, own, panel_decision, seen_by, tell_outcome
from review.panel.meetings import open_meeting
from review.panel.models import Agreement, Case, Meeting, NotSo
from review.panel.pack import Pack, PackCase, open_pack
from review.panel.refusals import Refused
from review.panel.showing import Which, case_lines, choosing, listed, names_in, offers_of, said
from review.permissions import page, visit_of
from review.settings import current
from store.errors import EarlyHelpError

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponse]
_CONFLICT, _BAD, _SHUT = 409, 400, 403


class _Shut(Exception):
    """The list is not released at this moment, or it is another than the meeting's."""

    def __init__(self, about: Meeting) -> None:
        super().__init__()
        self.about = about


def _while_released(view: View[Params]) -> View[Params]:
    """Show a calm page and nothing else, and do nothing, where the list is shut; the visit is logged as refused."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except _Shut as shut:
            facts = {"meeting": shut.about, "title": title_of(shut.about.target)}
            return render(request, "panel/shut.html", facts, status=_SHUT)

    return cast(View[Params], shown)


@page("meetings")
@require_http_methods(["GET", "POST"])
def meetings(request: HttpRequest) -> HttpResponse:
    """The panel's meetings, and the lists that a meeting may be opened about."""
    person = visit_of(request).person
    packs = packs_of(person)
    form = forms.OpenForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        about = next((pack for pack in packs if pack.target.name == form.cleaned_data["target"]), None)
        if about is None:
            raise Http404
        try:
            with transaction.atomic():
                made = open_meeting(person, about.target.name, about.as_of, form.cleaned_data["held_on"])
                record(person, Action.decided, detail=f"opened meeting {made.pk}")
            return redirect("meeting", number=made.pk)
        except Refused as refused:
            form.add_error(None, refused.message)
    kept = Meeting.objects.filter(panel=person.panel, target__in=targets_of(person))
    facts = {
        "packs": packs,
        "meetings": [(one, title_of(one.target)) for one in kept],
        "form": form,
        "today": current().today(),
        "panel": person.panel,
    }
    return render(request, "panel/meetings.html", facts, status=_BAD if form is not None else 200)


@page("meeting")
@require_GET
@_while_released
def meeting(request: HttpRequest, number: int) -> HttpResponse:
    """The cases of one meeting."""
    person, about = visit_of(request).person, _meeting_or_404(request, number)
    pack = _pack(about)
    lines = case_lines(person, about, pack, names_in(current(), person, pack))
    which = Which.of(request.GET.get("show", ""))
    facts = {
        "meeting": about,
        "pack": pack,
        "lines": lines,
        "ways": choosing(lines, about.is_open, which),
        "listed": listed(lines, which),
        "first_unread": next((line for line in lines if line.left), None),
        "read": sum(line.mine for line in lines),
        "elsewhere": sum(line.elsewhere is not None for line in lines),
        "by_nobody": sum(line.readers == 0 and line.elsewhere is None for line in lines),
        "by_one": sum(line.readers == 1 for line in lines),
        "unsettled": sum(line.unsettled for line in lines),
        "named": current().config.panel_sees_names,
        "families_apart": any(line.case.family_reference for line in lines),
    }
    return render(request, "panel/meeting.html", facts)


@page("meeting_close")
@require_POST
@_while_released
def meeting_close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a meeting."""
    person, about = visit_of(request).person, _meeting_or_404(request, number)
    pack = _pack(about)
    try:
        with transaction.atomic():
            close(about, person, [one.unit_id for one in pack.cases.values()])
            record(person, Action.decided, detail=f"closed meeting {about.pk}")
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, "The meeting is closed. You can see what each of you decided.")
    return redirect("meeting", number=about.pk)


@page("case")
@require_http_methods(["GET", "POST"])
@_while_released
def case(request: HttpRequest, number: int, reference: str) -> HttpResponse:
    """One case: what the explanation pack says of it, and deciding on it."""
    about, pack, shown = _case_or_404(request, number, reference)
    if request.method == "GET":
        return _case_page(request, about, pack, shown)
    form = forms.DecisionForm(shown.noticed, request.POST)
    if not form.is_valid():
        return _case_page(request, about, pack, shown, form=form, status=_BAD)
    person, given = visit_of(request).person, form.given()
    try:
        with transaction.atomic():
            made = give(person, about, shown, given)
            detail = f"meeting {about.pk}, version {made.version}: {made.choice}"
            record(person, Action.decided, family=shown.family, detail=detail)
    except Refused as refused:
        return _case_page(request, about, pack, shown, refused=refused.message, status=_CONFLICT)
    words = CHOICE_WORDS[choice_of(given.reason)].lower()
    # A message waits for the next page, which may be one that shows nothing of the list: so it names no case.
    messages.success(request, f"Your decision is kept: {words}. You may change it until the meeting is closed.")
    return redirect("meeting", number=about.pk)


@page("case_agreed")
@require_POST
@_while_released
def case_agreed(request: HttpRequest, number: int, reference: str) -> HttpResponse:
    """Record what the panel agreed on of a case on which its members differed."""
    about, pack, shown = _case_or_404(request, number, reference)
    kept = Case.objects.filter(meeting=about, unit_id=shown.unit_id).select_related("meeting").first()
    form = forms.ReasonForm(request.POST)
    if kept is None:
        raise Http404
    if not form.is_valid():
        return _case_page(request, about, pack, shown, refused="Please say what the panel agreed on.", status=_BAD)
    person = visit_of(request).person
    try:
        with transaction.atomic():
            made = agree(person, kept, ReasonCode(form.cleaned_data["reason"]), form.cleaned_data["text"])
            detail = f"meeting {about.pk}, agreed: {made.choice}"
            record(person, Action.decided, family=shown.family, detail=detail)
    except Refused as refused:
        return _case_page(request, about, pack, shown, refused=refused.message, status=_CONFLICT)
    messages.success(
        request, f"What you agreed on is kept: {CHOICE_WORDS[choice_of(ReasonCode(made.reason))].lower()}."
    )
    return redirect("case", number=about.pk, reference=reference)


@page("offers")
@require_GET
def offers(request: HttpRequest, number: int) -> HttpResponse:
    """What became of the offers of a closed meeting. It shows what the panel did, and nothing of the list."""
    return _offers_page(request, _meeting_or_404(request, number))


@page("case_outcome")
@require_POST
def case_outcome(request: HttpRequest, number: int, reference: str) -> HttpResponse:
    """Record what became of an offer."""
    person, about = visit_of(request).person, _meeting_or_404(request, number)
    kept = Case.objects.filter(meeting=about, reference=reference).select_related("meeting").first()
    if kept is None:
        raise Http404
    visit_of(request).family = kept.family
    form = forms.OutcomeForm(request.POST)
    if not form.is_valid():
        return _offers_page(request, about, "Please choose what became of it.", _BAD)
    code = OutcomeCode(form.cleaned_data["outcome"])
    try:
        with transaction.atomic():
            tell_outcome(person, kept, code)
            record(person, Action.decided, family=kept.family, detail=f"meeting {about.pk}, outcome: {code.value}")
    except Refused as refused:
        return _offers_page(request, about, refused.message, _CONFLICT)
    messages.success(request, f"Kept: {OUTCOME_WORDS[code].lower()}.")
    return redirect("offers", number=about.pk)


# --- what several pages do --------------------------------------------------------------------------------


def _meeting_or_404(request: HttpRequest, number: int) -> Meeting:
    """The meeting, if it is one of the person's own panel about a list that it reads."""
    person = visit_of(request).person
    found = Meeting.objects.filter(pk=number, panel=person.panel, target__in=targets_of(person)).first()
    if found is None:
        raise Http404
    return found


def _pack(about: Meeting) -> Pack:
    """The pack that the meeting is about. Raises _Shut where it is not released, or is of another date by now."""
    try:
        pack = open_pack(current(), about.target)
    except EarlyHelpError:
        raise _Shut(about) from None
    if pack.as_of != about.as_of:
        raise _Shut(about)
    return pack


def _case_or_404(request: HttpRequest, number: int, reference: str) -> tuple[Meeting, Pack, PackCase]:
    about = _meeting_or_404(request, number)
    pack = _pack(about)
    shown = pack.cases.get(reference)
    if shown is None:
        raise Http404
    visit_of(request).family = shown.family
    return about, pack, shown


def _case_page(
    request: HttpRequest,
    about: Meeting,
    pack: Pack,
    shown: PackCase,
    *,
    form: forms.DecisionForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    person = visit_of(request).person
    about.refresh_from_db()
    kept = Case.objects.filter(meeting=about, unit_id=shown.unit_id).select_related("meeting").first()
    mine = own(person, kept)
    sentences = forms.facts_of(shown.noticed)
    agreement = Agreement.objects.filter(case=kept).select_related("member").first() if kept else None
    decided = panel_decision(kept) if kept is not None and not about.is_open else None
    form = form or _fresh_form(shown, mine)
    facts = {
        "meeting": about,
        "pack": pack,
        "case": shown,
        # What the pack's own templates escaped, and nobody typed.
        "content": mark_safe(shown.content),  # noqa: S308
        "name": shown.name or names_in(current(), person, pack).get(shown.family, ""),
        "form": form,
        "things": form.things(),
        "anything_ticked": any(thing["ticked"] for thing in form.things()),
        "text": form["text"].value() or "",
        "chosen": form["reason"].value() or "",
        "choices": forms.grouped(),
        "agreed_choices": forms.grouped(without=Choice.DISCUSS),
        "mine": said(mine[-1], sentences) if mine else None,
        "earlier": [said(one, sentences) for one in mine[:-1]],
        "everyone": [said(one, sentences) for one in seen_by(person, kept)] if not about.is_open else [],
        "agreement": said(agreement, sentences) if agreement else None,
        "decided": CHOICE_WORDS[decided] if decided else "",
        "to_agree": decided is Choice.DISCUSS,
        "elsewhere": decided_at(about).get(shown.unit_id),
        "refused": refused,
    }
    return render(request, "panel/case.html", facts, status=status)


def _fresh_form(shown: PackCase, mine: list[Any]) -> forms.DecisionForm:
    if not mine:
        return forms.DecisionForm(shown.noticed, initial={"version": 0})
    latest = mine[-1]
    not_so = {one.feature: one.text for one in NotSo.objects.filter(decision=latest)}
    initial = {"version": latest.version, "reason": latest.reason, "text": latest.text, **forms.said_before(not_so)}
    return forms.DecisionForm(shown.noticed, initial=initial)


def _offers_page(request: HttpRequest, about: Meeting, refused: str = "", status: int = 200) -> HttpResponse:
    person = visit_of(request).person
    if about.is_open:
        raise Http404
    try:
        pack = _pack(about)
        named = names_in(current(), person, pack)
        names = {one.unit_id: one.name or named.get(one.family, "") for one in pack.cases.values()}
    except _Shut:
        names = {}
    facts = {
        "meeting": about,
        "offers": offers_of(about, names),
        "outcomes": [(code.value, words) for code, words in OUTCOME_WORDS.items()],
        "refused": refused,
    }
    return render(request, "panel/offers.html", facts, status=status)
