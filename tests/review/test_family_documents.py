"""What a family's document holds, against a plain reading of the same tables, and what must not be in it."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from residents.tables import FAMILIES, PEOPLE, RECORD_PERSON, RESIDENCE_SPELLS, SERVICE_GROUPS
from review.families.documents import DOCUMENTS, make_documents
from review.families.timeframes import bank_holidays, working_days
from sources.tables import (
    ALLOCATIONS,
    ASSESSMENTS,
    ATTENDANCE,
    BENEFIT_SPELLS,
    CONTACTS,
    DOMESTIC_INCIDENTS,
    OFFENCES,
    OUTCOME_SCORES,
    PERSON_RECORDS,
    RENT_TRANSACTIONS,
    SERVICE_EPISODES,
    TABLES,
    WORKERS,
)
from store.table import Table
from tests.review.family_rows import (
    DAY,
    START,
    SYSTEM,
    Rows,
    by_lot,
    grouped,
    home,
    known,
    member,
    of_people,
    one_family,
    person,
    put,
    rich,
)

SEEDS = range(4)
BEGINNING = dt.date(1900, 1, 1)
Document = dict[str, Any]


def documents(root: Path, rows: Rows) -> dict[str, Document]:
    """Each family's document."""
    con = duckdb.connect(config={"threads": 1})
    make_documents(con, put(root, rows))
    found = con.sql(DOCUMENTS).fetchall()
    con.close()
    return {row[0]: json.loads(row[-1]) for row in found}


# --- the plain reading -------------------------------------------------------------------------------


class Plain:
    """Who is of which family, from when to when things are shown, worked out one by one."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.dob = {one["person_id"]: one["dob"] for one in rows[PEOPLE]}
        self.spells = {(one["family_id"], one["person_id"]): one for one in rows[FAMILIES] if one["from_date"] <= DAY}
        first: dict[str, dt.date] = {}
        for (_, who), spell in self.spells.items():
            first[who] = min(first.get(who, DAY), spell["from_date"])
        self.shown = {
            (family, who): (
                BEGINNING if spell["from_date"] == first[who] else spell["from_date"],
                DAY if self.here(spell) else spell["to_date"],
            )
            for (family, who), spell in self.spells.items()
        }

    @staticmethod
    def here(spell: dict[str, Any]) -> bool:
        return spell["to_date"] is None or spell["to_date"] >= DAY

    def order(self, family: str) -> list[str]:
        """The members of a family in the document's order."""
        of_family = [who for name, who in self.spells if name == family]

        def place(who: str) -> tuple[bool, str, dt.date, str]:
            spell = self.spells[family, who]
            return not self.here(spell), spell["role"], self.dob[who], who

        return sorted(of_family, key=place)

    def events(self, table: Table) -> list[tuple[str, int, dict[str, Any]]]:
        """Family, number of the member and event, for each event of a member while of the family."""
        found = []
        for family, who in self.spells:
            since, until = self.shown[family, who]
            found += [
                (family, self.order(family).index(who), event)
                for event in self.rows[table]
                if event["record_id"] == f"R{who}" and since <= event["event_date"] <= until
            ]
        return found

    def groups(self, kind: str) -> dict[tuple[str, str], tuple[dt.date, dt.date]]:
        """From when to when each group of a kind is a family's."""
        named: dict[str, list[tuple[str, bool, dt.date, dt.date]]] = defaultdict(list)
        for group in self.rows[SERVICE_GROUPS]:
            if group["group_type"] != kind or group["too_large"]:
                continue
            for (family, who), spell in self.spells.items():
                if who == group["person_id"]:
                    since, until = self.shown[family, who]
                    since = max(since, group["from_date"] or BEGINNING)
                    until = min(until, group["to_date"] or until)
                    named[group["group_id"]].append((family, spell["role"] == "adult", since, until))
        found: dict[tuple[str, str], tuple[dt.date, dt.date]] = {}
        for name, members in named.items():
            any_grown = any(grown for _, grown, _, _ in members)
            for family, grown, since, until in members:
                if since <= until and (grown or not any_grown):
                    before = found.get((family, name), (since, until))
                    found[family, name] = min(before[0], since), max(before[1], until)
        return found


