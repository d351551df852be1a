"""For notebooks: features of a run as a DataFrame, of the library and of one's own alike.

The rows that features are made from lie in the run's identifiable zone. The engine reads them; what it hands back has
pseudonyms of the analysis zone and figures, and nothing else.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.choosing import Asked, Chosen, chosen
from features.compile import AS_OF
from features.definitions import Feature, Level
from features.duckdb_backend import DuckDBBackend
from features.engine import Computed, compute
from features.streams import Part
from features.tables import FAMILY_PREFIX
from features.world import FAMILY, PERSON, Backend, Frame, World
from residents.tables import FAMILIES, PEOPLE, PSEUDONYMS, RECORD_PERSON
from sources.tables import GROUP_MEMBERS
from store.council import RunSettings
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder, connect, own_scratch
from store.table import Table

COVERAGE = "features/coverage.json"
_INDEX = (PEOPLE, RECORD_PERSON, FAMILIES, PSEUDONYMS, GROUP_MEMBERS)
_AS_OF = "as_of="
When = dt.date | str
Run = RunFolder | Path | str


class FeatureWarning(UserWarning):
    """A feature that is left out, or that sees what nobody knew at the as-of date."""


def build(run: Run, features: Asked | Iterable[Asked], as_of: When | Iterable[When] | None = None) -> pd.DataFrame:
    """Compute features of a run's families or children, as a table with a column for each.

    ``run`` is a folder that `early-help run` wrote, done at least as far as residents. ``features`` are names of the
    library and `Feature` objects in any mixture, all of families or all of children; beside children's,
    ``family_<name>`` is their family's. What they are made of is computed too, but is no column unless asked for.
    ``as_of`` are dates or ISO strings, of any days the extracts reach, each counted once; by default the run's own.

    Returns a row for each family with a child (or each child in each of its families) as known at each date, indexed
    by as_of and family_id (as_of, person_id and family_id), in that order. ``as_of`` is datetime64, ids are
    pseudonyms of the analysis zone as text, features are float64 with NaN for blank. ``attrs`` has ``left_out`` (made
    from tables the run has no rows of) and ``leaks`` (columns that see rows nobody knew of at the as-of date, with
    why; for exploring only): a `FeatureWarning` tells of both.

    Raises UsageError for no such run, a run not far enough, files the account may not read, and unknown features.
    """
    opened = Opened.of(run, chosen(features))
    dates = opened.dates(as_of)
    with opened.engine() as backend:
        world = World(backend, dates)
        found = table_of(world, compute(world, opened.chosen.features), opened.chosen)
    opened.warn()
    found.attrs = {
        "left_out": list(opened.chosen.left_out),
        "leaks": {name: list(why) for name, why in opened.chosen.leaks.items()},
    }
    return found


class Opened:
    """A run, and what of the features asked for it has the sources of."""

    def __init__(self, run: RunFolder, found: Chosen) -> None:
        self._run = run
        self.chosen = found

    @classmethod
    def of(cls, run: Run, asked: Chosen) -> Opened:
        folder = run if isinstance(run, RunFolder) else RunFolder(Path(run).expanduser().resolve())
        tables = _tables(asked.features)
        _check(folder, tables)
        empty = [table.name for table in tables if pq.read_metadata(folder.path(table)).num_rows == 0]
        return cls(folder, asked.without(empty))

    def dates(self, as_of: When | Iterable[When] | None) -> tuple[dt.date, ...]:
        """The as-of dates asked for, or else the run's own; earliest first, each once."""
        if as_of is None:
            return tuple(dt.date.fromisoformat(one) for one in self.coverage()["as_of"])
        items = [as_of] if isinstance(as_of, (str, dt.date)) else list(as_of)
        dates = tuple(sorted({_date(item) for item in items}))
        if not dates:
            raise UsageError("No as-of date is asked for.", where=_AS_OF, fix="Give one, or leave as_of out.")
        return dates

    def coverage(self) -> dict[str, Any]:
        """What the run's features stage found. Raises UsageError when it has not been run."""
        path = self._run.root / COVERAGE
        if not path.is_file():
            raise UsageError(
                "This run has no features yet, so it has no as-of dates of its own.",
                where=_AS_OF,
                fix="Name the dates, or say early-help run COUNCIL.toml --out RUN --until features.",
            )
        found: dict[str, Any] = read_json(path)
        return found

    @contextmanager
    def engine(self) -> Iterator[Backend]:
        """The engine on this run. What does not fit in memory is spilled into the run, never elsewhere."""
        with own_scratch(self._run, "notebook") as spill, connect(RunSettings.model_validate({}), spill) as connection:
            yield DuckDBBackend(connection, self._run.path)

    def warn(self) -> None:
        """Tell what is left out, and what sees the future."""
        if self.chosen.left_out:
            names = ", ".join(self.chosen.left_out)
            warnings.warn(f"left out, for want of their sources: {names}", FeatureWarning, stacklevel=3)
        for name, why in self.chosen.leaks.items():
            told = (
                f"{name} sees rows that nobody knew of at the as-of date ({'; '.join(why)}): no model may train on it"
            )
            warnings.warn(told, FeatureWarning, stacklevel=3)


