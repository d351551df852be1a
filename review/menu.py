"""What every page shows around its content: whose run it is, who is logged in, and the pages of their role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from review.people import second_factor
from review.people.models import Person
from review.permissions import PAGES
from review.roles import Role
from review.settings import current

_LABELS = (
    ("families", "Families"),
    ("search", "Search"),
    ("team", "Team"),
    ("outside", "Outside the team"),
    ("meetings", "Panel"),
    ("access_log", "Access log"),
    ("who_looked", "Who looked"),
    ("corrections", "Corrections"),
    ("feeds", "Feeds"),
    ("accounts", "Accounts"),
    ("fairness", "Fairness"),
)
"""The pages of the menu, in its order, by the names of their addresses."""

_ROLES = {page.name: page.roles for page in PAGES}

ROLE_WORDS = {
    Role.support_worker: "family support worker",
    Role.team_manager: "team manager",
    Role.panel_member: "panel member",
    Role.equalities_lead: "equalities lead",
    Role.data_scientist: "data scientist",
    Role.governance: "information governance",
    Role.administrator: "administrator",
}


@dataclass(frozen=True)
class Entry:
    """One page of the menu."""

    label: str
    address: str
    here: bool


def for_page(request: HttpRequest) -> Mapping[str, Any]:
    """What the base template shows. Nothing of a person who has not given a second factor."""
    council = current().council
    facts: dict[str, Any] = {"council_name": council.name, "extract_date": council.extract_date}
    # A refused page shows neither: it asks for no session, and so is the same for all.
    facts["person"] = SimpleLazyObject(lambda: request.user if second_factor.passed(request) else None)
    facts["menu"] = SimpleLazyObject(lambda: entries(request))
    facts["role_in_words"] = SimpleLazyObject(lambda: ROLE_WORDS[_role(request)])
    return facts


def entries(request: HttpRequest) -> list[Entry]:
    """The pages that whoever asks may open."""
    if not second_factor.passed(request):
        return []
    role, addresses = _role(request), {}
    for name, label in _LABELS:
        if role not in _ROLES.get(name, ()):
            continue
        try:
            addresses[reverse(name)] = label
        except NoReverseMatch:
            continue
    # The address of one entry may begin with another's: the longest is where somebody is.
    here = max((address for address in addresses if request.path.startswith(address)), key=len, default="")
    return [Entry(label, address, here=address == here) for address, label in addresses.items()]


def _role(request: HttpRequest) -> Role:
    return Role(cast(Person, request.user).role)
