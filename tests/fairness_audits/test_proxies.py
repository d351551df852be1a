"""Features that stand in for ethnicity: how well they tell it, and the list without them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairness_audits.chain.comparing import Rows, compare
from fairness_audits.policy import load_policy
from fairness_audits.proxies.document import Found, Listed, published, restricted
from fairness_audits.proxies.lists import Bench, Difference, Ranking, newest_test, parts_of
from fairness_audits.proxies.protecting import Audited
from fairness_audits.proxies.stage import PUBLISHED, RESTRICTED, STAGE
from fairness_audits.proxies.telling import Told, by_itself, together
from fairness_audits.small_numbers import rounded_to
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES
from models.cases import Cases
from models.catalogue import Feature, Sentences
from models.config import ModelsConfig, TargetSettings
from models.splits import Origin
from models.tables import IDENTIFICATION_WEIGHTS
from models.target import CandidateName
from models.targets import TARGETS
from residents.tables import PROTECTED
from store.run_folder import RunFolder
from store.small_numbers import Hidden
from store.table import Zone
from tests.support import put_table, run_stage

TEST, EARLIER = dt.date(2025, 6, 30), dt.date(2024, 3, 31)
TARGET = "under_the_radar"
RULES = load_policy(None).small_numbers


def drawn(families: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two features: the first is higher in one group, the second in none. Every family has two cases alike."""
    draw = np.random.default_rng(seed)
    group = np.repeat(np.where(draw.random(families) < 0.3, "Black", "White").astype(object), 2)
    values = np.column_stack([draw.normal(np.where(group == "Black", 1.0, 0.0)), draw.normal(size=2 * families)])
    return values, group, np.repeat(np.arange(families), 2)


# --- telling ethnicity -----------------------------------------------------------------------------------


def test_a_feature_that_tells_is_found_and_one_that_does_not_is_not() -> None:
    values, group, family = drawn(800)
    found = {one.group: one for one in together(values, group, family, 1)}
    # Two normals a standard deviation apart: an area of .76.
    assert found["Black"].low < 0.76 < found["Black"].high and found["Black"].low > 0.65
    nothing = {one.group: one for one in together(values[:, 1:], group, family, 1)}
    assert nothing["Black"].low < 0.5 < nothing["Black"].high
    one, other = by_itself(values, group, family)
    assert one is not None and other is not None and one.low > 0.2 and other.low == 0


def test_families_are_never_asked_about_by_trees_that_learnt_from_them() -> None:
    """A number of the family's own tells its group where a brother's case was learnt from, and nothing otherwise."""
    _, group, family = drawn(600)
    own = np.random.default_rng(2).random(600)[family][:, None]
    found = {one.group: one for one in together(own, group, family, 1)}
    assert found["Black"].low < 0.5 < found["Black"].high


def test_brothers_and_sisters_do_not_make_the_interval_narrower() -> None:
    values, group, family = drawn(400)
    once = together(values[::2], group[::2], family[::2], 1)[0]
    often = together(np.repeat(values[::2], 4, axis=0), np.repeat(group[::2], 4), np.repeat(family[::2], 4), 1)[0]
    assert often.cases == 4 * once.cases
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.25)


def test_unknown_is_told_apart_and_small_groups_are_left_out() -> None:
    values, group, family = drawn(400)
    group[:120] = "Unknown"
    values[:120, 1] = 5.0
    group[-40:] = "Other"
    found = {one.group: one for one in together(values, group, family, 1)}
    assert set(found) == {"White", "Black", "Unknown"}
    assert found["Unknown"].low > 0.9
    assert found["Black"].cases + found["Black"].others == int(np.isin(group, ["White", "Black"]).sum())


@pytest.mark.parametrize("only", ["White", "Unknown"])
def test_one_group_alone_is_told_from_nothing(only: str) -> None:
    values, group, family = drawn(100)
    assert together(values, np.full(len(group), only, dtype=object), family, 1) == []
    assert by_itself(values, np.full(len(group), only, dtype=object), family) == [None, None]


