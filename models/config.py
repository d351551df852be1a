"""The part of the council's TOML that says which targets to model and how: ``[targets.<name>]`` and ``[models]``."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from models.targets import BY_DEFAULT, TARGETS
from store.council import Section
from store.errors import UsageError


class TargetSettings(Section):
    """``[targets.<name>]``: what the council decides about a target."""

    capacity: int = Field(default=50, ge=1, description="Cases the panel can look at for one as-of date.")
    sample_below_the_line: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Further cases, drawn by lot from below the line, that go into the pack unmarked, so that "
        "decisions tell how many the list misses. No more than the audit policy allows: see `docs/panel.md`.",
    )


class ModelsConfig(Section):
    """``[models]``, with the council's targets in it. Without ``[targets]`` those run that do by default."""

    targets: dict[str, TargetSettings] = Field(
        default_factory=lambda: {name: TargetSettings() for name in BY_DEFAULT},
        min_length=1,
        description="Targets to model, by name.",
    )
    mlruns: str = Field("mlruns", min_length=1, description="MLflow's folder, relative to where the job is started.")
    test_as_ofs: int = Field(4, ge=1, description="At most this many of the newest closed as-of dates are tested on.")
    folds: int = Field(5, ge=2, le=20, description="Parts the families are split into.")
    bags: int = Field(10, ge=1, le=50, description="Boosted models averaged for each case's score.")
    rounds: int = Field(60, ge=10, le=2000, description="Trees in each boosted model.")
    learning_rate: float = Field(0.1, gt=0, le=1, description="Weight of each tree.")
    bootstrap_replicates: int = Field(500, ge=100, le=10000, description="Resamples behind each interval.")
    stability_refits: int = Field(
        5, ge=2, le=50, description="How often each candidate is trained again on families drawn anew, for stability."
    )
    min_positives: int = Field(
        10, ge=5, description="Families with the outcome that training needs; half as many for a test as-of date."
    )
    membership_limit: float = Field(
        0.65,
        gt=0.5,
        le=1,
        description="A model that tells the families it learnt from apart from others better than this (area under the "
        "curve of the attack, on cases with the outcome) may not be chosen.",
    )

    @field_validator("targets", mode="before")
    @classmethod
    def _known(cls, targets: Any) -> Any:
        for name in targets if isinstance(targets, dict) else ():
            if name not in TARGETS:
                # Not a ValueError, which would be taken for a wrong value under a known key.
                raise UsageError(
                    "There is no target of this name.",
                    where=f"targets.{name}",
                    fix="Known targets: " + ", ".join(TARGETS) + ".",
                )
        return targets
