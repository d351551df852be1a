"""One job of the benchmark in a process of its own, so that the operating system can say what it cost.

``stage`` runs the residents stage, whole or with one thing changed; ``prepare`` makes what a bare matcher starts from;
``bare`` is Splink alone.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from splink import DuckDBAPI, Linker

import residents.stage as room
from residents.config import ResidentsConfig
from residents.homes.addresses import find_homes
from residents.index import settle
from residents.matching.blocking import make_pairs
from residents.matching.standardise import standardise
from residents.matching.training import fit
from residents.matching.versions import make_versions
from sources.tables import ADDRESSES, PERSON_RECORDS
from store.council import Council, RunSettings
from store.run_folder import RunFolder, connect
from tests.support import run_stage

# Versions that agree on every name and the birth date; versions of one key are one person as everywhere else.
_EXACT = """
SELECT version - 1, first_value(version) OVER (PARTITION BY forename_all, surname, dob ORDER BY version) - 1
FROM versions WHERE forename_all IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL
UNION ALL
SELECT version - 1, first_value(version) OVER (PARTITION BY subject ORDER BY version) - 1 FROM versions
"""
_RECORD_VERSION = """
SELECT s.source, s.file, s.record_id, r.version FROM std AS s JOIN row_version AS r USING (row) ORDER BY s.row
"""


def main() -> None:
    job = json.loads(sys.argv[1])
    {"stage": stage, "prepare": prepare, "bare": bare}[job["kind"]](job)


def stage(job: dict[str, Any]) -> None:
    """The residents stage on what the run folder holds; seconds of each of its steps into ``steps.json``."""
    if job.get("variant") == "exact":
        _join_exact_matches_only()
    if job.get("variant") == "no frequencies":
        _leave_frequencies_out()
    steps: dict[str, list[float]] = {}
    for name, step in list(vars(room).items()):
        if callable(step) and not isinstance(step, type) and step.__module__.startswith("residents."):
            setattr(room, name, _timed(name, step, steps))
    run = Path(job["run"])
    run_stage(
        room.STAGE,
        run,
        ResidentsConfig(**job.get("config", {})),
        council=Council(**job["council"]),
        previous=RunFolder(Path(job["previous"])) if job.get("previous") else None,
    )
    (run / "steps.json").write_text(json.dumps(steps), encoding="utf-8")


def _timed(name: str, step: Callable[..., Any], steps: dict[str, list[float]]) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        made = step(*given, **named)
        kept = steps.setdefault(name, [0.0, 0.0])
        kept[0] += time.perf_counter() - wall
        kept[1] += time.process_time() - cpu
        return made

    return timed


def _join_exact_matches_only() -> None:
    """Put exact matches in the place of whatever the room joined, just before it makes people of them."""
    made_by_room = room.make_persons

    def made_of_exact_matches(con: duckdb.DuckDBPyConnection, *given: Any, **named: Any) -> Any:
        pairs = con.execute(_EXACT).fetchnumpy()
        left, right = (np.asarray(column) for column in pairs.values())
        size = con.sql("SELECT count(*) FROM versions").fetchall()[0][0]
        _, which = connected_components(coo_matrix((np.ones(len(left)), (left, right)), shape=(size, size)), False)
        _, first, back = np.unique(which, return_index=True, return_inverse=True)
        rows = pa.table({"version": np.arange(1, size + 1, dtype=np.int64), "label": first[back]})
        con.register("exact_rows", rows)
        con.execute(
            "CREATE OR REPLACE TABLE clusters AS "
            "SELECT c.* REPLACE (e.label AS label, 1.0 AS support) "
            "FROM clusters AS c JOIN exact_rows AS e USING (version)"
        )
        return made_by_room(con, *given, **named)

    room.make_persons = made_of_exact_matches


def _leave_frequencies_out() -> None:
    fitted_by_room = room.fit

    def fitted(*given: Any, **named: Any) -> Any:
        model = fitted_by_room(*given, **named)
        return dataclasses.replace(model, settings=without_frequencies(model.settings))

    room.fit = fitted


def without_frequencies(settings: dict[str, Any]) -> dict[str, Any]:
    """Splink settings in which a rare name counts for no more than a common one."""
    comparisons = [
        {
            **comparison,
            "comparison_levels": [
                {key: value for key, value in level.items() if "tf_" not in key}
                for level in comparison["comparison_levels"]
            ],
        }
        for comparison in settings["comparisons"]
    ]
    return {**settings, "comparisons": comparisons}


def prepare(job: dict[str, Any]) -> None:
    """Versions, the records they stand for and the settings learnt: what a bare matcher is given."""
    run, out, config, settings = RunFolder(Path(job["run"])), Path(job["out"]), ResidentsConfig(), RunSettings()
    con = connect(settings, out / "spill")
    for table in (PERSON_RECORDS, ADDRESSES):
        con.read_parquet(str(run.path(table))).create(table.name)
    standardise(con, Council(**job["council"]).extract_date)
    find_homes(con)
    make_versions(con, config.shared_identifier)
    with connect(settings.model_copy(update={"threads": 1}), out / "spill_training") as single:
        model = fit(con, single, config, settings.seed)
    con.table("versions").order("version").write_parquet(str(out / "versions.parquet"))
    con.sql(_RECORD_VERSION).write_parquet(str(out / "record_version.parquet"))
    (out / "settings.json").write_text(json.dumps(model.settings), encoding="utf-8")


def bare(job: dict[str, Any]) -> None:
    """Splink with connected components: the same versions, blocking, settings and threshold, and nothing else.

    With ``learning`` it learns its settings, as the stage does, before it uses them.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    out, config = Path(job["out"]), ResidentsConfig()
    settings = json.loads((out / "settings.json").read_text(encoding="utf-8"))
    con = connect(RunSettings(), out / "spill_bare")
    con.read_parquet(str(out / "versions.parquet")).create("versions")
    settle(con, None)
    if job["learning"]:
        with connect(RunSettings(threads=1), out / "spill_bare_training") as single:
            settings = fit(con, single, config, RunSettings().seed).settings
    make_pairs(con, config.largest_block)
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("versions"), settings, log_level=None, validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(api.register("pairs"))
    predicted = linker.inference.predict(threshold_match_probability=config.match_probability, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=config.match_probability
    )
    clusters.as_duckdbpyrelation().select("version, cluster_id").order("version").write_parquet(
        str(out / "bare_clusters.parquet")
    )


if __name__ == "__main__":
    main()
