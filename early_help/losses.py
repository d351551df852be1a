"""Telling at the end of a run what quality the residents index lost, and why."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console

from store.files import read_json
from store.run_folder import RunFolder


def print_losses(console: Console, run: RunFolder) -> None:
    """Print each thing that was lost, by system, and what it means; nothing where there is no index or no loss."""
    try:
        losses = read_json(run.root / "residents" / "quality.json").get("losses", [])
    except FileNotFoundError:
        return
    if losses:
        console.print("\nWhat was lost in finding out who is who, because of the extracts:")
    for consequence, kind in groupby(losses, key=lambda loss: loss["consequence"]):
        for loss in kind:
            system = f"{loss['source']}: " if loss["source"] else ""
            console.print(f"  {system}{loss['what']}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"    {consequence}", markup=False, highlight=False, soft_wrap=True)
