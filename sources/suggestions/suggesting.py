"""Proposing a mapping for a new file, from its headers and a sample of its values.

A suggestion is a part of a council's TOML with a comment at every line that says how sure it is. It is data about
people until somebody has read it: the spellings of a code list, which it may hold, come from the file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sources.suggestions.care_return import is_return, suggest_return
from sources.suggestions.dating import usual_formats
from sources.suggestions.headers import words
from sources.suggestions.keys import Table
from sources.suggestions.kinds import speaking
from sources.suggestions.layouts import Layout
from sources.suggestions.profiling import Profile, profile
from sources.suggestions.proposal import Proposal, Setting, Suggestion
from sources.suggestions.proposing import Proposer
from sources.suggestions.sampling import TextSample, sample
from sources.suggestions.sniffing import sniff
from store.errors import UsageError

_PLAIN_NAME = re.compile(r"[^a-z0-9]+")
_USUAL_DATES = ("%Y-%m-%d",)
_NO_ROWS = (
    "The file has no rows: no key and no values can be seen. Ask for it again, or map it by hand from its header."
)


def suggest(path: Path, folder: Path, extract_date: dt.date | None = None) -> Suggestion:
    """What a file within the folder of the extracts probably is.

    Reads a few megabytes of it at most, but the whole sheets of a workbook. ``extract_date`` stands in where the file
    has no day at all.
    Raises UsageError for a file that is not in the folder or not there, InputRejected for one that cannot be read.
    """
    relative = _relative(path, folder)
    first = Path(relative).parts[0]
    # A system's files are in one folder, however many more there are within it.
    blank = Suggestion(name=_name(relative), source=_plain(first.partition(".")[0]), path=relative)
    found = sample(path)
    if not isinstance(found, TextSample):
        return _of_table(found, blank, extract_date)
    if is_return(found) and path.suffix.lower() != ".zip":
        return suggest_return(path, blank)
    return _of_table(sniff(found, path.name), blank, extract_date)


def _of_table(layout: Layout, blank: Suggestion, extract_date: dt.date | None) -> Suggestion:
    layout, nameable, doubts = _named(layout)
    profiles = profile(layout.header, layout.rows)
    if nameable and not layout.rows:
        settings = (*layout.settings, *_lines(layout))
        return replace(blank, settings=settings, profiles=profiles, notes=(*layout.notes, *doubts, _NO_ROWS))
    table = Table(profiles, layout.rows, frozenset(words(blank.path.rpartition(".")[0] or blank.path)))
    proposals, maps, notes = Proposer(table, blank.name, extract_date).proposals() if nameable else ([], [], [])
    return replace(
        blank,
        settings=(*layout.settings, *_lines(layout), *_cells(profiles, _marks(proposals))),
        profiles=profiles,
        nameable=nameable,
        proposals=tuple(proposals),
        maps=tuple(maps),
        notes=(*layout.notes, *doubts, *notes),
    )


def _relative(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        raise UsageError(
            "The file is not in the folder of the extracts.",
            where=str(path),
            fix="Put it there, or name the folder it is in with --folder.",
        ) from None


def _named(layout: Layout) -> tuple[Layout, bool, list[str]]:
    """The layout with a header that may be shown, whether it has one, and what there is to say if not."""
    if len(layout.header) == 1 and not layout.certain:
        return layout, False, [
            "The file has one column, which is not shown. If a mark stands between cells, set delimiter; if columns "
            "have fixed widths, write their names and widths by hand, as widths."
        ]  # fmt: skip
    if layout.certain or speaking(layout.header):
        return layout, True, []
    if not layout.own_header:
        # Names made of a row that speaks of nothing known may be a row of people.
        header = tuple(f"column_{place + 1}" for place in range(len(layout.header)))
        return replace(layout, header=header), True, []
    return layout, False, [
        "No word of the first row is one that systems use in a header: it may be a row of data, so it is not shown "
        "and nothing is proposed. If it is the header, write the mapping by hand; if not, give header."
    ]  # fmt: skip


def _lines(layout: Layout) -> list[Setting]:
    settings: list[Setting] = []
    if layout.skip_lines:
        note = "a title" if layout.own_header else "lines above the data"
        settings.append(("skip_lines", layout.skip_lines, note))
    if layout.footer_lines:
        settings.append(("footer_lines", layout.footer_lines, "check: lines below the data"))
    if not layout.own_header:
        settings.append(("header", list(layout.header), "check: the file's own header is missing or not usable"))
    return settings


def _marks(proposals: Sequence[Proposal]) -> set[str]:
    """The columns of register marks."""
    lines = [line for one in proposals if one.table == "attendance" for line in one.lines if line.column == "code"]
    return {header for line in lines for header in line.headers}


def _cells(profiles: tuple[Profile, ...], marks: set[str]) -> list[Setting]:
    """``marks`` are the columns where a dash or a question mark is itself a mark, and not a word for nothing."""
    settings: list[Setting] = []
    kept = {word for one in profiles if one.name in marks for word in one.missing if not any(map(str.isalpha, word))}
    missing = sorted({word for one in profiles for word in one.missing} - kept)
    if missing:
        settings.append(("missing", missing, "check: words for nothing"))
    usual = usual_formats(profiles)
    if usual and usual != _USUAL_DATES:
        doubt = all(one.either_way for one in profiles if one.dates == usual)
        settings.append(("dates", list(usual), "check: day and month could change places" if doubt else ""))
    return settings


def _name(relative: str) -> str:
    return _plain(relative.split(".", maxsplit=1)[0])


def _plain(text: str) -> str:
    plain = _PLAIN_NAME.sub("_", text.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}".rstrip("_")
