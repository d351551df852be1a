"""A small run for the reports: two targets with sealed scores, audited by the real audits stage."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from fairness_audits.config import AuditConfig
from fairness_audits.gate import approve
from fairness_audits.stage import STAGE as AUDITS
from features.catalogue import entries
from features.library import library
from features.spread import described
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from models.config import ModelsConfig, TargetSettings
from models.tables import COHORT, REASONS, SCORES
from models.targets import TARGETS
from reports import opening, stage
from residents.certainty import FAMILY_CERTAINTY, MATCH_CERTAINTY
from residents.tables import PROTECTED
from store.files import write_bytes, write_json
from store.keys import Keys
from store.run_folder import RunFolder, relative_path
from store.sealing import seal
from tests.reports.chain_data import chain, proxies
from tests.reports.data import data_quality
from tests.reports.linkage_data import linkage, review
from tests.support import KEYS, put_table, run_stage

TODAY = dt.date(2026, 9, 20)
EXPIRES = TODAY + dt.timedelta(days=90)
FAMILY_TARGET, CHILD_TARGET = "under_the_radar", "hidden_young_carers"
TITLES = {name: TARGETS[name].title for name in (FAMILY_TARGET, CHILD_TARGET)}
AS_OFS = [dt.date(2024, 10, 1), dt.date(2025, 1, 1), dt.date(2025, 4, 1), dt.date(2026, 7, 1)]
CAPACITY = 40
MITIGATION = "The panel reads every case blind to its place and visits no family on the strength of the list alone."
_ETHNICITIES = ("WBRI", "WOTH", "BAFR", "BCRB", "APKN", "ABAN", "MWBC", "OOTH", "WROM", None)
_SHARES = (0.4, 0.08, 0.12, 0.08, 0.1, 0.08, 0.05, 0.03, 0.005, 0.055)


def features_of(target: str) -> list[dict[str, Any]]:
    """Catalogue entries that the sample's models use."""
    wanted = ("absence_rate_182_max", "rent_arrears_weeks", "moves_365", "domestic_incidents_365", "needs_count")
    own = ("absence_rate_182", "caring_signs", "age")
    names = (*own, *wanted) if target == CHILD_TARGET else wanted
    return [entry for entry in entries(library()) if entry["name"] in names]


def evaluation(target: str, *, state: str = "modelled", **changes: Any) -> dict[str, Any]:
    """An ``evaluation.json`` of the shape the models stage writes."""
    definition = TARGETS[target]
    document: dict[str, Any] = {
        "target": target,
        "title": definition.title,
        "question": definition.question,
        "unit": definition.cohort.unit.value,
        "capacity": CAPACITY,
        "outcome": {
            "kinds": list(definition.outcome.kinds),
            "horizon_days": 365,
            "reporting_delay_days": 30,
            "covers_to": "2026-06-30",
        },
        "label_caveats": list(definition.label_caveats),
        "retirement": definition.retirement,
        "state": state,
    }
    if state == "modelled":
        document |= {
            "features": [entry["name"] for entry in features_of(target)],
            "splits": [
                {"as_of": as_of.isoformat(), "cases": 1500, "test_outcomes": 110, "base_rate": 0.0733}
                for as_of in AS_OFS[:-1]
            ],
            "choice": {
                "chosen": "boosted_trees",
                "rule": "the rule in words",
                "why": "the choice in words",
                "no_better_than_chance": False,
                "not_stable": False,
            },
            "current": {
                "as_of": AS_OFS[-1].isoformat(),
                "cases": 1500,
                "learns_from": [as_of.isoformat() for as_of in AS_OFS[:-1]],
                "training_cases": 4500,
                "training_outcomes": 330,
            },
            "candidates": {
                name: {
                    "baseline": precision < 0.35,
                    "pooled": pooled(precision),
                    "by_as_of": {as_of.isoformat(): pooled(precision) for as_of in AS_OFS[:-1]},
                }
                for name, precision in (
                    ("chance", 0.0733),
                    ("best_single_indicator", 0.21),
                    ("needs_count", 0.29),
                    ("logistic_regression", 0.36),
                    ("boosted_trees", 0.41),
                )
            },
        }
    return document | changes


