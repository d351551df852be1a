"""The columns of days: which tells when the council knew, what stands in for it, and how each is written."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from sources.suggestions.choosing import Choice
from sources.suggestions.headers import words
from sources.suggestions.profiling import Profile
from sources.suggestions.proposal import Line
from sources.suggestions.vocabulary import OF_RECORDING

_BEGINNINGS = ("event_date", "address_from", "from_date")
OF_NO_RECORDING = frozenset(
    {
        *("start", "from", "effective", "end", "to", "until", "expiry", "expires", "close", "birth", "death", "died"),
        *("login", "review", "due", "next", "leaving", "left", "attainer"),
    }
)
"""A column of days with one of these words is no day of recording."""
ONLY_OTHER = "check: the only other column of days"
_OF_THE_EXTRACT = frozenset({"extract", "extracted", "snapshot", "downloaded", "exported"})
_DAY_OF_EXTRACT = (
    "check: STAND-IN, no column says when it was recorded. The day of the extract is never too early, but no as-of "
    "date lies after it, so that none ever sees these rows: look for an earlier day that is still not too early"
)
_NO_DAY = "no column says when it was recorded"
_CENSUS_DAY = 'census day, as { constant = "YYYY-MM-DD" }'
_REWRITTEN = frozenset({"updated", "modified", "amended", "changed"})


def usual_formats(profiles: Sequence[Profile]) -> tuple[str, ...]:
    """The date formats that most columns of days have, which stand for the whole extract."""
    found = Counter(one.dates for one in profiles if one.dates)
    return max(found, key=lambda dates: (found[dates], len(dates), dates)) if found else ()


def recorded_line(
    choices: dict[str, Choice], other: Sequence[str], extract_date: dt.date | None, *, event: bool
) -> Line | None:
    """Where ``recorded_on`` comes from; None when nothing can stand in for it.

    A day the system says it recorded the row comes first, which may be the day of the event itself (added to the
    register); then the only other day there is (``other``), which somebody has to look at; then the day the thing
    began, which is too early where a row is entered late; then, for a file without any such day, the day of the
    extract, which is never too early and never seen.
    """
    found = choices.get("recorded_on")
    if found is not None:
        said = set(words(found.header))
        sure = found.fit >= 0.9 and bool(said & OF_RECORDING)
        note = "sure" if sure else "check: is this when the council knew?"
        if said & _REWRITTEN and not event:
            note, sure = "check: rewritten at every change, so that what was known earlier looks late", False
        return Line("recorded_on", found.header, (found.header,), sure, note)
    begun = next((choices[name] for name in _BEGINNINGS if name in choices), None)
    if begun is not None and OF_RECORDING & set(words(begun.header)):
        return Line("recorded_on", begun.header, (begun.header,), False, "check: the day of the event and of recording")
    if len(other) == 1:
        of_extract = bool(_OF_THE_EXTRACT & set(words(other[0])))
        note = _DAY_OF_EXTRACT if of_extract else f"{ONLY_OTHER}: is it when the council knew?"
        return Line("recorded_on", other[0], (other[0],), False, note)
    if begun is not None:
        note = (
            "check: STAND-IN, no column says when the row was recorded. Look for created, entered, keyed, received or "
            "logged; a day that is too early lets the future into the past"
        )
        return Line("recorded_on", begun.header, (begun.header,), False, note)
    if extract_date is not None:
        return Line("recorded_on", {"constant": extract_date.isoformat()}, (), False, _DAY_OF_EXTRACT)
    return None


def asked_line(column: str, *, census: bool) -> Line:
    """A day that somebody has to give, in a table that stays a comment until then."""
    if column == "event_date":
        note = f"check: {_CENSUS_DAY}" if census else "check: when it happened"
    else:
        note = f"check: {_NO_DAY}; best is {_CENSUS_DAY}" if census else f"check: {_NO_DAY}"
    return Line(column, "?", (), False, note)


def in_its_format(line: Line, one: Profile | None, usual: tuple[str, ...]) -> Line:
    """The line of a column of days, with formats of its own where they are not the extract's, and a word of doubt."""
    if one is None or not one.dates:
        return line
    note = line.note
    if one.either_way and len(one.dates) == 1:
        note = f"{note}; no day above 12 seen: read as day/month, as is usual here" if note else note
    if one.dates == usual:
        return Line(line.column, line.origin, line.headers, line.sure, note)
    origin = {"column": one.name, "dates": list(one.dates)}
    return Line(line.column, origin, line.headers, line.sure, note)
