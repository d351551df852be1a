"""Where the gate's records lie, and the codes that show nobody changed them.

Audits and releases are authenticated with HMAC-SHA256 under the release key, each with its own prefix and the
target's name, so that neither can stand for the other or for another target's.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

from store.files import canonical
from store.keys import Keys, Purpose

ROOM = "fairness_audits"


def audit_path(target: str) -> str:
    """The audit's path within the run folder."""
    return f"{ROOM}/{target}/audit.json"


def audit_code_path(target: str) -> str:
    """The path of the audit's authentication code within the run folder."""
    return f"{ROOM}/{target}/audit.mac"


def release_path(root: Path, target: str) -> Path:
    return root / ROOM / target / "release.json"


def evaluation_path(target: str) -> str:
    """The path of a model's evaluation within the run folder."""
    return f"models/{target}/evaluation.json"


def audit_code(keys: Keys, target: str, content: bytes) -> str:
    """The authentication code of an audit document's bytes."""
    return _code(keys, "audit", target, content)


def release_code(keys: Keys, target: str, record: dict[str, Any]) -> str:
    """The authentication code of a release record (without the code itself)."""
    return _code(keys, "release", target, canonical(record))


def same_code(expected: str, found: bytes) -> bool:
    """Compare two codes in constant time."""
    return hmac.compare_digest(expected.encode(), found)


def _code(keys: Keys, kind: str, target: str, content: bytes) -> str:
    message = b"\0".join([kind.encode(), target.encode(), content])
    return hmac.digest(keys.derive(Purpose.RELEASE), message, hashlib.sha256).hex()
