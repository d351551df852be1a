"""The links along which versions are joined, in their order, and the clusters they make.

What a system holds under one key comes first, then the matching model's links, the strongest first.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from residents.joining.clustering import Clusters, Links, Places, Tie, cluster
from residents.joining.conflicts import judge_by_conflicts

# A system that deals with grown people alone, as the electoral roll does, need hold no birth date to say so: it is seen
# in those of its people whose birth date another system knows at the same home. Where two of one name live there, as
# father and son may, nothing is learnt.
_GROWN_SYSTEMS = """
CREATE TABLE grown_systems AS
WITH
seen AS (
    SELECT v.subject, min(s.recorded_on) AS first_seen
    FROM std AS s JOIN row_version AS r USING (row) JOIN versions AS v USING (version) GROUP BY v.subject
),
undated AS (SELECT DISTINCT source, subject, forename, surname, unnest(homes) AS home FROM versions WHERE dob IS NULL),
dated AS (
    SELECT DISTINCT forename, surname, dob, unnest(homes) AS home FROM versions WHERE dob IS NOT NULL AND NOT dob_weak
),
aged AS (
    SELECT u.source, u.subject, min(d.dob) AS dob
    FROM undated AS u JOIN dated AS d USING (forename, surname, home)
    GROUP BY ALL HAVING count(DISTINCT d.dob) = 1
    UNION ALL
    SELECT source, subject, min(dob) FROM versions WHERE dob IS NOT NULL AND NOT dob_weak GROUP BY ALL
)
SELECT a.source FROM aged AS a JOIN seen AS s USING (subject)
GROUP BY a.source
HAVING count(*) >= $enough AND avg((s.first_seen < a.dob + to_years($grown))::INTEGER) < $share
"""
_GROWN = {"enough": 200, "grown": 16, "share": 0.02}
"""A slip in a birth date or a wrong match makes a child of a grown person here and there; a system that children are
in has far more of them than one in fifty."""
# Only groups that name two keys of one file or more can keep anyone apart. Who owes council tax, holds a tenancy,
# claims or is a pupil's parent was at least 15 by then. A date before 1980 is as likely a filler.
_SUBJECT_GROUPS = """
CREATE TABLE subject_groups AS
WITH
named AS (
    SELECT v.subject, hash(g.source, g.file, g.group_type, g.group_id) AS number,
        min(coalesce(g.from_date, g.recorded_on)) FILTER (
            coalesce(g.from_date, g.recorded_on) >= DATE '1980-01-01' AND (g.group_type = 'council_tax_account'
            OR regexp_matches(lower(g.role), '^(joint |lead |second )?(tenant|claimant|partner|parent|mother|father)')
        )) AS grown
    FROM group_members AS g
    JOIN std AS s ON g.source = s.source AND g.file = s.file AND g.record_id = s.record_id
    JOIN row_version AS r USING (row) JOIN versions AS v USING (version)
    GROUP BY ALL
),
numbered AS (
    SELECT subject, grown, number, count(*) OVER (PARTITION BY number) AS members FROM named
    UNION ALL
    SELECT v.subject, min(s.recorded_on), NULL, 1
    FROM std AS s JOIN grown_systems AS g USING (source)
    JOIN row_version AS r USING (row) JOIN versions AS v USING (version)
    GROUP BY v.subject
)
SELECT subject, coalesce(list_sort(list(number) FILTER (members > 1)), []) AS groups,
    (min(grown) - INTERVAL 15 YEAR)::DATE AS born_by
