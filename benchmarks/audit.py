"""What an audit costs, and how often its intervals hold the truth.

    python -m benchmarks.audit [--only intervals|run|list|coverage] [--draws 250] [--keep]

``intervals``: 1,000 bootstrap replicates of 8 metrics in 19 groups of 40,000 cases, beside fairlearn's own bootstrap in
the same process (a few replicates, scaled). ``run``: both targets of a made-up run of 40,000 cases each, with every
grouping of the default policy, documents written. ``list``: `early-help audit table` on a million rows. ``coverage``:
`benchmarks/audit_coverage.py`. Tables are printed, and with ``--keep`` kept in ``benchmarks/results/audit.md``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate, true_positive_rate
from rich.console import Console
from scipy.special import expit
from sklearn.metrics import accuracy_score, average_precision_score, precision_score, roc_auc_score

from benchmarks.audit_coverage import SCENES, coverage
from benchmarks.gate import SHARES
from benchmarks.jobs import PROJECT, run_process
from benchmarks.linkage.pages import table
from early_help.progress import ConsoleProgress
from fairness_audits.attributes import ATTRIBUTE_GROUPS
from fairness_audits.audit import Audited, audit
from fairness_audits.bootstrap import replicated, standard_errors
from fairness_audits.cases import Cases
from fairness_audits.ethnicity import broad_group
from fairness_audits.ordering import Grouped, divided
from fairness_audits.policy import load_policy
from fairness_audits.writing import rendered
from store.files import write_text

RESULTS = PROJECT / "benchmarks" / "results" / "audit.md"
CASES, AS_OFS, REPLICATES, THEIR_REPLICATES = 40_000, 6, 1000, 4
LIST_ROWS = 1_000_000
_SEED = 1
TARGETS = ("under_the_radar", "hidden_young_carers")
_HEAD = """# What an audit costs, and how often its intervals hold the truth

`python -m benchmarks.audit --keep` makes this page. Figures of time are seconds of wall clock and of processor.

"""


def made_up(rows: int, seed: int) -> tuple[Cases, np.ndarray]:
    """Cases of families that recur at `AS_OFS` dates, and the detailed ethnic group of each."""
    draw = np.random.default_rng(seed)
    families = rows // AS_OFS
    family = draw.integers(0, families, rows)
    need = -3.2 + draw.normal(0, 0.8, families)[family] + draw.normal(0, 0.5, rows)
    outcome, score = draw.random(rows) < expit(need), np.round(expit(need), 6)
    shares = np.array(list(SHARES.values())) / sum(SHARES.values())
    group = np.array(list(SHARES), dtype=object)[draw.choice(len(SHARES), families, p=shares)][family]
    return Cases(outcome, score > np.quantile(score, 0.97), score, family), group


def intervals() -> str:
    """Ours and fairlearn's bootstrap of the same cases, in one process."""
    cases, group = made_up(CASES, 1)
    codes, names = pd.factorize(group)
    by_group = Grouped(codes.astype(np.int64), np.ones((len(names), 2)))
    wall, cpu = time.perf_counter(), time.process_time()
    drawn = replicated(cases, {"ethnicity": divided(cases, by_group, True)}, REPLICATES, 1)["ethnicity"]
    errors = {figure: standard_errors(values) for figure, values in drawn.items()}
    ours = time.perf_counter() - wall, time.process_time() - cpu
    assert all(len(error) == len(names) for error in errors.values())
    theirs = _fairlearns(cases, group)
    per_thousand = theirs / THEIR_REPLICATES * REPLICATES
    rows = [
        [f"{len(errors)} metrics, {len(names)} groups, {REPLICATES:,} replicates", f"{ours[0]:.2f}", f"{ours[1]:.2f}"],
        [f"fairlearn's own, 8 metrics, by {THEIR_REPLICATES} replicates", "", f"{per_thousand:,.0f}"],
    ]
    head = f"## Intervals of {CASES:,} cases\n\n" + table(["bootstrap", "wall s", "processor s"], rows)
    return head + f"\nRatio: {per_thousand / ours[1]:,.0f} times.\n"


def _fairlearns(cases: Cases, group: np.ndarray) -> float:
    """Processor seconds of fairlearn's bootstrap, without those of the point estimates."""

    def seconds(**more: object) -> float:
        cpu = time.process_time()
        MetricFrame(
            metrics={
                **{"selection": selection_rate, "tpr": true_positive_rate, "fnr": false_negative_rate},
                **{"fpr": false_positive_rate, "accuracy": accuracy_score},
                "precision": lambda y, p: precision_score(y, p, zero_division=0),
                "auc": lambda y, p, score: roc_auc_score(y, score) if 0 < y.sum() < len(y) else np.nan,
                "ap": lambda y, p, score: average_precision_score(y, score) if y.sum() else np.nan,
            },
            y_true=cases.outcome.astype(int),
            y_pred=cases.flagged.astype(int),
            sensitive_features=pd.Series(group, name="group"),
            sample_params={"auc": {"score": cases.score}, "ap": {"score": cases.score}},
            **more,
        )
        return time.process_time() - cpu

    plain = seconds()
    drawn = seconds(n_boot=THEIR_REPLICATES, ci_quantiles=[0.025, 0.975], random_state=1)
    return max(drawn - plain, 1e-9)


