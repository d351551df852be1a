"""How features are spread: histograms, medians by date, drift, and which say the same."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp, spearmanr

from features.spread import alike, described, earlier, histogram, rank_correlations, spread

NAN = float("nan")
D = dt.date


@given(st.lists(st.floats(-50, 50, width=16) | st.just(0.0), max_size=60))
@settings(max_examples=150, deadline=None)
def test_every_value_is_in_one_bar(values: list[float]) -> None:
    known = np.sort(np.asarray(values, dtype=np.float64))
    found = histogram(known)
    assert sum(found["counts"]) == len(values)
    assert len(found["edges"]) == (len(found["counts"]) + 1 if values else 0)
    assert found["edges"] == sorted(found["edges"])
    if 0 < len(np.unique(known)) <= 12:
        assert found["counts"] == np.unique(known, return_counts=True)[1].tolist()


def test_the_ends_are_what_ten_have_or_pass() -> None:
    values = np.concatenate([np.arange(100.0), [1e9], [NAN] * 20])
    found = spread(values)
    assert (found["rows"], found["known"], found["zero"]) == (121, 101, 1)
    assert (found["low"], found["high"], found["median"]) == (9.0, 91.0, 50.0)
    assert found["histogram"]["edges"][0] == 9.0 and found["histogram"]["edges"][-1] == 91.0
    assert spread(np.arange(9.0))["high"] is None
    assert spread(np.array([NAN]))["median"] is None


def test_drift_is_the_greatest_gap_and_the_change_in_what_is_known() -> None:
    generator = np.random.default_rng(3)
    now, before = np.round(generator.normal(0.5, 1, 400), 1), np.round(generator.normal(0, 1, 300), 1)
    now[:40] = NAN
    moved = spread(now, before)["moved"]
    assert moved["known"] == pytest.approx(-0.1)
    assert moved["distance"] == pytest.approx(ks_2samp(now[40:], before).statistic, abs=1e-4)
    assert spread(now[:50], before)["moved"]["distance"] is None
    assert spread(now, np.array([]))["moved"] == {"known": None, "distance": None}
    assert spread(now)["moved"] is None


def test_the_date_compared_with_is_a_year_back_where_there_is_one() -> None:
    quarters = [D(2024, 3, 31), D(2024, 6, 30), D(2024, 9, 30), D(2024, 12, 31), D(2025, 3, 31), D(2025, 6, 30)]
    assert earlier(quarters) == D(2024, 6, 30)
    assert earlier(quarters[:3]) == D(2024, 3, 31)
    assert earlier(quarters[:1]) is None


def test_rank_correlations_are_spearmans() -> None:
    generator = np.random.default_rng(4)
    base = generator.normal(size=500)
    columns = [base, np.round(np.exp(base), 1), generator.integers(0, 3, 500).astype(float), -base]
    found = rank_correlations(columns)
    for i, one in enumerate(columns):
        for j, other in enumerate(columns):
            assert found[i, j] == pytest.approx(spearmanr(one, other).statistic, abs=1e-6)


def test_pairs_are_compared_over_those_who_have_both() -> None:
    base = np.arange(300.0)
    half = np.where(base < 150, base, NAN)
    few = np.where(base < 60, base, NAN)
    found = rank_correlations([base, half, few, np.zeros(300)])
    assert found[0, 1] == 1.0
    assert np.isnan(found[0, 2]) and np.isnan(found[0, 3])


def test_groups_are_complete_links_of_either_sign() -> None:
    generator = np.random.default_rng(5)
    first, second = generator.normal(size=(2, 4000))
    # Each neighbour is at about .87, the ends of the chain at about .5: one group cannot hold all three.
    chain = [first, first + 0.57 * second, first + 1.73 * second]
    columns = {
        "a": chain[0],
        "b": chain[1],
        "c": chain[2],
        "same": first**3,
        "turned": -first,
        "other": generator.normal(size=4000),
    }
    groups = alike(columns)
    assert any({"a", "same", "turned"} <= set(one["features"]) for one in groups)
    correlation = rank_correlations(list(columns.values()))
    names = list(columns)
    for one in groups:
        places = [names.index(name) for name in one["features"]]
        assert np.abs(correlation[np.ix_(places, places)]).min() >= 0.8
        assert len(places) > 1
    assert not any("other" in one["features"] for one in groups)
    assert not any({"a", "c"} <= set(one["features"]) for one in groups)
    assert alike({"a": first}) == [] and alike({}) == []


def test_the_tables_figures_by_date(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    days = [D(2024, 3, 31)] * 3 + [D(2025, 3, 31)] * 3
    columns = {"family_id": list("abcabc"), "as_of": days, "f": [1.0, None, 3.0, 4.0, 5.0, 9.0], "e": [None] * 6}
    schema = pa.schema([("family_id", pa.string()), ("as_of", pa.date32()), ("f", pa.float64()), ("e", pa.float64())])
    pq.write_table(pa.table(columns, schema=schema), path)
    con, as_ofs = duckdb.connect(), sorted(set(days))
    found = described(con, str(path), ["f", "e"], [*as_ofs, D(2026, 3, 31)], ())
    assert found["by_as_of"]["f"] == {"shares_known": [0.666667, 1.0, None], "medians": [1.0, 5.0, None]}
    assert found["by_as_of"]["e"] == {"shares_known": [0.0, 0.0, None], "medians": [None, None, None]}
    assert found["columns"]["f"] == {"known": 0.833333, "zero": 0.0, "least": 1.0, "median": 4.0, "most": 9.0}
    assert found["columns"]["e"] == {"known": 0.0, "zero": None, "least": None, "median": None, "most": None}
    assert found["latest"]["f"]["rows"] == 0
    at_last = described(con, str(path), ["f"], as_ofs, ())
    assert at_last["latest"]["f"] == spread(np.array([4.0, 5.0, 9.0]), np.array([1.0, NAN, 3.0]))
    assert described(con, str(path), [], as_ofs, ()) == {
        "columns": {},
        "by_as_of": {},
        "latest": {},
        "compared_with": "2024-03-31",
        "alike": [],
    }
