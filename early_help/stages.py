"""The stages of the run, in order."""

from __future__ import annotations

from fairness_audits.stage import STAGE as AUDITS
from features.stage import STAGE as FEATURES
from models.stage import STAGE as MODELS
from reports.stage import STAGE as REPORTS
from residents.stage import STAGE as RESIDENTS
from sources.stage import STAGE as SOURCES
from store.workspace import Stage

STAGES: tuple[Stage, ...] = (SOURCES, RESIDENTS, FEATURES, MODELS, AUDITS, REPORTS)
