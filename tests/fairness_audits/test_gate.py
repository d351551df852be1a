"""The release gate: who may sign, what voids a release, and what leaves by it."""

import csv
import datetime as dt
import os
import shutil
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from fairness_audits.gate import export_list, open_released, status
from fairness_audits.log import LOG, entries
from fairness_audits.record import authentic, read_audit
from fairness_audits.release import AFTER_APPROVAL, GateState, Role, role_named
from fairness_audits.signing import Ring
from fairness_audits.stage import STAGE
from models.tables import COHORT, REASONS, SCORES
from store.errors import InputRejected, UsageError, Withheld
from store.files import write_json
from store.keys import Keys
from store.run_folder import RunFolder
from store.safe_text import safe_cell
from tests.fairness_audits.borough import CHILDREN, FAMILIES, put_pseudonyms
from tests.fairness_audits.gated import MITIGATION, TODAY, put_audit, sign, sign_both
from tests.support import KEYS

PACKAGES = ("store", "sources", "residents", "features", "models", "fairness_audits", "reports", "early_help")
PROJECT = Path(__file__).resolve().parents[2]
DAY = dt.timedelta(days=1)
RING = Ring.of(KEYS)
FULL_WIDTH_ADA = "".join(" " if letter == " " else chr(ord(letter) + 0xFEE0) for letter in "Ada Lovelace")


@pytest.fixture
def runs(made: dict[str, RunFolder], tmp_path: Path) -> dict[str, RunFolder]:
    """Fresh copies of the three runs."""
    return {
        verdict: RunFolder(Path(shutil.copytree(run.root, tmp_path / "runs" / verdict)))
        for verdict, run in made.items()
    }


def state(run: RunFolder, today: dt.date = TODAY, target: str = FAMILIES) -> GateState:
    return status(run, KEYS, target, today).state


# --- who may sign ----------------------------------------------------------------------------------------


def test_two_people_of_two_roles_release_a_target(runs: dict[str, RunFolder]) -> None:
    run = runs["pass"]
    assert state(run) is GateState.AWAITING_APPROVAL
    assert sign(run, mitigation=None, expires=None).state is GateState.ONE_APPROVAL
    after = sign(run, "Grace Hopper", "equalities_lead", mitigation=None, expires=None)
    assert after.state is GateState.RELEASED
    assert [approval.name for approval in after.approvals] == ["Ada Lovelace", "Grace Hopper"]
    scores, reasons = open_released(run, KEYS, FAMILIES, TODAY)
    assert scores.num_rows > 0 and reasons.num_rows > 0


@pytest.mark.parametrize(
    ("name", "role", "why"),
    [
        ("ADA   lovelace ", "director", "same person"),
        (FULL_WIDTH_ADA, "director", "same person"),
        ("Adá Lovelacé", "director", "same person"),
        ("Ada-Lovelace.", "director", "same person"),
        ("adalovelace", "director", "same person"),
        ("Lovelace, Ada", "director", "same person"),
        ("Grace Hopper", "data_scientist", "role has signed"),
        ("Grace Hopper", "Data Engineer", "of the data team"),
        ("Grace Hopper", "performance-analyst", "of the data team"),
    ],
)
def test_a_second_approval_that_is_no_second_opinion_is_withheld(
    runs: dict[str, RunFolder], name: str, role: str, why: str
) -> None:
    sign(runs["pass"])
    with pytest.raises(Withheld, match=why):
        sign(runs["pass"], name, role)
    assert state(runs["pass"]) is GateState.ONE_APPROVAL


@pytest.mark.parametrize("verdict", ["fail", "not_audited"])
def test_nobody_can_release_what_failed_or_was_not_audited(runs: dict[str, RunFolder], verdict: str) -> None:
    run = runs["fail"]
    if verdict == "not_audited":
        (run.root / "fairness_audits" / FAMILIES / "audit.json").unlink()
    with pytest.raises(Withheld) as refusal:
        sign(run)
    assert refusal.value.exit_code == 4 and refusal.value.fix
    assert state(run).value == {"fail": "failed"}.get(verdict, verdict)


