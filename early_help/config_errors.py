"""What the libraries say of a faulty TOML, told in our own words: what is wrong, where, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NOT_A_DATE = ("This is not a date.", "Write it as 2026-09-07, without quotation marks.")
_NOT_A_TEXT = ("This is not a text.", 'Put it in quotation marks, as in "Exampleshire".')
_NOT_A_NUMBER = ("This is not a number.", "Write a number without quotation marks, as in 0.05.")
_NOT_WHOLE = ("This is not a whole number.", "Write a whole number without quotation marks, as in 50.")
_NOT_A_LIST = ("This is not a list.", 'Put it in square brackets, as in ["one", "two"].')
_NOT_A_TABLE = ("This is not a table of keys.", 'Write keys with values, as in { column = "Name" }.')
_NOT_AN_ORIGIN = (
    "This does not say where the column comes from.",
    'Give a column name in quotation marks, a list of them, or a table such as { column = "Name" }.',
)
_FOR_TYPE: dict[str, tuple[str, str]] = {
    "missing": ("This key is missing.", "Add it: the reference of the TOML says what it means."),
    "string_type": _NOT_A_TEXT,
    "string_pattern_mismatch": (
        "This is not a plain name.",
        "Use small letters, figures and _, beginning with a letter, as in rent_accounts.",
    ),
    "int_type": _NOT_WHOLE,
    "int_from_float": _NOT_WHOLE,
    "int_parsing": _NOT_WHOLE,
    "float_type": _NOT_A_NUMBER,
    "float_parsing": _NOT_A_NUMBER,
    "bool_type": ("This is neither true nor false.", "Write true or false, without quotation marks."),
    "bool_parsing": ("This is neither true nor false.", "Write true or false, without quotation marks."),
    "list_type": _NOT_A_LIST,
    "tuple_type": _NOT_A_LIST,
    "dict_type": _NOT_A_TABLE,
    "model_type": _NOT_A_TABLE,
    "model_attributes_type": _NOT_A_TABLE,
}
_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")
_BARE_DATE = re.compile(r"=\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s*(#.*)?$")
_KEY = re.compile(r"""\s*(?P<key>[A-Za-z0-9_\-."' ]+?)\s*=|\s*(?P<table>\[\[?[^\]]*\]\]?)""")


@dataclass(frozen=True)
class TomlTrouble:
    """What is wrong with a TOML's writing, and on which line."""

    message: str
    place: str
    fix: str


def in_our_words(kind: str, context: Mapping[str, Any], form: str) -> tuple[str, str]:
    """What is wrong with a value, and what to do, from the kind of the error and its limits.

    ``form`` is the last part of the error's place. Nothing of the value is repeated; a check of our own has its
    sentence as it stands.
    """
    if kind == "value_error":
        said = str(context.get("error", "")).rstrip(".")
        return f"{said[:1].upper()}{said[1:]}.", "Correct the value."
    if kind.startswith(("date_", "datetime_")):
        return _NOT_A_DATE
    if kind == "model_type" and "MappedColumn" in form:
        return _NOT_AN_ORIGIN
    if told := _by_limits(kind, context):
        return told
    return _FOR_TYPE.get(kind, ("This value does not fit.", "The reference of the TOML says what it may be."))


def _by_limits(kind: str, context: Mapping[str, Any]) -> tuple[str, str] | None:
    """The same, of an error that has limits; None for any other."""
    if kind == "literal_error":
        return "This is none of the values it may have.", f"Give one of {context.get('expected', 'those')}."
    if kind in ("too_short", "string_too_short"):
        return "This is empty or too short.", f"Give at least {context.get('min_length', 1)}."
    if kind in ("too_long", "string_too_long"):
        return "This is too long.", f"Give at most {context.get('max_length', 1)}."
    limits = [f"{words} {context[name]}" for name, words in _LIMITS.items() if name in context]
    if limits:
        return "This number is too small or too large.", f"Give a number of {' and '.join(limits)}."
    return None


def toml_trouble(content: str, said: str) -> TomlTrouble:
    """What is wrong with the writing of a TOML, from what its parser said of it."""
    found = _LINE.search(said)
    lines = content.splitlines()
    number = int(found[1]) if found and found[1] else len(lines)
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    key = _key_on(line)
    message, fix = _writing(said.lower(), line)
    return TomlTrouble(message, f"line {number}" + (f": {key}" if key else ""), fix)


def _writing(said: str, line: str) -> tuple[str, str]:
    """What is wrong with how a line is written, and what to do."""
    if any(word in said for word in ("overwrite", "twice", "duplicate", "already", "mutate")):
        return "The same key or section is given twice.", "Keep one of the two, or put both values into one."
    if "date" in said or _BARE_DATE.search(line):
        return _NOT_A_DATE
    if any(word in said for word in ("unterminated", "illegal character", "expected newline", "unclosed")):
        return (
            "A text, list or table is not closed, or something stands after its end.",
            "Look for a quotation mark or bracket that is missing on this line or just before it.",
        )
    if "escape" in said or "\\" in said:
        return (
            "A backslash in a text means something else in TOML.",
            "Put the text in single quotation marks, as in '\\Opening Balance'.",
        )
    return (
        "This line cannot be read as TOML.",
        "Write key = value: texts in quotation marks, lists in [ ], dates as 2026-09-07; # begins a comment.",
    )


def _key_on(line: str) -> str:
    found = _KEY.match(line)
    return (found["key"] or found["table"]).strip() if found else ""
