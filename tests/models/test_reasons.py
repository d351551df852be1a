"""Reasons: how many, in which order, from the case's own fold, and adding up to the score."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import shap

from models.boosted import Bag, Boosted
from models.calibration import Platt, logit
from models.candidates import ByValue
from models.cases import Cases, Floats, Integers
from models.catalogue import Feature, Sentences
from models.contributions import moved
from models.logistic import LinearModel, Logistic
from models.neighbours import Past
from models.reasons import EACH_WAY, reasons, reasons_table, strongest
from models.rehearsal import Performed, Rehearsal, rehearse
from models.splits import Origin
from models.target import CandidateName
from models.targets import TARGETS
from models.themes import Themes, themes
from tests.models.test_candidates import feature, nothing, training

EARLY, LATE = dt.date(2024, 3, 31), dt.date(2025, 6, 30)
TARGET = TARGETS["under_the_radar"]
NO_PAST = Past(EARLY, np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))


@pytest.fixture(scope="module")
def made() -> tuple[Cases, Rehearsal]:
    """Two dates of the same families; outcomes known by the second."""
    data = training()
    count = len(data.outcome)
    ids = np.array([f"f{number // 2:04d}-{number % 2}" for number in range(count)] * 2, dtype=object)
    families = np.array([name.split("-")[0] for name in ids], dtype=object)
    known = np.where(data.outcome > 0, np.datetime64("2024-08-01", "D"), np.datetime64("NaT", "D"))
    cases = Cases(
        features=data.features,
        as_of=np.repeat(np.array([EARLY, LATE], dtype="datetime64[D]"), count),
        unit_id=ids,
        family_id=families,
        group=np.tile(data.group, 2),
        fold=np.tile(data.fold, 2),
        tie_place=np.tile(np.arange(count), 2),
        outcome_known_on=np.concatenate([known, np.full(count, np.datetime64("NaT", "D"))]),
        values=np.vstack([data.values, data.values + 0.1]),
        without_features=0,
    )
    candidates = (Logistic(), Boosted(2, 20, 0.1))
    return cases, rehearse(cases, Origin(LATE, (EARLY,)), candidates, folds=3, seed=1, threads=1, advance=nothing)


@pytest.mark.parametrize("name", [CandidateName.LOGISTIC, CandidateName.BOOSTED])
def test_contributions_add_up_to_the_scores_log_odds(made: tuple[Cases, Rehearsal], name: CandidateName) -> None:
    cases, rehearsal = made
    performed = rehearsal.performed[name]
    rows = rehearsal.rows
    total = moved(cases, performed, rows, rows).above_typical.sum(axis=1)
    typical = [
        one.base + np.median(one.contributions(cases.values[rows[cases.fold[rows] == fold]]), axis=0).sum()
        for fold, one in enumerate(performed.fitted)
    ]
    base = np.array(typical)[cases.fold[rows]]
    fixed = performed.platt.slope * (base - performed.centre) + performed.platt.intercept
    np.testing.assert_allclose(total + fixed, logit(performed.predicted), atol=1e-3)


def test_each_listed_case_has_its_strongest_reasons_with_values_and_medians(made: tuple[Cases, Rehearsal]) -> None:
    cases, rehearsal = made
    performed = rehearsal.performed[CandidateName.BOOSTED]
    listed: Integers = rehearsal.rows[np.argsort(-performed.predicted)[:10]]
    found = reasons(cases, rehearsal, CandidateName.BOOSTED, listed, TARGET).to_pandas()
    assert set(found["kind"]) == {"for", "against", "alike"}
    assert set(found["unit_id"]) == set(cases.unit_id[listed])
    assert found["as_of"].unique().tolist() == [LATE]
    keys = list(zip(found["unit_id"], found["position"]))
    assert keys == sorted(keys)
    row = found[found["kind"] == "for"].iloc[0]
    case = int(next(i for i in listed if cases.unit_id[i] == row["unit_id"]))
    column = cases.column(row["feature"])
    assert row["value"] == pytest.approx(cases.values[case, column], nan_ok=True)
    assert row["median"] == pytest.approx(np.nanmedian(cases.values[rehearsal.rows, column]), abs=1e-6)


def test_five_each_way_at_most_strongest_first_and_no_empty_ones() -> None:
    totals = np.array([0.1, -0.9, 0.5, 0.0, 0.4, 0.3, 0.2, 0.6, -0.05, 0.009])
    assert strongest(totals).tolist() == [1, 7, 2, 4, 5, 6, 8]
    assert (totals[strongest(totals)] > 0).sum() == EACH_WAY


def made_of(values: np.ndarray, direction: int) -> tuple[Cases, Integers]:
    """A date's cases of one fold with one feature, and all their rows."""
    count = len(values)
    names = np.array([f"u{place:03d}" for place in range(count)], dtype=object)
    cases = Cases(
        features=(feature(0, direction),),
        as_of=np.repeat(np.datetime64(LATE, "D"), count),
        unit_id=names,
        family_id=names,
        group=np.arange(count),
        fold=np.zeros(count, dtype=np.int64),
        tie_place=np.arange(count),
        outcome_known_on=np.full(count, np.datetime64("NaT", "D")),
        values=values[:, None],
        without_features=0,
    )
    return cases, np.arange(count)


