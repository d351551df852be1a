"""What the matching model learns from a made-up register whose slips are known, and that it comes back whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
from functools import cache

import duckdb
import pytest

from residents.config import ResidentsConfig
from residents.matching.model import COMPARISONS, MODEL_VERSION
from residents.matching.training import Model, fit
from store.errors import InputRejected
from tests.residents.matching import versioned
from tests.residents.rooms import DAY, Row, record

PEOPLE = 900
SLIPS = 0.1
OTHER_DATES = 0.05
RENAMED = PEOPLE // 9
"""People the first system holds by another forename as well."""
MATCHES = PEOPLE + RENAMED


def register() -> list[Row]:
    """Two systems that hold the same people; the second slips in known shares of forenames and birth dates.

    What the first writes twice under one key is no pair to learn from.
    """
    chance = random.Random(4)
    letters = "aeioubcdfghklmnprstvz"
    rows = []
    for number in range(PEOPLE):
        forename, surname = ("".join(chance.choice(letters) for _ in range(7)).title() for _ in range(2))
        dob = DAY(1950, 1, 2) + dt.timedelta(days=chance.randrange(25_000))
        known = {"dob": dob, "address": f"{chance.randint(1, 200)} Kiln Road", "postcode": f"ZZ{number % 90} 2AB"}
        rows.append(record("housing", str(number), forename, surname, **known))
        slipped = forename[:3] + forename[4:] if chance.random() < SLIPS else forename
        other = DAY(1950, 1, 2) + dt.timedelta(days=chance.randrange(25_000))
        held = {**known, "dob": other if chance.random() < OTHER_DATES else dob}
        rows.append(record("school", str(number), slipped, surname, **held))
        if number % 9 == 0:
            rows.append(record("housing", f"{number}|later", forename[::-1], surname, subject_id=str(number), **known))
    return rows


@cache
def learnt() -> Model:
    return fit(versioned(register()), duckdb.connect(config={"threads": 1}), ResidentsConfig(), 1)


def chance_of(model: Model, comparison: str, level: str, kind: str) -> float:
    found = next(one for one in model.document()["comparisons"] if one["name"] == comparison)
    value: float = next(one[kind] for one in found["levels"] if one["level"] == level)
    return value


def test_agreement_is_learnt_as_it_is_among_pairs_of_different_keys() -> None:
    model = learnt()
    share = PEOPLE / MATCHES
    assert chance_of(model, "forename", "same", "m") == pytest.approx(share * (1 - SLIPS), abs=0.03)
    assert chance_of(model, "forename", "one slip", "m") == pytest.approx(share * SLIPS, abs=0.03)
    # Pairs of one name and postcode with quite another birth date may be two people, so that some of these count so.
    assert 1 - OTHER_DATES - 0.03 < chance_of(model, "dob", "same", "m") < 1


def test_chance_agreement_is_not_inflated_by_the_matches() -> None:
    # Birth dates lie over 25,000 days; counted with the matches left in, chance would look ten times as likely.
    assert chance_of(learnt(), "dob", "same", "u") < 3 / 25_000


def test_the_prior_is_the_share_of_pairs_that_match() -> None:
    versions = PEOPLE + MATCHES
    assert learnt().prior == pytest.approx(MATCHES / (versions * (versions - 1) / 2), rel=0.25)


def test_a_model_comes_back_whole_from_its_document() -> None:
    model = learnt()
    document = json.loads(json.dumps(model.parameters()))
    assert document["version"] == MODEL_VERSION
    assert Model.from_document(document) == model


def test_with_too_few_records_the_stated_values_serve() -> None:
    rows = register()[:50]
    model = fit(versioned(rows), duckdb.connect(config={"threads": 1}), ResidentsConfig(), 1)
    assert all(said.startswith("stated") for said in model.learnt.values())
    assert Model.from_document(json.loads(json.dumps(model.parameters()))) == model


def strangers(people: int, systems: int) -> list[Row]:
    """People of whom no two have a name or a birth date in common."""
    chance = random.Random(5)
    letters = "aeioubcdfghklmnprstvz"
    rows = []
    for number in range(people):
        forename, surname = ("".join(chance.choice(letters) for _ in range(7)).title() for _ in range(2))
        dob = DAY(1930, 1, 2) + dt.timedelta(days=number * 30_000 // people)
        rows.append(
            record("abc"[number % systems], str(number), forename, surname, dob=dob, postcode=f"ZZ{number} 2AB")
        )
    return rows


@pytest.mark.parametrize("systems", [1, 2])
def test_where_few_are_held_twice_the_stated_values_serve(systems: int) -> None:
    single = duckdb.connect(config={"threads": 1})
    model = fit(versioned(strangers(1_100, systems)), single, ResidentsConfig(), 1)
    assert {model.learnt[name] for name in ("forename", "surname", "dob")} == {"stated: too few near-certain pairs"}
    assert chance_of(model, "dob", "same", "m") == next(
        level.m for one in COMPARISONS if one.name == "dob" for level in one.levels if level.label == "same"
    )


@pytest.mark.parametrize(("systems", "refused"), [(1, False), (2, True)])
def test_of_many_records_of_several_systems_too_few_pairs_are_a_wrong_mapping(systems: int, refused: bool) -> None:
    con = versioned(strangers(10_100, systems))
    with pytest.raises(InputRejected, match="could not learn") if refused else contextlib.nullcontext():
        fit(con, duckdb.connect(config={"threads": 1}), ResidentsConfig(train_sample=500), 1)
