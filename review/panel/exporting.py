"""What leaves the app: decisions for the next quarter's audits, and what members say is not so.

Decisions are pseudonymous, and have neither a name nor a word that anybody wrote. What is not so goes to
whoever keeps the record, with what members wrote of it and the case's reference alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils import timezone
from pyarrow import csv as arrow_csv

from fairness_audits.chain.decisions import PANEL_DECISIONS, Choice
from models.catalogue import CATALOGUE
from review.access_log import Action
from review.by_command import record
from review.panel.choices import settled
from review.panel.decisions import standing
from review.panel.models import Agreement, Case, MeetingState, NotSo, Outcome
from review.panel.second_reading import READERS, asked_for
from review.settings import ReviewContext
from store.errors import UsageError
from store.files import read_json, replacing
from store.parquet import write_parquet
from store.safe_text import safe_cell

_FORMS = (".parquet", ".csv")
_NOT_SO = ("owner", "what", "feature", "target", "as_of", "reference", "held_on", "said")


def panel_decisions() -> pa.Table:
    """What the panels decided at their closed meetings, in the shape that the audits read."""
    cases = Case.objects.filter(meeting__state=MeetingState.CLOSED.value).select_related("meeting")
    rows = [_row(case) for case in cases]
    found = pa.Table.from_pylist(rows, schema=PANEL_DECISIONS.arrow_schema())
    return found.sort_by([(name, "ascending") for name in PANEL_DECISIONS.sort])


def _row(case: Case) -> dict[str, Any]:
    decisions = standing(case)
    read = [Choice(one.choice) for one in decisions]
    agreement = Agreement.objects.filter(case=case).first()
    last = agreement or max(decisions, key=lambda one: one.at)
    reasons = {agreement.reason} if agreement else {one.reason for one in decisions}
    outcome = Outcome.objects.filter(case=case).order_by("-pk").first()
    return {
        "target": case.meeting.target,
        "as_of": case.meeting.as_of,
        "unit_id": case.unit_id,
        "family_id": case.family_id,
        "held_on": case.meeting.held_on,
        "decided_on": timezone.localdate(last.at),
        "decision": settled(read, Choice(agreement.choice) if agreement else None).value,
        "reason": reasons.pop() if len(reasons) == 1 else None,
        "readers": len(read),
        "alike": len(set(read)) == 1 if len(read) > 1 else None,
        "second_read": asked_for(case.high_need, read) and len(read) >= READERS,
        "outcome": outcome.code if outcome else None,
        "in_sample": case.in_sample,
        "drawn_from": case.drawn_from,
    }


def export_decisions(context: ReviewContext, out: Path) -> int:
    """Write the decisions as Parquet or CSV, by the file's ending, log it with the file's hash, and say how many.

    Raises UsageError for another ending and for a place in the run folder.
    """
    _check_place(context, out, _FORMS)
    table = panel_decisions()
    with replacing(out) as temporary:
        temporary.touch(mode=0o600)
        if out.suffix.lower() == ".csv":
            arrow_csv.write_csv(table, temporary)
        else:
            write_parquet(temporary, table.to_batches(), table.schema)
        _log(temporary, f"panel decisions: {len(table)}")
    return len(table)


def export_not_so(context: ReviewContext, out: Path) -> int:
    """Write what members said is not so as CSV, by who keeps the record, log it likewise, and say how many."""
    _check_place(context, out, (".csv",))
    entries = {entry["name"]: entry for entry in read_json(context.run.root / CATALOGUE)}
    entries |= {column: entry for entry in entries.copy().values() for column in entry["columns"].values()}
    rows = sorted(_told(one, entries.get(one.feature, {})) for one in _latest_not_so())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([safe_cell(cell) for cell in row] for row in (_NOT_SO, *rows))
    with replacing(out) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
        _log(temporary, f"what is not so: {len(rows)}")
    return len(rows)


def _latest_not_so() -> list[NotSo]:
    """What the decisions that count say, of meetings open and closed: a record is put right at once."""
    counts = [decision.pk for case in Case.objects.all() for decision in standing(case)]
    return list(NotSo.objects.filter(decision__in=counts).select_related("decision__case__meeting"))


def _told(one: NotSo, entry: dict[str, Any]) -> tuple[str, ...]:
    case = one.decision.case
    meeting = case.meeting
    about = (meeting.target, meeting.as_of.isoformat(), case.reference, meeting.held_on.isoformat())
    return (str(entry.get("owner") or ""), str(entry.get("label") or ""), one.feature, *about, one.text)


def _check_place(context: ReviewContext, out: Path, forms: Sequence[str]) -> None:
    if out.suffix.lower() not in forms or out.is_dir():
        fix = f"Name a file that ends in {' or '.join(forms)}."
        raise UsageError("No such file can be written.", where=str(out), fix=fix)
    if out.resolve().is_relative_to(context.run.root.resolve()):
        raise UsageError(
            "The file would be written into the run folder, among the run's own files.",
            where=str(out),
            fix="Name a file elsewhere, where only those who may see it can read it.",
        )
    if not out.resolve().parent.is_dir() or not os.access(out.resolve().parent, os.W_OK):
        raise UsageError("There is no such folder, or it may not be written to.", where=str(out), fix="Name another.")


def _log(written: Path, detail: str) -> None:
    record(Action.exported, f"{detail}, sha256 {hashlib.sha256(written.read_bytes()).hexdigest()}")