def pooled(precision: float) -> dict[str, Any]:
    """Metrics that agree with each other, for lists of 3 x 40 places and 330 outcomes."""
    caught = precision * CAPACITY * 3
    return {
        "precision": {"value": precision, "low": round(precision * 0.8, 4), "high": round(precision * 1.2, 4)},
        "recall": {"value": round(caught / 330, 4), "low": round(caught / 420, 4), "high": round(caught / 280, 4)},
        "flags_per_true_case": {"value": round(1 / precision, 4), "low": 1.5, "high": 9.0},
        "missed_cases": {"value": round(330 - caught, 4), "low": 200.0, "high": 320.0},
        **{
            name: {"value": value, "low": round(value * 0.9, 4), "high": round(value * 1.1, 4)}
            for name, value in (
                ("average_precision", round(precision * 0.8, 4)),
                ("auc", 0.72),
                ("brier", 0.06),
                ("calibration_slope", 0.97),
                ("observed_over_expected", 1.04),
            )
        },
        "lift": {
            name: {"ratio": precision / other, "difference": {"value": precision - other, "low": 0.01, "high": 0.4}}
            for name, other in (("chance", 0.0733), ("best_single_indicator", 0.21), ("needs_count", 0.29))
        },
    }


def make_run(root: Path, *, units: int = 1500, sentence: str = "Missed 34% of possible sessions.") -> RunFolder:
    """A run folder up to and including the audits. ``sentence`` is the first reason of every case."""
    run = RunFolder(root)
    people = [{"person_id": f"P{i}", "analysis_id": _pseudonym("p", i), "conflict": False} for i in range(units)]
    generator = np.random.default_rng(7)
    ethnicity = generator.choice(len(_ETHNICITIES), size=units, p=_SHARES)
    for person, code in zip(people, ethnicity):
        person["ethnicity"] = _ETHNICITIES[code]
    put_table(run, PROTECTED, people)
    put_table(run, MEMBERS, [_member(as_of, i) for as_of in AS_OFS for i in range(units)])
    _surround(run, units)
    write_json(root / "features" / "catalogue.json", entries(library()))
    for target in (FAMILY_TARGET, CHILD_TARGET):
        write_json(root / "models" / target / "evaluation.json", evaluation(target))
        _scored(run, target, units, generator, sentence)
    _described(run, units)
    write_json(root / "features" / "coverage.json", coverage(run))
    write_json(root / "sources" / "summary.json", SUMMARY)
    write_json(root / "sources" / "data_quality.json", data_quality())
    write_json(root / "residents" / "quality.json", QUALITY)
    write_json(root / "residents" / "linkage.json", linkage())
    write_json(root / "residents" / "review.json", review())
    write_json(root / "fairness_audits" / "published" / "chain.json", chain(TITLES))
    write_json(root / "fairness_audits" / "published" / "proxies.json", proxies(FAMILY_TARGET))
    audit(run)
    return run


def audit(run: RunFolder, policy: str | None = None) -> None:
    """Run the audits stage."""
    targets = {name: TargetSettings(capacity=CAPACITY) for name in (FAMILY_TARGET, CHILD_TARGET)}
    run_stage(AUDITS, run.root, AuditConfig(policy=policy), ModelsConfig(targets=targets))


