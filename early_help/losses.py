"""Telling at the end of a run what quality the residents index lost, and why."""

from __future__ import annotations

from rich.console import Console

from store.files import read_json
from store.run_folder import RunFolder


def print_losses(console: Console, run: RunFolder) -> None:
    """Print each thing that was lost, by system; nothing where there is no index or nothing was lost."""
    try:
        losses = read_json(run.root / "residents" / "quality.json").get("losses", [])
    except FileNotFoundError:
        return
    if losses:
        console.print("\nWhat was lost in finding out who is who, because of the extracts:")
    for loss in losses:
        system = f"{loss['source']}: " if loss["source"] else ""
        line = f"  {system}{loss['what']} {loss['consequence']}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
