"""What is kept in the database, on PostgreSQL too."""

from __future__ import annotations

import pytest

from tests.review.on_postgresql import CORE, assert_hold


@pytest.mark.databases
def test_what_holds_on_sqlite_holds_on_postgresql() -> None:
    assert_hold(CORE)
