"""The page on the features of a run: what each means, how much of it is known, and how it stands to ethnicity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from features.wording import SOURCE_WORDS, written
from reports import text
from reports.data_words import DASH, Document, cell
from reports.facts import Measure
from reports.pages import render
from reports.reading import share_with
from reports.stand_ins import READINGS
from store.council import Council
from store.small_numbers import THRESHOLD, rounded

CONSIDER = {
    "Who is missing": "Mostly tells whether ethnicity is known at all. Ask who is missing from this source, and why.",
    "Whose records are held": "Whether it is known differs more than its values. Ask whose records this source does "
    "not hold.",
    "Need, or recording": "Ask whether it shows need or who is recorded; look at the fairness report with it and "
    "without it.",
}
"""What to think about before using a feature that stands in for ethnicity."""
RISK = {1: "rises", -1: "falls", 0: "free"}
_TABLE = {"family": "families", "child": "children"}
_OF_A_CHILD = {"family": "", "child": " (of a child)"}
_ENOUGH = 2 * THRESHOLD
_NEVER = "never seen here"
_SHIFTED, _KNOWN_SHIFTED = 0.1, 0.05
"""A gap between two distributions, and a change in the share known, from which a feature is told to have moved."""

_WIDTH, _HEIGHT, _BROADEST = 96, 26, 12
_MOST_LISTED = 40


@dataclass(frozen=True)
class Bars:
    """A small histogram: the outline of its bars."""

    path: str

    @property
    def svg(self) -> Markup:
        return Markup('<svg class="bars" viewBox="0 0 {} {}" aria-hidden="true"><path d="{}"/></svg>').format(
            _WIDTH, _HEIGHT, self.path
        )


@dataclass(frozen=True)
class StandIn:
    """How a feature stands to ethnicity, in words."""

    reading: str
    words: str
    value: Measure
    known: Measure
    """The same among those whose ethnic group is known."""
    most: str
    """The group it tells best from others, and how it differs; of the known groups, too."""
    consider: str

    @property
    def marked(self) -> bool:
        return self.reading in ("strong", "some")


@dataclass(frozen=True)
class Row:
    """One feature, as the page shows it."""

    name: str
    label: str
    level: str
    facts: tuple[tuple[str, str], ...]
    known: Measure
    zero: Measure
    usual: str
    span: str
    bars: Bars | None
    moved: str
    risk: str
    stands_in: StandIn | None


def catalogue_page(
    council: Council,
    catalogue: Sequence[Document],
    coverage: Document | None,
    stand_ins: Document | None,
    index: str = "index.html",
) -> str:
    """The page as HTML; without features, a page that says so."""
    if not catalogue or not coverage or "latest" not in next(iter(coverage["tables"].values())):
        return render("feature_catalogue.html", council=council, subjects=None, index=index)
    told = _stand_ins(stand_ins or {"levels": {}})
    same = _alike(coverage)
    shown = [entry for entry in catalogue if entry["indicator_of"] is None]
    rows = {entry["name"]: _row(entry, coverage, told, same) for entry in shown}
    subjects: dict[str, list[Row]] = {}
    for entry in shown:
        subjects.setdefault(entry["subject"], []).append(rows[entry["name"]])
    labels = {entry["name"]: f"{entry['label']}{_OF_A_CHILD[entry['level']]}" for entry in shown}
    standing = [name for name in told if name in rows and told[name].marked]
    return render(
        "feature_catalogue.html",
        council=council,
        index=index,
        as_of=coverage["as_of"][-1] if coverage["as_of"] else None,
        since=next(iter(coverage["tables"].values()))["compared_with"],
        subjects=[(name, text.spaced(name), found) for name, found in subjects.items()],
        features=len(shown),
        left_out=len(coverage["left_out"]),
        absent=[SOURCE_WORDS.get(table, table) for table in coverage["absent_sources"]],
        standing=[(rows[name], told[name]) for name in standing[:_MOST_LISTED]],
        marked=len(standing),
        consider=[
            (name, words) for name, words in CONSIDER.items() if name in {told[one].consider for one in standing}
        ],
        counts=_counts(told),
        groups=_groups(stand_ins),
        least_group=(stand_ins or {}).get("least_group"),
        alike=[([labels[name] for name in one["features"]], one["least"]) for one in _groups_of(coverage, labels)],
        judged=bool(told),
    )


def _row(entry: Document, coverage: Document, told: Mapping[str, StandIn], same: Mapping[str, list[str]]) -> Row:
    table = coverage["tables"][_TABLE[entry["level"]]]
    spread = table["latest"].get(entry["name"])
    unit = entry["unit"]
    return Row(
        name=entry["name"],
        label=entry["label"],
        level=entry["level"],
        facts=_facts(entry, same.get(entry["name"], [])),
        known=share_with(spread["known"], spread["rows"]) if spread else Measure(None),
        zero=share_with(spread["zero"], spread["known"]) if spread else Measure(None),
        usual=_usual(spread, unit) if not _never(table, entry["name"]) else _NEVER,
        span=_span(spread, unit),
        bars=_bars(spread["histogram"]) if spread else None,
        moved=_moved(spread["moved"]) if spread else "",
        risk=RISK[entry["direction"]],
        stands_in=told.get(entry["name"]),
    )


def _facts(entry: Document, same: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = (
        ("How", entry["definition"]),
        ("From", text.sentence(entry["source"])),
        ("No record", entry["null_rule_words"]),
        ("Why", entry["why"]),
        ("Caveats", entry["caveats"]),
        ("Owner", entry["owner"]),
        ("Says much the same as", text.listed(list(same))),
        ("Sees the future", " ".join(entry["leaks"])),
    )
    return tuple((title, words.replace("`", "")) for title, words in found if words)


# --- how it is spread ------------------------------------------------------------------------------------


def _never(table: Document, name: str) -> bool:
    """Whether it is nought for all of whom it is known, at every as-of date of the run."""
    column = table.get("columns", {}).get(name, {})
    return bool(column.get("least") == column.get("most") == 0)


def _usual(spread: Document | None, unit: str) -> str:
    """The median; of a yes or no, how often it is yes."""
    if not spread or spread["median"] is None or spread["known"] < _ENOUGH:
        return DASH
    if unit != "flag":
        return written(spread["median"], unit)
    yes = share_with(spread["known"] - spread["zero"], spread["known"])
    return DASH if yes.value is None else f"yes for {text.share(yes.value)}"


def _span(spread: Document | None, unit: str) -> str:
    """From what at least ten have or fall below, to what at least ten have or pass."""
    if not spread or unit == "flag" or spread["low"] is None or spread["known"] < _ENOUGH:
        return ""
    low, high = written(spread["low"], unit), written(spread["high"], unit)
    return low if low == high else f"{low} to {high}"


def _bars(histogram: Document) -> Bars | None:
    """Bars of the rounded counts; those of fewer than ten are not drawn."""
    counts = [rounded(count) if count >= THRESHOLD else 0 for count in histogram["counts"]]
    top = max(counts, default=0)
    if not top:
        return None
    width = _WIDTH // len(counts)
    broad = min(width - 1, _BROADEST)
    drawn = []
    for place, count in enumerate(counts):
        if count:
            height = max(round(count / top * _HEIGHT), 1)
            drawn.append(f"M{place * width} {_HEIGHT}v-{height}h{broad}v{height}z")
    return Bars("".join(drawn))


def _moved(moved: Document | None) -> str:
    """Whether it has moved since the date compared with."""
    if not moved or moved["known"] is None:
        return DASH
    said = []
    if abs(moved["known"]) >= _KNOWN_SHIFTED:
        said.append(f"known for {'more' if moved['known'] > 0 else 'fewer'}")
    if moved["distance"] is not None and moved["distance"] >= _SHIFTED:
        said.append("values shifted")
    return text.sentence(", ".join(said)).rstrip(".") or "Much the same"


# --- which say the same ----------------------------------------------------------------------------------


def _groups_of(coverage: Document, labels: Mapping[str, str]) -> list[Document]:
    found = [one for table in coverage["tables"].values() for one in table["alike"]]
    return [one for one in found if all(name in labels for name in one["features"])]


def _alike(coverage: Document) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table in coverage["tables"].values():
        for one in table["alike"]:
            for name in one["features"]:
                found[name] = [other for other in one["features"] if other != name]
    return found


# --- how it stands to ethnicity --------------------------------------------------------------------------


def _stand_ins(document: Document) -> dict[str, StandIn]:
    """Each feature's, the strongest first within each level."""
    entries = [entry for level in document["levels"].values() for entry in level["features"]]
    order = list(READINGS)
    entries.sort(key=lambda entry: (order.index(entry["reading"]), -(entry["value"] or 0.0), entry["name"]))
    return {entry["name"]: _stand_in(entry) for entry in entries}


