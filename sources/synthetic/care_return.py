"""The statutory children in need return of the last year, as XML in the shape of the DfE's 2026 collection.

It tells what the case management system knew, once more and from another desk: pupil numbers where a school could
confirm them, and a code of need for each referral.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np

from sources.synthetic.as_held import ethnicity_held
from sources.synthetic.care import REFERRAL
from sources.synthetic.care_extracts import CaseFile, children_of
from sources.synthetic.chance import happens, pick, stream
from sources.synthetic.clock import EXTRACT, OPEN, Array, day, written
from sources.synthetic.paper import Paper
from sources.synthetic.world import Borough

FILE = "social_care/CIN_return_2026.xml"
_FROM, _TO = day(2025, 4, 1), day(2026, 3, 31)
_ISO = "%Y-%m-%d"
_NEEDS = ("N1", "N2", "N3", "N4", "N5", "N6", "N7")
_NEED_SHARES = (55, 6, 4, 8, 15, 4, 2)
_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Message><Header><CollectionDetails><Collection>CIN</Collection>'
    "<Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel>"
    "<LEA>997</LEA><SoftwareCode>Brackwater</SoftwareCode><Release>1</Release><SerialNo>001</SerialNo></Source>"
    "</Header><Children>\n"
)


def write_return(borough: Borough, paper: Paper, file: CaseFile) -> None:
    """One child element for each referral of the year and child, with its assessment."""
    rng = stream(borough.seed, "return")
    contacts, people = borough.care.contacts, borough.people
    due = (contacts["outcome"] == REFERRAL) & (contacts["on"] >= _FROM) & (contacts["on"] <= _TO)
    family, referred, source = (contacts[name][due] for name in ("family", "on", "source"))
    row, child = children_of(borough, rng, family, referred, 0.85)
    # A child that was referred twice is told of once here, under the first referral.
    _, first = np.unique(child, return_index=True)
    row, child = row[first], child[first]
    begins, ends = _assessed(borough, family, referred)
    begins, ends = begins[row], np.where(ends[row] <= _TO, ends[row], OPEN)
    confirmed = (borough.pupils.upn[child] != "") & happens(rng, 0.7, len(child))
    ethnicity = ethnicity_held(borough, stream(borough.seed, "care ethnicity"), 0.0, 0.1)[child]
    columns = (
        file.number_at(child, referred[row]),
        np.where(confirmed, borough.pupils.upn[child], ""),
        written(people.dob[child], _ISO),
        np.array(["F", "M"], dtype=object)[people.sex[child]],
        ethnicity,
        written(referred[row], _ISO),
        source[row],
        pick(rng, _NEEDS, len(child), _NEED_SHARES),
        written(begins, _ISO),
        written(ends, _ISO),
    )
    order = np.argsort(columns[0], kind="stable")
    children = [_child(*cells) for cells in zip(*(column[order].tolist() for column in columns))]
    paper.write_text(FILE, _HEADER + "".join(children) + "</Children></Message>\n", len(children))
    paper.remember("cin_return", FILE, columns[0][order], child[order])


def _assessed(borough: Borough, family: Array, referred: Array) -> tuple[Array, Array]:
    """First and last day of the assessment that followed each referral within ten days; open days where none did."""
    assessments = borough.care.assessments
    key = np.sort(assessments["family"] * 100_000 + assessments["start"])
    order = np.argsort(assessments["family"] * 100_000 + assessments["start"], kind="stable")
    place = np.searchsorted(key, family * 100_000 + referred).clip(0, max(len(key) - 1, 0))
    found = order[place] if len(order) else np.zeros(len(family), dtype=np.int64)
    start, end = assessments["start"][found], assessments["end"][found]
    follows = (assessments["family"][found] == family) & (start >= referred) & (start <= referred + 10)
    return np.where(follows & (start <= EXTRACT), start, OPEN), np.where(follows, end, OPEN)


def _child(*cells: str) -> str:
    number, upn, born, sex, ethnicity, referred, source, need, begins, ends = (escape(cell) for cell in cells)
    known = f"<UPN>{upn}</UPN>" if upn else "<UPNunknown>UN3</UPNunknown>"
    authorised = f"<AssessmentAuthorisationDate>{ends}</AssessmentAuthorisationDate>" if ends else ""
    assessment = (
        f"<Assessments><AssessmentActualStartDate>{begins}</AssessmentActualStartDate>{authorised}</Assessments>"
        if begins
        else ""
    )
    return (
        f"<Child><ChildIdentifiers><LAchildID>{number}</LAchildID>{known}<PersonBirthDate>{born}</PersonBirthDate>"
        f"<Sex>{sex}</Sex></ChildIdentifiers><ChildCharacteristics><Ethnicity>{ethnicity}</Ethnicity>"
        f"</ChildCharacteristics><CINdetails><CINreferralDate>{referred}</CINreferralDate>"
        f"<ReferralSource>{source}</ReferralSource><PrimaryNeedCode>{need}</PrimaryNeedCode>{assessment}"
        "<ReferralNFA>0</ReferralNFA></CINdetails></Child>\n"
    )
