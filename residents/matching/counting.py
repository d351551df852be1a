"""Counting how many pairs of versions are at each level of each comparison."""

from __future__ import annotations

from functools import reduce
from typing import Any

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, Expression, SQLExpression

_ELSE = "ELSE"


def count_levels(versions: duckdb.DuckDBPyRelation, comparisons: list[dict[str, Any]]) -> list[dict[int, int]]:
    """Of every two of ``versions``, how many are at each level of each of Splink's comparisons, by the level's place.

    Pairs that miss a comparison are left out, and so are levels that no pair is at.
    """
    sides = [
        versions.select(*(ColumnExpression(name).alias(f"{name}_{side}") for name in versions.columns)).set_alias(side)
        for side in ("l", "r")
    ]
    pairs = sides[0].join(sides[1], "version_l < version_r")
    # One statement, because DuckDB counts the branches of a union on threads of their own.
    counted = reduce(
        lambda so_far, branch: so_far.union(branch),
        (_branch(pairs, number, comparison) for number, comparison in enumerate(comparisons)),
    )
    found: list[dict[int, int]] = [{} for _ in comparisons]
    for number, place, count in counted.fetchall():
        if not comparisons[number]["comparison_levels"][place].get("is_null_level"):
            found[number][place] = count
    return found


def _branch(pairs: duckdb.DuckDBPyRelation, number: int, comparison: dict[str, Any]) -> duckdb.DuckDBPyRelation:
    at = pairs.select(ConstantExpression(number).alias("comparison"), _place(comparison).alias("place"))
    return at.aggregate("comparison, place, count(*) AS pairs", "comparison, place")


def _place(comparison: dict[str, Any]) -> Expression:
    """The place, among the comparison's levels, of the one that two versions are at."""
    conditions = [level["sql_condition"] for level in comparison["comparison_levels"]]
    otherwise = conditions.index(_ELSE)
    chosen = CaseExpression(SQLExpression(conditions[0]), ConstantExpression(0))
    for place, condition in enumerate(conditions[1:otherwise], start=1):
        chosen = chosen.when(SQLExpression(condition), ConstantExpression(place))
    return chosen.otherwise(ConstantExpression(otherwise))
