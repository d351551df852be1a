"""Register codes of schools in England: which were in force when, and what each counts as.

Sources: Department for Education, *Working together to improve school attendance* (statutory from 19 August
2024), and the *School attendance* guidance that it replaced. A code outside its dates is not a mark but a
keying error, so the class is looked up for the day of the session.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

LIST_OF_2024 = dt.date(2024, 8, 19)
"""The day the present list came into force."""


STATISTICAL_CLASSES: dict[str, str] = {
    "present": "Present",
    "approved_educational_activity": "Approved educational activity: counts as attending",
    "authorised": "Authorised absence",
    "unauthorised": "Unauthorised absence",
    "not_possible": "Not a possible session: left out of the sessions that attendance is a share of",
    "administrative": "Not a session of this pupil: left out likewise",
}
"""What a code can count as, and whether the session is a possible one."""


@dataclass(frozen=True)
class RegisterCode:
    """One code and its statistical class, in force from ``first`` to ``last`` (both included; None is open)."""

    code: str
    label: str
    statistical_class: str
    first: dt.date | None = None
    last: dt.date | None = None

    def in_force(self, day: dt.date) -> bool:
        """Whether the code could be marked on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def _class(statistical_class: str, **labels: str) -> tuple[RegisterCode, ...]:
    return tuple(RegisterCode(code, label, statistical_class) for code, label in labels.items())


def _from_2024(statistical_class: str, **labels: str) -> tuple[RegisterCode, ...]:
    return tuple(RegisterCode(code, label, statistical_class, first=LIST_OF_2024) for code, label in labels.items())


def _until_2024(statistical_class: str, **labels: str) -> tuple[RegisterCode, ...]:
    last = LIST_OF_2024 - dt.timedelta(days=1)
    return tuple(RegisterCode(code, label, statistical_class, last=last) for code, label in labels.items())


REGISTER_CODES: tuple[RegisterCode, ...] = (
    RegisterCode("/", "Present in the morning", "present"),
    RegisterCode("\\", "Present in the afternoon", "present"),
    *_class("present", L="Late, before the register closed"),
    *_class(
        "approved_educational_activity",
        B="Educated off site, or another approved activity",
        P="Sporting activity",
        V="Educational visit or trip",
        W="Work experience",
    ),
    *_from_2024("approved_educational_activity", K="Education provision arranged by the council"),
    *_until_2024("approved_educational_activity", J="Interview"),
    *_class(
        "authorised",
        C="Leave of absence in exceptional circumstances",
        E="Suspended or excluded, without other provision",
        I="Illness",
        M="Medical or dental appointment",
        R="Religious observance",
        S="Study leave",
        T="Parent travelling for work",
    ),
    *_from_2024(
        "authorised",
        C1="Regulated performance or employment abroad",
        C2="Part-time timetable",
        # Under J it was approved educational activity.
        J1="Interview for a job or a place",
    ),
    *_until_2024("authorised", H="Holiday granted"),
    *_class(
        "unauthorised",
        G="Holiday not granted",
        N="Reason not yet known",
        O="Absent for another or no known reason",
        U="Late, after the register closed",
    ),
    *_class("not_possible", D="Dual registered, at the other school", X="Not of compulsory age, not required"),
    *_from_2024(
        "not_possible",
        Q="Unable: no access arrangements made",
        Y1="Unable: usual transport not available",
        Y2="Unable: widespread disruption to travel",
        Y3="Unable: part of the school closed",
        Y4="Unable: whole school closed unexpectedly",
        Y5="Unable: in the criminal justice system",
        Y6="Unable: public health guidance or law",
        Y7="Unable: another unavoidable cause",
    ),
    *_until_2024("not_possible", Y="Unable to attend in exceptional circumstances"),
    *_class("administrative", Z="Not yet on the register"),
    RegisterCode("#", "Planned closure of the whole school", "administrative"),
)

MARKS: tuple[str, ...] = tuple(code.code for code in REGISTER_CODES)
"""Every mark that ever was a code, in force or not."""


def class_by_period() -> list[tuple[dt.date | None, tuple[str | None, ...]]]:
    """The class of each of ``MARKS`` (None where it was no code) by the first day of the period it holds for.

    The first period has no first day. The list changed once so far; another change is another line above.
    """
    changes = {code.first for code in REGISTER_CODES if code.first}
    changes |= {code.last + dt.timedelta(days=1) for code in REGISTER_CODES if code.last}
    starts: list[dt.date | None] = [None, *sorted(changes)]
    days = [start or dt.date.min for start in starts]
    return [
        (start, tuple(code.statistical_class if code.in_force(day) else None for code in REGISTER_CODES))
        for start, day in zip(starts, days, strict=True)
    ]
