"""The catalogue page says what is known and what stands in for ethnicity, and shows nothing of a few."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest

from fairness_audits.stand_ins import Cases, stand_ins
from features.catalogue import entries
from features.library import library
from features.spread import alike, spread
from reports.catalogue import catalogue_page
from tests.reports.pages import Page
from tests.support import COUNCIL

UNITS = 1_003
NAMES = ("contacts_365", "contacts_182", "rent_arrears_weeks", "council_tenancy", "offences_365")
HOSTILE = '<script>alert("x")</script>'


def columns() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(21)
    contacts = generator.poisson(0.6, UNITS).astype(float)
    arrears = np.where(generator.random(UNITS) < 0.7, np.nan, generator.exponential(3, UNITS))
    tenancy = (~np.isnan(arrears)).astype(float)
    rare = np.zeros(UNITS)
    rare[:4] = 1.0
    return dict(zip(NAMES, (contacts, contacts * 2, arrears, tenancy, rare)))


def group() -> np.ndarray:
    """Black families mostly rent from the council, the others mostly do not."""
    tenancy = columns()["council_tenancy"]
    return np.array(["Black" if flag and i % 5 else "White" for i, flag in enumerate(tenancy)], dtype=object)


def documents() -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    catalogue = [entry for entry in entries(library()) if entry["name"] in NAMES]
    made = columns()
    tables = {
        "families": {
            "latest": {name: spread(column, column + (name == "contacts_365")) for name, column in made.items()},
            "alike": alike(made),
            "compared_with": "2025-06-30",
        },
        "children": {"latest": {}, "alike": [], "compared_with": "2025-06-30"},
    }
    coverage = {
        "as_of": ["2026-06-30"],
        "left_out": ["absence_rate_28"],
        "absent_sources": ["attendance"],
        "tables": tables,
    }
    family = stand_ins(Cases(made, group(), np.arange(UNITS)))
    standing = {"least_group": 50, "levels": {"family": {"as_of": "2026-06-30", **family}}}
    return catalogue, coverage, standing


@pytest.fixture(scope="module")
def html() -> str:
    return catalogue_page(COUNCIL, *documents())


def row(html: str, name: str) -> str:
    (found,) = re.findall(rf'<tr><th scope="row" id="f-{name}">.*?</tr>', html, re.DOTALL)
    return found


def cells(html: str, name: str) -> list[str]:
    return [Page(cell).text for cell in re.findall(r"<td.*?</td>", row(html, name), re.DOTALL)]


def test_a_feature_is_told_with_what_is_known_of_it(html: str) -> None:
    known, zero, typical, _, since, risk, standing = cells(html, "rent_arrears_weeks")
    share_known = (~np.isnan(columns()["rent_arrears_weeks"])).mean()
    assert abs(float(known.rstrip("%")) / 100 - share_known) < 0.01
    assert (
        typical.split()[1:] and since == "Much the same" and risk == "rises" and zero == "too few to show"
    ) or zero == "0%"
    assert standing.split()[0] in ("Strongly", "Somewhat")
    text = Page(row(html, "rent_arrears_weeks")).text
    assert "Caveats" in text
    assert "the sum of amount pence over postings to the rent account" in text


def test_what_moved_is_said(html: str) -> None:
    assert cells(html, "contacts_365")[4] == "Values shifted"
    assert cells(html, "contacts_182")[4] == "Much the same"


def test_features_that_say_the_same_are_named_together(html: str) -> None:
    section = html.split('id="alike"')[1].split("</section>", maxsplit=1)[0]
    labels = [entry["label"] for entry in documents()[0] if entry["name"] in ("contacts_365", "contacts_182")]
    assert all(label.replace("'", "&#39;") in section for label in labels)


def test_what_stands_in_is_told_first_with_what_to_consider(html: str) -> None:
    section = Page(html.split('id="ethnicity"')[1].split("</section>", maxsplit=1)[0]).text
    assert "Council tenancy or licence family Strongly" in section
    assert "Black: higher values" in section or "White: lower values" in section
    assert section.count("Ask whether it shows need or who is recorded") == 1
    assert section.count("Need, or recording") > 1
    assert "Who is missing" not in section  # what no feature of the table asks for is not explained
    assert "Offences" not in section


def test_nothing_of_a_few_is_shown(html: str) -> None:
    offences = cells(html, "offences_365")
    assert offences[0] == "100%"
    # Four of 1,003 have one: neither their share nor a bar of theirs may show.
    assert offences[1] == "over 99%"
    assert offences[2] == "0 0"
    (path,) = re.findall(r'<path d="(.*?)"', row(html, "offences_365"))
    assert path.count("M") == 1


def test_what_is_nought_for_all_at_every_date_is_told_as_never_seen() -> None:
    catalogue, coverage, standing = documents()
    coverage["tables"]["families"]["columns"] = {
        "offences_365": {"known": 1.0, "zero": 1.0, "least": 0.0, "median": 0.0, "most": 0.0},
        "contacts_365": {"known": 1.0, "zero": 1.0, "least": 0.0, "median": 0.0, "most": 1.0},
        "contacts_182": {"known": 0.0, "zero": None, "least": None, "median": None, "most": None},
    }
    page = catalogue_page(COUNCIL, catalogue, coverage, standing)
    never = [name for name in NAMES if cells(page, name)[2].startswith("never seen here")]
    assert never == ["offences_365"]


def test_without_a_verdict_or_without_features_it_says_so() -> None:
    catalogue, coverage, _ = documents()
    text = Page(catalogue_page(COUNCIL, catalogue, coverage, None)).text
    assert "This run has not judged it" in text and "not judged" in text
    assert "Nothing to show yet" in Page(catalogue_page(COUNCIL, [], coverage, None)).text
    assert "Nothing to show yet" in Page(catalogue_page(COUNCIL, catalogue, None, None)).text
    older = copy.deepcopy(coverage)
    for table in older["tables"].values():
        table.clear()
    assert "Nothing to show yet" in Page(catalogue_page(COUNCIL, catalogue, older, None)).text


def test_nobody_is_no_trouble() -> None:
    catalogue, coverage, _ = documents()
    empty = np.array([])
    coverage["tables"]["families"] |= {"latest": {name: spread(empty) for name in NAMES}, "alike": []}
    none = {
        "levels": {
            "family": stand_ins(Cases(dict.fromkeys(NAMES, empty), np.array([], dtype=object), empty.astype(int)))
        }
    }
    text = Page(catalogue_page(COUNCIL, catalogue, coverage, none)).text
    assert "None was shown to." in text and "too few to show" in text


def test_words_of_definitions_are_text_and_never_markup() -> None:
    catalogue, coverage, standing = documents()
    catalogue = [{**entry, "label": HOSTILE, "caveats": HOSTILE, "subject": "rent"} for entry in catalogue]
    page = Page(catalogue_page(COUNCIL, catalogue, coverage, standing))
    assert "script" not in {tag for tag, _ in page.elements}
    assert HOSTILE in page.text


def test_the_whole_library_fits_in_a_page() -> None:
    catalogue = entries(library())
    made = columns()["contacts_365"]
    names = [entry["name"] for entry in catalogue]
    tables = {
        name: {"latest": dict.fromkeys(names, spread(made, made)), "alike": [], "compared_with": "2025-06-30"}
        for name in ("families", "children")
    }
    coverage = {"as_of": ["2026-06-30"], "left_out": [], "absent_sources": [], "tables": tables}
    assert len(catalogue_page(COUNCIL, catalogue, coverage, None).encode()) < 500_000
