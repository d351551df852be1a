"""The run does what is needed and no more, and a kill at any moment changes nothing in the end."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from early_help.lock import run_lock
from early_help.runner import read_failure, read_record
from store.errors import InputRejected, UsageError
from store.files import file_hash
from store.keys import Keys
from store.run_folder import RunFolder
from store.workspace import open_sealed
from tests.early_help import toy

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.txt"
    path.write_text("1 2 3 4 5 6")
    return path


def ran(reports: list[toy.StageReport]) -> list[str]:
    return [report.stage for report in reports if report.ran]


def outputs(root: Path) -> dict[str, str]:
    """Hash of every published file but the records, which hold times."""
    return {
        path.relative_to(root).as_posix(): file_hash(path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in ("state", ".lock")
    }


def test_a_second_run_does_no_work(tmp_path: Path, numbers: Path) -> None:
    assert ran(toy.run_toy(tmp_path / "run", numbers)) == ["sources", "residents", "features"]
    before = outputs(tmp_path / "run")
    assert ran(toy.run_toy(tmp_path / "run", numbers)) == []
    assert outputs(tmp_path / "run") == before


def test_a_changed_setting_runs_its_stage_and_what_follows(tmp_path: Path, numbers: Path) -> None:
    toy.run_toy(tmp_path / "run", numbers)
    assert ran(toy.run_toy(tmp_path / "run", numbers, factor=2)) == ["features"]


def test_a_changed_input_runs_only_what_it_really_changes(tmp_path: Path, numbers: Path) -> None:
    toy.run_toy(tmp_path / "run", numbers)
    numbers.write_text("1 2 3 4 5 6 7")
    # Seven is odd: the even numbers are as they were, so nothing after them has anything to do.
    assert ran(toy.run_toy(tmp_path / "run", numbers)) == ["sources", "residents"]
    numbers.write_text("1 2 3 4 5 6 7 8")
    assert ran(toy.run_toy(tmp_path / "run", numbers)) == ["sources", "residents", "features"]


def test_another_master_key_makes_again_what_rests_on_the_key_and_no_more(tmp_path: Path, numbers: Path) -> None:
    run = RunFolder(tmp_path / "run")
    toy.run_toy(run.root, numbers)
    other = Keys(bytes(32))
    reports = toy.run_stages(run, toy.config(numbers), toy.STAGES, other, toy.SilentProgress())
    assert ran(reports) == ["features"]
    assert open_sealed(run, other, toy.SECRET, "a")["n"].to_pylist() == [12]


@pytest.mark.parametrize(
    "spoil", ["identifiable/sources/numbers.parquet", "features/total.parquet", "features/a/secret.parquet.sealed"]
)
@pytest.mark.parametrize("how", ["remove", "truncate", "alter"])
def test_a_spoilt_output_is_made_again(spoil: str, how: str, tmp_path: Path, numbers: Path) -> None:
    toy.run_toy(tmp_path / "run", numbers)
    before = outputs(tmp_path / "run")
    path = tmp_path / "run" / spoil
    if how == "remove":
        path.unlink()
    elif how == "truncate":
        path.write_bytes(path.read_bytes()[:20])
    else:
        content = bytearray(path.read_bytes())
        content[-20] ^= 1
        path.write_bytes(content)
    assert len(ran(toy.run_toy(tmp_path / "run", numbers))) == 1
    assert outputs(tmp_path / "run") == before


def test_a_spoilt_record_is_no_record(tmp_path: Path, numbers: Path) -> None:
    toy.run_toy(tmp_path / "run", numbers)
    (tmp_path / "run" / "state" / "residents.json").write_text('{"stage": "resid')
    assert ran(toy.run_toy(tmp_path / "run", numbers)) == ["residents"]


def test_a_failed_stage_publishes_nothing_and_is_remembered(tmp_path: Path, numbers: Path) -> None:
    run = RunFolder(tmp_path / "run")
    toy.run_toy(run.root, numbers)
    before = outputs(run.root)

    def refuse(work: toy.Workspace) -> None:
        work.write(toy.EVEN, toy.pa.table({"n": [99]}))
        raise InputRejected("Too many bad rows.", where="numbers", fix="Ask for the file again.")

    broken = toy.Stage("residents", "residents", (toy.NUMBERS,), (toy.EVEN,), (toy.ToyFactor,), refuse)
    with pytest.raises(InputRejected):
        toy.run_stages(run, toy.config(numbers), (toy.STAGES[0], broken), toy.KEYS, toy.SilentProgress())
    assert outputs(run.root) == before
    assert read_failure(run) == {
        "stage": "residents",
        "message": "Too many bad rows.\nWhere: numbers\nWhat to do: Ask for the file again.",
    }
    toy.run_toy(run.root, numbers)
    assert ran(toy.run_toy(run.root, numbers, factor=3)) == ["features"]
    assert read_failure(run) is None


def test_outputs_no_longer_made_are_removed(tmp_path: Path, numbers: Path) -> None:
    run = RunFolder(tmp_path / "run")
    toy.run_toy(run.root, numbers)
    assert run.path(toy.SECRET, "b").exists()

    def one_target(work: toy.Workspace) -> None:
        work.write(toy.TOTAL, toy.pa.table({"n": [1]}))
        work.write(toy.SECRET, toy.pa.table({"n": [1]}), "a")

    last = toy.Stage("features", "features", (toy.EVEN,), (toy.TOTAL, toy.SECRET), (), one_target)
    toy.run_stages(run, toy.config(numbers), (*toy.STAGES[:2], last), toy.KEYS, toy.SilentProgress())
    assert run.path(toy.SECRET, "a").exists()
    assert not run.path(toy.SECRET, "b").parent.exists()


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path, numbers: Path) -> None:
    toy.run_toy(tmp_path / "whole", numbers, pause=0.05)
    whole = outputs(tmp_path / "whole")
    moments = random.Random(20261122)
    kills = 0
    for attempt in range(8):
        root = tmp_path / f"killed{attempt}"
        command = [sys.executable, "-m", "tests.early_help.toy", str(root), str(numbers)]
        process = subprocess.Popen(command, cwd=PROJECT)
        deadline = time.monotonic() + 60
        while not root.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        toy.run_toy(root, numbers, pause=0.05)
        assert outputs(root) == whole
        assert read_record(RunFolder(root), "features") is not None
    assert kills >= 4, "too few of the runs were still at work when they were killed for this to show anything"


def test_two_jobs_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    with run_lock(tmp_path), pytest.raises(UsageError, match="Another job"), run_lock(tmp_path):
        pass
    with run_lock(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
