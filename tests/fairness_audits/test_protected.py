"""Ethnicity is closed to every stage but those of the audits: no declared way, spelling or import leads to it."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pytest

from early_help.fingerprint import stage_inputs
from early_help.stages import STAGES
from fairness_audits.chain.recording import RECORDING
from models.against_champion import STAGE as COMPARING
from models.stage import STAGE as MODELS
from models.tables import IDENTIFICATION_WEIGHTS
from residents.tables import PROTECTED
from store.council import RunSettings
from store.run_folder import RunFolder, relative_path
from store.table import Table, Zone
from store.workspace import NotDeclared, Stage, Workspace
from tests.support import COUNCIL, KEYS, SilentProgress, put_table

PROJECT = Path(__file__).resolve().parents[2]
OF_MODELS = (MODELS, COMPARING)
CLOSED_TO = (*(stage for stage in STAGES if stage.room not in ("residents", "fairness_audits")), COMPARING)
CLOSED = tuple(
    dict.fromkeys(
        table
        for stage in STAGES
        for table in (*stage.reads, *stage.writes, PROTECTED, RECORDING)
        if table.zone is Zone.PROTECTED
    )
)


def workspace(root: Path, stage: Stage) -> Workspace:
    return Workspace(RunFolder(root), stage, COUNCIL, RunSettings(), {}, SilentProgress(), KEYS)


def filled(root: Path) -> RunFolder:
    run = RunFolder(root)
    for table in CLOSED:
        put_table(run, table, [])
    return run


@pytest.mark.parametrize("stage", CLOSED_TO, ids=lambda stage: stage.name)
@pytest.mark.parametrize("table", CLOSED, ids=lambda table: table.name)
def test_no_other_stage_opens_a_protected_table(stage: Stage, table: Table, tmp_path: Path) -> None:
    filled(tmp_path)
    work = workspace(tmp_path, stage)
    rows = pa.Table.from_pylist([], schema=table.arrow_schema())
    # The table as it is, and as one that claims to be of another zone or that has been named anew.
    for one in (table, dataclasses.replace(table), dataclasses.replace(table, zone=Zone.ANALYSIS)):
        for opened in (work.path, work.read, work.read_sealed):
            with pytest.raises(NotDeclared):
                opened(one)
        with pytest.raises(NotDeclared):
            work.write(one, rows)


SPELLINGS = (
    "{path}",
    "./{path}",
    "/{path}",
    "models/../{path}",
    "models/under_the_radar/../../{path}",
    "features/catalogue.json/../../{path}",
    "models/*/../../{path}",
    "residents/linkage.json/../../{path}",
)


@pytest.mark.parametrize("stage", CLOSED_TO, ids=lambda stage: stage.name)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_document_leads_there(stage: Stage, spelling: str, tmp_path: Path) -> None:
    filled(tmp_path)
    work = workspace(tmp_path, stage)
    for table in CLOSED:
        path = spelling.format(path=relative_path(table).as_posix())
        with pytest.raises(NotDeclared):
            work.document(path)
        with pytest.raises(NotDeclared):
            work.write_document(path, "x")


@pytest.mark.parametrize("stage", CLOSED_TO, ids=lambda stage: stage.name)
def test_nothing_that_a_stage_depends_on_lies_there(stage: Stage, tmp_path: Path) -> None:
    """Not by a pattern of documents either: all that it reads is what its mark is made of."""
    run = filled(tmp_path)
    assert not [table for table in (*stage.reads, *stage.writes) if table.zone is Zone.PROTECTED]
    found = [path for pattern in stage.documents for path in run.root.glob(pattern)]
    assert not [path for path in found if path.is_relative_to(run.root / Zone.PROTECTED.value)]
    assert not [pattern for pattern in stage.documents if PurePosixPath(pattern).parts[0] in ("*", "**", "protected")]
    if stage in OF_MODELS:
        read = stage_inputs(workspace(tmp_path, dataclasses.replace(stage, external_files=None)))
        assert not [name for name in read if name.startswith(Zone.PROTECTED.value)]


def test_what_the_audits_hand_the_models_is_one_number_a_child() -> None:
    from_audits = [table for stage in OF_MODELS for table in stage.reads if table.room == "fairness_audits"]
    assert set(from_audits) <= {IDENTIFICATION_WEIGHTS}
    assert IDENTIFICATION_WEIGHTS.column_names == ("as_of", "person_id", "weight")
    assert not IDENTIFICATION_WEIGHTS.open_columns


@pytest.mark.parametrize("room", ["features", "models", "reports"])
def test_no_module_names_a_protected_table_or_its_zone(room: str) -> None:
    closed = {"PROTECTED", "RECORDING", "ATTRIBUTES"}
    for path in sorted((PROJECT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not closed & {alias.name for alias in node.names}, path
            if isinstance(node, ast.Attribute):
                assert node.attr not in closed, path
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "protected/" not in node.value and node.value != "protected.parquet", path


def test_the_check_has_power(tmp_path: Path) -> None:
    """A stage that did declare the table opens it: what closes it is the declaration."""
    filled(tmp_path)
    opening = dataclasses.replace(MODELS, reads=(*MODELS.reads, PROTECTED))
    assert workspace(tmp_path, opening).read(PROTECTED).num_rows == 0
