"""The chain of a made-up borough: what is found, what may be shown, and what is said where there is nothing."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairness_audits.chain.as_shown import presence_as_shown
from fairness_audits.chain.census import present
from fairness_audits.chain.comparing import Compared, Range, Reading, Rows, compare
from fairness_audits.chain.document import Chain, published, restricted
from fairness_audits.chain.evidence import PROMPTED
from fairness_audits.chain.protecting import Told
from fairness_audits.chain.recording import HELD, IN_A_FAMILY, RECORDING, SURE_FAMILY
from fairness_audits.chain.stage import PUBLISHED, RESTRICTED, STAGE
from fairness_audits.chain.steps import AT_EQUAL_NEED, FAMILY_STEPS, FROM_POPULATION, Link
from fairness_audits.config import CensusConfig
from fairness_audits.policy import Grouping, SmallNumbers, load_policy
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from models.config import ModelsConfig, TargetSettings
from models.tables import COHORT
from residents.tables import PROTECTED
from sources.tables import TABLES as SOURCES_TABLES
from store.run_folder import RunFolder
from store.small_numbers import Hidden
from store.table import Zone
from tests.support import put_table, run_stage

AS_OFS = (dt.date(2025, 3, 31), dt.date(2025, 6, 30), dt.date(2025, 9, 30), dt.date(2026, 6, 30))
"""The last window would end after the extracts do."""
TARGET = "under_the_radar"
RULES = load_policy(None).small_numbers


def catalogue() -> list[dict[str, Any]]:
    def entry(name: str, sources: list[str], made_of: list[str]) -> dict[str, Any]:
        return {"name": name, "columns": {"families": name}, "sources": sources, "made_of": made_of}

    return [
        entry("needs_count", ["attendance", "contacts"], ["need_education", "need_keeping_safe"]),
        entry("need_education", ["attendance"], ["absent"]),
        entry("need_keeping_safe", ["contacts"], ["referrals_365"]),
        entry("absent", ["attendance"], []),
        entry("referrals_365", ["contacts"], []),
    ]


def put_borough(root: Path, families: int = 400) -> RunFolder:
    """Every third family is Black African and reported twice as often at equal need; one in fifty is a Traveller's."""
    run = RunFolder(root)
    draw = np.random.default_rng(3)
    members, steps, features, children, codes = [], [], [], [], {}
    cohort = []
    for number in range(families):
        family, child = f"f{number:04}", f"c{number:04}"
        code = "WIRT" if number % 50 == 1 else "BAFR" if number % 3 == 0 else "WBRI" if number % 7 else None
        codes[child] = code
        need = int(draw.random() < 0.3)
        for as_of in AS_OFS:
            members.append({"as_of": as_of, "family_id": family, "person_id": child, "role": "child", "age_years": 9})
            features.append(
                {
                    "family_id": family,
                    "as_of": as_of,
                    "needs_count": need + 0.0,
                    "absent": need + 0.0,
                    "referrals_365": None,
                }
            )
            children.append({"person_id": child, "family_id": family, "as_of": as_of, "caring_signs": float(need)})
            if draw.random() < (0.1 + 0.15 * need) * (2 if code == "BAFR" else 1):
                day = as_of + dt.timedelta(10)
                steps.append({"person_id": child, "kind": "contact", "event_date": day, "recorded_on": day})
                if draw.random() < 0.4:
                    steps.append({"person_id": child, "kind": "referral", "event_date": day, "recorded_on": day})
        happened = bool(draw.random() < 0.1 * (2 if code == "BAFR" else 1))
        cohort.append(
            {"unit_id": family, "family_id": family, "as_of": AS_OFS[0], "part": "test", "outcome": happened}
            | {"family_group": number, "fold": 0}
        )
    put_table(run, MEMBERS, sorted(members, key=lambda m: (m["as_of"], m["family_id"])))
    put_table(run, MILESTONES, sorted(steps, key=lambda s: (s["person_id"], s["kind"], s["event_date"])))
    put_table(run, FAMILY_FEATURES, sorted(features, key=lambda f: (f["as_of"], f["family_id"])))
    put_table(run, CHILD_FEATURES, sorted(children, key=lambda c: (c["as_of"], c["person_id"])))
    put_people(run, codes)
    put_table(run, COHORT, cohort, TARGET)
    put_table(
        run,
        RECORDING,
        [
            {"measure": HELD, "source": "<script>", "ethnicity": "BAFR", "age": "adult", "people": 200, "holding": 100},
            {"measure": HELD, "source": "<script>", "ethnicity": "WBRI", "age": "adult", "people": 400, "holding": 380},
            {"measure": HELD, "source": "police", "ethnicity": "WBRI", "age": "adult", "people": 400, "holding": 0},
        ],
    )
    (root / "features" / "catalogue.json").write_text(json.dumps(catalogue()), encoding="utf-8")
    return run


