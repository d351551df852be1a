"""Reading a target's evaluation back, for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store.errors import UsageError
from store.files import read_json


def load_evaluation(run_root: str | Path, target: str) -> dict[str, Any]:
    """The evaluation of one target of a run (see `models.evaluation` for its shape).

    Raises UsageError, naming the targets there are, when the run has none of that name.
    """
    folder = Path(run_root) / "models"
    known = sorted(path.parent.name for path in folder.glob("*/evaluation.json"))
    if target not in known:
        raise UsageError(
            "This run has no evaluation of that target.",
            where=str(folder),
            fix="Targets of this run: " + (", ".join(known) or "none yet; run the models stage") + ".",
        )
    document: dict[str, Any] = read_json(folder / target / "evaluation.json")
    return document
