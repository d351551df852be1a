"""The made-up borough's history: every table that the features stage reads, at a given number of families.

Tables are in the order and the files in the form in which the stages before write them, because both matter to what
reading them costs. Sizes of event tables are rows a family; which rows are whose is uneven, as it is in truth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.features.population import RESIDENTS, make_population
from features.stage import STAGE
from store.council import Council, RunSettings
from store.files import replacing
from store.parquet import write_parquet
from store.run_folder import RunFolder, connect
from store.table import Column, ColumnType, Table

AS_OFS = tuple(
    dt.date(year, month, day)
    for year, month, day in (
        *((2024, 9, 30), (2024, 12, 31)),
        *((2025, 3, 31), (2025, 6, 30), (2025, 9, 30), (2025, 12, 31)),
        *((2026, 3, 31), (2026, 6, 30)),
    )
)
COUNCIL = Council(
    name="Benchmark",
    extract_date=dt.date(2026, 9, 7),
    covers_from=dt.date(2022, 9, 1),
    covers_to=dt.date(2026, 8, 31),
)
_PUPILS_AT_ONCE = 2_000
_BATCH_ROWS = 131_072
_SCHOOL_DAYS_A_YEAR = 190


@dataclass(frozen=True)
class Drawn:
    """How rows of an event table are drawn: how many a family, by keys of which kinds, and what is in the columns.

    ``columns`` are expressions over the row's number ``n``, its key's ``place`` and its ``event_date``; a column that
    is not named there is filled by its type, a coded one from its codes.
    """

    per_family: float
    kinds: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)


_LENGTH = "CASE WHEN draw(n, 'open') < 0.6 THEN event_date + floor(draw(n, 'length') * 500)::INTEGER END"
_STANDING = {
    "event_date": "day_between(place, 'stands from', DATE '2015-01-01', DATE '2026-06-01')",
    "to_date": "CASE WHEN draw(place, 'stands until') < 0.2 THEN event_date + 100 + place::INTEGER % 900 END",
}
DRAWN: dict[str, Drawn] = {
    "exclusions": Drawn(
        0.5, ("pupil",), {"kind": "pick(n, 'kind', ['suspension', 'suspension', 'suspension', 'permanent'])"}
    ),
    "school_status": Drawn(
        15.0,
        ("pupil",),
        {
            "event_date": "pick(n, 'term', [DATE '2022-10-06', DATE '2023-01-19', DATE '2023-05-18', "
            "DATE '2023-10-05', DATE '2024-01-18', DATE '2024-05-16', DATE '2024-10-03', DATE '2025-01-16', "
            "DATE '2025-05-15', DATE '2025-10-02', DATE '2026-01-15', DATE '2026-05-21'])",
            "school_id": "printf('299%04d', floor(draw(place, 'school') * 60)::INTEGER "
            "+ (draw(n, 'moved') < 0.03)::INTEGER)",
            "sen": "pick(place, 'sen', ['N', 'N', 'N', 'N', 'N', 'N', 'K', 'K', 'E'])",
            "fsm": "draw(place, 'fsm') < 0.3",
        },
    ),
    "neet": Drawn(5.0, ("leaver",), {"activity": "pick(n, 'activity', ['eet', 'eet', 'eet', 'neet', 'unknown'])"}),
    "rent_transactions": Drawn(
        100.0,
        ("tenancy",),
        {
            "kind": "pick(n, 'posting', ['rent', 'rent', 'rent', 'rent', 'rent', 'rent', 'payment', 'payment', "
            "'payment', 'housing_benefit', 'housing_benefit', 'universal_credit', 'returned_payment', 'adjustment'])",
            "amount_pence": "pick(n, 'posting', [1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, 1, -1]) "
            "* (9000 + floor(draw(place, 'rent') * 9000)::BIGINT)",
            "recorded_on": "event_date + (draw(n, 'late') < 0.02)::INTEGER * 12",
        },
    ),
    "arrears_actions": Drawn(1.0, ("tenancy",)),
    "tenancies": Drawn(0.5, ("tenancy",), _STANDING),
    "benefit_spells": Drawn(
        5.0, ("benefit_claim",), {"row_kind": "pick(n, 'row', ['spell', 'spell', 'spell', 'spell', 'start', 'stop'])"}
    ),
    "contacts": Drawn(4.0, ("client",), {"contact_id": "'CON' || n"}),
    "assessments": Drawn(1.0, ("client",), {"assessment_id": "'AS' || n"}),
    "service_episodes": Drawn(1.5, ("client", "case_family"), {"episode_id": "'EP' || n"}),
    "domestic_incidents": Drawn(1.0, ("named adult",), {"incident_id": "'D' || n // 2"}),
    "offences": Drawn(0.1, ("young person",), {"gravity": "1 + floor(draw(n, 'gravity') * 8)::BIGINT"}),
    "adult_care_services": Drawn(0.8, ("adult",)),
    "disability_markers": Drawn(1.2, ("client", "adult")),
    "young_carer_identifications": Drawn(0.1, ("pupil", "client")),
    "residence_spells": Drawn(
        7.0, ("person",), {"kind": "CASE WHEN draw(n, 'k') < 0.97 THEN 'dwelling' ELSE 'hmo' END"}
    ),
}
"""400,000 spells, 4 M rent rows and 200,000 contacts and assessments at 40,000 families."""


def drawn_for(table: Table) -> Drawn:
    """How a table's rows are drawn; one that is not named above has a row a family, of a person or a case."""
    return DRAWN.get(table.name) or Drawn(1.0, ("client" if "record_id" in table.column_names else "case_family",))


