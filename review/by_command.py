"""What is done by command, in the access log: nobody is logged in there, so a line tells the machine's account."""

from __future__ import annotations

from residents.lookup.access_log import account
from review import access_log
from review.access_log import Action

ACTIONS = (Action.exported, Action.changed_account)
"""What commands do, and what alone may say whose account it was: other details may hold what somebody typed."""

_AS = "; by command as "


def record(action: Action, detail: str) -> None:
    """Add a line that says so, as `review.access_log.record` does."""
    access_log.record(None, action, detail=f"{detail}{_AS}{account()}")


def told_apart(action: Action, username: str, detail: str) -> tuple[str, str]:
    """A line's detail without the account, and the account; '' where it was not by command."""
    if username or action not in ACTIONS:
        return detail, ""
    what, found, who = detail.rpartition(_AS)
    return (what, who) if found else (detail, "")
