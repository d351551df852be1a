"""Children's social care, early help and the police, quarter by quarter.

A family's need drives contacts; who is contacted about also depends on how closely its group is watched. Services
lower need while they last. Levels: contacts, the share accepted as referrals and assessments from Hackney's annual
report 2019/20; children in need, plans and looked after from DfE 2023-24 and the same report. Assumed: durations,
delays, domestic incidents at 5% of families a year and the effect of early help.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sources.synthetic.chance import days_between, happens, logistic, pick, recording_delay, stream
from sources.synthetic.clock import QUARTER_DAYS, QUARTERS, Array
from sources.synthetic.ethnicity import WATCHED
from sources.synthetic.families import WITH_CHILDREN, Families
from sources.synthetic.need import Needs

CONTACT_SOURCES = ("1A", "1B", "2A", "3A", "3B", "3E", "4", "5A", "5B", "6", "8", "9")
_CONTACT_SHARES = (0.06, 0.03, 0.24, 0.06, 0.05, 0.03, 0.04, 0.05, 0.08, 0.24, 0.08, 0.04)
NFA, EARLY_HELP, REFERRAL = range(3)
_EARLY_HELP_EFFECT = 0.2
_SOCIAL_CARE_EFFECT = 0.15
_NO_PLACE = 0.12
_WATCHED_AGAIN = 1.4
"""Times as many contacts, at equal need, about a family already contacted about within a year."""


@dataclass
class Events:
    """Columns by name, gathered over the quarters."""

    parts: dict[str, list[Array]] = field(default_factory=dict)

    def add(self, **columns: Array) -> None:
        for name, values in columns.items():
            self.parts.setdefault(name, []).append(values)

    def __getitem__(self, name: str) -> Array:
        return np.concatenate(self.parts[name])

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts["family"])


@dataclass(frozen=True)
class Care:
    """What services did, by family. ``needs`` is need as it became with their help."""

    needs: Needs
    contacts: Events
    assessments: Events
    plans: Events
    early_help: Events
    incidents: Events
    offers: Events
    """Families that were to have early help, and whether there was a place: the lottery that shows what it does."""


@dataclass
class _State:
    """Until when each service is open, by family, and the need it has taken away."""

    early_help: Array
    social_care: Array
    relief: Array
    referred: Array
    """Whether a referral was ever accepted: the next one is accepted sooner."""
    contacted: Array
    """Day of the last contact."""


def live_through(seed: int, families: Families, needs: Needs, children: Array) -> Care:
    """Simulate every quarter. ``children`` is the number of under-18s by family and quarter."""
    rng = stream(seed, "care")
    size = len(families)
    care = Care(needs, Events(), Events(), Events(), Events(), Events(), Events())
    never = np.zeros(size, dtype=np.int64)
    state = _State(never.copy(), never.copy(), np.zeros(size), np.zeros(size, dtype=bool), never.copy())
    for quarter, begins in enumerate(QUARTERS.tolist()):
        state.relief = 0.85 * state.relief
        state.relief += np.where(state.early_help > begins, _EARLY_HELP_EFFECT, 0.0)
        state.relief += np.where(state.social_care > begins, _SOCIAL_CARE_EFFECT, 0.0)
        needs.latent[:, quarter] -= state.relief
        here = (families.arrives <= begins) & (families.leaves > begins + QUARTER_DAYS)
        minded = np.flatnonzero(here & (families.kind == WITH_CHILDREN) & (children[:, quarter] > 0))
        _incidents(rng, care, quarter, minded)
        _contacts(rng, care, state, families, quarter, minded)
        _own_early_help(rng, care, state, quarter, minded)
    return care


def _when(rng: np.random.Generator, quarter: int, size: int) -> Array:
    return days_between(rng, int(QUARTERS[quarter]), int(QUARTERS[quarter]) + QUARTER_DAYS, size)


def _incidents(rng: np.random.Generator, care: Care, quarter: int, minded: Array) -> None:
    safety = care.needs.about("safety", minded, np.full(len(minded), quarter))
    count = rng.poisson(0.2 * logistic(-3.1 + 1.1 * safety))
    family = np.repeat(minded, count)
    on = _when(rng, quarter, len(family))
    worse = rng.random(len(family)) - 0.03 * np.repeat(safety, count)
    care.incidents.add(
        family=family,
        on=on,
        recorded=on + recording_delay(rng, len(family), 4.0, 0.08, 14.0),
        risk=np.select([worse < 0.10, worse < 0.42], ["HIGH", "MED"], "STD").astype(object),
        children=happens(rng, 0.6, len(family)),
    )


def _contacts(
    rng: np.random.Generator, care: Care, state: _State, families: Families, quarter: int, minded: Array
) -> None:
    need = care.needs.latent[minded, quarter]
    school = care.needs.about("school", minded, np.full(len(minded), quarter))
    watched = WATCHED[families.group[minded]]
    watched = watched * np.where(state.contacted[minded] > QUARTERS[quarter] - 365, _WATCHED_AGAIN, 1.0)
    count = rng.poisson(0.30 * watched * logistic(-1.95 + 1.0 * need + 0.3 * school))
    family, source = np.repeat(minded, count), pick(rng, CONTACT_SOURCES, int(count.sum()), _CONTACT_SHARES)
    on = _when(rng, quarter, len(family))
    alarms = care.incidents.parts
    seen = happens(rng, 0.5, len(alarms["family"][-1])) & alarms["children"][-1]
    family = np.concatenate([family, alarms["family"][-1][seen]])
    on = np.concatenate([on, alarms["recorded"][-1][seen]])
    source = np.concatenate([source, np.full(int(seen.sum()), "6", dtype=object)])
    order = np.lexsort((on, family))
    family, on, source = family[order], on[order], source[order]
    need = care.needs.latent[family, quarter]
    refer = happens(rng, logistic(-1.83 + 0.8 * need + 1.4 * state.referred[family]), len(family))
    help_ = happens(rng, logistic(-1.8 + 0.2 * need), len(family))
    busy = (state.social_care[family] > on) | (state.early_help[family] > on)
    # One referral is accepted in a quarter: what comes after it joins the open assessment.
    accepted = _first_marked(family, refer & (state.social_care[family] <= on))
    outcome = np.select([accepted, help_ & ~busy], [REFERRAL, EARLY_HELP], NFA)
    care.contacts.add(
        family=family,
        on=on,
        recorded=on + recording_delay(rng, len(family), 1.0, 0.06, 18.0),
        source=source,
        outcome=outcome,
        quarter=np.full(len(family), quarter),
    )
    state.contacted[family] = on
    _open_early_help(rng, care, state, family[outcome == EARLY_HELP], on[outcome == EARLY_HELP], "Front door")
    _assess(rng, care, state, quarter, family[accepted], on[accepted])
    state.referred[family[accepted]] = True


def _first_of_each(family: Array) -> Array:
    """Mask of the first row of each family; rows come sorted by family and day."""
    return np.concatenate([[True], family[1:] != family[:-1]]) if len(family) else np.zeros(0, dtype=bool)


def _first_marked(family: Array, marked: Array) -> Array:
    """Of the marked rows, only the first of each family."""
    rows = np.flatnonzero(marked)
    kept = np.zeros(len(family), dtype=bool)
    kept[rows[_first_of_each(family[rows])]] = True
    return kept


def _assess(rng: np.random.Generator, care: Care, state: _State, quarter: int, family: Array, referred: Array) -> None:
    chosen = happens(rng, 0.98, len(family))
    family, referred = family[chosen], referred[chosen]
    size = len(family)
    start = referred + rng.integers(1, 6, size)
    end = start + rng.integers(14, 62, size)
    need = care.needs.latent[family, quarter]
    draw = logistic(-1.5 + 1.05 * need) - rng.random(size)
    outcome = np.select(
        [draw > 0.53, draw > 0.39, draw > 0.0, draw > -0.18],
        ["LAC", "ICPC", "CIN", "STEPDOWN"],
        "NFA",
    ).astype(object)
    care.assessments.add(
        family=family,
        start=start,
        end=end,
        recorded=start + recording_delay(rng, size, 0.8, 0.05, 15.0),
        outcome=outcome,
        quarter=np.full(size, quarter),
    )
    for kind, usual in (("CIN", 290.0), ("ICPC", 280.0), ("LAC", 1250.0)):
        taken = outcome == kind
        begins = end[taken]
        ends = begins + 40 + rng.exponential(usual - 40, len(begins)).astype(np.int64)
        care.plans.add(
            family=family[taken],
            start=begins,
            end=ends,
            kind=np.full(len(begins), {"ICPC": "CPP"}.get(kind, kind), dtype=object),
            recorded=begins + recording_delay(rng, len(begins), 2.0, 0.06, 20.0),
        )
        state.social_care[family[taken]] = np.maximum(state.social_care[family[taken]], ends)
    state.social_care[family] = np.maximum(state.social_care[family], end)
    down = outcome == "STEPDOWN"
    _open_early_help(rng, care, state, family[down], end[down], "Step down")


def _own_early_help(rng: np.random.Generator, care: Care, state: _State, quarter: int, minded: Array) -> None:
    """Early help asked for by families, schools and health visitors, without the front door."""
    asked = happens(rng, 0.004 * np.exp(0.6 * care.needs.latent[minded, quarter]), len(minded))
    family = minded[asked]
    on = _when(rng, quarter, len(family))
    free = (state.early_help[family] <= on) & (state.social_care[family] <= on)
    _open_early_help(rng, care, state, family[free], on[free], "")


def _open_early_help(
    rng: np.random.Generator, care: Care, state: _State, family: Array, on: Array, source: str
) -> None:
    first = _first_of_each(family)
    family, on = family[first], on[first]
    given = happens(rng, 1 - _NO_PLACE, len(family))
    care.offers.add(family=family, on=on, given=given)
    family, on = family[given], on[given]
    size = len(family)
    start = on + rng.integers(2, 22, size)
    end = start + 50 + rng.exponential(130, size).astype(np.int64)
    others = pick(rng, ("School", "Health visitor", "Self", "Children's centre"), size, (4, 2, 3, 2))
    care.early_help.add(
        family=family,
        start=start,
        end=end,
        source=np.full(size, source, dtype=object) if source else others,
        recorded=start + recording_delay(rng, size, 3.0, 0.08, 20.0),
    )
    state.early_help[family] = np.maximum(state.early_help[family], end)


def truly_open(care: Care, days: Array, size: int) -> Array:
    """Whether any service is open, or a referral was accepted in the year before, by family and day."""
    known = np.zeros((size, len(days)), dtype=bool)
    contacts = care.contacts
    accepted = contacts["outcome"] == REFERRAL
    spells = [
        (contacts["family"][accepted], contacts["on"][accepted], contacts["on"][accepted] + 365),
        *((events["family"], events["start"], events["end"]) for events in (care.plans, care.early_help)),
        (care.assessments["family"], care.assessments["start"], care.assessments["end"]),
    ]
    for family, start, end in spells:
        for place, on in enumerate(days.tolist()):
            known[family[(start < on) & (end >= on)], place] = True
    return known
