"""What the chain says of a synthetic borough, and what the borough's own truth says of the same windows."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from early_help.config import load_config
from fairness_audits.chain.census import present
from fairness_audits.chain.comparing import Compared, Range, Reading, Rows, compare
from fairness_audits.chain.observed import MOST_CHILDREN, Observed
from fairness_audits.ethnicity import UNKNOWN
from fairness_audits.policy import Grouping
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from models.cohort import build_cohort, closed_as_ofs, open_tables
from models.groups import family_groups
from models.targets import TARGETS
from residents.tables import PROTECTED, PSEUDONYMS, RECORD_PERSON
from sources.synthetic.ethnicity import CODES
from store.files import read_json
from store.run_folder import RunFolder

_TARGET = TARGETS["under_the_radar"]
_TABLES = (MEMBERS, MILESTONES, PROTECTED, FAMILY_FEATURES, CHILD_FEATURES)
_NOT_MAPPED = -100
_OF_TEN, _IN_SOME_NEED = 7, 1

# A family of the run is the true family of most records of its members; quarters of the truth begin the day after.
_TRUE_FAMILIES = """
CREATE TABLE true_families AS
WITH named AS (
    SELECT s.pseudonym, t.person, count(*) AS records
    FROM records AS r JOIN true_records AS t USING (source, file, record_id)
    JOIN pseudonyms AS s ON s.kind = 'person' AND s.id = r.person_id
    GROUP BY ALL
), votes AS (
    SELECT m.as_of, m.family_id, f.family, sum(n.records) AS records
    FROM members AS m JOIN named AS n ON n.pseudonym = m.person_id
    JOIN true_members AS f ON f.person = n.person AND f.from_date < m.as_of AND coalesce(f.to_date >= m.as_of, true)
    GROUP BY ALL
), found AS (
    SELECT as_of, family_id, family FROM votes
    QUALIFY row_number() OVER (PARTITION BY as_of, family_id ORDER BY records DESC, family) = 1
), groups AS (
    SELECT family, ethnicity FROM (SELECT family, ethnicity, count(*) AS people FROM persons GROUP BY ALL)
    QUALIFY row_number() OVER (PARTITION BY family ORDER BY people DESC, ethnicity) = 1
)
SELECT f.as_of, f.family_id, g.ethnicity, round(n.need * 2)::INTEGER AS band
FROM found AS f JOIN groups AS g USING (family) JOIN need AS n ON n.family = f.family AND n.quarter = f.as_of + 1
"""
_BESIDE = """
SELECT t.ethnicity, t.band FROM cases AS c LEFT JOIN true_families AS t USING (as_of, family_id) ORDER BY c.place
"""
_CARERS = """
SELECT w.as_of, p.family, p.ethnicity, date_sub('year', p.dob, w.as_of) >= 11 AS older,
    coalesce(c.identified_on < w.ends, false) AS happened
