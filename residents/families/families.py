"""Families: the children who share carers, with those carers, dated.

A carer is an adult tied to a child: by a parent's relationship that a worker entered, by a service's own group
(a claim, a tenancy, a case) that names both, or by a shared home with corroboration. Two carers of one child who
live together, or whom a group names together, make one family; two who live apart make two, and the child
belongs to both. A shared surname alone never makes a tie, nor does a communal address. A child nobody is tied
to is still in a family: of the children of that home and name, or alone.

Time. A membership lasts beyond its evidence, as ``lasting`` says, and ``end_recorded_on`` is the day on which
the council knew that it had ended; coming of age is known at once. Spells are made with the whole extract in
hand, so a few things about an earlier day are better than they were known on it:

- who is whose carer, which carers make one unit, which addresses are communal and which birth date is right: a
  tie or a shared home shown only later can join two families into one for their whole history;
- the basis and confidence of a spell, and how far back it reaches, sum up all its evidence, also what came later;
  ``recorded_on`` is that of the first;
- evidence after a gap of up to ``bridge_days`` carries a spell on, though on a day in that gap it looked ended;
- an end or an address of a source that keeps only the newest state of a row is not known as it was before.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa

from residents.config import ResidentsConfig
from residents.families.lasting import let_ties_last, make_presence
from residents.joining.clustering import connected
from store.keys import Keys, Purpose

# A person is grown from the 18th birthday. Where no birth date is known, the groups' own words decide.
_PERSON_FACTS = """
CREATE TABLE person_facts AS
WITH
words AS (
    SELECT p.person_id, list_sort(list_distinct(flatten(list(s.surname_words)))) AS surname_words,
        min(s.recorded_on) AS first_recorded, max(s.recorded_on) AS last_recorded
    FROM std AS s JOIN row_person AS p USING (row) GROUP BY ALL
)
SELECT w.*, e.dob, (e.dob + INTERVAL 18 YEAR)::DATE AS grown_on, a.born_by
FROM words AS w JOIN people AS e USING (person_id)
LEFT JOIN (
    SELECT p.person_id, min(g.born_by) AS born_by
    FROM subject_groups AS g JOIN versions AS v USING (subject) JOIN clusters AS c USING (version)
    JOIN persons AS p USING (label) GROUP BY p.person_id
) AS a USING (person_id)
"""
_RECORD_KEYS = """
CREATE TABLE record_keys AS
SELECT source, record_id, min(person_id) AS person_id FROM record_person
GROUP BY ALL HAVING count(DISTINCT person_id) = 1
"""
_MEMBERS = """
CREATE TABLE members AS
WITH named AS (
    SELECT g.source, g.group_type, g.group_id, coalesce(r.person_id, k.person_id) AS person_id,
        lower(coalesce(g.role, '')) AS role, coalesce(g.from_date, g.recorded_on) AS from_date,
        coalesce(g.to_date, DATE '9999-12-31') AS to_date, g.recorded_on
    FROM group_members AS g
    LEFT JOIN record_person AS r ON g.source = r.source AND g.file = r.file AND g.record_id = r.record_id
    LEFT JOIN record_keys AS k ON g.source = k.source AND g.record_id = k.record_id
)
SELECT n.*, f.dob, f.grown_on,
    CASE WHEN f.dob IS NOT NULL THEN n.from_date < f.grown_on
        ELSE regexp_matches(n.role, 'child|pupil|son$|daughter|baby|infant') END AS is_child,
    regexp_matches(n.role, 'non.?dep|lodger|boarder|landlord|friend|carer worker|professional|agent|appointee') AS other
