"""What councils' systems call things: for each table column the header names that mean it and the shape it must have.

A name is written in small letters and full words; `headers.fit` makes real headers comparable to it. Names come from
the usual layouts of school, case management, housing, benefits and register systems.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sources.suggestions.profiling import Shape


def named(names: str) -> tuple[str, ...]:
    """Names told apart by commas."""
    return tuple(name.strip() for name in names.split(","))


class Key(Enum):
    """What a row of a table is keyed by."""

    PERSON = "person"
    GROUP = "group"
    EITHER = "either"
    NONE = "none"


@dataclass(frozen=True)
class Field:
    """One column of a table: names it goes by, best first, and the shapes one of which its cells must have.

    ``weight`` is how much finding it says for the table; ``by_shape`` that cells of its first shape are enough;
    ``marks`` are words of which one is enough where the shape fits.
    """

    column: str
    names: tuple[str, ...]
    shapes: tuple[Shape, ...] = ()
    weight: float = 1.0
    by_shape: bool = False
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Kind:
    """One table as files show it.

    ``topic`` words in the path or the headers speak for it; ``needs`` are the columns without which it is not
    proposed; ``constants`` fill columns that no such file has; ``beside`` names tables that may be fed by the same
    file. ``enough`` is the evidence (see `choosing`) from which it is proposed.
    """

    table: str
    keyed: Key
    fields: tuple[Field, ...]
    topic: tuple[str, ...]
    needs: tuple[str, ...]
    group_types: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    beside: tuple[str, ...] = ()
    enough: float = 2.8


DATE = (Shape.DATE,)
CODE = (Shape.TEXT,)

RECORDED = named(
    "recorded date, record created, created, created date, input date, entered date, keyed, "
    "added date, received date, notified date, logged date, registered date, register added, "
    "registration date, posted date, reported date, confirmed, confirmed date, verified date, "
    "decided date, decision date, authorised date, approved date, captured date, loaded date, "
    "amended date, changed date, updated, updated date, modified, modified date, joined date, "
    "joined, joined household date, issued, issued date, identified date, census date, keyed "
    "date, timestamp, submitted date, recorded, added, entered, registered, received, logged, "
    "reported, notification date, membership date, reported la date, added "
    "register date, sign up date, row created, insert date, decision made date"
)
"""When the council knew, the strictest first."""
START = named(
    "start date, from date, start, from, date from, effective from, valid from, open date, "
    "effective date, event date, occurred date, date"
)
END = named(
    "end date, to date, end, to, until, effective to, valid to, valid until, close date, "
    "closure date, expires, expiry date, expiry, completed date, completion date, ending "
    "date, review end date"
)


OF_RECORDING = frozenset(
    {
        *("recorded", "created", "input", "inputted", "entered", "keyed", "added", "received", "notified", "logged"),
        *("registered", "posted", "reported", "inserted", "captured", "amended", "changed", "loaded", "updated"),
        *("modified", "typed", "submitted", "uploaded", "setup"),
    }
)
OF_BEGINNING = frozenset({"start", "from", "effective"})
OF_ENDING = frozenset({"end", "until", "expiry", "expires", "cessation", "close"})


def _starts(*subjects: str) -> tuple[str, ...]:
    return (
        tuple(
            f"{subject} {name}"
            for subject in subjects
            for name in named("start date, start, from date, from, date, open date, begin date")
        )
        + START
    )


def _ends(*subjects: str) -> tuple[str, ...]:
    return (
        tuple(
            f"{subject} {name}"
            for subject in subjects
            for name in named(
                "end date, end, to date, to, close date, completed date, completion date, authorised date, expiry date"
            )
        )
        + END
    )


def when(*subjects: str) -> tuple[Field, ...]:
    return (
        Field("event_date", _starts(*subjects), DATE, marks=OF_BEGINNING),
        Field("recorded_on", RECORDED, DATE, 0.3, marks=OF_RECORDING),
    )


def spell(*subjects: str) -> tuple[Field, ...]:
    return (*when(*subjects), Field("to_date", _ends(*subjects), DATE, 0.5, marks=OF_ENDING))


PERSON_KEYS = named(
    "person id, person reference, person number, person code, client id, client reference, "
    "child id, child reference, service user id, customer id, customer reference, customer "
    "number, party id, party reference, member id, member reference, member number, pupil id, "
    "student id, learner id, upn, ssid, mosaic id, lcs id, las id, ics id, swift id, ehm id, "
    "ccis id, iyss id, asc id, ey id, yc id, ypi id, childview id, young person id, yp id, "
    "aspire id, borrower number, borrower id, barcode, card number, membership number, badge "
    "number, badge id, permit number, permit reference, elector number, electoral number, "
    "roll number, patron id, applicant id, account id, user id, resident id, registration id, "
    "registration number, registration reference, document id, notice reference, notification "
    "id, notification reference, incident reference, incident number, log number, log "
    "reference, crime reference, case person id, individual id, record id, unique id, "
    "reference, id"
)
GROUP_KEYS: dict[str, tuple[str, ...]] = {
    "tenancy": named(
        "tenancy reference, tenancy id, tenancy number, tenancy agreement reference, tag "
        "reference, rent account, rent account number, rent account reference, rent reference, "
        "payment reference, tenancy account, agreement reference, agreement number, account "
        "number, account reference"
    ),
    "benefit_claim": named(
        "claim reference, claim id, claim number, claim, benefit reference, housing benefit reference"
    ),
    "council_tax_account": named(
        "council tax account, council tax reference, council tax number, account reference, "
        "account number, account id, liability reference"
    ),
    "case_family": named(
        "family id, family reference, family number, case id, case reference, case number, case "
        "family id, episode id, group id, workgroup id"
    ),
    "school_contact": ("contact group id",),
}

PERSON = (
    Field("forename", named("forename, legal forename, chosen forename, christian name, known as"), (Shape.NAME,), 1.5),
    Field("surname", ("surname", "legal surname"), (Shape.NAME,), 1.5),
    Field(
        "full_name",
        named(
            "full name, name, person name, claimant name, liable name, lead liable name, second "
            "liable name, account holder, display name, liability party, liable party"
        ),
        (Shape.NAME,),
        1.5,
    ),
    Field("dob", ("birth date", "birth"), DATE, 1.0),
    Field("sex", ("sex", "sex code", "sex description"), (Shape.SEX,), 0.5),
    Field(
        "ethnicity",
        named(
            "ethnicity, ethnicity code, ethnicity description, ethnicity origin, ethnicity origin "
            "code, ethnicity group, sub ethnicity, ethnicity category"
        ),
        (Shape.ETHNICITY, Shape.TEXT),
        0.5,
        True,
    ),
    Field("upn", ("upn",), (Shape.UPN,), 0.7, True),
    Field("nino", ("nino", "national insurance number"), (Shape.NINO, Shape.IDENTIFIER), 0.7, True),
    Field("email", ("email", "email address"), (Shape.EMAIL,), 0.5, True),
    Field("phone", ("phone", "phone number", "contact number", "home phone"), (Shape.PHONE,), 0.5),
    Field("postcode", ("postcode", "property postcode"), (Shape.POSTCODE,), 0.7, True),
    Field("uprn", ("uprn", "llpg uprn", "property uprn"), (Shape.UPRN,), 0.5),
    Field(
        "address_from",
        named(
            "address from, address start date, move in date, moved in date, liability start, liable "
            "from, liability from, liability start date, occupied from, valid from"
        ),
        DATE,
        0.3,
    ),
    Field(
        "address_to",
        named(
            "address to, address end date, move out date, moved out date, liability end, liable to, "
            "liability to, liability end date, occupied to, valid to, valid until"
        ),
        DATE,
        0.3,
    ),
    Field("recorded_on", RECORDED, DATE, 0.2, marks=OF_RECORDING),
)

ADDRESS_WHOLE = named("address, full address, property address, one line address, incident address")
ADDRESS_PARTS = (
    named(
        "address line 1, address 1, address line 2, address 2, address line 3, address 3, address "
        "line 4, address 4, address line 5, address 5"
    ),
    ("sub building", "flat", "flat number", "saon", "sao", "sao text"),
    named("building name, house name, house number, house, paon, pao, pao text, property number, building number"),
    named("street, street name, street description, road, thoroughfare"),
    ("locality", "district"),
    ("town", "town name", "post town", "city"),
)
"""The parts an address may be in, in the order they are written."""

MEMBER = (
    Field(
        "role",
        named(
            "role, member type, relationship, relationship to tenant, role family, relationship type, "
            "member role, relationship claimant, relationship head, household role, person type"
        ),
        CODE,
        0.7,
    ),
    Field(
        "from_date",
        named(
            "joined household date, member from, moved in date, joined date, added date, from date, "
            "start date, liable from, liability start, liability from"
        ),
        DATE,
        0.3,
    ),
    Field(
        "to_date",
        named(
            "left household date, member to, moved out date, left date, removed date, to date, end "
            "date, liable to, liability end, liability to"
        ),
        DATE,
        0.3,
    ),
    Field("recorded_on", RECORDED, DATE, 0.2, marks=OF_RECORDING),
)
"""Columns of a file that says who belongs to a group."""
