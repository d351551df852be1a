"""The log of the workbench's calls: who compared what by ethnicity, and when. Nothing is compared that is not in it.

Each call reads everybody's ethnicity, which no stage but the audits may. A line holds what was asked and no figure, no
case and no reason in anybody's words; it is chained to the one before, so that a line changed or taken out shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from fairness_audits.signing import ROOM
from residents.lookup.access_log import account
from store.chained_log import ChainedLog
from store.errors import UsageError
from store.run_folder import RunFolder

CALL_LOG = f"{ROOM}/restricted/workbench_log.jsonl"
_LOCK = f"{ROOM}/restricted/.workbench.lock"


def log_call(run: RunFolder, target: str, lists: Sequence[str], as_ofs: Sequence[dt.date], base: str) -> None:
    """Add a line before anything is compared.

    Raises InputRejected when the log was changed, UsageError when it cannot be written.
    """
    entry = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "user": account(),
        "target": target,
        "lists": list(lists),
        "as_ofs": [as_of.isoformat() for as_of in as_ofs],
        "base": base,
    }
    log = call_log(run)
    try:
        log.path.parent.mkdir(parents=True, exist_ok=True)
        with log.locked():
            log.append(entry)
    except OSError as error:
        raise UsageError(
            f"Nothing was compared, because it cannot be logged: {error.strerror}.",
            where=CALL_LOG,
            fix="Ask for the right to write there. The workbench reads ethnicity, and each call leaves a line.",
        ) from error


def call_log(run: RunFolder) -> ChainedLog:
    """The run's log of calls."""
    return ChainedLog(
        run.root / CALL_LOG,
        run.root / _LOCK,
        "log of the workbench",
        CALL_LOG,
        "Restore the log from its backup and find out who changed it; nothing is compared until then.",
    )
