"""`early-help review-pairs`: a file only its owner may read, that leads nobody; answers read back, or refused."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from early_help.cli import app
from residents.lookup.access_log import access_log
from residents.quality.clerical import FIELDS, read_answers
from store.errors import EarlyHelpError, InputRejected, UsageError
from store.files import read_json
from tests.residents.rooms import DAY, Index, index, record

HOSTILE = ("=HYPERLINK(1)", "<script>", "Robert'); DROP TABLE people;--", '"', "@SUM(A1)")
EACH = 12
WHO = ("--as", "Ada Clerk", "--reason", "Quality of linkage")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Index:
    people = []
    for number in range(EACH):
        forename = HOSTILE[number] if number < len(HOSTILE) else f"Fore{'abcdefghijkl'[number]}name"
        about = {"dob": DAY(1960 + number, 3, 5), "address": f"{number + 1} Kiln Road", "postcode": "ZZ1 2AB"}
        for source in ("housing", "library"):
            surname = f"Sur{'abcdefghijkl'[number]}name"
            people.append(record(source, f"{source}{number}", forename, surname, ethnicity="BAFR", **about))
    made = index(tmp_path_factory.mktemp("review") / "run", people)
    made.run.state.mkdir(exist_ok=True)
    return made


def asked(made: Index, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["review-pairs", str(made.run.root), *arguments], env={"COLUMNS": "200"})


def refusal(made: Index, *arguments: str) -> EarlyHelpError:
    result = asked(made, *arguments)
    assert isinstance(result.exception, EarlyHelpError), result.output
    return result.exception


def sheet(made: Index, folder: Path) -> tuple[Path, list[dict[str, str]]]:
    path = folder / "pairs.csv"
    result = asked(made, "--sample", "200", "--out", str(path), *WHO)
    assert result.exit_code == 0, result.output
    return path, list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def answered(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding, errors="replace"))
    return path


def truly(row: dict[str, str]) -> str:
    return (
        "yes"
        if row["key_1"].lstrip("abcdefghijklmnopqrstuvwxyz") == row["key_2"].lstrip("abcdefghijklmnopqrstuvwxyz")
        else "no"
    )


def test_the_file_is_for_its_owner_alone_and_shows_no_weight(made: Index, tmp_path: Path) -> None:
    path, rows = sheet(made, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(rows[0]) == {"pair", "same_person"} | {f"{field}_{side}" for field in FIELDS for side in (1, 2)}
    assert all(row["same_person"] == "" for row in rows)
    assert {tuple(sorted((row["system_1"], row["system_2"]))) for row in rows} >= {("housing", "library")}
    one = next(row for row in rows if row["key_1"] == "housing7")
    assert (one["surname_1"], one["dob_1"], one["addresses_1"], one["postcodes_1"]) == (
        *("Surhname", "05/03/1967", "8 Kiln Road", "ZZ1 2AB"),
    )


def test_ethnicity_is_neither_in_the_file_nor_in_the_table_and_still_counts_the_answers(
    made: Index, tmp_path: Path
) -> None:
    path, rows = sheet(made, tmp_path)
    assert "BAFR" not in path.read_text(encoding="utf-8-sig")
    assert not [name for name in made.rows("review_pairs")[0] if "ethnic" in name]
    for row in rows:
        row["same_person"] = truly(row)
    assert {one.ethnicity for one in read_answers(made.run, answered(path, rows))} == {"BAFR"}


def test_whoever_takes_pairs_is_logged_with_the_people_shown(made: Index, tmp_path: Path) -> None:
    before = len(access_log(made.run).entries())
    sheet(made, tmp_path)
    entries = access_log(made.run).entries()
    assert len(entries) == before + 1
    assert (entries[-1]["as"], entries[-1]["reason"], entries[-1]["kind"]) == (WHO[1], WHO[3], "review pairs")
    assert made.person("housing", "housing7") in entries[-1]["shown"]
    for left_out in (WHO[:2], WHO[2:]):
        refused = refusal(made, "--sample", "50", "--out", str(tmp_path / "other.csv"), *left_out)
        assert refused.where in ("--as", "--reason")
    assert not (tmp_path / "other.csv").exists()
    assert len(access_log(made.run).entries()) == before + 1


def test_no_cell_is_a_formula(made: Index, tmp_path: Path) -> None:
    _, rows = sheet(made, tmp_path)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "-"))]
    assert any(cell == "'=HYPERLINK(1)" for cell in cells)


def test_a_file_that_may_hold_answers_is_not_overwritten(made: Index, tmp_path: Path) -> None:
    path, _ = sheet(made, tmp_path)
    before = path.read_bytes()
    assert isinstance(refusal(made, "--sample", "50", "--out", str(path), *WHO), UsageError)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";")])
def test_answers_come_back_as_precision_and_recall(made: Index, tmp_path: Path, encoding: str, delimiter: str) -> None:
    path, rows = sheet(made, tmp_path)
    for row in rows:
        row["same_person"] = truly(row).upper()
    rows[0]["same_person"] = "unsure"
    result = asked(made, "--answers", str(answered(path, rows, encoding, delimiter)))
    assert result.exit_code == 0, result.output
    document = read_json(made.run.root / "residents" / "review.json")
    assert (document["judged"], document["unsure"]) == (len(rows) - 1, 1)
    assert document["precision"]["value"] == 1.0 and "Precision: 100%" in result.output
    said = sum(one[name] for one in document["strata"] for name in ("yes", "no", "unsure"))
    assert said == len(rows)
    assert document["sample"] == read_json(made.run.root / "residents" / "linkage.json")["review"]["sample"]
    assert "Kiln" not in str(document) and "housing" not in str(document)


def test_rows_left_empty_are_not_judged(made: Index, tmp_path: Path) -> None:
    path, rows = sheet(made, tmp_path)
    rows[0]["same_person"] = truly(rows[0])
    assert asked(made, "--answers", str(answered(path, rows))).exit_code == 0
    document = read_json(made.run.root / "residents" / "review.json")
    assert document["judged"] == 1


@pytest.mark.parametrize(
    ("change", "message", "where"),
    [
        ({"same_person": "maybe so"}, "no answer", "line 3, column same_person"),
        ({"pair": "Pabcdef-1", "same_person": "yes"}, "another sample", "line 3, column pair"),
        ({"pair": "", "same_person": "yes"}, "no such pair", "line 3, column pair"),
        ({"pair": "first", "same_person": "yes"}, "on an earlier line", "line 3, column pair"),
        ({"pair": "beyond", "same_person": "yes"}, "no such pair", "line 3, column pair"),
    ],
)
def test_an_answer_that_cannot_be_read_is_told_by_line_and_column(
    made: Index, tmp_path: Path, change: dict[str, str], message: str, where: str
) -> None:
    path, rows = sheet(made, tmp_path)
    rows[0]["same_person"] = "yes"
    known = {"first": rows[0]["pair"], "beyond": rows[0]["pair"].rpartition("-")[0] + "-99999"}
    rows[1] |= {name: known.get(value, value) for name, value in change.items()}
    error = refusal(made, "--answers", str(answered(path, rows)))
    assert isinstance(error, InputRejected)
    assert message in error.message and where in error.where
    assert "maybe so" not in str(error)


def test_a_file_without_the_columns_or_without_answers_is_refused(made: Index, tmp_path: Path) -> None:
    path, rows = sheet(made, tmp_path)
    assert "No pair has an answer" in str(refusal(made, "--answers", str(path)))
    other = tmp_path / "other.csv"
    other.write_text("pair,verdict\n1,yes\n", encoding="utf-8")
    error = refusal(made, "--answers", str(other))
    assert "no such column" in str(error) and "column same_person" in error.where
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    assert isinstance(refusal(made, "--answers", str(empty)), InputRejected)
    assert rows


@pytest.mark.parametrize(
    "arguments",
    [(), ("--sample", "50"), ("--out", "x.csv"), ("--answers", "x.csv", "--sample", "50")],
    ids=["nothing", "no file", "no number", "both"],
)
def test_half_a_question_is_refused(made: Index, arguments: tuple[str, ...]) -> None:
    assert isinstance(refusal(made, *arguments), UsageError)


def test_a_run_without_an_index_is_refused(made: Index, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    result = CliRunner().invoke(
        app, ["review-pairs", str(tmp_path), "--sample", "50", "--out", str(tmp_path / "x.csv"), *WHO]
    )
    assert isinstance(result.exception, UsageError) and not (tmp_path / "x.csv").exists()