def _stand_in(entry: Document) -> StandIn:
    known = entry["among_known"]
    told = [one for one in (entry["most_affected"], entry["most_affected_known"]) if one]
    most = [_most(one) for one in told if one["reading"] in ("strong", "some")]
    return StandIn(
        reading=entry["reading"],
        words=READINGS[entry["reading"]],
        value=Measure(entry["value"], entry["low"], entry["high"]),
        known=Measure(None) if known is None else Measure(known["value"], known["low"], known["high"]),
        most="; ".join(dict.fromkeys(most)) or DASH,
        consider=_consider(entry),
    )


def _most(most: Document) -> str:
    """``Black: lower values, known of fewer``."""
    differs = []
    if most["values"] in ("higher", "lower"):
        differs.append(f"{most['values']} values")
    if most["known"] in ("more", "less"):
        differs.append(f"known of {'more' if most['known'] == 'more' else 'fewer'}")
    return f"{most['label']}: {', '.join(differs) or 'differs otherwise'}"


def _consider(entry: Document) -> str:
    """What to think about before using it, by its name in `CONSIDER`; nothing where it hardly stands in."""
    if entry["reading"] not in ("strong", "some"):
        return ""
    known, most = entry["among_known"], entry["most_affected"]
    told = known is not None and None not in (known["high"], entry["low"])
    if told and known["high"] < entry["low"] and known["low"] < 0.1:
        return "Who is missing"
    if most is not None and most["values"] == "cannot_tell" and most["known"] in ("more", "less"):
        return "Whose records are held"
    return "Need, or recording"


def _counts(told: Mapping[str, StandIn]) -> list[tuple[str, int]]:
    return [(words, sum(one.reading == reading for one in told.values())) for reading, words in READINGS.items()]


@dataclass(frozen=True)
class Group:
    """One ethnic group: how many families and children are of it, and whether enough to judge by."""

    label: str
    families: str
    children: str
    judged: bool


def _groups(stand_ins: Document | None) -> list[Group]:
    levels: Mapping[str, Any] = (stand_ins or {}).get("levels", {})
    found: dict[str, dict[str, Any]] = {}
    for level, document in levels.items():
        for one in document["groups"]:
            found.setdefault(one["label"], {})[level] = one
    return [
        Group(
            label,
            _cases(one.get("family")),
            _cases(one.get("child")),
            all(entry["judged"] for entry in one.values()),
        )
        for label, one in found.items()
    ]


def _cases(one: Document | None) -> str:
    return DASH if one is None else cell(one["cases"])
