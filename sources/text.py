"""Small text expressions that reading and mapping share."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb
from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    Expression,
    FunctionExpression,
    LambdaExpression,
)

WHITESPACE = " \t\r\n\v\f"
"""What is cut from both ends of a cell, and all that a blank cell holds."""
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Spaces of other widths, taken as plain ones."""
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
"""Soft hyphens, joiners and marks of direction, which no reader sees and which no two systems keep alike."""
_SPACE = 32


def constant(value: object) -> Expression:
    """A typed constant; None is a null text."""
    made = ConstantExpression(value)
    return made.cast("VARCHAR") if value is None else made


def call(name: str, *arguments: Expression) -> Expression:
    """A function call."""
    return FunctionExpression(name, *arguments)


def clean(text: str) -> str:
    """A text of the TOML or a header as ``cell`` makes one: nothing invisible, no white space at its ends."""
    return re.sub(f"[{_INVISIBLE}]", "", re.sub(f"[{_SPACES}]", " ", text)).strip(WHITESPACE)


def strip(text: Expression) -> Expression:
    """The text without white space at its ends."""
    return call("trim", text, constant(WHITESPACE))


def cell(column: str) -> Expression:
    """A cell as held, without what is invisible or white space at its ends; null where that leaves nothing."""
    text = ColumnExpression(column)
    # Most cells need no cleaning, and seeing that is far cheaper than cleaning them: plain letters at both ends,
    # and as many bytes as letters.
    plain_ends = (call("ascii", text) > constant(_SPACE)) & (
        call("ascii", call("right", text, constant(1))) > constant(_SPACE)
    )
    plain = plain_ends & (call("strlen", text) == call("length", text))
    cleaned = replaced(replaced(text, f"[{_SPACES}]", " "), f"[{_INVISIBLE}]", "")
    return either(plain, text, call("nullif", strip(cleaned), constant("")))


def matches(text: Expression, pattern: str) -> Expression:
    """Whether the whole text matches a regular expression (of our own, never of the council's)."""
    return call("regexp_full_match", text, constant(pattern))


def replaced(text: Expression, pattern: str, by: str) -> Expression:
    """The text with every match of a regular expression replaced."""
    return call("regexp_replace", text, constant(pattern), constant(by), constant("g"))


def named(name: str, value: Expression, body: Expression) -> Expression:
    """``body``, in which ``name`` stands for ``value``: worked out once, however often the name is written.

    It costs more per row than it saves, so it is for what few rows need; but an expression that is written many times
    over takes long to understand, whatever the rows.
    """
    return call(
        "list_extract", call("list_transform", call("list_value", value), LambdaExpression(name, body)), constant(1)
    )


def lowered(word: str) -> Expression:
    """A word of the TOML as the engine lowers it."""
    return constant(word.lower()) if word.isascii() else call("lower", constant(word))


def first_of(*values: Expression) -> Expression:
    """The first value that is not null."""
    return CoalesceOperator(*values)


def either(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    """``then`` where the condition holds, else ``otherwise`` (also where it is null)."""
    return CaseExpression(condition, then).otherwise(otherwise)


def whole_identifier(text: Expression) -> Expression:
    """A key as the system writes it: a number that a spreadsheet made 5107554.0 is 5107554 again."""
    float_like = call("contains", text, constant(".")) & matches(text, r"\d+\.0+")
    return either(float_like, call("split_part", text, constant("."), constant(1)), text)


def tidied(text: Expression, steps: Sequence[str]) -> Expression:
    """The text made comparable by the named steps, in the order they are given."""
    for step in steps:
        if step == "upper":
            text = call("upper", text)
        elif step == "whole":
            text = whole_identifier(text)
        elif step == "unpadded":
            text = replaced(text, r"(^|[^0-9])0+([0-9])", r"\1\2")
        else:
            text = replaced(text, r"\s+", "")
    return text


def joined_key(parts: Sequence[Expression], separator: str) -> Expression:
    """The parts of a key as one text, another for other parts; null where one of them is blank."""
    if len(parts) == 1:
        return whole_identifier(parts[0])
    joined, *others = [_set_apart(whole_identifier(part), separator) for part in parts]
    for part in others:
        joined = call("||", call("||", joined, constant(separator)), part)
    return joined


def _set_apart(part: Expression, separator: str) -> Expression:
    """A part of a key with a backslash before every separator in it: else a|b and c would be the key of a and b|c.

    Backslashes that then stand before a separator are doubled; all others, and so nearly all keys, stay as they are.
    """
    unusual = call("contains", part, constant(separator)) | call("ends_with", part, constant("\\"))
    doubled = replaced(part, rf"(\\+)({re.escape(separator)}|$)", r"\1\1\2")
    return either(unusual, call("replace", doubled, constant(separator), constant("\\" + separator)), part)


def number_of(relation: duckdb.DuckDBPyRelation) -> int:
    """How many rows a relation has."""
    return int(relation.aggregate([call("count_star").alias("number")]).fetchall()[0][0])
