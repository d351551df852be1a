"""The part of the council's TOML that says what its extracts look like.

An extract is one kind of file. It feeds one or more tables; for each it says which column is what. Nothing
here is a program: a council with other files needs another TOML and no Python.
"""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from sources.cin_census import ROW_ELEMENTS
from store.council import Section

EXCEL_SERIAL = "excel"
_DIRECTIVES = frozenset({"d", "m", "Y", "y", "b", "B", "a", "A", "j", "-d", "-m", "%"})
_DIRECTIVE = re.compile(r"%(-?.)")
MOST_LINES = 100_000
"""Above the header, or below the data."""
_PATH_PART = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


def _date_format(text: str) -> str:
    if text == EXCEL_SERIAL:
        return text
    found = _DIRECTIVE.findall(text)
    if not found or not set(found) <= _DIRECTIVES:
        raise ValueError(
            "a date format is made of %d %m %Y %y %b %B (a time after the date is understood by itself), or is 'excel'"
        )
    return text


def _delimiter(text: str) -> str:
    if re.search(r'[\r\n"\x00]', text):
        raise ValueError("a delimiter is a mark such as , ; | || ¬ or a tab, without line ends or quotation marks")
    return text


def _quote(text: str) -> str:
    if not text.isascii():
        raise ValueError("a quotation mark is one plain character, or '' if there is none")
    return text


def _encoding(text: str) -> str:
    try:
        # Some codecs are no text encodings; those refuse text.
        "".encode(text)
        return codecs.lookup(text).name
    except LookupError as error:
        raise ValueError("not the name of a text encoding, such as utf-8, cp1252 or utf-16") from error


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(
            "this is the name of an environment variable, such as HOUSING_DB_URL; the URL itself has a password and "
            "never stands in the TOML"
        )
    return text


DateFormat = Annotated[str, AfterValidator(_date_format)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[str, AfterValidator(_delimiter)]
Quote = Annotated[str, AfterValidator(_quote)]
Variable = Annotated[str, AfterValidator(_variable)]
Format = Literal["csv", "parquet", "excel", "cin_census", "sql"]
_KEYS_OF_ONE_FORMAT = {
    "sheet": "excel",
    "rows": "cin_census",
    "url_env": "sql",
    "table": "sql",
    "query_file": "sql",
}
Decimal = Literal[".", ","]
Width = Annotated[int, Field(ge=1, le=10_000)]
Tidying = Literal["upper", "whole", "unpadded", "unspaced"]


def check_path_pattern(pattern: str) -> None:
    """Raise ValueError unless the pattern names each part once, by a plain word in braces."""
    names = _PATH_PART.findall(pattern)
    if not names or len(set(names)) != len(names) or re.search(r"[{}]", _PATH_PART.sub("", pattern)):
        raise ValueError("a path has names in braces, each once, such as schools/{School}/marks_{Year}.csv")
    if "}{" in pattern:
        raise ValueError("two names of a path stand side by side, and nothing says where the first ends")


def path_columns(pattern: str) -> tuple[str, ...]:
    """The columns that a path pattern names."""
    return tuple(_PATH_PART.findall(pattern))


def path_values(pattern: str, relative: str) -> dict[str, str] | None:
    """What a file's path says by the pattern; None when the path does not fit it."""
    texts = _PATH_PART.split(pattern)
    # Split by a pattern with one group, the names stand at the odd places.
    expression = "".join(f"(?P<{part}>[^/]+?)" if place % 2 else re.escape(part) for place, part in enumerate(texts))
    found = re.fullmatch(expression, relative)
    return found.groupdict() if found else None


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
    first: list[str] | None = Field(
        None, min_length=2, description="Columns of which the first that is not blank counts."
    )
    debit: str | None = Field(None, description="For an amount: the column of charges, where credits have their own.")
    credit: str | None = Field(None, description="For an amount: the column of payments, taken off the charges.")
    marked: dict[str, str] | None = Field(
        None, min_length=1, description="For a list of codes: columns that say yes or no, each with the code it means."
    )
    within: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="For a flag: yes when the event date lies within the spell of these two date columns."
    )
    codes: dict[str, str] | str | None = Field(
        None,
        description="Value in the extract to value in the table, or the name of a map under [codes]. A value that "
        "becomes '' counts as blank.",
    )
    negative: dict[str, list[str]] = Field(
        default_factory=dict,
        description="For an amount: it counts the other way round where a column has one of these values, such as CR.",
    )
    dates: list[DateFormat] | None = Field(None, description="Date formats of this column, tried in order.")
    split: str | None = Field(None, min_length=1, description="Separator of a cell that holds several values.")
    true: list[str] | None = Field(None, description="Values that mean yes, for a flag; any other value means no.")
    default: str | None = Field(None, description="Value to use where the cell is blank.")
    decimal: Decimal | None = Field(None, description="Decimal mark of this column, if not the extract's.")
    unit: Literal["pounds", "pence"] = Field("pounds", description="For an amount: what one stands for in the file.")

    @model_validator(mode="after")
    def _one_origin(self) -> MappedColumn:
        origins = (self.column, self.columns, self.constant, self.latest, self.first, self.within, self.marked)
        if sum(origin is not None for origin in (*origins, self.debit or self.credit)) != 1:
            raise ValueError(
                "give exactly one of column, columns, constant, latest, first, within, marked, or debit and credit"
            )
        return self

    @property
    def sources(self) -> list[str]:
        """The columns of the extract that make the value, in order."""
        alone = [name for name in (self.column, self.debit, self.credit) if name is not None]
        return alone or self.columns or self.latest or self.first or self.within or list(self.marked or [])


