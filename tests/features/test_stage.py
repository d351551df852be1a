"""The stage on a run folder: what it writes, for whom, in which order, and the same bytes every time."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from features.config import FeaturesConfig
from features.milestones import milestones as found_steps
from features.periods import EPOCH
from features.reading import feature_rows
from features.stage import STAGE
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from store.council import RunSettings
from store.files import file_hash
from store.run_folder import RunFolder
from tests.features.dense import SEEDS, dense
from tests.features.engines import put_tables, rows_of, world_of
from tests.features.histories import AS_OFS
from tests.features.test_engine_against_reference import drawn, side_by_side
from tests.features.test_time_travel import without_the_future
from tests.support import run_stage

Row = dict[str, Any]
OUTPUTS = (
    *("families.parquet", "children.parquet", "members.parquet", "milestones.parquet"),
    *("catalogue.json", "coverage.json"),
)
DATES = FeaturesConfig(as_of=AS_OFS)


def borough() -> dict[str, list[Row]]:
    tables = side_by_side([dense(SEEDS[0]), *drawn(3)])
    people = [{"kind": "person", "id": r["person_id"], "pseudonym": f"x{r['person_id']}"} for r in tables["people"]]
    ids = sorted({row["family_id"] for row in tables["families"]})
    tables["pseudonyms"] = people + [{"kind": "family", "id": name, "pseudonym": f"y{name}"} for name in ids]
    return tables


def run(root: Path, tables: dict[str, list[Row]], threads: int = 2) -> RunFolder:
    put_tables(root, tables)
    return run_stage(STAGE, root, DATES, settings=RunSettings(threads=threads))


def rows(folder: RunFolder, name: str) -> list[Row]:
    return pq.read_table(folder.root / "features" / f"{name}.parquet").to_pylist()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run(tmp_path_factory.mktemp("run"), borough())


def test_it_writes_pseudonyms_only_in_the_declared_order(finished: RunFolder) -> None:
    families, children, members = (rows(finished, name) for name in ("families", "children", "members"))
    assert families and children and members
    assert all(row["family_id"].startswith("y") for row in [*families, *children, *members])
    assert all(row["person_id"].startswith("x") for row in [*children, *members, *rows(finished, "milestones")])
    keys = [(row["as_of"], row["person_id"], row["family_id"]) for row in children]
    assert keys == sorted(set(keys))
    assert [(r["as_of"], r["family_id"]) for r in families] == sorted({(r["as_of"], r["family_id"]) for r in families})
    assert {row["as_of"] for row in families} <= set(AS_OFS)


def test_as_read_every_child_has_its_familys_features_after_its_own(finished: RunFolder) -> None:
    families = {(row["as_of"], row["family_id"]): row for row in rows(finished, "families")}
    with duckdb.connect() as connection:
        found = feature_rows(connection, CHILD_FEATURES, finished.path).to_arrow_table().to_pylist()
    beside = []
    for child in rows(finished, "children"):
        family = families[child["as_of"], child["family_id"]]
        theirs = {f"family_{name}": value for name, value in family.items() if name not in ("family_id", "as_of")}
        assert theirs.keys().isdisjoint(child)
        beside.append(list((child | theirs).items()))
    assert sorted(repr(list(row.items())) for row in found) == sorted(map(repr, beside))


def test_as_read_a_familys_row_is_as_it_was_written(finished: RunFolder) -> None:
    with duckdb.connect() as connection:
        found = feature_rows(connection, FAMILY_FEATURES, finished.path).to_arrow_table().to_pylist()
    assert sorted(map(repr, found)) == sorted(map(repr, rows(finished, "families")))


def test_the_catalogue_lists_exactly_the_columns_that_were_written(finished: RunFolder) -> None:
    catalogue = json.loads((finished.root / "features" / "catalogue.json").read_text(encoding="utf-8"))
    for table, keys in (("families", 2), ("children", 3)):
        schema = pq.read_schema(finished.root / "features" / f"{table}.parquet")
        level = {"families": "family", "children": "child"}[table]
        assert [entry["columns"][table] for entry in catalogue if entry["level"] == level] == schema.names[keys:]
    with duckdb.connect() as connection:
        known = feature_rows(connection, CHILD_FEATURES, finished.path).columns
    assert {entry["columns"]["children"] for entry in catalogue} == set(known) - {"person_id", "family_id", "as_of"}
    wanted = {"name", "label", "source", "level", "windows", "null_rule", "direction", "caveats", "subject", "sentence"}
    assert all(wanted <= entry.keys() for entry in catalogue)
    assert all(entry["source"] for entry in catalogue)


def test_the_same_inputs_give_the_same_bytes_on_one_thread(finished: RunFolder, tmp_path: Path) -> None:
    again = run(tmp_path, borough(), threads=1)
    for name in OUTPUTS:
        assert file_hash(finished.root / "features" / name) == file_hash(again.root / "features" / name), name


def test_rows_at_an_as_of_date_stand_when_all_that_was_recorded_later_is_deleted(
    finished: RunFolder, tmp_path: Path
) -> None:
    past = run(tmp_path, without_the_future(borough(), AS_OFS[1]))
    for name in ("families", "children", "members"):
        then = [row for row in rows(finished, name) if row["as_of"] == AS_OFS[1]]
        now = [row for row in rows(past, name) if row["as_of"] == AS_OFS[1]]
        assert then
        # A table of which nothing was recorded yet is a missing source: its features say nothing, and are left out.
        left_out = then[0].keys() - now[0].keys()
        assert all(row[column] in (None, 0.0) for row in then for column in left_out if not column.endswith("_unknown"))
        assert [{column: row[column] for column in row if column not in left_out} for row in then] == now


def test_a_borough_of_nobody_gives_empty_tables(tmp_path: Path) -> None:
    empty = run(tmp_path, {})
    for name in ("families", "children", "members", "milestones"):
        assert rows(empty, name) == []
    coverage = json.loads((empty.root / "features" / "coverage.json").read_text(encoding="utf-8"))
    assert "attendance" in coverage["absent_sources"]
    assert "absence_rate_182" in coverage["left_out"]
    assert "children" not in coverage["left_out"]


def test_a_council_without_a_source_goes_on_without_its_features(tmp_path: Path) -> None:
    tables = borough()
    tables["attendance"] = []
    without = run(tmp_path, tables)
    names = pq.read_schema(without.root / "features" / "families.parquet").names
    assert "absence_rate_182_max" not in names
    assert "need_education" in names
    assert "needs_count" in names


MILESTONE_TABLES: dict[str, list[Row]] = {
    "people": [{"person_id": f"p{i}", "dob": dt.date(2010, 1, 1)} for i in range(4)],
    "families": [],
    "pseudonyms": [{"kind": "person", "id": f"p{i}", "pseudonym": f"x{i}"} for i in range(4)],
    "record_person": [
        {"source": "s", "file": "f", "record_id": f"k{i}", "person_id": f"p{i}", "match_probability": 1.0}
        for i in range(4)
    ],
}


def with_keys(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    named = {name: [{"source": "s", "file": "f", **row} for row in table] for name, table in tables.items()}
    return {**MILESTONE_TABLES, **named}


def milestones(tmp_path: Path, **tables: list[Row]) -> list[tuple[Any, ...]]:
    """The steps alone, as the stage writes them: a whole stage for each case takes long."""
    world = world_of("duckdb", tmp_path, with_keys(tables), AS_OFS)
    steps = rows_of(found_steps(world).join(world.people.select("person", "person_id"), on="person"))
    return sorted((f"x{row['person_id'][1:]}", row["kind"], *(_day(row[name]) for name in _STEP_DAYS)) for row in steps)


_STEP_DAYS = ("event_date", "recorded_on", "to_date", "end_recorded_on")


def _day(number: int | None) -> dt.date | None:
    return None if number is None else EPOCH + dt.timedelta(number)


D = dt.date


def test_contacts_and_referrals(tmp_path: Path) -> None:
    when = {"event_date": D(2024, 1, 1), "recorded_on": D(2024, 1, 5)}
    found = milestones(
        tmp_path,
        contacts=[
            {"record_id": "k0", **when, "outcome": "referral"},
            {"record_id": "k1", **when, "outcome": "no_further_action"},
        ],
    )
    dates = (D(2024, 1, 1), D(2024, 1, 5), None, None)
    assert found == [("x0", "contact", *dates), ("x0", "referral", *dates), ("x1", "contact", *dates)]


def test_steps_are_written_by_pseudonym_in_their_order_with_their_days(tmp_path: Path) -> None:
    when = {"event_date": D(2024, 1, 1), "recorded_on": D(2024, 1, 2)}
    ended = {"to_date": D(2024, 5, 1), "end_recorded_on": D(2024, 5, 9)}
    tables = {
        "service_episodes": [{"record_id": "k1", **when, **ended, "service": "cp"}],
        "contacts": [{"record_id": f"k{place}", **when, "outcome": "referral"} for place in (3, 0)],
    }
    done = run(tmp_path, with_keys(tables))
    assert [tuple(row.values()) for row in rows(done, "milestones")] == [
        *(("x0", kind, *when.values(), None, None) for kind in ("contact", "referral")),
        ("x1", "cp", *when.values(), *ended.values()),
        *(("x3", kind, *when.values(), None, None) for kind in ("contact", "referral")),
    ]


def test_an_assessment_is_a_step_from_its_end_and_7a_is_not_17a(tmp_path: Path) -> None:
    when = {"event_date": D(2024, 1, 1), "recorded_on": D(2024, 1, 2)}
    found = milestones(
        tmp_path,
        assessments=[
            {"record_id": "k0", **when, "to_date": D(2024, 2, 1), "outcome": "cin", "factors": ["17A"]},
            {"record_id": "k1", **when, "to_date": D(2024, 2, 1), "outcome": "no_further_action", "factors": ["7A"]},
            {"record_id": "k2", **when, "outcome": "cin", "factors": ["7A"]},
            {"record_id": "k3", **when, "to_date": D(2024, 2, 1), "outcome": "early_help", "factors": None},
        ],
    )
    ended = (D(2024, 2, 1), D(2024, 2, 1), None, None)
    assert found == [
        *(("x0", kind, *ended) for kind in ("assessed", "assessment_need", "need_assessed")),
        *(("x1", kind, *ended) for kind in ("assessed", "young_carer_identified")),
        *(("x3", kind, *ended) for kind in ("assessed", "need_assessed")),
    ]


def test_need_is_assessed_when_help_follows_and_some_concern_was_named_or_none_was_ruled_out(tmp_path: Path) -> None:
    when = {"event_date": D(2024, 1, 1), "recorded_on": D(2024, 1, 2), "to_date": D(2024, 2, 1)}
    ended_late = {**when, "recorded_on": D(2024, 3, 1)}
    found = milestones(
        tmp_path,
        assessments=[
            {"record_id": "k0", **when, "outcome": "early_help", "factors": ["21"]},
            {"record_id": "k1", **when, "outcome": "no_further_action", "factors": ["3B", "4B", "2B"]},
            {"record_id": "k2", **when, "outcome": None, "factors": None},
            {"record_id": "k3", **ended_late, "outcome": "early_help", "factors": ["3B"]},
        ],
    )
    assert [row[:2] for row in found] == [
        *((person, "assessed") for person in ("x0", "x1", "x2", "x3")),
        ("x3", "need_assessed"),
    ]
    assert {row[3] for row in found if row[0] == "x3"} == {D(2024, 3, 1)}


def test_scores_at_the_opening_of_early_help_assess_those_whom_the_case_names(tmp_path: Path) -> None:
    def case(name: str) -> Row:
        return {"group_type": "case_family", "group_id": name}

    def score(name: str, domain: str, number: int, stage: str = "opening", known: int = 3) -> Row:
        when = {"event_date": D(2024, 1, 2), "recorded_on": D(2024, 1, known)}
        return {**case(name), **when, "stage": stage, "domain": domain, "score": number}

    found = milestones(
        tmp_path,
        group_members=[
            {**case("two high"), "record_id": "k0", "recorded_on": D(2020, 1, 1)},
            {**case("one high"), "record_id": "k1", "recorded_on": D(2020, 1, 1)},
            {**case("at review"), "record_id": "k2", "recorded_on": D(2020, 1, 1)},
        ],
        outcome_scores=[
            *(score("two high", "school", 6), score("two high", "money", 9, known=20), score("two high", "safety", 1)),
            *(score("one high", "school", 6), score("one high", "money", 5)),
            *(score("at review", "school", 9, "review"), score("at review", "money", 9, "review")),
        ],
    )
    known = (D(2024, 1, 2), D(2024, 1, 20), None, None)
    assert found == [
        ("x0", "assessed", *known),
        ("x0", "need_assessed", *known),
        ("x1", "assessed", D(2024, 1, 2), D(2024, 1, 3), None, None),
    ]


def test_spells_carry_their_end_and_when_it_was_known(tmp_path: Path) -> None:
    when = {"event_date": D(2024, 1, 1), "recorded_on": D(2024, 1, 2)}
    found = milestones(
        tmp_path,
        service_episodes=[
            {"record_id": "k0", **when, "to_date": D(2024, 5, 1), "end_recorded_on": D(2024, 5, 9), "service": "cp"},
            {"record_id": "k1", **when, "to_date": D(2024, 5, 1), "service": "cin"},
            {"record_id": "k2", **when, "service": "lac"},
        ],
    )
    began = (D(2024, 1, 1), D(2024, 1, 2))
    assert found == [
        ("x0", "cp", *began, D(2024, 5, 1), D(2024, 5, 9)),
        ("x1", "cin", *began, D(2024, 5, 1), D(2024, 5, 1)),
        ("x2", "lac", *began, None, None),
    ]


def test_a_groups_step_is_a_step_of_those_who_were_in_it_then(tmp_path: Path) -> None:
    tenancy = {"group_type": "tenancy", "group_id": "g"}
    members = [
        {**tenancy, "record_id": "k0", "recorded_on": D(2020, 1, 1)},
        {**tenancy, "record_id": "k1", "to_date": D(2023, 12, 31), "recorded_on": D(2020, 1, 1)},
        {**tenancy, "record_id": "k2", "from_date": D(2024, 6, 2), "recorded_on": D(2024, 6, 2)},
        {**tenancy, "record_id": "k3", "from_date": D(2024, 1, 1), "recorded_on": D(2024, 9, 1)},
    ]
    when = {"event_date": D(2024, 6, 1), "recorded_on": D(2024, 6, 3)}
    found = milestones(
        tmp_path,
        group_members=members,
        arrears_actions=[{**tenancy, **when, "action": "court_date"}, {**tenancy, **when, "action": "letter"}],
    )
    assert found == [
        ("x0", "eviction_action", D(2024, 6, 1), D(2024, 6, 3), None, None),
        ("x3", "eviction_action", D(2024, 6, 1), D(2024, 9, 1), None, None),
    ]


def test_each_adult_named_in_an_incident_of_high_risk_has_the_step_once(tmp_path: Path) -> None:
    when = {"event_date": D(2024, 6, 1), "recorded_on": D(2024, 6, 3), "incident_id": "i"}
    found = milestones(
        tmp_path,
        domestic_incidents=[
            {"record_id": "k0", **when, "risk": "high"},
            {"record_id": "k0", **when, "risk": "high"},
            {"record_id": "k1", **when, "risk": "high"},
            {"record_id": "k2", **when, "risk": "medium"},
        ],
    )
    dates = (D(2024, 6, 1), D(2024, 6, 3), None, None)
    assert found == [("x0", "domestic_high_risk", *dates), ("x1", "domestic_high_risk", *dates)]
