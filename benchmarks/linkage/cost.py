"""What matching costs: the whole stage beside bare Splink with connected components, in one go on one set of records.

The records are whole families of the synthetic borough, drawn until they hold the number of records asked for. Each
side runs in a process of its own on two threads and is measured by the operating system.

Bare Splink is given the same identity versions, already cleaned, and the same settings, already learnt; it reads
them, brings pairs together by the same blocking, predicts, and joins by connected components at the same threshold.
A second time it learns its settings first, by the stage's own code.
The stage does that too, and besides it reads and cleans the records, finds addresses, learns, keeps conflicting
records apart, and makes people, residences, families, pseudonyms and the quality document, and writes them all. The
ratio of the two as wholes stands beside that of the steps both have: blocking, scoring and joining.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.jobs import Cost
from benchmarks.linkage.bare import as_people
from benchmarks.linkage.borough import Borough, judge_people, match
from benchmarks.linkage.jobs import run_job
from benchmarks.linkage.scores import Score
from residents.tables import RECORD_PERSON
from sources.tables import ADDRESSES, GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS
from store.run_folder import RunFolder

# Families in an order that hangs on their name only; records of nobody known go with the first family.
_DRAWN = """
CREATE TABLE drawn AS
WITH
keyed AS (
    SELECT coalesce(x.family, '') AS family, count(DISTINCT (p.source, p.subject_id)) AS keys
    FROM person_records AS p LEFT JOIN true_record_person AS t USING (source, file, record_id)
    LEFT JOIN true_persons AS x USING (person) GROUP BY ALL
),
running AS (SELECT *, sum(keys) OVER (ORDER BY family <> '', md5(family)) AS so_far FROM keyed)
SELECT family FROM running WHERE so_far - keys < $keys
"""
_RECORDS = """
CREATE TABLE kept AS
SELECT p.* FROM person_records AS p LEFT JOIN true_record_person AS t USING (source, file, record_id)
LEFT JOIN true_persons AS x USING (person)
WHERE coalesce(x.family, '') IN (FROM drawn)
ORDER BY p.source, p.file, p.record_id
"""
_KEPT_KEYS = """
CREATE TABLE kept_keys AS
SELECT source, record_id AS key FROM kept UNION SELECT source, subject_id FROM kept
"""
_GROUPS = """
SELECT g.* FROM group_members AS g JOIN kept_keys AS k ON g.source = k.source AND g.record_id = k.key
ORDER BY g.source, g.file, g.group_type, g.group_id, g.record_id
"""
_RELATIONS = """
SELECT r.* FROM relationships AS r
JOIN kept_keys AS a ON r.source = a.source AND r.record_id_a = a.key
JOIN kept_keys AS b ON r.source = b.source AND r.record_id_b = b.key
ORDER BY r.source, r.file, r.record_id_a, r.record_id_b
"""
_SHARED = ("make_pairs", "score_on", "join_versions")
# The truth about those drawn, so that nobody left out counts as missed.
_TRUTHS = {
    "persons": "SELECT * FROM true_persons WHERE family IN (FROM drawn) ORDER BY person",
    "record_person": "SELECT t.* FROM true_record_person AS t JOIN true_persons AS x USING (person) "
    "WHERE x.family IN (FROM drawn) ORDER BY t.source, t.file, t.record_id",
    "family_members": "SELECT m.* FROM true_family_members AS m JOIN true_persons AS x USING (person) "
    "WHERE x.family IN (FROM drawn) ORDER BY m.family, m.person, m.from_date",
}


@dataclass(frozen=True)
class Compared:
    """One comparison. ``steps`` are the stage's, in order: wall and processor seconds."""

    rows: int
    keys: int
    versions: int
    stage: Cost
    steps: dict[str, tuple[float, float]]
    bare: Cost
    bare_learning: Cost
    ours: Score
    connected: Score

    def shared_steps(self) -> tuple[float, float]:
        """Wall and processor seconds of blocking, scoring and joining: what bare Splink does too."""
        counted = [self.steps[name] for name in _SHARED]
        return sum(wall for wall, _ in counted), sum(cpu for _, cpu in counted)

    def joining_steps(self) -> tuple[float, float]:
        """Wall and processor seconds of the stage from versions to people, without learning."""
        return joining_steps(self.steps)


@dataclass(frozen=True)
class NewQuarter:
    """A run on all of the records with the index of a run that lacked the newest of them."""

    known: int
    new: int
    cost: Cost
    joining: tuple[float, float]
    kept: float
    """Share of the earlier people's ids that the new run still has."""
    score: Score
    afresh: Score


