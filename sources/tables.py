"""The tables that the sources room hands on. All are identifiable.

Ids: ``record_id`` is the source system's own key for a row (parts joined by ``|``). Where other files of that
system point at the person by a shorter key (a pupil number, say), that key is the ``subject_id``, and event
tables carry it as their ``record_id``. The residents room resolves both.

Time: ``event_date`` is when it happened, ``recorded_on`` when the council knew. A spell has ``to_date``, which
counts only once recorded: ``end_recorded_on`` where the system keeps it, else the later of ``to_date`` and
``recorded_on``.
"""

from __future__ import annotations

from sources.codes.attendance import MARKS, STATISTICAL_CLASSES
from sources.codes.council import (
    ARREARS_STEPS,
    BENEFIT_ROWS,
    BENEFITS,
    DISABILITY_MARKS,
    EXCLUSION_KINDS,
    GROUP_KINDS,
    NEET_ACTIVITIES,
    PROPERTY_KINDS,
    RENT_POSTINGS,
    RISK_GRADES,
    SCORE_STAGES,
    SESSIONS,
    SEXES,
    SPECIAL_NEEDS,
    SUSPENSION_REASONS,
    TENURES,
)
from sources.codes.ethnicity import ETHNICITY_CODES
from sources.codes.social_care import (
    ABUSE_CATEGORIES,
    ASSESSMENT_FACTORS,
    ASSESSMENT_OUTCOMES,
    CONTACT_OUTCOMES,
    REFERRAL_SOURCES,
    SERVICES,
    YOUNG_CARER_IDENTIFIERS,
)
from sources.codes.social_care import (
    RELATIONSHIPS as RELATIONSHIP_CODES,
)
from store.table import Column, Table, Zone, date, flag, integer, pence, text, texts

ROOM = "sources"

_SOURCE = text("source", "System the row comes from", required=True)
_FILE = text("file", "Path within the extracts", required=True)
_PERSON = (_SOURCE, _FILE, text("record_id", "Key of the person in the system", required=True))
_GROUP = (
    _SOURCE,
    _FILE,
    text("group_type", "Kind of group the key names", required=True),
    text("group_id", "Key of the group in the system", required=True),
)
_EITHER = (
    _SOURCE,
    _FILE,
    text("record_id", "Key of the person; empty when the row is about a group"),
    text("group_type", "Kind of group; empty when the row is about a person"),
    text("group_id", "Key of the group; empty when the row is about a person"),
)
_WHEN = (
    date("event_date", "When it happened or began", required=True),
    date("recorded_on", "When the council knew", required=True),
)
_END = (
    date("to_date", "When it ended; empty while open"),
    date("end_recorded_on", "When the end was recorded, where the system says"),
)

GROUP_TYPES = GROUP_KINDS.values


def _table(name: str, meaning: str, *columns: Column, sort: tuple[str, ...]) -> Table:
    return Table(name, ROOM, Zone.IDENTIFIABLE, meaning, columns, sort)


PERSON_RECORDS = _table(
    "person_records",
    "One row for each time a system names a person: who, and where they lived.",
    *_PERSON,
    text("subject_id", "Key by which the system's other files name this person; record_id if none", required=True),
    text("forename", "As held"),
    text("surname", "As held"),
    text("full_name", "As held, where the system has one name field"),
    date("dob", "Date of birth"),
    text("sex", "M, F or U", codes=SEXES.values),
    text("ethnicity", "DfE code", codes=ETHNICITY_CODES),
    text("upn", "Unique pupil number"),
    text("nino", "National Insurance number"),
    text("email", "As held"),
    text("phone", "As held"),
    text("address", "As held, one line"),
    text("postcode", "As held"),
    text("uprn", "Unique property reference number"),
    date("address_from", "First day known at the address"),
    date("address_to", "Last day at the address; empty while current"),
    date("recorded_on", "When the council knew", required=True),
    sort=("source", "file", "record_id"),
)

