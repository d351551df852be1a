"""From a council's mapping to values: what each column of a table holds."""
