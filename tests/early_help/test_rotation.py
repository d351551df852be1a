"""Exchanging the master key: the next run re-issues every analysis id by itself, and old releases no longer hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from early_help.cli import app
from residents.tables import PSEUDONYMS
from store.files import read_json
from store.key_file import KEY_FILE_VARIABLE, load_keys
from store.keys import Keys
from store.run_folder import RunFolder
from tests.residents.lookup_borough import make_borough
from tests.residents.rooms import Index

NEW_KEYS = Keys(bytes(range(1, 33)))
_ID = re.compile(rb"[PF]?[0-9a-f]{20}")


@dataclass(frozen=True)
class State:
    """What a run folder held at one time: its pseudonyms, the ids outside the identifiable zone, and the rest."""

    pseudonyms: dict[tuple[str, str], str]
    outside: set[str]
    joined: list[tuple[object, ...]]


def _ids_outside(run: Path) -> set[str]:
    """Everything outside the identifiable zone that looks like an id, in tables as in any other file."""
    found: set[bytes] = set()
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        if path.relative_to(run).parts[0] == "identifiable":
            continue
        found.update(_ID.findall(path.read_bytes()))
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            for column in table.columns:
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    found.update(value.encode() for value in column.unique().to_pylist() if value)
    return {value.decode("utf-8", "replace") for value in found}


def _joined(run: Path) -> list[tuple[object, ...]]:
    """What the tables say of families and children together, the ids themselves left out."""
    with duckdb.connect() as con:
        for name, path in (
            ("protected", "protected/residents/protected"),
            ("children", "features/children"),
            ("families", "features/families"),
            ("members", "features/members"),
        ):
            con.read_parquet(str(run / f"{path}.parquet")).create_view(name)
        return con.sql(
            "SELECT c.as_of, p.ethnicity, count(*) AS children, count(DISTINCT c.family_id) AS families, "
            "count(DISTINCT m.person_id) AS people FROM children AS c "
            "JOIN families AS f ON c.family_id = f.family_id AND c.as_of = f.as_of "
            "JOIN protected AS p ON c.person_id = p.analysis_id "
            "JOIN members AS m ON f.family_id = m.family_id GROUP BY ALL ORDER BY ALL"
        ).fetchall()


def _state(run: Path) -> State:
    rows = pq.read_table(RunFolder(run).path(PSEUDONYMS), partitioning=None).to_pylist()
    return State({(row["kind"], row["id"]): row["pseudonym"] for row in rows}, _ids_outside(run), _joined(run))


@pytest.mark.slow
def test_after_a_rotation_the_next_run_gives_everyone_a_new_id_and_no_old_one_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "vault" / "master.key"
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(key))
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    job = ("run", "x/council.toml", "--out", "run", "--until", "features")
    command("keys", "new")
    command("synth", "--families", "20", "--out", "x", "--truth", "truth")
    command(*job)
    before, mark = _state(tmp_path / "run"), load_keys(key).mark
    command("keys", "rotate", "--yes")
    told = command(*job)
    after = _state(tmp_path / "run")

    assert re.search(r"sources +up to date", told), "no key goes into the sources"
    assert re.search(r"residents +done", told) and re.search(r"features +done", told)
    old, new = set(before.pseudonyms.values()), set(after.pseudonyms.values())
    assert len(old) == len(new) == len(after.pseudonyms) > 50
    assert not old & new
    assert old <= before.outside, "the search for ids finds them"
    assert not old & after.outside
    assert not {identifier for _, identifier in before.pseudonyms} & after.outside
    assert before.joined == after.joined != []
    assert load_keys(key).mark != mark
    assert load_keys(key.with_name(f"master.key.{mark}")).mark == mark


def test_a_carried_index_keeps_its_people_and_families_while_every_analysis_id_changes(tmp_path: Path) -> None:
    def pseudonyms(index: Index) -> dict[tuple[str, str], str]:
        return {(row["kind"], row["id"]): row["pseudonym"] for row in index.rows("pseudonyms")}

    first = make_borough(tmp_path / "first")
    rotated = make_borough(tmp_path / "rotated", keys=NEW_KEYS, previous=first.run)
    afresh = make_borough(tmp_path / "afresh", keys=NEW_KEYS)

    before, after = pseudonyms(first), pseudonyms(rotated)
    assert set(before) == set(after), "person and family ids stay where the index is carried on"
    assert not set(before.values()) & set(after.values())
    assert not set(before) & set(pseudonyms(afresh)), "an index made afresh under another key shares no id"
    assert read_json(rotated.run.root / "residents" / "index.json") == read_json(
        first.run.root / "residents" / "index.json"
    )
