"""The truth about the borough, for marking the toolkit's work. It is kept apart from the extracts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from sources.synthetic.care import truly_open
from sources.synthetic.chance import labels
from sources.synthetic.clock import EXTRACT, OPEN, QUARTERS, Array
from sources.synthetic.ethnicity import CODES
from sources.synthetic.families import WITH_CHILDREN
from sources.synthetic.homes import TENURES
from sources.synthetic.need import HOURS, SUBJECTS
from sources.synthetic.paper import Paper
from sources.synthetic.world import Borough
from store.files import replacing
from store.parquet import write_parquet

IN_NEED = 1.3
"""Latent need from which a family is in significant need, in standard deviations: about one in nine."""


def write_truth(borough: Borough, paper: Paper, folder: Path) -> None:
    """Eight tables; ``docs/synthetic-borough.md`` says what is in each."""
    person = _ids("P", np.arange(len(borough.people)))
    family = _ids("F", np.arange(len(borough.families)))
    _put(folder, "persons", _persons(borough, person, family))
    _put(folder, "record_person", _record_person(paper, person))
    _put(folder, "family_members", _members(borough, person, family))
    need, radar = _by_quarter(borough, family)
    _put(folder, "need", need)
    _put(folder, "under_the_radar", radar)
    _put(folder, "young_carers", _carers(borough, person))
    _put(folder, "households", _households(borough, family))
    _put(folder, "early_help_offers", _offers(borough, family))


def _ids(prefix: str, numbers: Array) -> Array:
    return labels(prefix, numbers + 1_000_000)


def _dates(days: Array) -> pa.Array:
    """Days as dates; what never happened by the extract is null."""
    return pa.array(days.astype(np.int32), mask=days >= min(OPEN, EXTRACT + 1)).cast(pa.date32())


def _text(values: Array) -> pa.Array:
    return pa.array(values.tolist(), pa.string())


def _put(folder: Path, name: str, table: pa.Table) -> None:
    with replacing(folder / f"{name}.parquet") as temporary:
        write_parquet(temporary, table.to_batches(), table.schema)


def _persons(borough: Borough, person: Array, family: Array) -> pa.Table:
    people = borough.people
    return pa.table(
        {
            "person": _text(person),
            "family": _text(family[people.family]),
            "ethnicity": _text(CODES[people.group]),
            "dob": _dates(people.dob),
            "sex": _text(np.array(["F", "M"], dtype=object)[people.sex]),
            "forename": _text(people.forename),
            "surname": _text(people.surname),
            "disabled": pa.array(borough.needs.disabled),
        }
    )


def _record_person(paper: Paper, person: Array) -> pa.Table:
    tables = [
        pa.table(
            {
                "source": pa.array([source] * len(keys), pa.string()),
                "file": pa.array([file] * len(keys), pa.string()),
                "record_id": _text(keys),
                "person": pa.array(person[people], pa.string(), mask=people < 0),
            }
        )
        for source, file, keys, people in paper.known
    ]
    return pa.concat_tables(tables).combine_chunks()


def _members(borough: Borough, person: Array, family: Array) -> pa.Table:
    members = borough.members
    return pa.table(
        {
            "family": _text(family[members.family]),
            "person": _text(person[members.person]),
            "role": _text(np.where(borough.people.role[members.person] == 2, "child", "adult").astype(object)),
            "from_date": _dates(members.start),
            "to_date": _dates(members.end),
        }
    )


def _by_quarter(borough: Borough, family: Array) -> tuple[pa.Table, pa.Table]:
    families, needs = borough.families, borough.needs
    chosen = np.flatnonzero(families.kind == WITH_CHILDREN)
    count, quarters = len(chosen), len(QUARTERS)
    row, quarter = np.repeat(chosen, quarters), np.tile(np.arange(quarters), count)
    keys = {"family": _text(family[row]), "quarter": _dates(QUARTERS[quarter])}
    about = {name: pa.array(needs.about(name, row, quarter).round(6)) for name in SUBJECTS}
    latent = needs.latent[row, quarter]
    need = pa.table({**keys, "need": pa.array(latent.round(6)), **about})
    here = (families.arrives[row] < QUARTERS[quarter]) & (families.leaves[row] > QUARTERS[quarter])
    counted = here & (borough.children[row, quarter] > 0)
    served = truly_open(borough.care, QUARTERS, len(families))[row, quarter]
    radar = pa.table(
        {
            **keys,
            "counted": pa.array(counted),
            "in_need": pa.array(counted & (latent >= IN_NEED)),
            "served": pa.array(served),
            "under_the_radar": pa.array(counted & (latent >= IN_NEED) & ~served),
        }
    )
    return need, radar


def _carers(borough: Borough, person: Array) -> pa.Table:
    carers = np.flatnonzero(borough.needs.cares_from <= EXTRACT)
    return pa.table(
        {
            "person": _text(person[carers]),
            "from_date": _dates(borough.needs.cares_from[carers]),
            "identified_on": _dates(borough.carers.identified()[carers]),
            "hours": _text(np.array(HOURS, dtype=object)[borough.needs.hours[carers]]),
        }
    )


def _households(borough: Borough, family: Array) -> pa.Table:
    benefits, tenures = borough.benefits, np.array(TENURES, dtype=object)
    kinds = np.array(["with children", "second home", "childless"], dtype=object)
    return pa.table(
        {
            "family": _text(family),
            "kind": _text(kinds[borough.families.kind]),
            "origin": _text(family[borough.families.origin]),
            "tenure": _text(tenures[borough.homes.tenure_of_family]),
            "poor": pa.array(borough.needs.poor),
            "uc_from": _dates(benefits.uc_from),
            "uc_to": _dates(benefits.uc_to),
            "hb_from": _dates(benefits.hb_from),
            "hb_to": _dates(benefits.hb_to),
        }
    )


def _offers(borough: Borough, family: Array) -> pa.Table:
    offers = borough.care.offers
    return pa.table(
        {"family": _text(family[offers["family"]]), "on": _dates(offers["on"]), "given": pa.array(offers["given"])}
    )
