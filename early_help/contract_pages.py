"""The pages ``docs/contracts/``: what each source table promises, made from its definition, contract and readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from features.library import library
from sources.codes.council import CODE_LISTS as COUNCIL_LISTS
from sources.codes.council import GROUP_KINDS
from sources.codes.social_care import CODE_LISTS as SOCIAL_CARE_LISTS
from sources.contracts.definitions import CONTRACTS, UNREADABLE, Contract
from sources.contracts.references import BornBeforeEvents
from sources.mapping.compiling import CLASS_COLUMN, SET_BY_THE_ROOM
from sources.tables import GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS, TABLES
from store.run_folder import relative_path
from store.table import Column, ColumnType

_LISTS = {codes.values: codes for codes in (*SOCIAL_CARE_LISTS, *COUNCIL_LISTS)}
_FEW = 12
"""So many codes are told on the page itself; longer lists stand on the page of codes."""
_UNREADABLE_WORDS = {
    ColumnType.TEXT: "is one of its codes, once the code map of the TOML has been followed",
    ColumnType.TEXTS: "holds nothing but its codes; one that is not known is left out of the list",
    ColumnType.DATE: "can be read as a day by one of the date formats",
    ColumnType.INTEGER: "is a whole number",
    ColumnType.PENCE: "is an amount of money",
    ColumnType.FLAG: "says yes or no",
}
_KEY_WORDS = {
    "source": "The system, as the extract names it.",
    "file": "The file's path within the extracts.",
    "record_id": "Made of the columns of `key`, joined by `|`, and the `suffix`.",
    "subject_id": "Made of the columns of `subject`; the same as `record_id` where there is none.",
    "group_type": "The `group_type` of the mapping.",
    "group_id": "Made of the columns of `group`, joined by `|`.",
    CLASS_COLUMN: "Looked up by `code` for the day of `event_date`.",
}
_LEFT_OUT, _BLANKED = "the row is left out", "the cell is blanked"
_UNLINKED = "the row is left out, counted as unlinked and not as bad"
_READ_BY_RESIDENTS = {PERSON_RECORDS.name, GROUP_MEMBERS.name, RELATIONSHIPS.name, "addresses"}


def contract_pages() -> dict[str, Callable[[], str]]:
    """Each page under ``docs/`` by its path, with what makes it."""
    pages: dict[str, Callable[[], str]] = {"contracts/README.md": contracts_index}
    for contract in CONTRACTS.values():
        pages[f"contracts/{contract.table.name}.md"] = lambda contract=contract: contract_page(contract)  # type: ignore[misc]
    return pages


def contracts_index() -> str:
    """The page that lists the others: Markdown."""
    lines = [
        *("# Contracts", ""),
        "Made by `make docs` from the definitions. Every table that an extract can be mapped to, what a row of it must "
        "be like, and what happens to one that is not. Nothing is put right by guessing, and nothing is lost: what is "
        "left out or blanked stands in `RUN/identifiable/sources/quarantine.parquet` with its file, row and rule.",
        "",
        "- A row without a required cell is left out. A cell that is not required is blanked.",
        "- Of rows with the same key the one recorded last counts; the others are superseded, which is no fault.",
        "- A row about a person or group that its own source does not name is unlinked: it is left out, but no run "
        "stops for it. Where a source names nobody at all, its rows stay, and one warning says so.",
    ]
    rows = [(f"[{table.name}]({table.name}.md)", table.meaning) for table in TABLES]
    return "\n".join([*lines, *_grid(("table", "what it holds"), rows)]) + "\n"


def contract_page(contract: Contract) -> str:
    """What one table promises: Markdown."""
    table = contract.table
    lines = [
        *(f"# {table.name}", "", table.meaning, ""),
        f"In a run: `RUN/{relative_path(table).as_posix()}`. Made by `make docs` from the definitions; "
        "[all contracts](README.md).",
        *("", "## Columns"),
        *_grid(("column", "type", "needed", "meaning"), [_column(contract, column) for column in table.columns]),
        *_codes(contract),
        *("", "## Rules"),
        *_grid(("about", "rule", "if not", "name"), [*_own_rules(contract), *_across(contract)]),
        *("", "## Rows with the same key", "", _key(contract)),
        *("", "## Set by the toolkit", ""),
        *[f"- `{name}`: {words}" for name, words in _KEY_WORDS.items() if name in table.column_names],
        *("", "## Read by", "", _readers(contract)),
        *("", "## A mapping", "", "```toml", *example(contract), "```"),
    ]
    return "\n".join(lines) + "\n"


def example(contract: Contract) -> list[str]:
    """Lines of TOML that map the table from a file whose columns have the table's own names."""
    table, names = contract.table, contract.table.column_names
    person = "record_id" in names and ("role" in names or "group_id" not in names or table.name == "service_episodes")
    group = "group_id" in names and ("role" in names or not person)
    lines = [
        *("[[extracts]]", f'name = "{table.name}"', 'source = "system"', f'files = ["{table.name}*.csv"]'),
        *('dates = ["%d/%m/%Y"]', "", "[[extracts.tables]]", f'table = "{table.name}"'),
        *(['key = ["person_number"]'] if person else []),
        *(['group = ["group_number"]', f'group_type = "{GROUP_KINDS.values[0]}"'] if group else []),
        "[extracts.tables.columns]",
    ]
    for column in table.columns:
        if column.name in SET_BY_THE_ROOM or column.name == CLASS_COLUMN:
            continue
        lines.append(f"{column.name} = {_origin(column)}")
    return lines


