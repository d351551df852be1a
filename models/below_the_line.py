"""Cases drawn by lot from below the line, whose decisions alone tell how many the list misses.

Nobody who decides may tell them from the listed ones: their reasons are written by the same code and lie in the same
sealed table. One row more for each says that it was drawn, and from how many; nothing outside the seal does.

The lots are drawn by the council's key: every case below the line is as likely as any other to one who has no key, and
the same run draws the same cases however often it is made. Score, place and features have no part in it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter

import numpy as np
import pyarrow as pa

from models.cases import Cases, Integers
from models.tables import DRAWN, REASONS

_SAID = "Drawn by lot from below the line."


def drawn_by_lot(cases: Cases, current: Integers, listed: Integers, size: int, key: bytes) -> Integers:
    """``size`` of the ``current`` rows that are not ``listed``, or all of them where there are no more; ascending.

    A row is a unit: `models.cases.load_cases` keeps one for a child of two families.
    """
    below = np.setdiff1d(current, listed)

    def lot(row: int) -> tuple[bytes, str]:
        unit = str(cases.unit_id[row])
        return hmac.digest(key, unit.encode("utf-8"), hashlib.sha256), unit

    first = sorted(below.tolist(), key=lot)[:size] if size else []
    return np.array(sorted(first), dtype=np.int64)


def with_drawn(reasons: pa.Table, cases: Cases, drawn: Integers, below_the_line: int) -> pa.Table:
    """The sealed reasons, those of the ``drawn`` rows among them, with a row more for each of these."""
    if not len(drawn):
        return reasons
    told = Counter(reasons["unit_id"].to_pylist())
    rows = [
        {
            "unit_id": cases.unit_id[row],
            "family_id": cases.family_id[row],
            "as_of": cases.as_of[row].item(),
            "position": told[cases.unit_id[row]] + 1,
            "kind": DRAWN,
            "contribution": 0.0,
            "value": float(below_the_line),
            "sentence": _SAID,
        }
        for row in drawn
    ]
    found = pa.concat_tables([reasons, pa.Table.from_pylist(rows, schema=REASONS.arrow_schema())])
    return found.sort_by([(name, "ascending") for name in REASONS.sort])
