"""What a comparison shows: figures of lists, in a notebook, as tables and as a picture. Nothing of any case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import altair as alt
import pandas as pd
import vl_convert

from fairness_audits.mitigation.drawing import can_be_drawn, chart
from fairness_audits.mitigation.measuring import CONFIDENCE, LEAST_FAMILIES, Change, Figure, Measured
from fairness_audits.mitigation.ways import WAYS, Asked
from fairness_audits.needing_ethnicity import IN_LAW, WORDS, NeedsEthnicity
from store.small_numbers import ROUND_TO, THRESHOLD

_NOT_SHOWN = "too few to show"
_PRECISION = {
    Change.LESS: "less precise",
    Change.MORE: "more precise",
    Change.CANNOT_TELL: "cannot tell",
    Change.SAME: "",
}
_GAP = {Change.LESS: "narrower", Change.MORE: "wider", Change.CANNOT_TELL: "cannot tell", Change.SAME: ""}
_COLUMNS = (
    ("List", 26),
    ("Precision", 16),
    ("Change", 10),
    ("Largest gap in misses", 19),
    ("Change", 10),
    ("Farthest from even", 19),
)
"""Heads of the table and their widths in hundredths."""
_READ = (
    "Precision is the share of the list that went on to have the outcome. The largest gap in misses is that of the "
    "group that is missed most often: the share of those with the outcome that is not on the list, less the same share "
    "of everyone else, in points; its interval allows for looking at every group. 'Farthest from even' is the group "
    "that is on the list most unlike everyone else: 0.5 times is half as often. A change is against the list as it is; "
    "'cannot tell' means that with other families drawn it could as well have gone the other way."
)
_STYLE = "border-collapse:collapse;margin:.3em 0 1em;table-layout:fixed;width:100%;max-width:64em;font-size:.95em"
_CELL = "text-align:left;padding:.2em .7em;border-bottom:1px solid #ddd6c9;vertical-align:top"


@dataclass(frozen=True)
class Point:
    """One list and what it is worth."""

    asked: Asked
    measured: Measured

    @property
    def may_be_released(self) -> bool:
        """Whether such a list could ever be released: not where ethnicity is needed at the time of decision."""
        return self.asked.needs is not NeedsEthnicity.AT_DECISION


@dataclass(frozen=True, repr=False)
class Comparison:
    """Lists made in several ways, beside each other. It has no scores and no cases: it has no field for them."""

    title: str
    unit: str
    base: str
    """How the models learn."""
    chosen: str
    """The way by which the run itself makes the list."""
    capacity: int
    as_ofs: tuple[dt.date, ...]
    caveats: tuple[str, ...]
    strongest: tuple[str, ...]
    """Labels of the features that tell most about ethnicity, the strongest first."""
    points: tuple[Point, ...]

    def table(self) -> pd.DataFrame:
        """A row a list: its way, whether it needs ethnicity and may be released, precision and gaps with intervals."""
        rows = []
        for point in self.points:
            found = point.measured
            rows.append(
                {
                    "list": point.asked.words,
                    "needs_ethnicity": WORDS[point.asked.needs],
                    "may_be_released": point.may_be_released,
                    **_columns("precision", found.precision),
                    "precision_change": found.precision_change.value,
                    "gap_group": found.gap_group,
                    **_columns("gap", found.gap),
                    "gap_change": found.gap_change.value,
                    "selection_group": found.selection_group,
                    **_columns("selection", found.selection),
                }
            )
        return pd.DataFrame(rows).set_index("list")

    def groups(self) -> pd.DataFrame:
        """A row a list and group: the share missed, the same less everyone else's, and how often on the list."""
        rows = [
            {
                "list": point.asked.words,
                "group": one.group,
                **_columns("missed", one.missed),
                **_columns("missed_more", one.missed_more),
                **_columns("selected", one.selected),
            }
            for point in self.points
            for one in point.measured.groups
        ]
        names = ["list", "group"]
        return pd.DataFrame(rows, columns=None if rows else names).set_index(names)

    def chart(self) -> alt.FacetChart:
        """Precision against the largest gap, a panel for each way. Raises ValueError where too few may be shown."""
        if not can_be_drawn(self.points):
            raise ValueError(f"there are too few outcomes to draw: a group needs {LEAST_FAMILIES} families with one")
        return chart(self.points)

    def __repr__(self) -> str:
        return f"{self._heading()}. {self._of()}\n{self.table().to_string()}"

    def _repr_html_(self) -> str:
        parts = [f"<h3>{escape(self._heading())}</h3>", _paragraph(self._of())]
        if can_be_drawn(self.points):
            parts.append(vl_convert.vegalite_to_svg(chart(self.points).to_dict(validate=False)))
            parts.append(
                _paragraph(
                    "Up is more precise, left is more even. Hollow: the list as it is. Grey: the count of needs."
                )
            )
        else:
            parts.append(
                _paragraph(f"No group has {LEAST_FAMILIES} families with the outcome, so that no gap can be told.")
            )
        beside = [point for point in self.points if point.asked.way is None]
        parts.append(_table(_COLUMNS, (_cells(point) for point in beside)))
        for needs in NeedsEthnicity:
            own = [point for point in self.points if point.asked.way is not None and point.asked.needs is needs]
            if own:
                parts.append(f"<h4>{escape(f'Needs ethnicity {WORDS[needs]}')}</h4>{_paragraph(IN_LAW[needs])}")
                parts.append(_table(_COLUMNS, (_cells(point) for point in own)))
        ways = {point.asked.way: None for point in self.points if point.asked.way is not None}
        notes = [
            _READ,
            *(f"{WAYS[way].title}: {WAYS[way].does}" for way in ways if way is not None),
            f"The features that tell most about ethnicity: {'; '.join(self.strongest)}.",
            f"Figures by group are of counts of {THRESHOLD} or more, each rounded to {ROUND_TO}: small steps may "
            "be rounding. The words beside them are from exact counts.",
            *(f"Remember: {caveat}" for caveat in self.caveats),
        ]
        items = "".join(f"<li>{escape(note)}</li>" for note in notes)
        return f"<div>{''.join(parts)}<details><summary>How to read this</summary><ul>{items}</ul></details></div>"

    def _heading(self) -> str:
        return f"Ways of making the list fairer: {self.title.lower()}"

    def _of(self) -> str:
        dates = ", ".join(as_of.isoformat() for as_of in self.as_ofs)
        return (
            f"{self.base}, lists of {self.capacity} at {dates}, each by models trained on earlier dates and on other "
            f"families; intervals at {CONFIDENCE:.0%}. The run's own list is by {self.chosen.replace('_', ' ')}. "
            "Nothing here is a release, or a step towards one."
        )


