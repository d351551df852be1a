"""Who is of which family, which of a service's groups are the family's, and which addresses must not be shown.

Safety. Several professionals read a family's page, and one who works with a violent former partner's new family may be
among them. So:

- what happened to a person is shown on a family's page only for the time in which that person was of the family;
- a tenancy, claim or case is the family's only by way of a grown member, never by a child who lives in two homes;
- one address is shown, the family's home, and only where it is an ordinary dwelling and nothing in the tables speaks of
  domestic abuse, of a refuge, of a child looked after or of adoption, for anybody who ever was of the family or of a
  family that shares anyone with it. Elsewhere the page says what it says where no address is known, so that leaving it
  out tells nothing; and a search by address finds nothing;
- who has left such a family is not named on its page, nor found there: a name may be new since.
"""

from __future__ import annotations

import duckdb

# A person's first family shows what happened before the family was first seen, too.
_MEMBER = """
CREATE TEMP TABLE member AS
WITH
spell AS (
    SELECT family_id, person_id, min(from_date) AS from_date, min(recorded_on) AS recorded_on,
        CASE WHEN bool_or(to_date IS NULL OR to_date >= data_day()) THEN NULL ELSE max(to_date) END AS to_date,
        min(role) AS role, bool_and(role = 'adult') AS carer,
        arg_max(confidence, (from_date, confidence)) AS confidence, arg_max(basis, (from_date, basis)) AS basis
    FROM families WHERE from_date <= data_day() GROUP BY ALL
),
placed AS (
    SELECT s.*, p.forename, p.surname, p.dob, g.family_id IS NOT NULL AND s.to_date IS NOT NULL AS unnamed,
        rank() OVER (PARTITION BY person_id ORDER BY s.from_date) = 1 AS first_family,
        row_number() OVER (
            PARTITION BY s.family_id ORDER BY s.to_date IS NOT NULL, s.role, p.dob NULLS LAST, person_id
        ) - 1 AS who
    FROM spell AS s LEFT JOIN people AS p USING (person_id) LEFT JOIN guarded AS g ON s.family_id = g.family_id
),
named AS (
    SELECT * REPLACE (
        CASE WHEN NOT unnamed THEN forename END AS forename, CASE WHEN NOT unnamed THEN surname END AS surname,
        CASE WHEN NOT unnamed THEN dob END AS dob
    )
    FROM placed
)
SELECT *, CASE WHEN dob <= data_day() THEN date_sub('year', dob, data_day()) END AS age,
    CASE WHEN unnamed THEN 'Somebody who is not named here'
        ELSE coalesce(nullif(concat_ws(' ', forename, surname), ''), 'Name not known') END AS name,
    CASE WHEN first_family THEN DATE '1900-01-01' ELSE from_date END AS shown_from,
    coalesce(to_date, data_day()) AS shown_to
FROM named
"""
_GUARDED = r"""
CREATE TEMP TABLE guarded AS
WITH
signs AS (
    SELECT person_id FROM domestic_incidents_named
    UNION SELECT person_id FROM residence_spells WHERE kind = 'refuge'
    UNION SELECT person_id FROM assessments_named WHERE list_has_any(factors, ['3A', '3B', '3C'])
    UNION SELECT person_id FROM contacts_named
        WHERE regexp_matches(
            lower(reason),
            'domestic|violen|refuge|stalk|forced marriage|honou?r|coerci|controlling|non.?molestation|restraining order'
            '|perpetrator|\b(dva?|da|ipv|marac|idva|isva|clare.s law)\b'
        )
    UNION SELECT person_id FROM service_episodes_named
        WHERE service = 'lac' OR closure_reason = 'RC1' OR regexp_matches(lower(closure_reason), 'adopt')
),
families_of_signs AS (SELECT DISTINCT family_id FROM families JOIN signs USING (person_id)),
people_near AS (SELECT DISTINCT person_id FROM families JOIN families_of_signs USING (family_id))
SELECT DISTINCT family_id FROM families JOIN people_near USING (person_id)
"""
_HOME = """
CREATE TEMP TABLE home AS
WITH
living AS (
    SELECT m.family_id, s.address_key, min(s.uprn) AS uprn, bool_and(s.kind = 'dwelling') AS ordinary,
        count(*) AS members, max(s.from_date) AS since, bool_or(m.role = 'adult') AS has_adult
    FROM member AS m JOIN residence_spells AS s USING (person_id)
    WHERE m.to_date IS NULL AND (s.to_date IS NULL OR s.to_date >= data_day()) AND s.from_date <= data_day()
    GROUP BY ALL
),
best AS (
    SELECT family_id, arg_max(address_key, (has_adult, members, since, address_key)) AS address_key
    FROM living GROUP BY ALL
),
gazetteer AS (SELECT uprn, min(concat_ws(', ', address, postcode)) AS address FROM addresses GROUP BY uprn)
SELECT b.family_id, coalesce(g.address, replace(b.address_key, '|', ', ')) AS address
FROM best AS b JOIN living AS l USING (family_id, address_key) LEFT JOIN gazetteer AS g USING (uprn)
WHERE coalesce(l.ordinary, false) AND b.family_id NOT IN (SELECT family_id FROM guarded)
"""
# Those who came into the family grown bring a group; where it names nobody grown at all, its children do.
_GROUPS = """
CREATE TEMP TABLE family_group AS
WITH
joined AS (
    SELECT g.source, g.group_type, g.group_id, m.family_id, m.carer AS grown,
        greatest(coalesce(g.from_date, DATE '1900-01-01'), m.shown_from) AS from_date,
        least(coalesce(g.to_date, m.shown_to), m.shown_to) AS to_date
    FROM service_groups AS g JOIN member AS m USING (person_id)
    WHERE NOT g.too_large AND g.group_type IN ('tenancy', 'benefit_claim', 'case_family')
),
grown AS (SELECT source, group_type, group_id, bool_or(grown) AS any_grown FROM joined GROUP BY ALL)
SELECT source, group_type, group_id, family_id, min(from_date) AS from_date, max(to_date) AS to_date
FROM joined JOIN grown USING (source, group_type, group_id)
WHERE from_date <= to_date AND (grown OR NOT any_grown)
GROUP BY ALL
"""
_STAFF = """
CREATE TEMP TABLE staff AS
SELECT source, worker_id, arg_max(name, (recorded_on, from_date, name)) AS name,
    arg_max(role, (recorded_on, from_date, role)) AS role, arg_max(team, (recorded_on, from_date, team)) AS team,
    arg_max(contact, (recorded_on, from_date, contact)) AS contact
FROM workers GROUP BY ALL
"""
# A system without a staff list of its own may name staff of another's: whom one list alone has by that key and team.
_STAFF_ELSEWHERE = """
CREATE TEMP TABLE staff_elsewhere AS
WITH
unlisted AS (
    SELECT DISTINCT source, worker_id, team FROM (
        SELECT source, worker_id, team FROM service_episodes UNION SELECT source, worker_id, team FROM allocations
    ) ANTI JOIN (SELECT DISTINCT source FROM workers) USING (source)
    WHERE worker_id IS NOT NULL
),
posts AS (
    SELECT worker_id, lower(trim(team)) AS team, min(source) AS listed_by FROM workers
    GROUP BY ALL HAVING count(DISTINCT source) = 1
)
SELECT DISTINCT u.source, u.worker_id, u.team, s.name, s.role, s.contact
FROM unlisted AS u JOIN posts AS p ON u.worker_id = p.worker_id AND lower(trim(u.team)) = p.team
JOIN staff AS s ON s.source = p.listed_by AND s.worker_id = u.worker_id
"""
_STEPS = (_GUARDED, _MEMBER, _HOME, _GROUPS, _STAFF, _STAFF_ELSEWHERE)


def make_membership(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that all parts of a document rest on, from the views of `open_tables`."""
    for sql in _STEPS:
        con.execute(sql)
