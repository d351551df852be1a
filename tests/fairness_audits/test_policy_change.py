"""Which way a policy was changed, and in what words."""

from __future__ import annotations

from typing import Any

import pytest

from fairness_audits.policy import Policy
from fairness_audits.policy_change import Direction, policy_change

RULE = {"name": "miss", "metric": "fnr", "margin": 0.1, "confidence": 0.95, "minimum": 50}


def policy(*rules: dict[str, Any], name: str = "ours") -> dict[str, Any]:
    return Policy.model_validate({"name": name, "rules": list(rules)}).model_dump(mode="json")


@pytest.mark.parametrize(
    ("rules", "direction", "said"),
    [
        ([RULE | {"margin": 0.2}], Direction.LOOSER, "rule miss: margin 0.2, was 0.1"),
        ([RULE | {"margin": 0.05}], Direction.STRICTER, "rule miss: margin 0.05, was 0.1"),
        ([RULE | {"confidence": 0.9}], Direction.LOOSER, "rule miss: confidence 0.9, was 0.95"),
        ([RULE | {"confidence": 0.99}], Direction.STRICTER, "rule miss: confidence 0.99, was 0.95"),
        ([RULE | {"minimum": 10}], Direction.LOOSER, "rule miss: minimum 10.0, was 50.0"),
        ([RULE | {"name": "other"}], Direction.LOOSER, "rule miss was taken out"),
        ([RULE, RULE | {"name": "other"}], Direction.STRICTER, "rule other was added"),
        ([RULE | {"metric": "fpr"}], Direction.ANOTHER, "rule miss: another metric"),
        ([RULE | {"grouping": "detailed"}], Direction.ANOTHER, "rule miss: another grouping"),
        # One step that loosens it is enough, and is told first.
        ([RULE | {"margin": 0.05, "confidence": 0.9}], Direction.LOOSER, "(rule miss: confidence 0.9, was 0.95;"),
        ([RULE | {"margin": 0.05, "metric": "fpr"}], Direction.ANOTHER, "(rule miss: another metric;"),
    ],
)
def test_the_direction_is_told(rules: list[dict[str, Any]], direction: Direction, said: str) -> None:
    told = policy_change(policy(RULE), policy(*rules))
    assert told.startswith(f"The audit policy in force is {direction.value} the one that was audited by")
    assert said in told


@pytest.mark.parametrize(
    ("small", "direction", "said"),
    [
        ({"suppress_below": 5}, Direction.LOOSER, "small numbers: suppress_below 5, was 10"),
        ({"suppress_below": 20}, Direction.STRICTER, "small numbers: suppress_below 20, was 10"),
        ({"round_to": 10}, Direction.STRICTER, "small numbers: round_to 10, was 5"),
        ({"suppress_below": 6, "round_to": 6}, Direction.LOOSER, "(small numbers: suppress_below 6, was 10;"),
    ],
)
def test_less_protection_of_small_numbers_is_looser(small: dict[str, int], direction: Direction, said: str) -> None:
    audited = policy(RULE)
    now = audited | {"small_numbers": audited["small_numbers"] | small}
    told = policy_change(audited, now)
    assert f"is {direction.value} the one" in told and said in told


def test_another_name_is_another_policy() -> None:
    told = policy_change(policy(RULE), policy(RULE, name="theirs"))
    assert "is another than" in told and "name was changed" in told


def test_only_the_first_changes_are_told() -> None:
    many = [RULE | {"name": f"rule_{letter}"} for letter in "abcde"]
    assert policy_change(policy(*many), policy(RULE)).count("taken out") == 3
    assert "and 3 more" in policy_change(policy(*many), policy(RULE))


def test_an_audit_that_names_no_policy_is_under_another() -> None:
    assert "is stricter than" in policy_change({}, policy(RULE))
