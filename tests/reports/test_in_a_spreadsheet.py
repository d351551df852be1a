"""Lists in a real spreadsheet that is told to work formulas out: what looks like one stays the text that it is."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pyarrow as pa
import pytest

from fairness_audits.panel_list import panel_list
from store.safe_text import safe_cell

pytestmark = pytest.mark.browser

HOSTILE = (
    '=HYPERLINK("http://evil.example/","x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\uff1d1+1",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    'O\'Brien "quoted"; and, more',
    "\u202etxet dlrow\u202c \u05d0\u05d1",
    "0044",
    "1-2-2024",
)
EVALUATING = "CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
"""Commas, quotes, UTF-8, all cells as they come, special numbers found, and formulas worked out."""
DAY = dt.date(2026, 6, 30)
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def opened(path: Path) -> list[list[ElementTree.Element]]:
    """The cells of a CSV file as LibreOffice reads them, row by row."""
    soffice = shutil.which("soffice")
    assert soffice, "make test-browser needs LibreOffice Calc: install the package libreoffice-calc-nogui"
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    asked = ["--headless", f"--infilter={EVALUATING}", "--convert-to", "fods", "--outdir", str(path.parent), str(path)]
    subprocess.run([soffice, profile, *asked], check=True, capture_output=True, timeout=120)
    root = ElementTree.parse(path.with_suffix(".fods")).getroot()
    return [row.findall(f"{_TABLE}table-cell") for row in root.iter(f"{_TABLE}table-row")]


def formula(cell: ElementTree.Element) -> str | None:
    return cell.get(f"{_TABLE}formula")


def text(cell: ElementTree.Element) -> str:
    return "\n".join("".join(one.itertext()) for one in cell.iter(f"{_TEXT}p"))


def written(path: Path, cells: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([cell] for cell in cells)
    return path


def test_the_spreadsheet_would_run_what_is_not_made_safe(tmp_path: Path) -> None:
    """The canary: without it, a spreadsheet that runs nothing would pass everything."""
    rows = opened(written(tmp_path / "raw.csv", ["=1+1", HOSTILE[0]]))
    assert [formula(row[0]) is not None for row in rows[:2]] == [True, True]


def test_safe_cells_are_text_and_no_formula(tmp_path: Path) -> None:
    rows = opened(written(tmp_path / "safe.csv", [safe_cell(cell) for cell in HOSTILE]))
    cells = [row[0] for row in rows[: len(HOSTILE)]]
    assert [formula(cell) for cell in cells] == [None] * len(HOSTILE)
    for hostile, cell in zip(HOSTILE[:12], cells):
        if not set("\t\r") & set(hostile):
            assert text(cell) in (hostile, f"'{hostile}")


def test_a_panel_s_list_is_text_and_no_formula(tmp_path: Path) -> None:
    reasons = [sentence for sentence in HOSTILE if not set("\t\r") & set(sentence)]
    unit = [f"u{place}" for place in range(len(reasons))]
    size = len(unit)
    scores = pa.table(
        {
            "unit_id": unit,
            "family_id": unit,
            "as_of": [DAY] * size,
            "part": ["current"] * size,
            "flagged": [True] * size,
        }
    )
    why = pa.table(
        {"unit_id": unit, "family_id": unit, "position": [1] * size, "kind": ["for"] * size, "sentence": reasons}
    )
    # A system's own key may be hostile too.
    keys = [f"{sentence}{place}" for place, sentence in enumerate(reasons)]
    pseudonyms = pa.table({"kind": ["family"] * size, "id": keys, "pseudonym": unit})
    path = tmp_path / "list.csv"
    path.write_bytes(panel_list("under_the_radar", scores, why, pseudonyms).encode("utf-8"))
    rows = [row for row in opened(path) if len(row) >= 5 and text(row[0]) == "under_the_radar"]
    assert len(rows) == size
    assert not [formula(cell) for row in rows for cell in row if formula(cell) is not None]
    told = {text(row[4]).removeprefix("'") for row in rows}
    assert {sentence for sentence in reasons if not sentence[0].isdigit()} <= told
