"""What other councils' files need said of them, and that the TOML can say it: one case for each way."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.tables import (
    ASSESSMENTS,
    ATTENDANCE,
    BENEFIT_SPELLS,
    PERSON_RECORDS,
    QUARANTINE,
    RENT_TRANSACTIONS,
    TENANCIES,
)
from store.errors import UsageError
from tests.sources.helpers import RENT, RENT_HEADER, config, put, quarantine, read, rent_with, sources

COLUMNS: dict[str, Any] = RENT["tables"][0]["columns"]


def rents(folder: Path, content: str | bytes, *, columns: dict[str, Any] | None = None, **changes: Any) -> list[Any]:
    """Account, day, kind and pence of the rent file, and the quarantine's rules."""
    put(folder / "in", "rent.csv", content)
    table = {**RENT["tables"][0], "columns": {**COLUMNS, **(columns or {})}}
    run = sources(folder / "run", rent_with(tables=[table], **changes), folder=folder / "in", max_bad_share=1.0)
    rows = [(r["group_id"], r["event_date"].day, r["kind"], r["amount_pence"]) for r in read(run, RENT_TRANSACTIONS)]
    return [rows, [rule for _, _, rule, _ in quarantine(run)]]


ROW = "7,2024-01-02,DD,-20\n"
FOUND = ("7", 2, "payment", -2000)


@pytest.mark.parametrize(
    ("content", "settings", "rows", "rules"),
    [
        ("7|2024-01-02|DD|-20\n", {"delimiter": "|", "header": ["ref", "posted", "kind", "amount"]}, [FOUND], []),
        (
            "a,a,a,a\n" + ROW,
            {"header": ["ref", "posted", "kind", "amount"], "skip_lines": 1},
            [FOUND],
            [],
        ),
        (RENT_HEADER + ROW + "\nTotal rows: 1\nend, of\n", {"footer_lines": 2}, [FOUND], ["footer", "footer"]),
        (RENT_HEADER + ROW + "x\n" + ROW + "end\n", {"footer_lines": 1}, [FOUND, FOUND], ["malformed_line", "footer"]),
        (
            RENT_HEADER + '"7,2024-01-02,DD,-20\n"8,2024-01-02,DD,-20\n',
            {"quote": ""},
            [('"7', *FOUND[1:]), ('"8', *FOUND[1:])],
            [],
        ),
        (RENT_HEADER + "'7',2024-01-02,'DD','-2,0.00'\n", {"quote": "'"}, [], ["not_an_amount"]),
        (RENT_HEADER + "'7',2024-01-02,'DD','-2,000'\n", {"quote": "'"}, [("7", 2, "payment", -200_000)], []),
        (
            RENT_HEADER + ROW + "NULL,2024-01-02,DD,1\nnull,2024-01-02,DD,1\n",
            {"missing": ["NULL", " - "]},
            [FOUND, ("null", 2, "payment", 100)],
            ["blank"],
        ),
        (
            "re\u200bf\u00a0, posted,kind ,amount\n" + "\u200f7\u00ad,2024\u200b-01-02,\u00a0DD,-20\u202c\n",
            {},
            [FOUND],
            [],
        ),
        (RENT_HEADER + "007.0,2024-01-02,DD,-20\n", {"tidy": {"ref": ["whole", "unpadded"]}}, [FOUND], []),
        (
            RENT_HEADER + "a 0012/01,2024-01-02,DD,-20\n",
            {"tidy": {"ref": ["upper", "unspaced", "unpadded"]}},
            [("A12/1", *FOUND[1:])],
            [],
        ),
        (RENT_HEADER + "1007/100,2024-01-02,DD,-20\n", {"tidy": {"ref": ["unpadded"]}}, [("1007/100", *FOUND[1:])], []),
        (RENT_HEADER + '=HYPERLINK("x")\u200b,2024-01-02,DD,-20\n', {}, [('=HYPERLINK("x")', *FOUND[1:])], []),
    ],
    ids=[
        *("no header", "duplicate header", "footer", "footer under a bad line", "stray quotation marks", "other marks"),
        *("other marks around a delimiter", "missing words", "invisible", "padded", "spaced", "inner zeros", "formula"),
    ],
)
def test_files_of_other_shapes(
    tmp_path: Path, content: str, settings: dict[str, Any], rows: list[Any], rules: list[str]
) -> None:
    assert rents(tmp_path, content, **settings) == [rows, rules]


