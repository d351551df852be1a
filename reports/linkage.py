"""The linkage page: how well records were matched to people, and whom that serves less well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports import text
from reports.data_words import Document, cell, column_words, system_words
from reports.facts import Measure
from reports.figures import Chart
from reports.linkage_charts import (
    at_least,
    levels_chart,
    missed,
    missed_chart,
    thresholds_chart,
    weights_chart,
)
from reports.pages import render
from sources.codes.ethnicity import UNKNOWN
from store.council import Council

_GROUPINGS = (
    ("broad", "Broad ethnic group"),
    ("detailed", "Detailed ethnic group"),
    ("sex", "Sex"),
    ("age", "Age"),
)
READINGS = {
    "lower": "Missed more often than others",
    "higher": "Missed less often than others",
    "alike": "Much as others",
    "cannot_tell": "Cannot tell",
}


@dataclass(frozen=True)
class GroupRow:
    """One group of one question: how many people, the share missed, and how that stands to all others."""

    label: str
    people: str
    missed: Measure
    difference: str
    reading: str
    lower: bool


@dataclass(frozen=True)
class Question:
    """One way of asking who is missed, by group."""

    title: str
    why: str
    people: str
    everyone: Measure
    chart: Chart | None
    groupings: tuple[tuple[str, tuple[GroupRow, ...]], ...]
    systems: tuple[tuple[str, str, Measure], ...] = ()


def linkage_page(
    council: Council, document: Document | None, review: Document | None, index: str = "index.html"
) -> str:
    """The page as HTML; with no document, a page that says so. ``review`` is what people said of pairs, if they did."""
    if not document:
        return render("linkage.html", council=council, document=None, index=index)
    found = [_question(one, f"found-{one['name']}") for one in document["completeness"] if _asked(one)]
    without = [_question(one, f"without-{one['name']}") for one in document["held_out"] if _asked(one)]
    return render(
        "linkage.html",
        council=council,
        document=document,
        index=index,
        summary=_summary(document, [*found, *without]),
        found=found,
        without=without,
        not_asked=[one["title"] for one in document["completeness"] if not _asked(one)],
        review=_review(document, review),
        blocking=document["blocking"]["recall"],
        floor=document["blocking"]["floor"],
        weights_chart=weights_chart(document["weights"], document["threshold"]["weight"]),
        weights=[(one["weight"], cell(one["joined"]), cell(one["apart"])) for one in document["weights"]],
        thresholds_chart=thresholds_chart(document["thresholds"]),
        thresholds=[_threshold(one) for one in document["thresholds"]],
        refused=cell(document["links_refused"]),
        systems=_systems(document),
        sizes=[(one["keys"], cell(one["people"])) for one in document["people_by_keys"]],
        levels_chart=levels_chart(document["levels"]),
        levels=[{**one, "comparison": column_words(one["comparison"])} for one in document["levels"]],
        margin=document["reading"]["margin"],
        least=document["reading"]["least"],
    )


def _asked(one: Document) -> bool:
    return bool(one["everyone"]["n"] != 0)


def _question(asked: Document, name: str) -> Question:
    return Question(
        title=asked["title"],
        why=asked.get("expected", ""),
        people=cell(asked["everyone"]["n"]),
        everyone=missed(asked["everyone"]),
        chart=missed_chart(asked, name),
        groupings=tuple(
            (title, tuple(_group_row(one) for one in asked["groupings"][grouping]))
            for grouping, title in _GROUPINGS
            if asked["groupings"].get(grouping)
        ),
        systems=tuple((system_words(one["source"]), cell(one["n"]), missed(one)) for one in asked.get("systems", ())),
    )


def _group_row(one: Document) -> GroupRow:
    return GroupRow(
        label=one["label"],
        people=cell(one["n"]),
        missed=missed(one),
        difference=_points(one["difference"]),
        reading=READINGS[one["reading"]],
        lower=one["reading"] == "lower",
    )


def _points(difference: Document | None) -> str:
    """A difference in found shares as points more or fewer missed, with its interval."""
    if difference is None:
        return ""
    value, low, high = (-difference[name] * 100 for name in ("value", "high", "low"))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})".replace("-", "\u2212")


def _summary(document: Document, questions: Sequence[Question]) -> list[str]:
    """What to know before anything else, a sentence or two each."""
    first = document["thresholds"][0] if document["thresholds"] else None
    lines = []
    if first and isinstance(first["linked"], int) and isinstance(first["keys"], int) and first["keys"]:
        linked = text.share(min(first["linked"] / first["keys"], 1.0))
        lines.append(
            f"The systems hold people under {text.count(first['keys'])} keys of their own. {linked} of these were "
            "linked to another. The rest are people whom one system alone knows, or links that were missed."
        )
    worse = _worse(questions)
    if worse:
        lines += [f"{title}: more often than others {text.listed(groups)}." for title, groups in worse]
    else:
        lines.append(
            "No ethnic group was shown to be missed more often than others. Where a group is small, the tables say "
            "'cannot tell': that is not the same as fair."
        )
    lines.append(
        "A missed link splits one person in two. Each half looks better off than the whole: arrears without the "
        "absences, absences without the referral. A family of a group that is linked less well is then less likely to "
        "be offered help, before any model is asked."
    )
    return lines


def _worse(questions: Sequence[Question]) -> list[tuple[str, list[str]]]:
    """The questions by which ethnic groups are missed more often, each with those groups."""
    found = []
    for question in questions:
        rows = [row for grouping, rows in question.groupings if grouping.endswith("ethnic group") for row in rows]
        groups = list(dict.fromkeys(_named(row.label) for row in rows if row.lower))
        if groups:
            found.append((question.title, groups))
    return found


def _named(label: str) -> str:
    """A group within a sentence."""
    return "those of unknown ethnicity" if label == UNKNOWN else label


def _review(document: Document, review: Document | None) -> dict[str, Any] | None:
    """The clerical review, where there is one of this very index; ``stale`` where it is of an earlier one."""
    if not review:
        return None
    if review["sample"] != document["review"]["sample"]:
        return {"stale": True}
    figures = {name: _measure(review[name]) for name in ("precision", "recall", "recall_of_all")}
    doubts = {
        name: review[name] and text.between(review[name]["if_unsure_against"], review[name]["if_unsure_for"])
        for name in ("precision", "recall")
    }
    groups = [
        (one["group"], cell(one["judged"]), _measure(one["precision"]), _measure(one["recall"]))
        for one in review["groups"]
    ]
    strata = [
        (text.sentence(one["title"]).rstrip("."), cell(one["pairs"]), one["yes"], one["no"], one["unsure"])
        for one in review["strata"]
    ]
    return {
        "stale": False,
        "judged": review["judged"],
        "unsure": review["unsure"],
        "doubts": doubts,
        "groups": groups,
        "strata": strata,
        **figures,
    }


def _measure(found: Document | None) -> Measure:
    return Measure(None) if found is None else Measure(found["value"], found["low"], found["high"])


def _threshold(row: Document) -> dict[str, str]:
    return {"least": at_least(row["probability"]), **{name: cell(row[name]) for name in ("links", "people", "linked")}}


def _systems(document: Document) -> list[dict[str, Any]]:
    """Each system's people, the share known to no other, and its records too bare to be linked."""
    bare = {one["source"]: one for one in document["linkable"]}
    return [
        {
            "system": system_words(one["source"]),
            "people": cell(one["people"]["n"]),
            "alone": missed(one["people"]),
            "name_only": missed(one["more_than_a_name"]),
            "unlinkable": missed(bare[one["source"]]) if one["source"] in bare else Measure(None),
        }
        for one in document["systems"]
    ]
