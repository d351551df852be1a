"""Some families of a run with every row that may reach them: what a look at one definition needs, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import narwhals as nw

from features.periods import day_number
from features.world import FAMILY, Backend, Beside, Frame, distinct
from residents.tables import FAMILIES, PSEUDONYMS, RECORD_PERSON
from sources.tables import GROUP_MEMBERS
from store.table import Table

_RECORD = ("source", "record_id")
_GROUP = ("source", "group_type", "group_id")


class Sample:
    """A `Backend` that has ``size`` families with a child at the as-of date, chosen by their pseudonyms.

    Pseudonyms are keyed hashes, so that the first of them are a fair draw, and the same ones each time. Whatever is
    computed for these families is the same as from the whole run: the services' groups are whole, and a record is of
    the person it would be of there.
    """

    def __init__(self, backend: Backend, as_of: dt.date, size: int) -> None:
        self._backend = backend
        self._families = backend.keep(self._drawn(day_number(as_of), size))
        members = self._of(FAMILIES, ("family_id", "person_id"), self._families, ("family_id",))
        persons = distinct(members.select("person_id"))
        held = self._of(RECORD_PERSON, (*_RECORD, "person_id"), persons, ("person_id",))
        mine = backend.keep(distinct(held.select(*_RECORD)))
        joined = self._of(GROUP_MEMBERS, (*_GROUP, "record_id"), mine, _RECORD)
        self._groups = backend.keep(distinct(joined.select(*_GROUP)))
        listed = self._of(GROUP_MEMBERS, (*_GROUP, "record_id"), self._groups, _GROUP)
        self._records = backend.keep(distinct(nw.concat([mine, listed.select(*_RECORD)])))
        named = self._of(RECORD_PERSON, (*_RECORD, "person_id"), self._records, _RECORD)
        self._persons = backend.keep(distinct(nw.concat([persons, named.select("person_id")])))

    def _drawn(self, as_of: int, size: int) -> Frame:
        columns = ("family_id", "role", "from_date", "to_date", "recorded_on")
        children = self._backend.scan(FAMILIES, columns).filter(
            nw.col("role") == "child",
            nw.col("from_date") < as_of,
            nw.col("recorded_on") < as_of,
            nw.col("to_date").is_null() | (nw.col("to_date") >= as_of),
        )
        names = self._backend.scan(PSEUDONYMS, ("kind", "id", "pseudonym")).filter(nw.col("kind") == FAMILY)
        named = distinct(children.select("family_id")).join(names, left_on="family_id", right_on="id")
        return named.sort("pseudonym").head(size).select("family_id")

    def _of(self, table: Table, columns: Sequence[str], wanted: Frame, on: Sequence[str]) -> Frame:
        return _only(self._backend.scan(table, columns), wanted, on)

    # --- what the engine needs of a data engine --------------------------------------------------------

    def scan(self, table: Table, columns: Sequence[str]) -> Frame:
        rows = self._backend.scan(table, columns)
        if table is FAMILIES:
            return _only(rows, self._families, ("family_id",))
        if "person_id" in columns and table is not RECORD_PERSON:
            return _only(rows, self._persons, ("person_id",))
        by_record, by_group = ({*key} <= {*columns} for key in (_RECORD, _GROUP))
        if table is GROUP_MEMBERS or not by_record:
            return _only(rows, self._groups, _GROUP) if by_group else rows
        mine = _only(rows, self._records, _RECORD)
        if not by_group:
            return mine
        # A row of a group counts for it only if its record is nobody's: of somebody else, it is theirs.
        others = rows.join(self._records, on=list(_RECORD), how="anti")
        of_groups = _only(others, self._groups, _GROUP)
        anybodys = self._backend.scan(RECORD_PERSON, _RECORD)
        return nw.concat([mine, of_groups.join(anybodys, on=list(_RECORD), how="anti")])

    def small(self, rows: dict[str, list[int]]) -> Frame:
        return self._backend.small(rows)

    def keep(self, frame: Frame) -> Frame:
        return self._backend.keep(frame)

    def beside(self, keys: Sequence[str]) -> Beside:
        return self._backend.beside(keys)


def _only(rows: Frame, wanted: Frame, on: Sequence[str]) -> Frame:
    """The rows whose key is wanted; first by the last part of the key alone, which an engine finds without the rest."""
    if len(on) > 1:
        rows = rows.join(distinct(wanted.select(on[-1])), on=on[-1], how="semi")
    return rows.join(wanted, on=list(on), how="semi")
