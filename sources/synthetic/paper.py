"""The council's desk: writes extracts as a system exports them, and remembers whom each record is really about."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from sources.synthetic.chance import stream
from sources.synthetic.clock import Array
from store.files import replacing
from store.parquet import write_parquet

_ROWS_BEFORE_MESS = 150
_BROKEN_ROWS = 4


@dataclass(frozen=True)
class Style:
    """How one system writes its files."""

    delimiter: str = ","
    encoding: str = "utf-8"
    title: str = ""
    """A line above the header."""
    total: str = ""
    """Column that a last line adds up."""
    repeats_header: bool = False


@dataclass
class Paper:
    """The folder of extracts being written."""

    folder: Path
    seed: int
    rows: dict[str, int] = field(default_factory=dict)
    known: list[tuple[str, str, Array, Array]] = field(default_factory=list)

    def remember(self, source: str, file: str, keys: Array, persons: Array) -> None:
        """The records of a file, as its keys name them, and the true persons (index)."""
        self.known.append((source, file, keys, persons))

    def write(
        self,
        file: str,
        columns: Mapping[str, Array],
        style: Style = Style(),
        broken: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Write a CSV (gzipped if the name says so). ``broken`` has values to spoil a few rows' columns with.

        A small file is left whole, so that a handful of broken rows is never a large share.
        """
        names = list(columns)
        cells = {name: values.tolist() for name, values in columns.items()}
        size = len(cells[names[0]])
        messy = size >= _ROWS_BEFORE_MESS
        if messy:
            self._spoil(file, cells, broken or {})
        lines = list(zip(*cells.values()))
        if messy and style.repeats_header:
            lines.insert(size // 2, tuple(names))
        if messy and style.total:
            total = sum(_amount(text) for text in cells[style.total])
            lines.append(tuple(f"{total:.2f}" if n == style.total else "TOTAL" if n == names[0] else "" for n in names))
        text = io.StringIO(newline="")
        if style.title:
            text.write(style.title + "\r\n")
        writer = csv.writer(text, delimiter=style.delimiter)
        writer.writerow(names)
        writer.writerows(lines)
        content = text.getvalue().encode(style.encoding, errors="replace")
        with replacing(self.folder / file) as temporary:
            # No name and no time in the gzip header: equal rows give equal bytes.
            temporary.write_bytes(gzip.compress(content, 6, mtime=0) if file.endswith(".gz") else content)
        self.rows[file] = size

    def write_parquet(self, file: str, table: pa.Table) -> None:
        with replacing(self.folder / file) as temporary:
            self.rows[file] = write_parquet(temporary, table.to_batches(), table.schema)

    def write_text(self, file: str, text: str, rows: int) -> None:
        with replacing(self.folder / file) as temporary:
            temporary.write_bytes(text.encode("utf-8"))
        self.rows[file] = rows

    def _spoil(self, file: str, cells: dict[str, list[str]], broken: Mapping[str, Sequence[str]]) -> None:
        rng = stream(self.seed, f"spoil {file}")
        for name, values in broken.items():
            for place in rng.choice(len(cells[name]), min(_BROKEN_ROWS, len(values) + 1), replace=False).tolist():
                cells[name][place] = values[int(rng.integers(0, len(values)))]


def _amount(text: str) -> float:
    digits = text.replace(",", "").strip("()")
    try:
        return -float(digits) if text.startswith("(") else float(digits)
    except ValueError:
        return 0.0


def pounds(pence: Array, brackets: bool = False) -> Array:
    """Pence as pounds with two places; with ``brackets``, thousands separators and brackets for credits."""
    if not brackets:
        return np.array([f"{value / 100:.2f}" for value in pence.tolist()], dtype=object)
    return np.array(
        [f"({-value / 100:,.2f})" if value < 0 else f"{value / 100:,.2f}" for value in pence.tolist()], dtype=object
    )
