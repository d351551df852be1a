"""What somebody who may write to the run folder can try, and what a machine that dies in between leaves."""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import json
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

from fairness_audits import gate
from fairness_audits.gate import GateStatus, approve, export_list, open_released, status, withdraw
from fairness_audits.log import LOG, NEWEST, entries
from fairness_audits.record import authentic
from fairness_audits.release import AFTER_WITHDRAWAL, LONGEST_VALID_DAYS, GateState
from fairness_audits.signing import Ring, release_path
from models.tables import REASONS, SCORES
from reports.packs import withdraw_packs
from residents.tables import PSEUDONYMS
from store.chained_log import ChainedLog
from store.errors import InputRejected, UsageError, Withheld
from store.files import canonical, write_text
from store.keys import Keys
from store.run_folder import RunFolder, relative_path
from store.sealing import file_key, unwrap
from tests.fairness_audits.borough import CHILDREN, FAMILIES
from tests.fairness_audits.gated import MITIGATION, TODAY, make_runs, sign, sign_both
from tests.support import KEYS

DAY = dt.timedelta(days=1)
RING = Ring.of(KEYS)
OTHER = Keys(bytes(32))
HOSTILE = '=HYPERLINK("http://evil.example") <script>alert(1)</script> Robert\'); DROP TABLE'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    return make_runs(tmp_path_factory.mktemp("attacked"))


@pytest.fixture
def run(made: dict[str, RunFolder], tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(made["pass"].root, tmp_path / "run")))


def stands(run: RunFolder, today: dt.date = TODAY) -> GateState:
    return status(run, KEYS, FAMILIES, today).state


def stop(run: RunFolder, **more: Any) -> GateStatus:
    given = {"name": "Mary Seacole", "role": "social_worker", "note": "The panel asked for it.", "today": TODAY, **more}
    return withdraw(run, given.pop("keys", KEYS), FAMILIES, **given)


def release_of(run: RunFolder) -> Path:
    return release_path(run.root, FAMILIES)


# --- withdrawing -----------------------------------------------------------------------------------------


def test_one_person_of_any_role_stops_a_release_and_two_may_give_another(run: RunFolder) -> None:
    sign_both(run)
    after = stop(run)
    assert after.state is GateState.WITHDRAWN
    told = f"Withdrawn on {TODAY} by Mary Seacole (social_worker). Their note: The panel asked for it."
    assert after.reason == told and "Two people" in after.fix
    for ask in (open_released, lambda *a: export_list(*a[:3], run.root.parent / "out.csv", a[3])):
        with pytest.raises(Withheld, match="Withdrawn on"):
            ask(run, KEYS, FAMILIES, TODAY)
    assert not (run.root.parent / "out.csv").exists()
    assert sign(run).state is GateState.ONE_APPROVAL
    assert sign(run, "Grace Hopper", "director").state is GateState.RELEASED


def test_a_first_approval_and_one_that_has_expired_can_be_withdrawn(run: RunFolder) -> None:
    sign(run)
    assert stop(run).state is GateState.WITHDRAWN
    sign_both(run)
    late = TODAY + 91 * DAY
    assert stands(run, late) is GateState.EXPIRED
    assert stop(run, today=late).state is GateState.WITHDRAWN


def test_there_is_nothing_to_withdraw_before_an_approval_or_twice(run: RunFolder) -> None:
    for before in (lambda: None, lambda: (sign_both(run), stop(run))):
        before()
        with pytest.raises(Withheld, match="nothing to withdraw") as refusal:
            stop(run)
        assert refusal.value.exit_code == 4
        assert entries(run, RING)[-1]["outcome"] == "refused"


@pytest.mark.parametrize("wrong", [{"name": " "}, {"role": "wizard"}, {"note": "..."}, {"name": "a\nb"}])
def test_whoever_withdraws_says_who_they_are_and_why(run: RunFolder, wrong: dict[str, str]) -> None:
    sign_both(run)
    with pytest.raises(UsageError):
        stop(run, **wrong)
    assert stands(run) is GateState.RELEASED


