"""From the text of a cell to the value of a column, as engine expressions. What cannot be read becomes null."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from duckdb import CaseExpression, ColumnExpression, Expression, LambdaExpression

from sources.codes.attendance import MARKS, class_by_period
from sources.config import EXCEL_SERIAL
from sources.mapping.moments import british_day, is_zoned
from sources.text import (
    call,
    clean,
    constant,
    either,
    first_of,
    lowered,
    matches,
    replaced,
    strip,
    whole_identifier,
)

YES = ("y", "yes", "true", "t", "1")
NO = ("n", "no", "false", "f", "0")
ISO_DATE = "%Y-%m-%d"
_TIME_OF_DAY = (
    r"[\sT]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)?$"  # after a date
)
_BEFORE_FOUR_FIGURES = dt.date(999, 12, 31)
_LAST_EXCEL_DAY = 73_050
"""31 December 2099."""


def null(kind: str) -> Expression:
    """A typed null."""
    return constant(None).cast(kind)


def date_value(text: Expression, formats: Sequence[str], latest: dt.date, filler: dt.date | None = None) -> Expression:
    """A day, by the first format that fits, else as year-month-day; a time of day after it is cut off.

    A year of two figures means the century that does not go past ``latest``, but the ``filler``, which systems write
    for 'not known', where it could be that: 01/01/00 is 1 January 1900 and not 2000. A year-month-day whose time says
    its zone is the day it was in Britain.
    """
    timed = call("contains", text, constant(":"))
    day = either(timed, strip(replaced(text, _TIME_OF_DAY, "")), whole_identifier(text))
    tried = [_one_format(text if form == EXCEL_SERIAL else day, form, latest, filler) for form in _with_iso(formats)]
    return either(timed & is_zoned(text), british_day(text), first_of(*tried, null("DATE")))


def _with_iso(formats: Sequence[str]) -> list[str]:
    return [*formats, *([] if ISO_DATE in formats else [ISO_DATE])]


def _one_format(day: Expression, form: str, latest: dt.date, filler: dt.date | None) -> Expression:
    if form == EXCEL_SERIAL:
        serial = either(
            matches(day, r"\d{1,5}(\.\d+)?"), call("split_part", day, constant("."), constant(1)), null("VARCHAR")
        )
        number = serial.cast("INTEGER")
        in_range = (number >= constant(1)) & (number <= constant(_LAST_EXCEL_DAY))
        # Serial 1 is 1 January 1900, and the format's false 29 February 1900 puts later days one further on.
        return either(in_range, constant(dt.date(1899, 12, 30)) + number, null("DATE"))
    found = call("try_strptime", day, constant(form)).cast("DATE")
    if "%y" in form:
        # By years, not by parts: there was no 29 February 1900, and the engine works it out for every row.
        earlier = call("subtract", found, call("to_years", constant(100))).cast("DATE")
        before = (
            found > constant(latest) if filler is None else (found > constant(latest)) | (earlier == constant(filler))
        )
        return either(before, earlier, found)
    # Written so that the text is read once: greatest passes over null.
    return call("nullif", call("greatest", found, constant(_BEFORE_FOUR_FIGURES)), constant(_BEFORE_FOUR_FIGURES))


def latest_date(days: Sequence[Expression], extract_date: dt.date) -> Expression:
    """The latest of several days, passing over those after the extract date unless there is no other.

    The first of them is needed: without it the others may be much too early.
    """
    # Written so that each day is read once: least passes over null.
    after = constant(extract_date + dt.timedelta(days=1))
    known = [call("nullif", call("least", day, after), after) for day in days]
    latest = first_of(call("greatest", *known), call("greatest", *days))
    return either(days[0].isnull(), null("DATE"), latest)


def within_spell(event_date: str, first: str, last: str, held: str) -> Expression:
    """Whether the day in one column lies in the spell of two others: no when it has no beginning.

    Null when an end that is held, in the column of that name after ``held``, cannot be read.
    """
    day, begins, ends = map(ColumnExpression, (event_date, first, last))
    held_begins, held_ends = ColumnExpression(held + first), ColumnExpression(held + last)
    unreadable = (held_begins.isnotnull() & begins.isnull()) | (held_ends.isnotnull() & ends.isnull())
    inside = (begins <= day) & (ends.isnull() | (ends >= day))
    return (
        CaseExpression(unreadable | day.isnull(), null("BOOLEAN"))
        .when(begins.isnull(), constant(False))
        .otherwise(inside)
    )


def flag_value(text: Expression, true: Sequence[str] | None) -> Expression:
    """Yes or no: by the listed values that mean yes, or by the usual words."""
    if true is not None:
        return is_one_of(text, true)
    word = whole_identifier(text)
    cases = [(is_one_of(word, YES), constant(True)), (is_one_of(word, NO), constant(False))]
    return first_case(cases, null("BOOLEAN"))


def texts_value(text: Expression, separator: str | None, codes: Mapping[str, str]) -> Expression:
    """A list of the cell's values, each stripped and mapped, blanks left out."""
    parts = call("string_split", text, constant(separator)) if separator else call("list_value", text)
    item = mapped(strip(ColumnExpression("item")), codes)
    cleaned = call("list_transform", parts, LambdaExpression("item", item))
    kept = call("list_filter", cleaned, LambdaExpression("item", ColumnExpression("item") != constant("")))
    return either(text.isnull(), null("VARCHAR[]"), kept)