def test_nobody_and_nothing_known_are_told_nothing() -> None:
    assert together(np.empty((0, 2)), np.array([], dtype=object), np.array([], dtype=np.int64), 1) == []
    values, group, family = drawn(200)
    blank = together(np.full_like(values, np.nan), group, family, 1)
    assert all(one.low < 0.5 < one.high for one in blank)


# --- lists -----------------------------------------------------------------------------------------------


def feature(name: str, unit: str = "number") -> Feature:
    sentences = Sentences("{value}.", "none.", "{value}.")
    return Feature(name, name, "family", "needs", name, 1, unit, sentences, "")


FEATURES = (feature("needs_count"), feature("need_a", "flag"), feature("need_b", "flag"), feature("signal"))


def bench(families: int = 600, capacity: int = 60, seed: int = 5) -> tuple[Bench, np.ndarray]:
    """Need a stands in for a group without telling the outcome; need b and the signal tell the outcome."""
    draw = np.random.default_rng(seed)
    black = draw.random(families) < 0.3
    outcome = draw.random(families) < 0.15
    need_a = draw.random(families) < np.where(black, 0.7, 0.1)
    need_b = draw.random(families) < np.where(outcome, 0.6, 0.1)
    signal = draw.normal(np.where(outcome, 1.5, 0.0))
    values = np.column_stack([need_a * 1.0 + need_b, need_a, need_b, signal]).astype(float)
    dates = (EARLIER, TEST)
    known = np.where(outcome, np.datetime64("2024-12-01"), np.datetime64("NaT")).astype("datetime64[D]")
    number = np.arange(families)
    cases = Cases(
        features=FEATURES,
        as_of=np.repeat(np.array(dates, dtype="datetime64[D]"), families),
        unit_id=np.tile(np.array([f"f{one}" for one in number], dtype=object), 2),
        family_id=np.tile(np.array([f"f{one}" for one in number], dtype=object), 2),
        group=np.tile(number, 2),
        fold=np.tile(number % 3, 2),
        tie_place=np.tile(draw.permutation(families), 2),
        outcome_known_on=np.concatenate([known, known]),
        values=np.vstack([values, values]),
        without_features=0,
    )
    config = ModelsConfig(targets={TARGET: TargetSettings(capacity=capacity)}, folds=3, bags=2, rounds=10)
    return Bench(cases, Origin(TEST, (EARLIER,)), TARGETS[TARGET], config, 1, 1), black


def test_without_a_feature_the_ranking_is_trained_without_it() -> None:
    made, _ = bench()
    whole = made.ranking(CandidateName.LOGISTIC)
    assert set(whole.used) == {"needs_count", "need_a", "need_b", "signal"}
    fewer = made.ranking(CandidateName.LOGISTIC, ["signal", "needs_count"])
    assert set(fewer.used) == {"need_a", "need_b"}
    assert whole.flagged.sum() == fewer.flagged.sum() == 60
    beside = made.beside(fewer, whole)
    assert beside.overlap < 1 and beside.change < 0 and beside.low <= beside.change <= beside.high
    outcome = made.cases.outcome(made.rows)
    assert beside.change == pytest.approx((outcome[fewer.flagged].sum() - outcome[whole.flagged].sum()) / 60)


def test_a_list_beside_itself_does_not_differ() -> None:
    made, _ = bench()
    whole = made.ranking(CandidateName.BOOSTED)
    assert made.beside(whole, whole) == replace(made.beside(whole, whole), overlap=1.0, change=0.0, low=0.0, high=0.0)


def test_the_interval_of_the_change_covers_no_change_where_there_is_none() -> None:
    """Two orders by lot: nothing is lost by the one for the other."""
    made, _ = bench(2000, 200)
    draw = np.random.default_rng(1)
    covered = 0
    for _ in range(40):
        lists = []
        for _ in range(2):
            margin = draw.random(2000)
            lists.append(Ranking(margin, margin >= np.sort(margin)[-200], ()))
        found = made.beside(*lists)
        covered += found.low <= 0 <= found.high
    assert covered >= 34


def test_a_count_is_counted_without_its_parts() -> None:
    made, black = bench()
    whole = made.ranking(CandidateName.NEEDS_COUNT)
    fewer = made.counted("needs_count", ["need_a", "need_b"], ["need_a"])
    assert fewer.margin.tolist() == made.cases.values[made.rows, 2].tolist()
    assert black[fewer.flagged].mean() < black[whole.flagged].mean()
    assert fewer.used == ("need_b",)


