"""What the schools team sends: censuses, marks and suspensions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.chance import happens, pick, stream
from sources.synthetic.clock import EXTRACT, OPEN, SCHOOL_YEARS, Array, census_days, day, written
from sources.synthetic.mess import blanked
from sources.synthetic.paper import Paper, Style
from sources.synthetic.schools import MARKS, Register, entry_day
from sources.synthetic.world import Borough

SOURCE = "schools"
_DATES = "%d-%m-%Y"
_LATE_FROM = day(2026, 6, 1)
_KEEPING = Keeping(typing=0.008, wrong_birthday=0.002, no_uprn=1.0, short_address=0.25, no_postcode=0.01)
_DOUBLED = 0.003
"""Share of census rows that a school sent twice."""
_REASONS = ("PP", "PA", "VP", "VA", "BU", "DB", "DB", "DM", "DA", "OW")


def write_census(borough: Borough, paper: Paper) -> None:
    """One file for each school year, three terms in each."""
    ethnicity = ethnicity_held(borough, stream(borough.seed, "census ethnicity"), 0.012, 0.012)
    for year in SCHOOL_YEARS:
        _write_census_year(borough, paper, year, ethnicity)


def _write_census_year(borough: Borough, paper: Paper, year: int, ethnicity: Array) -> None:
    rng = stream(borough.seed, f"census {year}")
    people, pupils = borough.people, borough.pupils
    person, group, school, first, last = pupils.enrolled(people, borough.families, year)
    rows, term, on = _on_roll(year, first, last)
    pupil = person[rows]
    name = named(borough, rng, pupil, on, _KEEPING)
    home = placed(borough, rng, borough.homes.at(people.family[pupil], on - 15), _KEEPING)
    records = pupils.schools.records_carers[school[rows]] <= on
    marked = (borough.carers.census_from[pupil] <= on) & records
    # A school that records no carers leaves the marker blank for some pupils.
    blank = ~records & happens(rng, 0.3, len(rows))
    upn = pupils.number_at(pupil, on)
    loaded = on + rng.integers(10, 45, len(rows))
    # A census knows of a leaver only who has left by the day it is loaded.
    left = np.where(last[rows] <= loaded, last[rows], OPEN)
    file = f"schools/Census {year}-{(year + 1) % 100}.csv"
    columns = {
        "CensusTerm": term,
        "CensusDate": written(on, _DATES),
        "PupilNo": upn,
        "LegalSurname": name.surname,
        "ChosenForename": name.forename,
        "BirthDate": written(name.dob, _DATES),
        "Gender": np.array(["Female", "Male"], dtype=object)[people.sex[pupil]],
        "EthnicCode": ethnicity[pupil],
        "HomeAddress": home.address,
        "PostCode": home.postcode,
        "LAEstab": pupils.schools.number[school[rows]],
        "YearGroup": np.array(["R", *map(str, range(1, 14))], dtype=object)[group[rows]],
        "FreeMeals": np.where(pupils.meals[pupil], "1", "0").astype(object),
        "SENStage": pupils.sen[pupil],
        "CarerFlag": np.where(marked, borough.carers.census_mark[pupil], np.where(blank, "", "N")),
        "Joined": written(entry_day(group[rows], year, first[rows]), _DATES),
        "Left": written(left, _DATES),
        "LoadedOn": written(loaded, _DATES),
    }
    doubled = np.sort(np.concatenate([np.arange(len(rows)), np.flatnonzero(happens(rng, _DOUBLED, len(rows)))]))
    paper.write(
        file,
        {column: values[doubled] for column, values in columns.items()},
        Style(encoding="cp1252"),
        broken={"BirthDate": ("31-02-2014", "00-00-0000"), "YearGroup": ("-3", "99"), "EthnicCode": ("ZZZZ",)},
    )
    paper.remember(SOURCE, file, term + "|" + upn, pupil)


def _on_roll(year: int, first: Array, last: Array) -> tuple[Array, Array, Array]:
    """Row of the pupil, term and census day of each pupil on roll at each census of a year."""
    terms = []
    for term, on in census_days(year):
        there = np.flatnonzero((first <= on) & (last > on))
        terms.append((there, np.full(len(there), term, dtype=object), np.full(len(there), on)))
    rows, term_of_row, day_of_row = (np.concatenate(column) for column in zip(*terms))
    return rows, term_of_row, day_of_row


def write_marks(borough: Borough, paper: Paper, year: int, register: Register) -> None:
    """A school year's marks; June and July 2026 came late and by another route, and one school stopped sending."""
    pupils = borough.pupils
    sent = register.days[None, :] < pupils.schools.stops_sending[register.school][:, None]
    place, row, half = np.nonzero((register.marks != 255).transpose(1, 0, 2) & sent.T[:, :, None])
    mark = register.marks[row, place, half]
    on = register.days[place]
    amended = np.minimum(on + register.amended[row, place, half], EXTRACT)
    late = on >= _LATE_FROM if year == SCHOOL_YEARS[-1] else np.zeros(len(on), dtype=bool)
    early = np.flatnonzero(~late)
    upn = np.concatenate([pupils.upn[register.person], pupils.temporary[register.person]])
    number = row + len(register.person) * (on < pupils.known_from[register.person][row])
    paper.write_parquet(
        f"schools/marks_{year}.parquet",
        pa.table(
            {
                "PupilNo": _coded(number[early], upn),
                "MarkDate": pa.array(on[early].astype(np.int32)).cast(pa.date32()),
                "Half": _coded(half[early], np.array(["A", "P"], dtype=object)),
                "Mark": _coded(mark[early], MARKS),
                "Amended": pa.array(amended[early].astype(np.int32)).cast(pa.date32()),
            }
        ),
    )
    if late.any():
        school = pupils.schools.number[register.school]
        _write_late(
            paper,
            {
                "Mark": MARKS[mark[late]],
                "MarkDate": written(on[late], "%d-%b-%Y"),
                "Half": np.array(["A", "P"], dtype=object)[half[late]],
                "LAEstab": school[row[late]],
                "Amended": written(amended[late], "%d-%b-%Y"),
                "PupilNo": upn[number[late]],
            },
        )


def _coded(index: Array, values: Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), pa.array(values.tolist(), pa.string()))


def _write_late(paper: Paper, columns: dict[str, Array]) -> None:
    broken = {"Mark": ("ZZ", "?"), "MarkDate": ("31-Jun-2026", "tomorrow")}
    paper.write("schools/marks_late.csv.gz", columns, Style(delimiter="\t"), broken)


def write_suspensions(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "suspensions extract")
    rows = borough.exclusions
    kept = np.flatnonzero(rows.recorded <= EXTRACT)
    pupil, size = rows.person[kept], len(kept)
    name = named(borough, rng, pupil, rows.on[kept], _KEEPING)
    paper.write(
        "schools/suspensions.csv",
        {
            "PupilNo": borough.pupils.number_at(pupil, rows.on[kept]),
            "Pupil": blanked(rng, name.forename + " " + name.surname, 0.02),
            "Type": np.where(rows.permanent[kept], "Permanent", "Fixed term"),
            "ReasonCode": pick(rng, _REASONS, size),
            "FirstDay": written(rows.on[kept], _DATES),
            "SessionsLost": np.where(rows.permanent[kept], "", rows.sessions[kept].astype(str)).astype(object),
            "Reported": written(rows.recorded[kept], _DATES),
        },
        broken={"SessionsLost": ("-4",), "FirstDay": ("30-02-2025",), "Type": ("??",)},
    )