ADDRESSES = _table(
    "addresses",
    "The council's gazetteer.",
    _FILE,
    text("uprn", "Unique property reference number", required=True),
    text("address", "One line"),
    text("postcode", "Postcode"),
    text("kind", "Kind of property", codes=PROPERTY_KINDS.values),
    text("ward", "Ward name"),
    text("lsoa", "Lower-layer super output area"),
    integer("imd_decile", "Deprivation decile, 1 the most deprived"),
    sort=("uprn",),
)

GROUP_MEMBERS = _table(
    "group_members",
    "Each service's own grouping of people, dated.",
    *_GROUP,
    text("record_id", "Key of the person's row", required=True),
    text("role", "Role in the group, as the service calls it"),
    date("from_date", "From"),
    date("to_date", "To; empty while current"),
    date("recorded_on", "When the council knew", required=True),
    sort=("source", "group_type", "group_id", "record_id"),
)

RELATIONSHIPS = _table(
    "relationships",
    "Person a is the <relationship> of person b, as entered by workers.",
    _SOURCE,
    _FILE,
    text("record_id_a", "Key of person a", required=True),
    text("record_id_b", "Key of person b", required=True),
    text(
        "relationship",
        "What a is to b",
        required=True,
        codes=RELATIONSHIP_CODES.values,
    ),
    date("from_date", "From"),
    date("to_date", "To; empty while current"),
    date("recorded_on", "When the council knew; from_date where the system does not say"),
    sort=("source", "record_id_a", "record_id_b", "relationship"),
)

ATTENDANCE = _table(
    "attendance",
    "Session marks: two for each pupil and school day.",
    *_PERSON,
    *_WHEN,
    text("session", "Half of the day", required=True, codes=SESSIONS.values),
    text("code", "Register code in force on the day", required=True, codes=MARKS),
    text(
        "statistical_class",
        "Class of the code on that day",
        required=True,
        codes=tuple(STATISTICAL_CLASSES),
    ),
    sort=("source", "record_id", "event_date", "session"),
)

EXCLUSIONS = _table(
    "exclusions",
    "Suspensions and permanent exclusions.",
    *_PERSON,
    *_WHEN,
    text("kind", "Kind", required=True, codes=EXCLUSION_KINDS.values),
    text("reason", "DfE reason code", codes=SUSPENSION_REASONS.values),
    integer("sessions", "Sessions lost"),
    sort=("source", "record_id", "event_date", "kind"),
)

SCHOOL_STATUS = _table(
    "school_status",
    "What a school census says of a pupil on census day.",
    *_PERSON,
    *_WHEN,
    text("school_id", "School"),
    integer("year_group", "National curriculum year, reception is 0"),
    flag("fsm", "Eligible for free school meals on the day"),
    text("sen", "N none, K SEN support, E education, health and care plan", codes=SPECIAL_NEEDS.values),
    date("entry_date", "Joined the school"),
    date("leaving_date", "Left the school"),
    sort=("source", "record_id", "event_date", "school_id"),
)

NEET = _table(
    "neet",
    "Monthly tracking of 16 to 18 year olds.",
    *_PERSON,
    *_WHEN,
    text("activity", "Activity", required=True, codes=NEET_ACTIVITIES.values),
    text("reason", "Reason when not in education, employment or training"),
    sort=("source", "record_id", "event_date"),
)

RENT_TRANSACTIONS = _table(
    "rent_transactions",
    "Rent account postings: charges positive, payments negative.",
    *_GROUP,
    *_WHEN,
    text(
        "kind",
        "Kind of posting",
        required=True,
        codes=RENT_POSTINGS.values,
    ),
    pence("amount_pence", "Pence", required=True),
    sort=("source", "group_id", "event_date", "kind", "amount_pence"),
)

ARREARS_ACTIONS = _table(
    "arrears_actions",
    "Recovery steps on rent accounts.",
    *_GROUP,
    *_WHEN,
    text(
        "action",
        "Step",
        required=True,
        codes=ARREARS_STEPS.values,
    ),
    pence("balance_pence", "Balance at the time, pence"),
    sort=("source", "group_id", "event_date", "action"),
)

