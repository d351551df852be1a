"""The web app's tests once more, on a PostgreSQL server started for them: all but those that start one themselves.

They are in two parts, each a module of its own, so that the parts run side by side.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.review.conftest import DATABASE_OF_TESTS
from tests.sources.postgresql import PASSWORD, running_server

MODULES = Path(__file__).resolve().parent
CORE = (
    *("login", "oidc", "security", "refreshing", "permissions", "every_view", "access_log", "governance"),
    *("caseload", "families", "fairness_page", "panel", "odd_staff_rows", "parted_families"),
)
"""Names of the modules of what is kept in the database."""


def left_out() -> list[str]:
    """Every other module, so that a new one is run on both databases without anybody having to think of it."""
    there = {path.stem.removeprefix("test_") for path in MODULES.glob("test_*.py")}
    return sorted(there - set(CORE) - {"postgresql", "postgresql_rest"})


def assert_hold(names: Iterable[str]) -> None:
    """Run these modules in a process whose database is PostgreSQL."""
    with running_server() as url:
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *(str(MODULES / f"test_{name}.py") for name in names)],
            cwd=MODULES.parents[1],
            env={**os.environ, DATABASE_OF_TESTS: url.replace("+psycopg", "")},
            capture_output=True,
            check=False,
            text=True,
        )
    assert told.returncode == 0, told.stdout[-4000:]
    assert " passed" in told.stdout
    assert PASSWORD not in told.stdout + told.stderr
