"""Which address leads to which page. The apps of families and caseloads write their paths from the root."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

from review import home
from review.people import urls as people

_APPS = (("", "families"), ("", "caseload"), ("", "fairness"), ("panel/", "panel"), ("governance/", "governance"))

urlpatterns = [
    path("", home.home, name="home"),
    path("", include(people)),
    *(path(place, include(f"review.{app}.urls")) for place, app in _APPS if find_spec(f"review.{app}.urls")),
]

handler400 = "review.errors.bad_request"
handler403 = "review.errors.forbidden"
handler404 = "review.errors.not_found"
handler500 = "review.errors.server_error"