@pytest.mark.parametrize(
    ("held", "pence"),
    [
        (("£1,234.50", ""), 123450),
        (("", "1,234.50"), -123450),
        (("0.00", "12.30"), -1230),
        (("5", "2"), 300),
        (("", ""), None),
        (("5", "oops"), None),
        (("oops", ""), None),
    ],
)
def test_charges_and_payments_in_columns_of_their_own(tmp_path: Path, held: tuple[str, str], pence: int | None) -> None:
    content = 'ref,posted,kind,dr,cr\n7,2024-01-02,DD,"{}","{}"\n'.format(*held)
    rows, _ = rents(tmp_path, content, columns={"amount_pence": {"debit": "dr", "credit": "cr"}})
    assert [row[-1] for row in rows] == ([] if pence is None else [pence])


def test_a_sign_by_another_column(tmp_path: Path) -> None:
    sides = [("20", "cr"), ("20", "DR"), ("-20", "CR"), ("20", "")]
    content = "ref,posted,kind,amount,side\n" + "".join(f"7,2024-01-02,DD,{held},{side}\n" for held, side in sides)
    rows, _ = rents(tmp_path, content, columns={"amount_pence": {"column": "amount", "negative": {"side": ["CR "]}}})
    assert sorted(row[-1] for row in rows) == [-2000, 2000, 2000, 2000]


def test_only_payments_are_turned_round_alone(tmp_path: Path) -> None:
    rows, _ = rents(tmp_path, RENT_HEADER + "7,2024-01-02,DD,20\n", columns={"amount_pence": {"credit": "amount"}})
    assert [row[-1] for row in rows] == [-2000]


