"""Champion and challenger: registered once, the history ahead of the aliases, and every change of it noticed."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from models.history import Action
from models.mlflow_store import IDENTITY, MlflowStore
from models.registry import CHALLENGER, CHAMPION, Registry
from store.errors import InputRejected, UsageError
from store.keys import Keys
from tests.support import KEYS

TARGET = "under_the_radar"
NOW = dt.datetime(2026, 10, 3, 6, 30, tzinfo=dt.UTC)
EVIDENCE = {"evaluation_sha256": "e" * 64}


def mark(letter: str) -> str:
    return letter * 64


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two whole recordings and one that was never finished."""
    folder = tmp_path_factory.mktemp("store")
    store = MlflowStore(folder)
    store.open()
    client = store.client()
    for letter, whole in (("a", True), ("b", True), ("c", False)):
        run = client.create_run(store.experiment(client, TARGET), tags={IDENTITY: mark(letter), "stage": "models"})
        client.log_text(run.info.run_id, "{}", "model/model.json")
        if whole:
            client.set_terminated(run.info.run_id)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "mlruns")
    return tmp_path / "mlruns"


@pytest.fixture
def registry(folder: Path) -> Registry:
    return Registry(folder, KEYS)


def register(registry: Registry, letter: str, **evidence: str) -> tuple[int, bool]:
    with registry.locked():
        version, new = registry.register(TARGET, mark(letter), "f" * 64, {**EVIDENCE, **evidence}, NOW)
    return version.number, new


def promote(registry: Registry, version: int) -> None:
    history = registry.history(TARGET)
    with history.locked():
        history.append(Action.PROMOTED, NOW, alias=CHAMPION, version=version)
    registry.settle(TARGET)


def aliases(folder: Path) -> dict[str, int]:
    found = MlflowStore(folder).client().get_registered_model(TARGET).aliases
    return {name: int(version) for name, version in found.items()}


def versions(folder: Path) -> list[int]:
    found = MlflowStore(folder).client().search_model_versions(f"name = '{TARGET}'")
    return sorted(int(version.version) for version in found)


def lines(folder: Path) -> list[dict[str, Any]]:
    path = folder / "history" / f"{TARGET}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_same_model_is_registered_once_and_another_is_another_version(registry: Registry, folder: Path) -> None:
    assert register(registry, "a") == (1, True)
    assert register(registry, "a") == (1, False)
    assert register(registry, "b") == (2, True)
    assert versions(folder) == [1, 2]
    assert aliases(folder) == {CHALLENGER: 2}
    assert [(line["version"], line["was"]) for line in lines(folder)] == [(1, None), (2, 1)]
    assert registry.disagreements(TARGET) == []


def test_new_evidence_about_the_same_model_is_a_line_and_no_version(registry: Registry, folder: Path) -> None:
    register(registry, "a")
    assert register(registry, "a", audit_sha256="9" * 64) == (1, True)
    assert versions(folder) == [1]
    assert [line["evidence"].get("audit_sha256") for line in lines(folder)] == [None, "9" * 64]


def test_a_promoted_version_is_champion_and_stays_it_when_it_comes_again(registry: Registry, folder: Path) -> None:
    register(registry, "a")
    promote(registry, 1)
    assert aliases(folder) == {CHAMPION: 1}
    assert register(registry, "a", audit_sha256="9" * 64) == (1, False)
    register(registry, "b")
    assert aliases(folder) == {CHAMPION: 1, CHALLENGER: 2}
    champion = registry.champion(TARGET)
    assert champion is not None
    assert (champion.number, champion.identity) == (1, mark("a"))
    assert (champion.folder / "model.json").read_text() == "{}"


