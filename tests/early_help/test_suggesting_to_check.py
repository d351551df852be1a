"""From `init` by `suggest` to `check`, for files that are no plain text: what is proposed is accepted as it stands."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from early_help.cli import app
from tests.sources.test_excel_reading import workbook

HEADER = ["Tenancy Ref", "Transaction Date", "Transaction Type", "Amount", "Posted On"]


def _workbook(extracts: Path) -> Path:
    day = dt.date(2025, 3, 1)
    rows = [[f"T{n % 9}", day + dt.timedelta(n), "RENT", n + 0.5, day + dt.timedelta(n)] for n in range(60)]
    titles, ends = [["Rents, run by housing"], []], [["End of report"]]
    return workbook(extracts / "housing" / "rents.xlsx", Notes=[["Ask housing"]], Rents=[*titles, HEADER, *rows, *ends])


def _archive(extracts: Path) -> Path:
    days = [f"{n % 28 + 1:02d}/03/2025" for n in range(60)]
    rows = "".join(f"T{n % 9},{day},RENT,{n}.50,{day}\n" for n, day in enumerate(days))
    path = extracts / "housing" / "rents.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("export/rents.csv", ",".join(HEADER) + "\n" + rows)
    return path


def _checked(tmp_path: Path, place: Callable[[Path], Path]) -> dict[str, int]:
    """Rows accepted by table, after the three commands."""
    runner = CliRunner()
    council, part, run = tmp_path / "new" / "council.toml", tmp_path / "new" / "x.part.toml", tmp_path / "run"
    assert runner.invoke(app, ["init", str(council.parent)]).exit_code == 0
    said = runner.invoke(app, ["suggest", str(place(council.parent / "extracts")), "--out", str(part)])
    assert said.exit_code == 0, said.output
    council.write_text(council.read_text("utf-8") + "\n" + part.read_text("utf-8"), encoding="utf-8")
    checked = runner.invoke(app, ["check", str(council), "--out", str(run)])
    assert checked.exit_code == 0, checked.output
    summary = json.loads((run / "sources" / "summary.json").read_text("utf-8"))
    return {table: counts["accepted"] for file in summary["files"] for table, counts in file["tables"].items()}


@pytest.mark.parametrize("place", [_workbook, _archive])
def test_a_file_of_rents_is_accepted_whole(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    assert _checked(tmp_path, place) == {"rent_transactions": 60}


def test_the_fictional_children_in_need_return_is_accepted(tmp_path: Path, reference_folder: Path) -> None:
    def placed(extracts: Path) -> Path:
        held = reference_folder / "cin_census" / "CIN_Census_2026.xml"
        return Path(shutil.copy(held, extracts / "social_care" / "cin_2026.xml"))

    assert _checked(tmp_path, placed) == {"person_records": 2, "disability_markers": 1}
