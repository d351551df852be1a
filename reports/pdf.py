"""A page as a PDF that assistive technology can read (PDF/UA-1), made from the same HTML."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import UsageError

_QUIET = "weasyprint"
_DATE = "SOURCE_DATE_EPOCH"
"""By which programs are told what time to write into files, https://reproducible-builds.org/specs/source-date-epoch/."""


def as_pdf(html: str) -> bytes:
    """The page on A4. Same page, same bytes. Raises UsageError where the extra ``pdf`` is not installed.

    A report holds everything it shows; whatever it asked for from outside would be refused.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an extra, and slow to import
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as missing:
        raise UsageError(
            "PDFs were asked for, and WeasyPrint or a library that it needs (Pango) is not installed.",
            where="[reports] pdf",
            fix="Install the toolkit with its extra, in its folder pip install '.[pdf]', and Pango from the "
            "system's packages; or leave `pdf` out.",
        ) from missing
    # What it says of the stylesheet's rules for screens is of no use to whoever runs the job.
    logging.getLogger(_QUIET).setLevel(logging.CRITICAL)
    identifier = hashlib.sha256(html.encode("utf-8")).digest()[:16]
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
    with _without_the_time():
        return bytes(page.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier))


@contextmanager
def _without_the_time() -> Iterator[None]:
    """Where HarfBuzz has no subsetter, fontTools makes the fonts smaller, and would write into each when that was."""
    before = os.environ.get(_DATE)
    os.environ[_DATE] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_DATE]
        else:
            os.environ[_DATE] = before
