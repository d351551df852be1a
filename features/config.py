"""``[features]``: the as-of dates, and where features are computed."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, model_validator

from features.periods import quarter_ends
from store.council import Council, Engine, Section
from store.errors import UsageError

_HISTORY_DAYS = 182


class FeaturesConfig(Section):
    """The dates at which everything is computed, as if on that day, and where."""

    engine: Engine = Field(
        Engine.DUCKDB,
        description="Where features are computed. Spark needs the extra spark and Java 17; it gives the very same "
        "values, and costs more on one machine. `--engine` on the command line goes before it.",
    )
    first_as_of: dt.date | None = Field(
        None,
        description="First as-of date; the quarter ends from there on are used. "
        "By default the first quarter end with 182 days of data before it.",
    )
    as_of: tuple[dt.date, ...] = Field((), description="The as-of dates, where they are not quarter ends.")

    @model_validator(mode="after")
    def _one_way(self) -> FeaturesConfig:
        if self.as_of and self.first_as_of:
            raise ValueError("give first_as_of or as_of, not both")
        return self

    def dates(self, council: Council) -> tuple[dt.date, ...]:
        """The as-of dates, earliest first, each once; the last is the current one.

        Raises UsageError when there are none within the days that the extracts cover.
        """
        if self.as_of:
            dates = tuple(sorted(set(self.as_of)))
            outside = [date for date in dates if not council.covers_from < date <= council.extract_date]
            if outside:
                raise UsageError(
                    f"{outside[0]} is not within the days that the extracts cover.",
                    where="[features] as_of",
                    fix="Name dates after [council] covers_from and not after extract_date.",
                )
            return dates
        first = self.first_as_of or council.covers_from + dt.timedelta(days=_HISTORY_DAYS)
        ends = quarter_ends(first, council.covers_to)
        if not ends:
            raise UsageError(
                "There is no quarter end within the days that the extracts cover.",
                where="[features] first_as_of, [council] covers_from and covers_to",
                fix="Name an earlier first_as_of, or the dates themselves in as_of.",
            )
        return ends
