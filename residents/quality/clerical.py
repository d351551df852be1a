"""The clerical review file: pairs side by side as the systems hold them, and the answers read back.

The file holds personal data. It shows no weight and not what the index decided, so that nobody is led, and the pairs
come in an order that tells nothing.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from residents.tables import PROTECTED, RECORD_PERSON, REVIEW_PAIRS
from sources.tables import PERSON_RECORDS
from store.errors import InputRejected, UsageError
from store.files import read_json, replacing
from store.run_folder import RunFolder
from store.safe_text import plain, safe_cell

LINKAGE = "residents/linkage.json"
PAIR, ANSWER = "pair", "same_person"
FIELDS = (
    *("system", "key", "forename", "surname", "full_name", "dob", "sex", "addresses", "postcodes"),
    *("upn", "nino", "email", "phone"),
)
"""What is shown of each record. Several values stand beside each other; addresses are all that the key ever had."""


class Answer(StrEnum):
    """What a reviewer may say of a pair."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


_SPELLINGS = {"yes": Answer.YES, "y": Answer.YES, "no": Answer.NO, "n": Answer.NO, "unsure": Answer.UNSURE}


@dataclass(frozen=True)
class Judged:
    """A pair of the sample and what was said of it."""

    pair: int
    stratum: str
    stratum_pairs: int
    joined: bool
    ethnicity: str | None
    answer: Answer


_PICKED = "CREATE TABLE picked AS FROM review_pairs WHERE list_contains($pairs, pair)"
_PEOPLE = """
SELECT DISTINCT person_id FROM sides JOIN record_person USING (source, file, record_id) ORDER BY person_id
"""
# The first's, else the second's.
_ETHNICITIES = """
SELECT p.pair, coalesce(e.ethnicity, f.ethnicity)
FROM review_pairs AS p
LEFT JOIN record_person AS a
    ON p.source_1 = a.source AND p.file_1 = a.file AND p.record_id_1 = a.record_id
LEFT JOIN record_person AS b
    ON p.source_2 = b.source AND p.file_2 = b.file AND p.record_id_2 = b.record_id
LEFT JOIN protected AS e ON a.person_id = e.person_id LEFT JOIN protected AS f ON b.person_id = f.person_id
"""
_SIDES = """
CREATE TABLE sides AS
SELECT pair, 1 AS side, source_1 AS source, file_1 AS file, record_id_1 AS record_id FROM picked
UNION ALL SELECT pair, 2, source_2, file_2, record_id_2 FROM picked
"""
_OWN = """
SELECT s.pair, s.side, s.source AS system, any_value(r.subject_id) AS key,
    string_agg(DISTINCT r.forename, ' / ' ORDER BY r.forename) AS forename,
    string_agg(DISTINCT r.surname, ' / ' ORDER BY r.surname) AS surname,
    string_agg(DISTINCT r.full_name, ' / ' ORDER BY r.full_name) AS full_name,
    string_agg(DISTINCT strftime(r.dob, '%d/%m/%Y'), ' / ' ORDER BY strftime(r.dob, '%d/%m/%Y')) AS dob,
    string_agg(DISTINCT r.sex, ' / ' ORDER BY r.sex) AS sex,
    any_value(k.addresses) AS addresses, any_value(k.postcodes) AS postcodes, any_value(k.upn) AS upn,
    any_value(k.nino) AS nino, any_value(k.email) AS email, any_value(k.phone) AS phone
FROM sides AS s
JOIN person_records AS r ON s.source = r.source AND s.file = r.file AND s.record_id = r.record_id
JOIN of_key AS k ON r.source = k.source AND r.subject_id = k.subject_id
GROUP BY s.pair, s.side, s.source
ORDER BY s.pair, s.side
"""
_OF_KEY = """
CREATE TABLE of_key AS
WITH wanted AS (
    SELECT DISTINCT r.source, r.subject_id FROM sides AS s
    JOIN person_records AS r ON s.source = r.source AND s.file = r.file AND s.record_id = r.record_id
)
SELECT source, subject_id,
    string_agg(DISTINCT address, ' / ' ORDER BY address) AS addresses,
    string_agg(DISTINCT postcode, ' / ' ORDER BY postcode) AS postcodes,
    string_agg(DISTINCT upn, ' / ' ORDER BY upn) AS upn, string_agg(DISTINCT nino, ' / ' ORDER BY nino) AS nino,
    string_agg(DISTINCT email, ' / ' ORDER BY email) AS email,
    string_agg(DISTINCT phone, ' / ' ORDER BY phone) AS phone
FROM person_records JOIN wanted USING (source, subject_id) GROUP BY source, subject_id
"""


@dataclass(frozen=True)
class Sheet:
    """A review file before it is written: its text, how many pairs it shows, and the ids of the people in it."""

    text: str
    pairs: int
    people: tuple[str, ...]


def draw_sheet(run: RunFolder, most: int, out: Path) -> Sheet:
    """Up to ``most`` pairs for review, to be written to ``out``.

    Raises UsageError when ``out`` is there already (it may hold answers), or the run has no pairs to review.
    """
    if os.path.lexists(out):
        raise UsageError(
            "There is such a file already, which may hold answers.", where=str(out), fix="Name another --out."
        )
    mark = _mark(run)
    with duckdb.connect() as con:
        for table in (REVIEW_PAIRS, PERSON_RECORDS, RECORD_PERSON):
            con.read_parquet(str(run.path(table))).create_view(table.name)
        picked = _pick(con.sql("SELECT pair, stratum, place FROM review_pairs").fetchall(), most)
        if not picked:
            raise UsageError("This run has no pairs to review: nothing was compared.", where=str(run.root))
        con.execute(_PICKED, {"pairs": picked})
        con.execute(_SIDES)
        con.execute(_OF_KEY)
        sides = con.execute(_OWN).fetchall()
        people = tuple(person for (person,) in con.execute(_PEOPLE).fetchall())
    return Sheet(_sheet(mark, sides), len(picked), people)


