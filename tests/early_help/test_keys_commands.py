"""`early-help keys`: what it tells, what it asks, and that no key is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from early_help.keys_commands import keys
from store.errors import UsageError
from store.key_file import KEY_FILE_VARIABLE, load_keys


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "vault" / "master.key"
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(path))
    return path


def said(*arguments: str) -> Result:
    result = CliRunner().invoke(keys, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_a_key_is_made_told_of_and_checked_but_never_shown(path: Path) -> None:
    made = said("new").output
    shown = said("show").output
    mark = load_keys(path).mark
    assert str(path) in made.replace("\n", "") and mark in made and "copy" in made
    assert mark in shown and "0600" in shown
    rotated = said("rotate", "--yes").output
    secrets = [file.read_text() for file in path.parent.glob("master.key*")]
    assert len(secrets) == 2
    for secret in secrets:
        assert secret not in made + shown + rotated
    assert mark in rotated and load_keys(path).mark in rotated and load_keys(path).mark != mark


def test_the_named_file_counts_and_the_user_is_told_to_name_it(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "k"
    assert KEY_FILE_VARIABLE in said("new", "--file", str(other)).output
    assert other.exists() and not path.exists()
    assert load_keys(other).mark in said("show", "--file", str(other)).output


def test_nothing_is_rotated_unasked(path: Path) -> None:
    said("new")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="Nothing was changed"):
        said("rotate")
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 1


def test_there_is_nothing_to_rotate_or_show_without_a_key(path: Path) -> None:
    for command in (("rotate", "--yes"), ("show",)):
        with pytest.raises(UsageError, match="no master key"):
            said(*command)
    assert not path.exists()
