"""What became of every extract, in numbers, and the stop when too much of one is bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sources.parts import PartSummary
from store.errors import InputRejected

_COMMONEST = 3


def summary_document(
    summaries: Sequence[PartSummary], superseded: Counter[tuple[str, str]], rows_written: Mapping[str, int]
) -> dict[str, Any]:
    """Per extract file and table: rows meant for it, accepted, superseded, rejected, blanked cells, by rule."""
    files = []
    for summary in sorted(summaries, key=lambda one: (one.file, one.extract)):
        tables = {}
        for name, counts in summary.tables.items():
            replaced = superseded.get((summary.file, name), 0)
            tables[name] = {**asdict(counts), "accepted": counts.accepted - replaced, "superseded": replaced}
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
    return {"files": files, "tables": {path.rpartition("/")[2].split(".")[0]: n for path, n in rows_written.items()}}


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
        fix="Correct the mapping or the extract. If the data are truly so, raise max_bad_share under [sources].",
    )
