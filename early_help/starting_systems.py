"""The systems most councils have: what to ask the owner of each for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ask:
    """One file to ask a system's owner for: its columns, and the table it becomes."""

    file: str
    table: str
    columns: str
    why: str


@dataclass(frozen=True)
class System:
    """One system most councils have."""

    folder: str
    title: str
    keys: str
    recorded: str
    asks: tuple[Ask, ...]


SYSTEMS: tuple[System, ...] = (
    System(
        "schools",
        "Schools: census, attendance, suspensions",
        "The UPN in every file.",
        "Census day for the census; for marks the day each was last changed; for suspensions the day reported.",
        (
            Ask(
                "school_census.csv",
                "person_records",
                "census day, UPN, forename, surname, birth date, sex, ethnicity (DfE code), address, "
                "postcode, school (DfE number), year group, free school meals from and to, SEN provision, "
                "young carer, entry and leaving date",
                "who goes to school where, and each child's family",
            ),
            Ask(
                "attendance.parquet",
                "attendance",
                "UPN, date, AM or PM, register code, last changed",
                "rates of absence, which need every session mark and not only absences",
            ),
            Ask(
                "suspensions.csv",
                "exclusions",
                "UPN, start date, suspension or permanent, reason, sessions lost, recorded on",
                "suspensions and permanent exclusions",
            ),
        ),
    ),
    System(
        "social_care",
        "Children's social care: persons, contacts, assessments, episodes",
        "The system's own person number in every file, also of adults in the household.",
        "The day each row was keyed, which may be weeks after the contact: ask for the created date of every table.",
        (
            Ask(
                "persons.csv",
                "person_records",
                "person id, forename, surname, birth date, sex, ethnicity, address, postcode, UPRN, date created",
                "who everyone with a record is, open or closed",
            ),
            Ask(
                "contacts.csv",
                "contacts",
                "contact id, person id, contact date, source (1A to 10), reason, outcome, date recorded",
                "who came to the front door, also where no further action followed",
            ),
            Ask(
                "assessments.csv",
                "assessments",
                "assessment id, person id, start, end, factors, outcome, date recorded",
                "what the need was, by factors such as 3B",
            ),
            Ask(
                "episodes.csv",
                "service_episodes",
                "episode id, person id, CIN, CP or LAC, start, end, closure reason, date recorded",
                "who already has help, and whose need was confirmed",
            ),
            Ask(
                "relationships.csv",
                "relationships",
                "person id a, person id b, relationship, from, to, date recorded",
                "siblings and parents who do not share an address",
            ),
        ),
    ),
    System(
        "early_help",
        "Early help: cases and the people on them",
        "The case number in both files.",
        "The day the case was entered, and the day each member was added.",
        (
            Ask(
                "cases.csv",
                "service_episodes",
                "case id, opened, closed, closure reason, date recorded",
                "who has had early help, and what came of it",
            ),
            Ask(
                "case_members.csv",
                "person_records",
                "member id, case id, forename, surname, birth date, sex, ethnicity, role, added on",
                "who the case is about",
            ),
        ),
    ),
    System(
        "housing",
        "Housing: tenancies, household members, rent, arrears",
        "The tenancy reference in all files, spelt alike.",
        "For postings the day of posting; for tenancies and members the day they were entered.",
        (
            Ask(
                "tenancies.csv",
                "tenancies",
                "tenancy ref, UPRN, address, postcode, tenure, start, end, weekly rent, created",
                "past addresses, which join people's records, so ended tenancies too",
            ),
            Ask(
                "members.csv",
                "person_records",
                "tenancy ref, person number, forename, surname, birth date, sex, ethnicity, relationship, date added",
                "who lives in the household, not only tenants",
            ),
            Ask(
                "rent_transactions.csv",
                "rent_transactions",
                "tenancy ref, date, type, amount, posted on",
                "what is owed and how it is paid, with Universal Credit and Housing Benefit as types of their own",
            ),
            Ask(
                "arrears_actions.csv",
                "arrears_actions",
                "tenancy ref, action, date, keyed on, balance",
                "how far recovery has gone, by letters, notices and court dates",
            ),
        ),
    ),
    System(
        "benefits",
        "Housing Benefit, Council Tax Reduction, Universal Credit notices",
        "The claim number in both files.",
        "The decision date: decisions are backdated, and the effective date would be too early.",
        (
            Ask(
                "claims.csv",
                "benefit_spells",
                "claim ref, claim type, from, to, decision date, weekly award, carer's allowance, child "
                "DLA, disability premium",
                "when a family's income changed",
            ),
            Ask(
                "claim_members.csv",
                "person_records",
                "claim ref, member number, forename, surname, birth date, sex, relationship",
                "who is on the claim",
            ),
        ),
    ),
    System(
        "council_tax",
        "Council tax accounts",
        "The account reference.",
        "The day the account was opened in the system, if it is kept.",
        (
            Ask(
                "accounts.csv",
                "person_records",
                "account ref, liable name, second liable name, UPRN, address, postcode, liable from, liable "
                "to, created",
                "adults at an address, with dates",
            ),
        ),
    ),
    System(
        "youth_justice",
        "Youth justice",
        "The system's person number.",
        "The day the offence was recorded.",
        (
            Ask(
                "offences.csv",
                "offences",
                "person id, offence id, offence date, type, gravity, outcome, recorded on",
                "offences with an outcome",
            ),
        ),
    ),
    System(
        "adult_care",
        "Adult social care",
        "The system's person number in both files.",
        "The day each service was recorded.",
        (
            Ask(
                "adults.csv",
                "person_records",
                "person id, forename, surname, birth date, sex, ethnicity, address, postcode, date created",
                "parents and grandparents who need care",
            ),
            Ask(
                "services.csv",
                "adult_care_services",
                "person id, service type, start, end, recorded on",
                "a parent's care, the strongest sign that a child may be caring",
            ),
        ),
    ),
    System(
        "neet",
        "Tracking of 16 to 18 year olds",
        "The tracking system's person number.",
        "The day each month was confirmed.",
        (
            Ask(
                "monthly.csv",
                "neet",
                "person id, month, EET, NEET or not known, reason, confirmed on",
                "time out of learning, which needs one row a month and not only the latest",
            ),
        ),
    ),
    System(
        "young_carers",
        "The young carers project's register",
        "The register's own number.",
        "The day the child was put on it.",
        (
            Ask(
                "register.csv",
                "young_carer_identifications",
                "reference, forename, surname, birth date, address, postcode, cares for, condition, added on",
                "the children already known, also those no longer supported",
            ),
        ),
    ),
    System(
        "domestic_abuse",
        "Police notifications of domestic incidents",
        "The incident number.",
        "The day the council received it.",
        (
            Ask(
                "incidents.csv",
                "domestic_incidents",
                "incident ref, incident date, received on, address, adult 1 name and birth date, adult 2 "
                "name, risk, children present",
                "violence in homes with children, one row an incident",
            ),
        ),
    ),
    System(
        "registers",
        "Other registers: libraries, blue badges, parking, early years, citizen portal, electors",
        "Each register's own number.",
        "The day each person was added.",
        (
            Ask(
                "libraries.csv",
                "person_records",
                "barcode, forename, surname, birth date, address, postcode, joined",
                "who lives where, by the names, addresses and phones that join the other systems' records",
            ),
        ),
    ),
    System(
        "gazetteer",
        "The local land and property gazetteer",
        "The UPRN.",
        "None is needed.",
        (
            Ask(
                "llpg.csv",
                "addresses",
                "UPRN, address, postcode, BLPU class, ward, LSOA",
                "which addresses are hostels or shared houses, where living together is not family",
            ),
        ),
    ),
)
