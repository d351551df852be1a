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
        integer("family_group", "Number of the group of families that share children, which is never split"),
        integer("fold", "Part that the group is in: the case is judged by the model that left this part out"),
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

DRAWN = "drawn"
"""The kind of the row that says that a case was drawn by lot from below the line."""

REASONS = Table(
    "reasons",
    ROOM,
    Zone.SEALED,
    "Why each current case of the pack is where it is: the reasons for and against, what is not known of it, and what "
    "became of the past cases most like it. Of those within capacity, and of those drawn by lot from below the line.",
    (
        *_UNIT,
        integer("position", "Place of the row: reasons first, the strongest 1", required=True),
        text(
            "kind",
            "for or against: features that say much the same, and how they moved the case. unknown: a subject of which "
            "nothing, or not all, is known. alike: past cases like this one. drawn: that it is not within capacity "
            "and was drawn by lot",
            required=True,
            codes=("for", "against", "unknown", "alike", DRAWN),
        ),
        text("feature", "The feature that the sentence is about; empty for kinds unknown, alike and drawn"),
        text("also", "Further features whose contributions are in this reason, for they say much the same; by comma"),
        text("subject", "Subject of the feature, such as attendance; empty for kinds alike and drawn"),
        number(
            "contribution",
            "How far it moved the case up the list against the date's typical case, in log-odds; 0 for kinds alike and "
            "drawn",
            required=True,
        ),
        number(
            "subject_contribution",
            "How far all features of the subject moved it together; empty for kinds alike and drawn",
        ),
        number(
            "value",
            "The case's value; empty when unknown. Of kind alike: the share with the outcome, rounded. Of kind drawn: "
            "how many cases below the line it was drawn from",
        ),
        number("median", "The cohort's median at the as-of date; empty when fewer than ten have a value"),
        number("low", "Of kind alike: lower end of the share's 95% interval"),
        number("high", "Of kind alike: upper end of the share's 95% interval"),
        text("sentence", "The row in plain English", required=True),
    ),
    sort=("as_of", "unit_id", "position"),
    per_target=True,
)

IDENTIFICATION_WEIGHTS = Table(
    "identification_weights",
    "fairness_audits",
    Zone.ANALYSIS,
    "How much likelier than others a child like this is to be identified as a young carer, as known at the as-of date. "
    "Without a row unless policy lets ethnicity inform it. Defined here because the models room reads it; made by the "
    "audits, which alone know why.",
    (
        date("as_of", "As-of date", required=True),
        text("person_id", "Child: a pseudonym", required=True),
        number(
            "weight", "Odds of being identified against those of all children alike in other respects", required=True
        ),
    ),
    sort=("as_of", "person_id"),
)

TABLES = (COHORT, SCORES, REASONS)
