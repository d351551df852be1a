"""The sources stage: every extract the TOML names, read, mapped, checked and written as tables."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa

from sources.config import SourcesConfig
from sources.extracting import Extractor
from sources.linking import Linker, Links
from sources.parts import Part, Parts
from sources.plan import columns_read, plan_extracts
from sources.quality.data_quality import Inputs, data_quality
from sources.quality.unmapped import formats_tried, unmapped_counts, unmapped_values
from sources.readers.extract_files import matched_files
from sources.readers.sql_reading import copy_extract
from sources.summary import STOPPED, stop_if_too_many_bad_rows, summary_document
from sources.tables import QUARANTINE, ROOM, TABLES, UNMAPPED_VALUES
from sources.uniting import SUPERSEDED_ROWS, unite, unite_quarantine
from store.errors import InputRejected
from store.files import replacing
from store.parquet import write_parquet
from store.run_folder import relative_path
from store.table import Zone
from store.workspace import Stage, Workspace

PARTS_FOLDER = Path(Zone.IDENTIFIABLE.value) / ROOM / "parts"
COPIES_FOLDER = Path(Zone.IDENTIFIABLE.value) / ROOM / "databases"


def fetch(work: Workspace) -> None:
    """Copy what the databases of the TOML hold now into the run; whatever is equal to the last copy is no change.

    Raises UsageError and InputRejected as `sources.readers.sql_reading.copy_extract` does.
    """
    config = work.section(SourcesConfig)
    databases = [extract for extract in config.extracts if extract.format == "sql"]
    copies = work.run.root / COPIES_FOLDER
    if databases:
        plans = plan_extracts(config)
        with work.connect() as con, work.task("reading databases", len(databases)) as task:
            for extract in databases:
                columns = tuple(sorted(columns_read(extract, plans)))
                (file,) = matched_files(Path(config.folder), extract, copies)
                copy_extract(con, extract, columns, file.path)
                task.advance()
    for path in copies.glob("*"):
        if path.stem not in {extract.name for extract in databases}:
            path.unlink()


def external_files(work: Workspace) -> list[Path]:
    """Every extract file that the TOML names and the copy of every database, in the order of their paths."""
    config = work.section(SourcesConfig)
    folder, copies = Path(config.folder), work.run.root / COPIES_FOLDER
    return sorted({file.path for extract in config.extracts for file in matched_files(folder, extract, copies)})


def run(work: Workspace) -> None:
    """Read what changed, check it, and write every table with its quarantine, summary and data-quality document.

    Raises UsageError for a mapping that cannot be carried out, InputRejected for a file that cannot be read or
    has more bad rows than the council allows.
    """
    config = work.section(SourcesConfig)
    plans = plan_extracts(config)
    feeding = [plan for plan in plans if plan.extract.tables]
    folder, copies = Path(config.folder), work.run.root / COPIES_FOLDER
    files = [(plan, file) for plan in feeding for file in matched_files(folder, plan.extract, copies)]
    parts = Parts(work.run.root / PARTS_FOLDER)
    made: list[Part] = []
    with work.connect() as con:
        extractor = Extractor(con, config, work.council.extract_date, parts, copies)
        with work.task("reading extracts", len(files)) as task:
            for plan, file in files:
                made.append(extractor.part(plan, file))
                task.advance()
        read = [(plan, part) for (plan, _), part in zip(files, made, strict=True)]
        unmapped = unmapped_values(con, config, read)
        shutil.rmtree(work.run.root / STOPPED, ignore_errors=True)
        try:
            stop_if_too_many_bad_rows([part.summary for part in made], config.max_bad_share)
        except InputRejected:
            _keep_what_was_left_out(con, made, unmapped, work.run.root / STOPPED)
            raise
        superseded, links = _write_tables(work, con, made)
        work.write(UNMAPPED_VALUES, unmapped)
        summaries = [part.summary for part in made]
        summary = summary_document(summaries, superseded, links, work.rows_written)
        summary |= {"unmapped": unmapped_counts(unmapped), "not_dates": formats_tried(read)}
        work.write_document(f"{ROOM}/summary.json", summary)
        with work.task("looking at the quality of the data", 1) as task:
            inputs = Inputs(config, work.council, summary, lambda table: work.outputs / relative_path(table))
            work.write_document(f"{ROOM}/data_quality.json", data_quality(con, inputs))
            task.advance()
    parts.drop_unused()


def _keep_what_was_left_out(con: duckdb.DuckDBPyConnection, made: list[Part], unmapped: pa.Table, folder: Path) -> None:
    """Write the quarantine and the values without a meaning of a run that is about to stop."""
    con.execute(SUPERSEDED_ROWS)
    noted = unite_quarantine(con, [part.files[QUARANTINE.name] for part in made], "")
    for table, batches in ((QUARANTINE, noted.to_arrow_reader()), (UNMAPPED_VALUES, unmapped.to_batches())):
        with replacing(folder / f"{table.name}.parquet") as temporary:
            write_parquet(temporary, batches, table.arrow_schema())


def _write_tables(
    work: Workspace, con: duckdb.DuckDBPyConnection, made: list[Part]
) -> tuple[Counter[tuple[str, str]], Links]:
    """Write every table from its parts; returns the superseded rows by file and table, and what the links gave."""
    con.execute(SUPERSEDED_ROWS)
    paths = {table.name: [part.files[table.name] for part in made if table.name in part.files] for table in TABLES}
    with work.task("writing tables", len(TABLES) + 2) as task:
        linker = Linker(con, paths)
        task.advance()
        for table in TABLES:
            work.write(table, unite(con, table, linker.rows(table)))
            task.advance()
        noted = [part.files[QUARANTINE.name] for part in made]
        work.write(QUARANTINE, unite_quarantine(con, noted, linker.noted_rows()))
        task.advance()
    found = con.execute("SELECT file, tbl, count(*) FROM superseded_rows GROUP BY file, tbl").fetchall()
    return Counter({(file, table): number for file, table, number in found}), linker.links


STAGE = Stage(
    name="sources",
    room=ROOM,
    reads=(),
    writes=(*TABLES, QUARANTINE, UNMAPPED_VALUES),
    sections=(SourcesConfig,),
    run=run,
    external_files=external_files,
    fetch=fetch,
)
