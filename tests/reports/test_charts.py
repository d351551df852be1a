"""Charts as SVG: what is the same of many marks is said once, and nothing looks different for it."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from reports.charts import IntervalRow, inline, interval_chart

_OF_ALL = {
    "fill": ("#ffffff", "none"),
    "stroke": ("#000000", "#0e5a5e"),
    "stroke-width": ("1", "6"),
    "stroke-linejoin": ("round",),
    "font-size": ("13px", "14px"),
    "text-anchor": ("start", "end"),
    "opacity": ("0.35", "0.5"),
    "x2": ("3", "30"),
}
_OF_THEIR_OWN = {"opacity", "x2"}
"""What a mark does not have from its group: said of the group, it would be lost, or fade the group as a whole."""

_marks = st.lists(
    st.tuples(
        st.sampled_from(["text", "line", "path"]),
        st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in _OF_ALL.items()}),
        st.sampled_from(["", "White", 'a fill="none" of words', "&lt;line/&gt;"]),
    ),
    min_size=1,
    max_size=5,
)


def _drawn(marks: list[tuple[str, dict[str, str], str]], around: str = "<g>") -> str:
    inside = "".join(_mark(tag, said, words) for tag, said, words in marks)
    return f'<svg viewBox="0 0 9 9">{around}{inside}</g></svg>'


def _mark(tag: str, said: dict[str, str], words: str) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in said.items())
    return f"<text{attributes}>{words}</text>" if tag == "text" else f"<{tag}{attributes}/>"


def _as_seen(svg: str) -> list[tuple[str, dict[str, str], str | None]]:
    """Each mark with its words and what is said of it, by itself or by a group around it."""
    seen: list[tuple[str, dict[str, str], str | None]] = []

    def walk(element: ElementTree.Element, above: dict[str, str]) -> None:
        said = {**above, **element.attrib}
        if element.tag == "g":
            assert not _OF_THEIR_OWN & set(element.attrib)
        elif element.tag in {"text", "line", "path"}:
            seen.append((element.tag, said, element.text))
        for inside in element:
            walk(inside, {name: value for name, value in said.items() if name not in _OF_THEIR_OWN | {"viewBox"}})

    walk(ElementTree.fromstring(svg), {})
    return seen


@given(_marks)
def test_every_mark_looks_as_it_did(marks: list[tuple[str, dict[str, str], str]]) -> None:
    made = ElementTree.fromstring(inline(_drawn(marks), "name", "words"))
    made.attrib.clear()
    assert _as_seen(ElementTree.tostring(made, "unicode")) == [
        (tag, said, ElementTree.fromstring(f"<t>{words}</t>").text if tag == "text" else None)
        for tag, said, words in marks
    ]


@given(_marks)
def test_what_is_the_same_of_all_is_said_once(marks: list[tuple[str, dict[str, str], str]]) -> None:
    made = inline(_drawn(marks), "name", "words")
    for name in set(_OF_ALL) - _OF_THEIR_OWN:
        values = {said.get(name) for _, said, _ in marks}
        if len(values) == 1 and None not in values:
            assert sum(f' {name}="' in piece.partition(">")[0] for piece in made.split("<")) == 1


def test_a_group_that_is_somewhere_else_stays_as_it_is() -> None:
    svg = _drawn([("line", {"stroke": "#000000"}, "")], around='<g transform="translate(3,4)">')
    assert '<g transform="translate(3,4)"><line stroke="#000000"/></g>' in inline(svg, "name", "words")


def test_a_chart_says_how_its_words_are_drawn_once_for_each_column() -> None:
    rows = [IntervalRow(f"Group {number}", 0.2, 0.1, 0.3, "20%") for number in range(7)]
    svg = interval_chart(rows, name="one", description="Seven groups")
    assert svg.count('stroke-linejoin="round"') == 2
