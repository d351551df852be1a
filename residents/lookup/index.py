"""The index of a run, opened for looking things up: views on its tables, nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow.parquet as pq

from residents.matching.names import spellings
from residents.matching.standardise import define_forms
from residents.tables import FAMILIES, PEOPLE, PERSON_CHANGES, RECORD_PERSON, RESIDENCE_SPELLS, VERSIONS
from sources.tables import (
    ADDRESSES,
    ADULT_CARE_SERVICES,
    ALLOCATIONS,
    GROUP_MEMBERS,
    PERSON_RECORDS,
    SERVICE_EPISODES,
    WORKERS,
)
from store.council import RunSettings
from store.errors import UsageError
from store.run_folder import RunFolder, connect, own_scratch
from store.table import Table

_TABLES = (
    *(RECORD_PERSON, PEOPLE, PERSON_CHANGES, RESIDENCE_SPELLS, FAMILIES, VERSIONS),
    *(PERSON_RECORDS, ADDRESSES, GROUP_MEMBERS, SERVICE_EPISODES, ALLOCATIONS, ADULT_CARE_SERVICES, WORKERS),
)
_NEEDED = (RECORD_PERSON, PEOPLE, RESIDENCE_SPELLS, FAMILIES, VERSIONS, PERSON_RECORDS)
# Ethnicity is in the systems' records too; it is not for this room to show.
_RECORDS = """
CREATE VIEW records AS SELECT * EXCLUDE (ethnicity) FROM person_records
"""


@contextmanager
def open_index(run: RunFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a view for each table of the run's index; what it spills lies in the run folder till it ends.

    Raises UsageError when the run has no index yet.
    """
    if not all(run.path(table).is_file() for table in _NEEDED):
        raise UsageError(
            "This run has no residents index yet.",
            where=str(run.root),
            fix="Say early-help run COUNCIL.toml --out RUN --until residents, then ask again.",
        )
    with own_scratch(run, "lookup") as spill, connect(RunSettings.model_validate({}), spill) as con:
        for table in _TABLES:
            _view(con, run, table)
        con.execute(_RECORDS)
        define_forms(con)
        con.register("spelling_rows", spellings())
        con.execute("CREATE TABLE spellings AS FROM spelling_rows")
        yield con


def _view(con: duckdb.DuckDBPyConnection, run: RunFolder, table: Table) -> None:
    path = run.path(table)
    if path.is_file() and pq.read_metadata(path).num_columns:
        con.read_parquet(str(path)).create_view(table.name)
    else:
        con.from_arrow(table.arrow_schema().empty_table()).create(table.name)
