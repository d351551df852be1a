"""Rules across tables: rows about persons or groups that their own source does not know, and days before a birth.

Such a row can reach no family, or says what cannot be. It is left out of its table and goes to quarantine, but it is
no bad row: that a register is absent or short must not stop a run, so it does not count towards the share that does.

Where a source names no person at all (or gives no members to a kind of group), nothing can be judged by its register:
a council may send marks without a school census. The rows then stay in their table, where they reach no family until
a register is mapped, and one warning says so. Millions of rows in quarantine would say the same and no more.

The registers are read from the parts of ``person_records`` and ``group_members``. A table is read once for its
distinct keys, and only where some of those are suspect does a join leave rows out. The SQL is made of the names in our
own table definitions only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from sources.contracts.definitions import CONTRACTS
from sources.contracts.references import ROWS_TO_A_SLIP, NamesAGroup, NamesAPerson, NotBeforeBirth
from sources.parts import part_schema
from sources.tables import PERSON_RECORDS, TABLES
from sources.text import number_of
from store.table import Table


@dataclass(frozen=True)
class Reference:
    """How the rows of one source in one table find what they are about."""

    table: str
    source: str
    column: str
    group_type: str | None
    """The kind of group, where the rows are about groups."""
    rows: int
    lost: int
    """Rows about nobody whom the register knows; 0 where there is no register."""
    register: bool
    """Whether the source names any person, or any member of such a group, at all."""


@dataclass
class Links:
    """What was found of all tables."""

    references: list[Reference] = field(default_factory=list)
    left_out: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """File, table and ``column: rule`` to the number of rows left out."""
    blanked: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The same to the number of cells blanked."""


@dataclass(frozen=True)
class _Fault:
    """What may be wrong with a row: a condition over it and its suspects, and what the quarantine says."""

    condition: str
    column: str
    rule: str
    held: str


