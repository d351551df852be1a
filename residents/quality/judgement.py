"""What a clerical review says of the index: the document ``residents/review.json``, in counts of pairs only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from residents.quality.clerical import ANSWER, LINKAGE, Answer, Judged, stratum_sizes
from residents.quality.estimates import CONFIDENCE, Answers, Estimate, estimate
from residents.quality.groups import LEAST, broad, detailed
from residents.quality.review import STRATA
from store.errors import InputRejected
from store.files import read_json
from store.intervals import wilson, z_of
from store.run_folder import RunFolder
from store.small_numbers import shown_count

REVIEW = "residents/review.json"


def judge(run: RunFolder, judged: Sequence[Judged]) -> dict[str, Any]:
    """The document from the answers and the run they are about. Raises InputRejected when nothing was answered."""
    if not judged:
        raise InputRejected(
            "No pair has an answer.", where=ANSWER, fix="Write yes, no or unsure under same_person, and ask again."
        )
    linkage = read_json(run.root / LINKAGE)
    return review_document(judged, stratum_sizes(run), linkage["review"]["sample"], linkage["blocking"]["recall"])


def review_document(
    judged: Sequence[Judged], sizes: dict[str, int], sample: str, blocking: dict[str, Any] | None
) -> dict[str, Any]:
    """Precision and recall with intervals, overall and by broad ethnic group.

    ``sizes`` are the pairs of each stratum, ``sample`` the mark of the sample, ``blocking`` how many true pairs
    blocking brings together, as far as known. Recall is among compared pairs down to 10 bits under the threshold;
    ``recall_of_all`` is that times blocking's.
    """
    strata = [_stratum(one.name, one.joined, sizes.get(one.name, 0), judged) for one in STRATA]
    found = estimate(strata)
    return {
        "sample": sample,
        "judged": len([one for one in judged if one.answer is not Answer.UNSURE]),
        "unsure": len([one for one in judged if one.answer is Answer.UNSURE]),
        "confidence": CONFIDENCE,
        "precision": _shown(found.precision),
        "recall": _shown(found.recall),
        "recall_of_all": _of_all(found.recall, blocking),
        "unjudged": list(found.unjudged),
        "strata": [_counts(stratum, title) for stratum, title in zip(strata, (one.title for one in STRATA))],
        "groups": _groups(judged, strata),
    }


def _stratum(name: str, joined: bool, pairs: int, judged: Iterable[Judged]) -> Answers:
    said = Counter(one.answer for one in judged if one.stratum == name)
    return Answers(name, joined, pairs, said[Answer.YES], said[Answer.NO], said[Answer.UNSURE])


def _counts(stratum: Answers, title: str) -> dict[str, Any]:
    return {
        "name": stratum.name,
        "title": title,
        "joined": stratum.joined,
        "pairs": shown_count(stratum.pairs),
        "yes": stratum.yes,
        "no": stratum.no,
        "unsure": stratum.unsure,
    }


def _shown(found: Estimate | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "if_unsure_against": found.if_unsure_against,
        "if_unsure_for": found.if_unsure_for,
    }


def _of_all(recall: Estimate | None, blocking: dict[str, Any] | None) -> dict[str, float] | None:
    """Recall of all true pairs. Both ends are taken together, which makes the interval wider than it need be."""
    if recall is None or blocking is None:
        return None
    ends = {"value": recall.value, "low": recall.low, "high": recall.high}
    return {name: round(value * float(blocking[name]), 4) for name, value in ends.items()}


def _groups(judged: Sequence[Judged], strata: Sequence[Answers]) -> list[dict[str, Any]]:
    """The same by broad ethnic group of the pair, more roughly.

    How many pairs a group has in each stratum is not known, so each judged pair stands for its stratum's size over
    the judged of it, and the interval is Wilson's for as many pairs as these unequal weights are worth (Kish 1965,
    Survey Sampling, section 11.7).
    """
    stands_for = {one.name: one.pairs / one.judged for one in strata if one.judged}
    sure = [one for one in judged if one.answer is not Answer.UNSURE]
    names = sorted({broad(detailed(one.ethnicity)) for one in sure})
    return [_group(name, [one for one in sure if broad(detailed(one.ethnicity)) == name], stands_for) for name in names]


def _group(name: str, judged: Sequence[Judged], stands_for: dict[str, float]) -> dict[str, Any]:
    joined = [one for one in judged if one.joined]
    true = [one for one in judged if one.answer is Answer.YES]
    return {
        "group": name,
        "judged": shown_count(len(judged)),
        "precision": _weighted(joined, [one.answer is Answer.YES for one in joined], stands_for),
        "recall": _weighted(true, [one.joined for one in true], stands_for),
    }


def _weighted(judged: Sequence[Judged], hits: Sequence[bool], stands_for: dict[str, float]) -> dict[str, float] | None:
    if len(judged) < LEAST:
        return None
    weights = [stands_for[one.stratum] for one in judged]
    total = sum(weights)
    share = sum(weight for weight, hit in zip(weights, hits) if hit) / total
    worth = total**2 / sum(weight**2 for weight in weights)
    low, high = wilson(share * worth, worth, z_of(CONFIDENCE))
    return {"value": round(share, 3), "low": round(float(low), 3), "high": round(float(high), 3)}
