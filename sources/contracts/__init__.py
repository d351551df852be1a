"""What each table promises: rules of one row, rules across tables, and their words."""
