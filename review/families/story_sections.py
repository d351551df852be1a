"""The sections that tell what happened: school, money, contacts and plans, and progress."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reports.text import share
from review.families import words
from review.families.charts import (
    Bar,
    Score,
    attendance_chart,
    rent_chart,
    scores_chart,
    timeline_chart,
)
from review.families.sections import Chart, Facts, Section, Table


def school(facts: Facts) -> Section:
    """Attendance by month for each child, suspensions, the latest census."""
    charts = [_attendance(facts, row) for row in facts.rows("attendance")]
    tables = []
    status = facts.rows("schooling")
    if status:
        rows = [
            (
                facts.who(row["who"]),
                _year(row["year_group"]),
                _SEN.get(row["sen"], "not known"),
                words.activity(row["activity"]),
            )
            for row in status
        ]
        tables.append(
            Table("At the last count", ("Child", "School year", "Special educational needs", "After 16"), rows)
        )
    exclusions = facts.rows("exclusions")
    if exclusions:
        rows = [
            (
                words.day(row["date"]),
                facts.who(row["who"]),
                words.exclusion(row["kind"], row["reason"]),
                "not told" if row["sessions"] is None else str(row["sessions"]),
            )
            for row in reversed(exclusions)
        ]
        tables.append(Table("Suspensions and exclusions", ("When", "Child", "What", "Half days"), rows))
    said = [] if charts else [facts.absent("attendance", "school attendance")]
    if charts:
        said = [
            "Of the half days on which the child could have been at school, how many they were. No school is named."
        ]
    return Section("school", "School", said, charts=charts, tables=tables)


_SEN = {"N": "None", "K": "SEN support", "E": "Education, health and care plan"}


def _year(group: int | None) -> str:
    if group is None:
        return "not known"
    return "Reception" if group == 0 else f"Year {group}"


def _attendance(facts: Facts, row: dict[str, Any]) -> Chart:
    months: list[list[int]] = row["months"]
    name = facts.who(row["who"])
    latest = [month for month in months if month[0] > _months_before(months[-1][0], 3)]
    possible, attended = sum(one[1] for one in latest), sum(one[2] for one in latest)
    said = f"Attended {share(attended / possible)} of half days in the three months to {words.month(months[-1][0])}."
    rows = [
        (words.month(month), str(of), str(there), str(unauthorised), share(there / of))
        for month, of, there, unauthorised in reversed(months)
    ]
    return Chart(
        name,
        said,
        attendance_chart(
            [(one[0], one[2] / one[1]) for one in months], f"attendance-{row['who']}", f"Attendance of {name} by month"
        ),
        Table(f"Attendance of {name}", ("Month", "Half days possible", "Attended", "Unauthorised", "Share"), rows),
    )


def _months_before(month: int, back: int) -> int:
    number = month // 100 * 12 + month % 100 - 1 - back
    return number // 12 * 100 + number % 12 + 1


def money(facts: Facts) -> Section:
    """Rent by month and benefits."""
    charts = [_rent(row, number) for number, row in enumerate(facts.rows("rent"), start=1)]
    spells = facts.rows("benefits")
    steps = [
        (words.day(day), words.arrears_step(action))
        for row in facts.rows("rent")
        for day, action in reversed(row["steps"])
    ]
    said = []
    if charts:
        said.append(
            "Council tenancies alone. A new claim for Universal Credit adds about two weeks of rent for some months, "
            "because it is first paid after five weeks: that is timing."
        )
    else:
        said.append(facts.absent("rent_transactions", "council rent account"))
    if not spells:
        said.append(facts.absent("benefit_spells", "benefit claim"))
    tables = [Table("Steps taken over arrears in the last two years", ("When", "Step"), steps)] if steps else []
    if spells:
        charts.append(_benefits(spells, dt.date.fromisoformat(facts.document["day"])))
    return Section("money", "Rent and benefits", said, charts=charts, tables=tables)


def _benefits(spells: list[dict[str, Any]], end: dt.date) -> Chart:
    bars = [Bar(words.benefit(row["benefit"]), *_from_to(row, end)) for row in spells]
    lanes = sorted({bar.lane for bar in bars})
    now = sorted({words.benefit(row["benefit"]) for row in spells if not row["to"]})
    return Chart(
        "Benefits over the years",
        f"Open on record: {words.joined(now)}." if now else "None is open on record.",
        timeline_chart(bars, lanes, end, "benefits", "Benefits over time"),
        Table(
            "Benefits, the latest first",
            ("Benefit", "From", "Until", "A week"),
            [
                (
                    words.benefit(row["benefit"]),
                    words.short_day(row["from"]),
                    words.short_day(row["to"]) or "still open",
                    words.pounds(row["weekly"]) if row["weekly"] is not None else "not told",
                )
                for row in spells
            ],
        ),
        wide=True,
    )


def _from_to(row: dict[str, Any], end: dt.date) -> tuple[dt.date, dt.date]:
    return dt.date.fromisoformat(row["from"]), dt.date.fromisoformat(row["to"]) if row["to"] else end


def _rent(row: dict[str, Any], number: int) -> Chart:
    months: list[list[int]] = row["months"]
    month, pence = months[-1]
    heading = "Rent account" if number == 1 else f"Rent account {number}"
    closed = "" if row["open"] else " This tenancy is not the family's any more."
    return Chart(
        heading,
        f"At the end of {words.month(month)}: {words.balance(pence)}.{closed}",
        rent_chart(
            [(one, balance / 100) for one, balance in months], f"rent-{number}", "Balance at the end of each month"
        ),
        Table(
            f"{heading}: balance at the end of each month",
            ("Month", "Balance"),
            [(words.month(one), words.balance(balance)) for one, balance in reversed(months)],
        ),
    )


def history(facts: Facts) -> Section:
    """Contacts, assessments and plans as a timeline."""
    rows = facts.rows("history")
    if not rows:
        return Section("history", "Contacts, assessments and plans", (_no_history(facts),))
    end = dt.date.fromisoformat(facts.document["day"])
    bars = [_bar(row, end) for row in rows]
    lanes = [label for label in words.HISTORY_KINDS.values() if any(bar.lane == label for bar in bars)]
    table = Table(
        "Contacts, assessments and plans, the latest first",
        ("When", "What", "For whom", "About", "What came of it"),
        [
            (
                _spell(row),
                words.HISTORY_KINDS[row["kind"]],
                facts.who(row["who"]),
                _about(row),
                words.outcome(row["outcome"]) or (row["words"] or "" if row["kind"] in words.PLANS else ""),
            )
            for row in rows
        ],
    )
    said = "A dot is something on one day, a bar something that lasted. To be referred is not the same as to need help."
    chart = Chart(
        "Over the years",
        said,
        timeline_chart(bars, lanes, end, "history", "Contacts, assessments and plans over time"),
        table,
        wide=True,
    )
    return Section("history", "Contacts, assessments and plans", charts=(chart,))


def _no_history(facts: Facts) -> str:
    return facts.absent("contacts", "contact with children's services")


def _bar(row: dict[str, Any], end: dt.date) -> Bar:
    since = dt.date.fromisoformat(row["from"])
    lane = words.HISTORY_KINDS[row["kind"]]
    if row["kind"] in words.ON_A_DAY:
        return Bar(lane, since, since)
    return Bar(lane, *_from_to(row, end))


def _spell(row: dict[str, Any]) -> str:
    since = words.short_day(row["from"])
    if row["kind"] in words.ON_A_DAY:
        return since
    return f"{since} to {words.short_day(str(row['to']))}" if row["to"] else f"since {since}"


def _about(row: dict[str, Any]) -> str:
    if row["kind"] == "contact":
        said = [words.referrer(row["by"]), row["words"] or ""]
        return ": ".join(part for part in said if part)
    return words.identified_by(row["by"]) if row["kind"] == "young_carer" else ""


def progress(facts: Facts) -> Section:
    """Scores by the outcomes framework."""
    rows = facts.rows("scores")
    if not rows:
        return Section("progress", "Progress", (facts.absent("outcome_scores", "outcomes framework score"),))
    scores = [
        Score(
            words.system(row["domain"]),
            int(row["scores"][0][2]),
            int(row["scores"][-1][2]) if row["scores"][1:] else None,
        )
        for row in rows
    ]
    table = Table(
        "Outcomes framework, from 0 (no concern) to 10 (severe)",
        ("What", "When", "At", "Score"),
        [
            (words.system(row["domain"]), words.short_day(day), words.stage(stage), score)
            for row in rows
            for day, stage, score in reversed(row["scores"])
        ],
    )
    said = "From 0, no concern, to 10, severe, as it was scored. A ring is the first score, a dot the latest."
    chart = Chart(
        "Where each began, and where it is now",
        said,
        scores_chart(scores, "progress", "First and latest score by domain"),
        table,
    )
    return Section("progress", "Progress", charts=(chart,))
