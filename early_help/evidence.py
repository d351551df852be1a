"""What a challenger's promotion rests on: the hashes of all that the quarterly job made of it, taken from the files."""

from __future__ import annotations

import json
from typing import Any

from fairness_audits.record import read_audit
from models.against_champion import COMPARISON
from store.files import file_hash, read_json, text_hash
from store.keys import Keys
from store.run_folder import RunFolder

DOCUMENT = "retraining.json"
"""What the job recommends, for machines."""


def evidence(run: RunFolder, keys: Keys, target: str) -> dict[str, Any]:
    """The hashes as the files are now, what the family ids come from, and the as-of date.

    Data, code and configuration are those that the run's manifest has.
    """
    manifest = read_json(run.root / "manifest.json")
    comparison = run.root / COMPARISON
    evaluation = run.root / "models" / target / "evaluation.json"
    return {
        **read_audit(run, keys, target).hashes,
        "evaluation_sha256": file_hash(evaluation),
        "comparison_sha256": file_hash(comparison),
        "data_sha256": text_hash(json.dumps(manifest["stages"]["models"]["inputs"], sort_keys=True)),
        "code_sha256": manifest["code_sha256"],
        "config_sha256": manifest["config_sha256"],
        "ids": read_json(comparison)["ids"],
    }


def registered_on(run: RunFolder, keys: Keys, target: str) -> dict[str, Any]:
    """What a version is registered on: the `evidence`, with the recommendation and the hash of its document."""
    document = read_json(run.root / DOCUMENT)
    return {
        **evidence(run, keys, target),
        "as_of": document["as_of"],
        "advice": document["targets"][target]["advice"],
        "retraining_sha256": file_hash(run.root / DOCUMENT),
    }
