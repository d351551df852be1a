"""A council's TOML is read whole or refused with the key and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from early_help.config import load_config
from models.config import ModelsConfig
from models.thresholds import RetrainingConfig
from sources.config import SourcesConfig
from store.errors import UsageError

GOOD = """
[council]
name = "Testborough"
extract_date = 2026-09-07
covers_from = 2022-09-01
covers_to = 2026-08-31

[sources]
folder = "extracts"

[codes.sex]
Male = "M"

[[extracts]]
name = "pupils"
source = "schools"
files = ["pupils.csv"]

[[extracts.tables]]
table = "person_records"
key = ["UPN"]

[extracts.tables.columns]
forename = "First"
recorded_on = "Entered"
sex = { column = "Gender", codes = "sex" }

[targets.under_the_radar]
capacity = 40
"""


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "council.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_thresholds_of_retraining_are_read_and_held_to_their_order(tmp_path: Path) -> None:
    default = load_config(written(tmp_path, GOOD)).sections[RetrainingConfig]
    assert default == RetrainingConfig()
    found = load_config(written(tmp_path, GOOD + "[retraining]\nnot_worse_by = 0.05\n")).sections[RetrainingConfig]
    assert found == RetrainingConfig(not_worse_by=0.05)
    with pytest.raises(UsageError, match="not known") as unknown:
        load_config(written(tmp_path, GOOD + "[retraining]\nnot_worse = 0.05\n"))
    assert "not_worse_by" in unknown.value.fix and "retraining.not_worse" in unknown.value.where
    with pytest.raises(UsageError, match="et_aside_before must not be more than set_aside"):
        load_config(written(tmp_path, GOOD + "[retraining]\nset_aside = 0.05\n"))


def test_sections_reach_their_rooms_and_paths_are_the_tomls_own(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))
    sources = config.sections[SourcesConfig]
    assert isinstance(sources, SourcesConfig)
    assert Path(sources.folder) == tmp_path / "extracts"
    assert sources.codes == {"sex": {"Male": "M"}}
    models = config.sections[ModelsConfig]
    assert isinstance(models, ModelsConfig)
    assert models.targets["under_the_radar"].capacity == 40


@pytest.mark.parametrize(
    ("change", "where", "fix"),
    [
        (("[sources]", "[source]"), "source", "Did you mean 'sources'?"),
        (("folder =", "foldr ="), "sources.foldr", "Did you mean 'folder'?"),
        (("files =", "file ="), "extracts[1].file", "Did you mean 'files'?"),
        (("key =", "keys ="), "extracts[1].tables[1].keys", "Did you mean 'key'?"),
        (("capacity =", "capacty ="), "targets.under_the_radar.capacty", "Did you mean 'capacity'?"),
        (("capacity = 40", "capacity = 0"), "targets.under_the_radar.capacity", ""),
        (("2022-09-01", "2027-09-01"), "council", ""),
        (('name = "Testborough"', ""), "council.name", ""),
        (('codes = "sex"', 'codes = "sex", colum = "x"'), "extracts[1].tables[1].columns.sex.colum", "'column'"),
        (('codes = "sex"', 'constant = "M"'), "extracts[1].tables[1].columns.sex", ""),
    ],
)
def test_what_does_not_fit_is_named_by_its_key(change: tuple[str, str], where: str, fix: str, tmp_path: Path) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(UsageError) as refused:
        load_config(path)
    assert refused.value.where == f"{path}: {where}"
    assert fix in refused.value.fix


def test_a_syntax_error_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 3"):
        load_config(written(tmp_path, "[council]\nname = 'x'\nextract_date = \n"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = " + "[" * 5_000 + "]" * 5_000, "nested deeper"),
        ("x = " + "{a = " * 5_000 + "1" + "}" * 5_000, "nested deeper"),
        (".".join("a" * 50_000) + " = 1", "nested deeper"),
        ("x = " + "9" * 5_000, "more figures"),
        *[(f"{section} = 5\n[[extracts]]\nname = 'a'", "not a table") for section in ("sources", "models", "audit")],
    ],
    ids=["lists", "tables", "dots", "figures", "sources", "models", "audit"],
)
def test_a_toml_that_would_break_the_parser_is_refused(content: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=told):
        load_config(written(tmp_path, content))


def test_a_missing_file_a_folder_and_other_bytes_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="folder"):
        load_config(tmp_path)
    path = tmp_path / "utf16.toml"
    path.write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(UsageError, match="UTF-8"):
        load_config(path)


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_config(path).council.name == "Testborough"


@pytest.mark.parametrize(
    ("change", "where", "told"),
    [
        (("2026-09-07", '"soon"'), ": council.extract_date", "Write it as 2026-09-07"),
        (("2026-09-07", "2026-13-07"), ", line 4: extract_date", "Write it as 2026-09-07"),
        (("2026-09-07", "07/09/2026"), ", line 4: extract_date", "Write it as 2026-09-07"),
        (('forename = "First"', 'forename = "First"\nforename = "Known as"'), ", line 25: forename", "given twice"),
        (("[codes.sex]", "[codes.sex]\n[codes.sex]"), ", line 12: [codes.sex]", "given twice"),
        (('forename = "First"', 'forename = "First'), ", line 24: forename", "not closed"),
        (('forename = "First"', 'forename = "\\Opening"'), ", line 24: forename", "single quotation marks"),
        (("Testborough", '" Testborough'), ", line 3: name", "not closed"),
        (('"Testborough"', "Testborough"), ", line 3: name", "texts in quotation marks"),
        (('forename = "First"', "forename = 5"), ": extracts[1].tables[1].columns.forename", "a list of them"),
        (('"pupils.csv"]', '"pupils.csv"]\nskip_lines = "two"'), ": extracts[1].skip_lines", "whole number"),
        (('["pupils.csv"]', '"pupils.csv"'), ": extracts[1].files", "square brackets"),
        (('name = "pupils"', 'name = "Pupils 1"'), ": extracts[1].name", "small letters"),
        (("capacity = 40", "capacity = 0"), ": targets.under_the_radar.capacity", "at least 1"),
        (('"schools"', '"schools"\nformat = "xls"'), ": extracts[1].format", "'excel'"),
        (('Male = "M"', 'Male = "male"'), "sex, codes, 'Male'", "The codes are: M, F, U"),
        (('Male = "M"', 'Male = "m"'), "sex, codes, 'Male'", "Did you mean 'M'?"),
        (('codes = "sex"', 'default = "male"'), "sex, default", "The codes are: M, F, U"),
        (('"Entered"', '{ constant = "7 Sept" }'), "recorded_on, constant", "Give a date"),
        (('"Entered"', '{ column = "Term", codes = { A = "autumn" } }'), "recorded_on, codes, 'A'", "Give a date"),
        (('recorded_on = "Entered"', ""), "table = 'person_records'", "recorded_on"),
    ],
)
def test_an_error_is_told_in_our_own_words(change: tuple[str, str], where: str, told: str, tmp_path: Path) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(UsageError) as refused:
        load_config(path)
    error = refused.value
    assert error.where.startswith(str(path)) and where in error.where
    assert told in f"{error.message} {error.fix}"
    # No library's own words.
    assert not any(word in str(error).lower() for word in ("pydantic", "input should", "tomllib", "validation"))


def test_what_the_toml_gives_may_be_spelt_as_a_map_of_the_column_has_it(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('codes = "sex"', 'codes = "sex", default = "male"'))
    assert load_config(path).council.name == "Testborough"
