"""Does the chain find the bias that was built in, and how much of it? Synthetic boroughs against their own truth.

    python -m benchmarks.chain --run RUN --truth FOLDER --council COUNCIL.toml [--run ...] [--keep]

Three questions, each asked by the chain of what the council holds, and by the truth of the same windows:

- contacts and the label at equal need: the chain holds evidence equal, the truth need itself (by half a standard
  deviation), families being of the group that most of the true family is of;
- young carers identified: the chain at equal signs of caring, the truth among those who care;
- who is absent from the data: the chain beside a census, which is here the truth's own count of children; the truth by
  the share of each group's true children who are in some family of the run.

How much of a bias is found is the slope of the chain's log ratios on the truth's over the groups, each weighed by how
surely the truth tells it: 1 is all of it, 0 none.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.chain_truth import Answer, Answers, Borough, asked
from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import table
from fairness_audits.chain.comparing import Range, Reading
from fairness_audits.ethnicity import label
from sources.synthetic.ethnicity import CARER_SEEN, CODES, SHARES, WATCHED
from store.files import write_text

PAGE = PROJECT / "docs" / "the-chain.md"
_BEGIN, _END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
_Z = 1.959964
_BUILT_IN = {
    "contact": dict(zip(CODES.tolist(), WATCHED.tolist())),
    "carers": dict(zip(CODES.tolist(), CARER_SEEN.tolist())),
}


def _error(one: Range) -> float:
    return float(np.log(one.high / one.low) / 2 / _Z) if one.low > 0 and np.isfinite(one.high) else float("inf")


def _usable(answers: Iterable[Answer]) -> list[tuple[float, float, float]]:
    """The chain's and the truth's log ratio of each group, and the truth's weight."""
    return [
        (float(np.log(one.chain.value)), float(np.log(one.truth.value)), _error(one.truth) ** -2)
        for one in answers
        if one.chain is not None and one.truth is not None and one.chain.value > 0 and one.truth.value > 0
    ]


def found_share(answers: Iterable[Answer]) -> float | None:
    """The slope of the chain's log ratios on the truth's, through nought."""
    used = _usable(answers)
    below = sum(weight * true**2 for _, true, weight in used)
    return sum(weight * ours * true for ours, true, weight in used) / below if below else None


def off_by(answers: Iterable[Answer]) -> str:
    """By what factor the chain's ratio typically differs from the truth's, groups weighed by how surely it tells."""
    used = _usable(answers)
    weight = sum(one for *_, one in used)
    return f"{np.exp((sum(w * (a - b) ** 2 for a, b, w in used) / weight) ** 0.5):.2f}" if weight else "-"


def summary(boroughs: Sequence[Answers]) -> str:
    """For each question: how much is found, and how often the readings are right."""
    rows = []
    for question in boroughs[0]:
        answers = [one for answered in boroughs for one in answered[question]]
        detailed = [one for one in answers if one.detailed]
        shares = [found_share(one for one in answered[question] if one.detailed) for answered in boroughs]
        told = [f"{one:.2f}" for one in shares if one is not None]
        said = _said(answers)
        rows.append(
            [
                question,
                "-" if found_share(detailed) is None else f"{found_share(detailed):.2f}",
                f"{min(told)} to {max(told)}" if told else "-",
                off_by(detailed),
                f"{said['found']} of {said['differ']}",
                str(said["missed"]),
                str(said["reversed"]),
                f"{said['false']} of {said['rest']}",
            ]
        )
    heads = [
        *("question, and what the chain holds equal", "share of the bias found", "by borough", "off by, times"),
        *(
            "differences that the truth shows, found",
            "cannot tell",
            "the other way round",
            "told, not shown by the truth",
        ),
    ]
    return table(heads, rows)


def _said(answers: Iterable[Answer]) -> Counter[str]:
    said: Counter[str] = Counter(found=0, differ=0, missed=0, reversed=0, false=0, rest=0)
    differ = (Reading.HIGHER, Reading.LOWER)
    for one in answers:
        if one.true_reading in differ:
            said["differ"] += 1
            said["found" if one.reading is one.true_reading else "reversed" if one.reading in differ else "missed"] += 1
        else:
            said["rest"] += 1
            said["false"] += one.reading in differ
    return said


def by_group(boroughs: Sequence[Answers]) -> str:
    """Contacts and carers by detailed group, boroughs pooled by their certainty, beside what was built in."""
    questions = (
        *("contacts, nothing held equal", "contacts, all evidence", "contacts, unprompted evidence"),
        "carers identified, equal signs",
    )
    rows = []
    for code in CODES.tolist():
        cells = [label(code), _made("contact", code)]
        for question in questions[:3]:
            cells.append(_pooled(boroughs, question, code, of_truth=False))
        cells.append(_pooled(boroughs, questions[0], code, of_truth=True))
        cells += [_made("carers", code), _pooled(boroughs, questions[3], code, of_truth=False)]
        cells.append(_pooled(boroughs, questions[3], code, of_truth=True))
        rows.append(cells)
    heads = [
        *("group", "reports, as made", "contacts: nothing equal", "all evidence", "unprompted evidence", "true need"),
        *("carers seen, as made", "identified: equal signs", "among true carers"),
    ]
    return table(heads, rows)


def _made(of: str, code: str) -> str:
    """What was built in, against all others by their shares."""
    made = _BUILT_IN[of]
    others = [(made[one], share) for one, share in zip(CODES.tolist(), SHARES.tolist()) if one != code]
    return f"{made[code] / (sum(m * s for m, s in others) / sum(s for _, s in others)):.2f}"


def _pooled(boroughs: Sequence[Answers], question: str, code: str, *, of_truth: bool) -> str:
    found = [
        one.truth if of_truth else one.chain for answers in boroughs for one in answers[question] if one.group == code
    ]
    told = [(float(np.log(one.value)), _error(one) ** -2) for one in found if one is not None and one.value > 0]
    weight = sum(w for _, w in told)
    if not weight:
        return "-"
    middle, error = sum(v * w for v, w in told) / weight, weight**-0.5
    return f"{np.exp(middle):.2f} ({np.exp(middle - _Z * error):.2f} to {np.exp(middle + _Z * error):.2f})"


def main() -> None:
    """Ask each borough, print, and keep when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "truth", "council"):
        parser.add_argument(f"--{name}", action="append", type=Path, required=True)
    parser.add_argument("--name", action="append", default=[], help="What a borough is called on the page.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables on the page.")
    given = parser.parse_args()
    boroughs = [asked(Borough(*paths)) for paths in zip(given.run, given.truth, given.council, strict=True)]
    names = ", ".join(given.name) or str(len(boroughs))
    told = f"Boroughs: {names}.\n\n{summary(boroughs)}\n{by_group(boroughs)}"
    print(told)
    if given.keep:
        before, rest = PAGE.read_text(encoding="utf-8").split(_BEGIN)
        write_text(PAGE, before + _BEGIN + "\n" + told + "\n" + _END + rest.split(_END)[1])


if __name__ == "__main__":
    main()