def test_the_history_is_right_where_an_alias_was_moved_by_hand(registry: Registry, folder: Path) -> None:
    register(registry, "a")
    promote(registry, 1)
    register(registry, "b")
    MlflowStore(folder).client().set_registered_model_alias(TARGET, CHAMPION, "2")
    told = registry.disagreements(TARGET)
    assert len(told) == 1
    assert "champion" in told[0]
    assert "version 2; by the history it is version 1" in told[0]
    champion = registry.champion(TARGET)
    assert champion is not None
    assert champion.number == 1
    assert registry.settle(TARGET) == told
    assert aliases(folder) == {CHAMPION: 1, CHALLENGER: 2}


def test_what_was_not_recorded_whole_is_not_registered(registry: Registry, folder: Path) -> None:
    for letter in ("c", "d"):
        with pytest.raises(UsageError, match="not recorded"):
            register(registry, letter)
    assert not (folder / "history").exists()
    assert registry.champion(TARGET) is None


@pytest.mark.parametrize("change", ["value", "order", "taken out", "cut off", "forged", "replayed"])
def test_a_changed_history_stops_everything(registry: Registry, folder: Path, change: str) -> None:
    for letter in "ab":
        register(registry, letter)
    promote(registry, 2)
    path = folder / "history" / f"{TARGET}.jsonl"
    kept = path.read_text().splitlines(keepends=True)
    match change:
        case "value":
            path.write_text("".join([kept[0].replace('"version":1', '"version":2'), *kept[1:]]))
        case "order":
            path.write_text("".join([kept[1], kept[0], kept[2]]))
        case "taken out":
            path.write_text("".join([kept[0], kept[2]]))
        case "cut off":
            path.write_text("".join(kept[:2]))
        case "forged":
            # Written by someone who has the store and not the council's key.
            history = Registry(folder, Keys(bytes(32))).history(TARGET)
            history._log.append({"action": "promoted", "target": TARGET, "key": KEYS.mark, "code": "0", "version": 1})
        case "replayed":
            last = {k: v for k, v in lines(folder)[2].items() if k not in ("number", "previous", "hash")}
            registry.history(TARGET)._log.append(last)
    with pytest.raises(InputRejected, match="history"):
        registry.champion(TARGET)
    with pytest.raises(InputRejected, match="history"):
        register(registry, "a")
    assert versions(folder) == [1, 2]


def test_lines_under_a_key_that_was_exchanged_are_told_apart_and_still_chained(folder: Path) -> None:
    old, new = Registry(folder, KEYS), Registry(folder, Keys(bytes(range(1, 33))))
    register(old, "a")
    register(new, "b")
    history = new.history(TARGET)
    assert [history.under_another_key(entry) for entry in history.entries()] == [True, False]


def test_a_store_that_moved_still_has_its_models(registry: Registry, folder: Path) -> None:
    register(registry, "a")
    folder.rename(folder.with_name("elsewhere"))
    moved = Registry(folder.with_name("elsewhere"), KEYS).challenger(TARGET)
    assert moved is not None
    assert (moved.folder / "model.json").is_file()


def test_what_is_recorded_in_a_copied_store_lies_in_the_copy(folder: Path, registry: Registry, tmp_path: Path) -> None:
    register(registry, "a")
    shutil.copytree(folder, tmp_path / "copy")
    store = MlflowStore(tmp_path / "copy")
    client = store.client()
    run = client.create_run(store.experiment(client, TARGET), tags={IDENTITY: mark("d"), "stage": "models"})
    client.log_text(run.info.run_id, "{}", "model/model.json")
    assert (store.artifacts(TARGET, run.info.run_id) / "model" / "model.json").is_file()
    for uri in (client.get_model_version(TARGET, "1").source, client.search_runs(["1"])[-1].info.artifact_uri):
        assert uri.startswith((tmp_path / "copy").as_uri())
    assert not list(folder.glob(f"artifacts/*/{run.info.run_id}"))


def test_a_locked_store_registers_nothing(folder: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.mlflow_store._PATIENCE_SECONDS", 0.1)
    with closing(connect(folder / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UsageError, match="locked by another program"):
            registry.open()
    assert not (folder / "history").exists()
