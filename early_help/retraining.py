"""`early-help retrain`: the quarterly job, from fresh extracts to a recommendation. It never promotes.

It may be run again, or twice at once: the run folder and the registry are locked, stages that are up to date are left
alone, and the same model is registered once. Killed at any point it leaves nothing half registered; run again, it
goes on. What it did stands in ``RUN/retraining.json``, in plain words in ``RUN/retraining.txt``, and as a
page in ``RUN/retraining.html``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from early_help.config import CouncilConfig, load_config
from early_help.evidence import DOCUMENT, evidence, registered_on
from early_help.feeds import broken_feeds
from early_help.job import announce, run_job, shown
from early_help.lock import run_lock
from early_help.progress import ConsoleProgress
from early_help.recommending import Advice, Recommendation, recommend
from early_help.retraining_page import withdraw_page, write_page
from early_help.runner import bring_up_to_date, forget_record, read_record
from early_help.stages import STAGES, stages_until
from fairness_audits.record import read_audit
from features.config import FeaturesConfig
from models.against_champion import COMPARISON, Champion, Champions
from models.against_champion import STAGE as COMPARING
from models.config import ModelsConfig
from models.persistence import check_model
from models.registry import Registry, Version
from models.stage import STAGE as MODELLING
from models.thresholds import RetrainingConfig
from models.tracking import identity
from store.errors import InputRejected, UsageError
from store.files import read_json, write_json, write_text
from store.key_file import load_or_create_keys
from store.keys import Keys
from store.run_folder import RunFolder

SUMMARY = "retraining.txt"
_FORMAT = 1
_QUALITY = "sources/data_quality.json"
_INVESTIGATE_EXIT = 4
_LONGEST = 2000
console = Console(highlight=False)

_NEXT = {
    Advice.PROMOTE: "To promote it, two people of different roles sign, one of them not of the data team: "
    'early-help promote RUN {target} --by "NAME" --role ROLE --note "TEXT"; and --reason "TEXT" where the audit cannot '
    "tell.",
    Advice.KEEP: "Nothing needs to be done: the champion stays.",
    Advice.INVESTIGATE: "Look into what is named below before anybody signs. The champion stays as it is.",
}


def retrain(
    council: Annotated[Path, typer.Argument(metavar="COUNCIL.toml", help="The council's configuration.")],
    as_of: Annotated[
        dt.datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The quarter's end: the date of the new list.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="RUNS", help="Where each quarter's run folder lies, by its date.")
    ] = Path("runs"),
    despite: Annotated[
        str | None,
        typer.Option("--despite", metavar="TEXT", help="Go on though a feed broke, for this reason, which is kept."),
    ] = None,
) -> None:
    """Make the quarter's challenger of each target, compare it with the champion, and recommend; never promote.

    Exit code 0 where each target's recommendation is to promote or to keep, 4 where one is to investigate, 3 where a
    feed broke or a file was changed.
    """
    config = _as_of(load_config(council), as_of.date())
    job = _Job(RunFolder((out / as_of.date().isoformat()).resolve()), config, load_or_create_keys(), as_of.date())
    with run_lock(job.run.root):
        found = _retrain(job, out.resolve(), _reason(despite))
    if any(one.advice is Advice.INVESTIGATE for one in found):
        raise typer.Exit(_INVESTIGATE_EXIT)


@dataclass(frozen=True)
class _Job:
    """One quarter's retraining."""

    run: RunFolder
    config: CouncilConfig
    keys: Keys
    as_of: dt.date

    @property
    def models(self) -> ModelsConfig:
        section = self.config.sections[ModelsConfig]
        assert isinstance(section, ModelsConfig)
        return section

    @property
    def thresholds(self) -> RetrainingConfig:
        section = self.config.sections[RetrainingConfig]
        assert isinstance(section, RetrainingConfig)
        return section


