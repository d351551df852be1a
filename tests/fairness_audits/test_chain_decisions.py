"""What panels decided, read back and followed by ethnic group."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from fairness_audits.chain.decisions import PANEL_DECISIONS, read_decisions
from fairness_audits.chain.stage import NO_DECISIONS, PUBLISHED, RESTRICTED, STAGE
from fairness_audits.config import PanelConfig
from models.config import ModelsConfig, TargetSettings
from store.errors import InputRejected, UsageError
from tests.fairness_audits.test_chain import AS_OFS, TARGET, put_borough
from tests.support import run_stage

AS_OF = AS_OFS[1]


def row(family: str, decision: str = "offer_early_help", **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        **{"target": TARGET, "as_of": AS_OF, "unit_id": family, "family_id": family, "held_on": dt.date(2025, 7, 9)},
        **{"decided_on": dt.date(2025, 7, 9), "decision": decision, "reason": None, "readers": 1, "alike": None},
        **{"second_read": False, "outcome": None, "in_sample": False, "drawn_from": None},
    }
    return known | more


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    table = pa.Table.from_pylist(rows, schema=PANEL_DECISIONS.arrow_schema())
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


def panel_of(root: Path) -> list[dict[str, Any]]:
    documents = (json.loads((root / path).read_text(encoding="utf-8")) for path in (RESTRICTED, PUBLISHED))
    return [next(link for link in document["links"] if link["link"] == "panel") for document in documents]


def follow(root: Path, *files: Path) -> list[dict[str, Any]]:
    config = ModelsConfig(targets={TARGET: TargetSettings()})
    run_stage(STAGE, root, config, PanelConfig(decisions=[str(one) for one in files]))
    return panel_of(root)


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("decided")
    put_borough(root)
    return root


def test_a_panel_that_agrees_less_on_one_group_is_told_with_an_interval(borough: Path, tmp_path: Path) -> None:
    """Every third family is Black African but for a Traveller's in each fifty, as `put_borough` has it."""
    draw = np.random.default_rng(8)
    rows = []
    for number in range(300):
        agrees = draw.random() < (0.3 if number % 3 == 0 else 0.8)
        outcome = str(draw.choice(["accepted", "declined"])) if agrees else None
        readers = 2 if number % 2 else 1
        more = {"outcome": outcome, "readers": readers, "alike": bool(number % 7) if readers == 2 else None}
        rows.append(row(f"f{number:04}", "offer_early_help" if agrees else "no_action", **more))
    exact, shown = follow(borough, write(tmp_path / "d.parquet", rows))
    steps = {step["step"]: step for step in exact["steps"]}
    assert set(steps) == {"panel_agreed", "panel_alike", "panel_accepted"}
    (black,) = [one for one in steps["panel_agreed"]["groupings"]["broad"] if one["group"] == "Black"]
    theirs = [one for number, one in enumerate(rows) if number % 3 == 0 and number % 50 != 1]
    assert black["n"] == len(theirs) and black["reading"] == "lower" and black["ratio"]["high"] < 0.7
    assert black["events"] == sum(one["decision"] == "offer_early_help" for one in theirs)
    assert steps["panel_alike"]["everyone"]["n"] == 150
    assert steps["panel_accepted"]["everyone"]["n"] == sum(r["outcome"] is not None for r in rows)
    assert "missed_below_the_line" not in exact and "not_told" not in exact
    few = [one for step in shown["steps"] for one in step["groupings"]["broad"] if one["n"] == "<10"]
    assert all(one["rate"] is None and one["ratio"] is None for one in few)


def test_cases_drawn_from_below_the_line_tell_what_is_missed_and_not_how_the_panel_agrees(
    borough: Path, tmp_path: Path
) -> None:
    listed = [row(f"f{number:04}") for number in range(30)]
    sample = {"in_sample": True, "drawn_from": 500}
    below = [row(f"f{n:04}", "offer_early_help" if n < 103 else "no_action", **sample) for n in range(100, 120)]
    exact, shown = follow(borough, write(tmp_path / "d.parquet", listed + below))
    (agreed,) = [step for step in exact["steps"] if step["step"] == "panel_agreed"]
    assert agreed["everyone"]["n"] == 30
    (of_target,) = exact["missed_below_the_line"]["targets"]
    everyone = of_target["groups"][0]
    assert (everyone["group"], everyone["found"], everyone["read"]) == ("everyone", 3, 20)
    assert everyone["missed"]["value"] == pytest.approx(500 * 3 / 20)
    assert {one["group"] for one in of_target["groups"]} > {"White", "Black"}
    (as_shown,) = shown["missed_below_the_line"]["targets"]
    assert as_shown["groups"][0]["found"] == "<10", "three families are too few to show"
    assert all(one["missed"] is None and one["share"] is None for one in as_shown["groups"])


def test_without_decisions_it_is_said_what_would_tell(borough: Path) -> None:
    exact, shown = follow(borough)
    assert exact["not_told"] == shown["not_told"] == NO_DECISIONS


@pytest.mark.parametrize("form", ["d.parquet", "d.csv"])
def test_files_come_back_as_they_were_written_and_the_newest_decision_counts(tmp_path: Path, form: str) -> None:
    later = {"held_on": dt.date(2025, 10, 8), "decided_on": dt.date(2025, 10, 8)}
    early = write(tmp_path / f"early-{form}", [row("f2", "needs_discussion"), row("f1", outcome="helped")])
    late = write(tmp_path / f"late-{form}", [row("f2", "no_action", alike=True, readers=2, **later)])
    found = read_decisions([late, early]).to_pylist()
    assert [(one["unit_id"], one["decision"]) for one in found] == [("f1", "offer_early_help"), ("f2", "no_action")]
    assert found[0] == row("f1", outcome="helped")
    assert found[1] == row("f2", "no_action", alike=True, readers=2, **later)


def test_a_file_that_is_no_table_of_decisions_is_refused_without_telling_a_cell(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_decisions([tmp_path / "none.parquet"])
    for rows in ([row("f1", "Zebedee")], [row("f1", outcome="Zebedee")], [row("f1", as_of=None)]):
        with pytest.raises(InputRejected) as refused:
            read_decisions([write(tmp_path / "d.parquet", rows)])
        assert "Zebedee" not in str(refused.value)
    (tmp_path / "d.csv").write_text("target,as_of\nZebedee,Zebedee\n", encoding="utf-8")
    with pytest.raises(InputRejected) as refused:
        read_decisions([tmp_path / "d.csv"])
    assert "Zebedee" not in str(refused.value)


def test_no_file_is_an_empty_table() -> None:
    assert read_decisions([]).num_rows == 0 and read_decisions([]).schema == PANEL_DECISIONS.arrow_schema()
