"""What of a run is for the public, looked at before it is copied, and the folder that it is copied to.

For the public are a target's protected audit, fairness report and model card, and of the council the protected chain
and stand-ins, their page, the transparency record, the feature catalogue and what the data can show. Everything else
stays: exact figures (``restricted/``), packs, and whatever lies in the identifiable and protected zones.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from early_help.runner import StageRecord, read_record
from early_help.status import targets_of
from fairness_audits.publication import (
    Figures,
    figures_of_audit,
    figures_of_catalogue,
    figures_of_chain,
    figures_of_proxies,
)
from fairness_audits.record import read_audit
from fairness_audits.release import Verdict
from fairness_audits.writing import published_path
from store.errors import InputRejected, UsageError, Withheld
from store.files import file_hash, flush_folder
from store.keys import Keys
from store.run_folder import RunFolder

INDEX, MANIFEST = "index.html", "manifest.json"
_STAGES = ("audits", "chain", "proxies", "reports")
_CHAIN = "fairness_audits/published/chain.json"
_PROXIES = "fairness_audits/published/proxies.json"
_STAND_INS = "fairness_audits/stand_ins.json"
_COUNCIL_PAGES = ("chain", "transparency", "feature_catalogue", "data_quality")
_TARGET_PAGES = ("fairness", "model_card")
_RESTS_ON = ("fairness_audits/", "models/")
_LINK = re.compile(r'href="([^"#?:]+)[^":]*"')
_AGAIN = "Run the job again, so that the pages are of what is there now."


@dataclass(frozen=True)
class ForThePublic:
    """What may be published of a run: each file by its place in the folder, and the figures that they tell."""

    files: Mapping[str, bytes]
    audits: Mapping[str, Mapping[str, Any]]
    """The published audit of each target whose pages are among the files."""
    left_out: Mapping[str, str]
    """Why a target is not among them."""
    figures: tuple[Figures, ...]
    """Of every audited target, whether its pages are among the files or not: the chain tells of all."""


def for_the_public(run: RunFolder, keys: Keys, target: str | None) -> ForThePublic:
    """Read what is for the public: of one target or, with None, of all that were audited.

    Raises Withheld where an audit is not one that the gate accepts (one that failed or cannot tell is), where the
    target was not audited, and where a page is older than what it tells of; InputRejected where a file is not as the
    job left it.
    """
    records = {stage: _record(run, stage) for stage in _STAGES}
    _refuse_stale(run, records)
    read = _Reader(run, records)
    audits, left_out = _audits(run, keys, read)
    if target in left_out or not audits:
        why = left_out.get(target or "", "No target of this run was audited.")
        raise Withheld(
            f"There is no audit to publish. {why}", where=target or str(run.root), fix="See the run's index."
        )
    chosen = {name: audit for name, audit in audits.items() if target in (None, name)}
    chain, proxies = read.document(_CHAIN), read.document(_PROXIES)
    figures = [figures_of_audit(audit) for audit in audits.values()]
    figures += [figures_of_chain(chain), *figures_of_proxies(proxies), *figures_of_catalogue(read.document(_STAND_INS))]
    left_out |= {name: "It was not asked for." for name in audits if name not in chosen}
    return ForThePublic(_files(read, sorted(chosen)), chosen, left_out, tuple(figures))


def missing_links(files: Mapping[str, bytes]) -> list[str]:
    """Pages that the pages among ``files`` link to and that are not among them."""
    linked = {
        posixpath.normpath(posixpath.join(posixpath.dirname(place), link))
        for place, content in files.items()
        if place.endswith(".html")
        for link in _LINK.findall(content.decode("utf-8"))
    }
    return sorted(linked - {*files, INDEX})


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file, by its place."""
    return {place: hashlib.sha256(content).hexdigest() for place, content in sorted(files.items())}


