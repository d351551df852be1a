"""A log whose lines hang together: whatever is changed in it shows, and nothing written at once is lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.chained_log import ChainedLog
from store.errors import InputRejected


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
    for place in range(len(whole)):
        log.path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputRejected, match="trial log was changed"):
            log.entries()


def test_a_line_taken_out_moved_or_half_written_is_seen_and_nothing_is_added(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for number in range(3):
        log.append({"n": number})
    one, two, three = log.path.read_bytes().splitlines(keepends=True)
    for broken in (one + three, two + three, one + three + two, one + two + three[:-1], one + one + two + three):
        log.path.write_bytes(broken)
        with pytest.raises(InputRejected):
            log.append({"n": 4})
        assert log.path.read_bytes() == broken


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
