"""The stage as a whole: keys and joins, what is superseded, the stop at too many bad rows, the parts it keeps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from sources import extracting
from sources.extracting import Extractor
from sources.parts import Parts, PartWriter
from sources.readers.extract_files import ExtractFile
from sources.readers.raw_rows import RawRows
from sources.stage import STAGE
from sources.tables import (
    ATTENDANCE,
    GROUP_MEMBERS,
    PERSON_RECORDS,
    QUARANTINE,
    RENT_TRANSACTIONS,
    SCHOOL_STATUS,
    TABLES,
    TENANCIES,
)
from store.council import RunSettings
from store.errors import InputRejected
from store.run_folder import RunFolder
from tests.sources.helpers import RENT, RENT_HEADER, config, put, quarantine, read, rent_with, sources
from tests.support import run_stage

TENANCY: dict[str, Any] = {
    "name": "tenancies",
    "source": "housing",
    "files": ["tenancies.csv"],
    "dates": ["%d-%b-%y"],
    "tables": [
        {
            "table": "tenancies",
            "group": ["ref"],
            "group_type": "tenancy",
            "columns": {"event_date": "start", "recorded_on": "start", "to_date": "end"},
        }
    ],
}
MEMBERS: dict[str, Any] = {
    "name": "members",
    "source": "housing",
    "files": ["members.csv"],
    "dates": ["%Y%m%d"],
    "joins": [{"extract": "tenancies", "prefix": "t", "on": {"ref": "ref"}}],
    "tables": [
        {
            "table": "person_records",
            "key": ["ref", "no"],
            "columns": {
                "full_name": "name",
                "dob": "dob",
                "address": ["t.line1", "t.line2"],
                "uprn": "t.uprn",
                "recorded_on": {"latest": ["t.start", "dob"]},
            },
        },
        {
            "table": "group_members",
            "key": ["ref", "no"],
            "group": ["ref"],
            "group_type": "tenancy",
            "columns": {"recorded_on": {"latest": ["t.start", "dob"]}},
        },
    ],
}
TENANCIES_CSV = """ref,line1,line2,uprn,start,end
1.0,Flat 1,High Street,000005101793,17-Sep-18,29-Aug-23
2,,Low Road,10002380000.0,01-Feb-70,
"""
MEMBERS_CSV = """ref,no,name,dob
1,1,=HYPERLINK("x"),19800101
1,2,<script>,20210305
2,1,Robert'); DROP TABLE rows,20350101
9,1,No Tenancy,19900101
"""


def people(root: Path, folder: Path, **settings: Any) -> RunFolder:
    put(folder, "tenancies.csv", TENANCIES_CSV)
    put(folder, "members.csv", MEMBERS_CSV)
    return sources(root, TENANCY, MEMBERS, folder=folder, **settings)


def test_joined_rows_take_address_and_dates_from_the_other_extract(tmp_path: Path) -> None:
    run = people(tmp_path / "run", tmp_path / "in", max_bad_share=0.5)
    found = {p["record_id"]: p for p in read(run, PERSON_RECORDS)}
    assert {name: found[name]["address"] for name in found} == {
        "1|1": "Flat 1, High Street",
        "1|2": "Flat 1, High Street",
        "2|1": "Low Road",
    }
    assert [found[name]["uprn"] for name in ("1|1", "2|1")] == ["5101793", "10002380000"]
    # A child born into the tenancy is known from birth, others from its start; a birth in the future is no date.
    assert found["1|1"]["recorded_on"] == dt.date(2018, 9, 17)
    assert found["1|2"]["recorded_on"] == dt.date(2021, 3, 5)
    assert found["2|1"]["recorded_on"] == dt.date(1970, 2, 1)
    assert found["2|1"]["dob"] is None and found["2|1"]["full_name"] == "Robert'); DROP TABLE rows"
    assert {(g["group_id"], g["record_id"]) for g in read(run, GROUP_MEMBERS)} == {
        ("1", "1|1"),
        ("1", "1|2"),
        ("2", "2|1"),
    }
    assert [t["event_date"] for t in read(run, TENANCIES)] == [dt.date(2018, 9, 17), dt.date(1970, 2, 1)]


def test_a_member_whose_tenancy_is_missing_is_not_taken_as_known_from_birth(tmp_path: Path) -> None:
    run = people(tmp_path / "run", tmp_path / "in", max_bad_share=0.5)
    left_out = [(q["row"], q["table"], q["column"], q["rule"]) for q in read(run, QUARANTINE) if q["action"] == "row"]
    assert left_out == [(4, "group_members", "recorded_on", "blank"), (4, "person_records", "recorded_on", "blank")]


def test_two_people_in_a_row_and_rows_not_meant(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "tax.csv",
        "ref,lead,second,since\n1,A Smith,B Smith,2020-01-01\n2,Fen Homes Ltd.,,2020-01-01\n3,Unknown ,,2020-01-01\n"
        "4,Altdorf,  ,2020-01-01\n",
    )
    mapping = {"table": "person_records", "key": ["ref"], "unless": {"lead": ["UNKNOWN"]}}
    mapping["unless_words"] = {"lead": ["LTD"]}
    tables = [
        {
            **mapping,
            "suffix": suffix,
            "present": [name],
            "columns": {"full_name": name, "recorded_on": "since"},
        }
        for suffix, name in (("1", "lead"), ("2", "second"))
    ]
    extract = {"name": "tax", "source": "council_tax", "files": ["tax.csv"], "tables": tables}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    found = [(p["record_id"], p["subject_id"], p["full_name"]) for p in read(run, PERSON_RECORDS)]
    assert found == [("1|1", "1|1", "A Smith"), ("1|2", "1|2", "B Smith"), ("4|1", "4|1", "Altdorf")]
    assert read(run, QUARANTINE) == []


def test_a_sign_between_two_names_is_found_wherever_it_stands(tmp_path: Path) -> None:
    put(tmp_path / "in", "tax.csv", "ref;name\n1;A Smith & B Smith\n2;C&D Jones\n3;Anders\n4;E + F Hall\n5;G_H Ltd\n")
    table = {
        "table": "person_records",
        "key": ["ref"],
        "unless_words": {"name": ["&", "+", "_"]},
        "columns": {"full_name": "name", "recorded_on": {"constant": "2024-01-01"}},
    }
    extract = {"name": "tax", "source": "council_tax", "files": ["tax.csv"], "delimiter": ";", "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    assert [p["full_name"] for p in read(run, PERSON_RECORDS)] == ["Anders"]


def test_a_blank_word_is_refused(tmp_path: Path) -> None:
    mapping = {"table": "person_records", "key": ["ref"], "unless_words": {"name": ["LTD", " "]}}
    with pytest.raises(ValidationError, match="blank word"):
        config(tmp_path, {"name": "tax", "source": "council_tax", "files": ["tax.csv"], "tables": [mapping]})


def test_subject_flag_within_a_spell_and_split_identifiers(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "census.csv",
        "term,upn,fsm_from,fsm_to,year\nA,X123456789012,2023-01-01,,R\nB,X123456789012,2023-01-01,2023-03-01,1\n"
        "A,Y12345678901A,,,27\nB,short,2030-01-01,,2\n",
    )
    day = {"column": "term", "codes": {"a": "2023-02-01", "b": "2023-05-01"}}
    extract = {
        "name": "census",
        "source": "schools",
        "files": ["census.csv"],
        "tables": [
            {
                "table": "person_records",
                "key": ["term", "upn"],
                "subject": ["upn"],
                "columns": {"upn": "upn", "recorded_on": day},
            },
            {
                "table": "school_status",
                "key": ["upn"],
                "columns": {
                    "event_date": day,
                    "recorded_on": day,
                    "fsm": {"within": ["fsm_from", "fsm_to"]},
                    "year_group": {"column": "year", "codes": {"r": "0"}},
                },
            },
        ],
    }
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    status = [(s["record_id"], s["event_date"].month, s["fsm"], s["year_group"]) for s in read(run, SCHOOL_STATUS)]
    assert status == [
        ("X123456789012", 2, True, 0),
        ("X123456789012", 5, False, 1),
        ("Y12345678901A", 2, False, None),
        ("short", 5, False, 2),
    ]
    persons = [(p["record_id"], p["subject_id"], p["upn"]) for p in read(run, PERSON_RECORDS)]
    assert persons[0] == ("A|X123456789012", "X123456789012", "X123456789012")
    assert persons[-1] == ("B|short", "short", None)
    assert quarantine(run) == [(3, "year_group", "out_of_range", "cell"), (4, "upn", "not_a_pupil_number", "cell")]


def test_register_codes_count_as_they_did_on_the_day(tmp_path: Path) -> None:
    marks = {
        ("2024-07-01", "H"): "authorised",
        ("2024-07-02", "J"): "approved_educational_activity",
        ("2024-07-03", "Y"): "not_possible",
        ("2024-08-18", "h"): "authorised",
        ("2024-08-19", "H"): None,
        ("2024-09-03", "J1"): "authorised",
        ("2024-09-04", "Y4"): "not_possible",
        ("2024-07-04", "Y4"): None,
        ("2024-07-05", "K"): None,
        ("2024-09-05", "K"): "approved_educational_activity",
        ("2024-09-06", "\\"): "present",
        ("2024-09-07", "#"): "administrative",
        ("2024-09-08", "ZZ"): None,
        ("2024-09-09", "N"): "unauthorised",
    }
    text = "upn,day,half,mark\n" + "".join(f"u,{day},am,{code}\n" for day, code in marks)
    put(tmp_path / "in", "marks.csv", text)
    columns = {"event_date": "day", "recorded_on": "day", "session": "half", "code": "mark"}
    table = {"table": "attendance", "key": ["upn"], "columns": columns}
    extract = {"name": "marks", "source": "schools", "files": ["marks.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in", max_bad_share=0.5)
    found = {(a["event_date"].isoformat(), a["code"]): a["statistical_class"] for a in read(run, ATTENDANCE)}
    assert found == {(day, code.upper()): known for (day, code), known in marks.items() if known}
    left_out = [(q["value"], q["rule"]) for q in read(run, QUARANTINE)]
    out_of_time = "not_in_force_that_day"
    assert sorted(left_out) == [("H", out_of_time), ("K", out_of_time), ("Y4", out_of_time), ("ZZ", "not_a_known_code")]


def test_of_rows_with_one_key_the_one_recorded_last_counts_across_files(tmp_path: Path) -> None:
    header = "upn,day,half,mark,changed\n"
    put(tmp_path / "in", "marks_1.csv", header + "u,2023-01-09,AM,N,2023-01-20\nv,2023-01-09,AM,/,2023-01-09\n")
    put(tmp_path / "in", "marks_2.csv", header + "u,2023-01-09,AM,I,2023-01-12\nu,2023-01-09,PM,I,2023-01-12\n")
    columns = {"event_date": "day", "recorded_on": "changed", "session": "half", "code": "mark"}
    table = {"table": "attendance", "key": ["upn"], "columns": columns}
    extract = {"name": "marks", "source": "schools", "files": ["marks_*.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in", max_bad_share=0.0)
    found = [(a["record_id"], a["session"], a["code"], a["file"]) for a in read(run, ATTENDANCE)]
    assert found == [("u", "AM", "N", "marks_1.csv"), ("u", "PM", "I", "marks_2.csv"), ("v", "AM", "/", "marks_1.csv")]
    assert [(q["file"], q["row"], q["rule"]) for q in read(run, QUARANTINE)] == [("marks_2.csv", 1, "superseded")]
    files = json.loads((run.root / "sources" / "summary.json").read_text())["files"]
    assert [(f["tables"]["attendance"]["accepted"], f["tables"]["attendance"]["superseded"]) for f in files] == [
        (2, 0),
        (1, 1),
    ]


# --- the stop ----------------------------------------------------------------------------------------


def rent_rows(good: int, bad: int) -> str:
    body = "a,2024-01-01,DD,-1\n" * good + "a,2024-01-01,DD,Zebedee\n" * bad
    return RENT_HEADER + body + RENT_HEADER + "TOTAL,,,100\n"


def test_the_allowed_share_of_bad_rows_passes(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", rent_rows(95, 5))
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert len(read(run, RENT_TRANSACTIONS)) == 95
    rules = [q[2] for q in quarantine(run)]
    assert rules == ["not_an_amount"] * 5 + ["repeated_header", "totals_row"]


def test_one_bad_row_more_stops_the_run_and_names_no_value(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", rent_rows(94, 6))
    with pytest.raises(InputRejected) as stopped:
        sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    said = str(stopped.value)
    for part in ("extract rent", "rent_transactions", "6 of 100", "amount_pence: not_an_amount (6)", "5.0%"):
        assert part in said
    assert "Zebedee" not in said


# --- parts -------------------------------------------------------------------------------------------


class Reads:
    """Counts which files are read, by watching the extractor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []
        read_file = Extractor._read

        def counted(extractor: Extractor, plan: Any, file: Any, fingerprint: str) -> Any:
            self.files.append(file.relative)
            return read_file(extractor, plan, file, fingerprint)

        monkeypatch.setattr(Extractor, "_read", counted)

    def since(self) -> list[str]:
        files, self.files = self.files, []
        return files