def test_what_is_shut_for_another_reason_is_withdrawn_all_the_same(run: RunFolder) -> None:
    """Put right again, the file does not bring the release back."""
    sign_both(run)
    path = run.path(SCORES, FAMILIES)
    whole = path.read_bytes()
    path.write_bytes(whole + b"x")
    assert stop(run).state is GateState.NOT_AUDITED
    path.write_bytes(whole)
    assert stands(run) is GateState.WITHDRAWN


def test_one_target_is_withdrawn_and_no_other(run: RunFolder, made: dict[str, RunFolder], tmp_path: Path) -> None:
    both = RunFolder(Path(shutil.copytree(made["cannot_tell"].root, tmp_path / "both")))
    sign_both(both)
    sign_both(both, target=CHILDREN)
    stop(both)
    assert stands(both) is GateState.WITHDRAWN
    assert status(both, KEYS, CHILDREN, TODAY).state is GateState.RELEASED


def test_a_pack_goes_with_a_withdrawal_and_the_record_loses_its_keys(run: RunFolder) -> None:
    sign_both(run)
    assert set(json.loads(release_of(run).read_bytes())["keys"]) == {
        relative_path(table, FAMILIES).as_posix() for table in (SCORES, REASONS)
    }
    pack = run.root / "reports" / FAMILIES / "explanation.html"
    write_text(pack, "case after case")
    withdraw_packs(run, KEYS, TODAY)
    assert pack.exists()
    stop(run)
    withdraw_packs(run, KEYS, TODAY)
    assert not pack.exists()
    assert json.loads(release_of(run).read_bytes())["keys"] == {}


def test_every_state_a_withdrawal_can_meet_has_an_end() -> None:
    assert set(AFTER_WITHDRAWAL) == set(GateState) - {GateState.WITHDRAWN, GateState.LOG_BROKEN}
    assert GateState.RELEASED not in AFTER_WITHDRAWAL.values()
    assert GateState.ONE_APPROVAL not in AFTER_WITHDRAWAL.values()


# --- records that were put in another's place ------------------------------------------------------------


def test_a_release_from_before_its_withdrawal_does_not_come_back(run: RunFolder) -> None:
    first = sign(run) and release_of(run).read_bytes()
    sign(run, "Grace Hopper", "director")
    both = release_of(run).read_bytes()
    stop(run)
    for older in (both, first):
        release_of(run).write_bytes(older)
        assert stands(run) is GateState.WITHDRAWN
    assert sign(run, "Rosalind Franklin", "director").state is GateState.ONE_APPROVAL
    for older in (both, first):
        release_of(run).write_bytes(older)
        assert "not the one that the log tells of last" in status(run, KEYS, FAMILIES, TODAY).reason
    release_of(run).unlink()
    assert "missing" in status(run, KEYS, FAMILIES, TODAY).reason


def test_another_runs_release_is_none_here_though_its_log_comes_with_it(
    run: RunFolder, made: dict[str, RunFolder], tmp_path: Path
) -> None:
    other = RunFolder(Path(shutil.copytree(made["cannot_tell"].root, tmp_path / "other")))
    sign_both(other)
    shutil.copy(release_of(other), release_of(run))
    assert stands(run) is GateState.AWAITING_APPROVAL
    for name in (LOG, NEWEST):
        shutil.copy(other.root / name, run.root / name)
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.AWAITING_APPROVAL and "void: the audit" in found.reason
    with pytest.raises(Withheld):
        open_released(run, KEYS, FAMILIES, TODAY)