NAN = float("nan")


@pytest.mark.parametrize(
    ("direction", "values", "up", "down"),
    [
        pytest.param(-1, [22.0, 440.0, 600.0, 440.0, 800.0], [0], [2, 4], id="days since, less is nearer the top"),
        pytest.param(-1, [22.0, NAN, NAN, NAN, 900.0], [0], [], id="most have none, whose place is the last"),
        pytest.param(1, [3.0, 0.0, 0.0, 0.0, 1.0], [0, 4], [], id="a count that nearly nobody has"),
        pytest.param(1, [-2.0, 4.0, 1.0, 1.0, NAN], [1], [0, 4], id="in credit, in arrears, not known"),
        pytest.param(1, [2.0, 2.0, 2.0, 2.0, 2.0], [], [], id="everybody alike"),
    ],
)
@pytest.mark.parametrize("slope", [0.7, 0.0], ids=["calibrated", "no slope"])
def test_a_reason_for_is_what_moved_the_case_up_the_list(
    direction: int, values: list[float], up: list[int], down: list[int], slope: float
) -> None:
    cases, rows = made_of(np.array(values), direction)
    known = np.array([value for value in values if value == value])
    fitted = ByValue(0, 1, "x0", direction, 1.0, float(np.arcsinh(direction * known).min()))
    margin = fitted.margin(cases.values)
    performed = Performed([fitted], Platt(slope, -1.0), 0.0, margin, margin, margin)
    one = moved(cases, performed, rows, rows).above_typical[:, 0]
    assert np.flatnonzero(one > 0).tolist() == up
    assert np.flatnonzero(one < 0).tolist() == down
    typical = np.median(margin)
    np.testing.assert_array_equal(np.sign(one), np.sign(margin - typical))
    found = reasons_table(cases, themes(cases), performed, rows, rows, NO_PAST, TARGET).to_pylist()
    for kind, places in (("for", up), ("against", down)):
        # Who has no value is told of as silent, not as having a reason.
        told = {f"u{place:03d}" for place in places if not np.isnan(values[place])}
        assert {row["unit_id"] for row in found if row["kind"] == kind} == told
    silent = {f"u{place:03d}" for place, value in enumerate(values) if np.isnan(value)}
    assert {row["unit_id"] for row in found if row["kind"] == "unknown"} == silent


def test_the_typical_case_is_the_dates_own_not_that_of_training(made: tuple[Cases, Rehearsal]) -> None:
    cases, rehearsal = made
    performed = rehearsal.performed[CandidateName.LOGISTIC]
    found = moved(cases, performed, rehearsal.rows, rehearsal.rows).above_typical
    for fold in range(3):
        inside = cases.fold[rehearsal.rows] == fold
        np.testing.assert_allclose(np.median(found[inside], axis=0), 0, atol=1e-6)


def linear(weights: list[float]) -> LinearModel:
    """A margin that is the sum of each value times its weight; a blank counts as 0."""
    width = len(weights)
    nought, one = np.zeros(width), np.ones(width)
    names = tuple(f"x{place}" for place in range(width))
    return LinearModel(names, nought, nought, one, np.array(weights), nought, nought, 0.0)


