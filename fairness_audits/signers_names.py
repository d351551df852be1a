"""Names of those who sign: what may be written as one, and when two of them are one person's.

Nobody proves here who they are. What is held is that a name is what it looks like: whoever reads two names that look
like two people's sees two names. Letters are told apart by their names in the Unicode standard, of which Python has
its own copy.
"""

from __future__ import annotations

import functools
import unicodedata
from itertools import permutations

_MANY_WORDS = 6
_HIDDEN = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Marks and letters of which nothing is seen: Unicode's default ignorable ones that Python calls printable, and the
blank of Braille."""
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
"""Scripts that are written in one name."""
_LOOKS_LIKE = {"ALPHA": "a", "IOTA": "i", "UPSILON": "u", "ETH": "d", "THORN": "p", "0": "o", "1": "l"}
_MARKS = frozenset({"Cf", "Mn", "Me", "Lm"})


def plainly_written(name: str) -> bool:
    """Whether a name is on one line, without what cannot be seen, and in the letters of one alphabet."""
    plain = unicodedata.normalize("NFKC", name)
    seen = all(one.isprintable() or unicodedata.category(one) == "Zs" for one in name)
    return seen and _HIDDEN.isdisjoint(name) and _HIDDEN.isdisjoint(plain) and len(_alphabets(plain)) <= 1


def same_alphabet(one: str, other: str) -> bool:
    """Whether two names are in letters of the same alphabet; in two nobody can compare them."""
    return _alphabets(unicodedata.normalize("NFKC", one)) == _alphabets(unicodedata.normalize("NFKC", other))


def same_person(one: str, other: str) -> bool:
    """Whether two names are spellings of one: but for case, accents, marks, spacing and the order of the words."""
    first, second = _words(one), _words(other)
    return sorted(first) == sorted(second) or not _run_together(first).isdisjoint(_run_together(second))


def _run_together(words: list[str]) -> set[str]:
    """The words without what parts them, in every order; of a name of very many words, in its own alone."""
    if len(words) > _MANY_WORDS:
        return {"".join(words)}
    return {"".join(order) for order in permutations(words)}


def _words(name: str) -> list[str]:
    """The words of a name in plain letters; what joins words (a hyphen, a stop) parts them."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    seen = [one for one in plain if unicodedata.category(one) not in _MARKS and one not in _HIDDEN]
    return "".join(_plain(one) if one.isalnum() else " " for one in seen).split()


@functools.cache
def _plain(letter: str) -> str:
    """The plain letter that a Latin one is a form of, by its name in Unicode: a dotless I is an i, a stroked L an l."""
    words = unicodedata.name(letter, "").split()
    if letter in _LOOKS_LIKE:
        return _LOOKS_LIKE[letter]
    if words[:1] != ["LATIN"]:
        return letter
    base = next((word for word in words[1:] if len(word) == 1 or word in _LOOKS_LIKE), letter)
    return _LOOKS_LIKE.get(base, base.lower())


def _alphabets(name: str) -> frozenset[str]:
    """The alphabets of a name's letters; a mark that stands like a letter is of none."""
    letters = [one for one in name if unicodedata.category(one) in ("Lu", "Ll", "Lt", "Lo")]
    scripts = {unicodedata.name(one, "?").split()[0] for one in letters}
    return frozenset("EAST ASIAN" if script in _EAST_ASIAN else script for script in scripts)
