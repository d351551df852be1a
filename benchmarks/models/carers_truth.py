"""Who truly cares, and which ethnic group a child is of: of a synthetic borough's own truth, by a run's pseudonyms."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from models.cases import Cases
from residents.tables import PSEUDONYMS, RECORD_PERSON
from sources.codes.ethnicity import ETHNIC_CODES, UNKNOWN
from store.run_folder import RunFolder

# A person of the run is the person of the truth to whom most of its records belong; of equally many the first.
_PERSONS = """
    WITH votes AS (
        SELECT s.pseudonym, t.person, count(*) AS records
        FROM records r
        JOIN true_records t ON t.source = r.source AND t.file = r.file AND t.record_id = r.record_id
        JOIN pseudonyms s ON s.kind = 'person' AND s.id = r.person_id
        GROUP BY s.pseudonym, t.person
    )
    SELECT v.pseudonym, p.ethnicity, c.from_date
    FROM (SELECT pseudonym, person FROM votes
          QUALIFY row_number() OVER (PARTITION BY pseudonym ORDER BY records DESC, person) = 1) v
    JOIN persons p ON p.person = v.person
    LEFT JOIN carers c ON c.person = v.person
"""


@dataclass(frozen=True)
class Truth:
    """By pseudonym: the broad ethnic group, and since when the child cares (None: never)."""

    group: dict[str, str]
    since: dict[str, dt.date | None]

    def cares(self, cases: Cases, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether each case cared at its as-of date; one that is nobody of the truth does not."""
        days = [(self.since.get(cases.unit_id[row]), cases.as_of[row].item()) for row in rows]
        return np.array([since is not None and since <= as_of for since, as_of in days], dtype=np.bool_)

    def groups(self, cases: Cases, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        return np.array([self.group.get(cases.unit_id[row], UNKNOWN) for row in rows], dtype=object)

    def found(self, cases: Cases, rows: npt.NDArray[np.int64]) -> float:
        """The share of cases that are somebody of the truth."""
        return float(np.mean([cases.unit_id[row] in self.group for row in rows]))


def truth_of(run: Path, truth: Path) -> Truth:
    """Read the truth of a borough by the pseudonyms of its run."""
    folder = RunFolder(run)
    read = {
        "records": folder.path(RECORD_PERSON),
        "pseudonyms": folder.path(PSEUDONYMS),
        "true_records": truth / "record_person.parquet",
        "persons": truth / "persons.parquet",
        "carers": truth / "young_carers.parquet",
    }
    broad = {entry.code: entry.broad for entry in ETHNIC_CODES}
    with duckdb.connect() as connection:
        for name, path in read.items():
            connection.read_parquet(str(path), hive_partitioning=False).create_view(name)
        rows = connection.execute(_PERSONS).fetchall()
    return Truth({row[0]: broad.get(row[1], UNKNOWN) for row in rows}, {row[0]: row[2] for row in rows})