TENANCIES = _table(
    "tenancies",
    "Terms of each tenancy.",
    *_GROUP,
    *_WHEN,
    *_END,
    text("tenure", "Tenure", codes=TENURES.values),
    pence("weekly_rent_pence", "Weekly rent, pence"),
    sort=("source", "group_id", "event_date"),
)

BENEFIT_SPELLS = _table(
    "benefit_spells",
    "Benefit claims, and notices that a benefit started or stopped.",
    *_EITHER,
    *_WHEN,
    *_END,
    text("benefit", "Benefit", required=True, codes=BENEFITS.values),
    text("row_kind", "A spell, or a notice of a start or a stop", required=True, codes=BENEFIT_ROWS.values),
    pence("weekly_pence", "Weekly award, pence"),
    flag("carers_allowance", "Carer's allowance seen on the claim"),
    flag("child_disability", "Child disability benefit seen on the claim"),
    flag("adult_disability", "Adult disability premium seen on the claim"),
    sort=("source", "group_id", "record_id", "event_date", "benefit", "row_kind"),
)

CONTACTS = _table(
    "contacts",
    "Contacts at the children's social care front door, one row for each child.",
    *_PERSON,
    *_WHEN,
    text("contact_id", "Key of the contact"),
    text("referral_source", "CIN census source code, 1A to 10", codes=REFERRAL_SOURCES.values),
    text("reason", "Reason, as held"),
    text("outcome", "Outcome", required=True, codes=CONTACT_OUTCOMES.values),
    sort=("source", "record_id", "event_date", "contact_id"),
)

ASSESSMENTS = _table(
    "assessments",
    "Single assessments. Factors and outcome are known only from the end.",
    *_PERSON,
    *_WHEN,
    *_END,
    text("assessment_id", "Key of the assessment"),
    texts("factors", "DfE factor codes such as 3B; empty until the end", codes=ASSESSMENT_FACTORS.values),
    text(
        "outcome",
        "Outcome; empty until the end",
        codes=ASSESSMENT_OUTCOMES.values,
    ),
    sort=("source", "record_id", "event_date", "assessment_id"),
)

SERVICE_EPISODES = _table(
    "service_episodes",
    "Early help cases, child in need plans, child protection plans and periods looked after.",
    *_EITHER,
    *_WHEN,
    *_END,
    text("episode_id", "Key of the episode"),
    text("service", "Service", required=True, codes=SERVICES.values),
    text("closure_reason", "Reason, as held"),
    text("worker_id", "Lead worker, where the case names one"),
    text("team", "Team of the case"),
    text("category", "Category of abuse, child protection only", codes=ABUSE_CATEGORIES.values),
    sort=("source", "group_id", "record_id", "event_date", "service"),
)

ALLOCATIONS = _table(
    "allocations",
    "Which worker held which child, when.",
    *_PERSON,
    *_WHEN,
    *_END,
    text("worker_id", "Worker", required=True),
    text("team", "Team"),
    sort=("source", "record_id", "event_date", "worker_id"),
)

WORKERS = _table(
    "workers",
    "The staff list: who works in which team, for whom.",
    _SOURCE,
    _FILE,
    text("worker_id", "Key of the worker", required=True),
    text("name", "As held"),
    text("team", "Team"),
    text("role", "Role, as held"),
    text("manager_id", "Key of the worker's manager"),
    text("contact", "How colleagues reach the worker: a work telephone or address, as held"),
    date("from_date", "First day"),
    date("to_date", "Last day; empty while in post"),
    date("recorded_on", "When the council knew", required=True),
    sort=("source", "worker_id", "from_date"),
)

DOMESTIC_INCIDENTS = _table(
    "domestic_incidents",
    "Domestic abuse notifications, one row for each adult named.",
    *_PERSON,
    *_WHEN,
    text("incident_id", "Key of the incident", required=True),
    text("risk", "Risk grade", required=True, codes=RISK_GRADES.values),
    text("kind", "Kind, as held"),
    flag("children_present", "Children present"),
    sort=("source", "record_id", "event_date"),
)

