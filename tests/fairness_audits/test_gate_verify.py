"""Checking a release from outside: everything is said, and nobody needs a secret for it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from early_help import release_commands
from early_help.cli import app
from fairness_audits import binding
from fairness_audits.gate import export_list, withdraw
from fairness_audits.log import LOG, entries
from fairness_audits.signing import PUBLIC_KEY, Ring, release_path, ring_of_file
from fairness_audits.verify import Check, verify_exported, verify_log, verify_release
from features.tables import FAMILY_FEATURES
from reports.packs import withdraw_packs
from residents.tables import PSEUDONYMS
from store.errors import InputRejected, UsageError
from store.key_file import KEY_FILE_VARIABLE
from store.keys import Keys
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import TODAY, passed_run, promote, put_council, sign, sign_both
from tests.support import KEYS

DAY = dt.timedelta(days=1)
RING = Ring.of(KEYS)


@pytest.fixture
def run(made: dict[str, RunFolder], tmp_path: Path) -> RunFolder:
    run = passed_run(made, tmp_path)
    sign_both(run)
    return run


@pytest.fixture
def auditor(run: RunFolder, tmp_path: Path) -> Ring:
    """Somebody who has the public key, and nothing else."""
    return ring_of_file(Path(shutil.copy(run.root / PUBLIC_KEY, tmp_path / "theirs.pem")))


def found(run: RunFolder, ring: Ring = RING, today: dt.date = TODAY) -> dict[str, Check]:
    return {check.what.removeprefix(f"{FAMILIES}, "): check for check in verify_release(run, ring, FAMILIES, today)}


def wrong(run: RunFolder, ring: Ring = RING, today: dt.date = TODAY) -> set[str]:
    return {what for what, check in found(run, ring, today).items() if check.holds is False}


def test_everything_that_holds_is_said(run: RunFolder) -> None:
    checks = found(run)
    assert {check.holds for check in checks.values()} == {True}
    assert set(binding.NAMES.values()) <= set(checks)
    assert {"audit", "approvals", "days", "champion", "release record's signature", "as a whole"} <= set(checks)
    assert str(checks["days"]).startswith("holds") and "2026-12-09" in str(checks["days"])
    log = verify_log(run, RING)
    assert log.holds and entries(run, RING)[-1]["hash"] in log.said


def test_the_public_key_is_enough(run: RunFolder, auditor: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    """The council's TOML, its models and its code are not where the auditor is."""
    shutil.rmtree(run.root.parent / "mlruns", ignore_errors=True)
    (run.root.parent / "council.toml").unlink()
    monkeypatch.setattr(binding, "code_hash", lambda _: "another version")
    assert auditor.keys is None
    checks = found(run, auditor)
    assert {what for what, check in checks.items() if check.holds is None} == {
        "audit's own code",
        "the audit policy in force",
        "champion",
    }
    assert not wrong(run, auditor) and verify_log(run, auditor).holds
    assert wrong(run, auditor, TODAY + 90 * DAY) == {"days", "as a whole"}


def test_an_auditor_needs_no_file_that_tells_who_anybody_is(run: RunFolder, auditor: Ring) -> None:
    kept = run.root / "identifiable"
    kept.rename(run.root.parent / "kept")
    shutil.rmtree(run.root / "protected")
    assert found(run, auditor)["the pseudonyms"].holds is None and not wrong(run, auditor)
    assert {"audit", "as a whole"} <= wrong(run), "the council itself has to have them"
    (run.root.parent / "kept").rename(kept)
    run.path(PSEUDONYMS).write_bytes(b"of other families")
    assert "audit" in wrong(run, auditor)
    run.path(FAMILY_FEATURES).unlink()
    assert "files of the stage features" in found(run, auditor)["audit"].said


def test_what_does_not_hold_is_named(run: RunFolder, auditor: Ring) -> None:
    path = run.path(FAMILY_FEATURES)
    whole = path.read_bytes()
    path.write_bytes(whole + b"x")
    for ring in (RING, auditor):
        assert {"audit", "as a whole"} <= wrong(run, ring)
        assert "files of the stage features" in found(run, ring)["audit"].said
    path.write_bytes(whole)
    (run.root / "models" / FAMILIES / "model" / "more").write_bytes(b"x")
    assert wrong(run) == wrong(run, auditor) == {"the model's files", "as a whole"}


