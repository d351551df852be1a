"""The FEBRL benchmarks 3 and 4, brought into the toolkit's own tables and matched by the stage as it stands.

``soc_sec_id``, FEBRL's national number of seven digits, goes into the column of the National Insurance number: its
first digit as a letter, its other six as digits, so that two numbers are equal there exactly when they were equal
before. The state has no column and is left out. A birth date that is no date is missing. ``rec_id`` names the record
and holds the truth: it is a key only, which the matching does not look into.

FEBRL 3 is one file with duplicates: every two records of one person are a pair to find. FEBRL 4 is scored as is
usual, as the linking of 4a to 4b: the pairs to find have one record in each file, and so have those that count as
found. The same result as one file to be deduplicated stands beside it.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.jobs import SHARED
from benchmarks.linkage.bare import bare_people
from benchmarks.linkage.jobs import FEBRL_COUNCIL, run_stage_job
from benchmarks.linkage.scores import Score, make_partners, scores
from residents.tables import RECORD_PERSON
from sources.tables import ADDRESSES, GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS
from store.run_folder import RunFolder
from tests.support import put_table

FOLDER = SHARED / "reference" / "febrl"
SETS = {"FEBRL 3": ("febrl3",), "FEBRL 4": ("febrl4a", "febrl4b")}
_SECOND_LETTERS = "ABCEGHJKLM"
_EXACT = """
CREATE TABLE made_record_person AS
SELECT source, file, record_id,
    coalesce(forename || '|' || surname || '|' || dob, source || record_id) AS person_id
FROM person_records
"""
_TRUTH = """
CREATE TABLE true_record_person AS
SELECT source, file, record_id, regexp_extract(record_id, '^rec-([0-9]+)-', 1) AS person FROM person_records
"""
_ACROSS = """
CREATE OR REPLACE TABLE across AS
SELECT person, family, given, truth, "right" FROM (
    SELECT *,
        count(*) OVER (PARTITION BY made) - count(*) OVER (PARTITION BY made, source) AS given,
        count(*) OVER (PARTITION BY person) - count(*) OVER (PARTITION BY person, source) AS truth,
        count(*) OVER (PARTITION BY made, person) - count(*) OVER (PARTITION BY made, person, source) AS "right"
    FROM records
)
"""


def national_number(digits: str) -> str | None:
    """Seven digits as two letters and six digits, one to one; anything else is missing."""
    if not re.fullmatch(r"[0-9]{7}", digits):
        return None
    return "A" + _SECOND_LETTERS[int(digits[0])] + digits[1:]


def read_records(path: Path) -> list[dict[str, Any]]:
    """A FEBRL file as rows of ``person_records``."""
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        for held in csv.DictReader(file, skipinitialspace=True):
            value = {name: text.strip() or None for name, text in held.items()}
            street = " ".join(filter(None, (value["street_number"], value["address_1"])))
            rows.append(
                {
                    "source": path.stem,
                    "file": path.name,
                    "record_id": value["rec_id"],
                    "subject_id": value["rec_id"],
                    "forename": value["given_name"],
                    "surname": value["surname"],
                    "dob": _day(value["date_of_birth"] or ""),
                    "nino": national_number(value["soc_sec_id"] or ""),
                    "address": ", ".join(filter(None, (street, value["address_2"], value["suburb"]))) or None,
                    "postcode": value["postcode"],
                    "recorded_on": dt.date(2024, 1, 1),
                }
            )
    return rows


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


@dataclass(frozen=True)
class Views:
    """One benchmark, by view: the toolkit, exact match on names and birth date, and bare Splink."""

    ours: dict[str, Score]
    exact: dict[str, Score]
    connected: dict[str, Score]


def measure(folder: Path) -> dict[str, Views]:
    """Score the toolkit as it stands, exact match, and Splink with connected components on the same settings."""
    found = {}
    for name in SETS:
        run = put_records(folder, name)
        run_stage_job(run.root, FEBRL_COUNCIL)
        people = bare_people(run, FEBRL_COUNCIL, run.root / "bare")
        found[name] = Views(_scores(run, None), _scores(run, _EXACT), _scores(run, None, people))
    return found


def measure_changed(folder: Path, variant: str | None, **config: object) -> list[float]:
    """F1 of each benchmark, in its first view, with the stage changed as ``worker.py`` says."""
    found = []
    for name in SETS:
        run = put_records(folder, name)
        run_stage_job(run.root, FEBRL_COUNCIL, variant, **config)
        found.append(next(iter(_scores(run, None).values())).f1)
    return found


def put_records(folder: Path, name: str) -> RunFolder:
    """A run folder that holds what the stage reads of one benchmark."""
    run = RunFolder(folder / name.replace(" ", "").lower())
    put_table(run, PERSON_RECORDS, [row for file in SETS[name] for row in read_records(FOLDER / f"{file}.csv")])
    for table in (ADDRESSES, GROUP_MEMBERS, RELATIONSHIPS):
        put_table(run, table, [])
    return run


def _scores(run: RunFolder, exact: str | None, people: Path | None = None) -> dict[str, Score]:
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        con.read_parquet(str(run.path(PERSON_RECORDS))).create("person_records")
        con.execute(_TRUTH)
        con.execute(
            "CREATE TABLE true_persons AS SELECT DISTINCT person, '' AS ethnicity, person AS family "
            "FROM true_record_person"
        )
        if exact:
            con.execute(exact)
        else:
            con.read_parquet(str(people or run.path(RECORD_PERSON))).create("made_record_person")
        make_partners(con)
        found = {"as one file": scores(con, "partners")[0]}
        if con.sql("SELECT count(DISTINCT source) FROM records").fetchall()[0][0] > 1:
            con.execute(_ACROSS)
            found = {"linking a to b": scores(con, "across")[0], **found}
        return found
