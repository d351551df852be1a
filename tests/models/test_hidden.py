"""The hidden number with its assumptions, both ways where ethnicity informs who would be noticed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.calibration import sigmoid
from models.cases import Cases
from models.evaluation import Setting
from models.logistic import Logistic
from models.rehearsal import Rehearsal, rehearse
from models.splits import Origin, Plan
from models.targets import TARGETS
from models.unlabelled.caring import Caring
from models.unlabelled.hidden import hidden
from models.unlabelled.identification import identification
from tests.models.test_candidates import feature
from tests.models.test_unlabelled import SIGNS

DATES = (dt.date(2023, 12, 31), dt.date(2024, 3, 31), dt.date(2025, 6, 30), dt.date(2026, 6, 30))
TARGET = replace(TARGETS["hidden_young_carers"], unlabelled=SIGNS)
CHILDREN = 700
SETTING = Setting(capacity=30, folds=2, bags=1, replicates=100, seed=4, covers_to=dt.date(2026, 8, 31))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Members, milestones and schoolmates: half the schools note nobody."""
    folder = tmp_path_factory.mktemp("run")
    children = [f"c{number:04d}" for number in range(CHILDREN)]
    members = [(DATES[-1], child, 4 + number % 16) for number, child in enumerate(children)]
    names = ("as_of", "person_id", "age_years")
    pq.write_table(pa.table(dict(zip(names, map(list, zip(*members))))), folder / "members.parquet")
    day = dt.date(2026, 1, 1)
    late = [(f"c{number:04d}", "young_carer_identified", day, DATES[-1]) for number in range(0, 60, 3)]
    known = [(f"c{number:04d}", "young_carer_identified", day, day) for number in range(1, 61, 3)]
    columns = ("person_id", "kind", "event_date", "recorded_on")
    pq.write_table(pa.table(dict(zip(columns, map(list, zip(*(known + late)))))), folder / "milestones.parquet")
    mates = {
        "as_of": [as_of for as_of in DATES for _ in children[:600]],
        "person_id": children[:600] * len(DATES),
        "schoolmates": [99] * 600 * len(DATES),
        "identified": [number % 2 * 3 for number in range(600)] * len(DATES),
        "marked": [number % 2 * 5 for number in range(600)] * len(DATES),
    }
    pq.write_table(pa.table(mates), folder / "schoolmates.parquet")
    weights = {
        "as_of": [as_of for as_of in DATES for _ in children],
        "person_id": children * len(DATES),
        "weight": [0.5 if number % 4 == 0 else 1.2 for number in range(CHILDREN)] * len(DATES),
    }
    pq.write_table(pa.table(weights), folder / "weights.parquet")
    return folder


def made(run: Path, weights: str) -> Cases:
    generator = np.random.default_rng(8)
    size = CHILDREN * len(DATES)
    number = np.tile(np.arange(CHILDREN), len(DATES))
    values = generator.normal(size=(size, 4))
    cares = generator.random(size) < sigmoid(-1.5 + 1.5 * values[:, 0])
    noticed = generator.random(size) < np.where(number % 2, 0.6, 0.05)
    as_of = np.repeat(np.array(DATES, dtype="datetime64[D]"), CHILDREN)
    names = ("sign_0", "sign_1", "sign_2", "contact")
    cases = Cases(
        features=tuple(replace(feature(0, 1), name=name, column=name) for name in names),
        as_of=as_of,
        unit_id=np.array([f"c{one:04d}" for one in number], dtype=object),
        family_id=np.array([f"f{one // 2:04d}" for one in number], dtype=object),
        group=number // 2,
        fold=number // 2 % 2,
        tie_place=number,
        outcome_known_on=np.where(cares & noticed, as_of + 30, np.datetime64("NaT", "D")),
        values=values,
        without_features=0,
    )
    with duckdb.connect() as connection:
        for name in ("members", "milestones"):
            connection.read_parquet(str(run / f"{name}.parquet")).create_view(name)
        beside = identification(connection, cases, TARGET, run / "schoolmates.parquet", run / weights)
    return replace(cases, identification=beside)


