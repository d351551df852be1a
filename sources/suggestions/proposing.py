"""From the profile of a file to the tables it may feed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sources.mapping.compiling import TABLES_BY_NAME
from sources.suggestions.choosing import ENOUGH, Choice, Evidence, evidence_for
from sources.suggestions.coding import with_maps
from sources.suggestions.dating import (
    OF_NO_RECORDING,
    ONLY_OTHER,
    asked_line,
    in_its_format,
    recorded_line,
    usual_formats,
)
from sources.suggestions.headers import best_fit, words
from sources.suggestions.keys import Table, group_key, person_key, record_key
from sources.suggestions.kinds import KINDS
from sources.suggestions.people import Person, address, membership, persons
from sources.suggestions.profiling import Profile, Shape
from sources.suggestions.proposal import CodeMap, Line, Proposal
from sources.suggestions.vocabulary import GROUP_KEYS, Key, Kind

_FILLED_BY_TOPIC: tuple[tuple[str, str, frozenset[str], str], ...] = (
    ("service_episodes", "service", frozenset({"early", "help"}), "early_help"),
    ("service_episodes", "service", frozenset({"eh"}), "early_help"),
    ("service_episodes", "service", frozenset({"ehm"}), "early_help"),
    ("benefit_spells", "benefit", frozenset({"universal", "credit"}), "universal_credit"),
    ("benefit_spells", "benefit", frozenset({"housing", "benefit"}), "housing_benefit"),
    ("benefit_spells", "row_kind", frozenset(), "spell"),
)
"""Table, column, the words that must be met, and the value that then stands in every row."""
_DEBITS = ("debit", "debit amount", "charge", "charges", "charge amount")
_CREDITS = ("credit", "credit amount", "payment", "payments", "payment amount")
_FSM_FROM = ("fsm start", "fsm start date", "fsm from", "free school meals start")
_FSM_TO = ("fsm end", "fsm end date", "fsm to", "free school meals end")
_CENSUS = "school_status"
_NEEDS_MEMBERS = (
    "A row is about a group, not a person: it counts for nobody until a file of the same source lists the group's "
    "people as group_members too."
)


@dataclass(frozen=True)
class _Row:
    """What names the people of a row, and the columns that its event has taken."""

    key: tuple[str, ...]
    subject: tuple[str, ...]
    group: str
    group_type: str
    taken: frozenset[str]
    census: bool
    """Whether the rows are a school census, which was known on its own day and not on the extract's."""


