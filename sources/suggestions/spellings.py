"""Spellings of codes that mean the same in every council, by table column. What is not here is asked, not guessed.

The codes themselves and their labels (see `sources.codes`) are known too and need no spelling here.
"""

from __future__ import annotations

import re

from sources.codes.council import CODE_LISTS as COUNCIL_LISTS
from sources.codes.ethnicity import ETHNIC_CODES, ETHNICITY_CODES, NOT_GIVEN
from sources.codes.social_care import CODE_LISTS as SOCIAL_CARE_LISTS


def _spelt(spellings: str) -> tuple[str, ...]:
    """Spellings told apart by commas."""
    return tuple(spelling.strip() for spelling in spellings.split(","))


SPELLINGS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("person_records", "sex"): {
        "M": _spelt("boy, man, 1"),
        "F": _spelt("girl, woman, 2"),
        "U": _spelt("unknown, not known, not specified, indeterminate, 0, 9"),
    },
    ("person_records", "ethnicity"): {
        "WBRI": _spelt(
            "white english, white welsh, white scottish, white english welsh scottish northern irish or british, "
            "white english welsh scottish northern irish british, english welsh scottish northern irish or british, "
            "white northern irish"
        ),
        "WIRT": _spelt("irish traveller, white irish traveller"),
        "WROM": _spelt("roma, gypsy, white gypsy roma, white roma, gypsy or roma, romany gypsy"),
        "WOTH": _spelt(
            "any other white, white other, other white, white any other white background, other white background, "
            "white any other background"
        ),
        "MWBC": _spelt("mixed white and black caribbean, mixed white black caribbean"),
        "MWBA": _spelt("mixed white and black african, mixed white black african"),
        "MWAS": _spelt("mixed white and asian, mixed white asian"),
        "MOTH": _spelt(
            "any other mixed, mixed other, other mixed, any other mixed multiple ethnic background, mixed any other "
            "mixed background, mixed any other background, other mixed background"
        ),
        "AIND": _spelt("asian indian, asian or asian british indian, asian british indian"),
        "APKN": _spelt("asian pakistani, asian or asian british pakistani, asian british pakistani"),
        "ABAN": _spelt("asian bangladeshi, asian or asian british bangladeshi, asian british bangladeshi"),
        "AOTH": _spelt("any other asian, asian other, other asian, other asian background"),
        "CHNE": _spelt("asian chinese, asian or asian british chinese"),
        "BCRB": _spelt("black or black british caribbean, black british caribbean"),
        "BAFR": _spelt("black or black british african, black british african"),
        "BOTH": _spelt("any other black, black other, other black, other black background"),
        "OOTH": _spelt("other ethnic group, any other ethnic background"),
        "REFU": _spelt("refused to say, prefer not to say, declined, information refused, not declared"),
        "NOBT": _spelt(
            "not obtained, not known, unknown, not stated, not recorded, not collected, information not yet obtained"
        ),
    },
    ("addresses", "kind"): {
        "dwelling": _spelt("rd, rd01, rd02, rd03, rd04, rd06, rd07, rd08, house, flat"),
        "hmo": _spelt("rh, rh01, rh02, rh03"),
        "hostel": _spelt("hostels, supported housing, supported accommodation"),
        "refuge": _spelt("womens refuge, women's refuge"),
        "childrens_home": _spelt("childrens home, children's home"),
        "care_home": _spelt("ri01, care home, nursing home, residential home, residential care home"),
        "temporary_accommodation": _spelt("ch01, ch03, temporary accommodation, hotel, guest house, bed and breakfast"),
        "institution": _spelt("ri, ri02, ri03, residential institution, communal residence"),
    },
    ("attendance", "session"): {"AM": _spelt("a"), "PM": _spelt("p")},
    ("exclusions", "kind"): {
        "suspension": _spelt(
            "susp, fixed, fixd, fixed term, fixed period, fixed term exclusion, fixed period exclusion"
        ),
        "permanent": _spelt("perm"),
    },
    ("school_status", "sen"): {
        "N": _spelt("no sen, no special educational need"),
        "K": _spelt("school support, support"),
        "E": _spelt("ehcp, ehc plan, s, statement"),
    },
    ("neet", "activity"): {
        "eet": _spelt("in education, employed, in employment"),
        "neet": _spelt("not in education employment or training"),
        "unknown": _spelt("not known, situation not known, nk"),
    },
    ("rent_transactions", "kind"): {
        "rent": _spelt("basic rent, rent charge, rent debit, weekly rent, gross rent, charge"),
        "payment": _spelt(
            "cash, direct debit, dd, debit card, credit card, card payment, standing order, so, paypoint, post "
            "office, giro, bank transfer, internet payment, cheque"
        ),
        "housing_benefit": _spelt("hb, hb payment, hb credit, rent rebate"),
        "universal_credit": _spelt(
            "uc, uc payment, ucmp, alternative payment arrangement, managed payment to landlord"
        ),
        "opening_balance": _spelt("b f, brought forward"),
        "returned_payment": _spelt(
            "direct debit unpaid, unpaid direct debit, refer to drawer, bounced cheque, reversed payment, returned "
            "cheque"
        ),
        "costs": _spelt("court costs, legal costs"),
        "adjustment": _spelt("hb adjustment, rent adjustment"),
    },
    ("arrears_actions", "action"): {
        "letter": _spelt(
            "letter 1, letter 2, letter 3, letter1, letter2, letter3, first letter, second letter, final letter, "
            "reminder"
        ),
        "financial_inclusion_call": _spelt("financial inclusion, welfare call"),
        "agreement": _spelt("repayment agreement, payment plan, arrangement"),
        "notice": _spelt("nosp, nsp, notice seeking possession, notice of seeking possession"),
        "court_date": _spelt("court, court hearing"),
        "suspended_possession": _spelt("spo"),
        "eviction_date": _spelt("warrant, bailiff date"),
        "eviction": _spelt("evicted"),
    },
    ("tenancies", "tenure"): {
        "introductory": _spelt("intro"),
        "temporary": _spelt("temporary accommodation, non secure, licence, temporary annex, ta"),
    },
    ("benefit_spells", "benefit"): {
        "housing_benefit": _spelt("hb, rent allowance, rent rebate"),
        "council_tax_reduction": _spelt("ctr, cts, ctb, council tax support"),
        "universal_credit": _spelt("uc"),
    },
    ("benefit_spells", "row_kind"): {
        "start": _spelt("started, award, new claim, new award"),
        "stop": _spelt("stopped, end, termination, terminated, closed, ceased"),
    },
    ("contacts", "outcome"): {
        "no_further_action": _spelt("nfa, information only, no action"),
        "early_help": _spelt("eh, step down to early help, refer to early help"),
        "referral": _spelt("progress to referral, referral to social care, proceed to referral"),
    },
    ("assessments", "outcome"): {
        "no_further_action": _spelt("nfa, close, case closed"),
        "cin": _spelt("cin plan, child in need"),
        "cp": _spelt("icpc, initial child protection conference, strategy discussion icpc, strategy discussion"),
        "lac": _spelt("child looked after, cla"),
        "early_help": _spelt("step down to early help, step down to eh, eh"),
    },
    ("service_episodes", "service"): {
        "early_help": _spelt("eh, tac, early help plan"),
        "cin": _spelt("child in need, cin plan"),
        "cp": _spelt("cpp, child protection, cp plan"),
        "lac": _spelt("cla, looked after, child looked after, looked after child"),
    },
    ("domestic_incidents", "risk"): {"standard": _spelt("s, low"), "medium": _spelt("m"), "high": _spelt("h")},
    ("outcome_scores", "stage"): {
        "opening": _spelt("open, initial, first, baseline, start"),
        "review": _spelt("closing, close, final, end, follow up"),
    },
    ("relationships", "relationship"): {
        "mother": _spelt("birth mother, mum, natural mother"),
        "father": _spelt("birth father, dad"),
        "sibling": _spelt("brother, sister, half sibling, half brother, half sister"),
        "partner": _spelt("spouse, husband, wife, civil partner"),
        "step_parent": _spelt("step father, step mother, stepfather, stepmother, mother partner, father partner"),
        "grandparent": _spelt(
            "grandmother, grandfather, maternal grandmother, paternal grandmother, maternal grandfather, paternal "
            "grandfather"
        ),
        "other_relative": _spelt("aunt, uncle, cousin"),
        "other": _spelt("friend, friend of family, neighbour, ex partner"),
    },
}


def _plain(text: str) -> str:
    """The words of a text in small letters."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'s", "").replace("\u2019s", "")))


_LABELS: dict[tuple[str, ...], dict[str, str]] = {
    one.values: {_plain(code.label): code.code for code in one.codes} for one in (*COUNCIL_LISTS, *SOCIAL_CARE_LISTS)
} | {
    ETHNICITY_CODES: {_plain(one.label): one.code for one in ETHNIC_CODES}
    | {_plain(label): code for code, label in NOT_GIVEN.items()}
}
"""The codes of a list to what each label in it stands for."""


def meaning(table: str, column: str, value: str, allowed: tuple[str, ...]) -> str | None:
    """The table's code that a value of a file means in every council; None where it is not one of those known."""
    plain = _plain(value)
    spelt = SPELLINGS.get((table, column), {})
    known = {spelling: code for code, spellings in spelt.items() for spelling in spellings}
    known |= _LABELS.get(allowed, {}) | {_plain(code): code for code in allowed}
    return known.get(plain)
