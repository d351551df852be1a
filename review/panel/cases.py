"""Whose case may be seen: a member sees the released packs of the own panel, at this moment, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairness_audits.signing import evaluation_path
from reports.text import spaced
from review.panel.pack import Pack, open_pack, released_targets
from review.roles import Role
from review.settings import current
from store.errors import EarlyHelpError
from store.files import read_json

if TYPE_CHECKING:
    from review.people.models import Person


def targets_of(person: Person) -> list[str]:
    """The targets whose lists the person's panel reads, released now or not."""
    if Role(person.role) is not Role.panel_member or not person.panel or not person.is_active:
        return []
    context = current()
    panels = context.config.panels
    # Where panels are named, whoever is of none of them reads nothing: a name that was misspelt opens no list.
    read = panels.get(person.panel, ()) if panels else None
    return [target for target in released_targets(context.run) if read is None or target in read]


def title_of(target: str) -> str:
    """What the list of a target is called, released or not. A run that has no such target any more tells its name."""
    path = current().run.root / evaluation_path(target)
    return str(read_json(path)["title"]) if path.is_file() else spaced(target).capitalize()


def packs_of(person: Person) -> list[Pack]:
    """The packs of the person's panel that are released at this moment."""
    found = []
    for target in targets_of(person):
        try:
            found.append(open_pack(current(), target))
        except EarlyHelpError:
            continue
    return found


def families_of_pack(person: Person) -> set[str]:
    """The ids of the families whose cases the person may see at this moment."""
    return {family for pack in packs_of(person) for family in pack.families}