FROM numbered GROUP BY subject
"""
# A key that stands for thousands is no one's: each version is linked to a few of the key's others, not to all.
_SUBJECT_LINKS = """
SELECT a.version - 1 AS place, b.version - 1 AS other
FROM versions AS a
JOIN versions AS b ON a.subject = b.subject AND b.version BETWEEN a.version - $reach AND a.version - 1
LEFT JOIN settled AS s ON a.version = s.version LEFT JOIN settled AS o ON b.version = o.version
WHERE s.version IS NULL OR o.version IS NULL
ORDER BY a.version, b.version
"""
_REACH = 20
# A name alone does not make a person. Where one birth date is missing and no address or identifier is shared, a full
# name counts only if no two birth dates go with it anywhere; where both are missing it never does.
_SCORED_LINKS = """
WITH ambiguous AS (
    SELECT forename, surname FROM versions WHERE dob IS NOT NULL AND forename IS NOT NULL AND surname IS NOT NULL
    GROUP BY forename, surname HAVING count(DISTINCT dob) > 1
)
SELECT k.version_l - 1 AS place, k.version_r - 1 AS other, k.probability,
    coalesce(l.forename = r.forename AND l.surname = r.surname AND l.dob = r.dob AND length(l.forename) > 1
        AND NOT l.dob_weak, false) AS exact
FROM links AS k
JOIN versions AS l ON k.version_l = l.version
JOIN versions AS r ON k.version_r = r.version
WHERE (l.dob IS NOT NULL AND r.dob IS NOT NULL)
    OR list_has_any(l.postcodes, r.postcodes) OR list_has_any(l.homes, r.homes)
    OR (l.house = r.house AND l.street = r.street)
    OR l.upn = r.upn OR damerau_levenshtein(l.nino, r.nino) <= 1 OR l.email = r.email OR l.phone = r.phone
    OR ((l.dob IS NOT NULL OR r.dob IS NOT NULL) AND l.forename = r.forename AND l.surname = r.surname
        AND length(l.forename) > 1
        AND NOT EXISTS (FROM ambiguous AS a WHERE a.forename = l.forename AND a.surname = l.surname))
ORDER BY k.weight DESC, k.version_l, k.version_r
"""
_START = """
WITH known AS (
    SELECT person_id, min(version) AS first, bool_or(aliased) AS aliased FROM settled GROUP BY person_id
)
SELECT coalesce(k.first, v.version) - 1 AS label, coalesce(k.aliased, false) AS aliased
FROM versions AS v LEFT JOIN settled AS s USING (version) LEFT JOIN known AS k USING (person_id) ORDER BY v.version
"""
# 1 for a version alone or held by its key, else the best link that holds it inside its cluster, now or before.
_BEST = """
CREATE OR REPLACE TEMP TABLE best_links AS
SELECT place, max(probability) AS support
FROM (SELECT place, other, probability FROM inside UNION ALL SELECT other, place, probability FROM inside)
GROUP BY place
"""
_CLUSTERS = """
CREATE TABLE clusters AS
SELECT l.place + 1 AS version, l.label, l.aliased,
    CASE WHEN count(*) OVER (PARTITION BY l.label) = 1 THEN 1.0
        ELSE coalesce(greatest(b.support, s.support), 0.0) END AS support
FROM labels AS l LEFT JOIN best_links AS b USING (place) LEFT JOIN settled AS s ON l.place + 1 = s.version
ORDER BY l.place
"""
# What a version that was alone is held by is nothing beside its first link.
_JOINED_CLUSTERS = """
UPDATE clusters AS c SET label = l.label, aliased = l.aliased,
    support = coalesce(greatest(l.best, CASE WHEN NOT l.was_alone THEN c.support END), 0.0)
