"""All else on PostgreSQL too: people who act at the same moment, prepared queries, attacks."""

from __future__ import annotations

import pytest

from tests.review.on_postgresql import CORE, MODULES, assert_hold, left_out


def test_no_module_that_is_named_is_gone() -> None:
    """A name that no file has would be run by nobody, and nobody would notice."""
    assert not [name for name in CORE if not (MODULES / f"test_{name}.py").is_file()]
    assert {"panel_at_once", "prepared", "attacks", "every_form"} <= set(left_out())


@pytest.mark.databases
def test_the_rest_holds_on_postgresql_as_well() -> None:
    assert_hold(left_out())
