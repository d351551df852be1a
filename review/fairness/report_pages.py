"""The run's reports as pages of the app: those that name nobody, as the files that they are.

A report is a page that holds everything it needs. It is served under a policy of its own: nothing is fetched, no script
runs, and no style but the one that is in the file, which the policy names by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re

from django.http import HttpResponse

from store.run_folder import RunFolder

PAGES = ("index", "chain", "data_quality", "linkage", "feature_catalogue", "transparency")
PAGES_OF_TARGETS = ("fairness", "model_card")
"""What may be read here. The explanation pack is about families: the panel's own pages have what it says."""

_NAME = re.compile(rf"(?:{'|'.join(PAGES)})\.html|[a-z][a-z0-9_]*/(?:{'|'.join(PAGES_OF_TARGETS)})\.html")
_PACK = re.compile(rb'href="[a-z][a-z0-9_]*/explanation(?:_cover)?\.html"')
_PANEL = b'href="/panel/"'
_TRAIL = re.compile(rb'<a href="\.\./index\.html">[^<]*</a>')
_OTHER_PAGE = re.compile(rb'href="\.\./[^"]*"')
_BACK = b'href="/fairness/"'
_TOLD_PAST = b'<a href="/fairness/">An audit of before. Back to how fair the lists are now</a>'
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def report(run: RunFolder, name: str) -> HttpResponse | None:
    """The report of this name within the run's reports; None where there is none such for people to read here."""
    if not _NAME.fullmatch(name):
        return None
    path = run.root / "reports" / name
    if not path.is_file() or path.is_symlink():
        return None
    return as_page(_PACK.sub(_PANEL, path.read_bytes()))


def past(content: bytes) -> HttpResponse:
    """An audit's report of before. The other pages of its run are gone: what led to them leads back, and says so."""
    return as_page(_OTHER_PAGE.sub(_BACK, _TRAIL.sub(_TOLD_PAST, content)))


def as_page(content: bytes) -> HttpResponse:
    """A report's file as an answer, under a policy that lets its own style count and nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in _STYLE.findall(content)]
    styles = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    response = HttpResponse(content, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return response
