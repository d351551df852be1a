"""A published audit as a notebook shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairness_audits.reading import PublishedAudit, read_audit
from store.errors import UsageError
from store.files import write_json
from tests.store.test_display import HOSTILE, Elements

SETTLES = "At least 30 more."


def finding(label: str, verdict: str) -> dict[str, Any]:
    settles = SETTLES if verdict == "cannot_tell" else ""
    return {"group": label, "label": label, "verdict": verdict, "why": f"{label}.", "what_would_settle_it": settles}


def rule(name: str, grouping: str = "broad", **verdicts: str) -> dict[str, Any]:
    return {"name": name, "grouping": grouping, "groups": [finding(*found) for found in verdicts.items()]}


def document(**changes: Any) -> dict[str, Any]:
    rate = {"value": 0.1, "low": 0.05, "high": 0.2}
    return {
        "target": "under_the_radar",
        "verdict": "cannot_tell",
        "why": "The evidence does not settle it.",
        "label_caveats": ["Being stepped up is not need."],
        "metrics": {"selection_rate": "share flagged", "fnr": "miss rate"},
        "groupings": {
            "broad": [
                {"label": "White", "n": 500, "flagged": 50, "rates": {"selection_rate": rate, "fnr": None}},
                {"label": "Roma", "n": "<10", "flagged": "<10", "rates": {"selection_rate": None, "fnr": None}},
            ]
        },
        "rules": [
            rule("missed_cases", White="pass", Roma="cannot_tell"),
            rule("wrongly_flagged", White="fail", Roma="cannot_tell"),
            rule("by_age", "age_band", Young="pass"),
        ],
        **changes,
    }


def test_findings_have_a_row_for_each_rule_and_group() -> None:
    found = PublishedAudit(document()).findings()
    assert list(zip(found["rule"], found["group"], found["verdict"])) == [
        ("missed_cases", "White", "pass"),
        ("missed_cases", "Roma", "cannot tell"),
        ("wrongly_flagged", "White", "fail"),
        ("wrongly_flagged", "Roma", "cannot tell"),
        ("by_age", "Young", "pass"),
    ]


def test_groups_have_counts_as_shown_and_rates_with_intervals() -> None:
    found = PublishedAudit(document()).groups()
    assert found.loc["White"].to_list() == [500, 50, "0.10 (0.05 to 0.20)", ""]
    assert found.columns.to_list() == ["n", "flagged", "share flagged", "miss rate"]
    assert found.loc["Roma", "n"] == "<10"
    with pytest.raises(UsageError, match="broad"):
        PublishedAudit(document()).groups("sex")


def test_it_shows_the_verdict_of_each_group_by_each_rule_and_what_would_settle_it() -> None:
    audit = PublishedAudit(document())
    found = Elements(audit._repr_html_())
    assert not found.open and audit.verdict == "cannot tell"
    assert "Whitepassfail-" in found.text and "Romacannot tellcannot tell-" in found.text
    assert "Young--pass" in found.text and "2 of 5 questions could not be answered" in found.text
    assert f"{SETTLES} (2)" in found.text and "Being stepped up is not need." in found.text


def test_a_target_that_was_not_audited_says_why() -> None:
    audit = PublishedAudit(document(verdict="not_audited", why="There is no model.", rules=[], groupings={}))
    assert repr(audit) == "Fairness audit of under_the_radar: not audited. There is no model."
    assert "<table" not in audit._repr_html_() and audit.findings().empty
    with pytest.raises(UsageError, match="no such grouping"):
        audit.groups()


def test_a_list_from_elsewhere_has_no_target() -> None:
    told = document()
    del told["target"], told["label_caveats"]
    assert "a list from elsewhere" in Elements(PublishedAudit(told)._repr_html_()).text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_text(hostile: str) -> None:
    found = Elements(PublishedAudit(document(why=hostile, label_caveats=[hostile]))._repr_html_())
    assert found.text.count(hostile) == 2 and not found.names & {"script", "img"}


def test_it_is_read_from_a_run_and_another_target_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "fairness_audits" / "under_the_radar" / "published" / "audit.json", document())
    assert read_audit(tmp_path, "under_the_radar").document == document()
    with pytest.raises(UsageError, match="under_the_radar"):
        read_audit(tmp_path, "hidden_young_carers")
