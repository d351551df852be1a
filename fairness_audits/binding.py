"""What a release binds, as hashes: everything the list was made from, was audited by, and leaves with.

Some of it the audit binds itself: scores, reasons, cohort, evaluation, policy, and the documents with its figures. A
release adds the model's files, the tables that a pack and an export are made of, the job's record of the data and the
settings, and the code. Of the data's own files (everything the stages up to the features handed on) it binds the
record, and holds the files to the record.
"""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fairness_audits.attributes import HOMES, PERSON_SEX
from fairness_audits.signing import audit_path, evaluation_path
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS
from models.persistence import check_model
from models.tables import COHORT, REASONS, SCORES
from residents.tables import PROTECTED, PSEUDONYMS
from store.code_version import code_hash
from store.errors import InputRejected
from store.files import canonical, file_hash, read_json
from store.run_folder import RunFolder
from store.table import Table, Zone

POLICY_IN_FORCE = "policy_in_force_sha256"

PSEUDONYMS_HASH = "pseudonyms_sha256"
WITH_THE_COUNCIL = (POLICY_IN_FORCE, PSEUDONYMS_HASH)
"""What whoever checks a release elsewhere may not have."""

NAMES = {
    "audit_sha256": "the audit",
    "documents_sha256": "the audit's documents",
    "policy_sha256": "the audit policy",
    POLICY_IN_FORCE: "the audit policy in force",
    "scores_sha256": "the sealed scores",
    "reasons_sha256": "the sealed reasons",
    "evaluation_sha256": "the model's evaluation",
    "cohort_sha256": "the cohort",
    "model_sha256": "the model's files",
    "features_sha256": "the features",
    PSEUDONYMS_HASH: "the pseudonyms",
    "data_sha256": "the record of the data",
    "settings_sha256": "the record of settings and packages",
    "code_sha256": "the toolkit's code",
    "council_sha256": "where the council's configuration and models lie",
}
"""What a release binds, in words."""

AUDITED_FILES = ("scores_sha256", "reasons_sha256", "cohort_sha256", "evaluation_sha256")
"""What every audit itself binds."""

AUDITED_TABLES = {
    "members_of_families_sha256": MEMBERS,
    "ethnicity_sha256": PROTECTED,
    "sex_sha256": PERSON_SEX,
    "homes_sha256": HOMES,
    "features_of_families_sha256": FAMILY_FEATURES,
    "features_of_children_sha256": CHILD_FEATURES,
}
"""What an audit binds of the tables that it groups people by, where the run has them."""

DATA_STAGES = ("sources", "residents", "features", "identification", "attributes")
"""Every stage before the audits but the models', whose files a release binds target by target."""
AUDIT_STAGE, AUDIT_ROOM = "audits", "fairness_audits"
COUNCIL_RECORD = "state/council.json"
"""Where the job keeps which council's TOML a run was made from, and where the history of its models lies."""
_PLACES = ("council", "mlruns")
_FEATURES = ("features/catalogue.json",)
_APART = (Zone.IDENTIFIABLE, Zone.PROTECTED)
_KEPT_APART = tuple(f"{zone.value}/" for zone in _APART)
_SETTLED_SECONDS = 2.0
_REMEMBERED_SECONDS = 60.0


def file_hashes(run: RunFolder, target: str) -> dict[str, str]:
    """Hashes of the audit and of the files that it binds, as they are now; what is not there is left out."""
    files = {
        "audit_sha256": run.root / audit_path(target),
        "scores_sha256": run.path(SCORES, target),
        "reasons_sha256": run.path(REASONS, target),
        "evaluation_sha256": run.root / evaluation_path(target),
        "cohort_sha256": run.path(COHORT, target),
    }
    return {name: hash_now(path) for name, path in files.items() if path.is_file()}


