"""A borough made from a notebook, in a kernel that has no widgets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_NOTEBOOK = """
import sys
import types


class Shell:
    config = {"IPKernelApp": {}}


sys.modules["IPython"] = types.SimpleNamespace(get_ipython=Shell)
sys.modules["ipywidgets"] = None

import duckdb

try:
    duckdb.connect().execute("SET enable_progress_bar = false")
except duckdb.InvalidInputException:
    print("refused")

from pathlib import Path
from sources.synthetic import generate
from sources.synthetic.calibration import measure

out, truth = Path(sys.argv[1]), Path(sys.argv[2])
generate(20, 1, out, truth)
print(len(measure(out / "extracts", truth)))
"""


def test_a_borough_is_made_and_counted_where_the_engine_cannot_be_told_of_its_progress_bar(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _NOTEBOOK, str(tmp_path / "out"), str(tmp_path / "truth")]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused, figures = done.stdout.splitlines()
    assert refused == "refused"
    assert int(figures) > 30
