"""Sessions kept in the database, as Django keeps them, and found by a query that is worked out once."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from review.prepared import Prepared, Slot

_OPEN: Prepared[Session] = Prepared(
    lambda: Session.objects.filter(session_key=Slot("key"), expire_date__gt=Slot("now"))
)


class SessionStore(db.SessionStore):
    """A session that has ended is none, and its key is not used again."""

    def _get_session_from_db(self) -> Session | None:
        found = _OPEN.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
