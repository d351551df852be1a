"""What holds in the council now: the audit policy of its configuration, and the champion of a target.

Both lie outside the run. Where they are the run has on record (``state/council.json``, which the job writes). A run
that no job made has no such record, and nothing is in force for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairness_audits.binding import AUDIT_STAGE, read_object
from fairness_audits.policy import Policy, load_policy
from models.history import Action, History
from store.errors import UsageError
from store.keys import Keys
from store.run_folder import RunFolder

_RECORD = "state/council.json"


@dataclass(frozen=True)
class Champion:
    """Which model of a target is the champion, seen from the model of this run. Empty where there is none."""

    identity: str = ""
    line: str = ""
    """Hash of the line of the history by which it became the champion."""
    lines: frozenset[str] = frozenset()
    """Hashes of all lines of the history."""
    own: bool = False
    """Whether it is the model of this run."""
    replaced: bool = False
    """Whether another model was promoted after this run's had been registered."""

    @property
    def entry(self) -> dict[str, str]:
        """What of it a release binds."""
        return {"identity": self.identity, "line": self.line}

    def changed_since(self, bound: Mapping[str, Any]) -> bool:
        """Whether it is another than at the approvals. That this run's own model was promoted is no change."""
        if bound.get("line") and bound["line"] not in self.lines:
            return True
        return not self.own and self.identity != bound.get("identity")


def policy_in_force(run: RunFolder) -> Policy | None:
    """The policy that the council's TOML names now; None for a run that no job made.

    Raises UsageError where the TOML or the policy is not where it was, or cannot be read.
    """
    place = str(read_object(run.root / _RECORD).get("council") or "")
    if not place and not (run.state / f"{AUDIT_STAGE}.json").exists():
        return None
    try:
        document = tomllib.loads(Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        # What the parser says quotes the file, and the file may name what is nobody's business here.
        raise UsageError(
            "The council's TOML that this run was made from is not where it was or cannot be read, so that the audit "
            "policy in force is not known.",
            where=place or _RECORD,
            fix="Put it back, or run the job again with the TOML where it is now.",
        ) from None
    section = document.get("audit")
    policy = section.get("policy") if isinstance(section, dict) else None
    return load_policy(str(Path(place).resolve().parent / policy) if isinstance(policy, str) else None)


def champion(run: RunFolder, keys: Keys, target: str, evaluation: Mapping[str, Any]) -> Champion:
    """The target's champion by the history of the council's models; none where no model was ever promoted.

    Raises InputRejected when the history is broken.
    """
    place = read_object(run.root / _RECORD).get("mlruns")
    if not place:
        return Champion()
    entries = History(Path(str(place)), target, keys).entries()
    lines = frozenset(entry["hash"] for entry in entries)
    promotions = [place for place, entry in enumerate(entries) if entry["action"] == Action.PROMOTED.value]
    if not promotions:
        return Champion(lines=lines)
    from models.tracking import identity  # noqa: PLC0415 - its plots take seconds to import, and few runs need it

    own, newest = identity(evaluation), entries[promotions[-1]]
    mine = [place for place, entry in enumerate(entries) if entry.get("identity") == own]
    replaced = bool(mine) and newest["identity"] != own and promotions[-1] > mine[-1]
    return Champion(newest["identity"], newest["hash"], lines, newest["identity"] == own, replaced)
