"""A model that needs ethnicity at the time of decision never gets as far as an approval, whatever its figures say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairness_audits.gate import open_released, status
from fairness_audits.needing_ethnicity import FIELD, NeedsEthnicity, why_never_released
from fairness_audits.release import GateState, Verdict
from models.stage import STAGE as MODELS
from residents.tables import PROTECTED
from store.errors import Withheld
from store.run_folder import RunFolder
from tests.fairness_audits.borough import CHILDREN, FAMILIES, audit_run, draw_families, evaluation
from tests.fairness_audits.gated import TODAY, sign
from tests.support import KEYS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Two models like any other, but for what they say they need."""
    cases, codes, members = draw_families(60, shares={"WBRI": 1, "BAFR": 1}, base_rate=0.4)
    said = {FAMILIES: "at_decision", CHILDREN: "sometimes"}
    evaluations = {target: evaluation(target, **{FIELD: needs}) for target, needs in said.items()}
    root: Path = tmp_path_factory.mktemp("needing") / "run"
    return audit_run(root, {FAMILIES: cases, CHILDREN: cases}, codes, members, evaluations=evaluations)


@pytest.mark.parametrize("target", [FAMILIES, CHILDREN])
def test_it_is_not_audited_and_nobody_can_approve_or_open_it(run: RunFolder, target: str) -> None:
    found = status(run, KEYS, target, TODAY)
    assert (found.state, found.verdict) == (GateState.NOT_AUDITED, Verdict.NOT_AUDITED)
    assert "Equality Act 2010" in found.reason
    with pytest.raises(Withheld, match="needs ethnicity at the time of decision"):
        sign(run, target=target)
    with pytest.raises(Withheld, match="needs ethnicity at the time of decision"):
        open_released(run, KEYS, target, TODAY)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, False),
        ({FIELD: NeedsEthnicity.NEVER.value}, False),
        ({FIELD: NeedsEthnicity.IN_TRAINING.value}, False),
        ({FIELD: NeedsEthnicity.AT_DECISION.value}, True),
        ({FIELD: "At_Decision"}, True),
        ({FIELD: None}, True),
        ({FIELD: ["never"]}, True),
    ],
)
def test_what_is_not_understood_counts_as_needing_it(said: dict[str, Any], refused: bool) -> None:
    assert bool(why_never_released(said)) is refused


def test_the_models_stage_can_open_no_ethnicity_so_that_its_models_need_none() -> None:
    assert PROTECTED not in MODELS.reads
    assert not MODELS.unseals
