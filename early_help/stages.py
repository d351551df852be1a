"""The stages of the run, in order."""

from __future__ import annotations

from fairness_audits.attribute_stage import STAGE as ATTRIBUTES
from fairness_audits.chain.recording import STAGE as RECORDING
from fairness_audits.chain.stage import STAGE as CHAIN
from fairness_audits.identification import STAGE as IDENTIFICATION
from fairness_audits.proxies.stage import STAGE as PROXIES
from fairness_audits.stage import STAGE as AUDITS
from features.stage import STAGE as FEATURES
from models.stage import STAGE as MODELS
from reports.stage import STAGE as REPORTS
from residents.certainty import STAGE as CERTAINTY
from residents.stage import STAGE as RESIDENTS
from sources.stage import STAGE as SOURCES
from store.errors import UsageError
from store.workspace import Stage

STAGES: tuple[Stage, ...] = (
    SOURCES,
    RESIDENTS,
    FEATURES,
    IDENTIFICATION,
    MODELS,
    ATTRIBUTES,
    AUDITS,
    RECORDING,
    CHAIN,
    PROXIES,
    CERTAINTY,
    REPORTS,
)


def stages_until(last: str | None) -> tuple[Stage, ...]:
    """The stages up to and including ``last``; all of them when it is None."""
    names = [stage.name for stage in STAGES]
    if last is None:
        return STAGES
    if last not in names:
        raise UsageError("There is no such stage.", where="--until", fix="Stages: " + " ".join(names))
    return STAGES[: names.index(last) + 1]
