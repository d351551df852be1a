"""Which columns name a person or a group, and which together name a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sources.suggestions.headers import best_fit, words
from sources.suggestions.profiling import Profile, Shape, distinct_share
from sources.suggestions.vocabulary import GROUP_KEYS, PERSON_KEYS

_ENOUGH = 0.78
_NEARLY_ALL = 0.98
_TOPICS: dict[str, frozenset[str]] = {
    "tenancy": frozenset({"tenancy", "tenancies", "tenant", "tenants", "rent", "housing", "arrears", "tag", "homes"}),
    "benefit_claim": frozenset({"claim", "claims", "benefit", "benefits", "claimant"}),
    "council_tax_account": frozenset({"council", "tax", "liability", "liable"}),
    "case_family": frozenset({"family", "families", "case", "cases", "early", "help", "eh", "ehm", "star"}),
}
_KEY_WORDS = frozenset({"id", "reference", "number", "code"})
_PEOPLE = frozenset(
    {"child", "person", "adult", "client", "pupil", "student", "subject", "customer", "user", "learner"}
)
_OF_A_PERSON = 0.85
_PERIODS = frozenset({"census", "term", "month", "period", "snapshot"})


@dataclass(frozen=True)
class Table:
    """The sampled rows with the profile of each column."""

    profiles: tuple[Profile, ...]
    rows: Sequence[Sequence[str]]
    path_words: frozenset[str]

    def unique(self, *headers: str) -> bool:
        """Whether the columns together name nearly every row of the sample, with nearly none blank."""
        places = [place for place, one in enumerate(self.profiles) if one.name in headers]
        return distinct_share(self.rows, places) >= _NEARLY_ALL

    @property
    def all_words(self) -> frozenset[str]:
        return self.path_words.union(*(words(one.name) for one in self.profiles))


def _may_be_key(one: Profile) -> bool:
    if not one.filled or one.dates:
        return False
    return one.looks(Shape.IDENTIFIER) or one.looks(Shape.UPN)


def person_key(table: Table, but: Iterable[str] = ()) -> tuple[str, float]:
    """The column that names the person of a row, and how well it fits; '' where there is none."""
    scored = [
        (max(best_fit(one.name, PERSON_KEYS), _OF_A_PERSON if _names_person(one.name) else 0.0), -place, one.name)
        for place, one in enumerate(table.profiles)
        if _may_be_key(one) and one.name not in but
    ]
    fitness, _, name = max(scored, default=(0.0, 0, ""))
    return (name, fitness) if fitness >= _ENOUGH else ("", 0.0)


def _names_person(header: str) -> bool:
    said = words(header)
    return said[-1:] != () and said[-1] in _KEY_WORDS and bool(_PEOPLE & set(said))


def group_key(
    table: Table, kinds: Iterable[str], but: Iterable[str] = (), *, certain: bool = False
) -> tuple[str, str, float]:
    """The column that names the group of a row, the kind of group, and how well it fits; '' where there is none.

    Unless the kind is ``certain``, it is looked for only where the path or a header speaks of it; if it is, the first
    column that can be a key is taken where none has a known name.
    """
    kinds = tuple(kinds)
    found = [
        (best_fit(one.name, GROUP_KEYS[kind]), -place, one.name, kind)
        for kind in kinds
        if certain or (kind in _TOPICS and _TOPICS[kind] & table.all_words)
        for place, one in enumerate(table.profiles)
        if _may_be_key(one) and one.name not in but
    ]
    fitness, _, name, kind = max(found, default=(0.0, 0, "", ""))
    if certain and fitness < _ENOUGH:
        keyed = [name for _, _, name, _ in found if words(name)[-1:] and words(name)[-1] in _KEY_WORDS]
        return (keyed[0], kinds[0], _ENOUGH) if keyed else ("", "", 0.0)
    return (name, kind, fitness) if fitness >= _ENOUGH else ("", "", 0.0)


def _is_period(one: Profile) -> bool:
    return bool(_PERIODS & set(words(one.name))) and 1 < one.distinct < one.filled


def record_key(table: Table, person: str, group: str, event: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The key of a file that lists people, and the subject where other files name them by less.

    Tried in turn: the person's key within the period, alone, within the group, within the event; or, without one,
    any column that names each row. Both are empty where nothing does.
    """
    if person:
        periods = [one.name for one in table.profiles if _is_period(one) and one.name != person]
        # A list taken more than once names everybody again the next time, even if the sample does not show it.
        tried: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((period, person), (person,)) for period in periods]
        tried += [((person,), ())]
        tried += [((group, person), ())] if group and group != person else []
        tried += [((person, event), (person,))] if event and event != person else []
    else:
        likely = [one for one in table.profiles if _may_be_key(one) and not one.looks(Shape.NINO)]
        likely = [one for one in likely if "uprn" not in words(one.name)]
        tried = [((one.name,), ()) for one in likely if one.name != group]
        tried += [((group,), ())] if group else []
    return next(((key, subject) for key, subject in tried if table.unique(*key)), ((), ()))
