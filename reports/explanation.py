"""The explanation pack of a released target: one sheet a case, in an order that says nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairness_audits.panel_list import reference
from features.wording import NAMED_SOURCES, SOURCE_WORDS
from models.not_known import LITTLE
from reports import text
from reports.case_facts import Case as Case  # noqa: PLC0414 - whoever makes sheets needs it
from reports.case_facts import Matched, Reason, Services
from reports.facts import AuditFacts, FeatureFacts, ReleaseFacts, TargetFacts
from reports.pages import render
from reports.words import verdict_words
from residents.certainty import FAIRLY_SURE, LESS_SURE, SURE
from store.council import Council

CERTAINTY_WORDS = {SURE: "Sure", FAIRLY_SURE: "Fairly sure", LESS_SURE: "Less sure: please check"}
"""How sure it is that records are the family's."""


@dataclass(frozen=True)
class Noticed:
    """A reason as the sheet shows it."""

    subject: str
    sentence: str
    made_of: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    """What is on record of it, each with the feature by which whoever keeps the record is found; that is not shown."""


@dataclass(frozen=True)
class Sheet:
    """One case as the pack shows it. It has no score and no place, because this class has no field for them."""

    reference: str
    family_reference: str
    noticed: tuple[Noticed, ...]
    going_well: tuple[Noticed, ...]
    not_known: tuple[str, ...]
    rests_on: tuple[Record, ...]
    family: str
    """Who is counted as the family, and how surely; empty where that is not told."""
    services: Services | None
    alike: str


@dataclass(frozen=True)
class Record:
    """One kind of record that a sheet rests on."""

    what: str
    when: str
    systems: str
    """Where it was kept; empty where that is not told."""
    certainty: str
    """How sure it is that it is theirs; empty where that is not told."""


def explanation_page(
    council: Council,
    target: TargetFacts,
    audit: AuditFacts,
    release: ReleaseFacts,
    features: dict[str, FeatureFacts],
    cases: Iterable[Case],
    as_of: dt.date,
    contact: str = "",
) -> str:
    """The pack as HTML. Cases are put in the order of their pseudonyms, which are random.

    ``contact`` is where a family may write about what is held of it.
    """
    sheets = case_sheets(target, features, cases, as_of)
    families = [sheet.family_reference for sheet in sheets if sheet.family_reference]
    return render(
        "explanation.html",
        council=council,
        target=target,
        audit=audit,
        release=release,
        verdict=verdict_words(audit.verdict),
        cases=sheets,
        as_of=as_of,
        mitigations=_mitigations(release),
        families_repeat=len(set(families)) < len(families),
        track_record=track_record(target, audit.drawn, len(sheets)),
        by_lot=bool(audit.drawn),
        wonder=_wonder(target),
        contact=contact.strip(),
    )


def cover_page(
    council: Council, target: TargetFacts, audit: AuditFacts, release: ReleaseFacts, cases: int, as_of: dt.date
) -> str:
    """The cover sheet of one meeting, for print: what the pack is, how to use it, and who allowed it until when."""
    return render(
        "explanation_cover.html",
        council=council,
        target=target,
        audit=audit,
        release=release,
        verdict=verdict_words(audit.verdict),
        cases=cases,
        as_of=as_of,
        mitigations=_mitigations(release),
        track_record=track_record(target, audit.drawn, cases),
    )


def sheet_html(sheet: Sheet, target: TargetFacts, by_lot: bool) -> str:
    """What is said of one case, as a piece of HTML for another page than the pack.

    ``by_lot`` is whether any case of the pack was drawn by lot: it is said alike of every case.
    """
    return render("sheet.html", case=sheet, target=target, by_lot=by_lot, wonder=_wonder(target), contact="")


def _wonder(target: TargetFacts) -> str:
    return f"I wonder what is happening for this {target.unit_one}, and whether some help would be welcome."


