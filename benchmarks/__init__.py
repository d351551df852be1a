"""Measurements of the toolkit. Ratios within one run are what count; machines differ."""
