"""The quarterly job's recommendation as a page beside its document."""

from __future__ import annotations

from typing import Any

from early_help.evidence import DOCUMENT
from models.against_champion import COMPARISON
from models.catalogue import CATALOGUE
from models.targets import TARGETS
from reports.provenance import Source
from reports.quarterly import quarterly_page
from store.council import Council
from store.files import file_hash, read_json, write_text
from store.run_folder import RunFolder

PAGE = "retraining.html"


def write_page(run: RunFolder, council: Council, document: dict[str, Any]) -> None:
    """Write ``RUN/retraining.html`` of the document, which is written already, and of the comparison it rests on."""
    catalogue = run.root / CATALOGUE
    page = quarterly_page(
        council,
        document,
        read_json(run.root / COMPARISON)["targets"],
        {name: target.title for name, target in TARGETS.items()},
        {entry["name"]: entry["label"] for entry in (read_json(catalogue) if catalogue.exists() else [])},
        [Source(name, file_hash(run.root / name)) for name in (DOCUMENT, COMPARISON)],
    )
    write_text(run.root / PAGE, page)


def withdraw_page(run: RunFolder) -> None:
    """Remove the page of an earlier attempt, which a job that stopped has made untrue."""
    (run.root / PAGE).unlink(missing_ok=True)
