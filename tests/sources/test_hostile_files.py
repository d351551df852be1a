"""Files made to break the reader: each is read, or refused in words that hold nothing of it."""

from __future__ import annotations

import datetime as dt
import os
import struct
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from store.errors import InputRejected
from tests.sources.helpers import RENT, RENT_HEADER, config, put, rent_with
from tests.sources.readers import rows_of

SECRET = "Zyxwvu"


def refused(folder: Path, extract: dict[str, object]) -> InputRejected:
    with pytest.raises(InputRejected) as error:
        rows_of(folder, extract, "ref", "amount")
    assert SECRET not in str(error.value)
    assert error.value.fix
    return error.value


def test_a_zip_archive_of_an_unknown_packing_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "rent.zip", "w") as held:
        held.writestr("rent.csv", RENT_HEADER)
    content = bytearray((tmp_path / "rent.zip").read_bytes())
    # Deflate64, which Windows uses for large files.
    content[8:10] = struct.pack("<H", 9)
    directory = content.index(b"PK\x01\x02")
    content[directory + 10 : directory + 12] = struct.pack("<H", 9)
    put(tmp_path, "rent.zip", bytes(content))
    assert "cannot be unpacked here" in refused(tmp_path, rent_with(files=["rent.zip"])).message


def test_a_damaged_archive_packed_otherwise_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "rent.zip", "w", zipfile.ZIP_LZMA) as held:
        held.writestr("rent.csv", RENT_HEADER + SECRET * 500)
    content = (tmp_path / "rent.zip").read_bytes()
    put(tmp_path, "rent.zip", content[:60] + b"\xff" * 20 + content[80:])
    assert "zip archive is cut short or damaged" in refused(tmp_path, rent_with(files=["rent.zip"])).message


def test_more_skipped_lines_than_the_file_has_leave_no_header(tmp_path: Path) -> None:
    put(tmp_path, "rent.csv", RENT_HEADER)
    assert "no header" in refused(tmp_path, rent_with(skip_lines=100_000)).message
    with pytest.raises(ValidationError, match="less than or equal"):
        config(tmp_path, rent_with(skip_lines=99_999_999_999))


def test_bad_lines_are_not_kept_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.csv_reading._MOST_MALFORMED_CHARACTERS", 5_000)
    line = f"a,{SECRET},{'x' * 1_000}\n"
    put(tmp_path, "rent.csv", RENT_HEADER + "a,2024-01-01,DD,1\n" + line * 4)
    assert len(rows_of(tmp_path, RENT, "ref")) == 1
    put(tmp_path, "rent.csv", RENT_HEADER + line * 5)
    assert "cannot be read in the way the TOML says" in refused(tmp_path, RENT).message


def test_a_file_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    put(tmp_path, os.fsdecode(b"rent\xff.csv"), RENT_HEADER)
    assert "is not text in UTF-8" in refused(tmp_path, RENT).message


def parquet(path: Path, names: list[str], arrays: list[pa.Array]) -> None:
    pq.write_table(pa.Table.from_arrays(arrays, names), path)


PARQUET = rent_with(files=["rent.parquet"], format="parquet")


def test_a_name_that_the_first_parquet_column_shares_is_refused(tmp_path: Path) -> None:
    texts = pa.array([SECRET])
    parquet(tmp_path / "rent.parquet", ["x", "x", "ref", "amount"], [texts, texts, texts, texts])
    assert "has the name of another" in refused(tmp_path, PARQUET).message
    parquet(tmp_path / "rent.parquet", ["ref", "x", "x", "amount"], [texts, texts, texts, texts])
    assert rows_of(tmp_path, PARQUET, "ref") == [(1, SECRET, None)]


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array([1.5], pa.float32()).cast(pa.float16()), "1.5"),
        (pa.array([Decimal("12.50")], pa.decimal256(60, 2)), "12.50"),
        (pa.array([Decimal("12.50")], pa.decimal128(20, 2)), "12.50"),
        (pa.array(["x"], pa.large_string()), "x"),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.nulls(1), None),
        (pa.array([dt.datetime(2024, 6, 1, 9)], pa.timestamp("ns")), "2024-06-01 09:00:00"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_parquet_columns_of_rare_types_are_read(array: pa.Array, text: str | None, tmp_path: Path) -> None:
    parquet(tmp_path / "rent.parquet", ["ref", "amount"], [pa.array(["a"]), array])
    assert rows_of(tmp_path, PARQUET, "amount") == [(1, text, None)]


def test_names_side_by_side_in_a_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="side by side"):
        config(tmp_path, rent_with(path="{School}{Year}.csv"))
