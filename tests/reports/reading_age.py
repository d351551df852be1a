"""How old a reader must be for a text, by the Flesch-Kincaid grade.

Kincaid, Fishburne, Rogers and Chissom (1975), Derivation of new readability formulas for Navy enlisted personnel:
grade = 0.39 words a sentence + 11.8 syllables a word - 15.59. A pupil of grade 6 is 11 to 12 years old.
"""

from __future__ import annotations

import re

YEARS_BEFORE_GRADE_1 = 5
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019][a-z]+)?")
_GROUP = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^aeiouylcg]|[aeiouy]l)es?$|[cg]e$|[^aeiouytd]ed$")
"""An e that is not heard: in ``make`` and ``makes``, not in ``table``; in ``asked``, not in ``wanted``."""


def syllables(word: str) -> int:
    """The groups of vowels that are heard."""
    plain = re.sub(r"['\u2019][a-z]+$", "", word.lower())
    heard = len(_GROUP.findall(plain)) - bool(_SILENT.search(plain) and len(_GROUP.findall(plain)) > 1)
    return max(heard, 1)


def reading_age(sentences: list[str]) -> float:
    """Years of age at which these sentences are read with ease; figures are no words."""
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    told = [sentence for sentence in sentences if _WORD.search(sentence)]
    grade = 0.39 * len(words) / len(told) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return grade + YEARS_BEFORE_GRADE_1
