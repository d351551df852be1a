"""Codes of the children in need census, as case systems hold them.

Source: Department for Education, *Children in need census: guide to submitting data* and its schema for 2025 to 2026.
The factors 18A and 19A were later split by who did the harm; older assessments carry them.
"""

from __future__ import annotations

from sources.codes.lists import Code, CodeList

REFERRAL_SOURCES = CodeList(
    "Referral source",
    "Who referred a child to children's social care.",
    (
        Code("1A", "Family member, relative or carer", "individual"),
        Code("1B", "Acquaintance, such as a neighbour or child minder", "individual"),
        Code("1C", "The child", "individual"),
        Code("1D", "Another individual, such as a stranger", "individual"),
        Code("2A", "School", "education"),
        Code("2B", "Education service", "education"),
        Code("3A", "General practitioner", "health"),
        Code("3B", "Health visitor", "health"),
        Code("3C", "School nurse", "health"),
        Code("3D", "Other primary health service", "health"),
        Code("3E", "Accident and emergency", "health"),
        Code("3F", "Other health service, such as a hospice", "health"),
        Code("4", "Housing, of the council or an association", "housing"),
        Code("5A", "Social care within the council, such as adults'", "council"),
        Code("5B", "Another department of the council", "council"),
        Code("5C", "Another council", "council"),
        Code("5D", "Early help", "council"),
        Code("6", "Police", "police"),
        Code("7", "Courts, probation, immigration, Cafcass or prison", "legal"),
        Code("8", "Other, such as a children's centre or a charity", "other"),
        Code("9", "Anonymous", "anonymous"),
        Code("10", "Not known", "unknown"),
    ),
    counts_as="kind of referrer",
)

PRIMARY_NEEDS = CodeList(
    "Primary need",
    "The main reason why a child needs social care.",
    (
        Code("N0", "Not stated"),
        Code("N1", "Abuse, neglect or exploitation"),
        Code("N2", "Child's disability or illness"),
        Code("N3", "Parent's disability or illness"),
        Code("N4", "Family in acute stress"),
        Code("N5", "Family dysfunction"),
        Code("N6", "Socially unacceptable behaviour"),
        Code("N7", "Low income"),
        Code("N8", "Absent parenting"),
        Code("N9", "Not a child in need"),
    ),
)

_CHILD, _PARENT, _OTHER = "the child", "a parent or carer", "another in the household"


def _factor(number: int, what: str) -> tuple[Code, ...]:
    """A concern that may be about the child (A), a parent or carer (B) or another in the household (C)."""
    return tuple(
        Code(f"{number}{letter}", f"{what}: {whose}", whose)
        for letter, whose in zip("ABC", (_CHILD, _PARENT, _OTHER), strict=True)
    )


ASSESSMENT_FACTORS = CodeList(
    "Assessment factor",
    "What a single assessment found; several may be held. A code is compared whole: 7A is not found in 17A.",
    (
        *_factor(1, "Alcohol misuse"),
        *_factor(2, "Drug misuse"),
        *_factor(3, "Subject of domestic abuse"),
        *_factor(4, "Mental health"),
        *_factor(5, "Learning disability"),
        *_factor(6, "Physical disability or illness"),
        Code("7A", "Young carer", _CHILD),
        Code("8B", "Privately fostered: from overseas, means to return", _CHILD),
        Code("8C", "Privately fostered: from overseas, means to stay", _CHILD),
        Code("8D", "Privately fostered: from the UK, placed for education", _CHILD),
        Code("8E", "Privately fostered: from the UK, family's own arrangement", _CHILD),
        Code("8F", "Privately fostered: other", _CHILD),
        Code("9A", "Unaccompanied asylum-seeking child", _CHILD),
        Code("10A", "Going or being missing", _CHILD),
        Code("11A", "Sexual exploitation", _CHILD),
        Code("12A", "Trafficking", _CHILD),
        Code("13A", "Gangs", _CHILD),
        Code("14A", "Socially unacceptable behaviour", _CHILD),
        Code("15A", "Self-harm", _CHILD),
        Code("16A", "Neglect", _CHILD),
        Code("17A", "Emotional abuse", _CHILD),
        Code("18A", "Physical abuse (before it was split)", _CHILD),
        Code("18B", "Physical abuse by a child", _CHILD),
        Code("18C", "Physical abuse by an adult", _CHILD),
        Code("19A", "Sexual abuse (before it was split)", _CHILD),
        Code("19B", "Sexual abuse by a child", _CHILD),
        Code("19C", "Sexual abuse by an adult", _CHILD),
        Code("20", "Other"),
        Code("21", "No factor found, and no further action"),
        Code("22A", "Female genital mutilation", _CHILD),
        Code("23A", "Abuse linked to faith or belief", _CHILD),
        Code("24A", "Criminal exploitation", _CHILD),
    ),
    counts_as="whose",
)

