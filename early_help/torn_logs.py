"""Logs of which a line was cut off as it was written: whoever wrote it was killed, and nothing was done for it.

The log is whole without the line, and so is what was decided. That it happened is told all the same: somebody signed,
or looked, and may think that it counted.
"""

from __future__ import annotations

from fairness_audits.log import torn
from residents.lookup.access_log import access_log
from store.run_folder import RunFolder


def torn_lines(run: RunFolder) -> list[str]:
    """What to tell of the run's own logs; nothing where all were written to their end."""
    return [*torn_line("release log", torn(run)), *torn_line("log of look-ups", access_log(run).torn)]


def torn_line(log: str, lines: int) -> list[str]:
    """One log's sentence, where it has such a line."""
    if not lines:
        return []
    what = "line was" if lines == 1 else "lines were"
    return [f"Warning: {lines:,} {what} cut off while being written to the {log}; what was being done was not done."]
