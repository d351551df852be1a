"""Definitions refuse what they cannot mean, and the library keeps its promises."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from pydantic import ValidationError

from features import streams
from features.catalogue import entries
from features.config import FeaturesConfig
from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.library import available, library
from features.needs import NEEDS
from features.periods import Intervals, known_by, quarter_ends
from features.rows import columns_of, one_of
from features.streams import ATTENDANCE, CONTACTS, MEMBERS, Aggregate, Stream
from features.values import blank, feature, given, names_of
from residents.tables import PROTECTED
from store.council import Council
from store.errors import UsageError
from tests.support import COUNCIL


def made(**changes: object) -> Feature:
    base = Feature(
        name="sessions",
        subject="attendance",
        label="Sessions",
        value=ATTENDANCE.count(days=91),
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} sessions.",
        why="A test.",
        owner="Nobody: a test",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_an_unknown_column_is_refused_with_the_columns_there_are() -> None:
    with pytest.raises(ValueError, match=r"attendance has no column mark; there are source, .*session, code"):
        ATTENDANCE.count(one_of("mark", "/"))
    with pytest.raises(ValueError, match=r"attendance has no column Sesion; did you mean session\?"):
        ATTENDANCE.count(one_of("Sesion", "AM"))
    with pytest.raises(AttributeError, match=r"no stream ATTENDENCE; did you mean ATTENDANCE"):
        streams.ATTENDENCE  # noqa: B018


def test_a_feature_cannot_pass_for_the_family_s_of_another() -> None:
    # To a child, `family_late` is the family's feature `late`, which may leak: no other feature can be taken for it.
    with pytest.raises(ValueError, match="what a family's feature goes by"):
        made(name="family_late")


def test_windows_that_mean_nothing_are_refused() -> None:
    for window in ({"days": 0}, {"days": -1}, {"lag": -1}):
        with pytest.raises(ValueError, match=r"window|lag"):
            ATTENDANCE.count(**window)
    with pytest.raises(ValueError, match="membership has no window"):
        MEMBERS.count(days=91)


def test_rows_that_count_once_cannot_be_added_up() -> None:
    stream = Stream(CONTACTS.table, CONTACTS.carrier, once_per="contact_id")
    with pytest.raises(ValueError, match="cannot be added up"):
        stream.total("contact_id")


def test_a_roll_over_members_may_not_take_no_record_for_nothing() -> None:
    with pytest.raises(ValueError, match="given"):
        made(roll=Roll.MEAN)
    rated = given(ATTENDANCE.count(days=91) > 0, ATTENDANCE.count(days=91))
    assert made(roll=Roll.MEAN, value=rated).roll is Roll.MEAN


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Sessions"},
        {"name": "x; DROP TABLE"},
        {"level": Level.CHILD, "over": Over.ADULTS},
        {"unit": Unit.FLAG},
        {"sentence": "No value."},
        {"roll": Roll.MAX, "value": feature("other")},
    ],
)
def test_a_feature_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        made(**changes)


def test_nothing_known_is_blank_or_zero_by_the_rules() -> None:
    count, last = ATTENDANCE.count(), ATTENDANCE.last_day()
    assert blank(count) == 0
    assert blank(last) is None
    assert blank(count / count) is None
    assert blank(given(count > 0, count)) is None
    assert blank(count - 3) == -3


def test_features_made_of_one_another_in_a_circle_are_refused() -> None:
    one = made(name="one", value=feature("two"))
    two = made(name="two", value=feature("one"))
    with pytest.raises(ValueError, match="made of itself"):
        available([one, two], [])


def test_the_library_has_one_name_for_one_thing_and_a_reason_for_each() -> None:
    features = library()
    assert len({f.name for f in features}) == len(features) >= 60
    assert all(f.why and f.label and f.sentence for f in features)
    assert {"needs_count", *(need.name for need in NEEDS)} <= {f.name for f in features}
    assert len({entry["name"] for entry in entries(features)}) == len(entries(features))


def test_no_feature_reads_who_a_person_is() -> None:
    forbidden = {"ethnicity", "forename", "surname", "full_name", "sex", "upn", "nino", "postcode", "uprn", "address"}
    forbidden |= {"school_id", "address_key", "ward", "lsoa", "imd_decile", "worker_id"}
    for item in (a for f in library() for a in f.aggregates):
        assert not forbidden & {*columns_of(item.measure), *columns_of(item.where)}
        assert item.stream.table != PROTECTED


def test_a_source_that_is_absent_takes_its_features_and_nothing_else() -> None:
    kept, left_out = available(library(), {"attendance", "rent_transactions"})
    assert {"absence_rate_182", "rent_arrears_weeks", "late_rate_182_max"} <= set(left_out)
    assert {"needs_count", "need_education", "need_housing", "caring_signs", "contacts_365"} <= {f.name for f in kept}
    assert {f.name for f in kept}.isdisjoint(left_out)
    gone = set(left_out) | {f"family_{name}" for name in left_out}
    assert all(gone.isdisjoint(names_of(f.value)) for f in kept)
    assert not any(a.stream.table.name == "attendance" for f in kept for a in f.aggregates)


def test_quarter_ends_from_the_first_with_half_a_year_behind_it() -> None:
    dates = FeaturesConfig().dates(COUNCIL)
    assert dates[0] == dt.date(2023, 3, 31)
    assert dates[-1] == dt.date(2026, 6, 30)
    assert len(dates) == 14
    assert quarter_ends(dt.date(2024, 3, 31), dt.date(2024, 6, 30)) == (dt.date(2024, 3, 31), dt.date(2024, 6, 30))


def test_dates_given_twice_count_once_and_dates_outside_are_refused() -> None:
    day = dt.date(2025, 1, 1)
    assert FeaturesConfig(as_of=(day, day)).dates(COUNCIL) == (day,)
    with pytest.raises(UsageError, match="2030-01-01"):
        FeaturesConfig(as_of=(dt.date(2030, 1, 1),)).dates(COUNCIL)
    with pytest.raises(ValidationError):
        FeaturesConfig(as_of=(day,), first_as_of=day)
    short = Council(
        name="x", extract_date=dt.date(2026, 9, 1), covers_from=dt.date(2026, 7, 1), covers_to=dt.date(2026, 8, 31)
    )
    with pytest.raises(UsageError, match="no quarter end"):
        FeaturesConfig().dates(short)


def test_intervals_cut_at_every_boundary() -> None:
    cut = Intervals((100, 190), ((91, 0), (None, 0), (10, 50)))
    assert cut.boundaries == (9, 40, 50, 99, 100, 130, 140, 190)
    calendar = dict(zip(*cut.calendar().values()))
    assert (calendar[8], calendar[9], calendar[99], calendar[189]) == (0, 1, 4, 7)
    rows = cut.rollup()
    inside = {
        (as_of, interval): flags
        for as_of, interval, *flags in zip(rows["as_of"], rows["interval"], rows["w0"], rows["w1"], rows["w2"])
    }
    assert inside[0, cut.interval(9)] == [1, 1, 0]
    assert inside[0, cut.interval(40)] == [1, 1, 1]
    assert inside[1, cut.interval(8)] == [0, 1, 0]
    assert (0, cut.interval(100)) not in inside
    assert [known_by((100, 190), day) for day in (99, 100, 189, 190)] == [0, 1, 1, 2]


def test_an_aggregate_is_shared_by_the_features_that_use_it() -> None:
    assert ATTENDANCE.count(days=91) == ATTENDANCE.count(days=91)
    assert isinstance(ATTENDANCE.count(), Aggregate)
    assert len({ATTENDANCE.count(days=91), ATTENDANCE.count(days=91)}) == 1
