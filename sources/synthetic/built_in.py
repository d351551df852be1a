"""What the borough was made to have that no published figure says: biases, an effect, and how much stays hidden.

Each is counted from the truth, and from the extracts where they show it. The bounds are ours: they hold what was built
in, widened for what other parts of the model do to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sources.synthetic.figure import Shown


@dataclass(frozen=True)
class BuiltIn:
    """One property: ``sum(top) / sum(bottom)`` by block of the rows of a constant statement."""

    name: str
    made: str
    low: float
    high: float
    statement: str
    code: str = ""
    """Bound to the statement's ``$code``, where it has one."""
    shown: Shown = Shown.NUMBER


QUARTERLY_CONTACTS = """
CREATE TEMP TABLE quarterly AS
SELECT need.family, need.quarter, radar.counted, radar.served, round(need.need * 2)::INT AS band,
    round(need.school)::INT AS school_band, household.block, household.ethnicity,
    coalesce(door.contacts, 0) AS contacts,
    coalesce(sum(coalesce(door.contacts, 0)) OVER (
        PARTITION BY need.family ORDER BY need.quarter ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING), 0) > 0 AS seen_before
FROM need_truth AS need JOIN radar_truth AS radar USING (family, quarter) JOIN (
    SELECT family, any_value(block) AS block, any_value(ethnicity) AS ethnicity FROM persons GROUP BY family
) AS household USING (family) LEFT JOIN (
    SELECT family, date_trunc('quarter', "on")::DATE AS quarter, count(DISTINCT contact) AS contacts
    FROM contacts GROUP BY ALL
) AS door USING (family, quarter)
WHERE need.quarter >= DATE '2022-10-01' AND need.quarter < DATE '2026-07-01' AND radar.counted
"""
_WATCHED = """
WITH usual AS (
    SELECT band, school_band, seen_before, avg(contacts) AS rate FROM quarterly WHERE ethnicity = 'WBRI' GROUP BY ALL
)
SELECT block, sum(contacts) AS top, sum(rate) AS bottom
FROM quarterly JOIN usual USING (band, school_band, seen_before) WHERE ethnicity = $code GROUP BY block
"""
_WATCHED_AGAIN = """
WITH usual AS (
    SELECT band, school_band, ethnicity, avg(contacts) AS rate FROM quarterly WHERE NOT seen_before GROUP BY ALL
)
SELECT block, sum(contacts) AS top, sum(rate) AS bottom
FROM quarterly JOIN usual USING (band, school_band, ethnicity) WHERE seen_before GROUP BY block
"""
_HELP = """
SELECT persons.block, sum((later.need - now.need) * CASE WHEN given THEN 1 / 0.88 ELSE -1 / 0.12 END) AS top,
    count(*) AS bottom
FROM offers_truth AS offer
JOIN (SELECT family, any_value(block) AS block FROM persons GROUP BY family) AS persons USING (family)
JOIN need_truth AS now ON now.family = offer.family AND now.quarter = date_trunc('quarter', offer."on")::DATE
JOIN need_truth AS later ON later.family = offer.family
    AND later.quarter = (date_trunc('quarter', offer."on") + INTERVAL 6 MONTH)::DATE
GROUP BY persons.block
"""
_IN_NEED = """
SELECT block, count_if(in_need) AS top, count(*) AS bottom
FROM radar_truth JOIN (SELECT family, any_value(block) AS block FROM persons GROUP BY family) USING (family)
WHERE counted GROUP BY block
"""
_UNDER_THE_RADAR = """
SELECT block, count_if(under_the_radar) AS top, count_if(in_need) AS bottom
FROM radar_truth JOIN (SELECT family, any_value(block) AS block FROM persons GROUP BY family) USING (family)
WHERE counted GROUP BY block
"""
_KNOWN = """
SELECT block, count_if(known_carer) AS top, count(*) AS bottom FROM child_days WHERE carer AND age >= 5 GROUP BY block
"""
_KNOWN_OF_GROUP = """
SELECT child_days.block, count_if(known_carer) AS top, count(*) * (
    SELECT avg(known_carer::INT) FROM child_days JOIN persons USING (person) WHERE carer AND ethnicity = 'WBRI'
) AS bottom
FROM child_days JOIN persons USING (person) WHERE carer AND ethnicity = $code GROUP BY child_days.block
"""
_MARKED_WHERE_RECORDED = """
SELECT block, count_if(carer) AS top, count(*) AS bottom FROM censuses
WHERE person IN (SELECT person FROM carers_truth WHERE from_date <= DATE '2024-09-01')
    AND "on" >= DATE '2025-09-01' AND school IN (SELECT school FROM censuses WHERE carer) GROUP BY block
"""

BUILT_IN: tuple[BuiltIn, ...] = (
    *(
        BuiltIn(f"Contacts about {label} families at equal need, to White British", made, low, high, _WATCHED, code)
        for label, code, made, low, high in (
            ("Black Caribbean", "BCRB", "1.5 times as many reports by others", 1.2, 1.6),
            ("Black African", "BAFR", "1.25 times", 1.05, 1.4),
            ("Bangladeshi", "ABAN", "0.75 times", 0.65, 0.95),
            ("Indian", "AIND", "0.6 times", 0.45, 0.9),
        )
    ),
    BuiltIn("Contacts about families contacted within a year, at equal need", "1.4 times", 1.15, 1.75, _WATCHED_AGAIN),
    BuiltIn(
        "Need half a year after an offer of early help, by lottery of places",
        "0.2 less each quarter, fading",
        -0.45,
        -0.1,
        _HELP,
    ),
    BuiltIn("Families in significant need", "need of 1.3 and more", 0.07, 0.14, _IN_NEED, shown=Shown.PERCENT),
    BuiltIn("Of these, with nobody working with them", "follows", 0.4, 0.8, _UNDER_THE_RADAR, shown=Shown.PERCENT),
    BuiltIn("True young carers known to any service", "most are never known", 0.06, 0.25, _KNOWN, shown=Shown.PERCENT),
    BuiltIn(
        "The same of Black African carers, to White British",
        "a third as likely to be seen",
        0.2,
        0.7,
        _KNOWN_OF_GROUP,
        "BAFR",
    ),
    BuiltIn(
        "Carers marked at schools that mark any",
        "nobody is marked at the others",
        0.25,
        0.7,
        _MARKED_WHERE_RECORDED,
        shown=Shown.PERCENT,
    ),
)
