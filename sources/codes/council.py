"""Codes of education, housing, benefits and other services, apart from those of children's social care."""

from __future__ import annotations

from sources.codes.lists import Code, CodeList

SUSPENSION_REASONS = CodeList(
    "Reason for suspension or exclusion",
    "Source: Department for Education, codes of the school census; a school may give up to three, the first is held.",
    (
        Code("PP", "Physical assault against a pupil"),
        Code("PA", "Physical assault against an adult"),
        Code("VP", "Verbal abuse or threats against a pupil"),
        Code("VA", "Verbal abuse or threats against an adult"),
        Code("OW", "Use or threat of a weapon"),
        Code("BU", "Bullying"),
        Code("RA", "Racist abuse"),
        Code("LG", "Abuse about sexual orientation or gender identity"),
        Code("DS", "Abuse about disability"),
        Code("SM", "Sexual misconduct"),
        Code("DA", "Drugs and alcohol"),
        Code("DM", "Damage"),
        Code("TH", "Theft"),
        Code("DB", "Persistent disruptive behaviour"),
        Code("MT", "Misuse of social media or online technology"),
        Code("PH", "Wilful breach of public health measures"),
        Code("OT", "Other (until 2020)"),
    ),
)

EXCLUSION_KINDS = CodeList(
    "Kind of exclusion",
    "SUSP and PERM of the school census.",
    (Code("suspension", "Suspension, for a fixed number of sessions"), Code("permanent", "Permanent exclusion")),
)

SPECIAL_NEEDS = CodeList(
    "Special educational needs",
    "Provision on the day of a school census.",
    (Code("N", "None"), Code("K", "SEN support"), Code("E", "Education, health and care plan")),
)

NEET_ACTIVITIES = CodeList(
    "Activity of a 16 to 18 year old",
    "As tracked each month.",
    (
        Code("eet", "In education, employment or training"),
        Code("neet", "In none of them"),
        Code("unknown", "Not known: no sign of either"),
    ),
)

RENT_POSTINGS = CodeList(
    "Rent posting",
    "What a posting on a rent account is. Debits are positive pence, credits negative; an adjustment or an opening "
    "balance may be either.",
    (
        Code("rent", "Rent charged", "debit"),
        Code("costs", "Costs charged, such as a court's", "debit"),
        Code("returned_payment", "Payment that the bank returned", "debit"),
        Code("payment", "Payment by the tenant", "credit"),
        Code("housing_benefit", "Housing benefit, paid to the account", "credit"),
        Code("universal_credit", "Universal Credit, paid to the landlord", "credit"),
        Code("opening_balance", "Balance brought forward", "either"),
        Code("adjustment", "Correction of an earlier posting", "either"),
    ),
    counts_as="side of the account",
)

ARREARS_STEPS = CodeList(
    "Arrears action",
    "Steps on a rent account in arrears: help offered, letters, then the steps that may end a tenancy.",
    (
        Code("letter", "Letter", "informal"),
        Code("financial_inclusion_call", "Call by the financial inclusion team", "help"),
        Code("agreement", "Agreement to pay", "help"),
        Code("notice", "Notice served", "legal"),
        Code("court_date", "Court date set", "legal"),
        Code("suspended_possession", "Suspended possession order", "legal"),
        Code("eviction_date", "Eviction date set", "legal"),
        Code("eviction", "Eviction", "legal"),
    ),
    counts_as="kind of step",
)

TENURES = CodeList(
    "Tenure",
    "What a tenancy with the council is.",
    (
        Code("secure", "Secure tenancy"),
        Code("introductory", "Introductory tenancy"),
        Code("temporary", "Licence or tenancy of temporary accommodation"),
        Code("other", "Any other"),
    ),
)

BENEFITS = CodeList(
    "Benefit",
    "Benefits whose claims or notices the council holds.",
    (
        Code("housing_benefit", "Housing Benefit, also with Council Tax Reduction", "help with rent"),
        Code("council_tax_reduction", "Council Tax Reduction alone", "help with council tax"),
        Code("universal_credit", "Universal Credit, by notice from the DWP", "income"),
    ),
    counts_as="what it is for",
)

BENEFIT_ROWS = CodeList(
    "Kind of benefit row",
    "Whether a row is a whole spell or a notice of one of its ends.",
    (
        Code("spell", "A spell on the benefit"),
        Code("start", "Notice that it started"),
        Code("stop", "Notice that it stopped"),
    ),
)

PROPERTY_KINDS = CodeList(
    "Kind of property",
    "By the gazetteer's classification or the council's own words. Of BS 7666, RD is a dwelling, RH a house in "
    "multiple occupation, RI01 a care home, other RI an institution, CH01 and CH03 guest houses and hotels. Sharing "
    "an address where people live side by side makes nobody a family.",
    (
        Code("dwelling", "Home of one household", "own home"),
        Code("hmo", "House in multiple occupation", "side by side"),
        Code("hostel", "Hostel or supported housing", "side by side"),
        Code("refuge", "Refuge from domestic abuse", "side by side"),
        Code("childrens_home", "Children's home", "side by side"),
        Code("care_home", "Care or nursing home", "side by side"),
        Code("temporary_accommodation", "Hotel, guest house or other temporary accommodation", "side by side"),
        Code("institution", "Any other place where people live side by side, or not known which", "side by side"),
        Code("other", "Not residential, or anything else"),
    ),
    counts_as="how people live there",
)

RISK_GRADES = CodeList(
    "Risk of domestic abuse",
    "As graded by the police.",
    (Code("standard", "Standard"), Code("medium", "Medium"), Code("high", "High")),
)

DISABILITY_MARKS = CodeList(
    "Disability or caring marker",
    "What a sign in any system says of the person it names.",
    (
        Code("disability", "Disabled or ill"),
        Code("mobility", "Cannot walk far, by a blue badge"),
        Code("carer", "Cares for someone"),
    ),
)

SCORE_STAGES = CodeList(
    "When a case was scored",
    "Outcome framework scores of early help.",
    (Code("opening", "When the case opened"), Code("review", "At a review")),
)

GROUP_KINDS = CodeList(
    "Kind of group",
    "Each service's own way of putting people together; none of them is a family by itself.",
    (
        Code("tenancy", "Tenants and household members of a tenancy"),
        Code("benefit_claim", "People on a benefit claim"),
        Code("council_tax_account", "People liable for council tax together"),
        Code("case_family", "People whom an early help case works with"),
        Code("school_contact", "A pupil and the contacts the school holds"),
    ),
)

SEXES = CodeList("Sex", "As held.", (Code("M", "Male"), Code("F", "Female"), Code("U", "Not known or not stated")))

SESSIONS = CodeList("Session", "Half of a school day.", (Code("AM", "Morning"), Code("PM", "Afternoon")))

CODE_LISTS = (
    *(SUSPENSION_REASONS, EXCLUSION_KINDS, SPECIAL_NEEDS, NEET_ACTIVITIES, RENT_POSTINGS, ARREARS_STEPS, TENURES),
    *(BENEFITS, BENEFIT_ROWS, PROPERTY_KINDS, RISK_GRADES, DISABILITY_MARKS, SCORE_STAGES, GROUP_KINDS),
    *(SEXES, SESSIONS),
)