def bytes_of(run: RunFolder) -> dict[str, bytes]:
    made = [run.path(table) for table in (*TABLES, QUARANTINE)] + [run.root / "sources" / "summary.json"]
    return {path.name: path.read_bytes() for path in made}


def test_a_stopped_run_keeps_what_it_left_out(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "a,2024-01-01,DD,-1\nb,2024-01-02,Mystery,-2\n")
    with pytest.raises(InputRejected, match="identifiable/sources/stopped"):
        sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    stopped = tmp_path / "run" / "identifiable" / "sources" / "stopped"
    (left_out,) = pq.read_table(stopped / "quarantine.parquet").to_pylist()
    assert (left_out["row"], left_out["column"], left_out["rule"]) == (2, "kind", "not_a_known_code")
    (value,) = pq.read_table(stopped / "unmapped_values.parquet").to_pylist()
    assert (value["value"], value["rows"]) == ("Mystery", 1)
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "a,2024-01-01,DD,-1\n")
    sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert not stopped.exists()


def test_an_extract_without_rows_is_told(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER)
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    (told,) = json.loads((run.root / "sources" / "summary.json").read_text(encoding="utf-8"))["warnings"]
    assert "'rent'" in told and "no rows" in told


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, folder, root = Reads(monkeypatch), tmp_path / "in", tmp_path / "run"
    put(folder, "rent_1.csv", RENT_HEADER + "a,2024-01-01,DD,-1\n")
    put(folder, "rent_2.csv", RENT_HEADER + "a,2024-01-02,DD,-2\n")
    first = bytes_of(sources(root, RENT, folder=folder))
    assert reads.since() == ["rent_1.csv", "rent_2.csv"]
    assert bytes_of(sources(root, RENT, folder=folder)) == first
    assert reads.since() == []

    put(folder, "rent_2.csv", RENT_HEADER + "a,2024-01-02,DD,-3\n")
    changed = sources(root, RENT, folder=folder)
    assert reads.since() == ["rent_2.csv"]
    assert [r["amount_pence"] for r in read(changed, RENT_TRANSACTIONS)] == [-100, -300]
    # Nothing of the file's former content is left.
    assert len(list((root / "identifiable" / "sources" / "parts").glob("*.json"))) == 2

    sources(root, rent_with(dates=["%d/%m/%Y"]), folder=folder)
    assert reads.since() == ["rent_1.csv", "rent_2.csv"]


