"""Residents: who is who across systems, where they live, and which families they make, over time."""
