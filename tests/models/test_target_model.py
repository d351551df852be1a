"""A target's model as a notebook shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.target_model import TargetModel, read_model
from store.errors import UsageError
from store.files import write_json
from store.run_folder import RunFolder
from tests.models.test_card import evaluation
from tests.store.test_display import HOSTILE, Elements


def told(**changes: Any) -> dict[str, Any]:
    document = evaluation() | changes
    for one in document["candidates"].values():
        one["pooled"]["flags_per_true_case"] = {"value": 200.0, "low": None, "high": None}
    steady = document["stability"]["candidates"]["signs_alike"]
    steady["refits_list"] = {"value": 0.97, "low": 0.9, "high": 1.0}
    return document


def test_it_shows_the_list_its_worth_and_what_to_mind() -> None:
    model = TargetModel(told())
    found = Elements(model._repr_html_())
    plain = found.text.replace("\u00a0", " ")
    assert model.modelled and not found.open
    assert "A list of 50 by signs alike. It did as well as any." in found.text
    assert "needs count (baseline)" in found.text and "44% (34% to 54%)" in plain
    assert "200.0" in found.text and "97% (90% to 100%)" in plain and "None" not in found.text
    assert "Tested at 2024-09-30, 2024-12-31, 2025-03-31, 2025-06-30" in found.text
    assert "The label is being identified, not caring." in found.text
    assert "Withdraw when schools find them themselves." in found.text


def test_small_shares_are_told_to_a_tenth_and_none_as_none() -> None:
    document = told()
    document["candidates"]["signs_alike"]["pooled"]["precision"] = {"value": 0.004, "low": 0.0, "high": 0.06}
    document["candidates"]["signs_alike"]["pooled"]["recall"] = {"value": None, "low": None, "high": None}
    text = Elements(TargetModel(document)._repr_html_()).text
    assert "0.4%\u00a0(0%\u00a0to\u00a06%)" in text and "None" not in text


def test_a_target_without_a_model_says_why() -> None:
    model = TargetModel(told(state="cannot_model", why="too few had the outcome"))
    assert repr(model) == "Hidden young carers\nNo model: too few had the outcome."
    assert "No model: too few had the outcome." in Elements(model._repr_html_()).text
    assert "<table" not in model._repr_html_()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_text(hostile: str) -> None:
    found = Elements(TargetModel(told(title=hostile, question=hostile, label_caveats=[hostile]))._repr_html_())
    assert found.text.count(hostile) == 3 and not found.names & {"script", "img"}


def test_it_is_read_from_a_run_and_another_target_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "models" / "hidden_young_carers" / "evaluation.json", told())
    assert read_model(RunFolder(tmp_path), "hidden_young_carers") == read_model(tmp_path, "hidden_young_carers")
    with pytest.raises(UsageError, match="hidden_young_carers"):
        read_model(tmp_path, "under_the_radar")
