"""What a subject adds to a family's document: one list for each family, made for all families at once."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Part:
    """One key of the document.

    ``sql`` is a constant query that gives one row a family: ``family_id`` and ``items``, a list of structs in the
    order in which the page shows them.
    """

    name: str
    sql: str

    def make(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the table ``part_<name>``: family_id and items, as JSON."""
        con.sql(self.sql).select("family_id, to_json(items) AS items").create(f"part_{self.name}")
