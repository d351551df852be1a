"""Machines that die in the middle, two who act at once, and what is exchanged between a look and what rests on it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from typer.testing import CliRunner

from early_help import release_commands
from early_help.cli import app
from fairness_audits import gate
from fairness_audits.gate import export_list, open_released, status
from fairness_audits.log import entries, hand_over
from fairness_audits.release import GateState
from fairness_audits.signing import Ring
from features.tables import FAMILY_FEATURES
from residents.tables import PSEUDONYMS
from store.errors import EarlyHelpError, Withheld
from store.files import write_json
from store.key_file import KEY_FILE_VARIABLE
from store.keys import Keys
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import (
    TODAY,
    own_model,
    passed_run,
    promote,
    sign,
    sign_both,
    stands,
    stop,
)
from tests.support import KEYS

RING = Ring.of(KEYS)
OTHER = Keys(bytes(32))
needs_kill = pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9, and no fork")


# --- machines that die -----------------------------------------------------------------------------------


def killed_at(name: str, act: Callable[[], object]) -> None:
    """Do ``act`` in another process, which is killed as it comes to the gate's ``name``."""
    child = os.fork()
    if not child:
        try:
            setattr(gate, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
            act()
        finally:
            os._exit(1)
    _, ended = os.waitpid(child, 0)
    assert os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL


@needs_kill
def test_a_release_killed_before_its_record_is_written_has_to_be_signed_again(run: RunFolder) -> None:
    killed_at("write_bytes", lambda: sign(run))
    assert stands(run) is GateState.AWAITING_APPROVAL
    assert sign(run).state is GateState.ONE_APPROVAL
    killed_at("write_bytes", lambda: sign(run, "Grace Hopper", "director"))
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.AWAITING_APPROVAL and "not the one that the log tells of" in found.reason
    assert sign_both(run).state is GateState.RELEASED


@needs_kill
def test_a_withdrawal_killed_before_its_record_is_written_holds(run: RunFolder) -> None:
    sign_both(run)
    killed_at("write_bytes", lambda: stop(run))
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.WITHDRAWN and "Mary Seacole" in found.reason
    with pytest.raises(Withheld):
        open_released(run, KEYS, FAMILIES, TODAY)


@needs_kill
@pytest.mark.parametrize(("point", "lines"), [("append", 2), ("replacing", 3)])
def test_an_export_killed_on_the_way_leaves_no_file(run: RunFolder, point: str, lines: int, tmp_path: Path) -> None:
    sign_both(run)
    out = tmp_path / "out"
    killed_at(point, lambda: export_list(run, KEYS, FAMILIES, out / "list.csv", TODAY))
    assert not out.exists() and len(entries(run, RING)) == lines
    assert export_list(run, KEYS, FAMILIES, out / "list.csv", TODAY) > 0


def killed_at_step(number: int, act: Callable[[], object]) -> bool:
    """Do ``act`` in another process, killed before its file step of this number; whether it lived to have one."""

    def before(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal steps
        opened = event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)
        if opened or event in ("os.rename", "os.remove", "os.truncate", "os.fsync"):
            steps += 1
            if steps == number:
                os.kill(os.getpid(), signal.SIGKILL)

    steps = 0
    child = os.fork()
    if not child:
        try:
            fsync = os.fsync
            os.fsync = lambda handle: (sys.audit("os.fsync", handle), fsync(handle))[1]
            sys.addaudithook(before)
            act()
            os._exit(0)
        finally:
            os._exit(1)
    _, ended = os.waitpid(child, 0)
    assert os.WIFSIGNALED(ended) or os.WEXITSTATUS(ended) == 0
    return os.WIFSIGNALED(ended)


def each_kill(run: RunFolder, act: Callable[[RunFolder], object], check: Callable[[RunFolder], None]) -> int:
    """Kill ``act`` at each of its steps on files, every time on a fresh copy; how many there are."""
    for number in range(1, 100):
        copy = RunFolder(Path(shutil.copytree(run.root, run.root.parent / "killed" / "run")))
        killed = killed_at_step(number, lambda: act(copy))  # noqa: B023 - done before the next
        check(copy)
        shutil.rmtree(copy.root.parent)
        if not killed:
            return number - 1
    raise AssertionError("there is no end to it")


@needs_kill
def test_a_withdrawal_killed_at_any_step_holds_or_was_never_made(run: RunFolder) -> None:
    sign_both(run)

    def check(copy: RunFolder) -> None:
        lines = entries(copy, RING)
        told = any(line["action"] == "withdraw" for line in lines)
        assert stands(copy) is (GateState.WITHDRAWN if told else GateState.RELEASED)
        if not told:
            assert stop(copy).state is GateState.WITHDRAWN
        with pytest.raises(Withheld):
            open_released(copy, KEYS, FAMILIES, TODAY)

    assert each_kill(run, stop, check) >= 8


@needs_kill
def test_an_export_killed_at_any_step_leaves_no_list_that_the_log_does_not_tell_of(run: RunFolder) -> None:
    """And what it wrote of one is swept away by the next to the same place."""
    sign_both(run)

    def act(copy: RunFolder) -> None:
        export_list(copy, KEYS, FAMILIES, copy.root.parent / "list[1].csv", TODAY)

    def check(copy: RunFolder) -> None:
        told = [line["list"] for line in entries(copy, RING) if line["action"] == "export"]
        written = [path for path in copy.root.parent.iterdir() if path.is_file()]
        assert len(told) >= len(written)
        for path in written:
            assert path.suffix == ".tmp" or hashlib.sha256(path.read_bytes()).hexdigest() in told
        act(copy)
        assert [path.name for path in copy.root.parent.iterdir() if path.is_file()] == ["list[1].csv"]

    assert each_kill(run, act, check) >= 6


@needs_kill
def test_a_first_approval_killed_at_any_step_is_made_or_can_be(run: RunFolder) -> None:
    def check(copy: RunFolder) -> None:
        assert stands(copy) in (GateState.AWAITING_APPROVAL, GateState.ONE_APPROVAL)
        assert len(entries(copy, RING)) <= 1
        if stands(copy) is GateState.AWAITING_APPROVAL:
            assert sign(copy).state is GateState.ONE_APPROVAL

    assert each_kill(run, sign, check) >= 8


@needs_kill
def test_a_hand_over_killed_at_any_step_can_be_ended(run: RunFolder) -> None:
    sign(run)

    def check(copy: RunFolder) -> None:
        hand_over(copy, KEYS, OTHER, TODAY)
        assert [line["action"] for line in entries(copy, Ring.of(OTHER))] == ["approve", "hand_over"]

    assert each_kill(run, lambda copy: hand_over(copy, KEYS, OTHER, TODAY), check) >= 5


# --- two at once -----------------------------------------------------------------------------------------


def test_a_withdrawal_and_an_export_at_once_come_one_after_the_other(run: RunFolder, tmp_path: Path) -> None:
    sign_both(run)
    together = Barrier(4)

    def act(number: int) -> str:
        together.wait()
        try:
            if number == 0:
                return stop(run).state.value
            export_list(run, KEYS, FAMILIES, tmp_path / f"{number}.csv", TODAY)
        except Withheld:
            return "refused"
        return "exported"

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(act, range(4)))
    told = [(line["action"], line["outcome"]) for line in entries(run, RING)[2:]]
    place = told.index(("withdraw", "allowed"))
    assert ended[0] == "withdrawn" and stands(run) is GateState.WITHDRAWN
    assert told[:place] == [("export", "allowed")] * ended.count("exported")
    assert told[place + 1 :] == [("export", "refused")] * ended.count("refused")
    for line in entries(run, RING):
        if line["action"] == "export" and line["outcome"] == "allowed":
            written = [hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.csv")]
            assert line["list"] in written


def at_once(*acts: Callable[[], int]) -> list[int]:
    """Do these in processes of their own that begin at one moment; the code with which each ended."""
    waiting, begin = os.pipe()
    children = []
    for act in acts:
        child = os.fork()
        if not child:
            try:
                os.close(begin)
                os.read(waiting, 1)
                os._exit(act())
            finally:
                os._exit(99)
        children.append(child)
    os.close(begin)
    os.close(waiting)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def code(act: Callable[[], object]) -> int:
    try:
        act()
    except EarlyHelpError as refusal:
        return refusal.exit_code
    return 0


@needs_kill
def test_of_two_processes_that_sign_for_one_role_one_is_refused(run: RunFolder) -> None:
    ended = at_once(
        lambda: code(lambda: sign(run, "Ada Lovelace", "director")),
        lambda: code(lambda: sign(run, "Grace Hopper", "director")),
        lambda: code(lambda: sign(run, "Mary Seacole", "director")),
    )
    assert sorted(ended) == [0, 4, 4]
    assert stands(run) is GateState.ONE_APPROVAL
    assert [line["outcome"] for line in entries(run, RING)] == ["allowed", "refused", "refused"]


@needs_kill
def test_commands_that_withdraw_and_export_in_two_processes_come_one_after_the_other(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(run.root / "state" / "council.json", {})
    sign_both(run)
    key = tmp_path / "vault" / "master.key"
    key.parent.mkdir(mode=0o700)
    key.write_text(bytes(range(32)).hex(), encoding="ascii")
    key.chmod(0o600)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(key))
    monkeypatch.setattr(release_commands, "today", lambda: TODAY)
    pack = run.root / "reports" / FAMILIES / "explanation.html"
    pack.parent.mkdir(parents=True)
    pack.write_text("case after case", encoding="utf-8")
    who = ["--as", "Mary Seacole", "--role", "director", "--note", "The panel asked for it."]
    commands = [
        ["withdraw", str(run.root), "--target", FAMILIES, *who],
        ["export", str(run.root), "--target", FAMILIES, "--out", str(tmp_path / "list.csv")],
    ]

    def command(arguments: list[str]) -> int:
        done = CliRunner().invoke(app, arguments)
        return done.exception.exit_code if isinstance(done.exception, EarlyHelpError) else done.exit_code

    withdrawn, exported = at_once(*(lambda one=one: command(one) for one in commands))
    told = [(line["action"], line["outcome"]) for line in entries(run, RING)[2:]]
    assert withdrawn == 0 and not pack.exists() and stands(run) is GateState.WITHDRAWN
    if exported == 0:
        assert told == [("export", "allowed"), ("withdraw", "allowed")] and (tmp_path / "list.csv").exists()
    else:
        assert exported == 4 and not (tmp_path / "list.csv").exists()
        assert told == [("withdraw", "allowed"), ("export", "refused")]


# --- what is exchanged between a look and what rests on it -----------------------------------------------


def passes_the_lock(run: RunFolder) -> None:
    """What lets others at the gate while somebody else is at work there."""
    (run.root / "fairness_audits" / ".release.lock").unlink()


def withdrawn(run: RunFolder) -> None:
    passes_the_lock(run)
    stop(run)


def record_exchanged(run: RunFolder) -> None:
    passes_the_lock(run)
    stop(run)
    sign(run, "Rosalind Franklin", "director")
    sign(run, "Alan Turing", "data_scientist")


def policy_exchanged(run: RunFolder) -> None:
    path = run.root.parent / "pass.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("0.9", "0.5"), encoding="utf-8")


def champion_exchanged(run: RunFolder) -> None:
    promote(run.root.parent, 1, own_model(run))
    promote(run.root.parent, 2, "another model")


def features_exchanged(run: RunFolder) -> None:
    run.path(FAMILY_FEATURES).write_bytes(b"of other families")


def pseudonyms_exchanged(run: RunFolder) -> None:
    run.path(PSEUDONYMS).write_bytes(run.path(PSEUDONYMS).read_bytes() + b"x")


@pytest.mark.parametrize(
    ("point", "meanwhile"),
    [
        *((point, withdrawn) for point in ("_unsealed", "_pseudonyms", "panel_list")),
        ("panel_list", record_exchanged),
        ("panel_list", policy_exchanged),
        ("panel_list", champion_exchanged),
        ("panel_list", features_exchanged),
        ("_unsealed", pseudonyms_exchanged),
    ],
)
def test_what_is_exchanged_while_a_list_is_made_keeps_it_in(
    made: dict[str, RunFolder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    meanwhile: Callable[[RunFolder], None],
) -> None:
    run = passed_run(made, tmp_path)
    sign_both(run)
    honest = getattr(gate, point)

    def between(*given: Any) -> Any:
        monkeypatch.setattr(gate, point, honest)
        meanwhile(run)
        return honest(*given)

    monkeypatch.setattr(gate, point, between)
    with pytest.raises(Withheld):
        export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    assert not (tmp_path / "list.csv").exists()
    told = [(line["action"], line["outcome"]) for line in entries(run, RING)]
    assert told[-1] == ("export", "refused") and ("export", "allowed") not in told


def test_a_withdrawal_that_passes_who_opens_keeps_it_shut(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_both(run)
    honest = gate._unsealed

    def between(*given: Any) -> Any:
        withdrawn(run)
        return honest(*given)

    monkeypatch.setattr(gate, "_unsealed", between)
    with pytest.raises(Withheld, match="at the same moment"):
        open_released(run, KEYS, FAMILIES, TODAY)


def test_a_second_approval_does_not_bring_back_a_first_that_was_withdrawn_meanwhile(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(run)
    honest = gate._with_keys

    def between(*given: Any) -> Any:
        withdrawn(run)
        return honest(*given)

    monkeypatch.setattr(gate, "_with_keys", between)
    with pytest.raises(Withheld, match="at the same moment"):
        sign(run, "Grace Hopper", "director")
    assert stands(run) is GateState.WITHDRAWN
