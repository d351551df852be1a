"""The list a panel gets: who, and why, in words; no score and no ranking.

Rows are in the order of the residents' own ids, which says nothing of how high anyone stood: the panel is to
read each case on its merits, and a list in order of score would be read from the top as a league table of
families. Every row is within the capacity, and that is all the list says.
"""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.compute as pc

from fairness_audits.grouping import units_are_families
from store.errors import InputRejected
from store.safe_text import safe_cell

_REASON_SEPARATOR = "; "
_NO_REASON = "Nothing on record sets this case apart."
CaseKey = tuple[str, str]


def panel_list(target: str, scores: pa.Table, reasons: pa.Table, pseudonyms: pa.Table) -> str:
    """The list as CSV text: target, as_of, reference, family_id, person_id (for a child target) and reasons.

    The reference is the one that the case's page in the explanation pack carries.

    Raises InputRejected when a case has no resident behind its pseudonym.
    """
    of_families = units_are_families(scores)
    listed = scores.filter(pc.and_(pc.equal(scores["part"], "current"), scores["flagged"]))
    why = _sentences(reasons)
    family_of, person_of = _residents(pseudonyms, "family"), _residents(pseudonyms, "person")
    rows = []
    for unit, family, as_of in zip(*(listed[name].to_pylist() for name in ("unit_id", "family_id", "as_of"))):
        person = [] if of_families else [_resident(person_of, unit)]
        sentences = _REASON_SEPARATOR.join(why.get((unit, family), (_NO_REASON,)))
        rows.append([target, as_of.isoformat(), reference(unit), _resident(family_of, family), *person, sentences])
    header = ["target", "as_of", "reference", "family_id", *([] if of_families else ["person_id"]), "reasons"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([[safe_cell(cell) for cell in row] for row in [header, *sorted(rows, key=lambda row: row[3:])]])
    return text.getvalue()


def reference(pseudonym: str) -> str:
    """The first twelve digits of a pseudonym, in fours: short enough to say aloud, and the same everywhere."""
    return "-".join(pseudonym[start : start + 4] for start in range(0, min(len(pseudonym), 12), 4))


def _sentences(reasons: pa.Table) -> dict[CaseKey, list[str]]:
    """What moved each case on to the list; what spoke against it, and what is not known, the explanation pack tells."""
    reasons = reasons.filter(pc.equal(reasons["kind"], "for"))
    ordered = reasons.sort_by([(name, "ascending") for name in ("unit_id", "family_id", "position")])
    found: dict[CaseKey, list[str]] = {}
    for unit, family, sentence in zip(*(ordered[name].to_pylist() for name in ("unit_id", "family_id", "sentence"))):
        found.setdefault((unit, family), []).append(sentence)
    return found


def _residents(pseudonyms: pa.Table, kind: str) -> dict[str, str]:
    rows = pseudonyms.filter(pc.equal(pseudonyms["kind"], kind))
    return dict(zip(rows["pseudonym"].to_pylist(), rows["id"].to_pylist()))


def _resident(known: dict[str, str], pseudonym: str) -> str:
    found = known.get(pseudonym)
    if found is None:
        raise InputRejected(
            "A case on the list has no resident behind its pseudonym.",
            where="residents pseudonyms",
            fix="Run the job again from the residents stage, and audit again.",
        )
    return found
