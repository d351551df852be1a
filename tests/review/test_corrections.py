"""What people said is not so, when families get other references, are joined, parted, or in no extract any more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings

from residents.tables import FAMILIES
from review.databases import database
from review.families import corrections
from review.families.models import Correction
from review.people.models import Person
from review.refreshing import Feed, refresh
from review.roles import Role
from review.settings import ReviewContext
from store.keys import Keys
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.conftest import use_database
from tests.support import put_table

if TYPE_CHECKING:
    from django.test import Client

Browsers = Callable[..., "Client"]
SAID = {"subject": "not_to_be_shown", "system": "support", "words": "Their home must not be known."}


def say(client_as: Browsers, **more: str) -> None:
    browser = client_as(Role.support_worker)
    assert browser.post(f"/families/{made_up.key_of(made_up.OWN)}/correction/", {**SAID, **more}).status_code == 302


def otherwise(folder: Path, rename: Callable[[dict[str, Any]], dict[str, Any] | None]) -> RunFolder:
    """A run whose memberships are others: each row as ``rename`` gives it, left out for None."""
    run = made_up.make_run(folder / "otherwise")
    rows = [changed for row in pq.read_table(run.path(FAMILIES)).to_pylist() if (changed := rename(row)) is not None]
    put_table(run, FAMILIES, sorted(rows, key=lambda row: [str(row.get(name)) for name in FAMILIES.sort]))
    return run


def test_another_master_key_loses_nothing(app: ReviewContext, client_as: Browsers) -> None:
    """Families' references change with the key; what was said follows, and the address stays held back."""
    say(client_as)
    before = made_up.key_of(made_up.OWN)
    rotated = replace(app, keys=Keys(b"another master key, 32 bytes long"[:32]))
    with override_settings(REVIEW=rotated):
        refresh(rotated)
        after = made_up.key_of(made_up.OWN)
        assert after != before
        browser = client_as(Role.support_worker)
        assert browser.get(f"/families/{before}/").status_code == 404
        assert SAID["words"] in browser.get(f"/families/{after}/").content.decode()
        listed = client_as(Role.governance).get("/families/corrections/").content.decode()
        assert after in listed
        assert before not in listed
        assert made_up.OWN in corrections.held_back()


@pytest.mark.parametrize("subject", ["not_to_be_shown", "late"])
def test_what_was_said_follows_the_people_into_the_family_that_they_are_of_now(
    app: ReviewContext, client_as: Browsers, tmp_path: Path, subject: str
) -> None:
    say(client_as, subject=subject)

    def joined(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "family_id": "F9" if row["family_id"] == made_up.OWN else row["family_id"]}

    refresh(app, Feed(otherwise(tmp_path, joined), app.council.extract_date))
    assert Correction.objects.get().family_id == "F9"
    assert not corrections.lost().exists()
    page = client_as(Role.support_worker).get(f"/families/{made_up.key_of('F9')}/").content.decode()
    assert SAID["words"] in page
    assert ("F9" in corrections.held_back()) is (subject == "not_to_be_shown")


def test_an_address_is_held_back_of_every_family_that_shares_anybody_with_one_in_danger(
    app: ReviewContext, client_as: Browsers, tmp_path: Path
) -> None:
    """Also where that comes to be known later: the child of the family turns out to be of another one too."""
    say(client_as)
    assert corrections.held_back() == {made_up.OWN}
    child = "P2"
    twice = otherwise(
        tmp_path, lambda row: {**row, "person_id": child if row["person_id"] == "P8" else row["person_id"]}
    )
    refresh(app, Feed(twice, app.council.extract_date))
    assert corrections.held_back() == {made_up.OWN, made_up.NOBODYS}
    assert corrections.of_family(made_up.NOBODYS).address_held_back
    assert not corrections.of_family(made_up.NOBODYS).shown
    assert not corrections.of_family(made_up.COLLEAGUES).address_held_back
    Correction.objects.update(state="stands")
    assert corrections.held_back() == set()
    assert not corrections.of_family(made_up.OWN).address_held_back


def test_what_was_said_of_nobody_who_is_left_stays_on_the_list(
    app: ReviewContext, client_as: Browsers, tmp_path: Path
) -> None:
    say(client_as)
    gone = otherwise(tmp_path, lambda row: None if row["family_id"] == made_up.OWN else row)
    refresh(app, Feed(gone, app.council.extract_date))
    assert [one.family_id for one in corrections.lost()] == [made_up.OWN]
    listed = client_as(Role.governance).get("/families/corrections/").content.decode()
    assert "On no family's page any more" in listed
    number = re.findall(r'name="correction" value="(\d+)"', listed)[0]
    client_as(Role.governance).post("/families/corrections/", {"correction": number, "state": "passed_on"})
    assert Correction.objects.get().state == "passed_on"
    refresh(app)
    assert not corrections.lost().exists()


def test_corrections_of_an_older_database_find_their_families(
    served: ReviewContext, database_of_tests: str, tmp_path: Path
) -> None:
    """They named a family by a reference, which changes with the key."""
    use_database(database("", tmp_path))
    try:
        call_command("migrate", "caseload", interactive=False, verbosity=0)
        call_command("migrate", "people", interactive=False, verbosity=0)
        executor = MigrationExecutor(connection)
        before = [("families", "0002_adults_named"), ("caseload", "0001_initial")]
        executor.migrate(before)
        old = executor.loader.project_state(before).apps
        whole = {"name": "Ward", "members": 2, "children": 1, "document": {}, "loaded_from": "x"}
        old.get_model("families", "Family").objects.create(family_id="F1", key="abc", **whole)
        for family, person in (("F1", "P1"), ("F1", "P2"), ("F2", "P2"), ("F3", "P3")):
            old.get_model("caseload", "Resident").objects.create(token="", person_id=person, family_id=family)
        somebody = Person.objects.create(username="w", name="W", role=Role.support_worker.value)
        for key in ("abc", "gone"):
            old.get_model("families", "Correction").objects.create(
                family_key=key, system="care", subject="late", words=key, said_by_id=somebody.pk
            )
        call_command("migrate", "families", interactive=False, verbosity=0)
        found = {one.words: (one.family_id, one.people, one.near) for one in Correction.objects.all()}
        assert found == {"abc": ("F1", ["P1", "P2"], ["F1", "F2"]), "gone": ("", [], [])}
    finally:
        use_database(database(database_of_tests, served.folder))
