"""A borough's files read back plainly, with DuckDB alone, so that its figures are counted from what was written.

What is read here owes nothing to the toolkit's own reading: a fault in the one does not hide a fault in the other.
Truth says only who is who, so that a figure's interval can allow for children of one family being alike.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from store.run_folder import hide_progress

BLOCKS = 20
"""Families are dealt into so many blocks; each figure is worked out with each block left out in turn."""

_PERSONS = """
CREATE TEMP TABLE persons AS
SELECT person, family, (substr(family, 2)::BIGINT % 20)::INT AS block, dob, ethnicity, disabled
FROM read_parquet($path)
"""
_NAMED = """
CREATE TEMP TABLE named AS
SELECT DISTINCT record.source, split_part(record_id, '|', CASE WHEN record.source = 'schools' THEN 2 ELSE 1 END) AS key,
    record_id, person, block, family
FROM read_parquet($path) AS record JOIN persons USING (person)
"""
_CHILDREN = """
CREATE TEMP TABLE residents AS
SELECT DISTINCT dates."on", persons.person, persons.block, persons.family, date_sub('year', dob, dates."on") AS age
FROM read_parquet($path) AS member JOIN persons USING (person),
    (VALUES (DATE '2023-09-30'), (DATE '2024-03-31'), (DATE '2024-09-30'), (DATE '2025-03-31'), (DATE '2025-05-31'),
        (DATE '2025-09-30')) AS dates("on")
WHERE role = 'child' AND from_date <= dates."on" AND coalesce(to_date > dates."on", TRUE)
    AND dob <= dates."on" AND date_sub('year', dob, dates."on") < 18
"""
_CENSUSES = """
CREATE TEMP TABLE censuses AS
SELECT census.*, named.person, named.block FROM (
    SELECT "PupilNo" AS upn, "CensusTerm" AS term, (2000 + left("CensusTerm", 2)::INT) AS year,
        strptime("CensusDate", '%d-%m-%Y')::DATE AS "on", "LAEstab" AS school,
        CASE "YearGroup" WHEN 'R' THEN 0 ELSE try_cast("YearGroup" AS INT) END AS year_group,
        "FreeMeals" = '1' AS meals, "SENStage" AS sen, "CarerFlag" IN ('P', 'S') AS carer
    FROM census_files
) AS census JOIN named ON named.source = 'schools' AND named.record_id = term || '|' || upn
"""
_ABSENCE = """
CREATE TEMP TABLE absence AS
SELECT "PupilNo" AS upn, year, count(*) FILTER (possible) AS possible, count(*) FILTER (missed) AS missed,
    count(*) FILTER (possible AND autumn) AS autumn_possible, count(*) FILTER (missed AND autumn) AS autumn_missed
FROM (
    SELECT "PupilNo", extract(year FROM "MarkDate" - 240)::INT AS year, extract(month FROM "MarkDate") > 8 AS autumn,
        "Mark" NOT IN ('#', 'X', 'Y', 'Z', 'D', 'Q') AS possible,
        "Mark" IN ('I', 'M', 'C', 'O', 'G', 'U', 'N', 'S', 'T', 'E', 'H') AS missed
    FROM read_parquet($paths)
) GROUP BY ALL
"""
_PUPIL_YEARS = """
CREATE TEMP TABLE pupil_years AS
SELECT absence.*, pupil.* EXCLUDE (upn, year), persons.ethnicity AS true_ethnicity,
    missed >= 0.1 * possible AS persistent, missed >= 0.5 * possible AS severe,
    autumn_missed >= 0.1 * autumn_possible AS autumn_persistent
FROM absence JOIN (
    SELECT upn, year, any_value(person) AS person, any_value(block) AS block, max(year_group) AS year_group,
        arg_max(meals, "on") AS meals, arg_max(sen, "on") AS sen, bool_or(carer) AS carer
    FROM censuses GROUP BY upn, year
) AS pupil USING (upn, year) JOIN persons USING (person)
WHERE possible >= 20 AND pupil.year_group BETWEEN 1 AND 11
"""
_SCHOOLS = """
CREATE TEMP TABLE school_censuses AS
SELECT school, "on", (hash(school) % 20)::INT AS block, NOT bool_or(carer) AS no_carers FROM censuses GROUP BY ALL
"""
_FRONT_DOOR = """
CREATE TEMP TABLE contacts AS
SELECT *, lag("on") OVER (PARTITION BY person, accepted ORDER BY "on", contact) AS before FROM (
    SELECT DISTINCT "ContactRef" AS contact, person, block, family,
        try_strptime("ContactDate", '%d/%m/%Y')::DATE AS "on", "Decision" = 'Accepted as referral' AS accepted
    FROM front_door_file JOIN named ON named.source = 'social_care' AND named.record_id = "PersonID"
)
"""
_ASSESSMENTS = """
CREATE TEMP TABLE assessments AS
SELECT DISTINCT "AssessmentRef", person, block, try_strptime("Started", '%d/%m/%Y')::DATE AS start,
    coalesce(try_strptime("Completed", '%d/%m/%Y')::DATE, DATE '9999-01-01') AS "end"
