"""The attributes stage: sex and homes of people, by pseudonym, from the identifiable zone into the protected one.

It stands between the two so that the audits stage, which opens scores, never opens a table with a name or an address.
"""

from __future__ import annotations

from fairness_audits.attributes import HOMES, PERSON_SEX, ROOM
from residents.tables import PEOPLE, PSEUDONYMS, RESIDENCE_SPELLS
from sources.tables import ADDRESSES
from store.workspace import Stage, Workspace

_SEX = """
    SELECT n.pseudonym AS analysis_id, p.sex
    FROM people AS p JOIN pseudonyms AS n ON n.kind = 'person' AND n.id = p.person_id
    ORDER BY analysis_id
"""
_HOMES = """
    SELECT n.pseudonym AS analysis_id, s.from_date, s.to_date, s.recorded_on, s.end_recorded_on, a.imd_decile
    FROM residence_spells AS s
    JOIN (SELECT uprn, min(imd_decile) AS imd_decile FROM addresses WHERE imd_decile IS NOT NULL GROUP BY uprn) AS a
        USING (uprn)
    JOIN pseudonyms AS n ON n.kind = 'person' AND n.id = s.person_id
    ORDER BY analysis_id, from_date, imd_decile, to_date, recorded_on, end_recorded_on
"""


def run(work: Workspace) -> None:
    """Write the sex and the homes of every person."""
    with work.task("Putting sex and homes apart for the audits", 2) as task, work.connect() as connection:
        for table in (PEOPLE, PSEUDONYMS, RESIDENCE_SPELLS, ADDRESSES):
            read = connection.read_parquet(str(work.path(table)), hive_partitioning=False)
            read.create_view(table.name, replace=True)
        work.write(PERSON_SEX, connection.sql(_SEX))
        task.advance()
        work.write(HOMES, connection.sql(_HOMES))
        task.advance()


STAGE = Stage(
    name="attributes",
    room=ROOM,
    reads=(PEOPLE, PSEUDONYMS, RESIDENCE_SPELLS, ADDRESSES),
    writes=(PERSON_SEX, HOMES),
    sections=(),
    run=run,
)
