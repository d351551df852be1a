"""Every page is safe, self-contained, well formed and readable by everyone."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from reports.style import palette, stylesheet
from store.run_folder import RunFolder
from tests.reports.conftest import HOSTILE_NAME, HOSTILE_NOTE, HOSTILE_SENTENCE
from tests.reports.pages import Page
from tests.reports.samples import CHILD_TARGET, FAMILY_TARGET

PAGES = (
    "reports/index.html",
    "reports/transparency.html",
    "reports/data_quality.html",
    "reports/linkage.html",
    "reports/feature_catalogue.html",
    "reports/chain.html",
    f"reports/{FAMILY_TARGET}/fairness.html",
    f"reports/{CHILD_TARGET}/fairness.html",
    f"reports/{FAMILY_TARGET}/model_card.html",
    f"reports/{FAMILY_TARGET}/explanation.html",
    f"reports/{FAMILY_TARGET}/explanation_cover.html",
    "retraining.html",
    "list/published/audit.html",
)
"""Every kind of page, by its place in the run folder; one of an audited list is put there for the tests."""
XMLNS = re.compile(r'xmlns(?::\w+)?="[^"]*"')
LARGEST_BYTES = 500_000


@pytest.fixture(params=PAGES)
def html(request: pytest.FixtureRequest, reported: RunFolder) -> str:
    return (reported.root / request.param).read_text(encoding="utf-8")


def test_no_page_runs_or_fetches_anything(html: str) -> None:
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.elements}
    assert not {name for _, attributes in page.elements for name in attributes if name.startswith("on")}
    addresses = [a.get("href") or a.get("src") or "" for _, a in page.elements if "href" in a or "src" in a]
    assert addresses
    for address in addresses:
        assert address.startswith(("#", "data:,")) or re.fullmatch(r"(\.\./)?([a-z_]+/)?[a-z_]+\.html", address)
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert len(styles) == 1
    assert "url(" not in styles[0] and "@import" not in styles[0]
    policy = [meta["content"] for meta in page.all("meta") if "content-security-policy" in str(meta).lower()]
    assert policy and policy[0].startswith("default-src 'none'")


def test_outside_text_holds_no_address(html: str) -> None:
    """Apart from the hostile words, which must stand there as text, no page names an address."""
    shown = html.replace("http://evil.example/", "").replace("//evil.example", "")
    assert not re.search(r"(https?:)?//\w", XMLNS.sub("", shown))


def test_elements_are_closed_in_order_and_ids_are_unique(html: str) -> None:
    page = Page(html)
    assert page.crossed == []
    assert len(set(page.ids)) == len(page.ids)
    targets = [a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")]
    assert set(targets) <= set(page.ids)
    named = {word for _, a in page.elements for word in a.get("aria-labelledby", "").split()}
    assert named <= set(page.ids)


def test_headings_begin_with_one_h1_and_skip_no_level(html: str) -> None:
    headings = Page(html).headings
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_landmarks_language_and_title(html: str) -> None:
    page = Page(html)
    assert page.all("html") == [{"lang": "en-GB"}]
    for landmark in ("header", "main", "footer"):
        assert page.all(landmark), landmark
    assert len(page.all("main")) == 1 and page.all("main")[0]["id"] == "content"
    assert page.all("a")[0]["href"] == "#content"
    assert re.search(r"<title>[^<]{10,}(Testborough|A list from elsewhere)</title>", html)
    assert all(nav.get("aria-label") for nav in page.all("nav"))


def test_every_table_has_a_caption_and_scoped_headers(html: str) -> None:
    page = Page(html)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))


def test_every_chart_is_named_and_stands_beside_a_table(html: str) -> None:
    page = Page(html)
    pictures = [svg for svg in page.all("svg") if svg.get("aria-hidden") != "true"]
    assert all(svg.get("role") == "img" and svg.get("aria-labelledby") for svg in pictures)
    assert len(pictures) == len(page.all("figure"))
    for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
        after = html[html.index(figure) + len(figure) :]
        assert "<table" in after.split("</section>")[0]


def test_no_page_is_heavy(html: str) -> None:
    assert len(html.encode()) < LARGEST_BYTES


def test_every_page_of_a_run_is_looked_at(reported: RunFolder) -> None:
    """Whatever kind of page is written must be among those that the tests of this file and the browser's open."""
    kinds = {path.name for path in reported.root.rglob("*.html")}
    assert kinds == {place.rpartition("/")[2] for place in PAGES}


def test_hostile_words_are_shown_as_text(reported: RunFolder) -> None:
    html = (reported.root / "reports" / FAMILY_TARGET / "explanation.html").read_text(encoding="utf-8")
    page = Page(html)
    for words in (HOSTILE_SENTENCE, HOSTILE_NAME, HOSTILE_NOTE):
        assert " ".join(words.split()) in page.text
        assert words not in html
    index = Page((reported.root / "reports" / "index.html").read_text(encoding="utf-8"))
    assert index.crossed == []


# --- the stylesheet ---------------------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent", "ochre", "plum", "slate", "link"])
def test_text_contrasts_with_every_ground(ink: str, ground: str) -> None:
    assert _contrast(palette()[ink], palette()[ground]) >= 4.5


@pytest.mark.parametrize("tone", ["accent", "ochre", "plum", "slate"])
def test_each_tone_contrasts_with_its_soft_ground(tone: str) -> None:
    soft = palette()[f"{tone}-soft"]
    for ink in (tone, "ink", "muted", "link"):
        assert _contrast(palette()[ink], soft) >= 4.5, ink


def test_white_on_the_masthead_and_edges_of_boxes_contrast() -> None:
    assert _contrast("#ffffff", palette()["accent"]) >= 4.5
    assert _contrast(palette()["edge"], palette()["paper"]) >= 3
    assert _contrast(palette()["ink"], palette()["focus"]) >= 4.5


def test_nothing_is_red() -> None:
    for name, colour in palette().items():
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        assert not (red > 1.8 * green and red > 1.8 * blue), name


def test_every_colour_has_a_name() -> None:
    """Colours are used by name, so that the contrasts above cover them all; plain white is the one exception."""
    rules = stylesheet().partition("}")[2]
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) <= {"#fff", "#ffffff"}
    used = set(re.findall(r"var\(--([a-z-]+)\)", rules))
    assert used <= {*palette(), "measure"}
