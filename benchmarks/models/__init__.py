"""How well each way of choosing does, and what the models stage costs."""
