"""What a family's document holds in codes, in calm words."""

from __future__ import annotations

import datetime as dt

from residents.lookup.words import in_words
from review.settings import current
from sources.codes.council import ARREARS_STEPS, BENEFITS, EXCLUSION_KINDS, NEET_ACTIVITIES, SUSPENSION_REASONS
from sources.codes.lists import CodeList
from sources.codes.social_care import (
    ASSESSMENT_OUTCOMES,
    CONTACT_OUTCOMES,
    REFERRAL_SOURCES,
    SERVICES,
    YOUNG_CARER_IDENTIFIERS,
)

MINUS = "\N{MINUS SIGN}"
HISTORY_KINDS = {
    "contact": "Contact",
    "assessment": "Assessment",
    "early_help": "Early help",
    "cin": "Child in need plan",
    "cp": "Child protection plan",
    "lac": "Looked after",
    "young_carer": "Identified as a young carer",
}
PLANS = ("early_help", "cin", "cp", "lac")
ON_A_DAY = ("contact", "young_carer")
WORK_KINDS = {
    **{code.code: code.label for code in SERVICES.codes},
    "allocated": "Allocated worker",
    "adult_care": "Adult services",
}
MEMBER_SURE = {
    "sure": "Sure",
    "fairly_sure": "Fairly sure",
    "less_sure": "Less sure: worth asking the family",
}
RECORD_SURE = {
    "only": "The only record of this person",
    "sure": "Sure",
    "fairly_sure": "Fairly sure",
    "less_sure": "Less sure: worth checking",
}
_BASES = {
    "relationship": "a relationship that a worker entered",
    "home": "a shared home",
    "tenancy": "a tenancy",
    "benefit_claim": "a benefit claim",
    "council_tax_account": "a council tax account",
    "case_family": "an early help case",
    "school_contact": "the school's contacts",
    "alone": "nothing that ties them to others",
}
_DUE = {
    "assessment": ("Assessment", "to be finished"),
    "cin": ("Child in need plan", "next review at the latest"),
    "cp": ("Child protection plan", "next review at the latest"),
    "lac": ("Looked after", "next review at the latest"),
    "early_help": ("Early help", "a review is customary"),
    "turns_18": ("18th birthday", "support changes"),
}
_REFERRERS = {
    "individual": "A person who knows them",
    "education": "School or education",
    "health": "Health",
    "housing": "Housing",
    "council": "The council",
    "police": "Police",
    "legal": "Courts or probation",
    "other": "Another organisation",
    "anonymous": "Somebody who did not say",
    "unknown": "Not known who",
}
_BENEFITS = {
    "housing_benefit": "Housing Benefit",
    "council_tax_reduction": "Council Tax Reduction",
    "universal_credit": "Universal Credit",
}
"""As a family calls them: what else a code takes in is for those who map an extract."""
_ACTIVITIES = {"neet": "Not in education, employment or training", "unknown": "Not known"}
_ABBREVIATIONS = frozenset(
    (
        *("asb", "camhs", "cin", "cme", "cp", "dv", "dwp", "ehc", "ehcp", "ehe", "ehm", "eyfs", "fsm", "gp", "hb"),
        *("hmo", "lac", "mash", "neet", "nhs", "sen", "send", "senco", "uc", "yjs", "yos", "yot"),
    )
)
"""What stands in a system's short name and is said letter by letter."""
_REFERRER_KINDS = {code.code: code.counts_as for code in REFERRAL_SOURCES.codes}
_OUTCOMES = {code.code: code.label for one in (CONTACT_OUTCOMES, ASSESSMENT_OUTCOMES) for code in one.codes}
_STAGES = {"opening": "When the case opened", "review": "Review"}


def system(name: str) -> str:
    """A system, or a domain of the outcomes framework, as people say it.

    As ``[review.labels]`` has it; else ``social_care`` is Social care, and ``yjs_cases`` YJS cases.
    """
    return current().config.labels.get(name) or _spoken(name)


def _spoken(code: str) -> str:
    said = " ".join(word.upper() if word in _ABBREVIATIONS else word for word in code.replace("_", " ").split())
    return said[:1].upper() + said[1:]


def day(text: str | None) -> str:
    """A date of a document as 7 September 2026; empty for none."""
    if not text:
        return ""
    date = dt.date.fromisoformat(text)
    return f"{date.day} {date:%B %Y}"


def short_day(text: str | None) -> str:
    """A date of a document as 7 Sep 2026; empty for none."""
    if not text:
        return ""
    date = dt.date.fromisoformat(text)
    return f"{date.day} {date:%b %Y}"


def month(number: int) -> str:
    """A month such as 202609 as Sep 2026."""
    return f"{dt.date(number // 100, number % 100, 1):%b %Y}"


def pounds(pence: int) -> str:
    """Whole pence as £1,234.50."""
    return f"{MINUS if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def balance(pence: int) -> str:
    """A rent balance in words: owing is positive."""
    if pence == 0:
        return "nothing owed"
    return f"{pounds(abs(pence))} {'owed' if pence > 0 else 'in credit'}"


def bases(kinds: list[str]) -> str:
    """What a membership rests on."""
    return joined([_BASES.get(kind, kind.replace("_", " ")) for kind in kinds])


def shared(kinds: list[str]) -> str:
    """What a record holds in common with the person's others, as the look-up of the index says it."""
    return ", ".join(in_words(kind, "same", 0.0) for kind in kinds)


def differs(kinds: list[str]) -> str:
    """Which of a record's values are not those of the person's other records."""
    names = {"dob": "date of birth", "forename": "first name", "surname": "surname"}
    return joined([names[kind] for kind in kinds])


def referrer(code: str | None) -> str:
    """Who made a contact, by kind alone."""
    return _REFERRERS.get(_REFERRER_KINDS.get(code or "", ""), "")


def outcome(code: str | None) -> str:
    return _OUTCOMES.get(code or "", "")


def identified_by(code: str | None) -> str:
    return _label(YOUNG_CARER_IDENTIFIERS, code)


def benefit(code: str) -> str:
    return _BENEFITS.get(code) or _label(BENEFITS, code)


def arrears_step(code: str) -> str:
    return _label(ARREARS_STEPS, code)


def exclusion(kind: str, reason: str | None) -> str:
    """A suspension or exclusion with its reason."""
    said = _label(EXCLUSION_KINDS, kind).split(",")[0]
    return f"{said}: {_label(SUSPENSION_REASONS, reason).lower()}" if reason else said


def activity(code: str | None) -> str:
    return _ACTIVITIES.get(code or "") or _label(NEET_ACTIVITIES, code)


def work(kind: str) -> str:
    """A service that works with somebody, or that a worker is allocated."""
    return WORK_KINDS.get(kind) or _spoken(kind)


def stage(code: str) -> str:
    return _STAGES.get(code, _spoken(code))


def due(kind: str) -> tuple[str, str]:
    """What falls due, and what is expected by then."""
    return _DUE.get(kind, (_spoken(kind), ""))


def joined(words: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _label(codes: CodeList, code: str | None) -> str:
    found = {one.code: one.label for one in codes.codes}
    return found.get(code or "", _spoken(code or ""))
