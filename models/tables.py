"""The tables that the models room hands on, one of each for every target."""

from __future__ import annotations

from store.table import Table, Zone, date, flag, integer, number, text

ROOM = "models"

_UNIT = (
    text("unit_id", "Family or child, as the target says: a pseudonym", required=True),
    text("family_id", "Family: a pseudonym", required=True),
    date("as_of", "As-of date", required=True),
)

COHORT = Table(
    "cohort",
    ROOM,
    Zone.ANALYSIS,
    "Who each as-of date's question is about, and the outcome where its horizon has closed.",
    (
        *_UNIT,
        text("part", "train, test or current", required=True, codes=("train", "test", "current")),
        flag("outcome", "Whether the outcome happened within the horizon; empty until it has closed"),
    ),
    sort=("as_of", "unit_id", "family_id"),
    per_target=True,
)

SCORES = Table(
    "scores",
    ROOM,
    Zone.SEALED,
    "Calibrated probability of the outcome for each test and current case, by a model that never saw its family.",
    (
        *_UNIT,
        text("part", "test or current", required=True, codes=("test", "current")),
        number("score", "Calibrated probability, 0 to 1", required=True),
        integer("position", "Place in the as-of date's list, 1 the highest; ties in a settled order", required=True),
        flag("flagged", "Whether the place is within the panel's capacity", required=True),
        flag("outcome", "As in the cohort"),
    ),
    sort=("as_of", "position"),
    per_target=True,
)

REASONS = Table(
    "reasons",
    ROOM,
    Zone.SEALED,
    "The features that moved each current case within capacity most, for and against.",
    (
        *_UNIT,
        integer("position", "Place of the reason, 1 the strongest", required=True),
        text("feature", "Feature", required=True),
        text("subject", "Subject of the feature, such as attendance", required=True),
        number(
            "contribution",
            "How far it moved the case up the list against the date's typical case, in log-odds",
            required=True,
        ),
        number("value", "The case's value; empty when unknown"),
        number("median", "The cohort's median at the as-of date"),
        text("sentence", "The reason in plain English", required=True),
    ),
    sort=("as_of", "unit_id", "position"),
    per_target=True,
)

TABLES = (COHORT, SCORES, REASONS)
