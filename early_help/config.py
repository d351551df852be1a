"""Reading a council's TOML into the settings of each room.

Every room defines its own section; this module only puts the file's tables into them and says clearly, by
TOML key, what does not fit.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from early_help.config_errors import in_our_words, toml_trouble
from fairness_audits.config import AuditConfig, CensusConfig, PanelConfig
from features.config import FeaturesConfig
from models.config import ModelsConfig
from models.thresholds import RetrainingConfig
from reports.config import ReportsConfig, TransparencyConfig
from residents.config import ResidentsConfig
from review.config import ReviewConfig
from sources.config import SourcesConfig
from sources.plan import plan_extracts
from sources.readers.extract_files import file_within
from store.council import Council, RunSettings, Section
from store.errors import UsageError
from store.files import text_hash

SectionType = TypeVar("SectionType", bound=Section)

_TOP_LEVEL = (
    *("council", "run", "sources", "codes", "extracts"),
    *("residents", "features", "models", "targets", "retraining"),
    *("audit", "census", "panel", "reports", "transparency", "review"),
)


_VERY_DEEP_KEY = re.compile(r"(?:[\w\"'-]+[ \t]*\.[ \t]*){100}")


@dataclass(frozen=True)
class CouncilConfig:
    """A council's whole configuration, checked."""

    path: Path
    sha256: str
    council: Council
    settings: RunSettings
    sections: dict[type[Section], Section]


def load_config(path: Path) -> CouncilConfig:
    """Read and check a council's TOML.

    Raises UsageError naming the file and the line, or the TOML key, of the first thing that is wrong.
    """
    content = _read(path)
    document = _parse(path, content)
    _refuse_unknown(path, document)
    _refuse_other_than_tables(path, document)
    _require_extracts(path, document)
    base = path.resolve().parent
    extracts = _with_queries(path, document.get("extracts"))
    sources = {**document.get("sources", {}), "codes": document.get("codes", {}), "extracts": extracts}
    models = {**document.get("models", {})}
    if "targets" in document:
        models["targets"] = document["targets"]
    parts = (
        _section(path, SourcesConfig, _resolved(base, sources, "folder"), prefix="sources", bare=("codes", "extracts")),
        _section(path, ResidentsConfig, document.get("residents", {}), prefix="residents"),
        _section(path, FeaturesConfig, document.get("features", {}), prefix="features"),
        _section(path, ModelsConfig, models, prefix="models", bare=("targets",)),
        _section(path, RetrainingConfig, document.get("retraining", {}), prefix="retraining"),
        _section(path, AuditConfig, _resolved(base, document.get("audit", {}), "policy"), prefix="audit"),
        _section(path, CensusConfig, document.get("census", {}), prefix="census"),
        _section(path, PanelConfig, _all_resolved(base, document.get("panel", {}), "decisions"), prefix="panel"),
        _section(path, ReportsConfig, document.get("reports", {}), prefix="reports"),
        _section(path, TransparencyConfig, document.get("transparency", {}), prefix="transparency"),
        _section(path, ReviewConfig, document.get("review", {}), prefix="review"),
    )
    _refuse_impossible_mappings(path, parts[0])
    return CouncilConfig(
        path=path.resolve(),
        sha256=text_hash(content),
        council=_section(path, Council, document.get("council", {}), prefix="council"),
        settings=_section(path, RunSettings, document.get("run", {}), prefix="run"),
        sections={type(part): part for part in parts},
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            "There is no such file.", where=str(path), fix="Check the path of the council's TOML."
        ) from None
    except IsADirectoryError:
        raise UsageError("This is a folder, not a TOML file.", where=str(path), fix="Name the TOML in it.") from None
    except UnicodeDecodeError:
        raise UsageError("The file is not UTF-8 text.", where=str(path), fix="Save it as UTF-8.") from None


def _parse(path: Path, content: str) -> dict[str, Any]:
    if _VERY_DEEP_KEY.search(content):
        # The parser's work and memory grow with the square of the depth.
        raise _too_deep(path)
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        trouble = toml_trouble(content, str(error))
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError:
        raise UsageError(
            "A number has more figures than can be.", where=str(path), fix="Put it in quotation marks if it is a text."
        ) from None
    raise UsageError(trouble.message, where=f"{path}, {trouble.place}", fix=trouble.fix)


def _too_deep(path: Path) -> UsageError:
    return UsageError(
        "The TOML is nested deeper than it can be.", where=str(path), fix="Look for brackets or dots that go on and on."
    )