FROM young_carers AS c JOIN persons AS p USING (person) JOIN windows AS w ON c.from_date < w.as_of
WHERE coalesce(c.identified_on >= w.as_of, true) AND date_sub('year', p.dob, w.as_of) BETWEEN 5 AND 17
ORDER BY w.as_of, person
"""
_CHILDREN = """
WITH held AS (
    SELECT DISTINCT t.person FROM members AS m JOIN pseudonyms AS s ON s.kind = 'person' AND s.pseudonym = m.person_id
    JOIN records AS r ON r.person_id = s.id JOIN true_records AS t USING (source, file, record_id)
    WHERE m.as_of = $latest
)
SELECT p.ethnicity, count(*) AS children, count(h.person) AS held
FROM persons AS p
SEMI JOIN (
    FROM true_members AS f SEMI JOIN (FROM under_the_radar WHERE quarter = $latest + 1 AND counted) AS u USING (family)
    WHERE f.from_date <= $latest AND coalesce(f.to_date >= $latest, true)
) AS there USING (person)
LEFT JOIN held AS h USING (person)
WHERE p.dob <= $latest AND date_sub('year', p.dob, $latest) < 18 GROUP BY ALL ORDER BY p.ethnicity
"""


@dataclass(frozen=True)
class Borough:
    """One run and its truth."""

    run: Path
    truth: Path
    council: Path


@dataclass(frozen=True)
class Answer:
    """What the chain and the truth say of one group in one borough, each a log ratio with its standard error."""

    group: str
    detailed: bool
    chain: Range | None
    reading: Reading
    truth: Range | None
    true_reading: Reading


Answers = dict[str, list[Answer]]
"""By question and what it holds equal."""


def asked(borough: Borough) -> Answers:
    """Every question of one borough."""
    config = load_config(borough.council)
    run = RunFolder(borough.run)
    covers = (config.council.covers_from, config.council.covers_to)
    with duckdb.connect(config={"threads": 2}) as ours, duckdb.connect(config={"threads": 2}) as theirs:
        observed = Observed(ours, {one: run.path(one) for one in _TABLES}, _catalogue(run), covers)
        _open_truth(theirs, run, borough.truth)
        theirs.register("windows", _windows(observed))
        found = {
            **_contacts(observed, theirs),
            **_labels(observed, theirs, run, config.council.covers_to),
            "carers identified, equal signs": _paired(compare(observed.carers()), compare(_true_carers(theirs))),
        }
        found["absent from the data"] = _absent(observed, theirs)
        return found


def _catalogue(run: RunFolder) -> list[dict[str, Any]]:
    document: list[dict[str, Any]] = read_json(run.root / "features" / "catalogue.json")
    return document


def _open_truth(connection: duckdb.DuckDBPyConnection, run: RunFolder, truth: Path) -> None:
    named = {
        "records": run.path(RECORD_PERSON),
        "pseudonyms": run.path(PSEUDONYMS),
        "members": run.path(MEMBERS),
        "true_records": truth / "record_person.parquet",
        "true_members": truth / "family_members.parquet",
        **{name: truth / f"{name}.parquet" for name in ("persons", "need", "young_carers", "under_the_radar")},
    }
    for name, path in named.items():
        connection.read_parquet(str(path), hive_partitioning=False).create_view(name)
    connection.execute(_TRUE_FAMILIES)


def _windows(observed: Observed) -> pa.Table:
    begins, ends = zip(*observed.windows())
    return pa.table({"as_of": pa.array(begins, pa.date32()), "ends": pa.array(ends, pa.date32())})


def _contacts(observed: Observed, theirs: duckdb.DuckDBPyConnection) -> Answers:
    cases = observed.family_cases
    children = np.minimum(cases["children"].to_numpy(), MOST_CHILDREN)
    plain = observed.families("contact", "all_needs")
    ways = {
        "nothing held equal": Rows(plain.happened, plain.detailed, plain.family),
        "all evidence": plain,
        "unprompted evidence": observed.families("contact", "unprompted_needs"),
    }
    detailed, band = _true_families(theirs, cases)
    true = _at_true_need(plain, cases, detailed, band, children)
    kept = _needier(detailed, band, plain.family)
    found: Answers = {}
    for where, inside in (("contacts", np.ones(len(kept), dtype=bool)), ("contacts where need differs", kept)):
        truth = compare(true.of(inside & (band != _NOT_MAPPED)))
        found |= {f"{where}, {way}": _paired(compare(rows.of(inside)), truth) for way, rows in ways.items()}
    return found


def _needier(detailed: NDArray[Any], band: NDArray[np.int64], family: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which cases stay where every second group is made needier: seven in ten of its families lose what is below need.

    In the boroughs need is equal in all groups, so that even rates as they are tell the bias. Thinned so, they do not.
    """
    needier = np.isin(detailed, CODES[::2])
    return ~(needier & (family % 10 < _OF_TEN) & (band < _IN_SOME_NEED))


