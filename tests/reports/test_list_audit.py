"""The page of an audited list: what its document says, in words for everyone, and nothing that the document hides."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from early_help.cli import app
from reports.list_audit import key_figures, list_audit_page, why_lines
from tests.reports.list_data import HOSTILE, LISTS, audited_list, scored
from tests.reports.pages import Page
from tests.reports.test_pages import LARGEST_BYTES, XMLNS


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The audit of each of `LISTS`."""
    folder = tmp_path_factory.mktemp("lists")
    return {name: audited_list(folder, columns, cut, **how) for name, (columns, cut, how) in LISTS.items()}


@pytest.fixture(params=LISTS)
def document(request: pytest.FixtureRequest, documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return documents[request.param]


@pytest.fixture
def html(document: dict[str, Any]) -> str:
    return list_audit_page(document)


def test_the_page_is_whole_safe_and_light(html: str) -> None:
    page = Page(html)
    assert page.crossed == []
    assert len(set(page.ids)) == len(page.ids)
    assert "script" not in {tag for tag, _ in page.elements}
    assert not {name for _, attributes in page.elements for name in attributes if name.startswith("on")}
    assert not re.search(r"(https?:)?//\w", XMLNS.sub("", html))
    assert len(html.encode()) < LARGEST_BYTES
    headings = page.headings
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    targets = [a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")]
    assert set(targets) <= set(page.ids)
    named = {word for _, a in page.elements for word in a.get("aria-labelledby", "").split()}
    assert named <= set(page.ids)


def test_every_table_has_a_caption_and_every_chart_a_table(html: str) -> None:
    page = Page(html)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))
    for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
        after = html[html.index(figure) + len(figure) :]
        assert "<table" in after.split("</section>")[0]


def test_the_verdict_is_put_in_words_and_no_hidden_count_is_in_the_page(document: dict[str, Any], html: str) -> None:
    page = Page(html)
    said = {"fail": "did not pass its fairness checks", "cannot_tell": "cannot yet tell whether this list is fair"}
    assert said[document["verdict"]] in page.text
    for name in document["list"]["columns"]["group"]:
        entries = document["groupings"][name]
        there = [entry for entry in entries if entry["label"] in page.text]
        assert len(there) >= min(len(entries), 60)
    assert document["list"]["file"] in page.text
    shown = {int(cell.replace(",", "")) for cell in re.findall(r'<td class="num">([\d,]+)</td>', html)}
    assert shown <= {
        entry[what] for entries in document["groupings"].values() for entry in entries for what in ("n", "flagged")
    }


def test_hostile_names_stand_as_text(documents: dict[str, dict[str, Any]]) -> None:
    html = list_audit_page(documents["whole"])
    page = Page(html)
    for words in (*HOSTILE, "Ethnic <b>group</b>", "a <i>list.csv"):
        assert " ".join(words.split()) in page.text
    assert "<b>" not in html and "<i>" not in html and "49" not in re.findall(r"{{.*?}}", page.text)


def test_why_names_who_is_worse_off_and_what_was_not_settled(documents: dict[str, dict[str, Any]]) -> None:
    document = documents["whole"]
    lines = why_lines(document)
    assert lines[0].startswith("Black: beyond the margin of “Found when in need”")
    (unsettled,) = [line for line in lines if line.startswith("Some rule could not be settled")]
    assert "Unknown (Ethnic <b>group</b>)" in unsettled and "Unknown (sex)" in unsettled
    figures = {figure.name: figure.big for figure in key_figures(document)}
    assert figures["Cases on the list"] == "about 600"


def test_without_outcomes_the_page_says_what_was_not_asked_and_shows_flags_alone(
    documents: dict[str, dict[str, Any]],
) -> None:
    document = documents["without outcomes"]
    page = Page(list_audit_page(document))
    assert "Not asked: " in page.text and "no outcomes" in page.text
    assert "Miss rate" not in {words.strip() for words in page.words[: page.words.index("Glossary")]}
    assert [figure.name for figure in key_figures(document)] == ["Cases on the list"]


def test_what_is_too_long_for_a_page_is_told_and_left_out(documents: dict[str, dict[str, Any]]) -> None:
    text = Page(list_audit_page(documents["many groups"])).text
    assert "“Ethnic <b>group</b>”, 44 of 104 groups" in text
    assert "Black" in text


def test_the_same_document_gives_the_same_page(document: dict[str, Any], html: str) -> None:
    assert list_audit_page(document) == html


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    scored().to_csv(path, index=False)
    asked = [
        "audit",
        "table",
        str(path),
        "--group",
        "sex",
        "--label",
        "outcome",
        "--score",
        "risk",
        "--capacity",
        "500",
    ]
    done = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "out/published/audit.pdf").exists()
    assert "published/audit.html" in done.output.replace("\n", "")
    html = (tmp_path / "out/published/audit.html").read_text(encoding="utf-8")
    assert "list.csv" in Page(html).text
