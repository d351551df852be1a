"""What holds in the council now: the audit policy of its configuration, and the champion of a target.

Both lie outside the run. Where they are the run has on record (``state/council.json``, which the job writes and a
release binds). A run that no job made has no such record, and nothing is in force for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fairness_audits.binding import AUDIT_STAGE, COUNCIL_RECORD, read_object
from fairness_audits.policy import Policy, load_policy
from models.history import Action, History
from store.errors import InputRejected, UsageError
from store.keys import Keys
from store.run_folder import RunFolder

_THERE = "there"
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Champion:
    """Which model of a target is the champion, seen from the model of this run. Empty where there is none."""

    identity: str = ""
    store: bool = False
    """Whether the folder of the models is there."""
    lines: tuple[str, ...] = ()
    """Hashes of all lines of the history, oldest first."""
    own: bool = False
    """Whether it is the model of this run, promoted under the council's present key."""
    replaced: bool = False
    """Whether another model was promoted after this run's had been registered."""

    @property
    def entry(self) -> dict[str, str]:
        """What of it a release binds: which it is, and how far the history went."""
        history = self.lines[-1] if self.lines else ""
        return {"identity": self.identity, "store": _THERE if self.store else "", "history": history}

    def lost_since(self, bound: Mapping[str, Any]) -> bool:
        """Whether the history is without what it had at the approvals: then nobody can tell which is the champion."""
        gone = bool(bound.get("store")) and not self.store
        return gone or (bool(bound.get("history")) and bound["history"] not in self.lines)

    def changed_since(self, bound: Mapping[str, Any]) -> bool:
        """Whether it is another than at the approvals, or not to be told. That this run's own was promoted is none."""
        return self.lost_since(bound) or (not self.own and self.identity != bound.get("identity"))


def policy_in_force(run: RunFolder) -> Policy | None:
    """The policy that the council's TOML names now; None for a run that no job made.

    Raises UsageError where the TOML or the policy is not where it was, or cannot be read.
    """
    place = str(read_object(run.root / COUNCIL_RECORD).get("council") or "")
    # A job leaves both: whoever clears away its records in the state folder must not have fewer questions to answer.
    by_a_job = (run.state / f"{AUDIT_STAGE}.json").exists() or (run.root / _MANIFEST).exists()
    if not place and not by_a_job:
        return None
    try:
        document = tomllib.loads(Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        # What the parser says quotes the file, and the file may name what is nobody's business here.
        raise UsageError(
            "The council's TOML that this run was made from is not where it was or cannot be read, so that the audit "
            "policy in force is not known.",
            where=place or COUNCIL_RECORD,
            fix="Put it back, or run the job again with the TOML where it is now.",
        ) from None
    section = document.get("audit")
    policy = section.get("policy") if isinstance(section, dict) else None
    return load_policy(str(Path(place).resolve().parent / policy) if isinstance(policy, str) else None)


def champion(run: RunFolder, keys: Keys, target: str, evaluation: Mapping[str, Any]) -> Champion:
    """The target's champion by the history of the council's models; none where no model was ever promoted.

    A line under an earlier master key cannot be tried, and counts by its place in the chain; that this run's model was
    promoted counts under the present key alone. Raises InputRejected when the history is broken, and when its newest
    line is under another key though one before it is under this one: nobody vouches for it.
    """
    place = read_object(run.root / COUNCIL_RECORD).get("mlruns")
    if not place:
        return Champion()
    folder = Path(str(place))
    history = History(folder, target, keys)
    entries = history.entries()
    ours = [not history.under_another_key(entry) for entry in entries]
    if any(ours) and not ours[-1]:
        raise InputRejected(
            "The newest line of the history of models is under another master key, so that nobody vouches for it.",
            where=str(folder),
            fix="Find out who wrote it; register or promote again under the council's key, and sign for what then is.",
        )
    known = Champion(store=folder.is_dir(), lines=tuple(entry["hash"] for entry in entries))
    promotions = [place for place, entry in enumerate(entries) if entry["action"] == Action.PROMOTED.value]
    if not promotions:
        return known
    from models.tracking import identity  # noqa: PLC0415 - its plots take seconds to import, and few runs need it

    own, newest = identity(evaluation), entries[promotions[-1]]
    mine = [place for place, entry in enumerate(entries) if entry.get("identity") == own]
    replaced = bool(mine) and newest["identity"] != own and promotions[-1] > mine[-1]
    is_own = newest["identity"] == own and ours[promotions[-1]]
    return replace(known, identity=newest["identity"], own=is_own, replaced=replaced)