def put_people(run: RunFolder, codes: dict[str, str | None]) -> None:
    put_table(
        run,
        PROTECTED,
        [
            {"person_id": f"id-{person}", "analysis_id": person, "ethnicity": code, "conflict": False}
            for person, code in sorted(codes.items())
        ],
    )


def follow(root: Path, census: dict[str, int] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    config = ModelsConfig(targets={TARGET: TargetSettings()})
    run_stage(STAGE, root, CensusConfig(children=census or {}), config)
    exact, shown = (json.loads((root / path).read_text(encoding="utf-8")) for path in (RESTRICTED, PUBLISHED))
    return exact, shown


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    root = tmp_path_factory.mktemp("chain")
    put_borough(root)
    return follow(root, {"WBRI": 500, "BAFR": 250, "CHNE": 250})


def steps(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["step"]: step for link in document["links"] for step in link.get("steps", ())}


def group(step: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [entry for grouping in step["groupings"].values() for entry in grouping if entry["group"] == name]
    return found


def test_the_links_stand_in_the_order_of_the_chain(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    for document in chain:
        assert [link["link"] for link in document["links"]] == [link.value for link in Link]


def test_being_reported_more_at_equal_need_is_found(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    for needs in ("all_needs", "unprompted_needs"):
        step = steps(chain[0])[f"contact_at_equal_{needs}"]
        black = group(step, "BAFR")
        assert 1.5 < black["ratio"]["value"] < 2.6 and black["reading"] == "higher"
        assert black["ratio"]["low"] < 2 < black["ratio"]["high"]
        assert group(step, "WBRI")["reading"] == "lower"
    assert group(steps(chain[0])["population_to_contact"], "BAFR")["reading"] == "higher"


def test_only_windows_that_have_closed_count(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert [window["from"] for window in chain[0]["windows"]] == ["2025-03-31", "2025-06-30", "2025-09-30"]
    assert steps(chain[0])["population_to_contact"]["everyone"]["n"] == 3 * 400


def test_the_label_is_compared_at_equal_need(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    step = steps(chain[0])[f"{TARGET}_label_at_equal_all_needs"]
    assert step["everyone"]["n"] == 400
    assert group(step, "BAFR")["ratio"]["value"] > 1.2


def test_who_is_absent_from_the_data_is_named(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    (population,) = [link for link in chain[0]["links"] if link["link"] == "population"]
    found = {entry["group"]: entry for entry in population["groupings"]["detailed"]}
    assert found["CHNE"]["children"] == 0 and found["CHNE"]["reading"] == "lower"
    assert found["BAFR"]["reading"] == "higher"
    assert "unknown ethnicity" in found["Unknown"]["sentence"]


def test_a_system_that_never_asks_is_left_out_and_a_hostile_name_is_a_name(
    chain: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    held = [step for step in steps(chain[0]).values() if step["step"].startswith(HELD)]
    assert [step["source"] for step in held] == ["<script>"]
    assert group(held[0], "BAFR")["reading"] == "lower"


def test_what_is_not_there_is_said(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    missing = {link["link"]: link["not_told"] for link in chain[1]["links"] if "not_told" in link}
    assert "None yet" in missing["panel"]
    assert set(missing) == {"linkage", "model", "panel"}


def test_without_a_family_everything_says_so(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for table in (MEMBERS, MILESTONES, FAMILY_FEATURES, CHILD_FEATURES, PROTECTED, RECORDING):
        put_table(run, table, [])
    (tmp_path / "features" / "catalogue.json").write_text("[]", encoding="utf-8")
    exact, shown = follow(tmp_path)
    assert not steps(exact) and not steps(shown)
    missing = {link["link"] for link in exact["links"] if "not_told" in link}
    assert missing == {"population", "linkage", "steps", "equal_need", "labels", "model", "panel"}


def test_the_same_run_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        put_borough(tmp_path / name, 120)
        follow(tmp_path / name)
    for path in (RESTRICTED, PUBLISHED):
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_the_stage_opens_nothing_identifiable_and_writes_no_name(
    chain: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    assert not [table for table in STAGE.reads if table.zone in (Zone.IDENTIFIABLE, Zone.SEALED)]
    assert not re.search(r"[fc]\d{4}", json.dumps(chain))


def test_evidence_that_somebody_reported_is_named_by_tables_there_are() -> None:
    assert {table.name for table in SOURCES_TABLES} >= PROMPTED


# --- what may be shown -----------------------------------------------------------------------------------


def counts(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for name, step in steps(document).items():
        for grouping, entries in step["groupings"].items():
            yield from ((name, grouping, entry["group"], entry) for entry in entries)


def test_no_small_count_is_shown_nor_a_figure_that_rests_on_one(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    exact = {(name, grouping, one): entry for name, grouping, one, entry in counts(chain[0])}
    hidden = 0
    for name, grouping, one, entry in counts(chain[1]):
        true = exact[name, grouping, one]
        for column in ("n", "events"):
            shown = entry[column]
            assert isinstance(shown, str) or (shown >= 10 and shown % 5 == 0 and abs(shown - true[column]) <= 2)
        if min(true["events"], true["n"] - true["events"]) < 10:
            hidden += 1
            assert entry["rate"] is None and entry["ratio"] is None and entry["rest_rate"] is None
            assert "withheld" in entry["sentence"] and not re.search(r"\d+%|\d\.\d", entry["sentence"].split(".")[0])
    assert hidden


def test_no_relation_of_one_table_leaves_one_count_hidden_alone(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Neither a total, nor a broad group with its detailed ones, gives a count away."""
    for step in steps(chain[1]).values():
        for column in ("n", "events"):
            for entries in step["groupings"].values():
                cells = [step["everyone"][column], *(entry[column] for entry in entries)]
                assert sum(isinstance(cell, str) for cell in cells) != 1 or len(entries) == 1
            for wide in step["groupings"]["broad"]:
                inside = [e[column] for e in step["groupings"]["detailed"] if e["broad"] == wide["group"]]
                assert sum(isinstance(cell, str) for cell in (wide[column], *inside)) != 1


def test_cases_that_steps_share_are_shown_alike_in_each(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    shared = [steps(chain[1])[step.name] for step, _ in FROM_POPULATION]
    for name in ("WBRI", "BAFR", "WIRT", "Unknown"):
        shown = {
            str(entry["n"]) for step in shared for entry in step["groupings"]["detailed"] if entry["group"] == name
        }
        assert len(shown) == 1


def test_every_figure_follows_from_counts_as_shown() -> None:
    """Who has the published counts can work each figure out again: it tells nothing more."""
    draw = np.random.default_rng(4)
    codes = np.array(["WBRI", "WIRI", "BAFR", "BCRB", "ABAN", "WROM", "Unknown"], dtype=object)
    codes = draw.choice(codes, 3000, p=[0.4, 0.04, 0.2, 0.15, 0.15, 0.01, 0.05])
    stratum = draw.integers(0, 3, 3000)
    happened = draw.random(3000) < 0.1 * (1 + stratum) * np.where(codes == "BAFR", 1.8, 1.0)
    plain, equal = (compare(Rows(happened, codes, np.arange(3000) // 2, held)) for held in (None, stratum))
    told = [Told(FROM_POPULATION[0][0], "children", plain), Told(AT_EQUAL_NEED[0][0], "families", equal)]
    compared = {False: 0, True: 0}
    for step in steps(published(Chain(told), {}, RULES)).values():
        at_equal = step["held_equal"] is not None
        for entries in step["groupings"].values():
            unknown = [entry for entry in entries if entry["group"] == "Unknown"]
            for entry in entries:
                if entry["rate"] is None:
                    assert entry["ratio"] is None and entry["rest_rate"] is None and entry["expected"] is None
                    continue
                assert entry["rate"]["value"] == round(entry["events"] / entry["n"], 5)
                if entry["rest_rate"] is not None and not [one for one in unknown if isinstance(one["events"], str)]:
                    taken = [entry] if entry["group"] == "Unknown" else [entry, *unknown]
                    n, events = (step["everyone"][of] - sum(one[of] for one in taken) for of in ("n", "events"))
                    assert entry["rest_rate"] == round(events / n, 5)
                if entry["ratio"] is not None:
                    assert entry["expected"] is None or (at_equal and entry["expected"] % 5 == 0)
                    expected = entry["expected"] or entry["n"] * entry["rest_rate"]
                    assert entry["ratio"]["value"] == pytest.approx(entry["events"] / expected, abs=0.02)
                    assert entry["ratio"]["low"] < entry["ratio"]["value"] < entry["ratio"]["high"]
                    compared[at_equal] += 1
    assert min(compared.values()) > 4


def test_shares_of_the_census_follow_from_counts_as_shown(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    (population,) = [link for link in chain[1]["links"] if link["link"] == "population"]
    entries = {entry["group"]: entry for entry in population["groupings"]["detailed"]}
    known = population["children"] - entries["Unknown"]["children"]
    black, chinese = entries["BAFR"], entries["CHNE"]
    assert black["share"]["value"] == round(black["children"] / known, 5)
    assert black["ratio"]["value"] == pytest.approx(black["children"] / known / 0.25, abs=0.006)
    at_most = (black["children"] + entries["Unknown"]["children"]) / population["children"] / 0.25
    assert black["ratio_at_most"] == pytest.approx(at_most, abs=0.006)
    assert chinese["children"] == "<10"
    assert chinese["share"] is None and chinese["ratio"] is None and chinese["ratio_at_most"] is None


def test_what_is_counted_once_is_shown_alike_wherever_it_stands() -> None:
    """Those who have a family are asked whether it is sure: who is withheld in the one table is in the other."""
    codes = np.repeat(np.array(["WBRI", "WIRI", "BAFR", "BCRB"], dtype=object), [300, 40, 200, 30])
    everybody = np.arange(len(codes))
    held = everybody % 3 > 0
    sure = everybody[held] % 5 > 0
    in_a_family = Told(FAMILY_STEPS[IN_A_FAMILY], "children_named", compare(Rows(held, codes, everybody)))
    asked = compare(Rows(sure, codes[held], everybody[held]))
    told = [in_a_family, Told(FAMILY_STEPS[SURE_FAMILY], "children_named", asked, after=IN_A_FAMILY)]
    first, second = (steps(published(Chain(told), {}, RULES))[one.step.name] for one in told)
    assert first["everyone"]["events"] == second["everyone"]["n"]
    for name in ("WBRI", "WIRI", "BAFR", "BCRB"):
        assert group(first, name)["events"] == group(second, name)["n"]
        assert not isinstance(group(first, name)["events"], str)
        # Neither those without a family nor those of an unsure one can be so few that they are told.
        assert group(first, name)["n"] == "withheld" or held[codes == name].sum() <= (codes == name).sum() - 10


def test_a_group_of_whom_few_are_asked_further_is_not_in_the_further_table() -> None:
    """Else its being there would tell that the few are more than none."""
    codes = np.repeat(np.array(["WBRI", "BAFR", "BCRB"], dtype=object), [300, 60, 60])
    everybody = np.arange(len(codes))
    held = (codes == "WBRI") | (everybody >= 419)
    told = [
        Told(FAMILY_STEPS[IN_A_FAMILY], "children_named", compare(Rows(held, codes, everybody))),
        Told(
            *(FAMILY_STEPS[SURE_FAMILY], "children_named"),
            compare(Rows(everybody[held] % 3 > 0, codes[held], everybody[held])),
            after=IN_A_FAMILY,
        ),
    ]
    first, second = (steps(published(Chain(told), {}, RULES))[one.step.name] for one in told)
    assert [group(first, name)["events"] for name in ("BAFR", "BCRB")] == ["<10", "<10"]
    assert {entry["group"] for entry in second["groupings"]["detailed"]} == {"WBRI"}


def test_the_label_is_told_alike_by_either_evidence(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    one, other = (steps(chain[1])[f"{TARGET}_label_at_equal_{needs}"] for needs in ("all_needs", "unprompted_needs"))
    for grouping, entries in one["groupings"].items():
        for entry, same in zip(entries, other["groupings"][grouping], strict=True):
            assert (entry["group"], entry["n"], entry["events"]) == (same["group"], same["n"], same["events"])


def test_small_is_what_policy_says(chain: tuple[dict[str, Any], dict[str, Any]]) -> None:
    rows = Rows(np.arange(300) % 2 == 0, np.repeat(np.array(["WBRI", "BAFR"], dtype=object), [260, 40]), np.arange(300))
    told = [Told(FROM_POPULATION[0][0], "children", compare(rows))]
    strict = published(Chain(told), {}, SmallNumbers(suppress_below=25, round_to=20))
    found = steps(strict)[told[0].step.name]
    assert (strict["suppressed_below"], strict["rounded_to"]) == (25, 20)
    assert group(found, "BAFR")["events"] == "<25" and group(found, "BAFR")["rate"] is None
    assert (chain[1]["suppressed_below"], chain[1]["rounded_to"]) == (10, 5)


def test_where_nothing_happened_the_number_of_cases_is_still_shown() -> None:
    rows = Rows(np.zeros(300, dtype=bool), np.repeat(np.array(["WBRI", "BAFR"], dtype=object), 150), np.arange(300))
    told = [Told(step, "children", compare(rows)) for step, _ in FROM_POPULATION]
    for step in steps(published(Chain(told), {}, RULES)).values():
        assert [entry["n"] for entry in step["groupings"]["broad"]] == [150, 150]
        assert [entry["events"] for entry in step["groupings"]["broad"]] == ["<10", "<10"]


def test_an_end_without_a_bound_is_no_interval() -> None:
    one = Compared(
        "White", 50, 20, 50.0, Range(0.4, 0.3, 0.5), 50, 0, Range(2.0, 1.0, float("inf")), 0.0, Reading.HIGHER, 2.0
    )
    told = Told(FROM_POPULATION[0][0], "children", {Grouping.BROAD: (one,), Grouping.DETAILED: ()})
    for document in (restricted(Chain([told]), {}), published(Chain([told]), {}, RULES)):
        assert group(steps(document)[told.step.name], "White")["ratio"] is None


@pytest.mark.parametrize(("n", "said"), [(400, "lower"), (60, "cannot_tell")])
def test_what_is_said_of_a_hidden_count_is_the_same_whatever_it_is(n: int, said: str) -> None:
    """'Lower' beside 'fewer than 10' would tell how many fewer, were it said of the smallest numbers alone."""
    read = set()
    for events in range(10):
        happened = np.concatenate([np.arange(n) < events, np.arange(1_000) < 300])
        groups = np.repeat(np.array(["BAFR", "WBRI"], dtype=object), [n, 1_000])
        told = [Told(FROM_POPULATION[0][0], "children", compare(Rows(happened, groups, np.arange(n + 1_000))))]
        found = group(steps(published(Chain(told), {}, RULES))[FROM_POPULATION[0][0].name], "Black")
        assert found["events"] == "<10"
        read.add(found["reading"])
    assert read == {said}
    assert (
        said != "cannot_tell"
        or group(steps(restricted(Chain(told), {}))[told[0].step.name], "Black")["reading"] == "lower"
    )


@pytest.mark.parametrize(("children", "said"), [(3_000, "lower"), (200, "cannot_tell")])
def test_who_is_nearly_absent_is_said_to_be_whatever_the_hidden_count(children: int, said: str) -> None:
    read = set()
    for few in range(1, 10):
        found = present({"WBRI": children - few, "BAFR": few}, {"WBRI": 95, "BAFR": 5}, 1.0)[Grouping.BROAD]
        [black] = [one for one in found if one.group == "Black"]
        read.add(presence_as_shown(black, Hidden.SMALL, RULES).value)
    assert read == {said}
