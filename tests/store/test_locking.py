"""The lock of a file, and what becomes of it when the file goes."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from store.locking import exclusive


def test_one_at_a_time_in_the_order_of_nobody(tmp_path: Path) -> None:
    inside, most = 0, 0

    def act() -> None:
        nonlocal inside, most
        for _ in range(20):
            with exclusive(tmp_path / "folder" / ".lock"):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0005)
                inside -= 1

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_it_is_let_go_of_when_what_is_done_under_it_fails(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), exclusive(tmp_path / ".lock"):
            _ = 1 / 0


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open cannot be deleted there")
@pytest.mark.parametrize("another", [False, True])
def test_who_waited_for_a_file_that_is_gone_takes_the_lock_that_others_see(tmp_path: Path, another: bool) -> None:
    import fcntl  # noqa: PLC0415 - not there on Windows

    path = tmp_path / ".lock"
    seen: list[bool] = []

    def wait() -> None:
        with exclusive(path), path.open("a+b") as mine:
            try:
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                seen.append(True)
            else:
                seen.append(False)

    waiting = threading.Thread(target=wait)
    with exclusive(path):
        waiting.start()
        time.sleep(0.2)
        path.unlink()
        if another:
            path.touch()
    waiting.join()
    assert seen == [True]
