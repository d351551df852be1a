"""Family ids over time: a family of today bears the id of the earlier family it shares most members with.

Of all pairs of an earlier and a new family that share anyone, the one that shares the most people comes first,
then the one that shares the most days, then the smaller ids; each family is in one pair at most. What is left:

- a *split*: a new family without an id of its own yet that holds people of an earlier one. It gets a new id, and
  one row for each family it came from. A child who now lives in a second home as well makes one too.
- a *merge*: an earlier family whose id ends, and whose people are now in families that bear other ids.

An id once given is never given again to other people: whoever calls makes new ids that no index has given out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from residents.carrying import pair_off

# An open spell of the earlier index ends on its last day: nothing it says reaches further.
_OVERLAPS = """
SELECT p.family_id AS earlier, n.family_id AS later, count(DISTINCT person_id) AS people,
    sum(greatest(least(coalesce(p.to_date, $until), coalesce(n.to_date, $until), $until)
        - greatest(p.from_date, n.from_date) + 1, 0))::BIGINT AS days
FROM previous_families AS p JOIN new_families AS n USING (person_id)
GROUP BY ALL ORDER BY people DESC, days DESC, earlier, later
"""


@dataclass(frozen=True)
class CarriedForward:
    """``ids``: made_id, family_id; one row for each new family. ``changes``: kind, from_family, to_family, people."""

    ids: pa.Table
    changes: pa.Table


def carry_forward(
    con: duckdb.DuckDBPyConnection,
    previous: pa.Table,
    new: pa.Table,
    until: dt.date,
    new_ids: Callable[[int], list[str]],
) -> CarriedForward:
    """Which id each family of ``new`` bears from now on, and which families were split or merged.

    ``previous`` and ``new`` have family_id, person_id, from_date and to_date, one row for each spell, with the person
    ids of the new index in both; the family ids of ``new`` serve to tell its families apart. ``until`` is the last day
    the previous index knew, and ``new_ids`` makes so many ids that no index has given out.
    """
    con.register("previous_families", previous)
    con.register("new_families", new)
    overlaps = con.sql(_OVERLAPS, params={"until": until}).to_arrow_table()
    made = con.sql("SELECT DISTINCT family_id FROM new_families ORDER BY family_id").fetchall()
    con.unregister("previous_families")
    con.unregister("new_families")
    earlier, later = overlaps["earlier"].to_pylist(), overlaps["later"].to_pylist()
    taken_pairs = pair_off(overlaps["earlier"].to_numpy().astype(str), overlaps["later"].to_numpy().astype(str))
    kept = {later[place]: earlier[place] for place in taken_pairs.tolist()}
    unnamed = [family for (family,) in made if family not in kept]
    ids = kept | dict(zip(unnamed, new_ids(len(unnamed)), strict=True))
    return CarriedForward(
        pa.table(
            {
                "made_id": pa.array([family for (family,) in made], pa.string()),
                "family_id": pa.array([ids[family] for (family,) in made], pa.string()),
            }
        ),
        _changes(earlier, later, overlaps["people"].to_pylist(), kept, ids),
    )


def _changes(
    earlier: list[str], later: list[str], people: list[int], kept: dict[str, str], ids: dict[str, str]
) -> pa.Table:
    living = set(kept.values())
    rows = sorted(
        ("merge" if one not in living else "split", one, ids[two], count)
        for one, two, count in zip(earlier, later, people, strict=True)
        if one not in living or two not in kept
    )
    kinds, from_families, to_families, counts = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "kind": pa.array(kinds, pa.string()),
            "from_family": pa.array(from_families, pa.string()),
            "to_family": pa.array(to_families, pa.string()),
            "people": pa.array(counts, pa.int64()),
        }
    )
