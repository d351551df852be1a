"""The index from one quarter to the next: what a run takes over from the run before it.

The previous run's versions, people, families and matching model are copied into this run, so that the run can be
made again from what it holds. A version that is still as it was stays with its person without being looked at; only
pairs with something new in them are compared, by the same model. Every person keeps the id, also one whom no system
holds for a while; where two people turned out to be one, or one to be two, `person_changes` says so.

An id is made under a key from a salt of the index and a running number, so that it says nothing of anyone and hangs
on no name, identifier or address. Two indexes of different extracts share no id, unless the one goes on from the other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from residents.carrying import pair_off
from residents.families.carry_forward import carry_forward
from residents.joining.households import Evidence, is_evidence
from residents.matching.model import MODEL_VERSION
from residents.matching.training import Model
from residents.tables import FAMILIES, KEYS_GONE, VERSIONS
from store.errors import UsageError
from store.files import read_json, replacing
from store.keys import Keys, Purpose
from store.run_folder import RunFolder, relative_path
from store.workspace import Workspace

INDEX_DOCUMENT = "residents/index.json"
MODEL_DOCUMENT = "residents/model.json"
_FOLDER = "identifiable/residents/previous"
_TABLES = (VERSIONS, KEYS_GONE, FAMILIES)
# The index document comes last: with it the copy is whole.
_DOCUMENTS = (MODEL_DOCUMENT, INDEX_DOCUMENT)


@dataclass(frozen=True)
class Learnt:
    """What is learnt of the council's records beside the model, and kept with the index as it is.

    What household ``evidence`` weighs, the chance that a ``known_as`` pair is one person, and the ``grown_systems``.
    """

    evidence: Evidence
    known_as: float
    grown_systems: list[str]

    @classmethod
    def from_document(cls, index: dict[str, Any]) -> Learnt | None:
        evidence, known_as, grown = index.get("evidence"), index.get("known_as"), index.get("grown_systems")
        if not is_evidence(evidence) or not isinstance(known_as, float) or not 0 <= known_as < 1:
            return None
        if not isinstance(grown, list) or not all(isinstance(source, str) for source in grown):
            return None
        return cls(evidence, known_as, grown)


@dataclass(frozen=True)
class Previous:
    """What is known of the previous index beside its tables, which are named ``previous_...``."""

    model: dict[str, Any]
    extract_date: dt.date
    salt: str
    people_issued: int
    families_issued: int
    learnt: Learnt | None
    """None where it was not kept, or not as it is now: then everyone is matched afresh, and keeps the id."""


def fetch_previous(work: Workspace) -> None:
    """Copy the index of the previous run, where one was named, into this run.

    Raises UsageError when that run holds no index, is another council's or does not say whose, or is this run itself.
    """
    if work.previous is None:
        return
    root = work.previous.root
    if root == work.run.root:
        raise UsageError("A run cannot be its own previous run.", where="--previous", fix="Name the earlier run.")
    files = _files_of(work.previous)
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise UsageError(
            "The previous run holds no residents index that can be taken over.",
            where=str(missing[0]),
            fix="Name a run folder whose residents stage has finished, or leave --previous out to make a new index.",
        )
    council = _council_of(root / "state" / "council.json")
    if council != work.council.name:
        raise UsageError(
            f"The previous run is {council}'s, and the TOML is of {work.council.name}.",
            where=str(root),
            fix="Name an earlier run of the same council.",
        )
    for path in files:
        with replacing(work.run.root / _FOLDER / path.name) as temporary:
            shutil.copyfile(path, temporary)


def _council_of(path: Path) -> str:
    """The name of the council whose run it is. Raises UsageError where the run does not say."""
    try:
        name = read_json(path)["name"]
        if isinstance(name, str):
            return name
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise UsageError(
        "The previous run does not say which council's it is: the file is missing or damaged.",
        where=str(path),
        fix="Restore the previous run from its backup, or name another with --previous.",
    )


def _files_of(run: RunFolder) -> list[Path]:
    return [run.root / relative_path(table) for table in _TABLES] + [run.root / name for name in _DOCUMENTS]


def previous_files(work: Workspace) -> list[Path]:
    """What was taken over from the previous run; none where there is none."""
    return sorted((work.run.root / _FOLDER).glob("[!.]*"))


def open_previous(con: duckdb.DuckDBPyConnection, work: Workspace) -> Previous | None:
    """Make ``previous_versions``, ``previous_keys_gone`` and ``previous_families``; None without a previous run.

    Raises UsageError when what was taken over is damaged, or is of later extracts than these.
    """
    folder = work.run.root / _FOLDER
    if not (folder / Path(INDEX_DOCUMENT).name).is_file():
        return None
    try:
        previous = _read_previous(con, folder)
    except (KeyError, TypeError, ValueError, duckdb.Error):
        raise UsageError(
            "The index that was taken over from the previous run is damaged, or is another version's.",
            where=str(folder),
            fix="Restore the previous run from its backup, or make it anew, and name it with --previous again.",
        ) from None
    if previous.extract_date > work.council.extract_date:
        raise UsageError(
            f"The previous run's extracts are of {previous.extract_date}, later than this run's.",
            where="--previous",
            fix="Name a run that was made before this one.",
        )
    return previous


def _read_previous(con: duckdb.DuckDBPyConnection, folder: Path) -> Previous:
    index, model = (read_json(folder / Path(name).name) for name in (INDEX_DOCUMENT, MODEL_DOCUMENT))
    for table in _TABLES:
        rows = con.read_parquet(str(folder / f"{table.name}.parquet"))
        if not set(table.column_names) <= set(rows.columns):
            raise ValueError(f"{table.name} lacks a column")
        rows.create(f"previous_{table.name}")
    salt, issued = index["salt"], (index["people_issued"], index["families_issued"])
    if not isinstance(model, dict) or not isinstance(salt, str) or not all(map(_is_count, issued)):
        raise TypeError("the index or its model is not as it was written")
    return Previous(model, dt.date.fromisoformat(index["extract_date"]), salt, *issued, Learnt.from_document(index))


def _is_count(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def known_model(previous: Previous | None) -> Model | None:
    """The previous index's model, where this toolkit's comparisons are still those it was learnt for.

    The document may have been edited: nothing in it is run, and where it differs the model is learnt again.
    """
    if previous is None or previous.learnt is None or previous.model.get("version") != MODEL_VERSION:
        return None
    return Model.from_document(previous.model)


# A version is settled when all that is compared is as it was.
_COMPARED = (
    *("forename", "middle", "forename_all", "surname", "surname_last", "dob", "sex"),
    *("upn", "nino", "email", "phone", "homes", "postcodes"),
)
_AS_IT_WAS = " AND ".join(f"v.{name} IS NOT DISTINCT FROM p.{name}" for name in _COMPARED)
_SETTLED = f"""
CREATE TABLE settled AS
SELECT v.version, min(p.person_id) AS person_id, bool_or(p.aliased) AS aliased, max(p.support) AS support
FROM versions AS v JOIN previous_versions AS p ON v.source = p.source AND v.subject_id = p.subject_id
WHERE {_AS_IT_WAS}
GROUP BY v.version
"""  # noqa: S608 (what is pasted in are constants of this module)
_NONE_SETTLED = "CREATE TABLE settled (version BIGINT, person_id VARCHAR, aliased BOOLEAN, support DOUBLE)"


def settle(con: duckdb.DuckDBPyConnection, previous: Previous | None) -> None:
    """Make ``settled`` (version, person_id): the versions that are as they were in the previous index.

    None is where that index is from before all of this was compared: then everyone is matched afresh, and keeps the id.
    """
    con.execute(_SETTLED if previous and _comparable(con) else _NONE_SETTLED)


def _comparable(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether both indexes have all that is compared, in the same form."""
    now, then = (
        dict(zip(one.columns, map(str, one.types))) for one in map(con.table, ("versions", "previous_versions"))
    )
    return all(then.get(name) == now[name] for name in _COMPARED)


