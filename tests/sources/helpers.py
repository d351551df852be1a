"""Small extracts for the tests of the sources stage."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from sources.config import SourcesConfig
from sources.extracting import Extractor
from sources.parts import Part, Parts
from sources.plan import plan_extracts
from sources.readers.extract_files import matched_files
from sources.stage import STAGE
from sources.tables import QUARANTINE
from store.run_folder import RunFolder
from store.table import Table
from tests.support import run_stage

RENT: dict[str, Any] = {
    "name": "rent",
    "source": "housing",
    "files": ["rent*.csv"],
    "tables": [
        {
            "table": "rent_transactions",
            "group": ["ref"],
            "group_type": "tenancy",
            "columns": {
                "event_date": "posted",
                "recorded_on": "posted",
                "kind": {"column": "kind", "codes": {"Basic Rent": "rent", "DD": "payment"}},
                "amount_pence": "amount",
            },
        }
    ],
}
RENT_HEADER = "ref,posted,kind,amount\n"


def rent_with(**changes: Any) -> dict[str, Any]:
    """The rent extract with some of its settings changed."""
    return {**RENT, **changes}


def config(folder: Path, *extracts: dict[str, Any], **settings: Any) -> SourcesConfig:
    """The settings for a folder of extracts."""
    return SourcesConfig.model_validate({"folder": str(folder), "extracts": list(extracts), **settings})


def csv_text(header: list[str], rows: list[list[str]]) -> str:
    """Rows as CSV."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([header, *rows])
    return written.getvalue()


def put(folder: Path, name: str, content: str | bytes) -> Path:
    """Write one extract file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def read(run: RunFolder, table: Table) -> list[dict[str, Any]]:
    """A table of the run, as dictionaries."""
    rows: list[dict[str, Any]] = pq.read_table(run.path(table), partitioning=None).to_pylist()
    return rows


def one_part(folder: Path, extract: dict[str, Any], extract_date: dt.date) -> Part:
    """Read the only file of an extract into a part, without the rest of the stage."""
    made = config(folder, extract)
    (plan,) = plan_extracts(made)
    (file,) = matched_files(folder, plan.extract)
    with duckdb.connect() as con:
        return Extractor(con, made, extract_date, Parts(folder / "parts")).part(plan, file)


def quarantine(run: RunFolder) -> list[tuple[Any, ...]]:
    """The quarantine as (row, column, rule, action), in order."""
    return [(q["row"], q["column"], q["rule"], q["action"]) for q in read(run, QUARANTINE)]


def sources(root: Path, *extracts: dict[str, Any], folder: Path, **settings: Any) -> RunFolder:
    """Run the stage over a folder of extracts."""
    return run_stage(STAGE, root, config(folder, *extracts, **settings))
