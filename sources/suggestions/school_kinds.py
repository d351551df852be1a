"""Files of schools and of those who track young people."""

from __future__ import annotations

from sources.suggestions.profiling import Shape
from sources.suggestions.vocabulary import CODE, DATE, OF_RECORDING, RECORDED, Field, Key, Kind, named, when

SCHOOL_KINDS: tuple[Kind, ...] = (
    Kind(
        "attendance",
        Key.PERSON,
        (
            Field("event_date", ("mark date", "session date", "attendance date", "date"), DATE, 0.7),
            Field(
                "recorded_on",
                (*named("amended date, updated, updated date, changed date, modified date"), *RECORDED),
                DATE,
                0.3,
            ),
            Field("session", ("session", "am pm", "session name", "half day"), (Shape.SESSION,), 1.5),
            Field(
                "code",
                named("attendance code, mark, code, attendance mark, mark code, register code"),
                (Shape.MARK,),
                1.5,
            ),
        ),
        ("attendance", "mark", "register"),
        ("event_date", "session", "code"),
    ),
    Kind(
        "exclusions",
        Key.PERSON,
        (
            *when("exclusion", "suspension"),
            Field(
                "kind",
                named("category, suspension type, exclusion type, exclusion category, suspension category, type"),
                CODE,
                1.0,
            ),
            Field("reason", ("reason", "reason code", "exclusion reason", "suspension reason"), CODE, 0.7),
            Field(
                "sessions",
                named("sessions, number sessions, sessions lost, sessions missed, session count"),
                (Shape.WHOLE,),
                1.0,
            ),
        ),
        ("exclusion", "exclusions", "suspension", "suspensions"),
        ("event_date", "kind"),
    ),
    Kind(
        "school_status",
        Key.PERSON,
        (
            Field("event_date", ("census date", "census day", "snapshot date", "census"), DATE, 1.0),
            Field("recorded_on", ("census date", "census day", "snapshot date", "census", *RECORDED), DATE, 0.2),
            Field(
                "school_id",
                named(
                    "establishment number, dfe number, dfe, establishment id, school id, school number, "
                    "school code, urn, school urn, establishment code"
                ),
                (Shape.WHOLE, Shape.IDENTIFIER),
                1.0,
            ),
            Field(
                "year_group",
                named("year group, ncyear, national curriculum year, year, curriculum year, ncyear actual"),
                CODE,
                1.0,
            ),
            Field(
                "fsm",
                named(
                    "fsm, fsm eligible, free school meals, fsm status, fsm flag, free school meal eligible, "
                    "fsm eligibility"
                ),
                (Shape.FLAG,),
                1.0,
            ),
            Field("sen", named("sen, sen provision, sen status, sen stage, sen need, sen support"), CODE, 1.0),
            Field(
                "entry_date",
                named("entry date, admission date, school start date, enrolment date, admitted, doa"),
                DATE,
                0.7,
            ),
            Field("leaving_date", named("leaving date, leaving, date left, left date, school end date"), DATE, 0.7),
        ),
        ("census", "pupil", "school"),
        ("event_date",),
        beside=("young_carer_identifications",),
    ),
    Kind(
        "neet",
        Key.PERSON,
        (
            Field(
                "event_date",
                named("month, activity month, period, month date, activity date, activity start date, status date"),
                DATE,
                0.7,
            ),
            Field("recorded_on", RECORDED, DATE, 0.3, marks=OF_RECORDING),
            Field(
                "activity",
                named(
                    "activity, situation, activity status, neet status, eet status, eet neet, activity code, "
                    "destination"
                ),
                CODE,
                1.5,
            ),
            Field("reason", ("neet reason", "reason neet", "neet reason code"), CODE, 1.5),
        ),
        ("neet", "participation", "ccis", "iyss"),
        ("event_date", "activity"),
    ),
)
