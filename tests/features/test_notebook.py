"""`build` and `preview`: the values are those of the stage, by pseudonyms, and what cannot be done is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import features.stage as stage_module
from features import (
    Direction,
    Feature,
    FeatureWarning,
    Level,
    NullRule,
    Roll,
    build,
    feature,
    given,
    one_of,
    preview,
    share,
    streams,
)
from features.choosing import chosen
from store.errors import UsageError
from store.run_folder import RunFolder
from tests.features.engines import put_tables
from tests.features.histories import AS_OFS
from tests.features.test_stage import borough, run

HOSTILE = '=HYPERLINK("x")<script>alert(1)</script>'
LATEST = AS_OFS[-1]
EVERYBODY = 1000
ABOUT_ALIKE = ("mine_contacts", "mine_last_day", "ill_adult_at_home", "disabled_adult_markers", "eldest_age")
"""Parts and likes of other features that are looked at: each look takes a while."""
KEYS = {Level.FAMILY: ["as_of", "family_id"], Level.CHILD: ["as_of", "person_id", "family_id"]}
TABLE = {Level.FAMILY: "families", Level.CHILD: "children"}


def own(name: str, value: Any, **fields: Any) -> Feature:
    given_fields: dict[str, Any] = {
        "subject": "referrals",
        "label": f"Made in a notebook {HOSTILE}",
        "null_rule": NullRule.UNKNOWN,
        "direction": Direction.RISES,
        "sentence": "{value} of them.",
        "why": "To see.",
        "owner": "Nobody yet",
    }
    return Feature(name=name, value=value, **{**given_fields, **fields})


HALVES = share(streams.ATTENDANCE.count(one_of("session", "am")), streams.ATTENDANCE.count())
MINE = (
    own("mine_contacts", streams.CONTACTS.count(days=182), null_rule=NullRule.ZERO),
    own("mine_halves", HALVES, level=Level.CHILD),
    own("mine_halves_mean", HALVES, roll=Roll.MEAN),
    own("mine_last_day", given(streams.CONTACTS.count(), streams.CONTACTS.last_day())),
    own("mine_of_others", feature("mine_contacts") + feature("ill_adult_at_home") * 2),
)
KNOWN = chosen(
    ["absence_rate_182", "eldest_with_ill_adult"]
    + [f"family_{name}" for name in ("absence_rate_182_max", "rent_arrears_weeks", "moves_365", "benefits_ended_365")]
).features
"""Of the library one or two on every kind of source: records, groups, either, persons, members, other features."""
OF_FAMILIES = [one for one in MINE if one.level is Level.FAMILY]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run whose stage had the notebook's definitions beside some of the library."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stage_module, "library", lambda: (*KNOWN, *MINE))
        folder = run(tmp_path_factory.mktemp("run"), borough())
    folder.state.mkdir()
    return folder


def written(folder: RunFolder, level: Level) -> pd.DataFrame:
    rows = pq.read_table(folder.root / "features" / f"{TABLE[level]}.parquet").to_pandas()
    rows["as_of"] = rows["as_of"].astype("datetime64[s]")
    return rows.set_index(KEYS[level])


@pytest.mark.parametrize("level", list(Level))
def test_a_definition_has_the_same_values_in_a_notebook_and_in_the_library(finished: RunFolder, level: Level) -> None:
    """Those of the library by name and the notebook's as objects, in one call."""
    names = [one.name for one in KNOWN if one.level is level]
    asked = [*names, *(one for one in MINE if one.level is level)]
    built = build(finished, asked, AS_OFS)
    expected = written(finished, level)
    assert len(built) and set(names) <= set(built)
    pd.testing.assert_frame_equal(built, expected[list(built)], check_exact=True)
    assert built.any().any()


def test_a_childs_row_may_have_its_familys_features_beside_it(finished: RunFolder) -> None:
    built = build(finished, ["family_moves_365", "absence_rate_182", MINE[1]], [LATEST])
    family = [name for name in built if name.startswith("family_")]
    assert family == ["family_moves_365", "family_moves_365_unknown"]
    assert list(built)[2:] == ["absence_rate_182", "mine_halves", "mine_halves_unknown"]
    families = build(finished, "moves_365", LATEST)["moves_365"]
    own_family = families.reindex(built.index.droplevel("person_id"))
    assert built["family_moves_365"].to_list() == pytest.approx(own_family.to_list(), nan_ok=True, abs=0)


