"""How strongly a feature stands in for ethnicity: nought by chance, everything where it tells, honest when small."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.stats import chi2_contingency

from fairness_audits.ethnicity import BROAD_GROUPS, UNKNOWN
from fairness_audits.stand_ins import LEAST_GROUP, Cases, Reading, association, categories, stand_ins
from fairness_audits.standing_in import stand_ins_document
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS
from residents.tables import PROTECTED
from store.run_folder import RunFolder
from tests.support import put_table

NAN = float("nan")
GROUPS = np.array(["White", "Asian", "Black", UNKNOWN], dtype=object)


def of(values: np.ndarray, group: np.ndarray, family: np.ndarray | None = None) -> dict[str, object]:
    alone = np.arange(len(values)) if family is None else family
    (entry,) = stand_ins(Cases({"f": values.astype(float)}, group, alone))["features"]
    return entry


def test_chance_gives_nought_and_its_interval_says_so_as_often_as_it_claims() -> None:
    generator = np.random.default_rng(11)
    values, wrong = [], 0
    for _ in range(300):
        number, group = generator.exponential(size=800), generator.integers(0, 4, 800)
        number[generator.random(800) < 0.4] = 0.0
        number[generator.random(800) < 0.2] = NAN
        found = association(categories(number), group, np.arange(800))
        assert found is not None
        values.append(found.value)
        wrong += found.low > 0
    # Without the chance taken out the mean would be about 0.08.
    assert np.mean(values) < 0.03
    assert np.median(values) < 0.02
    assert wrong <= 0.05 * 300


def test_siblings_alike_are_no_more_evidence_than_one_of_them() -> None:
    generator = np.random.default_rng(12)
    wrong = naive = 0
    for _ in range(200):
        group, number = np.repeat(generator.integers(0, 3, 250), 4), np.repeat(generator.random(250), 4)
        family = np.repeat(np.arange(250), 4)
        told = association(categories(number), group, family)
        strangers = association(categories(number), group, np.arange(1000))
        assert told is not None and strangers is not None
        wrong += told.low > 0
        naive += strangers.low > 0
    assert wrong <= 0.06 * 200
    assert naive > 0.5 * 200


@pytest.mark.parametrize("true", [0.15, 0.4])
def test_the_interval_holds_the_truth(true: float) -> None:
    """A flag that differs between two groups of one size by ``true`` has that for its V, near enough."""
    generator = np.random.default_rng(13)
    held = 0
    for _ in range(200):
        group = generator.integers(0, 2, 1500)
        flag = (generator.random(1500) < 0.5 + true * (group - 0.5)).astype(float)
        found = association(categories(flag), group, np.arange(1500))
        assert found is not None
        held += found.low <= true <= found.high
    assert held >= 0.9 * 200


def test_it_is_cramers_v_less_chance() -> None:
    generator = np.random.default_rng(14)
    group = generator.integers(0, 3, 3000)
    value = generator.integers(0, 4, 3000) * (group > 0) + 0.0
    table = np.array([[((group == g) & (value == v)).sum() for v in range(4)] for g in range(3)])
    chi2, _, freedom, _ = chi2_contingency(table, correction=False)
    found = association(categories(value), group, np.arange(3000))
    assert found is not None
    assert found.value == pytest.approx(np.sqrt((chi2 - freedom) / 3000 / 2), rel=1e-9)


def test_a_feature_that_tells_the_group_is_strong_and_the_group_is_named() -> None:
    group = np.repeat(GROUPS, 300)
    entry = of(np.where(group == "Asian", 5.0, 1.0), group)
    assert entry["reading"] == Reading.STRONG
    most = entry["most_affected"]
    assert isinstance(most, dict)
    assert (most["group"], most["values"], most["reading"]) == ("Asian", "higher", Reading.STRONG)
    assert most["value"] > 0.99


def test_being_blank_may_stand_in() -> None:
    group = np.repeat(GROUPS, 300)
    values = np.where(group == "Black", NAN, np.tile(np.arange(300.0), 4))
    entry = of(values, group)
    most = entry["most_affected"]
    assert isinstance(most, dict)
    assert entry["reading"] == Reading.STRONG
    assert (most["group"], most["known"], most["values"]) == ("Black", "less", Reading.CANNOT_TELL)


def test_only_the_order_of_values_counts() -> None:
    generator = np.random.default_rng(15)
    group = GROUPS[generator.integers(0, 4, 2000)]
    values = generator.exponential(size=2000) * np.where(group == "White", 1.5, 1.0)
    values[generator.random(2000) < 0.6] = 0.0
    assert of(values, group) == of(np.expm1(values), group)


def test_unknown_is_a_group_and_the_others_are_told_without_it_too() -> None:
    group = np.repeat(GROUPS, 400)
    generator = np.random.default_rng(16)
    entry = of(np.where(group == UNKNOWN, NAN, generator.random(1600)), group)
    assert entry["reading"] == Reading.STRONG
    known = entry["among_known"]
    assert isinstance(known, dict) and known["low"] == 0.0
    most, most_known = entry["most_affected"], entry["most_affected_known"]
    assert isinstance(most, dict) and isinstance(most_known, dict)
    assert most["group"] == UNKNOWN and most_known["group"] != UNKNOWN
    assert most_known["reading"] in (Reading.LITTLE, Reading.CANNOT_TELL)


def test_of_a_small_group_nothing_is_said() -> None:
    small = "Gypsy/Roma or Irish Traveller"
    group = np.array(["White"] * 400 + ["Asian"] * 400 + [small] * (LEAST_GROUP - 1), dtype=object)
    document = stand_ins(Cases({"f": (group == small).astype(float)}, group, np.arange(len(group))))
    (entry,) = document["features"]
    assert entry["reading"] == Reading.CANNOT_TELL and entry["value"] is None and entry["most_affected"] is None
    assert {g["group"]: g["judged"] for g in document["groups"]} == {"White": True, "Asian": True, small: False}


@pytest.mark.parametrize(("both", "told"), [(0, True), (1, False), (9, False), (10, True), (51, False), (60, True)])
def test_no_figure_is_told_from_which_a_small_count_can_be_worked_out(both: int, told: bool) -> None:
    # With the sizes of group and category the association of two by two gives the count of both to the last one.
    group = np.repeat(np.array(["White", "Asian"], dtype=object), [540, 60])
    marked = np.zeros(600)
    marked[540 : 540 + both] = 1.0
    marked[: max(120 - both, 60)] = 1.0
    entry = of(marked, group)
    for name in ("most_affected", "most_affected_known"):
        most = entry[name]
        assert isinstance(most, dict)
        assert [most[figure] is not None for figure in ("value", "low", "high")] == [told] * 3
        assert most["reading"] in list(Reading)
    # Of two groups the one is all that the other is not, so that the figure of both together tells as much.
    for whole in (entry, entry["among_known"]):
        assert isinstance(whole, dict)
        assert [whole[figure] is not None for figure in ("value", "low", "high")] == [told] * 3
    assert entry["reading"] in list(Reading)


def test_counts_are_protected() -> None:
    group = np.array(["White"] * 403 + ["Asian"] * 218 + ["Mixed"] * 4, dtype=object)
    document = stand_ins(Cases({}, group, np.arange(len(group))))
    shown = {g["group"]: g["cases"] for g in document["groups"]}
    assert shown["Mixed"] == "<10"
    assert 4 not in shown.values() and 403 not in shown.values()
    assert list(shown) == [group for group in BROAD_GROUPS if group in shown]


@pytest.mark.parametrize("values", [np.zeros(400), np.full(400, NAN), np.array([])])
def test_a_feature_that_never_varies_tells_nothing(values: np.ndarray) -> None:
    group = np.resize(GROUPS[:2], len(values))
    assert of(values, group)["reading"] == Reading.CANNOT_TELL


def test_a_category_is_never_of_a_few() -> None:
    generator = np.random.default_rng(17)
    for _ in range(200):
        size = int(generator.integers(1, 600))
        values = np.round(generator.normal(size=size) * generator.integers(1, 6), int(generator.integers(0, 3)))
        values[generator.random(size) < generator.random()] = 0.0
        values[generator.random(size) < generator.random() / 2] = NAN
        code = categories(values)
        assert ((code < 0) == np.isnan(values)).all()
        counts = np.bincount(code[code >= 0])
        assert len(counts) <= 1 or counts.min() >= LEAST_GROUP
        known = values[code >= 0]
        order = np.argsort(known, kind="stable")
        assert (np.diff(code[code >= 0][order]) >= 0).all()


def test_the_document_reads_the_latest_date_and_holds_no_id(tmp_path: Path) -> None:
    run, people = RunFolder(tmp_path), range(400)
    codes = ["WBRI", "BAFR"]
    dates = [np.datetime64("2025-03-31").item(), np.datetime64("2025-06-30").item()]
    put_table(
        run,
        PROTECTED,
        [{"person_id": f"P{i}", "analysis_id": f"p{i}", "ethnicity": codes[i % 2], "conflict": False} for i in people],
    )
    put_table(
        run,
        MEMBERS,
        [
            {"as_of": d, "family_id": f"f{i}", "person_id": f"p{i}", "role": "child", "age_years": 9}
            for d in dates
            for i in people
        ],
    )
    rows = [
        {"family_id": f"f{i}", "as_of": d, "told": float(i % 2 if d == dates[1] else 0)} for d in dates for i in people
    ]
    put_table(run, FAMILY_FEATURES, rows)
    put_table(run, CHILD_FEATURES, [{**row, "person_id": f"p{i % 400}", "own": 1.0} for i, row in enumerate(rows)])
    catalogue = [
        {
            "name": "told",
            "level": "family",
            "columns": {"families": "told", "children": "family_told"},
            "indicator_of": None,
        },
        {"name": "own", "level": "child", "columns": {"children": "own"}, "indicator_of": None},
        {"name": "told_unknown", "level": "family", "columns": {"families": "told_unknown"}, "indicator_of": "told"},
    ]
    tables = {table: run.path(table) for table in (FAMILY_FEATURES, CHILD_FEATURES)}
    found = stand_ins_document(duckdb.connect(), tables, catalogue, run.path(MEMBERS), run.path(PROTECTED))
    (told,) = found["levels"]["family"]["features"]
    assert (found["levels"]["family"]["as_of"], told["name"], told["reading"]) == ("2025-06-30", "told", "strong")
    assert found["levels"]["child"]["features"][0]["reading"] == "cannot_tell"
    text = json.dumps(found)
    assert not any(f'"{kind}{i}"' in text for kind in "pfP" for i in people)
