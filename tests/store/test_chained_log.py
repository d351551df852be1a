"""A log whose lines hang together: whatever is changed in it shows, and nothing written at once is lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.chained_log import ChainedLog
from store.errors import InputRejected

PROJECT = Path(__file__).resolve().parents[2]


def log_in(folder: Path) -> ChainedLog:
    return ChainedLog(folder / "log.jsonl", folder / ".lock", "trial log", "log.jsonl", "Restore it.")


# Each line goes to the disk at once, which on a busy machine takes as long as it takes.
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abc"),
            st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.integers()),
            max_size=3,
        ),
        max_size=6,
    )
)
def test_what_was_written_is_read_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, facts: list[dict[str, str | int]]
) -> None:
    log = log_in(tmp_path_factory.mktemp("log"))
    hashes = [log.append(fact) for fact in facts]
    found = log.entries()
    assert [entry["hash"] for entry in found] == hashes
    assert [{key: entry[key] for key in fact} for entry, fact in zip(found, facts)] == facts
    assert [entry["number"] for entry in found] == list(range(1, len(facts) + 1))


def test_any_changed_byte_is_seen(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for number in range(3):
        log.append({"who": f"person {number}"})
    whole = log.path.read_bytes()
    for place in range(len(whole) - 1):
        log.path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputRejected, match="trial log was changed"):
            log.entries()


def test_a_line_taken_out_or_moved_is_seen_and_nothing_is_added(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for number in range(3):
        log.append({"n": number})
    one, two, three = log.path.read_bytes().splitlines(keepends=True)
    for broken in (one + three, two + three, one + three + two, one + one + two + three):
        log.path.write_bytes(broken)
        with pytest.raises(InputRejected):
            log.append({"n": 4})
        assert log.path.read_bytes() == broken


def test_what_a_killed_writer_left_of_a_line_is_set_aside_and_told(tmp_path: Path) -> None:
    whole = log_in(tmp_path / "whole")
    for number in range(3):
        whole.append({"n": number})
    one, two, three = whole.path.read_bytes().splitlines(keepends=True)
    assert whole.torn == 0
    for kept in range(1, len(three)):
        log = log_in(tmp_path / str(kept))
        log.path.parent.mkdir()
        log.path.write_bytes(one + two + three[:kept])
        assert (len(log.entries()), log.torn) == (2, 1)
        log.append({"n": 2})
        assert log.path.read_bytes() == one + two + three
        assert log.torn == 1
        assert log.path.with_name("log.jsonl.torn").read_bytes() == three[:kept] + b"\n"


def test_a_line_before_one_that_was_cut_off_is_still_seen_to_be_changed(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.append({"who": "Ann"})
    log.append({"who": "Bob"})
    broken = log.path.read_bytes().replace(b"Ann", b"Eve")[:-1]
    log.path.write_bytes(broken)
    with pytest.raises(InputRejected, match="was changed"):
        log.append({"who": "Cat"})
    assert log.path.read_bytes() == broken


def test_a_line_that_cannot_be_written_whole_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_in(tmp_path)
    log.append({"n": 1})
    before = log.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            log.append({"n": 2})
    assert log.path.read_bytes() == before
    log.append({"n": 2})
    assert (len(log.entries()), log.torn) == (2, 0)


_WRITER = """
import sys
from pathlib import Path
from store.chained_log import ChainedLog
log = ChainedLog(Path(sys.argv[1]), Path(sys.argv[2]), "trial log", "log.jsonl", "Restore it.")
for number in range(100_000):
    with log.locked():
        log.append({"n": number, "long": "x" * 5000})
    print(number, flush=True)
"""


def test_a_writer_killed_at_any_moment_loses_no_line_that_it_was_told_of(tmp_path: Path) -> None:
    log, told = log_in(tmp_path), 0
    for _ in range(3):
        command = [sys.executable, "-c", _WRITER, str(log.path), str(log.lock)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _, _line in zip(range(20), writer.stdout):
                told += 1
            writer.kill()
    with log.locked():
        log.append({"n": "last"})
    assert len(log.entries()) > told == 60


def test_writers_at_once_lose_no_line(tmp_path: Path) -> None:
    log = log_in(tmp_path)

    def write(writer: int) -> None:
        for number in range(5):
            with log.locked():
                log.append({"writer": writer, "n": number})

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted((entry["writer"], entry["n"]) for entry in log.entries()) == [
        (w, n) for w in range(4) for n in range(5)
    ]
