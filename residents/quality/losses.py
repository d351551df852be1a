"""What quality was lost because of the extracts: in plain English, by system, with counts and never a value.

Each finding says what was seen in a system's own rows, and what follows from it for the index. Nothing here stops
a run; `checks` does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True)
class Finding:
    """One thing that may be wrong with a system.

    ``sql`` gives ``source``, ``count`` and ``total`` of each system in which it is. ``what`` may name ``count``,
    ``total`` and ``share``.
    """

    kind: str
    sql: str
    what: str
    consequence: str


_NO_DOB = Finding(
    "no_birth_dates",
    "SELECT source, count(*) - count(dob) AS count, count(*) AS total FROM std "
    "GROUP BY source HAVING count(dob) < 0.5 * count(*) ORDER BY source",
    "{count:,} of {total:,} rows ({share:.0%}) have no birth date that can be used.",
    "These people are found in other systems by name and home alone: those who moved are missed, and people of one "
    "name at one address may be taken for each other.",
)
_FILLER_DOBS = Finding(
    "filler_birth_dates",
    "SELECT source, p.dobs - s.dobs AS count, p.dobs AS total "
    "FROM (SELECT source, count(dob) AS dobs FROM std GROUP BY source) AS s "
    "JOIN (SELECT source, count(dob) AS dobs FROM person_records GROUP BY source) AS p USING (source) "
    "WHERE p.dobs - s.dobs > 0.01 * p.dobs ORDER BY source",
    "{count:,} of the {total:,} birth dates held are impossible, or the same for more people than chance allows.",
    "They are taken for fillers and left out, as if no birth date were held.",
)
_NO_SEX = Finding(
    "no_sex",
    "SELECT source, count(*) - count(sex) AS count, count(*) AS total FROM std "
    "GROUP BY source HAVING count(sex) < 0.5 * count(*) ORDER BY source",
    "{count:,} of {total:,} rows ({share:.0%}) do not say the sex.",
    "A brother and a sister, or twins, with names alike are told apart less surely.",
)
_NO_NAME = Finding(
    "no_full_name",
    "SELECT source, count(*) - count(forename || surname) AS count, count(*) AS total FROM std "
    "GROUP BY source HAVING count(forename || surname) < 0.9 * count(*) ORDER BY source",
    "{count:,} of {total:,} rows ({share:.0%}) lack a forename or a surname.",
    "Most of these rows cannot be matched to anyone and stand as people of their own.",
)
_NO_ADDRESS = Finding(
    "no_addresses",
    "SELECT s.source, count(*) - count(h.address_key) AS count, count(*) AS total "
    "FROM std AS s LEFT JOIN std_homes AS h USING (row) "
    "GROUP BY s.source HAVING count(h.address_key) < 0.5 * count(*) ORDER BY s.source",
    "{count:,} of {total:,} rows ({share:.0%}) have no address.",
    "These rows say nothing of who lives with whom, and are matched by name, birth date and identifiers alone.",
)
_NOT_FOUND = Finding(
    "addresses_not_in_the_gazetteer",
    "SELECT s.source, count(h.address_key) - count(h.uprn) AS count, count(h.address_key) AS total "
    "FROM std AS s JOIN std_homes AS h USING (row) WHERE EXISTS (FROM addresses) GROUP BY s.source "
    "HAVING count(h.address_key) > 0 AND count(h.uprn) < 0.5 * count(h.address_key) ORDER BY s.source",
    "{count:,} of {total:,} addresses ({share:.0%}) are not found in the gazetteer.",
    "One home written in two ways counts as two: people are missed, and families of shared homes are split. Homes "
    "are not known to be hostels or care homes unless the address says so.",
)
_SWAPPED_NAMES = Finding(
    "names_the_wrong_way_round",
    """
WITH
keys AS (
    SELECT source, forename, surname, count(DISTINCT subject) AS n FROM versions
    WHERE forename IS NOT NULL AND surname IS NOT NULL GROUP BY ALL
),
as_forename AS (SELECT source, forename AS name, sum(n) AS n FROM keys GROUP BY ALL),
as_surname AS (SELECT source, surname AS name, sum(n) AS n FROM keys GROUP BY ALL),
all_forenames AS (SELECT name, sum(n) AS n FROM as_forename GROUP BY ALL),
all_surnames AS (SELECT name, sum(n) AS n FROM as_surname GROUP BY ALL),
elsewhere AS (
    SELECT k.source, k.n,
        coalesce(af.n, 0) - coalesce(f.n, 0) AS forename_as_forename,
        coalesce(xs.n, 0) - coalesce(x.n, 0) AS forename_as_surname,
        coalesce(ss.n, 0) - coalesce(s.n, 0) AS surname_as_surname,
        coalesce(xf.n, 0) - coalesce(y.n, 0) AS surname_as_forename
    FROM keys AS k
    LEFT JOIN all_forenames AS af ON af.name = k.forename
    LEFT JOIN as_forename AS f ON f.name = k.forename AND f.source = k.source
    LEFT JOIN all_surnames AS xs ON xs.name = k.forename
    LEFT JOIN as_surname AS x ON x.name = k.forename AND x.source = k.source
    LEFT JOIN all_surnames AS ss ON ss.name = k.surname
    LEFT JOIN as_surname AS s ON s.name = k.surname AND s.source = k.source
    LEFT JOIN all_forenames AS xf ON xf.name = k.surname
    LEFT JOIN as_forename AS y ON y.name = k.surname AND y.source = k.source
)
SELECT source, coalesce(sum(n) FILTER (forename_as_surname > forename_as_forename
        AND surname_as_forename > surname_as_surname), 0)::BIGINT AS count,
    coalesce(sum(n) FILTER (forename_as_surname <> forename_as_forename
        AND surname_as_forename <> surname_as_surname), 0)::BIGINT AS total
