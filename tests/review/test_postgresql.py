"""The web app's tests once more, on a PostgreSQL server started for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.review.conftest import DATABASE_OF_TESTS
from tests.sources.postgresql import PASSWORD, running_server

PROJECT = Path(__file__).resolve().parents[2]
_CORE = (
    *("login", "oidc", "security", "refreshing", "permissions", "every_view", "access_log", "governance"),
    *("caseload", "families", "fairness_page", "panel", "odd_staff_rows", "parted_families"),
)
"""Modules of tests of what is kept in the database."""


@pytest.mark.databases
def test_what_holds_on_sqlite_holds_on_postgresql() -> None:
    modules = [PROJECT / "tests" / "review" / f"test_{name}.py" for name in _CORE]
    there = [str(path) for path in modules if path.is_file()]
    with running_server() as url:
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *there],
            cwd=PROJECT,
            env={**os.environ, DATABASE_OF_TESTS: url.replace("+psycopg", "")},
            capture_output=True,
            check=False,
            text=True,
        )
    assert told.returncode == 0, told.stdout[-4000:]
    assert " passed" in told.stdout
    assert PASSWORD not in told.stdout + told.stderr
