"""The log of every attempt: what is in it, what shows that somebody changed it, and how another key goes on with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from early_help import release_commands
from early_help.cli import app
from fairness_audits import gate
from fairness_audits import log as release_log
from fairness_audits.gate import approve, export_list, open_released, status
from fairness_audits.log import LOG, NEWEST, entries, hand_over
from fairness_audits.release import GateState
from fairness_audits.signing import Ring
from fairness_audits.verify import verify_log
from store.chained_log import ChainedLog
from store.errors import InputRejected, UsageError, Withheld
from store.key_file import KEY_FILE_VARIABLE
from store.keys import Keys
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import (
    MITIGATION,
    TODAY,
    release_of,
    sign,
    sign_both,
    stands,
    stop,
)
from tests.support import KEYS

RING = Ring.of(KEYS)
OTHER = Keys(bytes(32))
HOSTILE = '=HYPERLINK("http://evil.example") <script>alert(1)</script> Robert\'); DROP TABLE'


# --- what is in it ---------------------------------------------------------------------------------------


def test_every_door_of_the_gate_logs_each_attempt_once(run: RunFolder, tmp_path: Path) -> None:
    doors: dict[str, Callable[[], object]] = {
        "approve": lambda: approve(run, KEYS, FAMILIES, "Ada Lovelace", "director", "Read it.", TODAY),
        "withdraw": lambda: stop(run),
        "open_released": lambda: open_released(run, KEYS, FAMILIES, TODAY),
        "export_list": lambda: export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY),
    }
    public = {name for name, thing in inspect.getmembers(gate, inspect.isfunction) if thing.__module__ == gate.__name__}
    assert {name for name in public if not name.startswith("_")} == {*doors, "status"}
    for outcome in ("refused", "allowed"):
        for name in ("open_released", "export_list", "withdraw" if outcome == "refused" else "approve"):
            before = len(entries(run, RING))
            try:
                doors[name]()
            except Withheld:
                assert outcome == "refused"
            (line,) = entries(run, RING)[before:]
            assert line["outcome"] == outcome and name.startswith(line["action"])
        if outcome == "refused":
            sign_both(run)
            stop(run)
            doors["approve"]()
            sign(run, "Grace Hopper", "data_scientist")
            with pytest.raises(Withheld):
                doors["approve"]()
            stop(run)
            sign(run, "Grace Hopper", "data_scientist")
            doors["approve"]()
            stop_line = [line for line in entries(run, RING) if line["action"] == "withdraw"][-1]
            assert stop_line["outcome"] == "allowed"
            break


def test_no_free_text_is_in_the_log_and_names_are_kept_as_given(run: RunFolder) -> None:
    sign(run, f"Ada {HOSTILE}", note="About the Nowhere family.")
    stop(run, name=f"Mary {HOSTILE}", note="About the Nowhere family, again.")
    text = (run.root / LOG).read_text(encoding="utf-8")
    assert "Nowhere" not in text and MITIGATION not in text
    assert entries(run, RING)[-1]["name"] == f"Mary {HOSTILE}"


@pytest.mark.parametrize(
    "name", ["Ada \x1b[2J Lovelace", "Ada \x9b2J", "Ada \u202eecalevoL", "Ada \u3164", "Ada \udcff"]
)
def test_what_a_screen_would_act_on_or_hide_is_not_kept_of_a_refused_name(run: RunFolder, name: str) -> None:
    with pytest.raises(UsageError):
        sign(run, name)
    (line,) = entries(run, RING)
    assert line["outcome"] == "refused" and line["name"].isprintable()


# --- a log that was changed ------------------------------------------------------------------------------


def rechained(run: RunFolder, lines: list[dict[str, Any]]) -> str:
    """Write these lines as a log that hangs together, as anybody can who knows how it is made; the newest's hash."""
    (run.root / LOG).unlink()
    log = ChainedLog(run.root / LOG, run.root / ".x", "log", LOG, "")
    for line in lines:
        newest = log.append({name: value for name, value in line.items() if name not in ("number", "previous", "hash")})
    return newest