FROM elsewhere GROUP BY source HAVING total >= 20 AND count > 0.5 * total ORDER BY source
""",
    "Of {total:,} people whose names other systems know, {count:,} have the forename and the surname the other way "
    "round there.",
    "Most likely two columns are mapped the wrong way round. Names that are swapped are still matched, but less "
    "surely: put the mapping right and run again.",
)
_SWAPPED_SEX = Finding(
    "sex_the_other_way_round",
    """
WITH
keys AS (
    SELECT DISTINCT source, hash(forename, surname, dob) AS person, sex FROM versions
    WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL AND sex IS NOT NULL
),
shared AS (SELECT person FROM keys GROUP BY person HAVING min(source) <> max(source)),
agreed AS (SELECT person, sex FROM keys GROUP BY person, sex HAVING min(source) <> max(source)),
others AS (
    SELECT k.source, a.person IS NULL AS differs
    FROM keys AS k SEMI JOIN shared USING (person) LEFT JOIN agreed AS a ON k.person = a.person AND k.sex = a.sex
)
SELECT source, count(*) FILTER (differs) AS count, count(*) AS total
FROM others GROUP BY source HAVING total >= 20 AND count > 0.5 * total ORDER BY source
""",
    "Of {total:,} people whom other systems hold with the same names and birth date, {count:,} have the other sex "
    "here.",
    "Most likely its codes of sex are mapped the wrong way round, or its column holds something else. People are "
    "kept apart where the sexes differ: put the mapping right and run again.",
)
_REUSED_KEYS = Finding(
    "keys_of_two_people",
    """
SELECT source, count(*) FILTER (people > 1) AS count, count(*) AS total
FROM (SELECT v.source, v.subject, count(DISTINCT c.label) AS people
    FROM versions AS v JOIN clusters AS c USING (version) GROUP BY ALL)
GROUP BY source HAVING count > 0 ORDER BY source
""",
    "{count:,} of its {total:,} keys name more than one person over time.",
    "What other files say of such a key is given to the person whom it names most often.",
)
_NAME_OF_MANY = Finding(
    "one_name_for_many",
    """
WITH
often AS (
    SELECT source, forename, surname, count(DISTINCT subject) AS keys FROM versions
    WHERE surname IS NOT NULL OR forename IS NOT NULL GROUP BY ALL HAVING count(*) > 20 AND count(DISTINCT dob) <= 1
),
everyone AS (
    SELECT source, count(*) AS total
    FROM (SELECT DISTINCT source, subject, forename, surname FROM versions SEMI JOIN often USING (source)
        WHERE surname IS NOT NULL OR forename IS NOT NULL)
    GROUP BY source
)
SELECT source, sum(keys)::BIGINT AS count, any_value(total) AS total FROM often JOIN everyone USING (source)
WHERE keys > 20 AND keys > 0.01 * total GROUP BY source ORDER BY source
""",
    "{count:,} of its {total:,} keys carry one of a few names that stand on very many keys without birth dates to "
    "tell them apart.",
    "Such a name is most likely a filler, a company or a test record. It is not the name of one person.",
)
_FINDINGS = (
    *(_NO_NAME, _NAME_OF_MANY, _SWAPPED_NAMES, _NO_DOB, _FILLER_DOBS, _NO_SEX, _SWAPPED_SEX, _NO_ADDRESS, _NOT_FOUND),
    _REUSED_KEYS,
)
_WHOLE = """
SELECT (SELECT count(*) FROM std), (SELECT count(DISTINCT source) FROM std), (SELECT count(*) FROM addresses)
"""
_NO_GAZETTEER = "There is no gazetteer."
_GONE = Finding(
    "system_gone",
    """
SELECT source, count(*) AS count, count(*) AS total FROM previous_versions
WHERE source NOT IN (SELECT source FROM std) GROUP BY source ORDER BY source
""",
    "The system was in the previous index, with {count:,} ways of naming its people, and has no rows now.",
    "People whom this system alone knew are gone from the index, and the others have one witness fewer. Bring its "
    "extract back, or leave it out for good.",
)


def losses(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What was lost, the systems of one finding together: ``source``, ``kind``, ``what``, ``consequence``, counts.

    Needs ``person_records``, ``addresses``, ``std``, ``std_homes``, ``versions`` and ``clusters``.
    """
    return [*_whole_index(con), *(line for finding in _FINDINGS for line in _told(con, finding))]


def systems_gone(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The systems of the previous index (``previous_versions``) that have no rows in this one, as `losses` tells."""
    return _told(con, _GONE)


def _told(con: duckdb.DuckDBPyConnection, finding: Finding) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "kind": finding.kind,
            "what": finding.what.format(count=count, total=total, share=count / total),
            "consequence": finding.consequence,
            "count": count,
            "total": total,
        }
        for source, count, total in con.execute(finding.sql).fetchall()
    ]


def _whole_index(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What is missing in every system: ``source`` is empty."""
    rows, systems, gazetteer = con.execute(_WHOLE).fetchall()[0]
    if not rows:
        return [_plain("no_people", "No system holds anyone.", "The index is empty, and so is all that rests on it.")]
    found = []
    if not gazetteer:
        found.append(_plain("no_gazetteer", _NO_GAZETTEER, _NOT_FOUND.consequence))
    if systems == 1:
        found.append(_plain("one_system", "Only one system names anyone.", "There is nobody to find in another."))
    return found


def _plain(kind: str, what: str, consequence: str) -> dict[str, Any]:
    return {"source": "", "kind": kind, "what": what, "consequence": consequence}
