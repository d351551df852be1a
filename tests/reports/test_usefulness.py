"""That a list may be worth nothing is said to everyone who might use it, and nothing bad is called good."""

from __future__ import annotations

import datetime as dt

import pytest
from rich.console import Console

from early_help.status import print_targets, target_lines
from reports.case_facts import Case, Reason
from reports.explanation import explanation_page
from reports.facts import ReleaseFacts
from reports.fairness import fairness_page
from reports.index import Card, index_page
from reports.reading import feature_facts, no_audit, run_facts, target_facts
from store.files import write_json
from store.run_folder import RunFolder
from tests.reports.pages import Page
from tests.reports.samples import CHILD_TARGET, audit, evaluation, features_of
from tests.support import COUNCIL, KEYS

WARNING = "No way of choosing was shown to do better than a list drawn by lot."
AS_OF = dt.date(2026, 6, 30)
OPEN = ReleaseFacts(open=True)
UNIT, FAMILY = "c" * 20, "f" * 20


def made(*, useless: bool) -> dict[str, object]:
    why = WARNING if useless else "It did about as well as the best one."
    choice = {"chosen": "boosted_trees", "rule": "", "why": why, "no_better_than_chance": useless}
    return evaluation(CHILD_TARGET, choice=choice)


def pack(*reasons: Reason, useless: bool = False) -> str:
    features = {feature.name: feature for feature in feature_facts(features_of(CHILD_TARGET))}
    case = Case(UNIT, FAMILY, reasons, dict.fromkeys(features, 0.0))
    target = target_facts(CHILD_TARGET, made(useless=useless))
    return Page(explanation_page(COUNCIL, target, no_audit("none"), OPEN, features, [case], AS_OF)).text


@pytest.mark.parametrize("useless", [True, False])
def test_every_page_says_that_a_list_is_no_better_than_chance(useless: bool) -> None:
    target = target_facts(CHILD_TARGET, made(useless=useless))
    fairness = Page(fairness_page(COUNCIL, target, no_audit("none"), OPEN)).text
    index = Page(index_page(COUNCIL, run_facts({}, {}, ()), [Card(target, no_audit("none"), OPEN)])).text
    assert (WARNING in fairness[fairness.index("Is the model worth using?") :]) is useless
    assert fairness.count(WARNING) == (2 if useless else 0)
    assert (WARNING in index) is useless
    assert (WARNING in pack(useless=useless)) is useless


@pytest.mark.parametrize("useless", [True, False])
def test_the_status_says_so_too(run: RunFolder, useless: bool) -> None:
    write_json(run.root / "models" / CHILD_TARGET / "evaluation.json", made(useless=useless))
    audit(run)
    console = Console(record=True, width=200)
    print_targets(console, target_lines(run, KEYS, AS_OF))
    assert (f"Warning: {WARNING}" in console.export_text()) is useless


@pytest.mark.parametrize(
    ("feature", "contribution", "value", "median", "noticed", "well"),
    [
        pytest.param("rent_arrears_weeks", 0.4, 6.0, 0.5, True, False, id="moved it up"),
        pytest.param("rent_arrears_weeks", -0.4, 0.0, 0.5, False, True, id="moved it down and is good"),
        pytest.param("rent_arrears_weeks", -0.4, 9.0, 0.5, False, False, id="moved it down and is bad"),
        pytest.param("age", -0.4, 5.0, 11.0, False, False, id="neither good nor bad"),
        pytest.param("rent_arrears_weeks", -0.4, None, 0.5, False, False, id="not known"),
    ],
)
def test_what_is_noticed_and_what_goes_well(
    feature: str, contribution: float, value: float | None, median: float, noticed: bool, well: bool
) -> None:
    said = pack(Reason(feature, "rent", "This is the reason.", contribution, value, median))
    before, after = said.split("What may be going well")
    assert ("This is the reason." in before) is noticed
    assert ("This is the reason." in after) is well
    assert ("It may be here only because the list had room." in before) is not noticed
