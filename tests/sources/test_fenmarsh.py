"""The real-shaped extracts end to end, held to what their data dictionary and the files themselves say."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from sources.config import SourcesConfig
from sources.stage import STAGE, external_files
from sources.tables import ALLOCATIONS, PERSON_RECORDS, QUARANTINE, TABLES, UNMAPPED_VALUES, WORKERS
from store.council import Council, RunSettings
from store.run_folder import RunFolder
from tests.support import run_stage

# One worker runs the stage for all of these, where tests are spread by group.
pytestmark = pytest.mark.slow

TOML = Path(__file__).resolve().parents[2] / "examples" / "fenmarsh.toml"


def configured(extracts: Path) -> tuple[Council, SourcesConfig]:
    document = tomllib.loads(TOML.read_text(encoding="utf-8"))
    sources = {**document["sources"], "codes": document["codes"], "extracts": document["extracts"]}
    sources["folder"] = str(extracts / "fenmarsh")
    return Council.model_validate(document["council"]), SourcesConfig.model_validate(sources)


@pytest.fixture(scope="module")
def folder(council_extracts: Path) -> Path:
    return council_extracts / "fenmarsh"


@pytest.fixture(scope="module")
def run(council_extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    council, config = configured(council_extracts)
    return run_stage(STAGE, tmp_path_factory.mktemp("fenmarsh"), config, council=council)


@pytest.fixture(scope="module")
def quarantined(run: RunFolder) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(run.path(QUARANTINE), partitioning=None).to_pylist()
    return rows


def cells(folder: Path, name: str) -> list[dict[str, str]]:
    """A CSV read by Python's own reader."""
    path = folder / name
    content = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def noted(quarantined: list[dict[str, Any]], file: str) -> set[tuple[int, str, str | None, str]]:
    return {(q["row"], q["table"], q["column"], q["rule"]) for q in quarantined if q["file"] == file}


def numbers(rows: list[dict[str, str]], column: str, *values: str) -> list[int]:
    """Data row numbers where a column holds one of the values."""
    return [number for number, row in enumerate(rows, start=1) if row[column] in values]


def test_the_total_of_the_rent_report_is_set_aside(folder: Path, quarantined: list[dict[str, Any]]) -> None:
    rows = cells(folder, "housing/rent_transactions.csv.gz")
    (total,) = numbers(rows, "tag_ref", "TOTAL")
    (no_amount,) = numbers(rows, "real_value", "n/a")
    found = noted(quarantined, "housing/rent_transactions.csv.gz")
    assert (total, "rent_transactions", None, "totals_row") in found
    assert (no_amount, "rent_transactions", "amount_pence", "not_an_amount") in found


def test_rent_adds_up_to_the_penny(folder: Path, run: RunFolder) -> None:
    """Against Python's own sums of the file: thousands separators, and brackets for credits."""
    let = {row["tag_ref"] for row in cells(folder, "housing/household_members.csv")}
    expected = 0
    for row in cells(folder, "housing/rent_transactions.csv.gz"):
        text = row["real_value"].replace(",", "")
        if row["tag_ref"] not in let or text == "n/a" or row["post_date"] > "2026-09-07":
            continue
        sign = -1 if text.startswith(("(", "-")) else 1
        expected += sign * round(float(text.strip("()-")) * 100)
    table = run.root / "identifiable" / "sources" / "rent_transactions.parquet"
    found = duckdb.execute("SELECT sum(amount_pence) FROM read_parquet(?)", [str(table)]).fetchall()
    assert int(found[0][0]) == expected


def test_the_header_repeated_within_the_claims_is_set_aside(folder: Path, quarantined: list[dict[str, Any]]) -> None:
    (again,) = numbers(cells(folder, "benefits/hb_claims.csv"), "claim_id", "claim_id")
    assert (again, "benefit_spells", None, "repeated_header") in noted(quarantined, "benefits/hb_claims.csv")


@pytest.mark.parametrize(
    ("file", "held", "values", "table", "column", "rule"),
    [
        ("mosaic/contacts.csv", "source_code", ("99",), "contacts", "referral_source", "not_a_known_code"),
        ("education/exclusions.csv", "Sessions", ("-4",), "exclusions", "sessions", "out_of_range"),
        ("education/pupils_termly_census.csv", "NCYear", ("27",), "school_status", "year_group", "out_of_range"),
        ("youth_justice/offences.csv", "gravity", ("14",), "offences", "gravity", "out_of_range"),
        ("early_help/cases.csv", "open_education", ("14",), "outcome_scores", "score", "out_of_range"),
        (
            "community_safety/domestic_incidents.csv",
            "risk",
            ("Purple",),
            "domestic_incidents",
            "risk",
            "not_a_known_code",
        ),
    ],
)
def test_values_outside_the_data_dictionary_are_noted(
    folder: Path,
    quarantined: list[dict[str, Any]],
    file: str,
    held: str,
    values: tuple[str, ...],
    table: str,
    column: str,
    rule: str,
) -> None:
    rows = numbers(cells(folder, file), held, *values)
    assert rows
    assert {row for row, *what in noted(quarantined, file) if what == [table, column, rule]} == set(rows)


