"""The conditions of the matching model said in Spark's SQL. They are written once, in DuckDB's.

Only what is listed here is translated: a function of which it is not known that both engines mean the same by it
is refused, so that a new condition cannot quietly mean two things.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

_ELSE = "ELSE"

# DuckDB likens texts byte by byte and Splink's library for Spark letter by letter, which differ beyond the English
# alphabet; and of an odd number of letters out of place DuckDB counts half, rounded down, as Winkler did. That can
# add 1/18 at most, so that the letters need to be gone through only where the library finds two names fairly alike.
# Each step below hands its letters on as a structure: a marks what is left of the one name, b of the other.
SPARK_FUNCTIONS = (
    """
CREATE TEMPORARY FUNCTION as_bytes(held STRING) RETURNS STRING RETURN decode(encode(held, 'UTF-8'), 'ISO-8859-1')
""",
    """
CREATE TEMPORARY FUNCTION slips(one STRING, two STRING) RETURNS DOUBLE
RETURN damerau_levenshtein(as_bytes(one), as_bytes(two))
""",
    """
CREATE TEMPORARY FUNCTION first_in_common(one STRING, two STRING) RETURNS INT RETURN CASE
    WHEN left(one, 1) <> left(two, 1) THEN 0
    WHEN left(one, 2) <> left(two, 2) THEN 1
    WHEN left(one, 3) <> left(two, 3) THEN 2
    WHEN left(one, 4) <> left(two, 4) THEN 3
    ELSE least(length(one), length(two), 4) END
""",
    """
CREATE TEMPORARY FUNCTION letters_in_common(one STRING, two STRING) RETURNS STRUCT<free: STRING, common: STRING>
RETURN aggregate(
    transform(
        sequence(1, length(one)),
        i -> named_struct(
            'letter', substring(one, i, 1),
            'first', greatest(i - greatest(greatest(length(one), length(two)) div 2 - 1, 0), 1),
            'last', i + greatest(greatest(length(one), length(two)) div 2 - 1, 0))),
    named_struct('free', two, 'common', ''),
    (so_far, at) -> CASE
        WHEN locate(at.letter, substring(so_far.free, int(at.first), int(at.last - at.first + 1))) > 0
        THEN named_struct(
            'free', overlay(so_far.free PLACING '\u0100' FROM int(at.first - 1 + locate(
                at.letter, substring(so_far.free, int(at.first), int(at.last - at.first + 1)))) FOR 1),
            'common', concat(so_far.common, at.letter))
        ELSE so_far END)
""",
    """
CREATE TEMPORARY FUNCTION likeness_of_bytes(one STRING, two STRING) RETURNS DOUBLE RETURN CASE
    WHEN one = two THEN 1
    WHEN jaro_winkler(one, two) < 0.64 THEN jaro_winkler(one, two)
    ELSE element_at(transform(transform(transform(
        array(named_struct(
            'a', one, 'b', two, 'start', first_in_common(one, two), 'found', letters_in_common(one, two))),
        t -> named_struct('a', t.a, 'b', t.b, 'start', t.start, 'x', t.found.common, 'y', array_join(transform(
            sequence(1, length(t.b)),
            i -> CASE WHEN substring(t.found.free, i, 1) = '\u0100' THEN substring(t.b, i, 1) ELSE '' END), ''))),
        t -> named_struct('start', t.start, 'jaro', (length(t.x) / length(t.a) + length(t.x) / length(t.b)
            + (length(t.x) - size(filter(
                sequence(1, length(t.x)), i -> substring(t.x, i, 1) <> substring(t.y, i, 1))) div 2) / length(t.x)
            ) / 3)),
        t -> CASE WHEN t.jaro > 0.7 THEN t.jaro + t.start * 0.1D * (1 - t.jaro) ELSE t.jaro END), 1) END
""",
    """
