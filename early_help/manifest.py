"""The manifest that binds a run together: hashes of every input, output, setting, piece of code and package."""

from __future__ import annotations

from early_help.config import CouncilConfig
from early_help.fingerprint import packages
from early_help.runner import read_record
from early_help.stages import STAGES
from store.code_version import ROOMS, code_hash
from store.files import write_json
from store.run_folder import RunFolder


def write_manifest(run: RunFolder, config: CouncilConfig) -> None:
    """Write ``manifest.json``. It holds no times, so that equal runs have equal manifests."""
    stages = {}
    for stage in STAGES:
        record = read_record(run, stage.name)
        if record is not None:
            stages[stage.name] = {"inputs": record.inputs, "outputs": record.outputs, "rows": record.rows}
    write_json(
        run.root / "manifest.json",
        {
            "council": config.council.name,
            "config_sha256": config.sha256,
            "seed": config.settings.seed,
            "code_sha256": code_hash(ROOMS[-1]),
            "packages": packages(),
            "stages": stages,
        },
    )
