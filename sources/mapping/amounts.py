"""From the text of a cell to money in whole pence or a whole number, however a system writes its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import Expression

from sources.text import call, constant, either, first_of, matches, replaced

_MINUS, _APOSTROPHE = "\u2212", "\u2019"
# Twelve figures and four decimals are as many as the engine can turn into pence.
_FIGURES = rf"[+-]?(0*\d{{1,12}}|\d{{1,3}}([,'{_APOSTROPHE}]\d{{3}}){{1,3}})?(\.\d{{1,4}})?"
_WHOLE = rf"[+-]?(\d{{1,15}}|\d{{1,3}}([,'{_APOSTROPHE}\s]\d{{3}}){{1,4}})(\.0*)?"


@dataclass(frozen=True)
class Figures:
    """How figures are written: the decimal mark, and what one whole of an amount is in pence."""

    decimal: str = "."
    pence_each: int = 100

    def plain(self, text: Expression) -> Expression:
        """The text with a decimal point, commas between thousands, and a plain minus sign."""
        if self.decimal == ",":
            return call("translate", text, constant(f"{_MINUS},."), constant("-.,"))
        return call("replace", text, constant(_MINUS), constant("-"))


def pence_value(text: Expression, written: Figures) -> Expression:
    """Whole pence from amounts such as 1,234.50, £12, -3.5, (12.30), 12.30- or 12.30CR (the last three negative).

    Thousands may be set apart by a space, an apostrophe, or whichever of comma and point is not the decimal mark.
    """
    bare = written.plain(replaced(call("upper", text), r"[£\s]", ""))
    bracketed = matches(bare, r"\(.*\)")
    trailing = matches(bare, r".*[^-](-|CR)")
    amount = replaced(bare, r"^\(|\)$|(CR|DR|-)$", "")
    readable = matches(amount, _FIGURES) & matches(amount, r".*\d.*") & ~(bracketed & matches(amount, r"[+-].*"))
    number = _without_thousands(either(readable, amount, constant(None)))
    whole = number.cast("DECIMAL(18,4)") * constant(written.pence_each)
    pence = call("round", whole).cast("BIGINT")
    return either(bracketed | trailing, -pence, pence)


def net_pence(debit: Expression | None, credit: Expression | None, written: Figures) -> Expression:
    """Charges less payments in pence; a blank one counts nothing, null where both are blank or one is unreadable."""
    cells = [text for text in (debit, credit) if text is not None]
    total: Expression = constant(0).cast("BIGINT")
    unreadable = first_of(*cells, constant(None)).isnull()
    for text, sign in ((debit, 1), (credit, -1)):
        if text is not None:
            amount = pence_value(text, written)
            unreadable = unreadable | (text.isnotnull() & amount.isnull())
            total = total + constant(sign) * first_of(amount, constant(0).cast("BIGINT"))
    return either(unreadable, constant(None).cast("BIGINT"), total)


def integer_value(text: Expression, written: Figures) -> Expression:
    """A whole number, also when written 5.0, 1,200 or 1 200."""
    bare = written.plain(text)
    whole = call("split_part", either(matches(bare, _WHOLE), bare, constant(None)), constant("."), constant(1))
    return _without_thousands(whole).cast("BIGINT")


def _without_thousands(number: Expression) -> Expression:
    return call("translate", number, constant(f",' {_APOSTROPHE}"), constant(""))


def signs_turned(amount: Expression, conditions: Sequence[Expression]) -> Expression:
    """The amount counted the other way round where a condition holds."""
    for turned in conditions:
        amount = either(first_of(turned, constant(False)), constant(-1) * amount, amount)
    return amount
