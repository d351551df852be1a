"""`early-help features`: what anyone may read, and what is logged before it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from early_help.features_command import features
from features.config import FeaturesConfig
from features.library import library
from features.stage import STAGE
from residents.lookup.access_log import ACCESS_LOG, access_log
from store.council import RunSettings
from store.errors import EarlyHelpError, InputRejected, UsageError
from store.run_folder import RunFolder
from tests.features.engines import put_tables
from tests.features.test_explaining import AS_OF, SECRET, small
from tests.support import run_stage

WHO = ("--as", "Ann Asker", "--reason", "A figure looked odd")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    root = tmp_path_factory.mktemp("features_command")
    put_tables(root, small())
    run = run_stage(STAGE, root, FeaturesConfig(as_of=(AS_OF,)), settings=RunSettings(threads=1))
    run.state.mkdir(exist_ok=True)
    return run


@pytest.fixture
def run(made: RunFolder) -> RunFolder:
    """The run without any look-up yet."""
    (made.root / ACCESS_LOG).unlink(missing_ok=True)
    return made


def invoked(*arguments: str) -> Result:
    with patch("early_help.features_command.console", Console(highlight=False, width=200)):
        return CliRunner().invoke(features, arguments, env={"TERM": "dumb"})


def said(*arguments: str) -> str:
    """What a command shows; raises what the command raises."""
    result = invoked(*arguments)
    if isinstance(result.exception, EarlyHelpError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def explained(run: RunFolder, name: str, *arguments: str) -> str:
    return said("explain", name, "--run", str(run.root), "--as-of", AS_OF.isoformat(), *WHO, *arguments)


def test_the_list_can_be_narrowed_and_refuses_what_there_is_not() -> None:
    assert f"{len(library())} of {len(library())} features" in said("list")
    rent = said("list", "--subject", "rent")
    assert "rent_arrears_weeks" in rent and "absence_rate_182" not in rent
    # The Universal Credit adjustment rests on benefit claims, though its subject is rent; so does a need, by way of it.
    by_source = said("list", "--source", "benefit_spells")
    assert "rent_arrears_weeks_uc_adjusted" in by_source and "need_housing" in by_source
    assert "returned_payments_182" not in by_source
    children = json.loads(said("list", "--level", "child", "--json"))
    assert {entry["level"] for entry in children} == {"child"}
    with pytest.raises(UsageError) as refused:
        said("list", "--subject", "rents")
    assert "rent" in str(refused.value.fix)


def test_one_feature_is_shown_with_how_it_is_computed(run: RunFolder) -> None:
    shown = said("show", "absence_rate_182", "--run", str(run.root))
    for words in ("A \u00f7 B", "school registers", "Blank where the question does not arise", "known for 100.0%"):
        assert words in shown
    assert json.loads(said("show", "absence_rate_182", "--json"))["in_run"] is None
    with pytest.raises(UsageError) as refused:
        said("show", "absense_rate_182")
    assert "absence_rate_182" in str(refused.value.fix)


def test_nothing_is_logged_for_what_anyone_may_read(run: RunFolder) -> None:
    said("list")
    said("show", "adults", "--run", str(run.root))
    assert not (run.root / ACCESS_LOG).exists()


def test_a_value_is_explained_by_its_rows_and_logged(run: RunFolder) -> None:
    shown = explained(run, "absence_rate_182", "--child", "x0")
    assert "Missed 40% of possible sessions in the last 6 months (2 of 5); borough median 40%." in shown
    assert "A = 2, B = 5; value 0.4" in shown
    assert "recorded too late" in shown and "1 recorded too late to be known" in shown
    assert "2025-03-06" in shown and "2025-04-02" in shown
    (entry,) = access_log(run).entries()
    assert (entry["as"], entry["reason"]) == ("Ann Asker", "A figure looked odd")
    assert (entry["kind"], entry["feature"]) == ("feature", "absence_rate_182")
    assert entry["asked"] == ["feature", "as_of", "child"]
    assert (entry["people"], entry["shown"]) == (1, ["p0"])


def test_no_key_of_a_system_is_shown(run: RunFolder) -> None:
    for name in ("rent_arrears_weeks", "moves_365", "adults", "needs_count"):
        shown = explained(run, name, "--family", "y0") + explained(run, name, "--family", "y0", "--json")
        assert SECRET not in shown and "pupil-key" not in shown


def test_rows_are_limited_on_a_terminal_and_whole_as_json(run: RunFolder) -> None:
    shown = explained(run, "absence_rate_182", "--child", "x0", "--rows", "2")
    assert "4 earlier rows are not shown" in shown and "2025-03-01" not in shown
    document = json.loads(explained(run, "absence_rate_182", "--child", "x0", "--rows", "2", "--json"))
    assert len(document["streams"][0]["rows"]) == 6


def test_nothing_is_shown_where_it_cannot_be_logged(run: RunFolder) -> None:
    said("explain", "adults", "--run", str(run.root), "--as-of", "2025-03-31", "--family", "y0", *WHO)
    log = run.root / ACCESS_LOG
    log.write_text(log.read_text(encoding="utf-8").replace("Ann Asker", "Bob Other"), encoding="utf-8")
    result = invoked("explain", "adults", "--run", str(run.root), "--as-of", "2025-03-31", "--family", "y0", *WHO)
    assert isinstance(result.exception, InputRejected)
    assert "Adults" not in result.output


def test_a_refused_look_is_logged_too(run: RunFolder) -> None:
    result = invoked("explain", "adults", "--run", str(run.root), "--as-of", "2025-03-31", "--family", "nobody", *WHO)
    assert isinstance(result.exception, UsageError)
    (entry,) = access_log(run).entries()
    assert (entry["asked"], entry["people"], entry["shown"]) == (["feature", "as_of", "family"], 0, [])
    assert "no such family" in entry["refused"] and "nobody" not in entry["refused"]
    assert not list(run.staging.iterdir())


@pytest.mark.parametrize("left_out", ["--as", "--reason", "--run", "--as-of"])
def test_who_why_where_and_when_are_needed(run: RunFolder, left_out: str) -> None:
    options = {
        "--run": str(run.root),
        "--as-of": "2025-03-31",
        "--as": "Ann Asker",
        "--reason": "A figure",
        "--family": "y0",
    }
    del options[left_out]
    result = invoked("explain", "adults", *(word for option in options.items() for word in option))
    assert result.exit_code == 2
    assert not (run.root / ACCESS_LOG).exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        said("show", "adults", "--run", str(tmp_path))