def _columns(name: str, figure: Figure) -> dict[str, float | None]:
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}


def _cells(point: Point) -> list[str]:
    found = point.measured
    gap, selection = _in_points(found.gap), _times(found.selection)
    return [
        point.asked.words,
        _share(found.precision),
        _PRECISION[found.precision_change],
        f"{found.gap_group}: {gap}" if found.gap_group else _NOT_SHOWN,
        _GAP[found.gap_change] if found.gap_group else "",
        f"{found.selection_group}: {selection}" if found.selection_group else _NOT_SHOWN,
    ]


def _share(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return _NOT_SHOWN if figure.below is None else f"under {figure.below:.0%}"
    return f"{figure.value:.0%} ({figure.low:.0%} to {figure.high:.0%})"


def _in_points(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return _NOT_SHOWN
    return f"{100 * figure.value:+.0f} ({100 * figure.low:+.0f} to {100 * figure.high:+.0f})"


def _times(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return _NOT_SHOWN if figure.below is None else f"under {figure.below:.2f} times"
    return f"{figure.value:.2f} times ({figure.low:.2f} to {figure.high:.2f})"


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _table(head: Sequence[tuple[str, int]], rows: Iterable[Sequence[str]]) -> str:
    header = "".join(f'<th scope="col" style="{_CELL};width:{width}%">{escape(name)}</th>' for name, width in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f'<table style="{_STYLE}"><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>'
