"""Whether a way of making a list needs anybody's ethnicity, and when: what may be released hangs on it.

A list for which two families alike in everything else are treated differently because of their ethnicity is likely
direct discrimination (Equality Act 2010, sections 9, 13 and 29), however well it is meant; positive action (section
158) is narrow and is no rule for a model. So a model that needs ethnicity at the time of decision is never released.
One that needed it in training alone is not refused here: that is for the council's lawyers and its impact assessment
(UK GDPR article 9; Data Protection Act 2018, schedule 1, paragraph 8), and no stage of a run trains so.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

FIELD = "needs_ethnicity"
"""Where an evaluation says it. The models stage can open no ethnicity: its models need none, and say nothing."""


class NeedsEthnicity(StrEnum):
    """When the ethnicity of a family or child must be known."""

    NEVER = "never"
    IN_TRAINING = "in_training"
    AT_DECISION = "at_decision"


WORDS = {
    NeedsEthnicity.NEVER: "not at all",
    NeedsEthnicity.IN_TRAINING: "in training only",
    NeedsEthnicity.AT_DECISION: "at decision time",
}

IN_LAW = {
    NeedsEthnicity.NEVER: "No ethnicity is used. The audit only measured which features stand in for it.",
    NeedsEthnicity.IN_TRAINING: (
        "Ethnicity is used to learn and not to decide. That needs a condition for using it, an impact assessment and "
        "legal advice. No stage of a run trains so."
    ),
    NeedsEthnicity.AT_DECISION: (
        "Two families alike in all else would be treated differently because of their ethnicity: likely direct "
        "discrimination under the Equality Act 2010. It is shown to be weighed, and refused for release."
    ),
}


def why_never_released(evaluation: Mapping[str, Any]) -> str:
    """Why a model may not be released whatever its audit says, by what its evaluation says it needs; else nothing.

    What is not understood counts as needing ethnicity.
    """
    said = evaluation.get(FIELD, NeedsEthnicity.NEVER.value)
    if said in (NeedsEthnicity.NEVER.value, NeedsEthnicity.IN_TRAINING.value):
        return ""
    return (
        "The model needs ethnicity at the time of decision. Two families alike in all else would be treated "
        "differently because of it, which is likely direct discrimination under the Equality Act 2010."
    )