def _retrain(job: _Job, runs: Path, despite: str | None) -> list[Recommendation]:
    registry = Registry(job.models.mlruns, job.keys)
    registry.open()
    champions = _champions(registry, job.models)
    previous = _previous(runs, job.as_of)
    run_job(console, job.run, job.config, stages_until("sources"), previous)
    told = _check_feeds(job, previous, despite)
    _forget_unrecorded(job, registry)
    run_job(console, job.run, job.config, STAGES, previous)
    _compare(job, champions)
    with registry.locked():
        if _champions(registry, job.models) != champions:
            raise UsageError(
                "A model was promoted while the job was at work.",
                where=job.models.mlruns,
                fix="Run the same command again: the new champion is what the challenger must be compared with.",
            )
        found = _recommended(job, despite)
        _publish(job, found, champions, told, despite)
        registered = [_register(registry, job, one) for one in found]
        moved = [line for one in found for line in registry.settle(one.target)]
    _tell(job, registered, moved)
    return found


def _as_of(config: CouncilConfig, as_of: dt.date) -> CouncilConfig:
    """The configuration with ``as_of`` for the current date; what is later is left out."""
    features = config.sections[FeaturesConfig]
    assert isinstance(features, FeaturesConfig)
    dates = features.dates(config.council)
    if as_of not in dates:
        raise UsageError(
            f"{as_of} is not an as-of date of this configuration; the newest is {dates[-1]}.",
            where="--as-of",
            fix="Name a quarter's end that the extracts cover. With new extracts, set covers_to and extract_date "
            "under [council] in the TOML first.",
        )
    if as_of == dates[-1]:
        return config
    kept = features.model_copy(update={"first_as_of": None, "as_of": tuple(day for day in dates if day <= as_of)})
    return replace(config, sections={**config.sections, FeaturesConfig: kept})


def _reason(despite: str | None) -> str | None:
    if despite is None:
        return None
    said = " ".join(despite.split())
    if len(said) > _LONGEST or not any(letter.isalpha() for letter in said) or not said.isprintable():
        raise UsageError("No reason is given.", where="--despite", fix="Write in a sentence why the job may go on.")
    return said


def _champions(registry: Registry, config: ModelsConfig) -> dict[str, Version]:
    """The champion of each target that has one, its files looked at. Raises InputRejected where one was changed."""
    found = {}
    for target in config.targets:
        version = registry.champion(target)
        if version is not None:
            check_model(version.folder, version.model_sha256)
            found[target] = version
    return found


def _previous(runs: Path, as_of: dt.date) -> RunFolder | None:
    """The newest run of an earlier quarter whose index is finished: people and families keep its ids."""
    earlier = []
    for folder in runs.iterdir() if runs.is_dir() else ():
        try:
            date = dt.date.fromisoformat(folder.name)
        except ValueError:
            continue
        if date < as_of and read_record(RunFolder(folder), "residents") is not None:
            earlier.append((date, folder))
    return RunFolder(max(earlier)[1]) if earlier else None


def _check_feeds(job: _Job, previous: RunFolder | None, despite: str | None) -> list[str]:
    """Stop the job where a feed broke. Returns what is only to be told."""
    before = previous.root / _QUALITY if previous else None
    broken, told = broken_feeds(
        read_json(job.run.root / _QUALITY),
        read_json(before) if before and before.is_file() else None,
        job.as_of,
        job.thresholds,
    )
    if broken and despite is None:
        withdraw_page(job.run)
        write_json(job.run.root / DOCUMENT, _document(job) | {"state": "stopped", "broken_feeds": broken})
        write_text(
            job.run.root / SUMMARY, _heading(job) + "Stopped: a feed broke. Nothing was retrained.\n" + _bullets(broken)
        )
        raise InputRejected(
            "A feed broke, and nothing was retrained. " + " ".join(broken),
            where=shown(job.run.root / _QUALITY),
            fix="Have the system's owner send the extract again. Where it is right as it is, run the command with "
            '--despite "why"; what comes of it is then never recommended without being looked into.',
        )
    return [*told, *broken]


def _forget_unrecorded(job: _Job, registry: Registry) -> None:
    """Have the models made again where this MLflow store has no recording of them, as when another was lost."""
    for target in job.models.targets:
        evaluation = _evaluation(job, target)
        if evaluation.is_file() and not registry.has_recorded(target, identity(read_json(evaluation))):
            forget_record(job.run, MODELLING)


