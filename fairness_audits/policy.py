"""The audit policy: which differences between groups matter, how large they may be, and how sure one must be."""

from __future__ import annotations

import difflib
import json
import tomllib
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fairness_audits.metrics import Harm, Metric, Scale, harm
from store.errors import UsageError
from store.files import text_hash

DEFAULT_POLICY = "default_policy.toml"


class Grouping(StrEnum):
    """The ways the cohort is divided."""

    BROAD = "broad"
    DETAILED = "detailed"


class Rule(BaseModel):
    """One line of policy: no group may be worse off than the rest of the cohort by more than the margin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name of the rule.")
    metric: Metric = Field(description="What is compared.")
    grouping: Grouping = Field(Grouping.BROAD, description="Which groups it holds for.")
    scale: Scale = Field(Scale.DIFFERENCE, description="Whether a group is compared by difference or by ratio.")
    margin: float = Field(
        gt=0,
        description="Largest harm that may be accepted: a difference of rates; or a ratio above 1, and its inverse.",
    )
    confidence: float = Field(0.95, ge=0.8, lt=1, description="Confidence of the two-sided interval.")
    minimum: float = Field(
        ge=10, description="Fewest independent cases' worth of evidence in the rate's own denominator."
    )
    reason: str = Field("", description="Why the rule is there, in plain English; shown in the reports.")

    @model_validator(mode="after")
    def _can_be_judged(self) -> Rule:
        if harm(self.metric) is Harm.NEITHER:
            raise ValueError(f"{self.metric.value} describes the cohort and cannot be a rule")
        if self.metric is Metric.CALIBRATION and self.scale is Scale.DIFFERENCE:
            raise ValueError('calibration_oe is compared by ratio only: give scale = "ratio"')
        if self.scale is Scale.RATIO and self.margin <= 1:
            raise ValueError("the margin is a ratio and must be above 1, such as 1.25")
        if self.scale is Scale.DIFFERENCE and self.margin >= 1:
            raise ValueError("the margin is a difference of rates and must be below 1, such as 0.10")
        return self


class Policy(BaseModel):
    """The whole policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Name of the policy.")
    rules: Annotated[list[Rule], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> Policy:
        names = [rule.name for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError("two rules have the same name")
        return self

    @property
    def sha256(self) -> str:
        """Hash of what the policy says; comments and layout do not count."""
        return text_hash(json.dumps(self.model_dump(mode="json"), sort_keys=True))


def load_policy(path: str | None) -> Policy:
    """Read a policy file, or the one that comes with the toolkit.

    Raises UsageError, naming the key and the nearest word that would have been right.
    """
    if path is None:
        where = DEFAULT_POLICY
        content = resources.files("fairness_audits").joinpath(DEFAULT_POLICY).read_text(encoding="utf-8")
    else:
        where = path
        content = _read(Path(path))
    try:
        return Policy.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The audit policy is not valid TOML: {error}.", where=where) from error
    except ValidationError as error:
        raise _explained(error, where) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The audit policy cannot be read.", where=str(path), fix="Check [audit] policy in the council's TOML."
        ) from error


def _explained(error: ValidationError, where: str) -> UsageError:
    # An unknown key first: it is usually why another one is missing.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"])
    kind = first["type"]
    if kind == "extra_forbidden":
        known = [*Policy.model_fields, *Rule.model_fields]
        return UsageError(
            "The audit policy has an unknown key.", where=f"{where}: {key}", fix=_nearest(str(first["loc"][-1]), known)
        )
    if kind == "enum":
        known = [member.value for member in _ENUMS[str(first["loc"][-1])]]
        return UsageError(
            "The audit policy names something unknown.", where=f"{where}: {key}", fix=_nearest(first["input"], known)
        )
    message = first["msg"].removeprefix("Value error, ")
    return UsageError(f"The audit policy is wrong: {message}.", where=f"{where}: {key}" if key else where)


_ENUMS: dict[str, type[StrEnum]] = {"metric": Metric, "grouping": Grouping, "scale": Scale}
_PLAIN_NAMES = {
    "recall": Metric.FOUND_RATE,
    "true_positive_rate": Metric.FOUND_RATE,
    "miss_rate": Metric.MISS_RATE,
    "false_negative_rate": Metric.MISS_RATE,
    "false_positive_rate": Metric.FALSE_POSITIVE_RATE,
    "false_discovery_rate": Metric.FALSE_DISCOVERY_RATE,
    "false_omission_rate": Metric.FALSE_OMISSION_RATE,
    "calibration": Metric.CALIBRATION,
}


def _nearest(word: Any, known: list[str]) -> str:
    plain = _PLAIN_NAMES.get(str(word).lower())
    close = [plain.value] if plain and plain.value in known else difflib.get_close_matches(str(word), known, 1)
    listing = "Known: " + ", ".join(known) + "."
    return f"Did you mean {close[0]}? {listing}" if close else listing
