"""Time and memory of reading attendance marks: the sources stage against a plain copy of the same file by the engine.

    python -m benchmarks.attendance [--millions 10] [--millions 30 --formats parquet]

Both run in processes of their own on two threads, over the same made-up file, one after the other; what counts is
the ratio. The table is printed, and kept in ``benchmarks/results/attendance.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks" / "results" / "attendance.md"
SESSIONS = 380
"""Two a day for a school year."""

_MARKS = """
    SELECT printf('A%012d', 800000000000 + (p.n * 7919) % 1000003) AS "UPN",
           DATE '2024-09-02' + CAST(s.n // 2 + 2 * (s.n // 10) AS INTEGER) AS "date",
           CASE WHEN s.n % 2 = 0 THEN 'AM' ELSE 'PM' END AS session,
           CASE WHEN hash(p.n, s.n) % 100 < 92 THEN CASE WHEN s.n % 2 = 0 THEN '/' ELSE '\\' END
                WHEN hash(p.n, s.n) % 100 < 95 THEN 'I' WHEN hash(p.n, s.n) % 100 < 97 THEN 'L'
                WHEN hash(p.n, s.n) % 100 < 99 THEN 'O' ELSE 'C' END AS code,
           DATE '2024-09-03' + CAST(s.n // 2 + 2 * (s.n // 10) + (hash(s.n, p.n) % 3) AS INTEGER) AS last_updated
    FROM range(?) AS s(n), range(?) AS p(n)
"""
"""As schools send them: by day, every pupil in turn."""
_PUPILS = """
    SELECT DISTINCT printf('A%012d', 800000000000 + (p.n * 7919) % 1000003) AS "UPN", 'Sam' AS forename,
           'Jones' AS surname, DATE '2012-03-04' AS dob, DATE '2024-09-02' AS recorded FROM range(?) AS p(n)
"""
_STAGE = """
import sys
from pathlib import Path
from early_help.config import load_config
from sources.config import SourcesConfig
from sources.stage import STAGE
from tests.support import run_stage
config = load_config(Path(sys.argv[1]))
run_stage(STAGE, Path(sys.argv[2]), config.sections[SourcesConfig])
"""
_COPY = """
import sys, duckdb
with duckdb.connect(config={"threads": 2, "memory_limit": "4GB"}) as con:
    con.execute("SET enable_progress_bar = false")
    made = con.read_csv(sys.argv[1]) if sys.argv[1].endswith("csv") else con.read_parquet(sys.argv[1])
    made.write_parquet(sys.argv[2], compression="zstd")
"""
_COUNCIL = """
[council]
name = "Benchmark"
extract_date = 2026-09-07
covers_from = 2022-09-01
covers_to = 2026-08-31

[sources]
folder = "."

[[extracts]]
name = "pupils"
source = "schools"
files = ["pupils.csv"]
[[extracts.tables]]
table = "person_records"
key = ["UPN"]
columns = {{ forename = "forename", surname = "surname", dob = "dob", upn = "UPN", recorded_on = "recorded" }}

[[extracts]]
name = "marks"
source = "schools"
files = ["marks.{kind}"]
format = "{kind}"
[[extracts.tables]]
table = "attendance"
key = ["UPN"]
columns = {{ event_date = "date", recorded_on = "last_updated", session = "session", code = "code" }}
"""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    peak_mb: float


def make_council(folder: Path, kind: str, millions: int) -> Path:
    """A council of pupils and their marks only; returns its TOML."""
    pupils = millions * 1_000_000 // SESSIONS
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        con.sql(_PUPILS, params=[pupils]).write_csv(str(folder / "pupils.csv"))
        marks = con.sql(_MARKS, params=[SESSIONS, pupils])
        if kind == "csv":
            marks.write_csv(str(folder / "marks.csv"))
        else:
            marks.write_parquet(str(folder / "marks.parquet"))
    path = folder / "council.toml"
    path.write_text(_COUNCIL.format(kind=kind), encoding="utf-8")
    return path


def cost_of(program: str, *arguments: Path) -> Cost:
    """Run a program in a process of its own and read its cost from the operating system."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], cwd=PROJECT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the process ended with exit code {os.waitstatus_to_exitcode(status)}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(kind: str, millions: int) -> list[str]:
    """Two lines of the table: the plain copy and the stage."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        council = make_council(folder, kind, millions)
        copied = cost_of(_COPY, folder / f"marks.{kind}", folder / "copy.parquet")
        staged = cost_of(_STAGE, council, folder / "run")
    return [
        f"| {kind}, {millions} M rows | plain copy | {copied.wall:.1f} | {copied.cpu:.1f} | {copied.peak_mb:.0f} | 1 |",
        f"| {kind}, {millions} M rows | sources stage | {staged.wall:.1f} | {staged.cpu:.1f} | {staged.peak_mb:.0f} "
        f"| {staged.wall / copied.wall:.1f} |",
    ]


def main() -> None:
    """Measure what was asked for and print the table; keep it when the whole set was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, help="Only this many million rows.")
    parser.add_argument("--format", choices=["parquet", "csv"], help="Only this format.")
    asked = parser.parse_args()
    cases = [("parquet", 10), ("csv", 10), ("parquet", 30)]
    if asked.millions:
        cases = [(kind, asked.millions) for kind in ("parquet", "csv")]
    lines = ["| file | what | wall s | CPU s | peak MB | ratio of wall |", "|---|---|---|---|---|---|"]
    for kind, millions in cases:
        if asked.format in (None, kind):
            lines += measure(kind, millions)
    text = "\n".join(lines) + "\n"
    print(text)
    if not asked.millions and not asked.format:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(f"# Reading attendance\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
