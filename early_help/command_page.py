"""The page ``docs/commands.md``: every command with its arguments and options, as `--help` tells them."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

_INTRO = """# Every command

Made by `make docs` from the command line itself; `early-help COMMAND --help` tells the same. Exit codes: 0 done (a
withheld target is the job working), 2 usage or configuration, 3 input rejected, 4 withheld. `--debug` with any command
shows a traceback, which may hold personal data."""


def command_page() -> str:
    """Every command: Markdown."""
    # Asked for when the page is made: the command line is made of all that this room has.
    from early_help.cli import app  # noqa: PLC0415

    parts = [_INTRO]
    for words, command in _leaves(typer.main.get_command(app), "early-help"):
        parts += [f"## `{words}`", _plain(command.help or ""), *_tables(command)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _leaves(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    """Commands that do something, with the words that name each, by name."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name in sorted(below):
        if not below[name].hidden:
            yield from _leaves(below[name], f"{words} {name}")


def _tables(command: Any) -> Iterator[str]:
    """What the command takes: a table, needed things first; nothing for a command that takes nothing."""
    taken = [one for one in command.params if one.name != "help" and not one.hidden]
    rows = [(_written(one), _needed(one), _plain(one.help or "")) for one in sorted(taken, key=_order)]
    if rows:
        lines = ["| option | default | what it is |", "|---|---|---|"]
        yield "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _order(taken: Any) -> tuple[bool, bool]:
    """Arguments in their order, then options that are needed, then others."""
    return taken.opts[0].startswith("-"), not taken.required


def _written(taken: Any) -> str:
    """`RUN`, or `--out FILE`."""
    if not taken.opts[0].startswith("-"):
        return f"`{taken.metavar or taken.name.upper()}`"
    if getattr(taken, "is_flag", False):
        return f"`{' / '.join([taken.opts[0], *taken.secondary_opts])}`"
    return f"`{taken.opts[0]} {taken.metavar or _kind(taken.type_descriptor.annotation)}`"


def _kind(annotation: Any) -> str:
    """What a value is, for an option that does not name it."""
    if inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        return "|".join(str(member.value) for member in annotation)
    if inspect.isclass(annotation) and issubclass(annotation, Path):
        return "PATH"
    return {int: "NUMBER", float: "NUMBER"}.get(annotation, "TEXT")


def _needed(taken: Any) -> str:
    if taken.required:
        return "needed"
    default = taken.default
    if default is None or default is False or callable(default) or default in ((), []):
        return ""
    return f"`{default.value if isinstance(default, enum.Enum) else default}`"


def _plain(text: str) -> str:
    """Without the marks that colour a terminal, on one line for each paragraph."""
    cleaned = re.sub(r"\[/?[a-z]+\]", "", inspect.cleandoc(text))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in cleaned.split("\n\n"))
