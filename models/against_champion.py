"""Each target's new model against its champion: a stage of its own, because only the quarterly job has it.

What it finds stands in ``models/comparison.json``, one entry for each target. ``state`` is ``compared``; ``first``
where there is no champion; ``same`` where the new model is the champion; ``not_modelled`` where there is no new
model; or ``cannot_compare``, with the reason under ``why``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from threadpoolctl import threadpool_limits

from models.cases import Cases, Integers
from models.catalogue import CATALOGUE
from models.comparing import Scored, as_kept, by_challenger_without, compared, turnover
from models.config import ModelsConfig
from models.drift import feature_drift, label_drift
from models.groups import family_groups
from models.inputs import TABLES, Inputs, asked, open_inputs
from models.persistence import LoadedModel, load_model
from models.roster import roster
from models.splits import Origin
from models.target import Target
from models.targets import TARGETS
from models.thresholds import RetrainingConfig
from store.council import Section
from store.files import read_json
from store.workspace import Stage, Workspace

COMPARISON = "models/comparison.json"
INDEX = "residents/index.json"
_NO_FAMILY = "No family is scored by a model that saw it."
_BASIS = {
    (False, False): "Neither model learnt from this date.",
    (False, True): "Neither model learnt from this date: the challenger was trained once more without it.",
    (True, False): "The champion learnt from this date, of other families, and the challenger did not.",
    (True, True): "Both models learnt from this date, of other families.",
}
"""What the comparison rests on, by whether the champion and the challenger, as kept, learnt from the date."""


class Champion(Section):
    """The champion of one target, as the registry's history has it."""

    version: int = Field(description="Its number in the registry.")
    sha256: str = Field(description="Hash of its model.json, which stands for all of its files.")
    folder: str = Field(description="Where its files lie.")
    ids: str = Field(description="Mark of the index that gave families their ids when it was made.")


class Champions(Section):
    """The champions that a run's models are compared with, by target."""

    by_target: dict[str, Champion] = Field(default_factory=dict, description="Targets without one are left out.")


def ids_mark(run_root: Path) -> str:
    """A mark of the index that a run's ids come from: two runs with one mark call a family by one id."""
    salt = str(read_json(run_root / INDEX).get("salt", ""))
    return hashlib.sha256(f"ids|{salt}".encode()).hexdigest()[:16]


def run(work: Workspace) -> None:
    """Compare every target of the configuration. Raises InputRejected when a champion's files were changed."""
    config = work.section(ModelsConfig)
    champions = work.section(Champions).by_target
    ids = ids_mark(work.document(INDEX).parent.parent)
    with (
        threadpool_limits(limits=1, user_api="blas"),
        work.connect() as connection,
        work.task("Comparing with the champions", len(config.targets)) as task,
    ):
        inputs = open_inputs(work, connection, config.folds)
        found = {}
        for name in config.targets:
            found[name] = _target(work, inputs, TARGETS[name], config, champions.get(name), ids)
            task.advance()
    work.write_document(COMPARISON, {"ids": ids, "targets": found})


def _target(
    work: Workspace, inputs: Inputs, target: Target, config: ModelsConfig, champion: Champion | None, ids: str
) -> dict[str, Any]:
    evaluation = read_json(work.document(f"models/{target.name}/evaluation.json"))
    if evaluation["state"] != "modelled":
        return {"state": "not_modelled", "why": evaluation["why"]}
    if champion is None:
        return {"state": "first"}
    if champion.sha256 == evaluation["model"]["sha256"]:
        return {"state": "same", "champion": {"version": champion.version}}
    kept = load_model(Path(champion.folder), champion.sha256)
    challenger = load_model(work.run.root / "models" / target.name / "model", evaluation["model"]["sha256"])
    at_hand = asked(work, inputs, target)
    cases = at_hand.cases
    # The champion's own folds: which of its models left a family out.
    groups = family_groups(inputs.connection, kept.document["folds"], kept.document["seed"])
    fold = groups.fold[cases.group]
    newest = dt.date.fromisoformat(evaluation["splits"][-1]["as_of"])
    current = cases.at(at_hand.current)
    capacity = evaluation["capacity"]
    profile, thresholds = kept.document["profile"], work.section(RetrainingConfig)
    lists = (
        kept.margin(kept.values(cases, current), fold[current]),
        challenger.margin(challenger.values(cases, current), cases.fold[current]),
    )
    return {
        **_on_closed(work, target, config, cases, fold, (kept, challenger), newest, capacity),
        "champion": {
            "version": champion.version,
            "chosen": kept.chosen.value,
            "origin": kept.document["origin"],
            "learns_from": kept.document["learns_from"],
        },
        "families_known": champion.ids == ids,
        "feature_drift": {"as_of": at_hand.current.isoformat(), **feature_drift(profile, cases, current, thresholds)},
        "label_drift": label_drift(profile, cases, at_hand.closed),
        "turnover": {
            "as_of": at_hand.current.isoformat(),
            "share": turnover(cases, current, *lists, capacity),
        },
    }


def _on_closed(
    work: Workspace,
    target: Target,
    config: ModelsConfig,
    cases: Cases,
    fold: Integers,
    models: tuple[LoadedModel, LoadedModel],
    newest: dt.date,
    capacity: int,
) -> dict[str, Any]:
    """Both on the newest tested date."""
    champion, challenger = models
    rows = cases.at(newest)
    know = (
        newest.isoformat() in champion.document["learns_from"],
        newest.isoformat() in challenger.document["learns_from"],
    )
    say = (
        _trained_without(work, target, config, cases, challenger, newest)
        if know == (False, True)
        else as_kept(challenger, cases, rows, cases.fold[rows])
    )
    if say is None:
        return {
            "state": "cannot_compare",
            "why": "Without its newest date the challenger has nothing to learn from.",
            "as_of": newest.isoformat(),
        }
    other = as_kept(champion, cases, rows, fold[rows])
    return {
        "state": "compared",
        "as_of": newest.isoformat(),
        "basis": f"{_BASIS[know]} {_NO_FAMILY}",
        "figures": compared(cases, rows, other, say, capacity, config.bootstrap_replicates, work.settings.seed),
    }


def _trained_without(
    work: Workspace, target: Target, config: ModelsConfig, cases: Cases, challenger: LoadedModel, newest: dt.date
) -> Scored | None:
    """The challenger's way of choosing, trained without the newest date; None where that leaves nothing to learn."""
    origin = Origin(
        dt.date.fromisoformat(challenger.document["origin"]),
        tuple(dt.date.fromisoformat(day) for day in challenger.document["learns_from"]),
    )
    others = cases.during([day for day in origin.learns_from if day != newest])
    outcome = cases.outcome(others, known_by=origin.as_of)
    if any(len(np.unique(outcome[cases.fold[others] != one])) < 2 for one in range(config.folds)):
        return None
    candidate = next(one for one in roster(target, config, cases) if one.name is challenger.chosen)
    return by_challenger_without(
        cases,
        candidate,
        origin,
        newest,
        folds=config.folds,
        seed=work.settings.seed,
        threads=work.settings.threads,
        advance=lambda: None,
    )


STAGE = Stage(
    name="comparison",
    room="models",
    reads=TABLES,
    writes=(),
    sections=(ModelsConfig, RetrainingConfig, Champions),
    run=run,
    documents=(CATALOGUE, "models/*/evaluation.json", INDEX),
)
