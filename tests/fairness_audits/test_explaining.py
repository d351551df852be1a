"""Explaining a case of the current list goes by the same door as the export."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest

from fairness_audits.explaining import explain_released
from fairness_audits.log import LOG
from models.tables import SCORES
from store.errors import UsageError, Withheld
from store.run_folder import RunFolder
from store.workspace import open_sealed
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import TODAY, make_runs, sign, sign_both
from tests.support import KEYS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_runs(tmp_path_factory.mktemp("gated"))["pass"]


@pytest.fixture
def run(made: RunFolder, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(made.root, tmp_path / "run")))


def units(run: RunFolder) -> tuple[str, str]:
    """A case on the current list, and one that is not."""
    scores = open_sealed(run, KEYS, SCORES, FAMILIES)
    current = scores.filter(pc.equal(scores["part"], "current"))
    on = current.filter(current["flagged"])["unit_id"].to_pylist()
    off = current.filter(pc.invert(current["flagged"]))["unit_id"].to_pylist()
    return on[0], off[0]


def test_nothing_is_explained_before_two_have_signed_and_the_attempt_is_logged(run: RunFolder) -> None:
    listed, _ = units(run)
    with pytest.raises(Withheld):
        explain_released(run, FAMILIES, listed, keys=KEYS, today=TODAY)
    sign(run)
    with pytest.raises(Withheld):
        explain_released(run.root, FAMILIES, listed, keys=KEYS, today=TODAY)
    log = (run.root / LOG).read_text(encoding="utf-8")
    assert log.count('"refused"') == 2 and listed not in log


def test_a_released_case_is_explained_in_the_panels_own_words(run: RunFolder) -> None:
    sign_both(run)
    listed, other = units(run)
    found = explain_released(run, FAMILIES, listed, keys=KEYS, today=TODAY)
    assert found.unit_id == listed
    assert [one.sentence for one in found.counted_for] == [
        '=HYPERLINK("http://x") missed 12 sessions',
        "Rent arrears grew",
    ]
    with pytest.raises(UsageError, match="no such case"):
        explain_released(run, FAMILIES, other, keys=KEYS, today=TODAY)


def test_a_release_that_no_longer_holds_closes_the_door(run: RunFolder) -> None:
    sign_both(run)
    listed, _ = units(run)
    path = run.path(SCORES, FAMILIES)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Withheld):
        explain_released(run, FAMILIES, listed, keys=KEYS, today=TODAY)
