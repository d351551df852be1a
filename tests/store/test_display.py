"""Pieces of HTML for notebooks: escaped, closed, and nothing where there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from store.display import bullets, card, facts, folded, paragraph, table

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=HYPERLINK('x')", "a & b")
PIECES: dict[str, Callable[[str], str]] = {
    "heading": lambda text: card(text, beside=text),
    "paragraph": paragraph,
    "quiet paragraph": lambda text: paragraph(text, quiet=True),
    "table": lambda text: table((text, "b"), [(text, text)], strong=text),
    "facts": lambda text: facts([(text, text)]),
    "bullets": lambda text: bullets([text]),
    "summary": lambda text: folded(text, paragraph(text)),
}


class Elements(HTMLParser):
    """What a browser would make of it: the elements, whether each is closed, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_every_piece_holds_hostile_words_as_text(piece: Callable[[str], str], text: str) -> None:
    found = Elements(piece(text))
    assert text in found.text and not found.open
    assert not found.names & {"script", "img"}


def test_what_has_nothing_to_say_is_not_there() -> None:
    assert [paragraph(""), bullets([]), facts([("A name", "")]), folded("More", "", "")] == [""] * 4


def test_the_row_that_is_named_stands_out_alone() -> None:
    bold = "font-weight:600"
    rows = table(("way", "figure"), [("one", "1"), ("two", "2")], strong="two").split("<tbody>")[1].split("</tr>")
    assert bold not in rows[0] and bold in rows[1]


def test_no_colour_of_text_or_page_is_set_so_that_it_reads_in_a_dark_notebook() -> None:
    html = card(
        "a", paragraph("b", quiet=True), table(("c",), [("d",)]), facts([("e", "f")]), folded("g", bullets("h"))
    )
    assert "background" not in html
    assert not [rule for rule in html.replace('"', ";").split(";") if rule.strip().startswith("color:")]