def joining_steps(steps: dict[str, tuple[float, float]]) -> tuple[float, float]:
    """Wall and processor seconds of a stage's steps from versions to people, without learning."""
    names = list(steps)
    between = names[names.index("settle") : names.index("make_people")]
    counted = [steps[name] for name in between if not name.startswith("_") and name != "fit"]
    return sum(wall for wall, _ in counted), sum(cpu for _, cpu in counted)


def draw(borough: Borough, folder: Path, keys: int) -> Borough:
    """A smaller borough of whole families with about ``keys`` records by system key, in a folder of its own."""
    run = RunFolder(folder)
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("SET enable_progress_bar = false")
        for name in ("record_person", "persons"):
            con.read_parquet(str(borough.truth / f"{name}.parquet")).create(f"true_{name}")
        for table in (PERSON_RECORDS, GROUP_MEMBERS, RELATIONSHIPS, ADDRESSES):
            con.read_parquet(str(borough.tables.path(table))).create(table.name)
            run.path(table).parent.mkdir(parents=True, exist_ok=True)
        con.execute(_DRAWN, {"keys": keys})
        con.execute(_RECORDS)
        con.execute(_KEPT_KEYS)
        for table, rows in (
            (PERSON_RECORDS, "FROM kept"),
            (GROUP_MEMBERS, _GROUPS),
            (RELATIONSHIPS, _RELATIONS),
            (ADDRESSES, "FROM addresses"),
        ):
            con.sql(rows).write_parquet(str(run.path(table)))
        truth = folder / "truth"
        truth.mkdir()
        con.read_parquet(str(borough.truth / "family_members.parquet")).create("true_family_members")
        for name, rows in _TRUTHS.items():
            con.sql(rows).write_parquet(str(truth / f"{name}.parquet"))
    return Borough(borough.council, run, truth)


def compare(borough: Borough, folder: Path) -> Compared:
    """Run the stage and bare Splink on the borough, one after the other."""
    run, stage = match(borough, folder / "stage")
    bare_folder = folder / "bare"
    bare_folder.mkdir()
    council = borough.council.model_dump(mode="json")
    run_job("prepare", run=str(run.root), out=str(bare_folder), council=council)
    bare_learning = run_job("bare", out=str(bare_folder), learning=True)
    bare = run_job("bare", out=str(bare_folder), learning=False)
    rows, keys, versions = _sizes(borough, bare_folder)
    return Compared(
        rows,
        keys,
        versions,
        stage,
        _steps(run),
        bare,
        bare_learning,
        judge_people(borough, run),
        judge_people(borough, run, as_people(bare_folder)),
    )


def new_quarter(borough: Borough, folder: Path, known: int, new: int) -> NewQuarter:
    """Match ``new`` records against an index of ``known``, and all of them afresh."""
    whole = draw(borough, folder / "whole", known + new)
    before, _ = match(draw(borough, folder / "known", known), folder / "before")
    after, cost = match(whole, folder / "after", None, before.root)
    afresh, _ = match(whole, folder / "afresh")
    with duckdb.connect() as con:
        for name, run in (("earlier", before), ("later", after)):
            con.read_parquet(str(run.path(RECORD_PERSON))).create(name)
        held, all_ids = con.sql(_KEPT_IDS).fetchall()[0]
        con.read_parquet(str(whole.tables.path(PERSON_RECORDS))).create("whole")
        records = con.sql(_KEYS).fetchall()[0][0]
        con.execute(
            "DELETE FROM whole WHERE EXISTS (FROM earlier AS e WHERE e.source = whole.source "
            "AND e.file = whole.file AND e.record_id = whole.record_id)"
        )
        added = con.sql(_KEYS).fetchall()[0][0]
    return NewQuarter(
        records - added,
        added,
        cost,
        joining_steps(_steps(after)),
        held / all_ids,
        judge_people(whole, after),
        judge_people(whole, afresh),
    )


_KEPT_IDS = """
SELECT count(*) FILTER (person_id IN (SELECT person_id FROM later)), count(*)
FROM (SELECT DISTINCT person_id FROM earlier)
"""
_KEYS = "SELECT count(DISTINCT (source, subject_id)) FROM whole"


def _steps(run: RunFolder) -> dict[str, tuple[float, float]]:
    steps = json.loads((run.root / "steps.json").read_text(encoding="utf-8"))
    return {name: (wall, cpu) for name, (wall, cpu) in steps.items()}


def _sizes(borough: Borough, bare_folder: Path) -> tuple[int, int, int]:
    with duckdb.connect() as con:
        con.read_parquet(str(borough.tables.path(PERSON_RECORDS))).create_view("rows_held")
        con.read_parquet(str(bare_folder / "versions.parquet")).create_view("versions")
        found = con.sql(
            "SELECT count(*), count(DISTINCT (source, subject_id)), (SELECT count(*) FROM versions) FROM rows_held"
        ).fetchall()[0]
        return int(found[0]), int(found[1]), int(found[2])
