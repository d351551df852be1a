"""A run as a notebook has it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from early_help import experiments, notebook
from early_help.experiments import experiment
from early_help.notebook import RUN_VARIABLE, Run, example_run, open_run
from early_help.run_config import ON_RECORD
from early_help.runner import StageRecord
from early_help.stages import STAGES
from fairness_audits.release import GateState, Verdict
from fairness_audits.standing import GateStatus
from models.config import ModelsConfig, TargetSettings
from store.errors import UsageError
from store.files import write_json
from store.run_folder import RunFolder
from tests.early_help.test_config import GOOD
from tests.store.test_display import HOSTILE, Elements


def made(root: Path, name: str = "A council", targets: tuple[str, ...] = ("under_the_radar",)) -> Run:
    """As much of a run folder as a display looks at."""
    write_json(root / ON_RECORD, {"council": str(root / "x-borough" / "council.toml"), "name": name, "mlruns": "m"})
    write_json(root / "features" / "coverage.json", {"as_of": ["2026-03-31", "2026-06-30"]})
    for target in targets:
        write_json(root / "models" / target / "evaluation.json", {"choice": {"no_better_than_chance": False}})
    return open_run(root)


@pytest.fixture
def _standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate's answer, which is tested where the gate is."""

    def told(run: RunFolder, keys: Any, target: str, today: dt.date) -> GateStatus:
        return GateStatus(target, GateState.AWAITING_APPROVAL, Verdict.CANNOT_TELL, "Nobody has approved it.", "Ask.")

    monkeypatch.setattr("early_help.status.gate_status", told)
    monkeypatch.setattr(notebook, "load_keys", lambda: None)


@pytest.mark.usefixtures("_standing")
def test_a_run_says_whose_it_is_how_far_it_is_and_what_is_withheld(tmp_path: Path) -> None:
    run = made(tmp_path)
    record = StageRecord("sources", "f", {}, {}, {"a": 1200, "b": 34}, 3.4, None)
    write_json(tmp_path / "state" / "sources.json", vars(record))
    found = Elements(run._repr_html_())
    assert not found.open
    for said in ("Run of A council", "2 as-of dates, 2026-03-31 to 2026-06-30", "under the radar", "cannot tell"):
        assert said in found.text
    assert (
        "awaiting approval" in found.text and f"1 of {len(STAGES)} stages done" in found.text and "1,234" in found.text
    )
    assert repr(run) == "Run of A council\nunder_the_radar: audit cannot tell, awaiting_approval"


@pytest.mark.usefixtures("_standing")
def test_why_a_list_is_shut_is_said_where_it_does_not_merely_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(tmp_path)
    assert "Nobody has approved it." not in Elements(run._repr_html_()).text
    told = GateStatus("under_the_radar", GateState.WITHDRAWN, Verdict.PASS, "Withdrawn by Ben.", "Ask.")
    monkeypatch.setattr("early_help.status.gate_status", lambda *asked: told)
    assert "Withdrawn by Ben." in Elements(run._repr_html_()).text


@pytest.mark.usefixtures("_standing")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_is_text(tmp_path: Path, hostile: str) -> None:
    found = Elements(made(tmp_path, hostile)._repr_html_())
    assert hostile in found.text and not found.names & {"script", "img"}


def test_a_run_that_has_got_nowhere_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert "No features yet." in Elements(open_run(tmp_path)._repr_html_()).text


def test_tables_and_documents_are_read_by_their_path(tmp_path: Path) -> None:
    run = made(tmp_path)
    pq.write_table(pa.table({"family_id": ["a", "b"]}), tmp_path / "features" / "families.parquet")
    assert run.table("features/families")["family_id"].to_list() == ["a", "b"]
    assert run.document("features/coverage.json")["as_of"][0] == "2026-03-31"


def test_a_made_up_boroughs_truth_lies_beside_its_extracts_and_a_councils_nowhere(tmp_path: Path) -> None:
    run = made(tmp_path)
    assert run.truth is None
    (tmp_path / "x-truth").mkdir()
    assert run.truth == tmp_path / "x-truth"


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        open_run(tmp_path)


def test_notebooks_work_on_the_run_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path)
    monkeypatch.setenv(RUN_VARIABLE, str(tmp_path))
    assert example_run().root == tmp_path


def test_then_on_the_demos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "demo")
    (tmp_path / "demo" / "reports").mkdir()
    (tmp_path / "demo" / "reports" / "index.html").touch()
    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    monkeypatch.setattr(notebook, "_DEMO", tmp_path / "demo")
    assert example_run().root == tmp_path / "demo"


def test_then_on_an_example_that_is_made_once_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def make(folder: Path) -> None:
        asked.append(folder)
        made(folder / "example")

    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    monkeypatch.setattr(notebook, "_DEMO", tmp_path / "none")
    monkeypatch.setattr(notebook, "EXAMPLE", tmp_path / "notebooks")
    monkeypatch.setattr(notebook, "make_example", make)
    assert example_run().root == example_run().root == tmp_path / "notebooks" / "example"
    assert asked == [tmp_path / "notebooks"] * 2


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a TOML, tables that the models stage reads, and one that it may not."""
    found = made(tmp_path / "run")
    (tmp_path / "council.toml").write_text(GOOD, encoding="utf-8")
    on_record = {"council": str(tmp_path / "council.toml"), "name": "Testborough", "mlruns": str(tmp_path / "mlruns")}
    write_json(found.root / ON_RECORD, on_record)
    for path in ("features/families.parquet", "features/catalogue.json", "identifiable/residents/people.parquet"):
        (found.root / path).parent.mkdir(parents=True, exist_ok=True)
        (found.root / path).write_text(path, encoding="utf-8")
    return found


def trained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Calls of the models stage, which is not run."""
    calls: list[Any] = []
    monkeypatch.setattr(experiments, "load_keys", lambda: None)
    monkeypatch.setattr(experiments, "bring_up_to_date", lambda *called: calls.append(called))
    return calls


def test_an_experiment_takes_what_the_stage_reads_and_changes_the_settings_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = trained(monkeypatch)
    found = experiment(run, tmp_path / "trial", "under_the_radar", rounds=200)
    copied = {path.relative_to(found.root).as_posix() for path in found.root.rglob("*") if path.is_file()}
    assert copied == {"features/families.parquet", "features/catalogue.json", ON_RECORD}
    ((folder, config, stage, *_),) = calls
    settings = config.sections[ModelsConfig]
    assert (folder.root, stage.name) == (tmp_path / "trial", "models")
    assert settings == ModelsConfig(
        rounds=200, mlruns=str(tmp_path / "mlruns"), targets={"under_the_radar": TargetSettings(capacity=40)}
    )
    experiment(run, tmp_path / "trial", "under_the_radar", rounds=200)
    assert len(calls) == 2


@pytest.mark.parametrize(("target", "settings"), [("elsewhere", {}), ("under_the_radar", {"round": 200})])
def test_an_experiment_with_another_target_or_setting_is_refused_before_anything_is_copied(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, settings: dict[str, Any]
) -> None:
    calls = trained(monkeypatch)
    with pytest.raises(UsageError):
        experiment(run, tmp_path / "trial", target, **settings)
    assert not calls and not (tmp_path / "trial").exists()


def test_an_experiment_overwrites_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = trained(monkeypatch)
    write_json(run.folder.state / "sources.json", {})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    for taken in (run.root, tmp_path / "full", tmp_path / "full" / "thesis.txt"):
        with pytest.raises(UsageError, match="something else"):
            experiment(run, taken, "under_the_radar")
    assert not calls