def new_salt(con: duckdb.DuckDBPyConnection, extract_date: dt.date) -> str:
    """A salt for an index that goes on from none: of the extracts' date and the number of each system's keys."""
    counts = con.sql("SELECT source, count(DISTINCT subject_id) FROM std GROUP BY source ORDER BY source").fetchall()
    return hashlib.sha256(repr((extract_date.isoformat(), counts)).encode()).hexdigest()[:16]


# How many keys of the systems each new cluster shares with each earlier person. A version that is not as it was
# counts for whoever its key was.
_OVERLAPS = """
WITH
known AS (
    SELECT c.label, s.person_id, v.subject FROM clusters AS c JOIN versions AS v USING (version)
    JOIN settled AS s USING (version)
    UNION
    SELECT c.label, p.person_id, v.subject FROM clusters AS c JOIN versions AS v USING (version)
    JOIN (
        SELECT source, subject_id, person_id FROM previous_versions
        UNION SELECT source, subject_id, person_id FROM previous_keys_gone
    ) AS p USING (source, subject_id)
    WHERE NOT EXISTS (FROM settled AS s JOIN versions AS w USING (version) WHERE w.subject = v.subject)
)
SELECT person_id AS earlier, label AS later, count(DISTINCT subject) AS keys
FROM known GROUP BY ALL ORDER BY keys DESC, earlier, later
"""
_NO_OVERLAPS = "SELECT NULL::VARCHAR AS earlier, NULL::BIGINT AS later, NULL::BIGINT AS keys WHERE false"
_CHANGES = """
CREATE TABLE person_changes AS
SELECT CASE WHEN a.person_id IS NULL THEN 'merge' ELSE 'split' END AS kind,
    o.earlier AS from_person, p.person_id AS to_person, o.keys, $recorded_on::DATE AS recorded_on
FROM id_overlaps AS o
JOIN persons AS p ON o.later = p.label
LEFT JOIN (SELECT DISTINCT person_id FROM persons) AS a ON o.earlier = a.person_id
WHERE o.earlier <> p.person_id
ORDER BY from_person, to_person
"""


