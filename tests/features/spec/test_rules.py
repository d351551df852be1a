"""Each rule's example gives its answer on either engine, and by the plain reference."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

import features
from features import definitions, rows, streams, values
from features.attendance_rules import EXAMPLES as ATTENDANCE_RULES
from features.examples import Example, cells, parsed
from features.family_rules import EXAMPLES as FAMILY_RULES
from features.rules import EXAMPLES as ROW_RULES
from tests.features.engines import BACKENDS, TABLES, computed
from tests.features.reference import Reference

EXAMPLES = (*ROW_RULES, *FAMILY_RULES, *ATTENDANCE_RULES)
Row = dict[str, Any]
each = pytest.mark.parametrize("example", EXAMPLES, ids=[example.title[:40] for example in EXAMPLES])


def tables_of(example: Example) -> dict[str, list[Row]]:
    """The example's tables, and everyone's records under their own names."""
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    for name, text in {**example.rows, "people": example.people, "families": example.families}.items():
        tables[name] = parsed(TABLES[name], text)
    for name in example.rows:
        tables[name] = [{"source": "s", "file": name, **row} for row in tables[name]]
    tables["record_person"] = [
        {"source": "s", "file": "people", "record_id": p["person_id"], "person_id": p["person_id"]}
        | {"match_probability": 1.0}
        for p in tables["people"]
    ]
    return tables


def expected(example: Example) -> dict[Any, Row]:
    header, *lines = cells(example.expected)
    found = {}
    for line in lines:
        row = dict(zip(header, line, strict=True))
        day = row.pop("as_of", None)
        as_of = dt.date.fromisoformat(day) if day else example.as_ofs[0]
        key = (as_of, *(row.pop(name) for name in ("child", "family") if name in row))
        found[key] = {name: float(cell) if cell else None for name, cell in row.items()}
    return found


@each
@pytest.mark.parametrize("backend", [*BACKENDS, "reference"])
def test_the_example_gives_the_answer_that_the_rule_says(backend: str, example: Example, tmp_path: Path) -> None:
    tables, of_children = tables_of(example), "child" in cells(example.expected)[0]
    if backend == "reference":
        found = {}
        for as_of in example.as_ofs:
            plain = Reference(tables, as_of)
            if of_children:
                found |= {(as_of, *key): row for key, row in plain.children(example.features).items()}
            else:
                found |= {(as_of, key): row for key, row in plain.families(example.features).items()}
    else:
        found = computed(backend, tmp_path, tables, example.features, example.as_ofs)[of_children]
    assert found == expected(example)


@each
def test_what_the_page_shows_is_what_is_computed(example: Example) -> None:
    """The text of an expression, read as Python by an author of features, is the value."""
    known = {name: getattr(module, name) for module in (values, rows, streams, definitions) for name in vars(module)}
    known |= {name: getattr(features, name) for name in features.__all__}
    for asked in example.asked:
        assert eval(asked.text, known) == asked.value


def test_the_examples_cover_every_way_of_reducing_and_rolling() -> None:
    made = [feature for example in EXAMPLES for feature in example.features]
    assert {a.reducer for f in made for a in f.aggregates} >= set(streams.Reducer) - {streams.Reducer.LOWEST}
    assert {f.roll for f in made} == set(definitions.Roll)
    assert {f.over for f in made} == set(definitions.Over)
    assert {f.null_rule for f in made} == set(definitions.NullRule)
