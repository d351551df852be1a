"""The access log as a page and a file, whether it is whole, who looked at a resident's record, how old feeds are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from review.access_log import Action, is_hash, record, verify
from review.caseload import access
from review.caseload.models import STAFF_LIST, Feed
from review.families import words
from review.governance.forms import LogForm, WhoLookedForm
from review.governance.models import LogLine
from review.governance.reading import as_csv, asked_for, one_page
from review.governance.who_looked import of_family, of_resident
from review.permissions import page, visit_of
from review.settings import current

_LONGEST_NUMBER, _BAD = 15, 400


@page("access_log")
@require_http_methods(["GET"])
def log(request: HttpRequest) -> HttpResponse:
    """The newest lines of those asked for, a page at a time."""
    form = LogForm(request.GET or None)
    shown = one_page(_found(form), current().keys, _before(request))
    asked = {name: value for name, value in request.GET.items() if name in form.fields and value}
    facts = {"form": form, "shown": shown, "asked": urlencode(asked), "first": not _before(request)}
    return render(request, "governance/log.html", facts)


@page("access_log_csv")
@require_http_methods(["GET"])
def log_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The lines asked for as a file. Taking it is itself a line, which the file does not have."""
    visit = visit_of(request)
    newest = LogLine.objects.order_by("-number").values_list("number", flat=True).first() or 0
    found = _found(LogForm(request.GET or None)).filter(number__lte=newest)
    record(visit.person, Action.downloaded, detail=f"access log: {found.count()} lines")
    response = StreamingHttpResponse(as_csv(found, current().keys), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="access-log.csv"'
    return response


@page("access_log_verify")
@require_http_methods(["POST"])
def verify_log(request: HttpRequest) -> HttpResponse:
    """Read the log whole and say whether it is as it was written."""
    noted = request.POST.get("noted", "").strip().lower()
    if noted and not is_hash(noted):
        return render(request, "governance/verified.html", {"no_hash": True}, status=_BAD)
    return render(request, "governance/verified.html", {"standing": verify(noted), "noted": noted})


@page("who_looked")
@require_http_methods(["GET", "POST"])
def who_looked(request: HttpRequest) -> HttpResponse:
    """Who looked at a resident's record, to be printed. The name asked for is in no address and in no log."""
    visit = visit_of(request)
    form = WhoLookedForm(request.POST or None)
    facts = {"form": form, "on": timezone.localdate()}
    if request.method == "POST" and form.is_valid():
        given, context = form.cleaned_data, current()
        answer = (
            of_family(context, given["family"])
            if given["family"]
            else of_resident(context, given["name"], given["dob"])
        )
        visit.reason = given["reason"]
        for family in answer.families:
            record(visit.person, Action.searched, family=family, detail="who looked", reason=visit.reason)
        return render(request, "governance/answer.html", {**facts, "answer": answer, "given": given})
    return render(request, "governance/who_looked.html", facts)


_TABLES = {"allocations": "allocations", "service_episodes": "cases and plans", STAFF_LIST: "staff list"}


@dataclass(frozen=True)
class FeedShown:
    """One feed in words. ``fresh`` is whether pages still go by it. A staff list has no allocations."""

    system: str
    table: str
    covers_until: dt.date | None
    fresh: bool
    loaded_at: dt.datetime
    open_allocations: int | None
    not_on_staff_list: int | None


@page("feeds")
@require_http_methods(["GET"])
def feeds(request: HttpRequest) -> HttpResponse:
    """Until when each system tells who works with whom."""
    fresh = access.fresh_feeds(access.today())
    shown = [_shown(feed, feed.key in fresh) for feed in Feed.objects.order_by("key")]
    facts = {"feeds": shown, "days": current().config.allocations_max_age_days, "on": access.today()}
    return render(request, "governance/feeds.html", facts)


def _shown(feed: Feed, fresh: bool) -> FeedShown:
    system, _, table = feed.key.partition("|")
    return FeedShown(
        words.system(system),
        _TABLES.get(table, table),
        feed.covers_until,
        fresh,
        feed.loaded_at,
        None if table == STAFF_LIST else feed.open_allocations,
        None if table == STAFF_LIST else feed.not_on_staff_list,
    )


def _found(form: LogForm) -> QuerySet[LogLine]:
    """The lines asked for: none where the form is not filled in rightly, or the family is none that is loaded."""
    asked = form.asked()
    found = asked_for(asked)
    if form.is_bound and not form.is_valid():
        return found.none()
    if not asked.family:
        return found
    family = access.family_of_reference(asked.family)
    return found.filter(family=family) if family else found.none()


def _before(request: HttpRequest) -> int | None:
    """The number that older lines are asked before; none where the address has something else."""
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None
