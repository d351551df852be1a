"""The pages ``docs/features/``: every feature of the library, by subject, made from the definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from features.catalogue import all_sources, twins
from features.definitions import Direction, Feature, Level, NullRule
from features.describing import columns_read, definition, null_rule_in_words
from features.library import library
from features.wording import SOURCE_WORDS, period

FOLDER = "features"
_RISK = {Direction.RISES: "rises", Direction.FALLS: "falls", Direction.FREE: "free"}
_BLANK = {NullRule.ZERO: "0", NullRule.NOT_APPLICABLE: "blank", NullRule.UNKNOWN: "blank, with an indicator"}
_READING = (
    "Every value is of one as-of date: a row counts when it happened and was recorded before it, and windows are days "
    "back from it. A capital letter in a formula stands for a number taken from rows, told below it. Division by "
    "nought, and arithmetic on what is not known, give a blank. Values are rounded to six places. **Risk** is what a "
    "model may take for granted: that risk never falls as the value rises (*rises*), never rises (*falls*), or nothing "
    "(*free*)."
)


def feature_pages() -> dict[str, Callable[[], str]]:
    """Each page's place under ``docs/`` and what makes it."""
    subjects = dict.fromkeys(feature.subject for feature in library())
    pages: dict[str, Callable[[], str]] = {f"{FOLDER}/index.md": _index}
    for subject in subjects:
        pages[f"{FOLDER}/{subject}.md"] = lambda subject=subject: _subject(subject)  # type: ignore[misc]
    return pages


def _index() -> str:
    features = library()
    family = sum(feature.level is Level.FAMILY for feature in features)
    lines = [
        *("# Features", ""),
        f"Made by `make docs` from the definitions. {len(features)} features: {family} of families and "
        f"{len(features) - family} of children; a child's row has its family's features too. How much of each is known "
        "in a run, how it is spread and how strongly it stands in for ethnicity is in the run's "
        "`reports/feature_catalogue.html`; `early-help features explain` shows the rows behind one value. "
        "[The rules, by example](rules.md) say what counts and when; [Add a feature](../add-a-feature.md) goes from an "
        "idea to a column.",
        *("", _READING, ""),
        *("| subject | features | sources |", "|---|---|---|"),
    ]
    for subject in dict.fromkeys(feature.subject for feature in features):
        mine = [feature for feature in features if feature.subject == subject]
        tables = dict.fromkeys(table for feature in mine for table in all_sources(feature, features))
        sources = ", ".join(f"{SOURCE_WORDS.get(table, table)} (`{table}`)" for table in tables)
        lines.append(f"| [{_title(subject)}]({subject}.md) | {len(mine)} | {sources} |")
    lines += ["", "## By name", "", "| feature | subject | what it is |", "|---|---|---|"]
    for feature in sorted(features, key=lambda one: one.name):
        link = f"[`{feature.name}`]({feature.subject}.md#{feature.name})"
        lines.append(f"| {link} | {_title(feature.subject)} | {_cell(feature.label)} |")
    return "\n".join(lines) + "\n"


def _subject(subject: str) -> str:
    features = library()
    mine = [feature for feature in features if feature.subject == subject]
    lines = [
        *(f"# {_title(subject)}", ""),
        f"Made by `make docs` from the definitions. {len(mine)} features; [all subjects](index.md).",
        *("", "| feature | what it is | of | windows | risk | no record |", "|---|---|---|---|---|---|"),
    ]
    for feature in mine:
        cells = (
            f"[`{feature.name}`](#{feature.name})",
            *(feature.label, feature.level.value, _windows(feature)),
            *(_RISK[feature.direction], _BLANK[feature.null_rule]),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    for feature in mine:
        lines += _entry(feature, features)
    return "\n".join(lines) + "\n"


def _entry(feature: Feature, features: Sequence[Feature]) -> list[str]:
    words = definition(feature)
    alone = len(words.steps) == 1 and words.formula == words.steps[0][0]
    formula = words.steps[0][1] if alone else words.formula
    lines = ["", f"## {feature.name}", "", f"**{feature.label}.** {_sentence(formula)} {words.whose}".rstrip(), ""]
    if not alone:
        lines += [*(f"- {letter}: {step}" for letter, step in words.steps), *([""] if words.steps else [])]
    lines += [f"- *{name}:* {said}" for name, said in _facts(feature, features) if said]
    return lines


def _facts(feature: Feature, features: Sequence[Feature]) -> list[tuple[str, str]]:
    read = columns_read(feature)
    tables = ", ".join(f"`{table}` ({', '.join(columns) or 'dates'})" for table, columns in read.items())
    beneath = [table for table in all_sources(feature, features) if table not in read]
    by_way = f"by way of other features {', '.join(f'`{table}`' for table in beneath)}" if beneath else ""
    same_as = twins(features).get(feature.name)
    said = [feature.sentence, feature.sentence_none, feature.sentence_below]
    return [
        ("Made from", "; ".join(filter(None, (tables, by_way)))),
        ("Of", "a child" if feature.level is Level.CHILD else "a family"),
        ("Windows", _windows(feature)),
        ("No record", null_rule_in_words(feature)),
        ("Risk", _RISK[feature.direction]),
        ("Said", " / ".join(dict.fromkeys(filter(None, said)))),
        ("The same number as", f"`{same_as}`" if same_as else ""),
        ("Why", feature.why),
        ("Caveats", feature.caveats),
        ("Owner", feature.owner),
    ]


def _windows(feature: Feature) -> str:
    return ", ".join(period(days) for days in feature.windows)


def _title(subject: str) -> str:
    return subject.replace("_", " ").capitalize()


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
