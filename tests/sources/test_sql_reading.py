"""Databases: read as text without being changed, made reproducible, and never told of in a message."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from early_help.config import load_config
from early_help.runner import StageReport, read_failure, run_stages
from sources.config import Extract
from sources.readers.sql_reading import copy_extract
from sources.stage import COPIES_FOLDER, STAGE
from sources.tables import QUARANTINE, RENT_TRANSACTIONS
from store.errors import EarlyHelpError, InputRejected, UsageError
from store.files import file_hash
from store.run_folder import RunFolder
from tests.sources.helpers import RENT, config, put, read, sources
from tests.sources.postgresql import PASSWORD
from tests.support import KEYS, SilentProgress

VARIABLE = "HOUSING_DB_URL"
HOSTILE = ['=HYPERLINK("x")', "Robert'); DROP TABLE rent; --", "<script>", 'a"b', "per cent % :name ?", " ", "ö"]
SECRET = "Zebedee"


def rent_table(name: str = "rent", schema: str | None = None) -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("ref", sa.Text),
        sa.Column("posted", sa.Date),
        sa.Column("kind", sa.Text),
        sa.Column("amount", sa.Numeric(14, 2)),
        schema=schema,
    )


RENTS: list[dict[str, Any]] = [
    {"ref": "b/1", "posted": dt.date(2024, 1, 2), "kind": "DD", "amount": Decimal("-20.50")},
    {"ref": "a/1", "posted": dt.date(2024, 1, 1), "kind": "Basic Rent", "amount": Decimal("1234.10")},
    {"ref": "a/1", "posted": None, "kind": "DD", "amount": None},
]


def fill(url: str, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Put the rows in the table, in place of what it held."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        table.metadata.drop_all(connection)
        table.metadata.create_all(connection)
        if rows:
            connection.execute(sa.insert(table), rows)


def run_sql(url: str, *statements: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def database_extract(**changes: Any) -> dict[str, Any]:
    made = {**RENT, "format": "sql", "url_env": VARIABLE, "table": "rent", **changes}
    return {key: value for key, value in made.items() if key != "files" and value is not None}


def copied(folder: Path, *columns: str, **changes: Any) -> list[tuple[Any, ...]]:
    """The copy of an extract, row by row."""
    with duckdb.connect() as con:
        copy_extract(con, Extract.model_validate(database_extract(**changes)), columns, folder / "copy.parquet")
    table = pq.read_table(folder / "copy.parquet")
    assert table.column_names == list(columns)
    return list(zip(*table.to_pydict().values()))


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, database_url)
    return database_url


def test_a_table_becomes_sorted_text(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS)
    assert [row[:3] for row in copied(tmp_path, "ref", "posted", "kind")] == [
        ("a/1", "2024-01-01", "Basic Rent"),
        ("a/1", None, "DD"),
        ("b/1", "2024-01-02", "DD"),
    ]


def test_the_copy_does_not_depend_on_the_order_of_the_rows(tmp_path: Path, url: str) -> None:
    hashes = set()
    for rows in (RENTS, RENTS[::-1], [*RENTS[1:], RENTS[0]]):
        fill(url, rent_table(), rows)
        copied(tmp_path, "amount", "kind", "posted", "ref")
        hashes.add(file_hash(tmp_path / "copy.parquet"))
    assert len(hashes) == 1


def test_rows_reach_the_table_as_from_a_file(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS)
    run = sources(tmp_path / "run", database_extract(), folder=tmp_path / "none", max_bad_share=1.0)
    found = [
        (row["group_id"], row["event_date"], row["kind"], row["amount_pence"]) for row in read(run, RENT_TRANSACTIONS)
    ]
    assert found == [
        ("a/1", dt.date(2024, 1, 1), "rent", 123_410),
        ("b/1", dt.date(2024, 1, 2), "payment", -2_050),
    ]
    assert {(row["file"], row["row"]) for row in read(run, QUARANTINE)} == {("database/rent", 3)}


def test_numbers_have_the_decimal_mark_of_the_councils_texts(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS)
    assert next(row[0] for row in copied(tmp_path, "amount", decimal=",")) in ("-20,5", "-20,50")


def test_hostile_names_and_values_are_only_names_and_values(tmp_path: Path, url: str) -> None:
    columns = [name for name in HOSTILE if name.strip()]
    table = sa.Table(
        "ta b'; DROP", sa.MetaData(), *[sa.Column(name, sa.Text, key=f"k{n}") for n, name in enumerate(columns)]
    )
    fill(url, table, [{f"k{n}": text for n in range(len(columns))} for text in HOSTILE])
    found = copied(tmp_path, *columns, table="ta b'; DROP")
    assert sorted(row[0] for row in found) == sorted(HOSTILE)
    assert all(len(set(row)) == 1 for row in found)


def test_a_query_that_the_council_keeps(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS)
    query = put(
        tmp_path,
        "rent.sql",
        "\ufeff-- rents that cost\n/* of one year */ SELECT ref AS \"Ref no\", kind FROM rent WHERE kind LIKE 'B%';\n",
    )
    assert copied(tmp_path, "Ref no", "kind", table=None, query_file=str(query)) == [("a/1", "Basic Rent")]


def test_a_view_and_an_empty_table(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), [])
    run_sql(url, "CREATE VIEW owed AS SELECT ref, amount FROM rent")
    assert copied(tmp_path, "ref", table="owed") == []


def test_one_extract_joins_another_from_a_database(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS[:2])
    kinds = sa.Table("kinds", sa.MetaData(), sa.Column("code", sa.Text), sa.Column("meaning", sa.Text))
    fill(url, kinds, [{"code": "DD", "meaning": "payment"}, {"code": "Basic Rent", "meaning": "rent"}])
    table = {**RENT["tables"][0], "columns": {**RENT["tables"][0]["columns"], "kind": "kinds.meaning"}}
    rent = database_extract(tables=[table], joins=[{"extract": "kinds", "on": {"kind": "code"}}])
    other = database_extract(name="kinds", table="kinds", tables=[])
    run = sources(tmp_path / "run", rent, other, folder=tmp_path / "none")
    assert [row["kind"] for row in read(run, RENT_TRANSACTIONS)] == ["rent", "payment"]


# --- the run -----------------------------------------------------------------------------------------------

COUNCIL = """
[council]
name = "Testborough"
extract_date = 2026-09-07
covers_from = 2022-09-01
covers_to = 2026-08-31
[sources]
folder = "extracts"
max_bad_share = 1.0
[[extracts]]
name = "rent"
source = "housing"
format = "sql"
url_env = "HOUSING_DB_URL"
{origin}
[[extracts.tables]]
table = "rent_transactions"
group = ["ref"]
group_type = "tenancy"
[extracts.tables.columns]
event_date = "posted"
recorded_on = "posted"
kind = {{ column = "kind", codes = {{ "Basic Rent" = "rent", "DD" = "payment" }} }}
amount_pence = "amount"
"""


def job(folder: Path, origin: str = 'table = "rent"') -> StageReport:
    council = put(folder, "council.toml", COUNCIL.format(origin=origin))
    (report,) = run_stages(RunFolder(folder / "run"), load_config(council), [STAGE], KEYS, SilentProgress())
    return report


def outputs(folder: Path) -> dict[str, str]:
    root = folder / "run"
    return {
        path.relative_to(root).as_posix(): file_hash(path)
        for path in root.rglob("*")
        if path.is_file() and "state" not in path.parts
    }


def test_an_unchanged_database_is_fetched_again_and_nothing_more(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS)
    assert job(tmp_path).ran
    before = outputs(tmp_path)
    fill(url, rent_table(), RENTS[::-1])
    assert not job(tmp_path).ran
    assert outputs(tmp_path) == before
    fill(url, rent_table(), RENTS[:2])
    assert job(tmp_path).ran
    assert outputs(tmp_path) != before


def test_a_query_in_the_tomls_folder(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS)
    put(tmp_path, "queries/rent.sql", "SELECT * FROM rent")
    assert job(tmp_path, 'query_file = "queries/rent.sql"').ran
    assert len(read(RunFolder(tmp_path / "run"), RENT_TRANSACTIONS)) == 2


def test_a_database_out_of_reach_stops_the_run_and_leaves_all_as_it_was(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(url, rent_table(), RENTS)
    job(tmp_path)
    before = outputs(tmp_path)
    monkeypatch.setenv(VARIABLE, "sqlite:////nowhere/at all.db")
    with pytest.raises(InputRejected, match="cannot be reached"):
        job(tmp_path)
    assert outputs(tmp_path) == before
    failure = read_failure(RunFolder(tmp_path / "run"))
    assert failure is not None and failure["stage"] == "sources"
    monkeypatch.setenv(VARIABLE, url)
    assert not job(tmp_path).ran
    assert read_failure(RunFolder(tmp_path / "run")) is None


def test_the_copy_of_a_database_that_is_no_longer_read_goes(tmp_path: Path, url: str) -> None:
    fill(url, rent_table(), RENTS[:2])
    sources(tmp_path / "run", database_extract(), folder=tmp_path)
    assert [path.name for path in (tmp_path / "run" / COPIES_FOLDER).iterdir()] == ["rent.parquet"]
    put(tmp_path, "rent.csv", "ref,posted,kind,amount\na/1,2024-01-01,DD,1\n")
    sources(tmp_path / "run", RENT, folder=tmp_path)
    assert list((tmp_path / "run" / COPIES_FOLDER).iterdir()) == []


# --- what is refused ---------------------------------------------------------------------------------------


def refused(folder: Path, kind: type[EarlyHelpError], *columns: str, **changes: Any) -> EarlyHelpError:
    with pytest.raises(EarlyHelpError) as found:
        copied(folder, *columns, **changes)
    assert type(found.value) is kind
    assert "'rent'" in found.value.where
    for hidden in (PASSWORD, SECRET, "council", "eh-pg-", "housing.db", "open sesame"):
        assert hidden not in str(found.value)
    assert found.value.__suppress_context__ or found.value.__context__ is None
    assert not (folder / "copy.parquet").exists()
    return found.value


@pytest.mark.parametrize(
    ("columns", "changes", "told"),
    [
        (("ref",), {"table": "rents"}, "no table or view 'rents'"),
        (("ref",), {"table": "nowhere.rent"}, "The database"),
        (("ref", "tenancy"), {}, "no column 'tenancy'"),
        (("Ref",), {}, "other capitals"),
    ],
)
def test_names_that_are_not_there_are_told(
    tmp_path: Path, url: str, columns: tuple[str, ...], changes: dict[str, Any], told: str
) -> None:
    fill(url, rent_table(), [{**RENTS[0], "ref": SECRET}])
    assert told in str(refused(tmp_path, InputRejected, *columns, **changes))


@pytest.mark.parametrize(
    ("query", "kind", "told"),
    [
        (f"SELECT ref FROM rent WHERE amount = '{SECRET}' + nothing", InputRejected, "does not give what is asked"),
        ("SELECT ref, ref FROM rent", InputRejected, "twice"),
        ("SELECT kind FROM rent", InputRejected, "no column 'ref'"),
        ("SELECT ref FROM rent; DROP TABLE rent", InputRejected, "does not give what is asked"),
        ("DELETE FROM rent", UsageError, "no SELECT"),
        ("-- SELECT\nDROP TABLE rent", UsageError, "no SELECT"),
        ("", UsageError, "no SELECT"),
        (b"SELECT '\xff'", UsageError, "UTF-8"),
    ],
)
def test_queries_that_are_none_are_refused_and_change_nothing(
    tmp_path: Path, url: str, query: str | bytes, kind: type[EarlyHelpError], told: str
) -> None:
    fill(url, rent_table(), RENTS)
    held = put(tmp_path, "rent.sql", query)
    assert told in str(refused(tmp_path, kind, "ref", table=None, query_file=str(held)))
    assert len(copied(tmp_path, "ref")) == len(RENTS)


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        ("", UsageError, "is not set"),
        (f"open sesame {PASSWORD}", UsageError, "does not hold the URL"),
        (f"mysql://council:{PASSWORD}@host/db", UsageError, "does not hold the URL"),
        (f"postgresql+asyncpg://council:{PASSWORD}@host/db", UsageError, "does not hold the URL"),
        (f"postgresql://council:{PASSWORD}@host:port/db", UsageError, "does not hold the URL"),
        (f"postgresql+psycopg://council:{PASSWORD}@/db?host=/nowhere", InputRejected, "cannot be reached"),
        (f"postgresql+psycopg://council:{PASSWORD}@127.0.0.1:9/db", InputRejected, "cannot be reached"),
        ("sqlite:////nowhere/housing.db", InputRejected, "cannot be reached"),
        ("sqlite://", UsageError, "does not hold the URL"),
    ],
)
def test_a_url_that_leads_nowhere_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, kind: type[EarlyHelpError], told: str
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    error = refused(tmp_path, kind, "ref")
    assert told in str(error) and VARIABLE in str(error)


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"mssql+pyodbc://council:{PASSWORD}@host/db?driver=x")
    monkeypatch.setitem(__import__("sys").modules, "pyodbc", None)
    assert "extra 'sqlserver'" in str(refused(tmp_path, UsageError, "ref"))


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/housing.db")
    refused(tmp_path, InputRejected, "ref")
    assert not (tmp_path / "housing.db").exists()


def test_a_sqlite_file_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "housing.db", SECRET * 1_000)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/housing.db")
    refused(tmp_path, InputRejected, "ref")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url_env": f"sqlite:///{SECRET}"}, "name of an environment variable"),
        ({"url_env": None}, "needs url_env"),
        ({"table": None}, "exactly one of table and query_file"),
        ({"query_file": "rent.sql"}, "exactly one of table and query_file"),
        ({"files": ["rent.csv"]}, "has no files"),
        ({"path": "x/{Year}.csv"}, "has no files"),
        ({"skip_lines": 1}, "no header, skip_lines"),
        ({"format": "parquet", "files": ["x"]}, "url_env is for format sql only"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    made = {key: value for key, value in {**database_extract(), **changes}.items() if value is not None}
    with pytest.raises(ValueError, match=told):
        config(tmp_path, made)


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("../rent.sql", UsageError, "leads out"),
        ("/etc/hostname", UsageError, "leads out"),
        ("none.sql", UsageError, "no file"),
        ("linked.sql", InputRejected, "link that leads out"),
    ],
)
def test_a_query_outside_the_tomls_folder_is_refused(
    tmp_path: Path, path: str, kind: type[EarlyHelpError], told: str
) -> None:
    put(tmp_path, "rent.sql", "SELECT * FROM rent")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "linked.sql").symlink_to(tmp_path / "rent.sql")
    council = put(folder, "council.toml", COUNCIL.format(origin=f'query_file = "{path}"'))
    with pytest.raises(kind, match=told) as refusal:
        load_config(council)
    assert "extracts[1].query_file" in refusal.value.where


# --- PostgreSQL alone --------------------------------------------------------------------------------------


@pytest.fixture
def postgresql(postgresql_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, postgresql_server)
    run_sql(postgresql_server, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgresql_server


@pytest.mark.databases
def test_values_that_python_has_no_type_for(tmp_path: Path, postgresql: str) -> None:
    run_sql(
        postgresql,
        "CREATE SCHEMA dbo",
        "CREATE TABLE dbo.odd (d date, t timestamp, z timestamptz, n numeric, f float8, r real, b boolean, u uuid, "
        "j jsonb, l text[], x bytea, c char(5), i interval)",
        "INSERT INTO dbo.odd VALUES ('infinity', '2024-06-30 23:30:00', '2024-06-30 23:30:00Z', "
        "12345678901234567890.12345, 0.1, 1.5, true, '00000000-0000-0000-0000-00000000000a', "
        "'{\"b\": 1, \"a\": [2]}', '{x,y}', '\\x00ff', 'ab', '1 day')",
        "INSERT INTO dbo.odd (d, t, n) VALUES ('2024-01-31', '2024-01-31', 'NaN')",
    )
    try:
        first, second = copied(tmp_path, "n", "d", "t", "z", "f", "r", "b", "u", "j", "l", "x", "c", table="dbo.odd")
    finally:
        run_sql(postgresql, "DROP SCHEMA dbo CASCADE")
    assert first == (
        "12345678901234567890.12345",
        "infinity",
        "2024-06-30 23:30:00",
        "2024-07-01 00:30:00+01",
        "0.1",
        "1.5",
        "true",
        "00000000-0000-0000-0000-00000000000a",
        '{"a": [2], "b": 1}',
        '["x", "y"]',
        "00ff",
        "ab   ",
    )
    assert second[:3] == (None, "2024-01-31", "2024-01-31 00:00:00")


@pytest.mark.databases
def test_a_query_that_would_write_is_stopped_by_the_server(tmp_path: Path, postgresql: str) -> None:
    fill(postgresql, rent_table(), RENTS)
    query = put(tmp_path, "rent.sql", "WITH gone AS (DELETE FROM rent RETURNING ref) SELECT ref FROM gone")
    assert "does not give" in str(refused(tmp_path, InputRejected, "ref", table=None, query_file=str(query)))
    assert len(copied(tmp_path, "ref")) == len(RENTS)


@pytest.mark.databases
def test_a_wrong_password_and_a_missing_right_are_told_apart(
    tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(postgresql, rent_table(), RENTS)
    run_sql(
        postgresql,
        "DROP ROLE IF EXISTS reader",
        f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'",
        "GRANT USAGE ON SCHEMA public TO reader",
    )
    monkeypatch.setenv(VARIABLE, postgresql.replace(PASSWORD, f"{SECRET}-not"))
    assert "let this user in" in str(refused(tmp_path, InputRejected, "ref"))
    monkeypatch.setenv(VARIABLE, postgresql.replace(f"council:{PASSWORD}", f"reader:{SECRET}"))
    assert "SQLSTATE 42501" in str(refused(tmp_path, InputRejected, "ref"))


@pytest.mark.databases
def test_a_large_table_is_drawn_a_batch_at_a_time(tmp_path: Path, postgresql: str) -> None:
    run_sql(
        postgresql,
        "CREATE TABLE many AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, 60000) AS n",
    )
    found = copied(tmp_path, "id", "text", table="many")
    assert len(found) == 60_000
    assert found == sorted(found)
