"""The panel's list gives only what moved a case on to it, in words, as text and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pyarrow as pa

from fairness_audits.panel_list import panel_list, reference

DAY = dt.date(2026, 6, 30)


def listed(reasons: list[tuple[str, str, str]], flagged: tuple[bool, bool] = (True, True)) -> list[list[str]]:
    """The rows of a list of families a and b with the given (family, kind, sentence) reasons."""
    scores = pa.table(
        {
            "unit_id": ["a", "b"],
            "family_id": ["a", "b"],
            "as_of": [DAY, DAY],
            "part": ["current", "current"],
            "flagged": flagged,
        }
    )
    table = pa.table(
        {
            "unit_id": pa.array([r[0] for r in reasons], pa.string()),
            "family_id": pa.array([r[0] for r in reasons], pa.string()),
            "position": pa.array(range(len(reasons)), pa.int64()),
            "kind": pa.array([r[1] for r in reasons], pa.string()),
            "sentence": pa.array([r[2] for r in reasons], pa.string()),
        }
    )
    pseudonyms = pa.table({"kind": ["family", "family"], "id": ["F2", "F1"], "pseudonym": ["a", "b"]})
    return list(csv.reader(io.StringIO(panel_list("under_the_radar", scores, table, pseudonyms))))[1:]


def test_only_a_reason_for_is_given_as_a_reason() -> None:
    rows = listed(
        [
            ("a", "for", "Owes rent."),
            ("a", "against", "Was in school every day."),
            ("b", "unknown", "Nothing is on record about safety."),
            ("b", "alike", "Of the 100 families most like this one, about 20 did."),
        ]
    )
    assert [row[3:] for row in rows] == [["F1", "Nothing on record sets this case apart."], ["F2", "Owes rent."]]


def test_who_is_not_flagged_is_not_on_the_list() -> None:
    assert [row[3] for row in listed([("a", "for", "Owes rent.")], flagged=(False, True))] == ["F1"]


def test_a_sentence_that_looks_like_a_formula_stays_text() -> None:
    (row,) = listed([("a", "for", '=HYPERLINK("x")')], flagged=(True, False))
    assert row[4] == '\'=HYPERLINK("x")'


def test_the_reference_is_that_of_the_packs_page() -> None:
    assert reference("0201" + "8c9e" + "8ba2" + "ffffffff") == "0201-8c9e-8ba2"
    assert [row[2] for row in listed([("a", "for", "Owes rent.")])] == ["b", "a"]
