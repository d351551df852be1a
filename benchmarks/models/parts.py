"""The parts of the benchmark: each measures one thing and gives its section of the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.models import boroughs, carers, cost, figures, truth
from benchmarks.models.boroughs import Borough, Modelled
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
    models: Path
    """Where they are modelled, to be used again."""
    families: int
    """Of the made-up history whose cost is measured."""
    borough_families: int
    seeds: tuple[int, ...]
    folds: int
    threads: int
    progress: ConsoleProgress
    _boroughs: list[Borough] = field(default_factory=list)
    _modelled: list[Modelled] = field(default_factory=list)

    def boroughs(self) -> list[Borough]:
        """A synthetic borough for each seed, with its truth, then fenmarsh where its extracts are: up to features."""
        if not self._boroughs:
            with self.progress.task("Boroughs up to their features", len(self.seeds) + 1) as task:
                for seed in self.seeds:
                    self._boroughs.append(boroughs.synthetic(self.ready, self.borough_families, seed))
                    task.advance()
                council = boroughs.fenmarsh(self.ready)
                self._boroughs += [council] if council else []
                task.advance()
        return self._boroughs

    def modelled(self) -> list[Modelled]:
        """Each of them after the models stage, which is run once."""
        if not self._modelled:
            with self.progress.task("Their models", len(self.boroughs())) as task:
                for borough in self.boroughs():
                    self._modelled.append(boroughs.model(borough, self.models, self.threads))
                    task.advance()
        return self._modelled


PARTS: dict[str, Callable[[Bench], tuple[str, str]]] = {
    "cost": cost.measure,
    "figures": figures.measure,
    "truth": truth.measure,
    "carers": carers.measure,
}
