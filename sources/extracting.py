"""From one extract file to its part: read, join, map, check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import duckdb

from sources.checking import Counts, accepted_rows, add_to
from sources.config import SourcesConfig
from sources.joining import look_up, scope_of, with_joined
from sources.mapping.compiling import TABLES_BY_NAME, map_table, origin_of
from sources.parts import Part, Parts, PartSummary, fingerprint_of
from sources.plan import ExtractPlan, JoinPlan
from sources.readers.extract_files import ExtractFile, matched_files
from sources.readers.raw_rows import FOOTER, MALFORMED_LINE, RawRows
from sources.readers.reading import open_rows
from sources.tables import QUARANTINE
from store.errors import InputRejected
from store.files import file_hash


class Extractor:
    """Makes the parts of a run, reading only the files that have changed."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        config: SourcesConfig,
        extract_date: dt.date,
        parts: Parts,
        copies: Path | None = None,
    ) -> None:
        self._con = con
        self._config = config
        self._folder = Path(config.folder)
        self._copies = copies
        self._extract_date = extract_date
        self._parts = parts
        self._hashes: dict[Path, str] = {}
        self._stamps: dict[Path, tuple[int, int]] = {}

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
        return [[file.relative, self._hash(file.path)] for file in self._files(join)]

    def _files(self, join: JoinPlan) -> list[ExtractFile]:
        return matched_files(self._folder, join.extract, self._copies)

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._stamps[path] = _stamp(path)
            self._hashes[path] = file_hash(path)
        return self._hashes[path]

    def _refuse_changed(self, files: Iterable[ExtractFile]) -> None:
        """Raise InputRejected for a file that is not as it was when its hash was taken: half of it may be another's."""
        for file in files:
            if _stamp(file.path) != self._stamps[file.path]:
                raise InputRejected(
                    "The file was changed while it was being read.",
                    where=file.where,
                    fix="Wait until it has been written to its end; then ask again.",
                )

    # --- reading ---------------------------------------------------------------------------------------

    def _read(self, plan: ExtractPlan, file: ExtractFile, fingerprint: str) -> Part:
        con = self._con
        for number, join in enumerate(plan.joins):
            look_up(con, self._files(join), number, join)
        rows = open_rows(file, plan.columns)
        scope = scope_of(plan, rows)
        mapped = [
            map_table(mapping, ordinal, plan.extract, file.relative, scope, self._config.codes, self._extract_date)
            for ordinal, mapping in enumerate(plan.extract.tables)
        ]
        summary = PartSummary(plan.extract.name, plan.extract.source, file.relative)
        summary.tables = {one.table.name: Counts() for one in mapped}
        place = {"source": summary.source, "file": summary.file}
        tables = [*(TABLES_BY_NAME[name] for name in sorted(summary.tables)), QUARANTINE]
        with self._parts.writing(fingerprint, tables, summary) as part:
            for _ in rows.chunks(con):
                # Emptied and written chunk by chunk: a file of bad rows alone must not fill the memory.
                con.execute(_QUARANTINE_ROWS)
                self._set_no_data_aside(summary)
                source = with_joined(con, plan, scope)
                for one in mapped:
                    accepted = accepted_rows(con, source, one, self._extract_date, summary.tables[one.table.name])
                    part.write(one.table, accepted, {**place, "part_source": summary.source, "part_mapping": one.name})
                part.write(QUARANTINE, con.sql(_QUARANTINED).to_arrow_table(), place)
            con.execute(_QUARANTINE_ROWS)
            self._set_lines_aside(rows, summary)
            part.write(QUARANTINE, con.sql(_QUARANTINED).to_arrow_table(), place)
            self._refuse_changed([file, *(joined for join in plan.joins for joined in self._files(join))])
        return self._parts.of(fingerprint, tables, summary)

    def _set_no_data_aside(self, summary: PartSummary) -> None:
        """Put what is no data row of this chunk into quarantine, under each table the file is meant for."""
        self._con.execute(_NOT_DATA_TO_QUARANTINE, [sorted(summary.tables)])
        for kind, number in self._con.execute(_KINDS).fetchall():
            add_to(summary.not_data, kind, number)

    def _set_lines_aside(self, rows: RawRows, summary: PartSummary) -> None:
        """The same with the lines that are no rows at all, when the file has been read to its end."""
        summary.rows = rows.count
        for rule, lines in ((MALFORMED_LINE, rows.malformed), (FOOTER, rows.footer)):
            numbers, texts = [number for number, _ in lines], [text for _, text in lines]
            self._con.execute(_LINES_TO_QUARANTINE, [sorted(summary.tables), rule, numbers, texts])
            add_to(summary.not_data, rule, len(lines))
        for counts in summary.tables.values():
            # A malformed line was meant as a row; what else is set aside was not.
            counts.rows += len(rows.malformed)
            counts.rejected += len(rows.malformed)
            add_to(counts.rules, f"row: {MALFORMED_LINE}", len(rows.malformed))


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written to: its size, and when it was."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


_QUARANTINE_ROWS = (
    "CREATE OR REPLACE TABLE quarantine_rows "
    "(row BIGINT, tbl VARCHAR, col VARCHAR, rule VARCHAR, action VARCHAR, value VARCHAR)"
)
_QUARANTINED = (
    'SELECT "row", tbl AS "table", col AS "column", rule, action, "value" FROM quarantine_rows '
    'ORDER BY "row", tbl, col, rule, action, "value"'
)
_KINDS = "SELECT kind, count(*) FROM rows WHERE kind IS NOT NULL GROUP BY kind ORDER BY kind"
_LINES_TO_QUARANTINE = (
    "INSERT INTO quarantine_rows SELECT l.number, t.name, NULL, $2, 'row', l.line "
    "FROM (SELECT unnest($3::BIGINT[]) AS number, unnest($4::VARCHAR[]) AS line) AS l, "
    "(SELECT unnest($1::VARCHAR[]) AS name) AS t"
)
_NOT_DATA_TO_QUARANTINE = (
    "INSERT INTO quarantine_rows "
    "SELECT row, unnest(?::VARCHAR[]), NULL, kind, 'row', NULL FROM rows WHERE kind IS NOT NULL"
)


def _code_maps(plan: ExtractPlan) -> set[str]:
    """The named code maps that an extract uses."""
    origins = [origin_of(origin) for mapping in plan.extract.tables for origin in mapping.columns.values()]
    return {origin.codes for origin in origins if isinstance(origin.codes, str)}
