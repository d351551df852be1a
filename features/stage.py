"""The features stage: source events and the residents index to pseudonymous feature tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalogue import entries
from features.compile import AS_OF
from features.config import FeaturesConfig
from features.definitions import Feature
from features.duckdb_backend import DuckDBBackend
from features.engines import Found, find
from features.library import available, library
from features.periods import EPOCH
from features.spread import described
from features.streams import Part
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES, TABLES
from features.world import FAMILY, PERSON, Frame
from residents.tables import FAMILIES, PEOPLE, PSEUDONYMS, RECORD_PERSON, RESIDENCE_SPELLS
from sources import tables as sources
from store.table import Table
from store.workspace import Stage, Workspace

EVENT_TABLES: tuple[Table, ...] = tuple(
    dict.fromkeys(
        [
            *(stream.table for f in library() for stream in f.streams if stream.part is not Part.MEMBERSHIP),
            *(sources.CONTACTS, sources.ASSESSMENTS, sources.SERVICE_EPISODES, sources.DOMESTIC_INCIDENTS),
            *(sources.ARREARS_ACTIONS, sources.YOUNG_CARER_IDENTIFICATIONS),
        ]
    )
)
"""The tables of dated rows that features and milestones are made from."""


def run(work: Workspace) -> None:
    """Compute every feature the council's extracts allow, at every as-of date."""
    config = work.section(FeaturesConfig)
    as_ofs = config.dates(work.council)
    absent = [table.name for table in EVENT_TABLES if pq.read_metadata(work.path(table)).num_rows == 0]
    features, left_out = available(library(), absent)
    connection = work.connect()
    with work.task("Computing features", 3) as task:
        found = find(config.engine, work, connection, as_ofs, features)
        task.advance()
        _write(work, connection, as_ofs, found)
        task.advance()
        work.write_document("features/catalogue.json", entries(features))
        work.write_document("features/coverage.json", _coverage(work, connection, features, left_out, absent, as_ofs))
        task.advance()
    connection.close()


def _write(work: Workspace, connection: duckdb.DuckDBPyConnection, as_ofs: Sequence[dt.date], found: Found) -> None:
    pseudonym = _pseudonyms(work, connection, found)
    dates = _as_of_dates(connection, as_ofs)

    def named(frame: Frame, *kinds: str) -> Frame:
        frame = frame.join(dates, on=AS_OF).drop(AS_OF).rename({"as_of_date": AS_OF})
        for kind in kinds:
            frame = frame.join(pseudonym[kind], on=kind).drop(kind)
        return frame

    work.write(FAMILY_FEATURES, _one_date_at_a_time(FAMILY_FEATURES, found.family_features, pseudonym, as_ofs))
    work.write(CHILD_FEATURES, _one_date_at_a_time(CHILD_FEATURES, found.child_features, pseudonym, as_ofs))
    work.write(MEMBERS, _sorted(MEMBERS, named(found.members, FAMILY, PERSON)))
    work.write(SCHOOLMATES, _sorted(SCHOOLMATES, named(found.schoolmates, PERSON)))
    steps = found.steps.join(pseudonym[PERSON], on=PERSON).drop(PERSON)
    work.write(MILESTONES, _sorted(MILESTONES, _with_dates(steps, MILESTONES)))


def _one_date_at_a_time(
    table: Table, frame: Frame, pseudonym: Mapping[str, Frame], as_ofs: Sequence[dt.date]
) -> Iterator[pa.RecordBatch]:
    """A wide table in its order, which is by as-of date first: no more than one date is in memory to be sorted.

    An engine that joined or sorted it would carry every column along; here the keys alone are looked up and sorted.
    """
    kinds = [kind for kind in pseudonym if kind in frame.columns]
    ids = {kind: _by_number(pseudonym[kind], kind) for kind in kinds}
    for place, as_of in enumerate(as_ofs):
        rows: pa.Table = frame.filter(nw.col(AS_OF) == place).to_native().to_arrow_table()
        keys = {f"{kind}_id": ids[kind].take(rows[kind]) for kind in kinds}
        keys[AS_OF] = pa.repeat(pa.scalar(as_of, pa.date32()), rows.num_rows)
        features = [name for name in rows.column_names if name not in (AS_OF, *kinds)]
        named = pa.table({**keys, **{name: rows[name] for name in features}})
        del rows
        order = pc.sort_indices(named, sort_keys=[(name, "ascending") for name in table.sort])
        # The columns at least, should the date have no row.
        yield from named.take(order).to_batches() or [pa.RecordBatch.from_pylist([], schema=named.schema)]


