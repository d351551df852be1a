"""The access log: whole while nobody meddles, and telling when somebody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.access_log import BEGINNING, verify

if TYPE_CHECKING:
    from review.settings import ReviewContext


def test_an_empty_log_is_whole(app: ReviewContext) -> None:
    standing = verify()
    assert standing.whole
    assert (standing.lines, standing.newest) == (0, BEGINNING)
