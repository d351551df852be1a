"""Joining in rounds gives what joining link by link gives, and what keeps two clusters apart is as the rules say."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residents.joining.clustering import Clusters, Links, Proposals, Tie, Verdicts, alone, cluster
from residents.joining.conflicts import judge_by_conflicts

Sides = tuple[frozenset[int], frozenset[int], Tie, bool]
Rule = Callable[[Sides], tuple[bool, bool]]
"""Two sets of versions, the link's kind and whether either is aliased, to: refused, aliased."""


def as_judge(rule: Rule) -> Callable[[Proposals], Verdicts]:
    def judge(proposals: Proposals) -> Verdicts:
        found = []
        for number, (tie, aliased) in enumerate(zip(proposals.tie.tolist(), proposals.aliased.tolist())):
            own = proposals.proposal == number
            one = frozenset(proposals.version[own & ~proposals.second].tolist())
            two = frozenset(proposals.version[own & proposals.second].tolist())
            found.append(rule((one, two, Tie(tie), aliased)))
        refused, aliased_after = zip(*found) if found else ((), ())
        return Verdicts(np.array(refused, dtype=bool), np.array(aliased_after, dtype=bool))

    return judge


def link_by_link(size: int, links: Links, rule: Rule) -> tuple[set[frozenset[int]], int]:
    """The plain way: one link after another."""
    home = {place: frozenset([place]) for place in range(size)}
    aliased = dict.fromkeys(home.values(), False)
    refused = 0
    for one, two, tie in zip(links.left.tolist(), links.right.tolist(), links.tie.tolist()):
        a, b = home[one], home[two]
        if a == b:
            continue
        refuse, alias = rule((a, b, Tie(tie), aliased[a] or aliased[b]))
        if refuse:
            refused += 1
            continue
        both = a | b
        aliased[both] = alias
        home.update(dict.fromkeys(both, both))
    return set(home.values()), refused


def parts(made: Clusters) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(made.label == label).tolist()) for label in set(made.label.tolist())}


@st.composite
def tangles(draw: st.DrawFn) -> tuple[int, Links, set[tuple[int, int]], set[tuple[int, int]]]:
    size = draw(st.integers(1, 12))
    place = st.integers(0, size - 1)
    links = draw(st.lists(st.tuples(place, place, st.sampled_from(sorted(Tie))), max_size=40))
    links.sort(key=lambda link: link[2] == Tie.SCORED)
    pairs = st.sets(st.tuples(place, place), max_size=25)
    columns = [np.array([link[n] for link in links], dtype=np.int64) for n in range(3)]
    return size, Links(*columns), draw(pairs), draw(pairs)


@settings(max_examples=400, deadline=None)
@given(tangles())
def test_rounds_give_what_link_by_link_gives(
    tangle: tuple[int, Links, set[tuple[int, int]], set[tuple[int, int]]],
) -> None:
    """Conflicts that come, go with an alias and are borne by some kinds of link, at random."""
    size, links, enemies, friends = tangle

    def rule(sides: Sides) -> tuple[bool, bool]:
        one, two, tie, aliased = sides
        across = {*itertools.product(one, two), *itertools.product(two, one)}
        conflict, shared = bool(across & enemies), bool(across & friends)
        if tie is Tie.SCORED and not shared and len(one | two) > 4:
            return True, False
        return conflict and not shared and not aliased, aliased or conflict

    made = cluster(alone(size), links, as_judge(rule))
    expected, refused = link_by_link(size, links, rule)
    assert parts(made) == expected
    assert made.refused == refused


def test_clusters_begin_where_they_are_told_to() -> None:
    start = Clusters(np.array([0, 0, 2, 3]), np.array([True, True, False, False]), 0)
    seen: list[Sides] = []

    def rule(sides: Sides) -> tuple[bool, bool]:
        seen.append(sides)
        return False, sides[3]

    made = cluster(start, Links(np.array([1, 0]), np.array([2, 1]), np.array([Tie.SCORED, Tie.SCORED])), as_judge(rule))
    assert parts(made) == {frozenset({0, 1, 2}), frozenset({3})}
    assert seen == [(frozenset({0, 1}), frozenset({2}), Tie.SCORED, True)]
    assert made.aliased.tolist() == [True, True, True, False]


