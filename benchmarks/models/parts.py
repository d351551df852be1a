"""The parts of the benchmark: each measures one thing and gives its section of the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.models import boroughs, cost, figures, truth
from benchmarks.models.boroughs import Modelled
from early_help.progress import ConsoleProgress


@dataclass
class Bench:
    """What was asked for, and what several parts share."""

    folder: Path
    """Emptied at the end."""
    histories: Path
    """Where made-up histories are, to be used again."""
    ready: Path
    """Where boroughs are, to be used again."""
    families: int
    """Of the made-up history whose cost is measured."""
    borough_families: int
    seeds: tuple[int, ...]
    folds: int
    threads: int
    progress: ConsoleProgress
    _modelled: list[Modelled] | None = field(default=None)

    def modelled(self) -> list[Modelled]:
        """A synthetic borough for each seed, then fenmarsh where its extracts are: each after the models stage, once.

        A synthetic one has a ``truth``.
        """
        if self._modelled is None:
            self._modelled = []
            with self.progress.task("Boroughs and their models", len(self.seeds) + 1) as task:
                for seed in self.seeds:
                    self._add(boroughs.synthetic(self.ready, self.borough_families, seed))
                    task.advance()
                self._add(boroughs.fenmarsh(self.ready))
                task.advance()
        return self._modelled

    def _add(self, borough: boroughs.Borough | None) -> None:
        if borough is not None and self._modelled is not None:
            self._modelled.append(boroughs.model(borough, self.folder, self.threads))


PARTS: dict[str, Callable[[Bench], tuple[str, str]]] = {
    "cost": cost.measure,
    "figures": figures.measure,
    "truth": truth.measure,
}
