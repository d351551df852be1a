"""The mapping and contract as compiled for the engine do what the plain reading of the rules does, row by row."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources import reference
from tests.sources.helpers import csv_text, one_part, put

CLAIMS: dict[str, Any] = {
    "name": "claims",
    "source": "benefits",
    "files": ["claims.csv"],
    "dates": ["%d/%m/%Y"],
    "missing": list(reference.MISSING),
    "tidy": {"part": ["unpadded"]},
    "tables": [
        {
            "table": "benefit_spells",
            "group": ["claim", "part"],
            "group_type": "benefit_claim",
            "columns": {
                "event_date": {"column": "from", "dates": ["%d/%m/%Y", "%d-%b-%y"]},
                "recorded_on": {"column": "known", "dates": ["%d/%m/%Y", "excel"]},
                "to_date": "to",
                "benefit": {"column": "kind", "codes": {" HB/CTR ": "housing_benefit", "CTR": "council_tax_reduction"}},
                "row_kind": {"constant": "spell"},
                "weekly_pence": "award",
                "carers_allowance": "carer",
            },
        }
    ],
}
GIVEN = ("group_id", "event_date", "recorded_on", "to_date", "benefit", "weekly_pence", "carers_allowance")
"""The columns that the reference gives."""
HEADER = ["line", "claim", "part", "from", "known", "to", "kind", "award", "carer"]
HOSTILE = [
    '=HYPERLINK("x")',
    "<script>",
    "Robert'); DROP TABLE rows",
    'say "no"',
    "a,b",
    "two\nlines",
    "n/a",
    "N/A",
    "-",
    "é",
    "soft\u00adly",
]


def padded(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The same values with white space that must not matter."""
    before = st.sampled_from(["", "", "", " ", "\u00a0", "\t", "\u200f"])
    after = st.sampled_from(["", "", " ", "\u00ad", "\u202c \u200b"])
    return st.tuples(before, values, after).map("".join)


days = st.dates(min_value=reference.dt.date(1889, 1, 1), max_value=reference.dt.date(2090, 12, 31))
plain_days = days.map(lambda day: day.strftime("%d/%m/%Y"))
near_days = st.dates(reference.dt.date(2020, 1, 1), reference.dt.date(2026, 12, 31)).map(
    lambda d: d.strftime("%d/%m/%Y")
)
dates = st.one_of(
    near_days,
    near_days,
    plain_days,
    days.map(lambda day: day.strftime("%d-%b-%y")),
    days.map(lambda day: day.strftime("%d-%b-%y").upper()),
    days.map(lambda day: day.isoformat()),
    days.map(lambda day: day.isoformat() + "T09:30:00"),
    plain_days.map(lambda text: text + " 23:59"),
    st.integers(0, 80_000).map(str),
    st.integers(1, 80_000).map(lambda serial: f"{serial}.25"),
    st.sampled_from(["", "31/02/2024", "32/01/2024", "00/00/0000", "29/02/2024", "29/02/2023", "20240101", *HOSTILE]),
)
amounts = st.one_of(
    st.decimals(0, 100_000, places=2).map(lambda number: f"{number:,.2f}"),
    st.decimals(0, 9_999, places=2).map(lambda number: f"£{number}"),
    st.decimals(0, 9_999, places=3).map(str),
    st.decimals(0, 9_999, places=2).map(lambda number: f"({number})"),
    st.sampled_from(
        ["", "-3", "12.30CR", "5 DR", "1,23", "12,345,678.90", ".5", ".", "-", "()", "(-2)", "1.2.3", *HOSTILE]
    ),
)
identifiers = st.one_of(
    st.integers(1, 9_999_999).map(str),
    st.integers(1, 999).map(lambda number: f"{number}.0"),
    st.sampled_from(["", "007", "12.50", "A-1", "0012/01", "A00", "00", "1005", "0a0b00c", *HOSTILE]),
)
kinds = st.sampled_from(["HB/CTR", "hb/ctr", "CTR", "Housing_Benefit", "universal_credit", "UC", "", *HOSTILE])
carers = st.sampled_from(["Y", "n", "YES", "0", "1", "True", "", "maybe", *HOSTILE])
one_row = st.tuples(*map(padded, (identifiers, identifiers, dates, dates, dates, kinds, amounts, carers)))
rows = st.one_of(st.lists(one_row, max_size=2), st.lists(one_row, min_size=40, max_size=60))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows)
def test_engine_agrees_with_reference(drawn: list[tuple[str, ...]]) -> None:
    lines = [[str(number), *cells] for number, cells in enumerate(drawn, start=1)]
    accepted: list[dict[str, Any]] = []
    noted: list[tuple[Any, ...]] = []
    for number, line in enumerate(lines, start=1):
        values, issues = reference.claim(dict(zip(HEADER[1:], line[1:])))
        if values is not None:
            accepted.append(values)
        noted += [(number, *issue) for issue in issues]
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder), "claims.csv", csv_text(HEADER, lines))
        part = one_part(Path(folder), CLAIMS, reference.EXTRACT_DATE)
        found = pq.read_table(part.files["benefit_spells"]).select(list(GIVEN)).to_pylist()
        noticed = pq.read_table(part.files["quarantine"]).to_pylist()
    quarantined = [(q["row"], q["column"], q["rule"], q["action"], q["value"]) for q in noticed]
    assert sorted(found, key=str) == sorted(accepted, key=str)
    assert sorted(quarantined, key=str) == sorted(noted, key=str)
