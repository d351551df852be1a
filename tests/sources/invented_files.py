"""Files of invented councils, and the mapping a person would write for each.

They were written before the vocabulary of `sources.suggestions` was, from the habits of the systems councils use, so
that what is measured on them says something of files nobody has seen. Names, keys and codes are made up.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import random
from dataclasses import dataclass
from pathlib import Path

ROWS = 60
EXTRACT_DATE = dt.date(2026, 9, 1)
_FORENAMES = ("Ada", "Bola", "Cerys", "Dev", "Efe", "Farah", "Gwen", "Hugo", "Idris", "June", "Kofi", "Lena")
_SURNAMES = ("Adeyemi", "Byrne", "Clarke", "Das", "Evans", "Farouk", "Green", "Hussain", "Ito", "Jones", "Khan")
_STREETS = ("Mill Lane", "High Street", "Canal Walk", "Church Road", "Station Approach", "Oak Drive")

Expected = dict[str, dict[str, str | list[str]]]


@dataclass(frozen=True)
class Invented:
    """One file: its path, its columns (header and kind of value) and what a person would map.

    ``expected`` is table (with ``:1`` and ``:2`` after it where a row names two people) to table column, or ``key``
    or ``group``, to the header or headers it comes from.
    """

    path: str
    columns: tuple[tuple[str, str], ...]
    expected: Expected
    delimiter: str = ","
    encoding: str = "utf-8"
    title: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write the file under ``folder``; the same bytes every time."""
        made = random.Random(self.path)
        text = io.StringIO()
        text.write("".join(f"{line}\n" for line in self.title))
        out = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        out.writerow([header for header, _ in self.columns])
        out.writerows([[_cell(kind, row, made) for _, kind in self.columns] for row in range(ROWS)])
        text.write("".join(f"{line}\n" for line in self.footer))
        path = folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.getvalue().encode(self.encoding)
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
        return path


def _cell(kind: str, row: int, made: random.Random) -> str:
    name, _, detail = kind.partition(":")
    if detail.endswith("?"):
        detail = detail[:-1]
        if made.random() < 0.4:
            return ""
    if name == "date":
        day = dt.date(2019, 1, 1) + dt.timedelta(days=made.randrange(2700))
        return day.strftime(detail)
    if name == "born":
        return (dt.date(1970, 1, 1) + dt.timedelta(days=made.randrange(18000))).strftime(detail)
    if name == "serial":
        return f"{detail}{100000 + row * 7}"
    if name == "repeat":
        return f"{detail}{5000 + made.randrange(15)}"
    if name == "of":
        return made.choice(detail.split("|"))
    if name == "upn":
        return f"A2{made.randrange(10**11):011d}"[:13]
    if name == "money":
        return f"{made.randrange(100, 90000) / 100:,.2f}"
    if name == "number":
        low, high = detail.split("-")
        return str(made.randint(int(low), int(high)))
    person = (made.choice(_FORENAMES), made.choice(_SURNAMES))
    return {
        "forename": person[0],
        "surname": person[1],
        "name": " ".join(person),
        "address": f"{made.randint(1, 180)} {made.choice(_STREETS)}",
        "street": made.choice(_STREETS),
        "house": str(made.randint(1, 180)),
        "town": "Exampleton",
        "postcode": f"EX{made.randint(1, 9)} {made.randint(1, 9)}{made.choice('ABDEFGH')}{made.choice('JLNPQ')}",
        "uprn": str(10090000000 + made.randrange(10**6)),
        "nino": f"JK{made.randrange(10**6):06d}{made.choice('ABCD')}",
        "email": f"{person[0].lower()}{row}@mail.example",
        "phone": f"07700 900{made.randrange(1000):03d}",
        "words": " ".join(made.choices(("visit", "letter", "call", "seen", "plan", "none", "asked"), k=6)),
    }[name]


_UK = "date:%d/%m/%Y"
_TIMED = "date:%d/%m/%Y 09:15"
_ISO = "date:%Y-%m-%d"
_SEX = "of:M|F"
_GENDER = "of:Male|Female|Unknown"
_DFE = "of:WBRI|BCRB|APKN|MWBC|NOBT"
_LABELS = "of:White British|Black Caribbean|Pakistani|Any other White background|Refused"

