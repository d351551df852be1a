"""The door: nothing sealed is read outside the audit unless a valid release of that target stands open.

A release holds for exactly what was audited (`fairness_audits.binding`), under the policy and the champion of the day
(`fairness_audits.in_force`). It hands out the keys of the sealed files, which it holds wrapped for its own statement;
without it the gate has no way to them. Every attempt is in the log before it takes effect.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from glob import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairness_audits.binding import COUNCIL_RECORD, PSEUDONYMS_HASH, pseudonyms_hash
from fairness_audits.log import Action, Outcome, append, entries, locked, newest_hash, standing_line
from fairness_audits.panel_list import panel_list
from fairness_audits.record import ReleaseRecord, authentic, rendered
from fairness_audits.release import (
    AFTER_APPROVAL,
    AFTER_WITHDRAWAL,
    LONGEST_NAME,
    Approval,
    GateState,
    Withdrawal,
    check_approval,
    check_words,
    role_named,
    with_an_end,
)
from fairness_audits.signing import PUBLIC_KEY, Ring, release_path
from fairness_audits.standing import GateStatus as GateStatus  # noqa: PLC0414 - whoever asks the gate needs it
from fairness_audits.standing import Standing, clock_problem, stand
from models.tables import REASONS, SCORES
from residents.tables import PSEUDONYMS
from store.errors import EarlyHelpError, InputRejected, UsageError, Withheld
from store.files import canonical, replacing, write_bytes
from store.keys import Keys
from store.run_folder import RunFolder, relative_path
from store.sealing import file_key, unseal_with, unwrap, wrap
from store.table import Table

_SUFFIX = ".csv"
_SEALED = {SCORES: "scores_sha256", REASONS: "reasons_sha256"}


def status(run: RunFolder, keys: Keys, target: str, today: dt.date) -> GateStatus:
    """Where ``target`` stands on the day ``today``. Reads hashes and records only; opens nothing sealed."""
    return stand(run, Ring.of(keys), target, today).status


def approve(
    run: RunFolder,
    keys: Keys,
    target: str,
    name: str,
    role: str,
    note: str,
    today: dt.date,
    mitigation: str | None = None,
    expires: dt.date | None = None,
) -> GateStatus:
    """Record one person's approval and return where the target then stands.

    Raises UsageError for a name, role or note that is none, Withheld when the audit or the rules of release
    (`release.check_approval`) do not allow it, InputRejected when the log is broken; a refusal is logged as well.
    """
    with locked(run):
        with _refusals_logged(run, keys, today, Action.APPROVE, target, **_who(name, role)):
            check_words(name, note)
            approval = Approval(" ".join(name.split()), role_named(role), note.strip(), today, mitigation, expires)
            before = stand(run, Ring.of(keys), target, today)
            if before.status.state not in AFTER_APPROVAL:
                raise Withheld(_refusal(before.status), where=target, fix=before.status.fix)
            _check_clock(run, keys, today)
            standing = before.status.approvals if before.status.state is GateState.ONE_APPROVAL else ()
            check_approval(approval, before.status.verdict, standing[0] if standing else None)
            approvals = (*standing, with_an_end(approval))
            given = ReleaseRecord(before.audit.binding, before.champion.entry, approvals, log=before.newest)
            record = _with_keys(keys, target, given)
            content = _logged(run, keys, target, today, Action.APPROVE, record, **_who(name, role))
        _put(run, keys, target, content)
        after = status(run, keys, target, today)
    assert after.state is AFTER_APPROVAL[before.status.state]
    return after


def withdraw(run: RunFolder, keys: Keys, target: str, name: str, role: str, note: str, today: dt.date) -> GateStatus:
    """Take back what was approved, by one person alone, and return where the target then stands.

    It holds from the moment it is in the log; the record that is written after it has no key to the sealed files any
    more. Raises UsageError for a name, role or note that is none, Withheld when nothing that was approved stands,
    InputRejected when the log is broken (then nothing is released either); a refusal is logged as well.
    """
    with locked(run):
        with _refusals_logged(run, keys, today, Action.WITHDRAW, target, **_who(name, role)):
            check_words(name, note)
            withdrawal = Withdrawal(" ".join(name.split()), role_named(role), note.strip(), today)
            ring = Ring.of(keys)
            lines = entries(run, ring)
            told = standing_line(lines, target)
            if told is None or told["action"] == Action.WITHDRAW.value:
                raise Withheld(
                    "There is nothing to withdraw: no approval of this target stands.",
                    where=target,
                    fix="See early-help status.",
                )
            before = status(run, keys, target, today)
            path = release_path(run.root, target)
            found = authentic(path.read_bytes(), ring, target) if path.is_file() else None
            record = replace(found or ReleaseRecord(), withdrawn=withdrawal, wrapped={}, log=newest_hash(lines))
            content = _logged(run, keys, target, today, Action.WITHDRAW, record, **_who(name, role))
        _put(run, keys, target, content)
        after = status(run, keys, target, today)
    assert after.state is AFTER_WITHDRAWAL[before.state]
    return after


def open_released(run: RunFolder, keys: Keys, target: str, today: dt.date) -> tuple[pa.Table, pa.Table]:
    """The scores and reasons of a released target, decrypted in memory.

    The only way to sealed tables outside the audits stage. Raises Withheld, with the reason and what to do,
    unless the release stands open on the day ``today``; the attempt is logged either way.
    """
    with locked(run), _refusals_logged(run, keys, today, Action.OPEN, target):
        found, record = _open_standing(run, keys, target, today)
        tables = _unsealed(run, keys, target, record)
        facts = {"release": found.release}
        append(run, keys, today, Action.OPEN, target, Outcome.ALLOWED, after=found.newest, **facts)
    return tables


def export_list(run: RunFolder, keys: Keys, target: str, out: Path, today: dt.date) -> int:
    """Write a released target's list for the panel as CSV, replacing ``out`` whole, and return its cases.

    Refused as `open_released` is, and, as a UsageError, where ``out`` is a folder, in a run folder, or no CSV
    file by its name. The file is for its owner alone where the system knows such a thing. Its hash is in the log, so
    that a list can be told later from one that was changed or made up.
    """
    _check_place(run, out)
    with locked(run):
        with _refusals_logged(run, keys, today, Action.EXPORT, target):
            _, record = _open_standing(run, keys, target, today)
            scores, reasons = _unsealed(run, keys, target, record)
            pseudonyms = _pseudonyms(run, record)
            content = panel_list(target, scores, reasons, pseudonyms).encode("utf-8")
            # Asked again: a lock that was deleted meanwhile kept nobody from withdrawing, nor from changing a file.
            found, now = _open_standing(run, keys, target, today)
            if now != record:
                raise Withheld("The release changed while the list was made.", where=target, fix="Ask again.")
            facts = {"release": found.release, "list": hashlib.sha256(content).hexdigest()}
            append(run, keys, today, Action.EXPORT, target, Outcome.ALLOWED, after=found.newest, **facts)
        _sweep(out)
        with replacing(out) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_bytes(content)
    return int(pc.sum(pc.and_(pc.equal(scores["part"], "current"), scores["flagged"])).as_py() or 0)


def _check_place(run: RunFolder, out: Path) -> None:
    if out.is_dir():
        raise UsageError("This is a folder, not a file.", where=str(out), fix="Name the CSV file to write in it.")
    place = out.resolve()
    if place.is_relative_to(run.root.resolve()) or any((above / COUNCIL_RECORD).exists() for above in place.parents):
        raise UsageError(
            "The list would be written into a run folder, among the run's own files.",
            where=str(out),
            fix="Name a file elsewhere, where only those who may see the list can read it.",
        )
    # What is there is replaced whole: a slip must not cost the council's TOML, or the master key.
    if out.suffix.casefold() != _SUFFIX or place.suffix.casefold() != _SUFFIX:
        raise UsageError("The list is a CSV file.", where=str(out), fix="Give it a name that ends in .csv.")


def _sweep(out: Path) -> None:
    """Remove what an export to the same place left that was killed as it wrote."""
    for left in out.parent.glob(f".{escape(out.name)}.*.tmp"):
        left.unlink(missing_ok=True)


def _refusal(found: GateStatus) -> str:
    if found.state is GateState.RELEASED:
        return f"The target needs no further approval. {found.reason}"
    return f"The target may not be released. {found.reason}"


def _check_clock(run: RunFolder, keys: Keys, today: dt.date) -> None:
    problem = clock_problem(entries(run, Ring.of(keys)), today)
    if problem:
        raise Withheld(problem, where="the machine's clock", fix="Set the machine's clock right, then sign.")


def _open_standing(run: RunFolder, keys: Keys, target: str, today: dt.date) -> tuple[Standing, ReleaseRecord]:
    """Where the target stands, and the record by which it stands open.

    Raises Withheld unless it does, InputRejected on a broken log.
    """
    found = stand(run, Ring.of(keys), target, today)
    if found.status.state is GateState.LOG_BROKEN:
        raise InputRejected(found.status.reason, where=target, fix=found.status.fix)
    if found.status.state is not GateState.RELEASED or found.record is None:
        raise Withheld(f"The target is withheld. {found.status.reason}", where=target, fix=found.status.fix)
    return found, found.record


def _with_keys(keys: Keys, target: str, record: ReleaseRecord) -> ReleaseRecord:
    """The record with the sealed files' keys wrapped for its statement, where two have signed it."""
    if len(record.approvals) < 2:
        return record
    names = [relative_path(table, target).as_posix() for table in _SEALED]
    statement = _wrapping_statement(record, target)
    return replace(record, wrapped={name: wrap(keys, file_key(keys, name), statement).hex() for name in names})


