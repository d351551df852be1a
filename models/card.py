"""A target's model card: what the model is for and not for, what it learnt from, how well it does, when it is to go.

Made from the target's evaluation alone, so that the same run has the same bytes, and fit for anybody to read: it holds
nothing of a case and nothing protected. Counts and what can be worked out from them follow the reports' rules
(`store.small_numbers`): found cases of the test dates are protected together, precision and recall are taken from the
counts as shown, and a figure of which a count is hidden is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.target import BASELINES
from store.small_numbers import ROUND_TO, THRESHOLD, Hidden, protect_parts, rounded, shown_count

_FORMAT = 1
_PLACES = 3
_RANKING = ("average_precision", "auc")
_PROBABILITY = ("brier", "calibration_slope", "observed_over_expected")
_FOR = (
    "To choose, for one council and one quarter, which cases a panel of people looks at first, so that help can be "
    "offered. A place on the list is a question to ask, never a finding.",
)
_NOT_FOR = (
    "Deciding anything about anybody without a person who has looked at the case.",
    "Sanctions, enforcement, debt recovery, fraud, eligibility, or closing a case.",
    "Any list that was not audited for fairness and signed for by two people.",
    "Another council, another question or another time than it was tested on.",
    "Saying how likely harm is: a score is how often cases placed alike had the outcome, and the outcome is a record.",
)
_OVERLAPS = ("_list", "_reasons")
_SMALL = (
    f"Counts under {THRESHOLD} are not shown, nor what would give one away; others are rounded to {ROUND_TO}, and "
    "rates are taken from the counts as shown."
)
_PROTECTED = "Ethnicity is no input, and no stage that trains or chooses a model can open it."

Document = dict[str, Any]


def model_card(evaluation: Mapping[str, Any], hashes: Mapping[str, str]) -> Document:
    """The card of one target as a document, from its ``evaluation.json`` (see `models.evaluation`).

    ``hashes`` are those of the data, the code and the settings that it was made with, by name. A target without a
    model has a card that says why.
    """
    said: Document = {
        "format": _FORMAT,
        "target": evaluation["target"],
        "title": evaluation["title"],
        "question": evaluation["question"],
        "unit": evaluation["unit"],
        "capacity": evaluation["capacity"],
        "state": evaluation["state"],
        "for": list(_FOR),
        "not_for": list(_NOT_FOR),
        "label": {**evaluation["outcome"], "caveats": list(evaluation["label_caveats"])},
        "retirement": evaluation["retirement"],
        "protected": _PROTECTED,
        "small_numbers": _SMALL,
        "hashes": dict(sorted(hashes.items())),
    }
    if evaluation["state"] != "modelled":
        return said | {"why": evaluation["why"]}
    choice = evaluation["choice"]
    figures = _figures(evaluation)
    return said | {
        "data": _data(evaluation),
        "choice": {name: choice[name] for name in ("chosen", "rule", "why", "no_better_than_chance", "not_stable")},
        "figures": figures,
        "above_baselines": _above(evaluation, figures),
        "stability": _steadiness(evaluation),
        "membership": _membership(evaluation),
        "hidden": _hidden(evaluation),
    }


def _data(evaluation: Mapping[str, Any]) -> Document:
    """What it learnt from and was tested on."""
    splits, current = evaluation["splits"], evaluation["current"]
    return {
        "tested_at": [split["as_of"] for split in splits],
        "list_of": current["as_of"],
        "learnt_from": [current["learns_from"][0], current["learns_from"][-1]],
        "cases_to_learn_from": shown_count(current["training_cases"]),
        "outcomes_to_learn_from": shown_count(current["training_outcomes"]),
        "cases_asked_about": shown_count(current["cases"]),
        "features": len(evaluation["features"]),
    }


def _figures(evaluation: Mapping[str, Any]) -> Document:
    """Each candidate's figures at capacity over all test dates and at each, with 95% intervals."""
    splits = evaluation["splits"]
    outcomes = {split["as_of"]: split["test_outcomes"] for split in splits}
    places = {split["as_of"]: min(evaluation["capacity"], split["cases"]) for split in splits}
    return {name: _candidate(one, outcomes, places) for name, one in sorted(evaluation["candidates"].items())}


def _candidate(candidate: Mapping[str, Any], outcomes: Mapping[str, int], places: Mapping[str, int]) -> Document:
    by_as_of = candidate["by_as_of"]
    # What chance would find is an expectation over all lists, and may be no whole number: it counts nobody.
    found = {day: round(by_as_of[day]["precision"]["value"] * places[day]) for day in places}
    shown, whole = protect_parts(found), protect_parts(outcomes)
    missed = {day: outcomes[day] - found[day] for day in places}
    return {
        "baseline": candidate["baseline"],
        "pooled": {
            "precision": _precision(candidate["pooled"], shown.total, sum(places.values())),
            "recall": _recall(candidate["pooled"], shown.total, whole.total, sum(missed.values())),
            **_order(candidate["pooled"], whole.total),
        },
        "by_as_of": {
            day: {
                "precision": _precision(by_as_of[day], shown.parts[day], places[day]),
                "recall": _recall(by_as_of[day], shown.parts[day], whole.parts[day], missed[day]),
                **_order(by_as_of[day], whole.parts[day]),
            }
            for day in places
        },
    }