def _by_number(pseudonym: Frame, kind: str) -> pa.ChunkedArray:
    """The pseudonyms of people or families at the place of their number."""
    in_order = pseudonym.sort(kind).to_native().to_arrow_table()
    numbers = in_order[kind].to_numpy()
    if not np.array_equal(numbers, np.arange(len(numbers))):
        raise ValueError(f"some {kind} has no pseudonym, or two")
    return in_order[f"{kind}_id"]


def _sorted(table: Table, frame: Frame) -> duckdb.DuckDBPyRelation:
    """A frame in the table's order; ties cannot differ, as every declared column takes part in the sort."""
    declared = [name for name in table.column_names if name in frame.columns]
    ordered: duckdb.DuckDBPyRelation = frame.sort(*dict.fromkeys((*table.sort, *declared))).to_native()
    return ordered


def _pseudonyms(work: Workspace, connection: duckdb.DuckDBPyConnection, found: Found) -> dict[str, Frame]:
    backend = DuckDBBackend(connection, work.path)
    scanned = backend.scan(PSEUDONYMS, ("kind", "id", "pseudonym"))
    keyed = {FAMILY: ("family_id", found.families), PERSON: ("person_id", found.people)}
    result: dict[str, Frame] = {}
    for kind, (column, numbers) in keyed.items():
        mine = scanned.filter(nw.col("kind") == kind).select(nw.col("id").alias(column), nw.col("pseudonym"))
        joined = numbers.join(mine, on=column).select(kind, nw.col("pseudonym").alias(column))
        result[kind] = backend.keep(joined)
    return result


def _as_of_dates(connection: duckdb.DuckDBPyConnection, as_ofs: Sequence[dt.date]) -> Frame:
    table = pa.table(
        {
            AS_OF: pa.array(range(len(as_ofs)), pa.int64()),
            "as_of_date": pa.array(as_ofs, pa.date32()),
        }
    )
    return nw.from_native(connection.from_arrow(table))


def _with_dates(steps: Frame, table: Table) -> Frame:
    """Day numbers back to dates."""
    columns = []
    for name in table.column_names:
        column = duckdb.ColumnExpression(name)
        if name in ("event_date", "recorded_on", "to_date", "end_recorded_on"):
            column = (duckdb.ConstantExpression(EPOCH) + column.cast(duckdb.type("INTEGER"))).alias(name)
        columns.append(column)
    dated: Frame = nw.from_native(steps.to_native().select(*columns))
    return dated


def _coverage(
    work: Workspace,
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    left_out: Sequence[str],
    absent: Sequence[str],
    as_ofs: Sequence[dt.date],
) -> dict[str, Any]:
    """How much is known of each feature, and what could not be made for want of a source."""
    tables = {}
    for table in (FAMILY_FEATURES, CHILD_FEATURES):
        path = work.outputs / table.room / f"{table.name}.parquet"
        schema = pq.read_schema(path)
        names = [name for name in schema.names if name not in table.column_names]
        tables[table.name] = {
            "rows": pq.read_metadata(path).num_rows,
            **described(connection, str(path), names, as_ofs, {f.indicator for f in features}, work.settings.threads),
        }
    return {
        "as_of": [as_of.isoformat() for as_of in as_ofs],
        "features": len(features),
        "left_out": sorted(left_out),
        "absent_sources": sorted(absent),
        "tables": tables,
    }


STAGE = Stage(
    name="features",
    room="features",
    reads=(
        *EVENT_TABLES,
        *(table for table in (sources.GROUP_MEMBERS, RESIDENCE_SPELLS) if table not in EVENT_TABLES),
        *(RECORD_PERSON, PEOPLE, FAMILIES, PSEUDONYMS),
    ),
    writes=TABLES,
    sections=(FeaturesConfig,),
    run=run,
)
