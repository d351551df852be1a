"""One worked extract for each system, which a new council's TOML has commented out."""

from __future__ import annotations

EXAMPLES: dict[str, str] = {
    "schools": """
[[extracts]]
name = "attendance"
source = "schools"
files = ["schools/attendance.parquet"]
format = "parquet"
[[extracts.tables]]
table = "attendance"
key = ["UPN"]
[extracts.tables.columns]
event_date = "Date"
recorded_on = "LastChanged"
session = "Session"
code = "Mark"
""",
    "social_care": """
[[extracts]]
name = "contacts"
source = "social_care"
files = ["social_care/contacts.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "contacts"
key = ["PersonID"]
[extracts.tables.columns]
event_date = "ContactDate"
recorded_on = "DateCreated"
contact_id = "ContactID"
referral_source = "Source"
outcome = { column = "Outcome", codes = { "NFA" = "no_further_action", "Referral" = "referral" } }
""",
    "early_help": """
[[extracts]]
name = "early_help_cases"
source = "early_help"
files = ["early_help/cases.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "service_episodes"
group = ["CaseID"]
group_type = "case_family"
[extracts.tables.columns]
event_date = "Opened"
recorded_on = "DateRecorded"
to_date = "Closed"
service = { constant = "early_help" }
""",
    "housing": """
[[extracts]]
name = "rent"
source = "housing"
files = ["housing/rent_transactions.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "rent_transactions"
group = ["TenancyRef"]
group_type = "tenancy"
[extracts.tables.columns]
event_date = "TransactionDate"
recorded_on = "PostedOn"
kind = { column = "Type", codes = { "RENT" = "rent", "DD" = "payment", "HB" = "housing_benefit" } }
amount_pence = "Amount"
""",
    "benefits": """
[[extracts]]
name = "benefit_claims"
source = "benefits"
files = ["benefits/claims.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "benefit_spells"
group = ["ClaimRef"]
group_type = "benefit_claim"
[extracts.tables.columns]
event_date = "From"
recorded_on = "DecisionDate"
to_date = "To"
benefit = { column = "ClaimType", codes = { "HB" = "housing_benefit", "CTR" = "council_tax_reduction" } }
row_kind = { constant = "spell" }
""",
    "council_tax": """
[[extracts]]
name = "council_tax"
source = "council_tax"
files = ["council_tax/accounts.csv"]
encoding = "cp1252"
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "person_records"
key = ["AccountRef"]
suffix = "1"
present = ["LiableName"]
[extracts.tables.columns]
full_name = "LiableName"
address = ["Address1", "Address2"]
postcode = "Postcode"
address_from = "LiableFrom"
address_to = "LiableTo"
recorded_on = "LiableFrom"
""",
    "youth_justice": """
[[extracts]]
name = "offences"
source = "youth_justice"
files = ["youth_justice/offences.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "offences"
key = ["PersonID"]
[extracts.tables.columns]
event_date = "OffenceDate"
recorded_on = "RecordedOn"
offence_id = "OffenceID"
kind = "OffenceType"
gravity = "Gravity"
""",
    "adult_care": """
[[extracts]]
name = "adult_services"
source = "adult_care"
files = ["adult_care/services.csv"]
dates = ["%d/%m/%Y", "excel"]
[[extracts.tables]]
table = "adult_care_services"
key = ["PersonID"]
[extracts.tables.columns]
event_date = "Start"
recorded_on = "RecordedOn"
to_date = "End"
kind = "ServiceType"
""",
    "neet": """
[[extracts]]
name = "neet"
source = "neet"
files = ["neet/monthly.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "neet"
key = ["PersonID"]
[extracts.tables.columns]
event_date = "Month"
recorded_on = "ConfirmedOn"
activity = { column = "Activity", codes = { "EET" = "eet", "NEET" = "neet", "Not known" = "unknown" } }
""",
    "young_carers": """
[[extracts]]
name = "young_carers"
source = "young_carers"
files = ["young_carers/register.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "young_carer_identifications"
key = ["Reference"]
[extracts.tables.columns]
event_date = "AddedOn"
recorded_on = "AddedOn"
identified_by = { constant = "project" }
cares_for = "CaresFor"
""",
    "domestic_abuse": """
[[extracts]]
name = "domestic_incidents"
source = "domestic_abuse"
files = ["domestic_abuse/incidents.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "domestic_incidents"
key = ["IncidentRef"]
suffix = "1"
present = ["Adult1Name"]
[extracts.tables.columns]
event_date = "IncidentDate"
recorded_on = "ReceivedOn"
incident_id = "IncidentRef"
risk = "Risk"
""",
    "registers": """
[[extracts]]
name = "libraries"
source = "libraries"
files = ["registers/libraries.csv"]
dates = ["%d/%m/%Y"]
[[extracts.tables]]
table = "person_records"
key = ["Barcode"]
[extracts.tables.columns]
forename = "Forename"
surname = "Surname"
dob = "DateOfBirth"
address = "Address"
postcode = "Postcode"
recorded_on = "Joined"
""",
    "gazetteer": """
[[extracts]]
name = "gazetteer"
source = "gazetteer"
files = ["gazetteer/llpg.csv"]
[[extracts.tables]]
table = "addresses"
[extracts.tables.columns]
uprn = "UPRN"
address = ["SAON", "PAON", "Street", "Town"]
postcode = "Postcode"
kind = { column = "BLPUClass", codes = { RD02 = "dwelling", RH01 = "hmo", RI02 = "institution" } }
""",
}
"""One worked extract for each system."""