def document(cases: Cases) -> tuple[dict[str, Any], Rehearsal]:
    test, current = Origin(DATES[2], DATES[:2]), Origin(DATES[3], DATES[:2])
    rehearsals = [
        rehearse(cases, origin, [Logistic(), Caring(SIGNS)], folds=2, seed=4, threads=1, advance=lambda: None)
        for origin in (test, current)
    ]
    return hidden(cases, Plan((test,), current, ()), *rehearsals, TARGET, SETTING), rehearsals[1]


def test_what_is_beside_the_features(run: Path) -> None:
    beside = made(run, "nowhere.parquet").identification
    assert beside is not None
    assert beside.names == ("contact", "identified_at_school", "marked_by_school", "no_school_known", "year")
    first = beside.values[:CHILDREN]
    assert first[600:, 3].all() and not first[:600, 3].any()
    assert first[1, 2] == pytest.approx(np.log1p(100 * 5 / 99))
    assert first[0, 1] == first[0, 2] == first[650, 2] == 0
    assert (beside.offset == 0).all() and not beside.weighted
    # Recorded on the as-of date itself is not yet known; three in four are of the cohort's ages.
    assert beside.known == sum(5 <= 4 + number % 16 <= 17 for number in range(1, 61, 3))
    assert beside.of(np.array([1, 650])).values.tolist() == beside.values[[1, 650]].tolist()


def test_the_number_comes_with_its_interval_and_what_it_rests_on(run: Path) -> None:
    found, _ = document(made(run, "nowhere.parquet"))
    for name in ("hidden", "labelled_share", "identified_within_horizon"):
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
        assert found[name]["low"] < found[name]["high"]
    known, number = found["known"], found["hidden"]["value"]
    assert found["labelled_share"]["value"] == pytest.approx(known / (known + number), abs=1e-5)
    alone = found["by_the_published_share_alone"]
    assert alone["low"] < alone["value"] < alone["high"]
    assert len(found["assumptions"]) == 3 and "made up" in found["assumptions"][2]
    assert set(found["signs"]) == {"sign_0", "sign_1", "sign_2"}
    assert found["signs_not_known_here"] == ["not_here"]
    assert found["signs"]["sign_0"]["low"] > 0
    assert found["noticing"]["marked_by_school"]["value"] > 0
    assert found["with_ethnicity"]["on"] is False
    assert found == document(made(run, "nowhere.parquet"))[0]


def test_few_identified_are_said_to_be_few(run: Path) -> None:
    cases = made(run, "nowhere.parquet")
    few = replace(cases, outcome_known_on=cases.outcome_known_on.copy())
    known = np.flatnonzero(~np.isnat(few.outcome_known_on))
    few.outcome_known_on[known[known % 5 != 0]] = np.datetime64("NaT")
    many, told = document(cases)[0], document(few)[0]
    assert many["learnt_from"]["children_identified"] > 100 > told["learnt_from"]["children_identified"]
    assert len(told["cannot_be_learned"]) == len(many["cannot_be_learned"]) + 2


def test_with_weights_both_ways_are_shown_and_no_margin_reads_a_weight(run: Path) -> None:
    blind, _ = document(made(run, "nowhere.parquet"))
    weighted = made(run, "weights.parquet")
    assert weighted.identification is not None and weighted.identification.weighted
    assert set(np.exp(weighted.identification.offset).round(6)) == {0.5, 1.2}
    found, current = document(weighted)
    both = found["with_ethnicity"]
    assert (both["on"], both["of"]) == (True, "caring_apart")
    assert both["hidden"]["without"] == pytest.approx(blind["hidden"]["value"])
    assert both["hidden"]["with"] == pytest.approx(found["hidden"]["value"])
    assert both["hidden"]["with"] != both["hidden"]["without"]
    assert 0.5 < both["share_of_current_list_the_same"] <= 1
    assert set(both["precision_at_newest_test"]) == {"with", "without"}
    model = current.performed[Caring(SIGNS).name].fitted[0]
    assert "weight" not in str(sorted(model.described()["features"])) and len(model.described()["features"]) == 4
