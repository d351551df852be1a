"""How good the residents index is, by group and by system, and what it costs: ``python -m benchmarks.linkage``."""
