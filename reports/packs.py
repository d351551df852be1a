"""Explanation packs that lie in a run after what was released has changed or lapsed."""

from __future__ import annotations

import datetime as dt

from fairness_audits.gate import status
from fairness_audits.release import GateState
from store.keys import Keys
from store.run_folder import RunFolder


def withdraw_packs(run: RunFolder, keys: Keys, today: dt.date) -> None:
    """Remove the pack of every target that is not released on the day ``today``.

    A pack goes with its release, without waiting for a reports stage that may never come.
    """
    for pack in sorted(run.root.glob("reports/*/explanation.*")):
        if status(run, keys, pack.parent.name, today).state is not GateState.RELEASED:
            pack.unlink()
