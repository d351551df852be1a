"""The part of the council's TOML that says when the quarterly job worries: ``[retraining]``.

The defaults are customary figures or round ones, not learnt from any council's data. They are kept with every
recommendation, so that those who sign for a model sign for them too.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from store.council import Section


class RetrainingConfig(Section):
    """``[retraining]``: thresholds of the quarterly job's recommendation."""

    not_worse_by: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="Precision at capacity that the challenger may lose, at the unlucky end of the 95% interval: by "
        "default five in a list of fifty.",
    )
    calibrated_from: float = Field(
        default=0.67,
        gt=0,
        le=1,
        description="Outcomes for each one expected: an interval wholly below is no match.",
    )
    calibrated_to: float = Field(default=1.5, ge=1, description="The same: an interval wholly above is no match.")
    psi_large: float = Field(
        default=0.25,
        gt=0,
        description="A feature's population stability index from which it changed much, if that is beyond chance too.",
    )
    blanks_changed: float = Field(
        default=0.10, gt=0, le=1, description="Change in the share unknown of a feature from which it changed much."
    )
    blanks_lost: float = Field(
        default=0.50,
        gt=0,
        le=1,
        description="Rise in the share unknown of a feature from which its source is looked into.",
    )
    features_changed: float = Field(
        default=0.20,
        ge=0,
        le=1,
        description="Share of features changed much, above which extracts are looked into.",
    )
    turnover: float = Field(
        default=0.60, ge=0, le=1, description="Share of the list that is new, above which it is another."
    )
    base_rate_factor: float = Field(
        default=1.5, gt=1, description="How many times commoner, or rarer, the outcome must be to be looked into."
    )
    rows_fell_to: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="A table with less than this share of the rows that it had a quarter ago stops the job: extracts "
        "of the past do not shrink.",
    )
    set_aside: float = Field(
        default=0.20,
        gt=0,
        le=1,
        description="Share of an extract's rows set aside above which it stops the job, as a format that changed, "
        "where a quarter ago it was under set_aside_before.",
    )
    set_aside_before: float = Field(default=0.10, gt=0, le=1, description="See set_aside, which is not less than this.")
    known_gap_months: int = Field(
        default=12, ge=3, description="A feed that stopped so many months ago is taken for known, and stops nothing."
    )
    evidence_days: int = Field(
        default=100,
        ge=1,
        le=366,
        description="How long a recommendation may be signed for: by default a quarter and a week, for then the next "
        "quarter's job has newer evidence.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> RetrainingConfig:
        if self.set_aside_before > self.set_aside:
            raise ValueError("set_aside_before must not be more than set_aside")
        return self
