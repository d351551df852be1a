"""The council's master key and the purpose keys derived from it.

The master key lives outside the project, the data and the configuration. Nothing is ever encrypted or hashed
with it directly: every use has its own key, derived by HKDF-SHA256 (RFC 5869) from the master key and the
name of the purpose, so that one purpose's key says nothing of another's. ``store.key_file`` says how it is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_MARK_HEX = 12
_PSEUDONYM_HEX = 20


class Purpose(StrEnum):
    """What a derived key is for."""

    PERSON = "person"
    """Person and family ids in the identifiable zone."""

    ANALYSIS = "analysis"
    """The pseudonyms data scientists see."""

    SEAL = "seal"
    """Sealing of scores and reasons: each file has a key of its own under this."""

    RELEASE = "release"
    """Authentication of audits and of the history of models, by those who hold the master key."""

    SIGNING = "signing"
    """Signatures under releases and their log, which anybody can check with the public half."""

    WRAPPING = "wrapping"
    """Wrapping a sealed file's key in a release, which alone hands it out again."""

    SAMPLE = "sample"
    """Drawing cases from below the line by lot: who has no key cannot work out whom."""

    REVIEW = "review"
    """The web app: its sessions, and the keys by which its pages name a family. Each use has a context of its own."""

    IDENTITY = "identity"
    """Telling one master key from another without showing either."""


@dataclass(frozen=True)
class Keys:
    """Derives purpose keys from one master key. Its repr shows nothing."""

    _master: bytes

    def __repr__(self) -> str:
        return "Keys(...)"

    def derive(self, purpose: Purpose, size: int = _KEY_BYTES, context: str = "") -> bytes:
        """The ``size``-byte key for ``purpose``, and of one thing alone where ``context`` names it."""
        use = f"early-help/{purpose.value}/v1" + (f"/{context}" if context else "")
        return HKDF(SHA256(), size, None, use.encode()).derive(self._master)

    @property
    def identity(self) -> str:
        """A mark that differs for every master key and says nothing of it."""
        return self.derive(Purpose.IDENTITY).hex()

    @property
    def mark(self) -> str:
        """The beginning of ``identity``: short enough to read aloud, and to name a file by."""
        return self.identity[:_MARK_HEX]

    def pseudonyms(self, purpose: Purpose, ids: Iterable[str]) -> list[str]:
        """HMAC-SHA256 of each id under the purpose's key, as 20 hex digits (80 bits)."""
        key = self.derive(purpose)
        return [hmac.digest(key, text.encode("utf-8"), hashlib.sha256).hex()[:_PSEUDONYM_HEX] for text in ids]
