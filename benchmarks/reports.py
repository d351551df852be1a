"""What the reports of a run cost: processor seconds and bytes of each page, and of the panel's pack for each case.

    python -m benchmarks.reports --run RUN --council COUNCIL.toml [--keep NAME]

RUN is a finished run of this very code, with at least one target released; its key is found as the command line finds
it. Nothing is written into the run but the line of its log that says that a pack was opened.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import table
from early_help.config import load_config
from early_help.progress import ConsoleProgress
from reports.stage import STAGE
from store.files import write_text
from store.key_file import load_keys
from store.run_folder import RunFolder
from store.workspace import Workspace

RESULTS = PROJECT / "benchmarks" / "results"
"""With a page for each run that figures were kept of."""
LARGEST = 500_000
ALL_REPORTS, PACK_OF_FIFTY = 60.0, 10.0
"""Seconds allowed for a borough of 40,000 families."""


@dataclass(frozen=True)
class Made:
    """One page: what it cost since the page before, with all that was read for it, and its size."""

    page: str
    cpu: float
    size: int


@dataclass
class Counting(Workspace):
    """A workspace that keeps no page, but what each cost."""

    made: list[Made] = field(default_factory=list)
    since: float = field(default_factory=time.process_time)

    def write_document(self, relative: str, content: str | bytes | dict[str, Any] | list[Any]) -> None:
        """Note the page."""
        now = time.process_time()
        size = len(content.encode("utf-8") if isinstance(content, str) else bytes(str(content), "utf-8"))
        self.made.append(Made(relative, now - self.since, size))
        self.since = now


def measured(run: RunFolder, council: Path) -> list[Made]:
    """Every page of the run."""
    config = load_config(council)
    progress = ConsoleProgress(Console(stderr=True))
    work = Counting(run, STAGE, config.council, config.settings, config.sections, progress, load_keys())
    work.begin()
    try:
        STAGE.run(work)
    finally:
        work.end()
    return work.made


def told(made: list[Made], families: str) -> str:
    """The figures as a page: Markdown."""
    rows = [[one.page, f"{one.cpu:.2f}", f"{one.size:,}"] for one in sorted(made, key=lambda one: one.page)]
    whole = sum(one.cpu for one in made)
    packs = [one for one in made if one.page.endswith("/explanation.html")]
    largest = max(one.size for one in made if one not in packs)
    lines = [
        "# What the reports cost",
        "",
        f"Made by `python -m benchmarks.reports`, of {families}. Processor seconds on one core.",
        "",
        table(["page", "CPU s", "bytes"], rows),
        f"All pages: {whole:.1f} CPU s (allowed for 40,000 families: {ALL_REPORTS:g} s). "
        f"The largest, packs aside, has {largest:,} bytes (allowed: {LARGEST:,}).",
    ]
    for pack in packs:
        lines.append(f"`{pack.page}`: {pack.cpu:.1f} CPU s (allowed for 50 cases: {PACK_OF_FIFTY:g} s).")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and keep when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--council", type=Path, required=True)
    parser.add_argument("--families", default="a synthetic borough", help="What the run is of, in words.")
    parser.add_argument("--keep", metavar="NAME", help="Keep the figures in benchmarks/results/reports-NAME.md.")
    given = parser.parse_args()
    page = told(measured(RunFolder(given.run.resolve()), given.council), given.families)
    print(page)
    if given.keep:
        write_text(RESULTS / f"reports-{given.keep}.md", page)


if __name__ == "__main__":
    main()
