"""What the web app needs before it serves: which run, whose keys, an up-to-date database."""

from __future__ import annotations

from early_help.run_config import config_of
from review.config import ReviewConfig
from review.settings import ReviewContext
from store.errors import UsageError
from store.key_file import load_keys
from store.run_folder import RunFolder

RUN_VARIABLE = "EARLY_HELP_RUN"


def context_of(run: RunFolder) -> ReviewContext:
    """What is served of a run, by its council's TOML as it is now.

    Raises UsageError where it is no run, its TOML is not where it was or says what cannot be, or there is no key.
    """
    if not run.state.is_dir():
        raise UsageError(
            "This is not a run folder.", where=str(run.root), fix="Give the folder that `early-help run` wrote."
        )
    config = config_of(run)
    review = config.sections[ReviewConfig]
    assert isinstance(review, ReviewConfig)
    return ReviewContext(run, load_keys(), config.council, review, config.settings)
