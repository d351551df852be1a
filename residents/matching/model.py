"""The matching model: what is compared, at which levels, and the stated chance of each level.

``m`` is the chance of a level among records of one person, ``u`` among records of two. The stated values serve
where there is too little data to learn from, and for levels too rare to be learnt anywhere; they are round
figures from what is known of such registers, the same for every council.

Names written the wrong way round are one level of the forename alone; the surname then says nothing. (A level
in both would count one fact twice.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MODEL_VERSION = 2

_LEAST_LIKENESS = 0.919
"""Jaro-Winkler likeness of two names that are as good as one: a slip or two in a long name.

Neither this nor any other threshold here can be a likeness of two names, such as 0.92 or 0.8: the last digit, and so
the side on which the two fall, would hang on the machine.
"""


def _as_good_as(one: str, two: str) -> str:
    # The first letters are looked at first, which is cheap and spares most pairs the rest.
    return f"left({one}, 1) = left({two}, 1) AND jaro_winkler_similarity({one}, {two}) >= {_LEAST_LIKENESS}"


def _slip(name: str, shortest: int) -> str:
    """One letter or digit more, less or other, or two neighbours the wrong way round.

    One slip leaves the first letter or the last as it was, which is cheaper to look at.
    """
    one, two = f"{name}_l", f"{name}_r"
    return (
        f"(left({one}, 1) = left({two}, 1) OR right({one}, 1) = right({two}, 1)) AND "
        f"length({one}) >= {shortest} AND length({two}) >= {shortest} AND "
        f"abs(length({one}) - length({two})) <= 1 AND damerau_levenshtein({one}, {two}) = 1"
    )


# Exactly swapped, or swapped with slips, or the surname written first before two forenames. These are cases rather
# than OR, which Splink would multiply out for every comparison it is about to train.
_SWAPPED = (
    f"CASE WHEN forename_l <> surname_l AND {_as_good_as('forename_l', 'surname_r')} AND "
    f"{_as_good_as('surname_l', 'forename_r')} THEN TRUE WHEN forename_l = surname_r AND middle_l = forename_r "
    "THEN TRUE ELSE forename_r = surname_l AND middle_r = forename_l END"
)
_HALF_SWAPPED = "forename_l = surname_r OR surname_l = forename_r"
_SPELLING = "list_has_any(name_groups_l, name_groups_r)"
_DATES = "dob_l IS NULL OR dob_r IS NULL"
_TWO_PARTS = (
    "left(dob_text_l, 6) = left(dob_text_r, 6) OR substr(dob_text_l, 5) = substr(dob_text_r, 5) OR "
    "left(dob_text_l, 4) = left(dob_text_r, 4) AND right(dob_text_l, 2) = right(dob_text_r, 2)"
)
_DATE_SLIP = (
    "(left(dob_text_l, 3) = left(dob_text_r, 3) OR right(dob_text_l, 4) = right(dob_text_r, 4)) AND "
    "damerau_levenshtein(dob_text_l, dob_text_r) = 1"
)
_LIKE_STREET = "left(street_l, 1) = left(street_r, 1) AND jaro_winkler_similarity(street_l, street_r) >= 0.879"


@dataclass(frozen=True)
class Level:
    """One level of agreement.

    ``learn_u`` is off where agreement by chance is too rare to be counted, ``learn_m`` where the pairs learnt from
    cannot show the level. ``exact``: nothing about the two differs.
    """

    label: str
    condition: str
    m: float
    u: float
    learn_m: bool = True
    learn_u: bool = True
    frequency_of: str | None = None
    exact: bool = False


@dataclass(frozen=True)
class Comparison:
    """One thing compared. ``columns`` must be held by enough versions for it to be learnt.

    ``main`` comparisons are those no index can be trusted without.
    """

    name: str
    missing: str
    levels: tuple[Level, ...]
    columns: tuple[str, ...]
    main: bool = False


def _identifier(
    name: str, m_same: float, u_same: float, m_slip: float, u_slip: float, unsure: str | None = None
) -> Comparison:
    missing = f"{name}_l IS NULL OR {name}_r IS NULL" + (f" OR ({unsure})" if unsure else "")
    levels = (
        Level("same", f"{name}_l = {name}_r", m_same, u_same, learn_u=False),
        Level("one slip", _slip(name, 6), m_slip, u_slip, learn_u=False),
        Level("different", "ELSE", 1 - m_same - m_slip, 1 - u_same - u_slip, learn_u=False),
    )
    return Comparison(name, missing, levels, (name,))


COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "forename",
        "forename_l IS NULL OR forename_r IS NULL",
        (
            Level("names swapped", _SWAPPED, 0.005, 0.00001, learn_m=False, learn_u=False),
            Level(
                "same",
                "forename_l = forename_r AND length(forename_l) > 1 AND (middle_l IS NULL OR middle_r IS NULL OR "
                "left(middle_l, 1) = left(middle_r, 1))",
                0.83,
                0.004,
                frequency_of="forename",
                exact=True,
            ),
            Level("same written as one", "forename_all_l = forename_all_r AND length(forename_l) > 1", 0.005, 0.00002),
            Level(
                "same, other middle name", "forename_l = forename_r AND length(forename_l) > 1", 0.01, 0.002, exact=True
            ),
            Level("spelling of one name", _SPELLING, 0.03, 0.002),
            Level("one slip", _slip("forename", 4), 0.03, 0.001),
            Level(
                "very like",
                f"{_as_good_as('forename_l', 'forename_r')} OR forename_l = middle_r OR middle_l = forename_r",
                0.02,
                0.002,
            ),
            Level(
                "initial",
                "(length(forename_l) = 1 OR length(forename_r) = 1) AND left(forename_l, 1) = left(forename_r, 1)",
                0.03,
                0.01,
            ),
            Level("one name in the other's place", _HALF_SWAPPED, 0.003, 0.002, learn_m=False),
            Level("like", "jaro_winkler_similarity(forename_l, forename_r) >= 0.799", 0.012, 0.02),
            Level("different", "ELSE", 0.025, 0.95697),
        ),
        ("forename",),
        main=True,
    ),
    Comparison(
        "surname",
        f"surname_l IS NULL OR surname_r IS NULL OR {_SWAPPED}",
        (
            Level("same", "surname_l = surname_r", 0.87, 0.004, frequency_of="surname", exact=True),
            Level("spelling of one name", "surname_key_l = surname_key_r", 0.01, 0.001),
            Level("one slip", _slip("surname", 4), 0.03, 0.001),
            Level("very like", _as_good_as("surname_l", "surname_r"), 0.02, 0.001),
            Level("one word in common", "list_has_any(surname_words_l, surname_words_r)", 0.02, 0.003),
            Level("among the other's forenames", "surname_l = middle_r OR middle_l = surname_r", 0.005, 0.001),
            # Begum, Kaur and their like: what another system holds is the family's name.
            Level("a name in a surname's place", "surname_part_l OR surname_part_r", 0.01, 0.01),
            Level("like", "jaro_winkler_similarity(surname_l, surname_r) >= 0.799", 0.015, 0.01),
            Level("different", "ELSE", 0.02, 0.969),
        ),
        ("surname",),
        main=True,
    ),
    Comparison(
        "dob",
        _DATES,
        (
            Level("same", "dob_l = dob_r AND NOT dob_weak_l", 0.92, 0.00006, exact=True),
            Level("same, 1 January", "dob_l = dob_r", 0.005, 0.00001, exact=True),
            Level("day and month swapped", "dob_l = dob_swapped_r", 0.006, 0.00005, learn_u=False),
            Level("one slip", _DATE_SLIP, 0.03, 0.0015),
            Level(
                "1 January of the year",
                "(dob_weak_l OR dob_weak_r) AND left(dob_text_l, 4) = left(dob_text_r, 4)",
                0.004,
                0.0005,
            ),
            Level("two parts of three", _TWO_PARTS, 0.01, 0.004),
            Level("same year", "left(dob_text_l, 4) = left(dob_text_r, 4)", 0.005, 0.016),
            Level("different", "ELSE", 0.02, 0.97788),
        ),
        ("dob",),
        main=True,
    ),
    Comparison(
        "sex",
        "sex_l IS NULL OR sex_r IS NULL",
        (
            Level("same", "sex_l = sex_r", 0.985, 0.5),
            Level("different", "ELSE", 0.015, 0.5),
        ),
        ("sex",),
    ),
    Comparison(
        "home",
        "(homes_l IS NULL OR homes_r IS NULL) AND (postcodes_l IS NULL OR postcodes_r IS NULL)",
        (
            Level("same address", "list_has_any(homes_l, homes_r)", 0.55, 0.0002),
            Level("address much the same", f"house_l = house_r AND {_LIKE_STREET}", 0.05, 0.0001),
            Level("same postcode", "list_has_any(postcodes_l, postcodes_r)", 0.15, 0.0015),
            Level("street much the same", _LIKE_STREET, 0.02, 0.002),
            Level("number, and postcode one slip", f"house_l = house_r AND {_slip('postcode', 4)}", 0.01, 0.0005),
            Level("different", "ELSE", 0.22, 0.9957),
        ),
        ("postcode",),
    ),
    # Two sound UPNs are never one slip apart: the check letter sees to that. A temporary UPN ends in a letter and is
    # replaced later, so that a different one says nothing.
    _identifier(
        "upn",
        0.95,
        0.000001,
        0.03,
        0.000005,
        "upn_l <> upn_r AND (right(upn_l, 1) BETWEEN 'A' AND 'Z' OR right(upn_r, 1) BETWEEN 'A' AND 'Z')",
    ),
    _identifier("nino", 0.95, 0.000001, 0.03, 0.00002),
    # Families share these, and people change them.
    _identifier("email", 0.58, 0.0002, 0.02, 0.0001),
    _identifier("phone", 0.58, 0.0003, 0.02, 0.0001),
)


def settings(comparisons: tuple[Comparison, ...], prior: float, frequencies: bool) -> dict[str, Any]:
    """The Splink settings of the stated model. ``prior`` is the chance that two versions taken at random match.

    With ``frequencies``, a rare name in common counts for more than a common one; among too few records every
    name looks common.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "version",
        "probability_two_random_records_match": prior,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "max_iterations": 40,
        "em_convergence": 0.0001,
        "linker_uid": "residents",
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [_comparison(comparison, frequencies) for comparison in comparisons],
    }


def _comparison(comparison: Comparison, frequencies: bool) -> dict[str, Any]:
    missing = {
        "sql_condition": comparison.missing,
        "label_for_charts": "missing",
        "is_null_level": True,
    }
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [missing, *[_level(level, frequencies) for level in comparison.levels]],
    }


def _level(level: Level, frequencies: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "sql_condition": level.condition,
        "label_for_charts": level.label,
        "m_probability": level.m,
        "u_probability": level.u,
        "fix_m_probability": not level.learn_m,
        "fix_u_probability": not level.learn_u,
    }
    if level.frequency_of and frequencies:
        made |= {
            "tf_adjustment_column": level.frequency_of,
            "tf_minimum_u_value": 0.0005,
            "disable_tf_exact_match_detection": True,
        }
    return made
