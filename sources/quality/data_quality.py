"""The data-quality document: what came, what was set aside and why, what is blank, when it came, how soon it was known.

It holds counts only, and none that is small: see `store.small_numbers`. Shares are of the counts as shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sources import tables as t
from sources.config import Extract, SourcesConfig, TableMapping
from sources.contracts.rule_words import rule_words
from sources.mapping.compiling import TABLES_BY_NAME
from sources.quality.completeness import IDENTIFIERS, filled_by_file, is_mapped, optional_columns, people_by_source
from sources.quality.coverage import (
    EVENT_TABLES,
    GAP_SHARE,
    LEAST_EXPECTED,
    LEAST_USUAL,
    SCHOOL_HOLIDAY,
    Flow,
    Gap,
    Months,
    flows,
    gaps_of,
    month_text,
    quiet_months,
    reaches,
    usual_rows,
)
from sources.quality.school_coverage import SchoolFlow, school_flows
from store.council import Council
from store.small_numbers import ROUND_TO, THRESHOLD, Hidden, protect_parts, rounded, share_of, shown_count
from store.table import Table

Document = dict[str, Any]
_SLOW = (30, 90)
"""Days after which a recording counts as late, and as very late."""
_MOST_LEVEL = 9.99
_ETHNICITY = "ethnicity"


@dataclass(frozen=True)
class Inputs:
    """What the document is made from: the settings, the summary document and the written tables."""

    config: SourcesConfig
    council: Council
    summary: Mapping[str, Any]
    path: Callable[[Table], Path]


def data_quality(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> Document:
    """The whole document. Reads each table at most three times, attendance once."""
    council = inputs.council
    months = Months.within(council.covers_from, council.covers_to)
    rules = _rules(con, inputs.path(t.QUARANTINE))
    found: list[Flow] = []
    schools: list[SchoolFlow] = []
    for table in EVENT_TABLES:
        of_pupils = table == t.ATTENDANCE
        found += flows(con, table, inputs.path(table), council.covers_from, council.covers_to, pupils=of_pupils)
        if of_pupils:
            schools = school_flows(con, inputs.path(t.SCHOOL_STATUS), months)
    return {
        "protection": {"suppressed_below": THRESHOLD, "rounded_to": ROUND_TO},
        "extract_date": council.extract_date.isoformat(),
        "covers_from": council.covers_from.isoformat(),
        "covers_to": council.covers_to.isoformat(),
        "extracts": _extracts(con, inputs, rules),
        "coverage": {
            "months": [month_text(month) for month in months],
            "gap_below": GAP_SHARE,
            "least_usual": LEAST_USUAL,
            "least_expected": LEAST_EXPECTED,
            "tables": [_coverage(flow, months) for flow in found],
            "schools": [_school(flow, months) for flow in schools],
        },
        "without_register": inputs.summary["without_register"],
        "freshness": [_freshness(flow, inputs) for flow in found],
        "people": _people(con, inputs, rules),
    }


# --- extracts --------------------------------------------------------------------------------------------

Place = tuple[str, str]
"""A file and a table."""
Broken = dict[Place, Counter[tuple[str, str, str]]]
"""Column, rule and action of what was broken, to rows or cells."""

_RULES = """
    SELECT file, "table", coalesce("column", ''), rule, action, count(*)
    FROM quarantine_written GROUP BY ALL ORDER BY ALL
