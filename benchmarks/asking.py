"""Asking a web server as many people at once would: plain sockets in one thread, which takes little of the machine.

Each request is a connection of its own, as those of a reverse proxy before the app are.
"""

from __future__ import annotations

import heapq
import random
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

_CHUNK = 1 << 17
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Asking:
    """One request: what kind of page it is for, and all that is sent."""

    page: str
    sent: bytes

    @classmethod
    def of(cls, page: str, path: str, cookie: str, form: Mapping[str, str] | None = None) -> Asking:
        """A page that is asked for, or a form that is sent to it."""
        sent = urlencode(form) if form else ""
        lines = [
            f"{'POST' if form else 'GET'} {path} HTTP/1.1",
            *("Host: localhost", "Accept-Encoding: identity", "Connection: close", f"Cookie: {cookie}"),
            *(("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(sent)}") if form else ()),
        ]
        return cls(page, ("\r\n".join(lines) + f"\r\n\r\n{sent}").encode("ascii"))


@dataclass(frozen=True)
class Asked:
    """What became of one request: which page, how many seconds until its last byte, the status (0: no whole answer)."""

    page: str
    seconds: float
    status: int


@dataclass
class _Visit:
    """Somebody's requests, and the one that is on its way."""

    left: list[Asking]
    connection: socket.socket | None = None
    begun: float = 0.0
    answer: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Pace:
    """How long people stop between a page and the next: at random, ``seconds`` on average; 0 for not at all."""

    seconds: float = 0.0
    seed: int = 20_261_123

    def of(self, chance: random.Random) -> float:
        """Between half the seconds and one and a half times as many."""
        return self.seconds * (0.5 + chance.random())


def ask(
    address: tuple[str, int], people: Sequence[Sequence[Asking]], at_once: int, pace: Pace | None = None
) -> list[Asked]:
    """Everything that the people ask, each one thing after another, ``at_once`` of them at any time."""
    pace = pace or Pace()
    chance = random.Random(pace.seed)
    coming = [_Visit(list(reversed(one))) for one in people if one]
    coming.reverse()
    found: list[Asked] = []
    due: list[tuple[float, int, _Visit]] = []
    number, active = 0, 0
    with selectors.DefaultSelector() as selector:
        while coming or due or selector.get_map():
            now = time.perf_counter()
            while coming and active < at_once:
                active, number = active + 1, number + 1
                # Nobody begins at the same moment as all others where they stop between pages.
                heapq.heappush(due, (now + pace.seconds * chance.random(), number, coming.pop()))
            while due and due[0][0] <= now:
                _begin(address, selector, heapq.heappop(due)[2])
            for key, _ in selector.select(max(0.0, due[0][0] - now) if due else None):
                visit = key.data
                if not _over(selector, visit):
                    continue
                asking = visit.left.pop()
                ended = time.perf_counter()
                found.append(Asked(asking.page, ended - visit.begun, _status(visit.answer)))
                if visit.left:
                    number += 1
                    heapq.heappush(due, (ended + pace.of(chance), number, visit))
                else:
                    active -= 1
    return found


def _begin(address: tuple[str, int], selector: selectors.BaseSelector, visit: _Visit) -> None:
    visit.begun, visit.answer = time.perf_counter(), bytearray()
    visit.connection = socket.create_connection(address)
    visit.connection.sendall(visit.left[-1].sent)
    visit.connection.setblocking(False)
    selector.register(visit.connection, selectors.EVENT_READ, visit)


def _over(selector: selectors.BaseSelector, visit: _Visit) -> bool:
    """Whether the server has said all it says, after reading what there is of it."""
    assert visit.connection is not None
    try:
        part = visit.connection.recv(_CHUNK)
    except BlockingIOError:
        return False
    except OSError:
        part = b""
    if part:
        visit.answer += part
        return False
    selector.unregister(visit.connection)
    visit.connection.close()
    return True


def _status(answer: bytearray) -> int:
    """The status of an answer that came whole; 0 for any other."""
    head, _, body = bytes(answer).partition(_HEAD_END)
    lengths = [line[len(_LENGTH) :] for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)]
    whole = head.startswith(b"HTTP/1.1 ") and len(lengths) == 1 and int(lengths[0]) == len(body)
    return int(head[9:12]) if whole else 0