def test_an_audit_changed_by_hand_is_found_without_its_secret(run: RunFolder, auditor: Ring) -> None:
    path = run.root / "fairness_audits" / FAMILIES / "audit.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"verdict": "pass"', b'"verdict": "cannot_tell"'))
    assert path.read_bytes() != whole and "the audit" in wrong(run, auditor)
    path.write_bytes(b'{"verdict": "pass", "bound": {}}')
    assert "audit" in wrong(run, auditor)
    path.write_bytes(b"[" * 100_000)
    assert "audit" in wrong(run, auditor)


def test_a_withdrawal_is_told(run: RunFolder, auditor: Ring) -> None:
    withdraw(run, KEYS, FAMILIES, "Mary Seacole", "director", "It was asked for.", TODAY)
    for ring in (RING, auditor):
        assert wrong(run, ring) == {"release record in the log", "as a whole"}
        assert "withdrew" in found(run, ring)["release record in the log"].said


def test_a_half_signed_release_does_not_hold(made: dict[str, RunFolder], tmp_path: Path) -> None:
    half = RunFolder(Path(shutil.copytree(made["pass"].root, tmp_path / "half")))
    assert wrong(half) == {"release record's signature", "as a whole"}
    sign(half)
    assert wrong(half) == {"approvals", "as a whole"}


def test_another_champion_is_told(run: RunFolder) -> None:
    promote(run.root.parent, 1, "another model")
    assert wrong(run) == {"champion", "as a whole"}


def test_another_key_vouches_for_nothing(run: RunFolder) -> None:
    other = Ring(Ring.of(Keys(bytes(32))).public)
    assert {"release record's signature", "as a whole"} <= wrong(run, other)
    assert not verify_log(run, other).holds


