"""How sure the index is of each person's records and of each family, in words and by pseudonym.

The panel's pack says of each case how sure the matching behind it is. It is made of pseudonymous tables alone, so this
stage stands between it and the index: what it hands on has no name, no key of a system, no date and no probability.
"""

from __future__ import annotations

from residents.tables import FAMILIES, PSEUDONYMS, RECORD_PERSON, ROOM
from store.table import Table, Zone, flag, text
from store.workspace import Stage, Workspace

SURE, FAIRLY_SURE, LESS_SURE = "sure", "fairly_sure", "less_sure"
CERTAINTIES = (SURE, FAIRLY_SURE, LESS_SURE)
"""A probability of at least .99, of at least .9, and less."""

MATCH_CERTAINTY = Table(
    "match_certainty",
    ROOM,
    Zone.ANALYSIS,
    "How sure the index is that each system's records of a person are that person's: the least sure of them counts.",
    (
        text("person_id", "Person: a pseudonym", required=True),
        text("source", "System", required=True),
        text("certainty", "How sure", required=True, codes=CERTAINTIES),
    ),
    sort=("person_id", "source"),
)

FAMILY_CERTAINTY = Table(
    "family_certainty",
    ROOM,
    Zone.ANALYSIS,
    "How sure it is that each person belongs to a family: the surest of the times that they did counts.",
    (
        text("family_id", "Family: a pseudonym", required=True),
        text("person_id", "Person: a pseudonym", required=True),
        text("certainty", "How sure", required=True, codes=CERTAINTIES),
        flag("by_home_alone", "Whether nothing but living at one address speaks for it", required=True),
    ),
    sort=("family_id", "person_id"),
)

_WORDS = """
    CREATE OR REPLACE TEMP MACRO how_sure(probability) AS
        CASE WHEN probability >= 0.99 THEN 'sure' WHEN probability >= 0.9 THEN 'fairly_sure' ELSE 'less_sure' END
"""
_MATCHES = """
    SELECT n.pseudonym AS person_id, r.source, how_sure(min(r.match_probability)) AS certainty
    FROM record_person AS r JOIN pseudonyms AS n ON n.kind = 'person' AND n.id = r.person_id
    GROUP BY ALL ORDER BY person_id, source
"""
_FAMILIES = """
    SELECT f.pseudonym AS family_id, p.pseudonym AS person_id, how_sure(max(m.confidence)) AS certainty,
        bool_and(m.basis = 'home') AS by_home_alone
    FROM families AS m
    JOIN pseudonyms AS f ON f.kind = 'family' AND f.id = m.family_id
    JOIN pseudonyms AS p ON p.kind = 'person' AND p.id = m.person_id
    GROUP BY ALL ORDER BY family_id, person_id
"""


def run(work: Workspace) -> None:
    """Write the two tables."""
    with work.task("Saying how sure the matching is", 2) as task, work.connect() as connection:
        for table in (RECORD_PERSON, FAMILIES, PSEUDONYMS):
            read = connection.read_parquet(str(work.path(table)), hive_partitioning=False)
            read.create_view(table.name, replace=True)
        connection.execute(_WORDS)
        work.write(MATCH_CERTAINTY, connection.sql(_MATCHES))
        task.advance()
        work.write(FAMILY_CERTAINTY, connection.sql(_FAMILIES))
        task.advance()


STAGE = Stage(
    name="certainty",
    room=ROOM,
    reads=(RECORD_PERSON, FAMILIES, PSEUDONYMS),
    writes=(MATCH_CERTAINTY, FAMILY_CERTAINTY),
    sections=(),
    run=run,
)