"""


def _rules(con: duckdb.DuckDBPyConnection, path: Path) -> Broken:
    con.read_parquet(str(path)).create_view("quarantine_written", replace=True)
    found: Broken = {}
    for file, table, column, rule, action, number in con.execute(_RULES).fetchall():
        found.setdefault((file, table), Counter())[column, rule, action] = number
    return found


def _extracts(con: duckdb.DuckDBPyConnection, inputs: Inputs, rules: Broken) -> list[Document]:
    """Every extract that feeds a table, by system and name, with each table it feeds."""
    filled: dict[str, dict[str, dict[str, int]]] = {}
    told = []
    for extract in sorted(inputs.config.extracts, key=lambda one: (one.source, one.name)):
        files = [file for file in inputs.summary["files"] if file["extract"] == extract.name]
        tables = {}
        for name in sorted({mapping.table for mapping in extract.tables}):
            mine = [file for file in files if name in file["tables"]]
            mapped = {column for mapping in extract.tables if mapping.table == name for column in mapping.columns}
            table = TABLES_BY_NAME[name]
            if name not in filled:
                filled[name] = filled_by_file(con, inputs.path(table), _ever_mapped(inputs.config, table))
            tables[name] = _table_of(table, mine, mapped, rules, filled[name])
        if extract.tables:
            told.append(
                {
                    "extract": extract.name,
                    "source": extract.source,
                    "files": len(files),
                    "rows": shown_count(sum(file["rows"] for file in files)),
                    "not_data": _shown_all(Counter(_added(file["not_data"] for file in files))),
                    "tables": tables,
                }
            )
    return told


def _ever_mapped(config: SourcesConfig, table: Table) -> list[str]:
    """The optional columns of a table that some mapping gives."""
    mapped = {name for one in _mappings(config, table) for name in one.columns}
    return [name for name in optional_columns(table) if is_mapped(name, mapped)]


def _mappings(config: SourcesConfig, table: Table, source: str | None = None) -> list[TableMapping]:
    extracts: Iterable[Extract] = (e for e in config.extracts if source in (None, e.source))
    return [mapping for extract in extracts for mapping in extract.tables if mapping.table == table.name]


def _table_of(
    table: Table,
    files: Sequence[Mapping[str, Any]],
    mapped: set[str],
    rules: Broken,
    filled: Mapping[str, Mapping[str, int]],
) -> Document:
    counts = Counter[str]()
    unmapped = Counter[str]()
    broken = Counter[tuple[str, str, str]]()
    held = Counter[str]()
    for file in files:
        found = file["tables"][table.name]
        counts.update({name: found[name] for name in ("accepted", "rejected", "superseded")})
        # Rows that a rule across tables left out are told apart in the summary; to their owner they are set aside.
        counts["rejected"] += sum(found["unlinked"].values())
        unmapped.update(found["unmapped"])
        broken.update(rules.get((file["file"], table.name), {}))
        held.update(filled.get(file["file"], {}))
    shown = protect_parts({name: counts[name] for name in ("accepted", "rejected", "superseded")})
    meant = counts["accepted"] + counts["rejected"] + counts["superseded"]
    wanted = [name for name in optional_columns(table) if is_mapped(name, mapped)]
    return {
        "rows": shown.total,
        "accepted": shown.parts["accepted"],
        "set_aside": shown.parts["rejected"],
        "replaced": shown.parts["superseded"],
        "rules": _broken_rules(broken, meant),
        "columns": [_column(name, held[name], counts["accepted"]) for name in wanted],
        "unmapped": [
            {"column": name, "count": shown_count(number), "share": share_of(shown_count(number), shown_count(meant))}
            for name, number in sorted(unmapped.items())
        ],
        "not_sent": [name for name in optional_columns(table) if name not in wanted],
    }


def _broken_rules(broken: Mapping[tuple[str, str, str], int], meant: int) -> list[Document]:
    """Each rule that was broken, the most often first; counts of one kind are protected together."""
    shown: dict[tuple[str, str, str], int | Hidden] = {}
    for kind in ("row", "cell"):
        keys = {"\n".join(key): key for key in sorted(broken) if key[2] == kind}
        parts = protect_parts({name: broken[key] for name, key in keys.items()}).parts
        shown |= {keys[name]: number for name, number in parts.items()}
    return [
        {
            "column": column,
            "rule": rule,
            "leaves_out": "row" if action == "row" else "cell",
            "count": shown[column, rule, action],
            "share": share_of(shown[column, rule, action], shown_count(meant)),
            "meaning": rule_words(rule).meaning,
            "help": rule_words(rule).help,
        }
        for column, rule, action in sorted(broken, key=lambda key: (-broken[key], key))
    ]


def _column(name: str, filled: int, rows: int) -> Document:
    shown = protect_parts({"blank": rows - filled, "filled": filled})
    return {"column": name, "blank": shown.parts["blank"], "share": share_of(shown.parts["blank"], shown.total)}


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return dict(total)


def _shown_all(counts: Mapping[str, int]) -> dict[str, int | Hidden]:
    return {name: shown_count(number) for name, number in sorted(counts.items())}


# --- coverage and freshness ------------------------------------------------------------------------------


def _coverage(flow: Flow, months: Months) -> Document:
    """A table's rows by month from one system, and its gaps. ``level`` is the share of a usual month.

    All of it is worked out from the counts as shown, so that no level or gap gives a small count away.
    """
    shown = protect_parts({month_text(month): flow.by_month.get(month, 0) for month in months}).parts
    seen = {month: _stands_for(shown[month_text(month)], flow.by_month.get(month, 0)) for month in months}
    usual = usual_rows(list(seen.values()))
    judged = usual >= LEAST_USUAL
    quiet = quiet_months(flow.table, seen, months) if judged else set()
    return {
        "table": flow.table,
        "source": flow.source,
        "usual": shown_count(round(usual)),
        "judged": judged,
        "rows": list(shown.values()),
        "level": [round(min(rows / usual, _MOST_LEVEL), 2) if judged else None for rows in seen.values()],
        "quiet": [month + 1 for month in sorted(quiet)],
        "gaps": [_gap(gap, months, quiet) for gap in gaps_of(seen, months, quiet, usual)] if judged else [],
    }


def _stands_for(shown: int | Hidden, count: int) -> int:
    """A number for a count that may be used in what is shown: the middle of the small ones for a small one."""
    return THRESHOLD // 2 if shown is Hidden.SMALL else rounded(count)


def _gap(gap: Gap, months: Months, quiet: set[int]) -> Document:
    """A gap, and whether it reaches back to the beginning or on to the end of the period."""
    start, end = reaches(gap, months, quiet)
    return {"from": month_text(gap.first), "to": month_text(gap.last), "from_the_start": start, "to_the_end": end}


def _school(flow: SchoolFlow, months: Months) -> Document:
    return {
        "source": flow.source,
        "school": flow.school,
        "ever_sent": flow.ever,
        "expected": [shown_count(flow.expected.get(month, 0)) for month in months],
        # In tenths: a finer share of a small school's marks would say how many pupils have none.
        "came": [round(flow.came[month], 1) if month in flow.came else None for month in months],
        "gaps": [
            {**_gap(gap, months, SCHOOL_HOLIDAY), "pupils": shown_count(flow.pupils_missed(gap))} for gap in flow.gaps
        ],
    }


def _freshness(flow: Flow, inputs: Inputs) -> Document:
    """How soon the rows of the covered period were recorded, and how old the newest are at the extract date."""
    over = [flow.recorded_over(days) for days in _SLOW]
    shown = protect_parts({"within_30": flow.rows - over[0], "31_to_90": over[0] - over[1], "over_90": over[1]})
    late = shown_count(over[0])
    newest = flow.newest()
    return {
        "table": flow.table,
        "source": flow.source,
        "rows": shown.total,
        "median_days": flow.lag(50),
        "p90_days": flow.lag(90),
        "over_30": share_of(late, shown.total),
        "over_90": share_of(shown.parts["over_90"], shown.total),
        "newest_days": None if newest is None else (inputs.council.extract_date - newest).days,
        "stands_in": _stands_in(inputs.config, flow),
        "known_from_the_extract": min(flow.by_recorded, default=None) == inputs.council.extract_date,
    }


def _stands_in(config: SourcesConfig, flow: Flow) -> bool:
    """Whether the day of the event (or one day for all) stands in for the day of recording in every mapping."""
    mappings = _mappings(config, TABLES_BY_NAME[flow.table], flow.source)
    return all(_no_own_day(mapping) for mapping in mappings)


def _no_own_day(mapping: TableMapping) -> bool:
    recorded = mapping.columns["recorded_on"]
    constant = not isinstance(recorded, (str, list)) and recorded.constant is not None
    return constant or recorded == mapping.columns["event_date"]


# --- people ----------------------------------------------------------------------------------------------


def _people(con: duckdb.DuckDBPyConnection, inputs: Inputs, rules: Broken) -> list[Document]:
    """Each system's records of people: ethnicity, what they are matched by, and birth dates that stand for another."""
    source_of = {file["file"]: file["source"] for file in inputs.summary["files"]}
    unusable = Counter[str]()
    for (file, table), broken in rules.items():
        if table == t.PERSON_RECORDS.name and file in source_of:
            unusable[source_of[file]] += sum(
                n for (column, _, kind), n in broken.items() if (column, kind) == _UNUSABLE
            )
    told = []
    for people in people_by_source(con, inputs.path(t.PERSON_RECORDS)):
        mapped = {c for one in _mappings(inputs.config, t.PERSON_RECORDS, people.source) for c in one.columns}
        told.append(
            {
                "source": people.source,
                "records": shown_count(people.records),
                "asks_ethnicity": _ETHNICITY in mapped,
                "ethnicity": _ethnicity(people.ethnicity, unusable[people.source]),
                "ethnicity_of_people": _shown_parts(people.subjects),
                "identifiers": {
                    name: _share_filled(people.filled[name], people.records) if name in mapped else None
                    for name in IDENTIFIERS
                },
                "first_of_january": _share_filled(people.first_of_january, people.filled["dob"]),
                "first_of_1900": _share_filled(people.first_of_1900, people.filled["dob"]),
            }
        )
    return told


_UNUSABLE = (_ETHNICITY, "cell")


def _ethnicity(answers: Mapping[str, int], unusable: int) -> Document:
    """Records by answer; a value nobody could use was blanked, and is told apart from a blank."""
    apart = min(unusable, answers["blank"])
    return _shown_parts({**answers, "unusable": apart, "blank": answers["blank"] - apart})


def _shown_parts(parts: Mapping[str, int]) -> Document:
    shown = protect_parts(parts)
    return {"all": shown.total, **shown.parts}


def _share_filled(filled: int, records: int) -> float | None:
    shown = protect_parts({"filled": filled, "blank": records - filled})
    return share_of(shown.parts["filled"], shown.total)
