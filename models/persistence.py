"""Keeping a target's models, and reading them back: boosters as LightGBM text, the rest as JSON, never a pickle.

``model.json`` names every other file with its SHA-256, so that the hash of ``model.json`` stands for all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from lightgbm.basic import LightGBMError

from models.boosted import Bag, BoosterText
from models.calibration import Platt
from models.candidates import ByValue, Fitted, Nothing
from models.cases import Cases, Floats, Integers
from models.drift import profile
from models.logistic import LinearModel
from models.rehearsal import Rehearsal, by_fold
from models.target import CandidateName
from models.weighted_needs import Sum
from store.errors import InputRejected
from store.files import text_hash

MODEL = "model.json"
_FORMAT = 1
_RESTORE = (
    "Restore the model's files from their backup, or run the job again. A model that is not what was "
    "recorded is never used."
)


class Kind(Protocol):
    """A class of fitted models that can be read back from what they say of themselves."""

    def read(self, entry: Mapping[str, Any], names: Sequence[str]) -> Fitted:
        """The model of an entry that its ``described`` wrote, for features of these names in this order."""
        ...


KINDS: dict[str, Kind] = {
    "nothing": Nothing,
    "by_value": ByValue,
    "linear": LinearModel,
    "bag": Bag,
    "weighted_needs": Sum,
}
"""Every kind of fitted model, by the ``kind`` that its ``described`` gives."""


@dataclass(frozen=True)
class LoadedCandidate:
    """One candidate as it was kept: a fitted model for each fold, and its calibration."""

    fitted: list[Fitted]
    platt: Platt
    centre: float
    """Mean margin of the cohort it was calibrated for, taken off before calibration."""


@dataclass(frozen=True)
class LoadedModel:
    """What a model folder holds, once every byte of it is known to be what was recorded."""

    sha256: str
    document: dict[str, Any]
    """The parsed ``model.json``."""
    chosen: CandidateName
    candidates: dict[CandidateName, LoadedCandidate]

    @property
    def names(self) -> tuple[str, ...]:
        """The features, in the order of the columns that the models take."""
        return tuple(feature["name"] for feature in self.document["features"])

    def missing_from(self, cases: Cases) -> tuple[str, ...]:
        """The model's features that these cases have not."""
        known = {feature.name for feature in cases.features}
        return tuple(name for name in self.names if name not in known)

    def values(self, cases: Cases, rows: Integers) -> Floats:
        """The model's columns of these rows; a feature that the cases have not is unknown of everybody."""
        place = {feature.name: column for column, feature in enumerate(cases.features)}
        taken = np.full((len(rows), len(self.names)), np.nan)
        for column, name in enumerate(self.names):
            if name in place:
                taken[:, column] = cases.values[rows, place[name]]
        return taken

    def margin(self, values: Floats, fold: Integers) -> Floats:
        """The chosen candidate's margin of each row of `values`, by the model that left the row's fold out."""
        return by_fold(self.candidates[self.chosen].fitted, values, fold)


def model_files(cases: Cases, current: Rehearsal, chosen: str, folds: int, seed: int) -> dict[str, str]:
    """The files of ``models/<target>/model/`` by their path in it, for the origin of the current list.

    ``model.json`` holds the fitted figures for each fold of every candidate that was fitted for that list, its
    calibration (log-odds are ``slope * (margin - centre) + intercept``), the SHA-256 of each booster's file, and a
    profile of the training cases (`models.drift.profile`).
    """
    files: dict[str, str] = {}
    candidates: dict[str, Any] = {}
    for name, performed in current.performed.items():
        candidates[name.value] = {
            "calibration": {
                "centre": performed.centre,
                "slope": performed.platt.slope,
                "intercept": performed.platt.intercept,
            },
            "folds": [
                _without_texts(one.described(), f"{name.value}/fold{fold}", files)
                for fold, one in enumerate(performed.fitted)
            ],
        }
    document = {
        "format": _FORMAT,
        "origin": current.origin.as_of.isoformat(),
        "learns_from": [day.isoformat() for day in current.origin.learns_from],
        "chosen": chosen,
        "folds": folds,
        "seed": seed,
        "features": [
            {"name": f.name, "level": f.level, "subject": f.subject, "direction": f.direction} for f in cases.features
        ],
        "profile": profile(cases, current.training_rows, current.training_outcome),
        "candidates": candidates,
    }
    # Rendered here, so that the bytes are the same wherever they are kept.
    files[MODEL] = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    return files


