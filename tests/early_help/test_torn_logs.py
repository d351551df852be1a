"""A log of which a line was cut off is told of, and told of as no success."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

from rich.console import Console

from early_help.status import print_status
from early_help.torn_logs import torn_line, torn_lines
from fairness_audits import log as release_log
from fairness_audits.log import Action, Outcome
from residents.lookup.access_log import ACCESS_LOG, Reader, log_access
from store.files import write_json
from store.run_folder import RunFolder
from tests.support import KEYS

TODAY = dt.date(2026, 7, 1)


def cut(path: Path) -> None:
    """What a writer killed in the middle of the next line leaves."""
    with path.open("ab") as file:
        file.write(b'{"action":"open')


def test_each_log_of_a_run_is_told_of(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert torn_lines(run) == []
    (tmp_path / "fairness_audits").mkdir()
    release_log.append(run, KEYS, TODAY, Action.APPROVE, "under_the_radar", Outcome.ALLOWED)
    assert torn_lines(run) == []
    cut(tmp_path / release_log.LOG)
    (line,) = torn_lines(run)
    assert "1 line was cut off while being written to the release log" in line
    log_access(run, Reader("Ann Able", "To see whether it works."), "person", ["name"], people=0)
    cut(tmp_path / ACCESS_LOG)
    assert [("release log" in line, "log of look-ups" in line) for line in torn_lines(run)] == [
        (True, False),
        (False, True),
    ]
    assert torn_line("log", 0) == []
    assert "2 lines were cut off" in torn_line("log", 2)[0]


def test_status_tells_it(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    write_json(tmp_path / "state" / "council.json", {})
    (tmp_path / "fairness_audits").mkdir()
    cut(tmp_path / release_log.LOG)
    console = Console(file=io.StringIO(), width=200)
    print_status(console, run, KEYS, TODAY)
    assert isinstance(console.file, io.StringIO)
    assert "cut off while being written to the release log" in console.file.getvalue()
