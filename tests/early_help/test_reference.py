"""The reference pages say what the definitions say."""

from __future__ import annotations

import pytest

from early_help.reference import DOCS, PAGES


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_page_in_the_docs_is_the_one_the_definitions_give(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


def test_every_key_has_a_meaning() -> None:
    rows = [line for line in PAGES["council-toml.md"]().splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert [row for row in rows if row.endswith("|  |")] == []
