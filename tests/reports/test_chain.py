"""The page of the chain and what a fairness report says of it: what is shown, what is withheld, and for whom."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reports.chain import chain_page, noticed, of_target, overview
from reports.chain_reading import GroupTold, LinkTold, StepTold, chain_told
from reports.facts import Finding, Measure, ReleaseFacts, Rule
from reports.fairness import fairness_page, unsettled_rules
from reports.provenance import Source
from reports.reading import no_audit, target_facts
from reports.stand_ins import stand_ins
from tests.reports.chain_data import CENSUS, HOSTILE_SYSTEM, NO_DECISIONS, chain, proxies, with_missed
from tests.reports.pages import Page
from tests.reports.samples import CHILD_TARGET, FAMILY_TARGET, evaluation
from tests.support import COUNCIL

TITLES = {FAMILY_TARGET: "Families under the radar", CHILD_TARGET: "Hidden young carers"}
SOURCES = [Source("fairness_audits/published/chain.json", "0" * 64)]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return chain(TITLES)


@pytest.fixture(scope="module")
def html(document: dict[str, Any]) -> str:
    return chain_page(COUNCIL, chain_told(document), list(TITLES.items()), SOURCES)


def entries(document: dict[str, Any], link: str, step: int = 0, grouping: str = "broad") -> dict[str, dict[str, Any]]:
    (found,) = [one for one in document["links"] if one["link"] == link]
    groupings = found["steps"][step]["groupings"] if "steps" in found else found["groupings"]
    return {entry["group"]: entry for entry in groupings[grouping]}


def test_every_link_is_there_with_why_it_matters_or_why_nothing_is_told(document: dict[str, Any], html: str) -> None:
    said = Page(html).text
    for place, link in enumerate(document["links"], start=1):
        assert f"{place}. {link['title']}" in said
    assert NO_DECISIONS in said and CENSUS in said


def test_the_short_version_names_who_differs_and_nobody_else(document: dict[str, Any]) -> None:
    """By the readings of the published document, and by nothing worked out anew."""
    links = chain_told(document).links
    named = {title: " ".join(lines) for title, lines in noticed(links)}
    assert all(len(lines) <= 3 for _, lines in noticed(links))
    differing = {
        entry["label"]
        for link in ("steps", "equal_need")
        for entry in entries(document, link).values()
        if entry["reading"] in ("higher", "lower")
    }
    assert "Black" in differing
    for title in ("From one step to the next", "Noticed at equal need"):
        assert {
            label for label in ("White", "Black", "Asian", "Unknown", "Gypsy") if label in named[title]
        } <= differing
    assert "more often: Black" in named["Noticed at equal need"]


def test_of_few_groups_a_summary_says_by_which_comparison() -> None:
    def step(title: str, **readings: str) -> StepTold:
        told = [
            GroupTold(name, True, "50", Measure(0.1), Measure(0.1), Measure(None), reading, "")
            for name, reading in readings.items()
        ]
        return StepTold(title, title, "", "", "", "", tuple(told))

    one = step("Ethnicity held: rent", Black="lower", Asian="cannot_tell")
    other = step("Ethnicity held: schools", Black="lower", Asian="higher")
    assert noticed([LinkTold("recording", "Whose", (one, other), "")]) == [
        (
            "Ethnicity on record",
            ("Black: less often in 2 of 2 comparisons", "Asian: more often (ethnicity held: schools)"),
        )
    ]


def test_the_overview_counts_every_comparison_once(document: dict[str, Any]) -> None:
    links = chain_told(document).links
    table = overview(links)
    for row, link in zip(table.rows, [link for link in links if link.steps]):
        for label, cell in zip(table.groups, row.cells):
            there = sum(group.label == label for step in link.steps for group in step.broad)
            assert sum(tally.number for tally in cell) == there


def test_a_withheld_figure_is_shown_as_withheld_and_no_hidden_count_is_there(
    document: dict[str, Any], html: str
) -> None:
    hidden = entries(document, "equal_need")["Gypsy/Roma or Irish Traveller"]
    assert hidden["rate"] is None and isinstance(hidden["events"], str)
    (section,) = re.findall(r'<section id="equal_need".*?</section>', html, re.DOTALL)
    (row,) = re.findall(r'<tr><th scope="row">Gypsy/Roma or Irish Traveller</th><td class="num">.*?</tr>', section)
    cells = [Page(cell).text for cell in re.findall("<td.*?</td>", row)]
    assert cells[0] == ("under 10" if hidden["n"] == "<10" else str(hidden["n"]))
    assert cells[1:4] == ["withheld"] * 3
    shown = {int(cell.replace(",", "")) for cell in re.findall(r'<td class="num">([\d,]+)</td>', html)}
    assert all(count % 5 == 0 for count in shown)


def test_figures_are_those_published(document: dict[str, Any], html: str) -> None:
    entry = entries(document, "equal_need")["Black"]
    (section,) = re.findall(r'<section id="equal_need".*?</section>', html, re.DOTALL)
    said = Page(section).text
    assert entry["sentence"] in said
    ratio = entry["ratio"]
    assert f"{ratio['value']:.2f} {ratio['low']:.2f} to {ratio['high']:.2f}" in said


def test_a_hostile_system_s_name_stands_as_text(html: str) -> None:
    assert HOSTILE_SYSTEM not in html and "<script" not in html
    assert " ".join(HOSTILE_SYSTEM.split()) in Page(html).text


def test_a_link_that_is_not_known_yet_is_shown_by_its_own_title(document: dict[str, Any]) -> None:
    further = {"link": "after_all", "title": "What came of it", "not_told": "No help was recorded."}
    told = chain_told(document | {"links": [*document["links"], further]})
    said = Page(chain_page(COUNCIL, told, [], SOURCES)).text
    assert "What came of it" in said and "No help was recorded." in said


def test_without_a_chain_the_page_says_so() -> None:
    assert "Nothing to show yet" in Page(chain_page(COUNCIL, None, [], SOURCES)).text


# --- in a fairness report ---------------------------------------------------------------------------------


def report(document: dict[str, Any] | None, target: str = FAMILY_TARGET) -> str:
    told = chain_told(document) if document else None
    found = stand_ins(proxies(FAMILY_TARGET), target, {"rent_arrears_weeks": "Rent arrears in <b>weeks</b>"})
    return fairness_page(
        COUNCIL, target_facts(target, evaluation(target)), no_audit("none"), ReleaseFacts(open=False), told, found
    )


def test_a_report_tells_of_its_own_label_alone(document: dict[str, Any]) -> None:
    told = chain_told(document)
    (label,) = [link for link in of_target(told, FAMILY_TARGET) if link.name == "labels"]
    assert [step.name for step in label.steps] == [f"{FAMILY_TARGET}_label_at_equal_all_needs"]
    own = entries(document, "labels", 0)["Black"]["sentence"]
    other = entries(document, "labels", 1)["Black"]["sentence"]
    said = Page(report(document)).text
    assert own in said and "Families under the radar: the outcome at equal all evidence" in said
    assert "Hidden young carers: the outcome" not in said and (own == other or other not in said)


def test_the_model_s_row_counts_the_policy_s_findings(document: dict[str, Any]) -> None:
    findings = (Finding("Black", "fail", "", ""), Finding("ethnicity unknown", "cannot_tell", "", "more"))
    rule = Rule("found", "Found when in need", "", "fail", findings)
    table = overview(of_target(chain_told(document), FAMILY_TARGET), [rule, rule])
    last = dict(zip(table.groups, table.rows[-1].cells))
    assert [(one.reading, one.number) for one in last["Black"]] == [("fail", 2)]
    assert [(one.reading, one.number) for one in last["Unknown"]] == [("cannot_tell", 2)]
    assert last["White"] == ()


def test_what_stands_in_is_told_with_what_is_withheld(document: dict[str, Any]) -> None:
    html = report(document)
    said = Page(html).text
    assert "Rent arrears in <b>weeks</b> 0.31 0.20 to 0.40 Strongly" in said and "<b>weeks" not in html
    assert "Left since withheld Cannot tell" in said
    assert "1 80% -5 points (-9 to -1)" in said
    assert "2 withheld withheld: too few true cases" in said
    assert "What stands in for ethnicity" not in Page(report(document, CHILD_TARGET)).text


def test_a_report_without_a_chain_has_none_of_it() -> None:
    said = Page(report(None)).text
    assert "From data to decision" not in said and "Group by group" not in said


def test_a_summary_says_once_what_the_same_groups_lack() -> None:
    def rule(title: str, *findings: tuple[str, str, str]) -> Rule:
        found = tuple(Finding(group, verdict, "few", settle) for group, verdict, settle in findings)
        return Rule(title, title, "", "cannot_tell", found)

    open_for = ("Black", "cannot_tell", "More cases"), ("Asian", "cannot_tell", "More cases")
    rules = (
        rule("Missed", *open_for, ("Other", "cannot_tell", "Many more"), ("White", "pass", "")),
        rule("Found: when in need", *open_for),
        rule("Worth", ("Black", "cannot_tell", "")),
    )
    assert [(one.title, one.settle) for one in unsettled_rules(rules)] == [
        ("Black and Asian: “Missed” and “Found: when in need”", "More cases"),
        ("Other: “Missed”", "Many more"),
        ("Black: “Worth”", "few"),
    ]


def test_whom_the_lists_miss_is_told_where_cases_were_drawn_from_below_the_line(
    document: dict[str, Any], html: str
) -> None:
    assert "Below the line" not in html, "nothing is said where none were drawn"
    titles = {**TITLES, CHILD_TARGET: HOSTILE_SYSTEM}
    told = with_missed(document, titles)
    page = chain_page(COUNCIL, chain_told(told), list(TITLES.items()), SOURCES)
    said = Page(page).text
    assert NO_DECISIONS not in said and "<script>alert" not in page
    assert "Of four lists some cases were drawn by lot from below the line" in said
    assert "They had about 1,000 cases below the line each." in said
    assert "33% of those read would be offered help (95% interval 26% to 41%)" in said
    assert "about 330 (260 to 410)" in said and "about 130 (" in said
    assert "fewer than 10 of those read would be offered help" in said and "probably no more than" in said
    (link,) = [link for link in chain_told(told).links if link.name == "panel"]
    few = link.missed[1]
    assert {one.would for one in few.groups} == {"under 10"}
    assert all(one.share.value is None for one in few.groups)