def _unsealed(run: RunFolder, keys: Keys, target: str, record: ReleaseRecord) -> tuple[pa.Table, pa.Table]:
    return _table(run, keys, target, record, SCORES), _table(run, keys, target, record, REASONS)


def _table(run: RunFolder, keys: Keys, target: str, record: ReleaseRecord, table: Table) -> pa.Table:
    """A sealed table, by the key that the record hands out for it, and of the very bytes that were approved."""
    name = relative_path(table, target).as_posix()
    key = unwrap(keys, bytes.fromhex(record.wrapped.get(name, "")), _wrapping_statement(record, target))
    content = (run.root / name).read_bytes()
    if key is None or hashlib.sha256(content).hexdigest() != record.binding[_SEALED[table]]:
        raise Withheld("The release does not open this file.", where=name, fix="Ask again; else approve anew.")
    return pq.read_table(pa.BufferReader(unseal_with(key, name, content)))


def _pseudonyms(run: RunFolder, record: ReleaseRecord) -> pa.Table:
    """Who is behind an id, of the very bytes that were approved: the file is read once, and may not change between."""
    content = run.path(PSEUDONYMS).read_bytes()
    if pseudonyms_hash(content) != record.binding[PSEUDONYMS_HASH]:
        raise Withheld(
            "The release does not open this file.", where=PSEUDONYMS.name, fix="Ask again; else approve anew."
        )
    return pq.read_table(pa.BufferReader(content))


