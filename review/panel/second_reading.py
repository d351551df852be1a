"""The second reader: 'no action' on high need asks for another member's eyes before the meeting is closed.

High need is a count that people know from elsewhere: of ten needs, how many some record is evidence of (Supporting
Families asks for three or more). It is neither the score nor the place on the list, which nobody here sees. Where a
run has no such count every 'no action' asks for a second reader.

The second reader decides without knowing what the first had decided, like every other member; so no page says of which
case a second reader is waited for, but only which cases one member alone has read.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairness_audits.chain.decisions import Choice

NEEDS_COUNT = "needs_count"
READERS = 2


def is_high_need(needs: float | None, least: int) -> bool:
    """Whether a family with so many evidenced needs is of high need; one of whom it is not known is."""
    return needs is None or needs >= least


def asked_for(high_need: bool, read: Sequence[Choice]) -> bool:
    """Whether a case asks for a second reader, by what those who read it chose."""
    return high_need and Choice.NO_ACTION in read


def waits(high_need: bool, read: Sequence[Choice]) -> bool:
    """Whether it still waits for one."""
    return asked_for(high_need, read) and len(read) < READERS