ColumnOrigin = str | list[str] | MappedColumn


class Unpivot(Section):
    """Columns side by side that are rows of one table: each cell that is not blank makes a row."""

    name: str = Field(description="Table column that says which of the columns it was, such as domain.")
    value: str = Field(description="Table column that takes the cell, such as score.")
    columns: dict[str, str] = Field(
        min_length=1, description="Column of the extract to what ``name`` then says, such as Q1 = 'education'."
    )


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
        description="Not the rows whose column has one of these words, such as LTD in the name of a landlord, or "
        "signs, such as & between two names.",
    )
    present: list[str] = Field(default_factory=list, description="Only rows where these columns are not blank.")
    columns: dict[str, ColumnOrigin] = Field(default_factory=dict, description="Table column to its origin.")
    unpivot: Unpivot | None = Field(
        None, description="Columns side by side that each make a row, where not blank, such as the scores of a form."
    )

    @model_validator(mode="after")
    def _mapped_once(self) -> TableMapping:
        made = (self.unpivot.name, self.unpivot.value) if self.unpivot else ()
        for name in made:
            if name in self.columns or made.count(name) > 1:
                raise ValueError(f"{name} is mapped twice, by columns and by unpivot, or twice by unpivot")
        return self

    @model_validator(mode="after")
    def _words_not_blank(self) -> TableMapping:
        if not all(word.strip() for words in self.unless_words.values() for word in words):
            raise ValueError("unless_words has a blank word, which every text would have")
        return self

    def unpivoted(self) -> list[TableMapping]:
        """The mapping as one for each of the columns side by side; itself alone where there are none."""
        if self.unpivot is None:
            return [self]
        name, value = self.unpivot.name, self.unpivot.value
        meanings = {
            column: MappedColumn.model_validate({"constant": meaning})
            for column, meaning in self.unpivot.columns.items()
        }
        return [
            self.model_copy(
                update={
                    "unpivot": None,
                    "present": [*self.present, column],
                    "columns": {**self.columns, name: meaning, value: column},
                }
            )
            for column, meaning in meanings.items()
        ]


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
    files: list[str] = Field(
        default_factory=list, description="Paths or globs within the extract folder; none for a database."
    )
    format: Format = Field(
        "csv",
        description="csv (a .gz, or a .zip of one file, is unpacked as it is read), "
        "parquet, excel (.xlsx, .xlsm, .xls), cin_census (the "
        "children in need return as XML, .gz or not) or sql (a database).",
    )
    sheet: str | None = Field(None, min_length=1, description="For excel: name of the sheet, if not the first.")
    rows: str | None = Field(
        None, description="For cin_census: the element that makes a row: " + ", ".join(ROW_ELEMENTS) + "."
    )
    url_env: Variable | None = Field(
        None,
        description="For sql: name of the environment variable that holds the database's SQLAlchemy URL. The URL has a "
        "password and never stands in the TOML.",
    )
    table: str | None = Field(None, min_length=1, description="For sql: the table or view to read, as in dbo.tenancy.")
    query_file: str | None = Field(
        None,
        min_length=1,
        description="For sql, in place of table: a file with one SELECT, in the TOML's folder or below it.",
    )
    encoding: Encoding = Field("utf-8", description="Encoding of a CSV file; a byte order mark is always understood.")
    delimiter: Delimiter = Field(
        ",", min_length=1, max_length=8, description="Mark between cells, of one character or several."
    )
    widths: dict[str, Width] | None = Field(
        None,
        min_length=1,
        description="For a csv without marks between cells: each column's name and width in characters, in the order "
        "of the line. The names stand in for the header; a header in the file is one of skip_lines.",
    )
    decimal: Decimal = Field(
        ".", description="Decimal mark of numbers and amounts; the other of . and , then sets thousands apart."
    )
    quote: Quote = Field(
        '"', max_length=1, description="Mark around cells that hold the delimiter; '' if there is none."
    )
    skip_lines: int = Field(0, ge=0, le=MOST_LINES, description="Lines above the header, such as a report's title.")
    footer_lines: int = Field(0, ge=0, le=MOST_LINES, description="Lines below the data, blank ones not counted.")
    header: list[str] | None = Field(
        None,
        min_length=1,
        description="Names of all columns, where the file gives none or the same twice; its own header is then one of "
        "skip_lines.",
    )
    path: str | None = Field(
        None,
        description="What the path of each file says, such as 'schools/{School}/marks_{Year}.csv': School and Year are "
        "then columns.",
    )
    missing: list[str] = Field(
        default_factory=list, description="Cells that mean nothing is there, as written, such as NULL, N/A or -."
    )
    tidy: dict[str, list[Tidying]] = Field(
        default_factory=dict,
        description="Column to what makes its cells comparable: upper (capitals), whole (7.0 is 7), unpadded (0012/01 "
        "is 12/1), unspaced.",
    )
    dates: list[DateFormat] = Field(
        default_factory=lambda: ["%Y-%m-%d"],
        description="Date formats, tried in order; a time after the date is allowed. 'excel' is a serial number.",
    )
    joins: list[Join] = Field(default_factory=list, description="Other extracts to look columns up in.")
    tables: list[TableMapping] = Field(
        default_factory=list, description="What its rows become; none for an extract that is only joined."
    )

    @field_validator("tables")
    @classmethod
    def _each_row_of_its_own(cls, tables: list[TableMapping]) -> list[TableMapping]:
        return [one for mapping in tables for one in mapping.unpivoted()]

    @model_validator(mode="after")
    def _fits_together(self) -> Extract:
        if self.format not in ("csv", "excel") and (self.header or self.footer_lines or self.skip_lines):
            kind = {"parquet": "a Parquet file", "sql": "a database"}.get(self.format, "a return")
            raise ValueError(f"{kind} has columns with names and rows only: no header, skip_lines, footer_lines")
        self._fits_its_format()
        if self.widths is not None and (self.format != "csv" or self.header is not None):
            raise ValueError("widths is for a csv, and gives the columns' names itself: leave out header")
        names = self.header or []
        if len(set(names)) != len(names):
            raise ValueError("header has a name twice")
        if self.path is not None:
            check_path_pattern(self.path)
        return self

    def _fits_its_format(self) -> None:
        """Raise ValueError for a key that belongs to another format, or that this one lacks."""
        for key, kind in _KEYS_OF_ONE_FORMAT.items():
            if getattr(self, key) is not None and self.format != kind:
                raise ValueError(f"{key} is for format {kind} only")
        if self.format == "sql":
            if self.files or self.path is not None:
                raise ValueError("a database has no files: leave out files and path")
            if self.url_env is None or (self.table is None) == (self.query_file is None):
                raise ValueError("a database needs url_env, and exactly one of table and query_file")
        elif not self.files:
            raise ValueError("files is missing: say which files of the folder are this extract's")
        origins = [origin for table in self.tables for origin in table.columns.values()]
        formats = [*self.dates, *(form for one in origins if isinstance(one, MappedColumn) for form in one.dates or [])]
        if self.format in ("excel", "sql") and "%Y-%d-%m" in formats:
            raise ValueError("a real date comes as year-month-day, which %Y-%d-%m would read as another day")
        if self.format == "cin_census" and self.rows not in ROW_ELEMENTS:
            raise ValueError("rows says which element makes a row; it is one of " + ", ".join(ROW_ELEMENTS))


class SourcesConfig(Section):
    """``[sources]``, ``[codes]`` and ``[[extracts]]``."""

    folder: str = Field(description="Folder of the extracts, relative to the TOML file.")
    max_bad_share: float = Field(0.05, ge=0, le=1, description="Share of bad rows in a table that stops the run.")
    codes: dict[str, dict[str, str]] = Field(default_factory=dict, description="Named code maps.")
    extracts: Annotated[list[Extract], Field(min_length=1)]
