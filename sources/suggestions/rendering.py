"""A suggestion as TOML with comments, and as the few lines that a screen may show."""

from __future__ import annotations

import glob
import tomllib
from collections.abc import Iterator

from sources.suggestions.proposal import CodeMap, Line, Proposal, Suggestion
from sources.suggestions.toml_text import comment, entry, key, quoted


def as_toml(suggestion: Suggestion) -> str:
    """The part of a council's TOML. It loads as it stands: what is not certain enough to be used is a comment.

    Raises AssertionError if it would not load, which is a defect.
    """
    text = "\n".join(_lines(suggestion)) + "\n"
    tomllib.loads(text)
    return text


def _lines(suggestion: Suggestion) -> Iterator[str]:
    yield from comment(f"--- {_title(suggestion)} ---")
    yield from comment(
        "Suggested from the headers and a sample of the values. Read every line: 'sure' is a guess like the others, "
        "only a better one. Until you have, treat this text as data about people."
    )
    yield from _body(suggestion)
    for one in suggestion.further:
        yield ""
        yield from comment(f"--- {_title(one)} ---")
        yield from _body(one)


def _title(suggestion: Suggestion) -> str:
    return f"{suggestion.path}, {suggestion.part}" if suggestion.part else suggestion.path


def _body(suggestion: Suggestion) -> Iterator[str]:
    for note in suggestion.notes:
        yield from comment(note)
    used = {name for proposal in suggestion.usable for name in _maps_of(proposal)}
    for one in suggestion.maps:
        yield ""
        yield from _map(one) if one.name in used else _marked(_map(one))
    yield ""
    if suggestion.usable:
        yield from _extract(suggestion)
    else:
        if not any(proposal.held_back for proposal in suggestion.proposals):
            yield from comment(
                "No table could be proposed with all it needs. Complete what follows and take the marks away."
            )
        yield from _marked(_extract(suggestion))
    for proposal in suggestion.proposals:
        yield ""
        if proposal.usable:
            yield from _table(proposal)
        else:
            yield from comment(_why_not(proposal))
            yield from _marked(_table(proposal))
    if suggestion.nameable and suggestion.unmapped:
        yield ""
        yield from comment("Columns of the file that nothing uses: " + ", ".join(map(quoted, suggestion.unmapped)))


def _marked(lines: Iterator[str]) -> Iterator[str]:
    """The lines as a comment."""
    return (f"# {line}".rstrip() for line in lines)


def _why_not(proposal: Proposal) -> str:
    if proposal.held_back:
        return proposal.held_back
    return f"This file may feed {proposal.table} too, but nothing was found for {', '.join(proposal.lacking)}."


def _maps_of(proposal: Proposal) -> Iterator[str]:
    for line in proposal.lines:
        if isinstance(line.origin, dict) and "codes" in line.origin:
            yield str(line.origin["codes"])


def _map(one: CodeMap) -> Iterator[str]:
    yield from comment(f"{one.table}.{one.column}: the codes are {', '.join(one.allowed)}.")
    yield f"[codes.{key(one.name)}]"
    for value, code in one.known:
        yield entry(value, code)
    for value in one.asked:
        yield f"# {entry(value, '?')}"
    if one.rarer:
        yield from comment(
            f"{one.rarer} more values, of few rows each, are not shown; `early-help check` counts what is left."
        )


def _extract(suggestion: Suggestion) -> Iterator[str]:
    yield "[[extracts]]"
    yield entry("name", suggestion.name)
    yield entry("source", suggestion.source, "check: the system; keys of one system belong together")
    yield entry("files", [glob.escape(suggestion.path)])
    for name, content, note in suggestion.settings:
        yield entry(name, content, note)


def _table(proposal: Proposal) -> Iterator[str]:
    yield from _settings(proposal)
    yield "[extracts.tables.columns]"
    for line in proposal.lines:
        yield entry(line.column, line.origin, _note(line))


def _settings(proposal: Proposal) -> Iterator[str]:
    yield "[[extracts.tables]]"
    yield entry("table", proposal.table)
    if proposal.key:
        yield entry(
            "key", list(proposal.key), "check: does it name each row?" if proposal.table == "person_records" else ""
        )
    if proposal.suffix:
        yield entry("suffix", proposal.suffix)
    if proposal.subject:
        yield entry("subject", list(proposal.subject))
    if proposal.group:
        yield entry("group", list(proposal.group))
        yield entry("group_type", proposal.group_type)
    if proposal.present:
        yield entry("present", list(proposal.present))
    if proposal.unless:
        yield entry("unless", {header: list(values) for header, values in proposal.unless})


def _note(line: Line) -> str:
    return line.note or ("sure" if line.sure else "check")


def as_lines(suggestion: Suggestion) -> list[str]:
    """What a screen may show: column names and what they were taken for, never a value."""
    columns = f": {len(suggestion.profiles)} columns" if suggestion.profiles else ""
    shown = [f"{_title(suggestion)}{columns}"]
    for proposal in suggestion.usable:
        keyed = proposal.key or proposal.group
        shown.append(f"  {proposal.table}" + (f" by {', '.join(map(quoted, keyed))}" if keyed else ""))
        for line in proposal.lines:
            origin = ", ".join(map(quoted, line.headers)) or "the same in every row"
            shown.append(f"    {line.column:<18} {origin}  ({'sure' if line.sure else 'check'})")
    for proposal in suggestion.proposals:
        if proposal.held_back:
            shown.append(f"  {proposal.table}, as a comment that says when to use it")
        elif proposal.lacking:
            shown.append(f"  {proposal.table}, perhaps: nothing found for {', '.join(proposal.lacking)}")
    if not suggestion.proposals:
        shown.append("  no table could be proposed")
    if suggestion.nameable and suggestion.unmapped:
        shown.append("  not used: " + ", ".join(map(quoted, suggestion.unmapped)))
    asked = sum(len(one.asked) for one in suggestion.maps)
    if asked:
        shown.append(f'  {asked} values of code lists need a meaning: look for "?" in the file')
    shown += [f"  {note}" for note in suggestion.notes]
    return [*shown, *(line for one in suggestion.further for line in as_lines(one))]
