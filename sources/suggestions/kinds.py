"""Every kind of file but the lists of people, which `people` knows."""

from __future__ import annotations

from sources.suggestions.care_kinds import CARE_KINDS
from sources.suggestions.money_kinds import MONEY_KINDS
from sources.suggestions.school_kinds import SCHOOL_KINDS
from sources.suggestions.vocabulary import Kind

KINDS: tuple[Kind, ...] = (*SCHOOL_KINDS, *CARE_KINDS, *MONEY_KINDS)
