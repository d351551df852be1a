"""Reading nasty files: every row is accounted for, and what cannot be read is refused without quoting it."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.readers.extract_files import matched_files
from sources.readers.reading import open_rows
from sources.tables import QUARANTINE, RENT_TRANSACTIONS
from store.errors import InputRejected, UsageError
from tests.sources.helpers import RENT, RENT_HEADER, config, put, quarantine, read, rent_with, sources

GOOD = "a/1,2024-01-01,Basic Rent,100.00\nb/1,2024-01-02,DD,-20\n"


def rows_of(folder: Path, extract: dict[str, object], *wanted: str) -> list[tuple[object, ...]]:
    """What reading the extract's only file gives: row number, the wanted columns, kind."""
    made = config(folder, extract).extracts[0]
    (file,) = matched_files(folder, made)
    con = duckdb.connect()
    found = open_rows(file, wanted)
    names = ["row", *[found.columns[name] for name in wanted], "kind"]
    columns = [duckdb.ColumnExpression(name) for name in names]
    return [row for _ in found.chunks(con) for row in con.table("rows").order("row").project(*columns).fetchall()]


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (RENT_HEADER + GOOD, {}),
        ((RENT_HEADER + GOOD).replace("\n", "\r\n"), {}),
        ("\ufeff" + RENT_HEADER + GOOD, {}),
        ((RENT_HEADER + GOOD).encode("utf-16"), {}),
        ((RENT_HEADER + GOOD).encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ((RENT_HEADER + GOOD).replace(",", "|"), {"delimiter": "|"}),
        ((RENT_HEADER + GOOD).replace(",", "\t"), {"delimiter": "\t"}),
        ("Rents, run 01/01/2024\n\n" + RENT_HEADER + GOOD, {"skip_lines": 1}),
        ('Rents\n"\n' + RENT_HEADER + GOOD, {"skip_lines": 2}),
        (RENT_HEADER + GOOD.rstrip("\n"), {}),
        ("".join(f" {cell} ," for cell in RENT_HEADER.strip().split(",")).rstrip(",") + "\n" + GOOD, {}),
    ],
    ids=["plain", "crlf", "bom", "utf-16", "utf-16-le", "pipes", "tabs", "title", "odd title", "no last end", "spaces"],
)
def test_the_same_rows_in_many_shapes(tmp_path: Path, content: str | bytes, settings: dict[str, object]) -> None:
    put(tmp_path, "rent.csv", content)
    assert rows_of(tmp_path, rent_with(**settings), "ref", "amount") == [
        (1, "a/1", "100.00", None),
        (2, "b/1", "-20", None),
    ]


def test_gzip_is_known_by_its_suffix(tmp_path: Path) -> None:
    put(tmp_path, "rent.csv.gz", gzip.compress((RENT_HEADER + GOOD).encode()))
    assert len(rows_of(tmp_path, rent_with(files=["rent.csv.gz"]), "ref")) == 2


def test_older_windows_letters(tmp_path: Path) -> None:
    put(tmp_path, "rent.csv", "ref,name\n1,Çelik\u2019s\n".encode("cp1252"))
    assert rows_of(tmp_path, rent_with(encoding="windows-1252"), "name") == [(1, "Çelik\u2019s", None)]


def test_line_ends_and_quotes_within_cells(tmp_path: Path) -> None:
    put(tmp_path, "rent.csv", 'ref,notes\n1,"said ""no"",\nthen left"\n2,"  "\n')
    assert rows_of(tmp_path, RENT, "ref", "notes") == [(1, "1", 'said "no",\nthen left', None), (2, "2", None, None)]


def test_rows_that_are_no_data_are_named(tmp_path: Path) -> None:
    body = GOOD + RENT_HEADER + ",,,\n" + 'Grand total:,,,"1,080.00"\n' + "total/1,2024-01-03,DD,-5\n"
    put(tmp_path, "rent.csv", RENT_HEADER + body)
    kinds = [row[-1] for row in rows_of(tmp_path, RENT, "ref", "posted", "kind", "amount")]
    assert kinds == [None, None, "repeated_header", "blank_row", "totals_row", None]


def test_malformed_lines_are_quarantined_and_keep_the_numbering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.readers.csv_reading.BLOCK_BYTES", 256)
    good = [f"a/{n},2024-01-01,DD,-{n}" for n in range(1, 201)]
    lines = list(good)
    # Too short, too long: at the 1st, 51st and last place of the file.
    lines.insert(0, "short,2024-01-01")
    lines.insert(50, "long,2024-01-01,DD,1,2")
    lines.append("a/9")
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "\n".join(lines) + "\n")
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert len(read(run, RENT_TRANSACTIONS)) == 200
    found = [(q["row"], q["rule"], q["value"]) for q in read(run, QUARANTINE)]
    assert found == [
        (1, "malformed_line", "short,2024-01-01"),
        (51, "malformed_line", "long,2024-01-01,DD,1,2"),
        (203, "malformed_line", "a/9"),
    ]


def test_numbers_after_malformed_lines_are_those_of_the_file(tmp_path: Path) -> None:
    lines = ["a/1,2024-01-01,DD,-1"] * 30 + ["x"] + ["a/1,2024-01-01,DD,oops"] + ["a/1,2024-01-01,DD,-1"] * 30
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "\n".join(lines) + "\n")
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert quarantine(run) == [(31, None, "malformed_line", "row"), (32, "amount_pence", "not_an_amount", "row")]


