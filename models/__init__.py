"""Models: cohorts and outcomes, temporal validation, candidates, calibration, reasons, registry."""

from models.documents import load_evaluation

__all__ = ["load_evaluation"]
