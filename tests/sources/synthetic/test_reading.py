"""The borough through the council's own reading path, against the truth."""

from __future__ import annotations

import duckdb
import pytest

from sources import tables
from sources.synthetic.names import HOSTILE
from store.run_folder import RunFolder
from store.table import Table
from tests.sources.synthetic.conftest import Made

"""The borough is read once, by one worker."""


def _read(run: RunFolder, table: Table) -> duckdb.DuckDBPyRelation:
    return duckdb.read_parquet(str(run.path(table)))


def _one(relation: duckdb.DuckDBPyRelation) -> tuple[object, ...]:
    row: tuple[object, ...] = relation.fetchall()[0]
    return row


FED = (
    *(tables.PERSON_RECORDS, tables.ADDRESSES, tables.GROUP_MEMBERS, tables.RELATIONSHIPS, tables.ATTENDANCE),
    *(tables.EXCLUSIONS, tables.SCHOOL_STATUS, tables.RENT_TRANSACTIONS, tables.ARREARS_ACTIONS, tables.TENANCIES),
    *(tables.BENEFIT_SPELLS, tables.CONTACTS, tables.ASSESSMENTS, tables.SERVICE_EPISODES),
    *(tables.DOMESTIC_INCIDENTS, tables.DISABILITY_MARKERS, tables.YOUNG_CARER_IDENTIFICATIONS),
    *(tables.NEET, tables.OFFENCES, tables.ADULT_CARE_SERVICES, tables.ALLOCATIONS, tables.WORKERS),
    tables.OUTCOME_SCORES,
)


@pytest.mark.parametrize("table", FED, ids=lambda table: table.name)
def test_the_table_is_fed(run: RunFolder, table: Table) -> None:
    assert _one(_read(run, table).count("*"))[0]


def test_every_record_read_is_a_known_person_and_nearly_all_are_read(made: Made, run: RunFolder) -> None:
    read, truth = _read(run, tables.PERSON_RECORDS), made.of_truth("record_person")
    keys = "source, file, record_id"
    assert _one(truth.select(keys).distinct().count("*")) == _one(truth.count("*"))
    assert _one(read.select(keys).except_(truth.select(keys)).count("*"))[0] == 0
    unread = truth.select(keys).except_(read.select(keys)).aggregate("file, count(*) AS n", "file").fetchall()
    # Only rows whose day of recording was spoiled are lost, four of a file at most.
    assert all(lost <= 4 for _, lost in unread)
    assert len(unread) <= 8


def test_a_test_record_is_nobody(made: Made, run: RunFolder) -> None:
    truth = made.of_truth("record_person").filter("person IS NULL")
    named = _read(run, tables.PERSON_RECORDS).join(truth, "source, file, record_id")
    rows, tests = _one(named.aggregate("count(*), count_if(surname = 'Test')"))
    assert rows == tests
    assert int(str(rows)) >= 4


def test_a_record_mostly_says_what_is_true_of_its_person(made: Made, run: RunFolder) -> None:
    """A key joined to the wrong person would show at once: sex is never keyed wrong."""
    read, truth = _read(run, tables.PERSON_RECORDS), made.of_truth("record_person")
    persons = made.of_truth("persons").project("person, sex AS true_sex, dob AS true_dob")
    joined = read.join(truth, "source, file, record_id").join(persons, "person").filter("sex IN ('F', 'M')")
    rows, same_sex, same_dob = _one(
        joined.aggregate("count(*), count_if(sex = true_sex), avg((dob = true_dob)::INT) FILTER (dob IS NOT NULL)")
    )
    assert rows == same_sex
    assert 0.95 < float(str(same_dob)) < 1.0


def test_quarantine_is_a_handful_in_each_file(made: Made, run: RunFolder) -> None:
    found = _read(run, tables.QUARANTINE).aggregate('file, count(DISTINCT "row") AS n', "file").fetchall()
    assert len(found) >= 8
    for file, spoiled in found:
        assert 1 <= spoiled <= max(20, 0.05 * made.rows[file]), file


def test_hostile_names_come_through_as_they_are(made: Made, run: RunFolder) -> None:
    names = _read(run, tables.PERSON_RECORDS).filter("source = 'schools'").project("forename, surname").distinct()
    assert set(HOSTILE) <= set(names.fetchall())
    persons = made.of_truth("persons").project("forename, surname").fetchall()
    assert set(HOSTILE) <= set(persons)


def test_the_usual_mess_is_there(run: RunFolder) -> None:
    """Missing birth dates, UPRNs and ethnicity; a 1900 placeholder; capitals; several names of one pupil."""
    records = _read(run, tables.PERSON_RECORDS)
    shares = _one(
        records.aggregate(
            "avg((dob IS NULL)::INT) FILTER (source = 'social_care'), avg((uprn IS NULL)::INT) FILTER (source = "
            "'council_tax'), avg((ethnicity IS NULL)::INT) FILTER (source = 'landlord'), "
            "avg((surname = upper(surname))::INT) FILTER (source = 'landlord')"
        )
    )
    no_dob, no_uprn, no_ethnicity, capitals = (float(str(share)) for share in shares)
    assert 0.05 < no_dob < 0.4
    assert 0.02 < no_uprn < 0.2
    assert 0.1 < no_ethnicity < 0.4
    assert capitals == 1.0
    assert _one(records.filter("dob = DATE '1900-01-01'").count("*"))[0]
    pupils = records.filter("upn IS NOT NULL").aggregate("upn, count(DISTINCT surname) AS names", "upn")
    assert _one(pupils.filter("names > 1").count("*"))[0]


