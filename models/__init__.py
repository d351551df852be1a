"""Models: cohorts and outcomes, temporal validation, candidates, calibration, reasons, registry."""

import datetime as dt
from pathlib import Path

from models.documents import load_evaluation
from models.explanation import Explanation
from store.run_folder import RunFolder

__all__ = ["Explanation", "explain", "load_evaluation"]


def explain(run: RunFolder | Path | str, target: str, unit_id: str, as_of: dt.date | str | None = None) -> Explanation:
    """Why a run's model puts one past case where it does: see `models.explaining.explain`."""
    # Opened when it is asked for: whoever imports this room for a name should not wait for what fits models.
    from models.explaining import explain as explained  # noqa: PLC0415

    return explained(run, target, unit_id, as_of)
