"""What a release binds beyond the audit's own files, and what of the council's must hold: policy and champion."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from early_help.stages import STAGES
from fairness_audits import binding, in_force
from fairness_audits.binding import AUDIT_STAGE, DATA_STAGES, hash_now
from fairness_audits.gate import export_list, status
from fairness_audits.record import read_audit
from fairness_audits.release import GateState
from features.tables import FAMILY_FEATURES
from residents.tables import PSEUDONYMS
from store.errors import UsageError, Withheld
from store.files import file_hash, read_json, write_json, write_text
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import (
    TODAY,
    make_runs,
    own_model,
    passed_run,
    promote,
    put_council,
    sign,
    sign_both,
)
from tests.support import KEYS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    return make_runs(tmp_path_factory.mktemp("bound"))


@pytest.fixture
def run(made: dict[str, RunFolder], tmp_path: Path) -> RunFolder:
    """A run that passed, as the job would have left it, of a council whose TOML lies in ``tmp_path``."""
    return passed_run(made, tmp_path)


def stands(run: RunFolder) -> tuple[GateState, str]:
    found = status(run, KEYS, FAMILIES, TODAY)
    return found.state, found.reason


def refused(run: RunFolder) -> bool:
    """Whether the list stays in."""
    out = run.root.parent / "list.csv"
    with pytest.raises(Withheld) as refusal:
        export_list(run, KEYS, FAMILIES, out, TODAY)
    return not out.exists() and bool(refusal.value.fix)


# --- files -----------------------------------------------------------------------------------------------


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model/model.json", "the model's files"),
        ("features", "files of the stage features"),
        ("pseudonyms", "files of the stage residents"),
        ("restricted/audit.json", "the audit's documents"),
        ("published/audit.json", "the audit's documents"),
    ],
)
def test_one_byte_of_what_the_list_rests_on_shuts_it(run: RunFolder, name: str, said: str) -> None:
    sign_both(run)
    paths = {
        "features": run.path(FAMILY_FEATURES),
        "pseudonyms": run.path(PSEUDONYMS),
        "model/model.json": run.root / "models" / FAMILIES / name,
    }
    path = paths.get(name, run.root / "fairness_audits" / FAMILIES / name)
    whole = path.read_bytes()
    for change in (lambda: flip(path), path.unlink):
        change()
        assert stands(run)[0] is GateState.NOT_AUDITED and said in stands(run)[1]
        assert refused(run)
        with pytest.raises(Withheld):
            sign(run)
        path.write_bytes(whole)
        assert stands(run)[0] is GateState.RELEASED


def test_a_file_put_to_the_model_voids_the_approvals(run: RunFolder) -> None:
    sign_both(run)
    write_text(run.root / "models" / FAMILIES / "model" / "further.txt", "a tree")
    state, reason = stands(run)
    assert state is GateState.AWAITING_APPROVAL and "void: the model's files" in reason


@pytest.mark.parametrize("stage", DATA_STAGES)
@pytest.mark.parametrize(("part", "said"), [("inputs", "record of the data"), ("fingerprint", "record of settings")])
def test_another_record_of_data_or_settings_voids_the_approvals(
    run: RunFolder, stage: str, part: str, said: str
) -> None:
    sign_both(run)
    path = run.state / f"{stage}.json"
    record = read_json(path)
    other = {"inputs": {"x/attendance.csv": "0" * 64}, "fingerprint": "0" * 64}
    write_json(path, record | {"seconds": 12.5, "rows": {}})
    assert stands(run)[0] is GateState.RELEASED
    write_json(path, record | {part: other[part]})
    assert stands(run)[0] is GateState.AWAITING_APPROVAL and said in stands(run)[1]
    path.write_text("[" * 100_000, encoding="utf-8")
    assert stands(run)[0] is not GateState.RELEASED
    path.unlink()
    assert stands(run)[0] is not GateState.RELEASED


def test_the_data_are_of_every_stage_before_the_audits() -> None:
    names = [stage.name for stage in STAGES]
    assert set(DATA_STAGES) == set(names[: names.index(AUDIT_STAGE)]) - {"models"}


def test_a_record_whose_outputs_are_no_list_of_files_holds_nothing(run: RunFolder) -> None:
    write_json(run.state / "features.json", {"outputs": [1, 2]})
    assert "files of the stage features" in stands(run)[1]


def test_code_that_is_not_the_one_that_audited_shuts_it(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_both(run)
    monkeypatch.setattr(binding, "code_hash", lambda _: "another")
    assert stands(run) == (GateState.NOT_AUDITED, "Not audited. Changed since the audit: the toolkit's code.")
    assert refused(run)


def test_a_hash_is_remembered_only_of_a_file_that_has_settled(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"aaaa")
    for letter in (b"b", b"c", b"d"):
        path.write_bytes(letter * 4)
        assert hash_now(path) == file_hash(path)
    long_ago = time.time() - 1000
    for content in (b"one", b"two"):
        # What a copy that keeps the times of its files leaves: only the system's own mark of a change tells.
        path.write_bytes(content)
        os.utime(path, (long_ago, long_ago))
        assert hash_now(path) == file_hash(path)


# --- the policy in force ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("0.9", "0.95"), "looser than the one that was audited by (rule only: margin 0.95"),
        (lambda text: text.replace("0.9", "0.5"), "stricter than the one that was audited by (rule only: margin 0.5"),
        (lambda text: text.replace('"pass"', '"other"'), "another than the one"),
        (
            lambda _: 'name = "x"\n[[rules]]\nname = "only"\nmetric = "nonsense"\nmargin = 1\n',
            "names something unknown",
        ),
        (lambda _: "name = ", "not valid TOML"),
    ],
)
def test_a_policy_changed_after_the_fact_shuts_it(run: RunFolder, change: Callable[[str], str], said: str) -> None:
    sign_both(run)
    path = run.root.parent / "pass.toml"
    audited = path.read_text(encoding="utf-8")
    path.write_text(change(audited), encoding="utf-8")
    state, reason = stands(run)
    assert state is GateState.NOT_AUDITED and said in reason
    assert refused(run)
    with pytest.raises(Withheld):
        sign(run)
    path.write_text(f"# a remark\n{audited}", encoding="utf-8")
    assert stands(run)[0] is GateState.RELEASED


def test_naming_another_policy_or_none_shuts_it(run: RunFolder) -> None:
    sign_both(run)
    folder = run.root.parent
    put_council(run, folder, None)
    assert stands(run)[0] is GateState.NOT_AUDITED
    put_council(run, folder, folder / "nowhere.toml")
    assert "cannot be read" in stands(run)[1]
    (folder / "council.toml").write_text("[audit\n", encoding="utf-8")
    assert "policy in force is not known" in stands(run)[1]
    (folder / "council.toml").unlink()
    assert "policy in force is not known" in stands(run)[1] and refused(run)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"council": null}', "[" * 100_000])
def test_a_run_without_its_councils_place_is_shut(run: RunFolder, content: str | None) -> None:
    sign_both(run)
    path = run.state / "council.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert stands(run)[0] is GateState.NOT_AUDITED and refused(run)


def test_no_word_of_a_broken_toml_is_told(run: RunFolder) -> None:
    (run.root.parent / "council.toml").write_text('secret = "Ada Lovelace, 12 Nowhere Lane\n', encoding="utf-8")
    found = read_audit(run, KEYS, FAMILIES)
    assert "Nowhere" not in found.why + found.fix
    with pytest.raises(UsageError) as problem:
        in_force.policy_in_force(run)
    assert "Nowhere" not in str(problem.value)


# --- the champion ----------------------------------------------------------------------------------------


def test_another_champion_voids_the_approvals_and_ones_own_does_not(run: RunFolder) -> None:
    folder = run.root.parent
    promote(folder, 1, "the champion of last quarter")
    sign_both(run)
    assert stands(run)[0] is GateState.RELEASED
    promote(folder, 2, own_model(run))
    assert stands(run)[0] is GateState.RELEASED
    promote(folder, 3, "the champion of next quarter")
    state, reason = stands(run)
    assert state is GateState.SUPERSEDED and "promoted to champion since" in reason
    assert refused(run)
    with pytest.raises(Withheld, match="promoted to champion since"):
        sign(run)


def test_a_champion_that_came_since_voids_approvals_of_a_model_nobody_registered(run: RunFolder) -> None:
    sign_both(run)
    promote(run.root.parent, 1, "a first champion")
    state, reason = stands(run)
    assert state is GateState.AWAITING_APPROVAL and "void: the champion" in reason
    assert refused(run)
    sign_both(run)
    assert stands(run)[0] is GateState.RELEASED


def test_a_history_that_was_lost_or_changed_shuts_it(run: RunFolder) -> None:
    folder = run.root.parent
    promote(folder, 1, "the champion of last quarter")
    sign_both(run)
    path = folder / "mlruns" / "history" / f"{FAMILIES}.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"version":1', b'"version":2'))
    assert stands(run)[0] is GateState.SUPERSEDED and "was changed" in stands(run)[1] and refused(run)
    path.unlink()
    assert stands(run)[0] is GateState.AWAITING_APPROVAL and "void: the champion" in stands(run)[1]
    path.write_bytes(whole)
    assert stands(run)[0] is GateState.RELEASED