@pytest.fixture(scope="module", params=SEEDS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plain, dict[str, Document]]:
    rows = by_lot(request.param)
    return Plain(rows), documents(tmp_path_factory.mktemp("run") / "run", rows)


def test_members_are_those_of_the_family_the_present_ones_first(both: tuple[Plain, dict[str, Document]]) -> None:
    plain, found = both
    assert set(found) == {family for family, _ in plain.spells}
    for family, document in found.items():
        expected = [
            (
                f"First{who} Ward",
                None if plain.here(plain.spells[family, who]) else str(plain.spells[family, who]["to_date"]),
            )
            for who in plain.order(family)
        ]
        assert [(one["name"], one["to"]) for one in document["members"]] == expected


def test_contacts_are_those_of_members_while_they_were_of_the_family(both: tuple[Plain, dict[str, Document]]) -> None:
    plain, found = both
    often = defaultdict(set)
    for event in plain.rows[CONTACTS]:
        often[event["reason"]].add(event["record_id"])
    expected: dict[str, dict[tuple[str, str | None], set[int]]] = defaultdict(lambda: defaultdict(set))
    for family, number, event in plain.events(CONTACTS):
        words = event["reason"] if len(often[event["reason"]]) >= 5 else None
        expected[family][str(event["event_date"]), words].add(number)
    for family, document in found.items():
        told = {
            (one["from"], one["words"]): set(one["who"])
            for one in document["history"] or ()
            if one["kind"] == "contact"
        }
        assert told == expected[family]


def test_attendance_is_counted_by_month_over_possible_half_days(both: tuple[Plain, dict[str, Document]]) -> None:
    plain, found = both
    possible = {"present", "approved_educational_activity", "authorised", "unauthorised"}
    for family, document in found.items():
        expected: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
        for number, who in enumerate(plain.order(family)):
            since, until = plain.shown[family, who]
            for mark in plain.rows[ATTENDANCE]:
                day, kind = mark["event_date"], mark["statistical_class"]
                month = day.year * 100 + day.month
                inside = since.year * 100 + since.month <= month <= until.year * 100 + until.month
                if mark["record_id"] == f"R{who}" and inside and month >= 202409 and kind in possible:
                    count = expected[number][month]
                    count[0] += 1
                    count[1] += kind in ("present", "approved_educational_activity")
                    count[2] += kind == "unauthorised"
        told = {one["who"]: {month[0]: month[1:] for month in one["months"]} for one in document["attendance"] or ()}
        assert told == expected


