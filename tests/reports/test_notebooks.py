"""Notebooks are stored without outputs; they are run by `make test-notebooks`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


def outputs_kept(notebook: dict[str, Any]) -> list[str]:
    """Ids of the cells that hold an output or a number of execution."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None]


def test_there_are_six_in_the_order_of_the_work() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_the_data_and_its_gaps",
        "02_explore_and_add_a_feature",
        "03_train_and_compare",
        "04_hidden_young_carers",
        "05_read_a_fairness_audit",
        "06_from_release_to_panel_pack",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_valid_and_holds_no_output(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert outputs_kept(notebook) == []


def test_the_check_sees_an_output() -> None:
    """Canary: a kept output, or a kept number, is found."""
    empty: dict[str, Any] = {"cell_type": "code", "outputs": [], "execution_count": None}
    cells = [
        empty | {"id": "clean"},
        empty | {"id": "printed", "outputs": [{"output_type": "stream", "name": "stdout", "text": "a name"}]},
        empty | {"id": "counted", "execution_count": 3},
        {"cell_type": "markdown", "id": "words"},
    ]
    assert outputs_kept({"cells": cells}) == ["printed", "counted"]
