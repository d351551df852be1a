"""Training the matching model: chance agreement counted by DuckDB, agreement among matches learnt by Splink's EM.

EM is on one thread, so that sums come in one order and every machine learns the same figures. Chance
agreement is counted among versions of which no two have the same names and birth date: among all of them the
true matches would be counted as chance. Agreement among matches is learnt by EM, blocked on near-certain pairs.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from residents.config import ResidentsConfig
from residents.matching.counting import count_levels
from residents.matching.model import COMPARISONS, MODEL_VERSION, Comparison, settings
from residents.matching.stored import stored_settings
from residents.matching.teaching import count_pairs, hand_over
from store.errors import InputRejected

# Each round's own fields are not learnt in it. None is an address alone: that would teach 'same household'. Of the
# alternatives in a round the first with enough pairs serves; sex beside surname and birth date halves the twins.
_ROUNDS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("forename", "surname", "postcode"),),
    (("forename", "surname", "dob"),),
    (("forename", "dob"),),
    (("surname", "dob", "sex"), ("surname", "dob")),
    (("upn",),),
    (("nino",),),
)
_NEAR_CERTAIN = 0.9
_STEPS = (40, 10, 3)
"""Most steps of EM; fewer are tried where more take a level to nothing."""
_LEAST_PAIRS = 200
_LARGE = 10_000
_LEAST_SHARE = 0.001
"""Among more versions than the first, of two systems or more, near-certain pairs fewer than this share of them are a
sign of a wrong mapping. A small council, systems that hardly overlap, or one system that writes each person once may
honestly have few; the stated parameters serve them as they serve those with few records."""
_SIZE = "SELECT count(*), count(DISTINCT source) FROM versions"
_STATED_SHARE = 0.02
"""What a stated value weighs beside what was found. A level that was never met keeps the weight it is stated with."""
_FREQUENCY_FLAG = "disable_tf_exact_match_detection"
_LEAST_M = 0.0005
_LEAST_U = 0.000001
_PLACES = 9
_LOOKED_AT = 20
"""How many times the sample is looked through for it. Whoever comes before another stands before it in a part, too."""
_SAMPLE = """
CREATE TEMP TABLE sample_rows AS
WITH
looked_at AS (
    SELECT version, forename, surname, dob, upn, nino, hash(version, $seed) AS turn FROM versions
    ORDER BY turn, version LIMIT $looked_at
),
chosen AS (
    SELECT version FROM looked_at
    QUALIFY row_number() OVER (PARTITION BY forename, surname, dob ORDER BY turn, version) = 1
        AND (dob IS NULL OR row_number() OVER (PARTITION BY forename, dob ORDER BY turn, version) = 1)
        AND (dob IS NULL OR row_number() OVER (PARTITION BY surname, dob ORDER BY turn, version) = 1)
        AND (upn IS NULL OR row_number() OVER (PARTITION BY upn ORDER BY turn, version) = 1)
        AND (nino IS NULL OR row_number() OVER (PARTITION BY nino ORDER BY turn, version) = 1)
    ORDER BY turn, version LIMIT $rows
)
FROM versions SEMI JOIN chosen USING (version)
"""
# Pairs that agree on every name and the birth date are as near to certain as pairs without a key can be.
_CERTAIN = """
WITH
held AS (
    SELECT forename, surname, dob, subject, count(*) AS n FROM versions
    WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL GROUP BY ALL
),
certain AS (SELECT sum(n) AS total, sum(n * n) AS own FROM held GROUP BY forename, surname, dob)
SELECT (SELECT coalesce(sum(total * total - own) / 2, 0) FROM certain)::DOUBLE,
    (SELECT count(*) FROM versions)::DOUBLE,
    (SELECT count(*) FROM versions WHERE forename IS NOT NULL AND surname IS NOT NULL AND dob IS NOT NULL)::DOUBLE
"""
_HELD = """
SELECT avg((forename IS NOT NULL)::INTEGER), avg((surname IS NOT NULL)::INTEGER), avg((dob IS NOT NULL)::INTEGER),
    avg((sex IS NOT NULL)::INTEGER), avg((postcode IS NOT NULL)::INTEGER), avg((upn IS NOT NULL)::INTEGER),
    avg((nino IS NOT NULL)::INTEGER), avg((email IS NOT NULL)::INTEGER), avg((phone IS NOT NULL)::INTEGER)
