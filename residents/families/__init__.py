"""Families over time, from relationships, services' own groups and shared homes."""
