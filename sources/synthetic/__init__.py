"""The synthetic borough: messy extracts of a council that does not exist, and the truth about it, kept apart.

Nothing but the command line and tests imports this: the job reads the borough's files as it would a council's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sources.synthetic.adult_extracts import write_clients, write_participation, write_youth_justice
from sources.synthetic.care_extracts import (
    open_case_file,
    write_assessments,
    write_front_door,
    write_links,
    write_people,
    write_plans,
)
from sources.synthetic.care_return import write_return
from sources.synthetic.caseload_extracts import write_caseload, write_staff
from sources.synthetic.clock import SCHOOL_YEARS
from sources.synthetic.council_toml import write_council_toml
from sources.synthetic.landlord_extracts import (
    write_gazetteer,
    write_ledger,
    write_occupants,
    write_recovery,
    write_tenancies,
)
from sources.synthetic.other_extracts import write_early_help, write_incidents, write_young_carers
from sources.synthetic.paper import Paper
from sources.synthetic.register_extracts import (
    write_badges,
    write_electors,
    write_libraries,
    write_nurseries,
    write_permits,
    write_web_accounts,
)
from sources.synthetic.revenue_extracts import write_claims, write_council_tax, write_notices
from sources.synthetic.school_extracts import write_census, write_marks, write_suspensions
from sources.synthetic.schools import registers
from sources.synthetic.truth import write_truth
from sources.synthetic.world import Borough, build_borough
from store.errors import UsageError
from store.workspace import Progress, Task

__all__ = ["FEWEST_FAMILIES", "generate"]

FEWEST_FAMILIES = 20
_FILES = (
    write_gazetteer,
    write_census,
    write_suspensions,
    write_tenancies,
    write_occupants,
    write_ledger,
    write_recovery,
    write_claims,
    write_notices,
    write_council_tax,
    write_early_help,
    write_incidents,
    write_young_carers,
    write_clients,
    write_participation,
    write_youth_justice,
    write_electors,
    write_libraries,
    write_permits,
    write_badges,
    write_nurseries,
    write_web_accounts,
    write_staff,
)
_CARE_FILES = (
    write_people,
    write_links,
    write_front_door,
    write_assessments,
    write_plans,
    write_caseload,
    write_return,
)
_STEPS = 1 + len(_FILES) + len(_CARE_FILES) + len(SCHOOL_YEARS) + 2


class _Quiet:
    """Shows nothing."""

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        yield self

    def advance(self, steps: int = 1) -> None:
        """Nothing to show."""


def generate(families: int, seed: int, out: Path, truth: Path, progress: Progress | None = None) -> dict[str, int]:
    """Write the extracts of a borough with so many families to ``out``, and the truth to ``truth``.

    ``out`` gets ``council.toml`` (last, so that a folder that has it is whole) and ``extracts/``; ``truth`` gets its
    tables in Parquet. The same families and seed give the same bytes. Returns the rows of each extract by file.

    Raises UsageError when there are too few families to make a borough, or truth would lie among the extracts.
    """
    _check(families, seed, out, truth)
    with (progress or _Quiet()).task("Making the synthetic borough", _STEPS) as task:
        borough = build_borough(seed, families)
        task.advance()
        paper = Paper(out / "extracts", seed)
        _write_extracts(borough, paper, task)
        write_truth(borough, paper, truth)
        task.advance()
        write_council_toml(out / "council.toml", families, seed)
        task.advance()
    return paper.rows


def _check(families: int, seed: int, out: Path, truth: Path) -> None:
    if families < FEWEST_FAMILIES:
        raise UsageError(
            f"A borough needs at least {FEWEST_FAMILIES} families.", where="families", fix="Ask for more families."
        )
    if seed < 0:
        raise UsageError("The seed is below zero.", where="seed", fix="Give a whole number from 0.")
    if truth.resolve().is_relative_to((out / "extracts").resolve()) or truth.resolve() == out.resolve():
        raise UsageError(
            "The truth would lie among the extracts, where the job could read it.",
            where=str(truth),
            fix="Give the truth a folder of its own.",
        )


def _write_extracts(borough: Borough, paper: Paper, task: Task) -> None:
    for write in _FILES:
        write(borough, paper)
        task.advance()
    case_file = open_case_file(borough)
    for write_care in _CARE_FILES:
        write_care(borough, paper, case_file)
        task.advance()
    years = registers(borough.seed, borough.families, borough.people, borough.needs, borough.pupils, borough.exclusions)
    for year, register in years:
        write_marks(borough, paper, year, register)
        task.advance()
