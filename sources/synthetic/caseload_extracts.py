"""Who works with whom: the staff list, and which worker held which child when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.care_extracts import CaseFile, children_of
from sources.synthetic.chance import days_between, happens, labels, numbers, pick, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, Array, day, written
from sources.synthetic.names import POOLS
from sources.synthetic.paper import Paper, Style
from sources.synthetic.world import Borough

_DATES = "%d/%m/%Y"
_STYLE = Style(encoding="utf-8-sig")
_TEAMS = ("Assessment North", "Assessment South", "Safeguarding East", "Safeguarding West", "Children Looked After")
_FAMILIES_TO_A_WORKER = 200


@dataclass(frozen=True)
class Staff:
    """Workers; the first of each team manages it."""

    number: Array
    team: Array
    started: Array
    left: Array


def write_staff(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "staff extract")
    staff = _staff(borough)
    size = len(staff.number)
    heritage = pick(rng, tuple(POOLS), size)
    names = [
        f"{pool.female[int(a) % len(pool.female)]} {pool.surnames[int(b) % len(pool.surnames)]}"
        for pool, a, b in zip((POOLS[name] for name in heritage.tolist()), *rng.integers(0, 1000, (2, size)))
    ]
    manager = staff.number[staff.team]
    manages = np.arange(size) < len(_TEAMS)
    paper.write(
        "social_care/staff.csv",
        {
            "WorkerNo": staff.number,
            "WorkerName": np.array(names, dtype=object),
            "Team": np.array(_TEAMS, dtype=object)[staff.team],
            "Post": np.where(manages, "Team manager", "Social worker").astype(object),
            "ManagerNo": np.where(manages, "", manager),
            # Of the numbers kept for stories: nobody's telephone rings.
            "Telephone": np.array([f"020 7946 0{number % 1000:03}" for number in range(size)], dtype=object),
            "Started": written(staff.started, _DATES),
            "Left": written(np.where(staff.left <= EXTRACT, staff.left, OPEN), _DATES),
        },
        _STYLE,
    )


def _staff(borough: Borough) -> Staff:
    rng = stream(borough.seed, "staff")
    size = max(3 * len(_TEAMS), borough.families.asked // _FAMILIES_TO_A_WORKER)
    started = days_between(rng, day(2012, 1, 1), EXTRACT - 200, size)
    stays = happens(rng, 0.6, size) | (np.arange(size) < len(_TEAMS))
    return Staff(
        number=labels("W", numbers(rng, size, 4)),
        team=np.arange(size) % len(_TEAMS),
        started=np.where(np.arange(size) < 2 * len(_TEAMS), day(2015, 4, 1), started),
        left=np.where(stays, OPEN, started + days_between(rng, 180, 1500, size)),
    )


def write_caseload(borough: Borough, paper: Paper, file: CaseFile) -> None:
    """One worker for an assessment, one or two for a plan; the next may come some weeks after the last has gone."""
    rng = stream(borough.seed, "caseload extract")
    assessments, plans = borough.care.assessments, borough.care.plans
    family = np.concatenate([assessments["family"], plans["family"]])
    start = np.concatenate([assessments["start"], plans["start"]])
    end = np.concatenate([assessments["end"], plans["end"]])
    kind = np.concatenate([np.full(len(assessments), 0), np.where(plans["kind"] == "LAC", 2, 1)])
    changes = (end - start > 120) & happens(rng, 0.5, len(start))
    handover = start + ((end - start) * rng.uniform(0.3, 0.7, len(start))).astype(np.int64)
    later = np.flatnonzero(changes)
    family, kind = np.concatenate([family, family[later]]), np.concatenate([kind, kind[later]])
    begins = np.concatenate([start, handover[later] + rng.integers(0, 35, len(later))])
    ends = np.concatenate([np.where(changes, handover, end), end[later]])
    kept = (begins < ends) & (begins <= EXTRACT) & (ends >= COVERS_FROM)
    family, kind, begins, ends = family[kept], kind[kept], begins[kept], ends[kept]
    worker = _worker_of(rng, _staff(borough), kind, begins)
    row, child = children_of(borough, rng, family, begins, 0.85)
    staff = _staff(borough)
    paper.write(
        "social_care/caseload.csv",
        {
            "PersonID": file.number_at(child, begins[row]),
            "WorkerNo": staff.number[worker[row]],
            "Team": np.array(_TEAMS, dtype=object)[staff.team[worker[row]]],
            "HeldFrom": written(begins[row], _DATES),
            "HeldTo": written(np.where(ends[row] <= EXTRACT, ends[row], OPEN), _DATES),
        },
        _STYLE,
        broken={"HeldFrom": ("31/06/2024",)},
    )


def _worker_of(rng: np.random.Generator, staff: Staff, kind: Array, on: Array) -> Array:
    """A worker of the right kind of team; one who has left or not yet come gives way to the team's manager."""
    first, last = np.array([0, 2, 4])[kind], np.array([2, 4, 5])[kind]
    team = first + (rng.random(len(kind)) * (last - first)).astype(np.int64)
    held = len(staff.number) // len(_TEAMS)
    worker = team + len(_TEAMS) * (rng.random(len(kind)) * held).astype(np.int64)
    there = (staff.started[worker] <= on) & (staff.left[worker] > on)
    chosen: Array = np.where(there, worker, team)
    return chosen
