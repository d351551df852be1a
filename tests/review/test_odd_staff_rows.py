"""A staff list or allocations with a row that no database of ours expects: the rest is loaded all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db.models import CharField, Model

from review.caseload.access import visible_families
from review.caseload.models import Allocation, Team, Worker
from review.people.models import Person
from review.refreshing import Feed, refresh
from review.roles import Role
from review.settings import ReviewContext
from sources.tables import ALLOCATIONS, WORKERS
from store.run_folder import RunFolder
from store.table import Table
from tests.review import made_up
from tests.support import put_table

LONG = "x" * 400
ODD = pytest.mark.parametrize("odd", [LONG, "\0", "\U0001f600" * 400])


def otherwise(folder: Path, table: Table, worker: str, **more: str) -> RunFolder:
    """A run in which rows of one worker have ``more`` behind the values of these columns."""
    run = made_up.make_run(folder / "odd")
    rows = pq.read_table(run.path(table)).to_pylist()
    changed = [{**row, **_behind(row, more)} if row["worker_id"] == worker else row for row in rows]
    put_table(run, table, sorted(changed, key=lambda row: [str(row.get(name)) for name in table.sort]))
    return run


def _behind(row: dict[str, Any], more: dict[str, str]) -> dict[str, str]:
    return {name: (row[name] or "x") + text for name, text in more.items()}


def seen_by(worker: str) -> set[str]:
    person = Person(username="x", name="X", role=Role.support_worker.value, worker_key=made_up.worker_key(worker))
    return {family.pk for family in visible_families(person, made_up.TODAY)}


def kept_as_every_database_takes_it(*models: type[Model]) -> bool:
    return all(
        len(value) <= (field.max_length or 0) and "\0" not in value
        for model in models
        for field in model._meta.get_fields()
        if isinstance(field, CharField)
        for value in model._default_manager.values_list(field.name, flat=True)
    )


@ODD
@pytest.mark.parametrize("column", ["name", "role", "team", "worker_id", "manager_id"])
def test_an_odd_row_of_the_staff_list(app: ReviewContext, tmp_path: Path, column: str, odd: str) -> None:
    """On PostgreSQL the night's refresh failed, and after three days nobody saw a family."""
    run = otherwise(tmp_path, WORKERS, made_up.OTHER_WORKER, **{column: odd})
    refresh(app, Feed(run, made_up.TODAY))
    assert kept_as_every_database_takes_it(Worker, Team, Allocation)
    assert seen_by(made_up.WORKER) == {made_up.OWN}
    assert seen_by(made_up.OTHER_WORKER) == (set() if column == "worker_id" else {made_up.COLLEAGUES})


@ODD
def test_an_odd_row_of_the_allocations(app: ReviewContext, tmp_path: Path, odd: str) -> None:
    run = otherwise(tmp_path, ALLOCATIONS, made_up.OTHER_WORKER, worker_id=odd, team=odd)
    refresh(app, Feed(run, made_up.TODAY))
    assert kept_as_every_database_takes_it(Worker, Team, Allocation)
    assert seen_by(made_up.WORKER) == {made_up.OWN}
    assert seen_by(made_up.OTHER_WORKER) == set()


def test_two_keys_that_differ_at_their_end_stay_two(app: ReviewContext, tmp_path: Path) -> None:
    run = otherwise(tmp_path, WORKERS, made_up.OTHER_WORKER, worker_id=LONG)
    rows = pq.read_table(run.path(WORKERS)).to_pylist()
    second = [{**row, "worker_id": row["worker_id"] + "y"} for row in rows if row["worker_id"].endswith(LONG)]
    put_table(run, WORKERS, sorted([*rows, *second], key=lambda row: [str(row.get(name)) for name in WORKERS.sort]))
    refresh(app, Feed(run, made_up.TODAY))
    assert Worker.objects.filter(name="Will Wood").values("key").distinct().count() == 2
