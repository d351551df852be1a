"""The reference pages say what the definitions say."""

from __future__ import annotations

import tomllib

import pytest

from early_help.contract_pages import example
from early_help.reference import DOCS, PAGES
from features.library import library
from sources.config import SourcesConfig
from sources.contracts.definitions import CONTRACTS
from sources.plan import plan_extracts
from sources.tables import TABLES


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_page_in_the_docs_is_the_one_the_definitions_give(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


def test_every_key_has_a_meaning() -> None:
    rows = [line for line in PAGES["council-toml.md"]().splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert [row for row in rows if row.endswith("|  |")] == []


def test_no_page_of_a_contract_is_left_over() -> None:
    found = {f"contracts/{path.name}" for path in (DOCS / "contracts").iterdir()}
    assert found == {page for page in PAGES if page.startswith("contracts/")}
    assert set(CONTRACTS) == {table.name for table in TABLES}


def test_every_feature_has_its_entry_and_no_page_of_a_subject_is_left_over() -> None:
    pages = {page: make() for page, make in PAGES.items() if page.startswith("features/")}
    found = {f"features/{path.name}" for path in (DOCS / "features").iterdir()} - {"features/rules.md"}
    assert found == set(pages) - {"features/rules.md"}
    for feature in library():
        entry = pages[f"features/{feature.subject}.md"].split(f"\n## {feature.name}\n")[1].split("\n## ")[0]
        assert all(words in entry for words in (feature.label, feature.sentence, feature.why, feature.caveats))
        assert f"[`{feature.name}`]({feature.subject}.md#{feature.name})" in pages["features/index.md"]


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_the_example_of_a_contract_is_a_mapping(table: str) -> None:
    document = tomllib.loads("\n".join(example(CONTRACTS[table])))
    (plan,) = plan_extracts(SourcesConfig.model_validate({"folder": "extracts", **document}))
    assert [mapping.table for mapping in plan.extract.tables] == [table]


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_each_rule_of_a_contract_is_on_its_page(table: str) -> None:
    page = PAGES[f"contracts/{table}.md"]()
    for rule in (*CONTRACTS[table].rules, *CONTRACTS[table].across):
        assert rule.says().replace("|", "\\|") in page and f"`{rule.name}`" in page