@pytest.mark.parametrize(
    "missing",
    [
        {"mitigation": None},
        {"mitigation": "We will be careful."},
        {"mitigation": "x" * 200},
        {"mitigation": "blah " * 60},
        {"expires": None},
        {"expires": TODAY},
        {"expires": TODAY - DAY},
        {"expires": TODAY + 367 * DAY},
    ],
)
def test_cannot_tell_needs_a_mitigation_and_an_expiry_from_each_approver(
    runs: dict[str, RunFolder], missing: dict[str, object]
) -> None:
    run = runs["cannot_tell"]
    with pytest.raises(Withheld):
        sign(run, **missing)
    assert state(run) is GateState.AWAITING_APPROVAL
    sign(run)
    with pytest.raises(Withheld):
        sign(run, "Grace Hopper", "director", **missing)
    assert state(run) is GateState.ONE_APPROVAL
    assert sign(run, "Grace Hopper", "director").state is GateState.RELEASED


def test_the_earlier_expiry_holds_and_the_release_ends_on_that_day(runs: dict[str, RunFolder]) -> None:
    run = runs["cannot_tell"]
    sign(run, expires=TODAY + 60 * DAY)
    released = sign(run, "Grace Hopper", "director", expires=TODAY + 30 * DAY)
    assert released.expires == TODAY + 30 * DAY
    assert state(run, TODAY + 29 * DAY) is GateState.RELEASED
    assert state(run, TODAY + 30 * DAY) is GateState.EXPIRED
    assert state(run, TODAY - DAY) is GateState.EXPIRED
    with pytest.raises(Withheld, match="expired"):
        open_released(run, KEYS, FAMILIES, TODAY + 30 * DAY)
    again = sign(run, today=TODAY + 31 * DAY, expires=TODAY + 90 * DAY)
    assert again.state is GateState.ONE_APPROVAL and len(again.approvals) == 1


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"name": "1234"}, {"name": "a\nb"}, {"role": "dataist"}, {"note": "  "}, {"note": "..."}]
)
def test_an_approval_without_a_name_role_or_note_is_a_mistake(
    runs: dict[str, RunFolder], wrong: dict[str, str]
) -> None:
    with pytest.raises(UsageError):
        sign(runs["pass"], **wrong)
    assert state(runs["pass"]) is GateState.AWAITING_APPROVAL
    assert entries(runs["pass"], RING)[-1]["outcome"] == "refused"


def test_a_released_target_takes_no_third_approval(runs: dict[str, RunFolder]) -> None:
    sign_both(runs["pass"])
    with pytest.raises(Withheld, match="no further approval"):
        sign(runs["pass"], "Mary Seacole", "director")


def test_one_targets_release_is_not_anothers(runs: dict[str, RunFolder]) -> None:
    run = runs["cannot_tell"]
    sign_both(run)
    folder = run.root / "fairness_audits"
    shutil.copy(folder / FAMILIES / "release.json", folder / CHILDREN / "release.json")
    assert state(run, target=CHILDREN) is GateState.AWAITING_APPROVAL
    assert state(run) is GateState.RELEASED


def test_roles_are_suggested() -> None:
    with pytest.raises(UsageError, match="director"):
        role_named("directr")
    assert role_named("Equalities lead") is Role.EQUALITIES_LEAD


def test_there_is_one_way_forward() -> None:
    assert set(AFTER_APPROVAL.values()) == {GateState.ONE_APPROVAL, GateState.RELEASED}
    assert not {GateState.NOT_AUDITED, GateState.FAILED, GateState.RELEASED} & set(AFTER_APPROVAL)


# --- what voids a release --------------------------------------------------------------------------------