@pytest.mark.parametrize(
    "hostile",
    [
        lambda whole: whole.replace(b'  "target":', b'  "target": "hidden_young_carers",\n  "target":'),
        lambda whole: whole.replace(b'  "withdrawn": null', b'  "withdrawn": {},\n  "withdrawn": null'),
        lambda whole: b"\xef\xbb\xbf" + whole,
        lambda whole: whole.replace(b"\n", b"\r\n"),
        lambda whole: whole + whole,
        lambda _: b"[" * 200_000,
        lambda _: b'{"a":' * 200_000,
        lambda _: b"null\n",
        lambda _: b'{"approvals": NaN}\n',
        lambda _: b'{"signature": "\\ud800"}\n',
    ],
)
def test_a_record_in_any_other_words_is_none(run: RunFolder, hostile: Callable[[bytes], bytes]) -> None:
    sign_both(run)
    whole = release_of(run).read_bytes()
    release_of(run).write_bytes(hostile(whole))
    assert hostile(whole) != whole and authentic(hostile(whole), RING, FAMILIES) is None
    assert "changed after it was written" in status(run, KEYS, FAMILIES, TODAY).reason
    release_of(run).write_bytes(whole)
    assert stands(run) is GateState.RELEASED


def test_a_record_cut_off_anywhere_is_none(run: RunFolder) -> None:
    sign_both(run)
    whole = release_of(run).read_bytes()
    assert authentic(whole, RING, FAMILIES) is not None
    assert not any(authentic(whole[:length], RING, FAMILIES) for length in range(0, len(whole), 7))


def test_a_record_signed_with_another_key_or_for_another_target_is_none(run: RunFolder) -> None:
    sign_both(run)
    whole = release_of(run).read_bytes()
    assert authentic(whole, Ring.of(OTHER), FAMILIES) is None
    assert authentic(whole, RING, CHILDREN) is None
    document = json.loads(whole)
    document["approvals"][0]["role"] = "director"
    changed = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    assert authentic(changed, RING, FAMILIES) is None


