"""Explaining a past case from the files of a run, and refusing what is sealed or not what was recorded."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

import models
from features.tables import FAMILY_FEATURES
from models.config import TargetSettings
from models.explanation import Explanation
from models.persistence import load_model
from models.stage import STAGE
from models.tables import COHORT
from store.errors import InputRejected, UsageError, Withheld
from store.run_folder import RunFolder
from tests.models.made_up import QUARTERS, Size, write_borough
from tests.models.test_stage import config
from tests.support import run_stage

TARGET, CHILDREN = "under_the_radar", "hidden_young_carers"
CURRENT = QUARTERS[-1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run. Not to be written to: copy it."""
    root = tmp_path_factory.mktemp("explained")
    write_borough(RunFolder(root), Size(families=240))
    small = {"folds": 2, "bags": 1, "rounds": 10, "test_as_ofs": 1}
    targets = {name: TargetSettings(capacity=10) for name in (TARGET, CHILDREN)}
    return run_stage(STAGE, root, config(tmp_path_factory.mktemp("experiments"), targets=targets, **small))


@pytest.fixture
def copied(run: RunFolder, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(run.root, tmp_path / "run")))


def cohort_of(run: RunFolder, target: str = TARGET) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(run.path(COHORT, target)).to_pylist()
    return rows


def a_case(run: RunFolder, part: str, target: str = TARGET) -> str:
    return str(next(row["unit_id"] for row in cohort_of(run, target) if row["part"] == part))


@pytest.mark.parametrize("target", [TARGET, CHILDREN])
def test_a_past_case_is_explained_at_its_newest_closed_date(run: RunFolder, target: str) -> None:
    unit = a_case(run, "test", target)
    dates = [row["as_of"] for row in cohort_of(run, target) if row["unit_id"] == unit and row["part"] != "current"]
    found = models.explain(run.root, target, unit)
    assert (found.unit_id, found.as_of) == (unit, max(dates))
    assert found.counted_for or found.counted_against or found.not_known
    assert all(one.contribution > 0 for one in found.counted_for)
    assert all(one.contribution < 0 for one in found.counted_against)
    assert models.explain(str(run.root), target, unit, found.as_of.isoformat()) == found
    assert models.explain(run, target, unit, found.as_of) == found


def test_the_contributions_are_those_of_the_model_that_left_the_family_out(run: RunFolder) -> None:
    """By hand: the case's fold from the cohort, the kept model's own contributions, and the median of the fold's."""
    unit = a_case(run, "test")
    found = models.explain(run, TARGET, unit)
    evaluation = models.load_evaluation(run.root, TARGET)
    model = load_model(run.root / "models" / TARGET / "model", evaluation["model"]["sha256"])
    chosen = model.candidates[model.chosen]
    rows = [row for row in cohort_of(run) if row["as_of"] == found.as_of]
    own = next(row for row in rows if row["unit_id"] == unit)
    with duckdb.connect() as connection:
        features = connection.read_parquet(str(run.path(FAMILY_FEATURES))).df()
    there = features[features["as_of"].astype(str) == found.as_of.isoformat()].set_index("family_id")
    in_fold = [row["family_id"] for row in rows if row["fold"] == own["fold"]]
    fitted = chosen.fitted[int(str(own["fold"]))]
    names = list(model.names)
    moved = fitted.contributions(there.loc[[own["family_id"]], names].to_numpy(dtype=float))[0]
    typical = np.median(fitted.contributions(there.loc[in_fold, names].to_numpy(dtype=float)), axis=0)
    by_feature = dict(zip(names, (moved - typical) * (chosen.platt.slope or 1.0)))
    shown = {one.feature: one.contribution for one in (*found.counted_for, *found.counted_against)}
    assert shown
    # Features that say much the same are told together, so that a shown one has at least its own.
    alone = [name for name, value in shown.items() if value == pytest.approx(by_feature[name], abs=1e-5)]
    assert len(alone) >= len(shown) / 2


