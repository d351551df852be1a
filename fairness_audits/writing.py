"""Where a run's audits are written: the gate's document, and beside it the two that it vouches for.

``audit.json`` says what was audited, by which policy, the verdict, and the hashes of everything it rests on and of the
other two. ``restricted/audit.json`` has exact figures and is for the audits' own people: small counts by ethnic group
may tell of a person. ``published/audit.json`` has what anyone may see; pages are made from it alone.
"""

from __future__ import annotations

import json
from typing import Any

from fairness_audits.audit import Documents
from fairness_audits.below_the_line import FIELD
from fairness_audits.signing import ROOM, audit_code, audit_code_path, audit_path
from store.files import text_hash
from store.keys import Purpose
from store.workspace import Workspace

_SAID = ("format", "target", "verdict", "why", "policy", "bound", "label_caveats")


def restricted_path(target: str) -> str:
    """The path of the exact figures within the run folder."""
    return f"{ROOM}/{target}/restricted/audit.json"


def published_path(target: str) -> str:
    """The path of the protected figures within the run folder."""
    return f"{ROOM}/{target}/published/audit.json"


def write_audit(work: Workspace, target: str, documents: Documents) -> None:
    """Write both documents of a target, and the gate's with its authentication code."""
    hashes = {}
    for path, content in (
        (restricted_path(target), rendered(documents.restricted)),
        (published_path(target), rendered(documents.published)),
    ):
        work.write_document(path, content)
        hashes[path] = text_hash(content)
    gate = rendered(_gate_document(documents.restricted, hashes))
    work.write_document(audit_path(target), gate)
    code = audit_code(work.keys(Purpose.RELEASE), target, gate.encode("utf-8"))
    work.write_document(audit_code_path(target), code + "\n")


def rendered(document: dict[str, Any]) -> str:
    """A document as text: keys in order, and no number that JSON does not know."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _gate_document(restricted: dict[str, Any], hashes: dict[str, str]) -> dict[str, Any]:
    rules = [{name: rule[name] for name in ("name", "grouping", "verdict")} for rule in restricted.get("rules", ())]
    said = {name: restricted[name] for name in (*_SAID, FIELD) if name in _SAID or name in restricted}
    return said | {"rules": rules, "documents": hashes}