def test_a_balance_is_all_that_was_posted_up_to_the_months_end(both: tuple[Plain, dict[str, Document]]) -> None:
    plain, found = both
    months = [(2024 + number // 12) * 100 + number % 12 + 1 for number in range(8, 33)]
    expected: dict[str, list[list[list[int]]]] = defaultdict(list)
    for (family, group), (since, until) in plain.groups("tenancy").items():
        posted = [
            (one["event_date"].year * 100 + one["event_date"].month, one["amount_pence"])
            for one in plain.rows[RENT_TRANSACTIONS]
            if one["group_id"] == group
        ]
        first, last = since.year * 100 + since.month, until.year * 100 + until.month
        account = [
            [month, sum(pence for when, pence in posted if when <= month)]
            for month in months
            if first <= month <= last and any(when <= month for when, _ in posted)
        ]
        if account:
            expected[family].append(account)
    for family, document in found.items():
        assert sorted(one["months"] for one in document["rent"] or ()) == sorted(expected[family])


def test_who_is_involved_is_by_members_and_by_the_familys_cases(both: tuple[Plain, dict[str, Document]]) -> None:
    plain, found = both
    expected: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for family, _, event in plain.events(ALLOCATIONS):
        expected[family].add(("allocated", str(event["event_date"])))
    of_people = {**plain.rows, SERVICE_EPISODES: [one for one in plain.rows[SERVICE_EPISODES] if "record_id" in one]}
    for family, _, event in Plain(of_people).events(SERVICE_EPISODES):
        expected[family].add((event["service"], str(event["event_date"])))
    cases = plain.groups("case_family")
    for (family, group), (since, until) in cases.items():
        for event in plain.rows[SERVICE_EPISODES]:
            if event.get("group_id") == group and since <= event["event_date"] <= until:
                expected[family].add(("early_help", str(event["event_date"])))
    for family, document in found.items():
        assert {(one["what"], one["since"]) for one in document["involved"] or ()} == expected[family]


def test_an_open_assessment_is_due_after_45_working_days(both: tuple[Plain, dict[str, Document]]) -> None:
    plain, found = both
    expected: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for family, number, event in plain.events(ASSESSMENTS):
        here = plain.here(plain.spells[family, plain.order(family)[number]])
        if here and event["to_date"] is None and event["event_date"] >= DAY.replace(year=DAY.year - 1):
            expected[family].add((str(event["event_date"]), str(_later(event["event_date"], 45))))
    for family, document in found.items():
        told = {(one["since"], one["due"]) for one in document["due"] or () if one["kind"] == "assessment"}
        assert told == expected[family]


def _later(day: dt.date, working: int) -> dt.date:
    while working:
        day += dt.timedelta(days=1)
        working -= day.weekday() < 5 and day not in _PUBLISHED.get(day.year, ())
    return day


# --- the calendar ------------------------------------------------------------------------------------

# As gov.uk publishes them, without those given for one year alone.
_PUBLISHED = {
    year: tuple(dt.date(year, month, day) for month, day in days)
    for year, days in {
        2016: ((1, 1), (3, 25), (3, 28), (5, 2), (5, 30), (8, 29), (12, 26), (12, 27)),
        2021: ((1, 1), (4, 2), (4, 5), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)),
        2023: ((1, 2), (4, 7), (4, 10), (5, 1), (5, 29), (8, 28), (12, 25), (12, 26)),
        2024: ((1, 1), (3, 29), (4, 1), (5, 6), (5, 27), (8, 26), (12, 25), (12, 26)),
        2025: ((1, 1), (4, 18), (4, 21), (5, 5), (5, 26), (8, 25), (12, 25), (12, 26)),
        2026: ((1, 1), (4, 3), (4, 6), (5, 4), (5, 25), (8, 31), (12, 25), (12, 28)),
        2027: ((1, 1), (3, 26), (3, 29), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)),
    }.items()
}


@pytest.mark.parametrize("year", sorted(_PUBLISHED))
def test_bank_holidays_are_those_published(year: int) -> None:
    assert set(bank_holidays(year)) == set(_PUBLISHED[year])


def test_working_days_leave_out_weekends_and_bank_holidays() -> None:
    assert working_days(dt.date(2026, 12, 24), dt.date(2026, 12, 29)) == [dt.date(2026, 12, 24), dt.date(2026, 12, 29)]


# --- what must not be shown --------------------------------------------------------------------------

_ADDRESS = "12 Elm Road, AB1 2CD"


def test_an_ordinary_familys_home_is_shown(tmp_path: Path) -> None:
    assert documents(tmp_path / "run", one_family())["F1"]["address"] == _ADDRESS


def _with(**more: Any) -> Rows:
    """One family, and rows more by the name of their table; those of residents' tables are added to what is there."""
    rows = one_family()
    tables = {
        table.name: table for table in (*TABLES, FAMILIES, PEOPLE, RECORD_PERSON, RESIDENCE_SPELLS, SERVICE_GROUPS)
    }
    for name, found in more.items():
        rows[tables[name]] = [*rows.get(tables[name], []), *found]
    return rows


def _incident(record: str) -> dict[str, Any]:
    return known(record, event_date=START, incident_id="D1", risk="standard")


