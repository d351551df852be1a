"""How the index's answer about people looks on a terminal. Every text of the systems goes through ``plain``."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from residents.lookup.words import noun_of
from store.safe_text import plain

_BITS_A_MARK = 1.5
_LONGEST_BAR = 20
_INDENT = "  "
_EVEN = 0.5


class PersonView:
    """Prints to one console, in marks it can show."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._block = "█" if console.encoding.lower().startswith("utf") else "#"

    def listed(self, people: list[dict[str, Any]], total: int) -> None:
        """Several people, the likeliest first, and how many more there are."""
        grid = _grid("Person", "Name", "Born", "Sex", "Systems", "Likeness", "Last address")
        for one in people:
            grid.add_row(
                *self._cells(one["person_id"], name_of(one), one["dob"], one["sex"], one["systems"]),
                *self._cells(f"{one['likeness']:.2f}", one["last_address"]),
            )
        self._console.print(grid)
        if total > len(people):
            self._line(f"{total - len(people):,} more. Ask for more of what is known, or raise --limit.")
        self._line("For one of them, with what joined the records, say --person and the id.")

    def person(self, document: dict[str, Any]) -> None:
        """One person, whole."""
        person = document["person"]
        self._line(f"{name_of(person)}, born {_day(person['dob'])}, {person['sex'] or 'sex not known'}")
        self._line(f"Person {person['person_id']}")
        self._identifiers(document["identifiers"])
        self._links(document["links"])
        self._homes(document["homes"])
        self._families(document["families"], person["person_id"])

    def _identifiers(self, rows: list[dict[str, Any]]) -> None:
        self._line(f"\nIn {len({row['system'] for row in rows})} systems, under {len(rows)} keys")
        widths = [max((len(row[column]) for row in rows), default=0) for column in ("system", "key")]
        for row in rows:
            weight = "alone" if row["weight"] is None else f"{row['weight']:+.1f}"
            numbers = [f"{noun_of(one)} {row[one]}" for one in ("upn", "nino") if row[one]]
            known = [
                row["name"] or "no name",
                f"born {_day(row['dob'])}",
                *numbers,
                f"{row['records']:,} records" if row["records"] > 1 else "1 record",
                f"last {row['last_recorded']}",
                f"{_sure(row['match_probability'])} sure",
            ]
            self._line(
                f"{_INDENT}{row['system']:<{widths[0]}}  {row['key']:<{widths[1]}}  {weight:>6}  {', '.join(known)}"
            )

    def _links(self, links: list[dict[str, Any]] | None) -> None:
        if links is None:
            self._line(
                "\nThe run's matching model was made by another version of the toolkit: weights are not shown. "
                "Run the job again, until residents at least, to see them."
            )
        elif links:
            self._line("\nWhat joins these keys, in bits: each bit doubles the odds that the two are one person")
        # Keys that agree in the same things have the same waterfall.
        alike: dict[Any, list[dict[str, Any]]] = {}
        for link in links or ():
            explained = (link["weight"], *((part["words"], part["weight"]) for part in link["parts"]), *link["missing"])
            alike.setdefault(explained, []).append(link)
        for group in alike.values():
            self._waterfall(group)

    def _waterfall(self, links: list[dict[str, Any]]) -> None:
        for link in links:
            self._line(f"{_INDENT}{_key(link['one'])} and {_key(link['other'])}")
        link = links[0]
        self._step("any two records", link["prior"])
        for part in link["parts"]:
            self._step(part["words"], part["weight"])
        if link["missing"]:
            nouns = ", ".join(noun_of(name) for name in link["missing"])
            self._line(f"{_INDENT * 2}{'0':>6}  not held by both: {nouns}")
        self._line(f"{_INDENT * 2}{link['weight']:>+6.1f}  together: {_sure(link['probability'])} sure")
        if link["probability"] < _EVEN:
            self._line(f"{_INDENT * 2}        too little by itself: joined by what other keys or the household show")

    def _step(self, words: str, weight: float) -> None:
        marks = min(round(abs(weight) / _BITS_A_MARK), _LONGEST_BAR)
        self._line(f"{_INDENT * 2}{weight:>+6.1f}  {words:<48} {(self._block if weight > 0 else '-') * marks}".rstrip())

    def _homes(self, homes: list[dict[str, Any]]) -> None:
        self._line("\nHomes, the newest first" if homes else "\nNo home known")
        for home in homes:
            uprn = f", UPRN {home['uprn']}" if home["uprn"] else ""
            self._line(f"{_INDENT}{_span(home)}: {home['address']} ({home['kind']}{uprn})")
            for other in home["with"]:
                self._line(
                    f"{_INDENT * 2}with {name_of(other)}, born {_day(other['dob'])}, {_span(other)} "
                    f"({other['person_id']})"
                )
            if home["others"] > len(home["with"]):
                self._line(f"{_INDENT * 2}with {home['others']:,} other people: no household, so they are not named")

    def _families(self, families: list[dict[str, Any]], person: str) -> None:
        self._line("\nFamilies" if families else "\nIn no family")
        for family in families:
            self._line(f"{_INDENT}{family['family_id']}")
            for member in family["members"]:
                who = "this person" if member["person_id"] == person else name_of(member)
                self._line(
                    f"{_INDENT * 2}{who}, {member['role']}, born {_day(member['dob'])}, {_span(member)}, "
                    f"{_sure(member['confidence'])} sure by {member['basis'].replace('+', ', ').replace('_', ' ')}"
                    f"{'' if who == 'this person' else ' (' + member['person_id'] + ')'}"
                )

    def _cells(self, *values: Any) -> list[Text]:
        return [Text(plain("" if value is None else str(value))) for value in values]

    def _line(self, text: str) -> None:
        start = "\n" * (len(text) - len(text.lstrip("\n")))
        self._console.print(Text(start + plain(text.lstrip("\n"))), soft_wrap=True)


def name_of(row: dict[str, Any]) -> str:
    """Forename and surname as far as they are known."""
    return " ".join(filter(None, (row["forename"], row["surname"]))) or "name not known"


def _grid(*headings: str) -> Grid:
    grid = Grid(box=None, pad_edge=False)
    for heading in headings:
        # An id is there to be copied.
        grid.add_column(heading, overflow="fold", no_wrap=heading == "Person")
    return grid


def _sure(probability: float) -> str:
    """A probability in whole per cent that never says certain."""
    return "over 99%" if probability >= 0.995 else f"{probability:.0%}"


def _key(key: tuple[str, str]) -> str:
    return f"{key[0]} {key[1]}"


def _day(day: Any) -> str:
    return "not known" if day is None else str(day)


def _span(row: dict[str, Any]) -> str:
    return f"{row['from_date']} to {row['to_date'] or 'now'}"