class Linker:
    """Judges all tables by the rules across tables; ``parts`` are the Parquet files of each table, by its name."""

    def __init__(self, con: duckdb.DuckDBPyConnection, parts: Mapping[str, Sequence[Path]]) -> None:
        self._con = con
        self._views: dict[str, str] = {}
        self._noted: list[str] = []
        self.links = Links()
        for table in TABLES:
            self._views[table.name] = self._scan(table, parts.get(table.name, ()))
        for statement in (_KNOWN_PERSONS, _PERSON_SOURCES, _KNOWN_GROUPS, _GROUP_KINDS, _EARLY_DAYS, _ROWS_SEEN):
            con.execute(statement)
        for table in TABLES:
            self._find_suspects(table)
        con.execute(_DOUBTED_BIRTHS, [ROWS_TO_A_SLIP])
        for table in TABLES:
            self._judge(table)
        self._doubt_births()

    def rows(self, table: Table) -> str:
        """The name of a view of a table's rows without what breaks a rule across tables."""
        return self._views[table.name]

    def noted_rows(self) -> str:
        """A query of all that was left out or blanked, as the columns of the quarantine; '' where there is nothing."""
        return " UNION ALL ".join(f"SELECT * FROM {view}" for view in self._noted)  # noqa: S608

    def _scan(self, table: Table, paths: Sequence[Path]) -> str:
        """A view of all accepted rows of a table."""
        name = f"all_{table.name}"
        if paths:
            self._con.read_parquet([str(path) for path in paths]).create_view(name, replace=True)
        else:
            self._con.from_arrow(part_schema(table).empty_table()).create_view(name, replace=True)
        return name

    # --- suspects: the few keys that nobody has, or that somebody born later has ---------------------------

    def _find_suspects(self, table: Table) -> None:
        birth = _birth(table)
        for rule in CONTRACTS[table.name].across:
            if isinstance(rule, NamesAPerson):
                self._find_persons(table, rule, birth if rule.column == "record_id" else None)
            elif isinstance(rule, NamesAGroup):
                self._find_groups(table, rule)

    def _find_persons(self, table: Table, rule: NamesAPerson, birth: NotBeforeBirth | None) -> None:
        suspects, day = _suspects(table, rule), _day(birth)
        unborn = birth.unborn_days if birth else 0
        self._con.execute(
            f'CREATE OR REPLACE TABLE seen AS SELECT source, "{rule.column}" AS key, min({day}) AS first_day, '  # noqa: S608
            f'count(*) AS rows FROM all_{table.name} AS a WHERE "{rule.column}" IS NOT NULL GROUP BY ALL'
        )
        for source, rows, lost, register in self._con.execute(_PERSONS_FOUND).fetchall():
            self.links.references.append(Reference(table.name, source, rule.column, None, rows, lost, register))
        self._con.execute(f"CREATE OR REPLACE TABLE {suspects} AS {_SUSPECT_PERSONS}", [unborn, unborn])
        if not birth:
            return
        self._con.execute("INSERT INTO rows_seen SELECT source, key, rows FROM seen")
        if number_of(self._con.table(suspects).filter("NOT lost")):
            self._con.execute(
                f"INSERT INTO early_days SELECT a.source, a.record_id, {day} AS day, count(*) "  # noqa: S608
                f"FROM all_{table.name} AS a JOIN {suspects} AS s ON a.source = s.source AND a.record_id = s.key "
                f"WHERE {day} < s.earliest GROUP BY ALL"
            )

    def _find_groups(self, table: Table, rule: NamesAGroup) -> None:
        self._con.execute(
            "CREATE OR REPLACE TABLE seen AS SELECT source, group_type, group_id, count(*) AS rows "  # noqa: S608
            f"FROM all_{table.name} WHERE group_id IS NOT NULL GROUP BY ALL"
        )
        for source, kind, rows, lost, register in self._con.execute(_GROUPS_FOUND).fetchall():
            self.links.references.append(Reference(table.name, source, rule.column, kind, rows, lost, register))
        self._con.execute(f"CREATE OR REPLACE TABLE {_suspects(table, rule)} AS {_SUSPECT_GROUPS}")

    # --- what becomes of their rows ------------------------------------------------------------------------

    def _judge(self, table: Table) -> None:
        birth = _birth(table)
        joins: list[str] = []
        faults: list[_Fault] = []
        for rule in CONTRACTS[table.name].across:
            if not isinstance(rule, NamesAPerson | NamesAGroup):
                continue
            suspects = _suspects(table, rule)
            if isinstance(rule, NamesAPerson):
                self._con.execute(_CLEAR_DOUBTED.format(suspects=suspects))
            if not number_of(self._con.table(suspects)):
                continue
            faults.append(_Fault(f"{suspects}.lost", rule.column, rule.name, f'a."{rule.column}"'))
            same = [f"a.source = {suspects}.source"]
            if isinstance(rule, NamesAGroup):
                same += [f"a.{name} = {suspects}.{name}" for name in ("group_type", "group_id")]
            else:
                same.append(f'a."{rule.column}" = {suspects}.key')
                if birth and rule.column == "record_id":
                    early, day = f"{_day(birth)} < {suspects}.earliest", f"CAST({_day(birth)} AS VARCHAR)"
                    faults.append(_Fault(early, birth.column, birth.name, day))
            joins.append(f"LEFT JOIN {suspects} ON {' AND '.join(same)}")
        if faults:
            self._leave_out(table, joins, faults)

    def _leave_out(self, table: Table, joins: Sequence[str], faults: Sequence[_Fault]) -> None:
        """Views of the rows without a fault, and of the others for the quarantine."""
        cases = _whens([fault.condition for fault in faults], [str(place) for place in range(len(faults))])
        judged = f"SELECT a.*, CASE {cases} END AS fault FROM all_{table.name} AS a {' '.join(joins)}"  # noqa: S608
        kept = f"kept_{table.name}"
        self._con.execute(
            f"CREATE OR REPLACE VIEW {kept} AS SELECT * EXCLUDE (fault) FROM ({judged}) WHERE fault IS NULL"  # noqa: S608
        )
        self._views[table.name] = kept
        places = [f"fault = {place}" for place in range(len(faults))]
        column = _whens(places, [f"'{fault.column}'" for fault in faults])
        rule = _whens(places, [f"'{fault.rule}'" for fault in faults])
        held = _whens(places, [fault.held for fault in faults])
        self._note(
            table,
            f"SELECT source, file, part_row, '{table.name}', CASE {column} END, CASE {rule} END, 'row', "  # noqa: S608
            f"CASE {held} END FROM ({judged}) AS a WHERE fault IS NOT NULL",
            self.links.left_out,
        )

    def _doubt_births(self) -> None:
        """Blank the birth dates that several days contradict."""
        if not number_of(self._con.table("doubted_births")):
            return
        (rule,) = CONTRACTS[PERSON_RECORDS.name].across
        blanked = "kept_person_records"
        self._con.execute(f"CREATE OR REPLACE VIEW {blanked} AS {_WITHOUT_DOUBTED}")
        self._views[PERSON_RECORDS.name] = blanked
        told = f"'{PERSON_RECORDS.name}', '{rule.column}', '{rule.name}', 'cell', CAST(dob AS VARCHAR)"
        self._note(
            PERSON_RECORDS,
            f"SELECT source, file, part_row, {told} FROM all_person_records AS a WHERE {_DOUBTED}",  # noqa: S608
            self.links.blanked,
        )

    def _note(self, table: Table, query: str, counts: Counter[tuple[str, str, str]]) -> None:
        """Keep a query for the quarantine, and count what it gives."""
        view = f"noted_{table.name}"
        self._con.execute(f"CREATE OR REPLACE VIEW {view}(source, file, row, tbl, col, rule, action, held) AS {query}")
        self._noted.append(view)
        counted = f"SELECT file, col || ': ' || rule, count(*) FROM {view} GROUP BY ALL"  # noqa: S608
        for file, rule, number in self._con.execute(counted).fetchall():
            counts[file, table.name, rule] += number


