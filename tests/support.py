"""Drive one stage by itself: put its input tables in a run folder, run it, publish its outputs."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from store.council import Council, RunSettings, Section
from store.files import replacing
from store.keys import Keys
from store.parquet import write_parquet
from store.run_folder import RunFolder
from store.table import Table
from store.workspace import Progress, Stage, Task, Workspace

KEYS = Keys(bytes(range(32)))
COUNCIL = Council(
    name="Testborough",
    extract_date=dt.date(2026, 9, 7),
    covers_from=dt.date(2022, 9, 1),
    covers_to=dt.date(2026, 8, 31),
)


class SilentProgress:
    """Shows nothing."""

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        yield self

    def advance(self, steps: int = 1) -> None:
        """Nothing to show."""


def put_table(run: RunFolder, table: Table, rows: list[dict[str, Any]], target: str | None = None) -> None:
    """Write rows as an (unsealed) table of the run; columns left out are null."""
    schema = table.arrow_schema()
    if table.open_columns and rows:
        found = pa.Table.from_pylist(rows).schema
        schema = pa.schema([*schema, *[f for f in found if f.name not in schema.names]])
    data = pa.Table.from_pylist(rows, schema=schema)
    with replacing(run.path(table, target)) as temporary:
        write_parquet(temporary, data.to_batches(), schema)


def run_stage(
    stage: Stage,
    run_root: Path,
    *sections: Section,
    council: Council = COUNCIL,
    settings: RunSettings | None = None,
    keys: Keys = KEYS,
    previous: RunFolder | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Run one stage on what the run folder holds and publish its outputs there.

    ``sections`` are instances of the stage's settings; ones left out are made with their defaults.
    """
    run = RunFolder(run_root)
    given = {type(section): section for section in sections}
    work = Workspace(
        run,
        stage,
        council,
        settings or RunSettings(),
        {kind: given.get(kind) or kind() for kind in stage.sections},
        progress or SilentProgress(),
        keys,
        previous,
    )
    work.begin()
    if stage.fetch is not None:
        stage.fetch(work)
    stage.run(work)
    for path in sorted(p for p in work.outputs.rglob("*") if p.is_file()):
        final = run.root / path.relative_to(work.outputs)
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, final)
    work.end()
    return run
