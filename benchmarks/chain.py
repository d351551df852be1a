"""Does the chain find the bias that was built in, and how much of it? Synthetic boroughs against their own truth.

    python -m benchmarks.chain --run RUN --truth FOLDER --council COUNCIL.toml [--run ...] [--keep]

Three questions, each asked by the chain of what the council holds, and by the truth of the same windows:

- contacts and the label at equal need: the chain holds evidence equal, the truth need itself (by half a standard
  deviation), families being of the group that most of the true family is of;
- young carers identified: the chain at equal signs of caring, the truth among those who care;
- who is absent from the data: the chain beside a census, which is here the truth's own count of children; the truth by
  the share of each group's true children who are in some family of the run.

How much of a bias is found is the slope of the chain's log ratios on the truth's over the groups, each weighed by how
surely the truth tells it: 1 is all of it, 0 none.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import table
from early_help.config import load_config
from fairness_audits.chain.census import present
from fairness_audits.chain.comparing import Compared, Range, Reading, Rows, compare
from fairness_audits.chain.observed import MOST_CHILDREN, Observed
from fairness_audits.ethnicity import UNKNOWN, label
from fairness_audits.policy import Grouping
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from models.cohort import build_cohort, closed_as_ofs, open_tables
from models.groups import family_groups
from models.targets import TARGETS
from residents.tables import PROTECTED, PSEUDONYMS, RECORD_PERSON
from sources.synthetic.ethnicity import CARER_SEEN, CODES, SHARES, WATCHED
from store.files import read_json, write_text
from store.run_folder import RunFolder

PAGE = PROJECT / "docs" / "the-chain.md"
_BEGIN, _END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
_TARGET = TARGETS["under_the_radar"]
_TABLES = (MEMBERS, MILESTONES, PROTECTED, FAMILY_FEATURES, CHILD_FEATURES)
_Z = 1.959964
_NOT_MAPPED = -100
_OF_TEN, _IN_SOME_NEED = 7, 1
_BUILT_IN = {
    "contact": dict(zip(CODES.tolist(), WATCHED.tolist())),
    "carers": dict(zip(CODES.tolist(), CARER_SEEN.tolist())),
}

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


# --- telling ---------------------------------------------------------------------------------------------


def _error(one: Range) -> float:
    return float(np.log(one.high / one.low) / 2 / _Z) if one.low > 0 and np.isfinite(one.high) else float("inf")


def _usable(answers: Iterable[Answer]) -> list[tuple[float, float, float]]:
    """The chain's and the truth's log ratio of each group, and the truth's weight."""
    return [
        (float(np.log(one.chain.value)), float(np.log(one.truth.value)), _error(one.truth) ** -2)
        for one in answers
        if one.chain is not None and one.truth is not None and one.chain.value > 0 and one.truth.value > 0
    ]


def found_share(answers: Iterable[Answer]) -> float | None:
    """The slope of the chain's log ratios on the truth's, through nought."""
    used = _usable(answers)
    below = sum(weight * true**2 for _, true, weight in used)
    return sum(weight * ours * true for ours, true, weight in used) / below if below else None


def off_by(answers: Iterable[Answer]) -> str:
    """By what factor the chain's ratio typically differs from the truth's, groups weighed by how surely it tells."""
    used = _usable(answers)
    weight = sum(one for *_, one in used)
    return f"{np.exp((sum(w * (a - b) ** 2 for a, b, w in used) / weight) ** 0.5):.2f}" if weight else "-"


