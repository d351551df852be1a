"""What a run says of one target's model, as a notebook shows it: the question, the list's worth, what to mind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.documents import load_evaluation
from models.target import BASELINES
from store.display import bullets, card, folded, paragraph, table
from store.run_folder import RunFolder

_HEAD = ("Way of choosing", "Precision", "Recall", "Flags per true case", "Same list, families drawn anew")
_BASELINES = frozenset(name.value for name in BASELINES)
_KEPT_TOGETHER = "\u00a0"
_SMALL = 0.05
"""Shares under this are told to a tenth of a point: most of an outcome that is rare are."""


@dataclass(frozen=True, repr=False)
class TargetModel:
    """One target's evaluation; ``evaluation`` is the document (`models.evaluation`). It holds no case and no score."""

    evaluation: Mapping[str, Any]

    @property
    def modelled(self) -> bool:
        """Whether there is a model; if not, ``evaluation["why"]`` says why."""
        return bool(self.evaluation["state"] == "modelled")

    def __repr__(self) -> str:
        return "\n".join([self.evaluation["title"], self._said()])

    def _repr_html_(self) -> str:
        told = self.evaluation
        parts = [paragraph(told["question"]), paragraph(self._said())]
        if self.modelled:
            parts += [self._table(), paragraph(self._tested(), quiet=True)]
        mind = [*told["label_caveats"], f"When to stop using it: {told['retirement']}"]
        return card(told["title"], *parts, folded("What to mind", bullets(mind)), beside=told["target"])

    def _said(self) -> str:
        told = self.evaluation
        if not self.modelled:
            return f"No model: {told['why']}."
        return f"A list of {told['capacity']} by {_words(told['choice']['chosen'])}. {told['choice']['why']}"

    def _tested(self) -> str:
        dates = [split["as_of"] for split in self.evaluation["splits"]]
        return (
            f"Tested at {', '.join(dates)} on families it did not learn from; in brackets 95% intervals. "
            "Where intervals overlap, the simpler way has the better claim."
        )

    def _table(self) -> str:
        steady = self.evaluation.get("stability", {}).get("candidates", {})
        found = self.evaluation["candidates"]
        rows = [
            (
                _name(name),
                _figure(found[name]["pooled"]["precision"], _share),
                _figure(found[name]["pooled"]["recall"], _share),
                _figure(found[name]["pooled"]["flags_per_true_case"], "{:.1f}".format),
                _figure(steady.get(name, {}).get("refits_list"), _share),
            )
            for name in sorted(found, key=lambda name: (found[name]["baseline"], name))
        ]
        return table(_HEAD, rows, strong=_name(self.evaluation["choice"]["chosen"]))


def read_model(run: RunFolder | Path | str, target: str) -> TargetModel:
    """What a run says of one target's model. Raises UsageError, naming those there are, for any other target."""
    return TargetModel(load_evaluation(run.root if isinstance(run, RunFolder) else run, target))


def _name(name: str) -> str:
    return _words(name) + (" (baseline)" if name in _BASELINES else "")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _share(value: float) -> str:
    return f"{value:.0%}" if value >= _SMALL or value == 0 else f"{value:.1%}"


def _figure(figure: Mapping[str, Any] | None, form: Callable[[float], str]) -> str:
    if not figure or figure["value"] is None:
        return "-"
    if figure["low"] is None or figure["high"] is None:
        return form(figure["value"])
    interval = f"({form(figure['low'])} to {form(figure['high'])})"
    return f"{form(figure['value'])} {interval}".replace(" ", _KEPT_TOGETHER)