FROM versions
"""
_HELD_FIELDS = ("forename", "surname", "dob", "sex", "postcode", "upn", "nino", "email", "phone")


@dataclass(frozen=True)
class Model:
    """A matching model ready to score with. ``settings`` is what Splink reads; ``learnt`` says what was learnt."""

    settings: dict[str, Any]
    prior: float
    learnt: dict[str, str]

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Model | None:
        """The model that `parameters` wrote, as `stored_settings` takes it; None where it cannot be taken over."""
        found = stored_settings(document)
        learnt = document.get("learnt")
        if found is None or not isinstance(learnt, dict):
            return None
        names = [one["output_column_name"] for one in found["comparisons"]]
        if set(learnt) != set(names):
            return None
        said = {name: str(learnt[name]) for name in names}
        return cls(found, found["probability_two_random_records_match"], said)

    def parameters(self) -> dict[str, Any]:
        """The whole model as a versioned document, to be used again."""
        return {"version": MODEL_VERSION, "prior": self.prior, "learnt": self.learnt, "settings": self.settings}

    def document(self) -> dict[str, Any]:
        """The model as people read it."""
        return {
            "version": MODEL_VERSION,
            "prior": self.prior,
            "comparisons": [
                {
                    "name": comparison["output_column_name"],
                    "parameters": self.learnt[comparison["output_column_name"]],
                    "levels": [
                        {
                            "level": level["label_for_charts"],
                            "condition": level["sql_condition"],
                            "m": level["m_probability"],
                            "u": level["u_probability"],
                        }
                        for level in comparison["comparison_levels"]
                        if not level.get("is_null_level")
                    ],
                }
                for comparison in self.settings["comparisons"]
            ],
        }


def fit(con: duckdb.DuckDBPyConnection, single: duckdb.DuckDBPyConnection, config: ResidentsConfig, seed: int) -> Model:
    """Learn the model from the table ``versions`` of ``con``, with EM in the single-threaded ``single``.

    The stated parameters serve where there are too few records to learn from, and where too few near-certain pairs
    show a comparison. Raises InputRejected when, of a main comparison, they are so few for so many records (`_LARGE`)
    that a wrong mapping is likelier than that hardly anyone is held twice.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    held = dict(zip(_HELD_FIELDS, (share or 0.0 for share in con.execute(_HELD).fetchall()[0])))
    comparisons = tuple(c for c in COMPARISONS if all(held[column] > 0 for column in c.columns))
    versions, sources = con.execute(_SIZE).fetchall()[0]
    enough = versions >= config.train_minimum
    stated = settings(comparisons, 0.0, frequencies=enough)
    prior = _prior(con, _certain_share(comparisons, stated))
    stated |= {"probability_two_random_records_match": prior}
    if not enough:
        return Model(stated, prior, {c.name: "stated: too few records to learn from" for c in comparisons})
    least = versions * _LEAST_SHARE if versions > _LARGE and sources > 1 else 0
    start = _learn_chance(con, stated, config.train_sample, seed)
    fitted, learnt = _learn_agreement(con, single, start, comparisons, held, config, least, seed)
    prior = _prior(con, _certain_share(comparisons, fitted))
    return Model({**fitted, "probability_two_random_records_match": prior}, prior, learnt)


def _certain_share(comparisons: tuple[Comparison, ...], made: dict[str, Any]) -> float:
    """The share of matches that agree on names and birth date, as the model has it."""
    share = 1.0
    for comparison, parameters in zip(comparisons, made["comparisons"]):
        if comparison.main:
            levels = zip(comparison.levels, parameters["comparison_levels"][1:])
            share *= sum(found["m_probability"] for level, found in levels if level.exact)
    return share


def _prior(con: duckdb.DuckDBPyConnection, certain_share: float) -> float:
    """The chance that two versions of different keys match, from the pairs that agree on names and birth date.

    ``certain_share`` is the share of matches with names and birth dates that agree on all of them.
    """
    certain, versions, whole = con.execute(_CERTAIN).fetchall()[0]
    if versions < 2 or whole == 0:
        return 0.0001
    pairs = versions * (versions - 1) / 2
    matches = certain / certain_share / (whole / versions) ** 2
    return float(round(min(max(matches / pairs, 1 / pairs, 1e-8), 0.05), 12))


def _learn_chance(con: duckdb.DuckDBPyConnection, stated: dict[str, Any], rows: int, seed: int) -> dict[str, Any]:
    """The stated settings with ``u`` counted over every pair of the sample.

    Whole numbers are counted, so that it may use every thread.
    """
    con.execute(_SAMPLE, {"seed": seed, "rows": rows, "looked_at": rows * _LOOKED_AT})
    counts = count_levels(con.table("sample_rows"), stated["comparisons"])
    con.execute("DROP TABLE sample_rows")
    comparisons = [
        _steady(comparison, [_shares(comparison, counted)], "u_probability", _LEAST_U)
        for comparison, counted in zip(stated["comparisons"], counts)
    ]
    return {**stated, "comparisons": comparisons}


def _shares(comparison: dict[str, Any], counts: dict[int, int]) -> dict[str, Any]:
    """The comparison with its levels' shares of the pairs as ``u``."""
    total = max(sum(counts.values()), 1)
    levels = [
        {**level, "u_probability": counts.get(place, 0) / total}
        for place, level in enumerate(comparison["comparison_levels"])
    ]
    return {**comparison, "comparison_levels": levels}


