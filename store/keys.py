"""The council's master key and the purpose keys derived from it.

The master key lives outside the project, the data and the configuration. Nothing is ever encrypted or hashed
with it directly: every use has its own key, derived by HKDF-SHA256 (RFC 5869) from the master key and the
name of the purpose, so that one purpose's key says nothing of another's.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import UsageError

KEY_FILE_VARIABLE = "EARLY_HELP_KEY_FILE"
_KEY_BYTES = 32
_PSEUDONYM_HEX = 20


class Purpose(StrEnum):
    """What a derived key is for."""

    PERSON = "person"
    """Person and family ids in the identifiable zone."""

    ANALYSIS = "analysis"
    """The pseudonyms data scientists see."""

    SEAL = "seal"
    """Sealing of scores and reasons."""

    RELEASE = "release"
    """Authentication of release records."""

    IDENTITY = "identity"
    """Telling one master key from another without showing either."""


@dataclass(frozen=True)
class Keys:
    """Derives purpose keys from one master key. Its repr shows nothing."""

    _master: bytes

    def __repr__(self) -> str:
        return "Keys(...)"

    def derive(self, purpose: Purpose, size: int = _KEY_BYTES) -> bytes:
        """The ``size``-byte key for ``purpose``."""
        return HKDF(SHA256(), size, None, f"early-help/{purpose.value}/v1".encode()).derive(self._master)

    @property
    def identity(self) -> str:
        """A mark that differs for every master key and says nothing of it."""
        return self.derive(Purpose.IDENTITY).hex()

    def pseudonyms(self, purpose: Purpose, ids: Iterable[str]) -> list[str]:
        """HMAC-SHA256 of each id under the purpose's key, as 20 hex digits (80 bits)."""
        key = self.derive(purpose)
        return [hmac.digest(key, text.encode("utf-8"), hashlib.sha256).hex()[:_PSEUDONYM_HEX] for text in ids]


def key_file() -> Path:
    """Where the master key is kept: the environment variable, or a folder in the user's home."""
    named = os.environ.get(KEY_FILE_VARIABLE)
    return Path(named) if named else Path.home() / ".early-help" / "master.key"


def load_or_create_keys() -> Keys:
    """Read the master key, or make one (mode 0600) on a machine that has none.

    Raises UsageError as `load_keys` does.
    """
    if not key_file().exists():
        _create(key_file())
    return load_keys()


def load_keys() -> Keys:
    """Read the master key.

    Raises UsageError when there is none, when the file can be read by others, and when it is not a key.
    """
    path = key_file()
    if not path.is_file():
        raise UsageError(
            "There is no master key on this machine, and without the one a run was made with its release cannot be "
            "checked nor its sealed files opened.",
            where=str(path),
            fix=f"Put the key there from its backup, or name another file in {KEY_FILE_VARIABLE}.",
        )
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise UsageError("The master key can be read by others.", where=str(path), fix="chmod 600 the file.")
    try:
        master = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, UnicodeDecodeError):
        master = b""
    if len(master) != _KEY_BYTES:
        raise UsageError(
            "The master key file does not hold a 32-byte key in hex.",
            where=str(path),
            fix=f"Restore it from its backup, or name another file in {KEY_FILE_VARIABLE}.",
        )
    return Keys(master)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written under another name and linked into place, so that two first runs at once agree on one key.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
