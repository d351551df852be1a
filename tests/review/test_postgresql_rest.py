"""What `test_postgresql` leaves out, on PostgreSQL too: people who act at the same moment, prepared queries, attacks.

Whichever module is new is run on both without anybody having to think of it.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.review.conftest import DATABASE_OF_TESTS
from tests.review.test_postgresql import _CORE, PROJECT
from tests.sources.postgresql import PASSWORD, running_server

MODULES = PROJECT / "tests" / "review"


def left_out() -> list[str]:
    """Every module of the room's tests that is not among those, but for the two that start a server."""
    there = {path.stem.removeprefix("test_") for path in MODULES.glob("test_*.py")}
    return sorted(there - set(_CORE) - {"postgresql", "postgresql_rest"})


def test_no_module_that_is_named_is_gone() -> None:
    """A name that no file has would be run by nobody, and nobody would notice."""
    assert not [name for name in _CORE if not (MODULES / f"test_{name}.py").is_file()]
    assert {"panel_at_once", "prepared", "attacks", "every_form"} <= set(left_out())


@pytest.mark.databases
def test_the_rest_holds_on_postgresql_as_well() -> None:
    with running_server() as url:
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *(str(MODULES / f"test_{name}.py") for name in left_out())],
            cwd=PROJECT,
            env={**os.environ, DATABASE_OF_TESTS: url.replace("+psycopg", "")},
            capture_output=True,
            check=False,
            text=True,
        )
    assert told.returncode == 0, told.stdout[-4000:]
    assert " passed" in told.stdout
    assert PASSWORD not in told.stdout + told.stderr
