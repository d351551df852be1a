"""One page at a time, in the order asked for; and a long one keeps nobody waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from review.turns import Turns, in_turns

_PATIENCE = 10.0


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.002)


@contextmanager
def _thread(work: Callable[[], None]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(_PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize("width", [1, 3])
def test_no_more_are_in_than_may_be_and_all_get_in(width: int) -> None:
    turns, inside, most, done = Turns(width, longest=_PATIENCE), [0], [0], [0]
    count = threading.Lock()

    def work() -> None:
        for _ in range(20):
            with turns.taken():
                with count:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.0005)
                with count:
                    inside[0] -= 1
                    done[0] += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    assert (most[0], done[0]) == (width, 160)


def test_first_come_is_first_served() -> None:
    turns, order, asked = Turns(1, longest=_PATIENCE), [], []
    threads = []
    with turns.taken():
        for number in range(6):

            def work(number: int = number) -> None:
                with turns.taken():
                    order.append(number)

            threads.append(threading.Thread(target=work))
            threads[-1].start()
            asked.append(number)
            _until(lambda: len(turns._waiting) == len(asked))
        assert order == []
    for thread in threads:
        thread.join(_PATIENCE)
    assert order == asked


def test_a_long_one_is_overtaken_and_a_short_one_is_not() -> None:
    turns, over, ended = Turns(1, longest=0.05), threading.Event(), []

    def long() -> None:
        with turns.taken():
            over.wait(_PATIENCE)
            ended.append("long")

    with _thread(long):
        _until(lambda: len(turns._inside) == 1)
        begun = time.monotonic()
        with turns.taken():
            waited = time.monotonic() - begun
            ended.append("short")
        over.set()
    assert ended == ["short", "long"]
    assert waited >= 0.03
    # And nothing is left of it: the next one need not wait.
    with turns.taken():
        assert len(turns._inside) == 1


def test_who_fails_gives_up_the_turn() -> None:
    turns = Turns(1, longest=_PATIENCE)

    def fails(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        raise ValueError("broken")

    served = in_turns(fails, turns)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            served({}, lambda *_: None)
    assert list(in_turns(lambda environ, start: [environ["said"]], turns)({"said": b"x"}, lambda *_: None)) == [b"x"]
