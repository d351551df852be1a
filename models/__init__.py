"""Models: cohorts and outcomes, temporal validation, candidates, calibration, reasons, registry."""
