"""The council's own record of its models: who put which version where, when, and on what evidence.

MLflow's aliases say where a version stands now and nothing of how it came there, and whoever may write to the store
may move them. So each target has an append-only log beside the store, of which every line holds the hash of the one
before and a code under the council's release key. Where the two disagree, the log is right (`models.registry`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from store.chained_log import ChainedLog
from store.errors import InputRejected
from store.files import canonical
from store.keys import Keys, Purpose

_FOLDER = "history"
_FIX = (
    "Restore the history from its backup, and find out who changed it. Nothing is registered or promoted until then: "
    "which model is the champion is not known."
)
_RELEASE_PREFIX = b"model history\0"


class Action(StrEnum):
    """What a line records."""

    REGISTERED = "registered"
    """A version became the challenger."""
    SIGNED = "signed"
    """One person signed for its promotion."""
    PROMOTED = "promoted"
    """A second person signed, and it became the champion."""


@dataclass(frozen=True)
class Standing:
    """Where a target's versions stand by its history."""

    champion: dict[str, Any] | None
    """The line that registered the version which is now champion, with the keys of that line."""
    challenger: dict[str, Any] | None
    """Likewise of the newest version that was registered and not promoted since."""
    signed: dict[str, Any] | None
    """The line of the one signature that the challenger has, where it has one."""
    promoted: dict[str, Any] | None
    """The line by which the champion became it."""


class History:
    """One target's history, in the folder of the MLflow store."""

    def __init__(self, folder: Path, target: str, keys: Keys) -> None:
        self._target = target
        self._keys = keys
        path = folder / _FOLDER / f"{target}.jsonl"
        self._log = ChainedLog(
            path, folder / _FOLDER / f".{target}.lock", "history of the target's models", str(path), _FIX
        )

    def locked(self) -> AbstractContextManager[None]:
        """Hold the history's lock; waits until no other process or thread holds it."""
        return self._log.locked()

    def append(self, action: Action, when: dt.datetime, **facts: Any) -> dict[str, Any]:
        """Add a line, on disk when this returns, and return it. The caller holds the lock.

        Raises InputRejected when the history is broken.
        """
        entries = self.entries()
        line = {
            "action": action.value,
            "target": self._target,
            "when": when.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "key": self._keys.mark,
            **facts,
        }
        self._log.append({**line, "code": self._code(line, entries[-1]["hash"] if entries else "")})
        return self.entries()[-1]

    def entries(self) -> list[dict[str, Any]]:
        """Every line, oldest first.

        Raises InputRejected, naming the line, where the chain is broken or a line's code is not the one it would
        have under the council's key. A line from before the key was exchanged cannot be tried by the new one.
        """
        entries = self._log.entries()
        before = ""
        for place, entry in enumerate(entries, start=1):
            line = {name: value for name, value in entry.items() if name not in ("number", "previous", "hash", "code")}
            same_key = entry.get("key") == self._keys.mark
            if entry.get("target") != self._target or (same_key and not self._vouched(line, before, entry)):
                raise InputRejected(
                    "A line of the history of the target's models was not written by the toolkit.",
                    where=f"{self._log.shown}, line {place}",
                    fix=_FIX,
                )
            before = entry["hash"]
        return entries

    @property
    def torn(self) -> int:
        """How many lines were cut off as they were written (`store.chained_log.ChainedLog.torn`)."""
        return self._log.torn

    def under_another_key(self, entry: dict[str, Any]) -> bool:
        """Whether a line was written under an earlier master key, so that its code cannot be tried."""
        return bool(entry.get("key") != self._keys.mark)

    def standing(self) -> Standing:
        """Where the versions stand. Raises InputRejected as `entries` does."""
        registered: dict[int, dict[str, Any]] = {}
        champion = challenger = signed = promoted = None
        for entry in self.entries():
            match Action(entry["action"]):
                case Action.REGISTERED:
                    registered[entry["version"]] = challenger = entry
                    signed = None
                case Action.SIGNED:
                    signed = entry
                case Action.PROMOTED:
                    champion, promoted = registered[entry["version"]], entry
                    challenger = signed = None
        return Standing(champion, challenger, signed, promoted)

    def _code(self, line: dict[str, Any], before: str) -> str:
        content = canonical({**line, "after": before})
        return hmac.digest(self._keys.derive(Purpose.RELEASE), _RELEASE_PREFIX + content, hashlib.sha256).hex()

    def _vouched(self, line: dict[str, Any], before: str, entry: dict[str, Any]) -> bool:
        return hmac.compare_digest(self._code(line, before), str(entry.get("code")))
