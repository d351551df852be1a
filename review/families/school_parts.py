"""School: attendance by month, suspensions, the latest census and what 16 to 18 year olds do. No school is named."""

from __future__ import annotations

from review.families.parts import Part

# Reduced to a row a pupil and month before anybody is looked up: the marks are by far the most rows there are.
ATTENDANCE = Part(
    "attendance",
    """
WITH
monthly AS (
    SELECT source, file, record_id, date_trunc('month', event_date)::DATE AS month,
        count(*) FILTER (statistical_class IN
            ('present', 'approved_educational_activity', 'authorised', 'unauthorised')) AS possible,
        count(*) FILTER (statistical_class IN ('present', 'approved_educational_activity')) AS attended,
        count(*) FILTER (statistical_class = 'unauthorised') AS unauthorised
    FROM attendance
    WHERE event_date >= date_trunc('month', data_day() - INTERVAL 24 MONTH) AND event_date <= data_day()
    GROUP BY ALL
),
named AS (
    SELECT coalesce(r.person_id, k.person_id) AS person_id, a.month, sum(a.possible)::BIGINT AS possible,
        sum(a.attended)::BIGINT AS attended, sum(a.unauthorised)::BIGINT AS unauthorised
    FROM monthly AS a
    LEFT JOIN record_person AS r ON a.source = r.source AND a.file = r.file AND a.record_id = r.record_id
    LEFT JOIN key_person AS k ON a.source = k.source AND a.record_id = k.record_id
    GROUP BY ALL HAVING sum(a.possible) > 0
),
child AS (
    SELECT m.family_id, m.who, list([year(n.month) * 100 + month(n.month), n.possible, n.attended, n.unauthorised]
        ORDER BY n.month) AS months
    FROM member AS m JOIN named AS n USING (person_id)
    WHERE n.month >= date_trunc('month', m.shown_from) AND last_day(n.month) <= last_day(m.shown_to)
    GROUP BY ALL
)
SELECT family_id, list({'who': who, 'months': months} ORDER BY who) AS items FROM child GROUP BY family_id
""",
)
EXCLUSIONS = Part(
    "exclusions",
    """
SELECT m.family_id, list({'who': m.who, 'date': e.event_date, 'kind': e.kind, 'reason': e.reason,
    'sessions': e.sessions} ORDER BY e.event_date, m.who, e.kind, e.reason, e.sessions) AS items
FROM member AS m JOIN exclusions_named AS e USING (person_id)
WHERE e.event_date BETWEEN m.shown_from AND m.shown_to GROUP BY m.family_id
""",
)
SCHOOLING = Part(
    "schooling",
    """
WITH
census AS (
    SELECT person_id, max(event_date) AS census,
        arg_max(year_group, (event_date, recorded_on, year_group)) AS year_group,
        arg_max(sen, (event_date, recorded_on, sen)) AS sen
    FROM school_status_named GROUP BY person_id
),
activity AS (
    SELECT person_id, max(event_date) AS asked, arg_max(activity, (event_date, recorded_on, activity)) AS activity
    FROM neet_named GROUP BY person_id
)
SELECT m.family_id, list({'who': m.who, 'census': c.census, 'year_group': c.year_group, 'sen': c.sen,
    'asked': a.asked, 'activity': a.activity} ORDER BY m.who) AS items
FROM member AS m LEFT JOIN census AS c USING (person_id) LEFT JOIN activity AS a USING (person_id)
WHERE m.to_date IS NULL AND m.age < 19
    AND (c.census >= data_day() - INTERVAL 1 YEAR OR a.asked >= data_day() - INTERVAL 1 YEAR)
GROUP BY m.family_id
""",
)
PARTS = (ATTENDANCE, EXCLUSIONS, SCHOOLING)