INVENTED: tuple[Invented, ...] = (
    Invented(
        "education/ONE_students.csv",
        (
            ("STUD_ID", "serial:"), ("Legal Surname", "surname"), ("Legal Forename", "forename"),
            ("Preferred Surname", "surname"), ("D.O.B.", "born:%d/%m/%Y"), ("Gender", _SEX),
            ("Ethnicity Description", _LABELS), ("UPN", "upn"), ("House No", "house"), ("Street", "street"),
            ("Town", "town"), ("PostCode", "postcode"), ("Base Name", "of:Hill Primary|Dale School"),
            ("Date Updated", _UK),
        ),
        {"person_records": {
            "key": "STUD_ID", "forename": "Legal Forename", "surname": "Legal Surname", "dob": "D.O.B.",
            "sex": "Gender", "ethnicity": "Ethnicity Description", "upn": "UPN",
            "address": ["House No", "Street", "Town"], "postcode": "PostCode", "recorded_on": "Date Updated",
        }},
    ),
    Invented(
        "education/marks_2025.txt",
        (
            ("Pupil UPN", "upn"), ("Mark Date", "date:%d-%b-%Y"), ("AM/PM", "of:AM|PM"),
            ("Mark", "of:/|\\|O|I|N|L|M"), ("Date Amended", "date:%d-%b-%Y"), ("Minutes Late", "number:0-20"),
        ),
        {"attendance": {
            "key": "Pupil UPN", "event_date": "Mark Date", "session": "AM/PM", "code": "Mark",
            "recorded_on": "Date Amended",
        }},
        delimiter="\t",
    ),
    Invented(
        "education/suspensions.csv",
        (
            ("Student UPN", "upn"), ("Student Name", "name"), ("Suspension Type", "of:Suspension|Permanent exclusion"),
            ("Reason Code", "of:PP|PA|DB|VA"), ("Start date", _UK), ("Number of sessions", "number:1-20"),
            ("Date Reported to LA", _UK),
        ),
        {"exclusions": {
            "key": "Student UPN", "event_date": "Start date", "kind": "Suspension Type", "reason": "Reason Code",
            "sessions": "Number of sessions", "recorded_on": "Date Reported to LA",
        }},
    ),
    Invented(
        "education/spring_census_pupils.csv",
        (
            ("Unique Pupil Number", "upn"), ("First Name", "forename"), ("Last Name", "surname"),
            ("Date of birth", "born:%Y-%m-%d"), ("Sex", _SEX), ("Ethnic origin code", _DFE),
            ("Postal address", "address"), ("Post code", "postcode"), ("Establishment Number", "number:2000-2020"),
            ("Year group", "number:1-11"), ("FSM Eligible", "of:Y|N"), ("SEN status", "of:N|K|E"),
            ("Admission date", _ISO), ("Leaving date", "date:%Y-%m-%d?"), ("Census date", "of:2026-01-15|2025-10-02"),
        ),
        {
            "person_records": {
                "key": ["Census date", "Unique Pupil Number"], "forename": "First Name", "surname": "Last Name",
                "dob": "Date of birth", "sex": "Sex", "ethnicity": "Ethnic origin code", "upn": "Unique Pupil Number",
                "address": "Postal address", "postcode": "Post code", "recorded_on": "Census date",
            },
            "school_status": {
                "key": "Unique Pupil Number", "event_date": "Census date", "recorded_on": "Census date",
                "school_id": "Establishment Number", "year_group": "Year group", "fsm": "FSM Eligible",
                "sen": "SEN status", "entry_date": "Admission date", "leaving_date": "Leaving date",
            },
        },
    ),
    Invented(
        "csc/LCS_contacts.psv",
        (
            ("LCS ID", "repeat:"), ("Contact ID", "serial:"), ("Contact Date", _TIMED), ("Date Input", _TIMED),
            ("Contact Source", "of:1A|2B|5A|10"), ("Contact Reason", "of:Neglect|Housing|Parenting"),
            ("Contact Outcome", "of:No further action|Referral|Early Help"), ("Contact Notes", "words"),
        ),
        {"contacts": {
            "key": "LCS ID", "contact_id": "Contact ID", "event_date": "Contact Date", "recorded_on": "Date Input",
            "referral_source": "Contact Source", "reason": "Contact Reason", "outcome": "Contact Outcome",
        }},
        delimiter="|",
    ),
    Invented(
        "csc/single_assessments.csv",
        (
            ("Child ID", "repeat:"), ("Assessment ID", "serial:A"), ("Assessment Start Date", _UK),
            ("Assessment Completed Date", "date:%d/%m/%Y?"), ("Assessment Outcome", "of:NFA|CIN Plan|Step down to EH"),
            ("Assessment Factors", "of:3B|4B,5B|17A"), ("Record Created", _TIMED), ("Team", "of:North|South"),
        ),
        {"assessments": {
            "key": "Child ID", "assessment_id": "Assessment ID", "event_date": "Assessment Start Date",
            "to_date": "Assessment Completed Date", "outcome": "Assessment Outcome", "factors": "Assessment Factors",
            "recorded_on": "Record Created",
        }},
    ),
    Invented(
        "mosaic/demographics.csv",
        (
            ("PERSON_ID", "serial:"), ("FIRST_NAMES", "forename"), ("LAST_NAMES", "surname"),
            ("DATE_OF_BIRTH", "born:%d-%b-%y"), ("GENDER", "of:M|F|U"), ("SUB_ETHNICITY", _LABELS),
            ("FULL_ADDRESS", "address"), ("POST_CODE", "postcode"), ("NHS_NUMBER", "serial:943"),
            ("DATE_CREATED", "date:%d-%b-%y"), ("DATE_OF_DEATH", "date:%d-%b-%y?"),
        ),
        {"person_records": {
            "key": "PERSON_ID", "forename": "FIRST_NAMES", "surname": "LAST_NAMES", "dob": "DATE_OF_BIRTH",
            "sex": "GENDER", "ethnicity": "SUB_ETHNICITY", "address": "FULL_ADDRESS", "postcode": "POST_CODE",
            "recorded_on": "DATE_CREATED",
        }},
    ),
    Invented(
        "csc/plans.csv",
        (
            ("SSID", "repeat:"), ("Plan ID", "serial:"), ("Plan Type", "of:CIN|CP|LAC"), ("Plan Start Date", _UK),
            ("Plan End Date", "date:%d/%m/%Y?"), ("Category of Abuse", "of:Neglect|Emotional"),
            ("Closure Reason", "of:RC1|RC8"), ("Created On", _UK),
        ),
        {"service_episodes": {
            "key": "SSID", "episode_id": "Plan ID", "service": "Plan Type", "event_date": "Plan Start Date",
            "to_date": "Plan End Date", "category": "Category of Abuse", "closure_reason": "Closure Reason",
            "recorded_on": "Created On",
        }},
    ),
    Invented(
        "nec_housing/tenancies.csv",
        (
            ("TCY_REFNO", "serial:"), ("TCY_ACT_START_DATE", "date:%d-%b-%Y"), ("TCY_ACT_END_DATE", "date:%d-%b-%Y?"),
            ("TENURE_TYPE", "of:Secure|Introductory|Non-secure"), ("NET_RENT", "money"),
            ("TCY_CREATED_DATE", "date:%d-%b-%Y"), ("UPRN", "uprn"), ("ADDRESS", "address"),
        ),
        {"tenancies": {
            "group": "TCY_REFNO", "event_date": "TCY_ACT_START_DATE", "to_date": "TCY_ACT_END_DATE",
            "tenure": "TENURE_TYPE", "weekly_rent_pence": "NET_RENT", "recorded_on": "TCY_CREATED_DATE",
        }},
        delimiter=";",
    ),
    Invented(
        "orchard/rent_ledger.csv",
        (
            ("Rent Account", "repeat:"), ("Trans Date", _UK), ("Trans Code", "of:RENT|DD|HB|CASH"),
            ("Debit", "money"), ("Credit", "of:|12.50|80.00"), ("Posted Date", _UK), ("Narrative", "words"),
        ),
        {"rent_transactions": {
            "group": "Rent Account", "event_date": "Trans Date", "kind": "Trans Code",
            "amount_pence": ["Debit", "Credit"], "recorded_on": "Posted Date",
        }},
        title=("Orchard Housing - Rent ledger", "Run 01/09/2026 by interface"),
        footer=("End of report",),
    ),
    Invented(
        "civica/arrears_stages.csv",
        (
            ("Payment Ref", "repeat:"), ("Arrears Stage", "of:LETTER1|LETTER2|NOSP|COURT"), ("Stage Date", _UK),
            ("Date Entered", _UK), ("Current Balance", "money"), ("Officer", "of:AB|CD|EF"),
        ),
        {"arrears_actions": {
            "group": "Payment Ref", "action": "Arrears Stage", "event_date": "Stage Date",
            "recorded_on": "Date Entered", "balance_pence": "Current Balance",
        }},
    ),
    Invented(
        "nec_housing/household.csv",
        (
            ("TENANCY_REF", "repeat:"), ("PERSON_REF", "serial:"), ("TITLE", "of:Mr|Ms|Mrs"),
            ("FORENAMES", "forename"), ("SURNAME", "surname"), ("BIRTH_DATE", "born:%d/%m/%Y"), ("SEX", _SEX),
            ("RELATIONSHIP TO TENANT", "of:Tenant|Partner|Son|Daughter"), ("DATE JOINED HOUSEHOLD", _UK),
            ("NI NUMBER", "nino"),
        ),
        {
            "person_records": {
                "key": "PERSON_REF", "forename": "FORENAMES", "surname": "SURNAME", "dob": "BIRTH_DATE", "sex": "SEX",
                "nino": "NI NUMBER", "recorded_on": "DATE JOINED HOUSEHOLD",
            },
            "group_members": {
                "key": "PERSON_REF", "group": "TENANCY_REF", "role": "RELATIONSHIP TO TENANT",
                "from_date": "DATE JOINED HOUSEHOLD", "recorded_on": "DATE JOINED HOUSEHOLD",
            },
        },
    ),
    Invented(
        "academy/benefit_claims.csv.gz",
        (
            ("Claim Ref", "serial:"), ("Claim Type", "of:HB|CTS|HB & CTS"), ("Effective From", _UK),
            ("Effective To", "date:%d/%m/%Y?"), ("Date Decided", _UK), ("Weekly Benefit", "money"),
            ("Claimant NINO", "nino"), ("DLA Child", "of:Y|N"),
        ),
        {"benefit_spells": {
            "group": "Claim Ref", "benefit": "Claim Type", "event_date": "Effective From", "to_date": "Effective To",
            "recorded_on": "Date Decided", "weekly_pence": "Weekly Benefit", "child_disability": "DLA Child",
        }},
    ),
    Invented(
        "civica/uc_notices.csv",
        (
            ("Document ID", "serial:"), ("Claimant First Name", "forename"), ("Claimant Surname", "surname"),
            ("Claimant DOB", "born:%Y%m%d"), ("National Insurance No", "nino"),
            ("UC Notice Type", "of:Award|Termination"),
            ("Effective Date", "date:%Y%m%d"), ("Date Received", "date:%Y%m%d"),
        ),
        {
            "person_records": {
                "key": "Document ID", "forename": "Claimant First Name", "surname": "Claimant Surname",
                "dob": "Claimant DOB", "nino": "National Insurance No", "recorded_on": "Date Received",
            },
            "benefit_spells": {
                "key": "Document ID", "row_kind": "UC Notice Type", "event_date": "Effective Date",
                "recorded_on": "Date Received",
            },
        },
    ),
    Invented(
        "academy/ctax_liability.csv",
        (
            ("Account No", "serial:7"), ("Liable Name 1", "name"), ("Liable Name 2", "name"),
            ("Property Address", "address"), ("Property Postcode", "postcode"), ("UPRN", "uprn"),
            ("Liability Start", "date:%d.%m.%Y"), ("Liability End", "date:%d.%m.%Y?"), ("CTAX Band", "of:A|B|C|D"),
        ),
        {
            "person_records:1": {
                "key": "Account No", "full_name": "Liable Name 1", "address": "Property Address",
                "postcode": "Property Postcode", "uprn": "UPRN", "address_from": "Liability Start",
                "address_to": "Liability End", "recorded_on": "Liability Start",
            },
            "person_records:2": {
                "key": "Account No", "full_name": "Liable Name 2", "address": "Property Address",
                "postcode": "Property Postcode", "uprn": "UPRN", "address_from": "Liability Start",
                "address_to": "Liability End", "recorded_on": "Liability Start",
            },
            "group_members:1": {
                "key": "Account No", "group": "Account No", "from_date": "Liability Start",
                "to_date": "Liability End", "recorded_on": "Liability Start",
            },
            "group_members:2": {
                "key": "Account No", "group": "Account No", "from_date": "Liability Start",
                "to_date": "Liability End", "recorded_on": "Liability Start",
            },
        },
        encoding="cp1252",
    ),
    Invented(
        "ehm/eh_episodes.csv",
        (
            ("EH Episode ID", "serial:"), ("Family ID", "serial:F"), ("Episode Start Date", _UK),
            ("Episode End Date", "date:%d/%m/%Y?"), ("Episode Closure Reason", "of:Needs met|Stepped up"),
            ("Created Date", _UK), ("Lead Professional", "name"),
        ),
        {"service_episodes": {
            "group": "Family ID", "episode_id": "EH Episode ID", "event_date": "Episode Start Date",
            "to_date": "Episode End Date", "closure_reason": "Episode Closure Reason", "recorded_on": "Created Date",
        }},
    ),
    Invented(
        "ehm/family_members.csv",
        (
            ("Family ID", "repeat:F"), ("EHM ID", "serial:"), ("First Name", "forename"), ("Surname", "surname"),
            ("Birth Date", "born:%d/%m/%Y"), ("Gender", _GENDER), ("Ethnicity", _LABELS),
            ("Role in Family", "of:Mother|Father|Child"), ("Date Added", _UK), ("Mobile No", "phone"),
        ),
        {
            "person_records": {
                "key": "EHM ID", "forename": "First Name", "surname": "Surname", "dob": "Birth Date", "sex": "Gender",
                "ethnicity": "Ethnicity", "phone": "Mobile No", "recorded_on": "Date Added",
            },
            "group_members": {
                "key": "EHM ID", "group": "Family ID", "role": "Role in Family", "recorded_on": "Date Added",
                "from_date": "Date Added",
            },
        },
    ),
    Invented(
        "yjs/childview_offences.csv",
        (
            ("ChildView ID", "repeat:"), ("Offence ID", "serial:"), ("Date of Offence", _UK),
            ("Offence Category", "of:Theft|Violence|Drugs"), ("Seriousness", "number:1-8"),
            ("Disposal", "of:Caution|Referral Order"), ("Date Logged", _UK),
        ),
        {"offences": {
            "key": "ChildView ID", "offence_id": "Offence ID", "event_date": "Date of Offence",
            "kind": "Offence Category", "gravity": "Seriousness", "outcome": "Disposal", "recorded_on": "Date Logged",
        }},
    ),
    Invented(
        "iyss/participation.csv",
        (
            ("IYSS Client ID", "repeat:"), ("Month", "date:01/%m/%Y"), ("Current Situation", "of:EET|NEET|Not known"),
            ("NEET Reason", "of:|Illness|Seeking work"), ("Date Verified", _UK),
        ),
        {"neet": {
            "key": "IYSS Client ID", "event_date": "Month", "activity": "Current Situation", "reason": "NEET Reason",
            "recorded_on": "Date Verified",
        }},
    ),
    Invented(
        "young_carers/project_list.csv",
        (
            ("Reference", "serial:YC"), ("Child First Name", "forename"), ("Child Surname", "surname"),
            ("DoB", "born:%d/%m/%y"), ("Gender", _GENDER), ("Address", "address"), ("Post Code", "postcode"),
            ("Person Cared For", "of:Mum|Dad|Sibling"), ("Nature of Condition", "of:Mental health|Physical"),
            ("Date Registered", "date:%d/%m/%y"), ("School", "of:Hill Primary|Dale School"),
        ),
        {
            "person_records": {
                "key": "Reference", "forename": "Child First Name", "surname": "Child Surname", "dob": "DoB",
                "sex": "Gender", "address": "Address", "postcode": "Post Code", "recorded_on": "Date Registered",
            },
            "young_carer_identifications": {
                "key": "Reference", "event_date": "Date Registered", "recorded_on": "Date Registered",
                "cares_for": "Person Cared For", "condition": "Nature of Condition",
            },
        },
    ),
    Invented(
        "las/adults.csv",
        (
            ("LAS ID", "serial:"), ("Forename", "forename"), ("Surname", "surname"), ("DOB", "born:%d/%m/%Y"),
            ("Gender", _GENDER), ("Ethnicity Group", _LABELS), ("Home Address", "address"),
            ("Home Postcode", "postcode"),
            ("Primary Support Reason", "of:Physical|Memory"), ("Record Created Date", _UK),
        ),
        {"person_records": {
            "key": "LAS ID", "forename": "Forename", "surname": "Surname", "dob": "DOB", "sex": "Gender",
            "ethnicity": "Ethnicity Group", "address": "Home Address", "postcode": "Home Postcode",
            "recorded_on": "Record Created Date",
        }},
    ),
    Invented(
        "las/care_packages.csv",
        (
            ("LAS ID", "repeat:"), ("Service Element", "of:Home Care|Day Care|Carer's assessment"),
            ("Service Start Date", _UK), ("Service End Date", "date:%d/%m/%Y?"), ("Date Authorised", _UK),
            ("Weekly Cost", "money"),
        ),
        {"adult_care_services": {
            "key": "LAS ID", "kind": "Service Element", "event_date": "Service Start Date",
            "to_date": "Service End Date", "recorded_on": "Date Authorised",
        }},
    ),
    Invented(
        "libraries/borrowers.csv",
        (
            ("Borrower No", "serial:2900"), ("Borrower Name", "name"), ("Birth Date", "born:%d %B %Y"),
            ("E-mail Address", "email"), ("Mobile", "phone"), ("Address Line 1", "address"),
            ("Address Line 2", "town"), ("Postcode", "postcode"), ("Date Joined", "date:%d %B %Y"),
        ),
        {"person_records": {
            "key": "Borrower No", "full_name": "Borrower Name", "dob": "Birth Date", "email": "E-mail Address",
            "phone": "Mobile", "address": ["Address Line 1", "Address Line 2"], "postcode": "Postcode",
            "recorded_on": "Date Joined",
        }},
        encoding="utf-16",
    ),
    Invented(
        "badges/blue_badge_export.csv",
        (
            ("Badge Number", "serial:BB"), ("Holder Forename", "forename"), ("Holder Surname", "surname"),
            ("Date of Birth", "born:%d/%m/%Y"), ("Gender", _GENDER), ("Postcode", "postcode"),
            ("Date Issued", _UK), ("Expiry Date", "date:%d/%m/%Y"),
        ),
        {
            "person_records": {
                "key": "Badge Number", "forename": "Holder Forename", "surname": "Holder Surname",
                "dob": "Date of Birth", "sex": "Gender", "postcode": "Postcode", "recorded_on": "Date Issued",
            },
            "disability_markers": {
                "key": "Badge Number", "event_date": "Date Issued", "recorded_on": "Date Issued",
                "to_date": "Expiry Date",
            },
        },
    ),
    Invented(
        "police/da_notifications.csv",
        (
            ("Log No", "serial:"), ("Date of Incident", _UK), ("Date Notified", _UK), ("Victim Name", "name"),
            ("Victim DOB", "born:%d/%m/%Y"), ("Perpetrator Name", "name"), ("Perpetrator DOB", "born:%d/%m/%Y"),
            ("Incident Address", "address"), ("DASH Risk", "of:Standard|Medium|High"),
            ("Incident Type", "of:Verbal|Assault"), ("Children in Household", "of:Y|N"),
        ),
        {
            "person_records:1": {
                "key": "Log No", "full_name": "Victim Name", "dob": "Victim DOB", "address": "Incident Address",
                "recorded_on": "Date Notified",
            },
            "person_records:2": {
                "key": "Log No", "full_name": "Perpetrator Name", "dob": "Perpetrator DOB",
                "address": "Incident Address", "recorded_on": "Date Notified",
            },
            "domestic_incidents:1": {
                "key": "Log No", "event_date": "Date of Incident", "recorded_on": "Date Notified",
                "incident_id": "Log No", "risk": "DASH Risk", "kind": "Incident Type",
                "children_present": "Children in Household",
            },
            "domestic_incidents:2": {
                "key": "Log No", "event_date": "Date of Incident", "recorded_on": "Date Notified",
                "incident_id": "Log No", "risk": "DASH Risk", "kind": "Incident Type",
                "children_present": "Children in Household",
            },
        },
    ),
    Invented(
        "gis/gazetteer.csv",
        (
            ("UPRN", "uprn"), ("SAO", "of:|Flat 1|Flat 2"), ("PAO", "house"), ("Street Name", "street"),
            ("Town", "town"), ("Post Code", "postcode"), ("Class Code", "of:RD04|RH01|RI02|CR08"),
            ("Ward Name", "of:North|South"), ("LSOA Code", "repeat:E0100"), ("IMD Decile", "number:1-10"),
        ),
        {"addresses": {
            "uprn": "UPRN", "address": ["SAO", "PAO", "Street Name", "Town"], "postcode": "Post Code",
            "kind": "Class Code", "ward": "Ward Name", "lsoa": "LSOA Code", "imd_decile": "IMD Decile",
        }},
    ),
    Invented(
        "csc/relationships.csv",
        (
            ("Person ID", "repeat:"), ("Related Person ID", "repeat:"),
            ("Relationship Type", "of:Mother|Father|Sibling|Step-father|Aunt"),
            ("Relationship Start", "date:%Y-%m-%d?"),
            ("Relationship End", "date:%Y-%m-%d?"), ("Created Date", _ISO),
        ),
        {"relationships": {
            "record_id_a": "Person ID", "record_id_b": "Related Person ID", "relationship": "Relationship Type",
            "from_date": "Relationship Start", "to_date": "Relationship End", "recorded_on": "Created Date",
        }},
    ),
    Invented(
        "csc/case_allocations.csv",
        (
            ("Child ID", "repeat:"), ("Allocated Worker ID", "repeat:w"), ("Team Name", "of:North|South"),
            ("Allocation Start", _UK), ("Allocation End", "date:%d/%m/%Y?"), ("Date Entered", _UK),
        ),
        {"allocations": {
            "key": "Child ID", "worker_id": "Allocated Worker ID", "team": "Team Name",
            "event_date": "Allocation Start", "to_date": "Allocation End", "recorded_on": "Date Entered",
        }},
    ),
    Invented(
        "xpress/electors.csv",
        (
            ("Elector Number", "serial:AB"), ("Elector Surname", "surname"), ("Elector Forename", "forename"),
            ("Property Address", "address"), ("PropertyPostCode", "postcode"), ("UPRN", "uprn"),
            ("Date Added to Register", _UK),
        ),
        {"person_records": {
            "key": "Elector Number", "forename": "Elector Forename", "surname": "Elector Surname",
            "address": "Property Address", "postcode": "PropertyPostCode", "uprn": "UPRN",
            "recorded_on": "Date Added to Register",
        }},
    ),
    Invented(
        "synergy/childcare.csv",
        (
            ("Child Reference", "serial:"), ("Child Forename", "forename"), ("Child Surname", "surname"),
            ("Child DOB", "born:%d/%m/%Y"), ("Child Gender", _SEX), ("Ethnic Code", _DFE), ("Parent Name", "name"),
            ("Parent DOB", "born:%d/%m/%Y"), ("Address", "address"), ("Postcode", "postcode"),
            ("Date Registered", _UK), ("Funded Hours", "of:15|30"),
        ),
        {
            "person_records:1": {
                "key": "Child Reference", "forename": "Child Forename", "surname": "Child Surname",
                "dob": "Child DOB", "sex": "Child Gender", "ethnicity": "Ethnic Code", "address": "Address",
                "postcode": "Postcode", "recorded_on": "Date Registered",
            },
            "person_records:2": {
                "key": "Child Reference", "full_name": "Parent Name", "dob": "Parent DOB", "address": "Address",
                "postcode": "Postcode", "recorded_on": "Date Registered",
            },
        },
    ),
    Invented(
        "ehm/star_scores.csv",
        (
            ("Case Ref", "repeat:"), ("Star Date", _UK), ("Star Stage", "of:Opening|Review"),
            ("Outcome Area", "of:Education|Parenting|Money"), ("Score", "number:1-10"), ("Date Entered", _UK),
        ),
        {"outcome_scores": {
            "group": "Case Ref", "event_date": "Star Date", "stage": "Star Stage", "domain": "Outcome Area",
            "score": "Score", "recorded_on": "Date Entered",
        }},
    ),
)  # fmt: skip

