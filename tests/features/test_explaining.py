"""The rows told are those that counted: worked out again from them, every value is the table's."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.asking import Asked, explained, sentence
from features.config import FeaturesConfig
from features.definitions import Feature, Level
from features.explaining import Explainer, Whose
from features.library import available, library
from features.stage import STAGE
from features.world import World
from store.council import RunSettings
from store.errors import UsageError
from store.run_folder import RunFolder
from tests.features.engines import backend, computed, put_tables, rows_of, world_of
from tests.features.histories import AS_OFS
from tests.features.test_engine_against_reference import PROBES, drawn, side_by_side
from tests.support import run_stage

Row = dict[str, Any]
D = dt.date
AS_OF = D(2025, 3, 31)
SECRET = "Zebedee of 7 Hidden Lane"


def numbers(world: World) -> tuple[dict[str, int], dict[str, int]]:
    families = {row["family_id"]: row["family"] for row in rows_of(world.families)}
    return families, {row["person_id"]: row["person"] for row in rows_of(world.people)}


@pytest.mark.parametrize("features", [library(), tuple(PROBES)], ids=["library", "probes"])
def test_values_worked_out_from_the_rows_are_those_of_the_engine(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    tables = side_by_side(drawn(3))
    by_family, by_child = computed("duckdb", tmp_path / "all", tables, features, AS_OFS)
    checked = 0
    for as_of in AS_OFS[1:]:
        world = world_of("polars", tmp_path / as_of.isoformat(), tables, [as_of])
        families, people = numbers(world)
        explainer = Explainer(world, features)
        for (day, family), found in sorted(by_family.items()):
            if day == as_of:
                whose = Whose(families[family])
                mine = {f.name: explainer.explain(f.name, whose).value for f in features if f.level is Level.FAMILY}
                assert mine == {name: found[name] for name in mine}
                checked += len(mine)
        for (day, person, family), found in sorted(by_child.items()):
            if day == as_of:
                whose = Whose(families[family], people[person])
                mine = {f.name: explainer.explain(f.name, whose).value for f in features if f.level is Level.CHILD}
                assert mine == {name: found[name] for name in mine}
                checked += len(mine)
    assert checked > 100


def small() -> dict[str, list[Row]]:
    """A family of three: marks of one child, one of them amended too late, and a tenancy."""
    key = {"source": "s", "file": "f"}
    member = {"from_date": D(2020, 1, 1), "recorded_on": D(2020, 1, 2), "confidence": 1.0, "basis": "made up"}
    days = [D(2025, 3, 1) + dt.timedelta(n) for n in range(6)]
    marks = [
        {
            **key,
            "record_id": "pupil-key",
            "event_date": day,
            "recorded_on": D(2025, 4, 2) if place == 5 else day,
            "session": "AM",
            "code": "U" if place < 2 else "/",
            "statistical_class": "unauthorised" if place < 2 else "present",
        }
        for place, day in enumerate(days)
    ]
    group = {**key, "group_type": "tenancy", "group_id": SECRET}
    return {
        "people": [{"person_id": "p0", "dob": D(2014, 5, 5)}, {"person_id": "p1", "dob": D(1985, 5, 5)}],
        "families": [
            {"family_id": "f0", "person_id": "p0", "role": "child", **member},
            {"family_id": "f0", "person_id": "p1", "role": "adult", **member},
        ],
        "pseudonyms": [
            *({"kind": "person", "id": f"p{n}", "pseudonym": f"x{n}"} for n in range(2)),
            {"kind": "family", "id": "f0", "pseudonym": "y0"},
        ],
        "record_person": [
            {**key, "record_id": record, "person_id": person, "match_probability": 1.0}
            for record, person in (("pupil-key", "p0"), (SECRET, "p1"))
        ],
        "attendance": marks,
        "group_members": [{**group, "record_id": SECRET, "recorded_on": D(2020, 1, 1)}],
        "rent_transactions": [
            {
                **group,
                "event_date": D(2025, 3, 3),
                "recorded_on": D(2025, 3, 3),
                "kind": "rent",
                "amount_pence": 10_000,
            },
            {
                **group,
                "event_date": D(2025, 3, 10),
                "recorded_on": D(2025, 3, 10),
                "kind": "rent",
                "amount_pence": 10_000,
            },
        ],
        "residence_spells": [
            {
                "person_id": "p0",
                "address_key": SECRET,
                "kind": "dwelling",
                "from_date": D(2019, 1, 1),
                "recorded_on": D(2019, 1, 1),
            }
        ],
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    root = tmp_path_factory.mktemp("explained")
    put_tables(root, small())
    return run_stage(STAGE, root, FeaturesConfig(as_of=(AS_OF,)), settings=RunSettings(threads=1))


def told(run: RunFolder, name: str, **who: str) -> dict[str, Any]:
    return explained(run, Asked(name, AS_OF, **who)).document


def test_a_share_is_told_with_its_parts_and_the_rows_of_both(run: RunFolder) -> None:
    found = told(run, "absence_rate_182", child="x0")
    assert found["value"] == 0.4
    assert found["fraction"] == [2, 5]
    assert found["sentence"] == "Missed 40% of possible sessions in the last 6 months (2 of 5); borough median 40%."
    (stream,) = found["streams"]
    assert [row["states"] for row in stream["rows"]] == [
        *[{"A": "counted", "B": "counted"}] * 2,
        *[{"A": "of another kind", "B": "counted"}] * 3,
        {"A": "recorded too late", "B": "recorded too late"},
    ]
    late = stream["rows"][-1]
    assert (late["event_date"], late["recorded_on"]) == ("2025-03-06", "2025-04-02")
    assert late["by"] == {"kind": "person", "id": "x0", "role": "child"}


def test_a_group_is_told_by_its_members_and_never_by_its_key(run: RunFolder) -> None:
    found = told(run, "rent_arrears_weeks", family="y0")
    rent = next(one for one in found["streams"] if one["table"] == "rent_transactions")
    assert {json.dumps(row["by"]) for row in rent["rows"]} == {
        json.dumps({"kind": "group", "number": 1, "members": ["x1"]})
    }
    assert found["value"] == 2.0
    assert found["workings"][0]["letters"]["B"] == "2025-03-10"


def test_no_key_and_no_address_is_told(run: RunFolder) -> None:
    features, _ = available(library(), json.loads((run.root / "features/coverage.json").read_text())["absent_sources"])
    # One feature for each stream: every column that can be shown is a stream's.
    for feature in {stream: one for one in features for stream in one.streams}.values():
        who = {"child": "x0"} if feature.level is Level.CHILD else {"family": "y0"}
        text = json.dumps(told(run, feature.name, **who))
        assert SECRET not in text and "pupil-key" not in text, feature.name


def test_values_are_those_of_the_written_tables(run: RunFolder) -> None:
    (family,) = pq.read_table(run.root / "features" / "families.parquet").to_pylist()
    for name in ("absence_rate_182_max", "needs_count", "adults", "moves_365", "rent_arrears_weeks"):
        assert told(run, name, family="y0")["value"] == family[name]


def test_the_people_told_of_are_named_for_the_log(run: RunFolder) -> None:
    assert explained(run, Asked("needs_count", AS_OF, family="y0")).people == ["p0", "p1"]
    assert explained(run, Asked("absence_rate_182", AS_OF, child="x0")).people == ["p0"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked("adults", AS_OF), "a feature of families"),
        (Asked("adults", AS_OF, family="y0", child="x0"), "a feature of families"),
        (Asked("age", AS_OF, family="y0"), "a feature of children"),
        (Asked("adults", AS_OF, family="f0"), "no such family"),
        (Asked("age", AS_OF, child="x1"), "no such row"),
        (Asked("adults", D(2025, 3, 30), family="y0"), "not one of the run's as-of dates"),
        (Asked("contacts_365", AS_OF, family="y0"), "its source was not among the extracts"),
    ],
)
def test_what_cannot_be_answered_is_said(run: RunFolder, asked: Asked, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        explained(run, asked)


def test_nothing_is_explained_before_there_are_features(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no features yet"):
        explained(RunFolder(tmp_path), Asked("adults", AS_OF, family="y0"))


def test_sentences_of_nothing_and_of_the_unknown() -> None:
    by_name = {feature.name: feature for feature in library()}
    rate, arrears = by_name["absence_rate_182"], by_name["rent_arrears_weeks"]
    assert sentence(rate, None) == "Absence, last 6 months: not known."
    assert sentence(rate, 0.0, (0, 120), 0.05) == "Missed no possible session in the last 6 months (0 of 120)."
    assert sentence(arrears, 6.2, None, 0.0) == "Owes 6.2 weeks of rent; borough median 0."
    assert sentence(arrears, -1.0, None, 0.0) == "The rent account is in credit."
    assert sentence(by_name["council_tenancy"], 1.0, None, 1.0) == "Rents from the council."


def test_one_as_of_date_at_a_time(tmp_path: Path) -> None:
    world = World(backend("polars", put_tables(tmp_path, small())), AS_OFS[:2])
    with pytest.raises(ValueError, match="one as-of date"):
        Explainer(world, library())
