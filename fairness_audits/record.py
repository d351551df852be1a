"""Reading and writing the gate's records: the audit it trusts, and the release that rests on it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

from fairness_audits.below_the_line import told_by
from fairness_audits.binding import (
    AUDITED_FILES,
    NAMES,
    POLICY_IN_FORCE,
    PSEUDONYMS_HASH,
    WITH_THE_COUNCIL,
    changed_since_audit,
    code_differs,
    file_hashes,
    further_hashes,
)
from fairness_audits.in_force import Champion, policy_in_force
from fairness_audits.log import Action, Line
from fairness_audits.policy_change import policy_change
from fairness_audits.release import Approval, Role, Verdict, Withdrawal, valid_pair
from fairness_audits.signing import (
    Ring,
    audit_code,
    audit_code_path,
    audit_path,
    release_path,
    same_code,
    sign,
)
from residents.tables import PSEUDONYMS
from store.errors import UsageError
from store.files import canonical
from store.keys import Keys
from store.run_folder import RunFolder

FORMAT = 3
_AUDIT_AGAIN = "Run the job again, so that what is there now is audited."
_POLICY_RIGHT = "Put the policy file right that [audit] policy names in the council's TOML."
_FILL_THE_LACK = "Give what the reason says is lacking, and run the job again."
_HASHES = (
    "audit_sha256",
    "scores_sha256",
    "reasons_sha256",
    "evaluation_sha256",
    "cohort_sha256",
    "policy_sha256",
)


@dataclass(frozen=True)
class AuditRecord:
    """What an audit says, once it is known to be the one that was written and about what is there now."""

    target: str
    verdict: Verdict
    why: str
    binding: dict[str, str]
    """Hashes of everything a release binds, as it is now; empty when there is nothing to release."""
    fix: str = ""
    """What would make an audit of it that counts, where there is none."""
    drawn: int = 0
    """Cases of the pack that were drawn from below the line."""

    @property
    def hashes(self) -> dict[str, str]:
        """Those of the audit, its policy and the files that it binds itself."""
        return {name: self.binding[name] for name in _HASHES if name in self.binding}


@dataclass(frozen=True)
class ReleaseRecord:
    """Approvals, what was approved, and who withdrew it if anybody did."""

    binding: dict[str, str] = field(default_factory=dict)
    champion: dict[str, str] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    withdrawn: Withdrawal | None = None
    log: str = ""
    """Hash of the newest line of the log before the one that tells of this record."""
    wrapped: dict[str, str] = field(default_factory=dict)
    """The sealed files' keys, wrapped for this very statement, by the file's path; only where two have signed."""

    def statement(self, target: str) -> dict[str, Any]:
        """What is signed for, without the wrapped keys."""
        return {
            "format": FORMAT,
            "target": target,
            "binding": self.binding,
            "champion": self.champion,
            "approvals": [_entry(approval) for approval in self.approvals],
            "withdrawn": _withdrawal_entry(self.withdrawn),
            "log": self.log,
        }


def read_audit(run: RunFolder, keys: Keys | None, target: str) -> AuditRecord:
    """The target's audit, if it is whole, about what is there now, and by the policy in force; else why it is not.

    Without ``keys`` whoever asks is not the council: the audit's own code is not tried (its hash is to be held against
    a signed release), nor are the policy in force and the toolkit at work, which are those of another place, nor files
    of the identifiable and protected zones that are not there.
    """
    document = _audit_document(run, keys, target)
    if isinstance(document, str):
        return _unusable(target, document)
    verdict, bound = Verdict(document["verdict"]), document["bound"]
    if verdict is Verdict.NOT_AUDITED:
        return AuditRecord(target, verdict, document["why"], {}, _FILL_THE_LACK)
    now = file_hashes(run, target)
    changed = changed_since_audit(run, target, document, now, elsewhere=keys is None)
    if keys is not None and code_differs(run):
        changed.append(NAMES["code_sha256"])
    if changed:
        return _unusable(target, f"Changed since the audit: {', '.join(changed)}.")
    binding = now | further_hashes(run, target, document) | {"policy_sha256": bound["policy_sha256"]}
    audit = AuditRecord(target, verdict, document["why"], binding, drawn=told_by(document))
    return _elsewhere(run, audit) if keys is None else _under_policy_in_force(run, audit, document)


def read_release(
    run: RunFolder, ring: Ring, audit: AuditRecord, told: Line | None, champion: Champion | None
) -> tuple[ReleaseRecord | None, str]:
    """The release record that counts for this audit, or None; and why an existing one does not count.

    ``told`` is the log's `standing_line`, ``champion`` is None where whoever asks cannot know which it is.
    """
    path = release_path(run.root, audit.target)
    if not path.is_file():
        approved = told is not None and told["action"] == Action.APPROVE.value
        return None, "The release record is missing; the approvals in it are void." if approved else ""
    content = path.read_bytes()
    record = authentic(content, ring, audit.target)
    if record is None:
        return None, "The release record was changed after it was written, or is another version's, and is void."
    if told is None or told.get("release") != hashlib.sha256(content).hexdigest():
        return None, "The release record is not the one that the log tells of last; the approvals in it are void."
    void = "" if record.withdrawn is not None else _void(record, audit, champion)
    return (None, void) if void else (record, "")


def changed_since_approval(record: ReleaseRecord, audit: AuditRecord, champion: Champion | None) -> list[str]:
    """What is no longer as it was approved, in words."""
    # What lies with the council has no hash elsewhere, and there alone.
    known = [key for key in NAMES if key not in WITH_THE_COUNCIL or key in audit.binding]
    changed = [NAMES[key] for key in known if record.binding.get(key) != audit.binding.get(key)]
    if champion is not None and champion.lost_since(record.champion):
        return [*changed, "the history of models, which is not where it was, or was cut off"]
    moved = champion is not None and champion.changed_since(record.champion)
    return [*changed, "the champion"] if moved else changed


def rendered(record: ReleaseRecord, keys: Keys, target: str) -> bytes:
    """The record as the bytes of its file, signed."""
    document = record.statement(target) | {"keys": record.wrapped, "public_key": Ring.of(keys).mark}
    return _text(document | {"signature": sign(keys, "release", target, canonical(document))})


def authentic(content: bytes, ring: Ring, target: str) -> ReleaseRecord | None:
    """The record of these bytes, or None unless they are, to the byte, what `rendered` made."""
    try:
        document = json.loads(content)
        # A record that says one thing twice, or in other words, is not what the toolkit wrote.
        if not isinstance(document, dict) or _text(document) != content:
            return None
        signature = document.pop("signature", None)
        if not ring.signed("release", target, canonical(document), signature):
            return None
    except (ValueError, RecursionError):
        return None
    return _record(document) if document.get("format") == FORMAT else None


def _audit_document(run: RunFolder, keys: Keys | None, target: str) -> dict[str, Any] | str:
    """The audit's document, or why there is none that can be gone by."""
    path, code = run.root / audit_path(target), run.root / audit_code_path(target)
    if not path.is_file() or not code.is_file():
        return "The target has not been audited."
    content = path.read_bytes()
    if keys is not None and not same_code(audit_code(keys, target, content) + "\n", code.read_bytes()):
        return "The audit was changed after it was written."
    try:
        document: dict[str, Any] = {"why": ""} | json.loads(content)
        whole = document["verdict"] in list(Verdict) and {*AUDITED_FILES, "policy_sha256"} <= set(document["bound"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "The audit cannot be read."
    if not whole and document["verdict"] != Verdict.NOT_AUDITED.value:
        return "The audit cannot be read."
    return document


def _under_policy_in_force(run: RunFolder, audit: AuditRecord, document: dict[str, Any]) -> AuditRecord:
    """The audit, if the policy in force is the one that it was made by; else why it does not count."""
    try:
        policy = policy_in_force(run)
    except UsageError as problem:
        return _unusable(audit.target, problem.message, problem.fix or _POLICY_RIGHT)
    if policy is not None and policy.sha256 != audit.binding["policy_sha256"]:
        return _unusable(audit.target, policy_change(document.get("policy", {}), policy.model_dump(mode="json")))
    return replace(audit, binding=audit.binding | {POLICY_IN_FORCE: policy.sha256 if policy else ""})


def _elsewhere(run: RunFolder, audit: AuditRecord) -> AuditRecord:
    """The audit as somebody sees it whose copy of the run may be without its identifiable files."""
    if run.path(PSEUDONYMS).exists():
        return audit
    return replace(audit, binding={key: value for key, value in audit.binding.items() if key != PSEUDONYMS_HASH})


def _void(record: ReleaseRecord, audit: AuditRecord, champion: Champion | None) -> str:
    """Why the approvals of a genuine record do not count; empty where they do."""
    changed = changed_since_approval(record, audit, champion)
    if changed:
        return f"Changed since the approvals, which are void: {', '.join(changed)}."
    if not valid_pair(record.approvals, audit.verdict):
        return "The approvals in the release record do not meet the rules of release, and are void."
    return ""


def _unusable(target: str, problem: str, fix: str = _AUDIT_AGAIN) -> AuditRecord:
    return AuditRecord(target, Verdict.NOT_AUDITED, problem, {}, fix)


def _text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode("utf-8") + b"\n"


def _record(document: dict[str, Any]) -> ReleaseRecord:
    withdrawn = document["withdrawn"]
    return ReleaseRecord(
        document["binding"],
        document["champion"],
        tuple(_approval(entry) for entry in document["approvals"]),
        _withdrawal(withdrawn) if withdrawn else None,
        document["log"],
        document["keys"],
    )


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


def _withdrawal_entry(withdrawal: Withdrawal | None) -> dict[str, str] | None:
    if withdrawal is None:
        return None
    return {
        "name": withdrawal.name,
        "role": withdrawal.role.value,
        "note": withdrawal.note,
        "on": withdrawal.on.isoformat(),
    }


def _withdrawal(entry: dict[str, Any]) -> Withdrawal:
    return Withdrawal(entry["name"], Role(entry["role"]), entry["note"], dt.date.fromisoformat(entry["on"]))