def case_sheets(
    target: TargetFacts, features: dict[str, FeatureFacts], cases: Iterable[Case], as_of: dt.date
) -> list[Sheet]:
    """A sheet for each case, in the order of their pseudonyms, which are random: what every view of a case shows."""
    return [_sheet(case, target, features, as_of) for case in sorted(cases, key=lambda case: case.unit_id)]


def track_record(target: TargetFacts, drawn: int, cases: int) -> str:
    """How often earlier lists were right, said so that no page is taken for a finding.

    Of the pack's ``cases`` so many were ``drawn`` by lot from below the line: that, and not which, is said too.
    """
    return " ".join(part for part in (_earlier_lists(target), _by_lot(target, drawn, cases)) if part)


def _by_lot(target: TargetFacts, drawn: int, cases: int) -> str:
    if not drawn:
        return ""
    are = "was" if drawn == 1 else "were"
    return (
        f"Of the {text.counted(cases, target.unit_one, target.unit_many)} in this pack {drawn} {are} not on the list, "
        "but drawn by lot from all the others, so that your decisions show how many such lists miss. No page says "
        "which. Please read each one with the same care."
    )


def _earlier_lists(target: TargetFacts) -> str:
    chosen = target.chosen
    if chosen is None:
        return ""
    past = "When we made lists like this for past dates"
    both = "Please read every page with both possibilities in mind. Many who may need help are not in this pack at all."
    rate = chosen.precision.value
    if rate is None:
        few = "too few to count" if chosen.precision.below is None else text.fewer_than(chosen.precision.below)
        return f"{past}, {few} of the {target.unit_many} on them went on to have what we looked for. {both}"
    interval = text.between(chosen.precision.low, chosen.precision.high)
    return (
        f"{past}, {text.one_in(rate)} {target.unit_many} on them went on to have what we looked for ({interval}). "
        f"The others, {text.others(rate)}, did not. {both}"
    )


def _mitigations(release: ReleaseFacts) -> list[tuple[str, str]]:
    """Each way harm is guarded against, with the names of those who wrote it."""
    written_by: dict[str, list[str]] = {}
    for approval in release.approvals:
        if approval.mitigation:
            written_by.setdefault(approval.mitigation, []).append(approval.name)
    return [(text.listed(names), mitigation) for mitigation, names in written_by.items()]


def _sheet(case: Case, target: TargetFacts, features: dict[str, FeatureFacts], as_of: dt.date) -> Sheet:
    noticed = [reason for reason in case.reasons if reason.contribution > 0 and reason.value is not None]
    going_well = [reason for reason in case.reasons if reason.contribution < 0 and _good(reason, features)]
    return Sheet(
        reference=reference(case.unit_id),
        family_reference=reference(case.family_id) if case.family_id != case.unit_id else "",
        noticed=_shown(noticed),
        going_well=_shown(going_well),
        not_known=_not_known(case, target, features),
        rests_on=_rests_on([*noticed, *going_well], features, as_of, case.matched),
        family=_family(case.matched),
        services=case.services,
        alike=case.alike,
    )


def _good(reason: Reason, features: dict[str, FeatureFacts]) -> bool:
    """Whether a value is no worse than the typical one.

    What moved a case down the list need not be good: a child's age is neither good nor bad, and a model may count
    something against its own direction.
    """
    feature = features.get(reason.feature)
    if feature is None or not feature.direction or reason.value is None or reason.median is None:
        return False
    return feature.direction * (reason.value - reason.median) <= 0


def _shown(reasons: Sequence[Reason]) -> tuple[Noticed, ...]:
    return tuple(
        Noticed(text.spaced(reason.subject), reason.sentence, reason.made_of, _facts(reason)) for reason in reasons
    )


def _facts(reason: Reason) -> tuple[tuple[str, str], ...]:
    """The reason itself, or where it counts several things those that are there."""
    return tuple(zip(reason.parts, reason.made_of)) or ((reason.feature, reason.sentence),)


