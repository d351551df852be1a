"""A scored list from elsewhere, made ready for an audit: who is flagged, what became of them, which group they are of.

The list may be any model's, such as one that a council bought in. Nothing of it is left out silently: what cannot be
counted is refused with its number, and rows that are no data (blank, totals, the header again) are told.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairness_audits.ethnicity import UNKNOWN
from sources.readers.reading import open_rows
from sources.suggestions.layouts import Layout
from sources.suggestions.sampling import TextSample, sample
from sources.suggestions.sniffing import sniff
from sources.suggestions.unmapped_file import UnmappedFile, unmapped_file
from sources.text import clean
from store.errors import InputRejected, UsageError

MOST_GROUPS = 200
_NEAR = 0.7
"""How alike a name in the header must be to be taken for the one that was meant."""
_TRUE, _FALSE = ("1", "1.0", "true"), ("0", "0.0", "false")
_PARQUET = b"PAR1"
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Columns:
    """The columns of a list that an audit reads. Either ``score`` or ``flag`` is given, or both."""

    groups: tuple[str, ...]
    label: str | None = None
    score: str | None = None
    flag: str | None = None
    unit: str | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        named = (*self.groups, self.label, self.score, self.flag, self.unit)
        return tuple(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True)
class Cut:
    """Where the list is cut: by a flag column, at a score, or after so many cases."""

    threshold: float | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class Ties:
    """Cases whose scores equal the last one flagged, and how many of them are flagged."""

    tied: int
    flagged: int


@dataclass(frozen=True)
class ScoredList:
    """One entry for each case; all arrays have the same length."""

    outcome: NDArray[np.bool_] | None
    score: NDArray[np.float64] | None
    flagged: NDArray[np.bool_]
    unit: NDArray[np.int64]
    """Code of the person or family whose cases these are."""
    groups: dict[str, Texts]
    left_out: dict[str, int]
    """Rows that are no data, by what they are."""
    ties: Ties | None
    without_unit: int = 0

    def __len__(self) -> int:
        return len(self.flagged)

    @property
    def probabilities(self) -> bool:
        """Whether the scores can be probabilities: all between 0 and 1."""
        return self.score is not None and bool(((self.score >= 0) & (self.score <= 1)).all())


def read_scored_list(path: Path, columns: Columns, cut: Cut) -> ScoredList:
    """Read a CSV or Parquet file, whose delimiter and encoding are worked out.

    Raises UsageError for options that do not fit together or the list; InputRejected for a file that cannot be read,
    lacks a column, or has cells that cannot be counted. Messages hold numbers of cells, never a cell.
    """
    _check(columns, cut)
    cells, left_out = _read(path, columns)
    if not len(cells):
        raise InputRejected("The list has no rows.", where=path.name, fix="Give a list with a row for each case.")
    outcome = _yes_or_no(cells, columns.label, path) if columns.label else None
    score = _scores(cells, columns.score, path) if columns.score else None
    unit, without_unit = _units(cells, columns.unit)
    if columns.flag:
        flagged, ties = _yes_or_no(cells, columns.flag, path), None
    else:
        assert score is not None
        flagged, ties = _flag(score, cut, cells, columns, path)
    groups = {name: _groups(cells, name, path) for name in columns.groups}
    return ScoredList(outcome, score, flagged, unit, groups, left_out, ties, without_unit)


def _check(columns: Columns, cut: Cut) -> None:
    cuts = [columns.flag is not None, cut.threshold is not None, cut.capacity is not None]
    if sum(cuts) != 1 or (columns.flag is None and columns.score is None):
        raise UsageError(
            "It must be said once who is on the list.",
            where="--flag, --threshold, --capacity",
            fix="Give --flag COL, or --score COL with either --threshold T or --capacity K.",
        )
    if not columns.groups:
        raise UsageError("No group is named.", where="--group", fix="Name the column of ethnicity, or others.")
    others = (columns.label, columns.score, columns.flag, columns.unit)
    twice = [name for name in columns.groups if name in others]
    if twice:
        raise UsageError(
            "A column of groups is also asked for as something else.",
            where=f"--group {twice[0]}",
            fix="Compare by what people are, such as ethnicity, not by the outcome, the score, the flag or the unit.",
        )
    if cut.capacity is not None and cut.capacity < 1:
        raise UsageError("The capacity must be at least 1.", where="--capacity")
    if cut.threshold is not None and not np.isfinite(cut.threshold):
        raise UsageError("The threshold is not a number.", where="--threshold")


def _read(path: Path, columns: Columns) -> tuple[pd.DataFrame, dict[str, int]]:
    """The wanted columns as texts, blank ones null; and how many rows are no data."""
    raw = open_rows(_as_file(path, columns), columns.wanted)
    parts: list[pd.DataFrame] = []
    left_out: dict[str, int] = {}
    with duckdb.connect() as connection:
        for _ in raw.chunks(connection):
            part = connection.table("rows").order("row").to_df()
            for kind, count in part["kind"].value_counts().items():
                left_out[str(kind)] = left_out.get(str(kind), 0) + int(count)
            kept = part[part["kind"].isna()]
            parts.append(pd.DataFrame({name: kept[own].astype(object) for name, own in raw.columns.items()}))
    if raw.malformed:
        raise InputRejected(
            f"{len(raw.malformed)} lines have more or fewer cells than the header.",
            where=f"{path.name}, data row {raw.malformed[0][0]} and others",
            fix="Put cells that hold the delimiter in quotation marks, and try again: no case may be left out.",
        )
    return pd.concat(parts, ignore_index=True), dict(sorted(left_out.items()))


def _as_file(path: Path, columns: Columns) -> UnmappedFile:
    if not path.exists():
        raise UsageError("There is no such file.", where=str(path), fix="Check the path of the list.")
    found = sample(path)
    if not isinstance(found, TextSample):
        with path.open("rb") as file:
            if file.read(len(_PARQUET)) == _PARQUET:
                _check_header(found, columns, path)
                return unmapped_file(path, format="parquet")
        raise InputRejected(
            "The file is neither CSV nor Parquet.", where=path.name, fix="Save the list as CSV or Parquet."
        )
    layout = sniff(found, path.name)
    _check_header(layout, columns, path)
    settings = {name: str(value) for name, value, _ in layout.settings}
    return unmapped_file(path, **settings)


def _check_header(layout: Layout, columns: Columns, path: Path) -> None:
    """Refuse a list that lacks a column, with the names in its header that are nearest to those asked for.

    Where the first line does not look like names the reader refuses it: no cell of a row of data may be quoted.
    """
    missing = [name for name in columns.wanted if clean(name) not in layout.header]
    if not missing or not layout.own_header:
        return
    folded = {name.casefold(): name for name in layout.header}
    asked = [clean(name).casefold() for name in missing]
    near = [match for name in asked for match in difflib.get_close_matches(name, folded, 1, _NEAR)]
    meant = " and ".join(repr(folded[match]) for match in dict.fromkeys(near))
    raise InputRejected(
        f"The header lacks the {'column' if len(missing) == 1 else 'columns'} {', '.join(map(repr, missing))}.",
        where=path.name,
        fix=f"Did you mean {meant}?" if near else "Check the name against the first line of the file.",
    )


def _yes_or_no(cells: pd.DataFrame, name: str, path: Path) -> NDArray[np.bool_]:
    words = cells[name].str.lower()
    yes = words.isin(_TRUE).to_numpy()
    bad = int((~yes & ~words.isin(_FALSE).to_numpy()).sum())
    if bad:
        blank = int(words.isna().sum())
        raise InputRejected(
            f"{bad:,} of {len(cells):,} cells are not 0 or 1 ({blank:,} of them are blank).",
            where=f"{path.name}: column {name!r}",
            fix="Write 1 for yes and 0 for no, and leave out cases whose outcome is not known yet.",
        )
    return np.asarray(yes, dtype=np.bool_)


def _scores(cells: pd.DataFrame, name: str, path: Path) -> NDArray[np.float64]:
    score = np.asarray(pd.to_numeric(cells[name], errors="coerce"), dtype=np.float64)
    bad = int((~np.isfinite(score)).sum())
    if bad:
        raise InputRejected(
            f"{bad:,} of {len(cells):,} scores are missing or not numbers.",
            where=f"{path.name}: column {name!r}",
            fix="Score every case, with a full stop for the decimal mark: a case without a score would be a miss "
            "that nobody sees.",
        )
    return score


def _units(cells: pd.DataFrame, name: str | None) -> tuple[NDArray[np.int64], int]:
    """A code for each case's unit; a case without one is a unit of its own."""
    if name is None:
        return np.arange(len(cells), dtype=np.int64), 0
    codes, found = pd.factorize(cells[name])
    blank = codes < 0
    codes = codes.astype(np.int64)
    codes[blank] = len(found) + np.arange(int(blank.sum()))
    return codes, int(blank.sum())


