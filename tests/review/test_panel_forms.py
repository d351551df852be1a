"""What may be said not to be so: each fact on record once, and no sentence that only sums facts up."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from reports.case_facts import Case, Reason
from reports.explanation import Noticed, case_sheets
from reports.reading import target_facts
from review.panel.forms import DecisionForm, facts_of
from tests.reports.samples import FAMILY_TARGET, TODAY, evaluation

HOSTILE = '=HYPERLINK("x") <script>alert(1)</script>'
SUMMED = Noticed(
    "needs",
    "There is evidence of need: housing.",
    ("Four weeks of rent are owed.", "A step towards eviction was taken."),
    (("rent_weeks", "Four weeks of rent are owed."), ("evictions", "A step towards eviction was taken.")),
)
PLAIN = Noticed("attendance", HOSTILE, (), (("absence", HOSTILE),))
AGAIN = Noticed("rent", "Four weeks of rent are owed.", (), (("rent_weeks", "Four weeks of rent are owed."),))


def sent(**given: str | list[str]) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({"reason": "wrongly_recorded", "version": "0"})
    for name, values in given.items():
        data.setlist(name, [values] if isinstance(values, str) else values)
    return data


def test_facts_are_offered_and_what_sums_them_up_is_not() -> None:
    things = DecisionForm((SUMMED, PLAIN, AGAIN), sent()).things()
    assert [(thing["feature"], thing["sentence"]) for thing in things] == [
        ("rent_weeks", "Four weeks of rent are owed."),
        ("evictions", "A step towards eviction was taken."),
        ("absence", HOSTILE),
    ]
    assert facts_of(()) == {}


def test_what_is_ticked_is_kept_with_what_is_written_beside_it() -> None:
    form = DecisionForm(
        (SUMMED, PLAIN), sent(not_so=["evictions", "absence"], said_evictions="They paid", said_rent_weeks="Not ticked")
    )
    assert form.is_valid()
    assert form.given().not_so == {"evictions": "They paid", "absence": ""}


@pytest.mark.parametrize("feature", ["need_housing", "score", "", HOSTILE])
def test_nothing_else_can_be_said_not_to_be_so(feature: str) -> None:
    form = DecisionForm((SUMMED,), sent(not_so=[feature]))
    assert not form.is_valid()
    assert list(form.errors) == ["not_so"]


def test_a_sheet_tells_facts_by_the_features_that_they_are_of() -> None:
    made = Reason("need_housing", "needs", SUMMED.sentence, 0.4, 1.0, 0.0, SUMMED.made_of, ("rent_weeks", "evictions"))
    alone = Reason("absence", "attendance", "A third was missed.", 0.2, 0.3, 0.1)
    [sheet] = case_sheets(
        target_facts(FAMILY_TARGET, evaluation(FAMILY_TARGET)), {}, [Case("0" * 32, "0" * 32, (made, alone), {})], TODAY
    )
    assert [one.facts for one in sheet.noticed] == [SUMMED.facts, (("absence", "A third was missed."),)]
