"""Where people lived, against a reference that goes through it day by day, and what each system's rhythm says."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from residents.homes.residence import make_spells, version_spells
from residents.homes.sightings import read_sightings

TODAY = dt.date(2024, 12, 31)
FOREVER = dt.date(9999, 12, 31)
BRIDGE = 28
LASTS = 100
COMMUNAL = 15
SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("person_id", pa.string()),
        ("source", pa.string()),
        ("subject_id", pa.string()),
        ("address_key", pa.string()),
        ("recorded_on", pa.date32()),
        ("address_from", pa.date32()),
        ("address_to", pa.date32()),
        ("dob", pa.date32()),
        ("surname_last", pa.string()),
        ("kind", pa.string()),
    ]
)


@dataclass(frozen=True)
class Told:
    """One record's word on where somebody lives."""

    person_id: str
    source: str
    address_key: str
    recorded_on: dt.date
    address_from: dt.date | None = None
    address_to: dt.date | None = None
    subject_id: str | None = None
    dob: dt.date | None = None
    surname_last: str = "rowe"
    kind: str = "dwelling"

    @property
    def start(self) -> dt.date:
        return self.address_from or self.recorded_on


def prepared(told: list[Told]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    rows = [{**vars(one), "row": row, "subject_id": one.subject_id or f"s{row}"} for row, one in enumerate(told)]
    con.register("told_rows", pa.Table.from_pylist(rows, schema=SCHEMA))
    con.execute("CREATE TABLE std AS SELECT * EXCLUDE (person_id, address_key, kind) FROM told_rows")
    con.execute("CREATE TABLE std_homes AS SELECT row, NULL AS uprn, address_key, kind, 1.0 AS score FROM told_rows")
    con.execute("CREATE TABLE row_person AS SELECT row, person_id FROM told_rows")
    con.execute(
        "CREATE TABLE versions AS SELECT dense_rank() OVER (ORDER BY source, subject_id) AS version, "
        "dense_rank() OVER (ORDER BY source, subject_id) AS subject, source, surname_last, row FROM std"
    )
    con.execute("CREATE TABLE row_version AS SELECT row, version FROM versions")
    con.execute("CREATE OR REPLACE TABLE versions AS SELECT DISTINCT * EXCLUDE (row) FROM versions")
    con.execute("CREATE TABLE asked_subjects AS SELECT DISTINCT subject FROM versions")
    return con


def spells(told: list[Told], today: dt.date = TODAY) -> list[dict[str, Any]]:
    con = prepared(told)
    read_sightings(con, today, LASTS)
    version_spells(con, BRIDGE, COMMUNAL)
    make_spells(con, BRIDGE, COMMUNAL)
    found = con.sql(
        "SELECT person_id, address_key, from_date, to_date, recorded_on, end_recorded_on FROM spells "
        "ORDER BY person_id, address_key, from_date"
    )
    rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    return rows


def ends(one: Told, everything: list[Told]) -> tuple[dt.date, dt.date | None]:
    """The last day of one sighting, and when the council knew of it. Written for reading, not for speed."""
    if one.address_to:
        last = max(one.address_to, one.start)
        return last, max(last, one.recorded_on)
    others = [
        other
        for other in everything
        if other.person_id == one.person_id
        and other.address_key != one.address_key
        and other.start > one.start
        and other.start <= TODAY
        and (one.address_from is None or other.address_from is not None)
    ]
    first = min((other.start for other in others), default=FOREVER)
    known = min((other.recorded_on for other in others if other.start == first), default=None)
    runs_out = FOREVER
    if one.address_from is None:
        later = [
            other.recorded_on
            for other in everything
            if other.source == one.source and one.recorded_on < other.recorded_on <= TODAY
        ]
        if later and one.start + dt.timedelta(LASTS) <= TODAY:
            runs_out = max(one.start + dt.timedelta(LASTS), min(later))
    if first <= runs_out and known:
        return first, max(first, known, one.recorded_on)
    return (runs_out, max(runs_out, one.recorded_on)) if runs_out < FOREVER else (FOREVER, None)


def by_day(told: list[Told]) -> list[dict[str, Any]]:
    """The same spells from sets of days: every day shown, then the short gaps, then the runs."""
    far = TODAY + dt.timedelta(400)
    made = []
    for person, home in sorted({(one.person_id, one.address_key) for one in told if one.start <= TODAY}):
        here = [one for one in told if (one.person_id, one.address_key) == (person, home) and one.start <= TODAY]
        closed = {one: ends(one, told) for one in here}
        shown: set[int] = set()
        for one in here:
            shown |= set(range(one.start.toordinal(), min(closed[one][0], far).toordinal() + 1))
        days = sorted(shown)
        for day, following in itertools.pairwise(days):
            if following - day <= BRIDGE:
                shown |= set(range(day, following))
        days = sorted(shown)
        starts = [day for day in days if day - 1 not in shown]
        stops = [day for day in days if day + 1 not in shown]
        for start, stop in zip(starts, stops):
            inside = [one for one in here if start <= one.start.toordinal() <= stop]
            is_open = stop == far.toordinal()
            last = FOREVER if is_open else dt.date.fromordinal(stop)
            made.append(
                {
                    "person_id": person,
                    "address_key": home,
                    "from_date": dt.date.fromordinal(start),
                    "to_date": last,
                    "recorded_on": min(one.recorded_on for one in inside),
                    "end_recorded_on": None
                    if is_open
                    else max(known for end, known in (closed[one] for one in inside) if end == last and known),
                }
            )
    return made


@pytest.mark.parametrize("seed", range(4))
def test_spells_are_those_found_day_by_day(seed: int) -> None:
    chance = random.Random(seed)

    def day(latest: int = 1_500) -> dt.date:
        return dt.date(2021, 1, 1) + dt.timedelta(chance.randrange(latest))

    told = []
    for person in range(60):
        for _ in range(chance.randint(1, 6)):
            start = day()
            one = Told(f"p{person}", chance.choice("abc"), chance.choice(["X", "Y", "Z"]), start)
            if chance.random() < 0.6:
                late = start + dt.timedelta(chance.choice([0, 0, 3, 40, 300]))
                one = replace(one, address_from=start, recorded_on=late)
                if chance.random() < 0.4:
                    one = replace(one, address_to=start + dt.timedelta(chance.choice([-5, 0, 20, 90, 400])))
            told.append(one)
    told = list(dict.fromkeys(told))
    assert spells(told) == by_day(told)


DAY = dt.date(2022, 1, 1)


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days)


