"""Pages as PDFs: readable by everyone, the same each time, and asking for nothing."""

from __future__ import annotations

import io
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from early_help.cli import app
from early_help.evidence import DOCUMENT
from early_help.retraining_page import withdraw_page, write_page
from models.against_champion import COMPARISON
from reports.config import ReportsConfig
from reports.pdf import as_pdf
from reports.stage import STAGE
from store.errors import UsageError
from store.files import write_json
from store.run_folder import RunFolder
from tests.reports.conftest import HOSTILE_NAME, HOSTILE_NOTE, HOSTILE_SENTENCE
from tests.reports.list_data import HOSTILE as LIST_HOSTILE
from tests.reports.list_data import scored
from tests.reports.retraining_data import COMPARED, RECOMMENDED
from tests.reports.retraining_data import HOSTILE as RETRAINING_HOSTILE
from tests.reports.samples import CAPACITY, CHILD_TARGET, FAMILY_TARGET, TODAY, on_day, release
from tests.support import COUNCIL, run_stage

try:
    import weasyprint  # noqa: F401
except OSError:
    pytest.skip("Pango, by which PDFs are set, is not on this machine", allow_module_level=True)

A4_POINTS = (595, 842)

pytestmark = pytest.mark.slow


def words(content: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.fixture(scope="module")
def printed(audited_run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A released run whose reports are written as PDFs too."""
    root = tmp_path_factory.mktemp("printed") / "run"
    shutil.copytree(audited_run.root, root)
    release(RunFolder(root), FAMILY_TARGET, name=HOSTILE_NAME, note=HOSTILE_NOTE)
    with on_day(TODAY):
        return run_stage(STAGE, root, ReportsConfig(pdf=True))


def test_every_page_has_its_pdf_and_hostile_words_are_words(printed: RunFolder) -> None:
    reports = printed.root / "reports"
    pages = {path.relative_to(reports).with_suffix("") for path in reports.rglob("*.html")}
    assert {path.relative_to(reports).with_suffix("") for path in reports.rglob("*.pdf")} == pages
    assert {Path("index"), Path(CHILD_TARGET, "fairness"), Path(FAMILY_TARGET, "explanation")} <= pages
    pack = words((reports / FAMILY_TARGET / "explanation.pdf").read_bytes())
    for hostile in (HOSTILE_SENTENCE, HOSTILE_NAME, HOSTILE_NOTE):
        assert "".join(hostile.split()) in pack


def test_a_sheet_is_one_side_of_paper(printed: RunFolder) -> None:
    folder = printed.root / "reports" / FAMILY_TARGET
    sheets = [page.extract_text() for page in PdfReader(folder / "explanation.pdf").pages]
    begun = [text for text in sheets if "I wonder what is happening" in text]
    assert len(begun) == CAPACITY
    assert all("Decided by" in text for text in begun)


def test_the_retraining_page_is_a_pdf_where_asked_for_and_goes_with_it(tmp_path: Path) -> None:
    write_json(tmp_path / DOCUMENT, RECOMMENDED)
    write_json(tmp_path / COMPARISON, {"targets": COMPARED})
    run = RunFolder(tmp_path)
    for asked in (False, True):
        config = SimpleNamespace(council=COUNCIL, sections={ReportsConfig: ReportsConfig(pdf=asked)})
        write_page(run, config, RECOMMENDED)  # type: ignore[arg-type]
        assert (tmp_path / "retraining.pdf").exists() is asked
    printed = words((tmp_path / "retraining.pdf").read_bytes())
    assert "".join(RETRAINING_HOSTILE.split()) in printed and "Thechampionstays" in printed
    withdraw_page(run)
    assert not (tmp_path / "retraining.pdf").exists() and not (tmp_path / "retraining.html").exists()


def test_an_audited_list_is_a_pdf_where_asked_for(tmp_path: Path) -> None:
    scored().to_csv(tmp_path / "list.csv", index=False)
    asked = ["audit", "table", str(tmp_path / "list.csv"), "--group", "Ethnic <b>group</b>", "--label", "outcome"]
    done = CliRunner().invoke(
        app, [*asked, "--score", "risk", "--capacity", "500", "--out", str(tmp_path / "out"), "--pdf"]
    )
    assert done.exit_code == 0, done.output
    printed = words((tmp_path / "out/published/audit.pdf").read_bytes())
    for hostile in LIST_HOSTILE:
        assert "".join(hostile.split()) in printed


def test_it_is_tagged_titled_in_english_and_on_a4(printed: RunFolder) -> None:
    reader = PdfReader(printed.root / "reports" / FAMILY_TARGET / "fairness.pdf")
    catalogue = reader.root_object
    assert catalogue["/Lang"] == "en-GB"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/StructTreeRoot"]
    assert reader.metadata and "Testborough" in str(reader.metadata.title)
    assert {tuple(round(side) for side in page.mediabox[2:]) for page in reader.pages} == {A4_POINTS}


def test_the_same_page_gives_the_same_bytes() -> None:
    page = '<html lang="en-GB"><title>One page</title><h1>One page</h1></html>'
    assert as_pdf(page) == as_pdf(page)


def test_the_same_bytes_at_another_time_where_fonts_are_made_smaller_by_fonttools(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("weasyprint.pdf.fonts.harfbuzz_subset", None)
    page = '<html lang="en-GB"><title>One page</title><h1>One page</h1></html>'
    made = as_pdf(page)
    # A font tells its time by the second.
    time.sleep(1.1)
    assert as_pdf(page) == made


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """Not even from the same disk, where another run's pages may lie."""
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">secret</text></svg>')
    address = (tmp_path / "secret.svg").as_uri()
    made = as_pdf(f'<html lang="en"><title>x</title><p>shown</p><img alt="" src="{address}"></html>')
    assert words(made) == "shown"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match="PDFs were asked for") as refused:
        as_pdf("<p>x</p>")
    assert "[pdf]" in refused.value.fix
