"""Writing TOML: keys and texts quoted so that whatever a header holds stays one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_WIDTH = 110


def quoted(text: str) -> str:
    """A TOML basic string on one line, with nothing invisible or of control in it."""
    return '"' + "".join(_ESCAPES.get(mark) or _plain(mark) for mark in text) + '"'


def _plain(mark: str) -> str:
    if mark.isprintable():
        return mark
    return f"\\u{ord(mark):04X}" if ord(mark) <= 0xFFFF else f"\\U{ord(mark):08X}"


def key(text: str) -> str:
    """A TOML key, bare where it may be."""
    return text if _BARE.fullmatch(text) else quoted(text)


def value(content: object) -> str:
    """A value on one line: a text, a number, a list, or a table of these.

    Raises TypeError for anything else.
    """
    if isinstance(content, str):
        return quoted(content)
    if isinstance(content, int):
        return str(content)
    if isinstance(content, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {value(part)}" for name, part in content.items()) + " }"
    if isinstance(content, Sequence):
        return "[" + ", ".join(value(part) for part in content) + "]"
    raise TypeError(f"no TOML for {type(content).__name__}")


def comment(text: str) -> list[str]:
    """Comment lines, folded at a readable width; no line end in the text can end the comment."""
    flat = "".join(mark if mark.isprintable() else " " for mark in text)
    lines, line = [], "#"
    for word in flat.split():
        if len(line) + len(word) + 1 > _WIDTH and line != "#":
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def entry(name: str, content: object, note: str = "") -> str:
    """One line ``name = value``, with a short note after it."""
    flat = "".join(mark if mark.isprintable() else " " for mark in note)
    return f"{key(name)} = {value(content)}" + (f"   # {flat}" if flat else "")
