"""What `early-help check` tells of a council's extracts: counts and where the values are, never a value."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from early_help.cli import app, main
from early_help.status import print_sources
from store.errors import UsageError
from store.run_folder import RunFolder
from tests.early_help.test_config import GOOD

RUNNER = CliRunner()


def test_check_counts_what_the_toml_makes_no_sense_of(tmp_path: Path) -> None:
    (tmp_path / "extracts").mkdir()
    (tmp_path / "extracts" / "pupils.csv").write_text(
        "UPN,First,Gender,Entered\n1,A,Male,2024-01-01\n2,B,=HYPERLINK(1),2024-01-01\n3,C,Male,Michaelmas 2024\n",
        encoding="utf-8",
    )
    council = tmp_path / "council.toml"
    council.write_text(
        GOOD.replace('folder = "extracts"', 'folder = "extracts"\nmax_bad_share = 1.0'), encoding="utf-8"
    )
    told = RUNNER.invoke(app, ["check", str(council), "--out", str(tmp_path / "run")])
    assert told.exit_code == 0, told.output
    assert "extract pupils, person_records.sex: 1 value in 1 row, left out" in told.output
    assert str(tmp_path / "run" / "identifiable" / "sources" / "unmapped_values.parquet") in told.output
    assert "Extract pupils, person_records.recorded_on: 1 row without a date by %Y-%m-%d." in told.output
    assert not any(value in told.output for value in ("HYPERLINK", "Michaelmas"))


def test_a_map_that_gives_no_code_stops_before_a_run_folder_is_made(tmp_path: Path) -> None:
    council = tmp_path / "council.toml"
    council.write_text(GOOD.replace('Male = "M"', 'Male = "male"'), encoding="utf-8")
    told = RUNNER.invoke(app, ["check", str(council), "--out", str(tmp_path / "run")])
    assert told.exception is not None and getattr(told.exception, "exit_code", None) == 2
    assert not (tmp_path / "run").exists()


def test_no_number_and_no_name_of_the_counts_is_cut_off_on_a_narrow_screen(tmp_path: Path) -> None:
    counts = {"rows": 68134464, "accepted": 68129772, "rejected": 1130, "superseded": 12, "blanked": 7}
    tables = {"young_carer_identifications": {**counts, "rules": {}, "unlinked": {"record_id: no_such_person": 3562}}}
    names = ("sessions_autumn", "sessions_spring")
    files = [{"extract": name, "file": f"{name}.csv", "tables": tables} for name in names]
    (tmp_path / "sources").mkdir()
    summary = {"files": files, "warnings": [], "unmapped": [], "not_dates": []}
    (tmp_path / "sources" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    screen = Console(file=io.StringIO(), width=80)
    print_sources(screen, RunFolder(tmp_path))
    told = screen.file.getvalue()
    lines = told.splitlines()
    assert max(map(len, lines)) <= 80 and "\u2026" not in told
    assert [line.split()[-6:] for line in lines if "68" in line] == [
        ["68,134,464", "68,129,772", "1,130", "12", "7", "3,562"]
    ] * 2
    start = lines[1].index("Table")
    assert "".join(line[:start].strip() for line in lines[2:]) == "".join(names)
    assert "".join(line[start : start + 12].strip() for line in lines[2:]) == 2 * "young_carer_identifications"


def test_check_tells_of_a_column_whose_cells_are_mostly_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "extracts").mkdir()
    rows = "".join(f"{number},First,Male,2024-01-01,{number}/05\n" for number in range(20))
    text = f"UPN,First,Gender,Entered,Property\n{rows}"
    (tmp_path / "extracts" / "pupils.csv").write_text(text, encoding="utf-8")
    council = tmp_path / "council.toml"
    council.write_text(GOOD.replace("sex = {", 'uprn = "Property"\nsex = {'), encoding="utf-8")
    told = RUNNER.invoke(app, ["check", str(council), "--out", str(tmp_path / "run")])
    assert told.exit_code == 0, told.output
    expected = "Extract pupils, person_records.uprn: 20 of 20 rows break the rule not_a_property_number."
    assert expected in told.output
    assert "5/05" not in told.output


def test_the_version_is_told() -> None:
    told = RUNNER.invoke(app, ["--version"])
    assert told.exit_code == 0 and told.output.startswith("early-help ")


def test_a_run_folder_of_another_council_is_refused(tmp_path: Path) -> None:
    (tmp_path / "extracts").mkdir()
    (tmp_path / "extracts" / "pupils.csv").write_text(
        "UPN,First,Gender,Entered\n1,A,Male,2024-01-01\n", encoding="utf-8"
    )
    first, second, moved = (tmp_path / name for name in ("first.toml", "second.toml", "moved.toml"))
    first.write_text(GOOD, encoding="utf-8")
    moved.write_text(GOOD, encoding="utf-8")
    second.write_text(GOOD.replace('name = "Testborough"', 'name = "Elsewhere"'), encoding="utf-8")
    run = ["--out", str(tmp_path / "run")]
    assert RUNNER.invoke(app, ["check", str(first), *run]).exit_code == 0
    refused = RUNNER.invoke(app, ["check", str(second), *run])
    assert isinstance(refused.exception, UsageError) and "Testborough's" in str(refused.exception)
    assert RUNNER.invoke(app, ["check", str(moved), *run]).exit_code == 0


def test_a_command_that_is_to_be_given_can_be_copied_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A line that was broken at the terminal's width would be two commands."""
    where = tmp_path / ("no-run-of-this-name-" * 8)
    monkeypatch.setattr(sys, "argv", ["early-help", "status", str(where)])
    with pytest.raises(SystemExit):
        main()
    assert f"Where: {where}" in capsys.readouterr().err.splitlines()


def test_debug_shows_the_traceback_and_keeps_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "council.toml").write_text("[council\n", encoding="utf-8")
    arguments = ["check", str(tmp_path / "council.toml"), "--out", str(tmp_path / "run"), "--debug"]
    monkeypatch.setattr(sys, "argv", ["early-help", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2 and "Traceback" in told and "What to do" in told
