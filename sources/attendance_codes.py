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


@dataclass(frozen=True)
class RegisterCode:
    """One code and its statistical class, in force from ``first`` to ``last`` (both included; None is open)."""

    code: str
    statistical_class: str
    first: dt.date | None = None
    last: dt.date | None = None


def _always(statistical_class: str, *codes: str) -> tuple[RegisterCode, ...]:
    return tuple(RegisterCode(code, statistical_class) for code in codes)


def _from_2024(statistical_class: str, *codes: str) -> tuple[RegisterCode, ...]:
    return tuple(RegisterCode(code, statistical_class, first=LIST_OF_2024) for code in codes)


def _until_2024(statistical_class: str, *codes: str) -> tuple[RegisterCode, ...]:
    return tuple(RegisterCode(code, statistical_class, last=LIST_OF_2024 - dt.timedelta(days=1)) for code in codes)


REGISTER_CODES: tuple[RegisterCode, ...] = (
    *_always("present", "/", "\\", "L"),
    *_always("approved_educational_activity", "B", "P", "V", "W"),
    *_always("authorised", "C", "E", "I", "M", "R", "S", "T"),
    *_always("unauthorised", "G", "N", "O", "U"),
    *_always("not_possible", "D", "X"),
    *_always("administrative", "Z", "#"),
    *_from_2024("approved_educational_activity", "K"),
    *_from_2024("authorised", "C1", "C2", "J1"),
    *_from_2024("not_possible", "Q", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"),
    *_until_2024("authorised", "H"),
    # An interview was approved educational activity under J, and is authorised absence under J1.
    *_until_2024("approved_educational_activity", "J"),
    *_until_2024("not_possible", "Y"),
)
