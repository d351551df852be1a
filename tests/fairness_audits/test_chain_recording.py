"""How ethnicity is held by each system, counted; and children beside a census."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from fairness_audits.chain.census import census_counts, present
from fairness_audits.chain.comparing import Reading
from fairness_audits.chain.recording import CONFLICT, HELD, IN_A_FAMILY, RECORDING, STAGE, SURE_FAMILY
from fairness_audits.config import CensusConfig
from fairness_audits.policy import Grouping
from residents.tables import FAMILIES, PEOPLE, PROTECTED, RECORD_PERSON
from sources.codes.ethnicity import ETHNIC_CODES, ONS_GROUPS
from sources.tables import PERSON_RECORDS
from store.run_folder import RunFolder
from store.table import Zone
from tests.support import put_table, run_stage

DAY = dt.date(2025, 1, 1)
Record = tuple[str, str, str | None]
"""System, person, code."""


def recorded(root: Path, records: list[Record], **more: Any) -> dict[tuple[str, str | None, str], tuple[int, int]]:
    """(people, holding) by measure, system and group."""
    run = RunFolder(root)
    keyed = [(source, f"{number:03}", person, code) for number, (source, person, code) in enumerate(records)]
    people = sorted({person for _, person, _ in records} | set(more.get("born", {})))
    put_table(
        run,
        PERSON_RECORDS,
        [
            {"source": source, "file": "a.csv", "record_id": key, "ethnicity": code, "recorded_on": DAY}
            for source, key, _, code in sorted(keyed)
        ],
    )
    put_table(
        run,
        RECORD_PERSON,
        [
            {"source": source, "file": "a.csv", "record_id": key, "person_id": person, "match_probability": 1.0}
            for source, key, person, _ in sorted(keyed)
        ],
    )
    put_table(run, PEOPLE, [{"person_id": person, "dob": more.get("born", {}).get(person)} for person in people])
    codes = more.get("codes", {})
    put_table(
        run,
        PROTECTED,
        [
            {"person_id": person, "analysis_id": person, "ethnicity": codes.get(person), "conflict": False}
            for person in people
        ],
    )
    put_table(run, FAMILIES, more.get("families", []))
    run_stage(STAGE, root)
    table = pq.read_table(run.path(RECORDING))
    found: dict[tuple[str, str | None, str], tuple[int, int]] = {}
    for row in table.to_pylist():
        key = (row["measure"], row["source"], row["ethnicity"])
        people, holding = found.get(key, (0, 0))
        found[key] = (people + row["people"], holding + row["holding"])
    return found


def test_a_persons_group_is_what_other_systems_hold(tmp_path: Path) -> None:
    """Landlord leaves two of three Black African tenants blank; by its own codes it would look complete."""
    found = recorded(
        tmp_path,
        [
            *[("schools", person, "BAFR") for person in "abc"],
            *[("landlord", "a", "BAFR"), ("landlord", "b", None), ("landlord", "c", "REFU")],
            *[("landlord", "d", "WBRI"), ("landlord", "e", None)],
        ],
    )
    assert found[HELD, "landlord", "BAFR"] == (3, 1)
    assert found[HELD, "landlord", "Unknown"] == (2, 1)
    assert found[HELD, "schools", "BAFR"] == (1, 1)
    assert found[HELD, "schools", "Unknown"] == (2, 2)


def test_a_conflict_is_with_most_of_the_other_systems(tmp_path: Path) -> None:
    found = recorded(
        tmp_path,
        [
            *[("schools", "a", "BAFR"), ("landlord", "a", "BAFR"), ("library", "a", "BCRB")],
            *[("schools", "b", "WBRI"), ("library", "b", None), ("landlord", "b", "NOBT")],
        ],
    )
    assert found[CONFLICT, "library", "BAFR"] == (1, 1)
    assert found[CONFLICT, "schools", "BAFR"] == (1, 0)
    assert (CONFLICT, "schools", "WBRI") not in found


def test_of_several_codes_of_one_system_the_commonest_stands(tmp_path: Path) -> None:
    found = recorded(
        tmp_path,
        [*[("schools", "a", code) for code in ("BAFR", "BAFR", "WBRI", None)], ("landlord", "a", "WBRI")],
    )
    assert found[CONFLICT, "landlord", "BAFR"] == (1, 1)
    assert found[HELD, "schools", "WBRI"] == (1, 1)


def test_a_code_nobody_knows_and_hostile_ones_are_not_held(tmp_path: Path) -> None:
    found = recorded(
        tmp_path, [("schools", "a", "=HYPERLINK(1)"), ("landlord", "a", "<script>"), ("landlord", "b", "")]
    )
    assert {key[2] for key in found} == {"Unknown"}
    assert found[HELD, "landlord", "Unknown"] == (2, 0)


def test_children_in_a_family_and_how_surely(tmp_path: Path) -> None:
    def member(person: str, confidence: float, end: dt.date | None = None) -> dict[str, Any]:
        begins = {"family_id": "f", "person_id": person, "role": "child", "from_date": DAY, "recorded_on": DAY}
        return {**begins, "to_date": end, "confidence": confidence, "basis": "home"}

    child, grown = dt.date(2015, 5, 5), dt.date(2000, 5, 5)
    found = recorded(
        tmp_path,
        [],
        born={"a": child, "b": child, "c": child, "left": child, "grown": grown, "undated": None},
        codes={"a": "BAFR", "b": "BAFR", "c": "WBRI", "left": None, "grown": "WBRI"},
        families=[
            member("a", 0.95),
            member("b", 0.7),
            member("grown", 0.95),
            member("left", 0.95, dt.date(2025, 6, 1)),
        ],
    )
    assert found[IN_A_FAMILY, None, "BAFR"] == (2, 2)
    assert found[SURE_FAMILY, None, "BAFR"] == (2, 1)
    assert found[IN_A_FAMILY, None, "WBRI"] == (1, 0)
    assert found[IN_A_FAMILY, None, "Unknown"] == (1, 0)
    assert (SURE_FAMILY, None, "WBRI") not in found


def test_children_and_adults_are_counted_apart(tmp_path: Path) -> None:
    """Who asks adults alone holds less of a group that is mostly children, and is not to be told so."""
    born = {"a": dt.date(2015, 5, 5), "b": dt.date(1980, 5, 5), "c": None}
    recorded(tmp_path, [("landlord", person, None) for person in "abc"], born=born)
    rows = pq.read_table(RunFolder(tmp_path).path(RECORDING)).to_pylist()
    held = {row["age"]: row["people"] for row in rows if row["measure"] == HELD}
    assert held == {"adult": 1, "child": 1, "unknown": 1}


def test_the_counts_stay_in_the_protected_zone_and_name_nobody(tmp_path: Path) -> None:
    recorded(tmp_path, [("schools", "somebody", "BAFR")])
    assert RECORDING.zone is Zone.PROTECTED and [table.name for table in STAGE.writes] == ["recording"]
    assert b"somebody" not in RunFolder(tmp_path).path(RECORDING).read_bytes()


# --- the census ------------------------------------------------------------------------------------------


def by_group(found: Any, grouping: Grouping) -> dict[str, Any]:
    return {one.group: one for one in found[grouping]}


def test_a_group_that_is_absent_reads_lower_and_unknown_is_told_apart() -> None:
    now = {"WBRI": 900, "BAFR": 100, "Unknown": 50}
    found = by_group(present(now, {"WBRI": 750, "BAFR": 250}, 1.0), Grouping.BROAD)
    assert found["Black"].share.value == pytest.approx(0.1)
    assert found["Black"].ratio.value == pytest.approx(0.4) and found["Black"].reading is Reading.LOWER
    assert found["Black"].at_most == pytest.approx(150 / 1050 / 0.25)
    assert found["White"].reading is Reading.HIGHER
    assert found["Unknown"].share.value == pytest.approx(50 / 1050) and found["Unknown"].ratio is None


def test_a_group_nobody_of_whom_is_in_the_data_is_told() -> None:
    found = by_group(present({"WBRI": 1000}, {"WBRI": 900, "CHNE": 100}, 1.0), Grouping.DETAILED)
    assert (found["CHNE"].children, found["CHNE"].reading) == (0, Reading.LOWER)


def test_brothers_and_sisters_count_for_less() -> None:
    now, census = {"WBRI": 230, "BAFR": 70}, {"WBRI": 700, "BAFR": 300}
    alone = by_group(present(now, census, 1.0), Grouping.BROAD)["Black"]
    crowded = by_group(present(now, census, 0.3), Grouping.BROAD)["Black"]
    assert alone.ratio.value == crowded.ratio.value
    assert alone.reading is Reading.LOWER and crowded.reading is Reading.CANNOT_TELL


def test_all_children_unknown_can_be_told_nothing() -> None:
    found = by_group(present({"Unknown": 40}, {"White": 10}, 1.0), Grouping.BROAD)
    assert {one.reading for one in found.values()} == {Reading.CANNOT_TELL}


def test_names_of_the_census_fall_into_the_audits_groups() -> None:
    names = {name: 10 for names in ONS_GROUPS.values() for name in names}
    given = census_counts(names)
    assert sum(given[Grouping.BROAD].values()) == 190
    assert given[Grouping.BROAD]["Gypsy/Roma or Irish Traveller"] == 20 and given[Grouping.BROAD]["Asian"] == 50
    assert given[Grouping.DETAILED]["OOTH"] == 20 and given[Grouping.DETAILED]["CHNE"] == 10
    # One name of the census may be of either code.
    assert not {"WROM", "WIRT"} & set(given[Grouping.DETAILED])


def test_codes_are_told_apart_and_broad_groups_are_not() -> None:
    codes = {entry.code: 3 for entry in ETHNIC_CODES}
    assert census_counts(codes)[Grouping.DETAILED] == codes
    assert census_counts({"White": 5, "Black": 7}) == {Grouping.BROAD: {"White": 5, "Black": 7}, Grouping.DETAILED: {}}


@pytest.mark.parametrize("children", [{"Martian": 3}, {"White": -1}, {"White": 0}, {"Unknown": 5}])
def test_a_census_that_cannot_be_is_refused(children: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        CensusConfig(children=children)
