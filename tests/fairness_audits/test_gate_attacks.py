"""What somebody who may write to the run folder can try with records, files and the clock."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fairness_audits.gate import export_list, open_released, status
from fairness_audits.log import LOG, NEWEST, entries
from fairness_audits.record import authentic
from fairness_audits.release import AFTER_WITHDRAWAL, LONGEST_VALID_DAYS, GateState
from fairness_audits.signing import Ring
from models.tables import REASONS, SCORES
from reports.packs import withdraw_packs
from store.errors import UsageError, Withheld
from store.files import canonical, write_text
from store.keys import Keys
from store.run_folder import RunFolder, relative_path
from store.sealing import file_key, unwrap
from tests.fairness_audits.borough import CHILDREN, FAMILIES
from tests.fairness_audits.gated import TODAY, release_of, sign, sign_both, stands, stop
from tests.support import KEYS

DAY = dt.timedelta(days=1)
RING = Ring.of(KEYS)
OTHER = Keys(bytes(32))


# --- withdrawing -----------------------------------------------------------------------------------------


def test_one_person_of_any_role_stops_a_release_and_two_may_give_another(run: RunFolder) -> None:
    sign_both(run)
    after = stop(run)
    assert after.state is GateState.WITHDRAWN
    told = (
        f"Withdrawn on {TODAY.day} {TODAY:%B %Y} by Mary Seacole (social worker). Their note: The panel asked for it."
    )
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