def described(place: int, subject: str, label: str = "X", rule: str = "unknown") -> Feature:
    said = Sentences("{value} of it.", "None of it.", "{value} of it.")
    return Feature(f"x{place}", f"x{place}", "family", subject, label, 1, "number", said, "made up", null_rule=rule)


def told_of(cases: Cases, weights: list[float], number: list[int], slope: float = 0.5) -> list[dict[str, Any]]:
    """The rows of reasons of the first case of a date, by a linear model whose features have these themes."""
    fitted = linear(weights)
    margin = fitted.margin(cases.values)
    performed = Performed([fitted], Platt(slope, -1.0), 0.0, margin, margin, margin)
    rows = np.arange(len(cases))
    found = reasons_table(cases, Themes(np.array(number)), performed, rows, rows[:1], NO_PAST, TARGET)
    rows_told: list[dict[str, Any]] = found.to_pylist()
    return rows_told


def many(first: list[float], features: tuple[Feature, ...], others: float = 1.0) -> Cases:
    """A case and twenty typical ones."""
    cases, _ = made_of(np.zeros(21), 1)
    return replace(cases, features=features, values=np.vstack([first, np.full((20, len(first)), others)]))


def test_a_linear_models_reasons_by_hand() -> None:
    """Contributions are slope x weight x (value - typical value); twins and subjects are sums of them."""
    features = (described(0, "rent"), described(1, "rent"), described(2, "rent"), described(3, "safety"))
    rows = told_of(many([4.0, 3.0, 2.0, 0.0], features), [0.4, 0.2, -1.0, 0.3], [0, 0, 1, 2])
    assert [(row["kind"], row["feature"], row["also"]) for row in rows] == [
        ("for", "x0", "x1"),
        ("against", "x2", None),
        ("against", "x3", None),
    ]
    assert [row["contribution"] for row in rows] == pytest.approx([0.5 * (0.4 * 3 + 0.2 * 2), -0.5, -0.15])
    assert [row["subject_contribution"] for row in rows] == pytest.approx([0.3, 0.3, -0.15])
    assert [row["value"] for row in rows] == [4.0, 2.0, 0.0]
    assert rows[0]["sentence"] == "4 of it (1 for a typical family; source: made up)."
    assert rows[2]["sentence"] == "None of it (source: made up)."


def test_the_sentence_is_of_the_first_twin_that_is_nearly_as_strong_as_any() -> None:
    features = (described(0, "rent"), described(1, "rent"), described(2, "rent"))
    for weights, named in (([0.1, 0.6, 1.0], "x1"), ([0.5, 0.6, 1.0], "x0"), ([-0.5, 0.1, 1.0], "x2")):
        (row,) = told_of(many([2.0, 2.0, 2.0], features), weights, [0, 0, 0])
        assert row["feature"] == named
        assert set(row["also"].split(",")) == {"x0", "x1", "x2"} - {named}


@pytest.mark.parametrize(
    ("have", "median"), [pytest.param(9, None, id="nine have one"), pytest.param(10, 2.0, id="ten have one")]
)
def test_a_median_of_fewer_than_ten_is_not_told(have: int, median: float | None) -> None:
    cases = many([9.0], (described(0, "rent"),), others=np.nan)
    cases.values[1:have] = 2.0
    (row,) = told_of(cases, [1.0], [0])
    assert row["median"] == median
    assert ("2 for a typical family with such a record" in row["sentence"]) is (median is not None)


def test_silence_is_told_by_subject_and_not_as_a_reason() -> None:
    """A count of nothing beside a blank is silence: its contribution is in the subject's row, with its sign."""
    features = (described(0, "rent"), described(1, "rent", rule="zero"), described(2, "safety"))
    rows = told_of(many([np.nan, 0.0, 3.0], features), [0.4, -0.2, 0.3], [0, 1, 2])
    assert [(row["kind"], row["subject"]) for row in rows] == [("for", "safety"), ("unknown", "rent")]
    assert rows[1]["contribution"] == pytest.approx(0.5 * (-0.4 + 0.2))
    assert rows[1]["sentence"] == (
        "Nothing is on record about rent (source: made up). Most families have such a record. There may be nothing to "
        "record, or the council may not have been told. That counted against being on this list."
    )


