"""Whether two clusters can be one person: the rules that keep them apart.

A cluster may be joined to another only if every name and birth date of the one could be every name and date of the
other, so that a chain of near misses cannot grow into a crowd. Nor may sexes, identifiers, one service's groups or
ages stand against it. A shared permanent identifier outweighs either a name (people have several) or a birth date
(clerks slip), but not both: then it was typed on the wrong person. One that is a slip apart outweighs a birth date
under names that agree, but not a name: twins may have numbers that follow each other. Where an identifier has joined
names or dates that would otherwise conflict, any of them may agree from then on.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from residents.joining.clustering import Judge, Places, Proposals, Tie, Verdicts

_MACROS = """
CREATE OR REPLACE TEMP MACRO alike(a, b) AS jaro_winkler_similarity(a, b) >= 0.85;
-- A missing forename could be any; surnames change.
CREATE OR REPLACE TEMP MACRO names_could_be_one(a, b) AS CASE
    WHEN a.forename IS NULL OR b.forename IS NULL OR a.forename = b.forename THEN true
    WHEN least(length(a.forename), length(b.forename)) = 1 AND left(a.forename, 1) = left(b.forename, 1) THEN true
    WHEN list_has_any(a.name_groups, b.name_groups) THEN true
    WHEN a.forename = b.middle OR a.middle = b.forename THEN true
    WHEN alike(a.forename, b.forename) THEN true
    ELSE coalesce(alike(a.forename, b.surname) AND alike(a.surname, b.forename), false) END;
-- Equal, a slip, day and month swapped, or 1 January for the year.
CREATE OR REPLACE TEMP MACRO dates_could_be_one(a, b) AS CASE
    WHEN a.dob = b.dob THEN true
    WHEN a.dob_weak OR b.dob_weak THEN year(a.dob) = year(b.dob)
    WHEN year(a.dob) = year(b.dob) AND month(a.dob) = day(b.dob) AND day(a.dob) = month(b.dob) THEN true
    ELSE damerau_levenshtein(a.dob_text, b.dob_text) = 1 END;
"""
# What may stand against a join. Versions with the same traits are looked at once; a mark of 64 bits tells them apart.
_TRAITS = """
CREATE OR REPLACE TEMP TABLE version_traits AS
WITH held AS (
    SELECT j.place, v.forename, v.middle, v.surname, coalesce(v.name_groups, []) AS name_groups,
        v.dob, v.dob_text, coalesce(v.dob_weak, false) AS dob_weak, v.sex,
        CASE WHEN v.upn SIMILAR TO '.*[0-9]' THEN v.upn END AS upn, v.nino, coalesce(g.groups, []) AS groups,
        CASE WHEN len(g.groups) > 0 THEN v.subject END AS subject, g.born_by
    FROM judged AS j JOIN versions AS v USING (version) LEFT JOIN subject_groups AS g USING (subject)
)
SELECT *, hash(forename, middle, surname, name_groups, dob, sex, upn, nino, groups, subject, born_by) AS traits
FROM held
"""
_PLACE_TRAITS = "CREATE OR REPLACE TEMP TABLE place_traits AS SELECT place, traits FROM version_traits"
_DISTINCT_TRAITS = """
CREATE OR REPLACE TEMP TABLE traits AS
SELECT v.* EXCLUDE (place) FROM version_traits AS v
JOIN (SELECT min(place) AS place FROM version_traits GROUP BY traits) AS f USING (place)
"""
_JUDGE = """
WITH
sides AS (
    SELECT DISTINCT m.proposal, m.second, t.* FROM proposal_members AS m
    JOIN place_traits AS p USING (place) JOIN traits AS t USING (traits)
),
facts AS (
    SELECT a.proposal,
        bool_or(coalesce(a.upn = b.upn, false) OR coalesce(a.nino = b.nino, false)) AS shared,
        coalesce(bool_or(damerau_levenshtein(a.nino, b.nino) = 1), false) AS near,
        bool_or(a.upn IS NOT NULL AND b.upn IS NOT NULL)
            AND NOT bool_or(coalesce(a.upn = b.upn, false)) AS upns_differ,
        bool_or(a.sex IS NOT NULL AND b.sex IS NOT NULL)
            AND NOT bool_or(coalesce(a.sex = b.sex, false)) AS sexes_differ,
        coalesce(bool_or(a.subject <> b.subject AND list_has_any(a.groups, b.groups)), false) AS named_together,
        coalesce(min(a.dob) > min(b.born_by), false) OR coalesce(min(b.dob) > min(a.born_by), false) AS too_young,
        coalesce(bool_and(dates_could_be_one(a, b)), true) AS every_date,
        coalesce(bool_or(dates_could_be_one(a, b)), true) AS any_date,
        bool_and(names_could_be_one(a, b)) AS every_name,
        bool_or(names_could_be_one(a, b)) AS any_name
    FROM sides AS a JOIN sides AS b ON a.proposal = b.proposal AND NOT a.second AND b.second
    GROUP BY a.proposal
),
weighed AS (
    SELECT p.proposal, p.tie, f.shared, f.near,
        NOT CASE WHEN p.aliased THEN f.any_date ELSE f.every_date END AS dates_conflict,
        NOT CASE WHEN p.aliased THEN f.any_name ELSE f.every_name END AS names_conflict,
        f.upns_differ OR f.sexes_differ OR f.named_together OR f.too_young AS stands_against,
        p.aliased
    FROM proposals AS p JOIN facts AS f USING (proposal)
)
SELECT proposal, CASE
        WHEN tie = $vouched THEN stands_against
        WHEN tie = $known_as THEN dates_conflict OR stands_against
        WHEN tie = $subject OR shared THEN dates_conflict AND names_conflict
        WHEN near AND dates_conflict AND NOT stands_against THEN names_conflict
        ELSE dates_conflict OR names_conflict OR (tie = $scored AND stands_against)
    END AS refused,
    aliased OR dates_conflict OR names_conflict AS aliased
FROM weighed ORDER BY proposal
"""


def judge_by_conflicts(con: duckdb.DuckDBPyConnection, places: Places) -> Judge:
    """A judge of joins among some versions, which it knows by their places in ``places``: their numbers less one.

    Makes what joins are judged by from ``versions`` and ``subject_groups`` (subject, groups, born_by).
    """
    con.execute(_MACROS)
    con.register("judged", pa.table({"place": np.arange(len(places)), "version": places + 1}))
    for statement in (_TRAITS, _PLACE_TRAITS, _DISTINCT_TRAITS):
        con.execute(statement)
    con.unregister("judged")
    con.execute("DROP TABLE version_traits")

    def judge(proposals: Proposals) -> Verdicts:
        members = {"proposal": proposals.proposal, "second": proposals.second, "place": proposals.version}
        number = pa.array(range(len(proposals.tie)), pa.int64())
        con.register("proposal_members", pa.table(members))
        con.register("proposals", pa.table({"proposal": number, "tie": proposals.tie, "aliased": proposals.aliased}))
        kinds = {
            "subject": int(Tie.SUBJECT),
            "scored": int(Tie.SCORED),
            "known_as": int(Tie.KNOWN_AS),
            "vouched": int(Tie.VOUCHED),
        }
        found = con.sql(_JUDGE, params=kinds).to_arrow_table()
        con.unregister("proposal_members")
        con.unregister("proposals")
        return Verdicts(found["refused"].to_numpy(), found["aliased"].to_numpy())

    return judge
