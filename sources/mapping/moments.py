"""The day on which a moment fell in Britain, for systems that stamp their rows in universal time.

Half past eleven in the evening of 30 June by universal time is 1 July in British summer time, so the date of such a
stamp cannot just be cut off. Summer time is from the last Sunday of March to the last Sunday of October, one o'clock
in the morning by universal time on both (the rule since 1996; Summer Time Order 2002).
"""

from __future__ import annotations

from duckdb import ColumnExpression, Expression

from sources.text import call, constant, either, first_of, matches, named, replaced

_ZONED = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)"
_OFFSET = r"[+-]\d{2}(:?\d{2})?$"


def is_zoned(text: Expression) -> Expression:
    """Whether a text is a year-month-day with a time and a time zone: Z, UTC, GMT or an offset such as +01:00."""
    return matches(text, _ZONED)


def british_day(text: Expression) -> Expression:
    """The day in Britain of a text that ``is_zoned``; null where there is no such day or time."""
    to_the_minute = call("concat", call("left", text, constant(10)), constant(" "), _part(text, 12, 5))
    moment = call("try_strptime", to_the_minute, constant("%Y-%m-%d %H:%M")) - call("to_minutes", _ahead(text))
    at = ColumnExpression("moment")
    begins, ends = _last_sunday(at, 3), _last_sunday(at, 10)
    hour = call("to_hours", constant(1))
    summer = (at >= begins + hour) & (at < ends + hour)
    return named("moment", moment, (at + call("to_hours", either(summer, constant(1), constant(0)))).cast("DATE"))


def _ahead(text: Expression) -> Expression:
    """Minutes by which the time as written is ahead of universal time."""
    offset = ColumnExpression("offset_written")
    figures = replaced(offset, r"\D", "")
    minutes = _number(_part(figures, 1, 2)) * constant(60) + _number(_part(figures, 3, 2))
    signed = either(call("starts_with", offset, constant("-")), constant(-1) * minutes, minutes)
    return named("offset_written", call("regexp_extract", text, constant(_OFFSET)), signed)


def _part(text: Expression, first: int, length: int) -> Expression:
    return call("substr", text, constant(first), constant(length))


def _number(figures: Expression) -> Expression:
    return first_of(call("nullif", figures, constant("")).cast("BIGINT"), constant(0).cast("BIGINT"))


def _last_sunday(moment: Expression, month: int) -> Expression:
    """The last Sunday of a month of 31 days in the year of a moment, as the moment it begins."""
    last = call("make_date", call("year", moment), constant(month).cast("BIGINT"), constant(31).cast("BIGINT"))
    return (last - call("dayofweek", last).cast("INTEGER")).cast("TIMESTAMP")
