"""What a release binds beyond the audit's own files, and what of the council's must hold: policy and champion."""

from __future__ import annotations

import mmap
import os
import shutil
import sys
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
from features.tables import FAMILY_FEATURES, MEMBERS
from residents.tables import PROTECTED, PSEUDONYMS
from store.errors import UsageError, Withheld
from store.files import file_hash, read_json, write_json, write_text
from store.keys import Keys
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import (
    TODAY,
    own_model,
    passed_run,
    promote,
    put_council,
    put_records,
    sign,
    sign_both,
)
from tests.support import KEYS

OTHER = Keys(bytes(32))


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


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there that few have")
@pytest.mark.parametrize("to", ["a folder", "a file", "nowhere"])
def test_a_link_among_the_models_files_shuts_it(run: RunFolder, tmp_path: Path, to: str) -> None:
    sign_both(run)
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "tree.txt").write_text("another tree", encoding="utf-8")
    (tmp_path / "a file").write_text("a tree", encoding="utf-8")
    link = run.root / "models" / FAMILIES / "model" / "more"
    link.symlink_to(tmp_path / to)
    assert stands(run)[0] is GateState.NOT_AUDITED and "the model's files" in stands(run)[1] and refused(run)
    link.unlink()
    assert stands(run)[0] is GateState.RELEASED


def test_a_table_that_was_audited_by_is_bound_by_the_audit_itself(run: RunFolder) -> None:
    """Exchanged before anybody signs, and the job's unsigned record of it with it."""
    bound = read_json(run.root / "fairness_audits" / FAMILIES / "audit.json")["bound"]
    assert bound["ethnicity_sha256"] == file_hash(run.path(PROTECTED))
    assert bound["members_of_families_sha256"] == file_hash(run.path(MEMBERS))
    for table, said in ((PROTECTED, "the ethnicity"), (MEMBERS, "the members of families")):
        whole = run.path(table).read_bytes()
        run.path(table).write_bytes(whole + b"x")
        put_records(run)
        state, reason = stands(run)
        assert state is GateState.NOT_AUDITED and f"{said} that were audited by" in reason
        with pytest.raises(Withheld):
            sign(run)
        run.path(table).write_bytes(whole)
        put_records(run)
        assert stands(run)[0] is GateState.AWAITING_APPROVAL


def test_a_file_changed_with_its_size_and_times_kept_is_hashed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by another file put in its place, and written through a link of another name."""
    monkeypatch.setattr(binding, "_SETTLED_SECONDS", -1.0)
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"first")
    kept = path.stat()

    def write_through_a_link() -> None:
        os.link(path, other)
        other.write_bytes(b"third")

    def put_in_place() -> None:
        other.unlink()
        other.write_bytes(b"forth")
        os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
        other.rename(path)

    for change in (lambda: path.write_bytes(b"again"), write_through_a_link, put_in_place):
        assert hash_now(path) == hash_now(path) == file_hash(path)
        # A moment that the system's clock tells from the one before.
        time.sleep(0.02)
        change()
        os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
        assert path.stat().st_size == kept.st_size and path.stat().st_mtime_ns == kept.st_mtime_ns
        assert hash_now(path) == file_hash(path)


def test_what_is_written_through_memory_is_found_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a write moves none of the file's times where the page was written to before."""
    monkeypatch.setattr(binding, "_SETTLED_SECONDS", -1.0)
    path = tmp_path / "file"
    path.write_bytes(b"a" * mmap.PAGESIZE)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), mmap.PAGESIZE) as memory:
        memory[0] = ord("b")
        assert hash_now(path) == file_hash(path)
        memory[0] = ord("c")
        later = time.monotonic() + 61
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert hash_now(path) == file_hash(path)


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


def test_a_run_whose_records_were_cleared_away_cannot_be_signed_for(run: RunFolder) -> None:
    """Without its records a job's run would be asked for no policy, no champion and no code."""
    write_json(run.root / "manifest.json", {})
    shutil.rmtree(run.state)
    state, reason = stands(run)
    assert state is GateState.NOT_AUDITED and "policy in force is not known" in reason


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
    assert stands(run)[0] is GateState.AWAITING_APPROVAL and "void: the history of models" in stands(run)[1]
    path.write_bytes(whole)
    assert stands(run)[0] is GateState.RELEASED


def test_a_history_without_a_champion_that_was_lost_shuts_it_too(run: RunFolder) -> None:
    """Where nobody was promoted yet, a history that is gone is not 'no champion': another may have come since."""
    folder = run.root.parent
    (folder / "mlruns").mkdir()
    sign_both(run)
    assert stands(run)[0] is GateState.RELEASED
    (folder / "mlruns").rename(folder / "elsewhere")
    assert stands(run)[0] is GateState.AWAITING_APPROVAL and "void: the history of models" in stands(run)[1]
    assert refused(run)
    (folder / "elsewhere").rename(folder / "mlruns")
    assert stands(run)[0] is GateState.RELEASED


def test_a_promotion_that_nobody_vouches_for_opens_nothing(run: RunFolder) -> None:
    """Another champion came; somebody with a key of their own adds that this run's model was promoted after it."""
    folder = run.root.parent
    promote(folder, 1, "the champion of last quarter")
    sign_both(run)
    promote(folder, 2, "the champion of this quarter")
    assert refused(run)
    promote(folder, 3, own_model(run), register=False, keys=OTHER)
    state, reason = stands(run)
    assert state is GateState.SUPERSEDED and "under another master key" in reason and refused(run)
    promote(folder, 4, "the champion of next quarter")
    assert "promoted to champion since" in stands(run)[1] and refused(run)


def test_a_history_under_an_earlier_key_alone_counts_by_its_chain_and_frees_no_model(run: RunFolder) -> None:
    folder = run.root.parent
    promote(folder, 1, "the champion of last quarter", keys=OTHER)
    sign_both(run)
    assert stands(run)[0] is GateState.RELEASED
    promote(folder, 2, own_model(run), register=False, keys=OTHER)
    assert stands(run)[0] is GateState.AWAITING_APPROVAL and "void: the champion" in stands(run)[1]


# --- where both lie --------------------------------------------------------------------------------------


def test_a_run_that_is_told_of_another_councils_place_is_shut(run: RunFolder) -> None:
    """A copy of the TOML with the old policy, and a folder without the models that came since."""
    folder = run.root.parent
    sign_both(run)
    record = run.state / "council.json"
    honest = read_json(record)
    (folder / "copy").mkdir()
    for name in ("council.toml", "pass.toml"):
        (folder / "copy" / name).write_bytes((folder / name).read_bytes())
    promote(folder, 1, "another champion")
    for key, place in (("mlruns", "copy/mlruns"), ("council", "copy/council.toml")):
        write_json(record, honest | {key: str(folder / place)})
        assert refused(run)
        assert "where the council's configuration and models lie" in stands(run)[1]
    write_json(record, {key: value for key, value in honest.items() if key != "mlruns"})
    assert refused(run)
    (folder / "mlruns").rename(folder / "set aside")
    write_json(record, honest)
    assert stands(run)[0] is GateState.RELEASED