def test_the_values_that_no_list_has_are_the_planted_ones(run: RunFolder) -> None:
    found = pq.read_table(run.path(UNMAPPED_VALUES), partitioning=None).to_pylist()
    assert {(row["table"], row["column"], row["value"]) for row in found} == {
        ("attendance", "code", "ZZ"),
        ("assessments", "factors", "99Z"),
        ("contacts", "referral_source", "99"),
        ("domestic_incidents", "risk", "Purple"),
    }


def test_the_return_adds_pupil_numbers_under_the_case_systems_own_number(run: RunFolder) -> None:
    table = str(run.path(PERSON_RECORDS))
    children, numbers, unknown = duckdb.execute(
        "SELECT count(*), count(upn), count_if(subject_id NOT IN ("
        "SELECT record_id FROM read_parquet($1) WHERE file = 'mosaic/persons.csv')) "
        "FROM read_parquet($1) WHERE file LIKE 'mosaic/cin_census%'",
        [table],
    ).fetchall()[0]
    assert (children, numbers, unknown) == (999, 256, 0)


def test_every_worker_with_children_is_on_the_staff_list(run: RunFolder) -> None:
    lost = duckdb.execute(
        "SELECT count(*) FROM read_parquet(?) WHERE worker_id NOT IN (SELECT worker_id FROM read_parquet(?))",
        [str(run.path(ALLOCATIONS)), str(run.path(WORKERS))],
    ).fetchall()
    assert lost == [(0,)]


def test_spells_that_end_before_they_begin_are_left_out(folder: Path, quarantined: list[dict[str, Any]]) -> None:
    for file, table in (("mosaic/episodes.csv", "service_episodes"), ("mosaic/assessments.csv", "assessments")):
        rows = cells(folder, file)
        wrong = {n for n, row in enumerate(rows, start=1) if row["end_date"] and row["end_date"] < row["start_date"]}
        assert wrong
        left_out = {row for row, *what in noted(quarantined, file) if what == [table, None, "ends_before_it_begins"]}
        assert left_out == wrong


def test_no_row_is_lost_and_none_made_up(run: RunFolder) -> None:
    """Every row meant for a table is accepted, superseded, rejected or unlinked; the tables hold just the accepted."""
    summary = json.loads((run.root / "sources" / "summary.json").read_text(encoding="utf-8"))
    accepted: Counter[str] = Counter()
    for file in summary["files"]:
        for name, counts in file["tables"].items():
            others = counts["superseded"] + counts["rejected"] + sum(counts["unlinked"].values())
            assert counts["rows"] == counts["accepted"] + others
            accepted[name] += counts["accepted"]
    for table in TABLES:
        assert pq.read_metadata(run.path(table)).num_rows == accepted[table.name], table.name
    by_file = {file["file"]: file for file in summary["files"]}
    claims = by_file["benefits/hb_claims.csv"]
    assert claims["rows"] == claims["tables"]["benefit_spells"]["rows"] + 1


def test_every_mark_of_the_pupils_has_a_class_and_a_known_code(run: RunFolder) -> None:
    table = str(run.root / "identifiable" / "sources" / "attendance.parquet")
    codes = duckdb.execute(
        "SELECT DISTINCT code FROM read_parquet(?) WHERE (event_date >= DATE '2024-08-19') = (code IN ('H', 'J', 'Y'))"
        " AND code IN ('H', 'J', 'Y')",
        [table],
    ).fetchall()
    assert codes == []
    days = duckdb.execute("SELECT min(event_date), max(event_date), max(recorded_on) FROM read_parquet(?)", [table])
    first, last, recorded = days.fetchall()[0]
    assert (first.isoformat() >= "2022-09-01", last.isoformat() >= "2026-07-01") == (True, True)
    assert max(last, recorded).isoformat() <= "2026-09-07"


def test_hostile_names_arrive_as_they_were_held(run: RunFolder) -> None:
    table = str(run.root / "identifiable" / "sources" / "person_records.parquet")
    found = duckdb.execute(
        "SELECT count(*) FROM read_parquet(?) WHERE surname LIKE '<script>%' OR surname LIKE '=HYPERLINK(%'", [table]
    ).fetchall()
    assert found[0][0] >= 3


def test_the_stage_declares_the_files_it_reads(council_extracts: Path) -> None:
    _, config = configured(council_extracts)

    class OnlySections:
        settings = RunSettings()
        run = RunFolder(Path("run"))

        def section(self, kind: type) -> SourcesConfig:
            assert kind is SourcesConfig
            return config

    files = external_files(OnlySections())  # type: ignore[arg-type]
    assert files == sorted(set(files))
    assert {path.name for path in files} >= {"attendance_2022_23.parquet", "rent_transactions.csv.gz", "llpg.csv"}
