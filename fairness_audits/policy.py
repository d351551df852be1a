"""The audit policy: which differences between groups matter, how large they may be, and how sure one must be."""

from __future__ import annotations

import difflib
import json
import tomllib
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from fairness_audits.metrics import Harm, Metric, Scale, harm
from store.errors import UsageError
from store.files import text_hash

DEFAULT_POLICY = "default_policy.toml"


class Grouping(StrEnum):
    """The ways the cohort is divided. Those but ethnicity are there where the run tells of them."""

    BROAD = "broad"
    DETAILED = "detailed"
    SEX = "sex"
    AGE_BAND = "age_band"
    DISABILITY = "disability"
    DEPRIVATION = "deprivation"


ATTRIBUTES = (Grouping.SEX, Grouping.AGE_BAND, Grouping.DISABILITY, Grouping.DEPRIVATION)
"""What cases are grouped by beside ethnicity."""


class Together(BaseModel):
    """A grouping that is described: one attribute by itself, or several together. Rules judge single ones alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[tuple[Grouping, ...], Field(min_length=1, max_length=3)] = Field(
        description="The attributes taken together, as broad and sex."
    )

    @model_validator(mode="after")
    def _can_be_grouped(self) -> Together:
        if len(set(self.by)) != len(self.by):
            raise ValueError("a grouping names an attribute twice")
        if {Grouping.BROAD, Grouping.DETAILED} <= set(self.by):
            raise ValueError("broad and detailed ethnic groups are nested, and are not taken together")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(grouping.value for grouping in self.by)


DESCRIBED = (
    *(Together(by=(attribute,)) for attribute in ATTRIBUTES),
    *(Together(by=(Grouping.BROAD, attribute)) for attribute in ATTRIBUTES),
)
"""What is described where a policy does not say: each attribute, and each with broad ethnicity."""


class SmallNumbers(BaseModel):
    """How small a count may be shown, and how finely."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    suppress_below: int = Field(10, ge=5, le=100, description="Counts under this are not shown.")
    round_to: int = Field(5, ge=5, le=50, description="Other counts are shown to the nearest multiple of this.")

    @model_validator(mode="after")
    def _can_be_kept(self) -> SmallNumbers:
        if self.suppress_below < self.round_to:
            raise ValueError("suppress_below must not be less than round_to")
        return self


class Sample(BaseModel):
    """How many cases of each list may be drawn from below the line, by lot, and put into the pack unmarked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: int = Field(
        0, ge=0, le=100, description="The most that may be drawn for one list. Who signs for a release signs for them."
    )


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
    groupings: tuple[Together, ...] = Field(
        DESCRIBED, description="What is described beside broad and detailed ethnicity, where the run tells of it."
    )
    reference: dict[str, str] = Field(
        {},
        description="For a grouping, or a column of a list, the group that others are compared with, as well as with "
        "the rest of the cohort. Described, and not judged.",
    )
    small_numbers: SmallNumbers = Field(
        SmallNumbers.model_validate({}), description="How small counts are protected where shown."
    )
    sample_below_the_line: Sample = Field(
        Sample.model_validate({}), description="Whether a panel may be shown cases drawn from below the line."
    )

    @model_serializer(mode="wrap")
    def _without_a_sample_that_is_not_allowed(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A policy that allows no sample is, to its hash, one that says nothing of samples."""
        told: dict[str, Any] = serialise(self)
        if not self.sample_below_the_line.cases:
            told.pop("sample_below_the_line", None)
        return told

    @model_validator(mode="after")
    def _names_differ(self) -> Policy:
        names = [rule.name for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError("two rules have the same name")
        described = [frozenset(one.by) for one in self.groupings]
        if len(set(described)) != len(described):
            raise ValueError("two groupings are of the same attributes")
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
        raise UsageError(f"The audit policy is not valid TOML: {error}.", where=where, fix=_LAYOUT) from error
    except ValidationError as error:
        raise _explained(error, where) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The audit policy cannot be read.",
            where=str(path),
            fix="Check the path of the policy, and that it is text in UTF-8.",
        ) from error


def _explained(error: ValidationError, where: str) -> UsageError:
    # An unknown key first: it is usually why another one is missing.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"])
    kind = first["type"]
    if kind == "extra_forbidden":
        known = [*dict.fromkeys(n for m in (Policy, Rule, Together, SmallNumbers, Sample) for n in m.model_fields)]
        return UsageError(
            "The audit policy has an unknown key.", where=f"{where}: {key}", fix=_nearest(str(first["loc"][-1]), known)
        )
    if kind == "enum":
        named = next(part for part in reversed(first["loc"]) if isinstance(part, str))
        known = [member.value for member in _ENUMS[named]]
        return UsageError(
            "The audit policy names something unknown.", where=f"{where}: {key}", fix=_nearest(first["input"], known)
        )
    message = first["msg"].removeprefix("Value error, ")
    return UsageError(f"The audit policy is wrong: {message}.", where=f"{where}: {key}" if key else where, fix=_MODEL)


_LAYOUT = (
    'Put each key on a line of its own as name = value, texts in "quotation marks", and [[rules]] above each rule. '
    "fairness_audits/default_policy.toml is one that is right."
)
_MODEL = "Compare with the toolkit's own, fairness_audits/default_policy.toml, where each key stands with what it does."
_ENUMS: dict[str, type[StrEnum]] = {"metric": Metric, "grouping": Grouping, "scale": Scale, "by": Grouping}
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