# Keys that no system holds now, so that whoever comes back keeps the id. Nothing is kept of them but the key.
_KEYS_GONE = """
CREATE TABLE keys_gone AS
SELECT DISTINCT p.source, p.subject_id, coalesce(c.to_person, p.person_id) AS person_id
FROM (
    SELECT source, subject_id, person_id FROM previous_versions
    UNION SELECT source, subject_id, person_id FROM previous_keys_gone
) AS p
LEFT JOIN (FROM person_changes WHERE kind = 'merge' QUALIFY
    row_number() OVER (PARTITION BY from_person ORDER BY keys DESC, to_person) = 1) AS c ON p.person_id = c.from_person
WHERE NOT EXISTS (FROM versions AS v WHERE v.source = p.source AND v.subject_id = p.subject_id)
"""
_NO_KEYS_GONE = "CREATE TABLE keys_gone (source VARCHAR, subject_id VARCHAR, person_id VARCHAR)"


def make_persons(
    con: duckdb.DuckDBPyConnection, keys: Keys, previous: Previous | None, extract_date: dt.date, salt: str
) -> dict[str, Any]:
    """Make ``persons`` (label, person_id), ``person_changes`` and ``keys_gone``; returns what the index keeps of it.

    An earlier id goes to the cluster that holds most of its systems' keys; a cluster without one has a new id, made
    from ``salt``, which is this index's own for as long as it is carried on, and a running number.
    """
    overlaps = con.sql(_OVERLAPS if previous else _NO_OVERLAPS).to_arrow_table()
    earlier = overlaps["earlier"].combine_chunks().dictionary_encode().indices.to_numpy()
    kept = pair_off(earlier, overlaps["later"].to_numpy())
    ids = dict(zip(overlaps["later"].to_numpy()[kept].tolist(), overlaps["earlier"].to_numpy()[kept].tolist()))
    labels = con.sql("SELECT DISTINCT label FROM clusters ORDER BY label").to_arrow_table()["label"].to_pylist()
    unnamed = [label for label in labels if label not in ids]
    begin = previous.people_issued if previous else 0
    numbers = [f"person|{salt}|{begin + number}" for number in range(len(unnamed))]
    made = ["P" + pseudonym for pseudonym in keys.pseudonyms(Purpose.PERSON, numbers)]
    if previous:
        _refuse_given_ids(con, made)
    ids |= zip(unnamed, made)
    rows = pa.table(
        {"label": pa.array(labels, pa.int64()), "person_id": pa.array([ids[x] for x in labels], pa.string())}
    )
    con.register("person_rows", rows)
    con.execute("CREATE TABLE persons AS FROM person_rows")
    con.register("id_overlaps", overlaps)
    con.execute(_CHANGES, {"recorded_on": extract_date})
    con.execute(_KEYS_GONE if previous else _NO_KEYS_GONE)
    return {
        "version": 1,
        "extract_date": extract_date.isoformat(),
        "salt": salt,
        "people_issued": begin + len(unnamed),
    }