# Each key once, a person's id among them; a group is named by all of its people.
_ONE_KEY = """
CREATE TABLE one_key AS
FROM (SELECT DISTINCT ON (kind, place) kind, place, source, file, record_id, group_id FROM key ORDER BY kind, place, n)
UNION ALL
SELECT 'person', n, NULL, NULL, person_id, NULL FROM person
"""
_SCHOOL_DAYS = """
CREATE TABLE school_day AS
WITH weekdays AS (
    SELECT day::DATE AS day, CASE WHEN month(day) >= 9 THEN year(day) ELSE year(day) - 1 END AS school_year
    FROM generate_series(DATE '2022-09-01', DATE '2026-07-22', INTERVAL 1 DAY) AS t(day)
    WHERE dayofweek(day) BETWEEN 1 AND 5
      AND strftime(day, '%m%d') NOT BETWEEN '1221' AND '1231' AND strftime(day, '%m%d') NOT BETWEEN '0101' AND '0104'
      AND strftime(day, '%m%d') NOT BETWEEN '0723' AND '0831' AND strftime(day, '%m%d') NOT BETWEEN '0401' AND '0414'
      AND strftime(day, '%m%d') NOT BETWEEN '1024' AND '1031'
)
SELECT day, 'education/attendance_' || school_year || '.parquet' AS file,
       row_number() OVER (ORDER BY day) AS number
FROM weekdays QUALIFY row_number() OVER (PARTITION BY school_year ORDER BY day) <= $days
"""
# A fifteenth of pupils are away a third of the time, in runs of days; the others now and then.
_MARKS = """
WITH chosen AS (
    SELECT k.place, k.record_id, p.dob, draw(k.place, 'often away') < 0.07 AS often
    FROM key AS k JOIN person AS p USING (n)
    WHERE kind = 'pupil' AND k.place >= $first AND k.place < $first + $pupils
),
session AS (
    SELECT c.record_id, c.often, d.day, d.file, half, c.place * 100000 + d.number * 2 + (half = 'PM')::INTEGER AS n,
           draw(c.place * 1000 + d.number // 5, 'away this week') AS week
    FROM chosen AS c JOIN school_day AS d ON d.day BETWEEN c.dob + 1700 AND c.dob + 6000,
         (VALUES ('AM'), ('PM')) AS h(half)
),
marked AS (
    SELECT *, CASE
        WHEN week < CASE WHEN often THEN 0.33 ELSE 0.03 END THEN pick(n, 'away', ['I', 'I', 'I', 'M', 'O', 'O', 'G'])
        WHEN draw(n, 'mark') < 0.94 THEN CASE half WHEN 'AM' THEN '/' ELSE '\\' END
        ELSE pick(n, 'other', ['L', 'L', 'L', 'U', 'B', 'I', 'M', 'O', 'X', '#']) END AS code
    FROM session
)
SELECT 'schools' AS source, file, record_id, day AS event_date,
       day + CASE WHEN draw(n, 'late') < 0.03 THEN 1 + floor(draw(n, 'after') * 30)::INTEGER ELSE 0 END AS recorded_on,
       half AS session, code,
       CASE WHEN code = 'B' THEN 'approved_educational_activity' WHEN code = 'X' THEN 'not_possible'
            WHEN code = '#' THEN 'administrative' WHEN code IN ('I', 'M') THEN 'authorised'
            WHEN code IN ('O', 'G', 'U') THEN 'unauthorised' ELSE 'present' END
           AS statistical_class
FROM marked ORDER BY record_id, event_date, session
"""


def make_history(folder: Path, families: int, seed: int = 1, settings: RunSettings | None = None) -> dict[str, int]:
    """Write every table the features stage reads into a run folder; returns the rows of each."""
    run = RunFolder(folder)
    rows = {}
    with connect(settings or RunSettings(), folder / "spill") as con:
        make_population(con, families, seed)
        con.execute(_SCHOOL_DAYS, {"days": _SCHOOL_DAYS_A_YEAR})
        con.execute(_ONE_KEY)
        for table in STAGE.reads:
            with replacing(run.path(table)) as temporary:
                rows[table.name] = write_parquet(temporary, _batches(con, table, families), table.arrow_schema())
    return rows


