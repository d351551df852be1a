"""The sections about who is of the family, who works with them, what is coming up, and what may be wrong."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from review.families import words
from review.families.sections import Facts, Section, Table

_SOON_DAYS = 28


def coming_up(facts: Facts) -> Section:
    """Dates that services work towards, the nearest first, measured from the last day that the systems tell of."""
    today = dt.date.fromisoformat(facts.document["day"])
    rows = [_due(facts, row, today) for row in facts.rows("due")]
    said = (
        "Dates are worked out from what the systems hold. Of plans the latest allowed date is given: whether a review "
        "was held is in no extract."
    )
    if not rows:
        return Section("coming-up", "What is coming up", ("Nothing that the systems hold has a date coming up.",))
    passed = any(row["due"] < facts.document["day"] for row in facts.rows("due"))
    wondering = ("Where a date has passed, I wonder how it is going, and whether the system knows.",) if passed else ()
    table = Table("Dates, the nearest first", ("What", "For whom", "By when", "How it stands"), rows)
    return Section("coming-up", "What is coming up", (said, *wondering), tables=(table,))


def _due(facts: Facts, row: dict[str, Any], today: dt.date) -> tuple[str, ...]:
    what, expected = words.due(row["kind"])
    when = row["due"]
    return (f"{what}: {expected}", facts.who(row["who"]), words.day(when), standing(when, today))


def standing(due: str | dt.date, today: dt.date) -> str:
    """How a date stands on the last day that is known, without blame."""
    day = dt.date.fromisoformat(due) if isinstance(due, str) else due
    days = (day - today).days
    if days < 0:
        weeks = -days // 7
        passed = "a few days ago" if weeks < 1 else f"{weeks} week{'s' if weeks > 1 else ''} ago"
        return f"Passed {passed}"
    if days <= _SOON_DAYS:
        return "Within four weeks"
    return "Later"


def members(facts: Facts) -> Section:
    """Who is of the family now, and who was."""
    rows = facts.rows("members")
    head = ("Name", "Age", "Date of birth", "In the family", "Since", "How sure")
    now = [
        (
            row["name"],
            "not known" if row["age"] is None else str(row["age"]),
            words.short_day(row["dob"]) or "not known",
            "Child" if row["role"] == "child" else "Adult",
            words.short_day(row["from"]),
            words.MEMBER_SURE[row["sure"]],
        )
        for row in rows
        if row["to"] is None
    ]
    gone = [
        (row["name"], words.short_day(row["from"]), words.short_day(row["to"])) for row in rows if row["to"] is not None
    ]
    said = (
        [f"Home, as far as it is shown here: {facts.document['address']}."]
        if facts.document["address"]
        else ["For the address, see the case system."]
    )
    if not now:
        said.insert(0, "Nobody is known to be of this family now.")
    rests = [(row["name"], words.bases(row["basis"])) for row in rows if row["to"] is None]
    return Section(
        "members",
        "Who is in the family",
        said,
        tables=(Table("Members now", head, now),) if now else (),
        more=(
            *((Table("What tells that they belong together", ("Name", "By"), rests),) if rests else ()),
            *((Table("Who was of the family before", ("Name", "From", "Until"), gone),) if gone else ()),
        ),
    )


def involved(facts: Facts) -> Section:
    """Professionals and services, now and in the last year."""
    rows = facts.rows("involved")
    head = ("What", "For whom", "Who", "Contact", "Team", "Since", "Known by")
    now = [_work(facts, row) for row in rows if row["until"] is None]
    before = [(*_work(facts, row)[:6], words.short_day(row["until"])) for row in rows if row["until"] is not None]
    said = (
        "Where no contact is told, ask the team. A school, a doctor or a charity may be involved and in no extract."
        if rows
        else "No service of the council is on record as working with the family now or in the last year."
    )
    earlier = ("What", "For whom", "Who", "Contact", "Team", "Since", "Until")
    return Section(
        "involved",
        "Who else is involved",
        (said,),
        tables=(Table("Working with the family now", head, now),) if now else (),
        more=(Table("Ended in the last year", earlier, before),) if before else (),
    )


def _work(facts: Facts, row: dict[str, Any]) -> tuple[str, ...]:
    named = ", ".join(str(part) for part in (row["worker"], row["role"]) if part)
    return (
        words.work(row["what"]),
        facts.who(row["who"]),
        named or "not told",
        row["contact"] or "not told",
        row["team"] or "not told",
        words.short_day(row["since"]),
        words.system(row["system"]),
    )


def records(facts: Facts) -> Section:
    """Which services hold records of the members, and how sure it is that each record is theirs."""
    rows = [
        (
            facts.who(row["who"]),
            words.system(row["system"]),
            str(row["records"]),
            _period(row["first"], row["last"]),
            words.RECORD_SURE[row["sure"]],
            words.shared(row["shared"]) or "nothing that could be compared",
        )
        for row in facts.rows("records")
    ]
    head = ("Member", "Service", "Records", "Recorded", "The same person?", "In common with the other records")
    said = (
        "The systems share no key: records were joined by what they have in common. Where services hold sensitive "
        "matters, their records are not listed here."
    )
    return Section(
        "records", "Where this comes from", (said,), more=(Table("Records by service", head, rows),) if rows else ()
    )


def _period(first: str, last: str) -> str:
    return words.short_day(last) if first == last else f"{words.short_day(first)} to {words.short_day(last)}"


def doubts(facts: Facts) -> Section:
    """What may be wrong on this page, in sentences."""
    said = [
        *_doubts_of_members(facts),
        *_doubts_of_records(facts),
        *_forgotten(facts),
        *_not_read(facts),
    ]
    lead = (
        "Nothing stands out. Records may still be missing, or be of somebody else."
        if not said
        else "Worth asking the family about:"
    )
    return Section("doubts", "What may be wrong", (lead,), points=said)


def _doubts_of_members(facts: Facts) -> list[str]:
    said = []
    for number, row in enumerate(facts.rows("members")):
        if row["to"] is not None:
            continue
        name = row["name"]
        if row["sure"] == "less_sure":
            said.append(
                f"{name}: it is less sure that they are of this family. It rests on {words.bases(row['basis'])}."
            )
        if row["dob"] is None:
            said.append(f"{name}: no system holds a date of birth.")
        if number in (facts.document["elsewhere"] or ()):
            said.append(f"{name} is counted in another family as well: perhaps a second home, perhaps a mistake.")
    return said


def _doubts_of_records(facts: Facts) -> list[str]:
    """Once for each member and kind of doubt, with all the systems that give rise to it."""
    differing: dict[tuple[int, str], list[str]] = defaultdict(list)
    unsure: dict[int, list[str]] = defaultdict(list)
    for row in facts.rows("records"):
        for value in row["differs"]:
            differing[row["who"], words.differs([value])].append(words.system(row["system"]))
        if row["sure"] == "less_sure":
            unsure[row["who"]].append(words.system(row["system"]))
    return [
        *(
            f"{facts.who(who)}: {value} differs in {words.joined(systems)} from the other records."
            for (who, value), systems in differing.items()
        ),
        *(
            f"{facts.who(who)}: it is less sure that the record{'s' if len(systems) > 1 else ''} in "
            f"{words.joined(systems)} {'are' if len(systems) > 1 else 'is'} theirs."
            for who, systems in unsure.items()
        ),
    ]


def _not_read(facts: Facts) -> list[str]:
    """Which of the family's systems lost rows that could not be read. Whose they were is not known."""
    systems = {row["system"] for row in facts.rows("records")}
    lost = [words.system(row["source"]) for row in facts.left_out if row["rows"] and row["source"] in systems]
    if not lost:
        return []
    return [
        f"Some rows of {words.joined(lost)}, of everybody's together, could not be read. Something of this "
        "family may be among them."
    ]


def _forgotten(facts: Facts) -> list[str]:
    """Assessments that have been open for so long that their end was more likely never entered."""
    today = dt.date.fromisoformat(facts.document["day"])
    return [
        f"{facts.who(row['who'])}: the assessment begun on {words.day(row['from'])} has no end on record."
        for row in facts.rows("history")
        if row["kind"] == "assessment" and row["to"] is None and (today - dt.date.fromisoformat(row["from"])).days > 365
    ]