def _not_known(case: Case, target: TargetFacts, features: dict[str, FeatureFacts]) -> tuple[str, ...]:
    """What the records could say of this case and do not: whole subjects first, then single things."""
    silent = _silent_subjects(case, features)
    lines = []
    if silent:
        named = text.listed([subject.replace("_", " ") for subject in silent])
        lines.append(f"Nothing is on record about {named}. All may be well, or the council may not have been told")
    lines += _counted(case)
    lines += [
        f"{feature.label}: not known"
        for name, feature in features.items()
        if feature.null_rule == "unknown" and case.values[name] is None and feature.subject not in silent
    ]
    lines.append(f"What the {target.unit_one} would say, and what relatives, friends and neighbours already do")
    return tuple(lines)


def _counted(case: Case) -> list[str]:
    """Where not knowing itself moved the case: silence is not the same for everybody."""
    ways = (("towards", 1), ("against", -1))
    told = [(way, [one.subject for one in case.unknown if sign * one.moved >= LITTLE]) for way, sign in ways]
    named = [(way, text.listed([name.replace("_", " ") for name in subjects])) for way, subjects in told if subjects]
    return [f"That little is known about {subjects} counted {way} being in this pack" for way, subjects in named]


def _silent_subjects(case: Case, features: dict[str, FeatureFacts]) -> list[str]:
    """Subjects of which every feature is blank or nothing, and one at least is blank."""
    by_subject: dict[str, list[float | None]] = {}
    for name, feature in features.items():
        by_subject.setdefault(feature.subject, []).append(case.values[name])
    return [subject for subject, values in by_subject.items() if None in values and not any(values)]


def _rests_on(
    used: Sequence[Reason], features: dict[str, FeatureFacts], as_of: dt.date, matched: Matched | None
) -> tuple[Record, ...]:
    """Which records the reasons come from, how far back they reach, and how sure it is that they are theirs.

    A kind of record that no system holds of the case is left out, though a reason would have counted it. A count made
    of many kinds at once, of which it is not known which are there, is named for what it is.
    """
    reach: dict[str, int] = {}
    for reason in used:
        for feature in reason.behind or [features[name] for name in (reason.feature,) if name in features]:
            broad = len(feature.sources) > NAMED_SOURCES
            for source in [feature.label] if broad else _theirs(feature.sources, reason, matched):
                reach[source] = max(reach.get(source, 0), *feature.windows, 0)
    found = [_record(source, days, as_of, matched) for source, days in reach.items()]
    return tuple(sorted(found, key=lambda record: (record.what, record.when)))


def _theirs(sources: Sequence[str], reason: Reason, matched: Matched | None) -> Sequence[str]:
    """Those kinds of records that a system holds of the case; all of them where a figure shows that one must."""
    held = [one for one in sources if matched is None or one in matched.tables]
    return held or (sources if reason.value else [])


def _record(source: str, days: int, as_of: dt.date, matched: Matched | None) -> Record:
    last = as_of - dt.timedelta(days=1)
    first = as_of - dt.timedelta(days=days)
    fed = matched.tables.get(source) if matched else None
    return Record(
        what=text.spaced(SOURCE_WORDS.get(source, source)),
        when=f"{text.day(first)} to {text.day(last)}" if days else f"as known on {text.day(last)}",
        systems=text.listed([text.spaced(system) for system in fed.systems]) if fed else "",
        certainty=CERTAINTY_WORDS[fed.certainty] if fed else "",
    )


def _family(matched: Matched | None) -> str:
    """Who is counted as the family, and how surely."""
    if matched is None:
        return ""
    people = text.counted(matched.people, "person is", "people are").capitalize()
    if not matched.by_home_alone:
        return f"{people} counted as this family, each by more than living at one address."
    tied = text.counted(matched.by_home_alone, "of them is", "of them are")
    if matched.by_home_alone == matched.people > 1:
        tied = "all of them are"
    return f"{people} counted as this family. {tied.capitalize()} tied to it by nothing but living at the same address."
