"""Hidden carers against the truth: the tables say what a count by hand says."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.models.carers_tables import Ranked, told

CHILDREN, PLACES = 200, 10
ALL, NONE, BLACK_ONLY = "finds carers", "finds nobody", "finds Black carers"


def document(number: float) -> dict[str, Any]:
    interval = {"value": number, "low": number - 5, "high": number + 5}
    return {
        "known": 30,
        "learnt_from": {"children_identified": 12},
        "hidden": interval,
        "by_the_published_share_alone": interval,
        "elkan_noto": {"hidden": 99.0},
    }


def borough(name: str, number: float) -> Ranked:
    """Two dates of 200 children, of whom 20 care at each, half of them Black; families are single children."""
    child = np.tile(np.arange(CHILDREN), 2)
    cares = child < 20
    black = child % 2 == 0
    return Ranked(
        name=name,
        capacity=PLACES,
        date=np.repeat([0, 1], CHILDREN),
        margins={
            ALL: cares.astype(float),
            NONE: -cares.astype(float),
            BLACK_ONLY: (cares & black).astype(float),
        },
        cares=cares,
        group=np.where(black, "Black", "White"),
        cluster=child,
        tie_place=child,
        document={"off": document(number), "on": document(number + 1)},
        found=1.0,
    )


def rows(text: str, title: str) -> dict[str, list[str]]:
    """The cells of the table under a title, by its first column."""
    part = text.split(f"**{title}", 1)[1].split("**", 1)[1].split("\n**", 1)[0]
    lines = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines[2:]}


def test_precision_recall_and_groups_are_those_of_a_count_by_hand() -> None:
    text = told([borough("one", 20), borough("two", 90)])
    precision = rows(text, "Precision at the panel's capacity")
    assert [precision[way][0][:5] for way in (ALL, NONE, BLACK_ONLY)] == ["1.000", "0.000", "1.000"]
    recall = rows(text, "Recall at the panel's capacity: share")
    # Ten places for twenty carers at each date.
    assert [recall[way][2] for way in (ALL, NONE, BLACK_ONLY)] == ["0.500", "0.000", "0.500"]
    groups = rows(text, "Recall at the panel's capacity by ethnic group")
    assert [cell[:5] for cell in groups[BLACK_ONLY]] == ["0.000", "1.000"]
    assert [cell[:5] for cell in groups[NONE]] == ["0.000", "0.000"]
    areas = rows(text, "Area under the curve")
    assert [areas[way][0] for way in (ALL, NONE)] == ["1.000", "0.000"]


def test_the_number_is_said_to_cover_the_truth_only_where_it_does() -> None:
    numbers = rows(told([borough("one", 20), borough("two", 90)]), "How many are hidden")
    assert (numbers["one"][0], numbers["one"][3]) == ("20", "yes")
    assert (numbers["two"][0], numbers["two"][3]) == ("20", "no")
