"""Measure the models: each way of choosing on several boroughs, against the truth where there is one, and the cost.

    python -m benchmarks.models [--only cost --only figures] [--families 40000] [--seeds 31 32 33] [--boroughs FOLDER]

The stage runs in a process of its own on two threads and is measured by the operating system. Tables are printed as
they are made, and kept in ``benchmarks/results/models.md`` and ``docs/models/figures.md`` when the whole set was
measured at the whole size, or with ``--keep``. With ``--boroughs`` the synthetic boroughs are kept and used again, with
``--modelled`` what the stage made of them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.models.cost import FAMILIES, FOLDS
from benchmarks.models.pages import keep
from benchmarks.models.parts import PARTS, Bench
from early_help.progress import ConsoleProgress

BOROUGH_FAMILIES = 6_000
SEEDS = (31, 32, 33)


def main() -> None:
    """Measure what was asked for, print it, and keep it when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Only this part; may be repeated.")
    parser.add_argument("--families", type=int, default=FAMILIES, help="Families whose cost is measured.")
    parser.add_argument("--folds", type=int, default=FOLDS, help="Folds of the families whose cost is measured.")
    parser.add_argument("--borough-families", type=int, default=BOROUGH_FAMILIES, help="Families of each borough.")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="Seeds of the synthetic boroughs.")
    parser.add_argument("--boroughs", type=Path, help="A folder of ready boroughs, and to keep those made in.")
    parser.add_argument("--modelled", type=Path, help="A folder of boroughs already modelled, and to keep others in.")
    parser.add_argument("--histories", type=Path, help="A folder to keep made-up histories in, and to use again.")
    parser.add_argument("--threads", type=int, default=2, help="Threads of the stage.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables, though they are not the whole set.")
    asked = parser.parse_args()
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bench = Bench(
            folder=folder / "runs",
            histories=asked.histories or folder / "histories",
            ready=asked.boroughs or folder / "boroughs",
            models=asked.modelled or folder / "modelled",
            families=asked.families,
            borough_families=asked.borough_families,
            seeds=tuple(asked.seeds),
            folds=asked.folds,
            threads=asked.threads,
            progress=ConsoleProgress(Console(stderr=True)),
        )
        bench.folder.mkdir()
        for part in asked.only or PARTS:
            name, text = PARTS[part](bench)
            print(f"## {name}\n\n{text}", flush=True)
            found[name] = text
    whole = asked.only is None and (asked.families, asked.folds) == (FAMILIES, FOLDS)
    if asked.keep or whole:
        keep(found)


if __name__ == "__main__":
    main()
