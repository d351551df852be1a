"""Spellings of codes that mean the same in every council, by table column. What is not here is asked, not guessed."""

from __future__ import annotations

import re


def _spelt(spellings: str) -> tuple[str, ...]:
    """Spellings told apart by commas."""
    return tuple(spelling.strip() for spelling in spellings.split(","))


_ETHNICITY = {
    "WBRI": _spelt(
        "white british, white english, white welsh, white scottish, white english welsh scottish "
        "northern irish or british, white english welsh scottish northern irish british, english "
        "welsh scottish northern irish or british, white northern irish"
    ),
    "WIRI": ("white irish",),
    "WIRT": _spelt("traveller of irish heritage, irish traveller, white irish traveller"),
    "WROM": _spelt("gypsy roma, roma, gypsy, white gypsy roma, white roma, gypsy or roma, romany gypsy"),
    "WOTH": _spelt(
        "any other white, any other white background, white other, other white, white any other "
        "white background, other white background, white any other background"
    ),
    "MWBC": _spelt("white and black caribbean, mixed white and black caribbean, mixed white black caribbean"),
    "MWBA": _spelt("white and black african, mixed white and black african, mixed white black african"),
    "MWAS": ("white and asian", "mixed white and asian", "mixed white asian"),
    "MOTH": _spelt(
        "any other mixed, any other mixed background, mixed other, other mixed, any other mixed "
        "multiple ethnic background, mixed any other mixed background, mixed any other "
        "background, other mixed background"
    ),
    "AIND": _spelt("indian, asian indian, asian or asian british indian, asian british indian"),
    "APKN": _spelt("pakistani, asian pakistani, asian or asian british pakistani, asian british pakistani"),
    "ABAN": _spelt("bangladeshi, asian bangladeshi, asian or asian british bangladeshi, asian british bangladeshi"),
    "AOTH": _spelt("any other asian, any other asian background, asian other, other asian, other asian background"),
    "CHNE": ("chinese", "asian chinese", "asian or asian british chinese"),
    "BCRB": _spelt("black caribbean, black or black british caribbean, black british caribbean"),
    "BAFR": _spelt("black african, black or black british african, black british african"),
    "BOTH": _spelt("any other black, any other black background, black other, other black, other black background"),
    "OOTH": _spelt("any other ethnic group, other ethnic group, any other ethnic background"),
    "REFU": _spelt("refused, refused to say, prefer not to say, declined, information refused, not declared"),
    "NOBT": _spelt(
        "not yet obtained, not obtained, not known, unknown, not stated, not recorded, not "
        "collected, information not yet obtained"
    ),
}