@pytest.mark.parametrize("key", [RING.mark, Ring.of(OTHER).mark, None])
def test_a_log_made_up_by_somebody_without_the_key_is_none(run: RunFolder, key: str | None) -> None:
    sign_both(run)
    stop(run)
    lines = entries(run, RING)
    release_of(run).write_bytes(b"")
    rechained(run, [*lines[:-1], lines[-1] | {"action": "open", "key": key}])
    assert stands(run) is GateState.LOG_BROKEN
    (run.root / NEWEST).unlink()
    assert stands(run) is GateState.LOG_BROKEN
    with pytest.raises(InputRejected):
        open_released(run, KEYS, FAMILIES, TODAY)
    with pytest.raises(InputRejected):
        stop(run)


def test_lines_cut_off_at_the_end_are_told(run: RunFolder) -> None:
    sign_both(run)
    stop(run)
    path = run.root / LOG
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for kept in (lines[:2], lines[:1], []):
        path.write_bytes(b"".join(kept))
        with pytest.raises(InputRejected, match="missing at the end"):
            entries(run, RING)
        assert stands(run) is GateState.LOG_BROKEN
    path.unlink()
    assert stands(run) is GateState.LOG_BROKEN
    path.write_bytes(whole)
    note = (run.root / NEWEST).read_bytes()
    for other in (b"", b"{}", note.replace(b'"number":3', b'"number":2'), b"[" * 100_000, note[:-1]):
        (run.root / NEWEST).write_bytes(other)
        assert stands(run) is GateState.LOG_BROKEN
    (run.root / NEWEST).unlink()
    assert stands(run) is GateState.LOG_BROKEN
    (run.root / NEWEST).write_bytes(note)
    assert stands(run) is GateState.WITHDRAWN


def test_a_log_cut_down_to_its_first_line_is_told(run: RunFolder) -> None:
    """One approval that was withdrawn would count again, for whoever signs second."""
    sign(run)
    first = release_of(run).read_bytes()
    stop(run)
    path = run.root / LOG
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    (run.root / NEWEST).unlink()
    release_of(run).write_bytes(first)
    assert stands(run) is GateState.LOG_BROKEN


@pytest.mark.parametrize("action", ["open", "hand_over"])
@pytest.mark.parametrize("noted_by", [OTHER, None])
def test_a_withdrawn_release_is_not_revived_by_a_line_under_another_key(
    run: RunFolder, tmp_path: Path, action: str, noted_by: Keys | None
) -> None:
    """The old record put back, the withdrawal cut off, and a line and a note of somebody who has a key of their own."""
    sign_both(run)
    old = release_of(run).read_bytes()
    stop(run)
    mark = Ring.of(OTHER).mark
    foreign = {"date": TODAY.isoformat(), "action": action, "target": FAMILIES, "outcome": "refused", "key": mark}
    newest = rechained(run, [*entries(run, RING)[:2], foreign | {"from": RING.mark}])
    (run.root / NEWEST).unlink()
    if noted_by:
        release_log._note(run, noted_by, 3, newest)
    release_of(run).write_bytes(old)
    assert stands(run) is GateState.LOG_BROKEN
    with pytest.raises(InputRejected):
        export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    assert not (tmp_path / "list.csv").exists()


# --- another key -----------------------------------------------------------------------------------------


def test_who_has_another_key_is_refused_and_leaves_nothing_in_the_log(run: RunFolder) -> None:
    """A line that this log's key cannot vouch for would be worth nothing, and would break it."""
    sign_both(run)
    assert status(run, OTHER, FAMILIES, TODAY).state is GateState.NOT_AUDITED
    with pytest.raises(Withheld):
        open_released(run, OTHER, FAMILIES, TODAY)
    with pytest.raises(InputRejected, match="under another master key") as refusal:
        stop(run, keys=OTHER)
    assert "log hand-over" in refusal.value.fix
    assert [line["key"] for line in entries(run, RING)] == [RING.mark, RING.mark]
    assert stands(run) is GateState.RELEASED


