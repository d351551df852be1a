"""Models as files: read back they say the same, and a file that is not what was recorded is refused."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.boosted import Boosted
from models.calibration import Platt
from models.candidates import Candidate, Chance, NeedsCount, SingleIndicator, Training
from models.logistic import Logistic
from models.persistence import LoadedModel, load_model, model_files, model_hash
from models.rehearsal import Performed, Rehearsal, by_fold
from models.splits import Origin
from models.target import CandidateName
from store.errors import InputRejected
from store.files import text_hash, write_text
from tests.models.test_candidates import training

ROSTER: tuple[Candidate, ...] = (
    Chance(),
    NeedsCount(1),
    SingleIndicator((0, 1, 2)),
    Logistic(),
    Boosted(bags=2, rounds=8, learning_rate=0.1),
)


@pytest.fixture(scope="module")
def data() -> Training:
    return training(600)


@pytest.fixture(scope="module")
def performed(data: Training) -> dict[CandidateName, Performed]:
    empty = np.zeros(0)
    return {
        one.name: Performed(one.fit(data, lambda: None), Platt(1.5, -2.0), 0.25, empty, empty, empty) for one in ROSTER
    }


@pytest.fixture(scope="module")
def files(data: Training, performed: dict[CandidateName, Performed]) -> dict[str, str]:
    origin = Origin(dt.date(2025, 3, 31), (dt.date(2024, 3, 31),))
    rows = np.arange(len(data.outcome))
    current = Rehearsal(origin, rows, data.outcome, rows, performed)
    cases: Any = SimpleNamespace(features=data.features, values=data.values, group=data.group)
    return model_files(cases, current, "boosted_trees", 3, 11)


@pytest.fixture
def folder(files: dict[str, str], tmp_path: Path) -> Path:
    for name, content in files.items():
        write_text(tmp_path / "model" / name, content)
    return tmp_path / "model"


def loaded(folder: Path, files: dict[str, str]) -> LoadedModel:
    return load_model(folder, model_hash(files))


@pytest.mark.parametrize("one", ROSTER, ids=lambda one: one.name.value)
def test_every_candidate_read_back_gives_the_same_margins_and_contributions(
    one: Candidate,
    data: Training,
    performed: dict[CandidateName, Performed],
    folder: Path,
    files: dict[str, str],
) -> None:
    found = loaded(folder, files).candidates[one.name]
    assert (found.platt, found.centre) == (Platt(1.5, -2.0), 0.25)
    for kept, fitted in zip(found.fitted, performed[one.name].fitted, strict=True):
        np.testing.assert_array_equal(kept.margin(data.values), fitted.margin(data.values))
        np.testing.assert_array_equal(kept.contributions(data.values), fitted.contributions(data.values))
        assert kept.base == fitted.base


def test_a_row_is_scored_by_the_model_that_left_its_fold_out(
    data: Training, performed: dict[CandidateName, Performed], folder: Path, files: dict[str, str]
) -> None:
    found = loaded(folder, files).margin(data.values, data.fold)
    fitted = performed[CandidateName.BOOSTED].fitted
    np.testing.assert_array_equal(found, by_fold(fitted, data.values, data.fold))
    assert (found != by_fold(fitted, data.values, (data.fold + 1) % 3)).mean() > 0.5


def test_columns_are_found_by_name_and_a_feature_that_vanished_is_unknown(
    data: Training, folder: Path, files: dict[str, str]
) -> None:
    model = loaded(folder, files)
    kept = [4, 2, 0, 1, 5]
    cases: Any = SimpleNamespace(
        features=tuple(data.features[place] for place in kept), values=data.values[:, kept].copy()
    )
    rows = np.array([3, 7])
    expected = data.values[rows].copy()
    expected[:, 3] = np.nan
    np.testing.assert_array_equal(model.values(cases, rows), expected)
    assert model.missing_from(cases) == ("x3",)


@pytest.mark.parametrize("damage", ["one byte", "cut", "gone", "another's"])
@pytest.mark.parametrize("name", ["model.json", "boosted_trees/fold1_bag0.txt"])
def test_a_file_that_is_not_what_was_recorded_is_refused(
    name: str, damage: str, folder: Path, files: dict[str, str]
) -> None:
    path = folder / name
    content = path.read_bytes()
    match damage:
        case "one byte":
            path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "gone":
            path.unlink()
        case "another's":
            shutil.copyfile(folder / "boosted_trees/fold0_bag1.txt", path)
    with pytest.raises(InputRejected) as refused:
        loaded(folder, files)
    assert str(path) == refused.value.where


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"candidates": {"boosted_trees": {"calibration": {"slope": 1, "intercept": 0, "centre": 0}, "folds": [{}]}}},
        {"candidates": {"of_tomorrow": {"calibration": {"slope": 1, "intercept": 0, "centre": 0}, "folds": []}}},
    ],
    ids=["format", "kind", "candidate"],
)
def test_a_model_of_another_version_is_refused_in_words(
    change: dict[str, Any], folder: Path, files: dict[str, str]
) -> None:
    content = json.dumps({**json.loads(files["model.json"]), **change})
    write_text(folder / "model.json", content)
    with pytest.raises(InputRejected, match="another version"):
        load_model(folder, text_hash(content))


def test_boosters_of_other_features_are_refused(data: Training, folder: Path, files: dict[str, str]) -> None:
    document = json.loads(files["model.json"])
    document["features"][0]["name"] = "something_else"
    document["candidates"] = {"boosted_trees": document["candidates"]["boosted_trees"]}
    content = json.dumps(document)
    write_text(folder / "model.json", content)
    with pytest.raises(InputRejected, match="another version"):
        load_model(folder, text_hash(content))