FROM assessments_file JOIN named ON named.source = 'social_care' AND named.record_id = "PersonID"
"""
_PLANS = """
CREATE TEMP TABLE plans AS
SELECT DISTINCT "PlanRef", person, block, "PlanType" AS kind, try_strptime("From", '%d/%m/%Y')::DATE AS start,
    coalesce(try_strptime("Until", '%d/%m/%Y')::DATE, DATE '9999-01-01') AS "end"
FROM plans_file JOIN named ON named.source = 'social_care' AND named.record_id = "PersonID"
"""
_DOOR_YEARS = """
CREATE TEMP TABLE door_years AS
SELECT block, child_years, contacts, referrals, assessments FROM
    (SELECT block, count(*) AS child_years FROM residents
        WHERE month("on") = 9 GROUP BY block)
    JOIN (SELECT block, count(*) AS contacts, count(*) FILTER (accepted) AS referrals FROM contacts
        WHERE "on" >= DATE '2023-04-01' AND "on" < DATE '2026-04-01' GROUP BY block) USING (block)
    JOIN (SELECT block, count(*) AS assessments FROM assessments
        WHERE start >= DATE '2023-04-01' AND start < DATE '2026-04-01' GROUP BY block) USING (block)
"""
_CHILD_DAYS = """
CREATE TEMP TABLE child_days AS
SELECT residents.*, persons.disabled, household.poor,
    coalesce(household.uc_from <= residents."on", FALSE) AND coalesce(household.uc_to > residents."on", TRUE) AS uc,
    coalesce(carer.from_date <= residents."on", FALSE) AS carer, carer.hours,
    coalesce(carer.from_date <= residents."on" AND carer.identified_on <= residents."on", FALSE) AS known_carer,
    residents.person IN (SELECT person FROM registered WHERE "on" <= residents."on") AS on_register,
    EXISTS (FROM plans WHERE plans.person = residents.person AND kind = 'CPP'
        AND start <= residents."on" AND "end" > residents."on") AS protected,
    EXISTS (FROM plans WHERE plans.person = residents.person AND kind = 'LAC'
        AND start <= residents."on" AND "end" > residents."on") AS looked_after,
    EXISTS (FROM plans WHERE plans.person = residents.person
        AND start <= residents."on" AND "end" > residents."on")
    OR EXISTS (FROM assessments WHERE assessments.person = residents.person
        AND start <= residents."on" AND "end" > residents."on") AS in_need
FROM residents JOIN persons USING (person) JOIN households AS household ON household.family = persons.family
LEFT JOIN carers_truth AS carer ON carer.person = residents.person
"""
_CARERS_BY_HOURS = """
CREATE TEMP TABLE carers_by_hours AS SELECT block, hours FROM carers_truth JOIN persons USING (person)
"""
_REGISTERED = """
CREATE TEMP TABLE registered AS
SELECT person, min(try_strptime("Registered", '%d.%m.%y')::DATE) AS "on"
FROM register_file JOIN named ON named.source = 'young_carers' AND named.record_id = "RegisterNo" GROUP BY person
"""
_HOUSEHOLDS = """
CREATE TEMP TABLE households AS
SELECT *, (substr(family, 2)::BIGINT % 20)::INT AS block,
    coalesce(uc_from <= DATE '2025-05-31', FALSE) AND coalesce(uc_to > DATE '2025-05-31', TRUE) AS uc_in_may,
    coalesce(hb_from <= DATE '2025-05-31', FALSE) AND coalesce(hb_to > DATE '2025-05-31', TRUE) AS hb_in_may
FROM read_parquet($path)
"""
_FAMILY_SIZES = """
CREATE TEMP TABLE family_sizes AS
SELECT family, any_value(block) AS block, count(*) AS children FROM residents WHERE "on" = DATE '2025-03-31'
GROUP BY family
"""
_LEDGER = """
CREATE TEMP TABLE ledger AS
SELECT "TENREF" AS tenancy, try_strptime("EFFDT", '%d/%m/%y')::DATE AS "on",
    CASE WHEN "AMOUNT" LIKE '(%' THEN -1 ELSE 1 END
        * try_cast(replace(trim("AMOUNT", '()'), ',', '') AS DECIMAL(18, 2)) AS pounds
FROM ledger_file WHERE "TENREF" LIKE 'T%/1' AND try_strptime("EFFDT", '%d/%m/%y') IS NOT NULL
"""
_TENANCIES = """
CREATE TEMP TABLE tenancies AS
SELECT "TENREF" AS tenancy, try_cast("WKRENT" AS DOUBLE) AS weekly, try_strptime("STARTDT", '%d/%m/%y')::DATE AS start,
    coalesce(try_strptime("ENDDT", '%d/%m/%y')::DATE, DATE '9999-01-01') AS "end", tenant.family, tenant.block,
    uc_from, uc_to, kind
