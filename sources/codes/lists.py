"""What a list of codes is: which values there are, and what each means to people and to the toolkit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One allowed value, its meaning in words, and what it counts as, where the list sorts its codes."""

    code: str
    label: str
    counts_as: str = ""


@dataclass(frozen=True)
class CodeList:
    """A closed list of values: what is not in it is not guessed at, but left out, counted and kept to be looked at."""

    name: str
    meaning: str
    codes: tuple[Code, ...]
    counts_as: str = ""
    """What ``Code.counts_as`` says, in words; empty where the codes are not sorted any further."""

    @property
    def values(self) -> tuple[str, ...]:
        """The allowed values, in the order of the list."""
        return tuple(code.code for code in self.codes)

    def label(self, value: str) -> str:
        """The meaning of a value. Raises KeyError for one that is not in the list."""
        return self._by_value()[value].label

    def counted_as(self, kind: str) -> tuple[str, ...]:
        """The values that count as ``kind``."""
        return tuple(code.code for code in self.codes if code.counts_as == kind)

    def _by_value(self) -> dict[str, Code]:
        return {code.code: code for code in self.codes}
