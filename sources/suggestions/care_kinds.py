"""Files of children's and adults' services, the police and youth justice."""

from __future__ import annotations

from sources.suggestions.profiling import Shape
from sources.suggestions.vocabulary import (
    CODE,
    DATE,
    END,
    OF_RECORDING,
    RECORDED,
    START,
    Field,
    Key,
    Kind,
    named,
    spell,
    when,
)

CARE_KINDS: tuple[Kind, ...] = (
    Kind(
        "contacts",
        Key.PERSON,
        (
            *when("contact", "referral"),
            Field(
                "contact_id",
                named("contact id, contact reference, referral id, referral reference, contact number"),
                (Shape.IDENTIFIER,),
                1.0,
            ),
            Field(
                "referral_source",
                named(
                    "contact source, referral source, source code, source, source of referral, referrer type, "
                    "referral source code"
                ),
                CODE,
                1.0,
            ),
            Field(
                "reason", named("contact reason, reason, referral reason, presenting issue, contact issue"), CODE, 0.7
            ),
            Field(
                "outcome", named("contact outcome, outcome, contact decision, referral outcome, decision"), CODE, 1.0
            ),
        ),
        ("contact", "contacts", "referral", "referrals", "mash"),
        ("event_date", "outcome"),
    ),
    Kind(
        "assessments",
        Key.PERSON,
        (
            *spell("assessment"),
            Field(
                "assessment_id",
                named("assessment id, assessment reference, assessment number, form id"),
                (Shape.IDENTIFIER,),
                1.0,
            ),
            Field(
                "factors",
                named("factors, assessment factors, factor codes, factors identified, factors identified assessment"),
                CODE,
                1.5,
            ),
            Field("outcome", ("assessment outcome", "outcome", "assessment decision", "next step"), CODE, 0.7),
        ),
        ("assessment", "assessments"),
        ("event_date",),
    ),
    Kind(
        "service_episodes",
        Key.EITHER,
        (
            *spell("episode", "plan", "case", "care"),
            Field(
                "episode_id",
                named("episode id, plan id, episode reference, plan reference, case id, case reference"),
                (Shape.IDENTIFIER,),
                0.7,
            ),
            Field(
                "service",
                named("episode type, plan type, service, plan, status type, case type, involvement type"),
                CODE,
                1.5,
            ),
            Field(
                "closure_reason",
                named(
                    "closure reason, close reason, reason closure, end reason, episode closure reason, plan "
                    "end reason, reason episode end"
                ),
                CODE,
                1.0,
            ),
            Field("worker_id", named("lead worker id, worker id, lead professional id, allocated worker id"), (), 0.5),
            Field("team", ("team", "team name"), CODE, 0.3),
            Field("category", ("category", "category abuse", "abuse category", "cp category"), CODE, 1.0),
        ),
        ("episode", "episodes", "plan", "plans", "case", "cases"),
        ("event_date",),
        ("case_family",),
    ),
    Kind(
        "workers",
        Key.NONE,
        (
            Field("worker_id", named("worker id, staff id, employee id, worker reference, staff number"), (), 1.0),
            Field("name", named("worker name, staff name, employee name, name, full name"), (Shape.NAME,), 1.0),
            Field("team", named("team, team name, worker team"), CODE, 0.7),
            Field("role", named("role, job title, post, position, worker role"), CODE, 1.0),
            Field("manager_id", named("manager id, line manager id, supervisor id, manager"), (), 1.5),
            Field("contact", named("work phone, work telephone, work mobile, work email, extension"), (), 0.3),
            Field("from_date", START, DATE, 0.3),
            Field("to_date", END, DATE, 0.3),
            Field("recorded_on", RECORDED, DATE, 0.2, marks=OF_RECORDING),
        ),
        named("worker, workers, staff"),
        ("worker_id", "role"),
    ),
    Kind(
        "allocations",
        Key.PERSON,
        (
            *spell("allocation", "allocated"),
            Field(
                "worker_id",
                named(
                    "worker id, allocated worker id, worker, allocated worker, social worker id, worker "
                    "reference, key worker id, case worker id"
                ),
                (),
                1.5,
            ),
            Field("team", ("team", "team name", "allocated team", "team code", "worker team"), CODE, 0.7),
        ),
        ("allocation", "allocations", "allocated"),
        ("event_date", "worker_id"),
    ),
    Kind(
        "domestic_incidents",
        Key.PERSON,
        (
            Field("event_date", ("incident date", "offence date", "occurred date", "event date"), DATE, 0.7),
            Field("recorded_on", RECORDED, DATE, 0.3, marks=OF_RECORDING),
            Field(
                "incident_id",
                named(
                    "incident reference, incident id, incident number, log number, log reference, crime "
                    "reference, crime number, notification reference"
                ),
                (Shape.IDENTIFIER,),
                1.0,
            ),
            Field("risk", named("risk, dash risk, risk level, risk grade, risk assessment, dash grade"), CODE, 1.5),
            Field("kind", ("incident type", "incident category", "type", "crime type"), CODE, 0.7),
            Field(
                "children_present",
                named("children present, child present, children household, children present flag"),
                (Shape.FLAG,),
                1.0,
            ),
        ),
        ("domestic", "incident", "police", "da", "abuse"),
        ("event_date", "incident_id", "risk"),
    ),
    Kind(
        "offences",
        Key.PERSON,
        (
            Field("event_date", ("offence date", "offence start date", "date"), DATE, 1.0),
            Field("recorded_on", RECORDED, DATE, 0.3, marks=OF_RECORDING),
            Field("offence_id", ("offence id", "offence reference", "offence number"), (Shape.IDENTIFIER,), 1.0),
            Field("kind", named("offence type, offence category, offence, offence description"), CODE, 1.0),
            Field(
                "gravity",
                named("gravity, seriousness, gravity score, seriousness score, offence gravity"),
                (Shape.WHOLE,),
                1.5,
            ),
            Field("outcome", named("outcome, disposal, offence outcome, sentence, disposal type"), CODE, 0.7),
        ),
        ("offence", "offences", "youth", "justice", "yot"),
        ("event_date",),
    ),
    Kind(
        "adult_care_services",
        Key.PERSON,
        (
            *spell("service", "package", "service element"),
            Field(
                "kind",
                named(
                    "service type, service element, service name, service, package type, service category, "
                    "element type, provision type"
                ),
                CODE,
                1.5,
            ),
        ),
        ("adult", "asc", "las", "care", "package", "services"),
        ("event_date",),
    ),
    Kind(
        "disability_markers",
        Key.PERSON,
        (
            Field(
                "event_date", named("badge issued date, issued date, issued, badge start date, award date"), DATE, 0.5
            ),
            Field("recorded_on", ("issued date", "issued", *RECORDED), DATE, 0.2),
            Field("to_date", ("badge expiry date", "expiry date", "expires", "badge end date"), DATE, 0.5),
        ),
        ("badge", "blue"),
        ("event_date",),
        constants=(("kind", "mobility"),),
        enough=2.0,
    ),
    Kind(
        "young_carer_identifications",
        Key.PERSON,
        (
            Field(
                "event_date",
                named("identified date, added register, registered date, added date"),
                DATE,
                0.7,
            ),
            Field("recorded_on", ("added register", "registered date", "added date", *RECORDED), DATE, 0.2),
            Field(
                "cares_for",
                named("cares for, person cared for, cared for, caring for, cared for relationship, cared for person"),
                CODE,
                1.5,
            ),
            Field(
                "condition",
                named("condition, nature condition, condition cared for, cared for condition, illness, cared for need"),
                CODE,
                1.5,
            ),
        ),
        ("carer", "carers"),
        ("event_date",),
        constants=(("identified_by", "project"),),
    ),
    Kind(
        "outcome_scores",
        Key.GROUP,
        (
            Field("event_date", ("star date", "score date", "assessment date", "review date", "date"), DATE, 0.7),
            Field("recorded_on", RECORDED, DATE, 0.3, marks=OF_RECORDING),
            Field("stage", ("stage", "star stage", "score stage", "review type", "score type"), CODE, 0.7),
            Field("domain", named("domain, outcome area, outcome, area, theme, outcome domain"), CODE, 1.0),
            Field("score", ("score", "star score", "rating", "outcome score"), (Shape.WHOLE,), 1.5),
        ),
        ("star", "outcome", "score", "scores"),
        ("event_date", "domain", "score", "stage"),
        ("case_family",),
    ),
    Kind(
        "relationships",
        Key.NONE,
        (
            Field(
                "record_id_a",
                named("person id a, person id, person id 1, from person id, child id, client id, person a, lcs id"),
                (Shape.IDENTIFIER,),
                0.7,
            ),
            Field(
                "record_id_b",
                named(
                    "person id b, related person id, person id 2, to person id, related id, related client "
                    "id, person b, relative id, linked person id"
                ),
                (Shape.IDENTIFIER,),
                1.5,
            ),
            Field(
                "relationship",
                named("relationship, relationship type, relationship code, relationship description, link type"),
                CODE,
                1.5,
            ),
            Field("from_date", ("relationship start", "relationship start date", *START), DATE, 0.3),
            Field("to_date", ("relationship end", "relationship end date", *END), DATE, 0.3),
            Field("recorded_on", RECORDED, DATE, 0.2, marks=OF_RECORDING),
        ),
        ("relationship", "relationships", "links"),
        ("record_id_a", "record_id_b", "relationship"),
    ),
)
