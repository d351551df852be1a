"""A few cases drawn by lot from below the line, put into the pack unmarked. Off unless the council's TOML asks for it.

Their decisions alone tell how many the list misses, overall and by group (`fairness_audits.chain.missed`). Nobody who
decides can tell them from the others: they have reasons, sheets and references like theirs. So only cases whose
reasons lie sealed beside the listed ones' can be drawn; what the release was signed for holds them.

The draw is settled by the council's key: the same run draws the same cases however often it is asked, and who has no
key cannot work out whom.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.errors import UsageError
from store.keys import Keys, Purpose


@dataclass(frozen=True)
class Sampled:
    """How a case came into the sample."""

    drawn_from: int
    """Cases below the line."""


def with_sample(
    scores: pa.Table, reasons: pa.Table, size: int, keys: Keys, target: str
) -> tuple[pa.Table, dict[str, Sampled]]:
    """The scores with ``size`` more cases of the current date flagged, and which those are, by ``unit_id``.

    A case is a unit: the row nearest the top stands for a child of two families, as it does in the pack. Raises
    UsageError where fewer cases below the line have reasons, for a smaller sample would be drawn from those alone.
    """
    if not size:
        return scores, {}
    current = scores.filter(pc.equal(scores["part"], "current"))
    below = _below(current)
    explained = below & set(reasons["unit_id"].to_pylist())
    if len(explained) < size:
        raise UsageError(
            "Too few cases below the line have reasons for a sample of them to be drawn.",
            where="[review] sample_below_the_line",
            fix="Set it to 0, or have the models write reasons for cases drawn by lot from below the line.",
        )
    as_of = current["as_of"][0].as_py().isoformat()
    key = keys.derive(Purpose.REVIEW, context=f"sample/{target}/{as_of}")
    drawn = drawn_by_lot(explained, size, key)
    mine = pc.and_(pc.equal(scores["part"], "current"), pc.is_in(scores["unit_id"], pa.array(sorted(drawn))))
    flagged = pc.or_(scores["flagged"], mine)
    place = scores.schema.get_field_index("flagged")
    found = scores.set_column(place, scores.schema.field(place), flagged)
    return found, {unit: Sampled(len(below)) for unit in drawn}


def drawn_by_lot(units: set[str], size: int, key: bytes) -> set[str]:
    """``size`` of the units, each as likely as any other to one who does not have the key."""

    def lot(unit: str) -> tuple[bytes, str]:
        return hmac.digest(key, unit.encode(), hashlib.sha256), unit

    return set(sorted(units, key=lot)[:size])


def _below(current: pa.Table) -> set[str]:
    flagged = np.array(current["flagged"].to_pylist(), dtype=bool)
    units = np.array(current["unit_id"].to_pylist(), dtype=object)
    return set(units[~flagged]) - set(units[flagged])
