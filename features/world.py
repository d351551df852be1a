"""Who is who at each as-of date: people and families as whole numbers, members, and what links rows to families.

A *carrier* is what a source row hangs on: a person (0 and up) or a service's own group such as a tenancy (below
0). ``attached`` says which families a carrier reaches at each as-of date, each family once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

import narwhals as nw

from features.absent_days import MARKS, absent_days
from features.compile import AS_OF, AS_OF_DAY, CARRIER, EVENT, KNOWN
from features.periods import day_number
from features.streams import ATTENDANCE, Carrier, Part, Stream
from residents.tables import FAMILIES, PEOPLE, RECORD_PERSON
from sources.tables import GROUP_MEMBERS
from store.table import Table

Frame = nw.LazyFrame[Any]

ADULT_AGE = 18
FAMILY, PERSON, ROLE, AGE = "family", "person", "role", "age_years"
FOREVER = 1 << 40
_RECORD = ("source", "file", "record_id")
_GROUP = ("source", "group_type", "group_id")
_FIRST_BIRTH, _LAST_BIRTH = dt.date(1800, 1, 1), dt.date(2199, 12, 31)


class Beside(Protocol):
    """Frames of the same rows, which their keys name, put side by side."""

    def add(self, frame: Frame) -> None:
        """Compute a frame, of the keys and of columns that no other has."""
        ...

    def frame(self, columns: Sequence[str]) -> Frame:
        """The keys and some of the columns."""
        ...


class Backend(Protocol):
    """What the engine needs of a data engine."""

    def scan(self, table: Table, columns: Sequence[str]) -> Frame: ...

    def small(self, rows: dict[str, list[int]]) -> Frame: ...

    def keep(self, frame: Frame) -> Frame: ...

    def beside(self, keys: Sequence[str]) -> Beside: ...


def distinct(frame: Frame) -> Frame:
    """Distinct rows, by grouping: what narwhals makes of ``unique`` on DuckDB is a window, twenty times slower."""
    return frame.group_by(*frame.collect_schema().names()).agg(nw.len().alias("repeats")).drop("repeats")


def known_to_have_ended() -> nw.Expr:
    """Whether a spell ended before the as-of date, and the council knew so before it."""
    known = nw.coalesce("end_recorded_on", nw.max_horizontal("to_date", "recorded_on"))
    ended = (nw.col("to_date") < nw.col(AS_OF_DAY)) & (known < nw.col(AS_OF_DAY))
    return ~nw.col("to_date").is_null() & ended.fill_null(False)


class World:
    """People, families, members and attachments at each as-of date, as known then."""

    def __init__(self, backend: Backend, as_ofs: Sequence[dt.date]) -> None:
        self.backend = backend
        self.as_ofs = tuple(sorted(set(as_ofs)))
        self.as_of_days = tuple(day_number(as_of) for as_of in self.as_ofs)
        self.dates = backend.small(
            {
                AS_OF: list(range(len(self.as_ofs))),
                AS_OF_DAY: list(self.as_of_days),
                "as_of_ymd": [_ymd(as_of) for as_of in self.as_ofs],
            }
        )
        self._named: dict[Table, Frame] = {}
        self.people = backend.keep(self._numbered(backend.scan(PEOPLE, ("person_id", "dob")), "person_id", PERSON))
        households = distinct(backend.scan(FAMILIES, ("family_id",)))
        self.families = backend.keep(self._numbered(households, "family_id", FAMILY))
        self._records = backend.keep(self._record_persons())
        self._likeliest = backend.keep(self._likeliest_persons())
        self._groups = backend.keep(self._group_numbers())
        self.group_members = backend.keep(self._group_members())
        self.members = backend.keep(self._members())
        self.attached = backend.keep(nw.concat([self._attached_people(), self._attached_groups()]))

    @staticmethod
    def _numbered(frame: Frame, key: str, name: str) -> Frame:
        return frame.with_row_index(name, order_by=key).with_columns(nw.col(name).cast(nw.Int64))

    # --- keys ----------------------------------------------------------------------------------------

    def _record_persons(self) -> Frame:
        records = self.backend.scan(RECORD_PERSON, (*_RECORD, "person_id", "match_probability"))
        return records.join(self.people.select("person_id", PERSON), on="person_id").drop("person_id")

    def _likeliest_persons(self) -> Frame:
        """The likeliest person whom a system names by a key, in whatever file; of equally likely ones the first."""
        best = self._records.group_by("source", "record_id").agg(nw.col("match_probability").max())
        alike = self._records.join(best, on=["source", "record_id", "match_probability"])
        return alike.group_by("source", "record_id").agg(nw.col(PERSON).min().alias("elsewhere"))

    def _group_numbers(self) -> Frame:
        groups = distinct(self.backend.scan(GROUP_MEMBERS, _GROUP))
        numbered = groups.with_row_index("place", order_by=_GROUP)
        return numbered.with_columns((-1 - nw.col("place").cast(nw.Int64)).alias("group")).drop("place")

    def person_of(self, keys: Frame) -> Frame:
        """Distinct (source, file, record_id) with the person of each: that very record, else the likeliest
        person whom the same system names by the same key elsewhere."""
        exact = self._records.select(*_RECORD, nw.col(PERSON).alias("exact"))
        return (
            distinct(keys)
            .join(exact, on=list(_RECORD), how="left")
            .join(self._likeliest, on=["source", "record_id"], how="left")
            .select(*_RECORD, nw.coalesce("exact", "elsewhere").alias(PERSON))
            .filter(~nw.col(PERSON).is_null())
        )

    # --- members -------------------------------------------------------------------------------------

    def _members(self) -> Frame:
        when = ("from_date", "to_date", "recorded_on", "end_recorded_on")
        spells = self.backend.scan(FAMILIES, ("family_id", "person_id", ROLE, *when))
        births = self.people.join(self.backend.small(_birthdays()), on="dob", how="left")
        seen = (
            spells.join(self.dates, how="cross")
            .filter(
                nw.col("recorded_on") < nw.col(AS_OF_DAY),
                nw.col("from_date") < nw.col(AS_OF_DAY),
                ~known_to_have_ended(),
            )
            .join(births, on="person_id")
            .filter(nw.col("dob_ymd").is_null() | (nw.col("dob_ymd") <= nw.col("as_of_ymd")))
            .join(self.families, on="family_id")
        )
        age = ((nw.col("as_of_ymd") - nw.col("dob_ymd")) // 10_000).cast(nw.Int64)
        # 'adult' sorts before 'child': someone held as both is an adult. Whoever has come of age is one too.
        held = seen.group_by(AS_OF, FAMILY, PERSON, "as_of_ymd", "dob_ymd").agg(nw.col(ROLE).min())
        of_age = (nw.col(AGE) >= ADULT_AGE).fill_null(False)
        role = nw.when(of_age).then(nw.lit("adult")).otherwise(nw.col(ROLE))
        return held.with_columns(age.alias(AGE)).select(AS_OF, FAMILY, PERSON, role.alias(ROLE), AGE)

    def families_with_children(self) -> Frame:
        """Families with a child at each as-of date; a child whose birth date is unknown counts."""
        return distinct(self.members.filter(nw.col(ROLE) == "child").select(AS_OF, FAMILY))

    def children(self) -> Frame:
        """Children aged 0 to 17 at each as-of date, in each of their families."""
        return self.members.filter(nw.col(ROLE) == "child", nw.col(AGE) < ADULT_AGE).select(AS_OF, FAMILY, PERSON)

    # --- attachments ---------------------------------------------------------------------------------

    def _attached_people(self) -> Frame:
        return self.members.select(AS_OF, FAMILY, nw.col(PERSON).alias(CARRIER), ROLE)

    def _group_members(self) -> Frame:
        """group, person, joined, left, listed: who was in each service's own group, and since when it is known."""
        columns = (*_RECORD, "group_type", "group_id", "from_date", "to_date", "recorded_on")
        listed = self.backend.scan(GROUP_MEMBERS, columns)
        persons = self.person_of(listed.select(*_RECORD))
        joined = listed.join(persons, on=list(_RECORD)).join(self._groups, on=list(_GROUP))
        return joined.select(
            "group",
            PERSON,
            nw.col("from_date").alias("joined"),
            nw.col("to_date").alias("left"),
            nw.col("recorded_on").alias("listed"),
        )

    def _attached_groups(self) -> Frame:
        """Groups by way of their members, as known at the as-of date.

        A member who has left while others stayed no longer brings the group's rows; those who were there at
        the end still do, or else the history of an ended tenancy or claim would vanish with it. No system says when
        it recorded that a member left: it is known once the day has passed and the row itself is known.
        """
        gone = nw.when(nw.col("left") < nw.col(AS_OF_DAY)).then(nw.col("left")).otherwise(FOREVER)
        seen = (
            self.group_members.join(self.dates, how="cross")
            .filter(
                nw.col("listed") < nw.col(AS_OF_DAY),
                nw.col("joined").is_null() | (nw.col("joined") < nw.col(AS_OF_DAY)),
            )
            .with_columns(gone.alias("left"))
        )
        last = seen.group_by(AS_OF, "group").agg(nw.col("left").max().alias("last"))
        staying = seen.join(last, on=[AS_OF, "group"]).filter(nw.col("left") == nw.col("last"))
        reached = (
            staying.select(AS_OF, PERSON, "group")
            .join(self.members.select(AS_OF, FAMILY, PERSON), on=[AS_OF, PERSON])
            .select(AS_OF, FAMILY, nw.col("group").alias(CARRIER))
        )
        return distinct(reached).with_columns(nw.lit("group").alias(ROLE))

    # --- events --------------------------------------------------------------------------------------

    def events(self, stream: Stream, columns: Sequence[str]) -> Frame:
        """A stream's rows as carrier, event day, known day and the columns asked for."""
        when = tuple(c for c in ("recorded_on", "to_date", "end_recorded_on") if c in stream.table.column_names)
        wanted = dict.fromkeys((*_carrier_columns(stream), stream.starts, *when, *columns))
        rows = self._absent_days() if stream.part is Part.ABSENT_DAY else self._scanned(stream, tuple(wanted))
        if stream.part is Part.END:
            rows = rows.filter(~nw.col("to_date").is_null())
            both = nw.max_horizontal("to_date", "recorded_on")
            noted = nw.coalesce("end_recorded_on", both) if "end_recorded_on" in when else both
            # An end is never seen before its beginning, so that what is open is begun less ended.
            event, known = nw.max_horizontal("to_date", stream.starts), nw.max_horizontal(noted, "recorded_on")
        else:
            event, known = nw.col(stream.starts), nw.col("recorded_on")
        kept = [column for column in columns if column not in (EVENT, KNOWN, CARRIER)]
        return rows.select(CARRIER, event.alias(EVENT), known.alias(KNOWN), *kept)

    def _scanned(self, stream: Stream, columns: Sequence[str]) -> Frame:
        return self._carried(stream, self.backend.scan(stream.table, columns))

    def _absent_days(self) -> Frame:
        return absent_days(self._scanned(ATTENDANCE, (*_carrier_columns(ATTENDANCE), *MARKS)))

    def _persons_named_in(self, table: Table) -> Frame:
        """The person of each key in a table of events, worked out once.

        Computed, it is small and known to be: an engine that had to guess would hold the events in memory, and look
        the keys up among them.
        """
        if table not in self._named:
            keys = self.backend.scan(table, _RECORD).filter(~nw.col("record_id").is_null())
            self._named[table] = self.backend.keep(self.person_of(keys))
        return self._named[table]

    def _carried(self, stream: Stream, rows: Frame) -> Frame:
        if stream.carrier is Carrier.PERSON:
            people = self.people.select("person_id", nw.col(PERSON).alias(CARRIER))
            return rows.join(people, on="person_id")
        if stream.carrier is Carrier.GROUP:
            return rows.join(self._groups, on=list(_GROUP)).rename({"group": CARRIER})
        persons = self._persons_named_in(stream.table)
        if stream.carrier is Carrier.RECORD:
            return rows.join(persons, on=list(_RECORD)).rename({PERSON: CARRIER})
        both = rows.join(persons, on=list(_RECORD), how="left").join(self._groups, on=list(_GROUP), how="left")
        named = both.with_columns(nw.coalesce(PERSON, "group").alias(CARRIER))
        return named.filter(~nw.col(CARRIER).is_null())


def _carrier_columns(stream: Stream) -> tuple[str, ...]:
    match stream.carrier:
        case Carrier.PERSON:
            return ("person_id",)
        case Carrier.RECORD:
            return _RECORD
        case Carrier.GROUP:
            return _GROUP
        case Carrier.EITHER:
            return (*_RECORD, "group_type", "group_id")


def _ymd(date: dt.date) -> int:
    return date.year * 10_000 + date.month * 100 + date.day


def _birthdays() -> dict[str, list[int]]:
    """Every birth date as a day number and as yyyymmdd, by which completed years are a subtraction.

    Someone born on 29 February comes of age on 1 March in a common year, as English law has it.
    """
    first = _FIRST_BIRTH.toordinal()
    days = [dt.date.fromordinal(first + offset) for offset in range((_LAST_BIRTH - _FIRST_BIRTH).days + 1)]
    return {"dob": [day_number(day) for day in days], "dob_ymd": [_ymd(day) for day in days]}