def whole_run() -> str:
    """Both targets' audits with every grouping, to the bytes of their documents."""
    policy, rows = load_policy(None), []
    for place, target in enumerate(TARGETS):
        audited = _audited(target, place + 2)
        wall, cpu = time.perf_counter(), time.process_time()
        found = audit(audited, policy)
        size = len(rendered(found.restricted)) + len(rendered(found.published))
        groups = sum(len(entries) for entries in found.restricted["groupings"].values())
        spent = time.perf_counter() - wall, time.process_time() - cpu
        rows.append([target, f"{groups}", f"{size / 1e6:.1f}", f"{spent[0]:.1f}", f"{spent[1]:.1f}"])
    head = f"\n## Whole audits of {CASES:,} cases, all groupings of the default policy\n\n"
    return head + table(["target", "groups", "MB of documents", "wall s", "processor s"], rows)


def _audited(target: str, seed: int) -> Audited:
    cases, detailed = made_up(CASES, seed)
    draw = np.random.default_rng(seed)
    families = int(cases.family.max()) + 1
    names = np.array([f"f{number:06}" for number in range(families)])[cases.family]
    dates = np.array([dt.date(2024, 3, 31) + dt.timedelta(91 * number) for number in range(AS_OFS)])
    scores = pa.table(
        {
            **{"unit_id": names, "family_id": names},
            "as_of": pa.array(dates[draw.integers(0, AS_OFS, CASES)], pa.date32()),
            **{"part": ["test"] * CASES, "score": cases.score, "flagged": cases.flagged, "outcome": cases.outcome},
        }
    )
    groups = {"detailed": detailed, "broad": np.array([broad_group(code) for code in detailed], dtype=object)}
    for name, known in ATTRIBUTE_GROUPS.items():
        groups[name] = np.array(known, dtype=object)[draw.integers(0, len(known), families)][cases.family]
    return Audited(target, scores, groups, {}, [])


def long_list() -> str:
    """`early-help audit table` on a million rows with two group columns, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "list.parquet", Path(folder) / "out"
        cases, group = made_up(LIST_ROWS, 5)
        frame = pd.DataFrame({"outcome": cases.outcome.astype(int), "risk": cases.score, "family": cases.family})
        sex = np.array(["F", "M", None], dtype=object)[np.random.default_rng(1).integers(0, 3, LIST_ROWS)]
        frame.assign(ethnicity=group, sex=sex).to_parquet(path)
        command = ["-c", "from early_help.cli import main; main()", "audit", "table", str(path), "--label", "outcome"]
        more = ["--score", "risk", "--capacity", "30000", "--group", "ethnicity,sex", "--unit", "family"]
        cost = run_process([*command, *more, "--out", str(out)])
        verdict = json.loads((out / "published" / "audit.json").read_text(encoding="utf-8"))["verdict"]
    row = [f"{LIST_ROWS:,} rows, two group columns ({verdict})", f"{cost.wall:.1f}", f"{cost.cpu:.1f}"]
    return "\n## A list from elsewhere\n\n" + table(
        ["", "wall s", "processor s", "peak MB"], [[*row, f"{cost.peak_mb:,.0f}"]]
    )


def all_coverage(draws: int) -> str:
    """A table of every figure by scene: how often its 95% interval held the truth."""
    with ConsoleProgress(Console(stderr=True)).task("Drawing cohorts", draws * len(SCENES)) as task:
        found = {scene.words: coverage(scene, draws, _SEED, task.advance) for scene in SCENES}
    names = dict.fromkeys(name for figures in found.values() for name in figures)
    rows = [[name, *(_share(figures.get(name, (0, 0))) for figures in found.values())] for name in names]
    head = f"\n## Share of 95% intervals that held the truth, of {draws} cohorts\n\n"
    return head + table(["figure", *found], rows) + "\n'-': no interval is given.\n"


def _share(counted: tuple[int, int]) -> str:
    given, held = counted
    return f"{held / given:.3f}" if given else "-"


PARTS: dict[str, Callable[[int], str]] = {
    "intervals": lambda draws: intervals(),
    "run": lambda draws: whole_run(),
    "list": lambda draws: long_list(),
    "coverage": all_coverage,
}


def main() -> None:
    """Measure, print, and keep when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, help="Make one part alone.")
    parser.add_argument("--draws", type=int, default=250, help="Cohorts for each scene of the coverage.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables.")
    asked = parser.parse_args()
    sections = []
    for name, part in PARTS.items():
        if asked.only in (None, name):
            sections.append(part(asked.draws))
            print(sections[-1])
    if asked.keep and asked.only is None:
        write_text(RESULTS, _HEAD + "".join(sections))


if __name__ == "__main__":
    main()
