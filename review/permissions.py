"""Who may open which page. Nothing is served that is not named here.

Every view stands under `page`, which asks for a person of the right role who has logged in with a second factor, and
logs what came of it, refusals too, before anything is shown. A view without it is refused by `DenyByDefault`. Whether a
family is one's own is a second question: `review.caseload.access` answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from review.access_log import Action, record
from review.roles import Role
from store.safe_text import plain

if TYPE_CHECKING:
    from review.people.models import Person

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponseBase]
_VISIT = "visit"
_TOLD = "told"
"""Whether the log has a line of the request, or will have one before it is answered."""
_PAGE = "page"
_FIRST = "home"
_LONGEST_PATH = 200
SENT = " (sent)"
"""Stands behind a page's name in the log where a form was sent to it."""


_ALL = tuple(Role)
_CASEWORK = (Role.support_worker, Role.team_manager)
_MANAGER = (Role.team_manager,)
_PANEL = (Role.panel_member,)
_GOVERNANCE = (Role.governance,)


@dataclass(frozen=True)
class Page:
    """One page: who may open it. One about a family or a case says 'not found' to all others, any other 'not yours'."""

    name: str
    path_example: str
    roles: tuple[Role, ...]
    what: str
    about_family: bool = False


PAGES: tuple[Page, ...] = (
    Page("home", "/", _ALL, "The first page, which leads on to that of the role."),
    Page("account", "/account/", _ALL, "One's own account, and changing its password."),
    Page("fairness", "/fairness/", _ALL, "How fair each list is, now and before; what is withheld and why."),
    Page("past_audit", "/fairness/past/<number>/", _ALL, "The report of an audit that another took the place of."),
    Page("report", "/reports/<name>", _ALL, "A page of the run's reports that names nobody."),
    Page("families", "/families/", _CASEWORK, "The families one may see, the nearest dates first."),
    Page("family", "/families/<key>/", _CASEWORK, "All that services hold of one family.", about_family=True),
    Page("correction", "/families/<key>/correction/", _CASEWORK, "'This is not so.'", about_family=True),
    Page("search", "/families/search/", _CASEWORK, "Finding one of the families one may see."),
    Page("team", "/families/team/", _MANAGER, "The team's caseloads."),
    Page("outside", "/outside/", _MANAGER, "Finding a family outside the team, with a reason."),
    Page("override", "/outside/<key>/", _MANAGER, "Opening one outside the team, with a reason.", about_family=True),
    Page("corrections", "/families/corrections/", (Role.governance, Role.administrator), "What was said to be wrong."),
    Page("meetings", "/panel/", _PANEL, "The panel's meetings, and opening one."),
    Page("meeting", "/panel/<meeting>/", _PANEL, "The cases of one meeting.", about_family=True),
    Page("meeting_close", "/panel/<meeting>/close/", _PANEL, "Closing a meeting.", about_family=True),
    Page("offers", "/panel/<meeting>/offers/", _PANEL, "What became of a meeting's offers.", about_family=True),
    Page("case", "/panel/<meeting>/<reference>/", _PANEL, "One case, and deciding on it.", about_family=True),
    Page("case_agreed", "/panel/<meeting>/<reference>/agreed/", _PANEL, "What the panel agreed.", about_family=True),
    Page("case_outcome", "/panel/<meeting>/<reference>/outcome/", _PANEL, "An offer's outcome.", about_family=True),
    Page("access_log", "/governance/log/", _GOVERNANCE, "Who looked at what, and whether the log is whole."),
    Page("access_log_csv", "/governance/log.csv", _GOVERNANCE, "The access log as a file."),
    Page(
        "access_log_verify", "/governance/log/verify/", _GOVERNANCE, "Reading the log whole: is it as it was written?"
    ),
    Page("who_looked", "/governance/who-looked/", _GOVERNANCE, "Who looked at a resident's record."),
    Page("accounts", "/accounts/", (Role.governance, Role.administrator), "Who may log in, as what."),
    Page("feeds", "/governance/feeds/", (Role.governance, Role.administrator), "How old the allocations are."),
)

OPEN_VIEWS = (
    *("login", "new_password", "set_up", "code", "logout"),
    *("oidc_authentication_init", "oidc_authentication_callback"),
)
"""The only views that nobody need have logged in for: the steps of doing so. Stylesheets are served before any view."""

_PAGES = {one.name: one for one in PAGES}


