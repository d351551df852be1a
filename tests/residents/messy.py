"""Made-up people as systems write them: every kind of mess that the matching has a word for."""

from __future__ import annotations

import random

from tests.residents.rooms import DAY, Row, record

_FORENAMES = (
    *("Katherine", "Kate", "Mohammed", "Muhammad", "José", "Zoë", "Abdirahman", "Cabdiraxmaan", "Aidan", "Ngozi"),
    *("Olga", "Jean-Paul", "Mary Ann", "Łukasz", "Siân", "Xiuying", "Robert'); DROP TABLE people;--", "<script>", "J"),
    *("Annabel", "Christopher", "Wendy", "Ines", "Mirac", "Thomas", "Oliver", "Ελένη", "Ольга"),
)
_SURNAMES = (
    *("O'Brien", "de la Cruz", "Okafor", "Lewandowska-Nowak", "Warsame", "Khan", "Whitfield", "Thomas", "Oliver"),
    *(
        "Müller",
        "St John",
        "Haddad",
        "Eze",
        "=HYPERLINK(1)",
        "MacDonald",
        "McDonald",
        "Petrova",
        "Παπάς",
        "Ó Néill",
        "Begum",
        "Kaur",
    ),
)
_SYSTEMS = ("council_tax", "housing", "library", "school")


def messy_people(people: int, seed: int) -> list[Row]:
    """About three records for each of so many people, in four systems, with slips, gaps, moves and shared homes."""
    draw = random.Random(seed)
    return [row for number in range(people) for row in _records(number, draw)]


def _records(number: int, draw: random.Random) -> list[Row]:
    forename, surname = draw.choice(_FORENAMES), draw.choice(_SURNAMES) + draw.choice(("", "", "son", "ova"))
    sex = draw.choice("MF")
    dob = DAY(draw.randint(1940, 2020), draw.randint(1, 12), draw.randint(1, 28))
    homes = [_home(draw.randrange(1 + number // 2)) for _ in range(2)]
    upn, nino = f"A{draw.randrange(10**11):011}7", f"QQ{draw.randrange(10**6):06}C"
    email, phone = f"p{draw.randrange(10**5)}@example.org", f"07700 9{draw.randrange(10**5):05}"
    rows = []
    for system in draw.sample(_SYSTEMS, draw.choice((2, 3, 4))):
        named = {"forename": _slip(forename, draw), "surname": _slip(surname, draw)}
        if draw.random() < 0.06:
            named = {"forename": surname, "surname": forename}
        if draw.random() < 0.06:
            named["forename"] = forename[:1]
        if system == "council_tax":
            named = {"full_name": f"{named['surname'].upper()}, {named['forename']}"}
        known = {
            "dob": None if system == "council_tax" or draw.random() < 0.1 else _dob(dob, draw),
            "sex": draw.choice((sex, sex, sex, None)),
            "upn": upn if system == "school" and draw.random() < 0.7 else None,
            "nino": nino if system == "housing" and draw.random() < 0.5 else None,
            "email": email if draw.random() < 0.3 else None,
            "phone": phone if draw.random() < 0.3 else None,
            **(draw.choice(homes) if draw.random() < 0.9 else {}),
        }
        row = record(system, str(number), None, None, **known)
        rows.append({**row, **named, "recorded_on": DAY(2020 + draw.randrange(6), 3, 4)})
    return rows


def _home(street: int) -> Row:
    address = f"{street % 60 + 1} {('Kiln Road', 'Mill Lane', 'Quay St', 'Kiln Rd')[street % 4]}"
    return {"address": address, "postcode": f"ZZ{street % 9 + 1} {street % 7 + 1}AB"}


def _slip(name: str, draw: random.Random) -> str:
    """The name, sometimes with a letter changed, left out or moved."""
    if draw.random() < 0.8 or len(name) < 4:
        return name
    place = draw.randrange(1, len(name) - 1)
    letters = list(name)
    match draw.randrange(3):
        case 0:
            letters[place] = draw.choice("aeiouéstn")
        case 1:
            del letters[place]
        case _:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


def _dob(dob: DAY, draw: random.Random) -> DAY:
    """The date, sometimes as 1 January, with day and month swapped, or a slip off."""
    kind = draw.random()
    if kind < 0.05:
        return DAY(dob.year, 1, 1)
    if kind < 0.09 and dob.day <= 12:
        return DAY(dob.year, dob.day, dob.month)
    if kind < 0.14:
        return DAY(dob.year + draw.choice((-10, 1)), dob.month, dob.day)
    return dob
