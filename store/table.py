"""What a table handed from one room to the next looks like, and which zone of the run folder it lives in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Zone(StrEnum):
    """Who may open a table. The value is the folder under the run folder ('' is the run folder itself)."""

    IDENTIFIABLE = "identifiable"
    """Names, addresses and system keys: sources, residents and the step that turns them into features."""

    PROTECTED = "protected"
    """Ethnicity, readable by fairness_audits only."""

    ANALYSIS = ""
    """Pseudonymous: what data scientists work from."""

    SEALED = "sealed"
    """Encrypted scores and reasons, opened only by the audit and by an approved release."""


class ColumnType(StrEnum):
    """The column types a table may have."""

    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    NUMBER = "number"
    PENCE = "pence"
    FLAG = "flag"
    TEXTS = "texts"


ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    # Money is whole pence, so that sums are exact in any order.
    ColumnType.PENCE: pa.int64(),
    ColumnType.FLAG: pa.bool_(),
    ColumnType.TEXTS: pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning and whether a value must be there."""

    name: str
    type: ColumnType
    meaning: str
    required: bool = False
    codes: tuple[str, ...] = ()
    """The allowed values, where they are a closed list."""


@dataclass(frozen=True)
class Table:
    """A table that one room writes and later rooms read.

    ``room`` and ``name`` give its place: ``RUN/<zone>/<room>/<name>.parquet``, or
    ``RUN/<zone>/<room>/<target>/<name>.parquet`` when there is one per target.
    ``sort`` is the row order on disk, which makes the file's bytes a function of its content.
    ``columns`` are the declared ones; tables with ``open_columns`` carry more (one per feature).
    """

    name: str
    room: str
    zone: Zone
    meaning: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...]
    per_target: bool = False
    open_columns: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of the declared columns, in their declared order."""
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in self.columns])


def text(name: str, meaning: str, *, required: bool = False, codes: tuple[str, ...] = ()) -> Column:
    return Column(name, ColumnType.TEXT, meaning, required, codes)


def date(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.DATE, meaning, required)


def integer(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.INTEGER, meaning, required)


def number(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.NUMBER, meaning, required)


def pence(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.PENCE, meaning, required)


def flag(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, ColumnType.FLAG, meaning, required)


def texts(name: str, meaning: str, *, required: bool = False, codes: tuple[str, ...] = ()) -> Column:
    return Column(name, ColumnType.TEXTS, meaning, required, codes)