FROM named AS n JOIN person_facts AS f USING (person_id)
WHERE n.person_id IS NOT NULL AND n.from_date <= n.to_date AND n.from_date <= $today
"""
_PARENT_TIES = """
CREATE TABLE ties AS
SELECT b.person_id AS child, a.person_id AS adult,
    coalesce(r.from_date, r.recorded_on, c.dob, c.first_recorded) AS from_date,
    coalesce(r.to_date, DATE '9999-12-31') AS to_date,
    coalesce(r.recorded_on, r.from_date, c.first_recorded) AS recorded_on,
    greatest(r.to_date, r.recorded_on) AS end_recorded_on, r.to_date IS NOT NULL AS stated,
    'relationship' AS basis, 0.95 AS confidence
FROM relationships AS r
JOIN record_keys AS a ON r.source = a.source AND r.record_id_a = a.record_id
JOIN record_keys AS b ON r.source = b.source AND r.record_id_b = b.record_id
JOIN person_facts AS c ON b.person_id = c.person_id
JOIN person_facts AS p ON a.person_id = p.person_id
WHERE r.relationship IN ('mother', 'father', 'step_parent') AND a.person_id <> b.person_id
    AND (c.dob IS NULL OR p.dob IS NULL OR p.dob + INTERVAL 12 YEAR <= c.dob)
"""
_GROUP_TIES = """
INSERT INTO ties
SELECT c.person_id, a.person_id, greatest(c.from_date, a.from_date), least(c.to_date, a.to_date),
    greatest(c.recorded_on, a.recorded_on), greatest(least(c.to_date, a.to_date), c.recorded_on, a.recorded_on), false,
    c.group_type, 0.9
FROM members AS c
JOIN members AS a ON c.source = a.source AND c.group_type = a.group_type AND c.group_id = a.group_id
    AND c.person_id <> a.person_id
WHERE c.is_child AND NOT a.is_child AND NOT a.other
    AND greatest(c.from_date, a.from_date) <= least(c.to_date, a.to_date)
    AND (c.dob IS NULL OR a.dob IS NULL OR a.dob + to_years($youngest::INTEGER) <= c.dob
        AND a.dob + to_years($oldest::INTEGER + 1) > c.dob)
"""
# Living together counts with a name in common, or where no more than two adults of an age to be parents lived there
# with the child at that time. Of one without a birth date, a service must have shown that it is an adult.
_HOME_TIES = """
INSERT INTO ties
WITH
living AS (
    SELECT s.*, f.dob, f.grown_on, f.born_by, f.surname_words
    FROM spells AS s JOIN person_facts AS f USING (person_id)
    WHERE NOT EXISTS (FROM communal AS c WHERE c.address_key = s.address_key)
),
together AS (
    SELECT c.person_id AS child, a.person_id AS adult, c.address_key,
        greatest(c.from_date, a.from_date) AS from_date, least(c.to_date, a.to_date) AS to_date,
        greatest(c.recorded_on, a.recorded_on) AS recorded_on,
        CASE WHEN c.to_date <= a.to_date THEN c.end_recorded_on ELSE a.end_recorded_on END AS end_recorded_on,
        coalesce(list_has_any(c.surname_words, a.surname_words), false) AS same_name,
        a.dob IS NOT NULL OR a.born_by + INTERVAL 15 YEAR <= c.dob + to_years($youngest::INTEGER) AS grown,
        a.dob IS NOT NULL AS dated
    FROM living AS c JOIN living AS a ON c.address_key = a.address_key AND c.person_id <> a.person_id
    WHERE c.dob IS NOT NULL AND c.from_date < c.grown_on
        AND (a.dob IS NULL OR a.dob + to_years($youngest::INTEGER) <= c.dob
            AND a.dob + to_years($oldest::INTEGER + 1) > c.dob)
        AND least(c.to_date, a.to_date, c.grown_on) - greatest(c.from_date, a.from_date) >= $days
),
counted AS (
    SELECT t.child, t.adult, t.address_key, t.from_date, count(DISTINCT o.adult) AS adults
    FROM together AS t JOIN together AS o ON t.child = o.child AND t.address_key = o.address_key
        AND least(t.to_date, o.to_date) - greatest(t.from_date, o.from_date) >= $days
    GROUP BY ALL
)
SELECT t.child, t.adult, t.from_date, t.to_date, t.recorded_on, t.end_recorded_on, false, 'home',
    CASE WHEN t.same_name AND t.dated THEN 0.8 WHEN t.same_name THEN 0.7 ELSE 0.6 END