def _learn_agreement(
    con: duckdb.DuckDBPyConnection,
    single: duckdb.DuckDBPyConnection,
    start: dict[str, Any],
    comparisons: tuple[Comparison, ...],
    held: dict[str, float],
    config: ResidentsConfig,
    least: float,
    seed: int,
) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings with ``m`` learnt, and what is said of each comparison.

    With fewer than ``least`` near-certain pairs to show a main comparison the data are refused.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    shown: dict[str, float] = {}
    for alternatives in _ROUNDS:
        counts = {fields: count_pairs(con, fields) for fields in alternatives}
        for comparison in comparisons:
            teaching = [pairs for fields, pairs in counts.items() if not set(comparison.columns) & set(fields)]
            shown[comparison.name] = max([*teaching, shown.get(comparison.name, 0.0)])
        fields = next((fields for fields, pairs in counts.items() if pairs >= _LEAST_PAIRS), None)
        if fields is None:
            continue
        taught = {c.name for c in comparisons if not set(c.columns) & set(fields)}
        hand_over(con, single, fields, seed)
        learnt_now = _learn_round(single, start, fields, taught, config.train_pairs)
        single.execute("DROP TABLE training")
        for comparison in learnt_now["comparisons"]:
            found.setdefault(comparison["output_column_name"], []).append(comparison)
    fitted: dict[str, Any] = {**start, "comparisons": []}
    learnt = {}
    for comparison, begun in zip(comparisons, start["comparisons"]):
        needed = all(held[column] >= config.train_coverage for column in comparison.columns)
        rounds = found.get(comparison.name, [])
        if comparison.main and needed and not rounds and shown[comparison.name] < least:
            raise InputRejected(
                f"The matching model could not learn the comparison of {comparison.name}: too few near-certain pairs.",
                where="residents",
                fix="Check that names, birth dates and postcodes are mapped to the right columns, and dates in the "
                "right format.",
            )
        use = rounds if needed else []
        unlearnt = "stated: too few near-certain pairs" if needed else "stated: held by too few"
        learnt[comparison.name] = f"learnt in {len(use)} rounds" if use else unlearnt
        fitted["comparisons"].append(_steady(begun, use, "m_probability", _LEAST_M))
    return fitted, learnt


def _learn_round(
    single: duckdb.DuckDBPyConnection,
    start: dict[str, Any],
    fields: tuple[str, ...],
    taught: set[str],
    most_pairs: int,
) -> dict[str, Any]:
    """One round of EM on the pairs that agree on ``fields``.

    The fields are blocked on under other names, because the comparison of one name also looks at the other for
    names the wrong way round, and Splink drops each comparison that looks at a blocked column.
    """
    begun = {
        **start,
        "probability_two_random_records_match": _NEAR_CERTAIN,
        "comparisons": [_without_frequencies(c) for c in start["comparisons"] if c["output_column_name"] in taught],
    }
    for steps in _STEPS:
        api = DuckDBAPI(connection=single)
        linker = Linker(
            api.register("training"), {**begun, "max_iterations": steps}, log_level=None, validate_settings=False
        )
        # A level that no match has goes to nothing step by step, and Splink refuses a chance that it cannot hold.
        with contextlib.suppress(ValueError):
            linker.training.estimate_parameters_using_expectation_maximisation(
                " AND ".join((*(f"l.by_{field} = r.by_{field}" for field in fields), "l.by_subject <> r.by_subject")),
                estimate_without_term_frequencies=True,
                max_pairs=most_pairs,
                record_sample_proportion=1.0,
            )
            learnt: dict[str, Any] = linker.misc.save_model_to_json()
            linker.table_management.delete_tables_created_by_splink_from_db()
            return learnt
    return begun


def _without_frequencies(comparison: dict[str, Any]) -> dict[str, Any]:
    # Splink would count how frequent names are, which training does not use.
    levels = [
        {key: value for key, value in level.items() if not key.startswith("tf_") and key != _FREQUENCY_FLAG}
        for level in comparison["comparison_levels"]
    ]
    return {**comparison, "comparison_levels": levels}


def _steady(begun: dict[str, Any], rounds: list[dict[str, Any]], kind: str, floor: float) -> dict[str, Any]:
    """A comparison with one kind of probability as found in training, the mean of the rounds.

    Levels that are fixed keep their stated value, the others share what these leave. The stated values have a small
    weight and none is below the floor, so that one unlucky sample cannot give an infinite weight.
    """
    levels = [dict(level) for level in begun["comparison_levels"]]
    new: dict[int, float] = {}
    kept = 0.0
    for place, level in enumerate(levels):
        if level.get("is_null_level"):
            continue
        if level["fix_" + kind] or not rounds:
            kept += level[kind]
        else:
            found = [_met(comparison["comparison_levels"][place].get(kind), level[kind]) for comparison in rounds]
            mean = sum(found) / len(found)
            new[place] = max(mean * (1 - _STATED_SHARE) + level[kind] * _STATED_SHARE, floor)
    total = sum(new.values())
    for place, value in new.items():
        levels[place][kind] = round(value / total * (1 - kept), _PLACES)
    return {**begun, "comparison_levels": levels}


def _met(found: object, begun: float) -> float:
    # Splink leaves a level that no pair was at as it began, or without a number.
    return found if isinstance(found, float) and found != begun else 0.0