def test_types_and_keys_are_settled_and_no_key_of_the_identifiable_zone_comes_out(finished: RunFolder) -> None:
    families = build(finished, MINE[0], AS_OFS)
    children = build(finished, MINE[1], AS_OFS)
    assert {str(kind) for kind in [*families.dtypes, *children.dtypes]} == {"float64"}
    for built, names in ((families, KEYS[Level.FAMILY]), (children, KEYS[Level.CHILD])):
        assert list(built.index.names) == names
        assert [str(kind) for kind in built.index.dtypes] == ["datetime64[s]", *["str"] * (len(names) - 1)]
        assert built.index.is_unique and built.index.is_monotonic_increasing
    ids = families.reset_index()["family_id"], children.reset_index()["family_id"]
    assert all(one.str.startswith("y").all() for one in ids)
    assert children.reset_index()["person_id"].str.startswith("x").all()


def test_dates_may_be_text_of_any_day_in_any_order_and_twice(finished: RunFolder) -> None:
    built = build(finished, MINE[0], ["2025-01-15", AS_OFS[0], "2025-01-15", AS_OFS[0].isoformat()])
    days = built.index.get_level_values("as_of").unique()
    assert list(days) == [pd.Timestamp(AS_OFS[0]), pd.Timestamp("2025-01-15")]
    assert set(build(finished, MINE[0]).index.get_level_values("as_of")) == {pd.Timestamp(day) for day in AS_OFS}


def test_what_sees_the_future_is_computed_and_marked_by_way_of_other_features_too(finished: RunFolder) -> None:
    ahead = own("ahead", streams.CONTACTS.leaks("to see what comes").count(days=91, lag=-91), null_rule=NullRule.ZERO)
    upon = own("upon", feature("ahead") + 1, null_rule=NullRule.ZERO)
    with pytest.warns(FeatureWarning, match="no model may train on it"):
        built = build(finished, [ahead, upon, "moves_365"], LATEST)
    assert built.attrs["leaks"] == {"ahead": ["to see what comes"], "upon": ["to see what comes"]}
    assert (built["upon"] == built["ahead"] + 1).all()


def test_what_has_no_source_is_left_out_and_told(tmp_path: Path) -> None:
    tables = borough()
    tables["attendance"] = []
    folder = put_tables(tmp_path, tables)
    folder.state.mkdir()
    with pytest.warns(FeatureWarning, match="absence_rate_182_max"):
        built = build(folder, ["absence_rate_182_max", "ill_adult_at_home"], LATEST)
    assert list(built) == ["ill_adult_at_home"]
    assert built.attrs["left_out"] == ["absence_rate_182_max"]
    with pytest.raises(UsageError, match="attendance"):
        preview(MINE[1], folder, LATEST)


# --- preview ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, EVERYBODY])
@pytest.mark.parametrize("level", list(Level))
def test_a_preview_has_the_values_of_the_whole_run(finished: RunFolder, level: Level, size: int) -> None:
    expected = written(finished, level).loc[[pd.Timestamp(LATEST)]]
    for one in (one for one in (*KNOWN, *MINE) if one.level is level and one.name not in ABOUT_ALIKE):
        found = preview(one, finished, LATEST, families=size, others=MINE).rows[one.name].sort_index()
        assert 0 < found.index.get_level_values("family_id").nunique() <= size
        assert found.index.isin(expected.index).all()
        pd.testing.assert_series_equal(found, expected.loc[found.index, one.name], check_exact=True)
        if size == EVERYBODY:
            assert len(found) == len(expected)


def test_a_preview_shows_what_a_value_is_made_of_and_how_a_panel_would_read_it(tmp_path: Path) -> None:
    """Two pupils, of whom one missed one session of three and the other none, and a child at no school."""
    folder = put_tables(tmp_path, SCHOOL)
    folder.state.mkdir()
    found = preview("absence_rate_182", folder, LATEST)
    assert found.rows.index.get_level_values("person_id").to_list() == ["x0", "x1", "x2"]
    assert found.rows["absence_rate_182"].to_list() == pytest.approx([0.333333, 0, float("nan")], nan_ok=True)
    assert found.rows[["A", "B"]].to_numpy().tolist() == [[1, 3], [0, 3], [0, 0]]
    assert list(found.parts) == ["A", "B"] and "182 days" in found.parts["B"]
    assert (
        found.rows["sentence"].iloc[0]
        == "Missed 33% of possible sessions in the last 6 months (1 of 3); sample median 17%."
    )
    assert found.unknown == pytest.approx(1 / 3)
    assert found.distribution[["known", "share nought", "most"]].to_list() == [2, 0.5, 0.333333]
    for told in ("33% of 3", "(1 of 3)", "not known"):
        assert told in repr(found) and told in found._repr_html_()


