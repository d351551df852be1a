"""The audits stage: what it reads, refuses and writes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairness_audits.config import AuditConfig
from fairness_audits.metrics import Metric
from fairness_audits.signing import audit_code
from fairness_audits.stage import STAGE
from models.tables import COHORT, REASONS, SCORES
from store.errors import InputRejected
from store.files import file_hash
from store.intervals import newcombe, z_of
from store.run_folder import RunFolder
from store.table import Zone
from tests.fairness_audits.borough import (
    CHILDREN,
    CURRENT,
    FAMILIES,
    TESTS,
    Case,
    audit_run,
    config,
    draw_families,
    evaluation,
    fake_models,
    put_people,
)
from tests.support import KEYS, run_stage

DOCUMENTS = ("audit.json", "restricted/audit.json", "published/audit.json")


def read_audit(run: RunFolder, target: str = FAMILIES) -> dict[str, Any]:
    return _read(run, target, "restricted/audit.json")


def _read(run: RunFolder, target: str, name: str) -> dict[str, Any]:
    return json.loads((run.root / "fairness_audits" / target / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    cases, codes, members = draw_families(900)
    return audit_run(tmp_path_factory.mktemp("borough"), {FAMILIES: cases}, codes, members)


def test_the_audit_binds_what_it_rests_on(borough: RunFolder) -> None:
    bound = read_audit(borough)["bound"]
    assert bound["scores_sha256"] == file_hash(borough.path(SCORES, FAMILIES))
    assert bound["reasons_sha256"] == file_hash(borough.path(REASONS, FAMILIES))
    assert bound["cohort_sha256"] == file_hash(borough.path(COHORT, FAMILIES))
    assert bound["evaluation_sha256"] == file_hash(borough.root / "models" / FAMILIES / "evaluation.json")
    assert bound["policy_sha256"] == read_audit(borough)["policy"]["sha256"]


def test_every_group_has_every_count_and_rate(borough: RunFolder) -> None:
    audit = read_audit(borough)
    assert set(audit["metrics"]) == {metric.value for metric in Metric}
    for grouping in ("broad", "detailed"):
        for entry in audit["groupings"][grouping]:
            assert entry["n"] == entry["tp"] + entry["fp"] + entry["fn"] + entry["tn"]
            for rate in audit["metrics"]:
                found = entry[rate]
                if found["value"] is None:
                    assert found["why_empty"]
                else:
                    assert found["low"] <= found["value"] <= found["high"]
    assert sum(entry["n"] for entry in audit["groupings"]["broad"]) == audit["overall"]["n"] == audit["test"]["cases"]
    assert {entry["group"] for entry in audit["groupings"]["broad"]} >= {"White", "Black", "Unknown"}
    assert sum(entry["list_share"]["value"] for entry in audit["groupings"]["broad"]) == pytest.approx(1, abs=1e-5)
    assert audit["label_caveats"] == ["Being referred is not need."]


def test_the_audit_names_no_one(borough: RunFolder) -> None:
    for name in DOCUMENTS:
        text = (borough.root / "fairness_audits" / FAMILIES / name).read_text(encoding="utf-8")
        assert "f00001" not in text and "c00001" not in text and str(borough.root) not in text


def test_the_gates_document_vouches_for_the_other_two(borough: RunFolder) -> None:
    gate, restricted, published = (_read(borough, FAMILIES, name) for name in DOCUMENTS)
    assert gate["documents"] == {
        f"fairness_audits/{FAMILIES}/{name}": file_hash(borough.root / "fairness_audits" / FAMILIES / name)
        for name in DOCUMENTS[1:]
    }
    for said in ("format", "target", "verdict", "why", "policy", "bound", "label_caveats"):
        assert gate[said] == restricted[said] == published[said]
    verdicts = [(rule["name"], rule["grouping"], rule["verdict"]) for rule in restricted["rules"]]
    assert [(rule["name"], rule["grouping"], rule["verdict"]) for rule in gate["rules"]] == verdicts
    assert "groupings" not in gate and "overall" not in gate


def test_the_published_document_has_no_exact_figure(borough: RunFolder) -> None:
    restricted, published = (_read(borough, FAMILIES, name) for name in DOCUMENTS[1:])
    assert "cases" not in published["test"] and "families" not in published["test"]
    assert not {"numerator", "denominator", "effective_denominator"} & set(_keys(published))
    for grouping, entries in restricted["groupings"].items():
        shown = {entry["group"]: entry for entry in published["groupings"][grouping]}
        for entry in entries:
            expected = shown[entry["group"]]["expected"]
            assert expected is None or expected == 5 * round(round(entry["expected"]) / 5)
            for column in ("n", "positives", "flagged", "tp", "fp", "fn"):
                found = shown[entry["group"]][column]
                assert found in ("<10", "withheld") or found == 5 * round(entry[column] / 5)


def _keys(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [*document, *(key for value in document.values() for key in _keys(value))]
    return [key for entry in document for key in _keys(entry)] if isinstance(document, list) else []


def test_the_same_run_twice_gives_the_same_bytes(borough: RunFolder, tmp_path: Path) -> None:
    cases, codes, members = draw_families(900)
    again = audit_run(tmp_path, {FAMILIES: list(reversed(cases))}, codes, members)
    for name in (*DOCUMENTS, "audit.mac"):
        path = Path("fairness_audits") / FAMILIES / name
        assert (borough.root / path).read_bytes() == (again.root / path).read_bytes()


def test_the_audit_is_authenticated(borough: RunFolder) -> None:
    folder = borough.root / "fairness_audits" / FAMILIES
    code = audit_code(KEYS, FAMILIES, (folder / "audit.json").read_bytes())
    assert (folder / "audit.mac").read_text(encoding="ascii") == code + "\n"
    assert code != audit_code(KEYS, CHILDREN, (folder / "audit.json").read_bytes())


def test_only_the_audit_may_unseal_and_it_alone_reads_ethnicity() -> None:
    assert STAGE.unseals
    assert not [table for table in STAGE.reads if table.zone is Zone.IDENTIFIABLE]
    assert [table.name for table in STAGE.reads if table.zone is Zone.PROTECTED] == [
        *("protected", "person_sex", "homes")
    ]
    assert [table.name for table in STAGE.reads if table.zone is Zone.SEALED] == ["scores", "reasons"]


def test_a_target_without_a_model_is_not_audited(tmp_path: Path) -> None:
    cases, codes, members = draw_families(60)
    told = {FAMILIES: evaluation(FAMILIES), CHILDREN: {"state": "cannot_model", "why": "too few outcomes"}}
    run = audit_run(tmp_path, {FAMILIES: cases}, codes, members, evaluations=told)
    audit = read_audit(run, CHILDREN)
    assert audit["verdict"] == "not_audited"
    assert "too few outcomes" in audit["why"]
    assert read_audit(run)["verdict"] == "cannot_tell"


def test_a_target_the_models_stage_never_reported_on_is_not_audited(tmp_path: Path) -> None:
    put_people(RunFolder(tmp_path), {}, [])
    run = run_stage(STAGE, tmp_path, config(CHILDREN))
    assert read_audit(run, CHILDREN)["verdict"] == "not_audited"


def test_without_a_single_case_nothing_can_be_told(tmp_path: Path) -> None:
    audit = read_audit(audit_run(tmp_path, {FAMILIES: []}, {}, []))
    assert audit["verdict"] == "cannot_tell"
    assert {"broad", "detailed"} <= set(audit["groupings"]) and not any(audit["groupings"].values())
    assert audit["overall"]["fnr"]["value"] is None


def test_a_group_only_in_the_current_list_is_counted_and_cannot_be_told(tmp_path: Path) -> None:
    cases, codes, members = draw_families(300, shares={"WBRI": 1, "BAFR": 1})
    new = Case("fnew", CURRENT, None, 0.2, True, part="current")
    members.append({"as_of": CURRENT, "family_id": "fnew", "person_id": "cnew", "role": "child", "age_years": 3})
    audit = read_audit(audit_run(tmp_path, {FAMILIES: [*cases, new]}, codes | {"cnew": "WROM"}, members))
    entry = audit["groupings"]["broad"][1]
    assert (entry["group"], entry["n"], entry["current_cases"]) == ("Gypsy/Roma or Irish Traveller", 0, 1)
    assert entry["fnr"]["value"] is None
    verdicts = {g["group"]: g["verdict"] for g in audit["rules"][0]["groups"]}
    assert verdicts["Gypsy/Roma or Irish Traveller"] == "cannot_tell"


def test_a_child_of_two_homes_is_one_child(tmp_path: Path) -> None:
    """Two rows, one flagged: one case, flagged, whichever home; and its two families are one cluster."""
    two_homes = [
        Case("child", TESTS[0], True, 0.9, True, family="father"),
        Case("child", TESTS[0], True, 0.4, False, family="mother"),
        Case("child", TESTS[1], True, 0.9, True, family="mother"),
        Case("other", TESTS[0], False, 0.1, False, family="elsewhere"),
    ]
    audit = read_audit(audit_run(tmp_path, {CHILDREN: two_homes}, {"child": "BAFR", "other": None}, []), CHILDREN)
    assert audit["test"] == {
        "unit": "child",
        "as_ofs": [as_of.isoformat() for as_of in TESTS],
        "cases": 3,
        "families": 2,
    }
    (black,) = [entry for entry in audit["groupings"]["detailed"] if entry["group"] == "BAFR"]
    assert (black["n"], black["tp"], black["fn"]) == (2, 2, 0)
    assert [entry["n"] for entry in audit["groupings"]["detailed"] if entry["group"] == "Unknown"] == [1]


def test_open_outcomes_are_left_out(tmp_path: Path) -> None:
    cases = [Case("a", TESTS[0], True, 0.5, True), Case("b", TESTS[1], None, 0.5, True)]
    assert read_audit(audit_run(tmp_path, {FAMILIES: cases}, {}, []))["overall"]["n"] == 1


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1])
def test_a_score_that_is_no_probability_is_refused(tmp_path: Path, score: float) -> None:
    with pytest.raises(InputRejected, match="1 scores are missing"):
        audit_run(tmp_path, {FAMILIES: [Case("a", TESTS[0], True, score, True)]}, {}, [])


def test_a_case_scored_twice_is_refused(tmp_path: Path) -> None:
    case = Case("a", TESTS[0], True, 0.5, True)
    with pytest.raises(InputRejected, match="a second time"):
        audit_run(tmp_path, {FAMILIES: [case, replace(case, score=0.4)]}, {}, [])


def test_scores_that_are_not_the_cohorts_are_refused(tmp_path: Path) -> None:
    """A case that was dropped, or whose outcome was changed, would be a miss that nobody sees."""
    cases = [Case("a", TESTS[0], True, 0.5, True), Case("b", TESTS[0], True, 0.4, False)]
    put_people(RunFolder(tmp_path), {}, [])
    whole = fake_models({FAMILIES: cases}, {FAMILIES: evaluation(FAMILIES)})
    run = run_stage(whole, tmp_path)
    kept = run.path(COHORT, FAMILIES).read_bytes()
    for changed in (cases[:1], [cases[0], replace(cases[1], outcome=False)]):
        run_stage(fake_models({FAMILIES: changed}, {FAMILIES: evaluation(FAMILIES)}), tmp_path)
        run.path(COHORT, FAMILIES).write_bytes(kept)
        with pytest.raises(InputRejected, match="differ between the cohort and the scores"):
            run_stage(STAGE, tmp_path, config(FAMILIES))


def test_another_policy_gives_another_verdict_and_hash(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "lenient"\n[[rules]]\nname = "wrong"\nmetric = "fpr"\nmargin = 0.9\nminimum = 10\n', encoding="utf-8"
    )
    cases, codes, members = draw_families(400, shares={"WBRI": 1, "BAFR": 1})
    run = audit_run(tmp_path / "run", {FAMILIES: cases}, codes, members, policy=str(policy))
    lenient = read_audit(run)
    assert lenient["verdict"] == "pass"
    assert lenient["why"] == "Every group was shown to be within every margin of the policy."
    run_stage(STAGE, run.root, AuditConfig(), config(FAMILIES))
    assert read_audit(run)["policy"]["sha256"] != lenient["policy"]["sha256"]


def test_a_harmed_group_fails_the_audit_and_is_named(tmp_path: Path) -> None:
    cases, codes, members = draw_families(
        2500, shares={"WBRI": 1, "BAFR": 1}, base_rate=0.3, miss_rate={"BAFR": 0.9}, everyone_misses=0.2
    )
    audit = read_audit(audit_run(tmp_path, {FAMILIES: cases}, codes, members))
    assert audit["verdict"] == "fail"
    assert "Black" in audit["why"] and "White" not in audit["why"]
    rule = audit["rules"][0]
    assert {g["group"]: g["verdict"] for g in rule["groups"]} == {"White": "pass", "Black": "fail"}
    assert rule["groups"][0]["better_off"]
    assert not any("f0" in g["why"] for g in rule["groups"])


def test_recurring_families_widen_the_intervals(tmp_path: Path) -> None:
    """Every family stands in both test as-ofs alike, so the evidence is worth half the rows."""
    cases, codes, members = draw_families(900, shares={"WBRI": 1, "BAFR": 1})
    audit = read_audit(audit_run(tmp_path, {FAMILIES: cases}, codes, members))
    rate = audit["groupings"]["broad"][0]["selection_rate"]
    assert rate["effective_denominator"] == pytest.approx(rate["denominator"] / 2, rel=0.02)
    assert rate["families"] == rate["denominator"] / 2


def test_groups_stand_beside_the_policys_reference_as_well(borough: RunFolder) -> None:
    broad = {entry["group"]: entry for entry in read_audit(borough)["groupings"]["broad"]}
    white, black = broad["White"]["fpr"], broad["Black"]["fpr"]
    assert "reference" not in white
    assert black["reference"]["group"] == "White"
    assert black["reference"]["difference"]["value"] == pytest.approx(black["value"] - white["value"], abs=2e-6)
    apart = newcombe(
        *(black["value"] * black["effective_denominator"], black["effective_denominator"]),
        *(white["value"] * white["effective_denominator"], white["effective_denominator"]),
        z_of(0.95),
    )
    found = black["reference"]["difference"]
    assert (found["low"], found["high"]) == pytest.approx([float(end) for end in apart], abs=1e-4)
