"""The recording stage: how ethnicity is held by each system, and how surely children are put into families, counted.

It is the one stage of this room that opens identifiable tables, and hands on nothing but counts by ethnic group, in the
protected zone. The audits and the chain read those, and stay clear of names and system keys.

A person's group at a system is what the *other* systems hold: by what the system itself holds, or by the joined-up
record, whoever it left blank would be 'Unknown' because it left the blank, and every known group would look complete.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from fairness_audits.ethnicity import ETHNIC_CODES, UNKNOWN
from fairness_audits.signing import ROOM
from residents.tables import FAMILIES, PEOPLE, PROTECTED, RECORD_PERSON
from sources.tables import PERSON_RECORDS
from store.table import Table, Zone, integer, text
from store.workspace import Stage, Workspace

HELD, CONFLICT, IN_A_FAMILY, SURE_FAMILY = "ethnicity_held", "ethnicity_conflict", "in_a_family", "sure_of_family"
SURE = 0.9
"""Of a membership that more speaks for than living at one address under one name: see `docs/residents.md`."""

AGES = ("adult", "child", "unknown")

RECORDING = Table(
    "recording",
    ROOM,
    Zone.PROTECTED,
    "How ethnicity is held by each system, and how surely children are in families, counted by ethnic group. Exact "
    "counts, so not to be shown.",
    (
        text("measure", "What is counted", required=True, codes=(HELD, CONFLICT, IN_A_FAMILY, SURE_FAMILY)),
        text("source", "System; empty where all are meant"),
        text("ethnicity", "Detailed group; by what other systems hold, where a system is asked about", required=True),
        text("age", "Whether they are children or adults today: many systems ask adults alone", codes=AGES),
        integer("people", "People whom it is asked of", required=True),
        integer("holding", "Of these, those of whom it is so", required=True),
    ),
    sort=("measure", "source", "ethnicity", "age"),
)

# The code that a system holds of each person: of several the one most records hold, a known one before any other.
_HELD = """
CREATE OR REPLACE TEMP TABLE held AS
WITH records AS (
    SELECT p.person_id, r.source, c.code
    FROM person_records AS r
    JOIN record_person AS p USING (source, file, record_id)
    LEFT JOIN codes AS c ON r.ethnicity = c.code
), counted AS (
    SELECT person_id, source, code, count(*) AS records FROM records GROUP BY ALL
)
SELECT person_id, source, code FROM counted
QUALIFY row_number() OVER (PARTITION BY person_id, source ORDER BY code IS NULL, records DESC, code) = 1
"""
# What the other systems hold, by most of them: each system's own code is taken from the count of all.
_ELSEWHERE = """
CREATE OR REPLACE TEMP TABLE elsewhere AS
WITH votes AS (
    SELECT person_id, code, count(*) AS systems FROM held WHERE code IS NOT NULL GROUP BY ALL
), left_over AS (
    SELECT h.person_id, h.source, v.code, v.systems - (h.code IS NOT DISTINCT FROM v.code)::INTEGER AS systems
    FROM held AS h JOIN votes AS v USING (person_id)
)
SELECT person_id, source, code FROM left_over WHERE systems > 0
QUALIFY row_number() OVER (PARTITION BY person_id, source ORDER BY systems DESC, code) = 1
"""
_AGES = """
CREATE OR REPLACE TEMP TABLE ages AS
SELECT person_id, CASE WHEN dob IS NULL THEN 'unknown' WHEN date_sub('year', dob, $today) < 18 THEN 'child'
    ELSE 'adult' END AS age
FROM people
"""
_BY_SYSTEM = """
SELECT $held AS measure, h.source, coalesce(e.code, $unknown) AS ethnicity, a.age,
    count(*) AS people, count(h.code) AS holding
FROM held AS h JOIN ages AS a USING (person_id) LEFT JOIN elsewhere AS e USING (person_id, source) GROUP BY ALL
UNION ALL
SELECT $conflict, h.source, e.code, a.age, count(*), count(*) FILTER (h.code <> e.code)
FROM held AS h JOIN ages AS a USING (person_id) JOIN elsewhere AS e USING (person_id, source)
WHERE h.code IS NOT NULL GROUP BY ALL
"""
_FAMILIES = """
WITH children AS (
    SELECT p.person_id, coalesce(c.code, $unknown) AS ethnicity
    FROM ages AS p LEFT JOIN protected AS e USING (person_id) LEFT JOIN codes AS c ON e.ethnicity = c.code
    WHERE p.age = 'child'
), sure AS (
    SELECT person_id, max(confidence) AS confidence FROM families WHERE to_date IS NULL GROUP BY person_id
)
SELECT $in_a_family AS measure, NULL AS source, ethnicity, 'child' AS age, count(*) AS people,
    count(s.person_id) AS holding
FROM children LEFT JOIN sure AS s USING (person_id) GROUP BY ALL
UNION ALL
SELECT $sure_of_family, NULL, ethnicity, 'child', count(*), count(*) FILTER (confidence >= $sure)
FROM children JOIN sure USING (person_id) GROUP BY ALL
"""


def run(work: Workspace) -> None:
    with work.task("Counting how ethnicity is held", 1) as task, work.connect() as connection:
        for table in (PERSON_RECORDS, RECORD_PERSON, PEOPLE, PROTECTED, FAMILIES):
            read = connection.read_parquet(str(work.path(table)), hive_partitioning=False)
            read.create_view(table.name, replace=True)
        connection.register("codes", pa.table({"code": [entry.code for entry in ETHNIC_CODES]}))
        connection.execute(_AGES, {"today": work.council.extract_date})
        connection.execute(_HELD)
        connection.execute(_ELSEWHERE)
        work.write(RECORDING, _counted(connection))
        task.advance()


def _counted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    systems = connection.sql(_BY_SYSTEM, params={"held": HELD, "conflict": CONFLICT, "unknown": UNKNOWN})
    bound = {"in_a_family": IN_A_FAMILY, "sure_of_family": SURE_FAMILY, "sure": SURE, "unknown": UNKNOWN}
    families = connection.sql(_FAMILIES, params=bound)
    schema = RECORDING.arrow_schema()
    both = pa.concat_tables([found.to_arrow_table().cast(schema) for found in (systems, families)])
    return both.sort_by([(name, "ascending") for name in RECORDING.sort])


STAGE = Stage(
    name="recording",
    room=ROOM,
    reads=(PERSON_RECORDS, RECORD_PERSON, PEOPLE, PROTECTED, FAMILIES),
    writes=(RECORDING,),
    sections=(),
    run=run,
)