def _birth(table: Table) -> NotBeforeBirth | None:
    return next((rule for rule in CONTRACTS[table.name].across if isinstance(rule, NotBeforeBirth)), None)


def _day(birth: NotBeforeBirth | None) -> str:
    """The day that must not lie before the birth."""
    if birth is None:
        return "NULL::DATE"
    return "coalesce(" + ", ".join(f'a."{day}"' for day in birth.days) + ")"


def _suspects(table: Table, rule: NamesAPerson | NamesAGroup) -> str:
    return f"suspects_{table.name}_{rule.column}"


def _whens(conditions: Sequence[str], results: Sequence[str]) -> str:
    return " ".join(f"WHEN {condition} THEN {result}" for condition, result in zip(conditions, results))


# A key may stand for a row of a register or for its subject; of either the earliest birth date held for the subject
# counts, so that one mistyped date among several costs a person no rows.
_KNOWN_PERSONS = """
CREATE OR REPLACE TABLE known_persons AS
WITH born AS (
    SELECT source, subject_id, min(dob) AS born FROM all_person_records GROUP BY ALL
), keys AS (
    SELECT source, record_id AS key, subject_id FROM all_person_records
    UNION ALL SELECT source, subject_id, subject_id FROM all_person_records
)
SELECT source, key, min(born) AS born FROM keys JOIN born USING (source, subject_id) GROUP BY ALL
"""
_PERSON_SOURCES = "CREATE OR REPLACE TABLE person_sources AS SELECT DISTINCT source FROM known_persons"
# A member whom the register does not know is left out, and makes no group.
_KNOWN_GROUPS = """
CREATE OR REPLACE TABLE known_groups AS
SELECT DISTINCT source, group_type, group_id FROM all_group_members AS m
WHERE NOT EXISTS (FROM person_sources AS s WHERE s.source = m.source)
    OR EXISTS (FROM known_persons AS p WHERE p.source = m.source AND p.key = m.record_id)
"""
_GROUP_KINDS = "CREATE OR REPLACE TABLE group_kinds AS SELECT DISTINCT source, group_type FROM known_groups"
_PERSONS_FOUND = """
SELECT source, sum(rows)::BIGINT, coalesce(sum(rows) FILTER (p.key IS NULL AND r.source IS NOT NULL), 0)::BIGINT,
    r.source IS NOT NULL
FROM seen AS s LEFT JOIN person_sources AS r USING (source) LEFT JOIN known_persons AS p USING (source, key)
GROUP BY source, r.source ORDER BY source
"""
_GROUPS_FOUND = """
SELECT source, group_type, sum(rows)::BIGINT,
    coalesce(sum(rows) FILTER (g.source IS NULL AND r.source IS NOT NULL), 0)::BIGINT, r.source IS NOT NULL
FROM seen AS s LEFT JOIN group_kinds AS r USING (source, group_type)
    LEFT JOIN known_groups AS g USING (source, group_type, group_id)
GROUP BY source, group_type, r.source ORDER BY source, group_type
"""
_SUSPECT_PERSONS = """
SELECT s.source, s.key, p.key IS NULL AS lost, p.born - ?::INTEGER AS earliest
FROM seen AS s SEMI JOIN person_sources AS r ON s.source = r.source
LEFT JOIN known_persons AS p ON s.source = p.source AND s.key = p.key
WHERE p.key IS NULL OR s.first_day < p.born - ?::INTEGER
"""
_SUSPECT_GROUPS = """
SELECT s.source, s.group_type, s.group_id, true AS lost
FROM seen AS s SEMI JOIN group_kinds AS r ON s.source = r.source AND s.group_type = r.group_type
ANTI JOIN known_groups AS g USING (source, group_type, group_id)
"""
_EARLY_DAYS = "CREATE OR REPLACE TABLE early_days (source VARCHAR, key VARCHAR, day DATE, rows BIGINT)"
_ROWS_SEEN = "CREATE OR REPLACE TABLE rows_seen (source VARCHAR, key VARCHAR, rows BIGINT)"
_DOUBTED_BIRTHS = """
CREATE OR REPLACE TABLE doubted_births AS
SELECT source, key FROM early_days AS e
JOIN (SELECT source, key, sum(rows) AS total FROM rows_seen GROUP BY ALL) AS s USING (source, key)
GROUP BY source, key, total HAVING count(DISTINCT e.day) > 1 AND sum(e.rows) * ? >= total
"""
_CLEAR_DOUBTED = """
DELETE FROM {suspects} AS s WHERE NOT s.lost
    AND EXISTS (FROM doubted_births AS d WHERE d.source = s.source AND d.key = s.key)
"""
_DOUBTED = """
dob IS NOT NULL AND EXISTS (
    FROM doubted_births AS d WHERE d.source = a.source AND (d.key = a.record_id OR d.key = a.subject_id)
)
"""
_WITHOUT_DOUBTED = f"""
SELECT a.* REPLACE (CASE WHEN {_DOUBTED} THEN NULL ELSE dob END AS dob) FROM all_person_records AS a
"""  # noqa: S608
