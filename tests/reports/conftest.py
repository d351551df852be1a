"""One audited run for the reports' tests, with one target released and one withheld."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reports.list_audit import list_audit_page
from reports.provenance import Source
from reports.quarterly import quarterly_page
from reports.stage import STAGE
from store.files import write_text
from store.run_folder import RunFolder
from tests.reports.list_data import LISTS, audited_list
from tests.reports.retraining_data import COMPARED, RECOMMENDED
from tests.reports.samples import FAMILY_TARGET, TODAY, make_run, on_day, release
from tests.support import COUNCIL, run_stage

HOSTILE_SENTENCE = '=HYPERLINK("http://evil.example/","x") <script>alert(\'reason\')</script>'
HOSTILE_NAME = 'Robert\'); DROP TABLE <b>"approvals"</b>'
HOSTILE_NOTE = "</td></tr><script src=//evil.example></script> {{ 7 * 7 }} &amp;"


@pytest.fixture(scope="session")
def audited_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run up to the audits, with hostile words in reasons. Not to be written to: copy it."""
    return make_run(tmp_path_factory.mktemp("reports") / "run", sentence=HOSTILE_SENTENCE)


@pytest.fixture
def run(audited_run: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of the audited run, to be released and reported on."""
    shutil.copytree(audited_run.root, tmp_path / "run")
    return RunFolder(tmp_path / "run")


@pytest.fixture(scope="session")
def reported(audited_run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with reports, the family target released by people with hostile names. Not to be written to."""
    root = tmp_path_factory.mktemp("reported") / "run"
    shutil.copytree(audited_run.root, root)
    release(RunFolder(root), FAMILY_TARGET, name=HOSTILE_NAME, note=HOSTILE_NOTE)
    with on_day(TODAY):
        run = run_stage(STAGE, root)
    _beside_the_reports(run)
    return run


def _beside_the_reports(run: RunFolder) -> None:
    """The pages that commands write: of the quarter's retraining, and of the audit of a list from elsewhere."""
    titles = {"under_the_radar": "Families under the radar", "hidden_young_carers": "Hidden young carers"}
    rests_on = [Source("retraining.json", "0" * 64)]
    write_text(run.root / "retraining.html", quarterly_page(COUNCIL, RECOMMENDED, COMPARED, titles, {}, rests_on))
    folder = run.root / "list"
    folder.mkdir()
    columns, cut, how = LISTS["whole"]
    write_text(folder / "published" / "audit.html", list_audit_page(audited_list(folder, columns, cut, **how)))
