"""The page on adding a feature: its code, run as it stands."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

import features.streams as streams_module
import sources.contracts.definitions as contracts_module
import sources.tables as tables_module
from features import Feature, FeatureWarning, build
from tests.features.engines import put_tables
from tests.support import put_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-feature.md"
AS_OF = dt.date(2026, 3, 31)
LONG_AGO = dt.date(2020, 1, 1)
IN_NOTEBOOK, IN_NOTEBOOK_BUILD, TABLE, CONTRACT, STREAM, SUBJECT = range(6)
KEY = {"source": "s", "file": "f", "record_id": "k"}
ROWS = {
    "people": [{"person_id": "p", "dob": dt.date(2014, 5, 1)}],
    "families": [{"family_id": "f", "person_id": "p", "role": "child", "from_date": LONG_AGO, "recorded_on": LONG_AGO}],
    "record_person": [{**KEY, "person_id": "p", "match_probability": 1.0}],
    "pseudonyms": [
        {"kind": "person", "id": "p", "pseudonym": "x"},
        {"kind": "family", "id": "f", "pseudonym": "y"},
    ],
    "contacts": [
        {**KEY, "referral_source": code, "outcome": "nfa", "event_date": day, "recorded_on": day}
        for code, day in (("2A", AS_OF - dt.timedelta(3)), ("1A", AS_OF - dt.timedelta(2)))
    ],
}


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_notebooks_feature_is_previewed_and_built(tmp_path: Path) -> None:
    folder = put_tables(tmp_path, ROWS)
    folder.state.mkdir()
    first = blocks()[IN_NOTEBOOK].replace('"runs/demo"', "run, as_of")
    found: dict[str, object] = {"run": folder, "as_of": AS_OF}
    exec(first, found)
    mine = found["school_contacts"]
    assert isinstance(mine, Feature)
    assert "build(" in blocks()[IN_NOTEBOOK_BUILD]
    assert build(folder, mine, AS_OF)["school_contacts_182"].to_list() == [1.0]


def test_the_new_source_gives_its_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = blocks()
    made = dict(vars(tables_module))
    exec(code[TABLE], made)
    table = made["FOOD_BANK_VOUCHERS"]
    monkeypatch.setattr(tables_module, "FOOD_BANK_VOUCHERS", table, raising=False)
    contract = eval(code[CONTRACT], dict(vars(contracts_module)))
    assert contract
    streams = dict(vars(streams_module))
    exec(code[STREAM], streams)
    monkeypatch.setattr(streams_module, "FOOD_BANK", streams["FOOD_BANK"], raising=False)
    subject: dict[str, object] = {"__name__": "features.food_bank"}
    exec(code[SUBJECT], subject)

    folder = put_tables(tmp_path, ROWS)
    folder.state.mkdir()
    given = [AS_OF - dt.timedelta(days) for days in (10, 200, 400)]
    put_table(folder, table, [{**KEY, "event_date": day, "recorded_on": day, "parcels": 1} for day in given])
    features = subject["FEATURES"]
    assert isinstance(features, tuple)
    with pytest.warns(FeatureWarning, match="food_voucher_and_arrears"):
        built = build(folder, features, AS_OF)
    assert built.to_dict("list") == {"food_vouchers_91": [1.0], "food_vouchers_365": [2.0]}