def test_parts_are_those_that_the_formula_names_under_either_name() -> None:
    catalogue = [{"name": "needs_count", "formula": "the sum of those known of: `need_a`; `family_x` >= 2; `gone`"}]
    named = (*FEATURES, replace(feature("x"), column="family_x"))
    assert parts_of("needs_count", catalogue, named) == ("need_a", "x")
    assert parts_of("none", catalogue, named) == ()


def test_the_newest_test_is_taken_with_what_it_learnt_from() -> None:
    splits = [
        {"as_of": "2025-06-30", "learns_from": ["2024-03-31", "2024-06-30"]},
        {"as_of": "2025-03-31", "learns_from": ["2024-03-31"]},
    ]
    assert newest_test(splits) == Origin(TEST, (EARLIER, dt.date(2024, 6, 30)))


# --- documents -------------------------------------------------------------------------------------------


def found(caught: int = 30) -> Found:
    rows = Rows(
        np.arange(400) % 8 == 0,
        np.repeat(np.array(["WBRI", "BAFR", "WROM"], dtype=object), [250, 130, 20]),
        np.arange(400),
    )
    whole = Listed((), Difference(1.0, caught, 50, caught / 50, 0.0, 0.0, 0.0), compare(rows))
    fewer = Listed(("a",), Difference(0.8, caught - 5, 50, (caught - 5) / 50, -0.1, -0.18, -0.02), compare(rows))
    told = [Told("Black", 133, 267, 0.71234, 0.65, 0.77, ("White",), (0.5, 0.5))]
    return Found(TARGET, "logistic_regression", "2025-06-30", 3, told, [("a", None)], False, [whole, fewer])


def test_the_cost_of_leaving_out_is_said() -> None:
    for document in (restricted([found()], {}, {}), published([found()], {}, {}, RULES)):
        (target,) = document["targets"]
        assert "80% of the list stays" in target["sentence"] and "fewer true cases" in target["sentence"]
    (exact,) = restricted([found()], {}, {})["targets"]
    assert exact["lists"][1]["change"] == {"value": -0.1, "low": -0.18, "high": -0.02}


@pytest.mark.parametrize("more", [-2, -1, 0, 1, 2])
def test_a_list_is_told_by_rounded_counts_alone(more: int) -> None:
    """Two true cases more or less, or two places that stay: nothing that is shown changes."""
    lists = found().lists
    moved = replace(
        lists[1].beside, caught=25 + more, precision=(25 + more) / 50, change=(more - 5) / 50, overlap=(40 + more) / 50
    )
    one = replace(found(), lists=[lists[0], replace(lists[1], beside=moved)])
    (target,) = published([one], {}, {}, RULES)["targets"]
    told = {name: target["lists"][1][name] for name in ("places", "overlap", "precision", "change")}
    # The ends are as many cases off as the interval's half is wide, which is four, rounded as a count is.
    assert told == {
        **{"places": 50, "overlap": 0.8, "precision": 0.5},
        "change": {"value": -0.1, "low": -0.2, "high": 0.0},
    }


def test_few_wrongly_listed_are_as_few_as_any() -> None:
    (target,) = published([found(caught=44)], {}, {}, RULES)["targets"]
    assert target["lists"][0]["precision"] is None and target["lists"][1]["change"] is None


def test_rates_and_ratios_of_groups_follow_from_counts_as_shown() -> None:
    draw = np.random.default_rng(8)
    codes = draw.choice(np.array(["WBRI", "WIRI", "BAFR", "ABAN", "Unknown"], dtype=object), 4000)
    rows = Rows(draw.random(4000) < np.where(codes == "BAFR", 0.2, 0.1), codes, np.arange(4000))
    everyone = int(rows.happened.sum())
    whole = Listed((), Difference(1.0, 100, everyone, 0.3, 0.0, 0.0, 0.0), compare(rows))
    (target,) = published([replace(found(), lists=[whole])], {}, {}, RULES)["targets"]
    entries = {entry["group"]: entry for entry in target["lists"][0]["groupings"]["detailed"]}
    unknown = entries["Unknown"]
    total = rounded_to(everyone, 5)
    for name in ("WBRI", "BAFR", "ABAN"):
        one = entries[name]
        assert one["rate"]["value"] == round(one["flagged"] / one["n"], 3)
        rest = (total - one["flagged"] - unknown["flagged"]) / (4000 - one["n"] - unknown["n"])
        assert one["ratio"]["value"] == pytest.approx(one["flagged"] / one["n"] / rest, abs=0.001)
        assert one["ratio"]["low"] < one["ratio"]["value"] < one["ratio"]["high"]