def test_a_changed_joined_extract_re_reads_what_joins_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reads(monkeypatch)
    people(tmp_path / "run", tmp_path / "in", max_bad_share=0.5)
    reads.since()
    put(tmp_path / "in", "tenancies.csv", TENANCIES_CSV.replace("High Street", "Mill Lane"))
    run = sources(tmp_path / "run", TENANCY, MEMBERS, folder=tmp_path / "in", max_bad_share=0.5)
    assert reads.since() == ["tenancies.csv", "members.csv"]
    assert read(run, PERSON_RECORDS)[0]["address"] == "Flat 1, Mill Lane"


@pytest.mark.parametrize("damage", ["cut", "gone", "described wrongly", "no description"])
def test_a_damaged_part_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    reads, folder, root = Reads(monkeypatch), tmp_path / "in", tmp_path / "run"
    put(folder, "rent.csv", RENT_HEADER + "a,2024-01-01,DD,-1\n")
    first = bytes_of(sources(root, RENT, folder=folder))
    reads.since()
    parts = root / "identifiable" / "sources" / "parts"
    (table,) = parts.glob("*.rent_transactions.parquet")
    (description,) = parts.glob("*.json")
    if damage == "cut":
        table.write_bytes(table.read_bytes()[:-10])
    elif damage == "gone":
        table.unlink()
    elif damage == "described wrongly":
        description.write_text('{"files": [], "summary": 1}')
    else:
        description.unlink()
    assert bytes_of(sources(root, RENT, folder=folder)) == first
    assert reads.since() == ["rent.csv"]


