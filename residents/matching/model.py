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

MODEL_VERSION = 1

_SWAPPED = "(forename_l = surname_r AND surname_l = forename_r AND forename_l <> surname_l)"
_SPELLING = "list_has_any(name_groups_l, name_groups_r)"
_DATES = "dob_l IS NULL OR dob_r IS NULL"


@dataclass(frozen=True)
class Level:
    """One level of agreement. ``learn_u`` is off where agreement by chance is too rare to be counted."""

    label: str
    condition: str
    m: float
    u: float
    learn_m: bool = True
    learn_u: bool = True
    frequency_of: str | None = None


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


def _identifier(name: str, u: float, m: float, unsure: str | None = None) -> Comparison:
    missing = f"{name}_l IS NULL OR {name}_r IS NULL" + (f" OR ({unsure})" if unsure else "")
    levels = (
        Level("same", f"{name}_l = {name}_r", m, u, learn_u=False),
        Level("different", "ELSE", 1 - m, 1 - u, learn_u=False),
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
            ),
            Level(
                "same written as one",
                "forename_all_l = forename_all_r AND length(forename_l) > 1",
                0.005,
                0.00002,
                learn_m=False,
                learn_u=False,
            ),
            Level(
                "same, other middle name",
                "forename_l = forename_r AND length(forename_l) > 1",
                0.01,
                0.002,
                learn_m=False,
            ),
            Level("spelling of one name", _SPELLING, 0.03, 0.002, learn_m=False),
            Level(
                "very like",
                "jaro_winkler_similarity(forename_l, forename_r) >= 0.92 OR forename_l = middle_r OR "
                "middle_l = forename_r",
                0.04,
                0.003,
            ),
            Level(
                "initial",
                "(length(forename_l) = 1 OR length(forename_r) = 1) AND left(forename_l, 1) = left(forename_r, 1)",
                0.04,
                0.01,
            ),
            Level("like", "jaro_winkler_similarity(forename_l, forename_r) >= 0.8", 0.015, 0.02),
            Level("different", "ELSE", 0.025, 0.96),
        ),
        ("forename",),
        main=True,
    ),
    Comparison(
        "surname",
        f"surname_l IS NULL OR surname_r IS NULL OR {_SWAPPED}",
        (
            Level("same", "surname_l = surname_r", 0.87, 0.004, frequency_of="surname"),
            Level("very like", "jaro_winkler_similarity(surname_l, surname_r) >= 0.92", 0.04, 0.002),
            Level("one word in common", "list_has_any(surname_words_l, surname_words_r)", 0.02, 0.003, learn_m=False),
            Level("like", "jaro_winkler_similarity(surname_l, surname_r) >= 0.8", 0.02, 0.01),
            Level("different", "ELSE", 0.05, 0.98),
        ),
        ("surname",),
        main=True,
    ),
    Comparison(
        "dob",
        _DATES,
        (
            Level("same", "dob_l = dob_r AND NOT dob_weak_l", 0.92, 0.00006),
            Level("same, 1 January", "dob_l = dob_r", 0.005, 0.0001, learn_m=False),
            Level("day and month swapped", "dob_l = dob_swapped_r", 0.006, 0.00005, learn_m=False, learn_u=False),
            Level("one slip", "damerau_levenshtein(dob_text_l, dob_text_r) = 1", 0.03, 0.0015),
            Level(
                "1 January of the year",
                "(dob_weak_l OR dob_weak_r) AND left(dob_text_l, 4) = left(dob_text_r, 4)",
                0.004,
                0.0005,
                learn_m=False,
            ),
            Level("same year", "left(dob_text_l, 4) = left(dob_text_r, 4)", 0.01, 0.018),
            Level("same day, other year", "substr(dob_text_l, 5) = substr(dob_text_r, 5)", 0.01, 0.003),
            Level("different", "ELSE", 0.015, 0.977),
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
        "postcodes_l IS NULL OR postcodes_r IS NULL OR len(postcodes_l) = 0 OR len(postcodes_r) = 0",
        (
            Level("same address", "list_has_any(homes_l, homes_r)", 0.6, 0.0002),
            Level("same postcode", "list_has_any(postcodes_l, postcodes_r)", 0.15, 0.0015),
            Level("different", "ELSE", 0.25, 0.9983),
        ),
        ("postcode",),
    ),
    # A temporary UPN ends in a letter and is replaced later, so that a different one says nothing.
    _identifier("upn", 0.000001, 0.98, "upn_l <> upn_r AND (upn_l SIMILAR TO '.*[A-Z]' OR upn_r SIMILAR TO '.*[A-Z]')"),
    _identifier("nino", 0.000001, 0.98),
    # Families share these, and people change them.
    _identifier("email", 0.0002, 0.6),
    _identifier("phone", 0.0003, 0.6),
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
