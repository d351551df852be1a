"""The reference pages under ``docs/``, made from the definitions themselves so that they cannot drift.

python -m early_help.reference
"""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from early_help.code_pages import codes_page
from early_help.command_page import command_page
from early_help.contract_pages import contract_pages
from early_help.feature_pages import feature_pages
from early_help.rules_page import rules_page
from fairness_audits.chain.recording import RECORDING
from fairness_audits.config import AuditConfig, CensusConfig, PanelConfig
from features.config import FeaturesConfig
from features.tables import TABLES as FEATURES_TABLES
from models.config import ModelsConfig, TargetSettings
from models.tables import IDENTIFICATION_WEIGHTS
from models.tables import TABLES as MODELS_TABLES
from models.thresholds import RetrainingConfig
from reports.config import ReportsConfig, TransparencyConfig
from residents.certainty import FAMILY_CERTAINTY, MATCH_CERTAINTY
from residents.config import ResidentsConfig
from residents.tables import TABLES as RESIDENTS_TABLES
from review.config import OidcConfig, ReviewConfig
from sources.config import Extract, Join, MappedColumn, SourcesConfig, TableMapping, Unpivot
from sources.tables import QUARANTINE, UNMAPPED_VALUES
from sources.tables import TABLES as SOURCES_TABLES
from store.council import Council, RunSettings
from store.files import write_text
from store.run_folder import relative_path
from store.table import Table

DOCS = Path(__file__).resolve().parent.parent / "docs"

_SECTIONS: tuple[tuple[str, type[BaseModel], tuple[str, ...]], ...] = (
    ("[council]", Council, ()),
    ("[run]", RunSettings, ()),
    ("[sources]", SourcesConfig, ("codes", "extracts")),
    ("[[extracts]]", Extract, ()),
    ("[[extracts.joins]]", Join, ()),
    ("[[extracts.tables]]", TableMapping, ()),
    ("[extracts.tables.unpivot]", Unpivot, ()),
    ("[extracts.tables.columns]: a column name, a list of them, or a table of", MappedColumn, ()),
    ("[residents]", ResidentsConfig, ()),
    ("[features]", FeaturesConfig, ()),
    ("[models]", ModelsConfig, ("targets",)),
    ("[targets.<name>]", TargetSettings, ()),
    ("[retraining]", RetrainingConfig, ()),
    ("[audit]", AuditConfig, ()),
    ("[census]", CensusConfig, ()),
    ("[panel]", PanelConfig, ()),
    ("[reports]", ReportsConfig, ()),
    ("[transparency]", TransparencyConfig, ()),
    ("[review]", ReviewConfig, ("oidc",)),
    ("[review.oidc]", OidcConfig, ()),
)
_ROOMS: tuple[tuple[str, tuple[Table, ...]], ...] = (
    ("sources", (*SOURCES_TABLES, QUARANTINE, UNMAPPED_VALUES)),
    ("residents", (*RESIDENTS_TABLES, MATCH_CERTAINTY, FAMILY_CERTAINTY)),
    ("features", FEATURES_TABLES),
    ("fairness_audits", (RECORDING, IDENTIFICATION_WEIGHTS)),
    ("models", MODELS_TABLES),
)


def council_toml() -> str:
    """Every key of a council's TOML, by section: Markdown."""
    lines = [
        "# The council's TOML: every key",
        "",
        "Made by `make docs` from the definitions. How to go about it: [map a council](map-a-council.md). Named code "
        'maps stand under `[codes.<name>]` as `"value in the extract" = "value in the table"`.',
    ]
    for title, kind, elsewhere in _SECTIONS:
        lines += ["", f"## `{title}`" if title.endswith("]") else f"## {title}", ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        for name, field in kind.model_fields.items():
            if name not in elsewhere:
                cells = (f"`{name}`", _type_name(field.annotation), _default(field), field.description or "")
                lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def data_dictionary() -> str:
    """Every table that one room hands to the next, by room: Markdown."""
    lines = ["# Data dictionary", "", "Made by `make docs` from the definitions. A * marks a column never empty."]
    for room, tables in _ROOMS:
        lines += ["", f"## {room}"]
        for table in tables:
            place = relative_path(table, "target" if table.per_target else None).as_posix()
            place = place.replace("/target/", "/<target>/")
            lines += ["", f"### {table.name}", "", f"{table.meaning} `RUN/{place}`", ""]
            lines += ["| column | type | meaning |", "|---|---|---|"]
            for column in table.columns:
                codes = f" One of: {', '.join(column.codes)}." if column.codes else ""
                mark = "*" if column.required else ""
                lines.append(f"| `{column.name}`{mark} | {column.type.value} | {_cell(column.meaning + codes)} |")
            if table.open_columns:
                lines.append("| ... | number | One column for each feature: see the run's `features/catalogue.json`. |")
    return "\n".join(lines) + "\n"


PAGES = {
    "codes.md": codes_page,
    "commands.md": command_page,
    "council-toml.md": council_toml,
    "data-dictionary.md": data_dictionary,
    **contract_pages(),
    **feature_pages(),
    "features/rules.md": rules_page,
}


_PLAIN_NAMES = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "date": "date"}


def _type_name(annotation: Any) -> str:
    """A type in words a person who writes TOML would use."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        return "table" if is_section else _PLAIN_NAMES.get(annotation.__name__, "text")
    if origin is typing.Annotated:
        return _type_name(parts[0])
    if origin is typing.Literal:
        return " or ".join(f'"{part}"' for part in parts)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type_name(part) for part in parts if part is not types.NoneType))
    return f"list of {_type_name(parts[0])}" if origin in (list, tuple) else f"table of {_type_name(parts[1])}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    return "" if value in (None, {}, [], ()) else f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write every reference page."""
    for name, make in PAGES.items():
        write_text(DOCS / name, make())


if __name__ == "__main__":
    main()
