"""Meetings of review panels, and what their members decide."""