@pytest.mark.parametrize(("gap", "count"), [(BRIDGE, 1), (BRIDGE + 1, 2)])
def test_a_gap_of_up_to_28_days_does_not_end_a_residence(gap: int, count: int) -> None:
    told = [Told("p", "a", "X", DAY, DAY, after(10)), Told("p", "b", "X", DAY, after(10 + gap), after(90))]
    assert len(spells(told)) == count


def test_an_end_is_known_only_from_the_record_that_shows_it() -> None:
    """Another record, filed earlier, shows a later move: it cannot tell of the first."""
    told = [
        Told("p", "a", "X", DAY, DAY),
        Told("p", "a", "Y", after(500), after(100)),
        Told("p", "a", "Z", after(300), after(300)),
    ]
    first = spells(told)[0]
    assert (first["to_date"], first["end_recorded_on"]) == (after(100), after(500))


def census(people: int, terms: list[int], **known: Any) -> list[Told]:
    return [
        Told(f"p{person}", "school", f"H{person}", after(term + 5), after(term), subject_id=f"u{person}", **known)
        for person in range(people)
        for term in terms
    ]


def test_a_start_that_moves_with_each_report_is_the_day_of_the_report() -> None:
    """One child is told of for the last time after a year; the census goes on without it."""
    told = [one for one in census(20, [0, 20, 40, 60, 80, 100]) if one.person_id != "p0" or one.start < after(30)]
    found = {row["person_id"]: row for row in spells(told, after(110))}
    assert found["p0"]["to_date"] == after(20 + 2 * 20)
    assert found["p1"]["to_date"] == FOREVER