def _flag(
    score: NDArray[np.float64], cut: Cut, cells: pd.DataFrame, columns: Columns, path: Path
) -> tuple[NDArray[np.bool_], Ties]:
    """Cases at or above the threshold, or the highest up to the capacity; equal ones in a settled random order."""
    if cut.threshold is not None:
        flagged = np.asarray(score >= cut.threshold, dtype=np.bool_)
        tied = int((score == cut.threshold).sum())
        return flagged, Ties(tied, tied)
    assert cut.capacity is not None
    if cut.capacity > len(score):
        raise UsageError(
            f"The list has {len(score):,} cases, fewer than the capacity.",
            where=f"{path.name}, --capacity {cut.capacity}",
            fix="Give the number of cases that can be looked at.",
        )
    names = cells[columns.unit].fillna("") if columns.unit else pd.Series("", index=cells.index)
    place = pd.util.hash_array((names + "|" + names.groupby(names).cumcount().astype(str)).to_numpy(dtype=object))
    order = np.lexsort((np.arange(len(score)), place, -score))
    flagged = np.zeros(len(score), dtype=np.bool_)
    flagged[order[: cut.capacity]] = True
    last = score[order[cut.capacity - 1]]
    return flagged, Ties(int((score == last).sum()), int((flagged & (score == last)).sum()))


def _groups(cells: pd.DataFrame, name: str, path: Path) -> Texts:
    """The group of each case; who has none is of the group 'Unknown'."""
    found = cells[name].fillna(UNKNOWN)
    found = found.where(found.str.lower() != UNKNOWN.lower(), UNKNOWN)
    number = int(found.nunique())
    if number > MOST_GROUPS:
        raise UsageError(
            f"The column has {number:,} different values, too many to be groups.",
            where=f"{path.name}: column {name!r}",
            fix=f"Name a column of at most {MOST_GROUPS} groups; ages and dates go into bands first.",
        )
    return np.asarray(found.to_numpy(), dtype=object)


def in_order(groups: Iterable[str]) -> tuple[str, ...]:
    """Groups in the order of their names, 'Unknown' last."""
    return tuple(sorted(set(groups), key=lambda group: (group == UNKNOWN, group)))
