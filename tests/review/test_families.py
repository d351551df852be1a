"""The family pages: what they show of hostile rows, the search, the team's view, and 'this is not so'."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review.families.folding import folded
from review.families.team import Caseload, Held, caseloads
from review.roles import Role
from tests.review import made_up
from tests.review.family_rows import HOSTILE, put, rich
from tests.support import KEYS

if TYPE_CHECKING:
    from django.test import Client

    from review.settings import ReviewContext

Browsers = Callable[..., "Client"]


@pytest.fixture(scope="module")
def rich_rows(served: ReviewContext, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], ...]:
    """What loading the rich families puts into the database, loaded once."""
    from django.db import transaction  # noqa: PLC0415 - Django is not configured before

    from review.families.loading import load  # noqa: PLC0415
    from review.families.models import Family, Loaded, Named  # noqa: PLC0415

    con = duckdb.connect(config={"threads": 1})
    with transaction.atomic():
        load(put(tmp_path_factory.mktemp("rich") / "run", rich()), KEYS, con)
        found = tuple(list(model.objects.all()) for model in (Family, Named, Loaded))
        transaction.set_rollback(True)
    con.close()
    return found


@pytest.fixture
def loaded(app: ReviewContext, rich_rows: tuple[list[Any], ...]) -> dict[str, str]:
    """The rich families in place of the made-up council's, whose workers keep their allocations; each family's key."""
    for rows in reversed(rich_rows):
        type(rows[0]).objects.all().delete()
    for rows in rich_rows:
        type(rows[0]).objects.bulk_create(rows)
    return {family.pk: family.key for family in rich_rows[0]}


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


# --- one family --------------------------------------------------------------------------------------


def test_a_page_shows_every_part(loaded: dict[str, str], client_as: Browsers) -> None:
    page = text(client_as(Role.support_worker), f"/families/{loaded['F1']}/")
    for said in (
        "Assessment: to be finished",
        "Child in need plan: next review at the latest",
        "Early help: a review is customary",
        "Allocated worker",
        "Adult services",
        "SEN support",
        "Not in education, employment or training",
        "Suspension: bullying",
        "£450.00 owed",
        "Housing Benefit",
        "Universal Credit",
        "A person who knows them",
        "Identified as a young carer",
        "12 Elm Road, AB1 2CD",
        "is counted in another family as well",
        "it is less sure that they are of this family",
        "Some rows of Care, of everybody's together, could not be read.",
        "has no end on record",
        "Who was of the family before",
    ):
        assert said in unescape(page), said
    assert page.count('<svg role="img"') == 5


def test_what_is_sensitive_is_not_on_it(loaded: dict[str, str], client_as: Browsers) -> None:
    page = text(client_as(Role.support_worker), f"/families/{loaded['F1']}/")
    assert "Recovery" not in page
    assert "relative" not in page


@pytest.mark.parametrize("path", ["/families/", "/families/{}/", "/families/{}/correction/"])
def test_hostile_words_come_out_as_words(loaded: dict[str, str], client_as: Browsers, path: str) -> None:
    page = text(client_as(Role.support_worker), path.format(loaded["F1"]))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_no_page_carries_a_style_or_a_script(loaded: dict[str, str], client_as: Browsers) -> None:
    worker, manager = client_as(Role.support_worker), client_as(Role.team_manager)
    for client, path in ((worker, f"/families/{loaded['F1']}/"), (manager, "/families/team/"), (worker, "/families/")):
        page = text(client, path)
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=\"", page), path


def test_nothing_of_anothers_family_is_in_any_answer(loaded: dict[str, str], client_as: Browsers) -> None:
    worker = client_as(Role.support_worker)
    answers = [text(worker, path) for path in ("/families/", f"/families/{loaded['F1']}/", "/families/search/")]
    for asked in ("Colleague", "Otherteam", "FirstP7", "Firs", "a"):
        answers.append(worker.post("/families/search/", {"words": asked}).content.decode())
    answers.append(worker.post("/families/search/", {"dob": "1985-03-04"}).content.decode())
    for answer in answers:
        found = answer.replace('value="Colleague"', "").replace('value="Otherteam"', "").replace('value="FirstP7"', "")
        for secret in ("Colleague", "Otherteam", "FirstP7", "FirstP5", loaded["F2"], loaded["F3"]):
            assert secret not in found


def test_a_family_nothing_is_known_of_has_a_page(loaded: dict[str, str], client_as: Browsers) -> None:
    """And says of each part whether the council has no such extract, or nothing for this family."""
    client = client_as(Role.support_worker, worker_key=made_up.worker_key(made_up.SOUTH_WORKER))
    page = text(client, f"/families/{loaded['F3']}/")
    assert "No school attendance is on record for this family." in page
    assert "For the address, see the case system." in page


def test_the_menu_says_on_which_one_page_one_is(loaded: dict[str, str], client_as: Browsers) -> None:
    manager = client_as(Role.team_manager)
    for path, name in (("/families/", "Families"), ("/families/team/", "Team"), ("/families/search/", "Search")):
        assert re.findall(r'aria-current="page">([^<]+)', text(manager, path)) == [name]


# --- searching ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"words": "FirstP1"}, True),
        ({"words": "first"}, True),
        ({"words": "firstp3 nobirtday"}, True),
        ({"words": "fristp2"}, False),
        ({"words": "P3 nobirthday"}, False),
        ({"words": "firstp3 nobirthday"}, True),
        ({"words": "firstp3 hyperlink"}, False),
        ({"words": "12 elm"}, True),
        ({"words": "13 elm"}, False),
        ({"words": "ab1 2cd"}, True),
        ({"words": "firstp1", "dob": "1990-05-06"}, True),
        ({"words": "", "dob": "06/05/1990"}, True),
        ({"words": "firstp2", "dob": "1990-05-06"}, False),
        ({"words": "zz"}, False),
        ({"words": "<script>alert(1)</script>"}, True),
    ],
)
def test_search(loaded: dict[str, str], client_as: Browsers, asked: dict[str, str], fits: bool) -> None:
    page = client_as(Role.support_worker).post("/families/search/", asked).content.decode()
    assert (loaded["F1"] in page) == fits
    assert "<script" not in page


@pytest.mark.parametrize("asked", [{}, {"words": "  "}, {"dob": "soon"}, {"words": "x" * 101}])
def test_what_cannot_be_looked_for_is_said(loaded: dict[str, str], client_as: Browsers, asked: dict[str, str]) -> None:
    answer = client_as(Role.support_worker).post("/families/search/", asked)
    assert answer.status_code == 200
    assert 'class="wrong"' in answer.content.decode() or "note wrong" in answer.content.decode()


def test_what_was_asked_is_in_no_log(loaded: dict[str, str], client_as: Browsers) -> None:
    from review.governance.models import LogLine  # noqa: PLC0415

    client_as(Role.support_worker).post("/families/search/", {"words": "FirstP1", "dob": "1990-05-06"})
    lines = list(LogLine.objects.values())
    assert any(line["action"] == "searched" and "1 found" in line["detail"] for line in lines)
    assert not any("FirstP1" in str(line) or "1990" in str(line["detail"]) for line in lines)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=120))
def test_any_words_can_be_looked_for(loaded: dict[str, str], searching: Client, words: str) -> None:
    answer = searching.post("/families/search/", {"words": words})
    assert answer.status_code in (200, 400)
    assert "<script" not in answer.content.decode()


@pytest.fixture
def searching(client_as: Browsers) -> Client:
    return client_as(Role.support_worker)


@pytest.mark.parametrize(
    ("written", "form"),
    [("O'Neill", "oneill"), ("Zoë  NÚÑEZ", "zoe nunez"), ("Al-Hassan", "al hassan"), ("Ł\u0000x", "ł x"), ("", "")],
)
def test_words_are_folded_to_one_form(written: str, form: str) -> None:
    assert folded(written) == form


# --- the team ----------------------------------------------------------------------------------------

_DAY = dt.date(2026, 9, 7)


def _held(worker: str, family: str, weeks: int | None = 0, due: int | None = None, children: int = 1) -> Held:
    recorded = None if weeks is None else _DAY - dt.timedelta(weeks=weeks)
    return Held(worker, family, children, recorded, None if due is None else _DAY + dt.timedelta(days=due))


TEAMS: dict[str, tuple[list[Held], dict[str, str], list[Caseload]]] = {
    "nobody": ([], {}, []),
    "a worker without a family": ([], {"a": "Ada"}, [Caseload("a", "Ada", 0, 0, 0, 0, None, "")]),
    "a family held twice by one worker counts once, and by two for both": (
        [_held("a", "F1", 2), _held("a", "F1", 2), _held("b", "F1", 2)],
        {"a": "Ada", "b": "Bo"},
        [Caseload("a", "Ada", 1, 1, 0, 0, 2, ""), Caseload("b", "Bo", 1, 1, 0, 0, 2, "")],
    ),
    "quiet from six weeks, or when nothing was ever recorded; a date of today has not passed": (
        [_held("a", "F1", 5, -1), _held("a", "F2", 6, 0, 3), _held("a", "F3", None, 1, 2)],
        {"a": "Ada"},
        [Caseload("a", "Ada", 3, 6, 2, 1, 5, "")],
    ),
    "a team that names no worker": ([_held("", "F1", 1)], {}, [Caseload("", "No worker named", 1, 1, 0, 0, 1, "")]),
    "many more than the middle of the others": (
        [_held(worker, f"{worker}{n}", 1) for worker, many in (("a", 9), ("b", 4), ("c", 6)) for n in range(many)],
        {"a": "Ada", "b": "Bo", "c": "Cy"},
        [
            Caseload("a", "Ada", 9, 9, 0, 0, 1, "The others have 5 in the middle. I wonder whether that is as meant."),
            Caseload("c", "Cy", 6, 6, 0, 0, 1, ""),
            Caseload("b", "Bo", 4, 4, 0, 0, 1, ""),
        ],
    ),
}


@pytest.mark.parametrize("case", TEAMS)
def test_caseloads(case: str) -> None:
    held, names, expected = TEAMS[case]
    assert caseloads(held, names, _DAY) == expected


def test_the_teams_page_is_of_the_team_alone(loaded: dict[str, str], client_as: Browsers) -> None:
    page = text(client_as(Role.team_manager), "/families/team/")
    assert "Wanda Ward" in page
    assert "Will Wood" in page
    assert loaded["F2"] in page
    for secret in ("Sam South", "Otherteam", loaded["F3"], "Lou Left"):
        assert secret not in page


# --- this is not so ----------------------------------------------------------------------------------

_SAID = {"subject": "late", "system": "care", "words": f"He moved out. {HOSTILE}"}


def test_what_is_not_so_is_on_the_familys_page_and_without_words_on_the_list(
    loaded: dict[str, str], client_as: Browsers
) -> None:
    worker = client_as(Role.support_worker)
    forged = {**_SAID, "state": "put_right", "said_by": "1", "family_id": "F2"}
    assert worker.post(f"/families/{loaded['F1']}/correction/", forged).status_code == 302
    page = text(worker, f"/families/{loaded['F1']}/")
    assert "He moved out." in page
    assert "Said, not passed on yet" in page
    assert "<script" not in page
    for role in (Role.governance, Role.administrator):
        listed = text(client_as(role), "/families/corrections/")
        assert loaded["F1"] in listed
        assert "It was so, and is no longer" in listed
        for secret in ("He moved out", "FirstP1", "HYPERLINK", loaded["F2"]):
            assert secret not in listed


def test_an_address_is_held_back_until_a_danger_is_settled(loaded: dict[str, str], client_as: Browsers) -> None:
    worker, keeper = client_as(Role.support_worker), client_as(Role.governance)

    def shown() -> tuple[bool, bool]:
        found = worker.post("/families/search/", {"words": "12 elm"}).content.decode()
        return "12 Elm Road" in text(worker, f"/families/{loaded['F1']}/"), loaded["F1"] in found

    assert shown() == (True, True)
    for subject in ("late", "not_to_be_shown"):
        worker.post(f"/families/{loaded['F1']}/correction/", {**_SAID, "subject": subject})
    assert shown() == (False, False)
    listed = text(keeper, "/families/corrections/")
    assert listed.index("should not be shown") < listed.index("It was so, and is no longer")
    number = re.findall(r'name="correction" value="(\d+)"', listed)[0]
    for state, then in (("passed_on", (False, False)), ("stands", (True, True))):
        keeper.post("/families/corrections/", {"correction": number, "state": state})
        assert shown() == then


def test_it_moves_from_state_to_state_and_no_further(loaded: dict[str, str], client_as: Browsers) -> None:
    from review.families.models import Correction  # noqa: PLC0415

    client_as(Role.support_worker).post(f"/families/{loaded['F1']}/correction/", _SAID)
    one = Correction.objects.get()
    keeper = client_as(Role.governance)
    for state, then in (
        ("put_right", "said"),
        ("passed_on", "passed_on"),
        ("stands", "stands"),
        ("passed_on", "passed_on"),
        ("put_right", "put_right"),
        ("passed_on", "put_right"),
        ("nonsense", "put_right"),
    ):
        assert keeper.post("/families/corrections/", {"correction": one.pk, "state": state}).status_code == 302
        one.refresh_from_db()
        assert one.state == then
    assert one.changed_by is not None


@pytest.mark.parametrize("wrong", [{"system": "constabulary"}, {"subject": "x"}, {"words": ""}, {"words": "x" * 2001}])
def test_what_cannot_be_taken_is_not(loaded: dict[str, str], client_as: Browsers, wrong: dict[str, str]) -> None:
    from review.families.models import Correction  # noqa: PLC0415

    answer = client_as(Role.support_worker).post(f"/families/{loaded['F1']}/correction/", {**_SAID, **wrong})
    assert answer.status_code == 200
    assert not Correction.objects.exists()


def test_nobody_says_so_of_anothers_family(loaded: dict[str, str], client_as: Browsers) -> None:
    from review.families.models import Correction  # noqa: PLC0415

    assert client_as(Role.support_worker).post(f"/families/{loaded['F2']}/correction/", _SAID).status_code == 404
    assert not Correction.objects.exists()


def test_a_refresh_keeps_it(loaded: dict[str, str], client_as: Browsers, app: ReviewContext) -> None:
    from review.families.models import Correction, Family  # noqa: PLC0415
    from review.refreshing import refresh  # noqa: PLC0415

    client_as(Role.support_worker).post(f"/families/{loaded['F1']}/correction/", _SAID)
    refresh(app)
    assert Correction.objects.get().family_id == "F1"
    assert loaded["F1"] == Family.objects.get(pk="F1").key


def test_a_manager_asks_for_one_workers_families_and_a_worker_for_no_others(
    app: ReviewContext, client_as: Browsers
) -> None:
    from review.families.models import Family  # noqa: PLC0415

    key = dict(Family.objects.values_list("family_id", "key"))
    ours, theirs = made_up.worker_key(made_up.OTHER_WORKER), made_up.worker_key(made_up.SOUTH_WORKER)
    manager = client_as(Role.team_manager)
    of_one = text(manager, f"/families/?worker={quote(ours)}")
    assert "Families of <bdi>Will Wood</bdi>" in of_one
    assert [name for name, one in key.items() if one in of_one] == [made_up.COLLEAGUES]
    for asked in (theirs, "x|y", "", "\0", HOSTILE):
        page = text(manager, f"/families/?worker={quote(asked)}")
        assert [name for name, one in key.items() if one in page] == [made_up.OWN, made_up.COLLEAGUES], asked
    page = text(client_as(Role.support_worker), f"/families/?worker={quote(ours)}")
    assert [name for name, one in key.items() if one in page] == [made_up.OWN]


def test_rows_say_who_is_in_the_family_and_who_works_with_it_since_when(
    app: ReviewContext, client_as: Browsers
) -> None:
    since = "since 3 Jan 2022"
    page = text(client_as(Role.support_worker), "/families/")
    assert "Fatma" in page
    assert f"With you {since}" in page
    page = text(client_as(Role.team_manager), "/families/")
    assert f"Wanda Ward {since}" in page
    assert f"Will Wood {since}" in page
    assert "Lou Left" not in page
