"""When an index is not fit to publish: it is refused before anything is written.

What an earlier run published stays as it was. Counts of the refused index are kept apart (`STOPPED`), so that a
person can see why it was refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from residents.config import ResidentsConfig
from residents.matching.blocking import blocking_recall
from residents.tables import ROOM
from store.errors import InputRejected
from store.files import write_json
from store.run_folder import RunFolder
from store.table import Zone

STOPPED = Path(Zone.IDENTIFIABLE.value) / ROOM / "stopped"
"""Where a run whose index was refused keeps the counts behind the refusal."""

_LOOK = f"The counts behind this are in {STOPPED.as_posix()}/quality.json of the run folder."

_PEOPLE = """
SELECT (SELECT count(DISTINCT subject) FROM versions) AS keys, (SELECT count(DISTINCT source) FROM versions) AS systems,
    (SELECT count(*) FROM (SELECT label FROM clusters JOIN versions USING (version) GROUP BY label
        HAVING count(DISTINCT source) > 1)) AS across_systems,
    (SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT subject) AS n FROM clusters JOIN versions USING (version)
        GROUP BY label)) AS largest
"""
# What each step leaves behind, in their order: the table that must be there, the name and the counts.
_COUNTS = (
    (
        "std",
        "records_by_system",
        "SELECT source, count(*) AS rows, count(DISTINCT subject_id) AS keys, count(forename) AS with_forename, "
        "count(surname) AS with_surname, count(dob) AS with_dob FROM std GROUP BY ALL ORDER BY ALL",
    ),
    ("versions", "versions", "SELECT count(*) AS versions FROM versions"),
    (
        "block_keys",
        "blocking_rules",
        "SELECT rule, count(DISTINCT version) AS versions, max(members) AS largest_block FROM block_keys "
        "GROUP BY rule ORDER BY rule",
    ),
    ("pairs", "pairs_compared", "SELECT count(*) AS pairs FROM pairs"),
    (
        "clusters",
        "keys_per_person",
        "SELECT keys, count(*) AS people FROM (SELECT count(DISTINCT subject) AS keys FROM clusters "
        "JOIN versions USING (version) GROUP BY label) GROUP BY keys ORDER BY keys",
    ),
    (
        "clusters",
        "systems_in_the_largest_person",
        "SELECT source, count(DISTINCT subject) AS keys FROM clusters JOIN versions USING (version) WHERE label = ("
        "SELECT label FROM clusters JOIN versions USING (version) GROUP BY label "
        "ORDER BY count(DISTINCT subject) DESC, label LIMIT 1) GROUP BY source ORDER BY source",
    ),
)


def refuse_unfit_people(con: duckdb.DuckDBPyConnection, config: ResidentsConfig) -> None:
    """Raise InputRejected when a person is implausible, or when matching found nothing, or one person, in all.

    Needs ``versions`` and ``clusters``. The last two are judged only where there is enough to learn a model from.
    """
    keys, systems, across, largest = con.execute(_PEOPLE).fetchall()[0]
    if largest > config.largest_cluster:
        raise InputRejected(
            f"One person would hold {largest} keys of the systems; the most that is plausible is "
            f"{config.largest_cluster}.",
            where="[residents] largest_cluster",
            fix="Look for filler names or test records in the extracts; raise the limit only if so many keys are real. "
            + _LOOK,
        )
    if keys < config.train_minimum:
        return
    if systems > 1 and not across:
        raise InputRejected(
            f"Not one person was found in two systems, of {keys} keys in {systems} systems.",
            where="residents",
            fix="Check that names, birth dates and addresses are mapped to the right columns in every system. " + _LOOK,
        )
    if largest > keys / 2:
        raise InputRejected(
            f"One person would hold {largest} of all {keys} keys of the systems.",
            where="residents",
            fix="Check that names are mapped to the right columns, and that no filler stands in for them. " + _LOOK,
        )


def check_blocking(con: duckdb.DuckDBPyConnection, config: ResidentsConfig) -> dict[str, Any] | None:
    """How many true pairs blocking brings together, as far as known: ``value``, ``low`` and ``high``.

    None where too few pairs are known, and where an earlier index is taken over: it was judged when it was made, and
    only what is new is brought together now. Raises InputRejected as `refuse_narrow_blocking` does.
    """
    if con.sql("FROM settled LIMIT 1").fetchall():
        return None
    found = blocking_recall(con, config.largest_block)
    recall = None if found is None else {name: found[name] for name in ("value", "low", "high")}
    refuse_narrow_blocking(recall, config.blocking_recall_floor)
    return recall


def refuse_narrow_blocking(recall: dict[str, Any] | None, floor: float) -> None:
    """Raise InputRejected when blocking brings too few true pairs together, as far as can be told.

    ``recall`` has ``value``, ``low`` and ``high``, or is None where there is nothing to tell it by. The index is
    refused when even the interval's upper end is under the floor: then it is known to be too low. An index about
    which little is known, such as a small council's, is not refused for want of evidence; the page says so.
    """
    if recall is None or recall["high"] >= floor:
        return
    raise InputRejected(
        f"Blocking brings together {recall['value']:.1%} of the pairs known to be one person (at most "
        f"{recall['high']:.1%}); the floor is {floor:.1%}.",
        where="[residents] blocking_recall_floor",
        fix="Map birth dates, addresses and identifiers in more systems, or raise largest_block; lower the floor only "
        "if so many missed matches can be borne. " + _LOOK,
    )


def forget_stopped(run: RunFolder) -> None:
    """Remove what an earlier refusal left."""
    shutil.rmtree(run.root / STOPPED, ignore_errors=True)


def keep_stopped(con: duckdb.DuckDBPyConnection, run: RunFolder, error: InputRejected) -> None:
    """Write what is known of the refused index: the refusal, and counts of every step that was done."""
    made = {name for (name,) in con.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    counts = {name: con.sql(sql).to_arrow_table().to_pylist() for table, name, sql in _COUNTS if table in made}
    refused = {"message": error.message, "where": error.where, "fix": error.fix}
    write_json(run.root / STOPPED / "quality.json", {"refused": refused, **counts})
