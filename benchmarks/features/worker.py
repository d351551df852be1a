"""One job of the benchmark in a process of its own, so that the operating system can say what it cost.

``make`` makes the history, ``scan`` reads its columns and no more, ``engine`` is the features stage as it stands, and
``as_of_join`` the same stage with the plan of `benchmarks.features.as_of_join` in the place of its own. ``sample``
draws the rows that featuretools is measured on, and ``counts`` is our engine on the counts that it is asked for.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

import features.stage as room
from benchmarks.features.as_of_join import joined_as_of
from benchmarks.features.history import AS_OFS, COUNCIL, make_history
from features import engines
from features.buckets import Buckets, buckets_of
from features.compile import AS_OF, CARRIER
from features.config import FeaturesConfig
from features.duckdb_backend import DuckDBBackend
from features.library import library
from features.rows import columns_of, one_of
from features.streams import ATTENDANCE as ATTENDANCE_MARKS
from features.streams import RENT, Aggregate, Part, Stream
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from features.values import names_of
from features.world import World
from residents.tables import FAMILIES, PEOPLE, PSEUDONYMS, RECORD_PERSON
from sources.tables import ATTENDANCE, GROUP_MEMBERS, RENT_TRANSACTIONS
from store.council import RunSettings
from store.run_folder import RunFolder, connect
from store.table import ColumnType, Table
from tests.support import run_stage

_STEPS = ((engines, "World"), (engines, "compute"), (room, "_write"), (room, "_coverage"))


def main() -> None:
    job = json.loads(sys.argv[1])
    jobs = {"make": make, "scan": scan, "sample": sample, "counts": counts, "engine": engine, "as_of_join": as_of_join}
    jobs[job["kind"]](job)


def make(job: dict[str, Any]) -> None:
    run = Path(job["run"])
    rows = make_history(run, job["families"], job["seed"])
    (run / "rows.json").write_text(json.dumps(rows), encoding="utf-8")


# --- the bare scan ---------------------------------------------------------------------------------------


def scan(job: dict[str, Any]) -> None:
    """Every column that the engine reads, summed: texts by their length, dates by their day."""
    run = RunFolder(Path(job["run"]))
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("SET enable_progress_bar = false")
        for table, columns in columns_read().items():
            types = {column.name: column.type for column in table.columns}
            sums = [_SUMS.get(types[name], "sum({})").format(name) for name in columns]
            con.read_parquet(str(run.path(table))).aggregate(", ".join(sums)).fetchall()


_SUMS = {
    ColumnType.TEXT: "sum(strlen({}))",
    ColumnType.TEXTS: "sum(len({}))",
    ColumnType.DATE: "sum(date_diff('day', DATE '1970-01-01', {}))",
    ColumnType.FLAG: "count_if({})",
}
_WHOSE = ("source", "file", "record_id", "group_type", "group_id", "person_id")
_WHEN = ("recorded_on", "to_date", "end_recorded_on")


def columns_read() -> dict[Table, tuple[str, ...]]:
    """What the stage reads: of events what says whose and when they are and what features ask, and all of the index."""
    read: dict[Table, dict[str, None]] = {}
    for feature in library():
        for aggregate in feature.aggregates:
            stream = aggregate.stream
            if stream.part is not Part.MEMBERSHIP:
                asked = (*columns_of(aggregate.measure), *columns_of(aggregate.where), stream.once_per, stream.starts)
                held = [name for name in (*_WHOSE, *_WHEN, *asked) if name in stream.table.column_names]
                read.setdefault(stream.table, {}).update(dict.fromkeys(held))
    index = {
        PEOPLE: ("person_id", "dob"),
        FAMILIES: ("family_id", "person_id", "role", "from_date", *_WHEN),
        RECORD_PERSON: RECORD_PERSON.column_names,
        GROUP_MEMBERS: GROUP_MEMBERS.column_names,
        PSEUDONYMS: PSEUDONYMS.column_names,
    }
    return {table: tuple(names) for table, names in (*read.items(), *index.items())}


# --- what featuretools is given --------------------------------------------------------------------------


def sample(job: dict[str, Any]) -> None:
    """The marks of some pupils and the postings of some tenancies, drawn by hash, with the columns that are used."""
    run, folder = RunFolder(Path(job["run"])), Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("SET enable_progress_bar = false")
        for name, (table, query) in _SAMPLES.items():
            con.read_parquet(str(run.path(table))).create_view("drawn_from", replace=True)
            con.sql(query, params={"parts": job["parts"]}).write_parquet(str(folder / f"{name}.parquet"))


_SAMPLES = {
    "attendance": (
        ATTENDANCE,
        "SELECT record_id AS person, event_date, statistical_class, code FROM drawn_from "
        "WHERE hash(record_id) % 10000 < $parts",
    ),
    "rent": (
        RENT_TRANSACTIONS,
        "SELECT group_id AS tenancy, event_date, kind, amount_pence FROM drawn_from "
        "WHERE hash(group_id) % 10000 < $parts",
    ),
}


def counts(job: dict[str, Any]) -> None:
    """What `by_featuretools` counts, by our engine: a row for each pupil or tenancy and as-of date, in memory.

    As there, a row counts from its event date on, whenever it was recorded. Keys of pupils are looked up among people,
    which it does not do; families are made, as in any of our runs, and not used.
    """
    with tempfile.TemporaryDirectory() as folder, connect(RunSettings(), Path(folder)) as con:
        world = World(DuckDBBackend(con, RunFolder(Path(job["run"])).path), AS_OFS)
        columns = 0
        for stream, aggregates in _counted(job["windows"]):
            (buckets,) = buckets_of(world, stream, aggregates, "count")
            columns += len(buckets.of_carriers().collect_schema().names()) - len((AS_OF, CARRIER))
    Path(job["answer"]).write_text(json.dumps({"columns": columns}), encoding="utf-8")


def _counted(windows: list[int]) -> Iterator[tuple[Stream, list[Aggregate]]]:
    """Rows by each code, and what they come to; the same as in `by_featuretools`, which cannot be imported here."""
    marks, postings = (stream.leaks("Beside featuretools.") for stream in (ATTENDANCE_MARKS, RENT))
    coded = [
        *(one_of("statistical_class", code) for code in ("authorised", "unauthorised", "present")),
        *(one_of("code", code) for code in ("I", "L", "U")),
    ]
    values = [marks.count(test, days) for days in windows for test in (None, *coded)]
    yield marks, [value for value in values if isinstance(value, Aggregate)]
    kinds = ("rent", "payment", "housing_benefit", "universal_credit", "returned_payment")
    tests = (None, *(one_of("kind", kind) for kind in kinds))
    values = [postings.count(test, days) for days in windows for test in tests]
    values += [postings.total("amount_pence", test, days) for days in windows for test in tests]
    yield postings, [value for value in values if isinstance(value, Aggregate)]


# --- the stage -------------------------------------------------------------------------------------------


def engine(job: dict[str, Any]) -> None:
    """The stage as the job runs it; what each of its steps took, and the digests of what it wrote, into ``answer``."""
    if job.get("sources"):
        _leave_out_features_beyond(job["sources"])
    steps: dict[str, list[float]] = {}
    for module, name in _STEPS:
        setattr(module, name, _timed(name, getattr(module, name), steps))
    run = run_stage(room.STAGE, Path(job["run"]), FeaturesConfig(as_of=AS_OFS), council=COUNCIL)
    paths = [run.path(table) for table in (FAMILY_FEATURES, CHILD_FEATURES)]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    Path(job["answer"]).write_text(json.dumps({"steps": steps, "digests": digests}), encoding="utf-8")


def as_of_join(job: dict[str, Any]) -> None:
    """The stage with its reduction of rows by intervals taken out, and a join by as-of date in its place."""

    def left_out(_: Any) -> None:
        return None

    def rolled(self: Any, _: Any) -> Any:
        return joined_as_of(self._world, self._stream, self.names, self._key)

    Buckets._buckets = left_out
    Buckets._rollup = rolled
    engine(job)


def _leave_out_features_beyond(sources: list[str]) -> None:
    """Features of these tables alone, and of nothing that is made of other features."""
    chosen = tuple(
        feature
        for feature in library()
        if feature.sources and set(feature.sources) <= set(sources) and not list(names_of(feature.value))
    )
    room.library = lambda: chosen


def _timed(name: str, step: Callable[..., Any], steps: dict[str, list[float]]) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        made = step(*given, **named)
        steps[name] = [time.perf_counter() - wall, time.process_time() - cpu]
        return made

    return timed


if __name__ == "__main__":
    main()
