"""The steps of the chain: what each counts, of whom, and how it is to be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from fairness_audits.chain.recording import CONFLICT, HELD, IN_A_FAMILY, SURE_FAMILY


class Link(StrEnum):
    """The links of the chain, in their order."""

    POPULATION = "population"
    RECORDING = "recording"
    LINKAGE = "linkage"
    FAMILIES = "families"
    STEPS = "steps"
    EQUAL_NEED = "equal_need"
    LABELS = "labels"
    MODEL = "model"
    PANEL = "panel"


LINK_TITLES: dict[Link, str] = {
    Link.POPULATION: "Who is in the data at all",
    Link.RECORDING: "Whose ethnicity each system holds, and holds alike",
    Link.LINKAGE: "Whose records are found to belong together",
    Link.FAMILIES: "Who is put into a family, and how surely",
    Link.STEPS: "Who goes on from each step of children's services to the next",
    Link.EQUAL_NEED: "Who is noticed at equal evidence of need",
    Link.LABELS: "Whom the label counts at equal evidence of need",
    Link.MODEL: "Whom the model misses or flags wrongly",
    Link.PANEL: "What panels decide",
}

EQUAL_NEED_CAUTION = (
    "Evidence is not need. What is held equal is itself recorded more of some than of others: where a group is watched "
    "more, its evidence is fuller, and the ratio here is nearer to 1 than the truth."
)
_NEXT_CAUTION = (
    "Of those who reached the step before: whoever is reported at less need is rightly taken further less often, so "
    "that a ratio of 1 here does not undo one at an earlier step, and one below 1 may follow from it."
)
_WHOLE_CAUTION = (
    "Nothing is held equal: it is the sum of need, of being noticed and of every decision on the way. Who has no "
    "dealings with any service is of unknown ethnicity more often, so that 'Unknown' is always low."
)


@dataclass(frozen=True)
class Step:
    """One thing that is counted of a number of cases, and compared between groups."""

    name: str
    link: Link
    title: str
    case: str
    """Of whom, in the plural."""
    did: str
    """What happened to them, to follow 'of whom 5%'."""
    held_equal: str = ""
    """What is held equal; empty where nothing is."""
    caution: str = ""


@dataclass(frozen=True)
class Onward:
    """A step followed from those who reached an earlier one."""

    step: Step
    reached: tuple[str, ...]
    kind: str
    within_days: int
    part_of: str = ""
    """The step whose cases are these and more."""


_CHILDREN = "children of families, once for each quarter"
_FAMILIES = "families with children, once for each quarter"
_KINDS: tuple[tuple[str, str], ...] = (
    ("contact", "had a contact with the front door"),
    ("referral", "were referred"),
    ("assessed", "had an assessment end, or early help open with scores"),
    ("cin", "became a child in need"),
    ("cp", "came under a protection plan"),
    ("lac", "became looked after"),
)

FROM_POPULATION: tuple[tuple[Step, str], ...] = tuple(
    (
        Step(
            f"population_to_{kind}",
            Link.STEPS,
            f"From all children: {did}",
            _CHILDREN,
            f"{did} in the quarter",
            caution=_WHOLE_CAUTION,
        ),
        kind,
    )
    for kind, did in _KINDS
)


def _onward(after: str, title: str, case: str, did: str, reached: tuple[str, ...], kind: str, days: int) -> Onward:
    name, did_within = f"{after}_to_{kind}", f"{did} within {days} days"
    return Onward(Step(name, Link.STEPS, title, case, did_within, caution=_NEXT_CAUTION), reached, kind, days)


NEED_FOUND = Onward(
    Step(
        "assessed_need_found",
        Link.EQUAL_NEED,
        "Need found when somebody looked",
        "assessments",
        "found need that called for help",
        caution="Where a group is looked at on slighter grounds, need is found less often when it is looked at. It is "
        "told of those who were looked at alone, and groups may differ in how plainly need shows.",
    ),
    ("assessed",),
    "need_assessed",
    0,
)
_LOOKED, _PLANNED = ("assessed", "cin"), ("assessed", "cin", "cp")
ONWARD: tuple[Onward, ...] = (
    _onward("contact", "From contact to referral", "contacts", "led to one", ("contact",), "referral", 31),
    _onward("referral", "From referral to assessment", "referrals", "led to one", ("referral",), "assessed", 120),
    replace(
        _onward(
            "assessment", "From assessment to child in need", "assessments", "led to it", ("assessed",), "cin", 120
        ),
        part_of=NEED_FOUND.step.name,
    ),
    replace(
        _onward("help", "From there to a protection plan", "assessments and plans", "led to it", _LOOKED, "cp", 365),
        part_of="help_to_lac",
    ),
    _onward("help", "From there to being looked after", "assessments and plans", "led to it", _PLANNED, "lac", 365),
)

EVIDENCE: tuple[tuple[str, str, str], ...] = (
    (
        "all_needs",
        "all evidence",
        "quarter, number of children, and the count of evidenced needs at its beginning",
    ),
    (
        "unprompted_needs",
        "evidence that nobody's report made",
        "quarter, number of children, and the count of needs shown by attendance, rent, benefits, housing, illness and "
        "disability alone",
    ),
)
AT_EQUAL_NEED: tuple[tuple[Step, str, str], ...] = tuple(
    (
        Step(
            f"{kind}_at_equal_{needs}",
            Link.EQUAL_NEED,
            f"{title}, by {words}",
            _FAMILIES,
            f"{did} in the quarter",
            held_equal=held,
            caution=EQUAL_NEED_CAUTION,
        ),
        kind,
        needs,
    )
    for kind, title, did in (
        ("contact", "Contacts at equal evidence of need", "had a child with a contact"),
        ("referral", "Referrals at equal evidence of need", "had a child referred"),
        ("assessed", "Assessments at equal evidence of need", "were assessed"),
        ("early_help", "Early help at equal evidence of need", "began early help"),
        ("cin", "Child in need at equal evidence of need", "had a child in need"),
    )
    for needs, words, held in EVIDENCE
)
CARERS = Step(
    "carers_identified_at_equal_signs",
    Link.EQUAL_NEED,
    "Young carers identified at equal signs of caring",
    "children of 5 to 17 not known as carers, once for each quarter",
    "were identified as young carers in the quarter",
    held_equal="quarter, age from 11 on, and the count of signs of caring",
    caution="Most who care are never identified, in any group. Signs of caring are themselves recorded more of some.",
)


def label_step(target: str, title: str, unit: str, needs: str, words: str) -> Step:
    """Whom a target's label counts, at equal evidence."""
    return Step(
        f"{target}_label_at_equal_{needs}",
        Link.LABELS,
        f"{title}: the outcome at equal {words}",
        f"{unit} of the cohort, once for each as-of date",
        "had the outcome",
        held_equal="as-of date and the family's count of needs",
        caution="A model learns the label with whatever bias it has, and its audit measures errors against it. "
        + EQUAL_NEED_CAUTION,
    )