def _precision(metrics: Mapping[str, Any], found: int | Hidden, places: int) -> Document | None:
    """Of so many places, which are the panel's and nobody's secret."""
    return None if isinstance(found, Hidden) else _on_grid(metrics["precision"], found, places)


def _recall(metrics: Mapping[str, Any], found: int | Hidden, outcomes: int | Hidden, missed: int) -> Document | None:
    """Of the outcomes as shown; left out too where so few were missed that it would tell of them."""
    if isinstance(found, Hidden) or isinstance(outcomes, Hidden) or not outcomes or 0 < missed < THRESHOLD:
        return None
    return _on_grid(metrics["recall"], found, outcomes)


def _on_grid(metric: Mapping[str, Any], found: int, whole: int) -> Document:
    """A rate of a count as shown; the ends of its interval as rates of counts rounded likewise tell no more."""
    ends = {end: min(rounded(round(metric[end] * whole)) / whole, 1.0) for end in ("low", "high")}
    return {name: round(value, _PLACES) for name, value in {"value": min(found / whole, 1.0), **ends}.items()}


def _order(metrics: Mapping[str, Any], outcomes: int | Hidden) -> dict[str, Document | None]:
    """Figures of the whole order and of the probabilities; left out where hardly anybody had the outcome."""
    few = isinstance(outcomes, Hidden) or not outcomes
    return {name: None if few else _rounded(metrics[name]) for name in (*_RANKING, *_PROBABILITY)}


def _rounded(metric: Mapping[str, Any]) -> Document:
    return {
        name: None if metric[name] is None else round(metric[name], _PLACES) + 0.0 for name in ("value", "low", "high")
    }


def _above(evaluation: Mapping[str, Any], figures: Mapping[str, Any]) -> Document:
    """Whether the one that makes the list is shown to find more than each baseline, over all test dates."""
    chosen = evaluation["choice"]["chosen"]
    lifts = evaluation["candidates"][chosen]["pooled"]["lift"]
    return {name: _shown_above(lift["difference"]) for name, lift in lifts.items() if name in figures}


def _shown_above(difference: Mapping[str, Any]) -> str:
    if difference["low"] is not None and difference["low"] > 0:
        return "shown to find more"
    if difference["high"] is not None and difference["high"] < 0:
        return "shown to find fewer"
    return "not shown to find more or fewer"


def _steadiness(evaluation: Mapping[str, Any]) -> Document | None:
    """What lists and reasons have in common of the one that is chosen, and whether that is as much as is asked for."""
    found = evaluation.get("stability", {}).get("candidates", {}).get(evaluation["choice"]["chosen"])
    if not found:
        return None
    return {name: one for name, one in found.items() if name in ("stable", "why_not") or name.endswith(_OVERLAPS)}


def _membership(evaluation: Mapping[str, Any]) -> Document | None:
    """How well the training cases with the outcome can be told from others by the scores of the one that is chosen."""
    found = evaluation.get("membership")
    if not found or evaluation["choice"]["chosen"] not in found["candidates"]:
        return None
    one = found["candidates"][evaluation["choice"]["chosen"]]
    return {"limit": found["limit_on_positives"], "by_score_on_positives": _rounded(one["by_score"]["positives"])}


def _hidden(evaluation: Mapping[str, Any]) -> Document | None:
    """How many have what the outcome stands for and are not known, where the target asks for it."""
    found = evaluation.get("hidden")
    if not found:
        return None
    number = {end: shown_count(round(found["hidden"][end])) for end in ("value", "low", "high")}
    return {
        "as_of": found["as_of"],
        "known": shown_count(found["known"]),
        "hidden": number,
        "assumptions": found["assumptions"],
        "cannot_be_learned": found["cannot_be_learned"],
    }


def card_markdown(card: Mapping[str, Any]) -> str:
    """The card for people: Markdown."""
    parts = [f"# Model card: {card['title']}", card["question"]]
    if card["state"] != "modelled":
        parts += [f"**There is no model:** {card['why']}."]
    parts += ["## What it is for", _bullets(card["for"]), "## What it is not for", _bullets(card["not_for"])]
    parts += ["## What it learns and is measured by", _label(card), _bullets(card["label"]["caveats"])]
    if card["state"] == "modelled":
        parts += _of_a_model(card)
    parts += ["## When it is withdrawn for good", card["retirement"]]
    parts += ["## What protects people in it", _bullets([card["protected"], card["small_numbers"]])]
    parts += ["## What it was made of", _bullets([f"{name}: `{value}`" for name, value in card["hashes"].items()])]
    return "\n\n".join(parts) + "\n"


