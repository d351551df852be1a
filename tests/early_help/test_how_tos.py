"""What the handbook tells people to type and to write is what the toolkit takes."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from jupyterlab.labapp import LabApp

from early_help.cli import app
from early_help.command_page import command_page
from fairness_audits.config import AuditConfig
from fairness_audits.policy import DEFAULT_POLICY, Policy, Rule
from features.config import FeaturesConfig
from residents.config import ResidentsConfig
from sources.config import SourcesConfig
from sources.plan import plan_extracts

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")])
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s/`])early-help ")
_ALONE = {"--help", "--debug", "--version"}


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _FENCED.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands(text: str) -> Iterator[list[str]]:
    """The words after `early-help` of every line of a block, lines that go on put together."""
    for line in text.replace("\\\n", " ").splitlines():
        if _COMMAND.search(line) and not line.lstrip().startswith("#"):
            told = _COMMAND.split(line, maxsplit=1)[1].split(" # ")[0]
            yield shlex.split(told.replace("[", "").replace("]", ""))


def unknown_in(words: list[str]) -> list[str]:
    """What the command line would not take: the first word that is no command, or options that there are not."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        if rest and rest[0] in _ALONE:
            return []
        if not rest or rest[0] not in command.commands:
            return rest[:1] or ["no command"]
        command = command.commands[rest.pop(0)]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | _ALONE
    return [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]


TOLD = [
    (page.relative_to(PROJECT).as_posix(), words)
    for page in PAGES
    for text in blocks(page, "")
    for words in commands(text)
]


def test_there_are_commands_to_look_at() -> None:
    assert len(TOLD) > 30 and {"README.md", "docs/tutorial.md"} <= {page for page, _ in TOLD}


@pytest.mark.parametrize(("page", "words"), TOLD, ids=lambda one: one if isinstance(one, str) else " ".join(one)[:40])
def test_every_command_that_a_page_tells_is_one(page: str, words: list[str]) -> None:
    assert unknown_in(words) == [], page


def test_the_page_of_commands_has_each_with_everything_that_it_takes() -> None:
    page = command_page()
    for words, command in leaves(typer.main.get_command(app), "early-help"):
        entry = page.split(f"\n## `{words}`\n")[1].split("\n## ")[0]
        assert len(entry.strip()) > 20, words
        for one in command.params:
            if one.name != "help":
                named = one.opts[0] if one.opts[0].startswith("-") else one.metavar or one.name.upper()
                assert f"`{named}" in entry, (words, one.name)
                assert (one.help or "").split()[:1] == [] or one.help.split()[0] in entry, (words, one.name)
    assert "[bold]" not in page


def leaves(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", {})
    for name, one in below.items():
        yield from leaves(one, f"{words} {name}")
    if not below:
        yield words, command


def test_a_command_and_an_option_that_are_not_there_are_found() -> None:
    """Canary."""
    assert unknown_in(["runn", "x.toml"]) == ["runn"]
    assert unknown_in(["log", "verfy", "RUN"]) == ["verfy"]
    assert unknown_in(["run", "x.toml", "--output", "y", "--until=models"]) == ["--output"]
    (words,) = commands(".venv/bin/early-help run x.toml \\\n  --out y  # a run\n# early-help not this\n")
    assert words == ["run", "x.toml", "--out", "y"]


def test_every_target_of_make_that_a_page_tells_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = {
        name
        for page in PAGES
        for name in re.findall(r"(?:^|`)(?:\w+=\S+ )?make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert told - targets == set() and {"demo", "lab"} <= told


@pytest.mark.parametrize("name", ["add-a-source.md", "move-to-postgresql.md"])
def test_the_mappings_of_a_how_to_are_mappings(name: str) -> None:
    for text in blocks(PROJECT / "docs" / name, "toml"):
        document = tomllib.loads(text)
        found = plan_extracts(SourcesConfig.model_validate({"folder": "extracts", **document}))
        assert [plan.extract.name for plan in found] == [one["name"] for one in document["extracts"]]


def test_the_rule_of_the_how_to_is_a_rule_beside_those_there_are() -> None:
    named, rule = map(tomllib.loads, blocks(PROJECT / "docs" / "add-an-audit-rule.md", "toml"))
    AuditConfig.model_validate(named["audit"])
    policy = tomllib.loads((PROJECT / "fairness_audits" / DEFAULT_POLICY).read_text(encoding="utf-8"))
    found = Policy.model_validate(policy | {"rules": policy["rules"] + rule["rules"]})
    assert found.rules[-1] == Rule.model_validate(rule["rules"][0])


def test_the_settings_that_ask_for_spark_are_settings() -> None:
    (text,) = blocks(PROJECT / "docs" / "move-to-spark.md", "toml")
    document = tomllib.loads(text)
    engines = (
        ResidentsConfig.model_validate(document["residents"]).engine,
        FeaturesConfig.model_validate(document["features"]).engine,
    )
    assert engines == ("spark", "spark")


def test_jupyterlab_is_opened_without_asking_the_network_for_anything() -> None:
    """Its options for versions, news and extensions are set, and are options of the JupyterLab that is installed."""
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (given,) = re.findall(r"^QUIET_LAB := (.*)$", makefile, re.MULTILINE)
    assert "$(QUIET_LAB)" in makefile.split("\nlab:")[1].split("\n\n")[0]
    told = dict(option.removeprefix("--LabApp.").split("=") for option in given.split())
    assert told == {
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "news_url": "None",
        "extension_manager": "readonly",
    }
    assert set(told) <= set(LabApp.class_traits(config=True))