CREATE TEMPORARY FUNCTION likeness(one STRING, two STRING) RETURNS DOUBLE
RETURN likeness_of_bytes(as_bytes(one), as_bytes(two))
""",
)


def _call(name: str) -> Callable[[exp.Expression], exp.Expression]:
    def called(node: exp.Expression) -> exp.Expression:
        return exp.Anonymous(this=name, expressions=[node.this, node.expression])

    return called


def _slips(node: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="slips", expressions=node.expressions)


def _whole_pattern(node: exp.Expression) -> exp.Expression:
    """``SIMILAR TO`` and its kin match the whole text, ``RLIKE`` any part of it."""
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise NotImplementedError("Only a pattern that is a constant can be said in Spark's SQL.")
    return exp.RegexpLike(this=node.this, expression=exp.Literal.string(f"^(?:{pattern.this})$"))


# What both engines have under one name and with one meaning.
_SAME: tuple[type[exp.Expression], ...] = (
    *(exp.And, exp.Or, exp.Not, exp.Paren, exp.Is, exp.Null, exp.Boolean, exp.In, exp.Between, exp.Case, exp.If),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add, exp.Sub, exp.Mul, exp.Neg),
    *(exp.Column, exp.Identifier, exp.Literal, exp.Coalesce, exp.Nullif, exp.Abs, exp.Least, exp.Greatest),
    *(exp.Left, exp.Right, exp.Substring, exp.Length, exp.ArrayContains),
)
_SAID_OTHERWISE: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.ArrayOverlaps: _call("arrays_overlap"),
    exp.JarowinklerSimilarity: _call("likeness"),
    exp.SimilarTo: _whole_pattern,
    exp.RegexpFullMatch: _whole_pattern,
}
_FUNCTIONS_SAID_OTHERWISE = {"damerau_levenshtein": _slips}


def spark_condition(condition: str, lists: frozenset[str] = frozenset()) -> str:
    """A condition on two versions, written for DuckDB, for Spark. ``lists`` are the columns that hold lists.

    Raises NotImplementedError for what is not known to mean the same on both.
    """
    if condition == _ELSE:
        return condition

    def said(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Length) and isinstance(node.this, exp.Column) and _base(node.this.name) in lists:
            return exp.ArraySize(this=node.this)
        if isinstance(node, exp.Anonymous) and node.name.lower() in _FUNCTIONS_SAID_OTHERWISE:
            return _FUNCTIONS_SAID_OTHERWISE[node.name.lower()](node)
        if type(node) in _SAID_OTHERWISE:
            return _SAID_OTHERWISE[type(node)](node)
        if isinstance(node, _SAME):
            return node
        raise NotImplementedError(f"{node.key} is not known to mean the same to Spark as to DuckDB.")

    return sqlglot.parse_one(condition, read="duckdb").transform(said).sql(dialect="spark")


def spark_settings(settings: dict[str, Any], lists: frozenset[str]) -> dict[str, Any]:
    """The same Splink settings with every condition in Spark's SQL."""
    return {**settings, "comparisons": [_comparison(comparison, lists) for comparison in settings["comparisons"]]}


def columns_of(settings: dict[str, Any]) -> list[str]:
    """The columns that the conditions and the term frequencies of DuckDB settings look at, sorted."""
    names: set[str] = set()
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level["sql_condition"] != _ELSE:
                tree = sqlglot.parse_one(level["sql_condition"], read="duckdb")
                names |= {_base(column.name) for column in tree.find_all(exp.Column)}
            if level.get("tf_adjustment_column"):
                names.add(level["tf_adjustment_column"])
    return sorted(names)


def _comparison(comparison: dict[str, Any], lists: frozenset[str]) -> dict[str, Any]:
    levels = [
        {**level, "sql_condition": spark_condition(level["sql_condition"], lists)}
        for level in comparison["comparison_levels"]
    ]
    return {**comparison, "comparison_levels": levels}


def _base(name: str) -> str:
    return name.removesuffix("_l").removesuffix("_r")
