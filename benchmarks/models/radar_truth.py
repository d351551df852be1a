"""Which families are truly in need and under the radar: of a synthetic borough's own truth, by a run's pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.tables import MEMBERS
from models.cases import Cases
from residents.tables import PSEUDONYMS, RECORD_PERSON
from sources.codes.ethnicity import ETHNIC_CODES, UNKNOWN
from store.run_folder import RunFolder

# A family of the run is the true family to which, at that date, most records of its members belong; of equally many
# the first. Quarters of the truth begin on the day after an as-of date.
_FAMILIES = """
    WITH named AS (
        SELECT s.pseudonym, t.person, count(*) AS records
        FROM records r
        JOIN true_records t ON t.source = r.source AND t.file = r.file AND t.record_id = r.record_id
        JOIN pseudonyms s ON s.kind = 'person' AND s.id = r.person_id
        GROUP BY s.pseudonym, t.person
    ),
    votes AS (
        SELECT m.as_of, m.family_id, f.family, sum(n.records) AS records
        FROM members m
        JOIN named n ON n.pseudonym = m.person_id
        JOIN true_members f ON f.person = n.person AND f.from_date < m.as_of
             AND coalesce(f.to_date >= m.as_of, true)
        GROUP BY m.as_of, m.family_id, f.family
    ),
    found AS (
        SELECT as_of, family_id, family FROM votes
        QUALIFY row_number() OVER (PARTITION BY as_of, family_id ORDER BY records DESC, family) = 1
    ),
    groups AS (
        SELECT family, ethnicity FROM (SELECT family, ethnicity, count(*) AS people FROM persons GROUP BY ALL)
        QUALIFY row_number() OVER (PARTITION BY family ORDER BY people DESC, ethnicity) = 1
    )
    SELECT k.place, u.in_need, u.under_the_radar, g.ethnicity
    FROM keys k
    JOIN found f ON f.as_of = k.as_of AND f.family_id = k.family_id
    LEFT JOIN under_the_radar u ON u.family = f.family AND u.quarter = k.as_of + 1
    LEFT JOIN groups g ON g.family = f.family
    ORDER BY k.place
"""


@dataclass(frozen=True)
class Truth:
    """Of each case, in its order. A case that is no true family is neither in need nor under the radar."""

    mapped: npt.NDArray[np.bool_]
    in_need: npt.NDArray[np.bool_]
    under_the_radar: npt.NDArray[np.bool_]
    group: npt.NDArray[np.object_]
    """The broad ethnic group most of the true family is of."""


def truth_of(run: Path, truth: Path, cases: Cases) -> Truth:
    """Read the truth of a borough by the pseudonyms of its run."""
    folder = RunFolder(run)
    read = {
        "records": folder.path(RECORD_PERSON),
        "pseudonyms": folder.path(PSEUDONYMS),
        "members": folder.path(MEMBERS),
        "true_records": truth / "record_person.parquet",
        "true_members": truth / "family_members.parquet",
        "under_the_radar": truth / "under_the_radar.parquet",
        "persons": truth / "persons.parquet",
    }
    keys = pa.table(
        {
            "place": np.arange(len(cases)),
            "as_of": pa.array(cases.as_of),
            "family_id": pa.array(cases.family_id.tolist(), pa.string()),
        }
    )
    broad = {entry.code: entry.broad for entry in ETHNIC_CODES}
    with duckdb.connect() as connection:
        for name, path in read.items():
            connection.read_parquet(str(path), hive_partitioning=False).create_view(name)
        connection.register("keys", keys)
        rows = connection.execute(_FAMILIES).fetchall()
    found = Truth(
        np.zeros(len(cases), dtype=np.bool_),
        np.zeros(len(cases), dtype=np.bool_),
        np.zeros(len(cases), dtype=np.bool_),
        np.full(len(cases), UNKNOWN, dtype=object),
    )
    for place, in_need, under_the_radar, ethnicity in rows:
        found.mapped[place] = True
        found.in_need[place] = bool(in_need)
        found.under_the_radar[place] = bool(under_the_radar)
        found.group[place] = broad.get(ethnicity, UNKNOWN)
    return found