def write_sheet(sheet: Sheet, out: Path) -> None:
    """Write the review file, which only its owner may read."""
    with replacing(out) as temporary:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            file.write(sheet.text)


def _pick(rows: Sequence[tuple[int, str, int]], most: int) -> list[int]:
    """As many of each stratum as there is room for, the same number of each as far as they go, by their place."""
    waiting: dict[str, list[tuple[int, int]]] = {}
    for pair, stratum, place in sorted(rows, key=lambda row: row[1:]):
        waiting.setdefault(stratum, []).append((place, pair))
    picked: list[int] = []
    for depth in range(max(map(len, waiting.values()), default=0)):
        layer = [held[depth][1] for held in waiting.values() if depth < len(held)]
        if len(picked) + len(layer) > most and picked:
            break
        picked += layer
    return sorted(picked)


def _sheet(mark: str, sides: Sequence[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([PAIR, ANSWER, *(f"{field}_{side}" for field in FIELDS for side in (1, 2))])
    for one, two in zip(sides[::2], sides[1::2]):
        cells = [_cell(value) for pair in zip(one[2:], two[2:]) for value in pair]
        writer.writerow([f"{mark}-{one[0]}", "", *cells])
    return text.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else safe_cell(plain(str(value)))


def _mark(run: RunFolder) -> str:
    """What the name of every pair of the sample begins with. The letter keeps spreadsheets from reading a number."""
    try:
        found: str = read_json(run.root / LINKAGE)["review"]["sample"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise UsageError(
            "This run has no index, or one made before pairs were kept for review.",
            where=str(run.root),
            fix="Run the job up to the residents stage first.",
        ) from None
    return f"P{found[:6]}"


def read_answers(run: RunFolder, path: Path) -> list[Judged]:
    """The answers of a review file, each with its pair; rows without an answer are left out.

    Raises InputRejected naming the line and column of what cannot be read. No cell is quoted.
    """
    mark = _mark(run)
    rows, ethnicities = _sampled(run), _ethnicities(run)
    said: dict[int, Answer] = {}
    for line, pair, answer in _answered(path):
        number = _number(path, line, pair, mark, rows)
        if number in said:
            raise _wrong(
                path, line, PAIR, "This pair has an answer on an earlier line.", "Keep one line for each pair."
            )
        said[number] = answer
    return [Judged(pair, *rows[pair], ethnicities[pair], answer) for pair, answer in sorted(said.items())]


def _sampled(run: RunFolder) -> dict[int, tuple[str, int, bool]]:
    """Stratum, its size, and whether joined, of every pair of the sample."""
    with duckdb.connect() as con:
        found = con.read_parquet(str(run.path(REVIEW_PAIRS)))
        rows = found.project("pair, stratum, stratum_pairs, joined").fetchall()
    return {row[0]: row[1:] for row in rows}


def _ethnicities(run: RunFolder) -> dict[int, str | None]:
    """Ethnicity of every pair of the sample, from the protected zone: only to count answers by group."""
    with duckdb.connect() as con:
        for table in (REVIEW_PAIRS, RECORD_PERSON, PROTECTED):
            con.read_parquet(str(run.path(table))).create_view(table.name)
        return dict(con.execute(_ETHNICITIES).fetchall())


def stratum_sizes(run: RunFolder) -> dict[str, int]:
    """How many pairs each stratum has, sampled or not."""
    return {stratum: size for stratum, size, _ in _sampled(run).values()}


def _answered(path: Path) -> Iterator[tuple[int, str, Answer]]:
    """Line, pair and answer of every row that has one."""
    content = _decoded(path)
    first = content.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(content), delimiter=";" if first.count(";") > first.count(",") else ",")
    missing = [name for name in (PAIR, ANSWER) if name not in (reader.fieldnames or ())]
    if missing:
        raise _wrong(path, 1, missing[0], "There is no such column.", "Keep the columns of the file as it was written.")
    for row in reader:
        given = (row[ANSWER] or "").strip().lower()
        if not given:
            continue
        if given not in _SPELLINGS:
            raise _wrong(
                path, reader.line_num, ANSWER, "This is no answer.", "Write yes, no or unsure, or leave it empty."
            )
        yield reader.line_num, (row[PAIR] or "").strip(), _SPELLINGS[given]


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # A spreadsheet on Windows may save so. Only the two columns of plain letters are read.
        return content.decode("cp1252", errors="replace")


def _number(path: Path, line: int, cell: str, mark: str, known: Container[int]) -> int:
    given, dash, number = cell.rpartition("-")
    if dash and given != mark and number.isdigit():
        raise _wrong(
            path,
            line,
            PAIR,
            "This pair is of another sample than this run's: the index has been made anew since.",
            "Write the review file again, and answer that.",
        )
    if not dash or not number.isascii() or not number.isdigit() or int(number) not in known:
        raise _wrong(
            path, line, PAIR, "This run has no such pair.", "Keep the pair column of the file as it was written."
        )
    return int(number)


def _wrong(path: Path, line: int, column: str, message: str, fix: str) -> InputRejected:
    return InputRejected(message, where=f"{path}, line {line}, column {column}", fix=fix)
