"""The part of the council's TOML that says what its extracts look like.

An extract is one kind of file. It feeds one or more tables; for each it says which column is what. Nothing
here is a program: a council with other files needs another TOML and no Python.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from store.council import Section


class MappedColumn(Section):
    """Where one column of a table comes from, when a bare column name does not say enough."""

    column: str | None = Field(None, description="Column of the extract.")
    columns: list[str] | None = Field(None, description="Columns joined by a comma and a space, blanks left out.")
    constant: str | None = Field(None, description="The same value in every row.")
    codes: dict[str, str] | str | None = Field(
        None, description="Value in the extract to value in the table; or the name of a map under [codes]."
    )
    dates: list[str] | None = Field(None, description="Date formats of this column, tried in order.")
    split: str | None = Field(None, description="Separator of a cell that holds several values.")
    true: list[str] | None = Field(None, description="Values that mean yes, for a flag; any other value means no.")
    default: str | None = Field(None, description="Value to use where the cell is blank.")

    @model_validator(mode="after")
    def _one_origin(self) -> MappedColumn:
        if sum(origin is not None for origin in (self.column, self.columns, self.constant)) != 1:
            raise ValueError("give exactly one of column, columns or constant")
        return self


ColumnOrigin = str | list[str] | MappedColumn


class TableMapping(Section):
    """How the rows of an extract become rows of one table."""

    table: str = Field(description="Name of the table, as in the data dictionary.")
    key: list[str] | None = Field(None, description="Columns that make the record_id, joined by |.")
    suffix: str | None = Field(None, description="Added to the record_id after |, where a row names several people.")
    subject: list[str] | None = Field(
        None, description="Columns by which other files of the system name this person, if not the key."
    )
    group: list[str] | None = Field(None, description="Columns that make the group_id.")
    group_type: str | None = Field(None, description="Kind of group.")
    where: dict[str, list[str]] = Field(
        default_factory=dict, description="Only rows whose column has one of these values."
    )
    present: list[str] = Field(default_factory=list, description="Only rows where these columns are not blank.")
    columns: dict[str, ColumnOrigin] = Field(default_factory=dict, description="Table column to its origin.")


class Join(Section):
    """Columns of another extract, looked up for each row. They are then named ``<extract>.<column>``."""

    extract: str = Field(description="Name of the other extract.")
    on: dict[str, str] = Field(description="Column here to column there; the columns there must be a key.")


class Extract(Section):
    """One kind of file a council sends."""

    name: str = Field(description="Name of this extract, used in joins and reports.", pattern=r"^[a-z][a-z0-9_]*$")
    source: str = Field(description="The system it comes from.", pattern=r"^[a-z][a-z0-9_]*$")
    files: Annotated[list[str], Field(min_length=1, description="Paths or globs within the extract folder.")]
    format: Literal["csv", "parquet"] = "csv"
    encoding: str = Field("utf-8", description="Encoding of a CSV file; a byte order mark is always understood.")
    delimiter: str = Field(",", min_length=1, max_length=1)
    skip_lines: int = Field(0, ge=0, description="Lines above the header, such as a report's title.")
    dates: list[str] = Field(
        default_factory=lambda: ["%Y-%m-%d"],
        description="Date formats, tried in order; a time after the date is allowed. 'excel' is a serial number.",
    )
    joins: list[Join] = Field(default_factory=list)
    tables: Annotated[list[TableMapping], Field(min_length=1)]


class SourcesConfig(Section):
    """``[sources]``, ``[codes]`` and ``[[extracts]]``."""

    folder: str = Field(description="Folder of the extracts, relative to the TOML file.")
    max_bad_share: float = Field(0.05, ge=0, le=1, description="Share of bad rows in a table that stops the run.")
    codes: dict[str, dict[str, str]] = Field(default_factory=dict, description="Named code maps.")
    extracts: Annotated[list[Extract], Field(min_length=1)]
