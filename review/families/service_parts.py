"""Who works with the family, the history of contacts, assessments and plans, and progress by the outcomes framework.

Words that a worker typed may name somebody. A reason is shown only where it is plainly one of a list: the same words
stand in many rows. Who referred a child is told by kind (school, health, an individual), so that no neighbour or
relative is given away. Of adult services it is told that they are involved, not what for.
"""

from __future__ import annotations

from review.families.parts import Part

# Whose episodes, allocations and services are the family's: by a member, or by a group of the family.
WORK = """
CREATE TEMP TABLE family_work AS
WITH
everything AS (
    SELECT m.family_id, m.who, e.service AS what, e.source, e.event_date, e.to_date, e.worker_id, e.team,
        e.closure_reason, m.shown_from, m.shown_to
    FROM service_episodes_named AS e JOIN member AS m USING (person_id)
    UNION ALL
    SELECT g.family_id, NULL, e.service, e.source, e.event_date, e.to_date, e.worker_id, e.team, e.closure_reason,
        g.from_date, g.to_date
    FROM service_episodes_named AS e JOIN family_group AS g USING (source, group_type, group_id)
    WHERE e.person_id IS NULL
    UNION ALL
    SELECT m.family_id, m.who, 'allocated', a.source, a.event_date, a.to_date, a.worker_id, a.team, NULL,
        m.shown_from, m.shown_to
    FROM allocations_named AS a JOIN member AS m USING (person_id)
    UNION ALL
    SELECT m.family_id, m.who, 'adult_care', c.source, c.event_date, c.to_date, NULL, NULL, NULL, m.shown_from,
        m.shown_to
    FROM adult_care_services_named AS c JOIN member AS m USING (person_id)
)
SELECT DISTINCT family_id, who, what, source, event_date, CASE WHEN to_date <= data_day() THEN to_date END AS to_date,
    worker_id, team, closure_reason
FROM everything WHERE event_date <= data_day() AND event_date BETWEEN shown_from AND shown_to
"""
# Words that stand in several rows are a list's; those of a few rows may be somebody's own.
LISTED_WORDS = """
CREATE TEMP TABLE listed_words AS
SELECT reason AS words FROM contacts WHERE reason IS NOT NULL GROUP BY reason
HAVING count(DISTINCT (source, record_id)) >= 5
UNION
SELECT closure_reason FROM service_episodes WHERE closure_reason IS NOT NULL GROUP BY closure_reason
HAVING count(DISTINCT (source, coalesce(record_id, group_id))) >= 5
"""
INVOLVED = Part(
    "involved",
    """
WITH together AS (
    SELECT w.family_id, w.what, w.source, w.event_date, w.to_date, coalesce(s.name, e.name) AS name,
        coalesce(s.role, e.role) AS role, coalesce(w.team, s.team) AS team, coalesce(s.contact, e.contact) AS contact,
        coalesce(list_sort(list(DISTINCT w.who) FILTER (w.who IS NOT NULL)), []) AS who
    FROM family_work AS w LEFT JOIN staff AS s ON w.source = s.source AND w.worker_id = s.worker_id
    LEFT JOIN staff_elsewhere AS e ON w.source = e.source AND w.worker_id = e.worker_id AND w.team = e.team
    WHERE w.to_date IS NULL OR w.to_date >= data_day() - INTERVAL 1 YEAR
    GROUP BY ALL
)
SELECT family_id, list({
    'who': who, 'what': what, 'system': source, 'since': event_date, 'until': to_date, 'worker': name, 'role': role,
    'team': team, 'contact': contact
} ORDER BY to_date IS NOT NULL, event_date DESC, what, source, name, role, team, contact, to_date, who) AS items
FROM together GROUP BY family_id
""",
)
HISTORY = Part(
    "history",
    """
WITH
rows AS (
    SELECT m.family_id, m.who, 'contact' AS kind, c.event_date AS from_date, NULL::DATE AS to_date,
        c.referral_source AS by_whom, l.words, c.outcome AS outcome
    FROM contacts_named AS c JOIN member AS m USING (person_id) LEFT JOIN listed_words AS l ON c.reason = l.words
    WHERE c.event_date BETWEEN m.shown_from AND m.shown_to
    UNION
    SELECT m.family_id, m.who, 'assessment', a.event_date, a.to_date, NULL, NULL, a.outcome
    FROM assessments_named AS a JOIN member AS m USING (person_id)
    WHERE a.event_date BETWEEN m.shown_from AND m.shown_to
    UNION
    SELECT w.family_id, w.who, w.what, w.event_date, w.to_date, NULL, l.words, NULL
    FROM family_work AS w LEFT JOIN listed_words AS l ON w.closure_reason = l.words
    WHERE w.what IN ('early_help', 'cin', 'cp', 'lac')
    UNION
    SELECT m.family_id, m.who, 'young_carer', min(y.event_date), NULL, y.identified_by, NULL, NULL
    FROM young_carer_identifications_named AS y JOIN member AS m USING (person_id)
    WHERE y.event_date BETWEEN m.shown_from AND m.shown_to
    GROUP BY ALL
),
together AS (
    SELECT family_id, kind, from_date, to_date, by_whom, words, outcome,
        coalesce(list_sort(list(DISTINCT who) FILTER (who IS NOT NULL)), []) AS who
    FROM rows GROUP BY ALL
)
SELECT family_id, list({'who': who, 'kind': kind, 'from': from_date, 'to': to_date,
    'by': by_whom, 'words': words, 'outcome': outcome}
    ORDER BY from_date DESC, kind, to_date, by_whom, words, outcome) AS items
FROM together GROUP BY family_id
""",
)
SCORES = Part(
    "scores",
    """
WITH
scored AS (
    SELECT DISTINCT g.family_id, o.domain, o.event_date, o.stage, o.score
    FROM outcome_scores AS o JOIN family_group AS g USING (source, group_type, group_id)
    WHERE o.event_date BETWEEN g.from_date AND g.to_date AND o.event_date <= data_day()
),
domains AS (
    SELECT family_id, domain, list([event_date::VARCHAR, stage, score::VARCHAR]
        ORDER BY event_date, stage, score) AS scores
    FROM scored GROUP BY ALL
)
SELECT family_id, list({'domain': domain, 'scores': scores} ORDER BY domain) AS items FROM domains GROUP BY family_id
""",
)
PARTS = (INVOLVED, HISTORY, SCORES)