def _labels(observed: Observed, theirs: duckdb.DuckDBPyConnection, run: RunFolder, covers_to: dt.date) -> Answers:
    """The outcome of families under the radar, in the cohort as the models stage would make it."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        open_tables(connection, run.path(MEMBERS), run.path(MILESTONES))
        days = [row[0] for row in connection.execute("SELECT DISTINCT as_of FROM members ORDER BY as_of").fetchall()]
        closed = closed_as_ofs(_TARGET.outcome, days, covers_to)
        made = build_cohort(connection, _TARGET.cohort, _TARGET.outcome, closed, "chain", _TARGET.labels)
        number = family_groups(connection, 5, 1).group
        family = [number[one] for one in made["family_id"].to_pylist()]
        cohort = made.select(["as_of", "unit_id", "family_id"])
        cohort = cohort.append_column("family_group", pa.array(family, pa.int64()))
        cohort = cohort.append_column("outcome", made["outcome_date"].is_valid())
        path = Path(folder) / "cohort.parquet"
        pq.write_table(cohort, path)
        evidenced = observed.labelled(path, "all_needs")
        order = [("as_of", "ascending"), ("unit_id", "ascending"), ("family_id", "ascending")]
        sorted_cohort = cohort.sort_by(order)
        detailed, band = _true_families(theirs, sorted_cohort)
        truth = compare(_at_true_need(evidenced, sorted_cohort, detailed, band).of(band != _NOT_MAPPED))
        return {
            "label under the radar, all evidence": _paired(compare(evidenced), truth),
            "label under the radar, unprompted evidence": _paired(
                compare(observed.labelled(path, "unprompted_needs")), truth
            ),
        }


def _true_families(theirs: duckdb.DuckDBPyConnection, cases: pa.Table) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The true group and the true need (in halves of a standard deviation) of each case's family."""
    keys = cases.select(["as_of", "family_id"]).append_column("place", pa.array(np.arange(cases.num_rows)))
    theirs.register("cases", keys)
    found = theirs.sql(_BESIDE).to_arrow_table()
    theirs.unregister("cases")
    band = np.asarray(found["band"].fill_null(_NOT_MAPPED).to_numpy(), dtype=np.int64)
    return np.array(found["ethnicity"].fill_null(UNKNOWN).to_pylist(), dtype=object), band


def _at_true_need(
    rows: Rows,
    cases: pa.Table,
    detailed: NDArray[Any],
    band: NDArray[np.int64],
    further: NDArray[np.int64] | None = None,
) -> Rows:
    """The same cases by their true group, held equal by date, true need and the ``further`` number."""
    _, date = np.unique(np.asarray(cases["as_of"].cast(pa.int32())), return_inverse=True)
    stratum = (date * 256 + band - _NOT_MAPPED) * 8 + (0 if further is None else further)
    return Rows(rows.happened, detailed, rows.family, stratum)


def _true_carers(theirs: duckdb.DuckDBPyConnection) -> Rows:
    found = theirs.sql(_CARERS).to_arrow_table()
    _, family = np.unique(np.array(found["family"].to_pylist()), return_inverse=True)
    _, date = np.unique(np.asarray(found["as_of"].cast(pa.int32())), return_inverse=True)
    older = np.asarray(found["older"].to_numpy(), dtype=np.int64)
    happened = np.asarray(found["happened"].to_numpy(), dtype=bool)
    return Rows(happened, np.array(found["ethnicity"].to_pylist(), dtype=object), family, date * 2 + older)


def _absent(observed: Observed, theirs: duckdb.DuckDBPyConnection) -> list[Answer]:
    latest = theirs.execute("SELECT max(as_of) FROM members").fetchone()
    assert latest is not None
    rows = theirs.execute(_CHILDREN, {"latest": latest[0]}).fetchall()
    now = observed.children_now()
    found = present(now.by_group, {code: children for code, children, _ in rows}, now.families / now.children)
    detailed = np.repeat(np.array([row[0] for row in rows], dtype=object), [row[1] for row in rows])
    held = np.concatenate([np.arange(children) < inside for _, children, inside in rows])
    truth = compare(Rows(held, detailed, np.arange(len(held))))
    return [
        Answer(one.group, grouping is Grouping.DETAILED, one.ratio, one.reading, true.ratio, true.reading)
        for grouping, groups in found.items()
        for one in groups
        for true in truth[grouping]
        if one.group == true.group and one.group != UNKNOWN
    ]


def _paired(ours: Mapping[Grouping, Sequence[Compared]], truth: Mapping[Grouping, Sequence[Compared]]) -> list[Answer]:
    return [
        Answer(one.group, grouping is Grouping.DETAILED, one.ratio, one.reading, true.ratio, true.reading)
        for grouping in Grouping
        if grouping in ours
        for one in ours[grouping]
        for true in truth[grouping]
        if one.group == true.group and one.group != UNKNOWN
    ]