def table_of(world: World, computed: Computed, asked: Chosen) -> pd.DataFrame:
    """The columns asked for, with pseudonyms and dates for the world's numbers."""
    families = computed.families
    keys: tuple[str, ...]
    if asked.level is Level.FAMILY:
        frame, keys = families.select(AS_OF, FAMILY, *asked.columns), (FAMILY,)
    else:
        own = [name for name in asked.columns if name in {n for f in asked.features for n in _own_columns(f)}]
        theirs = {name.removeprefix(FAMILY_PREFIX): name for name in asked.columns if name not in own}
        of_family = families.select(AS_OF, FAMILY, *theirs).rename(theirs)
        frame = computed.children.select(AS_OF, PERSON, FAMILY, *own).join(of_family, on=[AS_OF, FAMILY], how="left")
        keys = (PERSON, FAMILY)
    for kind in keys:
        frame = frame.join(_pseudonyms(world, kind), on=kind)
    ids = [f"{kind}_id" for kind in keys]
    found: pa.Table = frame.select(AS_OF, *ids, *asked.columns).sort(AS_OF, *ids).collect("pyarrow").to_native()
    days = pa.array(world.as_ofs, pa.date32()).cast(pa.timestamp("s")).take(found[AS_OF])
    named: pd.DataFrame = found.set_column(0, AS_OF, days).to_pandas()
    return named.set_index([AS_OF, *ids])


def _own_columns(feature: Feature) -> tuple[str, ...]:
    if feature.level is not Level.CHILD:
        return ()
    return tuple(name for name in (feature.name, feature.indicator) if name)


def _pseudonyms(world: World, kind: str) -> Frame:
    """The pseudonym of each family or person of the world, as ``<kind>_id``."""
    numbers = world.families if kind == FAMILY else world.people
    known = world.backend.scan(PSEUDONYMS, ("kind", "id", "pseudonym")).filter(nw.col("kind") == kind)
    named = numbers.join(known.select("id", "pseudonym"), left_on=f"{kind}_id", right_on="id")
    return named.select(kind, nw.col("pseudonym").alias(f"{kind}_id"))


def _tables(features: Sequence[Feature]) -> tuple[Table, ...]:
    streams = (stream for feature in features for stream in feature.streams if stream.part is not Part.MEMBERSHIP)
    return tuple(dict.fromkeys(stream.table for stream in streams))


def _check(run: RunFolder, tables: Sequence[Table]) -> None:
    """Refuse what is no run, one that is not far enough, and one whose rows this account may not read."""
    where = str(run.root)
    if not run.state.is_dir():
        fix = "Give the folder that `early-help run COUNCIL.toml --out RUN` wrote: RUN, not the TOML."
        raise UsageError("This is not a run folder.", where=where, fix=fix)
    for table in (*_INDEX, *tables):
        path = run.path(table)
        try:
            with path.open("rb"):
                pass
        except PermissionError:
            raise UsageError(
                f"This account may not read {path.relative_to(run.root)}, from whose rows these features are made.",
                where=where,
                fix="Features that the run has are in RUN/features/*.parquet. New ones, and other dates, need an "
                "account that may read the identifiable zone: ask who runs the job to build them, or to add them to "
                "the library.",
            ) from None
        except FileNotFoundError:
            raise UsageError(
                f"This run has no table {table.name} yet.",
                where=where,
                fix="Say early-help run COUNCIL.toml --out RUN --until residents, then ask again.",
            ) from None


def _date(item: When) -> dt.date:
    if isinstance(item, dt.datetime):
        return item.date()
    if isinstance(item, dt.date):
        return item
    try:
        return dt.date.fromisoformat(item)
    except (TypeError, ValueError):
        fix = "Give a date, or text such as '2026-03-31'."
        raise UsageError("An as-of date is not a date.", where=_AS_OF, fix=fix) from None
