"""Rent and benefits. A balance is the sum of an account's postings from its beginning, at the end of each month."""

from __future__ import annotations

from review.families.parts import Part

RENT = Part(
    "rent",
    """
WITH
posted AS (
    SELECT source, group_type, group_id, date_trunc('month', event_date)::DATE AS month,
        sum(amount_pence)::BIGINT AS pence
    FROM rent_transactions WHERE event_date <= data_day() GROUP BY ALL
),
running AS (
    SELECT source, group_type, group_id, month, sum(pence) OVER (
        PARTITION BY source, group_type, group_id ORDER BY month)::BIGINT AS balance
    FROM posted
),
until AS (
    SELECT *, lead(month) OVER (PARTITION BY source, group_type, group_id ORDER BY month) AS next_month FROM running
),
months AS (
    SELECT unnest(generate_series(date_trunc('month', data_day() - INTERVAL 24 MONTH)::TIMESTAMP,
        date_trunc('month', data_day())::TIMESTAMP, INTERVAL 1 MONTH))::DATE AS month
),
balances AS (
    SELECT u.source, u.group_type, u.group_id, m.month, u.balance
    FROM until AS u JOIN months AS m ON m.month >= u.month AND m.month < coalesce(u.next_month, DATE '9999-12-31')
),
account AS (
    SELECT g.family_id, g.source, g.group_type, g.group_id, g.from_date, g.to_date,
        list([year(b.month) * 100 + month(b.month), b.balance] ORDER BY b.month) AS months, max(b.month) AS last
    FROM family_group AS g JOIN balances AS b USING (source, group_type, group_id)
    WHERE b.month BETWEEN date_trunc('month', g.from_date) AND g.to_date
    GROUP BY ALL
),
steps AS (
    SELECT g.family_id, g.source, g.group_type, g.group_id,
        list([a.event_date::VARCHAR, a.action] ORDER BY a.event_date, a.action) AS steps
    FROM family_group AS g JOIN arrears_actions AS a USING (source, group_type, group_id)
    WHERE a.event_date BETWEEN g.from_date AND g.to_date AND a.event_date >= data_day() - INTERVAL 24 MONTH
    GROUP BY ALL
)
SELECT family_id, list({'months': months, 'steps': coalesce(steps, []),
    'open': to_date >= data_day()} ORDER BY last DESC, from_date DESC, source, group_id) AS items
FROM account LEFT JOIN steps USING (family_id, source, group_type, group_id) GROUP BY family_id
""",
)
# A notice of a start is a spell until the next notice of the same benefit for the same person or claim.
BENEFITS = Part(
    "benefits",
    """
WITH
notices AS (
    SELECT *, lead(event_date) OVER w AS next_date, lead(row_kind) OVER w AS next_kind
    FROM benefit_spells_named WHERE row_kind <> 'spell'
    WINDOW w AS (PARTITION BY source, record_id, group_type, group_id, benefit ORDER BY event_date, row_kind DESC)
),
spells AS (
    SELECT source, group_type, group_id, person_id, benefit, event_date, to_date, weekly_pence
    FROM benefit_spells_named WHERE row_kind = 'spell'
    UNION ALL
    SELECT source, group_type, group_id, person_id, benefit, event_date,
        CASE WHEN next_kind = 'stop' THEN next_date END, weekly_pence
    FROM notices WHERE row_kind = 'start'
),
reached AS (
    SELECT m.family_id, s.benefit, s.event_date, s.to_date, s.weekly_pence, m.shown_from, m.shown_to
    FROM spells AS s JOIN member AS m USING (person_id) WHERE m.role = 'adult'
    UNION ALL
    SELECT g.family_id, s.benefit, s.event_date, s.to_date, s.weekly_pence, g.from_date, g.to_date
    FROM spells AS s JOIN family_group AS g USING (source, group_type, group_id)
),
shown AS (
    SELECT DISTINCT family_id, benefit, event_date, weekly_pence,
        CASE WHEN to_date <= data_day() THEN to_date END AS to_date
    FROM reached WHERE event_date <= shown_to AND coalesce(to_date, data_day()) >= shown_from
        AND event_date <= data_day()
)
SELECT family_id, list({'benefit': benefit, 'from': event_date, 'to': to_date, 'weekly': weekly_pence}
    ORDER BY event_date DESC, benefit, to_date, weekly_pence) AS items
FROM shown GROUP BY family_id
""",
)
PARTS = (RENT, BENEFITS)
