"""A slow plain-Python reading of the rules across tables, one row at a time, to hold the engine's against."""

from __future__ import annotations

import datetime as dt
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Table to its rows."""

UNBORN = dt.timedelta(days=300)
PERSON_EVENTS = ("attendance", "exclusions", "school_status", "neet", "contacts", "domestic_incidents", "offences")
PERSON_SPELLS = ("assessments", "allocations", "adult_care_services", "disability_markers")
GROUP_TABLES = ("rent_transactions", "arrears_actions", "tenancies", "outcome_scores")
EITHER = ("benefit_spells", "service_episodes")
POINTS = (*PERSON_EVENTS, "young_carer_identifications")


def day_of(table: str, row: Row) -> dt.date:
    """The day that must not lie before the birth."""
    spell = table in (*PERSON_SPELLS, *EITHER)
    day: dt.date = (row["to_date"] or row["recorded_on"]) if spell else row["event_date"]
    return day


class Register:
    """Whom and what each source knows."""

    def __init__(self, rows: Rows) -> None:
        self.records = rows["person_records"]
        self.sources = {row["source"] for row in self.records}
        self.groups = {_group(row) for row in rows["group_members"] if not self.is_nobody(row, "record_id")}
        self.kinds = {(source, kind) for source, kind, _ in self.groups}

    def knows(self, source: str, key: str) -> bool:
        return any(row["source"] == source and key in (row["record_id"], row["subject_id"]) for row in self.records)

    def is_nobody(self, row: Row, column: str) -> bool:
        key = row[column]
        return key is not None and row["source"] in self.sources and not self.knows(row["source"], key)

    def is_no_group(self, row: Row) -> bool:
        if row["group_id"] is None or (row["source"], row["group_type"]) not in self.kinds:
            return False
        return _group(row) not in self.groups

    def born(self, source: str, key: str) -> dt.date | None:
        mine = [row for row in self.records if row["source"] == source]
        subjects = {row["subject_id"] for row in mine if key in (row["record_id"], row["subject_id"])}
        return min((row["dob"] for row in mine if row["subject_id"] in subjects and row["dob"]), default=None)

    def is_early(self, table: str, row: Row) -> bool:
        born = self.born(row["source"], row["record_id"]) if row["record_id"] is not None else None
        return born is not None and day_of(table, row) < born - UNBORN


def _group(row: Row) -> tuple[str, str, str]:
    return row["source"], row["group_type"], row["group_id"]


def judged(rows: Rows) -> tuple[Rows, list[tuple[Any, ...]]]:
    """The rows that stay, and (table, row, column, rule, action, value) of what was noted."""
    register = Register(rows)
    days: dict[tuple[str, str], list[dt.date]] = {}
    total: dict[tuple[str, str], int] = {}
    for table in (*POINTS, *PERSON_SPELLS, *EITHER):
        for row in rows.get(table, []):
            who = row["source"], row["record_id"]
            total[who] = total.get(who, 0) + 1
            if register.is_early(table, row):
                days.setdefault(who, []).append(day_of(table, row))
    doubted = {who for who, early in days.items() if len(set(early)) > 1 and len(early) / total[who] >= 1 / 20}
    kept: Rows = {}
    noted: list[tuple[Any, ...]] = []
    for table, all_rows in rows.items():
        kept[table] = []
        for row in all_rows:
            what = _fault(register, doubted, table, row)
            if what:
                noted.append((table, row["part_row"], what[0], what[1], "row", what[2]))
            elif table == "person_records" and row["dob"] and _names(row) & doubted:
                noted.append((table, row["part_row"], "dob", "born_after_events", "cell", row["dob"].isoformat()))
                kept[table].append({**row, "dob": None})
            else:
                kept[table].append(row)
    return kept, noted


def _names(row: Row) -> set[tuple[str, str]]:
    return {(row["source"], row["record_id"]), (row["source"], row["subject_id"])}


def _fault(register: Register, doubted: set[tuple[str, str]], table: str, row: Row) -> tuple[str, str, str] | None:
    if table == "person_records":
        return None
    for column in ("record_id", "record_id_a", "record_id_b"):
        if column in row and register.is_nobody(row, column):
            return column, "no_such_person", row[column]
    if table in (*GROUP_TABLES, *EITHER) and register.is_no_group(row):
        return "group_id", "no_such_group", row["group_id"]
    may_be_early = table in (*POINTS, *PERSON_SPELLS, *EITHER) and (row["source"], row["record_id"]) not in doubted
    if may_be_early and register.is_early(table, row):
        column = "event_date" if table in POINTS else "to_date"
        return column, "before_birth", day_of(table, row).isoformat()
    return None
