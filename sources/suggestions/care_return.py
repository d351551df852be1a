"""The children in need return: its schema says what everything is, so the mapping is known before it is read.

What is read of it are the children at its beginning: to know that it is one, how sex and ethnicity are spelt, and
whether its day can serve as the one on which the council knew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from sources.readers.xml_reading import open_cin_census
from sources.suggestions.coding import with_maps
from sources.suggestions.profiling import Profile, profile
from sources.suggestions.proposal import Line, Proposal, Suggestion
from sources.suggestions.sampling import TextSample
from sources.suggestions.unmapped_file import unmapped_file
from store.errors import InputRejected

_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_LOOKED_AT = 1 << 16
_COLLECTION = "CIN"
_CHILD, _DAY, _MADE = "LAchildID", "ReferenceDate", "DateTime"
_COLUMNS = ("Collection", _CHILD, "PersonBirthDate", "Sex", "Ethnicity", "UPN", _DAY, _MADE)
_TWICE = (
    "COUNTED TWICE if used beside the case system's own files: what the return lists is in them too, and without its "
    "number nothing tells that the two are one. Take the marks away only where no other extract feeds this table."
)
_BEGUN = f"check: STAND-IN, the day it began; {_MADE} is never too early, but makes all of a year known at its end"


@dataclass(frozen=True)
class _Part:
    """One kind of row of the return, and the table it feeds."""

    rows: str
    name: str
    table: str
    columns: tuple[tuple[str, object], ...]
    begins: str = ""
    """The day that stands in for the day of recording; the day of the return if ''."""
    unless: tuple[tuple[str, tuple[str, ...]], ...] = ()
    suffix: str = ""
    held_back: str = ""


_PARTS = (
    _Part(
        "Child",
        "",
        "person_records",
        (("dob", "PersonBirthDate"), ("sex", "Sex"), ("ethnicity", "Ethnicity"), ("upn", "UPN")),
        suffix="cin",
    ),
    _Part(
        "Disability",
        "_disabilities",
        "disability_markers",
        (("event_date", _DAY), ("kind", {"constant": "disability"})),
        unless=(("Disability", ("NONE",)),),
    ),
    _Part(
        "CINdetails",
        "_referrals",
        "contacts",
        (
            ("event_date", "CINreferralDate"),
            ("referral_source", "ReferralSource"),
            (
                "outcome",
                {
                    "column": "ReferralNFA",
                    "codes": {
                        **dict.fromkeys(("0", "false"), "referral"),
                        **dict.fromkeys(("1", "true"), "no_further_action"),
                    },
                },
            ),
        ),
        begins="CINreferralDate",
        held_back=_TWICE,
    ),
    _Part(
        "Assessments",
        "_assessments",
        "assessments",
        (
            ("event_date", "AssessmentActualStartDate"),
            ("to_date", "AssessmentAuthorisationDate"),
            ("factors", {"column": "AssessmentFactors", "split": ";"}),
        ),
        begins="AssessmentActualStartDate",
        held_back=_TWICE,
    ),
    _Part(
        "CINPlanDates",
        "_plans",
        "service_episodes",
        (("event_date", "CINPlanStartDate"), ("to_date", "CINPlanEndDate"), ("service", {"constant": "cin"})),
        begins="CINPlanStartDate",
        held_back=_TWICE,
    ),
    _Part(
        "ChildProtectionPlans",
        "_protection_plans",
        "service_episodes",
        (
            ("event_date", "CPPstartDate"),
            ("to_date", "CPPendDate"),
            ("service", {"constant": "cp"}),
            # The latest category is known later than the plan is.
            ("category", "InitialCategoryOfAbuse"),
        ),
        begins="CPPstartDate",
        held_back=_TWICE,
    ),
)


def is_return(found: TextSample) -> bool:
    """Whether a text may be a return: the first element of its XML is the one that begins them all."""
    # In UTF-16 every other byte is zero.
    start = found.head[:_LOOKED_AT].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").lstrip()
    root = _ROOT.search(start) if start.startswith(b"<") else None
    return root is not None and root[1] == b"Message"


def suggest_return(path: Path, whole: Suggestion) -> Suggestion:
    """The extracts of a return, as ``whole`` and those further of it; it brings the name, the source and the path.

    Raises InputRejected for XML that is damaged, does harm, or is another return.
    """
    rows = _children(path)
    profiles = profile(_COLUMNS, rows)
    made = [_extract(part, whole, rows, profiles) for part in _PARTS]
    note = (
        "The return adds to the case system's own files the pupil number, which links a child to the school census, "
        "and disabilities. It names children by that system's own number, so its source is the same."
    )
    return replace(made[0], notes=(note,), further=tuple(made[1:]))


def _children(path: Path) -> list[tuple[str, ...]]:
    """The columns of the first children of the return."""
    opened = open_cin_census(unmapped_file(path, format="cin_census", rows="Child"), _COLUMNS)
    batch = next(iter(opened.batches))
    columns = [batch.column(f"c{opened.kept.names[name]}").to_pylist() for name in _COLUMNS]
    rows = [tuple(cell or "" for cell in cells) for cells in zip(*columns)]
    if not rows or {row[0].upper() for row in rows} - {_COLLECTION, ""}:
        raise InputRejected(
            "The XML is no children in need census, or one without a child.",
            where=path.name,
            fix="Of XML only that return can be read: ask for the extract as CSV.",
        )
    return rows


def _extract(part: _Part, whole: Suggestion, rows: list[tuple[str, ...]], profiles: tuple[Profile, ...]) -> Suggestion:
    name = f"{whole.name}{part.name}"
    lines = [_line(column, origin) for column, origin in part.columns]
    lines.append(_recorded(part, rows))
    proposal = Proposal(
        part.table,
        tuple(lines),
        key=(_CHILD,),
        subject=(_CHILD,) if part.suffix else (),
        suffix=part.suffix,
        unless=part.unless,
        held_back=part.held_back,
    )
    proposals, maps = with_maps([proposal], profiles, name)
    settings = (("format", "cin_census", ""), ("rows", part.rows, ""))
    return replace(
        whole, name=name, part=f"rows of {part.rows}", settings=settings, proposals=tuple(proposals), maps=tuple(maps)
    )


def _line(column: str, origin: object) -> Line:
    header = origin if isinstance(origin, str) else origin.get("column", "") if isinstance(origin, dict) else ""
    return Line(column, origin, (header,) if header else (), sure=True)


def _recorded(part: _Part, rows: list[tuple[str, ...]]) -> Line:
    """The council knew what the return says when it made it, unless the day it says for that cannot be true."""
    if part.begins:
        return Line("recorded_on", part.begins, (part.begins,), False, _BEGUN)
    day, made = _COLUMNS.index(_DAY), _COLUMNS.index(_MADE)
    if all(row[made][:10] >= row[day] for row in rows):
        return Line("recorded_on", _MADE, (_MADE,), True, "the day the return was made")
    note = "check: the return says it was made before its reference day, or not when"
    return Line("recorded_on", {"latest": [_DAY, _MADE]}, (_DAY, _MADE), False, note)
