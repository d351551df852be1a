"""A scored list from elsewhere: counted as by hand, refused where it cannot be counted, protected where it is shown."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from early_help.cli import app
from fairness_audits.policy import load_policy
from fairness_audits.scored_list import Columns, Cut, read_scored_list
from fairness_audits.table_audit import Listed, audit_table
from store.errors import InputRejected, UsageError
from store.small_numbers import THRESHOLD

NAMES = ("White", "Black | African", '=HYPERLINK("x")', "<script>", 'O\'Brien; "quoted"', "unknown", "")
COLUMNS = Columns(("Ethnic group", "Sex"), label="outcome", score="risk", unit="family")

rows_drawn = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["F", "M", ""]),
        st.booleans(),
        st.sampled_from([0.0, 0.125, 0.5, 0.75, 1.0]),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=60,
)


def write(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Ethnic group", "Sex", "outcome", "risk", "family"])
        writer.writerows((a, b, int(y), s, f"f{u}") for a, b, y, s, u in rows)
    return path


def audited(path: Path, columns: Columns, cut: Cut) -> tuple[dict[str, Any], dict[str, Any]]:
    cases = read_scored_list(path, columns, cut)
    found = audit_table(Listed(path.name, "0" * 64, columns, cut, cases), load_policy(None))
    return found.restricted, found.published


@settings(max_examples=12, deadline=None)
@given(rows=rows_drawn, threshold=st.sampled_from([0.0, 0.125, 0.6, 1.0]))
def test_counts_and_rates_are_those_of_naive_python(
    rows: list[tuple[str, str, bool, float, int]], threshold: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.mktemp("list") / "list.csv", rows)
    found, _ = audited(path, COLUMNS, Cut(threshold=threshold))
    for place, column in enumerate(COLUMNS.groups):
        of_row = ["Unknown" if row[place] in ("", "unknown") else row[place] for row in rows]
        entries = {entry["group"]: entry for entry in found["groupings"][column]}
        assert entries.keys() == set(of_row)
        for group, entry in entries.items():
            mine = [(y, s >= threshold) for own, (_, _, y, s, _) in zip(of_row, rows) if own == group]
            counted = {
                "n": len(mine),
                "positives": sum(y for y, _ in mine),
                "flagged": sum(f for _, f in mine),
                "tp": sum(y and f for y, f in mine),
                "fp": sum(f and not y for y, f in mine),
                "fn": sum(y and not f for y, f in mine),
                "tn": sum(not y and not f for y, f in mine),
            }
            assert {name: entry[name] for name in counted} == counted
            for name, above, below in (
                ("selection_rate", "flagged", ("n",)),
                ("fnr", "fn", ("positives",)),
                ("fpr", "fp", ("fp", "tn")),
                ("precision", "tp", ("flagged",)),
                ("for", "fn", ("fn", "tn")),
            ):
                among = sum(counted[part] for part in below)
                rate = entry[name]
                assert rate["value"] == (pytest.approx(counted[above] / among, abs=1e-6) if among else None)
                if among:
                    assert rate["denominator"] == among
                    assert rate["low"] <= rate["value"] <= rate["high"]


def test_two_columns_together_are_described_and_never_taken_for_others(tmp_path: Path) -> None:
    rows = [("a | b", "c", True, 0.5, n) for n in range(30)] + [("a", "b | c", True, 0.5, n) for n in range(40, 60)]
    found, _ = audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(threshold=0.1))
    together = found["groupings"]["Ethnic group | Sex"]
    assert sorted(entry["n"] for entry in together) == [20, 30]
    assert {rule["grouping"] for rule in found["rules"]} == {"Ethnic group", "Sex"}


def test_a_list_from_elsewhere_is_not_told_of_as_of_dates_nor_of_families_alone(tmp_path: Path) -> None:
    rows = [("White" if n % 9 else "Black", "F", n % 4 == 0, (n % 10) / 10, n) for n in range(400)]
    for document in audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(capacity=60)):
        settled = [group["what_would_settle_it"] for rule in document["rules"] for group in rule["groups"]]
        assert any("a list of more of them" in words for words in settled)
        words = json.dumps({**document, "policy": {}, "rules": [{**rule, "reason": ""} for rule in document["rules"]]})
        assert "as-of" not in words and "quarter" not in words
        told = [document["method"], *settled, *(group["why"] for rule in document["rules"] for group in rule["groups"])]
        assert all(said.count("families") == said.count("people or families") for said in told)


def test_without_outcomes_only_who_is_flagged_is_told_and_nothing_passes(tmp_path: Path) -> None:
    rows = [(name, "F", False, 0.5, n) for n, name in enumerate(["White", "Black"] * 400)]
    columns = replace(COLUMNS, label=None, groups=("Ethnic group",))
    restricted, published = audited(write(tmp_path / "list.csv", rows), columns, Cut(capacity=300))
    assert restricted["verdict"] == "cannot_tell"
    assert {entry["rule"] for entry in restricted["not_asked"]} == {rule.name for rule in load_policy(None).rules}
    for entry in restricted["groupings"]["Ethnic group"]:
        assert entry["selection_rate"]["denominator"] == 400
        assert not {"positives", "tp", "fn", "fnr", "calibration_oe"} & entry.keys()
    assert "positives" not in published["overall"]


def test_scores_that_are_no_probabilities_rank_and_are_not_calibrated(tmp_path: Path) -> None:
    rows = [("White" if n % 2 else "Black", "F", n % 5 == 0, float(n), n) for n in range(200)]
    found, _ = audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(capacity=50))
    assert "calibration_oe" not in found["metrics"]
    assert [entry["rule"] for entry in found["not_asked"]] == ["scores_mean_the_same"]
    assert found["overall"]["flagged"] == 50
    assert "expected" not in found["overall"]


def test_ties_at_the_line_are_settled_alike_however_rows_stand_and_told(tmp_path: Path) -> None:
    rows = [("White", "F", False, 0.75 if n < 10 else 0.5, n) for n in range(100)]
    first = read_scored_list(write(tmp_path / "one.csv", rows), COLUMNS, Cut(capacity=30))
    turned = read_scored_list(write(tmp_path / "two.csv", rows[::-1]), COLUMNS, Cut(capacity=30))
    assert (first.ties.tied, first.ties.flagged) == (90, 20)
    assert first.flagged.sum() == 30
    assert (first.flagged == turned.flagged[::-1]).all()
    at = read_scored_list(write(tmp_path / "at.csv", rows), COLUMNS, Cut(threshold=0.75))
    assert at.flagged.sum() == 10


def test_rows_of_one_unit_are_not_as_much_evidence_as_of_many(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    once = [
        ("White" if n % 2 else "Black", "F", bool(draw.random() < 0.3), float(draw.random()), n) for n in range(300)
    ]
    rows = once * 4
    clustered, _ = audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(threshold=0.5))
    single, _ = audited(write(tmp_path / "list.csv", rows), replace(COLUMNS, unit=None), Cut(threshold=0.5))

    def width(found: dict[str, Any]) -> float:
        rate = found["groupings"]["Ethnic group"][0]["fnr"]
        return float(rate["high"] - rate["low"])

    assert width(clustered) > 1.7 * width(single)
    assert clustered["units"] == 300


def test_a_list_says_the_same_in_parquet_and_in_csv_of_another_layout(tmp_path: Path) -> None:
    rows = [("Größe" if n % 3 else "", "F" if n % 2 else "M", n % 7 == 0, (n % 10) / 10, n % 40) for n in range(400)]
    write(tmp_path / "plain.csv", rows)
    frame = pd.DataFrame(rows, columns=["Ethnic group", "Sex", "outcome", "risk", "family"])
    frame["family"] = [f"f{unit}" for unit in frame["family"]]
    frame.to_parquet(tmp_path / "list.parquet")
    frame["outcome"] = frame["outcome"].map({True: "TRUE", False: "FALSE"})
    frame.to_csv(tmp_path / "other.csv", sep=";", index=False, encoding="cp1252")
    found = []
    for name in ("plain.csv", "list.parquet", "other.csv"):
        restricted, published = audited(tmp_path / name, COLUMNS, Cut(threshold=0.5))
        for document in (restricted, published):
            document["list"] = {**document["list"], "file": ""}
        found.append((restricted, published))
    assert found[0] == found[1] == found[2]


def test_what_is_shown_gives_no_small_count_away(tmp_path: Path) -> None:
    """Who knows every shown cell exactly, and every sum, can solve for no hidden one."""
    draw = np.random.default_rng(8)
    rows = [
        (str(a), str(b), bool(draw.random() < 0.2), float(draw.random()), n)
        for n, (a, b) in enumerate(
            zip(draw.choice(["W", "B", "T"], 600, p=[0.6, 0.37, 0.03]), draw.choice(["F", "M"], 600))
        )
    ]
    restricted, published = audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(threshold=0.7))
    counts = ("n", "positives", "flagged", "tp", "fp", "fn")
    shown = {("", "")} | {(name, e["group"]) for name, entries in published["groupings"].items() for e in entries}
    entry = {(name, e["group"]): e for name, entries in published["groupings"].items() for e in entries}
    entry["", ""] = published["overall"]
    exact = {(name, e["group"]): e for name, entries in restricted["groupings"].items() for e in entries}
    exact["", ""] = restricted["overall"]
    cells = {(row, column): place for place, (row, column) in enumerate((r, c) for r in sorted(shown) for c in counts)}
    hidden = [cell for cell in cells if isinstance(entry[cell[0]][cell[1]], str)]
    small = [cell for cell in cells if exact[cell[0]][cell[1]] < THRESHOLD]
    assert small and set(small) <= set(hidden)
    equations = []

    def adds_up(whole: tuple[Any, str], parts: list[tuple[Any, str]]) -> None:
        line = np.zeros(len(cells))
        line[cells[whole]] = -1
        for part in parts:
            line[cells[part]] += 1
        equations.append(line)

    both = "Ethnic group | Sex"
    for column in counts:
        for name in published["groupings"]:
            adds_up((("", ""), column), [(row, column) for row in shown if row[0] == name])
        for place, name in enumerate(COLUMNS.groups):
            for row in [row for row in shown if row[0] == name]:
                parts = [r for r in shown if r[0] == both and r[1].split(" | ")[place] == row[1]]
                adds_up((row, column), [(part, column) for part in parts])
    for row in shown:
        adds_up((row, "positives"), [(row, "tp"), (row, "fn")])
        adds_up((row, "flagged"), [(row, "tp"), (row, "fp")])
    unknown = np.array(equations)[:, [cells[cell] for cell in hidden]]
    rank = np.linalg.matrix_rank(unknown)
    for place, cell in enumerate(hidden):
        alone = np.zeros((1, len(hidden)))
        alone[0, place] = 1
        assert np.linalg.matrix_rank(np.vstack([unknown, alone])) == rank + 1, cell


GOOD = "Ethnic group,Sex,outcome,risk,family\nWhite,F,1,0.5,a\nBlack,M,0,0.25,b\n"


@pytest.mark.parametrize(
    ("content", "columns", "cut", "error", "said"),
    [
        (
            GOOD + "White,F,2,0.5,c\nWhite,F,,0.5,c\n",
            COLUMNS,
            Cut(threshold=0.5),
            InputRejected,
            "2 of 4 cells are not 0 or 1 (1",
        ),
        (
            GOOD + "White,F,1,NaN,c\nWhite,F,1,,c\n",
            COLUMNS,
            Cut(threshold=0.5),
            InputRejected,
            "2 of 4 scores are missing",
        ),
        (GOOD + "White,F,1,secret7,c\n", COLUMNS, Cut(threshold=0.5), InputRejected, "1 of 3 scores"),
        (GOOD, COLUMNS, Cut(), UsageError, "said once who is on the list"),
        (GOOD, COLUMNS, Cut(threshold=0.5, capacity=1), UsageError, "said once who is on the list"),
        (GOOD, COLUMNS, Cut(capacity=3), UsageError, "fewer than the capacity"),
        (GOOD, COLUMNS, Cut(capacity=0), UsageError, "at least 1"),
        (GOOD, replace(COLUMNS, groups=()), Cut(capacity=1), UsageError, "No group is named"),
        (GOOD, replace(COLUMNS, groups=("Ethnicity",)), Cut(capacity=1), InputRejected, "lacks the column 'Ethnicity'"),
        ("Ethnic group,Sex,outcome,risk,family\n", COLUMNS, Cut(capacity=1), InputRejected, "has no rows"),
        (GOOD + "White,F,1,0.5\n" * 5, COLUMNS, Cut(threshold=0.5), InputRejected, "more or fewer cells"),
        (
            GOOD + "".join(f"group {n},F,1,0.5,c\n" for n in range(300)),
            COLUMNS,
            Cut(threshold=0.5),
            UsageError,
            "too many to be groups",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused_with_its_number_and_no_cell(
    content: str, columns: Columns, cut: Cut, error: type[Exception], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(error) as raised:
        read_scored_list(path, columns, cut)
    assert said in str(raised.value)
    assert "secret7" not in str(raised.value)


def test_one_group_only_cannot_be_compared(tmp_path: Path) -> None:
    rows = [("White", "F", n % 4 == 0, (n % 10) / 10, n) for n in range(400)]
    found, _ = audited(write(tmp_path / "list.csv", rows), replace(COLUMNS, groups=("Ethnic group",)), Cut(capacity=80))
    assert found["verdict"] == "cannot_tell"
    assert {group["ground"] for rule in found["rules"] for group in rule["groups"]} == {"nothing to compare"}


def test_the_command_writes_both_documents_or_none(tmp_path: Path) -> None:
    rows = [("White" if n % 2 else "Black", "F", n % 4 == 0, (n % 10) / 10, n) for n in range(400)]
    path = write(tmp_path / "list.csv", rows)
    asked = [
        "audit",
        "table",
        str(path),
        "--label",
        "outcome",
        "--group",
        "Ethnic group",
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(app, [*asked, "--score", "risk", "--capacity", "60", "--unit", "family"])
    assert done.exit_code == 0, done.output
    restricted = json.loads((tmp_path / "out/restricted/audit.json").read_text(encoding="utf-8"))
    published = json.loads((tmp_path / "out/published/audit.json").read_text(encoding="utf-8"))
    assert restricted["overall"]["flagged"] == 60
    assert "sha256" not in published
    wrong = [*asked[:-1], str(tmp_path / "none"), "--score", "nosuch", "--capacity", "5"]
    with pytest.raises(InputRejected):
        CliRunner().invoke(app, wrong, catch_exceptions=False)
    assert not (tmp_path / "none").exists()


def test_rows_that_are_no_cases_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(GOOD + "\nEthnic group,Sex,outcome,risk,family\nTotal,,,,\n", encoding="utf-8")
    found = read_scored_list(path, COLUMNS, Cut(threshold=0.5))
    assert len(found) == 2
    assert found.left_out == {"repeated_header": 1, "totals_row": 1}


def test_a_group_without_an_outcome_or_a_flag_has_no_rate_of_them_and_says_why(tmp_path: Path) -> None:
    rows = [("White", "F", n % 2 == 0, 0.5 + n / 400, n) for n in range(100)]
    rows += [("Black", "M", False, n / 400, 100 + n) for n in range(40)]
    found, _ = audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(capacity=30))
    (black,) = [entry for entry in found["groupings"]["Ethnic group"] if entry["group"] == "Black"]
    assert (black["positives"], black["flagged"]) == (0, 0)
    for metric, lacking in (("fnr", "cases with the outcome"), ("precision", "flagged cases")):
        assert black[metric]["value"] is None and lacking in black[metric]["why_empty"]
    assert black["selection_rate"]["value"] == 0 and black["selection_rate"]["high"] > 0
    assert black["auc"]["value"] is None and "no cases with the outcome" in black["auc"]["why_empty"]


def test_a_case_that_is_there_several_times_is_one_witness(tmp_path: Path) -> None:
    """The same unit's rows are no independent evidence, be they other dates or the same row again."""
    once = [("White" if n % 2 else "Black", "F", n % 5 == 0, (n * 37 % 200) / 200, n) for n in range(200)]
    found = [audited(write(tmp_path / f"{k}.csv", once * k), COLUMNS, Cut(threshold=0.8))[0] for k in (1, 3)]
    assert [(one["cases"], one["units"]) for one in found] == [(200, 200), (600, 200)]
    for entries in zip(*(one["groupings"]["Ethnic group"] for one in found)):
        single, thrice = (entry["selection_rate"] for entry in entries)
        assert thrice["value"] == single["value"]
        assert thrice["effective_denominator"] == pytest.approx(single["effective_denominator"], rel=0.01)
        assert thrice["high"] - thrice["low"] == pytest.approx(single["high"] - single["low"], rel=0.02)


def test_two_columns_of_too_many_groups_together_are_left_out_and_told(tmp_path: Path) -> None:
    rows = [(f"g{n % 20}", f"s{n % 19}", n % 3 == 0, n % 100 / 100, n) for n in range(1200)]
    found, published = audited(write(tmp_path / "list.csv", rows), COLUMNS, Cut(threshold=0.5))
    assert set(found["groupings"]) == set(published["groupings"]) == {"Ethnic group", "Sex"}
    assert found["not_described"] == [
        {"by": ["Ethnic group", "Sex"], "groups": 380, "why": "more than 200 groups together"}
    ]
