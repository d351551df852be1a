"""The fairness page, the reports, and audits of before."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from review.fairness.audits import of_others, questions
from review.fairness.models import KeptAudit
from review.fairness.report_pages import PAGES, past, report
from review.permissions import page
from review.settings import current

_TITLES = {
    "index": "The run, step by step",
    "chain": "From the population to the list: who is seen, and who is lost on the way",
    "data_quality": "What the data can and cannot show",
    "linkage": "How well records were put together",
    "feature_catalogue": "Everything that is computed of a family, in plain words",
    "transparency": "The algorithmic transparency record",
}


@page("fairness")
@require_safe
def fairness(request: HttpRequest) -> HttpResponse:
    """How each question stands: its audit, whether a panel may read its list, and why not."""
    context = current()
    there = [name for name in PAGES if (context.run.root / "reports" / f"{name}.html").is_file()]
    return render(
        request,
        "fairness/fairness.html",
        {
            "questions": questions(context),
            "others": of_others(context),
            "reports": [(f"{name}.html", _TITLES[name]) for name in there],
        },
    )


@page("report")
@require_safe
def report_page(request: HttpRequest, name: str) -> HttpResponse:
    """One of the run's reports. Raises Http404 for one that is about families, or that is not there."""
    found = report(current().run, name)
    if found is None:
        raise Http404
    return found


@page("past_audit")
@require_safe
def past_audit(request: HttpRequest, number: int) -> HttpResponse:
    """The fairness report of an audit that another has taken the place of."""
    kept = get_object_or_404(KeptAudit.objects.exclude(page=""), pk=number)
    return past(kept.page.encode())