FROM together AS t JOIN counted AS n USING (child, adult, address_key, from_date)
WHERE t.same_name OR (t.grown AND n.adults <= 2)
"""
# Two carers of one child are one family when they lived at one address for at least half of the time for which both
# addresses are known, when a group names both, or when the address of one is not known at all.
_CARER_PAIRS = """
CREATE TABLE carer_pairs AS
WITH
shared AS (
    SELECT DISTINCT a.adult AS one, b.adult AS two
    FROM ties AS a JOIN ties AS b ON a.child = b.child AND a.adult < b.adult
),
homes AS (
    SELECT person_id, address_key, greatest(from_date, $since) AS from_date, least(to_date, $today) AS to_date
    FROM spells WHERE to_date >= $since AND from_date <= $today
),
same_home AS (
    SELECT s.one, s.two, sum(least(h.to_date, k.to_date) - greatest(h.from_date, k.from_date) + 1) AS days
    FROM shared AS s
    JOIN homes AS h ON s.one = h.person_id
    JOIN homes AS k ON s.two = k.person_id AND h.address_key = k.address_key
        AND h.from_date <= k.to_date AND k.from_date <= h.to_date
    GROUP BY ALL
),
any_home AS (
    SELECT person_id, sum(to_date - from_date + 1) AS days FROM homes GROUP BY ALL
),
same_group AS (
    SELECT DISTINCT s.one, s.two FROM shared AS s
    JOIN members AS m ON s.one = m.person_id
    JOIN members AS n ON s.two = n.person_id AND m.source = n.source AND m.group_type = n.group_type
        AND m.group_id = n.group_id
    WHERE m.group_type <> 'school_contact'
)
SELECT s.one, s.two
FROM shared AS s
LEFT JOIN same_home AS h USING (one, two) LEFT JOIN same_group AS g USING (one, two)
LEFT JOIN any_home AS a ON s.one = a.person_id LEFT JOIN any_home AS b ON s.two = b.person_id
WHERE g.one IS NOT NULL OR a.days IS NULL OR b.days IS NULL OR h.days >= 0.5 * least(a.days, b.days)
ORDER BY ALL
"""
_LONE = """
CREATE TABLE lone AS
SELECT f.person_id, f.first_recorded, f.surname_words,
    (SELECT arg_max(s.address_key, (s.from_date, s.address_key)) FROM spells AS s
        WHERE s.person_id = f.person_id AND NOT EXISTS (FROM communal AS c WHERE c.address_key = s.address_key)) AS home
FROM person_facts AS f
WHERE (f.grown_on > $since OR EXISTS (FROM members AS m WHERE m.person_id = f.person_id AND m.is_child))
    AND NOT EXISTS (FROM ties AS t WHERE t.child = f.person_id)
    AND NOT EXISTS (FROM ties AS t WHERE t.adult = f.person_id)
