"""What became of every extract, in numbers, and the stop when too much of one is bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sources.checking import Counts
from sources.linking import Links, Reference
from sources.parts import PartSummary
from sources.tables import ROOM
from store.errors import InputRejected
from store.table import Zone

_COMMONEST = 3
STOPPED = Path(Zone.IDENTIFIABLE.value) / ROOM / "stopped"
"""Where a run that was stopped keeps what it left out."""


def summary_document(
    summaries: Sequence[PartSummary],
    superseded: Counter[tuple[str, str]],
    links: Links,
    rows_written: Mapping[str, int],
) -> dict[str, Any]:
    """Per extract file and table: rows meant for it, accepted, superseded, rejected, unlinked, blanked cells, by rule.

    ``unlinked`` are the rows that a rule across tables left out, by rule; they are not among the rejected.
    """
    files = []
    for summary in sorted(summaries, key=lambda one: (one.file, one.extract)):
        tables = {
            name: _counts(summary.file, name, counts, superseded, links) for name, counts in summary.tables.items()
        }
        files.append(
            {
                "extract": summary.extract,
                "source": summary.source,
                "file": summary.file,
                "rows": summary.rows,
                "not_data": summary.not_data,
                "tables": tables,
            }
        )
    written = {path.rpartition("/")[2].split(".")[0]: number for path, number in rows_written.items()}
    return {
        "files": files,
        "tables": written,
        "warnings": [*_empty(summaries), *link_warnings(links.references)],
        "without_register": without_register(links.references),
    }


def _counts(
    file: str, table: str, counts: Counts, superseded: Counter[tuple[str, str]], links: Links
) -> dict[str, Any]:
    replaced = superseded.get((file, table), 0)
    unlinked = _of(links.left_out, file, table)
    blanked = _of(links.blanked, file, table)
    return {
        **asdict(counts),
        "accepted": counts.accepted - replaced - sum(unlinked.values()),
        "superseded": replaced,
        "unlinked": unlinked,
        "blanked": counts.blanked + sum(blanked.values()),
        "rules": {**counts.rules, **blanked},
    }


def _of(counted: Counter[tuple[str, str, str]], file: str, table: str) -> dict[str, int]:
    """The numbers of one file and table, by rule."""
    found = {rule: number for (in_file, of, rule), number in counted.items() if (in_file, of) == (file, table)}
    return dict(sorted(found.items()))


def _empty(summaries: Sequence[PartSummary]) -> list[str]:
    """One warning for each extract whose files have no row at all."""
    rows: Counter[str] = Counter()
    for summary in summaries:
        rows[summary.extract] += summary.rows
    return [
        f"Extract {extract!r}: its files have a header and no rows. Ask for them again if there should be some."
        for extract in sorted(rows)
        if not rows[extract]
    ]


def link_warnings(references: Sequence[Reference]) -> list[str]:
    """Where rows find nobody: sources without a register, and tables whose rows mostly are not in theirs."""
    return [*_without_register(references), *_mostly_lost(references)]


def without_register(references: Sequence[Reference]) -> list[dict[str, str]]:
    """The tables of each source whose rows reach no family, because no register of that source names anyone."""
    found = sorted({(one.source, one.table) for one in references if not one.register})
    return [{"source": source, "table": table} for source, table in found]


def _without_register(references: Sequence[Reference]) -> list[str]:
    """One warning for each source, and kind of group, that no register names."""
    places: dict[tuple[str, str | None], dict[str, int]] = {}
    for one in references:
        if not one.register:
            tables = places.setdefault((one.source, one.group_type), {})
            tables[one.table] = max(one.rows, tables.get(one.table, 0))
    told = []
    for (source, kind), tables in places.items():
        rows = ", ".join(f"{number:,} of {table}" for table, number in tables.items())
        whom = f"groups of the kind {kind!r}" if kind else "persons"
        register = "group_members has that source and kind" if kind else "person_records has that source"
        told.append(
            f"Source {source!r}: its rows about {whom} ({rows}) reach no family, because no row of {register}. "
            "Map the extract that names them; if it is mapped, give both the same source."
        )
    return told


def _mostly_lost(references: Sequence[Reference]) -> list[str]:
    told = []
    for one in references:
        if one.lost * 2 > one.rows:
            register = "group_members" if one.group_type else "person_records"
            told.append(
                f"Source {one.source!r}, {one.table}: {one.lost:,} of {one.rows:,} rows were left out, because their "
                f"{one.column} is not in {register}. Most likely a key is mapped wrongly: see that it is made the same "
                "way in both (the same columns in the same order; zeros before a number, capitals, a suffix)."
            )
    return told


def stop_if_too_many_bad_rows(summaries: Sequence[PartSummary], max_bad_share: float) -> None:
    """Raise InputRejected when more than the allowed share of the rows meant for a table is bad in one extract."""
    rows: Counter[tuple[str, str]] = Counter()
    rejected: Counter[tuple[str, str]] = Counter()
    rules: dict[tuple[str, str], Counter[str]] = {}
    for summary in summaries:
        for table, counts in summary.tables.items():
            place = summary.extract, table
            rows[place] += counts.rows
            rejected[place] += counts.rejected
            rules.setdefault(place, Counter()).update(counts.rules)
    bad = [place for place in sorted(rows) if rejected[place] > max_bad_share * rows[place]]
    if not bad:
        return
    told = []
    for extract, table in bad:
        place = extract, table
        commonest = sorted(rules[place].items(), key=lambda item: (-item[1], item[0]))[:_COMMONEST]
        why = "; ".join(f"{rule} ({number})" for rule, number in commonest)
        told.append(f"extract {extract}, table {table}: {rejected[place]} of {rows[place]} rows. Commonest: {why}")
    raise InputRejected(
        f"More than {max_bad_share:.1%} of the rows meant for a table break its rules:\n" + "\n".join(told),
        where=", ".join(f"[[extracts]] name = {extract!r}" for extract in sorted({extract for extract, _ in bad})),
        fix="Correct the mapping or the extract. If the data are truly so, raise max_bad_share under [sources]. What "
        f"was left out, and the values no code map has, are in {STOPPED.as_posix()} of the run folder: personal data.",
    )
