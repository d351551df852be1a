"""The whole job through the command line, on a small synthetic borough: what a newcomer would do, and its refusals."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.files import file_hash, read_json
from store.key_file import KEY_FILE_VARIABLE, rotate_key

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from early_help.cli import main; main()"]
FAMILIES = 400
STAGES = (
    *("sources", "residents", "features", "identification", "models"),
    *("attributes", "audits", "recording", "chain", "proxies", "certainty", "reports"),
)
HOSTILE = ("=HYPERLINK", "<script>alert", "DROP TABLE")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Demo:
    """A finished demo: where it ran, what it printed, and the environment of its commands."""

    folder: Path
    output: str
    environment: dict[str, str]

    @property
    def run(self) -> Path:
        return self.folder / "demo"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("main_job")
    environment = {**os.environ, KEY_FILE_VARIABLE: str(folder / "key" / "master.key"), "PYTHONPATH": str(PROJECT)}
    empty = Demo(folder, "", environment)
    done = empty.command("demo", "--families", str(FAMILIES), "--out", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder, done.stdout, environment)


@pytest.fixture
def copy(demo: Demo, tmp_path: Path) -> Demo:
    """The demo's borough and run in a folder of the test's own, with the same key."""
    for name in ("demo", "demo-borough"):
        shutil.copytree(demo.folder / name, tmp_path / name)
    return Demo(tmp_path, demo.output, demo.environment)


def tables(run: Path) -> dict[str, str]:
    """Hash of every output but the records of how long things took and who signed when."""
    return {
        path.relative_to(run).as_posix(): file_hash(path)
        for path in sorted(run.rglob("*"))
        if path.is_file()
        and path.relative_to(run).parts[0]
        in ("identifiable", "protected", "features", "models", "sources", "residents")
    }


def stages_run(output: str) -> list[str]:
    return [stage for stage in STAGES if f"{stage} " in output and "done in" in _line(output, stage)]


def _line(output: str, stage: str) -> str:
    return next((line for line in output.splitlines() if line.strip().startswith(stage + " ")), "")


def released_and_withheld(demo: Demo) -> tuple[list[str], list[str]]:
    targets = sorted(path.parent.name for path in (demo.run / "models").glob("*/evaluation.json"))
    released = [t for t in targets if (demo.run / "reports" / t / "explanation.html").exists()]
    return released, [t for t in targets if t not in released]


def test_the_demo_ends_with_one_target_released_and_one_withheld(demo: Demo) -> None:
    released, withheld = released_and_withheld(demo)
    assert len(released) == 1
    assert len(withheld) == 1
    assert "refuses (exit 4)" in demo.output
    assert "index.html" in demo.output
    for target in released + withheld:
        assert (demo.run / "reports" / target / "fairness.html").stat().st_size < 500_000


def test_a_withheld_target_is_refused_with_its_reason_and_nothing_is_written(demo: Demo) -> None:
    (withheld,) = released_and_withheld(demo)[1]
    done = demo.command("export", "demo", "--target", withheld, "--out", "list.csv")
    assert done.returncode == 4
    assert "What to do:" in done.stderr
    assert not (demo.folder / "list.csv").exists()


def test_a_released_target_is_exported_without_scores(demo: Demo) -> None:
    (released,) = released_and_withheld(demo)[0]
    done = demo.command("export", "demo", "--target", released, "--out", "released.csv")
    assert done.returncode == 0, done.stderr
    header = (demo.folder / "released.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert "family_id" in header
    assert not {"score", "rank", "position", "probability"} & set(header.split(","))


def test_one_person_cannot_release_alone(copy: Demo) -> None:
    (withheld,) = released_and_withheld(copy)[1]
    expires = "2099-01-01"
    arguments = ["release", "demo", "--target", withheld, "--approve", "--note", "Read it all, with care."]
    for name in ("A. Person", "  a. person "):
        done = copy.command(*arguments, "--as", name, "--role", "data_scientist", "--expires", expires)
        assert copy.command("export", "demo", "--target", withheld, "--out", "x.csv").returncode == 4
    assert done.returncode != 0


def test_status_tells_stages_verdicts_and_reasons(demo: Demo) -> None:
    done = demo.command("status", "demo")
    assert done.returncode == 0, done.stderr
    for word in (*STAGES, "under_the_radar", "hidden_young_carers", "withheld", "released"):
        assert word in done.stdout


def test_nothing_changed_means_no_work(demo: Demo) -> None:
    done = demo.command("run", "demo-borough/council.toml", "--out", "demo")
    assert done.returncode == 0, done.stderr
    assert stages_run(done.stdout) == []
    assert "no work was done" in done.stdout


def test_one_attendance_file_changed_leaves_the_residents_alone(copy: Demo) -> None:
    attendance = max((copy.folder / "demo-borough").rglob("*.csv.gz"), key=lambda p: "attend" in p.name.lower())
    lines = gzip.decompress(attendance.read_bytes()).splitlines(keepends=True)
    attendance.write_bytes(gzip.compress(b"".join(lines[: len(lines) // 2]), mtime=0))
    done = copy.command("run", "demo-borough/council.toml", "--out", "demo")
    assert done.returncode == 0, done.stderr
    again = stages_run(done.stdout)
    assert "residents" not in again
    assert {"sources", "features"} <= set(again)


def test_killed_at_three_moments_it_ends_with_the_same_tables(copy: Demo) -> None:
    whole = tables(copy.run)
    shutil.rmtree(copy.run)
    moments = random.Random(3)
    arguments = [*COMMAND, "run", "demo-borough/council.toml", "--out", "demo"]
    for _ in range(3):
        process = subprocess.Popen(arguments, cwd=copy.folder, env=copy.environment, stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(3, 14))
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = copy.command(*arguments[len(COMMAND) :])
    assert done.returncode == 0, done.stderr
    assert tables(copy.run) == whole


def test_no_name_of_a_resident_reaches_the_screen_or_the_pseudonymous_part(demo: Demo) -> None:
    assert not any(word in demo.output for word in HOSTILE)
    for folder in ("features", "models", "fairness_audits", "reports", "state"):
        for path in (demo.run / folder).rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not any(word.encode() in content for word in HOSTILE), path


def test_the_manifest_binds_inputs_outputs_code_and_packages(demo: Demo) -> None:
    manifest = json.loads((demo.run / "manifest.json").read_text())
    assert set(manifest["stages"]) == set(STAGES)
    assert "duckdb" in manifest["packages"]
    for name, sha256 in manifest["stages"]["features"]["outputs"].items():
        assert file_hash(demo.run / name) == sha256


def test_a_second_demo_releases_no_second_target(copy: Demo) -> None:
    before = released_and_withheld(copy)
    done = copy.command("demo", "--families", str(FAMILIES), "--out", "demo")
    assert done.returncode == 0, done.stderr
    assert released_and_withheld(copy) == before
    assert "refuses (exit 4)" in done.stdout


def test_the_demo_does_not_sign_for_a_councils_own_run(copy: Demo) -> None:
    (copy.folder / "demo-borough").rename(copy.folder / "council")
    assert copy.command("check", "council/council.toml", "--out", "demo").returncode == 0
    log = (copy.run / "fairness_audits" / "release_log.jsonl").read_bytes()
    done = copy.command("demo", "--families", str(FAMILIES), "--out", "demo")
    assert done.returncode == 2
    assert "another council" in done.stderr
    assert (copy.run / "fairness_audits" / "release_log.jsonl").read_bytes() == log


def test_a_pack_goes_with_its_release_though_the_run_stops_before_the_reports(copy: Demo) -> None:
    (released,) = released_and_withheld(copy)[0]
    council = copy.folder / "demo-borough" / "council.toml"
    council.write_text(f"{council.read_text('utf-8')}\n[models]\nfolds = 4\n", "utf-8")
    done = copy.command("run", "demo-borough/council.toml", "--out", "demo", "--until", "models")
    assert done.returncode == 0, done.stderr
    assert not (copy.run / "reports" / released / "explanation.html").exists()
    assert copy.command("export", "demo", "--target", released, "--out", "x.csv").returncode == 4


def test_only_a_run_makes_a_master_key(demo: Demo, tmp_path: Path) -> None:
    keyless = Demo(demo.folder, "", {**demo.environment, KEY_FILE_VARIABLE: str(tmp_path / "none" / "master.key")})
    for arguments in (["status", "demo"], ["export", "demo", "--target", "under_the_radar", "--out", "x.csv"]):
        done = keyless.command(*arguments)
        assert done.returncode == 2
        assert "no master key" in done.stderr
    assert not (tmp_path / "none").exists()


def test_after_a_rotation_no_release_holds(copy: Demo) -> None:
    (released,) = released_and_withheld(copy)[0]
    before, key = copy.environment[KEY_FILE_VARIABLE], copy.folder / "vault" / "master.key"
    key.parent.mkdir(mode=0o700)
    shutil.copy2(before, key)
    own = Demo(copy.folder, "", {**copy.environment, KEY_FILE_VARIABLE: str(key)})
    assert (own.run / "reports" / released / "explanation.html").exists()
    kept = rotate_key(key).kept
    assert f"{released}: audit verdict 'not audited', withheld" in own.command("status", "demo").stdout
    assert own.command("export", "demo", "--target", released, "--out", "x.csv").returncode == 4
    assert not (own.run / "reports" / released / "explanation.html").exists()
    older = Demo(copy.folder, "", {**copy.environment, KEY_FILE_VARIABLE: str(kept)})
    assert older.command("export", "demo", "--target", released, "--out", "x.csv").returncode == 0


def test_a_forged_or_broken_audit_is_not_shown_as_a_verdict(copy: Demo) -> None:
    (released,) = released_and_withheld(copy)[0]
    audit = copy.run / "fairness_audits" / released / "audit.json"
    for content in (audit.read_text("utf-8").replace('"verdict": "cannot_tell"', '"verdict": "pass"'), "{"):
        audit.write_text(content, "utf-8")
        done = copy.command("status", "demo")
        assert done.returncode == 0, done.stderr
        assert f"{released}: audit verdict 'not audited', withheld" in done.stdout
    assert not (copy.run / "reports" / released / "explanation.html").exists()


def test_a_release_needs_the_tomls_place_before_it_signs(copy: Demo) -> None:
    (withheld,) = released_and_withheld(copy)[1]
    shutil.rmtree(copy.folder / "demo-borough")
    (copy.run / "state" / "council.json").unlink()
    log = (copy.run / "fairness_audits" / "release_log.jsonl").read_bytes()
    done = copy.command(
        *("release", "demo", "--target", withheld, "--approve", "--as", "A. Person", "--role", "director"),
        *("--note", "Read it all."),
    )
    assert done.returncode == 2
    assert "not where it was" in done.stderr
    assert (copy.run / "fairness_audits" / "release_log.jsonl").read_bytes() == log


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "none.toml", "--out", "x"], 2, "no such file"),
        (["run", "demo-borough/council.toml", "--out", "y", "--until", "nonsense"], 2, "no such stage"),
        (["status", "nowhere"], 2, "not a run folder"),
        (["export", "demo", "--target", "nonsense", "--out", "x.csv"], 2, "no such target"),
        (["run", "demo-borough/council.toml", "--out", "demo/manifest.json"], 2, "could not be read or written"),
        (["synth", "--families", "50", "--out", "s", "--truth", "s/truth"], 2, "truth"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_mistakes_get_a_clear_word_and_no_traceback(arguments: list[str], code: int, says: str, demo: Demo) -> None:
    done = demo.command(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_finished_quarter_is_retrained_on_and_promoted_by_two(demo: Demo, tmp_path: Path) -> None:
    """The demo's run stands for the quarter's: only the comparison, the registry and the recommendation are new."""
    here = Demo(tmp_path, demo.output, demo.environment)
    shutil.copytree(demo.run, tmp_path / "runs" / "2026-06-30")
    shutil.copytree(demo.folder / "mlruns", tmp_path / "mlruns")
    done = here.command("retrain", str(demo.folder / "demo-borough" / "council.toml"), "--as-of", "2026-06-30")
    assert done.returncode in (0, 4), done.stdout + done.stderr
    # The list was released with its models in another folder, so it is shut here, and the reports say so.
    assert stages_run(done.stdout) == ["reports"]
    assert not (tmp_path / "runs" / "2026-06-30" / "reports" / "under_the_radar" / "explanation.html").exists()
    document = read_json(tmp_path / "runs" / "2026-06-30" / "retraining.json")
    assert document["state"] == "recommended"
    (released,), (withheld,) = released_and_withheld(demo)
    assert set(document["targets"]) == {released, withheld}
    reason = "The panel reads every case blind to its place in the list, and records decisions by group."
    for name, role in (("Ann Able", "data_scientist"), ("Bea Bold", "head_of_service")):
        signed = here.command(
            *("promote", "runs/2026-06-30", released, "--by", name, "--role", role),
            *("--note", "Read the reports.", "--reason", reason),
        )
        assert signed.returncode == 0, signed.stdout + signed.stderr
    shown = here.command("history", released)
    assert "Champion: version 1" in shown.stdout
    assert "Bea Bold (head_of_service) made version 1 champion" in shown.stdout
