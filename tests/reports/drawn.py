"""The sample run with cases drawn from below the line, as the models stage and a policy that allows them leave it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from models.tables import DRAWN, REASONS, SCORES
from store.run_folder import RunFolder
from store.workspace import open_sealed
from tests.reports.samples import FAMILY_TARGET, audit, put_sealed, release
from tests.support import KEYS

_KEYS = ("unit_id", "family_id", "as_of")


def policy_allowing(cases: int, folder: Path) -> str:
    """The toolkit's own policy, but for this."""
    path = folder / f"policy-{cases}.toml"
    own = resources.files("fairness_audits").joinpath("default_policy.toml").read_text(encoding="utf-8")
    path.write_text(own.replace("\ncases = 0\n", f"\ncases = {cases}\n"), encoding="utf-8")
    return str(path)


def draw(run: RunFolder, number: int) -> set[str]:
    """Write reasons of so many cases below the line, the same as those of a listed case, and that they were drawn."""
    scores = open_sealed(run, KEYS, SCORES, FAMILY_TARGET).to_pylist()
    reasons = open_sealed(run, KEYS, REASONS, FAMILY_TARGET).to_pylist()
    below = [row for row in scores if row["part"] == "current" and not row["flagged"]]
    drawn = below[:: len(below) // number][:number]
    pattern = [row for row in reasons if row["unit_id"] == reasons[0]["unit_id"]]
    reasons += [row | _keys(case) for case in drawn for row in pattern]
    reasons += [_mark(case, len(pattern) + 1, len(below)) for case in drawn]
    put_sealed(run, KEYS, REASONS, sorted(reasons, key=lambda row: (row["unit_id"], row["position"])), FAMILY_TARGET)
    return {case["unit_id"] for case in drawn}


def released_with_drawn(run: RunFolder, number: int, folder: Path) -> set[str]:
    """Draw, audit under a policy that allows as many, and release; the drawn cases are told."""
    drawn = draw(run, number)
    audit(run, policy_allowing(number, folder))
    release(run, FAMILY_TARGET)
    return drawn


def _keys(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case[name] for name in _KEYS}


def _mark(case: dict[str, Any], position: int, below: int) -> dict[str, Any]:
    said = {"kind": DRAWN, "position": position, "contribution": 0.0, "value": float(below), "sentence": "Drawn."}
    return _keys(case) | said