def test_a_log_that_was_handed_over_goes_on_and_nothing_approved_before_counts(run: RunFolder) -> None:
    sign_both(run)
    hand_over(run, KEYS, OTHER, TODAY)
    lines = entries(run, Ring.of(OTHER))
    assert [line["action"] for line in lines] == ["approve", "approve", "hand_over"]
    assert stands(run) is GateState.LOG_BROKEN, "the old key has nothing more to say here"
    log = verify_log(run, Ring.of(OTHER))
    assert log.holds and "2 under an earlier key" in log.said
    assert not verify_log(run, RING).holds
    with pytest.raises(Withheld, match="nothing to withdraw"):
        stop(run, keys=OTHER)
    hand_over(run, OTHER, KEYS, TODAY)
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.AWAITING_APPROVAL and "not the one that the log tells of" in found.reason
    assert sign_both(run).state is GateState.RELEASED


def test_a_log_is_handed_over_by_who_has_both_keys_and_whole(run: RunFolder) -> None:
    with pytest.raises(UsageError, match="no release log"):
        hand_over(run, KEYS, OTHER, TODAY)
    sign_both(run)
    third = Keys(bytes([7] * 32))
    with pytest.raises(InputRejected):
        hand_over(run, third, OTHER, TODAY)
    with pytest.raises(UsageError, match="same key"):
        hand_over(run, KEYS, KEYS, TODAY)
    path = run.root / LOG
    whole = path.read_bytes()
    path.write_bytes(whole.splitlines(keepends=True)[0])
    with pytest.raises(InputRejected, match="missing at the end"):
        hand_over(run, KEYS, OTHER, TODAY)
    path.write_bytes(whole)
    assert stands(run) is GateState.RELEASED


def test_a_hand_over_that_was_stopped_before_its_note_is_ended_by_doing_it_again(run: RunFolder) -> None:
    sign_both(run)
    note = (run.root / NEWEST).read_bytes()
    line = hand_over(run, KEYS, OTHER, TODAY)
    (run.root / NEWEST).write_bytes(note)
    with pytest.raises(InputRejected):
        entries(run, Ring.of(OTHER))
    for _ in range(2):
        assert hand_over(run, KEYS, OTHER, TODAY) == line
        assert [one["hash"] for one in entries(run, Ring.of(OTHER))][2:] == [line]


def test_a_hand_over_does_not_mend_a_log_that_was_cut_off(run: RunFolder) -> None:
    sign(run)
    earlier = (run.root / NEWEST).read_bytes()
    sign(run, "Grace Hopper", "director")
    hand_over(run, KEYS, OTHER, TODAY)
    path = run.root / LOG
    whole = path.read_bytes().splitlines(keepends=True)
    with pytest.raises(Withheld):
        open_released(run, OTHER, FAMILIES, TODAY)
    path.write_bytes(b"".join(whole))
    for note in (earlier[:-1], b""):
        (run.root / NEWEST).write_bytes(note)
        with pytest.raises(InputRejected):
            hand_over(run, KEYS, OTHER, TODAY)


def test_the_command_hands_a_log_over(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_both(run)
    files = []
    for name, secret in (("master.key", bytes(32)), ("master.key.old", bytes(range(32)))):
        files.append(tmp_path / "vault" / name)
        files[-1].parent.mkdir(mode=0o700, exist_ok=True)
        files[-1].write_text(secret.hex(), encoding="ascii")
        files[-1].chmod(0o600)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(files[0]))
    monkeypatch.setattr(release_commands, "today", lambda: TODAY)
    (run.root / "state").mkdir(exist_ok=True)
    (run.root / "state" / "council.json").write_text("{}", encoding="utf-8")
    done = CliRunner().invoke(app, ["log", "hand-over", str(run.root), "--from", str(files[1])])
    assert done.exit_code == 0, done.output
    assert entries(run, Ring.of(OTHER))[-1]["hash"] in done.output
