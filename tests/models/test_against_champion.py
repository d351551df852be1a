"""A new quarter's models against the champion's kept files, through the stages, on a made-up borough."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import models
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS
from models.against_champion import COMPARISON, STAGE, Champion, Champions, ids_mark
from models.config import ModelsConfig, TargetSettings
from models.persistence import load_model
from models.stage import STAGE as MODELLING
from models.targets import BY_DEFAULT, TARGETS
from store.council import Council
from store.errors import InputRejected
from store.files import file_hash, read_json, write_json
from store.parquet import write_parquet
from store.run_folder import RunFolder
from tests.models.made_up import Size, write_borough
from tests.support import COUNCIL, run_stage

TARGET = "under_the_radar"
LAST = dt.date(2026, 3, 31)
NOW = dt.date(2026, 6, 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two quarters of one borough, modelled: ``last`` and ``now``."""
    folder = tmp_path_factory.mktemp("quarters")
    write_borough(RunFolder(folder / "now"), Size(families=220))
    write_json(folder / "now" / "residents" / "index.json", {"salt": "a"})
    shutil.copytree(folder / "now", folder / "last")
    for table in (FAMILY_FEATURES, CHILD_FEATURES, MEMBERS):
        path = RunFolder(folder / "last").path(table)
        known = pq.read_table(path).filter(pc.field("as_of") <= LAST)
        write_parquet(path, known.to_batches(), known.schema)
    run_stage(
        MODELLING,
        folder / "last",
        settings(folder),
        council=extracts_to(LAST),
    )
    every = dict.fromkeys(BY_DEFAULT, TargetSettings(capacity=20))
    run_stage(MODELLING, folder / "now", settings(folder, every), council=extracts_to(NOW))
    yield folder


def extracts_to(as_of: dt.date) -> Council:
    """The council when its extracts were taken just after a quarter's end."""
    return COUNCIL.model_copy(update={"covers_to": as_of, "extract_date": as_of + dt.timedelta(days=3)})


def settings(folder: Path, targets: dict[str, TargetSettings] | None = None) -> ModelsConfig:
    return ModelsConfig(
        folds=3,
        bags=1,
        rounds=10,
        bootstrap_replicates=100,
        stability_refits=2,
        test_as_ofs=1,
        targets=targets or {TARGET: TargetSettings(capacity=20)},
        mlruns=str(folder / "mlruns"),
    )


