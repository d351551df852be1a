"""The quarterly job's recommendation as a page beside its document."""

from __future__ import annotations

from typing import Any

from early_help.config import CouncilConfig
from early_help.evidence import DOCUMENT
from models.against_champion import COMPARISON
from models.catalogue import CATALOGUE
from models.targets import TARGETS
from reports.config import ReportsConfig
from reports.pdf import as_pdf
from reports.provenance import Source
from reports.quarterly import quarterly_page
from store.files import file_hash, read_json, write_bytes, write_text
from store.run_folder import RunFolder

PAGE, PRINTED = "retraining.html", "retraining.pdf"


def write_page(run: RunFolder, config: CouncilConfig, document: dict[str, Any]) -> None:
    """Write ``RUN/retraining.html`` of the document, which is written already, and of the comparison it rests on.

    Where the council asks for its reports as PDFs, this page is one as well.
    """
    catalogue = run.root / CATALOGUE
    page = quarterly_page(
        config.council,
        document,
        read_json(run.root / COMPARISON)["targets"],
        {name: target.title for name, target in TARGETS.items()},
        {entry["name"]: entry["label"] for entry in (read_json(catalogue) if catalogue.exists() else [])},
        [Source(name, file_hash(run.root / name)) for name in (DOCUMENT, COMPARISON)],
    )
    write_text(run.root / PAGE, page)
    asked = config.sections.get(ReportsConfig)
    if isinstance(asked, ReportsConfig) and asked.pdf:
        write_bytes(run.root / PRINTED, as_pdf(page))


def withdraw_page(run: RunFolder) -> None:
    """Remove the page of an earlier attempt, which a job that stopped has made untrue."""
    for name in (PAGE, PRINTED):
        (run.root / name).unlink(missing_ok=True)