FROM (SELECT l.*, b.support AS best FROM labels AS l LEFT JOIN best_links AS b USING (place)) AS l
WHERE c.version = l.place + 1
"""


def make_grown_systems(con: duckdb.DuckDBPyConnection, known: list[str] | None) -> list[str]:
    """Make ``grown_systems`` (source), the systems that deal with grown people alone, and return them in order.

    ``known`` are those of an earlier index; None to learn them.
    """
    if known is None:
        con.execute(_GROWN_SYSTEMS, _GROWN)
    else:
        con.register("known_grown", pa.table({"source": pa.array(known, pa.string())}))
        con.execute("CREATE TABLE grown_systems AS FROM known_grown")
        con.unregister("known_grown")
    return [row[0] for row in con.sql("FROM grown_systems ORDER BY source").fetchall()]


def join_versions(con: duckdb.DuckDBPyConnection, links: pa.Table) -> Clusters:
    """Cluster the table ``versions`` along ``links`` and make ``clusters`` (version, label, aliased, support).

    Versions in ``settled`` begin in the cluster of their person. Needs ``grown_systems``.
    """
    con.execute(_SUBJECT_GROUPS)
    subject = con.sql(_SUBJECT_LINKS, params={"reach": _REACH}).to_arrow_table()
    con.register("links", links)
    scored = con.sql(_SCORED_LINKS).to_arrow_table()
    exact = scored["exact"].to_numpy()
    tie = np.concatenate([np.full(subject.num_rows, Tie.SUBJECT), np.where(exact, Tie.EXACT, Tie.SCORED)])
    left = np.concatenate([subject["place"].to_numpy(), scored["place"].to_numpy()])
    right = np.concatenate([subject["other"].to_numpy(), scored["other"].to_numpy()])
    joined = _follow(con, _start(con), Links(left, right, tie.astype(np.int64)))
    _keep_best(con, joined, left, right, np.concatenate([np.ones(subject.num_rows), scored["probability"].to_numpy()]))
    places = np.arange(len(joined.label))
    con.register("labels", pa.table({"place": places, "label": joined.label, "aliased": joined.aliased}))
    con.execute(_CLUSTERS)
    con.unregister("labels")
    return joined


def join_further(con: duckdb.DuckDBPyConnection, joined: Clusters, links: pa.Table, tie: Tie) -> Clusters:
    """Join the ``clusters`` along further links of one kind."""
    left, right = links["version_l"].to_numpy() - 1, links["version_r"].to_numpy() - 1
    further = _follow(con, joined, Links(left, right, np.full(len(left), tie, dtype=np.int64)))
    inside = _keep_best(con, further, left, right, links["probability"].to_numpy())
    touched = np.zeros(len(further.label), dtype=np.bool_)
    touched[further.label[left[inside]]] = True
    places = np.flatnonzero(touched[further.label])
    was_alone = np.bincount(joined.label, minlength=len(joined.label))[joined.label[places]] == 1
    rows = {"place": places, "label": further.label[places], "aliased": further.aliased[places], "was_alone": was_alone}
    con.register("labels", pa.table(rows))
    con.execute(_JOINED_CLUSTERS)
    con.unregister("labels")
    return further


def _follow(con: duckdb.DuckDBPyConnection, start: Clusters, links: Links) -> Clusters:
    """Join along the links. Only the clusters that a link touches are looked at: in a new quarter these are few."""
    left, right = start.label[links.left], start.label[links.right]
    apart = left != right
    touched = np.zeros(len(start.label), dtype=np.bool_)
    touched[left[apart]] = touched[right[apart]] = True
    places = np.flatnonzero(touched[start.label])

    def among(wanted: Places) -> Places:
        return np.searchsorted(places, wanted).astype(np.int64)

    joined = cluster(
        Clusters(among(start.label[places]), start.aliased[places], start.refused),
        Links(among(links.left[apart]), among(links.right[apart]), links.tie[apart]),
        judge_by_conflicts(con, places),
    )
    label, aliased = start.label.copy(), start.aliased.copy()
    label[places], aliased[places] = places[joined.label], joined.aliased
    return Clusters(label, aliased, joined.refused)


def _keep_best(
    con: duckdb.DuckDBPyConnection, joined: Clusters, left: Places, right: Places, probability: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Make ``best_links``, the best link of each version inside its cluster, and say which links are inside one."""
    inside: npt.NDArray[np.bool_] = joined.label[left] == joined.label[right]
    con.register(
        "inside", pa.table({"place": left[inside], "other": right[inside], "probability": probability[inside]})
    )
    con.execute(_BEST)
    con.unregister("inside")
    return inside


def _start(con: duckdb.DuckDBPyConnection) -> Clusters:
    # Versions are numbered from 1 without a gap, so that their places are their order.
    found = con.sql(_START).to_arrow_table()
    return Clusters(found["label"].to_numpy(), found["aliased"].to_numpy(), 0)
