"""The index of one run as the next quarter's run finds it."""

from __future__ import annotations

import duckdb


def index_versions(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """The table ``versions`` with the person each one is, in the order of its numbers."""
    return con.sql(
        "SELECT v.version, p.person_id, v.* EXCLUDE (version) FROM versions AS v "
        "JOIN clusters AS c USING (version) JOIN persons AS p USING (label) ORDER BY v.version"
    )
