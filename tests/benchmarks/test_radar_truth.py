"""Holding lists against a truth: which family is which, who counts as true, and where the tables are kept."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.models import truth
from benchmarks.models.radar_truth import truth_of
from features.tables import MEMBERS
from models.cases import Cases
from models.target import CandidateName
from models.targets import TARGETS
from residents.tables import PSEUDONYMS, RECORD_PERSON
from store.run_folder import RunFolder
from tests.support import put_table

AS_OF = dt.date(2025, 3, 31)


def cases_of(*families: str) -> Cases:
    size = len(families)
    names = np.array(families, dtype=object)
    nothing = np.zeros(size, dtype=np.int64)
    days = np.full(size, np.datetime64(AS_OF, "D"))
    return Cases((), days, names, names, nothing, nothing, np.arange(size), days, np.zeros((size, 0)), 0)


def true(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")


@pytest.fixture
def borough(tmp_path: Path) -> tuple[Path, Path]:
    """Family one has two records of F1's mother and one of F2's child; family two one record of F2's child."""
    run, folder = RunFolder(tmp_path / "run"), tmp_path / "truth"
    folder.mkdir()
    named = [("r1", "p1", "T1"), ("r2", "p1", "T1"), ("r3", "p2", "T2"), ("r4", "p3", "T2"), ("r5", "p4", None)]
    where = {"source": "s", "file": "f"}
    put_table(
        run, RECORD_PERSON, [{**where, "record_id": r, "person_id": p, "match_probability": 1.0} for r, p, _ in named]
    )
    put_table(run, PSEUDONYMS, [{"kind": "person", "id": p, "pseudonym": f"x{p}"} for p in ("p1", "p2", "p3", "p4")])
    member = {"as_of": AS_OF, "role": "child", "age_years": 9}
    homes = [("one", "xp1"), ("one", "xp2"), ("two", "xp3"), ("nobody", "xp4")]
    put_table(run, MEMBERS, [{**member, "family_id": home, "person_id": person} for home, person in homes])
    true(folder, "record_person", [{**where, "record_id": r, "person": t} for r, _, t in named])
    spells = [("F1", "T1", None), ("F0", "T2", dt.date(2024, 1, 1)), ("F2", "T2", None)]
    since = {"F1": dt.date(2020, 1, 1), "F0": dt.date(2020, 1, 1), "F2": dt.date(2024, 1, 2)}
    rows = [{"family": f, "person": p, "from_date": since[f], "to_date": to} for f, p, to in spells]
    true(folder, "family_members", rows)
    quarter = dt.date(2025, 4, 1)
    needs = [("F1", True, False), ("F2", True, True), ("F0", True, True)]
    states = [{"family": f, "quarter": quarter, "in_need": n, "under_the_radar": u} for f, n, u in needs]
    earlier = [{**state, "quarter": dt.date(2025, 1, 1), "under_the_radar": True} for state in states]
    true(folder, "under_the_radar", [*states, *earlier])
    true(folder, "persons", [{"family": "F1", "ethnicity": "WBRI"}, {"family": "F2", "ethnicity": "ABAN"}])
    return run.root, folder


def test_a_family_is_the_true_one_that_most_of_its_records_name_at_that_date(borough: tuple[Path, Path]) -> None:
    found = truth_of(*borough, cases_of("two", "one", "nobody", "unheard of"))
    assert found.mapped.tolist() == [True, True, False, False]
    assert found.in_need.tolist() == [True, True, False, False]
    assert found.under_the_radar.tolist() == [True, False, False, False]
    assert found.group.tolist()[:2] == ["Asian", "White"]


def test_tables_are_kept_between_the_marks_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{truth._BEGIN}old\n{truth._END}after\n")
    truth.keep("new\n", page)
    truth.keep("newer\n", page)
    assert page.read_text() == f"before\n{truth._BEGIN}\nnewer\n\n{truth._END}after\n"


def test_the_page_names_every_candidate_of_the_target() -> None:
    words = truth.PAGE.read_text(encoding="utf-8")
    learnt = [
        name
        for name in TARGETS["under_the_radar"].compared
        if name not in (CandidateName.CHANCE, CandidateName.SINGLE_INDICATOR)
    ]
    assert [name.value for name in learnt if f"`{name.value}`" not in words] == []


def test_the_page_on_adding_a_target_shows_the_target_as_it_is() -> None:
    page = (truth.PAGE.parents[1] / "add-a-target.md").read_text(encoding="utf-8")
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    source = (truth.PROJECT / "models" / "targets" / "rent_crisis.py").read_text(encoding="utf-8")
    assert code in source
