"""Facts about the council and the run that every room may know."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Engine(StrEnum):
    """What does the heavy work of a stage that offers a choice."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class Section(BaseModel):
    """Base of every part of the council's TOML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Council(Section):
    """``[council]``: who the data belongs to and which days it covers."""

    name: str = Field(description="The council's name, as reports show it.")
    extract_date: dt.date = Field(description="The day the extracts were taken; nothing may be dated after it.")
    covers_from: dt.date = Field(description="First day the extracts cover.")
    covers_to: dt.date = Field(description="Last day the extracts cover.")

    @model_validator(mode="after")
    def _in_order(self) -> Council:
        if not self.covers_from < self.covers_to <= self.extract_date:
            raise ValueError("covers_from must be before covers_to, and covers_to not after extract_date")
        return self


class RunSettings(Section):
    """``[run]``: how the job runs on this machine."""

    seed: int = Field(1, ge=0, description="Seed of everything random.")
    threads: int = Field(2, ge=1, le=64, description="Processor threads to use.")
    memory_gb: float = Field(4.0, gt=0, description="Memory the data engine may use, in gigabytes.")