SPELLINGS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("person_records", "sex"): {
        "M": ("male", "m", "boy", "man", "1"),
        "F": ("female", "f", "girl", "woman", "2"),
        "U": _spelt("unknown, u, not known, not specified, indeterminate, 0, 9"),
    },
    ("person_records", "ethnicity"): _ETHNICITY,
    ("addresses", "kind"): {
        "dwelling": _spelt("rd, rd01, rd02, rd03, rd04, rd06, rd07, rd08, house, flat"),
        "hmo": ("rh", "rh01", "rh02", "rh03", "hmo", "house in multiple occupation"),
        "institution": ("ri", "ri01", "ri02", "ri03", "hostel", "care home"),
    },
    ("attendance", "session"): {"AM": ("am", "a", "morning"), "PM": ("pm", "p", "afternoon")},
    ("exclusions", "kind"): {
        "suspension": _spelt(
            "susp, suspension, fixed, fixd, fixed term, fixed period, fixed term exclusion, fixed period exclusion"
        ),
        "permanent": ("perm", "permanent", "permanent exclusion"),
    },
    ("school_status", "sen"): {
        "N": ("n", "none", "no sen", "no special educational need"),
        "K": ("k", "sen support", "school support", "support"),
        "E": _spelt("e, ehcp, ehc plan, education health and care plan, s, statement"),
    },
    ("neet", "activity"): {
        "eet": _spelt("eet, in education, employed, in employment, in education employment or training"),
        "neet": ("neet", "not in education employment or training"),
        "unknown": ("not known", "unknown", "situation not known", "nk"),
    },
    ("rent_transactions", "kind"): {
        "rent": _spelt("rent, basic rent, rent charge, rent debit, weekly rent, gross rent, charge"),
        "payment": _spelt(
            "payment, cash, direct debit, dd, debit card, credit card, card payment, standing order, "
            "so, paypoint, post office, giro, bank transfer, internet payment, cheque"
        ),
        "housing_benefit": ("housing benefit", "hb", "hb payment", "hb credit", "rent rebate"),
        "universal_credit": _spelt(
            "universal credit, uc, uc payment, ucmp, alternative payment arrangement, managed payment to landlord"
        ),
        "opening_balance": _spelt("opening balance, balance brought forward, b f, brought forward"),
        "returned_payment": _spelt(
            "direct debit unpaid, unpaid direct debit, returned payment, refer to drawer, bounced "
            "cheque, reversed payment, returned cheque"
        ),
        "costs": ("court costs", "costs", "legal costs"),
        "adjustment": ("adjustment", "hb adjustment", "rent adjustment"),
    },
    ("arrears_actions", "action"): {
        "letter": _spelt(
            "letter, letter 1, letter 2, letter 3, letter1, letter2, letter3, first letter, second "
            "letter, final letter, reminder"
        ),
        "financial_inclusion_call": ("financial inclusion call", "financial inclusion", "welfare call"),
        "agreement": ("agreement", "repayment agreement", "payment plan", "arrangement"),
        "notice": _spelt("notice, nosp, nsp, notice seeking possession, notice of seeking possession, notice served"),
        "court_date": ("court", "court date", "court hearing", "court date set"),
        "suspended_possession": ("suspended possession order", "suspended possession", "spo"),
        "eviction_date": ("eviction date", "eviction date set", "warrant", "bailiff date"),
        "eviction": ("eviction", "evicted"),
    },
    ("tenancies", "tenure"): {
        "secure": ("secure", "secure tenancy"),
        "introductory": ("introductory", "intro", "introductory tenancy"),
        "temporary": _spelt("temporary, temporary accommodation, non secure, licence, temporary annex, ta"),
    },
    ("benefit_spells", "benefit"): {
        "housing_benefit": ("hb", "housing benefit", "rent allowance", "rent rebate"),
        "council_tax_reduction": ("ctr", "cts", "ctb", "council tax reduction", "council tax support"),
        "universal_credit": ("uc", "universal credit"),
    },
    ("benefit_spells", "row_kind"): {
        "start": ("start", "started", "award", "new claim", "new award"),
        "stop": _spelt("stop, stopped, end, termination, terminated, closed, ceased"),
    },
    ("contacts", "outcome"): {
        "no_further_action": ("no further action", "nfa", "information only", "no action"),
        "early_help": _spelt("early help, eh, step down to early help, refer to early help"),
        "referral": _spelt("referral, progress to referral, referral to social care, proceed to referral"),
    },
    ("assessments", "outcome"): {
        "no_further_action": ("no further action", "nfa", "close", "case closed"),
        "cin": ("cin", "cin plan", "child in need", "child in need plan"),
        "cp": _spelt("cp, icpc, initial child protection conference, strategy discussion icpc, strategy discussion"),
        "lac": ("lac", "child looked after", "looked after", "cla"),
        "early_help": ("early help", "step down to early help", "step down to eh", "eh"),
    },
    ("service_episodes", "service"): {
        "early_help": ("early help", "eh", "tac", "early help plan"),
        "cin": ("cin", "child in need", "cin plan", "child in need plan"),
        "cp": ("cp", "cpp", "child protection", "child protection plan", "cp plan"),
        "lac": _spelt("lac, cla, looked after, child looked after, looked after child"),
    },
    ("domestic_incidents", "risk"): {
        "standard": ("standard", "s", "low"),
        "medium": ("medium", "m"),
        "high": ("high", "h"),
    },
    ("outcome_scores", "stage"): {
        "opening": ("opening", "open", "initial", "first", "baseline", "start"),
        "review": ("review", "closing", "close", "final", "end", "follow up"),
    },
    ("relationships", "relationship"): {
        "mother": ("mother", "birth mother", "mum", "natural mother"),
        "father": ("father", "birth father", "dad"),
        "sibling": _spelt("sibling, brother, sister, half sibling, half brother, half sister"),
        "partner": ("partner", "spouse", "husband", "wife", "civil partner"),
        "step_parent": _spelt(
            "step parent, step father, step mother, stepfather, stepmother, mother partner, father partner"
        ),
        "grandparent": _spelt(
            "grandparent, grandmother, grandfather, maternal grandmother, paternal grandmother, "
            "maternal grandfather, paternal grandfather"
        ),
        "other_relative": ("aunt", "uncle", "cousin", "other relative"),
        "other": ("other", "friend", "friend of family", "neighbour", "ex partner"),
    },
}


def meaning(table: str, column: str, value: str, allowed: tuple[str, ...]) -> str | None:
    """The table's code that a value of a file means in every council; None where it is not one of those known."""
    plain = " ".join(re.findall(r"[a-z0-9]+", value.lower().replace("'s", "").replace("\u2019s", "")))
    if plain in {code.replace("_", " ") for code in allowed}:
        return next(code for code in allowed if code.replace("_", " ") == plain)
    for code, spelt in SPELLINGS.get((table, column), {}).items():
        if plain in spelt and code in allowed:
            return code
    return None
