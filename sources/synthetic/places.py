"""The gazetteer: properties in segments of sixteen that share a street and a postcode, a block of flats or houses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import happens, labels, numbers, pick, stream
from sources.synthetic.clock import Array

_SEGMENT = 16
_SEGMENTS_PER_LSOA = 40
_HOSTELS = 3
_FIRST = (
    *("Alder", "Beacon", "Birch", "Bramble", "Brook", "Castle", "Cedar", "Clover", "Copper", "Dale", "Elm", "Falcon"),
    *("Fern", "Foundry", "Garden", "Glover", "Harbour", "Hazel", "Heron", "Holly", "Jubilee", "Juniper", "Kestrel"),
    *("Lark", "Laurel", "Linden", "Lock", "Maple", "Meadow", "Mercer", "Mill", "Nelson", "Oak", "Orchard", "Osprey"),
    *("Park", "Poplar", "Quarry", "Raven", "Regent", "Rose", "Rowan", "Saddler", "Station", "Swan", "Tanyard"),
    *("Thorn", "Union", "Vale", "Vine", "Walnut", "Weaver", "Willow"),
)
_STREETS = (
    *("Street", "Road", "Lane", "Avenue", "Close", "Gardens"),
    *("Walk", "Terrace", "Crescent", "Grove", "Square", "Place"),
)
_BLOCKS = ("House", "Court", "Lodge", "Heights", "Point", "Tower", "Mansions", "Buildings")
_WARDS = (
    *("Beacon Hill", "Canalside", "Old Brackwater", "Priory", "Quarry Lane"),
    *("Saddlers", "St Osyth's", "Union Wharf", "Vale", "Weavers Green"),
)
_KINDS = {"dwelling": ("RD06", "RD04", "RD03"), "hmo": ("RH01",), "institution": ("RI01",), "other": ("CR08",)}


@dataclass(frozen=True)
class Places:
    """Arrays by property."""

    uprn: Array
    address: Array
    postcode: Array
    kind: Array
    blpu: Array
    lsoa: Array
    ward: Array
    decile: Array
    dwellings: Array
    """Indices of the ordinary homes, in no order."""
    hostels: Array


def build_places(seed: int, homes: int) -> Places:
    """A gazetteer with room for so many homes ever lived in."""
    rng = stream(seed, "places")
    segments = -(-homes // _SEGMENT) + 4
    size = segments * _SEGMENT
    segment = np.arange(size) // _SEGMENT
    block = happens(rng, 0.55, segments)
    street = pick(rng, _FIRST, segments) + " " + pick(rng, _STREETS, segments)
    building = pick(rng, _FIRST, segments) + " " + pick(rng, _BLOCKS, segments)
    low = 1 + 2 * rng.integers(0, 60, segments)
    within = np.arange(size) % _SEGMENT
    flats = labels("Flat ", within + 1, " ") + building[segment] + ", " + street[segment]
    houses = labels("", low[segment] + 2 * within, " ") + street[segment]
    lsoa = segment // _SEGMENTS_PER_LSOA
    areas = int(lsoa[-1]) + 1
    kind = np.full(size, "dwelling", dtype=object)
    odd = rng.choice(size, max(6, size // 60) + _HOSTELS, replace=False)
    kind[odd] = pick(rng, ("hmo", "other"), len(odd))
    kind[odd[:_HOSTELS]] = "institution"
    blpu = np.array([_KINDS[name][position % len(_KINDS[name])] for name, position in zip(kind, segment)], dtype=object)
    return Places(
        uprn=labels("2", numbers(rng, size, 10)),
        address=np.where(block[segment], flats, houses),
        postcode=_postcodes(rng, segments)[segment],
        kind=kind,
        blpu=blpu,
        lsoa=labels("E0199", 1000 + lsoa),
        ward=np.array(_WARDS, dtype=object)[lsoa * len(_WARDS) // areas],
        decile=rng.integers(1, 9, areas)[lsoa],
        dwellings=rng.permutation(np.flatnonzero(kind == "dwelling")),
        hostels=odd[:_HOSTELS],
    )


def _postcodes(rng: np.random.Generator, segments: int) -> Array:
    """Distinct postcodes in an area that does not exist."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = 9 * len(letters) ** 2
    serial = rng.permutation(inward)[np.arange(segments) % inward]
    district = 1 + np.arange(segments) * 9 // max(segments, 1) + 9 * (np.arange(segments) // inward)
    return np.array(
        [
            f"BQ{d} {1 + s % 9}{letters[s // 9 % 20]}{letters[s // 180]}"
            for d, s in zip(district.tolist(), serial.tolist())
        ],
        dtype=object,
    )
