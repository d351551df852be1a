"""Members, the records by which each service knows them, and what may be wrong in how they were put together.

How sure a link is comes in words, never as a figure, by the bounds of `residents.certainty`. Values held by one service
are not shown as those of another: of a birth date or name that differs, the page says that it differs and where, not
what it is there. Records made by a domestic abuse notification or an offence are left out: the service's name alone
would tell.
"""

from __future__ import annotations

from review.families.parts import Part

MEMBERS = Part(
    "members",
    """
SELECT family_id, list({
    'name': name, 'first': forename, 'age': age, 'dob': dob,
    'role': CASE WHEN role = 'child' AND coalesce(age, 0) < 18 THEN 'child' ELSE 'adult' END,
    'from': from_date, 'to': to_date,
    'sure': CASE WHEN confidence >= 0.99 THEN 'sure' WHEN confidence >= 0.9 THEN 'fairly_sure' ELSE 'less_sure' END,
    'basis': string_split(basis, '+')
} ORDER BY who) AS items
FROM member GROUP BY family_id
""",
)
# Hidden are files that name people for the sake of domestic abuse or an offence, and the whole of a system that holds
# nothing else. What records have in common is counted by value, so that no two of them are compared one by one.
RECORDS = Part(
    "records",
    """
WITH
sensitive AS (
    SELECT DISTINCT source, file FROM domestic_incidents UNION SELECT DISTINCT source, file FROM offences
),
general AS (
    SELECT DISTINCT source FROM attendance UNION SELECT DISTINCT source FROM contacts
    UNION SELECT DISTINCT source FROM allocations UNION SELECT DISTINCT source FROM assessments
    UNION SELECT DISTINCT source FROM service_episodes UNION SELECT DISTINCT source FROM benefit_spells
    UNION SELECT DISTINCT source FROM rent_transactions UNION SELECT DISTINCT source FROM school_status
    UNION SELECT DISTINCT source FROM adult_care_services
),
hidden AS (SELECT DISTINCT source FROM sensitive ANTI JOIN general USING (source)),
held AS (
    SELECT p.person_id, r.source, count(DISTINCT r.record_id) AS records, count(DISTINCT r.subject_id) AS keys,
        min(r.recorded_on) AS first, max(r.recorded_on) AS last, min(p.match_probability) AS probability
    FROM person_records AS r JOIN record_person AS p USING (source, file, record_id)
    ANTI JOIN sensitive USING (source, file) ANTI JOIN hidden USING (source)
    GROUP BY ALL
),
values_held AS (
    SELECT person_id, source, subject_id, unnest([
        {'kind': 'forename', 'value': forename}, {'kind': 'surname', 'value': surname},
        {'kind': 'dob', 'value': dob::VARCHAR}, {'kind': 'home', 'value': home}, {'kind': 'upn', 'value': upn},
        {'kind': 'nino', 'value': nino}, {'kind': 'phone', 'value': phone}
    ], recursive := true)
    FROM known_versions
),
counted AS (
    SELECT person_id, kind, value, count(DISTINCT (source, subject_id)) AS holders
    FROM values_held WHERE value IS NOT NULL GROUP BY ALL
),
usual AS (
    SELECT person_id, kind, arg_max(value, (holders, value)) AS value FROM counted
    WHERE kind IN ('forename', 'surname', 'dob') GROUP BY ALL
),
told AS (
    SELECT v.person_id, v.source, coalesce(list_sort(list(DISTINCT v.kind) FILTER (c.holders > 1)), []) AS shared,
        coalesce(list_sort(list(DISTINCT v.kind) FILTER (u.value <> v.value)), []) AS differs
    FROM values_held AS v JOIN counted AS c USING (person_id, kind, value)
    LEFT JOIN usual AS u ON v.person_id = u.person_id AND v.kind = u.kind
    GROUP BY ALL
),
alone AS (SELECT person_id, sum(keys) = 1 AS alone FROM held GROUP BY ALL)
SELECT m.family_id, list({
    'who': m.who, 'system': h.source, 'records': h.records, 'first': h.first, 'last': h.last,
    'sure': CASE WHEN a.alone THEN 'only' WHEN h.probability >= 0.99 THEN 'sure'
        WHEN h.probability >= 0.9 THEN 'fairly_sure' ELSE 'less_sure' END,
    'shared': coalesce(t.shared, []), 'differs': coalesce(t.differs, [])
} ORDER BY m.who, h.source) AS items
FROM member AS m JOIN held AS h USING (person_id) JOIN alone AS a USING (person_id)
LEFT JOIN told AS t USING (person_id, source)
WHERE m.to_date IS NULL
GROUP BY m.family_id
""",
)
ELSEWHERE = Part(
    "elsewhere",
    """
WITH also AS (
    SELECT person_id FROM member WHERE to_date IS NULL GROUP BY person_id HAVING count(*) > 1
)
SELECT family_id, list(who ORDER BY who) AS items FROM member JOIN also USING (person_id)
WHERE to_date IS NULL GROUP BY family_id
""",
)
PARTS = (MEMBERS, RECORDS, ELSEWHERE)