def _origin(column: Column) -> str:
    if column.type is ColumnType.TEXTS:
        return f'{{ column = "{column.name}", split = ";" }}'
    if column.codes and column.required:
        return f'{{ column = "{column.name}", codes = {{ "Their word" = "{column.codes[0]}" }} }}'
    return f'"{column.name}"'


# --- columns and codes -------------------------------------------------------------------------------------


def _column(contract: Contract, column: Column) -> tuple[str, ...]:
    needed = "yes" if column.required else "where mapped" if column.name in SET_BY_THE_ROOM else ""
    codes = " One of the [codes](../codes.md)." if len(column.codes) > _FEW else ""
    one_of = " One of the codes below." if column.codes and not codes else ""
    return f"`{column.name}`", column.type.value, needed, f"{column.meaning.rstrip('.')}.{codes}{one_of}"


def _codes(contract: Contract) -> list[str]:
    lines = []
    for column in contract.table.columns:
        if 0 < len(column.codes) <= _FEW:
            known = _LISTS.get(column.codes)
            told = [f"`{code}`{f' ({known.label(code)})' if known else ''}" for code in column.codes]
            lines.append(f"- `{column.name}`: {', '.join(told)}")
    return ["", "## Codes", "", *lines] if lines else []


# --- rules -------------------------------------------------------------------------------------------------


def _own_rules(contract: Contract) -> Iterable[tuple[str, ...]]:
    for column in contract.table.columns:
        if column.name in ("source", "file", CLASS_COLUMN):
            continue
        needed = column.required
        about, unmet = f"`{column.name}`", _LEFT_OUT if needed else _BLANKED
        if needed or column.name in ("record_id", "group_id"):
            where = "" if needed else ", where the mapping gives it"
            yield about, f"is there{where}", _LEFT_OUT, "`blank`"
        if column.codes or column.type not in (ColumnType.TEXT, ColumnType.TEXTS):
            lost = _LEFT_OUT if column.name in contract.essential else unmet
            if column.type is ColumnType.TEXTS:
                lost = "the code is left out of the list"
            yield about, _UNREADABLE_WORDS[column.type], lost, f"`{UNREADABLE[column.type]}`"
        if column.name == "code":
            yield about, "was in force on the day of `event_date`", _LEFT_OUT, "`not_in_force_that_day`"
        for rule in contract.rules:
            if rule.column == column.name:
                yield about, rule.says(), unmet, f"`{rule.name}`"
    for rule in contract.rules:
        if not rule.column:
            yield "the row", rule.says(), _LEFT_OUT, f"`{rule.name}`"


def _across(contract: Contract) -> Iterable[tuple[str, ...]]:
    for rule in contract.across:
        unmet = _BLANKED if isinstance(rule, BornBeforeEvents) else _UNLINKED
        yield "other tables", rule.says(), unmet, f"`{rule.name}`"


def _key(contract: Contract) -> str:
    if not contract.key:
        return "There is no key: equal rows may be true, such as two payments of one amount on one day. All are kept."
    key = ", ".join(f"`{name}`" for name in contract.key)
    told = (
        f"No two rows share {key} (blanks are equal). Of several the one recorded last counts, then the last one read."
    )
    if contract.identifying:
        needed = ", ".join(f"`{name}`" for name in contract.identifying)
        told += f" Rows without {needed} are not compared: nothing says that they are one."
    return told


def _readers(contract: Contract) -> str:
    subjects = sorted({feature.subject for feature in library() if contract.table.name in feature.sources})
    told = ["Features about " + ", ".join(subjects) + "."] if subjects else []
    if contract.table.name in _READ_BY_RESIDENTS:
        told.insert(0, "The residents room, to tell who is who, where they live and who is family.")
    return " ".join(told) or "No feature yet."


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["", "| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