@contextmanager
def on_day(day: dt.date) -> Iterator[None]:
    """The reports' clock at ``day``."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (opening, stage):
            patch.setattr(module, "judging_day", lambda: day)
        yield


def release(run: RunFolder, target: str, *, name: str = "Ama Boateng", note: str = "Audit read and discussed.") -> None:
    """Release a target by two approvers."""
    for who, role in ((name, "data_scientist"), ("Rhys Morgan", "equalities_lead")):
        approve(run, KEYS, target, who, role, note, TODAY, mitigation=MITIGATION, expires=EXPIRES)


def put_sealed(run: RunFolder, keys: Keys, table: Any, rows: list[dict[str, Any]], target: str) -> None:
    """Write rows as a sealed table."""
    put_table(run, table, rows, target)
    path = run.path(table, target)
    write_bytes(path, seal(keys, relative_path(table, target).as_posix(), path.read_bytes()))


def _scored(run: RunFolder, target: str, units: int, generator: np.random.Generator, sentence: str) -> None:
    kind = "p" if target == CHILD_TARGET else "f"
    scores, reasons = [], []
    for as_of in AS_OFS:
        need = generator.normal(size=units)
        chance = 1 / (1 + np.exp(3.2 - 1.3 * need))
        outcome = generator.random(units) < chance
        place = np.empty(units, dtype=int)
        place[np.argsort(-chance, kind="stable")] = np.arange(1, units + 1)
        current = as_of == AS_OFS[-1]
        for i in range(units):
            row = {"unit_id": _pseudonym(kind, i), "family_id": _pseudonym("f", i), "as_of": as_of}
            flagged = bool(place[i] <= CAPACITY)
            closed = None if current else bool(outcome[i])
            row |= {"part": "current" if current else "test", "outcome": closed}
            scores.append(row | {"score": float(chance[i]), "position": int(place[i]), "flagged": flagged})
            if current and flagged:
                reasons += _reasons(row, sentence)
    scores.sort(key=lambda row: (row["as_of"], row["position"]))
    put_sealed(run, KEYS, SCORES, scores, target)
    put_sealed(run, KEYS, REASONS, sorted(reasons, key=lambda r: (r["unit_id"], r["position"])), target)
    put_table(run, COHORT, _cohort(scores), target)


def _cohort(scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{name: row.get(name) for name in COHORT.column_names} for row in scores]
    return sorted(kept, key=lambda row: (row["as_of"], row["unit_id"]))


def _reasons(row: dict[str, Any], sentence: str) -> list[dict[str, Any]]:
    base = {name: row[name] for name in ("unit_id", "family_id", "as_of")}
    given = (
        ("absence_rate_182_max", "attendance", 0.8, 0.34, 0.06, sentence),
        ("rent_arrears_weeks", "rent", 0.5, 6.2, 0.4, "Owes 6.2 weeks of rent."),
        ("needs_count", "needs", 0.4, 4.0, 1.0, "4 of ten needs evidenced."),
        ("domestic_incidents_365", "safety", -0.3, 0.0, 0.0, "No domestic abuse notification in the last 12 months."),
        ("moves_365", "household", -0.1, None, 0.0, "Moves are not known."),
    )
    return [
        base
        | {
            "position": place,
            "kind": "for" if moved > 0 else "against",
            "feature": feature,
            "subject": subject,
            "contribution": moved,
            "value": value,
            "median": median,
            "sentence": words,
        }
        for place, (feature, subject, moved, value, median, words) in enumerate(given, start=1)
    ]


def coverage(run: RunFolder) -> dict[str, Any]:
    """What the features stage writes of how its columns are spread, of the tables there are."""
    tables = {}
    with duckdb.connect() as connection:
        for table in (FAMILY_FEATURES, CHILD_FEATURES):
            path = str(run.path(table))
            columns = pq.read_schema(path).names
            names = [name for name in columns if name not in table.column_names]
            tables[table.name] = described(connection, path, names, AS_OFS[-1:], ())
    return {
        "as_of": [AS_OFS[-1].isoformat()],
        "left_out": ["offences_365"],
        "absent_sources": ["offences"],
        "tables": tables,
    }


def _described(run: RunFolder, units: int) -> None:
    blank = {entry["columns"].get("families"): None for entry in features_of(FAMILY_TARGET)}
    families = {name: value for name, value in blank.items() if name} | {"rent_arrears_weeks": 6.2, "needs_count": 4.0}
    children = {entry["name"]: 1.0 for entry in features_of(CHILD_TARGET) if entry["level"] == "child"}
    as_of = AS_OFS[-1]
    order = sorted(range(units), key=lambda i: _pseudonym("f", i))
    put_table(run, FAMILY_FEATURES, [{"family_id": _pseudonym("f", i), "as_of": as_of} | families for i in order])
    order = sorted(range(units), key=lambda i: _pseudonym("p", i))
    keys = [{"person_id": _pseudonym("p", i), "family_id": _pseudonym("f", i), "as_of": as_of} for i in order]
    put_table(run, CHILD_FEATURES, [key | children for key in keys])


def _surround(run: RunFolder, units: int) -> None:
    """Services, some known and some not yet, and how sure the matching is, of every third and every fourth family."""
    by_person = sorted(range(units), key=lambda i: _pseudonym("p", i))
    by_family = sorted(range(units), key=lambda i: _pseudonym("f", i))
    ended, late = dt.date(2024, 5, 3), dt.date(2026, 7, 10)
    steps = [
        {"kind": "cin", "event_date": dt.date(2026, 6, 20), "recorded_on": late},
        {"kind": "contact", "event_date": dt.date(2025, 6, 11), "recorded_on": dt.date(2025, 6, 11)},
        {
            **{"kind": "early_help", "event_date": dt.date(2024, 1, 10), "recorded_on": dt.date(2024, 1, 10)},
            **{"to_date": ended, "end_recorded_on": ended},
        },
    ]
    put_table(run, MILESTONES, [{"person_id": _pseudonym("p", i)} | step for i in by_person if i % 3 for step in steps])
    sure = [
        {"person_id": _pseudonym("p", i), "source": "schools", "certainty": "sure" if i % 3 else "less_sure"}
        for i in by_person
    ]
    put_table(run, MATCH_CERTAINTY, sure)
    tied = [
        {
            **{"family_id": _pseudonym("f", i), "person_id": _pseudonym("p", i)},
            **{"certainty": "sure" if i % 4 else "less_sure", "by_home_alone": i % 4 == 0},
        }
        for i in by_family
    ]
    put_table(run, FAMILY_CERTAINTY, tied)


def _member(as_of: dt.date, i: int) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "family_id": _pseudonym("f", i),
        "person_id": _pseudonym("p", i),
        "role": "child",
        "age_years": 5 + i % 12,
    }


def _pseudonym(kind: str, i: int) -> str:
    """Twenty hex digits that depend on nothing but the number."""
    return hashlib.sha256(f"{kind}{i}".encode()).hexdigest()[:20]


SUMMARY: dict[str, Any] = {
    "files": [
        {
            "extract": "attendance",
            "source": "schools",
            "file": f"attendance_{year}.csv",
            "rows": 100_000,
            "not_data": {},
            "tables": {
                "attendance": {
                    "rows": 100_000,
                    "accepted": 99_100,
                    "rejected": 870,
                    "unlinked": {},
                    "superseded": 30,
                    "blanked": 12,
                    "rules": {"code: not a code in force on the day": 800, "event_date: after the extract": 70},
                    "unmapped": {},
                }
            },
        }
        for year in (2024, 2025)
    ],
    "tables": {"attendance": 198_200},
}

QUALITY: dict[str, Any] = {
    "by_source": [
        {
            "source": "schools",
            "rows": 9000,
            "people": 3000,
            "people_in_other_systems": 2700,
            "share_with_dob": 1.0,
            "share_with_address": 0.97,
        },
        {
            "source": "parking",
            "rows": 400,
            "people": 380,
            "people_in_other_systems": 7,
            "share_with_dob": 0.0,
            "share_with_address": 0.99,
        },
    ],
    "keys_per_person": [{"keys": 1, "people": 500}, {"keys": 2, "people": 2880}],
    "links_refused_by_conflict": 43,
    "families": {"now": 1500, "now_with_a_child": 1200, "children_in_two_families_now": 6},
}
