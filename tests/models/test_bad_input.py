"""What is wrong or too little in the features or the outcomes: each has one clear end, and no made-up figure."""

from __future__ import annotations

import datetime as dt
import json
import pkgutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import models
import models.targets
from features.library import library
from models.config import ModelsConfig, TargetSettings
from models.rehearsal import rehearse
from models.splits import Origin, refuse_single_class
from models.stage import STAGE
from models.tables import REASONS
from models.targets import TARGETS
from store.errors import InputRejected
from store.run_folder import RunFolder
from store.workspace import open_sealed
from tests.models.made_up import QUARTERS, Size, write_borough
from tests.models.test_membership import FOLDS, borough
from tests.support import COUNCIL, KEYS, run_stage

TARGET = "under_the_radar"
SIZE = Size(families=200, family_features=4, child_features=2)


def config(folder: Path, capacity: int = 20) -> ModelsConfig:
    return ModelsConfig(
        targets={TARGET: TargetSettings(capacity=capacity)},
        mlruns=str(folder / "mlruns"),
        **{"folds": 2, "bags": 2, "rounds": 10, "bootstrap_replicates": 100, "test_as_ofs": 1, "stability_refits": 2},
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_borough(RunFolder(tmp_path / "run"), SIZE)
    return tmp_path / "run"


def change(path: Path, name: str, column: pa.Array) -> None:
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.set_column(table.column_names.index(name), name, column), path)


def test_a_constant_and_a_wholly_unknown_feature_do_no_harm_and_are_no_reason(run: Path, tmp_path: Path) -> None:
    path = run / "features" / "families.parquet"
    rows = pq.read_metadata(path).num_rows
    change(path, "family_signal_2", pa.array(np.full(rows, 7.0)))
    change(path, "family_signal_3", pa.nulls(rows, pa.float64()))
    done = run_stage(STAGE, run, config(tmp_path))
    evaluation = models.load_evaluation(done.root, TARGET)
    assert evaluation["state"] == "modelled"
    assert {"family_signal_2", "family_signal_3"} <= set(evaluation["features"])
    for candidate in evaluation["candidates"].values():
        assert candidate["pooled"]["precision"]["value"] is not None
        assert candidate["pooled"]["auc"]["value"] is not None
    given = set(open_sealed(done, KEYS, REASONS, TARGET)["feature"].to_pylist())
    assert given
    assert not given & {"family_signal_2", "family_signal_3"}
    said = {skipped["as_of"]: skipped["why"] for skipped in evaluation["not_tested"]}
    not_closed = [day for day in QUARTERS[:-1] if day + dt.timedelta(365 + 42) > COUNCIL.covers_to]
    assert not_closed
    for day in not_closed:
        assert said[day.isoformat()].startswith("its outcomes have not closed")


def test_no_outcome_at_all_says_so_and_trains_nothing(run: Path, tmp_path: Path) -> None:
    path = run / "features" / "milestones.parquet"
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.filter(pc.not_equal(table["kind"], "assessment_need")), path)
    with pytest.raises(InputRejected, match=f"No target can be modelled. {TARGET}: .*no families have the outcome"):
        run_stage(STAGE, run, config(tmp_path))
    assert not (run / "models").exists()


def test_a_family_twice_at_one_date_is_refused(run: Path, tmp_path: Path) -> None:
    path = run / "features" / "families.parquet"
    table = pq.read_table(path, partitioning=None)
    pq.write_table(pa.concat_tables([table, table.slice(table.num_rows - 1)]), path)
    with pytest.raises(InputRejected, match="more than one row for a family and as-of date"):
        run_stage(STAGE, run, config(tmp_path))


def test_a_feature_that_left_the_catalogue_and_is_compared_with_is_named(run: Path, tmp_path: Path) -> None:
    path = run / "features" / "catalogue.json"
    kept = [entry for entry in json.loads(path.read_text(encoding="utf-8")) if entry["name"] != "needs_count"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(InputRejected, match="needs_count") as error:
        run_stage(STAGE, run, config(tmp_path))
    assert error.value.where == "features/catalogue.json"


def test_a_panel_that_could_look_at_everybody_needs_no_model(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="no more than the panel's capacity of 200"):
        run_stage(STAGE, run, config(tmp_path, capacity=SIZE.families))


def test_a_fold_of_one_class_is_an_error_before_anything_is_fitted() -> None:
    fold = np.arange(40) % FOLDS
    for outcome in (np.zeros(40), np.ones(40), (fold == 0).astype(float)):
        with pytest.raises(ValueError, match="outside fold 0 all cases are of one class"):
            refuse_single_class(outcome, fold, FOLDS)
    with pytest.raises(ValueError, match="is missing"):
        refuse_single_class(np.where(fold == 1, np.nan, 1.0), fold, FOLDS)
    refuse_single_class((np.arange(40) < 20).astype(float), fold, FOLDS)


def test_rehearsing_on_one_class_stops_with_the_fold() -> None:
    cases = borough(40, 2, 0.3)
    cases = replace(cases, outcome_known_on=np.full(len(cases), np.datetime64("NaT", "D")))
    days = sorted({day.item() for day in np.unique(cases.as_of)})
    origin = Origin(days[-1], tuple(days[:-1]))
    with pytest.raises(ValueError, match="outside fold 0"):
        rehearse(cases, origin, (), folds=FOLDS, seed=1, threads=1, advance=lambda: None)


def test_each_target_is_one_file_and_names_features_that_there_are() -> None:
    modules = {module.name for module in pkgutil.iter_modules(models.targets.__path__)}
    assert modules == set(TARGETS)
    known = {feature.name for feature in library()}
    subjects = {feature.subject for feature in library()}
    for target in TARGETS.values():
        named = {target.needs_count, *target.single_indicators, *target.features.without}
        assert named <= known, target.name
        assert set(target.features.without_subjects) <= subjects