def test_a_tenancy_renewed_now_and_then_is_no_census() -> None:
    told = [Told(f"p{person}", "rent", f"H{person}", DAY, DAY, subject_id=f"t{person}") for person in range(20)]
    told += [replace(one, recorded_on=after(200), address_from=after(200)) for one in told[:5]]
    assert {row["to_date"] for row in spells(told)} == {FOREVER}


@pytest.mark.parametrize("floor", [dt.date(1900, 1, 1), dt.date(2012, 4, 1)])
def test_the_first_day_of_a_system_is_no_start(floor: dt.date) -> None:
    moved_in = [Told(f"q{person}", "rent", f"G{person}", after(person), after(person)) for person in range(60)]
    floored = [Told(f"p{person}", "rent", f"H{person}", after(person), floor) for person in range(40)]
    found = {row["person_id"]: row for row in spells(moved_in + floored)}
    assert found["p7"]["from_date"] == after(7)
    assert found["p7"]["to_date"] == FOREVER
    assert found["q7"]["from_date"] == after(7)


def test_nobody_lives_anywhere_before_birth() -> None:
    told = [Told("p", "rent", "X", after(900), DAY, dob=after(400)), Told("q", "rent", "X", DAY, DAY, dob=after(400))]
    assert [row["from_date"] for row in spells(told)] == [after(400), DAY]


def test_many_surnames_at_once_make_an_address_communal_and_one_large_family_does_not() -> None:
    told = [Told(f"p{n}", "tax", "mixed", DAY, DAY, surname_last=f"name{n}") for n in range(7)]
    told += [Told(f"q{n}", "tax", "family", DAY, DAY) for n in range(12)]
    told += [
        Told(f"r{n}", "tax", "let", DAY, after(n * 50), after(n * 50 + 40), surname_last=f"name{n}") for n in range(12)
    ]
    told += [Told("s", "tax", "safe", DAY, DAY, kind="refuge")]
    con = prepared(told)
    read_sightings(con, TODAY, LASTS)
    version_spells(con, BRIDGE, COMMUNAL)
    make_spells(con, BRIDGE, COMMUNAL)
    found = con.sql("SELECT address_key, kind, reason FROM communal ORDER BY address_key").fetchall()
    assert found == [("mixed", "dwelling", "surnames"), ("safe", "refuge", "kind")]


def test_versions_have_the_spells_of_their_systems_key() -> None:
    told = [
        Told("p", "tax", "X", DAY, DAY, subject_id="one"),
        Told("p", "tax", "Y", after(60), after(50), subject_id="one"),
        Told("q", "tax", "Y", after(60), after(50), subject_id="two", kind="hostel"),
    ]
    con = prepared(told)
    read_sightings(con, TODAY, LASTS)
    version_spells(con, BRIDGE, COMMUNAL)
    found = con.sql(
        "SELECT version, address_key, from_date, to_date, left_there, communal FROM version_spells"
    ).fetchall()
    assert found == [
        (1, "X", DAY, after(50), True, False),
        (1, "Y", after(50), FOREVER, False, True),
        (2, "Y", after(50), FOREVER, False, True),
    ]


def test_records_that_differ_in_no_date_make_one_spell() -> None:
    kinds = ["dwelling", "hostel", "dwelling", "hmo"]
    told = [Told("p", "tax", "X", DAY, DAY, after(50), kind=kind) for kind in kinds]
    told += [Told("p", "rent", "X", after(1), DAY, after(50))]
    assert [(one["from_date"], one["to_date"]) for one in spells(told)] == [(DAY, after(50))]
