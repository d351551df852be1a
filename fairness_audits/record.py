"""Reading and writing the gate's records: the audit it trusts, and the release that rests on it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from fairness_audits.release import Approval, Role, Verdict, valid_pair
from fairness_audits.signing import (
    audit_code,
    audit_code_path,
    audit_path,
    evaluation_path,
    release_code,
    release_path,
    same_code,
)
from models.tables import COHORT, REASONS, SCORES
from store.files import file_hash, write_bytes
from store.keys import Keys
from store.run_folder import RunFolder

_NAMES = {
    "audit_sha256": "the audit",
    "scores_sha256": "the sealed scores",
    "reasons_sha256": "the sealed reasons",
    "evaluation_sha256": "the model's evaluation",
    "cohort_sha256": "the cohort",
    "policy_sha256": "the audit policy",
}
_AUDIT_AGAIN = "Run the job again, so that what is there now is audited."
_FILL_THE_LACK = "Give what the reason says is lacking, and run the job again."
_AUDITED_FILES = ("scores_sha256", "reasons_sha256", "cohort_sha256", "evaluation_sha256")


@dataclass(frozen=True)
class AuditRecord:
    """What an audit says, once it is known to be the one that was written and about what is there now."""

    target: str
    verdict: Verdict
    why: str
    hashes: dict[str, str]
    """Hashes of everything a release binds, as the files are now; empty when there is nothing to release."""
    fix: str = ""
    """What would make an audit of it that counts, where there is none."""


@dataclass(frozen=True)
class ReleaseRecord:
    """Approvals and the hashes of what was approved."""

    binding: dict[str, str]
    approvals: tuple[Approval, ...]


def read_audit(run: RunFolder, keys: Keys, target: str) -> AuditRecord:
    """The target's audit, if it is whole and about the files that are there now; else 'not audited' and why."""
    path, code = run.root / audit_path(target), run.root / audit_code_path(target)
    if not path.exists() or not code.exists():
        return _unusable(target, "The target has not been audited.")
    content = path.read_bytes()
    if not same_code(audit_code(keys, target, content) + "\n", code.read_bytes()):
        return _unusable(target, "The audit was changed after it was written.")
    document = json.loads(content)
    verdict = Verdict(document["verdict"])
    if verdict is Verdict.NOT_AUDITED:
        return AuditRecord(target, verdict, document["why"], {}, _FILL_THE_LACK)
    now = _file_hashes(run, target)
    changed = [_NAMES[name] for name in _AUDITED_FILES if now.get(name) != document["bound"][name]]
    if changed:
        return _unusable(target, f"Changed since the audit: {', '.join(changed)}.")
    hashes = now | {"policy_sha256": document["bound"]["policy_sha256"]}
    return AuditRecord(target, verdict, document["why"], hashes)


def read_release(run: RunFolder, keys: Keys, audit: AuditRecord) -> tuple[ReleaseRecord | None, str]:
    """The release record that counts for this audit, or None; and why an existing one does not count."""
    path = release_path(run.root, audit.target)
    if not path.exists():
        return None, ""
    document = _authentic(path.read_bytes(), keys, audit.target)
    if document is None:
        return None, "The release record was changed after it was written; the approvals in it are void."
    changed = [name for key, name in _NAMES.items() if document["binding"].get(key) != audit.hashes[key]]
    if changed:
        return None, f"Changed since the approvals, which are void: {', '.join(changed)}."
    approvals = tuple(_approval(entry) for entry in document["approvals"])
    if not valid_pair(approvals, audit.verdict):
        return None, "The approvals in the release record do not meet the rules of release, and are void."
    return ReleaseRecord(document["binding"], approvals), ""


def write_release(run: RunFolder, keys: Keys, target: str, record: ReleaseRecord) -> None:
    """Write the record with its authentication code, all at once."""
    document = {
        "format": 1,
        "target": target,
        "binding": record.binding,
        "approvals": [_entry(approval) for approval in record.approvals],
    }
    document["code"] = release_code(keys, target, document)
    write_bytes(release_path(run.root, target), _rendered(document))


def _file_hashes(run: RunFolder, target: str) -> dict[str, str]:
    files = {
        "audit_sha256": run.root / audit_path(target),
        "scores_sha256": run.path(SCORES, target),
        "reasons_sha256": run.path(REASONS, target),
        "evaluation_sha256": run.root / evaluation_path(target),
        "cohort_sha256": run.path(COHORT, target),
    }
    return {name: file_hash(path) for name, path in files.items() if path.is_file()}


def _unusable(target: str, problem: str) -> AuditRecord:
    return AuditRecord(target, Verdict.NOT_AUDITED, problem, {}, _AUDIT_AGAIN)


def _rendered(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode("utf-8") + b"\n"


def _authentic(content: bytes, keys: Keys, target: str) -> dict[str, Any] | None:
    """The record of these bytes, or None unless they are, to the byte, what `write_release` wrote."""
    try:
        document = json.loads(content)
    except ValueError:
        return None
    if not isinstance(document, dict) or _rendered(document) != content:
        return None
    code = str(document.pop("code", ""))
    return document if same_code(release_code(keys, target, document), code.encode("utf-8")) else None


def _entry(approval: Approval) -> dict[str, str | None]:
    return {
        "name": approval.name,
        "role": approval.role.value,
        "note": approval.note,
        "on": approval.on.isoformat(),
        "mitigation": approval.mitigation,
        "expires": approval.expires.isoformat() if approval.expires else None,
    }


def _approval(entry: dict[str, Any]) -> Approval:
    return Approval(
        entry["name"],
        Role(entry["role"]),
        entry["note"],
        dt.date.fromisoformat(entry["on"]),
        entry["mitigation"],
        dt.date.fromisoformat(entry["expires"]) if entry["expires"] else None,
    )
