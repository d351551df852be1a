"""Explanation packs that lie in a run after what was released has changed or lapsed."""

from __future__ import annotations

import datetime as dt

from fairness_audits.gate import status
from fairness_audits.release import GateState
from store.errors import EarlyHelpError
from store.keys import Keys
from store.run_folder import RunFolder


def withdraw_packs(run: RunFolder, keys: Keys, today: dt.date) -> None:
    """Remove the pack, with its cover sheet, of every target that is not released on the day ``today``.

    A pack goes with its release, without waiting for a reports stage that may never come. It stays only where the gate
    says that its target is released: where the gate cannot tell, because a file cannot be read, it goes too.
    """
    for pack in sorted(run.root.glob("reports/*/explanation*.*")):
        if not _is_released(run, keys, pack.parent.name, today):
            # Another command may have removed it in between.
            pack.unlink(missing_ok=True)


def _is_released(run: RunFolder, keys: Keys, target: str, today: dt.date) -> bool:
    try:
        return status(run, keys, target, today).state is GateState.RELEASED
    except (EarlyHelpError, OSError):
        return False
