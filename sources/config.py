"""The part of the council's TOML that says what its extracts look like.

An extract is one kind of file. It feeds one or more tables; for each it says which column is what. Nothing
here is a program: a council with other files needs another TOML and no Python.
"""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from store.council import Section

EXCEL_SERIAL = "excel"
_DIRECTIVES = frozenset({"d", "m", "Y", "y", "b", "B", "a", "A", "j", "-d", "-m", "%"})
_DIRECTIVE = re.compile(r"%(-?.)")


def _date_format(text: str) -> str:
    if text == EXCEL_SERIAL:
        return text
    found = _DIRECTIVE.findall(text)
    if not found or not set(found) <= _DIRECTIVES:
        raise ValueError(
            "a date format is made of %d %m %Y %y %b %B (a time after the date is understood by itself), or is 'excel'"
        )
    return text


def _encoding(text: str) -> str:
    try:
        return codecs.lookup(text).name
    except LookupError as error:
        raise ValueError("not the name of a text encoding, such as utf-8, cp1252 or utf-16") from error


DateFormat = Annotated[str, AfterValidator(_date_format)]
Encoding = Annotated[str, AfterValidator(_encoding)]


class MappedColumn(Section):
    """Where one column of a table comes from, when a bare column name does not say enough."""

    column: str | None = Field(None, description="Column of the extract.")
    columns: list[str] | None = Field(None, description="Columns joined by a comma and a space, blanks left out.")
    constant: str | None = Field(None, description="The same value in every row.")
    latest: list[str] | None = Field(
        None,
        min_length=1,
        description="Date columns of which the latest counts. The first may not be blank; a date after the extract "
        "date is passed over.",
    )
    within: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="For a flag: yes when the event date lies within the spell of these two date columns."
    )
    codes: dict[str, str] | str | None = Field(
        None, description="Value in the extract to value in the table; or the name of a map under [codes]."
    )
    dates: list[DateFormat] | None = Field(None, description="Date formats of this column, tried in order.")
    split: str | None = Field(None, min_length=1, description="Separator of a cell that holds several values.")
    true: list[str] | None = Field(None, description="Values that mean yes, for a flag; any other value means no.")
    default: str | None = Field(None, description="Value to use where the cell is blank.")

    @model_validator(mode="after")
    def _one_origin(self) -> MappedColumn:
        origins = (self.column, self.columns, self.constant, self.latest, self.within)
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("give exactly one of column, columns, constant, latest or within")
        return self


ColumnOrigin = str | list[str] | MappedColumn


class TableMapping(Section):
    """How the rows of an extract become rows of one table."""

    table: str = Field(description="Name of the table, as in the data dictionary.")
    key: list[str] | None = Field(None, min_length=1, description="Columns that make the record_id, joined by |.")
    suffix: str | None = Field(None, description="Added to the record_id after |, where a row names several people.")
    subject: list[str] | None = Field(
        None, min_length=1, description="Columns by which other files of the system name this person, if not the key."
    )
    group: list[str] | None = Field(None, min_length=1, description="Columns that make the group_id.")
    group_type: str | None = Field(None, description="Kind of group.")
    where: dict[str, list[str]] = Field(
        default_factory=dict, description="Only rows whose column has one of these values."
    )
    unless: dict[str, list[str]] = Field(
        default_factory=dict, description="Not the rows whose column has one of these values."
    )
    unless_words: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Not the rows whose column has one of these words, such as LTD in the name of a landlord.",
    )
    present: list[str] = Field(default_factory=list, description="Only rows where these columns are not blank.")
    columns: dict[str, ColumnOrigin] = Field(default_factory=dict, description="Table column to its origin.")


class Join(Section):
    """Columns of another extract, looked up for each row. They are then named ``<prefix>.<column>``."""

    extract: str = Field(description="Name of the other extract.")
    on: Annotated[dict[str, str], Field(min_length=1)] = Field(
        description="Column here to column there; where several rows there have one key, the last counts."
    )
    prefix: str | None = Field(None, description="Prefix of the columns, if not the other extract's name.")


class Extract(Section):
    """One kind of file a council sends."""

    name: str = Field(description="Name of this extract, used in joins and reports.", pattern=r"^[a-z][a-z0-9_]*$")
    source: str = Field(description="The system it comes from.", pattern=r"^[a-z][a-z0-9_]*$")
    files: Annotated[list[str], Field(min_length=1, description="Paths or globs within the extract folder.")]
    format: Literal["csv", "parquet"] = "csv"
    encoding: Encoding = Field("utf-8", description="Encoding of a CSV file; a byte order mark is always understood.")
    delimiter: str = Field(",", min_length=1, max_length=1)
    skip_lines: int = Field(0, ge=0, description="Lines above the header, such as a report's title.")
    dates: list[DateFormat] = Field(
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