@pytest.fixture
def now(folder: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(folder / "now", tmp_path / "now")
    return RunFolder(tmp_path / "now")


def champion(folder: Path, quarter: str = "last", ids: str | None = None) -> Champions:
    sha256 = read_json(folder / quarter / "models" / TARGET / "evaluation.json")["model"]["sha256"]
    mark = ids_mark(folder / quarter) if ids is None else ids
    place = str(folder / quarter / "models" / TARGET / "model")
    return Champions(by_target={TARGET: Champion(version=1, sha256=sha256, folder=place, ids=mark)})


def compare(run: RunFolder, folder: Path, champions: Champions) -> dict[str, Any]:
    run_stage(STAGE, run.root, settings(folder), champions, council=extracts_to(NOW))
    found: dict[str, Any] = read_json(run.root / COMPARISON)["targets"][TARGET]
    return found


def test_last_quarters_champion_is_compared_on_a_date_that_neither_learnt_from(folder: Path, now: RunFolder) -> None:
    found = compare(now, folder, champion(folder))
    assert (found["state"], found["families_known"]) == ("compared", True)
    newest = models.load_evaluation(now.root, TARGET)["splits"][-1]["as_of"]
    assert found["as_of"] == newest
    assert newest not in found["champion"]["learns_from"]
    assert "trained once more without it" in found["basis"]
    for figures in found["figures"].values():
        difference = figures["difference"]
        assert difference["low"] <= difference["value"] <= difference["high"]
        assert difference["value"] == pytest.approx(
            figures["challenger"]["value"] - figures["champion"]["value"], abs=2e-6
        )
    drift = found["feature_drift"]
    assert drift["vanished"] == []
    assert len(drift["features"]) == len(models.load_evaluation(now.root, TARGET)["features"])
    assert found["label_drift"]["by_as_of"][-1]["as_of"] == newest
    assert 0 <= found["turnover"]["share"] < 1
    first = (now.root / COMPARISON).read_bytes()
    compare(now, folder, champion(folder))
    assert (now.root / COMPARISON).read_bytes() == first


def test_a_champion_made_when_the_date_had_closed_is_compared_with_one_that_knows_it_too(
    folder: Path, now: RunFolder
) -> None:
    path = now.root / "models" / TARGET
    evaluation = read_json(path / "evaluation.json")
    document = json.loads((path / "model" / "model.json").read_text())
    other = folder / "other" / "model"
    shutil.copytree(path / "model", other)
    (other / "model.json").write_text(json.dumps({**document, "chosen": "needs_count"}))
    known = Champion(version=3, sha256=file_hash(other / "model.json"), folder=str(other), ids=ids_mark(now.root))
    found = compare(now, folder, Champions(by_target={TARGET: known}))
    assert "Both models learnt from this date, of other families." in found["basis"]
    assert evaluation["splits"][-1]["as_of"] in found["champion"]["learns_from"]


def test_without_a_champion_and_with_itself_for_one(folder: Path, now: RunFolder) -> None:
    assert compare(now, folder, Champions()) == {"state": "first"}
    assert compare(now, folder, champion(folder, "now"))["state"] == "same"


def test_new_ids_are_told(folder: Path, now: RunFolder) -> None:
    assert compare(now, folder, champion(folder, ids="others"))["families_known"] is False


def test_a_feature_that_vanished_is_named_and_taken_for_unknown(folder: Path, now: RunFolder) -> None:
    path = now.root / "features" / "catalogue.json"
    write_json(path, [entry for entry in read_json(path) if entry["name"] != "family_signal_0"])
    run_stage(MODELLING, now.root, settings(folder), council=extracts_to(NOW))
    found = compare(now, folder, champion(folder))
    assert found["state"] == "compared"
    assert found["feature_drift"]["vanished"] == ["family_signal_0"]


def changed(path: Path) -> None:
    path.write_text(path.read_text().replace("0.", "1.", 1))


@pytest.mark.parametrize("spoil", [changed, Path.unlink], ids=["changed", "gone"])
def test_a_champion_whose_file_is_not_what_was_recorded_is_not_asked(
    folder: Path, now: RunFolder, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    known = champion(folder).by_target[TARGET]
    shutil.copytree(known.folder, tmp_path / "model")
    spoil(sorted((tmp_path / "model").rglob("*.txt"))[0])
    moved = known.model_copy(update={"folder": str(tmp_path / "model")})
    with pytest.raises(InputRejected, match="missing" if spoil is Path.unlink else "not what was recorded"):
        compare(now, folder, Champions(by_target={TARGET: moved}))
    assert not (now.root / COMPARISON).exists()


@pytest.mark.parametrize("target", BY_DEFAULT)
def test_every_model_that_the_stage_keeps_can_be_read_back(folder: Path, target: str) -> None:
    place = folder / "now" / "models" / target
    evaluation = read_json(place / "evaluation.json")
    loaded = load_model(place / "model", evaluation["model"]["sha256"])
    slopes = {name: one["calibration"]["slopes"] for name, one in evaluation["candidates"].items()}
    listing = {name for name, of_name in slopes.items() if evaluation["current"]["as_of"] in of_name}
    assert {name.value for name in loaded.candidates} == listing
    may_be_chosen = set(slopes) - {name.value for name in TARGETS[target].only_compared}
    assert may_be_chosen <= listing <= may_be_chosen | {"logistic_regression"}
    assert loaded.chosen.value == evaluation["choice"]["chosen"]