def _label(card: Mapping[str, Any]) -> str:
    label = card["label"]
    kinds = ", ".join(_words(kind) for kind in label["kinds"])
    return (
        f"Outcome: {kinds}, within {label['horizon_days']} days, known with a delay of up to "
        f"{label['reporting_delay_days']} days; the extracts cover time until {label['covers_to']}."
    )


def _of_a_model(card: Mapping[str, Any]) -> list[str]:
    data, choice = card["data"], card["choice"]
    learnt = (
        f"As-of dates {data['learnt_from'][0]} to {data['learnt_from'][1]}: {_told(data['cases_to_learn_from'])} "
        f"cases, {_told(data['outcomes_to_learn_from'])} with the outcome, {data['features']} features. The list is of "
        f"{data['list_of']}, of {_told(data['cases_asked_about'])} cases; the panel looks at {card['capacity']}."
    )
    above = [f"{_words(name)}: {said}" for name, said in card["above_baselines"].items()]
    parts = ["## What it learnt from", learnt, "## Which way of choosing makes the list"]
    parts += [f"**{_words(choice['chosen'])}.** {choice['why']}", f"Rule: {choice['rule']}"]
    parts += ["## How well it does", "95% intervals are by families, at the panel's capacity.", _table(card)]
    parts += ["Against each baseline, over all test dates:", _bullets(above)]
    parts += ["At each test date:", _by_date(card)]
    return [*parts, *_stability(card), *_membership_words(card), *_hidden_words(card)]


def _table(card: Mapping[str, Any]) -> str:
    heads = ("way of choosing", "precision", "recall", "average precision", "area under the curve", "observed/expected")
    names = ("precision", "recall", "average_precision", "auc", "observed_over_expected")
    rows = [
        [_name(card, name), *(_figure(one["pooled"][metric]) for metric in names)]
        for name, one in sorted(card["figures"].items(), key=lambda item: not item[1]["baseline"])
    ]
    return _grid(heads, rows)


def _by_date(card: Mapping[str, Any]) -> str:
    one = card["figures"][card["choice"]["chosen"]]["by_as_of"]
    heads = ("as-of date", "precision", "recall", "observed/expected")
    rows = [
        [day, *(_figure(found[metric]) for metric in ("precision", "recall", "observed_over_expected"))]
        for day, found in one.items()
    ]
    return _grid(heads, rows)


def _stability(card: Mapping[str, Any]) -> list[str]:
    found = card["stability"]
    if not found:
        return []
    told = [
        f"{what}: {found[key]['value']:.0%} of the {of} stay the same"
        for key, of, what in (
            ("refits_list", "list", "families drawn anew"),
            ("refits_reasons", "strongest reasons", "families drawn anew"),
            ("quarters_list", "list", "from one quarter to the next, of those asked about in both"),
        )
        if found.get(key)
    ]
    said = "As stable as is asked for." if found["stable"] else f"Not as stable as is asked for: {found['why_not']}."
    return ["## How stable it is", said, _bullets(told)]


def _membership_words(card: Mapping[str, Any]) -> list[str]:
    found = card["membership"]
    if not found:
        return []
    figure = _figure(found["by_score_on_positives"])
    return [
        "## What it tells of those it learnt from",
        f"Area under the curve of an attack that asks who with the outcome was in training: {figure}; 0.5 tells "
        f"nothing, and over {found['limit']:g} it may not be chosen.",
    ]


def _hidden_words(card: Mapping[str, Any]) -> list[str]:
    found = card["hidden"]
    if not found:
        return []
    number = found["hidden"]
    told = (
        f"At {found['as_of']} about {_told(number['value'])} (95% interval {_told(number['low'])} to "
        f"{_told(number['high'])}) beside {_told(found['known'])} who are known. It is assumed:"
    )
    parts = ["## How many are hidden", told, _bullets(found["assumptions"])]
    return [*parts, "What cannot be learned here:", _bullets(found["cannot_be_learned"])]


def _name(card: Mapping[str, Any], name: str) -> str:
    words = _words(name) + (" (baseline)" if name in {one.value for one in BASELINES} else "")
    return f"**{words}**" if name == card["choice"]["chosen"] else words


def _figure(figure: Mapping[str, Any] | None) -> str:
    """Value and interval; what is not shown, or cannot be, by a dash."""
    if figure is None or figure["value"] is None:
        return "-"
    if figure["low"] is None or figure["high"] is None:
        return f"{figure['value']:.2f}"
    return f"{figure['value']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"


def _told(count: int | str) -> str:
    return f"{count:,}" if isinstance(count, int) else str(count).replace("<", "fewer than ")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _grid(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