SECRET_HOMES = {
    "domestic abuse was notified": _with(domestic_incidents=[_incident("RP1")]),
    "somebody stayed in a refuge once": _with(residence_spells=[home("P1", "refuge", address_key="x", to_date=DAY)]),
    "an assessment found domestic abuse": _with(
        assessments=[known("RP2", event_date=START, assessment_id="A", factors=["4B", "3B"])]
    ),
    "a contact was about it": _with(
        contacts=[known("RP2", event_date=START, outcome="referral", reason="Violence at home")]
    ),
    **{
        f"a contact was about it, as {reason}": _with(
            contacts=[known("RP2", event_date=START, outcome="referral", reason=reason)]
        )
        for reason in ("DV", "DA - standard risk", "MARAC referral", "Non-molestation order", "Ex-partner controlling")
    },
    "the child is looked after": _with(service_episodes=[known("RP2", event_date=START, service="lac")]),
    "a case ended by adoption": _with(
        service_episodes=[known("RP2", event_date=START, service="cin", closure_reason="Adopted")]
    ),
    "a child's other family is named": {
        **_with(
            domestic_incidents=[_incident("RP9")],
            families=[member("F2", "P9", "adult"), member("F2", "P2", "child")],
        ),
        **of_people([person("P1", dt.date(1990, 5, 6)), person("P2", dt.date(2015, 2, 3)), person("P9", None)]),
    },
    "somebody who left is named": _with(
        domestic_incidents=[_incident("RP1")],
        families=[member("F1", "P3", "adult")],
    )
    | {FAMILIES: [member("F1", "P1", "adult", START, START), member("F1", "P2", "child"), member("F1", "P3", "adult")]},
}


@pytest.mark.parametrize("why", SECRET_HOMES)
def test_no_address_is_shown_where_it_might_put_somebody_in_danger(tmp_path: Path, why: str) -> None:
    for document in documents(tmp_path / "run", SECRET_HOMES[why]).values():
        assert document["address"] is None
        assert "Elm" not in json.dumps(document)
        assert "AB1" not in json.dumps(document)


@pytest.mark.parametrize(
    "kind", ["refuge", "hostel", "temporary_accommodation", "institution", "unknown", "childrens_home"]
)
def test_only_an_ordinary_dwelling_is_shown(tmp_path: Path, kind: str) -> None:
    rows = {**one_family(), RESIDENCE_SPELLS: [home("P1", kind), home("P2", kind)]}
    assert documents(tmp_path / "run", rows)["F1"]["address"] is None


@pytest.mark.parametrize("danger", [True, False])
def test_who_left_a_family_in_danger_is_not_named_on_its_page(tmp_path: Path, danger: bool) -> None:
    """Her name may be new, and is the one that all systems now have."""
    people = [person("P1", dt.date(1990, 5, 6)), person("P2", dt.date(1991, 1, 1), "Newname"), person("P3", None)]
    rows: Rows = {**one_family(), **of_people(people)}
    rows[FAMILIES] = [
        member("F1", "P1", "adult"),
        member("F1", "P3", "child"),
        member("F1", "P2", "adult", START, dt.date(2025, 1, 1)),
        member("F2", "P2", "adult", dt.date(2025, 1, 2)),
    ]
    rows[DOMESTIC_INCIDENTS] = [_incident("RP1")] if danger else []
    found = documents(tmp_path / "run", rows)
    assert ("Newname" in json.dumps(found["F1"])) == (not danger)
    assert ("1991" in json.dumps(found["F1"])) == (not danger)
    assert len(found["F1"]["members"]) == 3
    assert found["F2"]["members"][0]["name"] == "FirstP2 Newname"


def test_domestic_incidents_and_offences_are_named_nowhere(tmp_path: Path) -> None:
    """Not by a row of their own, nor by the system that holds them."""
    rows = _with(
        domestic_incidents=[{**_incident("D1|1"), "source": "constabulary"}],
        offences=[{**known("Y1", event_date=START), "source": "youth_court"}],
        person_records=[
            {**known("D1|1", subject_id="D1|1"), "source": "constabulary"},
            {**known("Y1", subject_id="Y1"), "source": "youth_court"},
        ],
        record_person=[
            {
                "source": "constabulary",
                "file": "care.csv",
                "record_id": "D1|1",
                "person_id": "P1",
                "match_probability": 1.0,
            },
            {
                "source": "youth_court",
                "file": "care.csv",
                "record_id": "Y1",
                "person_id": "P2",
                "match_probability": 1.0,
            },
        ],
    )
    assert {table for table in (DOMESTIC_INCIDENTS, OFFENCES) if rows[table]} == {DOMESTIC_INCIDENTS, OFFENCES}
    told = json.dumps(documents(tmp_path / "run", rows)["F1"])
    assert "constabulary" not in told
    assert "youth_court" not in told


