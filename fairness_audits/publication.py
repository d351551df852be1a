"""Publishing once: which figures may be handed to the public after what was published before, and the record of it.

Counts under the policy's limit are suppressed and others rounded. Two publications of the same test dates undo that
where few cases came between them, as in a correction: whichever count crosses from one rounded figure to the next tells
of those few. A whole date that no publication had brings counts that nobody knows, and these hide the difference
(`docs/audit-methods.md`, two published runs). So each publication but a repetition must bring such a date.

The record is the council's own, beside the history of its models: which figures of which dates, of which run, by whom
and when, in lines of which each holds the hash of the one before and a signature.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fairness_audits.signing import Ring, sign
from store.chained_log import ChainedLog
from store.errors import InputRejected, Withheld
from store.files import canonical
from store.keys import Keys
from store.run_folder import RunFolder

_FOLDER, _FILE = "publications", "ledger.jsonl"
_KIND = "publication"
_UNSIGNED = ("number", "previous", "hash", "signature")
_FIX = (
    "Restore the ledger from its backup, and find out who changed it. Nothing is published until then: what was "
    "published before is not known."
)
_WHAT_TO_DO = (
    "Leave what was published as the record. Publish the correction with the next quarter, whose test dates are new; "
    "where it cannot wait, say in words what was wrong and which way it goes, without counts."
)
_HASHES_OF_FILES = "bound"


class Ruling(StrEnum):
    """What the rule says of one document's figures."""

    FIRST = "first"
    """Nothing of the kind was published before."""
    AGAIN = "again"
    """To the byte what was published before, of the same dates."""
    FURTHER = "further"
    """At least one whole date is in no earlier publication: the pool slid or grew."""
    OTHER_FIGURES = "other_figures"
    """Other figures of the very dates of an earlier publication."""
    NO_NEW_DATE = "no_new_date"
    """Another choice of dates that were all published before: the difference is of one date, or of a few."""

    @property
    def allowed(self) -> bool:
        return self in (Ruling.FIRST, Ruling.AGAIN, Ruling.FURTHER)


@dataclass(frozen=True)
class Figures:
    """The figures of one published document: of what, of which dates, and the SHA-256 of all that it says."""

    subject: str
    dates: frozenset[str]
    cells: str

    def entry(self) -> dict[str, Any]:
        return {"subject": self.subject, "dates": sorted(self.dates), "cells": self.cells}


def rule(earlier: Iterable[Figures], new: Figures) -> Ruling:
    """Whether ``new`` may be published after ``earlier``, in whatever order these came. Other subjects do not count.

    Those that are allowed and no repetition each have a date that none before them had, so that their date sets are
    linearly independent: no publication's counts are sums and differences of the others'.
    """
    before = [figures for figures in earlier if figures.subject == new.subject]
    if not before:
        return Ruling.FIRST
    same_dates = [figures for figures in before if figures.dates == new.dates]
    if same_dates:
        return Ruling.AGAIN if all(figures.cells == new.cells for figures in same_dates) else Ruling.OTHER_FIGURES
    told = frozenset[str]().union(*(figures.dates for figures in before))
    return Ruling.NO_NEW_DATE if new.dates <= told else Ruling.FURTHER


def check(earlier: Sequence[Figures], new: Sequence[Figures]) -> dict[str, Ruling]:
    """The ruling on each document. Raises Withheld, naming each that may not be published and why."""
    rulings = {figures.subject: rule(earlier, figures) for figures in new}
    refused = [f"{subject}: {_WHY[ruling]}" for subject, ruling in rulings.items() if not ruling.allowed]
    if refused:
        raise Withheld(
            "Somebody who has both publications could tell suppressed counts. " + " ".join(refused),
            where="what was published before",
            fix=_WHAT_TO_DO,
        )
    return rulings


_WHY = {
    Ruling.OTHER_FIGURES: "other figures of the same dates were published before.",
    Ruling.NO_NEW_DATE: "all of its dates were published before, in another choice of dates.",
}


def figures_of_audit(document: Mapping[str, Any]) -> Figures:
    """Those of a target's published audit. Hashes of the files that it rests on are left out: they tell no count."""
    told = {name: value for name, value in document.items() if name != _HASHES_OF_FILES}
    return _figures(f"audit of {document['target']}", document["test"]["as_ofs"], told)


def figures_of_chain(document: Mapping[str, Any]) -> Figures:
    """Those of the chain, of which the dates are the quarters that it looks at; where none has closed, that alone."""
    quarters = [f"{one['from']}/{one['to']}" for one in document["windows"]]
    return _figures("chain", quarters or ["no quarter has closed"], document)


