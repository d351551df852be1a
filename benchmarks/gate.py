"""How often the gate errs, when the truth is known: against a four-fifths rule on the same draws.

    python -m benchmarks.gate [--draws 400] [--keep]

Boroughs of 40,000 cases are drawn at random with ethnic groups of census-like sizes, and judged by the toolkit's own
policy. The truth is either that all groups are alike, or that one group's miss rate is .20 higher. Tables are printed,
and with ``--keep`` kept in ``benchmarks/results/gate.md``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import table
from early_help.progress import ConsoleProgress
from fairness_audits.audit import GROUPS
from fairness_audits.cases import Cases
from fairness_audits.ethnicity import broad_group
from fairness_audits.measure import Measures, measure
from fairness_audits.metrics import Metric
from fairness_audits.policy import Grouping, load_policy
from fairness_audits.verdict import Verdict, all_findings, combine, judge, questions
from store.files import write_text

RESULTS = PROJECT / "benchmarks" / "results" / "gate.md"
CASES = 40_000
BASE_RATE, MISS_RATE, FALSE_POSITIVES = 0.06, 0.5, 0.03
GAP = 0.2
POSITIVES_OF_THE_HARMED = 100
FOUR_FIFTHS = 0.8
SHARES = {
    **{"WBRI": 0.665, "WIRI": 0.006, "WIRT": 0.001, "WROM": 0.003, "WOTH": 0.075},
    **{"MWBC": 0.016, "MWBA": 0.009, "MWAS": 0.015, "MOTH": 0.024},
    **{"AIND": 0.035, "APKN": 0.046, "ABAN": 0.019, "CHNE": 0.005, "AOTH": 0.022},
    **{"BAFR": 0.041, "BCRB": 0.010, "BOTH": 0.008},
    "OOTH": 0.024,
    "Unknown": 0.017,
}
"""About the shares of pupils in England by ethnic group; taken in proportion, so that they need not add up to 1."""


_HEAD = """# How often the gate errs

`python -m benchmarks.gate --keep` makes this page. Boroughs of 40,000 cases are drawn with ethnic groups of census-like
sizes and judged by the toolkit's own policy; a four-fifths rule (least rate over greatest, without intervals) judges
the same draws.

"""


@dataclass(frozen=True)
class Truth:
    """What the draws are made from: the miss rate of each detailed group, and the share of each."""

    words: str
    shares: dict[str, float]
    missed: Callable[[str], float]
    harmed: str | None = None
    """The broad group whose miss rate is higher."""


def truths() -> list[Truth]:
    """All groups alike; and a broad group of about a hundred positives that is missed more often."""
    shares = {group: share / sum(SHARES.values()) for group, share in SHARES.items()}
    size = POSITIVES_OF_THE_HARMED / BASE_RATE / CASES
    # The other groups stand as they are to each other; 'Other' alone is made so large.
    smaller = (1 - size) / (1 - shares["OOTH"])
    resized = {group: size if group == "OOTH" else share * smaller for group, share in shares.items()}
    return [
        Truth("all groups alike", shares, lambda group: MISS_RATE),
        Truth(
            f"one group of {POSITIVES_OF_THE_HARMED} positives is missed {GAP:.2f} more often",
            resized,
            lambda group: MISS_RATE + GAP * (group == "OOTH"),
            "Other",
        ),
    ]


def drawn(truth: Truth, draw: np.random.Generator) -> dict[str, Measures]:
    """One borough's counts and rates, by broad and detailed group."""
    codes = list(truth.shares)
    group = draw.choice(len(codes), size=CASES, p=np.array(list(truth.shares.values())))
    outcome = draw.random(CASES) < BASE_RATE
    missed = np.array([truth.missed(code) for code in codes])[group]
    flagged = draw.random(CASES) < np.where(outcome, 1 - missed, FALSE_POSITIVES)
    cases = Cases(outcome, flagged, np.full(CASES, BASE_RATE), np.arange(CASES))
    broad = np.array([broad_group(code) for code in codes], dtype=object)[group]
    detailed = np.array(codes, dtype=object)[group]
    return {
        Grouping.BROAD.value: measure(cases, broad, GROUPS["broad"]),
        Grouping.DETAILED.value: measure(cases, detailed, GROUPS["detailed"]),
    }


def four_fifths_fails(found: Measures, metric: Metric) -> bool:
    """Whether the least rate is under four fifths of the greatest, as a rule without intervals would have it."""
    rates = [one.value for group in found.groups if (one := found.evidence[metric, group]).value is not None]
    return min(rates) < FOUR_FIFTHS * max(rates)


def counted(truth: Truth, draws: int, seed: int, advance: Callable[[], None]) -> Counter[str]:
    """Over many boroughs: what the gate says, and how often a four-fifths rule fails."""
    policy, draw = load_policy(None), np.random.default_rng(seed)
    said: Counter[str] = Counter()
    for _ in range(draws):
        found = drawn(truth, draw)
        answers = judge(questions(policy), found, {name: one.groups for name, one in found.items()})
        findings = all_findings(answers)
        said[f"gate: {combine([finding.verdict for finding in findings]).value}"] += 1
        said["rule by rule: a group fails"] += sum(finding.verdict is Verdict.FAIL for finding in findings) > 0
        if truth.harmed:
            own = {f.verdict for f in findings if f.group == truth.harmed and f.rule.metric is Metric.MISS_RATE}
            said[f"miss rate of that group: {own.pop().value}"] += 1
        for grouping, measures in found.items():
            said[f"four fifths of share found, {grouping} groups: fail"] += four_fifths_fails(
                measures, Metric.FOUND_RATE
            )
            said[f"four fifths of share flagged, {grouping} groups: fail"] += four_fifths_fails(
                measures, Metric.SELECTION_RATE
            )
        advance()
    return said


def section(truth: Truth, draws: int, said: Counter[str]) -> str:
    """The table of one truth."""
    rows = [[words, f"{count / draws:.3f}"] for words, count in sorted(said.items()) if not words.startswith("rule by")]
    lines = [f"## {truth.words.capitalize()}\n", table(["what is said", f"share of {draws} boroughs"], rows)]
    failed, passed = said["gate: fail"] / draws, said["gate: pass"] / draws
    if truth.harmed:
        own = said["miss rate of that group: pass"] / draws
        verdict = "met" if passed < 0.05 and own < 0.05 else "NOT met"
        lines.append(
            f"- fail or 'cannot tell' over 95%: overall {1 - passed:.3f}, of that group's miss rate alone "
            f"{1 - own:.3f}: {verdict}\n"
        )
    else:
        lines.append(f"- fails under 5%: {failed:.3f}: {'met' if failed < 0.05 else 'NOT met'}\n")
    return "\n".join(lines)


def main() -> None:
    """Draw, judge, print, and keep when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=400, help="Boroughs for each truth.")
    parser.add_argument("--seed", type=int, default=1, help="Seed of the draws.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables.")
    asked = parser.parse_args()
    sections = []
    with ConsoleProgress(Console(stderr=True)).task("Drawing boroughs", asked.draws * len(truths())) as task:
        for place, truth in enumerate(truths()):
            said = counted(truth, asked.draws, asked.seed + place, task.advance)
            sections.append(section(truth, asked.draws, said))
    print("\n".join(sections))
    if asked.keep:
        write_text(RESULTS, _HEAD + "\n".join(sections))


if __name__ == "__main__":
    main()