def test_a_system_that_also_does_other_work_is_named_by_its_other_files(tmp_path: Path) -> None:
    """The police's list of people is hidden though another file names the incidents; the case system's is not."""
    rows = _with(
        domestic_incidents=[
            {**_incident("RP1"), "file": "incidents.csv"},
            {**_incident("N1"), "source": "constabulary", "file": "incidents.csv"},
        ],
        contacts=[known("RP2", event_date=START, outcome="referral")],
        person_records=[{**known("N1", subject_id="N1"), "source": "constabulary", "file": "nominals.csv"}],
        record_person=[
            {
                **{"source": "constabulary", "file": "nominals.csv", "record_id": "N1", "person_id": "P1"},
                "match_probability": 1.0,
            }
        ],
    )
    found = documents(tmp_path / "run", rows)["F1"]
    assert {one["system"] for one in found["records"]} == {SYSTEM}
    assert "constabulary" not in json.dumps(found)


def test_ethnicity_is_nowhere(tmp_path: Path) -> None:
    rows = one_family()
    rows[PERSON_RECORDS] = [{**one, "ethnicity": "BCRB"} for one in rows[PERSON_RECORDS]]
    assert "BCRB" not in json.dumps(documents(tmp_path / "run", rows))


def test_what_a_worker_typed_is_not_shown_and_a_lists_words_are(tmp_path: Path) -> None:
    people = [person(f"P{number}", dt.date(2015, 1, 1)) for number in range(6)]
    typed = "Her neighbour Mrs Green rang"
    rows: Rows = {**of_people(people), FAMILIES: [member(f"F{number}", f"P{number}", "child") for number in range(6)]}
    rows[CONTACTS] = [
        *(known(f"RP{number}", event_date=START, outcome="referral", reason="Neglect") for number in range(5)),
        *(
            known("RP5", event_date=START + dt.timedelta(days=day), outcome="referral", reason=typed)
            for day in range(9)
        ),
    ]
    found = documents(tmp_path / "run", rows)
    assert [one["words"] for one in found["F0"]["history"]] == ["Neglect"]
    assert typed not in json.dumps(found)


def test_a_child_of_two_homes_brings_neither_parents_tenancy_or_claim_to_the_other(tmp_path: Path) -> None:
    people = [person("P1", dt.date(1990, 5, 6)), person("P2", dt.date(2015, 2, 3)), person("P9", dt.date(1988, 1, 1))]
    rows: Rows = {
        **of_people(people),
        FAMILIES: [
            member(*one)
            for one in (("F1", "P1", "adult"), ("F1", "P2", "child"), ("F2", "P9", "adult"), ("F2", "P2", "child"))
        ],
        SERVICE_GROUPS: [
            grouped(kind, f"{kind}-{adult}", person_id=who, too_large=False)
            for adult in ("P1", "P9")
            for kind in ("tenancy", "benefit_claim", "case_family")
            for who in (adult, "P2")
        ],
        RENT_TRANSACTIONS: [
            grouped("tenancy", "tenancy-P1", event_date=DAY, kind="rent", amount_pence=100),
            grouped("tenancy", "tenancy-P9", event_date=DAY, kind="rent", amount_pence=900),
        ],
        BENEFIT_SPELLS: [
            grouped("benefit_claim", "benefit_claim-P9", event_date=DAY, benefit="universal_credit", row_kind="spell")
        ],
        OUTCOME_SCORES: [
            grouped("case_family", "case_family-P9", event_date=DAY, stage="opening", domain="health", score=3)
        ],
    }
    found = documents(tmp_path / "run", rows)
    assert [one["months"] for one in found["F1"]["rent"]] == [[[202609, 100]]]
    assert [one["months"] for one in found["F2"]["rent"]] == [[[202609, 900]]]
    assert found["F1"]["benefits"] is None
    assert len(found["F2"]["benefits"]) == 1
    assert found["F1"]["scores"] is None
    assert len(found["F2"]["scores"]) == 1


# --- who is involved ---------------------------------------------------------------------------------


def _worker(source: str, name: str, team: str) -> dict[str, Any]:
    row = {"file": "staff.csv", "worker_id": "W1", "team": team, "role": "Worker", "from_date": START}
    return {**row, "source": source, "name": name, "recorded_on": START}