def figures_of_proxies(document: Mapping[str, Any]) -> list[Figures]:
    """Those of the stand-ins for ethnicity, by target, since each has a date of its own."""
    return [_figures(f"stand-ins of {one['target']}", [one["as_of"]], one) for one in document["targets"]]


def figures_of_catalogue(document: Mapping[str, Any]) -> list[Figures]:
    """Those of how strongly each feature stands in for ethnicity, which the feature catalogue shows, by level."""
    levels = sorted(document.get("levels", {}).items())
    return [_figures(f"feature catalogue of {level}", [told["as_of"]], told) for level, told in levels]


def _figures(subject: str, dates: Iterable[str], told: Mapping[str, Any]) -> Figures:
    found = frozenset(str(date) for date in dates)
    if not found:
        raise InputRejected(
            "A document does not say of which dates it is, so that it cannot be held against earlier ones.",
            where=subject,
            fix="Run the job again.",
        )
    return Figures(subject, found, hashlib.sha256(canonical(told)).hexdigest())


@dataclass(frozen=True)
class Publication:
    """One publication as the ledger has it. ``files`` is the SHA-256 of the list of its files with their hashes."""

    council: str
    run: str
    run_sha256: str
    figures: tuple[Figures, ...]
    files: str
    by: str
    role: str
    note: str
    on: dt.date


class Ledger:
    """What a council published, in the folder of its models."""

    def __init__(self, models: Path, keys: Keys) -> None:
        folder = models / _FOLDER
        path = folder / _FILE
        self._keys = keys
        self._log = ChainedLog(path, folder / ".ledger.lock", "ledger of publications", str(path), _FIX)

    @property
    def path(self) -> Path:
        return self._log.path

    @property
    def torn(self) -> int:
        """How many lines were cut off as they were written (`store.chained_log.ChainedLog.torn`)."""
        return self._log.torn

    def locked(self) -> AbstractContextManager[None]:
        """Hold the ledger's lock; waits until no other process or thread holds it."""
        return self._log.locked()

    def published(self, council: str) -> list[Figures]:
        """All that this council published, oldest first. Raises InputRejected as `entries` does."""
        return [
            Figures(one["subject"], frozenset(one["dates"]), one["cells"])
            for entry in self.entries()
            if entry["council"] == council
            for one in entry["figures"]
        ]

    def append(self, publication: Publication) -> dict[str, Any]:
        """Add a line, on disk when this returns, and return it. The caller holds the lock."""
        entries = self.entries()
        line = {
            "council": publication.council,
            "run": publication.run,
            "run_sha256": publication.run_sha256,
            "figures": [figures.entry() for figures in publication.figures],
            "files_sha256": publication.files,
            "by": publication.by,
            "role": publication.role,
            "note": publication.note,
            "date": publication.on.isoformat(),
            "key": Ring.of(self._keys).mark,
        }
        signature = sign(self._keys, _KIND, publication.council, _signed(line, _newest(entries)))
        self._log.append({**line, "signature": signature})
        return self._log.entries()[-1]

    def entries(self) -> list[dict[str, Any]]:
        """Every line, oldest first.

        Raises InputRejected, naming the line, where the chain is broken or a line's signature is not the council's. A
        line from before the master key was exchanged counts by its place in the chain, before all that are under it.
        """
        ring, entries = Ring.of(self._keys), self._log.entries()
        before, begun = "", False
        for place, entry in enumerate(entries, start=1):
            ours = entry.get("key") == ring.mark
            if (begun and not ours) or (ours and not _vouched(ring, entry, before)):
                raise InputRejected(
                    "A line of the ledger of publications was not written by the toolkit.",
                    where=f"{self._log.shown}, line {place}",
                    fix=_FIX,
                )
            before, begun = str(entry["hash"]), begun or ours
        return entries


def ledger_of(models: str | None, run: RunFolder, keys: Keys) -> Ledger:
    """The ledger beside the council's models, which a run has on record. Raises InputRejected where they are gone."""
    folder = Path(models) if models else None
    if folder is None or not folder.is_dir():
        raise InputRejected(
            "The folder of the council's models is not where it was when the run was made, and what was published "
            "before is kept there.",
            where=str(folder or run.root),
            fix="Put it back (models.mlruns in the TOML), or run the job again from where it is now.",
        )
    return Ledger(folder, keys)


def _newest(entries: Sequence[Mapping[str, Any]]) -> str:
    return str(entries[-1]["hash"]) if entries else ""


def _vouched(ring: Ring, entry: Mapping[str, Any], before: str) -> bool:
    line = {name: value for name, value in entry.items() if name not in _UNSIGNED}
    return ring.signed(_KIND, str(entry.get("council")), _signed(line, before), entry.get("signature"))


def _signed(line: Mapping[str, Any], before: str) -> bytes:
    return canonical({**line, "after": before})
