"""Names and addresses in the one form in which they are looked for: no accents, no case, no marks."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"[^\w]+")
_APOSTROPHES = re.compile(r"['\u2019`]")


def folded(text: str) -> str:
    """The words of a text in lower case with a space between, without accents or marks; of O'Neil one word."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold()
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return _MARKS.sub(" ", letters).strip()
