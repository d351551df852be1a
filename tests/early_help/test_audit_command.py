"""`early-help audit table` as somebody types it: what is wrong is said by name, and what bears on the audit is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from early_help.cli import app
from store.errors import EarlyHelpError, InputRejected, UsageError

HEADER = "Ethnic group,outcome,risk,family\n"


def line(place: int, group: str = "") -> str:
    return f"{group or ('White' if place % 2 else 'Black')},{int(place % 4 == 0)},{place / 500},f{place}\n"


GOOD = HEADER + "".join(map(line, range(400)))
ASKED = {"group": "Ethnic group", "label": "outcome", "score": "risk", "capacity": "60"}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Audit a list; options by name, those that are None left out. Returns what is printed."""

    def audit(content: str = GOOD, **options: str | None) -> str:
        path = tmp_path / "list.csv"
        path.write_text(content, encoding="utf-8")
        given = {**ASKED, "out": str(tmp_path / "out"), **options}
        words = [word for name, value in given.items() if value is not None for word in (f"--{name}", value)]
        done = CliRunner().invoke(app, ["audit", "table", str(path), *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    return audit


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"group": "Ethnic grup"}, InputRejected, "Did you mean 'Ethnic group'?"),
        ({"score": "Risk", "label": "outcom"}, InputRejected, "Did you mean 'outcome' and 'risk'?"),
        ({"group": "postcode"}, InputRejected, "Check the name against the first line"),
        ({"group": "outcome"}, UsageError, "also asked for as something else"),
        ({"policy": "nosuch.toml"}, UsageError, "There is no such policy."),
        ({"capacity": None}, UsageError, "said once who is on the list"),
        ({"threshold": "0.5"}, UsageError, "said once who is on the list"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name(
    run: Callable[..., str], tmp_path: Path, options: dict[str, str | None], kind: type[EarlyHelpError], said: str
) -> None:
    with pytest.raises(kind) as refused:
        run(**options)
    assert said in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_list_without_a_header_is_not_quoted(run: Callable[..., str]) -> None:
    with pytest.raises(InputRejected) as refused:
        run("".join(map(line, range(400))))
    assert "The header lacks the columns" in str(refused.value)
    assert "White" not in str(refused.value) and "f0" not in str(refused.value)


def test_a_policy_with_an_unknown_metric_is_refused_with_the_known_ones(
    run: Callable[..., str], tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    rule = '[[rules]]\nname = "only"\nmetric = "recall"\nmargin = 0.1\nminimum = 30\n'
    policy.write_text(f'name = "own"\n{rule}', encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        run(policy=str(policy))
    assert "metric" in refused.value.where and "Did you mean tpr?" in refused.value.fix


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (GOOD, {}, "400 cases."),
        (GOOD + GOOD.removeprefix(HEADER), {"unit": "family"}, "800 cases of 400 units."),
        (GOOD + ",1,0.5,x\n" * 30, {}, "30 cases have no Ethnic group, and are the group 'Unknown'."),
        (HEADER + "".join(line(n, "White") for n in range(400)), {}, "All cases are of one group by Ethnic group"),
        (GOOD.replace(",1,", ",0,"), {}, "No case has the outcome"),
        (GOOD, {"capacity": None, "threshold": "7"}, "No case is on the list."),
        (GOOD + "\n" + HEADER, {}, "Left out as no case: 1 (repeated header)."),
        (
            HEADER + "".join(f"{'White' if n % 2 else 'Black'},{int(n % 4 == 0)},0.5,f{n}\n" for n in range(400)),
            {},
            "400 cases have the score at which the list ends, and 60 of them are on it",
        ),
    ],
)
def test_what_bears_on_the_audit_is_told(
    run: Callable[..., str], content: str, options: dict[str, str | None], said: str
) -> None:
    assert said in run(content, **options)


def test_without_outcomes_the_verdict_says_which_rules_were_not_asked(run: Callable[..., str]) -> None:
    told = run(label=None)
    assert "Verdict: cannot tell." in told and "found_when_in_need" in told