@pytest.mark.parametrize("content", [b"", b"nothing", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_file_that_is_no_public_key_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(UsageError, match="no Ed25519 public key"):
        ring_of_file(tmp_path / "key.pem")


# --- lists and the log -----------------------------------------------------------------------------------


def test_an_exported_list_is_told_from_one_that_was_changed(run: RunFolder, auditor: Ring, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    export_list(run, KEYS, FAMILIES, out, TODAY)
    whole = out.read_bytes()
    for ring in (RING, auditor):
        out.write_bytes(whole)
        assert verify_exported(run, ring, FAMILIES, out).holds
        assert not verify_exported(run, ring, "hidden_young_carers", out).holds
        for changed in (whole[:-1], whole.replace(b"Rent", b"rent", 1), b""):
            out.write_bytes(changed)
            assert "changed, or made elsewhere" in verify_exported(run, ring, FAMILIES, out).said
    out.write_bytes(whole)
    withdraw(run, KEYS, FAMILIES, "Mary Seacole", "director", "It was asked for.", TODAY)
    check = verify_exported(run, auditor, FAMILIES, out)
    assert check.holds is False and "withdrawn since" in check.said
    sign_both(run)
    assert "earlier release" in verify_exported(run, auditor, FAMILIES, out).said
    (run.root / LOG).write_bytes(b"")
    assert not verify_exported(run, RING, FAMILIES, out).holds


def test_a_line_noted_elsewhere_shows_a_log_put_back(run: RunFolder, tmp_path: Path) -> None:
    """Log, note and record, all put back together, hang together: only what was noted elsewhere tells."""
    older = Path(shutil.copytree(run.root / "fairness_audits", tmp_path / "older"))
    withdraw(run, KEYS, FAMILIES, "Mary Seacole", "director", "It was asked for.", TODAY)
    noted = entries(run, RING)[-1]["hash"]
    assert verify_log(run, RING, noted).holds and verify_log(run, RING, noted[:12].upper()).holds
    shutil.copytree(older, run.root / "fairness_audits", dirs_exist_ok=True)
    assert verify_log(run, RING).holds and not wrong(run)
    assert "lines were cut off" in verify_log(run, RING, noted).said
    assert not verify_log(run, RING, "").holds


# --- the commands ----------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line on the day of the made-up approvals, with the key they were given under."""
    key = tmp_path_factory.mktemp("vault") / "master.key"
    key.write_text(bytes(range(32)).hex(), encoding="ascii")
    key.chmod(0o600)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(key))
    monkeypatch.setattr(release_commands, "today", lambda: TODAY)
    return CliRunner()


def test_verify_says_each_thing_and_ends_with_its_code(run: RunFolder, command: CliRunner, tmp_path: Path) -> None:
    export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    exported = ["--target", FAMILIES, "--list", str(tmp_path / "list.csv")]
    for more in ([], exported):
        done = command.invoke(app, ["verify", str(run.root), *more])
        assert done.exit_code == 0 and "It holds." in done.output
        lines = done.output.splitlines()
        assert any(line.startswith("holds") and "the sealed scores" in line for line in lines)
    assert isinstance(command.invoke(app, ["verify", str(run.root), *exported[2:]]).exception, UsageError)
    (tmp_path / "list.csv").write_bytes(b"")
    done = command.invoke(app, ["verify", str(run.root), *exported])
    assert done.exit_code == 4 and "It does not hold." in done.output
    public = ["--public-key", str(run.root / PUBLIC_KEY)]
    assert command.invoke(app, ["log", "verify", str(run.root)]).exit_code == 0
    assert command.invoke(app, ["log", "verify", str(run.root), *public]).exit_code == 0
    assert command.invoke(app, ["log", "verify", str(run.root), "--noted", "abc"]).exit_code == 4
    (run.root / LOG).write_bytes((run.root / LOG).read_bytes()[:-50])
    assert command.invoke(app, ["log", "verify", str(run.root), *public]).exit_code == 4


def test_withdraw_works_without_the_toml_and_tells_of_lists_that_left(
    run: RunFolder, command: CliRunner, tmp_path: Path
) -> None:
    export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    pack = run.root / "reports" / FAMILIES / "explanation.html"
    pack.parent.mkdir(parents=True)
    pack.write_text("case after case", encoding="utf-8")
    (tmp_path / "council.toml").unlink()
    who = ["--target", FAMILIES, "--as", "Mary <b>Seacole</b>", "--role", "director", "--note", "[bold]Asked[/bold]"]
    done = command.invoke(app, ["withdraw", str(run.root), *who])
    assert done.exit_code == 0 and not pack.exists()
    assert "Withdrawn. It is shut for another reason" in done.output and f"(1; {TODAY})" in done.output
    assert "when the job runs next" in done.output
    put_council(run, tmp_path, tmp_path / "pass.toml")
    done = command.invoke(app, ["verify", str(run.root)])
    assert done.exit_code == 4 and "Mary <b>Seacole</b> (director). Their note: [bold]Asked[/bold]" in done.output
    release_path(run.root, FAMILIES).unlink()
    done = command.invoke(app, ["verify", str(run.root)])
    assert done.exit_code == 4 and "ever released" in done.output


def test_a_pack_goes_though_the_log_is_broken_and_the_withdrawal_is_refused(run: RunFolder, command: CliRunner) -> None:
    pack = run.root / "reports" / FAMILIES / "explanation.html"
    pack.parent.mkdir(parents=True)
    pack.write_text("case after case", encoding="utf-8")
    (run.root / LOG).write_bytes(b"no log at all\n")
    who = ["--target", FAMILIES, "--as", "Mary Seacole", "--role", "director", "--note", "The panel asked for it."]
    done = command.invoke(app, ["withdraw", str(run.root), *who])
    assert isinstance(done.exception, InputRejected) and done.exception.exit_code == 3
    assert not pack.exists()


def test_a_pack_whose_release_cannot_be_told_goes_and_the_others_with_it(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs = [run.root / "reports" / target / "explanation.html" for target in ("a_target", FAMILIES)]
    for pack in packs:
        pack.parent.mkdir(parents=True)
        pack.write_text("case after case", encoding="utf-8")

    def unreadable(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("reports.packs.status", unreadable)
    withdraw_packs(run, KEYS, TODAY)
    assert not any(pack.exists() for pack in packs)
