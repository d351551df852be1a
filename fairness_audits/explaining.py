"""Explaining one case of a released list in a notebook, through the gate."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.compute as pc

from fairness_audits.gate import open_released
from models.documents import load_evaluation
from models.explanation import Explanation
from store.errors import UsageError
from store.key_file import load_keys
from store.keys import Keys
from store.run_folder import RunFolder


def explain_released(
    run: RunFolder | Path | str,
    target: str,
    unit_id: str,
    *,
    keys: Keys | None = None,
    today: dt.date | None = None,
) -> Explanation:
    """Why a case is on the current list of a released target, in the words that the panel reads.

    The same door as the export: `open_released` refuses, with Withheld, unless the release stands open ``today`` (by
    default the real day), and writes the attempt in the log. ``keys`` are by default those of the master key file. The
    reasons are the sealed ones, which the approvers' audit is bound to; nothing is worked out anew.

    Raises UsageError for no such target, and for a pseudonym that is not on the list.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder(Path(run).expanduser().resolve())
    title = load_evaluation(folder.root, target).get("title", target)
    day = today or dt.datetime.now(dt.UTC).date()
    scores, reasons = open_released(folder, keys or load_keys(), target, day)
    listed = scores.filter(pc.and_(pc.equal(scores["part"], "current"), scores["flagged"]))
    mine = listed.filter(pc.equal(listed["unit_id"], unit_id))
    if not mine.num_rows:
        raise UsageError(
            "The released list has no such case.", where="unit_id", fix="Give the pseudonym of a case on the list."
        )
    family, as_of = mine["family_id"][0].as_py(), mine["as_of"][0].as_py()
    own = reasons.filter(pc.and_(pc.equal(reasons["unit_id"], unit_id), pc.equal(reasons["family_id"], family)))
    return Explanation.of_rows(title, unit_id, as_of, own.sort_by("position").to_pylist())
