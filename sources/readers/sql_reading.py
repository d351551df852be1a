"""Reading a table or query of a database, by copying it into the run as text: the copy is then read as a file.

A database has no bytes to compare and no order of rows. The copy has both: its rows are sorted by all their cells, so
that the same content gives the same bytes and the same row numbers. Nothing here can change the database: the
transaction is read only where there is such a thing (PostgreSQL, SQLite); for SQL Server the login must be.

No message holds the URL, a password or a value; the database's own messages hold all three.
"""

from __future__ import annotations

import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, CursorResult, Engine, MetaData, NullPool, Table, create_engine, select, type_coerce
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.types import NullType

from sources.config import Extract
from sources.readers.cell_text import cell_text
from store.errors import EarlyHelpError, InputRejected, UsageError
from store.files import replacing
from store.parquet import write_parquet

_BATCH_ROWS = 16_384
_STREAMED = {"stream_results": True, "yield_per": _BATCH_ROWS}
_AS_IT_STANDS = {"no_parameters": True}
"""Else a driver takes the per cent sign of a LIKE for a place of its own."""
_SECONDS_TO_CONNECT = 15
_MOST_QUERY_BYTES = 1 << 20
_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mssql": "pyodbc"}
_EXTRAS = {"postgresql": "postgres", "mssql": "sqlserver"}
_URLS = "sqlite:///FILE, postgresql+psycopg://... or mssql+pyodbc://..."
_SELECT = re.compile(r"(\s+|--[^\n]*(\n|$)|/\*.*?\*/)*(select|with)\b", re.IGNORECASE | re.DOTALL)
_DAYS_AND_TIMES = ("date", "timestamp", "timestamptz", "time", "timetz", "interval")
_TROUBLE = (SQLAlchemyError, OSError, UnicodeError, ValueError, ArithmeticError)
"""What a driver raises over a statement it is refused or a value it cannot make sense of."""


def copy_extract(con: duckdb.DuckDBPyConnection, extract: Extract, columns: tuple[str, ...], path: Path) -> None:
    """Copy the named columns of an extract's table or query to a Parquet file of text, sorted by all its cells.

    Raises UsageError for what the TOML or the environment variable has wrong, InputRejected when the database cannot
    be reached, lacks the table or a column, or refuses the statement.
    """
    names = [f"c{index}" for index in range(len(columns))]
    schema = pa.schema([(name, pa.string()) for name in names])
    con.from_arrow(schema.empty_table()).create("copied")
    with _connected(extract) as connection:
        for rows in _drawn(connection, extract, columns):
            cells = [[cell_text(value, extract.decimal) for value in column] for column in zip(*rows)]
            con.from_arrow(pa.table([pa.array(held, pa.string()) for held in cells], schema=schema)).insert_into(
                "copied"
            )
    ordered = con.table("copied").order(", ".join(names))
    with replacing(path) as temporary:
        named = pa.schema([(name, pa.string()) for name in columns])
        batches = (batch.rename_columns(list(columns)) for batch in ordered.to_arrow_reader(_BATCH_ROWS))
        write_parquet(temporary, batches, named)
    con.execute("DROP TABLE copied")


