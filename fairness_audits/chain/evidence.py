"""What needs a family is in evidence of at an as-of date, by two counts.

*All evidence* is the count of needs that the toolkit shows everywhere. Parts of it are there because somebody
reported the family or decided something about it: contacts, assessments, incidents that were called in, suspensions,
offences. Where a group is watched more, such evidence is itself part of what is to be measured, and holding it equal
hides part of the bias. *Unprompted evidence* is the same needs by records that come about without anybody's suspicion
alone: marks in the register, rent, benefits, housing, illness and disability. Neither is need: both are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from features.tables import FAMILY_FEATURES

NEEDS_COUNT = "needs_count"
PROMPTED = frozenset(
    {
        *("contacts", "assessments", "service_episodes", "allocations", "outcome_scores"),
        *("young_carer_identifications", "domestic_incidents", "exclusions", "offences"),
    }
)
"""Source tables that have a row because somebody reported a family, or decided something about it."""
_AS_OF, _FAMILY = "as_of", "family_id"


def evidence(rows: duckdb.DuckDBPyRelation, catalogue: Sequence[Mapping[str, Any]]) -> duckdb.DuckDBPyRelation:
    """as_of, family_id, ``all_needs`` and ``unprompted_needs`` of every row of the families' feature table.

    A count that the run's catalogue cannot make is nought of everybody.
    """
    entries = {entry["name"]: entry for entry in catalogue}
    there = set(rows.columns)

    def column(name: str) -> str | None:
        found = entries.get(name, {}).get("columns", {}).get(FAMILY_FEATURES.name)
        return found if found in there else None

    whole = column(NEEDS_COUNT)
    count = duckdb.ColumnExpression(whole) if whole else duckdb.ConstantExpression(0)
    unprompted: duckdb.Expression = duckdb.ConstantExpression(0)
    for need in entries.get(NEEDS_COUNT, {}).get("made_of", ()):
        pieces = [
            found
            for piece in entries.get(need, {}).get("made_of", ())
            if (found := column(piece)) is not None and PROMPTED.isdisjoint(entries[piece]["sources"])
        ]
        if pieces:
            unprompted = unprompted + _any_above_nought(pieces)
    return rows.select(
        duckdb.ColumnExpression(_AS_OF),
        duckdb.ColumnExpression(_FAMILY),
        _whole(count).alias("all_needs"),
        _whole(unprompted).alias("unprompted_needs"),
    )


def _any_above_nought(columns: Sequence[str]) -> duckdb.Expression:
    nought = duckdb.ConstantExpression(0)
    found = [duckdb.CoalesceOperator(duckdb.ColumnExpression(one), nought).cast("DOUBLE") for one in columns]
    largest = found[0] if len(found) == 1 else duckdb.FunctionExpression("greatest", *found)
    return (largest > nought).cast("INTEGER")


def _whole(count: duckdb.Expression) -> duckdb.Expression:
    return duckdb.CoalesceOperator(count, duckdb.ConstantExpression(0)).cast("INTEGER")