FRESH: tuple[Invented, ...] = (
    Invented(
        "sims/StudentDetails.csv",
        (
            ("AdmissionNo", "serial:00"), ("UniquePupilNo", "upn"), ("ChosenForename", "forename"),
            ("LegalSurname", "surname"), ("BirthDt", "born:%d %b %Y"), ("Gndr", _SEX), ("EthnicityCd", _DFE),
            ("AddressBlock", "address"), ("Pcode", "postcode"), ("EmailAddr", "email"), ("LastUpdatedDttm", _TIMED),
        ),
        {"person_records": {
            "key": "AdmissionNo", "upn": "UniquePupilNo", "forename": "ChosenForename", "surname": "LegalSurname",
            "dob": "BirthDt", "sex": "Gndr", "ethnicity": "EthnicityCd", "address": "AddressBlock",
            "postcode": "Pcode", "email": "EmailAddr", "recorded_on": "LastUpdatedDttm",
        }},
    ),
    Invented(
        "eclipse/involvements.csv",
        (
            ("Subject Id", "repeat:"), ("Involvement Ref", "serial:"),
            ("Classification", "of:Child in Need|Child Protection Plan|Looked After Child"),
            ("Commencement Dt", _UK), ("Cessation Dt", "date:%d/%m/%Y?"), ("Cessation Reason", "of:RC1|RC8"),
            ("Row Inserted", _TIMED),
        ),
        {"service_episodes": {
            "key": "Subject Id", "episode_id": "Involvement Ref", "service": "Classification",
            "event_date": "Commencement Dt", "to_date": "Cessation Dt", "closure_reason": "Cessation Reason",
            "recorded_on": "Row Inserted",
        }},
    ),
    Invented(
        "mri/ledger.csv",
        (
            ("AgreementRef", "repeat:AG"), ("PostingDt", _ISO), ("ElementCode", "of:BRENT|SVC|UCPAY|DDPAY"),
            ("PostingAmt", "money"), ("CapturedDt", _ISO), ("RunningBal", "money"),
        ),
        {"rent_transactions": {
            "group": "AgreementRef", "event_date": "PostingDt", "kind": "ElementCode", "amount_pence": "PostingAmt",
            "recorded_on": "CapturedDt",
        }},
    ),
    Invented(
        "openhousing/lettings.csv",
        (
            ("Let Ref", "serial:L"), ("Property UPRN", "uprn"), ("Let From", _UK), ("Let To", "date:%d/%m/%Y?"),
            ("Tenure", "of:Secure|Introductory"), ("Rent per Week", "money"), ("Setup Date", _UK),
        ),
        {"tenancies": {
            "group": "Let Ref", "event_date": "Let From", "to_date": "Let To", "tenure": "Tenure",
            "weekly_rent_pence": "Rent per Week", "recorded_on": "Setup Date",
        }},
    ),
    Invented(
        "bromcom/AttendanceMarks.csv",
        (
            ("UPN", "upn"), ("CalendarDate", _UK), ("AMPM", "of:AM|PM"), ("AttCode", "of:/|\\|I|O|L"),
            ("ModifiedOn", _UK),
        ),
        {"attendance": {
            "key": "UPN", "event_date": "CalendarDate", "session": "AMPM", "code": "AttCode",
            "recorded_on": "ModifiedOn",
        }},
    ),
    Invented(
        "frontdoor/mash_log.csv",
        (
            ("Child Unique ID", "repeat:"), ("MASH Ref", "serial:"), ("Referred On", _UK),
            ("Referred By", "of:1A|5B|2B"),
            ("Presenting Need", "of:Neglect|Housing"), ("MASH Decision", "of:NFA|Early Help|Statutory"),
            ("Keyed On", _UK),
        ),
        {"contacts": {
            "key": "Child Unique ID", "contact_id": "MASH Ref", "event_date": "Referred On",
            "referral_source": "Referred By", "reason": "Presenting Need", "outcome": "MASH Decision",
            "recorded_on": "Keyed On",
        }},
    ),
    Invented(
        "revs/council_tax_bills.csv",
        (
            ("CTAX Ref", "serial:5"), ("Bill Payer", "name"), ("Joint Payer", "name"), ("Addr1", "address"),
            ("Addr2", "town"), ("PostCode", "postcode"), ("Occ Start", _UK), ("Occ End", "date:%d/%m/%Y?"),
        ),
        {
            "person_records:1": {
                "key": "CTAX Ref", "full_name": "Bill Payer", "address": ["Addr1", "Addr2"], "postcode": "PostCode",
                "address_from": "Occ Start", "address_to": "Occ End", "recorded_on": "Occ Start",
            },
            "person_records:2": {
                "key": "CTAX Ref", "full_name": "Joint Payer", "address": ["Addr1", "Addr2"], "postcode": "PostCode",
                "address_from": "Occ Start", "address_to": "Occ End", "recorded_on": "Occ Start",
            },
        },
    ),
    Invented(
        "careworks/yot_outcomes.csv",
        (
            ("Yot Person Ref", "repeat:"), ("OffenceRef", "serial:"), ("OffenceDt", "date:%d/%b/%Y"),
            ("OffenceGroup", "of:Theft|Violence"), ("GravityScore", "number:1-8"), ("Result", "of:Caution|Order"),
            ("EntryDt", "date:%d/%b/%Y"),
        ),
        {"offences": {
            "key": "Yot Person Ref", "offence_id": "OffenceRef", "event_date": "OffenceDt", "kind": "OffenceGroup",
            "gravity": "GravityScore", "outcome": "Result", "recorded_on": "EntryDt",
        }},
    ),
    Invented(
        "caredirector/provisions.csv",
        (
            ("Adult ID", "repeat:"), ("Provision Type", "of:Home care|Respite"), ("Provision Start", _UK),
            ("Provision End", "date:%d/%m/%Y?"), ("Approved On", _UK),
        ),
        {"adult_care_services": {
            "key": "Adult ID", "kind": "Provision Type", "event_date": "Provision Start", "to_date": "Provision End",
            "recorded_on": "Approved On",
        }},
    ),
    Invented(
        "nursery/funded_children.csv",
        (
            ("Funding Ref", "serial:"), ("Childs Forename", "forename"), ("Childs Surname", "surname"),
            ("Childs DOB", "born:%d-%m-%Y"), ("Guardian Name", "name"), ("Guardian NI No", "nino"),
            ("Full Address", "address"), ("P/Code", "postcode"), ("Application Received", "date:%d-%m-%Y"),
        ),
        {
            "person_records:1": {
                "key": "Funding Ref", "forename": "Childs Forename", "surname": "Childs Surname", "dob": "Childs DOB",
                "address": "Full Address", "postcode": "P/Code", "recorded_on": "Application Received",
            },
            "person_records:2": {
                "key": "Funding Ref", "full_name": "Guardian Name", "nino": "Guardian NI No",
                "address": "Full Address", "postcode": "P/Code", "recorded_on": "Application Received",
            },
        },
    ),
)  # fmt: skip
"""A second set, written after the vocabulary was settled and measured once, for an honest figure."""
