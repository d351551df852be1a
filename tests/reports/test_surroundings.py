"""Services around a case and how sure its matching is, against a plain reading of the same rows."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables import MEMBERS, MILESTONES
from reports.case_facts import Case, Fed, Services
from reports.explanation import case_sheets
from reports.reading import feeds_of, target_facts
from reports.stage import STAGE
from reports.surroundings import surrounded
from residents.certainty import FAMILY_CERTAINTY, MATCH_CERTAINTY
from store.council import RunSettings
from store.run_folder import RunFolder
from store.workspace import Workspace
from tests.reports.samples import FAMILY_TARGET, evaluation
from tests.support import COUNCIL, KEYS, SilentProgress, put_table

AS_OF = dt.date(2026, 7, 1)
FEEDS = {"attendance": ("schools",), "rent_transactions": ("housing", "old_rents"), "contacts": ("social_care",)}
CASE = Case("f", "f", (), {})
_folders = itertools.count()


def around(root: Path, **tables: list[dict[str, Any]]) -> Case:
    run = RunFolder(root / str(next(_folders)))
    member = {"as_of": AS_OF, "family_id": "f", "person_id": "p", "role": "child", "age_years": 9}
    put_table(run, MEMBERS, [member, member | {"person_id": "q"}, member | {"person_id": "r", "family_id": "g"}])
    given = {MILESTONES: "milestones", MATCH_CERTAINTY: "matches", FAMILY_CERTAINTY: "ties"}
    for table, name in given.items():
        put_table(run, table, tables.get(name, []))
    work = Workspace(run, STAGE, COUNCIL, RunSettings(), {}, SilentProgress(), KEYS)
    work.begin()
    (case,) = surrounded(work, [CASE], AS_OF, FEEDS)
    work.end()
    return case


def step(kind: str, event: str, recorded: str = "", to: str = "", known: str = "", person: str = "p") -> dict[str, Any]:
    dates = {"event_date": event, "recorded_on": recorded or event, "to_date": to, "end_recorded_on": known or to}
    return {"person_id": person, "kind": kind} | {
        name: dt.date.fromisoformat(date) if date else None for name, date in dates.items()
    }


@pytest.mark.parametrize(
    ("steps", "now", "before"),
    [
        pytest.param([], (), (), id="nothing"),
        pytest.param([step("cin", "2026-03-02")], ("a child in need plan, since March 2026",), (), id="open"),
        pytest.param(
            [step("cin", "2026-03-02", to="2026-06-29", known="2026-07-05")],
            ("a child in need plan, since March 2026",),
            (),
            id="its end is not known yet",
        ),
        pytest.param(
            [step("early_help", "2025-03-02", to="2025-06-29")], (), ("early help, until June 2025",), id="ended"
        ),
        pytest.param(
            [step("early_help", "2025-03-02", to="2025-06-29") | {"end_recorded_on": None}],
            (),
            ("early help, until June 2025",),
            id="nobody wrote down when its end was known",
        ),
        pytest.param([step("cp", "2026-06-30", recorded="2026-07-01")], (), (), id="recorded on the day"),
        pytest.param([step("cp", "2026-07-01")], (), (), id="began on the day"),
        pytest.param([step("cp", "2026-03-01", person="r")], (), (), id="of another family"),
        pytest.param(
            [
                step("contact", "2025-01-05"),
                step("contact", "2026-02-05", person="q"),
                step("early_help", "2026-02-20"),
            ],
            ("early help, since February 2026",),
            ("the last contact with children's services, in February 2026",),
            id="several people",
        ),
        pytest.param([step("eviction_action", "2026-01-01")], (), (), id="no service"),
    ],
)
def test_services_are_told_as_known_at_the_date(
    tmp_path: Path, steps: list[dict[str, Any]], now: tuple[str, ...], before: tuple[str, ...]
) -> None:
    assert around(tmp_path, milestones=steps).services == Services(now, before)


_CERTAIN = st.sampled_from(["sure", "fairly_sure", "less_sure"])
_MATCHES = st.dictionaries(
    st.tuples(st.sampled_from("pqr"), st.sampled_from(["schools", "housing", "old_rents", "library"])), _CERTAIN
)
_TIES = st.dictionaries(st.tuples(st.sampled_from("fg"), st.sampled_from("pqr")), st.booleans())


@settings(max_examples=25, deadline=None)
@given(matches=_MATCHES, ties=_TIES)
def test_the_least_sure_of_the_family_s_records_counts(
    tmp_path_factory: pytest.TempPathFactory, matches: dict[tuple[str, str], str], ties: dict[tuple[str, str], bool]
) -> None:
    found = around(
        tmp_path_factory.getbasetemp() / "around",
        matches=[
            {"person_id": person, "source": source, "certainty": sure} for (person, source), sure in matches.items()
        ],
        ties=[
            {"family_id": family, "person_id": person, "certainty": "sure", "by_home_alone": alone}
            for (family, person), alone in ties.items()
        ],
    ).matched
    assert found is not None and found.people == 2
    assert found.by_home_alone == sum(
        alone for (family, person), alone in ties.items() if family == "f" and person != "r"
    )
    for table, systems in FEEDS.items():
        theirs = {key: sure for key, sure in matches.items() if key[0] != "r" and key[1] in systems}
        if not theirs:
            assert table not in found.tables
            continue
        worst = max(theirs.values(), key=["sure", "fairly_sure", "less_sure"].index)
        assert found.tables[table] == Fed(tuple(s for s in systems if s in {key[1] for key in theirs}), worst)


def test_a_case_of_which_nothing_is_told_has_none_of_it_on_its_sheet() -> None:
    (sheet,) = case_sheets(target_facts(FAMILY_TARGET, evaluation(FAMILY_TARGET)), {}, [CASE], AS_OF)
    assert (sheet.services, sheet.family, sheet.alike, sheet.rests_on) == (None, "", "", ())


def test_the_systems_of_each_table_are_those_whose_files_feed_it() -> None:
    files = [
        {"source": "old_rents", "tables": {"rent_transactions": {}}},
        {"source": "housing", "tables": {"rent_transactions": {}, "tenancies": {}}},
    ]
    assert feeds_of({"files": files}) == {"rent_transactions": ("housing", "old_rents"), "tenancies": ("housing",)}
    assert feeds_of({}) == {}