def further_hashes(run: RunFolder, target: str, audit: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of what a release binds beyond the audit's own files, as they are now. ``audit`` is its document."""
    records = {stage: _record(run, stage) for stage in (*DATA_STAGES, AUDIT_STAGE)}
    data = {stage: [records[stage].get("inputs"), records[stage].get("outputs")] for stage in DATA_STAGES}
    settings = {stage: records[stage].get("fingerprint") for stage in DATA_STAGES}
    documents = {name: _hash_or_none(run.root / name) for name in audit.get("documents", {})}
    places = read_object(run.root / COUNCIL_RECORD)
    described = [run.path(FAMILY_FEATURES), run.path(CHILD_FEATURES), *(run.root / name for name in _FEATURES)]
    return {
        "documents_sha256": _digest(documents),
        "model_sha256": _digest(_files_of(run, _model(run, target))),
        "features_sha256": _digest([_hash_or_none(path) for path in described]),
        PSEUDONYMS_HASH: _digest(_hash_or_none(run.path(PSEUDONYMS))),
        "data_sha256": _digest(data),
        "settings_sha256": _digest(settings),
        "code_sha256": str(records[AUDIT_STAGE].get("code", "")),
        "council_sha256": _digest([places.get(name) for name in _PLACES]),
    }


def changed_since_audit(
    run: RunFolder, target: str, audit: Mapping[str, Any], now: Mapping[str, str], *, elsewhere: bool = False
) -> list[str]:
    """Which files are no longer as the audit found them, in words. ``now`` is what `file_hashes` gives.

    ``elsewhere`` is a copy of the run, in which identifiable and protected files may be missing.
    """
    changed = [NAMES[name] for name in AUDITED_FILES if now.get(name) != audit["bound"][name]]
    documents = audit.get("documents", {})
    if any(_hash_or_none(run.root / name) != sha256 for name, sha256 in documents.items()):
        changed.append(NAMES["documents_sha256"])
    if not changed and not _model_is_whole(run, target):
        changed.append(NAMES["model_sha256"])
    changed += [
        f"the {name.removesuffix('_sha256').replace('_', ' ')} that were audited by"
        for name, table in AUDITED_TABLES.items()
        if name in audit["bound"] and not _is_as_bound(run, table, audit["bound"][name], elsewhere)
    ]
    return changed + [f"files of the stage {stage}" for stage in DATA_STAGES if not _files_hold(run, stage, elsewhere)]


def tables_bound(run: RunFolder) -> dict[str, str]:
    """Hashes of the tables that people are grouped by, as they are now; what the run has not is left out."""
    paths = {name: run.path(table) for name, table in AUDITED_TABLES.items()}
    return {name: hash_now(path) for name, path in paths.items() if path.is_file()}


def code_differs(run: RunFolder) -> bool:
    """Whether the toolkit at work is another than the one that audited."""
    code = _record(run, AUDIT_STAGE).get("code", "")
    return bool(code) and code != code_hash(AUDIT_ROOM)


def hash_now(path: Path) -> str:
    """SHA-256 of a file as it is now, worked out once a minute for as long as the system says that it was not touched.

    A file touched within the last seconds is not remembered: it could change again at what the system's clock calls
    the same moment. Nor is any where the system does not say when a file was touched, but only what its owner says.
    The minute is for what is written through a mapping of the file into memory, which moves no time.
    """
    found = path.stat()
    if os.name == "nt" or time.time() - max(found.st_ctime, found.st_mtime) < _SETTLED_SECONDS:
        return file_hash(path)
    minute = int(time.monotonic() // _REMEMBERED_SECONDS)
    return _hash_of(path, minute, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@functools.lru_cache(maxsize=4096)
def _hash_of(path: Path, *_as_it_stands: int) -> str:
    return file_hash(path)


def _hash_or_none(path: Path) -> str | None:
    return hash_now(path) if path.is_file() else None


def pseudonyms_hash(content: bytes) -> str:
    """What a release binds of a pseudonyms file of these bytes."""
    return _digest(hashlib.sha256(content).hexdigest())


def _digest(content: Any) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def _model(run: RunFolder, target: str) -> Path:
    return (run.root / evaluation_path(target)).with_name("model")


def _files_of(run: RunFolder, folder: Path) -> dict[str, str]:
    files: Iterable[Path] = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(run.root).as_posix(): hash_now(path) for path in sorted(files)}


def _model_is_whole(run: RunFolder, target: str) -> bool:
    """Whether the model's files are those that its evaluation tells of; an evaluation may tell of none.

    What is neither a file nor a folder is not the toolkit's: a link leads to what no hash here holds.
    """
    within = _model(run, target).rglob("*")
    if not all((path.is_file() or path.is_dir()) and not path.is_symlink() for path in within):
        return False
    model = read_json(run.root / evaluation_path(target)).get("model")
    if not isinstance(model, dict) or "sha256" not in model:
        return True
    try:
        check_model(_model(run, target), model["sha256"])
    except InputRejected:
        return False
    return True


def _is_as_bound(run: RunFolder, table: Table, sha256: str, elsewhere: bool) -> bool:
    found = _hash_or_none(run.path(table))
    may_be_missing = elsewhere and table.zone in _APART
    return found == sha256 or (found is None and may_be_missing)


def _files_hold(run: RunFolder, stage: str, elsewhere: bool) -> bool:
    """Whether every file that the stage handed on is there as it was recorded."""
    outputs = _record(run, stage).get("outputs", {})
    if not isinstance(outputs, dict):
        return False
    found = {name: _hash_or_none(run.root / name) for name in outputs}
    if elsewhere:
        found = {name: sha256 for name, sha256 in found.items() if sha256 or not name.startswith(_KEPT_APART)}
    return all(outputs[name] == sha256 for name, sha256 in found.items())


def _record(run: RunFolder, stage: str) -> dict[str, Any]:
    """The job's record of a finished stage; empty where there is none that can be read."""
    return read_object(run.state / f"{stage}.json")


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file that anybody may have written to; empty where there is none that can be read."""
    try:
        found = read_json(path)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
