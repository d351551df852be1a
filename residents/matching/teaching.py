"""What agreement is learnt from: the versions of different keys that agree on a round's own fields."""

from __future__ import annotations

import duckdb

_COUNT = duckdb.FunctionExpression("count")
_COLUMNS = """
version, forename, middle, forename_all, name_groups, surname, surname_words, surname_key, surname_part,
    dob, dob_text, dob_weak, dob_swapped, sex, homes, postcodes, street, house, upn, nino, email, phone, postcode,
    forename AS by_forename, surname AS by_surname, dob AS by_dob, sex AS by_sex, postcode AS by_postcode,
    upn AS by_upn, nino AS by_nino, subject AS by_subject
"""
_MOST_TAUGHT = 200_000
"""About how many versions a round looks at. Blocks are left out whole, so that pairs are learnt from as they come."""


def hand_over(
    con: duckdb.DuckDBPyConnection, single: duckdb.DuckDBPyConnection, fields: tuple[str, ...], seed: int
) -> None:
    """Make ``training`` of ``single``: the versions that agree on ``fields`` with one of another key.

    Of too many, about `_MOST_TAUGHT`, with everyone they agree with.
    """
    blocks = _blocks(con, fields).filter("least <> most")
    versions = blocks.aggregate("coalesce(sum(versions), 0)").fetchall()[0][0]
    if versions > _MOST_TAUGHT:
        turn = duckdb.FunctionExpression("hash", *map(duckdb.ColumnExpression, fields), duckdb.ConstantExpression(seed))
        blocks = blocks.filter(turn % versions < _MOST_TAUGHT)
    shown = con.table("versions").join(blocks.set_alias("blocks"), ", ".join(fields), how="semi")
    single.register("training_rows", shown.select(_COLUMNS).order("version").to_arrow_table())
    single.execute("CREATE TABLE training AS FROM training_rows")
    single.unregister("training_rows")


def count_pairs(con: duckdb.DuckDBPyConnection, fields: tuple[str, ...]) -> float:
    """How many pairs of versions of different keys agree on ``fields``."""
    blocks = _blocks(con, fields)
    return float(blocks.aggregate("coalesce(sum(versions * versions - own) / 2, 0)").fetchall()[0][0])


def _blocks(con: duckdb.DuckDBPyConnection, fields: tuple[str, ...]) -> duckdb.DuckDBPyRelation:
    """What the versions hold in ``fields``: how many versions, pairs with themselves, and the outermost keys."""
    columns = [duckdb.ColumnExpression(field) for field in fields]
    held = con.table("versions")
    for column in columns:
        held = held.filter(column.isnotnull())
    by_subject = held.aggregate([*columns, duckdb.ColumnExpression("subject"), _COUNT.alias("n")])
    found = ("sum(n) AS versions", "sum(n * n) AS own", "min(subject) AS least", "max(subject) AS most")
    return by_subject.aggregate([*columns, *map(duckdb.SQLExpression, found)])
