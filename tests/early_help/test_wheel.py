"""What is installed where the toolkit is not worked on: a template that is left out breaks its page there alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = sorted({path.parent.name for path in PROJECT.glob("*/__init__.py")} - {"benchmarks", "tests"})


def test_a_wheel_holds_every_file_of_every_room(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for room in ROOMS:
        shutil.copytree(PROJECT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    made = tmp_path / "made"
    build = ["wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(made)]
    subprocess.run([sys.executable, "-m", "pip", *build, str(source)], check=True, capture_output=True)
    (wheel,) = made.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        path.relative_to(PROJECT).as_posix()
        for room in ROOMS
        for path in (PROJECT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(needed) > 500
    assert needed - held == set()