def recorded_step(measure: str, source: str) -> Step:
    """How one system holds ethnicity."""
    if measure == HELD:
        return Step(
            f"{measure}_{source}",
            Link.RECORDING,
            f"Ethnicity held: {source}",
            "people the system names, by what other systems hold of them",
            "have a code there that says their ethnicity",
            held_equal="whether they are children or adults",
            caution="'Unknown' are people of whom no other system holds it. Many systems ask adults alone.",
        )
    assert measure == CONFLICT
    return Step(
        f"{measure}_{source}",
        Link.RECORDING,
        f"Ethnicity held differently: {source}",
        "people of whom this system and another hold it, by what the others hold",
        "have another code there",
        held_equal="whether they are children or adults",
        caution="Which of them is right nobody can say from records. Groups with near neighbours among the codes "
        "conflict more often.",
    )


FAMILY_STEPS: dict[str, Step] = {
    IN_A_FAMILY: Step(
        IN_A_FAMILY,
        Link.FAMILIES,
        "Children who belong to a family",
        "people under 18 whom any system names",
        "belong to a family now",
        caution="Who belongs to none is on no list. Some have left the area, and are rightly in none.",
    ),
    SURE_FAMILY: Step(
        SURE_FAMILY,
        Link.FAMILIES,
        "Children whose family is sure",
        "children who belong to a family now",
        "belong to it by more than living at one address",
        caution="Where a group's families are less sure, a list is more often about the wrong people.",
    ),
}
