"""Settings of the reports."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from store.council import Section


class ReportsConfig(Section):
    """``[reports]``: how the pages for people are made."""

    today: dt.date | None = Field(
        None,
        description="Day on which a release's expiry is judged; the real day when left out. It is shown nowhere.",
    )