def _wrapping_statement(record: ReleaseRecord, target: str) -> bytes:
    """What the keys are wrapped for: everything that is signed for but the place in the log."""
    return canonical(record.statement(target) | {"log": ""})


def _logged(
    run: RunFolder, keys: Keys, target: str, today: dt.date, action: Action, record: ReleaseRecord, **who: str
) -> bytes:
    """Have the record in the log, after the line that it names, and return the bytes of its file."""
    content = rendered(record, keys, target)
    facts = {name: record.binding.get(f"{name}_sha256", "") for name in ("audit", "policy")}
    release = hashlib.sha256(content).hexdigest()
    append(run, keys, today, action, target, Outcome.ALLOWED, after=record.log, release=release, **facts, **who)
    return content


def _put(run: RunFolder, keys: Keys, target: str, content: bytes) -> None:
    """Write a record that is in the log. Stopped before that, the log is right and no older record counts any more."""
    write_bytes(release_path(run.root, target), content)
    pem = Ring.of(keys).pem
    public = run.root / PUBLIC_KEY
    if not public.is_file() or public.read_bytes() != pem:
        write_bytes(public, pem)


@contextmanager
def _refusals_logged(
    run: RunFolder, keys: Keys, today: dt.date, action: Action, target: str, **who: str
) -> Iterator[None]:
    try:
        yield
    except EarlyHelpError as refusal:
        # A log that is broken takes no line; that is then the refusal's own reason.
        with suppress(InputRejected):
            append(run, keys, today, action, target, Outcome.REFUSED, why=refusal.message, **who)
        raise


def _who(name: str, role: str) -> dict[str, str]:
    """The approver as the log names them: as given, cut to a line, with a mark for what cannot be printed."""
    given = {"name": name, "role": role}
    return {key: _printable(" ".join(value.split()))[:LONGEST_NAME] for key, value in given.items()}


def _printable(given: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in given)