def _batches(con: duckdb.DuckDBPyConnection, table: Table, families: int) -> Iterator[pa.RecordBatch]:
    if table.name == "attendance":
        relations = _attendance(con)
    elif table.name in RESIDENTS:
        relations = iter([con.sql(RESIDENTS[table.name])])
    else:
        relations = iter([_drawn(con, table, drawn_for(table), families)])
    schema = table.arrow_schema()
    for relation in relations:
        for batch in relation.select(*table.column_names).to_arrow_reader(_BATCH_ROWS):
            columns = [batch.column(column.name).cast(column.type) for column in schema]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _attendance(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyRelation]:
    """Pupils in the order of their keys, some thousand at a time: the whole would not fit in memory to be sorted."""
    pupils = con.sql("SELECT count(*) FROM key WHERE kind = 'pupil'").fetchall()[0][0]
    for first in range(0, pupils, _PUPILS_AT_ONCE):
        yield con.sql(_MARKS, params={"first": first, "pupils": _PUPILS_AT_ONCE})


def _drawn(con: duckdb.DuckDBPyConnection, table: Table, drawn: Drawn, families: int) -> duckdb.DuckDBPyRelation:
    """Rows whose keys are drawn unevenly: the square of an even draw gives a tenth of them a third of the rows."""
    starts = "from_date" if "from_date" in table.column_names else "event_date"
    dated = drawn.columns.get("event_date", "day_between(n, 'event', DATE '2022-09-01', DATE '2026-08-01')")
    cells = {**_identity(table), **{c.name: _filled(c) for c in table.columns if c.name not in _KEY_COLUMNS}}
    cells |= {name: cell for name, cell in drawn.columns.items() if name != "event_date"} | {starts: "event_date"}
    # What a column is worked out from comes before it: ends are recorded after they came about.
    if "recorded_on" not in drawn.columns:
        cells["recorded_on"] = "event_date + lateness(n, 'known')"
    if "to_date" in table.column_names:
        cells.setdefault("to_date", _LENGTH)
        cells["to_date"] = drawn.columns.get("to_date", _LENGTH)
    if "end_recorded_on" in table.column_names:
        noted = f"{cells['to_date']} + lateness(n, 'end')"
        cells["end_recorded_on"] = f"CASE WHEN draw(n, 'end noted') < 0.7 THEN {noted} END"
    columns = ", ".join(f"{cells[name]} AS {name}" for name in table.column_names)
    return con.sql(
        f"""
        WITH size AS (SELECT kind, max(place) + 1 AS keys FROM one_key WHERE list_contains($kinds, kind) GROUP BY kind),
        number AS (
            SELECT r.n, list_extract($kinds, 1 + r.n % len($kinds)) AS kind, 'x{table.name}' AS what
            FROM range($rows) AS r(n)
        ),
        placed AS (
            SELECT n, kind, floor(pow(draw(n, what), 2) * keys)::BIGINT AS place FROM number JOIN size USING (kind)
        ),
        dated AS (SELECT *, {dated} AS event_date FROM placed JOIN one_key USING (kind, place))
        SELECT {columns} FROM dated ORDER BY {", ".join(dict.fromkeys((*table.sort, *table.column_names)))}
        """,
        params={"kinds": list(drawn.kinds), "rows": round(drawn.per_family * families)},
    )


_KEY_COLUMNS = ("source", "file", "record_id", "group_type", "group_id", "person_id", "to_date", "end_recorded_on")


def _identity(table: Table) -> dict[str, str]:
    """The columns that say whose a row is: a group's rows name no person where they may name either."""
    either = {"record_id", "group_id"} <= set(table.column_names)
    return {
        "source": "source",
        "file": f"source || '/{table.name}.csv'",
        "record_id": "CASE WHEN group_id IS NULL THEN record_id END" if either else "record_id",
        "group_type": "CASE WHEN group_id IS NOT NULL THEN kind END",
        "group_id": "group_id",
        "person_id": "record_id",
    }


def _filled(column: Column) -> str:  # noqa: PLR0911
    match column.type:
        case ColumnType.TEXT if column.codes:
            return f"pick(n, '{column.name}', {_listed(column.codes)})"
        case ColumnType.TEXTS:
            codes = _listed(column.codes)
            return f"[pick(n, '{column.name}', {codes}), pick(n, '{column.name} also', {codes})]"
        case ColumnType.TEXT:
            return f"'{column.name} ' || floor(draw(n, '{column.name}') * 500)::INTEGER"
        case ColumnType.FLAG:
            return f"draw(n, '{column.name}') < 0.2"
        case ColumnType.DATE:
            return "event_date"
        case ColumnType.PENCE:
            return f"floor(draw(n, '{column.name}') * 20000)::BIGINT"
        case _:
            return f"floor(draw(n, '{column.name}') * 10)::BIGINT"


def _listed(codes: Iterable[str]) -> str:
    quoted = ["'" + code.replace("'", "''") + "'" for code in codes]
    return f"[{', '.join(quoted)}]"
