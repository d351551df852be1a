"""The synthetic borough, its truth, and how well the stage found people and families in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.jobs import Cost
from benchmarks.linkage.family_scores import make_family_days
from benchmarks.linkage.jobs import command, run_stage_job
from benchmarks.linkage.scores import Score, make_partners, scores
from early_help.config import load_config
from residents.stage import STAGE
from residents.tables import FAMILIES, RECORD_PERSON
from sources.tables import PERSON_RECORDS
from store.council import Council
from store.files import write_json
from store.run_folder import RunFolder

TRUTHS = ("record_person", "persons", "family_members")


@dataclass(frozen=True)
class Borough:
    """``tables`` is a run folder that holds what the stage reads; ``truth`` the folder of the truth."""

    council: Council
    tables: RunFolder
    truth: Path


@dataclass(frozen=True)
class Quality:
    """How well people and families were found: whole, by ethnic group, and people also by system."""

    rows: Score
    records: Score
    by_group: list[Score]
    by_system: list[Score]
    families: Score
    families_by_group: list[Score]
    families_lenient: Score
    pair_days: Score
    unnamed: int
    """True people in families whom no record names."""


def make_borough(folder: Path, families: int, seed: int) -> Borough:
    """Make a borough and read its extracts."""
    extracts, truth, run = folder / "extracts", folder / "truth", folder / "run"
    command(["synth", "--families", str(families), "--out", str(extracts), "--truth", str(truth), "--seed", str(seed)])
    council = extracts / "council.toml"
    command(["run", str(council), "--out", str(run), "--until", "sources"])
    return Borough(load_config(council).council, RunFolder(run), truth)


def open_borough(folder: Path) -> Borough:
    """A ready-made one: a folder with ``x/council.toml``, ``truth`` and ``run``. Nothing in it is changed."""
    return Borough(load_config(folder / "x" / "council.toml").council, RunFolder(folder / "run"), folder / "truth")


def match(
    borough: Borough, folder: Path, variant: str | None = None, previous: Path | None = None, **config: object
) -> tuple[RunFolder, Cost]:
    """Run the stage on the borough's tables, in a run folder of its own; ``previous`` is the quarter before's."""
    run = RunFolder(folder)
    for table in STAGE.reads:
        path = run.path(table)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(borough.tables.path(table).resolve())
    cost = run_stage_job(folder, borough.council, variant, previous, **config)
    write_json(folder / "state" / "council.json", {"name": borough.council.name})
    return run, cost


def open_results(borough: Borough, run: RunFolder, made_record_person: Path | None = None) -> duckdb.DuckDBPyConnection:
    """The truth and what was made of it in one connection, with ``records`` and ``partners`` made."""
    con = duckdb.connect(config={"threads": 2})
    con.execute("SET enable_progress_bar = false")
    for name in TRUTHS:
        con.read_parquet(str(borough.truth / f"{name}.parquet")).create(f"true_{name}")
    con.read_parquet(str(borough.tables.path(PERSON_RECORDS))).create("person_records")
    con.read_parquet(str(made_record_person or run.path(RECORD_PERSON))).create("made_record_person")
    make_partners(con)
    return con


_ROWS = """
CREATE TABLE row_partners AS
SELECT person, family, count(*) OVER (PARTITION BY made) - 1 AS given,
    count(*) OVER (PARTITION BY person) - 1 AS truth, count(*) OVER (PARTITION BY made, person) - 1 AS right
FROM (
    SELECT coalesce(t.person, p.source || p.record_id) AS person, r.person_id AS made, x.family
    FROM person_records AS p JOIN made_record_person AS r USING (source, file, record_id)
    LEFT JOIN true_record_person AS t USING (source, file, record_id)
    LEFT JOIN true_persons AS x ON t.person = x.person
)
"""
_UNNAMED = """
SELECT count(DISTINCT two) FROM true_days AS d
WHERE NOT EXISTS (FROM records AS r WHERE r.person = d.two)
"""


def count_families(borough: Borough) -> int:
    """True families that ever have a child."""
    with duckdb.connect() as con:
        con.read_parquet(str(borough.truth / "family_members.parquet")).create_view("members")
        found = con.sql("SELECT count(DISTINCT family) FROM members WHERE role = 'child'").fetchall()
        return int(found[0][0])


def judge(borough: Borough, run: RunFolder, intervals: bool = True) -> Quality:
    """Score one run of the stage against the truth."""
    since, until = borough.council.covers_from, borough.council.covers_to
    with open_results(borough, run) as con:
        con.read_parquet(str(run.path(FAMILIES))).create("made_families")
        con.execute(_ROWS)
        make_family_days(con, since, until, strict=False)
        lenient = scores(con, "person_days", intervals=False)[0]
        make_family_days(con, since, until, strict=True)
        return Quality(
            rows=scores(con, "row_partners", intervals=False)[0],
            records=scores(con, "partners", intervals=intervals)[0],
            by_group=scores(con, "partners", "ethnicity", intervals),
            by_system=scores(con, "partners", "source", intervals),
            families=scores(con, "person_days", intervals=intervals)[0],
            families_by_group=scores(con, "person_days", "ethnicity", intervals),
            families_lenient=lenient,
            pair_days=scores(con, "pair_days", intervals=False)[0],
            unnamed=con.execute(_UNNAMED).fetchall()[0][0],
        )


def judge_people(borough: Borough, run: RunFolder, made_record_person: Path | None = None) -> Score:
    """The pairwise score by system key alone."""
    with open_results(borough, run, made_record_person) as con:
        return scores(con, "partners", intervals=False)[0]
