"""An environment of its own for featuretools, which cannot live beside the project's pandas."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

from benchmarks.jobs import PROJECT

FOLDER = PROJECT / ".venv-featuretools"
_REQUIREMENTS = Path(__file__).with_name("requirements-featuretools.txt")


def interpreter(folder: Path) -> Path | None:
    """The environment's Python, installed when it is not there; None when it cannot be installed."""
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    venv.create(folder, with_pip=True, clear=True)
    installing = subprocess.run(
        [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r", _REQUIREMENTS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if installing.returncode:
        return None
    stamp.write_text(wanted, encoding="utf-8")
    return python