def bound_files(run: RunFolder) -> dict[str, Path]:
    folder = run.root / "fairness_audits" / FAMILIES
    return {
        "audit": folder / "audit.json",
        "code": folder / "audit.mac",
        "release": folder / "release.json",
        "scores": run.path(SCORES, FAMILIES),
        "reasons": run.path(REASONS, FAMILIES),
        "cohort": run.path(COHORT, FAMILIES),
        "evaluation": run.root / "models" / FAMILIES / "evaluation.json",
    }


@pytest.mark.parametrize("name", ["audit", "code", "release", "scores", "reasons", "cohort", "evaluation"])
def test_one_changed_or_missing_file_closes_the_gate(runs: dict[str, RunFolder], name: str) -> None:
    run = runs["pass"]
    sign_both(run)
    path = bound_files(run)[name]
    content = path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 40)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert state(run) in {GateState.NOT_AUDITED, GateState.AWAITING_APPROVAL}, f"byte {place}"
    for changed in (b"", content[:-1], content + b"\n", b"\xff\xfe" + content, b"[]"):
        path.write_bytes(changed)
        assert state(run) in {GateState.NOT_AUDITED, GateState.AWAITING_APPROVAL}
        with pytest.raises(Withheld):
            open_released(run, KEYS, FAMILIES, TODAY)
    path.unlink()
    with pytest.raises(Withheld):
        export_list(run, KEYS, FAMILIES, run.root.with_name("out.csv"), TODAY)
    assert not (run.root.with_name("out.csv")).exists()
    path.write_bytes(content)
    assert state(run) is GateState.RELEASED


def test_every_byte_of_the_release_record_counts(runs: dict[str, RunFolder]) -> None:
    run = runs["pass"]
    sign_both(run)
    path = bound_files(run)["release"]
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x29]) + content[place + 1 :])
        assert authentic(path.read_bytes(), RING, FAMILIES) is None
    assert state(run) is GateState.AWAITING_APPROVAL
    path.write_bytes(content.replace(b"  ", b"\t"))
    assert state(run) is GateState.AWAITING_APPROVAL


def test_another_audit_voids_the_approvals_and_says_so(runs: dict[str, RunFolder]) -> None:
    """Audited again under another policy, both audits being genuine."""
    run, other = runs["pass"], runs["cannot_tell"]
    sign_both(run)
    put_audit(run, other)
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.AWAITING_APPROVAL
    assert "void: the audit" in found.reason and "the audit policy" in found.reason
    assert sign(run).state is GateState.ONE_APPROVAL


def test_another_master_key_opens_nothing(runs: dict[str, RunFolder]) -> None:
    sign_both(runs["pass"])
    assert status(runs["pass"], Keys(bytes(32)), FAMILIES, TODAY).state is GateState.NOT_AUDITED


def test_an_audit_that_says_pass_by_hand_is_no_audit(runs: dict[str, RunFolder]) -> None:
    path = bound_files(runs["fail"])["audit"]
    path.write_text(path.read_text(encoding="utf-8").replace('"fail"', '"pass"'), encoding="utf-8")
    assert "changed after it was written" in status(runs["fail"], KEYS, FAMILIES, TODAY).reason


