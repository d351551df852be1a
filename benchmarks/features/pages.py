"""The results as Markdown: ``benchmarks/results/features.md``."""

from __future__ import annotations

from benchmarks.jobs import PROJECT

RESULTS = PROJECT / "benchmarks" / "results" / "features.md"
SECTIONS = ("At borough size", "Beside an as-of join", "Beside featuretools", "Growth")
_HEAD = """# Features

`make bench-features` makes this page; `benchmarks/features/` says how each figure is counted. Each job runs in a
process of its own on two threads, on a made-up history in the form in which the stages before write theirs.

"""


def keep(found: dict[str, str]) -> None:
    """Put sections into the page; the others stay as they are."""
    sections = _sections() | found
    body = "".join(f"## {name}\n\n{sections[name].strip()}\n\n" for name in SECTIONS if name in sections)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(_HEAD + body.rstrip() + "\n", encoding="utf-8")


def _sections() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    parts = RESULTS.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}
