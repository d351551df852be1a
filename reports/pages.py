"""From facts to HTML: one Jinja environment, in which everything is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import text, words
from reports.chain_words import READING_WORDS, TALLY_WORDS
from reports.style import stylesheet

_FILTERS = (
    *(text.between, text.count, text.counted, text.day, text.days, text.fingerprint, text.listed, text.number),
    *(text.one_in, text.sentence, text.share, text.spaced),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update({function.__name__: function for function in _FILTERS})
    environment.globals["words"] = words
    environment.globals |= {"reading_words": READING_WORDS, "tally_words": TALLY_WORDS}
    environment.globals["stylesheet"] = Markup(stylesheet())  # noqa: S704 - the project's own file
    return environment


def render(template: str, **facts: Any) -> str:
    """A page of ``templates/`` with these facts. A name the template uses and nobody gave is an error."""
    return _environment().get_template(template).render(**facts)
