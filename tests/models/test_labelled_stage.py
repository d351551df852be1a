"""The stage where somebody looked, and where nobody did: what is compared, by what the rule judges, who is asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.tables import FAMILY_FEATURES, MILESTONES
from models.config import ModelsConfig, TargetSettings
from models.stage import STAGE
from models.tables import COHORT
from store.errors import InputRejected
from store.files import replacing
from store.parquet import write_parquet
from store.run_folder import RunFolder
from tests.models.made_up import Size, write_borough
from tests.support import run_stage

FAST = {
    **{"folds": 2, "bags": 2, "rounds": 20, "learning_rate": 0.3, "bootstrap_replicates": 100, "test_as_ofs": 1},
    "stability_refits": 2,
}
TENANTS = 200


def config(folder: Path, *targets: str) -> ModelsConfig:
    chosen = {name: TargetSettings(capacity=20) for name in targets}
    return ModelsConfig(**{**FAST, "targets": chosen, "mlruns": str(folder / "mlruns")})


def replaced(path: Path, data: pa.Table) -> None:
    with replacing(path) as temporary:
        write_parquet(temporary, data.to_batches(), data.schema)


def catalogued(run: RunFolder, name: str, **changes: Any) -> None:
    path = run.root / "features" / "catalogue.json"
    entries = json.loads(path.read_text())
    like = next(entry for entry in entries if entry["name"] == "family_signal_4")
    columns = {"families": name, "children": f"family_{name}"}
    path.write_text(json.dumps([*entries, {**like, "name": name, "label": name, "columns": columns, **changes}]))


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The made-up borough, in which one person in seven is assessed a year, and some families rent of the council."""
    run = RunFolder(tmp_path_factory.mktemp("borough"))
    write_borough(run, Size(families=260))
    generator = np.random.default_rng(3)
    steps = pq.read_table(run.path(MILESTONES))
    rows = steps.to_pylist()
    for row in steps.filter(pa.compute.equal(steps["kind"], "assessment_need")).to_pylist():
        rows += [{**row, "kind": kind} for kind in ("assessed", "need_assessed")]
    for child in range(520):
        for _ in range(generator.poisson(0.4)):
            day = dt.date(2023, 1, 1) + dt.timedelta(int(generator.integers(0, 1300)))
            common = {"person_id": f"c{child:05d}", "event_date": day, "recorded_on": day + dt.timedelta(5)}
            rows.append({**common, "kind": "assessed", "to_date": None, "end_recorded_on": None})
            if generator.random() < 0.6:
                rows.append({**common, "kind": "eviction_action", "to_date": None, "end_recorded_on": None})
    rows.sort(key=lambda row: (row["person_id"], row["kind"], row["event_date"], row["recorded_on"]))
    replaced(run.path(MILESTONES), pa.Table.from_pylist(rows, schema=steps.schema))
    families = pq.read_table(run.path(FAMILY_FEATURES))
    rent = [120.0 if int(name[1:]) < TENANTS else None for name in families["family_id"].to_pylist()]
    contacts = pa.array(generator.integers(0, 4, len(families)).astype(np.float64))
    families = families.append_column("weekly_rent", pa.array(rent, pa.float64()))
    replaced(run.path(FAMILY_FEATURES), families.append_column("contacts_365", contacts))
    catalogued(run, "weekly_rent")
    catalogued(run, "contacts_365", sources=["contacts"], direction=1)
    return run


@pytest.fixture(scope="module")
def done(borough: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunFolder]:
    folder = tmp_path_factory.mktemp("experiments")
    yield run_stage(STAGE, borough.root, config(folder, "under_the_radar", "rent_crisis"))


def evaluation(run: RunFolder, target: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.root / "models" / target / "evaluation.json").read_text())
    return found


def test_every_candidate_of_need_is_compared_and_the_rule_judges_by_need_found(done: RunFolder) -> None:
    found = evaluation(done, "under_the_radar")
    of_need = {"weighted_needs", "need_found", "need_found_without_contact_history", "need_among_assessed"}
    assert of_need | {"logistic_without_contact_history"} <= set(found["candidates"])
    assert found["labels"]["left_out"] == {}
    assert found["choice"]["judged_on"] == "need_found"
    # Compared, and never chosen.
    assert not {"need_found", "need_among_assessed"} & set(found["choice"]["candidates"])


def test_each_candidates_precision_on_the_label_has_an_interval(done: RunFolder) -> None:
    labels = evaluation(done, "under_the_radar")["labels"]
    known = labels["known_of"]["need_found"]
    assert known["share_found"] == pytest.approx(known["share_observed"] * known["share_found_of_observed"], abs=1e-5)
    for figures in labels["candidates"].values():
        figure = figures["need_found"]
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
    # By lot a list has as much of it as the cohort.
    by_lot = labels["candidates"]["chance"]["need_found"]["value"]
    assert by_lot == pytest.approx(known["share_found"], abs=1e-5)


def test_a_target_asks_only_about_those_of_whom_its_features_are_known(done: RunFolder) -> None:
    cohort = pq.read_table(done.path(COHORT, "rent_crisis")).to_pylist()
    assert cohort
    assert {int(row["unit_id"][1:]) < TENANTS for row in cohort} == {True}
    assert evaluation(done, "rent_crisis")["state"] == "modelled"


def test_nobody_is_asked_about_where_no_such_feature_is_made(borough: RunFolder, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    write_borough(run, Size(families=60))
    with pytest.raises(InputRejected, match="rent_crisis"):
        run_stage(STAGE, run.root, config(tmp_path, "rent_crisis"))