def test_what_the_audit_of_the_same_cases_hides_or_shows_is_the_same_here() -> None:
    """With one test date the audit's cases are these: what is withheld there is not shown here, nor the reverse."""
    groups = found().lists[0].groups
    cases = {(grouping.value, one.group): one.n for grouping, entries in groups.items() for one in entries}
    flagged = {(grouping.value, one.group): one.events for grouping, entries in groups.items() for one in entries}
    cases["", ""], flagged["", ""] = 400, 50
    hidden = {"WROM", "Gypsy/Roma or Irish Traveller", "BAFR", "Black"}
    cases_shown = {row: Hidden.SECOND if row[1] in hidden else n for row, n in cases.items()}
    flagged_shown: dict[tuple[str, str], int | Hidden] = {row: rounded_to(n, 5) for row, n in flagged.items()}
    flagged_shown |= {row: Hidden.SMALL if flagged[row] < 10 else Hidden.SECOND for row in flagged if row[1] in hidden}
    before, after = (
        published([replace(found(), audited=audited)], {}, {}, RULES)["targets"][0]["lists"][0]["groupings"]
        for audited in (None, Audited(1, cases, flagged, cases_shown, flagged_shown))
    )
    assert "withheld" not in {entry["n"] for entries in before.values() for entry in entries}
    withheld = {entry["group"] for entries in after.values() for entry in entries if entry["n"] == "withheld"}
    assert withheld == hidden


def test_small_counts_are_not_shown_and_neither_is_what_rests_on_them() -> None:
    (target,) = published([found(caught=12)], {}, {}, RULES)["targets"]
    assert target["lists"][0]["precision"] is not None
    assert target["lists"][1]["precision"] is None and target["lists"][1]["change"] is None
    assert "points" not in target["sentence"]
    for listed in target["lists"]:
        small = {one["group"]: one for one in listed["groupings"]["broad"]}["Gypsy/Roma or Irish Traveller"]
        assert small["flagged"] == "<10" and small["rate"] is None and small["ratio"] is None
    assert target["together"][0]["cases"] == target["lists"][0]["groupings"]["broad"][-1]["n"] == 130


# --- the stage -------------------------------------------------------------------------------------------


def put_run(root: Path, families: int = 240) -> None:
    run = RunFolder(root)
    draw = np.random.default_rng(2)
    members, features, steps, codes = [], [], [], {}
    for number in range(families):
        family, child = f"f{number:04}", f"c{number:04}"
        black = number % 3 == 0
        codes[child] = "BAFR" if black else "WBRI"
        for as_of in (EARLIER, TEST, dt.date(2026, 6, 30)):
            need = {"need_a": float(draw.random() < (0.7 if black else 0.1)), "need_b": float(draw.random() < 0.3)}
            members.append({"as_of": as_of, "family_id": family, "person_id": child, "role": "child", "age_years": 9})
            features.append({"family_id": family, "as_of": as_of, "needs_count": sum(need.values()), **need})
        if draw.random() < 0.3:
            day = dt.date(2025, 9, 1)
            steps.append({"person_id": child, "kind": "cin", "event_date": day, "recorded_on": day})
    put_table(run, MEMBERS, sorted(members, key=lambda m: (m["as_of"], m["family_id"])))
    put_table(run, FAMILY_FEATURES, sorted(features, key=lambda f: (f["as_of"], f["family_id"])))
    put_table(run, MILESTONES, steps)
    for table in (CHILD_FEATURES, SCHOOLMATES, IDENTIFICATION_WEIGHTS):
        put_table(run, table, [])
    put_table(
        run,
        PROTECTED,
        [{"person_id": p, "analysis_id": p, "ethnicity": code, "conflict": False} for p, code in sorted(codes.items())],
    )
    catalogue = []
    for name, unit in (("needs_count", "number"), ("need_a", "flag"), ("need_b", "flag")):
        words = dict.fromkeys(("above", "none", "below"), "{value}.")
        catalogue.append(
            {"name": name, "columns": {"families": name}, "level": "family", "subject": "needs", "label": name}
            | {"direction": 1, "unit": unit, "sentences": words, "indicator_of": None, "sources": []}
            | {"formula": "the sum of those known of: `need_a`; `need_b`" if name == "needs_count" else ""}
        )
    (root / "features" / "catalogue.json").write_text(json.dumps(catalogue), encoding="utf-8")
    splits = [{"as_of": TEST.isoformat(), "learns_from": [EARLIER.isoformat()]}]
    put_evaluation(root, {"state": "modelled", "choice": {"chosen": "needs_count"}, "splits": splits})


