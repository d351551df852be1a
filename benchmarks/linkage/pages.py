"""The results as Markdown: ``benchmarks/results/linkage.md``, and ``docs/linkage.md`` with a person's reading."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.jobs import PROJECT
from benchmarks.linkage.scores import LEAST_FAMILIES, REPLICATES, Score

RESULTS = PROJECT / "benchmarks" / "results" / "linkage.md"
PAGE = PROJECT / "docs" / "linkage.md"
SECTIONS = (
    "FEBRL",
    "People in the synthetic borough",
    "Families in the synthetic borough",
    "What the errors have in common",
    "Thresholds and name frequencies",
    "Cost",
    "A new quarter against the index",
    "Fenmarsh, without truth",
)
READING = "## What still fails and why"
_HEAD = f"""# How well people and families are found

`make bench-linkage` makes the tables of this page (`python -m benchmarks.linkage --help` says how to make some of
them); `benchmarks/linkage/` says how each figure is counted. No threshold was chosen with a truth in view. F1 carries
the middle 95% of {REPLICATES:,} resamplings of families; below {LEAST_FAMILIES} families none is shown. Ethnic groups
are the DfE's codes, as they truly are.

"""
_NO_READING = f"{READING}\n\nNot yet written.\n\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others figures."""
    lines = [" | ".join(heads), "|".join(["---", *["---:"] * (len(heads) - 1)]), *[" | ".join(row) for row in rows]]
    return "\n".join(f"| {line} |" if index != 1 else f"|{line}|" for index, line in enumerate(lines)) + "\n"


def share(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.4f}"


def score_cells(score: Score) -> list[str]:
    """Precision, recall, F1 and its interval."""
    interval = "too few" if score.families < LEAST_FAMILIES else ""
    if score.low is not None:
        interval = f"{share(score.low)} to {share(score.high)}"
    return [share(score.precision), share(score.recall), share(score.f1), interval]


def keep(found: dict[str, str]) -> None:
    """Put sections into both pages; the others, and the reading, stay as they are."""
    sections = _sections(RESULTS) | found
    body = "".join(f"## {name}\n\n{sections[name].strip()}\n\n" for name in SECTIONS if name in sections)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(f"# Linkage\n\n{body}".rstrip() + "\n", encoding="utf-8")
    PAGE.write_text((_HEAD + reading(PAGE) + body).rstrip() + "\n", encoding="utf-8")


def reading(page: Path) -> str:
    """The part of the page that a person wrote: from its heading to the next of that rank."""
    if not page.exists() or READING not in page.read_text(encoding="utf-8"):
        return _NO_READING
    rest = page.read_text(encoding="utf-8").split(READING, 1)[1]
    return READING + rest.split("\n## ", 1)[0].rstrip() + "\n\n"


def _sections(page: Path) -> dict[str, str]:
    if not page.exists():
        return {}
    parts = page.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}