def test_equal_histories_have_equal_bytes(made: dict[str, RunFolder], tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        run = RunFolder(Path(shutil.copytree(made["pass"].root, tmp_path / name)))
        sign_both(run)
        stop(run)
        names = ("release_key.pem", "release_log.jsonl", "release_log.newest.json", f"{FAMILIES}/release.json")
        written.append([(run.root / "fairness_audits" / name).read_bytes() for name in names])
    assert written[0] == written[1]
    assert str(tmp_path).encode() not in b"".join(written[0])


def test_a_record_opens_its_own_files_alone(run: RunFolder) -> None:
    """The keys in it are wrapped for its statement: with a word changed they do not come out."""
    sign_both(run)
    found = authentic(release_of(run).read_bytes(), RING, FAMILIES)
    assert found is not None
    name = relative_path(SCORES, FAMILIES).as_posix()
    wrapped = bytes.fromhex(found.wrapped[name])
    statement = found.statement(FAMILIES) | {"log": ""}
    assert unwrap(KEYS, wrapped, canonical(statement)) == file_key(KEYS, name)
    for other in (statement | {"target": CHILDREN}, statement | {"approvals": []}, statement | {"binding": {}}):
        assert unwrap(KEYS, wrapped, canonical(other)) is None


# --- the clock -------------------------------------------------------------------------------------------


def test_a_clock_set_back_revives_nothing(run: RunFolder) -> None:
    sign_both(run)
    late = TODAY + 90 * DAY
    with pytest.raises(Withheld, match="expired"):
        open_released(run, KEYS, FAMILIES, late)
    found = status(run, KEYS, FAMILIES, TODAY + DAY)
    assert found.state is GateState.EXPIRED and "the log's latest line is of" in found.reason
    for ask in (lambda day: open_released(run, KEYS, FAMILIES, day), lambda day: sign(run, today=day)):
        with pytest.raises(Withheld, match="The clock says"):
            ask(TODAY + DAY)
    assert stop(run, today=TODAY + DAY).state is GateState.WITHDRAWN


def test_a_release_of_a_passed_audit_ends_too(run: RunFolder) -> None:
    sign(run, mitigation=None, expires=None)
    assert sign(run, "Grace Hopper", "director", mitigation=None, expires=None).expires == TODAY + 366 * DAY
    assert LONGEST_VALID_DAYS == 366
    assert stands(run, TODAY + 365 * DAY) is GateState.RELEASED
    assert stands(run, TODAY + 366 * DAY) is GateState.EXPIRED


# --- the log ---------------------------------------------------------------------------------------------


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


def rechained(run: RunFolder, lines: list[dict[str, Any]]) -> None:
    """Write these lines as a log that hangs together, as anybody can who knows how it is made."""
    (run.root / LOG).unlink()
    log = ChainedLog(run.root / LOG, run.root / ".x", "log", LOG, "")
    for line in lines:
        log.append({name: value for name, value in line.items() if name not in ("number", "previous", "hash")})


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


def test_under_another_key_the_chain_alone_vouches_and_no_approval_counts(run: RunFolder) -> None:
    sign_both(run)
    assert status(run, OTHER, FAMILIES, TODAY).state is GateState.NOT_AUDITED
    with pytest.raises(Withheld):
        open_released(run, OTHER, FAMILIES, TODAY)
    assert [line["key"] for line in entries(run, RING)] == [RING.mark, RING.mark, Ring.of(OTHER).mark]
    assert stands(run) is GateState.RELEASED
    with pytest.raises(Withheld, match="nothing to withdraw"):
        stop(run, keys=OTHER)
    assert entries(run, Ring.of(OTHER))[-1]["key"] == Ring.of(OTHER).mark


# --- machines that die, and two at once ------------------------------------------------------------------


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


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_release_killed_before_its_record_is_written_has_to_be_signed_again(run: RunFolder) -> None:
    killed_at("write_bytes", lambda: sign(run))
    assert stands(run) is GateState.AWAITING_APPROVAL
    assert sign(run).state is GateState.ONE_APPROVAL
    killed_at("write_bytes", lambda: sign(run, "Grace Hopper", "director"))
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.AWAITING_APPROVAL and "not the one that the log tells of" in found.reason
    assert sign_both(run).state is GateState.RELEASED


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_withdrawal_killed_before_its_record_is_written_holds(run: RunFolder) -> None:
    sign_both(run)
    killed_at("write_bytes", lambda: stop(run))
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.WITHDRAWN and "Mary Seacole" in found.reason
    with pytest.raises(Withheld):
        open_released(run, KEYS, FAMILIES, TODAY)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
@pytest.mark.parametrize(("point", "lines"), [("append", 2), ("replacing", 3)])
def test_an_export_killed_on_the_way_leaves_no_file(run: RunFolder, point: str, lines: int, tmp_path: Path) -> None:
    sign_both(run)
    out = tmp_path / "out"
    killed_at(point, lambda: export_list(run, KEYS, FAMILIES, out / "list.csv", TODAY))
    assert not out.exists() and len(entries(run, RING)) == lines
    assert export_list(run, KEYS, FAMILIES, out / "list.csv", TODAY) > 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_first_line_whose_note_was_not_written_is_still_a_line(run: RunFolder) -> None:
    sign(run)
    (run.root / NEWEST).unlink()
    assert stands(run) is GateState.ONE_APPROVAL
    assert sign(run, "Grace Hopper", "director").state is GateState.RELEASED


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


def test_pseudonyms_swapped_while_a_list_is_made_open_nothing(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_both(run)
    unsealed = gate._unsealed

    def swapped(*given: Any) -> Any:
        run.path(PSEUDONYMS).write_bytes(run.path(PSEUDONYMS).read_bytes() + b"x")
        return unsealed(*given)

    monkeypatch.setattr(gate, "_unsealed", swapped)
    with pytest.raises(Withheld):
        export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    assert not (tmp_path / "list.csv").exists()