OFFENCES = _table(
    "offences",
    "Offences by 10 to 17 year olds with an outcome.",
    *_PERSON,
    *_WHEN,
    text("offence_id", "Key of the offence"),
    text("kind", "Kind, as held"),
    integer("gravity", "1 to 8"),
    text("outcome", "Outcome, as held"),
    sort=("source", "record_id", "event_date", "offence_id"),
)

ADULT_CARE_SERVICES = _table(
    "adult_care_services",
    "Services to adults, and assessments of their carers.",
    *_PERSON,
    *_WHEN,
    *_END,
    text("kind", "Kind, as held"),
    sort=("source", "record_id", "event_date", "kind"),
)

DISABILITY_MARKERS = _table(
    "disability_markers",
    "Signs that a person is disabled, ill, or cares for someone, seen in any system.",
    *_PERSON,
    *_WHEN,
    *_END,
    text("kind", "Kind", required=True, codes=DISABILITY_MARKS.values),
    sort=("source", "record_id", "event_date", "kind"),
)

YOUNG_CARER_IDENTIFICATIONS = _table(
    "young_carer_identifications",
    "Each time a service identified a child as a young carer.",
    *_PERSON,
    *_WHEN,
    text("identified_by", "Who identified the child", codes=YOUNG_CARER_IDENTIFIERS.values),
    text("cares_for", "Whom, as held"),
    text("condition", "Condition of the person cared for, as held"),
    sort=("source", "record_id", "event_date", "identified_by"),
)

OUTCOME_SCORES = _table(
    "outcome_scores",
    "Outcome framework scores of early help cases, 0 no concern to 10 severe.",
    *_GROUP,
    *_WHEN,
    text("stage", "When scored", required=True, codes=SCORE_STAGES.values),
    text("domain", "Domain", required=True),
    integer("score", "0 to 10", required=True),
    sort=("source", "group_id", "stage", "domain"),
)

QUARANTINE = _table(
    "quarantine",
    "Rows and cells that broke a contract. Personal data: values are as held.",
    _SOURCE,
    _FILE,
    integer("row", "Row of the file, the first after the header is 1", required=True),
    text("table", "Table the row was meant for", required=True),
    text("column", "Column that broke the rule; empty for a rule of the whole row"),
    text("rule", "Rule that was broken", required=True),
    text("action", "Whether the row was left out or only the cell", required=True, codes=("row", "cell")),
    text("value", "The value as held"),
    sort=("source", "file", "row", "table", "column", "rule"),
)

UNMAPPED_VALUES = _table(
    "unmapped_values",
    "Values of coded columns that no code map of the TOML has, each with its rows. Personal data: values are as held.",
    _SOURCE,
    text("extract", "Extract, as the TOML names it", required=True),
    text("table", "Table the rows were meant for", required=True),
    text("column", "Column of the table", required=True),
    text("value", "The value as held; of a list of codes the one that is not known", required=True),
    text(
        "action",
        "Whether the row was left out, only the cell, or the value is kept as it is, in a column without a closed list",
        required=True,
        codes=("row", "cell", "kept"),
    ),
    integer("rows", "Number of rows", required=True),
    sort=("source", "extract", "table", "column", "value", "action"),
)

TABLES: tuple[Table, ...] = (
    PERSON_RECORDS,
    ADDRESSES,
    GROUP_MEMBERS,
    RELATIONSHIPS,
    ATTENDANCE,
    EXCLUSIONS,
    SCHOOL_STATUS,
    NEET,
    RENT_TRANSACTIONS,
    ARREARS_ACTIONS,
    TENANCIES,
    BENEFIT_SPELLS,
    CONTACTS,
    ASSESSMENTS,
    SERVICE_EPISODES,
    ALLOCATIONS,
    WORKERS,
    DOMESTIC_INCIDENTS,
    OFFENCES,
    ADULT_CARE_SERVICES,
    DISABILITY_MARKERS,
    YOUNG_CARER_IDENTIFICATIONS,
    OUTCOME_SCORES,
)
"""Every table an extract can be mapped to. All are written in every run, empty where no extract feeds them."""