def test_two_approvals_at_one_moment_are_both_kept(runs: dict[str, RunFolder]) -> None:
    run = runs["pass"]
    together = Barrier(2)

    def one(person: tuple[str, str]) -> None:
        together.wait()
        sign(run, *person)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, [("Ada Lovelace", "data_scientist"), ("Grace Hopper", "director")]))
    found = status(run, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.RELEASED
    assert {approval.name for approval in found.approvals} == {"Ada Lovelace", "Grace Hopper"}
    assert [entry["outcome"] for entry in entries(run, RING)] == ["allowed", "allowed"]


# --- what leaves -----------------------------------------------------------------------------------------


def test_a_family_list_has_residents_ids_reasons_and_no_score(runs: dict[str, RunFolder], tmp_path: Path) -> None:
    run = runs["pass"]
    sign_both(run)
    out = tmp_path / "out" / "list.csv"
    cases = export_list(run, KEYS, FAMILIES, out, TODAY)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["target", "as_of", "reference", "family_id", "reasons"]
    assert cases == len(rows) > 0
    scores, _ = open_released(run, KEYS, FAMILIES, TODAY)
    listed = {
        f"id-{unit}"
        for unit, part, flagged in zip(*(scores[c].to_pylist() for c in ("unit_id", "part", "flagged")))
        if part == "current" and flagged
    }
    assert [row["family_id"] for row in rows] == sorted(listed)
    assert all(row["reasons"].startswith("'=HYPERLINK(") and "; Rent arrears grew" in row["reasons"] for row in rows)
    assert {row["as_of"] for row in rows} == {"2026-06-30"}
    if sys.platform != "win32":
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    first = out.read_bytes()
    export_list(run, KEYS, FAMILIES, out, TODAY)
    assert out.read_bytes() == first


def test_a_child_list_names_the_child_and_the_family(runs: dict[str, RunFolder], tmp_path: Path) -> None:
    run = runs["cannot_tell"]
    sign_both(run, target=CHILDREN)
    assert export_list(run, KEYS, CHILDREN, tmp_path / "list.csv", TODAY) == 1
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["target"], row["family_id"], row["person_id"]) == (CHILDREN, "id-f00001", "id-c00001")