def _compare(job: _Job, champions: Mapping[str, Version]) -> None:
    known = Champions(
        by_target={
            target: Champion(
                version=one.number,
                sha256=one.model_sha256,
                folder=str(one.folder),
                ids=str(one.evidence.get("ids", "")),
            )
            for target, one in champions.items()
        }
    )
    config = replace(job.config, sections={**job.config.sections, Champions: known})
    announce(console, bring_up_to_date(job.run, config, COMPARING, job.keys, ConsoleProgress(console)))


def _recommended(job: _Job, despite: str | None) -> list[Recommendation]:
    compared = read_json(job.run.root / COMPARISON)["targets"]
    found = []
    for target in sorted(job.models.targets):
        audit = read_audit(job.run, job.keys, target)
        evaluation = read_json(_evaluation(job, target))
        found.append(recommend(target, evaluation, compared[target], audit.verdict, audit.why, despite, job.thresholds))
    return found


def _document(job: _Job) -> dict[str, Any]:
    return {"format": _FORMAT, "council": job.config.council.name, "as_of": job.as_of.isoformat()}


def _publish(
    job: _Job,
    found: list[Recommendation],
    champions: Mapping[str, Version],
    told: list[str],
    despite: str | None,
) -> None:
    """Write the document and the summary. The document holds no time and no version, so that it can be made again."""
    document = _document(job) | {
        "state": "recommended",
        "feeds": told,
        "despite": despite,
        "thresholds": job.thresholds.model_dump(),
        "targets": {
            one.target: {
                **one.document(),
                "champion": champions[one.target].identity if one.target in champions else None,
                "evidence": evidence(job.run, job.keys, one.target),
            }
            for one in found
        },
    }
    write_json(job.run.root / DOCUMENT, document)
    write_page(job.run, job.config, document)
    write_text(job.run.root / SUMMARY, _summary(job, found, told))


def _register(registry: Registry, job: _Job, one: Recommendation) -> str:
    """Make the target's new model its challenger, where there is one; and say so."""
    evaluation = read_json(_evaluation(job, one.target))
    if evaluation["state"] != "modelled":
        return f"{one.target}: {one.advice.value}; there is no new model to register."
    mark = identity(evaluation)
    check_model(job.run.root / "models" / one.target / "model", evaluation["model"]["sha256"])
    version, new = registry.register(
        one.target,
        mark,
        evaluation["model"]["sha256"],
        registered_on(job.run, job.keys, one.target),
        dt.datetime.now(dt.UTC),
    )
    check_model(version.folder, version.model_sha256)
    champion = registry.champion(one.target)
    place = "champion" if champion is not None and champion.number == version.number else "challenger"
    known = "" if new else ", as before"
    return f"{one.target}: {one.advice.value}; the new model is version {version.number}, {place}{known}."


def _evaluation(job: _Job, target: str) -> Path:
    return job.run.root / "models" / target / "evaluation.json"


def _heading(job: _Job) -> str:
    return f"{job.config.council.name}: retraining as of {job.as_of.isoformat()}\n\n"


def _bullets(lines: list[str]) -> str:
    return "".join(f"  - {line}\n" for line in lines)


def _summary(job: _Job, found: list[Recommendation], told: list[str]) -> str:
    """What was recommended and why, for an inbox or a notice board: no count below ten and nobody's data."""
    parts = [_heading(job), "Nothing was promoted: people do that.\n"]
    if told:
        parts.append("\nAbout the feeds:\n" + _bullets(told))
    for one in found:
        follow = _NEXT[one.advice].format(target=one.target)
        parts.append(f"\n{one.target}: {one.advice.value}\n  {follow}\n" + _bullets([r.text for r in one.reasons]))
    return "".join(parts)


def _tell(job: _Job, registered: list[str], moved: list[str]) -> None:
    console.print()
    console.print((job.run.root / SUMMARY).read_text(encoding="utf-8"), markup=False, soft_wrap=True)
    for line in (*registered, *moved):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"The same in a file: {shown(job.run.root / SUMMARY)}", markup=False, soft_wrap=True)