FROM tenancy_file JOIN (
    SELECT key, arg_min(family, record_id) AS family, arg_min(block, record_id) AS block
    FROM named WHERE source = 'landlord' GROUP BY key
) AS tenant ON tenant.key = "TENREF" JOIN households ON households.family = tenant.family
WHERE "TENTYPE" <> 'TEMP' AND try_cast("WKRENT" AS DOUBLE) > 0
"""
_CLAIM_PATH = """
CREATE TEMP TABLE claim_path AS
SELECT tenancy, any_value(block) AS block, weeks, greatest(sum(pounds)::DOUBLE / any_value(weekly), 0.0) AS owed
FROM tenancies JOIN ledger USING (tenancy), (VALUES (-48), (0), (8), (10), (12), (52)) AS moment(weeks)
WHERE uc_from BETWEEN DATE '2023-09-01' AND DATE '2025-08-20'
    AND start < uc_from - 340 AND "end" > uc_from + 370 AND ledger."on" < uc_from + 7 * weeks
GROUP BY tenancy, weeks
"""
_ACCOUNTS = """
CREATE TEMP TABLE accounts AS
SELECT tenancy, any_value(block) AS block, sum(pounds)::DOUBLE AS owed,
    any_value(coalesce(uc_from <= DATE '2024-12-31', FALSE) AND coalesce(uc_to > DATE '2024-12-31', TRUE)) AS uc
FROM tenancies JOIN ledger USING (tenancy)
WHERE start < DATE '2024-07-01' AND "end" > DATE '2024-12-31' AND ledger."on" <= DATE '2024-12-31' GROUP BY tenancy
"""
_CSV: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "census_files": (
        *("schools/Census *.csv", ","),
        (
            "CensusTerm",
            "CensusDate",
            "PupilNo",
            "LAEstab",
            "YearGroup",
            "FreeMeals",
            "SENStage",
            "CarerFlag",
        ),
    ),
    "front_door_file": ("social_care/front_door.csv", ",", ("ContactRef", "PersonID", "ContactDate", "Decision")),
    "assessments_file": (
        *("social_care/single_assessments.csv", ","),
        ("AssessmentRef", "PersonID", "Started", "Completed"),
    ),
    "plans_file": ("social_care/plans.csv", ",", ("PlanRef", "PersonID", "PlanType", "From", "Until")),
    "register_file": ("carers/young_carers.csv", ";", ("RegisterNo", "Registered")),
    "tenancy_file": ("landlord/TENANCY.CSV", ";", ("TENREF", "TENTYPE", "STARTDT", "ENDDT", "WKRENT")),
    "ledger_file": ("landlord/LEDGER.CSV.gz", ";", ("TENREF", "EFFDT", "AMOUNT")),
}


def _read(extracts: Path, pattern: str, delimiter: str, columns: tuple[str, ...]) -> pa.Table:
    """The columns as text. Social care writes UTF-8; of the rest only plain cells count, so latin-1 does for all."""
    encoding = "utf8" if pattern.startswith("social_care") else "latin-1"
    tables = [
        csv.read_csv(
            path,
            csv.ReadOptions(encoding=encoding),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=False),
            csv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(columns, pa.string())),
        )
        for path in sorted(extracts.glob(pattern))
    ]
    return pa.concat_tables(tables)


def read_back(extracts: Path, truth: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the tables that the figures of ``targets.py`` are counted in."""
    connection = duckdb.connect()
    hide_progress(connection)
    for name, (pattern, delimiter, columns) in _CSV.items():
        connection.register(name, _read(extracts, pattern, delimiter, columns))
    connection.read_parquet(str(truth / "young_carers.parquet")).to_view("carers_truth")
    connection.read_parquet(str(truth / "need.parquet")).to_view("need_truth")
    connection.read_parquet(str(truth / "under_the_radar.parquet")).to_view("radar_truth")
    connection.read_parquet(str(truth / "early_help_offers.parquet")).to_view("offers_truth")
    _make(connection, _PERSONS, path=str(truth / "persons.parquet"))
    _make(connection, _NAMED, path=str(truth / "record_person.parquet"))
    _make(connection, _CHILDREN, path=str(truth / "family_members.parquet"))
    _make(connection, _HOUSEHOLDS, path=str(truth / "households.parquet"))
    _make(connection, _CENSUSES)
    _make(connection, _ABSENCE, paths=[str(extracts / f"schools/marks_{year}.parquet") for year in (2022, 2023, 2024)])
    for statement in (
        *(_PUPIL_YEARS, _SCHOOLS, _FRONT_DOOR, _ASSESSMENTS, _PLANS, _REGISTERED, _DOOR_YEARS, _CHILD_DAYS),
        _CARERS_BY_HOURS,
        *(_FAMILY_SIZES, _LEDGER, _TENANCIES, _CLAIM_PATH, _ACCOUNTS),
    ):
        _make(connection, statement)
    return connection


def _make(connection: duckdb.DuckDBPyConnection, statement: str, **values: object) -> None:
    connection.execute(statement, values or None)