def test_a_case_of_the_current_list_is_withheld(run: RunFolder) -> None:
    current = a_case(run, "current")
    with pytest.raises(Withheld, match="sealed") as refused:
        models.explain(run, TARGET, current, CURRENT)
    assert "explain_released" in refused.value.fix and current not in str(refused.value)
    only_current = {row["unit_id"] for row in cohort_of(run)} - {
        row["unit_id"] for row in cohort_of(run) if row["part"] != "current"
    }
    for unit in sorted(map(str, only_current))[:1]:
        with pytest.raises(Withheld):
            models.explain(run, TARGET, unit)


def test_nothing_sealed_is_needed(copied: RunFolder) -> None:
    unit = a_case(copied, "test")
    before = models.explain(copied, TARGET, unit)
    for sealed in copied.root.glob("models/*/*.sealed"):
        sealed.unlink()
    assert models.explain(copied, TARGET, unit) == before


@pytest.mark.parametrize("kind", ["model.json", "booster", "missing"])
def test_a_model_file_that_was_changed_is_refused(copied: RunFolder, kind: str) -> None:
    folder = copied.root / "models" / TARGET / "model"
    path = folder / "model.json" if kind == "model.json" else sorted(folder.rglob("*.txt"))[0]
    if kind == "missing":
        path.unlink()
    else:
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(InputRejected, match="missing" if kind == "missing" else "not what was recorded"):
        models.explain(copied, TARGET, a_case(copied, "test"))


@pytest.mark.parametrize(
    ("target", "unit", "as_of", "why"),
    [
        ("no_such_target", None, None, "no evaluation"),
        (TARGET, "nobody", None, "no such case"),
        (TARGET, "' OR 1=1 --", None, "no such case"),
        (TARGET, None, dt.date(2019, 3, 31), "no such case"),
        (TARGET, None, "yesterday", "not a date"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    run: RunFolder, target: str, unit: str | None, as_of: dt.date | str | None, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        models.explain(run, target, unit or a_case(run, "test"), as_of)


def test_a_feature_gone_from_the_catalogue_is_told(copied: RunFolder) -> None:
    path = copied.root / "features" / "catalogue.json"
    path.write_text(json.dumps(json.loads(path.read_text())[1:]))
    with pytest.raises(InputRejected, match="not in the run's catalogue"):
        models.explain(copied, TARGET, a_case(copied, "test"))


def test_an_account_that_may_only_read_can_explain(copied: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.root.rglob("*")}
    elsewhere = copied.root.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    models.explain(copied, TARGET, a_case(copied, "test"))
    assert {path: path.stat().st_mtime_ns for path in copied.root.rglob("*")} == before
    assert not list(elsewhere.iterdir())


# --- how it reads ----------------------------------------------------------------------------------------


def shown(sentence: str, subject: str = "rent") -> Explanation:
    row = {"subject": subject, "subject_contribution": 0.4, "contribution": 0.4, "feature": "x", "sentence": sentence}
    unknown = {**row, "kind": "unknown", "subject": "safety", "subject_contribution": -0.9, "sentence": sentence}
    return Explanation.of_rows("A title", "u1", CURRENT, [{**row, "kind": "for"}, unknown])


def test_text_and_page_say_the_same_in_order() -> None:
    found = shown("Owes 6 weeks of rent.")
    text = str(found)
    assert repr(found) == text
    assert text.splitlines()[:4] == [
        "A title: u1 at 30 June 2026",
        "",
        "Counted towards being on the list",
        "- Owes 6 weeks of rent. [+0.40]",
    ]
    assert text.index("safety: -0.90") < text.index("rent: +0.40")
    assert "Counted against it" not in text and "Those most like it" not in text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=HYPERLINK('x')"])
def test_a_page_holds_hostile_words_as_text(hostile: str) -> None:
    page = shown(hostile, subject=hostile)._repr_html_()
    assert "<script" not in page and "<img" not in page
    assert hostile in str(shown(hostile))


def test_an_explanation_without_any_row_says_how_it_is_to_be_read() -> None:
    assert str(Explanation.of_rows("A title", "u1", CURRENT, [])).startswith(
        "A title: u1 at 30 June 2026\n\nReasons say"
    )
