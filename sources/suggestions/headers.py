"""Headers made comparable: words in small letters, abbreviations in full, and how well one fits a known name."""

from __future__ import annotations

import re
from functools import lru_cache

_ABBREVIATIONS = {
    "dt": "date", "dttm": "date", "datetime": "date", "gndr": "sex", "dte": "date", "no": "number",
    "num": "number", "nbr": "number", "nr": "number", "ref": "reference", "refno": "reference",
    "refnum": "reference", "addr": "address", "add": "address", "fname": "forename", "sname": "surname",
    "lname": "surname", "firstname": "forename", "firstnames": "forename", "lastname": "surname",
    "forenames": "forename", "givenname": "forename", "familyname": "surname", "surnames": "surname",
    "pcode": "postcode", "pstcode": "postcode", "postcodes": "postcode", "zip": "postcode", "amt": "amount",
    "trans": "transaction", "txn": "transaction", "tran": "transaction", "trn": "transaction",
    "transactions": "transaction", "acc": "account", "acct": "account", "ac": "account", "tcy": "tenancy",
    "ten": "tenancy", "tncy": "tenancy", "cd": "code", "desc": "description", "descr": "description",
    "rel": "relationship", "reln": "relationship", "eth": "ethnicity", "ethnic": "ethnicity", "gender": "sex",
    "dob": "birth date", "birthdate": "birth date", "dateofbirth": "birth date", "born": "birth date",
    "tel": "phone", "telephone": "phone", "mobile": "phone", "mob": "phone", "ni": "nino", "mail": "email",
    "stud": "student", "clnt": "client", "pers": "person", "assmt": "assessment", "assess": "assessment",
    "eff": "effective", "recd": "received", "rec": "recorded", "upd": "updated", "ctax": "council tax",
    "hb": "housing benefit", "ctr": "council tax reduction", "cts": "council tax reduction",
    "uc": "universal credit", "wkly": "weekly", "wk": "weekly", "bal": "balance", "estab": "establishment",
    "yr": "year", "ncy": "ncyear", "identifier": "id", "ids": "id", "key": "id", "children": "child",
    "childs": "child", "pupils": "pupil", "members": "member", "sen": "sen", "prov": "provision",
    "stat": "status", "att": "attendance", "susp": "suspension", "excl": "exclusion", "perm": "permanent",
    "pymt": "payment", "commenced": "start", "commencement": "start", "started": "start", "begin": "start",
    "began": "start", "ended": "end", "finish": "end", "ceased": "end", "cessation": "end", "cease": "end",
    "termination": "end", "terminated": "end", "closed": "close", "opened": "open", "carers": "carer",
    "liab": "liability", "pty": "party", "prop": "property",
    "carer's": "carer", "entered": "entered", "organisation": "organisation",
}  # fmt: skip
_PHRASES = {
    ("post", "code"): ("postcode",),
    ("a", "c"): ("account",),
    ("p", "code"): ("postcode",),
    ("first", "name"): ("forename",),
    ("first", "names"): ("forename",),
    ("fore", "name"): ("forename",),
    ("given", "name"): ("forename",),
    ("given", "names"): ("forename",),
    ("last", "name"): ("surname",),
    ("last", "names"): ("surname",),
    ("family", "name"): ("surname",),
    ("family", "surname"): ("surname",),
    ("date", "of", "birth"): ("birth", "date"),
    ("d", "o", "b"): ("birth", "date"),
    ("do", "b"): ("birth", "date"),
    ("e", "email"): ("email",),
    ("national", "insurance", "number"): ("nino",),
    ("national", "insurance"): ("nino",),
    ("nino", "number"): ("nino",),
    ("unique", "pupil", "number"): ("upn",),
    ("unique", "property", "reference", "number"): ("uprn",),
    ("unique", "property", "reference"): ("uprn",),
    ("reference", "number"): ("reference",),
    ("id", "number"): ("id",),
    ("id", "reference"): ("id",),
    ("nc", "year"): ("ncyear",),
    ("curriculum", "year"): ("ncyear",),
    ("df", "e"): ("dfe",),
}
_NOISE = frozenset(
    {
        *("the", "of", "a", "an", "s", "is", "for", "and", "in", "on", "at", "by", "tbl", "fld", "col", "vw", "txt"),
        *(
            "data",
            "field",
            "current",
            "main",
            "primary",
            "legal",
            "actual",
            "act",
            "lookup",
            "details",
            "info",
            "system",
        ),
    }
)
SUBJECTS = frozenset(
    {
        *(
            "child",
            "pupil",
            "student",
            "person",
            "client",
            "customer",
            "tenant",
            "member",
            "holder",
            "borrower",
            "elector",
        ),
        *("resident", "applicant", "claimant", "patron", "user", "subject", "individual", "learner", "young", "people"),
        *("badge", "permit", "home", "postal", "residential", "occupant", "to"),
    }
)
"""Words that say whose a thing is and seldom what it is."""
SYSTEMS = frozenset(
    {
        *(
            "mosaic",
            "lcs",
            "las",
            "ehm",
            "ics",
            "swift",
            "frameworki",
            "fwi",
            "carefirst",
            "liquidlogic",
            "capita",
            "one",
        ),
        *("sims", "arbor", "bromcom", "synergy", "tribal", "iyss", "ccis", "core", "childview", "careworks", "ypi"),
        *("northgate", "nec", "orchard", "academy", "civica", "aareon", "mri", "open", "housing", "saffron", "eclipse"),
        *("azeus", "caredirector", "spydus", "asc", "ey", "yc", "yot", "yos", "eh", "ct"),
    }
)
"""Systems and services whose name stands before a key."""