"""
_LONE_PAIRS = """
SELECT a.person_id AS one, b.person_id AS two FROM lone AS a JOIN lone AS b
ON a.home = b.home AND a.person_id < b.person_id AND list_has_any(a.surname_words, b.surname_words)
UNION
SELECT m.person_id, n.person_id FROM members AS m JOIN members AS n USING (source, group_type, group_id)
JOIN lone AS a ON m.person_id = a.person_id JOIN lone AS b ON n.person_id = b.person_id
WHERE m.person_id < n.person_id AND m.group_type <> 'school_contact'
ORDER BY ALL
"""
_EVIDENCE = """
CREATE TABLE evidence AS
WITH both_sides AS (
    SELECT u.family, t.child AS person_id, t.* EXCLUDE (child, adult, stated)
    FROM lasting AS t JOIN units AS u ON t.adult = u.person_id
    UNION ALL BY NAME
    SELECT u.family, t.adult AS person_id, t.* EXCLUDE (child, adult, stated)
    FROM lasting AS t JOIN units AS u ON t.adult = u.person_id
    UNION ALL BY NAME
    SELECT u.family, u.person_id, coalesce(p.from_date, l.first_recorded) AS from_date,
        coalesce(p.to_date, DATE '9999-12-31') AS to_date, coalesce(p.recorded_on, l.first_recorded) AS recorded_on,
        p.end_recorded_on, 'alone' AS basis, 0.5 AS confidence
    FROM units AS u JOIN lone AS l USING (person_id) LEFT JOIN presence AS p USING (person_id)
)
SELECT family, person_id, from_date, to_date, recorded_on, end_recorded_on, basis, confidence FROM both_sides
WHERE from_date <= to_date
"""
# A relationship is seldom ended. Where the same two also shared a home or a group, those say how long it lasted.
# Those with whom a child is first seen are taken to be its family since birth: systems meet a child late. The day
# on which the council knew stays as it was.
_CLOSED_TIES = """
CREATE TABLE closed_ties AS
SELECT t.child, t.adult,
    CASE WHEN t.from_date <= min(t.from_date) OVER (PARTITION BY t.child) + 31
        THEN least(t.from_date, coalesce(f.dob, t.from_date)) ELSE t.from_date END AS from_date,
    CASE WHEN t.basis = 'relationship' AND t.to_date = DATE '9999-12-31'
        THEN greatest(t.from_date, coalesce(max(t.to_date) FILTER (t.basis <> 'relationship')
            OVER (PARTITION BY t.child, t.adult), t.to_date))
        ELSE t.to_date END AS to_date,
    t.recorded_on,
    CASE WHEN t.basis = 'relationship' AND t.to_date = DATE '9999-12-31'
        THEN max(t.end_recorded_on) FILTER (t.basis <> 'relationship') OVER (PARTITION BY t.child, t.adult)
        ELSE t.end_recorded_on END AS end_recorded_on,
    t.stated, t.basis, t.confidence
FROM ties AS t JOIN person_facts AS f ON t.child = f.person_id
"""
_SPELLS = """
CREATE TABLE family_spells AS
WITH
ordered AS (
    SELECT *, max(to_date) OVER (PARTITION BY family, person_id ORDER BY from_date, to_date, basis, recorded_on
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM evidence
),
numbered AS (
    SELECT *, sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $gap::INTEGER
            THEN 1 ELSE 0 END)
        OVER (PARTITION BY family, person_id ORDER BY from_date, to_date, basis, recorded_on
            ROWS UNBOUNDED PRECEDING) AS spell
    FROM ordered
),
each_basis AS (
    SELECT family, person_id, spell, basis, min(from_date) AS from_date, max(to_date) AS to_date,
        min(recorded_on) AS recorded_on, max(confidence) AS confidence,
        max(end_recorded_on) FILTER (to_date = last_day) AS end_recorded_on
    FROM (SELECT *, max(to_date) OVER (PARTITION BY family, person_id, spell) AS last_day FROM numbered)
    GROUP BY ALL
),
whole AS (
    SELECT family, person_id, min(from_date) AS from_date, max(to_date) AS to_date, min(recorded_on) AS recorded_on,
        max(end_recorded_on) AS end_recorded_on,
        round(1 - product(1 - least(confidence, 0.95)), 6) AS confidence,
        array_to_string(list_sort(list(DISTINCT basis)), '+') AS basis
    FROM each_basis GROUP BY family, person_id, spell
),
parted AS (
    SELECT w.*,
        coalesce(f.grown_on, CASE WHEN EXISTS (FROM ties AS t WHERE t.child = w.person_id)
            THEN DATE '9999-12-31' ELSE DATE '0001-01-01' END) AS turns
    FROM whole AS w JOIN person_facts AS f USING (person_id)
)
SELECT family, person_id, 'child' AS role, from_date, least(to_date, turns - 1) AS to_date, recorded_on,
    CASE WHEN to_date < turns THEN end_recorded_on ELSE turns - 1 END AS end_recorded_on, confidence, basis
