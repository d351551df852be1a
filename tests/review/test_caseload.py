"""Who may see which family: by the council's own staff list and allocations, dated, and by none that are old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from residents.tables import FAMILIES, PEOPLE, RECORD_PERSON, SERVICE_GROUPS
from review.caseload import loading, residents
from review.caseload.access import too_old, visible_families
from review.caseload.models import Feed
from review.families.models import Family
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext, current
from sources.tables import ALLOCATIONS, SERVICE_EPISODES, WORKERS
from store.run_folder import RunFolder
from tests.review import made_up
from tests.support import put_table

TODAY = dt.date(2026, 9, 7)
LONG_AGO = dt.date(2020, 1, 6)
Row = dict[str, Any]


def day(offset: int) -> dt.date:
    return TODAY + dt.timedelta(days=offset)


# --- a council made of a few rows ------------------------------------------------------------------------


def member(
    family: str, person: str, role: str = "child", since: dt.date = LONG_AGO, until: dt.date | None = None
) -> Row:
    return {
        **{"family_id": family, "person_id": person, "role": role, "from_date": since, "to_date": until},
        **{"recorded_on": since, "confidence": 1.0, "basis": "case_family"},
    }


def worker(key: str, team: str | None = "North", manager: str | None = None, **more: Any) -> Row:
    return {
        **{"source": "care", "file": "staff.csv", "worker_id": key, "name": f"Name {key}", "team": team},
        **{"role": "Worker", "manager_id": manager, "from_date": LONG_AGO, "recorded_on": LONG_AGO, **more},
    }


def held(person: str, by: str, since: dt.date = LONG_AGO, until: dt.date | None = None, **more: Any) -> Row:
    return {
        **{"source": "care", "file": "held.csv", "record_id": f"R{person}", "worker_id": by, "team": "North"},
        **{"event_date": since, "recorded_on": since, "to_date": until, **more},
    }


def case(group: str, by: str | None, team: str | None = "North", **more: Any) -> Row:
    return {
        **{"source": "help", "file": "cases.csv", "group_type": "case_family", "group_id": group, "worker_id": by},
        **{"team": team, "service": "early_help", "event_date": day(-60), "recorded_on": day(-1), **more},
    }


def named(group: str, person: str, **more: Any) -> Row:
    return {
        **{"source": "help", "group_type": "case_family", "group_id": group, "person_id": person, "too_large": False},
        **{"recorded_on": LONG_AGO, **more},
    }


def load(
    root: Path,
    *,
    families: Iterable[Row],
    workers: Iterable[Row] = (),
    allocations: Iterable[Row] = (),
    cases: Iterable[Row] = (),
    groups: Iterable[Row] = (),
    records: Iterable[Row] = (),
    quiet: bool = False,
) -> None:
    """Load a run of these rows; unless it is ``quiet``, something about nobody was recorded yesterday."""
    run = RunFolder(root)
    families = list(families)
    people = sorted({row["person_id"] for row in families})
    links = [
        {"source": "care", "file": "people.csv", "record_id": f"R{one}", "person_id": one, "match_probability": 1.0}
        for one in people
    ]
    rows = list(allocations) + ([] if quiet else [held("nobody", "nobody", day(-1), day(-1))])
    put_table(run, FAMILIES, families)
    put_table(run, PEOPLE, [{"person_id": one, "forename": one} for one in people])
    put_table(run, RECORD_PERSON, [*links, *records])
    put_table(run, SERVICE_GROUPS, list(groups))
    put_table(run, WORKERS, list(workers))
    put_table(run, ALLOCATIONS, rows)
    put_table(run, SERVICE_EPISODES, list(cases))
    loading.load(run, TODAY)


def put_families(*ids: str) -> None:
    Family.objects.all().delete()
    Family.objects.bulk_create(
        Family(family_id=one, key=f"key-{one}", name=one, members=2, children=1, document={}, loaded_from="")
        for one in ids
    )


def seen(role: Role, key: str, on: dt.date = TODAY) -> set[str]:
    """Ids of the families that somebody of this role and key sees."""
    person, _ = Person.objects.get_or_create(
        username=f"{role}-{key}".lower(), defaults={"name": key, "role": role.value, "worker_key": key}
    )
    return {family.pk for family in visible_families(person, on)}


def seen_by_worker(key: str, on: dt.date = TODAY) -> set[str]:
    return seen(Role.support_worker, f"care|{key}", on)


def seen_by_manager(key: str, on: dt.date = TODAY) -> set[str]:
    return seen(Role.team_manager, f"care|{key}", on)


@pytest.fixture
def families(app: ReviewContext) -> None:
    put_families("F1", "F2", "F3")


BOTH = (member("F1", "C1"), member("F1", "A1", "adult"), member("F2", "C2"), member("F3", "C3"))


# --- a worker's own --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "opens"),
    [
        (LONG_AGO, None, True),
        (LONG_AGO, day(0), True),
        (LONG_AGO, day(-1), False),
        (LONG_AGO, day(30), True),
        (day(0), None, True),
        (day(1), None, False),
    ],
)
def test_an_allocation_opens_on_its_days(
    families: None, tmp_path: Path, since: dt.date, until: dt.date | None, opens: bool
) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1", since, until)])
    assert seen_by_worker("W1") == ({"F1"} if opens else set())


def test_an_allocation_that_ends_tomorrow_opens_nothing_the_day_after(families: None, tmp_path: Path) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1", LONG_AGO, day(1))])
    assert seen_by_worker("W1", day(1)) == {"F1"}
    assert seen_by_worker("W1", day(2)) == set()


@pytest.mark.parametrize(
    ("post", "opens"),
    [({}, True), ({"to_date": day(0)}, True), ({"to_date": day(-1)}, False), ({"from_date": day(1)}, False)],
)
def test_who_is_not_in_post_sees_nothing(families: None, tmp_path: Path, post: Row, opens: bool) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1", **post)], allocations=[held("C1", "W1")])
    assert seen_by_worker("W1") == ({"F1"} if opens else set())


def test_who_is_on_no_staff_list_sees_nothing_and_is_counted(families: None, tmp_path: Path) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[held("C1", "gone")])
    assert seen_by_worker("gone") == set()
    feed = Feed.objects.get(key="care|allocations")
    assert (feed.open_allocations, feed.not_on_staff_list) == (1, 1)


def test_a_child_opens_the_families_it_is_a_child_of_that_day(families: None, tmp_path: Path) -> None:
    """Two homes are both open; a family that the child has left is not, nor one that somebody is grown in."""
    spells = [member("F1", "C1"), member("F2", "C1", until=day(-1)), member("F3", "C1"), member("F2", "C3", "adult")]
    load(tmp_path, families=spells, workers=[worker("W1")], allocations=[held("C1", "W1"), held("C3", "W1")])
    assert seen_by_worker("W1") == {"F1", "F3"}


def test_a_key_of_two_people_opens_nothing(families: None, tmp_path: Path) -> None:
    twice = {"source": "care", "file": "other.csv", "record_id": "RC1", "person_id": "C2", "match_probability": 0.9}
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1")], records=[twice])
    assert seen_by_worker("W1") == set()


def test_an_account_without_a_worker_sees_nothing(families: None, tmp_path: Path) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1", None)], allocations=[held("C1", "W1", team=None)])
    for role in Role:
        for key in ("", "|", "care", "care|", "care|w1", "W1"):
            if role is not Role.panel_member:
                assert seen(role, key) == set()


# --- cases that name a group -----------------------------------------------------------------------------


def test_a_case_opens_the_families_of_its_grown_members(families: None, tmp_path: Path) -> None:
    """The child of the case lives with its father too, whose family the case is not about."""
    spells = [member("F1", "A1", "adult"), member("F1", "C1"), member("F2", "C1"), member("F2", "A2", "adult")]
    groups = [named("G1", "A1"), named("G1", "C1")]
    load(tmp_path, families=spells, workers=[worker("W1")], cases=[case("G1", "W1")], groups=groups)
    assert seen_by_worker("W1") == {"F1"}


def test_a_case_without_grown_members_opens_its_childrens(families: None, tmp_path: Path) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1")], cases=[case("G1", "W1")], groups=[named("G1", "C2")])
    assert seen_by_worker("W1") == {"F2"}


@pytest.mark.parametrize("more", [{"too_large": True}, {"to_date": day(-1)}, {"from_date": day(1)}])
def test_a_case_opens_nothing_by_who_is_not_of_it(families: None, tmp_path: Path, more: Row) -> None:
    groups = [named("G1", "A1", **more)]
    load(tmp_path, families=BOTH, workers=[worker("W1")], cases=[case("G1", "W1")], groups=groups)
    assert seen_by_worker("W1") == set()


@pytest.mark.parametrize(
    ("team", "others", "opens"),
    [
        ("North", [], True),
        ("  NORTH ", [], True),
        ("South", [], False),
        (None, [], False),
        ("North", [worker("W1", source="third")], False),
        ("North", [worker("W1", "South", source="third")], True),
        ("North", [worker("W9", source="help")], False),
    ],
)
def test_another_systems_staff_are_the_same_by_key_and_team(
    families: None, tmp_path: Path, team: str | None, others: list[Row], opens: bool
) -> None:
    """Not where the team differs, two lists have both, or the system has staff of its own."""
    groups = [named("G1", "A1")]
    load(tmp_path, families=BOTH, workers=[worker("W1"), *others], cases=[case("G1", "W1", team)], groups=groups)
    assert seen_by_worker("W1") == ({"F1"} if opens else set())


# --- a manager's team ------------------------------------------------------------------------------------

TEAMS = (
    *(worker("M1"), worker("W1", manager="M1"), worker("W2", "South", manager="M1")),
    *(worker("M2", "South"), worker("W3", "South", manager="M2"), worker("W4", "North", to_date=day(-9))),
)


@pytest.mark.parametrize(
    ("row", "first", "second"),
    [
        (held("C1", "W1"), True, False),
        (held("C1", "M1"), True, False),
        (held("C1", "W3", team="South"), False, True),
        (held("C1", "W2", team="South"), True, True),
        (held("C1", "W2", team=None), True, True),
        (held("C1", "W4", team=None), True, False),
        (held("C1", "W4"), True, False),
        (held("C1", "W3", team=None), False, True),
        (held("C1", "gone", team=" north"), True, False),
        (held("C1", "gone", team=None), False, False),
        (held("C1", "W1", until=day(-1)), False, False),
    ],
)
def test_a_manager_sees_the_teams_and_those_of_whom_they_manage(
    families: None, tmp_path: Path, row: Row, first: bool, second: bool
) -> None:
    load(tmp_path, families=BOTH, workers=TEAMS, allocations=[row])
    assert (seen_by_manager("M1"), seen_by_manager("M2")) == ({"F1"} if first else set(), {"F1"} if second else set())


def test_who_changed_teams_is_of_the_new_one(families: None, tmp_path: Path) -> None:
    moved = [worker("W1", manager="M1", to_date=day(-10)), worker("W1", "South", "M2", from_date=day(-9))]
    rows = [held("C1", "W1", team=None), held("C2", "W1", day(-5), team="South")]
    load(tmp_path, families=BOTH, workers=[worker("M1"), worker("M2", "South"), *moved], allocations=rows)
    assert (seen_by_manager("M1"), seen_by_manager("M2")) == (set(), {"F1", "F2"})
    assert seen_by_worker("W1") == {"F1", "F2"}


def test_a_manager_who_left_sees_nothing(families: None, tmp_path: Path) -> None:
    staff = [worker("M1", to_date=day(-1)), worker("W1", manager="M1")]
    load(tmp_path, families=BOTH, workers=staff, allocations=[held("C1", "W1")])
    assert seen_by_manager("M1") == set()


@pytest.mark.parametrize("role", [Role.equalities_lead, Role.data_scientist, Role.governance, Role.administrator])
def test_other_roles_see_no_family(families: None, tmp_path: Path, role: Role) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1")])
    assert seen(role, "care|W1") == set()


# --- old feeds -------------------------------------------------------------------------------------------


def max_age() -> int:
    return current().config.allocations_max_age_days


def test_what_is_too_old_opens_nothing(families: None, tmp_path: Path) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1"), worker("M1")], allocations=[held("C1", "W1")])
    for look, key in ((seen_by_worker, "W1"), (seen_by_manager, "M1")):
        assert look(key, day(max_age())) == {"F1"}
        assert look(key, day(max_age() + 1)) == set()


def test_a_table_that_stopped_opens_nothing_though_the_extracts_are_new(families: None, tmp_path: Path) -> None:
    """It was never silent for longer than two days, and has been for thirty."""
    rows = [held("C1", "W1"), *(held("nobody", "W1", day(-30 - 2 * n), day(-30 - 2 * n)) for n in range(100))]
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=rows, quiet=True)
    assert seen_by_worker("W1") == set()


def test_an_end_that_was_planned_long_ago_is_no_sign_that_a_table_still_comes(families: None, tmp_path: Path) -> None:
    rows = [held("C1", "W1"), *(held("nobody", "W1", day(-30 - 2 * n), day(-30 - 2 * n)) for n in range(100))]
    planned = [held("nobody", "W1", day(-40), day(-5 + n)) for n in range(10)]
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[*rows, *planned], quiet=True)
    assert seen_by_worker("W1") == set()


def test_a_quiet_table_is_not_taken_for_one_that_stopped(families: None, tmp_path: Path) -> None:
    rows = [held("C1", "W1"), *(held("nobody", "W1", day(-8 - 9 * n), day(-8 - 9 * n)) for n in range(30))]
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=rows, quiet=True)
    assert seen_by_worker("W1") == {"F1"}


def test_one_old_system_does_not_close_another(families: None, tmp_path: Path) -> None:
    cases = [case("G1", "W1", event_date=day(-300 - n), recorded_on=day(-300 - n)) for n in range(20)]
    rows, groups = [held("C2", "W1")], [named("G1", "A1")]
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=rows, cases=cases, groups=groups)
    assert seen_by_worker("W1") == {"F2"}


def test_an_old_feed_is_said_to_be(families: None, tmp_path: Path) -> None:
    load(tmp_path, families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1")])
    person = Person(username="x", name="X", role=Role.support_worker.value, worker_key="care|W1")
    assert not too_old(person, TODAY)
    assert too_old(person, day(max_age() + 1))


def test_with_an_old_feed_every_page_of_families_is_shut_and_says_why(
    app: ReviewContext, client_as: Callable[..., Client]
) -> None:
    worker_browser, manager_browser = client_as(Role.support_worker), client_as(Role.team_manager)
    own = f"/families/{made_up.key_of(made_up.OWN)}/"
    assert worker_browser.get(own).status_code == manager_browser.get(own).status_code == 200
    Feed.objects.update(covers_until=made_up.TODAY - dt.timedelta(days=max_age() + 1))
    for browser in (worker_browser, manager_browser):
        assert browser.get(own).status_code == 404
        for path in ("/families/", "/families/search/"):
            answer = browser.get(path)
            assert (answer.status_code, b"too old" in answer.content) == (200, True)
        searched = browser.post("/families/search/", {"words": "Hassan"}).content.decode()
        assert made_up.key_of(made_up.OWN) not in searched
    outside = f"/outside/{made_up.key_of(made_up.OTHER_TEAMS)}/"
    assert manager_browser.post(outside, {"reason": "The school rang about her"}).status_code == 404
    for path in ("/governance/log/", "/governance/feeds/", "/fairness/"):
        assert client_as(Role.governance).get(path).status_code == 200


def test_a_refresh_replaces_the_lot(families: None, tmp_path: Path) -> None:
    load(tmp_path / "1", families=BOTH, workers=[worker("W1"), worker("W2")], allocations=[held("C1", "W1")])
    assert (seen_by_worker("W1"), seen_by_worker("W2")) == ({"F1"}, set())
    load(tmp_path / "2", families=BOTH, workers=[worker("W2")], allocations=[held("C1", "W1"), held("C2", "W2")])
    assert (seen_by_worker("W1"), seen_by_worker("W2")) == (set(), {"F2"})


def test_a_refresh_that_fails_changes_nothing(families: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path / "1", families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1")])

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(residents, "rows", fail)
    with pytest.raises(OSError, match="full"):
        load(tmp_path / "2", families=BOTH, workers=[worker("W1")], allocations=[held("C2", "W1")])
    assert seen_by_worker("W1") == {"F1"}


def test_a_run_without_staff_shows_nobody_anything(families: None, tmp_path: Path) -> None:
    load(tmp_path / "1", families=BOTH, workers=[worker("W1")], allocations=[held("C1", "W1")])
    (tmp_path / "empty").mkdir()
    loading.load(RunFolder(tmp_path / "empty"), TODAY)
    assert seen_by_worker("W1") == set()


# --- against a plain reading of the same rows ------------------------------------------------------------

PEOPLE_DRAWN, FAMILIES_DRAWN, STAFF_DRAWN = ("C1", "C2", "A1"), ("F1", "F2", "F3"), ("W1", "W2", "M1")
OFFSETS = st.one_of(st.none(), st.integers(-3, 3).map(day))
SPELLS = st.builds(
    member,
    st.sampled_from(FAMILIES_DRAWN),
    st.sampled_from(PEOPLE_DRAWN),
    st.sampled_from(["child", "adult"]),
    st.integers(-4, 1).map(day),
    OFFSETS,
)
POSTS = st.builds(
    lambda key, team, manager, until: worker(key, team, manager, to_date=until),
    st.sampled_from(STAFF_DRAWN),
    st.sampled_from(["North", "South", None]),
    st.sampled_from(["M1", None]),
    OFFSETS,
)
HELD = st.builds(
    lambda person, by, since, until, team: held(person, by, since, until, team=team),
    st.sampled_from(PEOPLE_DRAWN),
    st.sampled_from((*STAFF_DRAWN, "gone")),
    st.integers(-4, 1).map(day),
    OFFSETS,
    st.sampled_from(["North", "South"]),
)


def holds(row: Row, since: str = "from_date") -> bool:
    return row[since] <= TODAY and (row.get("to_date") is None or row["to_date"] >= TODAY)


def plainly(role: Role, key: str, spells: list[Row], posts: list[Row], rows: list[Row]) -> set[str]:
    """What somebody may see, read row by row."""
    mine = [post for post in posts if post["worker_id"] == key and holds(post)]
    if not mine:
        return set()
    opened = set()
    for row in rows:
        of_mine = row["worker_id"] == key
        of_staff = any(p["worker_id"] == row["worker_id"] and p["manager_id"] == key and holds(p) for p in posts)
        of_team = row["team"] in {post["team"] for post in mine}
        if holds(row, "event_date") and (of_mine or (role is Role.team_manager and (of_team or of_staff))):
            opened |= {
                s["family_id"]
                for s in spells
                if f"R{s['person_id']}" == row["record_id"] and s["role"] == "child" and holds(s)
            }
    return opened


@given(spells=st.lists(SPELLS, max_size=5), posts=st.lists(POSTS, max_size=4), rows=st.lists(HELD, max_size=5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_seen_is_what_the_rows_say(
    families: None, tmp_path_factory: pytest.TempPathFactory, spells: list[Row], posts: list[Row], rows: list[Row]
) -> None:
    load(tmp_path_factory.mktemp("run"), families=spells, workers=posts, allocations=rows)
    for key in STAFF_DRAWN:
        assert seen_by_worker(key) == plainly(Role.support_worker, key, spells, posts, rows)
        assert seen_by_manager(key) == plainly(Role.team_manager, key, spells, posts, rows)