def put_evaluation(root: Path, evaluation: dict[str, Any]) -> None:
    (root / "models" / TARGET).mkdir(parents=True, exist_ok=True)
    (root / "models" / TARGET / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")


def look(root: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    run_stage(STAGE, root, ModelsConfig(targets={TARGET: TargetSettings(capacity=40)}))
    exact, shown = (json.loads((root / path).read_text(encoding="utf-8")) for path in (RESTRICTED, PUBLISHED))
    return exact, shown


def test_a_count_is_told_by_its_parts_and_counted_without_the_strongest(tmp_path: Path) -> None:
    put_run(tmp_path)
    for document in look(tmp_path):
        (target,) = document["targets"]
        assert target["is_count"] and [one["feature"] for one in target["strongest"]] == ["need_a", "need_b"]
        assert target["strongest"][0]["reading"] in ("some", "strong")
        assert target["lists"][0]["left_out"] == [] and target["lists"][1]["left_out"] == ["need_a"]
        on = {one["group"]: one["flagged"] for one in target["lists"][0]["groupings"]["broad"]}
        without = {one["group"]: one["flagged"] for one in target["lists"][1]["groupings"]["broad"]}
        assert on["Black"] > without["Black"]


def test_parts_that_are_figures_are_named_and_cannot_be_taken_out(tmp_path: Path) -> None:
    """A count of signs counts absence above a limit: the absence is known, and not whether it counted."""
    put_run(tmp_path)
    path = tmp_path / "features" / "catalogue.json"
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([{**entry, "unit": "number"} for entry in catalogue]), encoding="utf-8")
    for document in look(tmp_path):
        (target,) = document["targets"]
        assert target["strongest"][0]["feature"] == "need_a" and len(target["lists"]) == 1
        assert "cannot be taken out" in target["sentence"]


def test_the_same_run_twice_gives_the_same_bytes_and_names_nobody(tmp_path: Path) -> None:
    for name in ("one", "two"):
        put_run(tmp_path / name, 150)
        look(tmp_path / name)
    for path in (RESTRICTED, PUBLISHED):
        content = (tmp_path / "one" / path).read_bytes()
        assert content == (tmp_path / "two" / path).read_bytes()
        assert b"f0001" not in content and b"c0001" not in content


@pytest.mark.parametrize("evaluation", [None, {"state": "cannot_model", "why": "too few"}])
def test_a_target_without_a_model_says_so(tmp_path: Path, evaluation: dict[str, Any] | None) -> None:
    put_run(tmp_path, 30)
    (tmp_path / "models" / TARGET / "evaluation.json").unlink()
    if evaluation is not None:
        put_evaluation(tmp_path, evaluation)
    for document in look(tmp_path):
        assert document["targets"] == [] and "no model" in document["not_told"][TARGET]


def test_the_stage_reads_what_models_read_and_ethnicity_and_no_sealed_score() -> None:
    assert not STAGE.unseals and not STAGE.writes
    assert {table.zone for table in STAGE.reads} == {Zone.ANALYSIS, Zone.PROTECTED}
