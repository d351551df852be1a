"""The demo: a synthetic borough through the whole job, one target released by the proper route, one withheld."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path

from early_help.fingerprint import code_hash
from early_help.run_config import MADE
from fairness_audits.gate import GateStatus, approve, export_list, status
from fairness_audits.release import GateState, Verdict
from fairness_audits.writing import published_path
from sources.synthetic import generate
from store.errors import Withheld
from store.files import read_json, write_json
from store.keys import Keys
from store.run_folder import RunFolder
from store.workspace import Progress

MITIGATION = (
    "Demo only. The panel reads every case blind to its place in the list, visits no family on the list alone, and "
    "records its decision by ethnic group; the audit is repeated when the next quarter's outcomes have closed."
)
VALID_DAYS = 90


@dataclass(frozen=True)
class DemoFolders:
    """Where the demo keeps its parts: the run, the borough's raw extracts, and the truth apart from both."""

    run: Path

    @property
    def borough(self) -> Path:
        return self.run.with_name(f"{self.run.name}-borough")

    @property
    def truth(self) -> Path:
        return self.run.with_name(f"{self.run.name}-truth")

    @property
    def council(self) -> Path:
        return self.borough / "council.toml"


@dataclass(frozen=True)
class Approver:
    """A made-up person who signs for the demo."""

    name: str
    role: str
    note: str


APPROVERS = (
    Approver("Demo approver one (not a real person)", "data_scientist", "Demo: audit read, mitigation agreed."),
    Approver("Demo approver two (not a real person)", "equalities_lead", "Demo: audit read, mitigation agreed."),
)


def make_borough(folders: DemoFolders, families: int, seed: int, progress: Progress) -> None:
    """Generate the borough, unless the same one, by the same code, is there already."""
    marker = folders.borough / MADE
    wanted = {"families": families, "seed": seed, "code": code_hash("sources")}
    if marker.exists() and read_json(marker) == wanted:
        return
    generate(families, seed, folders.borough, folders.truth, progress)
    write_json(marker, wanted)


def release_one(run: RunFolder, keys: Keys, targets: list[str], today: dt.date) -> str | None:
    """Release the target with the best supported audit, if its verdict allows it, and return its name.

    A passed audit comes first, then a list shown to be better than chance, then the one that rests on most true
    cases. A 'cannot tell' is released with the demo's mitigation and an expiry date, as a council would have to.
    Where one is released already, that is the one.
    """
    standing = {target: status(run, keys, target, today) for target in targets}
    for target in targets:
        if standing[target].state is GateState.RELEASED:
            return target
    for target in sorted(targets, key=lambda target: _support(run, target), reverse=True):
        try:
            for approver in _still_to_sign(standing[target]):
                _sign(run, keys, target, standing[target].verdict, approver, today)
        except Withheld:
            continue
        return target
    return None


def _still_to_sign(standing: GateStatus) -> tuple[Approver, ...]:
    """Both approvers, or the second alone where an earlier demo was stopped between the two."""
    halfway = standing.state is GateState.ONE_APPROVAL and standing.approvals[0].name == APPROVERS[0].name
    return APPROVERS[1:] if halfway else APPROVERS


def _support(run: RunFolder, target: str) -> tuple[bool, bool, int]:
    audit = read_json(run.root / published_path(target))
    choice = read_json(run.root / "models" / target / "evaluation.json").get("choice", {})
    better_than_chance = choice.get("no_better_than_chance") is False
    positives = audit.get("overall", {}).get("positives", 0)
    return audit["verdict"] == Verdict.PASS.value, better_than_chance, positives if isinstance(positives, int) else 0


def _sign(run: RunFolder, keys: Keys, target: str, verdict: Verdict, approver: Approver, today: dt.date) -> None:
    mitigated = verdict is Verdict.CANNOT_TELL
    approve(
        run,
        keys,
        target,
        name=approver.name,
        role=approver.role,
        note=approver.note,
        today=today,
        mitigation=MITIGATION if mitigated else None,
        expires=today + dt.timedelta(days=VALID_DAYS) if mitigated else None,
    )


def refusal(run: RunFolder, keys: Keys, target: str, today: dt.date) -> Withheld:
    """What the export of a withheld target answers, asked for real; nothing is written."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            export_list(run, keys, target, Path(folder) / "list.csv", today)
        except Withheld as error:
            return error
    raise AssertionError("the gate gave out a list that was to be withheld")
