"""Tables of lists against the truth, held against a count by hand."""

from __future__ import annotations

import re

import numpy as np

from benchmarks.models.truth_tables import LISTED, SHOWN, List, Ranked, told
from models.target import CandidateName

COUNT, NEED = SHOWN[CandidateName.NEEDS_COUNT], SHOWN[CandidateName.WEIGHTED_NEEDS]
CAPACITY, SIZE = 20, 600


def made_up(seed: int) -> Ranked:
    """Two test dates: families of two groups, need that the one way tells well and the other not at all."""
    generator = np.random.default_rng(seed)
    lists = [date_of(generator), date_of(generator)]
    return Ranked(f"seed {seed}", CAPACITY, lists, 1.0, 0.1, CandidateName.WEIGHTED_NEEDS)


def date_of(generator: np.random.Generator) -> List:
    need = generator.random(SIZE) < 0.2
    group = np.where(generator.random(SIZE) < 0.5, "White", "Black").astype(object)
    # At equal need the way that tells need puts Black families behind.
    telling = need + 0.2 * generator.random(SIZE) - 0.15 * (group == "Black")
    return List(
        margins={COUNT: generator.random(SIZE), NEED: telling},
        under_the_radar=need,
        in_need=need,
        stepped_up=(generator.random(SIZE) < 0.1).astype(float),
        need_found=(need & (generator.random(SIZE) < 0.5)).astype(float),
        group=group,
        cluster=np.arange(SIZE),
        tie_place=np.arange(SIZE) + 1,
    )


def first_of(date: List, way: str, places: int) -> set[int]:
    return {int(place) for place in np.argsort(-date.margins[way], kind="stable")[:places]}


def first_cells(text: str, heading: str, way: str) -> list[float]:
    """The estimates of one row of the table under a heading."""
    row = next(line for line in text.split(heading, 1)[1].splitlines() if line.startswith(f"| {way} |"))
    return [float(found) for found in re.findall(r"(?<=\| )-?\d\.\d+", row)]


def test_shares_and_differences_are_those_counted_by_hand() -> None:
    boroughs = [made_up(1), made_up(2)]
    text = told(boroughs)
    shares: dict[str, list[float]] = {}
    for way in (COUNT, NEED):
        shares[way] = []
        for one in boroughs:
            right = [date.under_the_radar[sorted(first_of(date, way, CAPACITY))] for date in one.lists]
            shares[way].append(float(np.concatenate(right).mean()))
        found = first_cells(text, f"Share of the {CAPACITY} places that are truly under the radar", way)
        assert found == [round(one, 3) for one in (*shares[way], float(np.mean(shares[way])))]
    more = first_cells(text, "Over all boroughs", NEED)[0]
    assert more == round(float(np.mean(shares[NEED]) - np.mean(shares[COUNT])), 3)


def test_selection_at_equal_need_is_of_those_in_need_alone_and_of_the_long_list() -> None:
    one = made_up(3)
    listed: dict[str, list[bool]] = {"White": [], "Black": []}
    for date in one.lists:
        inside = first_of(date, NEED, LISTED)
        for family in np.flatnonzero(date.under_the_radar).tolist():
            listed[str(date.group[family])].append(family in inside)
    rates = {name: float(np.mean(found)) for name, found in listed.items()}
    text = told([one])
    row = first_cells(text, "Of the truly under the radar", NEED)
    assert row[0] == round(rates["White"] / rates["Black"], 3)
    assert row[3] == round(rates["Black"] / rates["White"], 3)


def test_what_a_borough_lacks_is_not_in_its_tables() -> None:
    text = told([made_up(4)])
    assert SHOWN[CandidateName.BOOSTED] not in text
    assert f"| {NEED} |" in text