def model_hash(files: Mapping[str, str]) -> str:
    """What stands for the whole model: the SHA-256 of its ``model.json``."""
    return text_hash(files[MODEL])


def load_model(folder: Path, sha256: str) -> LoadedModel:
    """Read a model folder back. Nothing in it is run, only parsed.

    ``sha256`` is that of ``model.json`` as it was recorded: ``model.sha256`` in the target's evaluation, or the
    registry's history. Raises InputRejected when a file is missing or differs from what was recorded, before any of
    it is used.
    """
    document = _document(_checked(folder, MODEL, sha256), folder)
    return _loaded(folder, sha256, document, document["candidates"])


def load_chosen(folder: Path, sha256: str) -> LoadedModel:
    """As `load_model`, with the chosen candidate alone made ready; every file is checked all the same."""
    document = _document(_checked(folder, MODEL, sha256), folder)
    _with_texts(document, folder)
    return _loaded(folder, sha256, document, {document["chosen"]: document["candidates"][document["chosen"]]})


def _loaded(folder: Path, sha256: str, document: dict[str, Any], entries: Mapping[str, Any]) -> LoadedModel:
    names = [feature["name"] for feature in document["features"]]
    candidates: dict[CandidateName, LoadedCandidate] = {}
    for name, entry in entries.items():
        folds = [_with_texts(fold, folder) for fold in entry["folds"]]
        calibration = entry["calibration"]
        try:
            candidates[CandidateName(name)] = LoadedCandidate(
                [KINDS[fold["kind"]].read(fold, names) for fold in folds],
                Platt(calibration["slope"], calibration["intercept"]),
                calibration["centre"],
            )
        except (KeyError, ValueError, TypeError, LightGBMError):
            raise _other_version(folder) from None
    return LoadedModel(sha256, document, CandidateName(document["chosen"]), candidates)


def check_model(folder: Path, sha256: str) -> None:
    """Raise InputRejected, as `load_model` does, when a file is missing or differs from what was recorded."""
    _with_texts(_document(_checked(folder, MODEL, sha256), folder), folder)


def _without_texts(entry: Any, stem: str, files: dict[str, str]) -> Any:
    """The entry with each booster's text put in a file of its own, and named with its hash."""
    if isinstance(entry, BoosterText):
        # A booster may serve several folds: it is kept once.
        kept = next((name for name, text in files.items() if text == entry), None)
        if kept is not None:
            return {"file": kept, "sha256": text_hash(entry)}
        path = f"{stem}_bag{sum(name.startswith(f'{stem}_') for name in files)}.txt"
        files[path] = str(entry)
        return {"file": path, "sha256": text_hash(entry)}
    if isinstance(entry, Mapping):
        return {key: _without_texts(value, stem, files) for key, value in entry.items()}
    if isinstance(entry, list | tuple):
        return [_without_texts(value, stem, files) for value in entry]
    return entry


def _with_texts(entry: Any, folder: Path) -> Any:
    if isinstance(entry, dict) and set(entry) == {"file", "sha256"}:
        return _checked(folder, entry["file"], entry["sha256"]).decode("utf-8")
    if isinstance(entry, dict):
        return {key: _with_texts(one, folder) if isinstance(one, dict | list) else one for key, one in entry.items()}
    if isinstance(entry, list):
        return [_with_texts(one, folder) if isinstance(one, dict | list) else one for one in entry]
    return entry


def _checked(folder: Path, name: str, sha256: str) -> bytes:
    """The bytes of a file of the folder, if they are those that were recorded."""
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        raise InputRejected("A file of the model is missing.", where=str(folder / name), fix=_RESTORE) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputRejected(
            "A file of the model is not what was recorded: it was changed, or is another model's.",
            where=str(folder / name),
            fix=_RESTORE,
        )
    return content


def _document(content: bytes, folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(content)
    if document.get("format") != _FORMAT:
        raise _other_version(folder)
    return document


def _other_version(folder: Path) -> InputRejected:
    return InputRejected(
        "The model was kept by another version of the toolkit, which this one cannot read.",
        where=str(folder / MODEL),
        fix="Run the job again with this version, and have its model promoted.",
    )