def test_a_run_stopped_while_reading_goes_on_from_the_parts_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    put(folder, "rent_1.csv", RENT_HEADER + "a,2024-01-01,DD,-1\n")
    put(folder, "rent_2.csv", RENT_HEADER + "a,2024-01-02,DD,-2\n")
    whole = bytes_of(sources(tmp_path / "whole", RENT, folder=folder))
    writing = Parts.writing

    @contextmanager
    def killed(parts: Parts, fingerprint: str, tables: Any, summary: Any) -> Iterator[PartWriter]:
        with writing(parts, fingerprint, tables, summary) as part:
            yield part
            if summary.file == "rent_2.csv":
                raise KeyboardInterrupt

    monkeypatch.setattr(Parts, "writing", killed)
    with pytest.raises(KeyboardInterrupt):
        sources(tmp_path / "run", RENT, folder=folder)
    monkeypatch.setattr(Parts, "writing", writing)
    reads = Reads(monkeypatch)
    assert bytes_of(sources(tmp_path / "run", RENT, folder=folder)) == whole
    assert reads.since() == ["rent_2.csv"]


def test_the_same_files_give_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put(folder, "tenancies.csv", TENANCIES_CSV)
    put(folder, "members.csv", MEMBERS_CSV * 3)
    put(folder, "rent.csv", rent_rows(3000, 20))
    made = config(folder, TENANCY, MEMBERS, RENT, max_bad_share=0.5)
    runs = [
        run_stage(STAGE, tmp_path / f"run_{threads}", made, settings=RunSettings(threads=threads)) for threads in (1, 2)
    ]
    assert bytes_of(runs[0]) == bytes_of(runs[1])


