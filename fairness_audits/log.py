"""The append-only log of every attempt to approve, open or export.

A line names the approver and the role and never anyone the data is about.
"""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

from fairness_audits.signing import ROOM
from store.chained_log import ChainedLog
from store.run_folder import RunFolder

LOG = f"{ROOM}/release_log.jsonl"
_LOCK = f"{ROOM}/.release.lock"


def locked(run: RunFolder) -> AbstractContextManager[None]:
    """Hold the run's release lock; waits until no other process or thread holds it."""
    return _log(run).locked()


def append(run: RunFolder, today: dt.date, action: str, target: str, outcome: str, **facts: str | int) -> str:
    """Add a line and return its hash. The caller holds the lock. Raises InputRejected when the log is broken."""
    return _log(run).append(
        {"date": today.isoformat(), "action": action, "target": target, "outcome": outcome, **facts}
    )


def verify_log(run: RunFolder) -> list[dict[str, Any]]:
    """Every line of the log, oldest first. Raises InputRejected, naming the line, where the chain is broken."""
    return _log(run).entries()


def torn(run: RunFolder) -> int:
    """How many lines of the log were cut off as they were written (`store.chained_log.ChainedLog.torn`)."""
    return _log(run).torn


def _log(run: RunFolder) -> ChainedLog:
    return ChainedLog(
        run.root / LOG,
        run.root / _LOCK,
        "release log",
        LOG,
        "Restore the log from its backup and find out who changed it; nothing is released until then.",
    )
