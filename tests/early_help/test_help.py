"""What `--help` says: every command under a heading, in the order of the work, and nothing without words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from early_help.cli import app
from early_help.refusals import about_run, with_run
from fairness_audits.gate import status
from store.errors import EarlyHelpError, Withheld
from tests.reports.samples import FAMILY_TARGET, TODAY, make_run
from tests.support import KEYS


def commands(command: Any, words: str = "early-help") -> Iterator[tuple[str, Any]]:
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{words} {name}")


def test_every_command_stands_under_a_heading() -> None:
    top = typer.main.get_command(app)
    headings = {name: getattr(one, "rich_help_panel", None) for name, one in top.commands.items()}  # type: ignore[attr-defined]
    assert len(headings) > 20
    assert all(isinstance(heading, str) for heading in headings.values()), headings


def test_headings_stand_in_the_order_of_the_work() -> None:
    said = CliRunner().invoke(app, ["--help"], terminal_width=100).stdout
    order = ["To begin", "A run, and what is in it", "Who may see a list", "Panels and family support", "next quarter"]
    places = [said.index(heading) for heading in order]
    assert places == sorted(places)
    for before, after in (("init", "suggest"), ("release", "export"), ("retrain", "promote")):
        assert said.index(f" {before} ") < said.index(f" {after} ")


def test_every_command_and_all_that_it_takes_has_words() -> None:
    silent = [words for words, one in commands(typer.main.get_command(app)) if not (one.help or "").strip()]
    silent += [
        f"{words} {taken.name}"
        for words, one in commands(typer.main.get_command(app))
        for taken in one.params
        if taken.name != "help" and not taken.hidden and not (taken.help or "").strip()
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("fix", "said"),
    [
        ("Each runs: early-help release RUN --target t", "Each runs: early-help release 'my run' --target t"),
        (
            "early-help export RUN, then early-help verify RUN.",
            "early-help export 'my run', then early-help verify 'my run'.",
        ),
        ("See that RUN is whole.", "See that RUN is whole."),
        ("early-help release RUNS", "early-help release RUNS"),
        ("", ""),
    ],
)
def test_the_run_is_named_in_commands_alone(fix: str, said: str) -> None:
    assert with_run(fix, "my run") == said
    with pytest.raises(EarlyHelpError) as raised, about_run("my run"):
        raise Withheld("Withheld.", where="t", fix=fix)
    assert (raised.value.fix, raised.value.exit_code) == (said, 4)


def test_a_refusal_leaves_nothing_to_be_filled_in_but_what_the_signer_knows(tmp_path: Path) -> None:
    fix = with_run(status(make_run(tmp_path / "run", units=300), KEYS, FAMILY_TARGET, TODAY).fix, "runs/demo")
    assert f"early-help release runs/demo --target {FAMILY_TARGET} --approve" in fix
