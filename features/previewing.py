"""One definition looked at on a few families: values beside what they are made of, and what a panel would read."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape

import pandas as pd

from features.asking import sentence
from features.choosing import Asked, chosen
from features.definitions import Feature, Level, NullRule, Roll, Unit
from features.describing import definition, is_day, lettered, null_rule_in_words, part_and_whole
from features.engine import compute
from features.notebook import Opened, Run, When, table_of
from features.sampling import Sample
from features.streams import Aggregate
from features.values import names_of
from features.world import World

SENTENCE = "sentence"
_SHOWN = 8


@dataclass(frozen=True)
class Preview:
    """A definition on a sample. ``rows`` has a row for each family (or child), the highest values first.

    Its columns are the value, under the feature's name, each part by its letter, the features it is made of by their
    names, and the sentence that a panel would read, with the median of the sample.
    """

    feature: Feature
    as_of: dt.date
    rows: pd.DataFrame
    parts: Mapping[str, str]
    """What each letter stands for."""
    leaks: tuple[str, ...]
    """Why it may see what nobody knew of at the as-of date; no model trains on such a feature."""

    @property
    def unknown(self) -> float:
        """The share of rows for which it is blank; of no rows, NaN."""
        return float(self.rows[self.feature.name].isna().mean())

    @property
    def distribution(self) -> pd.Series[float]:
        """How many are known, the share of those that is nought, and least, quarters and most of them."""
        known = self.rows[self.feature.name].dropna()
        quarters = known.quantile([0.0, 0.25, 0.5, 0.75, 1.0]).to_list()
        names = ("least", "lower quarter", "median", "upper quarter", "most")
        figures = {"known": float(len(known)), "share nought": float((known == 0).mean()), **dict(zip(names, quarters))}
        return pd.Series(figures, name=self.feature.name)

    def __repr__(self) -> str:
        lines = [*self._said(), "", self._few().to_string(), "", self.distribution.to_string()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        told = "".join(f"<p>{escape(line)}</p>" for line in self._said())
        spread = self.distribution.to_frame().T
        return f"{told}{self._few().to_html(escape=True)}{spread.to_html(escape=True)}"

    def _said(self) -> list[str]:
        words = definition(self.feature)
        lines = [f"{self.feature.label} ({self.feature.name}), of {_whom(self.feature)} at {self.as_of.isoformat()}"]
        lines.append(f"Worked out as: {words.formula}. {words.whose}".strip())
        lines += [f"  {letter}: {meaning}" for letter, meaning in self.parts.items()]
        if self.feature.roll is not Roll.POOL:
            lines.append("  The letters here are of all those members together, the value is of each apart.")
        lines.append(f"Not known for {self.unknown:.0%} of {len(self.rows)}. {null_rule_in_words(self.feature)}")
        lines += [f"Sees what nobody knew at the as-of date: {why}. No model may train on it." for why in self.leaks]
        return lines

    def _few(self) -> pd.DataFrame:
        """Rows from the highest value to the lowest, and one that is blank."""
        known = self.rows[self.rows[self.feature.name].notna()]
        blank = self.rows[self.rows[self.feature.name].isna()]
        step = max(1, -(-len(known) // _SHOWN))
        places = [*range(0, len(known), step)]
        few = list(known.index[places]) + list(blank.index[:1])
        return self.rows.loc[few]


def preview(
    feature: Asked,
    run: Run,
    as_of: When | None = None,
    *,
    families: int = 200,
    others: Iterable[Feature] = (),
) -> Preview:
    """Compute one definition for a few hundred families of a run, at one date: by default the run's latest.

    ``others`` are definitions of the notebook that it is made of. The families are the first by pseudonym of those
    that hold a child, the same each time (fewer where all children of one have come of age); their
    values are those that `build` gives. Raises what `build` raises.
    """
    opened = Opened.of(run, chosen(feature, others))
    date = opened.dates(as_of)[-1]
    whole = opened.chosen.behind(opened.chosen.columns[0])
    parts = {letter: _part(whole, letter, aggregate) for letter, aggregate in lettered(whole)}
    columns = dict.fromkeys((whole.name, *(part.name for part in parts.values()), *names_of(whole.value)))
    shown = replace(
        opened.chosen,
        level=whole.level,
        columns=tuple(columns),
        features=(*opened.chosen.features, *parts.values()),
    )
    with opened.engine() as backend:
        world = World(Sample(backend, date, families), [date])
        rows = table_of(world, compute(world, shown.features), shown)
    rows = _told(whole, rows.rename(columns={part.name: letter for letter, part in parts.items()}))
    leaks = opened.chosen.leaks.get(whole.name, ())
    return Preview(whole, date, rows, dict(definition(whole).steps), leaks)


def _part(whole: Feature, letter: str, aggregate: Aggregate) -> Feature:
    """One part of a definition as a feature of its own."""
    return replace(
        whole,
        name=f"part_{letter.lower()}_of_{whole.name}",
        value=aggregate,
        null_rule=NullRule.NOT_APPLICABLE,
        unit=Unit.NUMBER,
        sentence="{value}",
        roll=Roll.POOL,
    )


def _told(feature: Feature, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their sentences, days as dates, the highest values first."""
    share = part_and_whole(feature) if feature.roll is Roll.POOL else None
    fractions = None if share is None else rows[list(share)].itertuples(index=False, name=None)
    values = [None if pd.isna(value) else float(value) for value in rows[feature.name]]
    middle = float(rows[feature.name].median())
    median = None if math.isnan(middle) else middle
    said = [
        sentence(feature, value, None if fraction is None else (int(fraction[0]), int(fraction[1])), median, "sample")
        for value, fraction in zip(values, fractions or [None] * len(values))
    ]
    days = {letter: pd.to_datetime(rows[letter], unit="D") for letter, one in lettered(feature) if is_day(one)}
    told = rows.assign(**days, **{SENTENCE: said})
    return told.sort_values(feature.name, ascending=False, na_position="last", kind="stable")


def _whom(feature: Feature) -> str:
    return "children" if feature.level is Level.CHILD else "families"
