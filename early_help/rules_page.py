"""The page ``docs/features/rules.md``: each rule of features, with the small tables that test it."""

from __future__ import annotations

from features.attendance_rules import EXAMPLES as ATTENDANCE_RULES
from features.examples import FAMILIES, PEOPLE, Example, cells
from features.family_rules import EXAMPLES as FAMILY_RULES
from features.rules import EXAMPLES as ROW_RULES


def rules_page() -> str:
    """Every rule with its example: Markdown."""
    lines = [
        *("# The rules of features, by example", ""),
        "Made by `make docs` from `features/rules.py`, `features/family_rules.py` and `features/attendance_rules.py`, "
        "which are also tests: every engine must give these answers, and so must the plain reference engine. The as-of "
        "date is 30 June 2024 where no other is given, and where no other family is shown it is the Greens:",
        *("", *_table(PEOPLE), "", *_table(FAMILIES)),
        "",
        "In an answer an empty cell is blank. Dates are compared as days: a time with a zone became the day in Britain "
        "when the extract was read, also on the days on which the clocks change.",
        *("", "## Which rows are seen, and what becomes of them"),
        *(line for example in ROW_RULES for line in _example(example)),
        *("", "## How rows reach children and families"),
        *(line for example in FAMILY_RULES for line in _example(example)),
        *("", "## What is worked out from several days"),
        *(line for example in ATTENDANCE_RULES for line in _example(example)),
    ]
    return "\n".join(lines) + "\n"


def _example(example: Example) -> list[str]:
    lines = ["", f"### {example.title}", "", example.says]
    tables = {
        **({"people": example.people} if example.people != PEOPLE else {}),
        **({"families": example.families} if example.families != FAMILIES else {}),
        **example.rows,
    }
    for name, text in tables.items():
        rows = cells(text)
        lines += ["", f"`{name}`" + ("" if len(rows) > 1 else ": no rows")]
        lines += ["", *_table(text)] if len(rows) > 1 else []
    lines += ["", "| feature | made of |", "|---|---|"]
    for asked in example.asked:
        settings = f" ({asked.settings})" if asked.settings else ""
        lines.append(f"| {asked.name} | `{asked.text}`{settings} |")
    return [*lines, "", "gives", "", *_table(example.expected)]


def _table(text: str) -> list[str]:
    header, *rows = cells(text)
    return [_line(header), _line(["---"] * len(header)), *(_line(row) for row in rows)]


def _line(row: list[str]) -> str:
    return "| " + " | ".join(row) + " |"
