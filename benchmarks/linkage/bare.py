"""Splink with connected components, on the toolkit's own versions, pairs, settings and threshold."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.linkage.jobs import run_job
from store.council import Council
from store.run_folder import RunFolder

_KEYED_ALIKE = "SELECT version, dense_rank() OVER (ORDER BY subject) - 1 AS place FROM versions ORDER BY version"


def bare_people(run: RunFolder, council: Council, folder: Path) -> Path:
    """Match what a run folder holds by bare Splink; a table of records and people as ``record_person`` is."""
    folder.mkdir(parents=True, exist_ok=True)
    run_job("prepare", run=str(run.root), out=str(folder), council=council.model_dump(mode="json"))
    run_job("bare", out=str(folder), learning=False)
    return as_people(folder)


def as_people(folder: Path) -> Path:
    """Splink's clusters as a table of records and people; versions of one key are one person, as everywhere."""
    people = folder / "record_person.parquet"
    with duckdb.connect() as con:
        for name in ("versions", "bare_clusters", "record_version"):
            con.read_parquet(str(folder / f"{name}.parquet")).create(name)
        keys = con.execute(_KEYED_ALIKE).fetchnumpy()
        clusters = con.execute(
            "SELECT dense_rank() OVER (ORDER BY cluster_id) - 1 AS place FROM bare_clusters ORDER BY version"
        ).fetchnumpy()["place"]
        subjects = np.asarray(keys["place"])
        size = int(subjects.max()) + 1
        edges = coo_matrix(
            (np.ones(len(subjects)), (subjects, size + np.asarray(clusters))),
            shape=(size + int(clusters.max()) + 1,) * 2,
        )
        _, label = connected_components(edges, directed=False)
        con.register("labelled", {"version": np.asarray(keys["version"]), "person_id": label[subjects]})
        con.sql(
            "SELECT r.source, r.file, r.record_id, min(l.person_id)::VARCHAR AS person_id "
            "FROM record_version AS r JOIN labelled AS l USING (version) GROUP BY ALL"
        ).write_parquet(str(people))
    return people