def test_silence_that_most_share_comes_last_and_is_said_to_be_common() -> None:
    features = (described(0, "safety"), described(1, "rent"), described(2, "early_help"), described(3, "early_help"))
    cases = many([np.nan, np.nan, np.nan, 2.0], features)
    cases.values[1:, 0] = np.nan
    rows = [row for row in told_of(cases, [1.0, 1.0, 0.0, 0.0], [0, 1, 2, 3]) if row["kind"] == "unknown"]
    assert [row["subject"] for row in rows] == ["rent", "early_help", "safety"]
    assert "So it is with most families." in rows[2]["sentence"]
    assert rows[1]["sentence"] == "Not known about early help: X. That made little difference here."


def test_a_blank_where_the_question_does_not_arise_is_nothing_to_wonder_about() -> None:
    features = (described(0, "rent", rule="not_applicable"), described(1, "rent"))
    assert {row["kind"] for row in told_of(many([np.nan, 3.0], features), [1.0, 1.0], [0, 1])} == {"for"}


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", '=HYPERLINK("x")', "{value} {0} {label}", "%s \\ '"])
def test_labels_of_any_kind_stay_the_text_they_are(label: str) -> None:
    features = (
        described(0, label, label),
        described(1, label, label),
        *(described(n, "x", label) for n in (2, 3, 4, 5, 6)),
    )
    rows = told_of(many([np.nan, 0.0, 1.0, np.nan, np.nan, np.nan, np.nan], features), [1.0] * 7, list(range(7)))
    assert [row["sentence"].count(label) for row in rows] == [1, 3]
    assert rows[1]["sentence"].endswith("and 1 more. That counted against being on this list.")


def test_few_cases_and_none() -> None:
    cases = many([3.0], (described(0, "rent"),))
    fitted = linear([1.0])
    margin = fitted.margin(cases.values)
    performed = Performed([fitted], Platt(1.0, 0.0), 0.0, margin, margin, margin)
    nobody = np.empty(0, dtype=np.int64)
    rows = np.arange(3)
    assert reasons_table(cases, themes(cases), performed, rows, nobody, NO_PAST, TARGET).num_rows == 0
    found = reasons_table(cases, themes(cases), performed, rows, rows, NO_PAST, TARGET).to_pylist()
    assert [(row["unit_id"], row["median"]) for row in found] == [("u000", None)]


def test_contributions_are_those_of_shaps_own_explainer(made: tuple[Cases, Rehearsal]) -> None:
    """In log-odds, from the mean of the bag: each booster's SHAP values, averaged."""
    cases, rehearsal = made
    bag = rehearsal.performed[CandidateName.BOOSTED].fitted[0]
    assert isinstance(bag, Bag)
    values = cases.values[:200]
    explainers = [shap.TreeExplainer(booster) for booster in bag.boosters]
    theirs = np.mean([explainer.shap_values(values) for explainer in explainers], axis=0)
    np.testing.assert_allclose(bag.contributions(values), theirs, atol=1e-9)
    assert bag.base == pytest.approx(np.mean([explainer.expected_value for explainer in explainers]), abs=1e-9)
    np.testing.assert_allclose(bag.base + theirs.sum(axis=1), bag.margin(values), atol=1e-9)


def test_a_value_that_is_the_typical_one_is_no_reason() -> None:
    """Though the model weighed it: here by a product, which a typical first value turns with the second."""
    cases = many([1.0, 3.0], (described(0, "rent"), described(1, "safety")))
    margin = cases.values.prod(axis=1)
    performed = Performed([Product()], Platt(1.0, 0.0), 0.0, margin, margin, margin)
    rows = np.arange(len(cases))
    found = reasons_table(cases, Themes(np.array([0, 1])), performed, rows, rows[:1], NO_PAST, TARGET).to_pylist()
    assert [(row["kind"], row["feature"]) for row in found] == [("for", "x1")]
    assert found[0]["contribution"] == 1.0


@dataclass(frozen=True)
class Product:
    """Two features that count together, half to each."""

    base: float = 0.0

    def margin(self, values: Floats) -> Floats:
        return np.asarray(values.prod(axis=1), dtype=np.float64)

    def contributions(self, values: Floats) -> Floats:
        return np.repeat(values.prod(axis=1)[:, None] / 2, 2, axis=1)

    def described(self) -> dict[str, Any]:
        return {}
