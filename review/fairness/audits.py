"""What the run says of each question put to its data: the audit, the gate, and audits of before."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, QuerySet, Value, When

from fairness_audits.gate import status
from fairness_audits.release import GateState, Verdict
from fairness_audits.signing import evaluation_path
from fairness_audits.writing import published_path
from reports.opening import judging_day
from reports.text import day, sentence
from reports.words import VerdictWords, short, verdict_words
from review.fairness.models import KeptAudit
from review.settings import ReviewContext
from store.files import file_hash, read_json
from store.run_folder import RunFolder

Document = Mapping[str, Any]
_DAY = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")

_NO_LONGER = VerdictWords(
    "Not audited",
    "Its audit no longer counts",
    "Something that the audit rests on has changed since it was made.",
    "Nobody will be shown the list before it has been audited again.",
)


@dataclass(frozen=True)
class Unsettled:
    """A rule that does not hold, or that the evidence leaves open, and for whom."""

    rule: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """An audit that another took the place of; ``number`` is None where its report was not kept."""

    number: int | None
    title: str
    verdict: str
    tested_from: dt.date | None
    tested_to: dt.date | None
    kept_at: dt.datetime


@dataclass(frozen=True)
class Question:
    """One question put to the data, with what may be seen of its answer, and why not more."""

    name: str
    title: str
    question: str
    warning: str
    """That its list is no better than one drawn by lot, where that is so; else empty."""

    verdict: str
    words: VerdictWords
    why: str
    open: bool
    reason: str
    unsettled: tuple[Unsettled, ...]
    caveats: tuple[str, ...]
    has_report: bool
    past: tuple[Past, ...]


def targets(run: RunFolder) -> list[str]:
    """Every question that the models stage has reported on, by name."""
    return sorted(path.parent.name for path in (run.root / "models").glob("*/evaluation.json"))


def questions(context: ReviewContext) -> list[Question]:
    """Each question as it stands now: the gate is asked, nothing sealed is opened."""
    return [_question(context, target) for target in targets(context.run)]


def of_others(context: ReviewContext) -> tuple[Past, ...]:
    """Audits of questions that are not put to the data any more, the newest first."""
    return _past(KeptAudit.objects.exclude(target__in=targets(context.run)))


def _past(kept: QuerySet[KeptAudit]) -> tuple[Past, ...]:
    read = kept.annotate(has_page=Case(When(page="", then=Value(False)), default=Value(True)))
    fields = ("pk", "has_page", "title", "verdict", "tested_from", "tested_to", "kept_at")
    return tuple(
        Past(pk if has_page else None, title, short(verdict), first, last, at)
        for pk, has_page, title, verdict, first, last, at in read.values_list(*fields)
    )


def keep(run: RunFolder) -> None:
    """Keep the run's published audits and their pages, each once, so that they can be read when others follow."""
    for target in targets(run):
        path = run.root / published_path(target)
        if path.is_file():
            _keep(run, target, read_json(path), file_hash(path))


def report_path(target: str) -> str:
    """Where a target's fairness report lies among the reports."""
    return f"{target}/fairness.html"


def _question(context: ReviewContext, target: str) -> Question:
    run = context.run
    evaluation = read_json(run.root / evaluation_path(target))
    gate = status(run, context.keys, target, judging_day())
    path = run.root / published_path(target)
    audit: Document = read_json(path) if path.is_file() else {}
    past = KeptAudit.objects.filter(target=target)
    if audit:
        past = past.exclude(sha256=file_hash(path))
    # What is published counts only as far as the gate vouches for the audit that it is of.
    stands = gate.verdict.value == audit.get("verdict") and gate.verdict is not Verdict.NOT_AUDITED
    told = audit if stands else {}
    why = str(told.get("why") or ("" if audit else evaluation.get("why")) or "")
    return Question(
        name=target,
        title=evaluation["title"],
        question=evaluation["question"],
        warning=_warning(evaluation),
        verdict=gate.verdict.value,
        words=_NO_LONGER if audit and gate.verdict.value != audit.get("verdict") else verdict_words(gate.verdict.value),
        why="" if why in gate.reason else _said(why),
        open=gate.state is GateState.RELEASED,
        reason=_said(gate.reason),
        unsettled=_unsettled(told),
        caveats=tuple(evaluation["label_caveats"]),
        has_report=(run.root / "reports" / report_path(target)).is_file(),
        past=_past(past),
    )


def _said(reason: str) -> str:
    """A reason of the job's as a sentence, its days as people write them."""
    return sentence(_DAY.sub(_day, reason))


def _day(found: re.Match[str]) -> str:
    try:
        return day(found[0])
    except ValueError:
        return found[0]


def _warning(evaluation: Document) -> str:
    choice = evaluation.get("choice") or {}
    return str(choice.get("why", "")) if choice.get("no_better_than_chance") else ""


def _unsettled(audit: Document) -> tuple[Unsettled, ...]:
    found = []
    for rule in audit.get("rules", ()):
        groups = tuple(group["label"] for group in rule["groups"] if group["verdict"] != "pass")
        if rule["verdict"] != "pass" and groups:
            found.append(Unsettled((rule["reason"] or rule["title"]).rstrip("."), groups))
    return tuple(found)


def _keep(run: RunFolder, target: str, audit: Document, sha256: str) -> None:
    days = [dt.date.fromisoformat(day) for day in audit.get("test", {}).get("as_ofs", ())]
    report = run.root / "reports" / report_path(target)
    KeptAudit.objects.get_or_create(
        target=target,
        sha256=sha256,
        defaults={
            "title": read_json(run.root / evaluation_path(target))["title"],
            "verdict": audit["verdict"],
            "tested_from": min(days, default=None),
            "tested_to": max(days, default=None),
            "page": report.read_text(encoding="utf-8") if report.is_file() else "",
        },
    )