def test_parquet_of_any_types_is_text_but_for_days(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ref": ["a/1", None],
            "posted": pa.array([0, 19723], pa.date32()),
            "when": pa.array([0, 1], pa.timestamp("s")),
            "amount": [1.5, 2.0],
            "yes": [True, False],
        }
    )
    pq.write_table(table, tmp_path / "rent.parquet")
    found = rows_of(
        tmp_path, rent_with(files=["rent.parquet"], format="parquet"), "ref", "posted", "when", "amount", "yes"
    )
    assert found[0] == (1, "a/1", dt.date(1970, 1, 1), "1970-01-01 00:00:00", "1.5", "true", None)
    assert found[1][:3] == (2, None, dt.date(2024, 1, 1))


def test_a_hostile_header_is_only_a_name(tmp_path: Path) -> None:
    hostile = "Robert'); DROP TABLE rows; --"
    put(tmp_path, "rent.csv", f'ref,"{hostile}","=HYPERLINK(""x"")","a""b"\n1,2,3,4\n')
    assert rows_of(tmp_path, RENT, "ref", hostile, '=HYPERLINK("x")', 'a"b') == [(1, "1", "2", "3", "4", None)]


SECRET = "Zebedee"


@pytest.mark.parametrize(
    ("content", "settings", "told"),
    [
        (b"", {}, "no header"),
        (RENT_HEADER.replace(",", ";").encode() + b"1;2;3;4\n", {}, "lacks the column"),
        (b"ref,posted,kind\n1,2,3\n", {}, "lacks the column 'amount'"),
        (b"ref,posted,kind,amount,amount\n1,2,3,4,5\n", {}, "twice"),
        (f"{SECRET},2024-01-01,DD,1\n{SECRET},2024-01-01,DD,1\n".encode(), {}, "lacks the column"),
        (RENT_HEADER.encode() + f"{SECRET}\xe7,2024-01-01,DD,1\n".encode("cp1252"), {}, "encoding utf-8"),
        (RENT_HEADER.encode() + b"\x81,2024-01-01,DD,1\n", {"encoding": "cp1252"}, "encoding cp1252"),
        (
            RENT_HEADER.encode() + b"1,2,3,4\n" * 500 + f'"{SECRET},1,1,1\n'.encode() + b"1,2,3,4\n" * 60,
            {},
            "longer than can be",
        ),
        (RENT_HEADER.encode() + f'"{SECRET},1,1,1\n'.encode() + b"1,2,3,4\n" * 40_000, {}, "longer than can be"),
    ],
    ids=[
        "empty",
        "delimiter",
        "column",
        "column twice",
        "no header",
        "encoding",
        "cp1252 gap",
        "open quote",
        "wide open quote",
    ],
)
def test_what_cannot_be_read_is_refused_and_not_quoted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    settings: dict[str, object],
    told: str,
) -> None:
    monkeypatch.setattr("sources.readers.csv_reading.BLOCK_BYTES", 65_536)
    put(tmp_path / "in", "rent.csv", content)
    with pytest.raises(InputRejected) as refused:
        sources(tmp_path / "run", rent_with(**settings), folder=tmp_path / "in")
    assert told in refused.value.message
    assert "rent.csv" in refused.value.where and "'rent'" in refused.value.where
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_gzip_cut_short_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress((RENT_HEADER + "".join(f"a/{n},2024-01-01,DD,{n}\n" for n in range(50_000))).encode())
    put(tmp_path / "in", "rent.csv.gz", whole[: len(whole) // 2])
    with pytest.raises(InputRejected, match="cut short"):
        sources(tmp_path / "run", rent_with(files=["*.gz"]), folder=tmp_path / "in")


def test_parquet_cut_short_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.parquet", b"PAR1" + bytes(100))
    with pytest.raises(InputRejected, match="cannot be read"):
        sources(tmp_path / "run", rent_with(files=["*.parquet"], format="parquet"), folder=tmp_path / "in")


@pytest.mark.parametrize("pattern", ["../secret.csv", "/etc/passwd", "sub/../../secret.csv", "nothing.csv", " ", "**x"])
def test_paths_that_lead_nowhere_or_out_are_refused(tmp_path: Path, pattern: str) -> None:
    put(tmp_path, "secret.csv", RENT_HEADER + GOOD)
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError) as refused:
        sources(tmp_path / "run", rent_with(files=[pattern]), folder=tmp_path / "in")
    assert "'rent'" in refused.value.where


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "secret.csv", RENT_HEADER + GOOD)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rent.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(InputRejected, match="leads out"):
        sources(tmp_path / "run", RENT, folder=tmp_path / "in")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        sources(tmp_path / "run", RENT, folder=tmp_path / "missing")
    assert "[sources] folder" in refused.value.where


def test_a_typed_number_is_written_with_the_mark_of_the_extract(tmp_path: Path) -> None:
    table = pa.table({"ref": ["a/1"], "amount": [1234.5], "exact": pa.array([Decimal("20.50")], pa.decimal128(9, 2))})
    pq.write_table(table, tmp_path / "rent.parquet")
    extract = rent_with(files=["rent.parquet"], format="parquet", decimal=",")
    assert rows_of(tmp_path, extract, "amount", "exact") == [(1, "1234,5", "20,50", None)]
