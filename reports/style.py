"""The one stylesheet, and its colours for the charts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6});")


@cache
def stylesheet() -> str:
    """The text of ``style.css``, which every page carries within itself."""
    return (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


@cache
def palette() -> dict[str, str]:
    """Each named colour of the stylesheet as ``#rrggbb``."""
    return dict(_COLOUR.findall(stylesheet()))
