"""One case's explanation as a notebook shows it: reasons, what is not known, and what became of those most like it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_READ_WITH = (
    "Reasons say what this model went by, in log-odds against the typical case of the date. They are not causes, and "
    "not a finding about anybody."
)


@dataclass(frozen=True)
class Reason:
    """One thing that counted, in a sentence; ``contribution`` in log-odds."""

    subject: str
    sentence: str
    contribution: float
    feature: str


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a model put one case where it did. It has no score and no place, because this class has no field for them."""

    title: str
    """The target's."""
    unit_id: str
    """The case's pseudonym."""
    as_of: dt.date
    counted_for: tuple[Reason, ...]
    counted_against: tuple[Reason, ...]
    not_known: tuple[str, ...]
    alike: str
    """What became of the past cases most like it; empty where there are too few."""
    subjects: tuple[tuple[str, float], ...]
    """How far each subject that is told of moved the case, the furthest first."""

    @classmethod
    def of_rows(cls, title: str, unit_id: str, as_of: dt.date, rows: Sequence[Mapping[str, Any]]) -> Explanation:
        """From one case's rows of the table of reasons, in their order."""
        kinds: dict[str, list[Mapping[str, Any]]] = {"for": [], "against": [], "unknown": [], "alike": []}
        for row in rows:
            kinds[row["kind"]].append(row)
        moved = {row["subject"]: row["subject_contribution"] for row in rows if row["subject_contribution"] is not None}
        return cls(
            title=title,
            unit_id=unit_id,
            as_of=as_of,
            counted_for=tuple(map(_reason, kinds["for"])),
            counted_against=tuple(map(_reason, kinds["against"])),
            not_known=tuple(row["sentence"] for row in kinds["unknown"]),
            alike="".join(row["sentence"] for row in kinds["alike"]),
            subjects=tuple(sorted(moved.items(), key=lambda pair: (-abs(pair[1]), pair[0]))),
        )

    def _sections(self) -> list[tuple[str, list[str]]]:
        """Headings with their lines; those with nothing in them are left out."""
        found = [
            ("Counted towards being on the list", [_line(one) for one in self.counted_for]),
            ("Counted against it", [_line(one) for one in self.counted_against]),
            ("By subject", [f"{subject.replace('_', ' ')}: {moved:+.2f}" for subject, moved in self.subjects]),
            ("Not known", list(self.not_known)),
            ("Those most like it", [self.alike] if self.alike else []),
        ]
        return [(heading, lines) for heading, lines in found if lines]

    def _heading(self) -> str:
        return f"{self.title}: {self.unit_id} at {self.as_of.day} {self.as_of:%B %Y}"

    def __str__(self) -> str:
        parts = [self._heading()]
        for heading, lines in self._sections():
            parts += ["", heading, *(f"- {line}" for line in lines)]
        return "\n".join([*parts, "", _READ_WITH])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<h3>{escape(self._heading())}</h3>"]
        for heading, lines in self._sections():
            items = "".join(f"<li>{escape(line)}</li>" for line in lines)
            parts.append(f"<h4>{escape(heading)}</h4><ul>{items}</ul>")
        return f"<div>{''.join(parts)}<p>{escape(_READ_WITH)}</p></div>"


def _reason(row: Mapping[str, Any]) -> Reason:
    return Reason(row["subject"], row["sentence"], row["contribution"], row["feature"])


def _line(reason: Reason) -> str:
    return f"{reason.sentence} [{reason.contribution:+.2f}]"
