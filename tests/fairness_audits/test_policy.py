"""Reading a policy, and saying what is wrong with one."""

from pathlib import Path

import pytest

from fairness_audits.metrics import Metric
from fairness_audits.policy import Grouping, load_policy
from store.errors import UsageError

RULE = """
name = "mine"
[[rules]]
name = "missed"
metric = "fnr"
margin = 0.1
minimum = 30
"""


def write(folder: Path, text: str) -> str:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_default_policy_rules_on_who_is_missed_and_who_is_wrongly_flagged() -> None:
    policy = load_policy(None)
    assert {rule.metric for rule in policy.rules} == {
        Metric.MISS_RATE,
        Metric.FOUND_RATE,
        Metric.FALSE_POSITIVE_RATE,
        Metric.PRECISION,
        Metric.CALIBRATION,
    }
    assert {rule.grouping for rule in policy.rules} == {Grouping.BROAD}
    assert all(rule.reason for rule in policy.rules)


def test_a_councils_own_policy(tmp_path: Path) -> None:
    (rule,) = load_policy(write(tmp_path, RULE + 'grouping = "detailed"\n')).rules
    assert (rule.metric, rule.grouping, rule.margin, rule.confidence) == (
        Metric.MISS_RATE,
        Grouping.DETAILED,
        0.1,
        0.95,
    )


def test_a_policy_that_does_not_say_describes_each_attribute_and_each_with_ethnicity(tmp_path: Path) -> None:
    expected = [{name} for name in ("sex", "age_band", "disability", "deprivation")]
    expected += [{"broad", *names} for names in expected]
    for policy in (load_policy(None), load_policy(write(tmp_path, RULE))):
        assert [set(one.names) for one in policy.groupings] == expected
    assert load_policy(write(tmp_path, "groupings = []\n" + RULE)).groupings == ()


def test_the_hash_is_of_what_the_policy_says_and_not_of_its_layout(tmp_path: Path) -> None:
    plain = load_policy(write(tmp_path, RULE)).sha256
    assert load_policy(write(tmp_path, "# a comment\n" + RULE)).sha256 == plain
    assert load_policy(write(tmp_path, RULE.replace("0.1", "0.11"))).sha256 != plain


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("metric", "metrik"), "Did you mean metric?"),
        (('"fnr"', '"miss_rate"'), "Did you mean fnr?"),
        (('"fnr"', '"precison"'), "Did you mean precision?"),
        (("minimum = 30", 'minimum = 30\ngrouping = "broard"'), "Did you mean broad?"),
        (("minimum = 30", ""), "rules.0.minimum"),
        (("0.1", "1.5"), "below 1"),
        (("0.1", "0"), "rules.0.margin"),
        (('"fnr"', '"base_rate"'), "cannot be a rule"),
        (('"fnr"', '"calibration_oe"'), "by ratio only"),
        (("margin = 0.1", 'margin = 0.1\nscale = "ratio"'), "above 1"),
        (("margin = 0.1", 'margin = 0.1\nscale = "rato"'), "Did you mean ratio?"),
        (('"fnr"', '"recall"'), "Did you mean tpr?"),
        (("minimum = 30", "minimum = 3"), "rules.0.minimum"),
        (('name = "mine"', "name = mine"), "not valid TOML"),
        (('name = "mine"', 'name = "mine"\n[[groupings]]\nby = ["broard", "sex"]'), "Did you mean broad?"),
        (('name = "mine"', 'name = "mine"\n[[groupings]]\nby = ["sex", "sex"]'), "names an attribute twice"),
        (('name = "mine"', 'name = "mine"\n[[groupings]]\nby = ["broad", "detailed"]'), "not taken together"),
        (
            ('name = "mine"', 'name = "mine"\n[[groupings]]\nby = ["sex"]\n[[groupings]]\nby = ["sex"]'),
            "same attributes",
        ),
        (('name = "mine"', 'name = "mine"\n[small_numbers]\nsuppress_below = 2'), "small_numbers.suppress_below"),
        (('name = "mine"', 'name = "mine"\n[small_numbers]\nsuppress = 12'), "Did you mean suppress_below?"),
        (('name = "mine"', 'name = "mine"\n[small_numbers]\nround_to = 15'), "not be less than round_to"),
        (("minimum = 30", 'minimum = 30\n[[rules]]\nname="missed"\nmetric="fpr"\nmargin=0.1\nminimum=30'), "same name"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    with pytest.raises(UsageError) as error:
        load_policy(write(tmp_path, RULE.replace(*change)))
    assert expected in str(error.value)
    assert error.value.fix


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_policy(str(tmp_path / "none.toml"))