def check_place(run: RunFolder, out: Path) -> None:
    """Raise UsageError where the folder is there already, or would be among the run's own files."""
    if out.exists():
        raise UsageError(
            "The folder is there already.", where=str(out), fix="Name a new one: what was published is not overwritten."
        )
    if out.resolve().is_relative_to(run.root.resolve()):
        raise UsageError("The folder would lie in the run.", where=str(out), fix="Name a folder elsewhere.")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``out``; on success flush it to disk and give it its name, else remove it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    for left in out.parent.glob(f".{escape(out.name)}.*.tmp"):
        shutil.rmtree(left, ignore_errors=True)
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(6)}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        for path in sorted(temporary.rglob("*")):
            if path.is_dir():
                flush_folder(path)
        flush_folder(temporary)
        temporary.rename(out)
        flush_folder(out.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder, each on disk when this returns."""
    for place, content in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())


class _Reader:
    """Reads what the job wrote: each file once, and only as the job's records have it."""

    def __init__(self, run: RunFolder, records: Mapping[str, StageRecord]) -> None:
        self._run = run
        self._known = {path: sha256 for record in records.values() for path, sha256 in record.outputs.items()}
        self._inputs = records["reports"].inputs

    def knows(self, path: str) -> bool:
        return path in self._known

    def content(self, path: str) -> bytes:
        """The bytes of a file of the run. Raises InputRejected unless they are those that the job wrote."""
        try:
            content = (self._run.root / path).read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != self._known.get(path):
            raise InputRejected("A file is not as the job left it, or is not there.", where=path, fix=_AGAIN)
        return content

    def document(self, path: str) -> dict[str, Any]:
        """A document of figures, of which the pages were made. Raises Withheld where they were made of another."""
        content = self.content(path)
        if self._inputs.get(path) != self._known[path]:
            raise _stale(path)
        document: dict[str, Any] = json.loads(content)
        return document


def _record(run: RunFolder, stage: str) -> StageRecord:
    record = read_record(run, stage)
    if record is None:
        raise UsageError(
            f"The stage {stage} has not finished in this run.", where=str(run.root), fix="Run the whole job."
        )
    return record


def _refuse_stale(run: RunFolder, records: Mapping[str, StageRecord]) -> None:
    """Raise Withheld where the chain, the stand-ins or the pages were made of other audits, models or releases."""
    for stage in _STAGES:
        for path, sha256 in sorted(records[stage].inputs.items()):
            if path.startswith(_RESTS_ON) and path.endswith(".json"):
                found = run.root / path
                if not found.is_file() or file_hash(found) != sha256:
                    raise _stale(path)


def _stale(path: str) -> Withheld:
    return Withheld("The pages were made before this file was as it is now.", where=path, fix=_AGAIN)


def _audits(run: RunFolder, keys: Keys, read: _Reader) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The published audit of each audited target; and why any other has none."""
    audits: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    for target in targets_of(run):
        path = published_path(target)
        document = read.document(path) if read.knows(path) else {}
        if document.get("verdict", Verdict.NOT_AUDITED.value) == Verdict.NOT_AUDITED.value:
            left_out[target] = str(document.get("why") or "The target has not been audited.")
            continue
        stands = read_audit(run, keys, target)
        if stands.verdict is Verdict.NOT_AUDITED:
            raise Withheld(f"An audit does not stand. {stands.why}", where=target, fix=stands.fix)
        audits[target] = document
    return audits, left_out


def _files(read: _Reader, targets: list[str]) -> dict[str, bytes]:
    """Each file that is for the public, by its place; pages are there for print as well where the job made them so."""
    documents = {"chain.json": _CHAIN, "proxies.json": _PROXIES}
    documents |= {f"{target}/audit.json": published_path(target) for target in targets}
    pages = [*_COUNCIL_PAGES, *(f"{target}/{page}" for target in targets for page in _TARGET_PAGES)]
    wanted = documents | {f"{page}.html": f"reports/{page}.html" for page in pages}
    printed = {f"{page}.pdf": f"reports/{page}.pdf" for page in pages}
    wanted |= {place: path for place, path in printed.items() if read.knows(path)}
    return {place: read.content(path) for place, path in sorted(wanted.items())}