def _refuse_given_ids(con: duckdb.DuckDBPyConnection, made: list[str]) -> None:
    con.register("made_ids", pa.table({"person_id": pa.array(made, pa.string())}))
    given = con.sql(
        "SELECT 1 FROM made_ids JOIN (SELECT person_id FROM previous_versions UNION SELECT person_id "
        "FROM previous_keys_gone) USING (person_id) LIMIT 1"
    ).fetchall()
    con.unregister("made_ids")
    if given:
        raise UsageError(
            "The previous run's index counts fewer people than it holds: an id would be given to two of them.",
            where=INDEX_DOCUMENT,
            fix="Restore the previous run from its backup and name it with --previous again.",
        )


# Whoever was merged since is looked for under the id that is left.
_PREVIOUS_FAMILIES = """
SELECT f.family_id, coalesce(c.to_person, f.person_id) AS person_id, f.from_date, f.to_date
FROM previous_families AS f
LEFT JOIN (FROM person_changes WHERE kind = 'merge' QUALIFY
    row_number() OVER (PARTITION BY from_person ORDER BY keys DESC, to_person) = 1) AS c ON f.person_id = c.from_person
ORDER BY ALL
"""
_NO_FAMILIES = "SELECT family_id, person_id, from_date, to_date FROM families WHERE false"
_NEW_FAMILIES = "SELECT family_id, person_id, from_date, to_date FROM families ORDER BY ALL"
_RENAME = """
CREATE OR REPLACE TABLE families AS
SELECT i.family_id, f.* EXCLUDE (family_id) FROM families AS f JOIN family_id_rows AS i ON f.family_id = i.made_id
"""
_FAMILY_CHANGES = """
CREATE TABLE family_changes AS SELECT *, $recorded_on::DATE AS recorded_on FROM family_change_rows
"""


def carry_families(
    con: duckdb.DuckDBPyConnection, keys: Keys, previous: Previous | None, extract_date: dt.date, salt: str
) -> dict[str, int]:
    """Give the ``families`` the ids that the previous index gave them, or new ones, and make ``family_changes``.

    Returns what the index document holds of it: how many ids all indexes so far have given out, so that the id of a
    family that ended long ago is never given to another.
    """
    begin = issued = previous.families_issued if previous else 0

    def new_ids(number: int) -> list[str]:
        nonlocal issued
        issued = begin + number
        names = [f"family|{salt}|{place}" for place in range(begin, issued)]
        return ["F" + made for made in keys.pseudonyms(Purpose.PERSON, names)]

    carried = carry_forward(
        con,
        con.sql(_PREVIOUS_FAMILIES if previous else _NO_FAMILIES).to_arrow_table(),
        con.sql(_NEW_FAMILIES).to_arrow_table(),
        previous.extract_date if previous else extract_date,
        new_ids,
    )
    con.register("family_id_rows", carried.ids)
    con.execute(_RENAME)
    con.register("family_change_rows", carried.changes)
    con.execute(_FAMILY_CHANGES, {"recorded_on": extract_date})
    return {"families_issued": issued}


def index_versions(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """The table ``versions`` with the person each one is, in the order of its numbers."""
    return con.sql(
        "SELECT v.version, p.person_id, c.aliased, c.support, v.* EXCLUDE (version) FROM versions AS v "
        "JOIN clusters AS c USING (version) JOIN persons AS p USING (label) ORDER BY v.version"
    )