def test_a_value_that_a_code_map_blanks_is_blank(tmp_path: Path) -> None:
    put(tmp_path / "in", "people.csv", "id,sex,since,alias\n1,Unknown ,2024-01-01,\n2,2,2024-01-01,\n3,?,2024-01-01,\n")
    columns = {"sex": {"column": "sex", "codes": {"unknown": "", "1": "M", "2": "F"}}, "recorded_on": "since"}
    table = {"table": "person_records", "key": ["id"], "columns": columns}
    extract = {"name": "people", "source": "care", "files": ["people.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in", max_bad_share=0.5)
    assert [p["sex"] for p in read(run, PERSON_RECORDS)] == [None, "F", None]
    assert quarantine(run) == [(3, "sex", "not_a_known_code", "cell")]


def test_the_first_column_that_is_not_blank_counts(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "people.csv",
        "id,mobile,home,known,since\n1,,0207946018,,2/1/24\n2,07700900077,0207946018,20240103,2/1/24\n3,,,soon,2/1/24\n",
    )
    columns = {
        "phone": {"first": ["mobile", "home"]},
        "recorded_on": {"first": ["known", "since"], "dates": ["%Y%m%d", "%d/%m/%y"]},
    }
    table = {"table": "person_records", "key": ["id"], "columns": columns}
    extract = {"name": "people", "source": "care", "files": ["people.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in", max_bad_share=0.5)
    found = [(p["phone"], p["recorded_on"]) for p in read(run, PERSON_RECORDS)]
    # A day that is there and cannot be read is not passed over for another.
    assert found == [("0207946018", dt.date(2024, 1, 2)), ("07700900077", dt.date(2024, 1, 3))]
    assert quarantine(run) == [(3, "recorded_on", "not_a_date", "row")]


def test_a_list_of_codes_in_columns_that_say_yes(tmp_path: Path) -> None:
    put(
        tmp_path / "in",
        "assessments.csv",
        "id,start,alcohol,drugs,other\n1,2024-01-01,Y,0,true\n2,2024-01-01,,,\n3,2024-01-01,N,N,\n4,2024-01-01,perhaps,1.0,\n",
    )
    columns = {
        "event_date": "start",
        "recorded_on": "start",
        "factors": {"marked": {"alcohol": "1A", "drugs": "2A", "other": "21"}},
    }
    table = {"table": "assessments", "key": ["id"], "columns": columns}
    extract = {"name": "assessments", "source": "care", "files": ["assessments.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    assert [a["factors"] for a in read(run, ASSESSMENTS)] == [["1A", "21"], None, [], ["2A"]]
    summary = (run.root / "sources" / "summary.json").read_text()
    assert '"unmapped": {\n            "factors": 1\n          }' in summary


def test_what_a_path_says_is_a_column(tmp_path: Path) -> None:
    for school, year in (("St Mary's", "2023"), ("Low.Road (x)", "2024")):
        put(tmp_path / "in", f"schools/{school}/marks_{year}.csv", "upn,half,mark\nu,AM,/ \n")
    day = {"column": "Year", "codes": {"2023": "2023-02-01", "2024": "2024-02-01"}}
    columns = {"event_date": day, "recorded_on": day, "session": "half", "code": "mark"}
    table = {"table": "attendance", "key": ["School", "upn"], "columns": columns}
    extract = {
        "name": "marks",
        "source": "schools",
        "files": ["schools/*/*.csv"],
        "path": "schools/{School}/marks_{Year}.csv",
        "tables": [table],
    }
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    found = [(a["record_id"], a["event_date"].year) for a in read(run, ATTENDANCE)]
    assert found == [("Low.Road (x)|u", 2024), ("St Mary's|u", 2023)]
    extract["path"] = "schools/{School}/marks_{Year}.txt"
    with pytest.raises(UsageError, match="does not fit the pattern"):
        sources(tmp_path / "run", extract, folder=tmp_path / "in")


def test_a_join_through_an_extract_that_feeds_no_table(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put(folder, "people.csv", "id,tenancy,since\n1,0012/01,2024-01-01\n")
    put(folder, "tenancies.csv", "ref,prop,start\n12/1,p9,2020-01-01\n")
    put(folder, "homes.csv", "prop,street\nP9,High Street\n")
    tenancy = {"table": "tenancies", "group": ["ref"], "group_type": "tenancy"}
    tenancy["columns"] = {"event_date": "start", "recorded_on": "start"}
    tenancies = {
        "name": "tenancies",
        "source": "housing",
        "files": ["tenancies.csv"],
        "tidy": {"prop": ["upper"]},
        "tables": [tenancy],
    }
    homes = {"name": "homes", "source": "housing", "files": ["homes.csv"]}
    people = {
        "name": "people",
        "source": "housing",
        "files": ["people.csv"],
        "tidy": {"tenancy": ["unpadded"]},
        "joins": [
            {"extract": "tenancies", "prefix": "t", "on": {"tenancy": "ref"}},
            {"extract": "homes", "prefix": "h", "on": {"t.prop": "prop"}},
        ],
        "tables": [
            {"table": "person_records", "key": ["id"], "columns": {"address": "h.street", "recorded_on": "since"}}
        ],
    }
    run = sources(tmp_path / "run", tenancies, homes, people, folder=folder)
    assert [p["address"] for p in read(run, PERSON_RECORDS)] == ["High Street"]
    assert len(read(run, TENANCIES)) == 1
    people["joins"].reverse()
    with pytest.raises(UsageError, match="does not stand before it"):
        sources(tmp_path / "run", tenancies, homes, people, folder=folder)
    with pytest.raises(UsageError, match="feeds no table"):
        sources(tmp_path / "run", tenancies, homes, folder=folder)


def test_numbers_that_a_tool_made_floats_are_whole_again(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    table = pa.table(
        {
            " ref ": pa.array([10002397949.0, 7.0, None]),
            "posted": pa.array([dt.datetime(2024, 1, 2, 9, 30)] * 3, pa.timestamp("us")),
            "kind": ["DD"] * 3,
            "amount": pa.array([20, 12.5, 1.0]),
        }
    )
    pq.write_table(table, tmp_path / "in" / "rent.parquet")
    run = sources(
        tmp_path / "run", rent_with(files=["*.parquet"], format="parquet"), folder=tmp_path / "in", max_bad_share=0.5
    )
    found = [(r["group_id"], r["event_date"], r["amount_pence"]) for r in read(run, RENT_TRANSACTIONS)]
    assert found == [("10002397949", dt.date(2024, 1, 2), 2000), ("7", dt.date(2024, 1, 2), 1250)]


def test_an_x_means_yes_and_a_blank_no(tmp_path: Path) -> None:
    put(tmp_path / "in", "claims.csv", "id,from,carer\n1,2024-01-01,x\n2,2024-01-01,\n")
    columns = {
        "event_date": "from",
        "recorded_on": "from",
        "benefit": {"constant": "housing_benefit"},
        "row_kind": {"constant": "spell"},
        "carers_allowance": {"column": "carer", "true": ["X"], "default": "no"},
    }
    table = {"table": "benefit_spells", "key": ["id"], "columns": columns}
    extract = {"name": "claims", "source": "benefits", "files": ["claims.csv"], "tables": [table]}
    run = sources(tmp_path / "run", extract, folder=tmp_path / "in")
    assert [b["carers_allowance"] for b in read(run, BENEFIT_SPELLS)] == [True, False]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"delimiter": "a\nb"}, "delimiter is a mark"),
        ({"delimiter": '"'}, "delimiter is a mark"),
        ({"widths": {"ref": 5}, "header": ["ref"]}, "widths"),
        ({"widths": {"ref": 5}, "format": "parquet"}, "widths"),
        ({"widths": {"ref": 0}}, "greater than"),
        ({"quote": "¬"}, "plain character"),
        ({"encoding": "base64"}, "encoding"),
        ({"header": ["a", "a"]}, "twice"),
        ({"path": "marks.csv"}, "braces"),
        ({"path": "{A}/{A}.csv"}, "braces"),
        ({"path": "{A/b.csv"}, "braces"),
        ({"format": "parquet", "footer_lines": 1}, "Parquet"),
        ({"tidy": {"ref": ["lower"]}}, "upper"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        config(Path(), rent_with(**changes))


@pytest.mark.parametrize(
    ("column", "origin"),
    [
        ("kind", {"debit": "amount"}),
        ("kind", {"column": "kind", "negative": {"kind": ["DD"]}}),
        ("kind", {"marked": {"kind": "rent"}}),
    ],
)
def test_an_origin_that_does_not_suit_the_column_is_refused(
    tmp_path: Path, column: str, origin: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="does not suit"):
        rents(tmp_path, RENT_HEADER + ROW, columns={column: origin})


def test_a_column_to_be_tidied_that_nothing_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tidied"):
        rents(tmp_path, RENT_HEADER + ROW, tidy={"reff": ["upper"]})


def test_quarantine_holds_no_invisible_marks(tmp_path: Path) -> None:
    put(tmp_path / "in", "rent.csv", RENT_HEADER + "7,2024-01-02,DD,\u200bo\u00adops\u00a0x\n")
    run = sources(tmp_path / "run", RENT, folder=tmp_path / "in", max_bad_share=1.0)
    assert [q["value"] for q in read(run, QUARANTINE)] == ["oops x"]