FROM parted WHERE from_date < turns
UNION ALL
SELECT family, person_id, 'adult', greatest(from_date, turns), to_date, recorded_on, end_recorded_on, confidence, basis
FROM parted WHERE to_date >= turns
"""
_FAMILIES = """
CREATE TABLE families AS
SELECT i.family_id, s.person_id, s.role, s.from_date,
    CASE WHEN s.to_date <= $today THEN s.to_date END AS to_date, s.recorded_on,
    CASE WHEN s.to_date <= $today THEN s.end_recorded_on END AS end_recorded_on, s.confidence, s.basis
FROM family_spells AS s JOIN family_ids AS i USING (family)
WHERE s.from_date <= $today
"""


def make_families(
    con: duckdb.DuckDBPyConnection, keys: Keys, config: ResidentsConfig, since: dt.date, today: dt.date
) -> None:
    """Make ``families`` from ``record_person``, ``group_members``, ``relationships`` and ``spells``.

    ``since`` is the first day the extracts cover: a child grown before it needs no family of its own.
    """
    con.execute(_PERSON_FACTS)
    con.execute(_RECORD_KEYS)
    con.execute(_MEMBERS, {"today": today})
    con.execute(_PARENT_TIES)
    ages = {"youngest": config.parent_youngest, "oldest": config.parent_oldest}
    con.execute(_GROUP_TIES, ages)
    con.execute(_HOME_TIES, {**ages, "days": config.lived_together_days})
    con.execute(_CLOSED_TIES)
    con.execute("DROP TABLE ties")
    con.execute("ALTER TABLE closed_ties RENAME TO ties")
    make_presence(con, config.bridge_days)
    con.execute(_CARER_PAIRS, {"since": since, "today": today})
    con.execute(_LONE, {"since": since})
    _make_units(con, keys)
    let_ties_last(con, today, config.parted_days)
    con.execute(_EVIDENCE)
    con.execute(_SPELLS, {"gap": config.bridge_days})
    con.execute(_FAMILIES, {"today": today})


def _make_units(con: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Number the families: connected carers, and connected children without one. Each person is in one unit."""
    rows = con.sql(
        "SELECT adult AS person_id FROM ties UNION SELECT person_id FROM lone ORDER BY person_id"
    ).to_arrow_table()
    con.register("unit_people", rows)
    place = {person: number for number, person in enumerate(rows["person_id"].to_pylist())}
    links = con.execute("FROM carer_pairs ORDER BY ALL").fetchall() + con.execute(_LONE_PAIRS).fetchall()
    roots = connected(len(place), [(place[one], place[two]) for one, two in links])
    con.register("unit_rows", pa.table({"person_id": rows["person_id"], "family": pa.array(roots, pa.int64())}))
    con.execute("CREATE TABLE units AS FROM unit_rows")
    # The family's id hangs on its smallest member's, which hangs on no name.
    least = con.sql(
        "SELECT family, min(person_id) AS person_id FROM units GROUP BY ALL ORDER BY family"
    ).to_arrow_table()
    ids = keys.pseudonyms(Purpose.PERSON, [f"family|{person}" for person in least["person_id"].to_pylist()])
    con.register(
        "family_id_rows",
        pa.table({"family": least["family"], "family_id": pa.array(["F" + one for one in ids], pa.string())}),
    )
    con.execute("CREATE TABLE family_ids AS FROM family_id_rows")


def families(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql("FROM families ORDER BY family_id, person_id, from_date, role")