def test_events_are_recorded_on_or_after_the_day_and_some_are_late(run: RunFolder) -> None:
    for table in (tables.CONTACTS, tables.ATTENDANCE, tables.DOMESTIC_INCIDENTS, tables.RENT_TRANSACTIONS):
        early, late = _one(
            _read(run, table).aggregate("count_if(recorded_on < event_date), count_if(recorded_on > event_date + 7)")
        )
        assert early == 0, table.name
        assert late, table.name


def test_marks_are_two_a_day_for_each_pupil(run: RunFolder) -> None:
    """But for the few spoiled rows of the late file."""
    days = _read(run, tables.ATTENDANCE).aggregate("record_id, event_date, count(*) AS marks", "record_id, event_date")
    odd, all_days = _one(days.aggregate("count_if(marks <> 2), count(*)"))
    assert int(str(odd)) <= 8 < int(str(all_days))


_COMPARED = """
    WITH found AS (
        SELECT source, record_id AS named, CASE source WHEN 'schools' THEN event_date ELSE recorded_on END AS known_on
        FROM read_parquet($identified)
    ),
    people AS (
        SELECT DISTINCT records.person, found.known_on FROM found JOIN read_parquet($records) AS records
        ON records.source = found.source AND found.named = CASE found.source
            WHEN 'schools' THEN split_part(records.record_id, '|', 2) ELSE records.record_id END
    )
    SELECT count(*), count(carers.person), count_if(identified_on > known_on), count_if(from_date > known_on)
    FROM people LEFT JOIN read_parquet($carers) AS carers USING (person)
"""


def test_identifications_are_of_true_carers_and_not_before_the_truth_says(made: Made, run: RunFolder) -> None:
    files = {
        "identified": str(run.path(tables.YOUNG_CARER_IDENTIFICATIONS)),
        "records": str(made.truth / "record_person.parquet"),
        "carers": str(made.truth / "young_carers.parquet"),
    }
    found, true_carers, before_truth, before_caring = duckdb.execute(_COMPARED, files).fetchall()[0]
    assert found > 0
    assert (found, 0, 0) == (true_carers, before_truth, before_caring)


def test_no_row_knows_of_a_later_day(run: RunFolder) -> None:
    """A leaving date in a census before the pupil left would tell the future to every feature."""
    status = _read(run, tables.SCHOOL_STATUS)
    ahead, leavers = _one(status.aggregate("count_if(leaving_date > recorded_on), count(leaving_date)"))
    assert leavers
    assert ahead == 0


def test_one_school_stops_sending_marks(run: RunFolder) -> None:
    """Its pupils are on roll in summer 2026, and have marks before March and none after."""
    status, marks = _read(run, tables.SCHOOL_STATUS), _read(run, tables.ATTENDANCE)
    summer = status.filter("event_date > DATE '2026-05-01'").project("record_id, school_id").distinct()
    after = marks.filter("event_date >= DATE '2026-05-10'").project("record_id").distinct()
    unmarked = summer.join(after, "record_id", how="anti")
    schools, pupils = _one(unmarked.aggregate("count(DISTINCT school_id), count(*)"))
    assert (schools, int(str(pupils)) > 5) == (1, True)
    before = marks.filter("event_date BETWEEN DATE '2025-10-01' AND DATE '2026-02-28'").project("record_id").distinct()
    assert int(str(_one(unmarked.join(before, "record_id", how="semi").count("*"))[0])) > 5


def test_made_up_pupil_numbers_give_way_to_the_pupils_own(made: Made, run: RunFolder) -> None:
    pupils = _read(run, tables.PERSON_RECORDS).filter("source = 'schools'").project("file, record_id, upn")
    people = made.of_truth("record_person").filter("source = 'schools'").project("file, record_id, person")
    both = pupils.join(people, "file, record_id").aggregate(
        "person, count(DISTINCT upn) AS numbers, count_if(upn SIMILAR TO '.*[A-Z]') AS made_up", "person"
    )
    changed, made_up, odd = _one(
        both.aggregate(
            "count_if(numbers = 2), count_if(made_up > 0), count_if(numbers > 2 OR (numbers = 2 AND made_up = 0))"
        )
    )
    assert int(str(made_up)) >= int(str(changed)) > 0
    assert odd == 0
    numbers = _read(run, tables.ATTENDANCE).filter("record_id SIMILAR TO '.*[A-Z]'")
    assert int(str(_one(numbers.count("*"))[0])) > 50


def test_rows_sent_twice_are_superseded(run: RunFolder) -> None:
    twice = _read(run, tables.QUARANTINE).filter("rule = 'superseded' AND source = 'schools'")
    assert _one(twice.count("*"))[0]
