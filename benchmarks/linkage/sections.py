"""Each part's figures as a section of the page, with the words one needs to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.jobs import Cost
from benchmarks.linkage import pages
from benchmarks.linkage.borough import Quality
from benchmarks.linkage.cost import Compared, NewQuarter
from benchmarks.linkage.errors import Class
from benchmarks.linkage.febrl import Views
from benchmarks.linkage.scores import Score

FEBRL_TARGETS = {"FEBRL 3": 0.9975, "FEBRL 4": 0.9996}
PEOPLE_TARGET, FAMILY_TARGET = 0.96, 0.92
SECONDS, MEGABYTES, RATIO = 60, 3_000, 1.5
NEW_SECONDS = 5
WORST_OF = 100
"""Records, or people, that a group needs to be named as the worst."""

_WHOLES = ("_make_index", "_learn", "_match")
"""Steps that only hold other steps."""

_SCORES = ("precision", "recall", "F1", "95% interval")


def febrl_section(found: Mapping[str, Views]) -> str:
    rows = []
    for name, views in found.items():
        for view, ours in views.ours.items():
            target = f"{FEBRL_TARGETS[name]}" if view == next(iter(views.ours)) else ""
            others = [pages.share(others[view].f1) for others in (views.exact, views.connected)]
            title = name if len(views.ours) == 1 else f"{name}, {view}"
            rows.append([title, *pages.score_cells(ours), target, *others])
    heads = ["benchmark", *_SCORES, "target F1", "F1 of exact match", "F1 of bare Splink"]
    words = (
        "\nThe toolkit's own stage with its own defaults. `soc_sec_id` stands in the column of the National Insurance "
        "number, its seven digits one to one (the first as a letter); the state has no column and is left out. FEBRL 4 "
        "is scored as is usual, by the links between 4a and 4b; as one file to be deduplicated it stands below. Exact "
        "match is on forename, surname and birth date as held. Bare Splink joins the same pairs by connected "
        "components, with the same settings and threshold.\n"
    )
    return pages.table(heads, rows) + words


def people_section(made_of: str, ours: Quality, exact: Quality) -> str:
    heads = ["n", "families", *_SCORES, "F1 of exact match"]
    whole = [_row("by system key", ours.records, exact.records), _row("by row", ours.rows, exact.rows)]
    groups = [_row(a.name, a, b) for a, b in zip(ours.by_group, exact.by_group)]
    systems = [_row(a.name, a, b) for a, b in zip(ours.by_system, exact.by_system)]
    return (
        f"The borough has {made_of}. Target: F1 {PEOPLE_TARGET} by system key.\n\n"
        + pages.table(["records", *heads], whole)
        + "\nA record is a key of a system: a pupil's termly rows are one. Exact match is on names and birth date as "
        "the toolkit writes them, so after its cleaning; rows of one key of one system count as one person in both.\n\n"
        f"Worst group of {WORST_OF} records or more: {worst(ours.by_group)}. Seen from the records of each group, so "
        "that a pair joined by mistake across two groups counts against both:\n\n"
        + pages.table(["ethnic group", *heads], groups)
        + "\nBy system, seen from its records:\n\n"
        + pages.table(["system", *heads], systems)
    )


def family_section(ours: Quality, exact: Quality) -> str:
    heads = ["people", "families", *_SCORES, "F1 of exact match"]
    whole = [
        _row("person-family-days, strict", ours.families, exact.families),
        _row("the same, lenient", ours.families_lenient, exact.families_lenient),
    ]
    pairs = ours.pair_days
    figures = [pages.share(figure) for figure in (pairs.precision, pairs.recall, pairs.f1)]
    whole.append(["days of pairs of members", "", "", *figures, "", pages.share(exact.pair_days.f1)])
    groups = [_row(a.name, a, b) for a, b in zip(ours.families_by_group, exact.families_by_group)]
    return (
        f"Target: F1 {FAMILY_TARGET} on person-family-days.\n\n"
        + pages.table(["what is counted", *heads], whole)
        + "\nTruth: every day of the covered time on which a person belongs to a true family that has a child then; "
        f"{ours.unnamed:,} of these people are named by no system and count as missed. Made: every day of every "
        "membership. A made family stands for one true family and the other way round, the most person-days in common "
        "taken first. Strict: a made person, too, stands for one true person, so that the days of a person found twice "
        "are wrong once. Lenient: each made person is the one most of whose records it holds. Days of pairs need no "
        "family to stand for another. Exact match: the persons that exact match makes, through the same family rules."
        f"\n\nWorst group of {WORST_OF} people or more: {worst(ours.families_by_group)}. By ethnic group, strict; a "
        "person made twice counts in the group of the true one:\n\n" + pages.table(["ethnic group", *heads], groups)
    )


def error_section(
    missed: Sequence[Class], joined: Sequence[Class], systems: Mapping[str, Sequence[Class]], moved: Sequence[Any]
) -> str:
    heads = ["parts", "pairs"]

    def listed(head: str, classes: Sequence[Class]) -> str:
        return pages.table([head, *heads], [[name, f"{parts:,}", f"{pairs:,}"] for name, parts, pairs in classes])

    return (
        "A part is what a true person and a made person share; each wrong pair is counted once, with the smaller part."
        "\n\n"
        + listed("left apart: the part beside the rest of its person", missed)
        + "\n"
        + listed("system of the part left apart", systems["missed"])
        + "\n"
        + pages.table(
            ["people for whom the systems hold", "people", "pairs lost", "share of their pairs"],
            [[name, f"{people:,}", f"{pairs:,}", pages.share(part)] for name, people, pairs, part in moved],
        )
        + "\n"
        + listed("joined by mistake: the two people", joined)
        + "\n"
        + listed("system of the part joined by mistake", systems["joined"])
    )


def sensitivity_section(default: float, keys: int, rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    heads = ["threshold", "FEBRL 3", "FEBRL 4", "borough, precision", "borough, recall", "borough, F1", "family F1"]
    return (
        f"The default is {default}: an even chance, fixed beforehand. The other rows show what it would have cost to be"
        f" wrong; none was used to choose. The borough here is of {keys:,} records by system key, in whole families."
        "\n\n"
        + pages.table(heads, [[name, *map(pages.share, figures)] for name, figures in rows])
        + "\nWithout name frequencies a rare name in common counts for no more than a common one.\n"
    )


def cost_section(found: Compared) -> str:
    heads = ["what", "wall s", "CPU s", "peak MB", "F1"]
    rows = [
        ["the residents stage, end to end", *_cost(found.stage), pages.share(found.ours.f1)],
        ["bare Splink, connected components", *_cost(found.bare), pages.share(found.connected.f1)],
        ["the same, learning its settings too", *_cost(found.bare_learning), ""],
        ["stage to bare Splink", *_ratios(found.stage, found.bare)],
        ["stage to bare Splink that learns", *_ratios(found.stage, found.bare_learning)],
        *_steps_beside("blocking, scoring, joining without conflict", found.shared_steps(), found.bare),
        *_steps_beside("all from versions to people, but learning", found.joining_steps(), found.bare),
    ]
    steps = [
        [name, f"{wall:.1f}", f"{cpu:.1f}"]
        for name, (wall, cpu) in found.steps.items()
        if max(wall, cpu) >= 0.1 and name not in _WHOLES
    ]
    return (
        f"{found.keys:,} records by system key in {found.rows:,} rows and {found.versions:,} identity versions, as "
        f"whole families of the synthetic borough. Targets: {SECONDS} s and {MEGABYTES:,} MB on two threads, and at "
        f"most {RATIO} times bare Splink.\n\n"
        + pages.table(heads, rows)
        + "\nAll ran in one go, each in a process of its own, measured by the operating system. Bare Splink gets the "
        "same identity versions, cleaned, and the same settings; it reads them, blocks by the same rules, predicts, "
        "and joins by connected components at the same threshold. Learning, where it does so, is the same code as the "
        "stage's. The stage also reads and cleans, finds addresses, asks households, makes residences, "
        "families and the quality documents, and writes. Precision and recall of bare Splink: "
        f"{pages.share(found.connected.precision)} and {pages.share(found.connected.recall)}; of the stage: "
        f"{pages.share(found.ours.precision)} and {pages.share(found.ours.recall)}.\n\n"
        + pages.table(["step of the stage", "wall s", "CPU s"], steps)
    )


def _steps_beside(name: str, seconds: tuple[float, float], bare: Cost) -> list[list[str]]:
    wall, cpu = seconds
    return [
        [f"the stage's steps: {name}", f"{wall:.1f}", f"{cpu:.1f}", "", ""],
        ["these to bare Splink", f"{wall / bare.wall:.2f}", f"{cpu / bare.cpu:.2f}", "", ""],
    ]


def _ratios(one: Cost, other: Cost) -> list[str]:
    return [f"{one.wall / other.wall:.2f}", f"{one.cpu / other.cpu:.2f}", f"{one.peak_mb / other.peak_mb:.2f}", ""]


def new_quarter_section(found: NewQuarter) -> str:
    wall, cpu = found.joining
    rows = [
        ["from versions to people, by the index", f"{wall:.1f}", f"{cpu:.1f}", "", pages.share(found.score.f1)],
        ["the whole stage, by the index", *_cost(found.cost), pages.share(found.score.f1)],
        ["all matched afresh", "", "", "", pages.share(found.afresh.f1)],
    ]
    return (
        f"{found.new:,} new records against an index of {found.known:,}. Target: {NEW_SECONDS} s. The whole stage "
        "reads and cleans every record of the new extracts again, and makes all residences and families; the index "
        f"spares it most of the steps of the first row, and learning. {found.kept:.2%} of the earlier people's ids are "
        "still there; the others are recorded merges.\n\n"
        + pages.table(["what", "wall s", "CPU s", "peak MB", "F1"], rows)
    )


def _cost(cost: Cost) -> list[str]:
    return [f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak_mb:.0f}"]


def _row(name: str, ours: Score, exact: Score) -> list[str]:
    return [name, f"{ours.rows:,}", f"{ours.families:,}", *pages.score_cells(ours), pages.share(exact.f1)]


def worst(groups: Sequence[Score]) -> str:
    """The group with the lowest F1 of those large enough to say so."""
    large = [group for group in groups if group.rows >= WORST_OF and group.name != "unknown"]
    if not large:
        return "none is as large"
    found = min(large, key=lambda group: group.f1)
    return f"{found.name}, F1 {found.f1:.4f}"
