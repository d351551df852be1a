"""The tables that the residents room hands on."""

from __future__ import annotations

from sources.codes.council import PROPERTY_KINDS
from store.table import Table, Zone, date, flag, integer, number, text

ROOM = "residents"

RECORD_PERSON = Table(
    "record_person",
    ROOM,
    Zone.IDENTIFIABLE,
    "Which person each record is. One row for each record_id, and one for each subject_id that differs from it.",
    (
        text("source", "System", required=True),
        text("file", "Path within the extracts", required=True),
        text("record_id", "Key in the system: a row's own key, or a subject_id", required=True),
        text("person_id", "Person", required=True),
        number("match_probability", "Probability that the record belongs to the person, 0 to 1", required=True),
    ),
    sort=("source", "file", "record_id"),
)

PEOPLE = Table(
    "people",
    ROOM,
    Zone.IDENTIFIABLE,
    "One row a person: the best-supported name, birth date and sex.",
    (
        text("person_id", "Person", required=True),
        text("forename", "Best forename"),
        text("surname", "Best surname"),
        date("dob", "Best date of birth"),
        text("sex", "M or F"),
    ),
    sort=("person_id",),
)

PROTECTED = Table(
    "protected",
    ROOM,
    Zone.PROTECTED,
    "Ethnicity of each person. Only fairness_audits may read it.",
    (
        text("person_id", "Person", required=True),
        text("analysis_id", "The person's pseudonym in the analysis zone", required=True),
        text("ethnicity", "DfE code; REFU and NOBT as held; empty when no system holds one"),
        text("provenance", "System the code was taken from"),
        flag("conflict", "Whether systems hold different codes", required=True),
    ),
    sort=("person_id",),
)

RESIDENCE_SPELLS = Table(
    "residence_spells",
    ROOM,
    Zone.IDENTIFIABLE,
    "Where each person lived, as far as the evidence goes.",
    (
        text("person_id", "Person", required=True),
        text("uprn", "Property, where the address was found in the gazetteer"),
        text("address_key", "UPRN, else a normal form of the address", required=True),
        number("address_score", "How well the best address held fits the property, 0 to 1; empty where none was found"),
        text("kind", "Kind of property", codes=(*PROPERTY_KINDS.values, "unknown")),
        date("from_date", "First day known there", required=True),
        date("to_date", "Last day; empty while current"),
        date("recorded_on", "When the council first knew", required=True),
        date("end_recorded_on", "When the council knew of the end; empty while current"),
    ),
    sort=("person_id", "from_date", "address_key"),
)

FAMILIES = Table(
    "families",
    ROOM,
    Zone.IDENTIFIABLE,
    "Who belongs to which family, when. A person may belong to several at once.",
    (
        text("family_id", "Family", required=True),
        text("person_id", "Person", required=True),
        text("role", "Role", required=True, codes=("adult", "child")),
        date("from_date", "From", required=True),
        date("to_date", "To; empty while current"),
        date("recorded_on", "When the council first knew", required=True),
        date("end_recorded_on", "When the council knew of the end; empty while current"),
        number("confidence", "0 to 1", required=True),
        text("basis", "Kinds of evidence, joined by +", required=True),
    ),
    sort=("family_id", "person_id", "from_date"),
)

PSEUDONYMS = Table(
    "pseudonyms",
    ROOM,
    Zone.IDENTIFIABLE,
    "Pseudonym of each person and family in the analysis zone.",
    (
        text("kind", "person or family", required=True, codes=("person", "family")),
        text("id", "person_id or family_id", required=True),
        text("pseudonym", "Pseudonym", required=True),
    ),
    sort=("kind", "id"),
)

VERSIONS = Table(
    "versions",
    ROOM,
    Zone.IDENTIFIABLE,
    "The index as it stands: each way in which a system writes one of its keys, and whose it is. Its other columns are "
    "those that the matching model compares.",
    (
        integer("version", "Number of the version in this index", required=True),
        text("person_id", "Person", required=True),
        text("source", "System", required=True),
        text("subject_id", "The system's key for the person", required=True),
        flag("aliased", "Whether the person is known by names or dates that conflict", required=True),
        number("support", "Probability of the best link that holds it to the person, 0 to 1", required=True),
    ),
    sort=("version",),
    open_columns=True,
)

