"""The configuration that a run was made from, found again by what the run has on record."""

from __future__ import annotations

from pathlib import Path

from early_help.config import CouncilConfig, load_config
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder

ON_RECORD = "state/council.json"
MADE = "made.json"
"""What the demo leaves in the folder of a synthetic borough's extracts."""
MADE_UP_NAME = "(a made-up borough)"


def config_of(folder: RunFolder) -> CouncilConfig:
    """The configuration a run was made from, which the reports need."""
    path = council_of(folder)
    if path is None or not path.is_file():
        raise UsageError(
            "The council's TOML that this run was made from is not where it was.",
            where=str(path or folder.root / ON_RECORD),
            fix="Put it back, or run the job again with the TOML where it is now; then ask again.",
        )
    return load_config(path)


def council_of(folder: RunFolder) -> Path | None:
    """Where the TOML of a run was when the run was made; None when that is not on record."""
    try:
        return Path(read_json(folder.root / ON_RECORD)["council"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_made_up(folder: RunFolder) -> bool:
    """Whether the run is of a synthetic borough, by what its generator left beside the TOML and by its name."""
    path = council_of(folder)
    if path is None or not path.with_name(MADE).is_file():
        return False
    return config_of(folder).council.name.endswith(MADE_UP_NAME)