@dataclass
class Visit:
    """One request to one page, as it will be logged; the view says which family it turned out to be about."""

    person: Person
    page: Page
    family: str = ""
    reason: str = ""


def page(name: str) -> Callable[[View[Params]], View[Params]]:
    """Serve a view as the page of that name, to those who may open it. Raises KeyError where there is none such."""
    asked = _PAGES[name]

    def decorate(view: View[Params]) -> View[Params]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponseBase:
            setattr(request, _TOLD, True)
            turned_away = _turned_away(request, asked)
            if turned_away is not None:
                return turned_away
            visit = Visit(cast("Person", request.user), asked)
            setattr(request, _VISIT, visit)
            return _logged(visit, request, lambda: view(request, *args, **kwargs))

        setattr(guarded, _PAGE, asked)
        return cast("View[Params]", guarded)

    return decorate


def visit_of(request: HttpRequest) -> Visit:
    """The visit that `page` let in. Raises RuntimeError where a view does without: a defect, and nothing is served."""
    visit = getattr(request, _VISIT, None)
    if not isinstance(visit, Visit):
        raise RuntimeError("a view asked about a visit that no page let in")
    return visit


class DenyByDefault:
    """Refuses every view that is neither a page nor one of `OPEN_VIEWS`, and sees that no refusal goes unlogged.

    What fails before its view is asked (a form that is too large, say) is logged here, and so is whatever somebody who
    is logged in asks for and is not given. What a stranger asks for that is no page is nothing to log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if response.status_code >= 400 and not getattr(request, _TOLD, False):
            asked = page_of(request.resolver_match.func) if request.resolver_match else None
            if asked is not None or _logged_in(request) is not None:
                note_refused(request, f"answered {response.status_code}")
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Raise Http404, and log, unless the view is a page or open to all."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if page_of(view) is None and name not in OPEN_VIEWS:
            note_refused(request, "no page")
            raise Http404


def note_refused(request: HttpRequest, why: str) -> None:
    """Log what was refused before any page was asked."""
    setattr(request, _TOLD, True)
    record(_logged_in(request), Action.refused, detail=f"{why}: {_path(request)}")


def page_of(view: Callable[..., Any]) -> Page | None:
    """The page that a view is served as."""
    found = getattr(view, _PAGE, None)
    return found if isinstance(found, Page) else None


def _turned_away(request: HttpRequest, asked: Page) -> HttpResponseBase | None:
    """Where to send somebody who has not logged in; None for whoever may open the page.

    Raises Http404 or PermissionDenied for another role.
    """
    person = _logged_in(request)
    if person is None:
        # Whoever comes to the first page to log in has asked for nothing yet, and was refused nothing.
        if asked.name != _FIRST:
            record(None, Action.refused, detail=f"{asked.name}: not logged in: {_path(request)}")
        return redirect(_login_address(request))
    if person.role in asked.roles:
        return None
    record(person, Action.refused, detail=f"{asked.name}: not for this role: {_path(request)}")
    raise Http404 if asked.about_family else PermissionDenied


def _logged(visit: Visit, request: HttpRequest, serve: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What the view answers, once it is in the log; an answer that cannot be logged is not given."""
    sent = "" if request.method in ("GET", "HEAD") else SENT
    try:
        response = serve()
    except Exception:
        record(visit.person, Action.refused, family=visit.family, detail=f"{visit.page.name}{sent}: {_path(request)}")
        raise
    served = response.status_code < 400
    record(
        visit.person,
        Action.viewed if served else Action.refused,
        family=visit.family,
        detail=f"{visit.page.name}{sent}" + ("" if served else f": {_path(request)}"),
        reason=visit.reason,
    )
    return response


def _logged_in(request: HttpRequest) -> Person | None:
    """Who asks, if they gave both the password and the second factor, and the account is still open."""
    from review.people.second_factor import passed  # noqa: PLC0415 - accounts are made of the roles above

    user = getattr(request, "user", None)
    return cast("Person", user) if user is not None and user.is_active and passed(request) else None


def _login_address(request: HttpRequest) -> str:
    """Where one logs in, and comes back from to what was asked for, unless that was to send something."""
    address = resolve_url(settings.LOGIN_URL)
    return f"{address}?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else address


def _path(request: HttpRequest) -> str:
    """The path asked for, which may be anything that somebody typed, on one short line."""
    return plain(request.path)[:_LONGEST_PATH]
