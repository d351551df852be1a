"""The children in need census: which elements the 2026 return has, and by which names a mapping calls them.

The tree follows the Department for Education's schema of the 2026 collection. ``PreProceedingsandFGDM`` is not in
that schema, but returns of that year have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

ROOT = "Message"
HEADER = "Header"


@dataclass(frozen=True)
class Element:
    """An element of the return. ``many`` are those that may make the rows of an extract."""

    tag: str
    within: tuple[Element, ...] = ()
    many: bool = False

    @property
    def is_leaf(self) -> bool:
        """Whether it holds a text and no elements."""
        return not self.within


def _leaves(*tags: str) -> tuple[Element, ...]:
    return tuple(Element(tag) for tag in tags)


_HEADER = Element(
    HEADER,
    (
        Element("CollectionDetails", _leaves("Collection", "Year", "ReferenceDate")),
        Element("Source", _leaves("SourceLevel", "LEA", "SoftwareCode", "Release", "SerialNo", "DateTime")),
    ),
)
_ASSESSMENTS = Element(
    "Assessments",
    (
        *_leaves("AssessmentActualStartDate", "AssessmentInternalReviewDate", "AssessmentAuthorisationDate"),
        Element("FactorsIdentifiedAtAssessment", (Element("AssessmentFactors", many=True),)),
    ),
    many=True,
)
_PROTECTION_PLANS = Element(
    "ChildProtectionPlans",
    (
        *_leaves("CPPstartDate", "CPPendDate", "InitialCategoryOfAbuse", "LatestCategoryOfAbuse"),
        *_leaves("NumberOfPreviousCPP"),
        Element("Reviews", (Element("CPPreviewDate", many=True),)),
    ),
    many=True,
)
_PRE_PROCEEDINGS = Element(
    "PreProceedingsandFGDM",
    (
        *_leaves("PPStartDate", "LBPSentDate", "FGDMMeetingOffer", "FGDMMeetingFac", "InitialPPMeetingDate"),
        *_leaves("ReviewMeetingsCount", "StepDecisionDate", "PPOutcome", "CourtAppDate", "LetterInitCPDate"),
    ),
    many=True,
)
_CIN_DETAILS = Element(
    "CINdetails",
    (
        *_leaves("CINreferralDate", "ReferralSource", "PrimaryNeedCode", "CINclosureDate", "ReasonForClosure"),
        *_leaves("DateOfInitialCPC", "ReferralNFA"),
        _ASSESSMENTS,
        Element("CINPlanDates", _leaves("CINPlanStartDate", "CINPlanEndDate"), many=True),
        Element(
            "Section47",
            _leaves("S47ActualStartDate", "InitialCPCtarget", "DateOfInitialCPC", "ICPCnotRequired"),
            many=True,
        ),
        _PROTECTION_PLANS,
        _PRE_PROCEEDINGS,
    ),
    many=True,
)
CHILD = Element(
    "Child",
    (
        Element(
            "ChildIdentifiers",
            (
                *_leaves("LAchildID", "UPN", "FormerUPN", "UPNunknown", "PersonBirthDate", "ExpectedPersonBirthDate"),
                *_leaves("Sex", "PersonDeathDate"),
            ),
        ),
        Element(
            "ChildCharacteristics",
            (*_leaves("Ethnicity"), Element("Disabilities", (Element("Disability", many=True),))),
        ),
        _CIN_DETAILS,
    ),
    many=True,
)
RETURN = Element(ROOT, (_HEADER, Element("Children", (CHILD,))))

Path = tuple[str, ...]
"""The tags from the root's child down to an element."""


def elements(element: Element = RETURN, above: Path = ()) -> Iterator[tuple[Path, Element]]:
    """Every element below ``element`` with its path, in the order of the schema."""
    for one in element.within:
        path = (*above, one.tag)
        yield path, one
        yield from elements(one, path)


_ROW_PATHS: dict[str, Path] = {element.tag: path for path, element in elements() if element.many}
ROW_ELEMENTS: tuple[str, ...] = tuple(_ROW_PATHS)
"""The elements that may make a row, in the order of the schema."""


def row_path(rows: str) -> Path:
    """Where the element that makes a row stands."""
    return _ROW_PATHS[rows]


@cache
def columns(rows: str) -> dict[str, Path]:
    """The columns a row of that element has: the name a mapping may use to the path of the text.

    A row has the texts of its own element, of those that stand above it, and of the header. Each goes by its tag;
    where two have the same tag it is the row's own, and every one goes by parent and tag too, such as
    ``CINdetails/DateOfInitialCPC``. A group that may be there several times within the row gives it no columns.
    """
    row = row_path(rows)
    own: list[Path] = []
    others: list[Path] = []
    for path, element in elements():
        if not element.is_leaf or any(is_many(path[:end]) and path[:end] != row[:end] for end in range(1, len(path))):
            continue
        (own if path[: len(row)] == row else others).append(path)
    tags = [path[-1] for path in others]
    named = {path[-1]: path for path in own}
    named |= {path[-1]: path for path in others if tags.count(path[-1]) == 1 and path[-1] not in named}
    return named | {"/".join(path[-2:]): path for path in (*own, *others)}


@cache
def is_many(path: Path) -> bool:
    """Whether the schema allows the element several times."""
    element = RETURN
    for tag in path:
        element = next(one for one in element.within if one.tag == tag)
    return element.many