def _refuse_other_than_tables(path: Path, document: dict[str, Any]) -> None:
    """Raise UsageError for a section that is one value."""
    for name, held in document.items():
        if name != "extracts" and not isinstance(held, dict):
            message, fix = in_our_words("dict_type", {}, "")
            raise UsageError(message, where=f"{path}: {name}", fix=fix)


def _refuse_impossible_mappings(path: Path, sources: SourcesConfig) -> None:
    """Raise UsageError for a mapping that no file could be read by, before any is opened."""
    try:
        plan_extracts(sources)
    except UsageError as error:
        raise UsageError(error.message, where=f"{path}: {error.where}", fix=error.fix) from None


def _refuse_unknown(path: Path, document: dict[str, Any]) -> None:
    for key in document:
        if key not in _TOP_LEVEL:
            raise UsageError(
                f"There is no section called [{key}].", where=f"{path}: {key}", fix=_suggestion(key, _TOP_LEVEL)
            )


def _require_extracts(path: Path, document: dict[str, Any]) -> None:
    if not document.get("extracts"):
        raise UsageError(
            "No extract is described yet.",
            where=f"{path}: [[extracts]]",
            fix="Put a file in the folder of the extracts, ask early-help suggest FILE --out PART.toml, read what it "
            "proposes, and add it to the end of this file.",
        )


def _resolved(base: Path, table: dict[str, Any], key: str) -> dict[str, Any]:
    """The table with a path made absolute from the TOML's own folder."""
    if not isinstance(table.get(key), str):
        return table
    return {**table, key: str(base / table[key])}


def _all_resolved(base: Path, table: dict[str, Any], key: str) -> dict[str, Any]:
    """The table with each of a list of paths made absolute from the TOML's own folder."""
    given = table.get(key)
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return table
    return {**table, key: [str(base / one) for one in given]}


def _with_queries(path: Path, extracts: Any) -> Any:
    """The extracts with the path of each query_file made absolute; it may not lead out of the TOML's folder."""
    if not isinstance(extracts, list):
        return extracts
    made = list(extracts)
    for place, extract in enumerate(extracts):
        if isinstance(extract, dict) and isinstance(extract.get("query_file"), str):
            where = f"{path}: extracts[{place + 1}].query_file"
            found = file_within(path.resolve().parent, extract["query_file"], where)
            made[place] = {**extract, "query_file": str(found)}
    return made


def _section(
    path: Path, kind: type[SectionType], table: Any, *, prefix: str, bare: tuple[str, ...] = ()
) -> SectionType:
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    # Raised out here, so that the library's error, and all that it holds on to, goes with its handler. A key that is
    # not known comes first: it is often why another is missing.
    first = min(found, key=lambda one: _rank(one["type"], one["loc"]))
    location = [str(part) for part in first["loc"]]
    key = _toml_key(location, prefix, bare)
    if first["type"] == "extra_forbidden":
        fix = _suggestion(location[-1], _known_keys(kind, location[:-1]))
        raise UsageError("This key is not known.", where=f"{path}: {key}", fix=fix)
    message, fix = in_our_words(first["type"], first.get("ctx", {}), location[-1] if location else "")
    raise UsageError(message, where=f"{path}: {key}", fix=fix)


def _rank(kind: str, location: tuple[int | str, ...]) -> tuple[bool, bool, int]:
    """Which of several errors to tell: an unknown key first, then what is deepest in the file.

    A value that may have several forms is tried as each; that it is not the plain one says little.
    """
    plain_form = bool(location) and str(location[-1]) in ("str", "list[str]")
    return kind != "extra_forbidden", plain_form, -len(location)


def _toml_key(location: list[str], prefix: str, bare: tuple[str, ...]) -> str:
    parts = location if location and location[0] in bare else [prefix, *location]
    key = ""
    for part in parts:
        if part.isdigit():
            # TOML's arrays of tables are counted from one by the people who write them.
            key += f"[{int(part) + 1}]"
        elif part in ("str", "MappedColumn") or "[" in part:
            # Not a key: which of the forms a value may have was tried.
            continue
        else:
            key += f".{part}" if key else part
    return key


def _known_keys(kind: type[BaseModel], location: list[str]) -> tuple[str, ...]:
    """The keys allowed where an unknown one was met: those of every section class nested there."""
    known: set[str] = set()
    classes: list[type[BaseModel]] = [kind]
    seen: set[type[BaseModel]] = set()
    while classes:
        current = classes.pop()
        if current in seen:
            continue
        seen.add(current)
        if not location or current is not kind:
            known.update(current.model_fields)
        for field in current.model_fields.values():
            classes.extend(_sections_in(field.annotation))
    return tuple(sorted(known or set(kind.model_fields)))


def _sections_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _sections_in(part)]


def _suggestion(key: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else "Known keys here: " + ", ".join(known) + "."
