"""Text from a council's systems made safe to show: no spreadsheet runs it, no terminal obeys it."""

from __future__ import annotations

import unicodedata

_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Also the full-width forms of the four signs, which spreadsheets take for the plain ones."""
_BLANKS = frozenset("\t\n\r\v\f\x85\u2028\u2029")
_OBEYED = frozenset({"Cc", "Cs", "Co", "Cn"})
_UNSEEN = frozenset({"Cf"})
_MARK = "\ufffd"


def safe_cell(text: str) -> str:
    """The text, with a quote before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def plain(text: str) -> str:
    """The text on one line, with a mark for each control character and none of those that turn text round unseen."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character in _BLANKS:
        return " "
    category = unicodedata.category(character)
    return _MARK if category in _OBEYED else "" if category in _UNSEEN else character
