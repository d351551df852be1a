"""The code maps that the columns of a proposal need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sources.mapping.compiling import TABLES_BY_NAME
from sources.suggestions.profiling import Profile
from sources.suggestions.proposal import CodeMap, Line, Proposal
from sources.suggestions.spellings import meaning
from store.table import ColumnType


def with_maps(
    proposals: Sequence[Proposal], profiles: Sequence[Profile], name: str
) -> tuple[list[Proposal], list[CodeMap]]:
    """The proposals with a map named where a column's values are not the table's codes, and these maps.

    ``name`` is the extract's, which the maps' names begin with.
    """
    by_header = {one.name: one for one in profiles}
    maps: dict[str, CodeMap] = {}
    mapped = [
        replace(
            proposal, lines=tuple(_with_map(proposal.table, line, by_header, name, maps) for line in proposal.lines)
        )
        for proposal in proposals
    ]
    return mapped, list(maps.values())


def _with_map(table: str, line: Line, profiles: dict[str, Profile], name: str, maps: dict[str, CodeMap]) -> Line:
    column = next(column for column in TABLES_BY_NAME[table].columns if column.name == line.column)
    allowed = column.codes if column.type is ColumnType.TEXT else ()
    one = profiles.get(line.origin) if isinstance(line.origin, str) else None
    made = _map(f"{name}_{table}_{line.column}", table, line.column, allowed, one) if one and allowed else None
    if made is None:
        return line
    before = maps.get(made.name)
    maps[made.name] = made.joined(before) if before else made
    origin = {"column": line.origin, "codes": made.name}
    return replace(line, origin=origin, sure=line.sure and not made.asked)


def _map(name: str, table: str, column: str, allowed: tuple[str, ...], one: Profile) -> CodeMap | None:
    """The code map that a column needs; None where its values are the table's codes already."""
    codes = {code.lower() for code in allowed}
    strange = [value for value in one.values if value.lower() not in codes]
    if not strange and not (one.rarer and not one.values):
        return None
    meanings = [(value, meaning(table, column, value, allowed)) for value in strange]
    known = tuple((value, code) for value, code in meanings if code is not None)
    asked = tuple(value for value, code in meanings if code is None)
    return CodeMap(name, table, column, allowed, known, asked, one.rarer)
