"""Reports: what a review panel and an equalities lead read."""
