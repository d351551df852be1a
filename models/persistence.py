"""Keeping a target's models: boosters as LightGBM text, the rest as JSON. Nothing is ever unpickled."""

from __future__ import annotations

from typing import Any

from models.boosted import Bag
from models.cases import Cases
from models.rehearsal import Rehearsal
from store.files import text_hash


def model_files(
    cases: Cases, current: Rehearsal, chosen: str, folds: int, seed: int
) -> dict[str, str | dict[str, Any]]:
    """The files of ``models/<target>/model/`` by their path in it, for the origin of the current list.

    ``model.json`` holds every candidate's fitted figures for each fold, its calibration (log-odds are
    ``slope * (margin - centre) + intercept``), and the SHA-256 of each booster's file.
    """
    files: dict[str, str | dict[str, Any]] = {}
    candidates: dict[str, Any] = {}
    for name, performed in current.performed.items():
        described = []
        for fold, one in enumerate(performed.fitted):
            entry = one.described()
            if isinstance(one, Bag):
                entry["boosters"] = _boosters(one, f"{name.value}/fold{fold}", files)
            described.append(entry)
        candidates[name.value] = {
            "calibration": {
                "centre": performed.centre,
                "slope": performed.platt.slope,
                "intercept": performed.platt.intercept,
            },
            "folds": described,
        }
    files["model.json"] = {
        "origin": current.origin.as_of.isoformat(),
        "learns_from": [day.isoformat() for day in current.origin.learns_from],
        "chosen": chosen,
        "folds": folds,
        "seed": seed,
        "features": [
            {"name": f.name, "level": f.level, "subject": f.subject, "direction": f.direction} for f in cases.features
        ],
        "candidates": candidates,
    }
    return files


def _boosters(bag: Bag, stem: str, files: dict[str, str | dict[str, Any]]) -> list[dict[str, str]]:
    listed = []
    for place, booster in enumerate(bag.boosters):
        path, content = f"{stem}_bag{place}.txt", booster.model_to_string()
        files[path] = content
        listed.append({"file": path, "sha256": text_hash(content)})
    return listed
