"""A scored list from elsewhere, with hostile names of groups, and its audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairness_audits.policy import load_policy
from fairness_audits.scored_list import Columns, Cut, read_scored_list
from fairness_audits.table_audit import Listed, audit_table

HOSTILE = ("<script>alert(1)</script>", '=HYPERLINK("x")', 'O\'Brien | "quoted"', "{{ 7 * 7 }}")


def scored(groups: int = 3) -> pd.DataFrame:
    """A list that misses the second group and that no rule can settle for the hostile ones, which are small."""
    draw = np.random.default_rng(3)
    names = ["White", "Black", *HOSTILE, "", *(f"group {place}" for place in range(max(groups - 3, 0)))]
    weight = np.array([0.5, 0.35, *[0.02] * 4, 0.03, *[0.02] * max(groups - 3, 0)])
    group = draw.choice(names, 5000, p=weight / weight.sum())
    outcome = draw.random(5000) < 0.2
    risk = np.where(outcome, 0.6, 0.3) + 0.2 * draw.standard_normal(5000) - np.where(group == "Black", 0.45, 0)
    sex = draw.choice(["F", "M", ""], 5000, p=[0.49, 0.49, 0.02])
    return pd.DataFrame(
        {"Ethnic <b>group</b>": group, "sex": sex, "outcome": outcome.astype(int), "risk": np.clip(risk, 0, 1).round(4)}
    )


def audited_list(folder: Path, columns: Columns, cut: Cut, **how: Any) -> dict[str, Any]:
    path = folder / "a <i>list.csv"
    scored(**how).to_csv(path, index=False)
    cases = read_scored_list(path, columns, cut)
    return dict(audit_table(Listed(path.name, "0" * 64, columns, cut, cases), load_policy(None)).published)


BOTH = Columns(("Ethnic <b>group</b>", "sex"), label="outcome", score="risk")
LISTS = {
    "whole": (BOTH, Cut(capacity=600), {}),
    "without outcomes": (Columns(("sex",), score="risk"), Cut(threshold=0.5), {}),
    "many groups": (BOTH, Cut(capacity=600), {"groups": 100}),
}