PUPILS = range(3)
SCHOOL: dict[str, list[dict[str, Any]]] = {
    "people": [{"person_id": f"p{i}", "dob": dt.date(2014, 5, 1)} for i in PUPILS],
    "families": [
        {"family_id": "f", "person_id": f"p{i}", "role": "child", "from_date": day, "recorded_on": day}
        for i in PUPILS
        for day in [dt.date(2020, 1, 1)]
    ],
    "record_person": [
        {"source": "s", "file": "f", "record_id": f"k{i}", "person_id": f"p{i}", "match_probability": 1.0}
        for i in PUPILS
    ],
    "pseudonyms": [
        *({"kind": "person", "id": f"p{i}", "pseudonym": f"x{i}"} for i in PUPILS),
        {"kind": "family", "id": "f", "pseudonym": "y"},
    ],
    "attendance": [
        {
            **{"source": "s", "file": "f", "record_id": f"k{i}", "session": "am", "code": "/"},
            **{"event_date": day, "recorded_on": day},
            "statistical_class": "unauthorised" if (i, back) == (0, 5) else "attending",
        }
        for i in (0, 1)
        for back in (5, 6, 7)
        for day in [LATEST - dt.timedelta(back)]
    ],
}


def test_a_preview_shows_days_as_dates_and_the_features_it_is_made_of(finished: RunFolder) -> None:
    days = preview(OF_FAMILIES[2], finished, LATEST).rows
    assert str(days["B"].dtype).startswith("datetime64")
    assert days["B"].dropna().between("2000-01-01", LATEST.isoformat()).all() and days["B"].notna().any()
    made = preview(OF_FAMILIES[3], finished, LATEST, others=MINE).rows
    assert (made["mine_of_others"] == made["mine_contacts"] + 2 * made["ill_adult_at_home"]).all()


def test_a_preview_escapes_what_a_definition_says(finished: RunFolder) -> None:
    shown = preview(MINE[0], finished, LATEST)._repr_html_()
    assert "&lt;script&gt;" in shown and "<script>" not in shown


# --- what cannot be done ------------------------------------------------------------------------------------

SAME = own("mine_contacts", streams.CONTACTS.count(days=91))
ROUND = (own("hen", feature("egg") + 1), own("egg", feature("hen") + 1))
WRONG: dict[str, tuple[Callable[[RunFolder], object], str]] = {
    "a name mistyped": (lambda run: build(run, ["need_count"], LATEST), "needs_count"),
    "made of nothing": (lambda run: build(run, own("x", feature("need_count")), LATEST), "needs_count"),
    "two levels": (lambda run: build(run, ["needs_count", "absence_rate_182"], LATEST), "family_needs_count"),
    "a child's as a family's": (lambda run: build(run, ["family_absence_rate_182"], LATEST), "no feature"),
    "two of one name": (lambda run: build(run, [MINE[0], SAME], LATEST), "mine_contacts"),
    "round in a circle": (lambda run: build(run, ROUND, LATEST), "hen -> egg -> hen"),
    "a tuple of features": (lambda run: build(run, [MINE], LATEST), "star"),  # type: ignore[list-item]
    "no feature": (lambda run: build(run, [], LATEST), "No feature"),
    "not a date": (lambda run: build(run, MINE[0], "31/03/2026"), "2026-03-31"),
    "no date": (lambda run: build(run, MINE[0], []), "No as-of date"),
    "a TOML": (lambda run: build(run.root / "council.toml", MINE[0], LATEST), "RUN, not the TOML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_built_is_told_with_what_to_do(finished: RunFolder, case: str) -> None:
    ask, told = WRONG[case]
    with pytest.raises(UsageError, match=told):
        ask(finished)


def test_an_unknown_stream_or_column_is_told_as_it_is_written() -> None:
    with pytest.raises(AttributeError, match="CONTACTS"):
        _ = streams.CONTACT
    with pytest.raises(ValueError, match="did you mean session"):
        streams.ATTENDANCE.count(one_of("sesion", "am"))


def test_a_run_that_is_not_far_enough_is_told(finished: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with pytest.raises(UsageError, match="until residents"):
        build(tmp_path, MINE[0], LATEST)


def test_an_account_without_the_identifiable_zone_is_told_what_it_needs(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights are no bar to an administrator, under whom tests may run: the refusal is made by hand."""
    plain = Path.open

    def refused(path: Path, *args: Any, **kwargs: Any) -> Any:
        if "identifiable" in path.parts:
            raise PermissionError
        return plain(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(UsageError, match="identifiable zone") as told:
        build(finished, MINE[0], LATEST)
    assert "features/*.parquet" in told.value.fix


def test_nothing_is_left_behind_in_the_run(finished: RunFolder) -> None:
    before = sorted(finished.root.rglob("*"))
    build(finished, replace(MINE[0], name="another"), dt.date(2025, 2, 3))
    assert sorted(finished.root.rglob("*")) == before
