"""From one extract file to its part: read, join, map, check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb import ColumnExpression

from sources.checking import Counts, accepted_rows, add_to
from sources.config import SourcesConfig
from sources.extract_files import ExtractFile, matched_files
from sources.mapping import TABLES_BY_NAME, MappedTable, Scope, map_table, origin_of
from sources.parts import Part, Parts, PartSummary, fingerprint_of
from sources.plan import ExtractPlan, JoinPlan
from sources.raw_rows import FOOTER, MALFORMED_LINE, Rows
from sources.reading import read_rows
from sources.tables import QUARANTINE
from sources.text import constant, joined_key
from store.files import file_hash
from store.table import Table

_BATCH_ROWS = 131_072
_KEY_SEPARATOR = "\x1f"


class Extractor:
    """Makes the parts of a run, reading only the files that have changed."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, config: SourcesConfig, extract_date: dt.date, parts: Parts
    ) -> None:
        self._con = con
        self._config = config
        self._folder = Path(config.folder)
        self._extract_date = extract_date
        self._parts = parts
        self._hashes: dict[Path, str] = {}

    def part(self, plan: ExtractPlan, file: ExtractFile) -> Part:
        """The part of one file: the one kept, if nothing it depends on has changed, else a new one."""
        fingerprint = self._fingerprint(plan, file)
        return self._parts.find(fingerprint) or self._read(plan, file, fingerprint)

    # --- what a part depends on ------------------------------------------------------------------------

    def _fingerprint(self, plan: ExtractPlan, file: ExtractFile) -> str:
        joined = [
            [join.extract.model_dump(mode="json", exclude={"tables"}), self._file_hashes(join)] for join in plan.joins
        ]
        return fingerprint_of(
            {
                "file": file.relative,
                "content": self._hash(file.path),
                "extract": plan.extract.model_dump(mode="json"),
                "codes": {name: self._config.codes[name] for name in sorted(_code_maps(plan))},
                "joined": joined,
                "extract_date": self._extract_date.isoformat(),
            }
        )

    def _file_hashes(self, join: JoinPlan) -> list[list[str]]:
        return [[file.relative, self._hash(file.path)] for file in matched_files(self._folder, join.extract)]

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = file_hash(path)
        return self._hashes[path]

    # --- reading ---------------------------------------------------------------------------------------

    def _read(self, plan: ExtractPlan, file: ExtractFile, fingerprint: str) -> Part:
        con = self._con
        for number, join in enumerate(plan.joins):
            self._look_up(number, join)
        rows = read_rows(con, file, plan.columns)
        summary = PartSummary(plan.extract.name, plan.extract.source, file.relative, rows.count)
        summary.tables = {mapping.table: Counts() for mapping in plan.extract.tables}
        con.execute(
            "CREATE OR REPLACE TABLE quarantine_rows "
            "(row BIGINT, tbl VARCHAR, col VARCHAR, rule VARCHAR, action VARCHAR, value VARCHAR)"
        )
        self._set_aside(rows, summary)
        scope, source = self._scope(plan, rows)
        mapped = [
            map_table(mapping, ordinal, plan.extract, file.relative, scope, self._config.codes, self._extract_date)
            for ordinal, mapping in enumerate(plan.extract.tables)
        ]
        wanted = sorted({mapping.table for mapping in plan.extract.tables})
        tables: dict[Table, Iterator[pa.RecordBatch]] = {
            TABLES_BY_NAME[name]: self._accepted(source, [m for m in mapped if m.table.name == name], summary)
            for name in wanted
        }
        # Drawn last, when all the checks have been made.
        tables[QUARANTINE] = self._quarantined(plan, file)
        return self._parts.save(fingerprint, tables, summary)

    def _accepted(
        self, source: duckdb.DuckDBPyRelation, mapped: Sequence[MappedTable], summary: PartSummary
    ) -> Iterator[pa.RecordBatch]:
        for one in mapped:
            yield from accepted_rows(self._con, source, one, self._extract_date, summary.tables[one.table.name])

    def _look_up(self, number: int, join: JoinPlan) -> None:
        """Make the table ``join_<number>`` of the other extract's columns by key; of equal keys the last row counts."""
        for position, file in enumerate(matched_files(self._folder, join.extract)):
            rows = read_rows(self._con, file, tuple(sorted({*join.there, *join.columns})))
            key = joined_key([ColumnExpression(rows.columns[name]) for name in join.there], _KEY_SEPARATOR)
            found = (
                self._con.table("rows")
                .filter(ColumnExpression("kind").isnull())
                .project(
                    key.alias(f"key_{number}"),
                    constant(position).alias("place"),
                    ColumnExpression("row"),
                    *[ColumnExpression(rows.columns[n]).alias(f"j{number}_{i}") for i, n in enumerate(join.columns)],
                )
                .filter(ColumnExpression(f"key_{number}").isnotnull())
            )
            if position == 0:
                self._con.execute(_DROP_FOUND)
                found.create("found")
            else:
                found.insert_into("found")
        self._con.execute(_DROP_JOIN.format(number=number))
        self._con.sql(_LAST_OF_KEY.format(number=number)).create(f"join_{number}")

    def _set_aside(self, rows: Rows, summary: PartSummary) -> None:
        """Put what is no data row into quarantine, under each table the file is meant for."""
        con = self._con
        tables = sorted(summary.tables)
        for rule, lines in ((MALFORMED_LINE, rows.malformed), (FOOTER, rows.footer)):
            numbers, texts = [number for number, _ in lines], [text for _, text in lines]
            con.execute(_LINES_TO_QUARANTINE, [tables, rule, numbers, texts])
        con.execute(_NOT_DATA_TO_QUARANTINE, [tables])
        kinds = con.execute("SELECT kind, count(*) FROM rows WHERE kind IS NOT NULL GROUP BY kind").fetchall()
        summary.not_data.update(dict(kinds))
        add_to(summary.not_data, MALFORMED_LINE, len(rows.malformed))
        add_to(summary.not_data, FOOTER, len(rows.footer))
        for counts in summary.tables.values():
            # A malformed line was meant as a row; what else is set aside was not.
            counts.rows += len(rows.malformed)
            counts.rejected += len(rows.malformed)
            add_to(counts.rules, f"row: {MALFORMED_LINE}", len(rows.malformed))

    def _scope(self, plan: ExtractPlan, rows: Rows) -> tuple[Scope, duckdb.DuckDBPyRelation]:
        """Name the columns a mapping may use, and the rows that have them all."""
        names = dict(rows.columns)
        dates: dict[str, Sequence[str]] = dict.fromkeys(names, plan.extract.dates)
        source = self._con.table("rows").filter(ColumnExpression("kind").isnull())
        for number, join in enumerate(plan.joins):
            key = joined_key([ColumnExpression(names[name]) for name in join.here], _KEY_SEPARATOR).alias(
                f"key_{number}"
            )
            kept = [ColumnExpression(name) for name in source.columns]
            source = source.project(*kept, key).join(self._con.table(f"join_{number}"), f"key_{number}", how="left")
            for index, column in enumerate(join.columns):
                names[f"{join.prefix}.{column}"] = f"j{number}_{index}"
                dates[f"{join.prefix}.{column}"] = join.extract.dates
        if plan.joins:
            # Looked up once, however many tables the rows feed.
            self._con.execute("DROP TABLE IF EXISTS source_rows")
            source.create("source_rows")
            source = self._con.table("source_rows")
        return Scope(names, dates), source

    def _quarantined(self, plan: ExtractPlan, file: ExtractFile) -> Iterator[pa.RecordBatch]:
        named = self._con.sql(
            'SELECT "row", tbl AS "table", col AS "column", rule, action, "value" FROM quarantine_rows '
            'ORDER BY "row", tbl, col, rule, action, "value"'
        )
        whole = named.project(
            constant(plan.extract.source).alias("source"),
            constant(file.relative).alias("file"),
            *[ColumnExpression(name) for name in named.columns],
        )
        yield from whole.to_arrow_reader(_BATCH_ROWS)


_LINES_TO_QUARANTINE = (
    "INSERT INTO quarantine_rows SELECT l.number, t.name, NULL, $2, 'row', l.line "
    "FROM (SELECT unnest($3::BIGINT[]) AS number, unnest($4::VARCHAR[]) AS line) AS l, "
    "(SELECT unnest($1::VARCHAR[]) AS name) AS t"
)
_NOT_DATA_TO_QUARANTINE = (
    "INSERT INTO quarantine_rows "
    "SELECT row, unnest(?::VARCHAR[]), NULL, kind, 'row', NULL FROM rows WHERE kind IS NOT NULL"
)
_DROP_FOUND = "DROP TABLE IF EXISTS found"
_DROP_JOIN = "DROP TABLE IF EXISTS join_{number}"
_LAST_OF_KEY = (
    "SELECT * EXCLUDE (place, row) FROM found "
    "QUALIFY row_number() OVER (PARTITION BY key_{number} ORDER BY place DESC, row DESC) = 1"
)


def _code_maps(plan: ExtractPlan) -> set[str]:
    """The named code maps that an extract uses."""
    origins = [origin_of(origin) for mapping in plan.extract.tables for origin in mapping.columns.values()]
    return {origin.codes for origin in origins if isinstance(origin.codes, str)}
