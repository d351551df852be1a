"""The tables that the features room hands on. All are pseudonymous: ids here are those of the analysis zone."""

from __future__ import annotations

from store.table import Table, Zone, date, flag, integer, text

ROOM = "features"
FAMILY_PREFIX = "family_"
"""What a feature of the family goes by among those of a child: it is put beside them as they are read."""

FAMILY_FEATURES = Table(
    "families",
    ROOM,
    Zone.ANALYSIS,
    "One row for each family and as-of date; one column for each family-level feature.",
    (text("family_id", "Family", required=True), date("as_of", "As-of date", required=True)),
    sort=("as_of", "family_id"),
    open_columns=True,
)

CHILD_FEATURES = Table(
    "children",
    ROOM,
    Zone.ANALYSIS,
    "One row for each child, family the child belongs to, and as-of date; one column for each child-level feature. "
    "The family's are joined by `family_id` and `as_of`, and `family_` is put before their names.",
    (
        text("person_id", "Child", required=True),
        text("family_id", "Family", required=True),
        date("as_of", "As-of date", required=True),
    ),
    sort=("as_of", "person_id", "family_id"),
    open_columns=True,
)

MEMBERS = Table(
    "members",
    ROOM,
    Zone.ANALYSIS,
    "Who belonged to which family at each as-of date, as known then.",
    (
        date("as_of", "As-of date", required=True),
        text("family_id", "Family", required=True),
        text("person_id", "Person", required=True),
        text("role", "Role", required=True, codes=("adult", "child")),
        integer("age_years", "Completed years at the as-of date; empty when the birth date is unknown"),
    ),
    sort=("as_of", "family_id", "person_id"),
)

MILESTONES = Table(
    "milestones",
    ROOM,
    Zone.ANALYSIS,
    "Dated steps of each person that cohorts and outcomes are defined by.",
    (
        text("person_id", "Person", required=True),
        text(
            "kind",
            "Step",
            required=True,
            codes=(
                *("early_help", "cin", "cp", "lac", "contact", "referral", "assessment_need"),
                *("domestic_high_risk", "eviction_action", "young_carer_identified"),
                *("assessed", "need_assessed"),
            ),
        ),
        date("event_date", "When it happened or began", required=True),
        date("recorded_on", "When the council knew", required=True),
        date("to_date", "End of a spell; empty while open and for steps that are not spells"),
        date("end_recorded_on", "When the end was known"),
    ),
    sort=("person_id", "kind", "event_date", "recorded_on"),
)

ABSENT_DAYS = Table(
    "absent_days",
    ROOM,
    Zone.IDENTIFIABLE,
    "Days of absence from school, one for each pupil and weekday; worked out as they are needed, and never written.",
    (
        text("person_id", "Pupil", required=True),
        date("event_date", "The day", required=True),
        date("recorded_on", "Since when it is settled", required=True),
        flag("single_day", "Whether the pupil was not absent on the weekday before or after"),
    ),
    sort=("person_id", "event_date"),
)

SCHOOLMATES = Table(
    "schoolmates",
    ROOM,
    Zone.ANALYSIS,
    "How many young carers are known at each pupil's school: who would be noticed, never who cares. Not a feature.",
    (
        date("as_of", "As-of date", required=True),
        text("person_id", "Pupil", required=True),
        integer("schoolmates", "Other pupils of the school", required=True),
        integer("identified", "Of these, known to some service as young carers", required=True),
        integer("marked", "Others whom a census of this school marked as young carers, ever", required=True),
    ),
    sort=("as_of", "person_id"),
)

TABLES = (FAMILY_FEATURES, CHILD_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES)