def known_codes(items: Expression, allowed: Sequence[str]) -> Expression:
    """Of a list of codes those that are allowed, spelt as the list of codes does, in the order they are held."""
    known = call("list_transform", items, LambdaExpression("item", code_value(ColumnExpression("item"), allowed)))
    return call("list_filter", known, LambdaExpression("item", ColumnExpression("item").isnotnull()))


def mapped(text: Expression, codes: Mapping[str, str]) -> Expression:
    """The text by a code map, but for capitals; what the map does not have stays as it is."""
    if not codes:
        return text
    return first_of(looked_up(text, [clean(here) for here in codes], list(codes.values())), text)


def looked_up(text: Expression, words: Sequence[str], values: Sequence[str]) -> Expression:
    """The value at the place of the first word that the text is, but for capitals; null where it is none.

    ``text`` stands in it once, so that a long list does not make a long expression.
    """
    place = call("list_position", call("list_value", *map(lowered, words)), call("lower", text))
    return call("list_extract", call("list_value", *map(constant, values)), place)


def marked_value(
    cells: Sequence[Expression], codes: Sequence[str], true: Sequence[str] | None
) -> tuple[Expression, Expression]:
    """The codes of the cells that say yes (null where all are blank), and whether some cell says neither yes nor no."""
    flags = [flag_value(text, true) for text in cells]
    marks = [either(flag, constant(code), null("VARCHAR")) for flag, code in zip(flags, codes)]
    kept = call(
        "list_filter", call("list_value", *marks), LambdaExpression("item", ColumnExpression("item").isnotnull())
    )
    blank = first_of(*cells, constant(None)).isnull()
    neither = constant(False)
    for text, flag in zip(cells, flags):
        neither = neither | (text.isnotnull() & flag.isnull())
    return either(blank, null("VARCHAR[]"), kept), neither


def first_case(cases: Sequence[tuple[Expression, Expression]], otherwise: Expression) -> Expression:
    """The value of the first condition that holds."""
    if not cases:
        return otherwise
    chosen = CaseExpression(*cases[0])
    for condition, value in cases[1:]:
        chosen = chosen.when(condition, value)
    return chosen.otherwise(otherwise)


def code_value(text: Expression, allowed: Sequence[str]) -> Expression:
    """The allowed code that the text is, but for capitals; null where it is none. The code 4 may be held as 4.0."""
    if any(code.isdigit() for code in allowed):
        text = whole_identifier(text)
    return looked_up(text, allowed, allowed)


def property_number(text: Expression) -> Expression:
    """A UPRN without the zeros that some systems fill it up with."""
    return replaced(whole_identifier(text), "^0+", "")


def is_one_of(text: Expression, values: Sequence[str]) -> Expression:
    """Whether the text is one of the values, but for capitals."""
    return call("lower", text).isin(*[lowered(clean(value)) for value in values])


def has_word(text: Expression, words: Sequence[str]) -> Expression:
    """Whether one of the words (or phrases) stands in the text as whole words, but for capitals.

    A word without a letter or figure, such as &, is a sign: it may stand anywhere.
    """
    spaced = call("concat", constant(" "), replaced(call("lower", text), r"[^\pL\pN]+", " "), constant(" "))
    found = constant(False)
    for word in map(clean, words):
        if any(character.isalnum() for character in word):
            inner = replaced(call("lower", constant(word)), r"[^\pL\pN]+", " ")
            whole = call("concat", constant(" "), call("trim", inner), constant(" "))
            found = found | call("contains", spaced, whole)
        else:
            found = found | call("contains", text, constant(word))
    return found


def statistical_class(code: Expression, day: Expression) -> Expression:
    """The class of a register code on a day; null when the code was not in force."""
    place = call("list_position", call("list_value", *map(constant, MARKS)), code)
    (_, chosen), *later = [(first, _class_list(classes)) for first, classes in class_by_period()]
    for first, classes in later:
        chosen = either(day >= constant(first), classes, chosen)
    return either(day.isnull(), null("VARCHAR"), call("list_extract", chosen, place))


def _class_list(classes: Sequence[str | None]) -> Expression:
    return call("list_value", *map(constant, classes))
