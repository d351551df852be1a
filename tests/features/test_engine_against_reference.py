"""The fast engine gives exactly what the plain one gives, on both backends."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as hypothesis_given

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll
from features.library import library
from features.rows import Cell, at_least, holds, on_weekday, one_of, yes
from features.stage import STAGE
from features.streams import (
    ABSENT_DAYS,
    ASSESSMENTS,
    ATTENDANCE,
    BENEFITS,
    CONTACTS,
    DOMESTIC_INCIDENTS,
    EXCLUSIONS,
    MEMBERS,
    OFFENCES,
    RENT,
    RESIDENCE,
    SCHOOL_STATUS,
    SCHOOLS,
    SERVICES,
    TENANCIES,
)
from features.values import Value, all_of, any_of, at_most, days_since, feature, given, no_less, share, sum_of
from tests.features.dense import AS_OFS as DENSE_AS_OFS
from tests.features.dense import SEEDS, dense
from tests.features.engines import BACKENDS, computed
from tests.features.histories import AS_OFS, Row, histories
from tests.features.reference import Reference


def probe(
    name: str,
    value: Value,
    rule: NullRule = NullRule.NOT_APPLICABLE,
    level: Level = Level.FAMILY,
    roll: Roll = Roll.POOL,
    over: Over = Over.EVERYONE,
) -> Feature:
    return Feature(
        name=name,
        subject="probe",
        label=name,
        value=value,
        null_rule=rule,
        direction=Direction.FREE,
        sentence="{value}",
        why="A probe.",
        owner="Nobody: a test",
        level=level,
        roll=roll,
        over=over,
    )


ABSENT = one_of("statistical_class", "authorised", "unauthorised")
RATE = share(ATTENDANCE.count(ABSENT, 91), ATTENDANCE.count(~one_of("statistical_class", "not_possible"), 91))
LEAKY = CONTACTS.leaks("A probe of the escape.")
PROBES = (
    *(probe(f"rate_{roll}", RATE, roll=roll) for roll in Roll),
    *(probe(f"rate_{roll}_children", RATE, roll=roll, over=Over.CHILDREN) for roll in (Roll.SUM, Roll.MEAN)),
    probe("rate_own", RATE, NullRule.UNKNOWN, Level.CHILD),
    probe("rate_a_year_before", ATTENDANCE.count(ABSENT, 28, 365), NullRule.ZERO, Level.CHILD),
    probe("weekday", ATTENDANCE.count(on_weekday(0, 4), 182), NullRule.ZERO, over=Over.ADULTS),
    probe("balance", RENT.total("amount_pence")),
    probe("charges", RENT.total("amount_pence", one_of("kind", "rent"), 91)),
    probe("dearest", RENT.highest("amount_pence", days=365)),
    probe("cheapest", RENT.lowest("amount_pence", days=365, lag=91)),
    probe("last_charge", days_since(RENT.last_day(one_of("kind", "rent")))),
    probe("first_charge", days_since(RENT.first_day())),
    probe("latest_amount", RENT.latest("amount_pence")),
    probe("latest_or_none", RENT.latest("amount_pence", days=28), NullRule.ZERO),
    probe("rate_or_none", RATE, NullRule.ZERO, roll=Roll.MEAN),
    probe("per_tenancy", given(RENT.count(days=182) > 0, RENT.total("amount_pence") / 7), roll=Roll.MAX),
    *(
        probe(f"single_days_{days or 'ever'}_{level}", ABSENT_DAYS.count(yes("single_day"), days), level=level)
        for days in (28, 365, None)
        for level in Level
    ),
    probe("absent_weekdays", ABSENT_DAYS.distinct("event_date", days=182), over=Over.CHILDREN),
    probe("single_share", share(ABSENT_DAYS.count(yes("single_day")), ABSENT_DAYS.count()), roll=Roll.MAX),
    probe("single_fridays", ABSENT_DAYS.count(yes("single_day") & on_weekday(4), 182, 28), NullRule.ZERO),
    probe("last_single_day", days_since(ABSENT_DAYS.last_day(yes("single_day")))),
    probe("contact_days", CONTACTS.count(days=182)),
    probe("own_contact_days", CONTACTS.count(one_of("outcome", "referral"), 365), NullRule.ZERO, Level.CHILD),
    probe("schools_most", given(SCHOOLS.count() > 0, SCHOOLS.count() - 1), roll=Roll.MAX, over=Over.CHILDREN),
    probe("incidents", DOMESTIC_INCIDENTS.count(~yes("children_present"), 365), over=Over.ADULTS),
    probe("incident_day", DOMESTIC_INCIDENTS.last_day(one_of("risk", "high"))),
    probe("fsm", SCHOOL_STATUS.latest(yes("fsm"), days=365), NullRule.UNKNOWN, Level.CHILD),
    probe("fsm_family", SCHOOL_STATUS.latest(yes("fsm"))),
    probe("sen_given_fsm", SCHOOL_STATUS.latest(one_of("sen", "K", "E"), yes("fsm"), 182), NullRule.UNKNOWN),
    probe("sessions", EXCLUSIONS.total("sessions", at_least("sessions", 3))),
    probe("open_tenancies", TENANCIES.open()),
    probe("open_services", SERVICES.open(one_of("service", "cin", "early_help"))),
    probe("own_services", SERVICES.open(), level=Level.CHILD),
    probe("services_ended", SERVICES.ended.count(days=182)),
    probe("benefits", BENEFITS.open(yes("carers_allowance") | one_of("row_kind", "spell") & ~yes("child_disability"))),
    probe("factor", ASSESSMENTS.ended.count(holds("factors", "7A", "3B"), 365), level=Level.CHILD),
    probe("moves", RESIDENCE.started.count(days=365) - (RESIDENCE.started.first_day() >= 0)),
    probe("hostel", RESIDENCE.open(~one_of("kind", "dwelling"))),
    probe("absent_days", ATTENDANCE.distinct("event_date", ABSENT, 182), NullRule.ZERO),
    probe("own_absent_days", ATTENDANCE.distinct("event_date", ABSENT, 91), NullRule.ZERO, Level.CHILD),
    probe("codes_of_children", ATTENDANCE.distinct("code", days=365, lag=28), NullRule.ZERO, over=Over.CHILDREN),
    *(
        probe(f"codes_{roll}", given(ATTENDANCE.count(days=182) >= 5, ATTENDANCE.distinct("code", days=182)), roll=roll)
        for roll in (Roll.MAX, Roll.MIN, Roll.MEAN)
    ),
    probe("schools", SCHOOL_STATUS.distinct("school_id")),
    probe("schools_by_visits", SCHOOLS.distinct("school_id", yes("fsm")) - SCHOOLS.count()),
    probe("contact_sources", CONTACTS.distinct("referral_source", days=365)),
    probe("end_days", SERVICES.ended.distinct("to_date", ~one_of("service", "lac"))),
    probe("payers", RENT.distinct("amount_pence", days=91, lag=28), over=Over.EVERYONE),
    *(probe(f"median_{days or 'ever'}", RENT.median("amount_pence", days=days)) for days in (91, 365, None)),
    probe("median_lagged", RENT.median("amount_pence", one_of("kind", "rent"), 182, 182), NullRule.UNKNOWN),
    probe("median_sessions", EXCLUSIONS.median("sessions"), over=Over.CHILDREN),
    probe("own_median_sessions", EXCLUSIONS.median("sessions", days=365), level=Level.CHILD),
    *(
        probe(f"median_per_tenancy_{roll}", RENT.median("amount_pence") + RENT.count() / 100, roll=roll)
        for roll in (Roll.MIN, Roll.SUM)
    ),
    probe("median_day", days_since(EXCLUSIONS.median("event_date", days=730))),
    probe("median_gravity", given(OFFENCES.distinct("gravity") >= 2, OFFENCES.median("gravity"))),
    probe("median_age", MEMBERS.median("age_years")),
    probe("own_median_age", MEMBERS.median("age_years"), level=Level.CHILD),
    probe("ages_of_children", MEMBERS.distinct("age_years"), over=Over.CHILDREN),
    probe("roles", MEMBERS.distinct("role")),
    probe("late_known", LEAKY.count(days=182) - CONTACTS.count(days=182)),
    probe("to_come", LEAKY.count(days=91, lag=-91)),
    probe("to_come_and_past", LEAKY.distinct("outcome", days=365, lag=-182), level=Level.CHILD),
    probe("ends_to_come", SERVICES.ended.leaks("A probe.").count(days=182, lag=-182)),
    probe("size", MEMBERS.count()),
    probe("adults", MEMBERS.count(one_of("role", "adult"))),
    probe("youngest", MEMBERS.lowest("age_years", one_of("role", "child")), NullRule.UNKNOWN),
    probe("own_age", MEMBERS.highest("age_years"), level=Level.CHILD),
    probe("derived", any_of(feature("rate_max") >= 0.5, feature("balance") > 100), NullRule.ZERO),
    probe("derived_sum", sum_of(feature("derived"), feature("rate_max"), feature("youngest_unknown"))),
    probe("derived_all", all_of(feature("size") >= 2, feature("adults") >= 1, feature("rate_max") >= 0)),
    probe("capped", no_less(at_most(feature("balance") / 100, 50), feature("youngest"))),
    probe("own_derived", feature("family_size") - sum_of(feature("rate_own")), level=Level.CHILD),
)


@cache
def drawn(count: int) -> list[dict[str, list[Row]]]:
    """Histories that are the same in every run of the same tests, and others with other modules collected.

    What Hypothesis draws it takes from constants of the modules that are loaded too: that some row be among them, of a
    kind that a test needs, is for `tests.features.dense` to see to.
    """
    found: list[dict[str, list[Row]]] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis_given(histories())
    def collect(tables: dict[str, list[Row]]) -> None:
        found.append(tables)

    collect()
    return found


HISTORIES = 60
_IDS = ("person_id", "family_id", "record_id", "group_id")


def side_by_side(many: list[dict[str, list[Row]]]) -> dict[str, list[Row]]:
    """Many histories as one borough: a run of the engine costs the same for one history as for sixty."""
    together: dict[str, list[Row]] = {}
    for number, tables in enumerate(many):
        for name, table in tables.items():
            own = [{k: f"{number}/{v}" if k in _IDS and v else v for k, v in row.items()} for row in table]
            together.setdefault(name, []).extend(own)
    return together


def thick() -> list[dict[str, list[Row]]]:
    """Dense histories, and some thin ones for what is not there."""
    return [*(dense(seed) for seed in SEEDS), *drawn(12)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("which", "features"), [("probes", PROBES), ("library", library())], ids=["probes", "library"])
def test_the_engine_equals_the_reference_where_there_is_much(
    backend: str, which: str, features: tuple[Feature, ...], tmp_path: Path
) -> None:
    children = compared(backend, tmp_path, thick(), features, DENSE_AS_OFS)
    assert len(children) > 100


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_engine_equals_the_reference_where_there_is_little(backend: str, tmp_path: Path) -> None:
    children = compared(backend, tmp_path, drawn(HISTORIES), PROBES, AS_OFS)
    assert len(children) > HISTORIES


def compared(
    backend: str,
    folder: Path,
    many: list[dict[str, list[Row]]],
    features: tuple[Feature, ...],
    as_ofs: tuple[dt.date, ...],
) -> dict[Any, Row]:
    """The children that the engine finds in many histories, once all that it finds is what the reference does."""
    families, children = computed(backend, folder, side_by_side(many), features, as_ofs)
    expected_families, expected_children = {}, {}
    for number, tables in enumerate(many):
        for as_of in as_ofs:
            reference = Reference(tables, as_of)
            of_family = reference.families(features)
            for family, row in of_family.items():
                expected_families[as_of, f"{number}/{family}"] = row
            for (child, family), row in reference.children(features, of_family).items():
                expected_children[as_of, f"{number}/{child}", f"{number}/{family}"] = row
    assert differences(families, expected_families) == []
    assert differences(children, expected_children) == []
    return children


def test_dense_histories_leave_no_table_thin() -> None:
    for seed in SEEDS:
        tables = dense(seed)
        assert tables == dense(seed)
        assert {table.name for table in STAGE.reads} - tables.keys() == {"pseudonyms"}
        assert min(map(len, tables.values())) >= 20
        assert len(tables["attendance"]) > 800


def differences(found: dict[Any, Row], expected: dict[Any, Row]) -> list[tuple[Any, ...]]:
    """Every cell that is not exactly the same, and every row that only one side has."""
    only_one = [(key, "row") for key in found.keys() ^ expected.keys()]
    cells = [
        (key, name, found[key].get(name), value)
        for key in found.keys() & expected.keys()
        for name, value in expected[key].items()
        if found[key].get(name, "absent") != value
    ]
    return only_one + cells


def test_probes_cover_every_reducer_and_measure() -> None:
    used = [a for probe in PROBES for a in probe.aggregates]
    assert {a.reducer for a in used} == {type(a.reducer)(r) for a in used for r in type(a.reducer)}
    assert any(isinstance(a.measure, Cell) for a in used)
