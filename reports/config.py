"""The part of the council's TOML that says how its reports are written."""

from __future__ import annotations

from pydantic import Field

from store.council import Section


class ReportsConfig(Section):
    """``[reports]``."""

    pdf: bool = Field(
        False, description="Whether every page is written as a PDF as well, for print and for the record (extra `pdf`)."
    )