def _drawn(connection: Connection, extract: Extract, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in lists of thousands, each row the named columns in order."""
    if extract.table is not None:
        result = _of_table(connection, extract, columns)
        places = list(range(len(columns)))
    else:
        result = connection.exec_driver_sql(_query(extract), execution_options=_STREAMED | _AS_IT_STANDS)
        places = _places(extract, list(result.keys()), columns)
    for rows in result.partitions(_BATCH_ROWS):
        yield [tuple(row[place] for place in places) for row in rows]


def _of_table(connection: Connection, extract: Extract, columns: tuple[str, ...]) -> CursorResult[Any]:
    assert extract.table is not None
    schema, _, name = extract.table.rpartition(".")
    try:
        with warnings.catch_warnings():
            # A column of a type the library does not know is no worse: values are taken as the driver gives them.
            warnings.simplefilter("ignore")
            table = Table(name, MetaData(), schema=schema or None, autoload_with=connection, resolve_fks=False)
    except NoSuchTableError:
        raise InputRejected(
            f"The database has no table or view {extract.table!r} that this user may see.",
            where=_where(extract),
            fix="Write it with its schema, as in dbo.tenancy, and check the user's rights.",
        ) from None
    found = list(table.columns.values())
    chosen = [found[place] for place in _places(extract, [column.name for column in found], columns)]
    # As the driver gives them: the library's own types would stop at the first value that does not fit.
    plain = [type_coerce(column, NullType()) for column in chosen]
    return connection.execute(select(*plain), execution_options=_STREAMED)


def _places(extract: Extract, found: list[str], columns: tuple[str, ...]) -> list[int]:
    of = "table" if extract.table is not None else "query"
    for column in columns:
        if column not in found:
            other = any(column.casefold() == name.casefold() for name in found)
            raise InputRejected(
                f"The {of} has no column {column!r}.",
                where=_where(extract),
                fix="It has it with other capitals: write it as the database does." if other else "Check the name.",
            )
        if found.count(column) > 1:
            raise InputRejected(
                f"The {of} has the column {column!r} twice.", where=_where(extract), fix="Name one of them AS another."
            )
    return [found.index(column) for column in columns]


def _query(extract: Extract) -> str:
    """The SELECT that the council keeps beside its TOML."""
    assert extract.query_file is not None
    try:
        with Path(extract.query_file).open("rb") as held:
            text = held.read(_MOST_QUERY_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeError):
        raise UsageError(
            "The query cannot be read as UTF-8 text.", where=f"{_where(extract)}, query_file", fix="Check the file."
        ) from None
    if not _SELECT.match(text):
        raise UsageError(
            "The query is no SELECT.", where=f"{_where(extract)}, query_file", fix="Begin it with SELECT or WITH."
        )
    return text.rstrip().rstrip(";")


# --- connecting --------------------------------------------------------------------------------------------


@contextmanager
def _connected(extract: Extract) -> Iterator[Connection]:
    """A connection in a transaction that only reads, whose rows come as they are asked for."""
    engine = _engine(extract)
    try:
        with _reached(extract, engine) as connection:
            yield connection
            connection.rollback()
    except EarlyHelpError:
        raise
    except _TROUBLE as error:
        raise InputRejected(
            f"The database does not give what is asked for{_state(error)}.",
            where=_where(extract),
            fix="Try the same with the database's own tools, as the same user.",
        ) from None
    finally:
        engine.dispose()


def _reached(extract: Extract, engine: Engine) -> Connection:
    try:
        connection = engine.connect()
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            _read_days_as_text(connection)
    except DBAPIError:
        raise InputRejected(
            "The database cannot be reached, or does not let this user in.",
            where=_where(extract),
            fix=f"Check the URL in the environment variable {extract.url_env}, the network and the user's password.",
        ) from None
    return connection


def _read_days_as_text(connection: Connection) -> None:
    """Let PostgreSQL write dates itself: it knows some, such as infinity, that Python does not."""
    from psycopg.types.string import TextLoader  # noqa: PLC0415 - only with the extra

    driver = connection.connection.driver_connection
    assert driver is not None
    for kind in _DAYS_AND_TIMES:
        driver.adapters.register_loader(kind, TextLoader)
    connection.exec_driver_sql("SET LOCAL datestyle = 'ISO, YMD'")
    # A moment counts on the day it was here.
    connection.exec_driver_sql("SET LOCAL TIME ZONE 'Europe/London'")


def _engine(extract: Extract) -> Engine:
    url = _url(extract)
    kind = url.get_backend_name()
    try:
        if kind == "sqlite":
            return create_engine(url, poolclass=NullPool, hide_parameters=True, creator=lambda: _sqlite(url))
        timeout = {"postgresql": "connect_timeout", "mssql": "timeout"}[kind]
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={timeout: _SECONDS_TO_CONNECT})
    except ImportError:
        raise UsageError(
            f"The driver {_DRIVERS[kind]} of this kind of database is not installed.",
            where=_where(extract),
            fix=f"Install the project with its extra {_EXTRAS[kind]!r}.",
        ) from None
    except (SQLAlchemyError, TypeError, ValueError):
        raise _no_url(extract) from None


def _url(extract: Extract) -> URL:
    assert extract.url_env is not None
    text = os.environ.get(extract.url_env, "")
    if not text:
        raise UsageError(
            f"The environment variable {extract.url_env} is not set.",
            where=_where(extract),
            fix="Set it to the SQLAlchemy URL of the database, in the shell or service that runs the job.",
        )
    try:
        url = make_url(text)
        driver = url.get_driver_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise _no_url(extract) from None
    if _DRIVERS.get(url.get_backend_name()) != driver or not url.database:
        raise _no_url(extract)
    return url


def _no_url(extract: Extract) -> UsageError:
    return UsageError(
        f"The environment variable {extract.url_env} does not hold the URL of a database that can be read.",
        where=_where(extract),
        fix=f"Write it as {_URLS}.",
    )


def _sqlite(url: URL) -> sqlite3.Connection:
    # Opened for reading alone: a file that is not there must not be made.
    connection = sqlite3.connect(f"file:{quote(url.database or '')}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _state(error: Exception) -> str:
    """The five-letter code that PostgreSQL and SQL Server give an error, which holds nothing of the data."""
    original = getattr(error, "orig", None)
    code = getattr(original, "sqlstate", None) or next(iter(getattr(original, "args", ())), None)
    return f" (SQLSTATE {code})" if isinstance(code, str) and re.fullmatch(r"[0-9A-Z]{5}", code) else ""


def _where(extract: Extract) -> str:
    return f"[[extracts]] name = {extract.name!r}"