def summary(boroughs: Sequence[Answers]) -> str:
    """For each question: how much is found, and how often the readings are right."""
    rows = []
    for question in boroughs[0]:
        answers = [one for answered in boroughs for one in answered[question]]
        detailed = [one for one in answers if one.detailed]
        shares = [found_share(one for one in answered[question] if one.detailed) for answered in boroughs]
        told = [f"{one:.2f}" for one in shares if one is not None]
        said = _said(answers)
        rows.append(
            [
                question,
                "-" if found_share(detailed) is None else f"{found_share(detailed):.2f}",
                f"{min(told)} to {max(told)}" if told else "-",
                off_by(detailed),
                f"{said['found']} of {said['differ']}",
                str(said["missed"]),
                str(said["reversed"]),
                f"{said['false']} of {said['rest']}",
            ]
        )
    heads = [
        *("question, and what the chain holds equal", "share of the bias found", "by borough", "off by, times"),
        *(
            "differences that the truth shows, found",
            "cannot tell",
            "the other way round",
            "told, not shown by the truth",
        ),
    ]
    return table(heads, rows)


def _said(answers: Iterable[Answer]) -> Counter[str]:
    said: Counter[str] = Counter(found=0, differ=0, missed=0, reversed=0, false=0, rest=0)
    differ = (Reading.HIGHER, Reading.LOWER)
    for one in answers:
        if one.true_reading in differ:
            said["differ"] += 1
            said["found" if one.reading is one.true_reading else "reversed" if one.reading in differ else "missed"] += 1
        else:
            said["rest"] += 1
            said["false"] += one.reading in differ
    return said


def by_group(boroughs: Sequence[Answers]) -> str:
    """Contacts and carers by detailed group, boroughs pooled by their certainty, beside what was built in."""
    questions = (
        *("contacts, nothing held equal", "contacts, all evidence", "contacts, unprompted evidence"),
        "carers identified, equal signs",
    )
    rows = []
    for code in CODES.tolist():
        cells = [label(code), _made("contact", code)]
        for question in questions[:3]:
            cells.append(_pooled(boroughs, question, code, of_truth=False))
        cells.append(_pooled(boroughs, questions[0], code, of_truth=True))
        cells += [_made("carers", code), _pooled(boroughs, questions[3], code, of_truth=False)]
        cells.append(_pooled(boroughs, questions[3], code, of_truth=True))
        rows.append(cells)
    heads = [
        *("group", "reports, as made", "contacts: nothing equal", "all evidence", "unprompted evidence", "true need"),
        *("carers seen, as made", "identified: equal signs", "among true carers"),
    ]
    return table(heads, rows)


def _made(of: str, code: str) -> str:
    """What was built in, against all others by their shares."""
    made = _BUILT_IN[of]
    others = [(made[one], share) for one, share in zip(CODES.tolist(), SHARES.tolist()) if one != code]
    return f"{made[code] / (sum(m * s for m, s in others) / sum(s for _, s in others)):.2f}"


def _pooled(boroughs: Sequence[Answers], question: str, code: str, *, of_truth: bool) -> str:
    found = [
        one.truth if of_truth else one.chain for answers in boroughs for one in answers[question] if one.group == code
    ]
    told = [(float(np.log(one.value)), _error(one) ** -2) for one in found if one is not None and one.value > 0]
    weight = sum(w for _, w in told)
    if not weight:
        return "-"
    middle, error = sum(v * w for v, w in told) / weight, weight**-0.5
    return f"{np.exp(middle):.2f} ({np.exp(middle - _Z * error):.2f} to {np.exp(middle + _Z * error):.2f})"


def main() -> None:
    """Ask each borough, print, and keep when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "truth", "council"):
        parser.add_argument(f"--{name}", action="append", type=Path, required=True)
    parser.add_argument("--name", action="append", default=[], help="What a borough is called on the page.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables on the page.")
    given = parser.parse_args()
    boroughs = [asked(Borough(*paths)) for paths in zip(given.run, given.truth, given.council, strict=True)]
    names = ", ".join(given.name) or str(len(boroughs))
    told = f"Boroughs: {names}.\n\n{summary(boroughs)}\n{by_group(boroughs)}"
    print(told)
    if given.keep:
        before, rest = PAGE.read_text(encoding="utf-8").split(_BEGIN)
        write_text(PAGE, before + _BEGIN + "\n" + told + "\n" + _END + rest.split(_END)[1])


if __name__ == "__main__":
    main()
