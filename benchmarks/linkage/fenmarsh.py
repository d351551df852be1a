"""A council's extracts without truth: what the index looks like, beside what is published of such boroughs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.jobs import PROJECT, SHARED
from benchmarks.linkage import pages
from benchmarks.linkage.jobs import command
from store.files import read_json

COUNCIL = PROJECT / "examples" / "fenmarsh.toml"
EXTRACTS = SHARED / "council_extracts" / "fenmarsh"
PUBLISHED = SHARED / "reference" / "published_figures.csv"
_CHILDREN = "Camden child benefit households / children", "Hackney child benefit households / children"
_LONE_PARENTS = "Lone parents share of inner London families with dependent children"
_SIZES = ((1, 1), (2, 4), (5, 9), (10, 14), (15, 19), (20, 29), (30, 49), (50, None))


def measure(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run sources and residents on the extracts; the quality document and the linkage document."""
    run = folder / "fenmarsh"
    command(["run", str(COUNCIL), "--out", str(run), "--until", "residents"])
    return read_json(run / "residents" / "quality.json"), read_json(run / "residents" / "linkage.json")


def section(quality: dict[str, Any], linkage: dict[str, Any]) -> str:
    unlinkable = quality["unlinkable"]
    return (
        "Systems' keys per person:\n\n"
        + _distribution(quality["keys_per_person"])
        + f"\nUnlinkable: of {unlinkable['versions']:,} identity versions {unlinkable['without_a_full_name']:.2%} lack "
        f"a full name, and {unlinkable['nothing_but_a_name']:.2%} hold nothing but a name. "
        f"{quality['links_refused_by_conflict']:,} links were refused because the two conflict.\n\n"
        "Families with a child now, by adults and children:\n\n"
        + _families(quality["families"]["adults_and_children_now"])
        + "\nBeside what is published:\n\n"
        + _published(quality["families"]["adults_and_children_now"])
        + _completeness(linkage)
    )


def _distribution(held: Sequence[dict[str, int]]) -> str:
    people = sum(row["people"] for row in held)
    rows = []
    for low, high in _SIZES:
        here = [row for row in held if row["keys"] >= low and (high is None or row["keys"] <= high)]
        if not here:
            continue
        name = f"{low} or more" if high is None else str(low) if low == high else f"{low} to {high}"
        count = sum(row["people"] for row in here)
        rows.append([name, f"{count:,}", f"{count / people:.1%}"])
    rows.append(["largest", f"{max(row['keys'] for row in held)} keys", ""])
    return pages.table(["keys", "people", "share"], rows)


def _families(held: Sequence[dict[str, int]]) -> str:
    with_child = [row for row in held if row["children"] > 0]
    total = sum(row["families"] for row in with_child)
    kinds = {"no adult": 0, "one adult": 0, "two adults": 0, "three adults or more": 0}
    names = list(kinds)
    rows = []
    for place, name in enumerate(names):
        here = [row for row in with_child if min(row["adults"], 3) == place]
        by_children = [
            sum(row["families"] for row in here if min(row["children"], 4) == children) for children in (1, 2, 3, 4)
        ]
        count = sum(by_children)
        rows.append([name, f"{count:,}", f"{count / total:.1%}", *[f"{n:,}" for n in by_children]])
    return pages.table(["family", "families", "share", "1 child", "2", "3", "4 or more"], rows)


def _published(held: Sequence[dict[str, int]]) -> str:
    with_child = [row for row in held if row["children"] > 0]
    families = sum(row["families"] for row in with_child)
    children = sum(row["families"] * row["children"] for row in with_child)
    cared_for = sum(row["families"] for row in with_child if row["adults"] > 0)
    lone = sum(row["families"] for row in with_child if row["adults"] == 1)
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        known = {row["measure"]: row for row in csv.DictReader(file)}
    beside = []
    for measure in _CHILDREN:
        households, young = (int(number) for number in known[measure]["value"].split(" / "))
        beside.append(f"{measure.split()[0]} {young / households:.2f} ({known[measure]['year']}, child benefit)")
    lone_known = known[_LONE_PARENTS]
    rows = [
        ["children to a family", f"{children / families:.2f}", "; ".join(beside)],
        [
            "families of one adult, of those with any",
            f"{lone / cared_for:.1%}",
            f"inner London {lone_known['value']} ({lone_known['year']}, {lone_known['status'].lower()})",
        ],
    ]
    return pages.table(["measure", "fenmarsh", "published"], rows)


def _completeness(linkage: dict[str, Any]) -> str:
    """The share found in other systems where one would expect them, for everyone and by broad ethnic group and sex."""
    rows = []
    for question in linkage["completeness"]:
        rows.append([question["title"], "everyone", *_share(question["everyone"]), ""])
        for grouping in ("broad", "sex"):
            rows += [
                ["", one["label"], *_share(one), _READINGS[one["reading"]]] for one in question["groupings"][grouping]
            ]
    heads = ["linkage completeness", "group", "n", "found", "95% interval", "beside the others"]
    return "\n" + pages.table(heads, rows)


_READINGS = {
    "cannot_tell": "cannot tell",
    "alike": "alike",
    "lower": "missed more often",
    "higher": "missed less often",
}


def _share(held: dict[str, Any]) -> list[str]:
    share = held["share"]
    count = f"{held['n']:,}" if isinstance(held["n"], int) else str(held["n"])
    if share is None:
        return [count, "withheld", ""]
    return [count, f"{share['value']:.1%}", f"{share['low']:.1%} to {share['high']:.1%}"]