def test_a_disk_that_fills_up_leaves_nothing_of_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "a/1,2024-01-01,DD,1\n")
    replaced = []

    def full(path: Path) -> None:
        replaced.append(path)
        if len(replaced) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.files.flush_folder", full)
    with pytest.raises(OSError, match="No space left"):
        sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert len(replaced) == 2
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "in", "rent.csv", RENT_HEADER + "a/1,2024-01-01,DD,1\n")
    opened = extracting.open_rows

    def overtaken(file: ExtractFile, wanted: tuple[str, ...]) -> RawRows:
        rows = opened(file, wanted)
        path.write_text(RENT_HEADER + "a/1,2024-01-01,DD,1\nb/2,2024-01-01,DD,2\n", encoding="utf-8")
        return rows

    monkeypatch.setattr(extracting, "open_rows", overtaken)
    with pytest.raises(InputRejected, match="changed while it was being read") as refused:
        sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert "rent.csv" in refused.value.where
    assert not list((tmp_path / "run").rglob("*.parquet"))
    monkeypatch.undo()
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert len(read(run, RENT_TRANSACTIONS)) == 2


@pytest.mark.parametrize("chunk_rows", [1, 7, 100])
def test_chunks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_rows: int) -> None:
    folder = tmp_path / "in"
    put(folder, "tenancies.csv", TENANCIES_CSV)
    put(folder, "members.csv", MEMBERS_CSV * 3)
    put(folder, "rent.csv", rent_rows(300, 20) + "Total,,,1.00\nEnd of report,,,\nbad\n")
    made = config(folder, TENANCY, MEMBERS, rent_with(footer_lines=2), max_bad_share=0.5)
    whole = bytes_of(run_stage(STAGE, tmp_path / "whole", made))
    monkeypatch.setattr("sources.readers.raw_rows._CHUNK_ROWS", chunk_rows)
    monkeypatch.setattr("sources.readers.csv_reading.BLOCK_BYTES", 256)
    assert bytes_of(run_stage(STAGE, tmp_path / "run", made)) == whole


def test_every_table_is_written_even_where_no_extract_feeds_it(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER)
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in")
    assert all(read(run, table) == [] for table in (*TABLES, QUARANTINE))