CLOSURE_REASONS = CodeList(
    "Reason for closure",
    "Why a child in need case was closed.",
    (
        Code("RC1", "Adopted"),
        Code("RC2", "Died"),
        Code("RC3", "Child arrangements order"),
        Code("RC4", "Special guardianship order"),
        Code("RC5", "Moved to another council's services"),
        Code("RC6", "Moved to adult social care"),
        Code("RC7", "Services ceased for another reason, such as no longer in need"),
        Code("RC8", "Closed after assessment, no further action"),
        Code("RC9", "Closed after assessment, passed to early help"),
    ),
)

ABUSE_CATEGORIES = CodeList(
    "Category of abuse",
    "Why a child has a child protection plan.",
    (
        Code("NEG", "Neglect"),
        Code("PHY", "Physical abuse"),
        Code("SAB", "Sexual abuse"),
        Code("EMO", "Emotional abuse"),
        Code("MUL", "Several (no longer to be used)"),
    ),
)

DISABILITIES = CodeList(
    "Disability of a child in need",
    "Several may be held. NONE is a finding of its own: the question was asked, and the answer was no.",
    (
        Code("NONE", "No disability"),
        Code("MOB", "Mobility", "disability"),
        Code("HAND", "Hand function", "disability"),
        Code("PC", "Personal care", "disability"),
        Code("INC", "Incontinence", "disability"),
        Code("COMM", "Communication", "disability"),
        Code("LD", "Learning", "disability"),
        Code("HEAR", "Hearing", "disability"),
        Code("VIS", "Vision", "disability"),
        Code("BEH", "Behaviour", "disability"),
        Code("CON", "Consciousness", "disability"),
        Code("AUT", "Autism or Asperger syndrome", "disability"),
        Code("DDA", "Another disability under the law", "disability"),
    ),
    counts_as="marker",
)

CONTACT_OUTCOMES = CodeList(
    "Outcome of a contact",
    "What the front door decided.",
    (
        Code("no_further_action", "No further action"),
        Code("early_help", "Passed to early help"),
        Code("referral", "Taken as a referral to children's social care"),
    ),
)

ASSESSMENT_OUTCOMES = CodeList(
    "Outcome of an assessment",
    "What a single assessment led to.",
    (
        Code("no_further_action", "No further action"),
        Code("cin", "Child in need plan"),
        Code("cp", "Strategy discussion or child protection conference"),
        Code("lac", "Looked after"),
        Code("early_help", "Stepped down to early help"),
    ),
)

SERVICES = CodeList(
    "Service",
    "The services for children and families whose periods are followed.",
    (
        Code("early_help", "Early help case", "early help"),
        Code("cin", "Child in need plan", "social care"),
        Code("cp", "Child protection plan", "social care"),
        Code("lac", "Period looked after", "social care"),
    ),
    counts_as="level",
)

RELATIONSHIPS = CodeList(
    "Relationship",
    "What person a is to person b, as entered by workers.",
    (
        Code("mother", "Mother", "parent"),
        Code("father", "Father", "parent"),
        Code("step_parent", "Step-parent or parent's partner", "parent"),
        Code("grandparent", "Grandparent", "relative"),
        Code("sibling", "Sibling", "relative"),
        Code("other_relative", "Another relative", "relative"),
        Code("partner", "Partner or spouse", "partner"),
        Code("other", "Any other link, former partners too", "other"),
    ),
    counts_as="kind of tie",
)

YOUNG_CARER_IDENTIFIERS = CodeList(
    "Who identified a young carer",
    "Who said so: of the school census, P is parent and S is school.",
    (
        Code("project", "A young carers project, by its register"),
        Code("parent", "A parent, in the school census"),
        Code("school", "The school, in the school census"),
        Code("assessment", "A social care assessment"),
    ),
)

CODE_LISTS = (
    *(REFERRAL_SOURCES, PRIMARY_NEEDS, ASSESSMENT_FACTORS, CLOSURE_REASONS, ABUSE_CATEGORIES, DISABILITIES),
    *(CONTACT_OUTCOMES, ASSESSMENT_OUTCOMES, SERVICES, RELATIONSHIPS, YOUNG_CARER_IDENTIFIERS),
)
