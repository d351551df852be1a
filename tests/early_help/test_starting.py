"""A new council's folder: what `init` writes, what it refuses, and the way from there to a check."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from early_help.cli import app
from early_help.config import load_config
from early_help.starting import layout, start
from early_help.starting_examples import EXAMPLES
from early_help.starting_systems import SYSTEMS
from sources.config import SourcesConfig
from sources.mapping.compiling import TABLES_BY_NAME
from sources.plan import plan_extracts
from store.errors import UsageError


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_init_writes_the_layout_and_nothing_else(tmp_path: Path) -> None:
    made = start(tmp_path / "council")
    assert _files(tmp_path / "council") == layout()
    assert sorted(layout()) == made
    assert [path.name for path in tmp_path.iterdir()] == ["council"]


def test_the_toml_is_valid_and_its_dates_are_dates(tmp_path: Path) -> None:
    start(tmp_path / "council")
    council = tomllib.loads((tmp_path / "council" / "council.toml").read_text("utf-8"))["council"]
    assert all(type(council[key]) is dt.date for key in ("extract_date", "covers_from", "covers_to"))


def test_init_beside_files_of_the_councils_own(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("ours")
    start(tmp_path)
    assert _files(tmp_path) == {**layout(), "notes.txt": "ours"}


@pytest.mark.parametrize("name", ["council.toml", "README.md", ".gitignore", "extracts"])
def test_init_overwrites_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        start(tmp_path)
    assert _files(tmp_path) == {name: "mine"}


def test_a_second_init_names_the_councils_own_file(tmp_path: Path) -> None:
    start(tmp_path / "new")
    with pytest.raises(UsageError, match=r"already has council\.toml"):
        start(tmp_path / "new")
    assert _files(tmp_path / "new") == layout()


def test_each_readme_says_what_a_file_is_for() -> None:
    files = layout()
    for system in SYSTEMS:
        readme = files[f"extracts/{system.folder}/README.md"]
        assert all(f"What it is for: {ask.why}." in readme for ask in system.asks)
        assert not any(":" in ask.why for ask in system.asks)


def test_init_refuses_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "council.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError):
        start(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="not a folder"):
        start(tmp_path / "file")


def test_check_right_after_init_says_the_next_step(tmp_path: Path) -> None:
    start(tmp_path)
    with pytest.raises(UsageError, match="No extract is described yet") as refused:
        load_config(tmp_path / "council.toml")
    assert "early-help suggest" in refused.value.fix


def test_every_system_has_an_example_that_can_be_carried_out() -> None:
    assert {system.folder for system in SYSTEMS} == set(EXAMPLES)
    for example in EXAMPLES.values():
        extracts = tomllib.loads(example)["extracts"]
        (plan,) = plan_extracts(SourcesConfig.model_validate({"folder": ".", "extracts": extracts}))
        assert plan.extract.tables


def test_every_example_is_commented_out_word_for_word_and_works_when_uncommented(tmp_path: Path) -> None:
    start(tmp_path)
    text = (tmp_path / "council.toml").read_text("utf-8")
    for example in EXAMPLES.values():
        for line in example.strip().splitlines():
            assert f"\n# {line}\n" in text
    # Taking the marks away from what looks like TOML gives a whole council.
    begins = text.index("# [[extracts]]")
    bare = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text[begins:])
    (tmp_path / "council.toml").write_text(text[:begins] + bare, encoding="utf-8")
    config = load_config(tmp_path / "council.toml")
    sources = config.sections[SourcesConfig]
    assert isinstance(sources, SourcesConfig) and len(sources.extracts) == len(EXAMPLES)


def test_what_is_asked_for_feeds_tables_that_exist() -> None:
    asked = {ask.table for system in SYSTEMS for ask in system.asks}
    assert asked <= set(TABLES_BY_NAME)


def test_extracts_and_runs_stay_out_of_version_control(tmp_path: Path) -> None:
    start(tmp_path)
    rules = (tmp_path / ".gitignore").read_text("utf-8").splitlines()
    assert {"/extracts/*/*", "!/extracts/*/README.md", "/runs/"} <= set(rules)


def test_from_init_by_suggest_to_check(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["init", str(tmp_path / "new")]).exit_code == 0
    rows = "".join(f"T{n % 9},{n % 28 + 1:02d}/03/2025,RENT,{n}.50,{n % 28 + 1:02d}/03/2025\n" for n in range(60))
    ledger = tmp_path / "new" / "extracts" / "housing" / "rent_ledger.csv"
    ledger.write_text("Tenancy Ref,Transaction Date,Transaction Type,Amount,Posted On\n" + rows)
    part = tmp_path / "part.toml"
    said = runner.invoke(app, ["suggest", str(ledger), "--out", str(part)])
    assert said.exit_code == 0 and "rent_transactions" in said.output
    council = tmp_path / "new" / "council.toml"
    council.write_text(council.read_text("utf-8") + "\n" + part.read_text("utf-8"), encoding="utf-8")
    checked = runner.invoke(app, ["check", str(council), "--out", str(tmp_path / "run")])
    assert checked.exit_code == 0, checked.output
    page = (tmp_path / "run" / "sources" / "data_quality.html").read_text(encoding="utf-8")
    assert "What the data can and cannot show" in page and "index.html" not in page
    again = runner.invoke(app, ["suggest", str(ledger), "--out", str(part)])
    assert isinstance(again.exception, UsageError)
