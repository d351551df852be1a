"""Progress bars on a terminal; plain lines where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from store.workspace import Task


@dataclass
class _Bar:
    progress: Progress
    task_id: TaskID

    def advance(self, steps: int = 1) -> None:
        self.progress.advance(self.task_id, steps)


@dataclass(frozen=True)
class ConsoleProgress:
    """Shows each task as a bar that goes when it is done."""

    console: Console

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed}/{task.total}"),
        )
        with Progress(
            *columns,
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as progress:
            yield _Bar(progress, progress.add_task(label, total=total))
