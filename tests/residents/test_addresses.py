"""What home an address names: the ways people write one, and the texts that name none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from residents.homes.addresses import find_homes
from residents.homes.finding import FLOOR
from residents.matching.standardise import standardise
from sources.tables import ADDRESSES, PERSON_RECORDS
from store.council import RunSettings
from store.run_folder import connect
from tests.residents.rooms import Row, record
from tests.support import COUNCIL

GAZETTEER = {
    "1": ("40 High Street, Ketterby", "ZZ1 1AA", "dwelling"),
    "2": ("42 High Street, Ketterby", "ZZ1 1AA", "dwelling"),
    "3": ("Flat A, 44 High Street, Ketterby", "ZZ1 1AA", "dwelling"),
    "4": ("Flat B, 44 High Street, Ketterby", "ZZ1 1AA", "dwelling"),
    "5": ("Flat 1, 46 High Street, Ketterby", "ZZ1 1AB", "dwelling"),
    "6": ("Flat 2, 46 High Street, Ketterby", "ZZ1 1AB", "dwelling"),
    "7": ("Ground Floor Flat, 48 High Street, Ketterby", "ZZ1 1AB", "dwelling"),
    "8": ("First Floor Flat, 48 High Street, Ketterby", "ZZ1 1AB", "dwelling"),
    "9": ("Basement Flat, 48 High Street, Ketterby", "ZZ1 1AB", "dwelling"),
    "10": ("Flat 3, Ferry Lodge, Osier Grove, Ketterby", "ZZ1 2AA", "dwelling"),
    "11": ("Flat 4, Ferry Lodge, Osier Grove, Ketterby", "ZZ1 2AA", "dwelling"),
    "12": ("Flat 3, Mill Court, Osier Grove, Ketterby", "ZZ1 2AB", "dwelling"),
    "13": ("12-14 Saint John's Road, Ketterby", "ZZ2 1AA", "dwelling"),
    "14": ("16 Saint John's Road, Ketterby", "ZZ2 1AA", "dwelling"),
    "15": ("Rose Cottage, Marsh Lane, Ketterby", "ZZ2 2AA", "dwelling"),
    "16": ("The Old Forge, Marsh Lane, Ketterby", "ZZ2 2AA", "dwelling"),
    "17": ("1 Marsh Lane, Ketterby", "ZZ2 2AA", "dwelling"),
    "18": ("3 Marsh Lane, Ketterby", "ZZ2 2AA", "dwelling"),
    "19": ("7 Church Walk, Ketterby", "ZZ2 3AA", "dwelling"),
    "20": ("7 Church Walk, Ketterby", "ZZ9 9AA", "dwelling"),
    "21": ("5 Tanner & Fuller Yard, Ketterby", "ZZ3 1AA", "dwelling"),
    "22": ("44 High Street, Ketterby", "ZZ1 1AA", "other"),
    "23": ("9 Kiln Terrace, Ketterby", "ZZ3 2AA", "dwelling"),
    "24": ("8 Harbour Street, Ketterby", "ZZ3 3AA", "hmo"),
    "25": ("21 Harbour Street, Ketterby", "ZZ3 3AA", "dwelling"),
    "26": ("2 Harbour Street, Ketterby", "ZZ3 3AA", "dwelling"),
}


def homes(people: Iterable[Row], addresses: Iterable[Row], folder: Path) -> list[Row]:
    """``std_homes`` with what each row held, in the order of the people."""
    con = connect(RunSettings(threads=1), folder / "spill")
    rows = [{**one, "record_id": f"{place:05}"} for place, one in enumerate(people)]
    for table, given in ((PERSON_RECORDS, rows), (ADDRESSES, list(addresses))):
        con.register("given", pa.Table.from_pylist(given, schema=table.arrow_schema()))
        con.execute(f"CREATE TABLE {table.name} AS FROM given")
    standardise(con, COUNCIL.extract_date)
    find_homes(con)
    found = con.sql(
        "SELECT s.record_id, h.uprn, h.address_key, h.postcode, h.kind, h.found_by, h.score "
        "FROM std AS s LEFT JOIN std_homes AS h USING (row) ORDER BY s.record_id"
    )
    rows_found: list[Row] = found.to_arrow_table().to_pylist()
    return rows_found


def gazetteer() -> list[Row]:
    listed = [
        {"file": "g.csv", "uprn": uprn, "address": address, "postcode": postcode, "kind": kind}
        for uprn, (address, postcode, kind) in GAZETTEER.items()
    ]
    return listed + filler("Ketterby")


def filler(town: str) -> list[Row]:
    """Enough addresses under enough postcodes for the town to be known as one."""
    return [
        {
            "file": "g.csv",
            "uprn": f"9000{place}",
            "address": f"{place + 1} Alder Road, {town}",
            "postcode": f"ZZ4 {place}AB",
        }
        for place in range(1, 10)
    ] + [
        {
            "file": "g.csv",
            "uprn": f"9100{place}",
            "address": f"{place + 1} Birch Road, {town}",
            "postcode": f"ZZ8 {place}AB",
        }
        for place in range(1, 10)
    ]


def person(address: str | None, postcode: str | None = None, uprn: str | None = None, **known: Any) -> Row:
    return record("library", "", "Asha", "Rowe", address=address, postcode=postcode, uprn=uprn, **known)


SAME_HOME = [
    # Plain, and in other clothes.
    ("40 High Street", "ZZ1 1AA", "1"),
    ("40, High St., Ketterby", "zz11aa", "1"),
    ("40 HIGH STREET KETTERBY ZZ1 1AA", None, "1"),
    ("40 High Street\nKetterby\nZZ1 1AA", None, "1"),
    ("No. 40 The High Street, Ketterby, UK", "ZZ1 1AA", "1"),
    ("High Street 40", "ZZ1 1AA", "1"),
    ("040 High Street", "ZZ1 1AA", "1"),
    # Flats.
    ("44A High Street", "ZZ1 1AA", "3"),
    ("44 a High Street", "ZZ1 1AA", "3"),
    ("Flat A 44 High St", "ZZ1 1AA", "3"),
    ("FlatB, 44 High St", "ZZ1 1AA", "4"),
    ("44 High Street, Flat B", "ZZ1 1AA", "4"),
    ("B, 44 High Street", "ZZ1 1AA", "4"),
    ("2/46 High Street", "ZZ1 1AB", "6"),
    ("Apt. 2, 46 High Street", "ZZ1 1AB", "6"),
    ("2, 46 High Street", "ZZ1 1AB", "6"),
    ("Flat no 2 - 46 High Street", "ZZ1 1AB", "6"),
    ("GFF 48 High Street", "ZZ1 1AB", "7"),
    ("48 High Street (ground floor)", "ZZ1 1AB", "7"),
    ("1st Floor Flat, 48 High Street", "ZZ1 1AB", "8"),
    ("Basement, 48 High Street", "ZZ1 1AB", "9"),
    # Flats of a block without a number of its own.
    ("3 Ferry Lodge, Osier Grove", "ZZ1 2AA", "10"),
    ("Apartment 3 Ferry Lodge", "ZZ1 2AA", "10"),
    ("Osier Grove, Ferry Lodge, Flat 3", "ZZ1 2AA", "10"),
    ("Flat 3, Ferry Lodge, Marsh Estate, Osier Grove", "ZZ1 2AA", "10"),
    ("Flat 3 Ferry Lodge 11 Osier Grove", "ZZ1 2AA", "10"),
    # Ranges, saints, names and ampersands.
    ("12 - 14 St Johns Rd", "ZZ2 1AA", "13"),
    ("12 St John's Road", "ZZ2 1AA", "13"),
    ("Rose Cottage, Marsh Ln", "ZZ2 2AA", "15"),
    ("Rose Cotage, Marsh Lane", "ZZ2 2AA", "15"),
    ("Old Forge", "ZZ2 2AA", "16"),
    ("5 Tanner and Fuller Yard", "ZZ3 1AA", "21"),
    # Slips.
    ("40 Hihg Street", "ZZ1 1AA", "1"),
    ("4 0High Street", "ZZ1 1AA", "1"),
    ("9 Kilnterrace", "ZZ3 2AA", "23"),
    ("9 Kiln Terrcae", None, "23"),
    # The postcode missing, mistaken, or with letters and figures mixed up.
    ("9 Kiln Terrace", None, "23"),
    ("9 Kiln Terrace", "ZZ3 2AB", "23"),
    ("9 Kiln Terrace", "ZZ3 1AA", "23"),
    ("9 Kiln Terrace", "ZZ3 2A4", "23"),
    ("Flat 3, Mill Court, Osier Grove", "ZZI 2AB", "12"),
    ("9", "ZZ3 2AA", "23"),
    # Care of, and a room in a house that is let by the room.
    ("c/o Mrs Rowe, 9 Kiln Terrace", "ZZ3 2AA", "23"),
    ("Room 4, 8 Harbour Street", "ZZ3 3AA", "24"),
    ("DO NOT CONTACT - 9 Kiln Terrace", "ZZ3 2AA", "23"),
]
NOT_FOUND = [
    # Another flat, or a number that is not there.
    ("Flat C, 44 High Street", "ZZ1 1AA"),
    ("44C High Street", "ZZ1 1AA"),
    ("41 High Street", "ZZ1 1AA"),
    ("13 St John's Road", "ZZ2 1AA"),
    ("Flat 40, High Street", "ZZ1 1AA"),
    ("Second Floor, 48 High Street", "ZZ1 1AB"),
    ("Rear of 40 High Street", "ZZ1 1AA"),
    # Two homes that fit as well.
    ("7 Church Walk", None),
    ("7 Church Wakl", None),
    # The same words in another town, by its postcode.
    ("40 High Street", "BN1 4TT"),
    # Two digits the wrong way round are another house.
    ("12 Harbour Street", "ZZ3 3AA"),
]
NO_HOME = [
    # Blocks without the flat, and streets without the number.
    ("44 High Street", "ZZ1 1AA"),
    ("46 High Street", "ZZ1 1AB"),
    ("Ferry Lodge, Osier Grove", "ZZ1 2AA"),
    ("High Street", "ZZ1 1AA"),
    ("Marsh Lane", "ZZ2 2AA"),
    ("Osier Grove", None),
    ("Ketterby", "ZZ1 1AA"),
    ("7 Church Walk", None),
    # No address at all.
    ("NFA", "ZZ1 1AA"),
    ("No Fixed Abode", None),
    ("N.F.A. c/o 40 High Street", "ZZ1 1AA"),
    ("of no fixed address", None),
    ("unknown", "ZZ1 1AA"),
    ("Address not known", None),
    ("DO NOT CONTACT", "ZZ1 1AA"),
    ("n/a", "ZZ1 1AA"),
    ("-", "ZZ1 1AA"),
    ("xxx", None),
    ("as above", None),
    ("withheld", None),
    (None, "ZZ1 1AA"),
    ("", ""),
    ("ZZ1 1AA", None),
    ("40", None),
    ("Library HQ", None),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str | None, str | None], Row]:
    """Every line of the tables below, found at once."""
    lines = [(line, postcode) for line, postcode, *_ in (*SAME_HOME, *NOT_FOUND, *NO_HOME)]
    made = homes([person(*line) for line in lines], gazetteer(), tmp_path_factory.mktemp("homes"))
    return dict(zip(lines, made))


@pytest.mark.parametrize(("line", "postcode", "uprn"), SAME_HOME)
def test_the_same_home_written_another_way(
    found: dict[tuple[str | None, str | None], Row], line: str, postcode: str | None, uprn: str
) -> None:
    row = found[line, postcode]
    assert (row["uprn"], row["address_key"]) == (uprn, uprn)
    assert FLOOR <= row["score"] <= 1
    assert row["found_by"]


@pytest.mark.parametrize(("line", "postcode"), NOT_FOUND)
def test_what_fits_no_one_property_is_not_found(
    found: dict[tuple[str | None, str | None], Row], line: str, postcode: str | None
) -> None:
    row = found[line, postcode]
    assert (row["uprn"], row["score"], row["found_by"]) == (None, None, None)
    assert row["address_key"] not in GAZETTEER


@pytest.mark.parametrize(("line", "postcode"), NO_HOME)
def test_what_names_no_one_home_is_nobodys(
    found: dict[tuple[str | None, str | None], Row], line: str | None, postcode: str | None
) -> None:
    assert found[line, postcode]["address_key"] is None


def test_the_score_says_how_much_was_put_aside(found: dict[tuple[str | None, str | None], Row]) -> None:
    whole = found["40 High Street", "ZZ1 1AA"]
    assert (whole["score"], whole["found_by"]) == (1, "address_and_postcode")
    for line, postcode, found_by in (
        ("40 Hihg Street", "ZZ1 1AA", "misspelt"),
        ("9 Kiln Terrace", None, "without_postcode"),
        ("9 Kiln Terrace", "ZZ3 2AB", "other_postcode"),
        ("9 Kiln Terrcae", None, "misspelt_without_postcode"),
        ("Apartment 3 Ferry Lodge", "ZZ1 2AA", "part_of_address"),
        ("9", "ZZ3 2AA", "numbers_and_postcode"),
    ):
        row = found[line, postcode]
        assert row["found_by"] == found_by
        assert row["score"] < 1
    one_slip, two = found["9 Kiln Terrace", None], found["9 Kiln Terrcae", None]
    assert two["score"] < one_slip["score"]


def test_a_room_makes_a_shared_house(found: dict[tuple[str | None, str | None], Row]) -> None:
    assert found["Room 4, 8 Harbour Street", "ZZ3 3AA"]["kind"] == "hmo"


def written(unit: str | None, number: str, street: str, place: int) -> str:
    """One of the ways in which people write an address."""
    kind, name = street.rsplit(" ", 1)[::-1]
    short = {"Road": "Rd", "Street": "St", "Lane": "Ln", "Walk": "Wlk"}[kind]
    street = (street, f"{name} {short}", street.upper(), f"{street}, Ketterby")[place % 4]
    if unit is None:
        return (f"{number} {street}", f"{number}, {street}", f"No {number} {street}")[place % 3]
    return (
        f"Flat {unit}, {number} {street}",
        f"{number} {street}, Flat {unit}" if "Ketterby" not in street else f"Flat {unit} {number} {street}",
        f"{unit}/{number} {street}" if unit.isdigit() else f"{number}{unit} {street}",
        f"Apt {unit} {number} {street}",
        f"F{unit} {number} {street}",
    )[place % 5]


@pytest.mark.parametrize("listed", [True, False])
def test_two_lines_have_one_key_only_where_they_mean_one_home(tmp_path: Path, listed: bool) -> None:
    """Every way of writing against the home that was meant, with a gazetteer and without one."""
    streets = (
        ("Mill Road", "ZZ5 1AA"),
        ("Hill Road", "ZZ5 1AA"),
        ("Mill Street", "ZZ5 1AB"),
        ("Chapel Walk", "ZZ5 2AA"),
    )
    units = (None, "1", "2", "11", "A", "B")
    meant = [
        (None if number in ("1", "11") else unit, number, street, postcode)
        for street, postcode in streets
        for number in ("1", "2", "11", "12", "21", "111")
        for unit in (units[1:] if number in ("2", "12") else (None,))
    ]
    lines = [(home, written(*home[:3], place)) for home in meant for place in range(60)]
    made = homes(
        [person(line, home[3]) for home, line in lines],
        filler("Ketterby")
        + [
            {"file": "g.csv", "uprn": str(place + 1), "address": written(*home[:3], 0), "postcode": home[3]}
            for place, home in enumerate(meant)
            if listed
        ],
        tmp_path,
    )
    keys: dict[Any, set[Any]] = {}
    homes_of: dict[Any, set[Any]] = {}
    for (home, _), row in zip(lines, made):
        keys.setdefault(home, set()).add(row["address_key"])
        homes_of.setdefault(row["address_key"], set()).add(home)
    assert None not in homes_of
    assert all(len(held) == 1 for held in keys.values())
    assert all(len(held) == 1 for held in homes_of.values())


def test_without_a_gazetteer_a_slip_is_taken_for_the_common_spelling_and_no_flat_for_another(tmp_path: Path) -> None:
    lines = [
        *[("Flat 1, 3 Foundry Lane", "ZZ6 1AA")] * 3,
        ("Flat 1, 3 Fuondry Lane", "ZZ6 1AA"),
        ("Flat 2, 3 Foundry Lane", "ZZ6 1AA"),
        ("Flat 2, 3 Fuondry Lane", "ZZ6 1AA"),
        ("Flat 1, 3 Foundry Lane", None),
        ("3 Foundry Lane", "ZZ6 1AA"),
        ("Flat 1, 3 Foundry Lane", "ZZ7 1AA"),
    ]
    keys = [row["address_key"] for row in homes([person(*line) for line in lines], [], tmp_path)]
    assert len(set(keys[:4])) == 1
    assert keys[4] != keys[0]
    assert keys[7] is None
    assert keys[8] not in (keys[0], keys[4])
    assert keys[5] == keys[4]


def test_a_held_uprn_is_the_home_unless_it_cannot_be(tmp_path: Path) -> None:
    office = [person(f"{number} High Street", "ZZ1 1AA", uprn="26") for number in (40, 42)]
    lines = [
        person("anything at all", None, uprn="1.0"),
        person(None, None, uprn="0001"),
        person("42 High Street", "ZZ1 1AA", uprn="1"),
        person("44 High Street", "ZZ1 1AA", uprn="22"),
        person("Flat B, 44 High Street", "ZZ1 1AA", uprn="22"),
        person("3 Far Road", "BN1 4TT", uprn="5000"),
        person("3 Far Rd", "BN1 4TT"),
        *office,
        person("9 Kiln Terrace", "ZZ3 2AA", uprn="26"),
        *[person(f"{number} Out Road", "BN1 4TA", uprn="777") for number in range(1, 6)],
    ]
    made = homes(lines, gazetteer(), tmp_path)
    assert [row["address_key"] for row in made[:7]] == ["1", "1", "1", None, "4", "5000", "5000"]
    assert [row["score"] for row in made[:3]] == [1, 1, 0.9]
    assert made[5]["uprn"] is None
    assert [row["address_key"] for row in made[7:10]] == ["1", "2", "23"]
    assert len({row["address_key"] for row in made[10:]}) == 5


def test_hostile_and_empty_text_is_text(tmp_path: Path) -> None:
    nasty = [
        '=HYPERLINK("x")',
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE homes;--",
        "\\",
        "%_%",
        "\x00",
        " , , ",
    ]
    made = homes(
        [person(text, "ZZ1 1AA") for text in nasty] + [person("40 High Street", "ZZ1 1AA")], gazetteer(), tmp_path
    )
    assert made[-1]["uprn"] == "1"
    assert all(row["uprn"] is None for row in made[:-1])


def test_no_records_and_no_addresses(tmp_path: Path) -> None:
    assert homes([], [], tmp_path) == []
    assert homes([person(None), person("")], [], tmp_path / "two")[0]["address_key"] is None
