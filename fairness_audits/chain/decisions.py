"""What panels decided of a released list, as the next quarter reads it: the table, its files, and the steps it gives.

Agreement is agreement with the list: the panel offered help, or found that help is there already. A case is compared
by the ethnic group that it has in this run, by its pseudonym, which stays the same from quarter to quarter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from fairness_audits.chain.comparing import Rows, compare
from fairness_audits.chain.protecting import Told
from fairness_audits.chain.steps import Link, Step
from fairness_audits.ethnicity import UNKNOWN
from fairness_audits.grouping import ethnic_groups
from fairness_audits.policy import Grouping
from store.errors import InputRejected, UsageError
from store.table import Table, Zone, date, flag, integer, text


class Choice(StrEnum):
    """What a panel may decide of a case."""

    OFFER = "offer_early_help"
    ALREADY_KNOWN = "already_known"
    NO_ACTION = "no_action"
    DATA_WRONG = "data_wrong"
    DISCUSS = "needs_discussion"


OUTCOMES = ("accepted", "declined", "helped", "not_reached")

PANEL_DECISIONS = Table(
    "panel_decisions",
    "review",
    Zone.ANALYSIS,
    "What a panel decided of each case that it read. Pseudonymous; no reader is named, and no free text is in it.",
    (
        text("target", "Which list the case is of", required=True),
        date("as_of", "As-of date of the list", required=True),
        text("unit_id", "Family or child, as the target says: a pseudonym", required=True),
        text("family_id", "Family: a pseudonym", required=True),
        date("held_on", "Day of the meeting", required=True),
        date("decided_on", "Day of the last decision that counts", required=True),
        text("decision", "What the panel decided", required=True, codes=tuple(Choice)),
        text("reason", "Code of the reason, where those who read the case gave one alike or agreed on one"),
        integer("readers", "How many members read the case and decided on it", required=True),
        flag("alike", "Whether they all decided alike; empty where one read it"),
        flag("second_read", "Whether a second member had to read it, and did", required=True),
        text("outcome", "What became of an offer, as far as is known", codes=OUTCOMES),
        flag("in_sample", "Whether it was drawn by lot from below the line", required=True),
        integer("drawn_from", "How many cases below the line it was drawn from; empty for a case of the list"),
    ),
    sort=("target", "as_of", "unit_id", "held_on"),
)

AGREED = Step(
    "panel_agreed",
    Link.PANEL,
    "Where the panel agreed with the list",
    "cases of the list that the panel decided on",
    "were offered early help, or were found to have help already",
    caution="Who reads a case sees what the list noticed, and may find of some what would be passed over of others. A "
    "low share is a list that notices the wrong families of a group, or a panel that sees less need there.",
)
ALIKE = Step(
    "panel_alike",
    Link.PANEL,
    "Where those who read a case decided alike",
    "cases that two or more members read",
    "were decided alike by all who read them",
    caution="Each decided without knowing what the others had. Where they often differ, the decision hangs on who "
    "happens to read.",
)
ACCEPTED = Step(
    "panel_accepted",
    Link.PANEL,
    "Where help that was offered was taken up",
    "cases that were offered early help, and of which it is known what came of it",
    "took it up",
    caution="Who was not reached counts as not having taken it up: how a family is asked matters as much as whom.",
)

_DECIDED = "panel_decided"
_AGREES = frozenset({Choice.OFFER.value, Choice.ALREADY_KNOWN.value})
_TAKEN_UP = frozenset({"accepted", "helped"})
_FIX = "Give files that `early-help review export-decisions` wrote."


def read_decisions(paths: Sequence[Path]) -> pa.Table:
    """Every case once for each list, by its newest decision, in the table's order.

    Raises UsageError for a file that is not there, InputRejected for one that is not such a table.
    """
    schema = PANEL_DECISIONS.arrow_schema()
    parts = [_read(path, schema) for path in paths]
    rows = pa.concat_tables(parts).to_pylist() if parts else []
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row["held_on"], row["decided_on"])):
        newest[row["target"], row["as_of"], row["unit_id"]] = row
    found = pa.Table.from_pylist(list(newest.values()), schema=schema)
    return found.sort_by([(name, "ascending") for name in PANEL_DECISIONS.sort])


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    if not path.is_file():
        raise UsageError("There is no such file of decisions.", where=str(path), fix="Check [panel] decisions.")
    try:
        if path.suffix.lower() == ".csv":
            told = csv.ConvertOptions(column_types=schema, include_columns=schema.names, strings_can_be_null=True)
            found = csv.read_csv(path, convert_options=told)
        else:
            found = pq.read_table(path, columns=schema.names, partitioning=None).select(schema.names).cast(schema)
    except (pa.ArrowException, KeyError, OSError):
        # What the library says may quote a cell.
        raise InputRejected("The file is not a table of panel decisions.", where=path.name, fix=_FIX) from None
    for column in PANEL_DECISIONS.columns:
        if column.required and found[column.name].null_count:
            raise InputRejected(f"A row has no {column.name}.", where=path.name, fix=_FIX)
        codes = pa.array(column.codes, pa.string())
        if column.codes and pc.all(pc.is_in(found[column.name].drop_null(), codes)).as_py() not in (True, None):
            raise InputRejected(f"A row has a {column.name} that there is not.", where=path.name, fix=_FIX)
    return found


def groups_of(
    connection: duckdb.DuckDBPyConnection, decisions: pa.Table, members: Path, protected: Path
) -> NDArray[Any]:
    """The detailed ethnic group of each decision's case, in their order.

    A family's is as at the list's date, or at the nearest date before it (else the first) that this run has.
    """
    groups = np.full(len(decisions), UNKNOWN, dtype=object)
    if not len(decisions):
        return groups
    dates = _dates(connection, members)
    days = pa.array([_nearest(day, dates) for day in decisions["as_of"].to_pylist()], pa.date32())
    cases = pa.table({"unit_id": decisions["unit_id"], "family_id": decisions["family_id"], "as_of": days})
    families = pc.equal(cases["unit_id"], cases["family_id"]).to_numpy(zero_copy_only=False)
    for inside in (families, ~families):
        if inside.any():
            found = ethnic_groups(connection, cases.filter(pa.array(inside)), members, protected)
            groups[inside] = found[Grouping.DETAILED.value]
    return groups


def _dates(connection: duckdb.DuckDBPyConnection, members: Path) -> list[dt.date]:
    rows = connection.read_parquet(str(members), hive_partitioning=False)
    return [day for (day,) in rows.select(duckdb.ColumnExpression("as_of")).distinct().order("as_of").fetchall()]


def _nearest(day: dt.date, dates: Sequence[dt.date]) -> dt.date:
    before = [one for one in dates if one <= day]
    return before[-1] if before else dates[0] if dates else day


def steps(decisions: pa.Table, groups: NDArray[Any]) -> Iterator[Told]:
    """What panels decided of the cases of lists; those drawn from below the line are told of by `missed`."""
    listed = ~_flags(decisions["in_sample"])
    family = _families(decisions)
    decided = _among(decisions["decision"], _AGREES)
    several = listed & ~_nulls(decisions["alike"])
    offered = listed & ~_nulls(decisions["outcome"])
    for step, inside, happened, cases in (
        (AGREED, listed, decided, ""),
        (ALIKE, several, _flags(decisions["alike"]), "panel_read_twice"),
        (ACCEPTED, offered, _among(decisions["outcome"], _TAKEN_UP), "panel_offers_known"),
    ):
        found = compare(Rows(happened, groups, family).of(inside))
        yield Told(step, _DECIDED, found, cases_name=cases, part_of=_DECIDED if cases else "")


def _families(decisions: pa.Table) -> NDArray[np.int64]:
    encoded = decisions["family_id"].combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.array([value is True for value in column.to_pylist()], dtype=bool)


def _nulls(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.array([value is None for value in column.to_pylist()], dtype=bool)


def _among(column: pa.ChunkedArray, codes: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([value in codes for value in column.to_pylist()], dtype=bool)
