"""Values that no code map has are counted and kept to be looked at; never told, never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sources.tables import UNMAPPED_VALUES
from store.run_folder import RunFolder
from tests.sources.helpers import put, read, sources

HOSTILE = "=HYPERLINK(1)"
MEMBERS: dict[str, Any] = {
    "name": "members",
    "source": "housing",
    "files": ["members_*.csv"],
    "dates": ["%d/%m/%Y"],
    "tables": [
        {
            "table": "person_records",
            "key": ["no"],
            "columns": {"recorded_on": "day", "sex": {"column": "sex", "codes": {"Male": "M", "Female": "F"}}},
        },
        {
            "table": "group_members",
            "key": ["no"],
            "group": ["ref"],
            "group_type": "tenancy",
            "columns": {"recorded_on": "day", "role": {"column": "role", "codes": {"T": "tenant"}}},
        },
        {
            "table": "assessments",
            "key": ["no"],
            "columns": {
                "event_date": "day",
                "recorded_on": "day",
                "factors": {"column": "factors", "split": ";", "codes": {"YC": "7A"}},
            },
        },
        {
            "table": "school_status",
            "key": ["no"],
            "columns": {
                "event_date": "day",
                "recorded_on": "day",
                "year_group": {"column": "year", "codes": {"R": "0"}},
            },
        },
    ],
}
HEADER = "no,ref,day,sex,role,factors,year\n"


def run_of(root: Path) -> RunFolder:
    put(
        root / "in",
        "members_1.csv",
        HEADER
        + f"1,a,01/02/2024,Male,T,YC;17A,R\n2,a,01/02/2024,{HOSTILE},Lodger,3B;ZZ9;20.0,N2\n"
        + "3,a,01/02/2024,m,tenant,,\n",
    )
    put(root / "in", "members_2.csv", HEADER + f"4,b,01/02/2024,{HOSTILE},Lodger,ZZ9; yy ;7a,7\n5,b,2024.02.01,F,,,8\n")
    return sources(root / "run", MEMBERS, folder=root / "in", max_bad_share=1)


def test_each_value_is_listed_with_its_rows(tmp_path: Path) -> None:
    found = [tuple(row.values())[1:] for row in read(run_of(tmp_path), UNMAPPED_VALUES)]
    assert found == [
        ("members", "assessments", "factors", "ZZ9", "cell", 2),
        ("members", "assessments", "factors", "yy", "cell", 1),
        ("members", "group_members", "role", "Lodger", "kept", 2),
        ("members", "person_records", "sex", HOSTILE, "cell", 2),
        ("members", "school_status", "year_group", "N2", "cell", 1),
    ]


def test_the_summary_has_counts_and_formats_but_no_value(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    written = (run.root / "sources" / "summary.json").read_text(encoding="utf-8")
    assert not any(value in written for value in (HOSTILE, "Lodger", "ZZ9", "2024.02.01"))
    summary = json.loads(written)
    counts = {(one["table"], one["column"], one["action"]): (one["values"], one["rows"]) for one in summary["unmapped"]}
    assert counts == {
        ("assessments", "factors", "cell"): (2, 3),
        ("group_members", "role", "kept"): (1, 2),
        ("person_records", "sex", "cell"): (1, 2),
        ("school_status", "year_group", "cell"): (1, 1),
    }
    tried = {(one["table"], one["column"]): (one["rows"], one["formats"]) for one in summary["not_dates"]}
    assert tried[("person_records", "recorded_on")] == (1, ["%Y-%m-%d", "%d/%m/%Y"])


def test_nothing_unmapped_is_an_empty_table(tmp_path: Path) -> None:
    put(tmp_path / "in", "members_1.csv", HEADER)
    run = sources(tmp_path / "run", MEMBERS, folder=tmp_path / "in")
    assert read(run, UNMAPPED_VALUES) == []
