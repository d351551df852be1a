"""Cases drawn from below the line at the gate: what policy does not allow is never released, and signers are told."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from early_help import release_commands
from early_help.cli import app
from fairness_audits.below_the_line import (
    check_drawn,
    drawn_units,
    refuse_more_than_allowed,
    told_by,
    why_not_allowed,
    with_drawn,
)
from fairness_audits.gate import export_list, open_released, status
from fairness_audits.policy import Policy, load_policy
from fairness_audits.policy_change import policy_change
from fairness_audits.release import GateState
from models.tables import REASONS, SCORES
from store.errors import InputRejected, UsageError, Withheld
from store.files import read_json
from store.key_file import KEY_FILE_VARIABLE
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import (
    NOT_ALLOWED,
    TODAY,
    make_runs,
    passed_run,
    put_council,
    sign,
    sign_both,
    stands,
    stop,
)
from tests.support import KEYS

NOW, BEFORE = dt.date(2026, 6, 30), dt.date(2025, 6, 30)
DRAWN = 3


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """Runs of each verdict that drew three families, and one under a policy that allows none."""
    return make_runs(tmp_path_factory.mktemp("sampled"), DRAWN)


@pytest.fixture
def passed(sampled: dict[str, RunFolder], tmp_path: Path) -> RunFolder:
    """One that passed, of a council whose policy lies beside it and may be changed."""
    return passed_run(sampled, tmp_path)


def change_policy(folder: Path, cases: int) -> None:
    path = folder / "pass.toml"
    path.write_text(path.read_text().replace(f"cases = {DRAWN}", f"cases = {cases}"), encoding="utf-8")


# --- the gate --------------------------------------------------------------------------------------------


def test_both_who_sign_by_command_are_told_how_many_were_drawn(
    passed: RunFolder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path_factory.mktemp("vault") / "master.key"
    key.write_text(bytes(range(32)).hex(), encoding="ascii")
    key.chmod(0o600)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(key))
    monkeypatch.setattr(release_commands, "today", lambda: TODAY)
    monkeypatch.setattr(release_commands, "config_of", lambda folder: None)
    monkeypatch.setattr(release_commands, "refresh_reports", lambda *given: None)
    said = f"{DRAWN} cases drawn by lot from below the line will be in the pack"
    asked = ["release", str(passed.root), "--target", FAMILIES, "--approve", "--note", "Read it all, with care."]
    first = CliRunner().invoke(app, [*asked, "--as", "Ada Lovelace", "--role", "data_scientist"])
    assert "Approved so far by Ada Lovelace" in first.output and said in first.output
    assert "A second person of another role" in first.output
    second = CliRunner().invoke(app, [*asked, "--as", "Grace Hopper", "--role", "equalities_lead"])
    assert "Released until" in second.output and said in second.output


def test_whoever_signs_is_told_how_many_were_drawn_and_the_list_is_without_them(
    passed: RunFolder, tmp_path: Path
) -> None:
    said = f"{DRAWN} cases drawn by lot from below the line will be in the pack"
    assert said in status(passed, KEYS, FAMILIES, TODAY).fix
    assert said in sign(passed).fix
    released = sign(passed, "Grace Hopper", "equalities_lead")
    assert (released.state, released.drawn) == (GateState.RELEASED, DRAWN)
    scores, reasons = open_released(passed, KEYS, FAMILIES, TODAY)
    drawn, pack = drawn_units(reasons), with_drawn(scores, reasons).to_pylist()
    listed = {row["unit_id"] for row in scores.to_pylist() if row["part"] == "current" and row["flagged"]}
    assert len(drawn) == DRAWN and not set(drawn) & listed
    assert {row["unit_id"] for row in pack if row["part"] == "current" and row["flagged"]} == listed | set(drawn)
    out = tmp_path / "list.csv"
    assert export_list(passed, KEYS, FAMILIES, out, TODAY) == len(listed)
    with out.open(newline="", encoding="utf-8") as file:
        references = {row["reference"].replace("-", "") for row in csv.DictReader(file)}
    assert references == {unit[:12] for unit in listed}
    assert said in stop(passed).fix, "who signs anew is told again"


def test_of_a_run_that_drew_more_than_its_policy_allows_nothing_is_released(
    sampled: dict[str, RunFolder], tmp_path: Path
) -> None:
    run = RunFolder(Path(shutil.copytree(sampled[NOT_ALLOWED].root, tmp_path / "run")))
    assert stands(run) is GateState.NOT_AUDITED
    with pytest.raises(Withheld, match=f"{DRAWN} cases were drawn from below the line .* allows none"):
        sign(run)
    with pytest.raises(Withheld):
        open_released(run, KEYS, FAMILIES, TODAY)


@pytest.mark.parametrize(("cases", "said"), [(DRAWN + 1, "looser"), (DRAWN - 1, "stricter"), (0, "stricter")])
def test_another_number_in_the_policy_voids_the_release(
    passed: RunFolder, tmp_path: Path, cases: int, said: str
) -> None:
    sign_both(passed)
    change_policy(tmp_path, cases)
    found = status(passed, KEYS, FAMILIES, TODAY)
    assert found.state is GateState.NOT_AUDITED
    assert f"is {said} " in found.reason and f"cases {cases}, was {DRAWN}" in found.reason
    change_policy_back = (tmp_path / "pass.toml").read_text().replace(f"cases = {cases}", f"cases = {DRAWN}")
    (tmp_path / "pass.toml").write_text(change_policy_back, encoding="utf-8")
    assert stands(passed) is GateState.RELEASED


def test_an_audit_under_a_policy_that_allows_more_cannot_be_lent_to_one_that_does_not(
    sampled: dict[str, RunFolder], passed: RunFolder, tmp_path: Path
) -> None:
    put_council(passed, tmp_path, sampled[NOT_ALLOWED].root.parent / f"{NOT_ALLOWED}.toml")
    assert stands(passed) is GateState.NOT_AUDITED
    with pytest.raises(Withheld):
        sign(passed)


def test_the_number_is_in_every_document_of_the_audit_and_no_case_is(sampled: dict[str, RunFolder]) -> None:
    folder = sampled["pass"].root / "fairness_audits" / FAMILIES
    for name in ("audit.json", "restricted/audit.json", "published/audit.json"):
        document = read_json(folder / name)
        assert document["below_the_line"] == {"drawn": DRAWN, "allowed": DRAWN} and told_by(document) == DRAWN


def test_where_none_were_drawn_no_document_says_anything(made: dict[str, RunFolder]) -> None:
    for name in ("audit.json", "restricted/audit.json", "published/audit.json"):
        document = read_json(made["pass"].root / "fairness_audits" / FAMILIES / name)
        assert "below_the_line" not in document and told_by(document) == 0
        assert "sample_below_the_line" not in document["policy"]


# --- the policy ------------------------------------------------------------------------------------------


def policy(cases: int | None) -> Policy:
    rule = {"name": "miss", "metric": "fnr", "margin": 0.1, "minimum": 50}
    sample = {} if cases is None else {"sample_below_the_line": {"cases": cases}}
    return Policy.model_validate({"name": "ours", "rules": [rule], **sample})


def test_a_policy_that_allows_none_is_the_one_that_says_nothing_of_it() -> None:
    assert policy(0).sha256 == policy(None).sha256 != policy(1).sha256
    assert Policy.model_validate(policy(7).model_dump(mode="json")) == policy(7)
    assert load_policy(None).sample_below_the_line.cases == 0


@pytest.mark.parametrize(
    ("audited", "in_force", "said"),
    [
        (None, 5, "looser than the one that was audited by (sample below the line: cases 5, was 0)"),
        (5, 10, "looser than the one that was audited by (sample below the line: cases 10, was 5)"),
        (10, 5, "stricter than the one that was audited by (sample below the line: cases 5, was 10)"),
        (10, None, "stricter than the one that was audited by (sample below the line: cases 0, was 10)"),
    ],
)
def test_more_is_looser(audited: int | None, in_force: int | None, said: str) -> None:
    dumped = (policy(cases).model_dump(mode="json") for cases in (audited, in_force))
    assert said in policy_change(*dumped)


@pytest.mark.parametrize("cases", ["-1", "101", '"ten"', "2.5"])
def test_a_number_that_is_none_is_refused(tmp_path: Path, cases: str) -> None:
    path = tmp_path / "policy.toml"
    rule = '[[rules]]\nname = "miss"\nmetric = "fnr"\nmargin = 0.1\nminimum = 50\n'
    path.write_text(f'name = "ours"\n{rule}[sample_below_the_line]\ncases = {cases}\n', encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_policy(str(path))
    assert "sample_below_the_line.cases" in str(refused.value.where)


def test_a_toml_that_asks_for_more_is_refused_before_anything_is_modelled() -> None:
    refuse_more_than_allowed({"a": 5, "b": 0}, policy(5))
    refuse_more_than_allowed({"a": 0}, policy(None))
    with pytest.raises(UsageError, match=r"asks for 6 cases .* allows 5") as refused:
        refuse_more_than_allowed({"a": 5, "b": 6}, policy(5))
    assert refused.value.where == "targets.b.sample_below_the_line" and refused.value.exit_code == 2
    assert why_not_allowed(5, policy(5)) == "" != why_not_allowed(6, policy(5))


@pytest.mark.parametrize("hostile", [None, 7, [], "x", {"drawn": "<script>"}, {"drawn": None}, {}])
def test_what_a_document_that_anybody_wrote_says_is_no_number_unless_it_is_one(hostile: Any) -> None:
    assert told_by({"below_the_line": hostile}) == 0


# --- reasons against scores ------------------------------------------------------------------------------


def tables(reasons: list[tuple[str, str, float | None]]) -> tuple[pa.Table, pa.Table]:
    """A list of 5 of 60, of which u00 is of two families; and these rows of reasons."""
    scores = [
        {
            **{"unit_id": f"u{place:02}", "family_id": f"f{place:02}", "as_of": as_of, "part": part},
            **{"position": place + 1, "score": 1 - place / 100, "flagged": place < 5},
        }
        for part, as_of in (("test", BEFORE), ("current", NOW))
        for place in range(60)
    ]
    scores.append({**scores[60], "family_id": "f98", "position": 61, "flagged": False})
    rows = [
        {"unit_id": unit, "family_id": f"f{unit[1:]}", "as_of": NOW, "position": 1, "kind": kind, "value": value}
        for unit, kind, value in reasons
    ]
    return (
        pa.Table.from_pylist(scores, schema=SCORES.arrow_schema()),
        pa.Table.from_pylist(rows, schema=REASONS.arrow_schema()),
    )


LISTED = [(f"u{place:02}", "for", 1.0) for place in range(5)]


def test_the_pack_is_the_list_and_those_drawn_and_past_lists_are_left_alone() -> None:
    scores, reasons = tables([*LISTED, ("u20", "for", 1.0), ("u20", "drawn", 55.0), ("u59", "drawn", 55.0)])
    assert check_drawn(scores, reasons, "here") == 2 and drawn_units(reasons) == {"u20": 55, "u59": 55}
    pack = with_drawn(scores, reasons)
    flagged = {(row["part"], row["unit_id"]) for row in pack.to_pylist() if row["flagged"]}
    assert flagged == {(part, f"u{n:02}") for part in ("test", "current") for n in range(5)} | {
        ("current", "u20"),
        ("current", "u59"),
    }
    assert pack.drop(["flagged"]).equals(scores.drop(["flagged"]))
    nobody = tables(LISTED)
    assert with_drawn(*nobody) is nobody[0] and check_drawn(*nobody, "here") == 0


@pytest.mark.parametrize(
    "more",
    [
        [("u02", "drawn", 55.0)],
        [("u00", "drawn", 55.0)],
        [("u20", "drawn", 55.0), ("u20", "drawn", 55.0)],
        [("u20", "drawn", 54.0)],
        [("u20", "drawn", 55.0), ("u21", "drawn", 56.0)],
        [("u99", "drawn", 55.0)],
        [("u20", "for", 1.0)],
        [("u20", "drawn", 55.0), ("u21", "unknown", None)],
    ],
)
def test_a_draw_that_cannot_be_and_reasons_of_anybody_else_are_refused(
    more: list[tuple[str, str, float | None]],
) -> None:
    scores, reasons = tables([*LISTED, *more])
    with pytest.raises(InputRejected) as refused:
        check_drawn(scores, reasons, "reasons")
    assert "u2" not in str(refused.value), "no case is told"
