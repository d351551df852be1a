"""`early-help resident`: logged before it is shown, safe on a terminal and in a spreadsheet, refused in words."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from early_help.person_view import PersonView
from early_help.resident_commands import resident
from residents.lookup.access_log import ACCESS_LOG, access_log
from store.errors import EarlyHelpError, InputRejected, UsageError
from store.run_folder import RunFolder
from tests.residents.lookup_borough import ELM, OAK
from tests.residents.rooms import Index

WHO = ("--as", "Ann Asker", "--reason", "A call from the school")


@pytest.fixture
def borough(looked_up: Index, tmp_path: Path) -> Index:
    """A copy of the run without any look-up yet."""
    return Index(RunFolder(Path(shutil.copytree(looked_up.run.root, tmp_path / "run"))))


def invoked(*arguments: str) -> Result:
    # However wide the terminal is that the tests run in.
    with patch("early_help.resident_commands.console", Console(highlight=False, width=200)):
        return CliRunner().invoke(resident, arguments, env={"TERM": "dumb"})


def asked(borough: Index, *arguments: str) -> str:
    """What a look-up shows; raises what the command raises."""
    result = invoked("find", str(borough.run.root), *WHO, *arguments)
    if isinstance(result.exception, EarlyHelpError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def log_of(borough: Index) -> list[dict[str, object]]:
    return access_log(borough.run).entries()


def test_one_person_is_shown_whole_and_several_as_a_list(borough: Index) -> None:
    one = asked(borough, "--name", "Fatma Omar")
    for expected in ("housing", "benefits", "H3", "same birth date", "not held by both", "1 Elm Road", "Families"):
        assert expected in one
    several = asked(borough, "--name", "Hassan")
    assert "same birth date" not in several
    for person in (borough.person("housing", "H1"), borough.person("housing", "H2")):
        assert person in several
    assert several.count("1 Elm Road, Testborough, AB1 2CD") == 2
    assert "16 more" in asked(borough, "--name", "Lodger", "--limit", "2")


def test_nobody_found_is_an_answer_and_is_logged(borough: Index) -> None:
    assert "Nobody" in asked(borough, "--name", "Nobody Atall")
    assert [(entry["people"], entry["shown"]) for entry in log_of(borough)] == [(0, [])]


def test_the_log_says_who_why_and_at_whom_and_nothing_that_was_asked(borough: Index, tmp_path: Path) -> None:
    asked(borough, "--name", "Amina Hassan", "--dob", "04/03/2012", "--address", "1 Elm Road", "--id", "schools:S1")
    (tmp_path / "list").write_text(f"{ELM}\n")
    asked(borough, "--uprns", str(tmp_path / "list"), "--out", str(tmp_path / "out.csv"))
    person, addresses = log_of(borough)
    assert person["as"] == "Ann Asker"
    assert person["reason"] == "A call from the school"
    assert person["asked"] == ["name", "dob", "address", "key"]
    assert person["shown"] == [borough.person("schools", "S1")]
    assert (addresses["addresses"], addresses["people"]) == (1, 2)
    text = (borough.run.root / ACCESS_LOG).read_text().lower()
    for personal in ("amina", "hassan", "2012-03", "elm", 's1"', ELM):
        assert personal not in text


def test_what_a_person_was_shown_to_can_be_told(borough: Index) -> None:
    asked(borough, "--name", "Amina Hassan")
    asked(borough, "--name", "Mary Jane O'Neill")
    told = invoked("log", str(borough.run.root), "--person", borough.person("schools", "S1")).output
    assert "1 of 2 look-ups" in told
    assert "Ann Asker" in told


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="only another account than root can be kept out")
def test_without_a_log_nothing_is_shown(borough: Index) -> None:
    folder = (borough.run.root / ACCESS_LOG).parent
    folder.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be logged"):
        asked(borough, "--name", "Amina Hassan")
    folder.chmod(0o700)


def test_a_log_that_cannot_be_written_or_was_changed_stops_the_look_up(
    borough: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list").write_text(f"{ELM}\n")
    (borough.run.root / ACCESS_LOG).write_text("{}\n")
    for look_up in (("--name", "Amina"), ("--uprns", str(tmp_path / "list"), "--out", str(tmp_path / "out.csv"))):
        with pytest.raises(InputRejected, match="log of look-ups was changed"):
            asked(borough, *look_up)
    (borough.run.root / ACCESS_LOG).unlink()
    (borough.run.root / ACCESS_LOG).mkdir()
    result = invoked("find", str(borough.run.root), *WHO, "--name", "Amina Hassan")
    assert isinstance(result.exception, UsageError)
    assert "Hassan" not in result.output
    assert not (tmp_path / "out.csv").exists()


def test_names_are_harmless_on_a_terminal_in_json_and_in_a_spreadsheet(borough: Index, tmp_path: Path) -> None:
    shown = asked(borough, "--name", "Drop") + asked(borough, "--name", "Drop", "--json")
    listed = asked(borough, "--postcode", "AB1 3EF")
    (tmp_path / "list").write_text(f"{OAK}\n")
    asked(borough, "--uprns", str(tmp_path / "list"), "--out", str(tmp_path / "out.csv"))
    content = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "HYPERLINK" in shown and "HYPERLINK" in listed and "<script>" in listed
    for text in (shown, listed, content):
        assert "\x1b" not in text
        assert "\u202e" not in text
    cells = [cell for row in csv.reader(content.splitlines()) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_markup_in_a_name_stays_text(borough: Index) -> None:
    """A name is never read as the terminal library's own markup."""
    console = Console(record=True, width=200, file=io.StringIO())
    person = {"person_id": "P1", "forename": "[bold red]Ann[/]", "surname": "[/x]", "dob": None, "sex": None}
    PersonView(console).listed([{**person, "systems": 1, "likeness": 1.0, "last_address": "[/y]"}], 1)
    assert "[bold red]Ann[/] [/x]" in console.export_text()


