"""One page at a time in each process, in the order in which they were asked for.

Several threads would make their pages in slices of the interpreter's time, so that all of them end late, and some very
late; and a thread that lost its slice in the middle of writing to the log would keep every other process waiting for
the database meanwhile. A page that takes long does not keep the short ones waiting: after a while it no longer counts.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

LONG_SECONDS = 0.1
"""After this a page no longer keeps others waiting: they are made beside it."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Turns:
    """Lets ``width`` in at a time, first come, first served. Who has been in for ``longest`` seconds is not counted."""

    def __init__(self, width: int, longest: float = LONG_SECONDS) -> None:
        self._width = width
        self._longest = longest
        self._lock = threading.Lock()
        self._inside: dict[object, float] = {}
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and have it for the length of the block."""
        mine = threading.Event()
        self._wait(mine)
        try:
            yield
        finally:
            with self._lock:
                del self._inside[mine]
                self._let_in()

    def _wait(self, mine: threading.Event) -> None:
        with self._lock:
            self._waiting.append(mine)
            self._let_in()
        while not mine.wait(self._longest):
            with self._lock:
                self._let_in()

    def _let_in(self) -> None:
        """Let in as many as there is room for; called with the lock held."""
        now = time.monotonic()
        counted = sum(now - since < self._longest for since in self._inside.values())
        while self._waiting and counted < self._width:
            entering = self._waiting.popleft()
            self._inside[entering] = now
            entering.set()
            counted += 1


def in_turns(application: Application, turns: Turns) -> Application:
    """The application, each answer of which is made in its turn. It is sent to the browser out of turn."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with turns.taken():
            return application(environ, start_response)

    return respond
