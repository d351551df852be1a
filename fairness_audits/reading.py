"""A target's audit as published, for notebooks. Exact figures are not opened: `restricted/` is the auditors' alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fairness_audits.signing import ROOM
from fairness_audits.writing import published_path
from store.display import bullets, card, folded, paragraph, table
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder

_SETTLES = 4
"""Of what would settle what could not be told, so many are said, those that most questions wait for first."""


@dataclass(frozen=True, repr=False)
class PublishedAudit:
    """An audit of a target, or of a list from elsewhere.

    ``document`` is its ``published/audit.json``: protected counts, rates of these, verdicts.
    """

    document: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """'pass', 'fail', 'cannot tell' or 'not audited'."""
        return _words(self.document["verdict"])

    @property
    def _of(self) -> str:
        return str(self.document.get("target", "a list from elsewhere"))

    def findings(self) -> pd.DataFrame:
        """A row for each rule and group: the verdict, why, and what would settle it where it cannot be told."""
        names = ("rule", "grouping", "group", "verdict", "why", "what_would_settle_it")
        rows = [
            (rule["name"], rule["grouping"], group["label"], _words(group["verdict"]), *(group[n] for n in names[4:]))
            for rule in self._rules
            for group in rule["groups"]
        ]
        return pd.DataFrame(rows, columns=[_words(name) for name in names])

    def groups(self, grouping: str = "broad") -> pd.DataFrame:
        """A row for each group of a grouping: counts and rates as shown, with 95% intervals.

        Counts are text where they are suppressed. Raises UsageError, naming those there are, for any other grouping.
        """
        known = self.document.get("groupings", {})
        if grouping not in known:
            raise UsageError(
                "This audit has no such grouping.", where=grouping, fix="Groupings: " + (", ".join(known) or "none.")
            )
        metrics = self.document["metrics"]
        rows = {
            found["label"]: {name: found[name] for name in ("n", "flagged", "positives") if name in found}
            | {metrics[name]: _rate(rate) for name, rate in found["rates"].items()}
            for found in known[grouping]
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")

    def __repr__(self) -> str:
        return f"Fairness audit of {self._of}: {self.verdict}. {self.document['why']}"

    def _repr_html_(self) -> str:
        parts = [paragraph(self.document["why"])]
        if self._rules:
            head = ("Group", *(_words(rule["name"]) for rule in self._rules))
            parts += [table(head, self._by_group()), self._unsettled()]
        caveats = folded("What it cannot see", bullets(self.document.get("label_caveats", ())))
        said = "From the published figures, in which small numbers are left out. A verdict releases nothing by itself."
        heading = f"Fairness audit: {self.verdict}"
        return card(heading, *parts, caveats, paragraph(said, quiet=True), beside=self._of)

    @property
    def _rules(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.document.get("rules", ())
        return found

    def _by_group(self) -> list[tuple[str, ...]]:
        """Groups as the rules name them, each with its verdict by every rule; '-' where a rule is not of that group."""
        by_rule = [{group["label"]: _words(group["verdict"]) for group in rule["groups"]} for rule in self._rules]
        labels = dict.fromkeys(label for found in by_rule for label in found)
        return [(label, *(found.get(label, "-") for found in by_rule)) for label in labels]

    def _unsettled(self) -> str:
        findings = self.findings()
        open_ones = findings[findings["verdict"] == "cannot tell"]
        settled_by = open_ones["what would settle it"]
        most = settled_by[settled_by != ""].value_counts().head(_SETTLES)
        summary = f"{len(open_ones)} of {len(findings)} questions could not be answered: what would settle them"
        return folded(summary, bullets(f"{what} ({times})" for what, times in most.items()))


def read_audit(run: RunFolder | Path | str, target: str) -> PublishedAudit:
    """One target's audit, as published. Raises UsageError, naming the targets there are, for any other."""
    root = run.root if isinstance(run, RunFolder) else Path(run)
    known = sorted(path.parts[-3] for path in (root / ROOM).glob("*/published/audit.json"))
    if target not in known:
        raise UsageError(
            "This run has no audit of that target.",
            where=str(root / ROOM),
            fix="Targets of this run: " + (", ".join(known) or "none yet; run the audits stage") + ".",
        )
    return PublishedAudit(read_json(root / published_path(target)))


def _rate(rate: Mapping[str, Any] | None) -> str:
    return "" if rate is None else f"{rate['value']:.2f} ({rate['low']:.2f} to {rate['high']:.2f})"


def _words(name: str) -> str:
    return name.replace("_", " ")