SERVICE_GROUPS = Table(
    "service_groups",
    ROOM,
    Zone.IDENTIFIABLE,
    "Each service's own grouping of people (a tenancy, a claim, a case), in persons, as the service made it.",
    (
        text("source", "System", required=True),
        text("group_type", "Kind of group, as in group_members", required=True),
        text("group_id", "The service's own key of the group", required=True),
        text("person_id", "Person", required=True),
        text("role", "Role, in the service's words"),
        date("from_date", "From"),
        date("to_date", "To; empty while current or where the service does not say"),
        date("recorded_on", "When the council knew", required=True),
        flag("too_large", "Whether it names more people than a family has, and so ties nobody", required=True),
    ),
    sort=("source", "group_type", "group_id", "person_id", "from_date"),
)

KEYS_GONE = Table(
    "keys_gone",
    ROOM,
    Zone.IDENTIFIABLE,
    "Keys that earlier indexes held and no system holds now, so that whoever comes back keeps the id.",
    (
        text("source", "System", required=True),
        text("subject_id", "The system's key for the person", required=True),
        text("person_id", "Person", required=True),
    ),
    sort=("source", "subject_id", "person_id"),
)

FAMILY_CHANGES = Table(
    "family_changes",
    ROOM,
    Zone.IDENTIFIABLE,
    "Families of the previous run's index that became one with others (merge) or several (split) in this one.",
    (
        text("kind", "merge or split", required=True, codes=("merge", "split")),
        text("from_family", "Family of the previous index", required=True),
        text("to_family", "Family that holds some or all of its members now", required=True),
        integer("people", "How many of its members", required=True),
        date("recorded_on", "Extract date of the run that found it", required=True),
    ),
    sort=("from_family", "to_family"),
)

PERSON_CHANGES = Table(
    "person_changes",
    ROOM,
    Zone.IDENTIFIABLE,
    "People of the previous run's index who turned out to be one (merge) or several (split) in this one.",
    (
        text("kind", "merge or split", required=True, codes=("merge", "split")),
        text("from_person", "Person of the previous index", required=True),
        text("to_person", "Person who holds some or all of that one's systems' keys now", required=True),
        integer("keys", "How many of the systems' keys", required=True),
        date("recorded_on", "Extract date of the run that found it", required=True),
    ),
    sort=("from_person", "to_person"),
)

REVIEW_PAIRS = Table(
    "review_pairs",
    ROOM,
    Zone.IDENTIFIABLE,
    "A sample of pairs of records for a person to judge, drawn by lot within each stratum.",
    (
        integer("pair", "Number of the pair, in no order that tells anything", required=True),
        text("stratum", "Kind of pair: joined or apart, and how far its weight lies from the threshold", required=True),
        integer("place", "Place within its stratum, by lot", required=True),
        integer("stratum_pairs", "Pairs that the stratum has, sampled or not", required=True),
        flag("joined", "Whether the index holds the two to be one person", required=True),
        number("weight", "Match weight in bits; empty where the two were never compared or fell below the threshold"),
        number("match_probability", "The same as a probability"),
        text("source_1", "System of the first record", required=True),
        text("file_1", "Path within the extracts", required=True),
        text("record_id_1", "Key in the system", required=True),
        text("source_2", "System of the second record", required=True),
        text("file_2", "Path within the extracts", required=True),
        text("record_id_2", "Key in the system", required=True),
    ),
    sort=("pair",),
)

TABLES = (
    *(RECORD_PERSON, PEOPLE, PROTECTED, RESIDENCE_SPELLS, FAMILIES, SERVICE_GROUPS, PSEUDONYMS),
    *(VERSIONS, PERSON_CHANGES, KEYS_GONE, FAMILY_CHANGES, REVIEW_PAIRS),
)
