"""Proposing a mapping for a new file, from its headers and a sample of its values.

A suggestion is a part of a council's TOML with a comment at every line that says how sure it is. It is data about
people until somebody has read it: the spellings of a code list, which it may hold, come from the file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sources.suggestions.dating import usual_formats
from sources.suggestions.headers import words
from sources.suggestions.keys import Table
from sources.suggestions.kinds import KINDS
from sources.suggestions.profiling import Profile, profile
from sources.suggestions.proposal import Suggestion
from sources.suggestions.proposing import Proposer
from sources.suggestions.sampling import TableSample, sample
from sources.suggestions.sniffing import Layout, sniff
from sources.suggestions.vocabulary import ADDRESS_PARTS, GROUP_KEYS, MEMBER, PERSON, PERSON_KEYS
from sources.mapping.text import clean
from store.errors import UsageError

_PLAIN_NAME = re.compile(r"[^a-z0-9]+")
_USUAL_DATES = ("%Y-%m-%d",)


@dataclass(frozen=True)
class _Read:
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    settings: tuple[tuple[str, object, str], ...]
    nameable: bool
    notes: tuple[str, ...]


def suggest(path: Path, folder: Path, extract_date: dt.date | None = None) -> Suggestion:
    """What a file within the folder of the extracts probably is.

    Reads a few megabytes of it at most. ``extract_date`` stands in where the file has no day at all.
    Raises UsageError for a file that is not in the folder or not there, InputRejected for one that cannot be read.
    """
    relative = _relative(path, folder)
    found = sample(path)
    read = _table(found) if isinstance(found, TableSample) else _text(sniff(found, path.name))
    profiles = profile(read.header, read.rows)
    name = _name(relative)
    table = Table(profiles, read.rows, frozenset(words(relative.rpartition(".")[0] or relative)))
    proposals, maps, notes = Proposer(table, name, extract_date).proposals() if read.nameable else ([], [], [])
    settings = (*read.settings, *_cells(profiles))
    return Suggestion(
        name=name,
        source=_plain(Path(relative).parent.name or Path(relative).stem),
        path=relative,
        settings=settings,
        profiles=profiles,
        nameable=read.nameable,
        proposals=tuple(proposals),
        maps=tuple(maps),
        notes=(*read.notes, *notes),
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


def _table(found: TableSample) -> _Read:
    rows = [tuple(clean(cell) for cell in row) for row in found.rows]
    return _Read(tuple(clean(name) for name in found.header), rows, (("format", "parquet", ""),), True, ())


def _text(layout: Layout) -> _Read:
    settings: list[tuple[str, object, str]] = []
    if layout.encoding != "utf-8":
        settings.append(("encoding", layout.encoding, ""))
    if layout.delimiter != ",":
        settings.append(("delimiter", layout.delimiter, ""))
    if layout.quote != '"':
        settings.append(("quote", layout.quote, "check: quotation marks stand inside cells"))
    if layout.skip_lines:
        settings.append(
            ("skip_lines", layout.skip_lines, "lines above the data" if not layout.own_header else "a title")
        )
    if layout.footer_lines:
        settings.append(("footer_lines", layout.footer_lines, "check: lines below the data"))
    notes = []
    if not layout.below_seen:
        notes.append(
            "Only the beginning of the file was looked at: see whether lines below the data need footer_lines."
        )
    if layout.ragged:
        notes.append(
            f"{layout.ragged} rows of the sample have more or fewer cells than the header: quarantine takes them."
        )
    header, nameable = layout.header, _speaks(layout.header)
    if not layout.own_header:
        # Names made of a row that speaks of nothing known may be a row of people.
        header = header if nameable else tuple(f"column_{place + 1}" for place in range(len(header)))
        settings.append(("header", list(header), "check: the file's own header is missing or not usable"))
        nameable = True
    elif not nameable:
        notes.append(
            "No word of the first row is one that systems use in a header: it may be a row of data, so it is not shown "
            "and nothing is proposed. If it is the header, write the mapping by hand; if not, give header."
        )
    return _Read(header, layout.rows, tuple(settings), nameable, tuple(notes))


_KNOWN_WORDS = frozenset(
    word
    for names in (
        *(field.names for kind in KINDS for field in kind.fields),
        *(field.names for field in (*PERSON, *MEMBER)),
        PERSON_KEYS,
        *GROUP_KEYS.values(),
        *ADDRESS_PARTS,
    )
    for name in names
    for word in words(name)
)


def _speaks(header: tuple[str, ...]) -> bool:
    """Whether at least one header has a word that systems use; if none has, it may be a row of people."""
    return any(not word.isdigit() and word in _KNOWN_WORDS for name in header for word in words(name))


def _cells(profiles: tuple[Profile, ...]) -> list[tuple[str, object, str]]:
    settings: list[tuple[str, object, str]] = []
    missing = sorted({word for one in profiles for word in one.missing})
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