STAFF_LISTS = {
    "of the system itself": ([_worker(SYSTEM, "Own", "North"), _worker("other", "Another", "North")], "Own"),
    "of another system, by key and team": ([_worker("other", "Another", " north ")], "Another"),
    "of another system, but another team": ([_worker("other", "Another", "South")], None),
    "of two other systems": ([_worker("other", "Another", "North"), _worker("third", "Third", "North")], None),
    "none": ([], None),
}


@pytest.mark.parametrize("where", STAFF_LISTS)
def test_a_worker_is_named_by_the_staff_list_that_is_surely_meant(tmp_path: Path, where: str) -> None:
    staff, name = STAFF_LISTS[where]
    rows = _with(workers=staff, allocations=[known("RP2", event_date=START, worker_id="W1", team="North")])
    (found,) = documents(tmp_path / "run", rows)["F1"]["involved"]
    assert (found["worker"], found["team"]) == (name, "North")


# --- a council without some systems ------------------------------------------------------------------


def test_a_council_without_any_events_has_members_alone(tmp_path: Path) -> None:
    found = documents(tmp_path / "run", one_family())["F1"]
    assert [one["name"] for one in found["members"]] == ["FirstP1 Ward", "FirstP2 Ward"]
    empty = ("attendance", "exclusions", "schooling", "rent", "benefits", "involved", "history", "scores", "due")
    assert {name: found[name] for name in empty} == dict.fromkeys(empty)


def test_a_run_without_anybody_has_no_family(tmp_path: Path) -> None:
    assert documents(tmp_path / "run", {}) == {}


def test_a_record_says_what_it_shares_and_that_a_value_differs_but_not_the_value(tmp_path: Path) -> None:
    from residents.tables import VERSIONS  # noqa: PLC0415

    rows = one_family()
    systems = ("care", "school", "rents")
    rows[PERSON_RECORDS] = [{**known("RP1", subject_id="RP1"), "source": source} for source in systems]
    rows[RECORD_PERSON] = [
        {"source": source, "file": "care.csv", "record_id": "RP1", "person_id": "P1", "match_probability": sure}
        for source, sure in zip(systems, (0.9999, 0.97, 0.6), strict=True)
    ]
    rows[VERSIONS] = [
        {
            **{
                "version": number,
                "person_id": "P1",
                "source": source,
                "subject_id": "RP1",
                "aliased": False,
                "support": 1.0,
            },
            **{"forename": "ann", "surname": surname, "dob": dt.date(1990, 5, 6), "home": None},
        }
        for number, (source, surname) in enumerate(zip(systems, ("ward", "ward", "secretname"), strict=True))
    ]
    document = documents(tmp_path / "run", rows)["F1"]
    told = {one["system"]: (one["sure"], one["shared"], one["differs"]) for one in document["records"]}
    assert told == {
        "care": ("sure", ["dob", "forename", "surname"], []),
        "school": ("fairly_sure", ["dob", "forename", "surname"], []),
        "rents": ("less_sure", ["dob", "forename"], ["surname"]),
    }
    assert "secretname" not in json.dumps(document)


def test_the_same_tables_give_the_same_documents(tmp_path: Path) -> None:
    first = documents(tmp_path / "one", by_lot(3))
    assert json.dumps(first) == json.dumps(documents(tmp_path / "two", by_lot(3)))
    assert SYSTEM in json.dumps(first)


def test_a_worker_comes_with_how_to_reach_them(tmp_path: Path) -> None:
    rows = rich()
    assert documents(tmp_path / "without", rows)["F1"]["involved"][0]["contact"] is None
    rows[WORKERS] = [{**row, "contact": "020 7946 0001"} for row in rows[WORKERS]]
    involved = documents(tmp_path / "with", rows)["F1"]["involved"]
    assert {one["contact"] for one in involved if one["worker"]} == {"020 7946 0001"}
    assert {one["contact"] for one in involved if not one["worker"]} == {None}


def test_a_staff_list_of_an_earlier_release_has_no_contact_and_opens(tmp_path: Path) -> None:
    run = put(tmp_path / "run", rich())
    path = run.path(WORKERS)
    pq.write_table(pq.read_table(path).drop_columns(["contact"]), path)
    con = duckdb.connect(config={"threads": 1})
    make_documents(con, run)
    assert con.sql("SELECT count(*) FROM staff WHERE contact IS NULL").fetchall() == [(1,)]
    con.close()
