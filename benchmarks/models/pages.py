"""The results as Markdown: ``benchmarks/results/models.md``, and ``docs/models/figures.md`` with a person's reading."""

from __future__ import annotations

from pathlib import Path

from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import reading

RESULTS = PROJECT / "benchmarks" / "results" / "models.md"
PAGE = PROJECT / "docs" / "models" / "figures.md"
SECTIONS = (
    "Ways of choosing compared",
    "Under the radar, against the truth",
    "Hidden young carers against the truth",
    "Cost",
)
_HEAD = """# How well each way of choosing does

`make bench-models` makes the tables of this page (`python -m benchmarks.models --help` says how to make some of them);
`benchmarks/models/` says how each figure is counted. Intervals are the middle 95% of resamplings of families. No
candidate is fitted or chosen with a test date or a truth in view; the rules and settings themselves were made on other
boroughs (seeds 21 and 22), whose truth was looked at.

"""


def keep(found: dict[str, str], results: Path = RESULTS, page: Path = PAGE) -> None:
    """Put sections into both pages; the others, and the reading, stay as they are."""
    sections = _sections(results) | found
    names = [*SECTIONS, *(name for name in sections if name not in SECTIONS)]
    body = "".join(f"## {name}\n\n{sections[name].strip()}\n\n" for name in names if name in sections)
    for path, text in ((results, f"# Models\n\n{body}"), (page, _HEAD + reading(page) + body)):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text.rstrip() + "\n", encoding="utf-8")


def _sections(page: Path) -> dict[str, str]:
    if not page.exists():
        return {}
    parts = page.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}
