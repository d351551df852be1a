"""Fairness audits: group metrics with intervals, policy, verdict, and the release gate."""
