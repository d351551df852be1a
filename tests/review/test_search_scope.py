"""A search keeps to whom somebody may see from its beginning: others do not show, and take nobody's place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from review.families.models import Family, Named
from review.families.searching import SHOWN
from review.governance.models import LogLine
from review.roles import Role
from review.settings import ReviewContext
from tests.review import made_up

ASKED = {"words": "amina hassan"}


@pytest.fixture
def namesakes(app: ReviewContext) -> list[str]:
    """As many families as are ever shown, of nobody's caseload, with a child of the same name; their references."""
    ids = [f"A{number:03}" for number in range(SHOWN)]
    Family.objects.bulk_create(
        Family(family_id=one, key=f"ab{one[1:]}", name="Hassan", members=2, children=1, document={}) for one in ids
    )
    Named.objects.bulk_create(Named(family_id=one, words="amina hassan", address="") for one in ids)
    return [f"ab{one[1:]}" for one in ids]


@pytest.mark.parametrize("role", [Role.support_worker, Role.team_manager])
def test_namesakes_of_others_take_no_place(namesakes: list[str], client_as: Callable[..., Client], role: Role) -> None:
    page = client_as(role).post("/families/search/", ASKED).content.decode()
    assert str(Family.objects.get(pk=made_up.OWN).key) in page
    assert not [key for key in namesakes if key in page]


def test_the_number_found_does_not_tell_of_others(namesakes: list[str], client_as: Callable[..., Client]) -> None:
    client_as(Role.support_worker).post("/families/search/", ASKED)
    (line,) = LogLine.objects.filter(action="searched")
    assert line.detail == "by words: 1 found"
