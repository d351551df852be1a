"""Cases that were drawn by lot from below the line: whether policy allows them, and which they are once it is released.

The models draw as many as the council's TOML asks for, since they cannot know the policy. Here it is held against it:
of a run that drew more than its policy allows there is no audit that a release could rest on. Which cases were drawn
is told by the sealed reasons alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fairness_audits.policy import Policy
from models.tables import DRAWN
from store.errors import InputRejected, UsageError

FIELD = "below_the_line"
"""Where an audit's documents say how many were drawn; not there where none were."""


def drawn_units(reasons: pa.Table) -> dict[str, int]:
    """The drawn cases by ``unit_id``, each with the number of cases below the line that it was drawn from."""
    rows = reasons.filter(pc.equal(reasons["kind"], DRAWN))
    return {unit: int(below) for unit, below in zip(rows["unit_id"].to_pylist(), rows["value"].to_pylist())}


def with_drawn(scores: pa.Table, reasons: pa.Table) -> pa.Table:
    """The scores with the drawn cases of the current date flagged like the listed ones: who is in the pack."""
    drawn = drawn_units(reasons)
    if not drawn:
        return scores
    mine = pc.and_(pc.equal(scores["part"], "current"), pc.is_in(scores["unit_id"], pa.array(sorted(drawn))))
    place = scores.schema.get_field_index("flagged")
    return scores.set_column(place, scores.schema.field(place), pc.or_(scores["flagged"], mine))


def check_drawn(scores: pa.Table, reasons: pa.Table, where: str) -> int:
    """How many were drawn, once it is sure that reasons are of the listed and the drawn cases alone.

    Raises InputRejected where a case is drawn that is not below the line, drawn twice or from another number of cases,
    and where one has reasons that is neither listed nor drawn: a release would open them.
    """
    current = scores.filter(pc.equal(scores["part"], "current"))
    listed = set(current.filter(current["flagged"])["unit_id"].to_pylist())
    below = set(current["unit_id"].to_pylist()) - listed
    drawn = drawn_units(reasons)
    marks = int(pc.sum(pc.equal(reasons["kind"], DRAWN)).as_py() or 0)
    if marks != len(drawn) or not set(drawn) <= below or set(drawn.values()) - {len(below)}:
        raise _refused("Cases were drawn that are not below the line, twice, or from another number of cases", where)
    if set(reasons["unit_id"].to_pylist()) - listed - set(drawn):
        raise _refused("Cases have reasons that are neither on the list nor drawn from below the line", where)
    return len(drawn)


def why_not_allowed(drawn: int, policy: Policy) -> str:
    """Why there is nothing to audit of a run that drew so many for one list; empty where the policy allows it."""
    allowed = policy.sample_below_the_line.cases
    if drawn <= allowed:
        return ""
    return (
        f"{drawn} cases were drawn from below the line for the pack, and the audit policy allows {allowed or 'none'}. "
        "Set sample_below_the_line of the target in the council's TOML to no more than that, or have those who answer "
        "for the policy change it."
    )


def entry(drawn: int, policy: Policy) -> dict[str, Any]:
    """What an audit's documents say of it: nothing where none were drawn."""
    return {FIELD: {"drawn": drawn, "allowed": policy.sample_below_the_line.cases}} if drawn else {}


def told_by(document: Mapping[str, Any]) -> int:
    """How many were drawn, by an audit's document that anybody may have written to."""
    said = document.get(FIELD)
    drawn = said.get("drawn") if isinstance(said, dict) else 0
    return drawn if isinstance(drawn, int) else 0


def in_words(drawn: int) -> str:
    """That so many are in the pack, for whoever signs for it; empty where none are."""
    if not drawn:
        return ""
    cases = "1 case" if drawn == 1 else f"{drawn} cases"
    return f" Beside the list {cases} drawn by lot from below the line will be in the pack, not marked as such."


def refuse_more_than_allowed(asked: Mapping[str, int], policy: Policy) -> None:
    """Raise UsageError, before anything is modelled, where ``asked`` has more for a target than the policy allows."""
    for target, cases in asked.items():
        if cases > policy.sample_below_the_line.cases:
            raise UsageError(
                f"The TOML asks for {cases} cases drawn from below the line, and the audit policy allows "
                f"{policy.sample_below_the_line.cases or 'none'}.",
                where=f"targets.{target}.sample_below_the_line",
                fix="Set it to no more than [sample_below_the_line] cases of the policy that [audit] policy names.",
            )


def _refused(what: str, where: str) -> InputRejected:
    return InputRejected(f"{what}.", where=where, fix="Run the models stage again; nothing was audited.")