@dataclass(frozen=True)
class Proposer:
    """Proposes the tables of one file. ``extract_date`` stands in for days that are nowhere, if it is known."""

    table: Table
    name: str
    extract_date: dt.date | None

    def proposals(self) -> tuple[list[Proposal], list[CodeMap], list[str]]:
        """The proposals, the code maps they name, and notes for whoever edits them."""
        events = self._events()
        made = [self._event(evidence) for evidence in events]
        notes: list[str] = []
        people = self._people(made, notes)
        if not any(one.table == "group_members" for one in people):
            notes += [_NEEDS_MEMBERS for event in made[:1] if event.group]
        both = [self._finished(proposal) for proposal in (*people, *self._for_each_person(made, people))]
        return *with_maps(both, self.table.profiles, self.name), notes

    # --- events and spells ---

    def _events(self) -> list[Evidence]:
        """The likeliest kind of event, and those that may stand beside it; none where the evidence is thin."""
        weighed = [evidence_for(kind, self.table.profiles, self.table.path_words) for kind in KINDS]
        weighed = [self._with_pairs(evidence) for evidence in weighed]
        likely = sorted(
            (one for one in weighed if one.score >= one.kind.enough),
            key=lambda one: (len(one.lacking), -one.score, one.kind.table),
        )
        if not likely:
            return []
        return [likely[0], *(one for one in likely[1:] if one.kind.table in likely[0].kind.beside and not one.lacking)]

    def _with_pairs(self, evidence: Evidence) -> Evidence:
        """Amounts in a column for charges and one for payments count as an amount."""
        if evidence.kind.table != "rent_transactions" or "amount_pence" in evidence.choices:
            return evidence
        debit, credit = self._one(_DEBITS, Shape.MONEY), self._one(_CREDITS, Shape.MONEY)
        if not (debit and credit):
            return evidence
        choices = {**evidence.choices, "amount_pence": Choice("amount_pence", debit, 0.9, 1.5)}
        return Evidence(evidence.kind, choices, evidence.score + 1.5)

    def _one(self, names: tuple[str, ...], shape: Shape) -> str:
        fitting = [one for one in self.table.profiles if one.looks(shape) and best_fit(one.name, names) >= ENOUGH]
        return max(fitting, key=lambda one: best_fit(one.name, names)).name if fitting else ""

    def _event(self, evidence: Evidence) -> Proposal:
        kind, choices = evidence.kind, dict(evidence.choices)
        lacking = list(evidence.lacking)
        lines = [self._line(choice) for name, choice in choices.items() if name != "recorded_on"]
        other = self._other_days(choices)
        if "event_date" in lacking and len(other) == 1:
            lacking.remove("event_date")
            lines.append(Line("event_date", other[0], (other[0],), False, ONLY_OTHER))
            other = []
        elif "event_date" in lacking and "recorded_on" in choices and not other:
            # The day it was recorded is not before it happened, and the only one there is.
            lacking.remove("event_date")
            header = choices["recorded_on"].header
            lines.append(Line("event_date", header, (header,), False, "check: STAND-IN, the day it was recorded"))
        if "recorded_on" in TABLES_BY_NAME[kind.table].column_names:
            census = kind.table == _CENSUS
            recorded = recorded_line(choices, other, None if census else self.extract_date, event=True)
            if recorded is None:
                lacking.append("recorded_on")
            lines.append(recorded or asked_line("recorded_on", census=census))
            if "event_date" in lacking:
                lines.append(asked_line("event_date", census=census))
        lines += self._constants(kind, {line.column for line in lines})
        if kind.table == "school_status":
            lines += self._school_meals(choices)
        if kind.table == "addresses" and (parts := address(self.table)):
            lines.append(Line("address", _bare(parts), parts, sure=len(parts) > 1))
        key, group, group_type = self._keys(kind, choices)
        if kind.keyed is not Key.NONE and not (key or group):
            lacking.append("group" if kind.keyed is Key.GROUP else "key")
        given = {line.column for line in lines}
        required = [
            column.name for column in TABLES_BY_NAME[kind.table].columns
            if column.required and column.name not in given
        ]  # fmt: skip
        lacking += [name for name in required if name not in _FROM_KEYS and name not in lacking]
        return Proposal(kind.table, tuple(lines), key, (), group, group_type, lacking=tuple(lacking))

    def _other_days(self, choices: dict[str, Choice]) -> list[str]:
        """The columns of days that are nothing else."""
        taken = {choice.header for choice in choices.values()}
        taken |= {person.choices["dob"].header for person in persons(self.table) if "dob" in person.choices}
        left = [one.name for one in self.table.profiles if one.dates and one.name not in taken]
        return [name for name in left if not OF_NO_RECORDING & set(words(name))]

    def _line(self, choice: Choice) -> Line:
        if choice.column == "amount_pence" and choice.header == self._one(_DEBITS, Shape.MONEY):
            credit = self._one(_CREDITS, Shape.MONEY)
            if credit:
                both = {"debit": choice.header, "credit": credit}
                return Line("amount_pence", both, (choice.header, credit), sure=True)
        origin = choice.header
        if choice.column == "factors":
            marks = self._profile(choice.header)
            split = next((mark for mark in (";", ",", "|", "/") if marks and mark in marks.separators), None)
            if split:
                return Line("factors", {"column": origin, "split": split}, (origin,), choice.sure)
        return Line(choice.column, origin, (origin,), choice.sure)

    def _constants(self, kind: Kind, given: set[str]) -> list[Line]:
        lines = [
            Line(column, {"constant": value}, (), False, "check: every row is taken for this")
            for column, value in kind.constants
            if column not in given
        ]
        filled = given | {line.column for line in lines}
        for table, column, needed, value in _FILLED_BY_TOPIC:
            if table == kind.table and column not in filled and needed <= self.table.all_words:
                lines.append(Line(column, {"constant": value}, (), False, "check: every row is taken for this"))
                filled.add(column)
        return lines

    def _school_meals(self, choices: dict[str, Choice]) -> list[Line]:
        first, last = self._one(_FSM_FROM, Shape.DATE), self._one(_FSM_TO, Shape.DATE)
        if "fsm" in choices or not (first and last):
            return []
        return [Line("fsm", {"within": [first, last]}, (first, last), sure=True)]

    def _keys(self, kind: Kind, choices: dict[str, Choice]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """The key of the person, or the key and the kind of the group."""
        if kind.keyed is Key.NONE:
            return (), (), ""
        taken = {choice.header for choice in choices.values()}
        person, person_fit = person_key(self.table, taken) if kind.keyed is not Key.GROUP else ("", 0.0)
        group, group_type, group_fit = ("", "", 0.0)
        if kind.keyed is not Key.PERSON:
            group, group_type, group_fit = group_key(
                self.table, kind.group_types, taken, certain=kind.keyed is Key.GROUP
            )
            if not group and kind.keyed is Key.EITHER and not person:
                # The key of the episode may be that of the case itself.
                group, group_type, group_fit = group_key(self.table, kind.group_types)
        if group and group_fit >= person_fit:
            return (), (group,), group_type
        if not person and kind.keyed is not Key.GROUP:
            person, _ = person_key(self.table)
        return ((person,), (), "") if person else ((), (), "")

    # --- people ---

    def _people(self, events: list[Proposal], notes: list[str]) -> list[Proposal]:
        found = persons(self.table)
        where = address(self.table)
        usable = [one for one in found if where or {"dob", "postcode", "nino", "upn", "email"} & set(one.choices)]
        if not usable or any(event.table == "addresses" for event in events):
            return []
        if any(event.group and not event.lacking for event in events):
            notes.append(
                "The names in this file are not mapped: its rows are about a group. Map them as person_records and "
                "group_members only if no other file of the system lists the group's people."
            )
            return []
        group, group_type, _ = group_key(self.table, GROUP_KEYS)
        person, _ = person_key(self.table, {group} if len(found) < 2 else ())
        event_key = next((line.headers[0] for event in events for line in event.lines if _is_event_key(line)), "")
        key, subject = record_key(self.table, person, group, event_key)
        if not key and events and not all(event.lacking for event in events):
            notes.append("The names in this file are not mapped: no key names each row. Its events are mapped.")
            return []
        made: list[Proposal] = []
        taken = {header for event in events for line in event.lines for header in line.headers}
        census = any(event.table == _CENSUS for event in events)
        row = _Row(key, subject, group, group_type, frozenset(taken), census)
        for one in usable:
            suffix = _suffix(one, usable)
            made.append(self._person(one, where, row, suffix))
            if group and (len(usable) > 1 or group not in key or len(key) > 1):
                member = self._member(one, row, suffix)
                if member is not None:
                    made.append(member)
        return made

    def _person(self, one: Person, where: tuple[str, ...], row: _Row, suffix: str) -> Proposal:
        choices = {name: choice for name, choice in one.choices.items() if name != "recorded_on"}
        lines = [self._line(choice) for choice in choices.values()]
        if where:
            lines.append(Line("address", _bare(where), where, sure=True))
        recorded = self._recorded(one.choices, row)
        lines.append(recorded or asked_line("recorded_on", census=row.census))
        lacking = (*(() if row.key else ("key",)), *(() if recorded else ("recorded_on",)))
        present = tuple(choices[name].header for name in ("full_name",) if suffix and name in choices)
        return Proposal(
            "person_records", tuple(lines), row.key, row.subject, suffix=suffix, present=present, lacking=lacking
        )

    def _member(self, one: Person, row: _Row, suffix: str) -> Proposal | None:
        choices = membership(self.table)
        if "role" not in choices and not suffix:
            return None
        lines = [self._line(choice) for name, choice in choices.items() if name not in ("recorded_on", "role")]
        if suffix:
            lines.append(Line("role", {"constant": suffix}, (), False, "check: what this person is in the group"))
        elif "role" in choices:
            lines.append(self._line(choices["role"]))
        recorded = self._recorded({**choices, **{n: c for n, c in one.choices.items() if n == "recorded_on"}}, row)
        lines.append(recorded or asked_line("recorded_on", census=row.census))
        lacking = (*(() if row.key else ("key",)), *(() if recorded else ("recorded_on",)))
        present = tuple(one.choices[name].header for name in ("full_name",) if suffix and name in one.choices)
        return Proposal(
            "group_members", tuple(lines), row.key, (), (row.group,), row.group_type, suffix, present, lacking=lacking
        )  # fmt: skip

    def _recorded(self, choices: dict[str, Choice], row: _Row) -> Line | None:
        other = [name for name in self._other_days(choices) if name not in row.taken]
        return recorded_line(choices, other, None if row.census else self.extract_date, event=False)

    def _for_each_person(self, events: list[Proposal], people: list[Proposal]) -> list[Proposal]:
        """An event of which a row names several people is one of each of them."""
        people = [one for one in people if one.table == "person_records"]
        made: list[Proposal] = []
        for event in events:
            several = len(people) > 1 and event.table == "domestic_incidents"
            for one in people if several else [None]:
                if one is None:
                    made.append(event)
                else:
                    made.append(replace(event, key=one.key, suffix=one.suffix, present=one.present))
        return made

    # --- what every proposal gets at the end ---

    def _finished(self, proposal: Proposal) -> Proposal:
        usual = usual_formats(self.table.profiles)
        order = TABLES_BY_NAME[proposal.table].column_names
        lines = [
            in_its_format(line, self._profile(line.headers[0]), usual)
            if len(line.headers) == 1 and isinstance(line.origin, str)
            else line
            for line in proposal.lines
        ]
        return replace(proposal, lines=tuple(sorted(lines, key=lambda line: order.index(line.column))))

    def _profile(self, header: str) -> Profile | None:
        return next((one for one in self.table.profiles if one.name == header), None)


_FROM_KEYS = frozenset({"source", "file", "record_id", "subject_id", "group_type", "group_id", "statistical_class"})


def _is_event_key(line: Line) -> bool:
    return line.column in ("incident_id", "offence_id", "contact_id", "assessment_id", "episode_id") and bool(
        line.headers
    )


def _suffix(one: Person, people: list[Person]) -> str:
    if len(people) == 1 or (not one.role and len(people) > 1):
        return ""
    return one.role.replace(" ", "_") or "1"


def _bare(headers: tuple[str, ...]) -> object:
    return headers[0] if len(headers) == 1 else list(headers)