def test_nothing_leaves_and_nothing_is_left_behind_when_refused(runs: dict[str, RunFolder], tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    out.write_text("as it was", encoding="utf-8")
    for verdict, run in runs.items():
        with pytest.raises(Withheld) as refusal:
            export_list(run, KEYS, FAMILIES, out, TODAY)
        assert refusal.value.exit_code == 4 and refusal.value.fix, verdict
    assert out.read_text(encoding="utf-8") == "as it was"


@pytest.mark.parametrize("place", ["features/families.parquet", "list.csv", "../{run}/fairness_audits/list.csv"])
def test_a_list_is_never_written_into_the_run(place: str, runs: dict[str, RunFolder]) -> None:
    run = runs["pass"]
    sign_both(run)
    out = run.root / place.format(run=run.root.name)
    before = out.read_bytes() if out.exists() else None
    with pytest.raises(UsageError, match="into a run folder"):
        export_list(run, KEYS, FAMILIES, out, TODAY)
    assert (out.read_bytes() if out.exists() else None) == before
    with pytest.raises(UsageError, match="a folder"):
        export_list(run, KEYS, FAMILIES, run.root.parent, TODAY)


def test_a_list_takes_the_place_of_no_file_but_a_csv_and_goes_into_no_other_run(
    runs: dict[str, RunFolder], tmp_path: Path
) -> None:
    run = runs["pass"]
    sign_both(run)
    council, key = tmp_path / "council.toml", tmp_path / "master.key"
    link, other = tmp_path / "list.csv", tmp_path / "other_run"
    write_json(other / "state" / "council.json", {})
    for path in (council, key):
        path.write_text("as it was", encoding="utf-8")
    link.symlink_to(key)
    for out in (council, key, link):
        with pytest.raises(UsageError, match="is a CSV file"):
            export_list(run, KEYS, FAMILIES, out, TODAY)
    with pytest.raises(UsageError, match="into a run folder"):
        export_list(run, KEYS, FAMILIES, other / "reports" / "list.csv", TODAY)
    assert {path.read_text(encoding="utf-8") for path in (council, key)} == {"as it was"}
    assert export_list(run, KEYS, FAMILIES, tmp_path / "LIST.CSV", TODAY)


def test_a_case_without_a_resident_is_refused(runs: dict[str, RunFolder], tmp_path: Path) -> None:
    run = runs["pass"]
    put_pseudonyms(run, ["someone-else"], [])
    sign_both(run)
    with pytest.raises(InputRejected, match="no resident"):
        export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    assert entries(run, RING)[-1]["outcome"] == "refused"
    assert not (tmp_path / "list.csv").exists()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Missed 12 sessions", "<script>", "Robert'); DROP TABLE", 'a "quoted" word'])
def test_other_cells_are_left_alone(text: str) -> None:
    assert safe_cell(text) == text


def test_only_the_gate_and_the_store_open_sealed_tables() -> None:
    """`open_sealed` and `unseal` are named nowhere else, and no other stage may unseal."""
    names = ("open_sealed", "unseal(", "unseal_with", "file_key", "unwrap", "unseals=True")
    users: dict[str, set[str]] = {name: set() for name in names}
    for package in PACKAGES:
        for path in (PROJECT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for name, found in users.items():
                if name in text:
                    found.add(path.relative_to(PROJECT).as_posix())
    assert users["open_sealed"] == {"store/workspace.py"}
    assert users["unseal("] == {"store/workspace.py", "store/sealing.py"}
    assert (
        users["unseal_with"] == users["file_key"] == users["unwrap"] == {"store/sealing.py", "fairness_audits/gate.py"}
    )
    assert users["unseals=True"] == {"fairness_audits/stage.py"}
    assert STAGE.unseals


# --- the log ---------------------------------------------------------------------------------------------


def test_every_attempt_is_logged(runs: dict[str, RunFolder], tmp_path: Path) -> None:
    run = runs["pass"]
    with pytest.raises(Withheld):
        export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    sign(run)
    with pytest.raises(Withheld):
        sign(run)
    sign(run, "Grace Hopper", "director")
    open_released(run, KEYS, FAMILIES, TODAY)
    export_list(run, KEYS, FAMILIES, tmp_path / "list.csv", TODAY)
    told = [(entry["action"], entry["outcome"]) for entry in entries(run, RING)]
    assert told == [
        ("export", "refused"),
        ("approve", "allowed"),
        ("approve", "refused"),
        ("approve", "allowed"),
        ("open", "allowed"),
        ("export", "allowed"),
    ]
    assert entries(run, RING)[1]["name"] == "Ada Lovelace"
    text = (run.root / LOG).read_text(encoding="utf-8")
    assert "f0000" not in text and MITIGATION not in text


@pytest.mark.parametrize("field", ["name", "role", "note"])
def test_bytes_that_are_no_text_are_refused_and_the_attempt_is_logged(field: str, runs: dict[str, RunFolder]) -> None:
    run = runs["pass"]
    with pytest.raises(UsageError):
        sign(run, **{field: "Ada \udcff Lovelace"})
    (entry,) = entries(run, RING)
    assert entry["outcome"] == "refused"


def test_a_log_that_could_not_be_written_whole_is_as_it_was(
    runs: dict[str, RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk tells so at the latest when what was written is to lie on it."""
    run = runs["pass"]
    sign(run)
    before = (run.root / LOG).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            sign(run, "Grace Hopper", "director")
    assert (run.root / LOG).read_bytes() == before
    assert sign(run, "Grace Hopper", "director").state is GateState.RELEASED


def test_a_changed_log_is_found_and_nothing_is_released_until_it_is_mended(runs: dict[str, RunFolder]) -> None:
    run = runs["pass"]
    sign_both(run)
    with pytest.raises(Withheld):
        sign(run, "Mary Seacole", "director")
    path = run.root / LOG
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    broken = [
        b"".join([lines[0], lines[2]]),
        b"".join(lines[1:]),
        b"".join([lines[1], lines[0], lines[2]]),
        whole.replace(b"Grace", b"Gracf"),
        whole + b"{}\n",
        whole + lines[2],
        whole.replace(b'"action":', b'"action" :', 1),
    ]
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(InputRejected, match="log was changed"):
            entries(run, RING)
        with pytest.raises(InputRejected):
            open_released(run, KEYS, FAMILIES, TODAY)
    path.write_bytes(whole)
    assert len(entries(run, RING)) == 3
    assert read_audit(run, KEYS, FAMILIES).verdict.value == "pass"