@pytest.mark.parametrize(
    "content", [None, "", "{}", '{"settings": 1}', '{"prior": 0.1, "settings": {"comparisons": []}}']
)
def test_without_a_model_that_can_be_read_all_else_is_shown(content: str | None, borough: Index) -> None:
    model = borough.run.root / "residents" / "model.json"
    model.unlink()
    if content is not None:
        model.write_text(content)
    shown = asked(borough, "--id", "benefits:B2")
    assert "Families" in shown
    assert "same birth date" not in shown


def test_a_key_held_by_others_alone_is_said_to_be(borough: Index) -> None:
    """A link that would not have joined two keys by itself is not passed off as what joined them."""
    console = Console(record=True, width=200, file=io.StringIO())
    part = {"comparison": "surname", "level": "different", "weight": -4.0, "words": "different surname"}
    link = {"one": ("a", "1"), "other": ("b", "2"), "prior": -13.0, "parts": [part], "missing": ["dob"]}
    person = {"person_id": "P1", "forename": "Ann", "surname": None, "dob": None, "sex": None}
    document = {"person": person, "identifiers": [], "homes": [], "families": []}
    for weight, probability in ((-17.0, 0.0), (17.0, 0.99)):
        PersonView(console).person({**document, "links": [{**link, "weight": weight, "probability": probability}]})
    assert console.export_text().count("too little by itself") == 1


def test_a_terminal_without_the_letter_shows_a_mark(borough: Index) -> None:
    done = CliRunner(charset="ascii").invoke(resident, ["find", str(borough.run.root), *WHO, "--id", "library:L9"])
    assert done.exit_code == 0, done.exception
    assert "?ofia" in done.output


def test_json_holds_the_whole_answer(borough: Index) -> None:
    document = json.loads(asked(borough, "--id", "benefits:B2", "--json"))
    assert document["person"]["person_id"] == borough.person("housing", "H2")
    assert {part["comparison"] for part in document["links"][0]["parts"]} >= {"forename", "dob"}
    listed = json.loads(asked(borough, "--name", "Hassan", "--json"))
    assert listed["total"] == len(listed["people"]) == 2


def test_the_list_of_addresses_is_for_its_reader_alone_and_never_overwritten(borough: Index, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"uprn\n{ELM}\nrubbish\n")
    out = tmp_path / "out.csv"
    told = asked(borough, "--uprns", str(tmp_path / "list"), "--out", str(out))
    assert "2 people at 1 of 1 addresses" in told and "hold no UPRN: line 3." in told
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["forename"] for row in rows} == {"Amina", "Fatma"}
    if os.name != "nt":
        assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="already"):
        asked(borough, "--uprns", str(tmp_path / "list"), "--out", str(out))
    assert len(log_of(borough)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--dob", "12th of May"),
        ("--id", "S1"),
        ("--id", ":S1"),
        ("--name", "A", "--uprns", "list"),
        ("--name", "A", "--out", "x.csv"),
        ("--uprns", "nowhere.csv", "--out", "x.csv"),
        ("--uprns", "nowhere.csv"),
        (),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_and_not_logged(arguments: tuple[str, ...], borough: Index) -> None:
    with pytest.raises(UsageError):
        asked(borough, *arguments)
    assert log_of(borough) == []


@pytest.mark.parametrize(
    "who",
    [
        ("--as", "Ann Asker"),
        ("--reason", "A call"),
        ("--as", "", "--reason", "A call"),
        ("--as", "Ann Asker", "--reason", "..."),
        ("--as", "Ann\nAsker", "--reason", "A call"),
        ("--as", "Ann\x1b[2J", "--reason", "A call"),
        ("--as", "Ann Asker", "--reason", "x" * 501),
    ],
)
def test_nobody_looks_without_a_name_and_a_reason(who: tuple[str, ...], borough: Index) -> None:
    result = invoked("find", str(borough.run.root), *who, "--name", "Amina Hassan")
    assert result.exit_code == 2 or isinstance(result.exception, UsageError)
    assert "schools" not in result.output
    assert log_of(borough) == []


def test_a_folder_that_is_no_run_and_a_run_without_an_index_are_refused(borough: Index, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "young" / "state").mkdir(parents=True)
    for folder, why in ((tmp_path / "plain", "not a run folder"), (tmp_path / "young", "no residents index")):
        with pytest.raises(UsageError, match=why):
            asked(Index(RunFolder(folder)), "--name", "Amina Hassan")
