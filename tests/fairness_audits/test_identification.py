"""One weight a child and nothing else, only where policy says so; and the models stage never opens protected."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from early_help.stages import STAGES
from fairness_audits.config import AuditConfig
from fairness_audits.identification import LEAST, LIKE_EVERYBODY, MOST, STAGE
from features.tables import CHILD_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES
from models.stage import STAGE as MODELS
from models.tables import IDENTIFICATION_WEIGHTS
from residents.tables import PROTECTED
from store.council import RunSettings
from store.run_folder import RunFolder
from store.table import Zone
from store.workspace import NotDeclared, Workspace
from tests.support import COUNCIL, KEYS, SilentProgress, put_table, run_stage

Row = dict[str, Any]
AS_OFS = (dt.date(2025, 3, 31), dt.date(2025, 6, 30))
ON = AuditConfig(ethnicity_informs_identification=True)
CODES = ("WBRI", "BAFR", "AIND", "REFU", None)


def borough(children: int = 1500, seed: int = 3) -> dict[Any, list[Row]]:
    """Black African children are identified a third as often as others, at every count of signs."""
    draw = np.random.default_rng(seed)
    tables: dict[Any, list[Row]] = {
        table: [] for table in (MEMBERS, MILESTONES, SCHOOLMATES, PROTECTED, CHILD_FEATURES)
    }
    for number in range(children):
        child, code = f"c{number:04d}", CODES[int(draw.choice(5, p=(0.5, 0.3, 0.1, 0.05, 0.05)))]
        signs, age, marks = int(draw.integers(0, 6)), int(draw.integers(3, 19)), int(draw.integers(0, 3))
        tables[PROTECTED].append({"person_id": f"P{child}", "analysis_id": child, "ethnicity": code, "conflict": False})
        if draw.random() < 0.05 * (signs + 1) * (0.33 if code == "BAFR" else 1.0):
            event = dt.date(2024, 6, 1) + dt.timedelta(int(draw.integers(0, 420)))
            known = event + dt.timedelta(int(draw.choice((0, 9, 60))))
            tables[MILESTONES].append(
                {"person_id": child, "kind": "young_carer_identified", "event_date": event, "recorded_on": known}
            )
        for place, as_of in enumerate(AS_OFS):
            home = {"as_of": as_of, "family_id": f"f{number // 2}", "person_id": child}
            tables[MEMBERS].append({**home, "role": "child", "age_years": age})
            if number % 9 == 0:
                tables[MEMBERS].append({**home, "family_id": "f_other", "role": "child", "age_years": age})
            tables[CHILD_FEATURES].append({**home, "caring_signs": float(max(0, signs - place))})
            if marks < 2:
                mates = {"schoolmates": 100, "identified": marks, "marked": 3 * marks}
                tables[SCHOOLMATES].append({"as_of": as_of, "person_id": child, **mates})
    return tables


def run(root: Path, tables: dict[Any, list[Row]], config: AuditConfig = ON, threads: int = 2) -> RunFolder:
    folder = RunFolder(root)
    for table, rows in tables.items():
        put_table(folder, table, rows)
    return run_stage(STAGE, root, config, settings=RunSettings(threads=threads))


def plain(tables: dict[Any, list[Row]]) -> dict[tuple[dt.date, str], float]:
    """One child at a time, then one group at a time."""
    group = {row["analysis_id"]: row["ethnicity"] for row in tables[PROTECTED]}
    group = {
        child: {"WBRI": "White British", "BAFR": "Black", "AIND": "Asian"}.get(code) for child, code in group.items()
    }
    found: dict[tuple[dt.date, str], float] = {}
    for as_of in AS_OFS:
        young = {r["person_id"] for r in tables[MEMBERS] if r["as_of"] == as_of and 5 <= r["age_years"] <= 17}
        age = {r["person_id"]: r["age_years"] for r in tables[MEMBERS]}
        signs = {r["person_id"]: min(3, r["caring_signs"]) for r in tables[CHILD_FEATURES] if r["as_of"] == as_of}
        marks = {r["person_id"]: r["marked"] > 0 for r in tables[SCHOOLMATES] if r["as_of"] == as_of}
        known = {r["person_id"] for r in tables[MILESTONES] if r["event_date"] < as_of and r["recorded_on"] < as_of}
        stratum = {child: (signs[child], age[child] >= 11, marks.get(child)) for child in young}
        for name in {group[child] for child in young}:
            mine = [child for child in young if group[child] == name]
            expected = 0.0
            for child in mine:
                alike = [other for other in young if stratum[other] == stratum[child]]
                expected += sum(other in known for other in alike) / len(alike)
            was = sum(child in known for child in mine)
            ratio = (was + LIKE_EVERYBODY) / (expected + LIKE_EVERYBODY)
            found |= {(as_of, child): round(min(MOST, max(LEAST, ratio)), 1) for child in mine}
    return found


def handed_over(folder: RunFolder) -> list[Row]:
    return pq.read_table(folder.path(IDENTIFICATION_WEIGHTS)).to_pylist()


def test_each_child_has_the_weight_of_its_group_and_nothing_else(tmp_path: Path) -> None:
    tables = borough(500)
    rows = handed_over(run(tmp_path, tables))
    assert {tuple(row) for row in rows} == {("as_of", "person_id", "weight")}
    found = {(row["as_of"], row["person_id"]): row["weight"] for row in rows}
    assert len(found) == len(rows)
    assert found == pytest.approx(plain(tables))
    assert [(row["as_of"], row["person_id"]) for row in rows] == sorted(found)


def test_a_group_that_is_seldom_noticed_has_a_low_weight(tmp_path: Path) -> None:
    tables = borough()
    code = {row["analysis_id"]: row["ethnicity"] for row in tables[PROTECTED]}
    newest = [row for row in handed_over(run(tmp_path, tables)) if row["as_of"] == AS_OFS[1]]
    of_group = {name: {r["weight"] for r in newest if code[r["person_id"]] == name} for name in ("BAFR", "WBRI")}
    assert len(of_group["BAFR"]) == len(of_group["WBRI"]) == 1
    assert max(of_group["BAFR"]) < 0.7
    assert min(of_group["WBRI"]) > 1.0


def test_weights_are_of_what_was_known_then(tmp_path: Path) -> None:
    tables = borough(400)
    past = {**tables, MILESTONES: [row for row in tables[MILESTONES] if row["recorded_on"] < AS_OFS[0]]}
    before, after = (
        [row for row in handed_over(run(tmp_path / name, one)) if row["as_of"] == AS_OFS[0]]
        for name, one in (("all", tables), ("past", past))
    )
    assert before == after


def test_the_same_bytes_on_one_thread(tmp_path: Path) -> None:
    one, two = (run(tmp_path / str(threads), borough(300), threads=threads) for threads in (1, 2))
    assert one.path(IDENTIFICATION_WEIGHTS).read_bytes() == two.path(IDENTIFICATION_WEIGHTS).read_bytes()


def test_off_by_default_nothing_is_handed_over_and_protected_is_not_opened(tmp_path: Path) -> None:
    assert AuditConfig() == AuditConfig(ethnicity_informs_identification=False)
    folder = run(tmp_path, {}, AuditConfig())
    assert not folder.path(PROTECTED).exists()
    assert handed_over(folder) == []


def test_without_children_signs_or_schools_it_goes_on(tmp_path: Path) -> None:
    tables = borough(200)
    bare = {**tables, SCHOOLMATES: [], MILESTONES: []}
    bare[CHILD_FEATURES] = [{k: v for k, v in row.items() if k != "caring_signs"} for row in tables[CHILD_FEATURES]]
    assert {row["weight"] for row in handed_over(run(tmp_path / "bare", bare))} == {1.0}
    nobody: dict[Any, list[Row]] = {table: [] for table in tables}
    assert handed_over(run(tmp_path / "nobody", nobody)) == []


def test_the_models_stage_cannot_open_protected(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    put_table(folder, PROTECTED, [])
    work = Workspace(folder, MODELS, COUNCIL, RunSettings(), {}, SilentProgress(), KEYS)
    for opened in (work.path, work.read):
        with pytest.raises(NotDeclared, match="protected"):
            opened(PROTECTED)
    assert IDENTIFICATION_WEIGHTS in MODELS.reads


def test_protected_is_declared_by_the_audits_room_alone_after_the_residents_made_it() -> None:
    readers = {stage.name: stage.room for stage in STAGES if PROTECTED in stage.reads}
    assert set(readers.values()) == {"fairness_audits"}
    assert set(readers) == {"identification", "audits", "recording", "chain", "proxies"}
    protected = [table for stage in STAGES if stage.room == "models" for table in stage.reads]
    assert all(table.zone is Zone.ANALYSIS for table in protected)
    order = [stage.name for stage in STAGES]
    assert order.index("features") < order.index("identification") < order.index("models")
