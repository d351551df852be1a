"""Measure the feature library: time and memory at borough size, beside other ways to compute it, and how both grow.

    python -m benchmarks.features [--only cost --only growth] [--families 40000] [--histories FOLDER] [--keep]

Every job runs in a process of its own on two threads and is measured by the operating system; what counts is the
ratios, and processor seconds where the machine has other things to do. Tables are printed as they are made, and kept in
``benchmarks/results/features.md`` when the whole set was measured at the whole size, or with ``--keep``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.features.environment import FOLDER
from benchmarks.features.pages import keep
from benchmarks.features.parts import FAMILIES, PARTS, Bench
from early_help.progress import ConsoleProgress


def main() -> None:
    """Measure what was asked for, print it, and keep it when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Only this part; may be repeated.")
    parser.add_argument("--families", type=int, default=FAMILIES, help="Families of the made-up borough.")
    parser.add_argument("--seed", type=int, default=1, help="Seed of the made-up borough.")
    parser.add_argument("--histories", type=Path, help="A folder to keep the made-up histories in, and to use again.")
    parser.add_argument("--environment", type=Path, default=FOLDER, help="Where featuretools is or is to be installed.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables, though they are not the whole set.")
    asked = parser.parse_args()
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        progress = ConsoleProgress(Console(stderr=True))
        histories = asked.histories or Path(folder) / "histories"
        bench = Bench(Path(folder), histories, asked.families, asked.seed, asked.environment, progress)
        for part in asked.only or PARTS:
            name, text = PARTS[part](bench)
            print(f"## {name}\n\n{text}", flush=True)
            found[name] = text
    if asked.keep or (asked.only is None and asked.families == FAMILIES):
        keep(found)


if __name__ == "__main__":
    main()