ROLES = frozenset(
    {
        *(
            "parent",
            "mother",
            "father",
            "guardian",
            "partner",
            "spouse",
            "victim",
            "perpetrator",
            "suspect",
            "aggressor",
        ),
        *("lead", "second", "joint", "adult", "carer", "offender", "other"),
    }
)
"""Words (and numbers) that tell two people on one row apart."""


def role(header: str) -> str:
    """Which of several people on a row a header is about: '' where it does not say."""
    return " ".join(word for word in words(header) if word in ROLES or word.isdigit())


@lru_cache(maxsize=50_000)
def words(header: str) -> tuple[str, ...]:
    """The words of a header in small letters, abbreviations in full: ``TCY_REFNO`` is tenancy reference."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header)
    found = re.findall(r"[a-z]+|\d+", parted.lower().replace("'s", "").replace("\u2019s", ""))
    full: list[str] = []
    for word in found:
        full += _ABBREVIATIONS.get(word, word).split()
    return _with_phrases(tuple(full))


def _with_phrases(found: tuple[str, ...]) -> tuple[str, ...]:
    made: list[str] = []
    place = 0
    while place < len(found):
        for length in (4, 3, 2):
            phrase = _PHRASES.get(found[place : place + length])
            if phrase is not None:
                made += phrase
                place += length
                break
        else:
            made.append(found[place])
            place += 1
    return tuple(made)


@lru_cache(maxsize=200_000)
def fit(header: str, name: str, tolerated: frozenset[str] = frozenset()) -> float:
    """How well a header fits a known name (in our words): 1 the same, 0 not at all.

    The same words in any order fit nearly as well; words that say whose a thing is, and ``tolerated`` ones, cost
    little; with any other word it is something else.
    """
    mine, known = words(header), words(name)
    if not mine or not known:
        return 0.0
    if mine == known or "".join(mine) == "".join(known):
        return 1.0
    bare = [word for word in mine if word not in _NOISE]
    wanted = [word for word in known if word not in _NOISE] or list(known)
    if sorted(bare) == sorted(wanted):
        return 0.97
    left = list(bare)
    for word in wanted:
        if word not in left:
            return 0.0
        left.remove(word)
    cheap = SUBJECTS | SYSTEMS | tolerated
    return max(0.0, 0.95 - sum(0.02 if word == "to" else 0.08 if word in cheap else 0.5 for word in left))


def best_fit(header: str, names: tuple[str, ...], tolerated: frozenset[str] = frozenset()) -> float:
    """How well a header fits the best of several names; a later name counts a little less."""
    fits = (fit(header, name, tolerated) * (1 - 0.005 * min(place, 20)) for place, name in enumerate(names))
    return max(fits, default=0.0)
