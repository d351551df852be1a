"""Where the gate's records lie, and what shows that nobody changed them.

An audit has a code (HMAC-SHA256 under the release key) that whoever holds the master key can check. Releases and the
lines of their log are signed with Ed25519 (RFC 8032), whose public half anybody may have: it is written beside them.
The signing key is derived from the master key under a purpose of its own, and Ed25519 draws nothing at random, so that
equal statements have equal bytes. Each kind of record is signed under its own name and the target's, so that none can
stand for another.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from store.errors import UsageError
from store.keys import Keys, Purpose

ROOM = "fairness_audits"
PUBLIC_KEY = f"{ROOM}/release_key.pem"
"""The path of the public half of the signing key within the run folder."""
_MARK_HEX = 16
_LONGEST_KEY_FILE = 10_000


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
    message = b"\0".join([b"audit", target.encode(), content])
    return hmac.digest(keys.derive(Purpose.RELEASE), message, hashlib.sha256).hex()


def same_code(expected: str, found: bytes) -> bool:
    """Compare two codes in constant time."""
    return hmac.compare_digest(expected.encode(), found)


@dataclass(frozen=True)
class Ring:
    """What records are checked with: the public key; and the master key, where whoever checks holds it."""

    public: Ed25519PublicKey
    keys: Keys | None = None

    @classmethod
    def of(cls, keys: Keys) -> Ring:
        """That of the council itself."""
        return cls(_private(keys).public_key(), keys)

    @property
    def mark(self) -> str:
        """What tells one public key from another, short enough to read aloud."""
        return hashlib.sha256(self.public.public_bytes_raw()).hexdigest()[:_MARK_HEX]

    @property
    def pem(self) -> bytes:
        """The public key as a file that other tools read too (SubjectPublicKeyInfo, RFC 8410)."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(self, kind: str, target: str, content: bytes, signature: object) -> bool:
        """Whether ``signature`` is what `sign` gave for these very things."""
        try:
            self.public.verify(bytes.fromhex(str(signature)), _message(kind, target, content))
        except (InvalidSignature, ValueError):
            return False
        return True


def sign(keys: Keys, kind: str, target: str, content: bytes) -> str:
    """The signature of a record's bytes, as hex."""
    return _private(keys).sign(_message(kind, target, content)).hex()


def ring_of_file(path: Path) -> Ring:
    """The ring of somebody who has the public key alone. Raises UsageError where the file holds none."""
    try:
        content = path.read_bytes()
        found = load_pem_public_key(content) if len(content) <= _LONGEST_KEY_FILE else None
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise UsageError(
            "This file holds no Ed25519 public key.",
            where=str(path),
            fix=f"Give the council's own copy of {PUBLIC_KEY}, by a way that you trust.",
        )
    return Ring(found)


def _private(keys: Keys) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.derive(Purpose.SIGNING))


def _message(kind: str, target: str, content: bytes) -> bytes:
    return b"\0".join([b"early-help", kind.encode(), target.encode(), content])
