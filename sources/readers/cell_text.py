"""The text of a typed cell, for readers whose cells have types: as a CSV of the same table would have it."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from collections.abc import Callable
from decimal import Decimal

_EXACT_IN_A_FLOAT = float(1 << 53)
_SIGNIFICANT_DIGITS = 15
"""Of a floating-point number: as many as a spreadsheet shows, so that 33.300000000000004 is 33.3 again."""


def cell_text(value: object, decimal: str = ".") -> str | None:
    """The text of a value; None for none.

    Dates and times are ISO 8601, midnight is a date alone; yes and no are ``true`` and ``false``; numbers have no
    exponent and whole ones no ``.0``; decimals keep every digit. Bytes are hexadecimal. ``decimal`` is the mark that
    the council's texts have in numbers, which a mapping then expects of every number.
    """
    if value is None:
        return None
    make = _MAKERS.get(type(value))
    if make is None:
        make = next((made for kind, made in _MAKERS.items() if isinstance(value, kind)), str)
    text = make(value)
    if decimal != "." and text is not None and isinstance(value, float | Decimal):
        return text.replace(".", decimal)
    return text


def _number(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < _EXACT_IN_A_FLOAT:
        return str(int(value))
    return format(Decimal(format(value, f".{_SIGNIFICANT_DIGITS}g")), "f")


def _moment(value: dt.datetime) -> str:
    if value.tzinfo is None and value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat(sep=" ")


def _listed(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


_MAKERS: dict[type, Callable[..., str | None]] = {
    str: str,
    float: _number,
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: lambda value: format(value, "f") if value.is_finite() else None,
    dt.datetime: _moment,
    dt.date: dt.date.isoformat,
    dt.time: dt.time.isoformat,
    dt.timedelta: str,
    uuid.UUID: str,
    bytes: bytes.hex,
    bytearray: bytearray.hex,
    memoryview: memoryview.hex,
    list: _listed,
    dict: _listed,
}