BORN = dt.date(1988, 6, 17)
WHO = {"forename": "ngozi", "surname": "okafor", "dob": BORN, "sex": "F"}
LATER = dt.date(2014, 1, 5)
# Why, the two versions (what they hold beside or instead of the above), and whether a scored link joins them.
RULES = [
    ("alike", {}, {}, True),
    ("a slip of the date", {}, {"dob": dt.date(1988, 6, 11)}, True),
    ("day and month swapped", {"dob": dt.date(1988, 6, 7)}, {"dob": dt.date(1988, 7, 6)}, True),
    ("1 January of the year", {}, {"dob": dt.date(1988, 1, 1)}, True),
    ("1 January of another year", {}, {"dob": dt.date(1979, 1, 1)}, False),
    ("another date", {}, {"dob": dt.date(1979, 11, 30)}, False),
    ("no date", {}, {"dob": None}, True),
    ("an initial", {}, {"forename": "n"}, True),
    ("another initial", {}, {"forename": "k"}, False),
    ("a spelling slip", {}, {"forename": "ngozzi"}, True),
    ("another forename", {}, {"forename": "chidi"}, False),
    ("names swapped", {}, {"forename": "okafor", "surname": "ngozi"}, True),
    ("a middle name used", {"middle": "grace"}, {"forename": "grace"}, True),
    ("a spelling of one name", {"name_groups": [3]}, {"forename": "zee", "name_groups": [3, 8]}, True),
    ("no forename", {}, {"forename": None}, True),
    ("another surname", {}, {"surname": "whitfield"}, True),
    ("another sex", {}, {"sex": "M"}, False),
    ("another UPN", {"upn": "A123456789012"}, {"upn": "B987654321098"}, False),
    ("another UPN, one temporary", {"upn": "A12345678901B"}, {"upn": "A123456789012"}, True),
    ("one UPN and another name", {"upn": "A123456789012"}, {"upn": "A123456789012", "forename": "jenny"}, True),
    (
        "one UPN, another name and date",
        {"upn": "A123456789012"},
        {"upn": "A123456789012", "forename": "jenny", "dob": dt.date(1979, 11, 30)},
        False,
    ),
    ("one NINO and another date", {"nino": "QQ123456"}, {"nino": "QQ123456", "dob": dt.date(1979, 11, 30)}, True),
    ("named side by side", {"groups": [4, 9]}, {"groups": [9]}, False),
    ("named in groups of their own", {"groups": [4]}, {"groups": [9]}, True),
    ("a tenant before the other was fifteen", {"dob": LATER}, {"dob": None, "born_by": dt.date(1999, 1, 1)}, False),
    ("a tenant when grown", {}, {"dob": None, "born_by": dt.date(1999, 1, 1)}, True),
]


def judged(rows: list[dict[str, object]], tie: Tie) -> bool:
    con = duckdb.connect()
    fields = [
        *[("version", pa.int64()), ("subject", pa.int64()), ("forename", pa.string()), ("middle", pa.string())],
        *[("surname", pa.string()), ("name_groups", pa.list_(pa.int32())), ("dob", pa.date32())],
        *[("sex", pa.string()), ("upn", pa.string()), ("nino", pa.string())],
    ]
    held = [{**WHO, "version": n + 1, "subject": n, **row} for n, row in enumerate(rows)]
    con.register("held", pa.Table.from_pylist(held, schema=pa.schema(fields)))
    con.execute(
        "CREATE TABLE versions AS SELECT *, strftime(dob, '%Y%m%d') AS dob_text, "
        "month(dob) = 1 AND day(dob) = 1 AS dob_weak FROM held"
    )
    kinds = [("subject", pa.int64()), ("groups", pa.list_(pa.int64())), ("born_by", pa.date32())]
    con.register("beside", pa.Table.from_pylist(held, schema=pa.schema(kinds)))
    con.execute("CREATE TABLE subject_groups AS FROM beside")
    links = Links(np.array([0]), np.array([1]), np.array([tie]))
    return cluster(alone(2), links, judge_by_conflicts(con, np.arange(2))).refused == 0


@pytest.mark.parametrize(("why", "one", "two", "joined"), RULES, ids=[rule[0] for rule in RULES])
def test_rules(why: str, one: dict[str, object], two: dict[str, object], joined: bool) -> None:
    assert judged([one, two], Tie.SCORED) is joined
    assert judged([two, one], Tie.SCORED) is joined


def test_a_link_that_agrees_in_full_bears_a_slip_of_the_sex_and_one_key_bears_another_name() -> None:
    assert judged([{}, {"sex": "M"}], Tie.EXACT)
    assert not judged([{}, {"forename": "chidi"}], Tie.EXACT)
    assert judged([{}, {"forename": "chidi"}], Tie.SUBJECT)
    assert not judged([{}, {"forename": "chidi", "dob": dt.date(1979, 11, 30)}], Tie.SUBJECT)
