"""The borough's own council.toml: the layout of its extracts, and what depends on its size."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from sources.synthetic.ethnicity import CODES, SHARES
from store.files import write_text

_LAYOUT = "borough.toml"
_FEWEST_PLACES = 10
_SHARE_SEEN = 0.025
"""A panel sees one family in forty."""
_CHILDREN_A_FAMILY = 1.83


def write_council_toml(path: Path, families: int, seed: int) -> None:
    layout = files("sources.synthetic").joinpath(_LAYOUT).read_text(encoding="utf-8")
    capacity = max(_FEWEST_PLACES, round(families * _SHARE_SEEN))
    sized = "\n".join(
        [
            "# --- What depends on the size of the borough ---------------------------------------------------------",
            "",
            "[run]",
            f"seed = {seed}",
            "",
            "[targets.under_the_radar]",
            f"capacity = {capacity}",
            "",
            "[targets.hidden_young_carers]",
            f"capacity = {capacity}",
            "",
            "[census]",
            'source = "A made-up census: the shares that Brackwater was made with"',
            "",
            "[census.children]",
            *(f"{code} = {round(families * _CHILDREN_A_FAMILY * share) or 1}" for code, share in zip(CODES, SHARES)),
            "",
        ]
    )
    write_text(path, f"{layout.rstrip()}\n\n{sized}")
