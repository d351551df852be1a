"""The models benchmark measures what it says: tables as the features room writes them, and honest words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.models import boroughs, figures, pages
from benchmarks.models.history import AS_OFS, COUNCIL, make_history
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES
from models.catalogue import choose, read_catalogue
from models.cohort import closed_as_ofs
from models.target import CandidateName
from models.targets import TARGETS
from store.run_folder import RunFolder

FAMILIES = 300
TABLES = (FAMILY_FEATURES, CHILD_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, int]]:
    folder = tmp_path_factory.mktemp("history")
    return RunFolder(folder), make_history(folder, FAMILIES)


def test_tables_are_as_the_features_room_writes_them(history: tuple[RunFolder, dict[str, int]]) -> None:
    run, rows = history
    assert rows.keys() == {table.name for table in TABLES}
    assert rows["families"] == FAMILIES * len(AS_OFS)
    for table in TABLES:
        found = pq.read_table(run.path(table), partitioning=None)
        declared = table.arrow_schema()
        assert found.schema.names[: len(declared)] == declared.names
        assert all(found.schema.field(name).type == declared.field(name).type for name in declared.names)
        assert found.num_rows == rows[table.name] > 0
        keys = pa.table([found[name] for name in table.sort], names=table.sort)
        order = [tuple((value is None, value or 0) for value in row.values()) for row in keys.to_pylist()]
        assert order == sorted(order), table.name
        assert table.open_columns or set(_coded(found, table)) <= _codes(table)


def _coded(found: pa.Table, table: Any) -> list[str]:
    return [v for column in table.columns if column.codes for v in found[column.name].unique().to_pylist()]


def _codes(table: Any) -> set[str]:
    return {code for column in table.columns for code in column.codes}


def test_every_target_finds_its_features_and_closed_dates(history: tuple[RunFolder, dict[str, int]]) -> None:
    run, _ = history
    catalogue = json.loads((run.root / "features" / "catalogue.json").read_text(encoding="utf-8"))
    names = set(pq.read_schema(run.path(FAMILY_FEATURES)).names)
    names |= {f"family_{name}" for name in names} | set(pq.read_schema(run.path(CHILD_FEATURES)).names)
    for target in TARGETS.values():
        asked = choose(read_catalogue(catalogue, target.cohort.unit), target.features)
        assert {feature.column for feature in asked} <= names
        assert len(closed_as_ofs(target.outcome, AS_OFS, COUNCIL.covers_to)) >= 6


def test_steps_happen_to_those_in_need_and_some_features_tell_it(history: tuple[RunFolder, dict[str, int]]) -> None:
    run, _ = history
    table = pq.read_table(run.path(FAMILY_FEATURES), partitioning=None).to_pandas()
    members = pq.read_table(run.path(MEMBERS), partitioning=None).to_pandas()
    steps = pq.read_table(run.path(MILESTONES), partitioning=None).to_pandas()
    home = dict(zip(members["person_id"], members["family_id"]))
    often = steps["person_id"].map(home).value_counts()
    last = table[table["as_of"] == table["as_of"].max()].set_index("family_id")
    count = often.reindex(last.index).fillna(0)
    assert last["needs_count"].corr(count, method="spearman") > 0.2
    assert last.isna().mean().max() > 0.1
    assert not last["needs_count"].isna().any()


def test_the_same_seed_makes_the_same_tables(history: tuple[RunFolder, dict[str, int]], tmp_path: Path) -> None:
    make_history(tmp_path, FAMILIES)
    for table in TABLES:
        assert RunFolder(tmp_path).path(table).read_bytes() == history[0].path(table).read_bytes()


def test_a_page_keeps_the_sections_that_were_not_measured(tmp_path: Path) -> None:
    results, page = tmp_path / "results.md", tmp_path / "docs" / "figures.md"
    pages.keep({"Cost": "first", "Ways of choosing compared": "kept"}, results, page)
    page.write_text(page.read_text().replace("Not yet written.", "A person's reading."))
    pages.keep({"Cost": "second"}, results, page)
    for path in (results, page):
        text = path.read_text()
        assert "second" in text
        assert "kept" in text
        assert "first" not in text
        assert text.index("## Ways of choosing compared") < text.index("## Cost")
    assert "A person's reading." in page.read_text()


def test_where_the_chosen_one_is_not_shown_to_beat_the_count_of_needs_it_is_said_plainly() -> None:
    def one(low: float) -> dict[str, Any]:
        figure = {"value": 0.3, "low": 0.2, "high": 0.4}
        lift = {"needs_count": {"difference": {"value": low + 0.05, "low": low, "high": low + 0.1}}}
        pooled = {
            **dict.fromkeys(("precision", "average_precision", "calibration_slope", "observed_over_expected"), figure),
            "lift": lift,
        }
        steady = {
            **{across: {"value": 0.8} for across in ("refits_list", "refits_reasons", "quarters_list")},
            **{"quarters_reasons": None, "stable": False},
        }
        attack = {"positives": figure, "overall": figure}
        return {
            "state": "modelled",
            "capacity": 50,
            "splits": [{"cases": 1000, "test_outcomes": 60}],
            "choice": {"chosen": "logistic_regression", "no_better_than_chance": False},
            "candidates": {"logistic_regression": {"pooled": pooled}},
            "stability": {"candidates": {"logistic_regression": steady}},
            "membership": {"candidates": {"logistic_regression": {"by_score": attack, "over_limit": True}}},
            "labels": {
                "known_of": {"need_found": {}},
                "candidates": {"logistic_regression": {"need_found": {"value": low + 0.1, "low": 0.07, "high": 0.5}}},
            },
        }

    told = figures.of_target(
        {"seed 1": one(0.01), "seed 2": one(-0.02), "gone": {"state": "cannot_model", "why": "few"}}
    )
    assert "seed 1: logistic_regression found more than the count of needs" in told
    assert "seed 2: logistic_regression was **not** shown to find more than the count of needs" in told
    assert told.count("not shown to find more than the count: none of them") == 1
    assert told.count("not shown to find more than the count: logistic_regression") == 1
    assert "| logistic_regression | 0.06 (0.01 to 0.11) | 0.03 (-0.02 to 0.08) |" in told
    assert "(need_found):" in told
    assert "| logistic_regression | 0.11 (0.07 to 0.50) | 0.08 (0.07 to 0.50) |" in told
    assert "gone: few." in told
    assert "0.80 / 0.80; 0.80 / -, not stable" in told
    assert "**over the limit**" in told
    assert CandidateName.BOOSTED.value not in told


def test_a_borough_that_was_modelled_is_used_again_and_half_a_run_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(boroughs, "run_process", lambda arguments, errors: made.append(arguments[-1]))
    (tmp_path / "run" / "features").mkdir(parents=True)
    borough = boroughs.Borough("seed 1", tmp_path / "council.toml", tmp_path / "run", None)
    left = tmp_path / "modelled" / "seed_1"
    (left / "models").mkdir(parents=True)
    (left / "models" / "half").touch()
    first = boroughs.model(borough, tmp_path / "modelled", 2)
    assert len(made) == 1
    assert not (left / "models").exists()
    assert (left / "features").is_symlink()
    evaluation = left / "models" / "under_the_radar" / "evaluation.json"
    evaluation.parent.mkdir(parents=True)
    evaluation.write_text('{"state": "modelled"}')
    assert boroughs.model(borough, tmp_path / "modelled", 2) == first
    assert len(made) == 1
    assert first.evaluations == {"under_the_radar": {"state": "modelled"}}
