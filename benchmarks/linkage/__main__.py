"""Measure the residents index: FEBRL, the synthetic borough, what it costs, and a council's extracts without truth.

    python -m benchmarks.linkage [--only febrl --only borough] [--families 3000] [--borough FOLDER] [--keep]

Tables are printed as they are made. They are kept in ``benchmarks/results/linkage.md`` and ``docs/linkage.md`` when the
whole set was measured on the whole borough, or with ``--keep``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.linkage import pages
from benchmarks.linkage.parts import PARTS, Bench
from early_help.progress import ConsoleProgress

FAMILIES = 40_000
RECORDS = 500_000


def main() -> None:
    """Measure what was asked for, print it, and keep it when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Only this part; may be repeated.")
    parser.add_argument("--families", type=int, default=FAMILIES, help="Families of the synthetic borough.")
    parser.add_argument("--records", type=int, default=RECORDS, help="Records by system key to measure the cost on.")
    parser.add_argument("--seed", type=int, default=1, help="Seed of the synthetic borough.")
    parser.add_argument("--borough", type=Path, help="A ready-made borough: a folder with x, truth and run in it.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables, though they are not the whole set.")
    asked = parser.parse_args()
    console = Console(stderr=True)
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), asked.families, asked.seed, asked.borough, asked.records, ConsoleProgress(console))
        for part in asked.only or PARTS:
            made = PARTS[part](bench)
            for name, text in made.items():
                print(f"## {name}\n\n{text}", flush=True)
            found |= made
    whole = asked.only is None and (asked.families, asked.records) == (FAMILIES, RECORDS) and asked.borough is None
    if whole or asked.keep:
        pages.keep(found)


if __name__ == "__main__":
    main()
