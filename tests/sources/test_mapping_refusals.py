"""A mapping that cannot be carried out is refused before anything is read, and what can be kept is kept."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from sources.plan import plan_extracts
from sources.tables import (
    ADDRESSES,
    DISABILITY_MARKERS,
    OUTCOME_SCORES,
    QUARANTINE,
    WORKERS,
)
from store.errors import UsageError
from tests.sources.helpers import RENT, RENT_HEADER, config, put, read, rent_with, sources


def changed_mapping(**changes: Any) -> dict[str, Any]:
    return rent_with(tables=[{**RENT["tables"][0], **changes}])


COLUMNS: dict[str, Any] = RENT["tables"][0]["columns"]


@pytest.mark.parametrize(
    ("extract", "told"),
    [
        (changed_mapping(table="rents"), "no table 'rents'"),
        (changed_mapping(columns={**COLUMNS, "amount": "amount"}), "no column 'amount'"),
        (changed_mapping(columns={**COLUMNS, "group_id": "ref"}), "no column 'group_id'"),
        (changed_mapping(columns={**COLUMNS, "kind": {"column": "kind", "codes": "kinds"}}), "no code map 'kinds'"),
        (changed_mapping(columns={k: v for k, v in COLUMNS.items() if k != "kind"}), "lacks the column 'kind'"),
        (changed_mapping(columns={**COLUMNS, "kind": {"latest": ["a", "b"]}}), "does not suit"),
        (changed_mapping(columns={**COLUMNS, "kind": {"column": "kind", "split": ";"}}), "split"),
        (changed_mapping(group_type="household"), "no kind of group"),
        (changed_mapping(group=None), "no key"),
        (changed_mapping(key=["ref"]), "no such key"),
        (rent_with(joins=[{"extract": "nobody", "on": {"ref": "ref"}}]), "no extract 'nobody'"),
        (rent_with(joins=[{"extract": "rent", "on": {"ref": "ref"}}]), "not used"),
    ],
)
def test_a_mapping_that_cannot_be_carried_out_is_refused_before_reading(
    tmp_path: Path, extract: dict[str, Any], told: str
) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER)
    with pytest.raises(UsageError) as refused:
        sources(tmp_path / "run", extract, folder=tmp_path / "in")
    assert told in refused.value.message
    assert "'rent'" in refused.value.where and refused.value.fix


@pytest.mark.parametrize("dates", [["dd/mm/yyyy"], ["%H:%M"], ["%d/%q/%Y"]])
def test_a_format_that_is_no_date_format_is_refused(dates: list[str]) -> None:
    with pytest.raises(ValueError, match="date format"):
        config(Path(), rent_with(dates=dates))


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="encoding"):
        config(Path(), rent_with(encoding="utf-9"))


def test_addresses_and_markers_keep_what_they_can(tmp_path: Path) -> None:
    put(
        tmp_path / "in", "llpg.csv", "uprn,saon,street,class,imd\n005,Flat 1,High St,RD,3\n0,,X,RD,3\n6,,Low Rd,??,11\n"
    )
    put(
        tmp_path / "in",
        "badges.csv",
        "no,from,to\n1,01/02/2024,01/02/2027\n2,01/02/2024,soon\n3,01/02/2024,31/12/9999\n",
    )
    gazetteer = {
        "name": "llpg",
        "source": "gazetteer",
        "files": ["llpg.csv"],
        "tables": [
            {
                "table": "addresses",
                "columns": {
                    "uprn": "uprn",
                    "address": ["saon", "street"],
                    "kind": {"column": "class", "codes": {"RD": "dwelling"}},
                    "imd_decile": "imd",
                },
            }
        ],
    }
    badges = {
        "name": "badges",
        "source": "badges",
        "files": ["badges.csv"],
        "dates": ["%d/%m/%Y"],
        "tables": [
            {
                "table": "disability_markers",
                "key": ["no"],
                "columns": {
                    "event_date": "from",
                    "recorded_on": "from",
                    "to_date": "to",
                    "kind": {"constant": "mobility"},
                },
            }
        ],
    }
    run = sources(tmp_path / "run", gazetteer, badges, folder=tmp_path / "in", max_bad_share=0.5)
    found = [(a["uprn"], a["address"], a["kind"], a["imd_decile"]) for a in read(run, ADDRESSES)]
    assert found == [("5", "Flat 1, High St", "dwelling", 3), ("6", "Low Rd", None, None)]
    # An end that cannot be read would make the badge look open; one that stands for 'open' may be left out.
    assert [(m["record_id"], m["to_date"]) for m in read(run, DISABILITY_MARKERS)] == [
        ("1", dt.date(2027, 2, 1)),
        ("3", None),
    ]
    noted = {(q["file"], q["row"], q["column"], q["rule"], q["action"]) for q in read(run, QUARANTINE)}
    assert noted == {
        ("llpg.csv", 2, "uprn", "not_a_property_number", "row"),
        ("llpg.csv", 3, "kind", "not_a_known_code", "cell"),
        ("llpg.csv", 3, "imd_decile", "out_of_range", "cell"),
        ("badges.csv", 2, "to_date", "not_a_date", "row"),
        ("badges.csv", 3, "to_date", "too_late", "cell"),
    }
    assert (
        "unmapped" in json.loads((run.root / "sources" / "summary.json").read_text())["files"][1]["tables"]["addresses"]
    )


SCORES: dict[str, Any] = {
    "name": "cases",
    "source": "early_help",
    "files": ["cases.csv"],
    "tables": [
        {
            "table": "outcome_scores",
            "group": ["case"],
            "group_type": "case_family",
            "columns": {"event_date": "day", "recorded_on": "day", "stage": {"constant": "opening"}},
            "unpivot": {"name": "domain", "value": "score", "columns": {"Q1": "education", "Q2": "finance"}},
        }
    ],
}


def test_columns_side_by_side_make_a_row_each_where_not_blank(tmp_path: Path) -> None:
    put(tmp_path / "in", "cases.csv", "case,day,Q1,Q2\na,2024-01-01,3,\nb,2024-01-02,,10\nc,2024-01-03,x,0\n")
    run = sources(tmp_path / "run", SCORES, folder=tmp_path / "in", max_bad_share=1)
    found = [(row["group_id"], row["domain"], row["score"]) for row in read(run, OUTCOME_SCORES)]
    assert found == [("a", "education", 3), ("b", "finance", 10), ("c", "finance", 0)]
    noted = [(q["row"], q["column"], q["rule"]) for q in read(run, QUARANTINE)]
    assert noted == [(3, "score", "not_a_whole_number")]


def test_a_column_mapped_by_columns_and_by_unpivot_is_refused() -> None:
    twice = {**SCORES["tables"][0], "columns": {**SCORES["tables"][0]["columns"], "score": "Q3"}}
    with pytest.raises(ValueError, match="score is mapped twice"):
        config(Path(), {**SCORES, "tables": [twice]})


def test_two_mappings_that_make_the_same_rows_are_refused() -> None:
    other = {**COLUMNS, "amount_pence": "other"}
    same = [RENT["tables"][0], {**RENT["tables"][0], "columns": dict(COLUMNS)}]
    with pytest.raises(UsageError, match="same rows of the table rent_transactions"):
        plan_extracts(config(Path(), rent_with(tables=same)))
    # Two amounts of one row are two postings.
    plan_extracts(config(Path(), rent_with(tables=[same[0], {**same[0], "columns": other}])))
    person = {"table": "person_records", "key": ["no"], "columns": {"recorded_on": "day", "forename": "a"}}
    parent = {**person, "columns": {"recorded_on": "day", "full_name": "b"}}
    with pytest.raises(UsageError, match="same rows of the table person_records"):
        plan_extracts(config(Path(), rent_with(tables=[person, parent])))
    plan_extracts(config(Path(), rent_with(tables=[person, {**parent, "suffix": "parent"}])))


def test_a_staff_list_needs_neither_person_nor_group(tmp_path: Path) -> None:
    put(tmp_path / "in", "staff.csv", "no,name,boss,from,to\n7,=HYPERLINK(1),9,2024-01-01,\n,x,,2024-01-01,\n")
    columns = {"worker_id": "no", "name": "name", "manager_id": "boss", "from_date": "from", "recorded_on": "from"}
    staff = {
        "name": "s",
        "source": "care",
        "files": ["staff.csv"],
        "tables": [{"table": "workers", "columns": columns}],
    }
    run = sources(tmp_path / "run", staff, folder=tmp_path / "in", max_bad_share=1)
    assert [(w["worker_id"], w["name"], w["manager_id"]) for w in read(run, WORKERS)] == [("7", "=HYPERLINK(1)", "9")]
    assert [(q["row"], q["column"], q["rule"]) for q in read(run, QUARANTINE)] == [(2, "worker_id", "blank")]
