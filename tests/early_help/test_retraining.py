"""The quarterly job: what it registers and how often, where it stops, and that a kill leaves nothing half done."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from early_help.retraining import _as_of
from features.config import FeaturesConfig
from models.mlflow_store import MlflowStore
from store.errors import InputRejected, UsageError
from store.files import read_json, write_json
from tests.early_help.made_up_quarter import AS_OF, POINTS, TARGET, Quarter, processes, retrain_and_die


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quarter")
    Quarter(folder).make()
    return folder


@pytest.fixture
def quarter(template: Path, tmp_path: Path) -> Quarter:
    shutil.copytree(template, tmp_path / "council")
    return Quarter(tmp_path / "council")


def versions(quarter: Quarter) -> list[int]:
    client = MlflowStore(quarter.mlruns).client()
    return sorted(int(found.version) for found in client.search_model_versions(f"name = '{TARGET}'"))


def lines(quarter: Quarter) -> int:
    path = quarter.mlruns / "history" / f"{TARGET}.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def document(quarter: Quarter) -> dict[str, object]:
    found: dict[str, object] = read_json(quarter.run.root / "retraining.json")
    return found


def test_the_first_quarter_registers_a_challenger_and_promotes_nothing(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quarter.retrain() == 0
    said = capsys.readouterr().out
    assert "under_the_radar: promote; the new model is version 1, challenger." in said
    assert "Nothing was promoted" in (quarter.run.root / "retraining.txt").read_text()
    assert quarter.registry.champion(TARGET) is None
    challenger = quarter.registry.challenger(TARGET)
    assert challenger is not None
    target = document(quarter)["targets"][TARGET]  # type: ignore[index]
    assert target["champion"] is None
    assert {name: challenger.evidence[name] for name in target["evidence"]} == target["evidence"]


def test_again_registers_nothing_and_writes_the_same_bytes(quarter: Quarter) -> None:
    names = ("retraining.json", "retraining.txt", "retraining.html")
    quarter.retrain()
    first = [(quarter.run.root / name).read_bytes() for name in names]
    assert str(quarter.folder).encode() not in b"".join(first)
    quarter.retrain()
    assert [(quarter.run.root / name).read_bytes() for name in names] == first
    assert (versions(quarter), lines(quarter)) == ([1], 1)


def test_two_at_once_publish_once(quarter: Quarter) -> None:
    jobs = [begin(quarter, "") for _ in range(2)]
    codes = sorted(str(ended(job)) for job in jobs)
    # The one that comes second finds the run folder locked, or everything done.
    assert codes in (["0", "0"], ["0", "1"])
    assert (versions(quarter), lines(quarter)) == ([1], 1)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_nothing_is_half_registered_and_the_next_run_ends_it(quarter: Quarter, point: str) -> None:
    assert ended(begin(quarter, point)) == -signal.SIGKILL
    challenger = quarter.registry.challenger(TARGET)
    if challenger is not None:
        assert (challenger.folder / "model.json").is_file()
        assert challenger.evidence["retraining_sha256"]
    assert quarter.retrain() == 0
    assert (versions(quarter), lines(quarter)) == ([1], 1)
    assert quarter.registry.disagreements(TARGET) == []


def begin(quarter: Quarter, point: str) -> BaseProcess:
    process = processes().Process(target=retrain_and_die, args=(quarter.folder, point))
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    process.join(timeout=120)
    return process.exitcode


def break_feed(quarter: Quarter) -> None:
    table = {"table": "attendance", "source": "schools", "quiet": [8], "gaps": [{"from": "2026-04", "to": "2026-06"}]}
    path = quarter.run.root / "sources" / "data_quality.json"
    write_json(path, {"coverage": {"tables": [table]}, "extracts": []})


def test_a_broken_feed_stops_with_the_reason_and_registers_nothing(quarter: Quarter) -> None:
    break_feed(quarter)
    with pytest.raises(InputRejected, match="schools: next to nothing of attendance from 2026-04") as stopped:
        quarter.retrain()
    assert stopped.value.exit_code == 3
    assert document(quarter)["state"] == "stopped"
    assert "Nothing was retrained" in (quarter.run.root / "retraining.txt").read_text()
    assert not (quarter.run.root / "retraining.html").exists()
    assert (versions(quarter), lines(quarter)) == ([], 0)


def test_going_on_despite_a_broken_feed_needs_words_and_is_never_recommended(quarter: Quarter) -> None:
    break_feed(quarter)
    for empty in ("", " ", "12", "a\x07bell"):
        with pytest.raises(UsageError, match="No reason"):
            quarter.retrain(despite=empty)
    assert quarter.retrain(despite="Schools send their registers by hand until May.") == 4
    target = document(quarter)["targets"][TARGET]  # type: ignore[index]
    assert target["advice"] == "investigate"
    assert "by hand until May" in json.dumps(target)


def test_a_failed_audit_is_registered_for_the_record_and_looked_into(quarter: Quarter) -> None:
    quarter.audit("fail")
    assert quarter.retrain() == 4
    assert "fairness audit failed" in (quarter.run.root / "retraining.txt").read_text()


def test_a_changed_model_file_stops_before_anything_is_registered(quarter: Quarter) -> None:
    path = quarter.run.root / "models" / TARGET / "model" / "model.json"
    path.write_text(path.read_text() + " ")
    with pytest.raises(InputRejected, match="not what was recorded"):
        quarter.retrain()
    assert (versions(quarter), lines(quarter)) == ([], 0)


def test_a_quarter_not_covered_is_refused_with_the_newest_one(quarter: Quarter) -> None:
    with pytest.raises(UsageError, match="the newest is 2026-06-30"):
        Quarter(quarter.folder, dt.date(2026, 9, 30)).retrain()


def test_an_earlier_quarter_leaves_out_what_is_later(quarter: Quarter) -> None:
    config = _as_of(quarter.config, dt.date(2025, 12, 31))
    features = config.sections[FeaturesConfig]
    assert isinstance(features, FeaturesConfig)
    dates = features.dates(config.council)
    assert (dates[0], dates[-1]) == (dt.date(2023, 3, 31), dt.date(2025, 12, 31))
    # The newest is what `early-help run` would take, so that one may go on from the other.
    assert _as_of(quarter.config, AS_OF) == quarter.config
    chosen = replace(config, sections={**config.sections, FeaturesConfig: FeaturesConfig(as_of=dates[-3:])})
    with pytest.raises(UsageError, match="not an as-of date"):
        _as_of(chosen, dates[0])
